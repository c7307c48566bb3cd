// The sale of a placed order, corrected by what became of its money since. What was given back is taken out of sales,
// shipping and tax in their proportion; what a bank took back, or was given back twice, is owed by the customer.
// Invariant: the deposit of a placed or closed order comes to nothing, and the parts of all corrections sum to the
// cent, however many there are.
import { allocateMoney, money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts, ledgerEntries } from '../ledger/collections.ts'
import { type Leg, postTransfer } from '../ledger/post-transfer.ts'
import type { Order } from './collections.ts'
import { recognition } from './place-order.ts'

const refunded = 'order.refunded'
const owedAgain = 'order.owed_again'
const offset = 'order.dispute_offset'
/** Hold of an order whose money went back twice. */
export const backTwice = 'given_back_twice'

/** What the ledger holds of an order, by account: all of it, or what one kind of transfer wrote. */
async function balancesOf(tx: Transaction, { id, total }: Order): Promise<(account: string, kind?: string) => number> {
  const groups = await sumsBy(tx, ledgerEntries, {
    where: eq('order', id),
    by: ['account', 'kind', 'amount.currency'],
    sum: 'amount.amount',
  })
  return (account, kind) =>
    groups
      .filter(({ key }) => key[0] === account && (kind === undefined || key[1] === kind) && key[2] === total.currency)
      .reduce((sum, group) => sum + group.sum, 0)
}

/** The parts of a sale that an amount of it is made of, by account: what the whole was recognized as, in proportion. */
export function partsOf(order: Order, amountMinor: number): ReadonlyMap<string, number> {
  const income = recognition(order).filter(({ account }) => account !== accounts.deposit(order.id))
  const shares = allocateMoney(
    money(amountMinor, order.total.currency),
    income.map(({ amount }) => -amount.amount),
  )
  return new Map(income.map(({ account }, index) => [account, shares[index]!.amount]))
}

/** `captured`: what its payments hold now. `lost`: what banks keep of them for good. */
type Held = { readonly captured: number; readonly lost: number }

/**
 * Brings the deposit of a placed order back to nothing, but for what was paid beyond its price and a bank has taken: that waits for
 * the end of its dispute, and is no sale. What the bank keeps of it for good the customer has.
 */
export async function correctSale(context: Work, order: Order, { captured, lost }: Held): Promise<void> {
  const balance = await balancesOf(context.tx, order)
  const deposit = accounts.deposit(order.id)
  const receivable = accounts.receivable(order.id)
  const offsetBefore = balance(deposit, offset)
  if (balance(deposit) === 0 && offsetBefore === 0) return
  // As if nothing had been corrected yet, in all and not this time alone: so the cents of many parts sum to those of the whole.
  const missing = balance(deposit) - offsetBefore - balance(deposit, refunded) + balance(receivable)
  const short = Math.max(0, missing)
  // More than the sale cannot be given back: what is beyond it was paid out twice.
  const givenBack = Math.min(short - Math.max(0, order.total.amount - captured), order.total.amount)
  await post(context, order, { kind: owedAgain, parts: [[receivable, short - givenBack - balance(receivable)]] })
  const parts = [...partsOf(order, givenBack)].map(([account, amount]) => [account, amount - balance(account, refunded)] as const)
  await post(context, order, { kind: refunded, parts })
  const change = Math.min(lost, Math.max(0, -missing)) - offsetBefore
  await post(context, order, { kind: offset, parts: [[accounts.chargebacks, change === 0 ? 0 : -change]] })
}

/**
 * Of an order that is closed. What left its deposit without having been in it is owed by the customer, who was given it twice, by
 * other means and by the provider, or by us and by the bank; what comes back of it is owed no more. What a bank keeps for good
 * (`lost`) the customer has: the deposit owes it no longer, and it is no loss. Answers what the customer owes.
 */
export async function closeDeposit(context: Work, order: Order, lost: number): Promise<number> {
  const balance = await balancesOf(context.tx, order)
  const deposit = accounts.deposit(order.id)
  const receivable = accounts.receivable(order.id)
  const before = balance(deposit, offset)
  // As if neither had been booked yet: so it comes to the same whatever came first.
  const held = before - balance(deposit) - balance(receivable)
  const change = Math.max(0, Math.min(lost, held)) - before
  await post(context, order, { kind: offset, parts: [[accounts.chargebacks, change === 0 ? 0 : -change]] })
  const shortage = Math.max(balance(deposit) + change, -balance(receivable))
  await post(context, order, { kind: owedAgain, parts: [[receivable, shortage]] })
  return balance(receivable) + shortage
}

/** A placed order that is canceled is no sale: what is left of it becomes the customer's deposit again. */
export async function reverseSale(context: Work, order: Order): Promise<void> {
  const balance = await balancesOf(context.tx, order)
  const held = [...partsOf(order, 0).keys(), accounts.receivable(order.id)]
  await post(context, order, { kind: 'order.reversed', parts: held.map((account) => [account, -balance(account)]) })
}

type Correction = { readonly kind: string; readonly parts: readonly (readonly [account: string, amountMinor: number])[] }

/** Each part is debited, and the deposit credited with all of them. */
async function post(work: Work, order: Order, { kind, parts }: Correction): Promise<void> {
  const { currency } = order.total
  const legs: Leg[] = parts.map(([account, amount]) => ({ account, amount: money(amount, currency) }))
  const sum = parts.reduce((total, [, amount]) => total + amount, 0)
  legs.push({ account: accounts.deposit(order.id), amount: money(sum === 0 ? 0 : -sum, currency) })
  await postTransfer(work, { kind, order: order.id, legs })
}
