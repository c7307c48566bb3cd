// settle(order): what the provider's facts, all together, mean for an order. Called after every fact
// from every way it can come; calling it again changes nothing. Invariants: money that moved is never
// refused, only routed; an order is placed once; paymentStatus is written here and nowhere else; whoever
// decides over an order's attempts holds the order (a lock, or a write of it) before looking at them.
import { EngineError, isEngineError, LostRace } from '../../base/engine-error.ts'
import { addMoney, money } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { isCreditProvider } from '../credit/collections.ts'
import { canUseAgain, takeUsesAgain } from '../discounts/use-discounts.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { canBeGivenUp, type Payment, payments, type Refund } from '../payments/collections.ts'
import { paymentChanged } from '../payments/events.ts'
import { dropUnmetClaims, keptOf, lostOf, refundable, refundPayment, refundsOf } from '../payments/refund-claims.ts'
import { canHold, holdStock, wantedOf } from '../stock/reserve-stock.ts'
import { chargedTotal, exchangeOpen, type Order, orders, paymentDue } from './collections.ts'
import { backTwice, closeDeposit, correctSale } from './correct-sale.ts'
import { dueDigital } from './digital-due.ts'
import { orderPaidLate } from './events.ts'
import { writeStanding } from './order-standing.ts'
import { paymentLinks } from './payment-links.ts'
import { placeOrder } from './place-order.ts'

export async function settleOrder(context: Work, id: string): Promise<DomainEvent[]> {
  const { tx } = context
  // Two facts at once, of two attempts: each alone sees half. Under this lock the second sees both.
  // What is asked together is answered in its order: the attempts are looked at once the lock is held.
  const [order, found] = await Promise.all([tx.lock(orders, id, 'exclusive'), findAll(tx, payments, eq('order', id))])
  const attempts = found.toSorted((a, b) => a.sequence - b.sequence)
  if (order === null) throw new EngineError('not_found')
  // Money that went back or was taken away may leave too little for what refunds claim, and so may one that failed in the
  // provider's dashboard, which claims as well. Of an order that nobody has paid yet, what has gone back tells.
  let lost = 0
  for (const payment of attempts) {
    const kept = payment.disputed === null ? 0 : await lostOf(tx, payment)
    lost += kept
    const isTouched = payment.refunded.amount > 0 || payment.status === 'reversed'
    // What has gone back was taken before, whether or not we have heard of that yet.
    if (payment.captured.amount === 0 && payment.status !== 'reversed') continue
    if (isTouched || order.status !== 'pending_payment')
      await dropUnmetClaims(context, payment, { ...payment, refunded: addMoney(payment.refunded, money(kept, payment.amount.currency)) })
  }
  if (order.status === 'pending_payment') {
    // What was given back meanwhile pays for nothing.
    if (coverOf(attempts) >= chargedTotal(order)) return await place(context, order, { attempts, lost }, [])
    await writePaymentStatus(tx, order, attempts)
    return []
  }
  // What has gone back, or is on its way, pays for nothing: an order is not revived by its own refund.
  const isCovered = order.status === 'expired' && (await keptOf(tx, attempts)) + sum(attempts, 'capturable') >= chargedTotal(order)
  if (isCovered) return await revive(context, order, { attempts, lost })
  // An attempt whose start was still under way when the order closed is open only now.
  await closeOthers(context, order, attempts)
  if (isClosed(order)) return await settleClosed(context, order, { attempts, lost })
  const after = await writePaymentStatus(tx, order, attempts)
  if (after.status === 'placed' || after.status === 'completed') {
    const returned = await returnSurplus(context, after, attempts)
    const corrected = await correctSale(context, after, { captured: sum(attempts, 'captured'), lost })
    const standing = await writeStanding(tx, corrected.order, attempts)
    return [...returned, ...corrected.events, ...standing.events, ...dueDigital(standing.order)]
  }
  return []
}

/** Nothing is sold by it, or will be: a draft that was offered once takes no money either. */
function isClosed({ status }: Pick<Order, 'status'>): boolean {
  return status === 'expired' || status === 'canceled' || status === 'draft'
}

/** `lost`: what banks keep of its payments for good. */
type Paid = { readonly attempts: readonly Payment[]; readonly lost: number }

/** Nothing is sold: what comes in goes back, and what went out twice is owed by the customer. */
async function settleClosed(context: Work, order: Order, { attempts, lost }: Paid): Promise<DomainEvent[]> {
  const late = await returnLateMoney(context, order, attempts)
  const isOwed = (await closeDeposit(context, order, lost)) > 0
  const after = await writePaymentStatus(context.tx, order, attempts, isOwed ? [backTwice] : [])
  // What was paid by credit was there in time, and is credit again by now.
  const isCredit = ({ provider }: Payment) => isCreditProvider(provider)
  const told = late.filter((payment) => !isCredit(payment)).map((payment) => orderPaidLate({ order: after, payment }))
  return [...told, ...(await changedOnes(context.tx, late.filter(isCredit)))]
}

