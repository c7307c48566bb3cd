// Moving credit: onto a card or an account, to an order, back from it, and away when its time is over. Each is one write of the row,
// guarded by the version that was read under its lock, beside its transfer in the ledger. Invariant: nothing falls below zero, and
// the account of the ledger holds what the row says.
import { assert } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import { type Money, money } from '../../base/money.ts'
import type { Work } from '../../operation/work.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { type CreditProvider, type GiftCard, giftCards, type StoreCredit, storeCredits } from './collections.ts'

/** Which card, or which account. */
export type CreditSource = { readonly provider: CreditProvider; readonly id: string }

type Amounts = Partial<Record<'issued' | 'spent' | 'balance' | 'expired', number>>

/** What money comes to after this. @throws AssertionError below zero: whoever calls has looked, under the lock */
function moved(before: Partial<Record<keyof Amounts, Money>>, by: Amounts): Partial<Record<keyof Amounts, Money>> {
  const names = Object.keys(by) as (keyof Amounts)[]
  return Object.fromEntries(
    names.map((name) => {
      const value = money(before[name]!.amount + by[name]!, before[name]!.currency)
      assert(value.amount >= 0, `${name} would be below zero`)
      return [name, value]
    }),
  )
}

function accountOf({ provider, id }: CreditSource): string {
  return provider === 'gift_card' ? accounts.giftCard(id) : accounts.storeCredit(id)
}

/** The row as it is now, kept so until the commit. */
async function lockCredit({ tx }: Work, { provider, id }: CreditSource): Promise<GiftCard | StoreCredit> {
  const row = provider === 'gift_card' ? await tx.lock(giftCards, id, 'exclusive') : await tx.lock(storeCredits, id, 'exclusive')
  assert(row !== null, 'credit is never deleted')
  return row
}

async function write({ tx }: Work, row: GiftCard | StoreCredit, set: object): Promise<void> {
  if ('codeHash' in row) await tx.update(giftCards, row, { set: { ...set } })
  else await tx.update(storeCredits, row, { set: { ...set } })
}

/** Takes at most `amount` for an order, of what is left. Answers what it took. */
export async function drawCredit(
  work: Work,
  source: CreditSource,
  { order, amount }: { readonly order: string; readonly amount: Money },
): Promise<Money> {
  const row = await lockCredit(work, source)
  assert(row.balance.currency === amount.currency, 'an order is paid in its own currency')
  const drawn = money(Math.min(row.balance.amount, amount.amount), amount.currency)
  if (drawn.amount === 0) return drawn
  await write(work, row, moved(row, { balance: -drawn.amount, spent: drawn.amount }))
  const legs = move({ debit: accountOf(source), credit: accounts.deposit(order) }, drawn)
  await postTransfer(work, { kind: `${source.provider}.spent`, order, legs })
  return drawn
}

/** Gives back what an order had of it. `from`: the account of the ledger that owes it since. */
export async function putBackCredit(
  work: Work,
  source: CreditSource,
  { order, amount, from }: { readonly order: string; readonly amount: Money; readonly from: string },
): Promise<void> {
  const row = await lockCredit(work, source)
  // Its holder could not have spent it meanwhile.
  const isOver = 'codeHash' in row && row.status === 'expired'
  const again = isOver ? { status: 'active', expiresAt: work.now + limits.giftCardAgainMs } : {}
  await write(work, row, { ...moved(row, { balance: amount.amount, spent: -amount.amount }), ...again })
  const legs = move({ debit: from, credit: accountOf(source) }, amount)
  await postTransfer(work, { kind: `${source.provider}.returned`, order, legs })
}

/** Puts more on it, or takes back what nobody spent. `against`: the other account of the ledger. */
export async function grantCredit(
  work: Work,
  credit: StoreCredit,
  { amount, against, order = null }: { readonly amount: Money; readonly against: string; readonly order?: string | null },
): Promise<StoreCredit> {
  const set = moved(credit, { balance: amount.amount, issued: amount.amount })
  const after = await work.tx.update(storeCredits, credit, { set })
  const legs = move({ debit: against, credit: accounts.storeCredit(credit.id) }, amount)
  await postTransfer(work, { kind: 'store_credit.granted', order, legs })
  return after
}

/** Its time is over: what is left is income. */
export async function expireCard(work: Work, card: GiftCard): Promise<void> {
  const { balance } = card
  await work.tx.update(giftCards, card, {
    set: { ...moved(card, { balance: -balance.amount, expired: balance.amount }), status: 'expired' },
  })
  const legs = move({ debit: accounts.giftCard(card.id), credit: accounts.expiredCredit }, balance)
  await postTransfer(work, { kind: 'gift_card.expired', order: null, legs })
}
