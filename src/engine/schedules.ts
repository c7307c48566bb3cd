// The engine's own upkeep. A project's schedules come beside it, under other names.
import type { Project } from '../config/project.ts'
import { forgetCarts } from '../domains/carts/forget-carts.ts'
import { sweepFiles } from '../domains/files/sweep-files.ts'
import { expireOrders } from '../domains/orders/expire-orders.ts'
import { reconcilePayments } from '../domains/payments/follow-payment.ts'
import { matchWebhooks } from '../domains/payments/match-webhooks.ts'
import type { Schedule } from '../effects/schedule.ts'
import type { Model } from '../schema/model.ts'
import { forgetDeliveries, forgetEffects, forgetOldRows, forgetWebhooks } from './forget-rows.ts'

const ofAll = [forgetEffects, forgetDeliveries]
const ofShops = [expireOrders, reconcilePayments, matchWebhooks, forgetWebhooks, forgetCarts]

export function schedulesOf({ project, model }: { readonly project: Pick<Project, 'shop'>; readonly model: Model }): Schedule[] {
  const hasFiles = model.find('files') !== undefined
  return [...(project.shop ? ofShops : []), ...(hasFiles ? [sweepFiles] : []), forgetOldRows({ project }), ...ofAll]
}

/** Taken, whether there is a shop, or a file, or not. */
export const scheduleNames: readonly string[] = [...ofShops, sweepFiles, forgetOldRows({ project: { shop: null } }), ...ofAll].map(
  ({ name }) => name,
)