async function place(context: Work, order: Order, { attempts, lost }: Paid, holds: readonly string[]): Promise<DomainEvent[]> {
  const events = await placeOrder(context, order, paymentStatusOf(order, attempts), [...order.holds, ...holds])
  await closeOthers(context, { ...order, status: 'placed' }, attempts)
  const returned = await returnSurplus(context, order, attempts)
  // What is authorized and not captured yet is owed by the customer until it is. What was told of a payment beside that it was taken may
  // have left the deposit: a refund of before, or one that failed and is owed.
  const captured = sum(attempts, 'captured')
  if (captured < chargedTotal(order) || attempts.some(({ facts }) => facts === null || facts > 1))
    returned.push(...(await correctSale(context, order, { captured, lost })).events)
  return [...events, ...returned]
}

/** Given back by now, they make another status of their order: it is settled once more. */
async function changedOnes(tx: Transaction, changed: readonly Payment[]): Promise<DomainEvent[]> {
  const now =
    changed.length === 0
      ? []
      : await tx.getMany(
          payments,
          changed.map(({ id }) => id),
        )
  return now.map((payment) => paymentChanged({ payment }))
}

/** O7: money came after the order had expired. If its goods can be held again, it lives; if not, the money goes back. */
async function revive(context: Work, order: Order, paid: Paid): Promise<DomainEvent[]> {
  const wanted = wantedOf(order.lines, order.addresses.shipping.country)
  // A limit of its discounts may have been used up by others meanwhile, as its goods may have been bought.
  const hasUses = order.discounts !== null
  if (!(await canHold(context, wanted)) || (hasUses && !(await canUseAgain(context.tx, order.id)))) {
    // What is only authorized is given up: it would hold the customer's money until its time is over.
    await closeOthers(context, order, paid.attempts)
    return await settleClosed(context, order, paid)
  }
  const low = await holdStock(context, order.id, wanted).catch((error: unknown) => {
    // Somebody took it since we looked: look again, rather than continue with half a hold.
    throw isEngineError(error, 'out_of_stock') ? new LostRace(error) : error
  })
  if (hasUses) await takeUsesAgain(context, order.id)
  return [...low, ...(await place(context, order, paid, ['late_payment']))]
}

/** What was taken for an order that is closed: out of its deposit, and back to where it came from. Answers whose is news. */
async function returnLateMoney(context: Work, order: Order, attempts: readonly Payment[]): Promise<Payment[]> {
  const late: Payment[] = []
  for (const payment of attempts) {
    const amount = await refundable(context.tx, payment)
    const refund = await sendBack(context, payment, amount, { kind: 'payment.unmatched', reason: `order_${order.status}`, key: 'late' })
    // The customer is told once; what is owed again of the same payment is no news.
    if (refund !== null && (await isFirst(context.tx, refund))) late.push(payment)
  }
  return late
}

/** Of its payment, but for what was given back in the provider's dashboard. */
async function isFirst(tx: Transaction, { id, payment }: Refund): Promise<boolean> {
  return (await refundsOf(tx, payment)).every((refund) => refund.id === id || refund.key.startsWith('external:'))
}

/** More than the order costs was taken (two tabs, two methods): the later attempts give it back. Answers what follows. */
async function returnSurplus(context: Work, order: Order, attempts: readonly Payment[]): Promise<DomainEvent[]> {
  // What was refunded never exceeds what was taken, so without more taken there is nothing to look for.
  if (sum(attempts, 'captured') - sum(attempts, 'refunded') <= chargedTotal(order)) return []
  const returned: Payment[] = []
  let surplus = (await keptOf(context.tx, attempts)) - chargedTotal(order)
  for (const payment of attempts.toReversed()) {
    if (surplus <= 0) break
    const amount = Math.min(surplus, await refundable(context.tx, payment))
    const refund = await sendBack(context, payment, amount, { kind: 'payment.surplus', reason: 'surplus', key: 'surplus' })
    if (refund !== null && isCreditProvider(payment.provider)) returned.push(payment)
    surplus -= amount
  }
  return await changedOnes(context.tx, returned)
}

/**
 * Out of the order's deposit, and owed back to the customer. Both or neither: what a refund claims already, one that
 * failed included, has left the deposit and is owed in an account of its own.
 */
