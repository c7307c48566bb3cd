// Verify: what must hold in every committed state, checked over a whole database. It reads through the
// storage port, page by page, so its memory does not grow with the data and any database will do; it
// writes nothing. The simulator runs the same checks after every seed.
import { limits } from '../base/limits.ts'
import type { InvariantGroup, VerifyContext } from './invariant.ts'
import { accountAccessInvariants } from './invariants/account-access.ts'
import { accountInvariants } from './invariants/accounts.ts'
import { addressInvariants } from './invariants/addresses.ts'
import { catalogueInvariants } from './invariants/catalogue.ts'
import { computedInvariants } from './invariants/computed.ts'
import { creditInvariants } from './invariants/credit.ts'
import { deletedInvariants } from './invariants/deleted.ts'
import { discountInvariants } from './invariants/discounts.ts'
import { effectInvariants } from './invariants/effects.ts'
import { fileInvariants } from './invariants/files.ts'
import { fulfillmentInvariants } from './invariants/fulfillment.ts'
import { hookInvariants } from './invariants/hooks.ts'
import { inboundInvariants } from './invariants/inbound.ts'
import { invoiceInvariants } from './invariants/invoices.ts'
import { ledgerInvariants } from './invariants/ledger.ts'
import { ledgerChainInvariants } from './invariants/ledger-chain.ts'
import { orderTextInvariants } from './invariants/order-texts.ts'
import { orderInvariants } from './invariants/orders.ts'
import { paymentInvariants } from './invariants/payments.ts'
import { priceInvariants } from './invariants/prices.ts'
import { recordInvariants } from './invariants/records.ts'
import { salesInvariants } from './invariants/sales.ts'
import { scheduleInvariants } from './invariants/schedules.ts'
import { stockInvariants } from './invariants/stock.ts'
import { webhookInvariants } from './invariants/webhooks.ts'

export type Violation = { readonly invariant: string; readonly sentence: string; readonly rows: readonly string[]; readonly found: string }

export type VerifyOptions = Pick<VerifyContext, 'read' | 'model' | 'commitsAfter' | 'now' | 'bytes'> & {
  /** All of them when left out. */
  readonly groups?: readonly InvariantGroup[]
  readonly isAtRest?: boolean
  /** Called now and then with the group under way and the rows it has read. */
  readonly onProgress?: (group: readonly string[], rowCount: number) => void
  /** Called when a group is done: its invariants held but for what is in `violations`. */
  readonly onGroup?: (group: InvariantGroup, violations: readonly Violation[]) => void
}

export const invariantGroups: readonly InvariantGroup[] = [
  ledgerInvariants,
  ledgerChainInvariants,
  salesInvariants,
  orderTextInvariants,
  paymentInvariants,
  orderInvariants,
  fulfillmentInvariants,
  addressInvariants,
  creditInvariants,
  discountInvariants,
  priceInvariants,
  invoiceInvariants,
  stockInvariants,
  catalogueInvariants,
  accountInvariants,
  accountAccessInvariants,
  effectInvariants,
  hookInvariants,
  webhookInvariants,
  inboundInvariants,
  scheduleInvariants,
  fileInvariants,
  deletedInvariants,
  recordInvariants,
  computedInvariants,
]

/** All violations, at most 100 of each invariant. */
export async function verifyDatabase(options: VerifyOptions): Promise<Violation[]> {
  const all: Violation[] = []
  for (const group of options.groups ?? invariantGroups) {
    if (!group.needs.every((name) => options.model.find(name))) continue
    const found = await runGroup(group, options)
    options.onGroup?.(group, found)
    all.push(...found)
  }
  return all
}

async function runGroup(group: InvariantGroup, options: VerifyOptions): Promise<Violation[]> {
  const { read, model, commitsAfter, now, bytes, onProgress } = options
  const violations: Violation[] = []
  const counts = new Map<string, number>()
  let rowCount = 0
  await group.check({
    read,
    model,
    commitsAfter,
    now,
    ...(bytes ? { bytes } : {}),
    patienceMs: options.isAtRest ? 0 : limits.verifyPatienceMs,
    report(invariant, rows, found) {
      const count = (counts.get(invariant) ?? 0) + 1
      counts.set(invariant, count)
      if (count <= limits.violationsToldMax) violations.push({ invariant, sentence: group.invariants[invariant]!, rows, found })
    },
    progress(more) {
      rowCount += more
      onProgress?.(Object.keys(group.invariants), rowCount)
    },
  })
  return violations
}
