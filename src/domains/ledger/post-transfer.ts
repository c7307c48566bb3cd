// Posting: the one writer of ledger entries. An unbalanced transfer is a bug and stops the transaction.
import { assert } from '../../base/assert.ts'
import { type Money, money } from '../../base/money.ts'
import type { Work } from '../../operation/work.ts'
import { ledgerEntries } from './collections.ts'

export type Leg = { readonly account: string; readonly amount: Money }
export type Transfer = { readonly kind: string; readonly order: string | null; readonly legs: readonly Leg[] }

/** Posts a transfer of legs that sum to zero; legs of nothing are left out. */
export async function postTransfer({ tx, now, newId }: Work, transfer: Transfer): Promise<void> {
  const legs = transfer.legs.filter(({ amount }) => amount.amount !== 0)
  if (legs.length === 0) return
  const [first] = legs
  const sum = legs.reduce((total, { amount }) => {
    assert(amount.currency === first!.amount.currency, 'a transfer has one currency')
    return total + amount.amount
  }, 0)
  assert(sum === 0, `transfer ${transfer.kind} does not balance: ${sum}`)
  const id = newId('trf')
  const entry = { transfer: id, order: transfer.order, kind: transfer.kind, postedAt: now }
  await tx.insertMany(
    ledgerEntries,
    legs.map(({ account, amount }) => ({ id: newId('led'), ...entry, account, amount })),
  )
}

/** The two legs that move an amount: debit one account, credit another. */
export function move(from: { debit: string; credit: string }, amount: Money): Leg[] {
  return [
    { account: from.debit, amount },
    { account: from.credit, amount: money(-amount.amount, amount.currency) },
  ]
}