async function sendBack(
  context: Work,
  payment: Payment,
  amountMinor: number,
  cause: { readonly kind: string; readonly reason: string; readonly key: string },
): Promise<Refund | null> {
  if (amountMinor <= 0) return null
  const { order, provider } = payment
  const amount = money(amountMinor, payment.amount.currency)
  const from = accounts.unmatched(provider)
  const refund = await refundPayment(context, payment, { amount, from, reason: cause.reason, key: `${cause.key}:${payment.id}` })
  if (refund === null) return null
  const legs = move({ debit: accounts.deposit(order), credit: from }, refund.amount)
  await postTransfer(context, { kind: cause.kind, order, legs })
  return refund
}

/**
 * Attempts that wait for their customer are closed at the provider, so that they are not paid as well, and so is what is
 * authorized beyond what the order costs. Of a closed order that is all of it.
 */
async function closeOthers(
  context: Work,
  order: Pick<Order, 'id' | 'status' | 'total' | 'uncharged'>,
  attempts: readonly Payment[],
): Promise<void> {
  let missing = isClosed(order) ? 0 : chargedTotal(order) - sum(attempts, 'captured')
  const byLink = missing > 0 ? await linkedPayment(context.tx, order.id, attempts) : null
  for (const payment of attempts) {
    const authorized = payment.capturable?.amount ?? 0
    const isNeeded = authorized > 0 && missing > 0
    if (isNeeded) missing -= authorized
    else if (canBeGivenUp(payment) && payment.id !== byLink) await cancelPayment(context, payment)
  }
}

/** The attempt that somebody has begun by a payment link and not finished: so an invoice is paid, or what a bank has taken back. */
async function linkedPayment(tx: Transaction, order: string, attempts: readonly Payment[]): Promise<string | null> {
  if (!attempts.some(({ status }) => status === 'requires_action')) return null
  return (await findUnique(tx, paymentLinks, eq('order', order)))?.payment ?? null
}

async function writePaymentStatus(
  tx: Transaction,
  order: Order,
  attempts: readonly Payment[],
  holds: readonly string[] = [],
): Promise<Order> {
  const paymentStatus = paymentStatusOf(order, attempts)
  // Sold, and its money is not there, or is no more: somebody should look before more of it is shipped.
  const isShort =
    order.placedAt !== null && order.status !== 'canceled' && sum(attempts, 'captured') + sum(attempts, 'capturable') < chargedTotal(order)
  const short = attempts.some(({ capture }) => capture === 'later') ? incomplete : takenBack
  const isDue = order.holds.includes(paymentDue)
  // What staff added and let go unpaid is owed, and nobody took it back.
  const isLost = sum(attempts, 'authorized') > sum(attempts, 'captured') + sum(attempts, 'capturable')
  const isNews = isShort && isLost && !isDue && !order.holds.includes(exchangeOpen)
  const news = [...holds, ...(isNews ? [short] : [])].filter((hold) => !order.holds.includes(hold))
  const isPaidUp = isDue && !isShort
  if (paymentStatus === order.paymentStatus && news.length === 0 && !isPaidUp) return order
  const kept = isPaidUp ? order.holds.filter((hold) => hold !== paymentDue) : order.holds
  return await tx.update(orders, order, { set: { paymentStatus, holds: [...kept, ...news] } })
}

const takenBack = 'payment_taken_back'
/** What was authorized for it has ended, or less of it was captured. */
const incomplete = 'payment_incomplete'

/** Derived from the attempts' amounts, which are folded from facts. */
export function paymentStatusOf(order: Parameters<typeof chargedTotal>[0], attempts: readonly Payment[]): Order['paymentStatus'] {
  const captured = sum(attempts, 'captured')
  const refunded = sum(attempts, 'refunded')
  const total = chargedTotal(order)
  if (captured === 0) {
    if (attempts.some(({ status }) => status === 'authorized')) return 'authorized'
    return attempts.length > 0 && attempts.every(({ status }) => status === 'canceled') ? 'voided' : 'none'
  }
  if (captured - refunded > total) return 'overcharged'
  // What went back of a surplus is no refund of the order.
  const returned = refunded - Math.max(0, captured - total)
  if (returned >= Math.min(captured, total)) return 'refunded'
  if (returned > 0) return 'partially_refunded'
  return captured >= total ? 'paid' : 'partially_paid'
}

/** What is there for an order, or can be taken for it. What was given back pays for nothing. */
function coverOf(attempts: readonly Payment[]): number {
  return sum(attempts, 'captured') - sum(attempts, 'refunded') + sum(attempts, 'capturable')
}

function sum(attempts: readonly Payment[], name: 'authorized' | 'captured' | 'refunded' | 'capturable'): number {
  return attempts.reduce((total, payment) => total + (payment[name]?.amount ?? 0), 0)
}
