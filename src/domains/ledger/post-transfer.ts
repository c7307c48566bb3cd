// Posting: the one writer of ledger entries, and of the sales entries that say what income and tax of a transfer are made of. An
// unbalanced transfer is a bug and stops the transaction.
import { assert } from '../../base/assert.ts'
import { type Money, money } from '../../base/money.ts'
import type { Work } from '../../operation/work.ts'
import { ledgerEntries, type SalesEntry, salesEntries } from './collections.ts'

export type Leg = { readonly account: string; readonly amount: Money }
type Given = 'id' | 'transfer' | 'order' | 'kind' | 'postedAt' | 'createdAt' | 'updatedAt' | 'version'
export type SalesPart = Omit<SalesEntry, Given>
export type Transfer = {
  readonly kind: string
  readonly order: string | null
  readonly legs: readonly Leg[]
  /** Of an order, in its currency. They come to what the legs post to its income and tax. */
  readonly sales?: readonly SalesPart[]
  /** Now when left out. */
  readonly postedAt?: number
}

/** Posts a transfer of legs that sum to zero; legs of nothing are left out. */
export async function postTransfer({ tx, now, newId }: Work, transfer: Transfer): Promise<void> {
  const { order, kind, sales = [], postedAt = now } = transfer
  const legs = transfer.legs.filter(({ amount }) => amount.amount !== 0)
  if (legs.length === 0 && sales.length === 0) return
  const [first] = legs
  const sum = legs.reduce((total, { amount }) => {
    assert(amount.currency === first!.amount.currency, 'a transfer has one currency')
    return total + amount.amount
  }, 0)
  assert(sum === 0, `transfer ${transfer.kind} does not balance: ${sum}`)
  const id = newId('trf')
  const entry = { transfer: id, order, kind, postedAt }
  assert(sales.length === 0 || order !== null, 'what is sold is sold by an order')
  const entries = legs.map(({ account, amount }) => ({ id: newId('led'), ...entry, account, amount }))
  const parts = sales.map((part) => ({ id: newId('sal'), ...entry, order: order!, ...part }))
  await Promise.all([tx.insertMany(ledgerEntries, entries), ...(parts.length === 0 ? [] : [tx.insertMany(salesEntries, parts)])])
}

/** The two legs that move an amount: debit one account, credit another. */
export function move(from: { debit: string; credit: string }, amount: Money): Leg[] {
  return [
    { account: from.debit, amount },
    { account: from.credit, amount: money(-amount.amount, amount.currency) },
  ]
}
