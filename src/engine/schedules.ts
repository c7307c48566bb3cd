// The engine's own upkeep. A project's schedules come beside it, under other names.
import type { Project } from '../config/project.ts'
import { forgetCarts } from '../domains/carts/forget-carts.ts'
import { expireOrders } from '../domains/orders/expire-orders.ts'
import { reconcilePayments } from '../domains/payments/follow-payment.ts'
import { matchWebhooks } from '../domains/payments/match-webhooks.ts'
import type { Schedule } from '../effects/schedule.ts'
import { forgetDeliveries, forgetEffects, forgetOldRows, forgetWebhooks } from './forget-rows.ts'

const ofAll = [forgetEffects, forgetDeliveries]
const ofShops = [expireOrders, reconcilePayments, matchWebhooks, forgetWebhooks, forgetCarts]

export function schedulesOf(project: Pick<Project, 'shop'>): Schedule[] {
  return [...(project.shop ? ofShops : []), forgetOldRows({ project }), ...ofAll]
}

/** Taken, whether there is a shop or not. */
export const scheduleNames: readonly string[] = [...ofShops, forgetOldRows({ project: { shop: null } }), ...ofAll].map(({ name }) => name)
