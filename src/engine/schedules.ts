// The engine's own upkeep. A project's schedules come beside it, under other names.
import type { Project } from '../config/project.ts'
import { forgetCarts } from '../domains/carts/forget-carts.ts'
import { remindCarts } from '../domains/carts/remind-carts.ts'
import { expireGiftCards } from '../domains/credit/expire-gift-cards.ts'
import { sweepFiles } from '../domains/files/sweep-files.ts'
import { sealLedger } from '../domains/ledger/seal-ledger.ts'
import { expireOrders } from '../domains/orders/expire-orders.ts'
import { indexOrders } from '../domains/orders/order-texts.ts'
import { reconcilePayments } from '../domains/payments/follow-payment.ts'
import { matchWebhooks } from '../domains/payments/match-webhooks.ts'
import type { PaymentProvider } from '../domains/payments/provider.ts'
import { readAccounts } from '../domains/payments/read-account.ts'
import { tellOfEnding } from '../domains/payments/tell-ending.ts'
import { sweepExports } from '../domains/personal/exports.ts'
import type { Schedule } from '../effects/schedule.ts'
import { deletedRecords } from '../records/deleted-records.ts'
import { purgeOver } from '../records/purge-deleted.ts'
import type { HooksOf } from '../records/record-hooks.ts'
import type { Model } from '../schema/model.ts'
import { forgetDeliveries, forgetEffects, forgetOldRows, forgetWebhooks } from './forget-rows.ts'

const ofAll = [forgetEffects, forgetDeliveries, sweepExports]
const ofShops = [
  expireOrders,
  reconcilePayments,
  matchWebhooks,
  sealLedger,
  indexOrders,
  forgetWebhooks,
  forgetCarts,
  remindCarts,
  expireGiftCards,
  tellOfEnding,
]

type Parts = {
  readonly project: Pick<Project, 'shop'>
  readonly model: Model
  readonly hooksOf: HooksOf
  readonly providers: ReadonlyMap<string, Pick<PaymentProvider, 'list'>>
}

export function schedulesOf({ project, model, hooksOf, providers }: Parts): Schedule[] {
  const hasFiles = model.find('files') !== undefined
  const purges = model.find(deletedRecords.name) === undefined ? [] : [purgeDeleted({ model, hooksOf })]
  return [
    ...(project.shop ? [...ofShops, readAccounts(providers)] : []),
    ...(hasFiles ? [sweepFiles] : []),
    ...purges,
    forgetOldRows({ project }),
    ...ofAll,
  ]
}

/** Deleted records that nobody has restored in time. */
const purgeDeleted = (parts: Pick<Parts, 'model' | 'hooksOf'>): Schedule => ({
  name: 'deletedRecords.purge',
  everyMs: 600_000,
  run: (work) => purgeOver(work, parts),
})

/** Taken, whether there is a shop, or a file, or not. */
export const scheduleNames: readonly string[] = [
  ...ofShops,
  readAccounts(new Map()),
  sweepFiles,
  { name: 'deletedRecords.purge' },
  forgetOldRows({ project: { shop: null } }),
  ...ofAll,
].map(({ name }) => name)
