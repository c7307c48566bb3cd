// The sale of a placed order, corrected by what became of its money since. What was given back for lines is taken out of
// what these were sold for and its tax, and anything else out of all that was left, in its proportion (given-back.ts); what a bank
// took back, or was given back twice, is owed by the customer.
// Invariant: the deposit of a placed or closed order comes to nothing, and the parts of all corrections sum to the
// cent, however many there are.
import { money } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts, ledgerEntries } from '../ledger/collections.ts'
import { type Leg, postTransfer, type SalesPart } from '../ledger/post-transfer.ts'
import { chargedTotal, type Order, orders } from './collections.ts'
import { orderCorrected } from './events.ts'
import { allowancesAfter, type GivenBackBy, givenBack } from './given-back.ts'
import { givenBackSales, partsOf, reversedSales, sharesOf } from './sale-parts.ts'

const refunded = 'order.refunded'
const owedAgain = 'order.owed_again'
const offset = 'order.dispute_offset'
const none: GivenBackBy = new Map()
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

/** `captured`: what its payments hold now. `lost`: what banks keep of them for good. */
type Held = { readonly captured: number; readonly lost: number }

export type Corrected = { readonly order: Order; readonly events: readonly DomainEvent[] }

/**
 * Brings the deposit of a placed order back to nothing, but for what was paid beyond its price and a bank has taken: that waits for
 * the end of its dispute, and is no sale. What the bank keeps of it for good the customer has. Tells when more or less of it is sold.
 */
export async function correctSale(context: Work, order: Order, { captured, lost }: Held): Promise<Corrected> {
  const { tx } = context
  const balance = await balancesOf(tx, order)
  const deposit = accounts.deposit(order.id)
  const receivable = accounts.receivable(order.id)
  const offsetBefore = balance(deposit, offset)
  // What was given back for lines may have gone another way since, by the same amount.
  const isUntouched = order.uncharged === null && order.allowances === null && lost === 0
  const isWhole = balance(deposit, refunded) === 0 && balance(deposit) === 0 && isUntouched
  const back = isWhole ? none : await givenBack(tx, order)
  if (balance(deposit) === 0 && offsetBefore === 0 && back.size === 0 && isUntouched) return { order, events: [] }
  // As if nothing had been corrected yet, in all and not this time alone: so the cents of many parts sum to those of the whole.
  const missing = balance(deposit) - offsetBefore - balance(deposit, refunded) + balance(receivable)
  const short = Math.max(0, missing)
  // More than the sale cannot be given back: what is beyond it was paid out twice.
  const returned = Math.min(short - Math.max(0, chargedTotal(order) - captured), order.total.amount)
  await post(context, order, { kind: owedAgain, parts: [[receivable, short - returned - balance(receivable)]] })
  const settled = Math.min(lost, Math.max(0, -missing))
  const allowances = allowancesAfter(order, { returned, lost: lost - settled, captured, back })
  const isSpread = allowances !== order.allowances
  const after = isSpread ? await tx.update(orders, (await tx.get(orders, order.id))!, { set: { allowances } }) : order
  const ofLines = isSpread ? await givenBack(tx, after) : back
  const parts = [...partsOf(order, returned, ofLines)].map(([account, amount]) => [account, amount - balance(account, refunded)] as const)
  const isMoved = parts.some(([, amount]) => amount !== 0)
  const sales = isMoved ? await givenBackSales(tx, order, { shares: sharesOf(order, returned, ofLines), kind: refunded }) : []
  await post(context, order, { kind: refunded, parts, sales })
  const change = settled - offsetBefore
  await post(context, order, { kind: offset, parts: [[accounts.chargebacks, change === 0 ? 0 : -change]] })
  return { order: after, events: isMoved ? [orderCorrected({ order: after })] : [] }
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
  const held = [...partsOf(order, 0, none).keys(), accounts.receivable(order.id)]
  const sales = await reversedSales(context.tx, order)
  await post(context, order, { kind: 'order.reversed', parts: held.map((account) => [account, -balance(account)]), sales })
}

type Correction = {
  readonly kind: string
  readonly parts: readonly (readonly [account: string, amountMinor: number])[]
  readonly sales?: readonly SalesPart[]
}

/** Each part is debited, and the deposit credited with all of them. */
async function post(work: Work, order: Order, { kind, parts, sales = [] }: Correction): Promise<void> {
  const { currency } = order.total
  const legs: Leg[] = parts.map(([account, amount]) => ({ account, amount: money(amount, currency) }))
  const sum = parts.reduce((total, [, amount]) => total + amount, 0)
  legs.push({ account: accounts.deposit(order.id), amount: money(sum === 0 ? 0 : -sum, currency) })
  await postTransfer(work, { kind, order: order.id, legs, sales })
}
