// Giving back what units of an order came to: by refunds of what was taken, and, of what nobody has taken yet, by not charging it.
// Invariant: no unit is given back twice, and no line for more than was paid for it. Whoever calls holds the order.
import { assert } from '../../base/assert.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { allocateMoney, type Money, money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { isCreditProvider } from '../credit/collections.ts'
import { giveStoreCredit } from '../credit/give-credit.ts'
import { accounts } from '../ledger/collections.ts'
import { captures, type Payment, payments, type Refund, type RefundedLine } from '../payments/collections.ts'
import { refundable, refundPayment, settleRefundElsewhere } from '../payments/refund-claims.ts'
import { chargedTotal, type Order } from './collections.ts'
import { givenBack, worthOfUnits } from './given-back.ts'
import type { NamedUnits } from './order-units.ts'

export type Source = { readonly payment: Payment; readonly left: Money }

/** Payments with something left: those by providers first, of these the fullest; then credit, the latest first. */
export async function sourcesOf(tx: Transaction, order: Order, only?: string): Promise<Source[]> {
  const sources: Source[] = []
  for (const payment of await findAll(tx, payments, eq('order', order.id))) {
    const left = only === undefined || payment.id === only ? await refundable(tx, payment) : 0
    if (left > 0) sources.push({ payment, left: money(left, payment.amount.currency) })
  }
  const rank = ({ payment }: Source) => (isCreditProvider(payment.provider) ? 1 : 0)
  return sources.toSorted((a, b) => rank(a) - rank(b) || b.left.amount - a.left.amount || b.payment.sequence - a.payment.sequence)
}

type Given = {
  readonly amount: Money
  readonly lines: readonly RefundedLine[] | null
  readonly reason: string
  readonly key: string
  /** As store credit, whatever way it was paid. */
  readonly isKept: boolean
  readonly isAwaited: boolean
}

/** Out of the deposit of the order, from as many of its payments as it takes. */
export async function refundFrom(
  work: Work,
  order: Order,
  { sources, amount, lines, reason, key, isKept, isAwaited }: Given & { readonly sources: readonly Source[] },
): Promise<Refund[]> {
  const made: Refund[] = []
  let rest = amount.amount
  for (const { payment, left } of sources) {
    if (rest === 0) break
    const part = money(Math.min(rest, left.amount), amount.currency)
    rest -= part.amount
    const isFirst = made.length === 0
    // What it pays back is told once.
    const owed = {
      amount: part,
      from: accounts.deposit(order.id),
      reason,
      // By the payment and no number: refunds of a payment that has given back before are numbered, too.
      key: isFirst ? key : `${key}:${payment.id}`,
      lines: isFirst ? lines : null,
    }
    const refund =
      isKept && payment.provider !== 'store_credit'
        ? await refundToCredit(work, { order, payment }, owed)
        : await refundPayment(work, payment, { ...owed, isAwaited })
    assert(refund !== null, 'that much was left, and the order is held')
    made.push(refund)
  }
  return made
}

/** The customer may spend it here, and the payment keeps its money: given back by other means. */
async function refundToCredit(
  work: Work,
  { order, payment }: { readonly order: Order; readonly payment: Payment },
  owed: Omit<Parameters<typeof refundPayment>[2], 'isAwaited'>,
): Promise<Refund> {
  const refund = await settleRefundElsewhere(work, payment, owed)
  const reason = `Order ${order.number}: ${owed.reason}`.slice(0, limits.noteCharactersMax)
  const against = accounts.refundPayable(refund.id)
  await giveStoreCredit(work, order.customer!, { amount: refund.amount, reason, against, order: order.id })
  return refund
}

type Units = Omit<Given, 'amount' | 'lines'> & {
  readonly units: readonly NamedUnits[]
  /** Kept of it by the shop. */
  readonly deduction: number
  /** What was sent was paid for, so what of it came back is given back; of anything else, what was not taken yet is not charged first. */
  readonly why: 'canceled' | 'returned' | 'exchanged'
}

export type UnitsBack = {
  readonly refunds: readonly Refund[]
  readonly refunded: Money
  readonly uncharged: readonly RefundedLine[]
  /** Of the units, before anything is deducted. */
  readonly worth: Money
}

/**
 * By the weights that were frozen with the order. What was given back of it before, for whatever reason, is not given back again.
 * `uncharged` is for whoever writes the order next.
 * @throws payment_in_progress while what is to be given back is just being captured
 */
export async function giveBackUnits(work: Work, order: Order, { units, deduction, why, ...given }: Units): Promise<UnitsBack> {
  const { tx } = work
  const { currency } = order.total
  const sources = await sourcesOf(tx, order)
  const kept = sources.reduce((sum, { left }) => sum + left.amount, 0)
  const captured = (await findAll(tx, payments, eq('order', order.id))).reduce((sum, payment) => sum + payment.captured.amount, 0)
  const open = await findAll(tx, captures, and(eq('order', order.id), oneOf('status', ['wanted', 'pending'])))
  const asked = open.reduce((sum, { amount }) => sum + amount.amount, 0)
  const untaken = Math.max(0, chargedTotal(order) - captured - asked)
  // What was given back was taken before: of units that nobody has paid for it was not.
  const { priced, whole } = await pricedUnits(tx, order, { units, deduction, unpaid: why === 'canceled' ? untaken : 0 })
  const worth = priced.reduce((sum, { amount }) => sum + amount, 0)
  const first = why === 'returned' ? 'refund' : 'uncharged'
  const early = Math.min(worth, first === 'refund' ? kept : untaken)
  const late = Math.min(worth - early, first === 'refund' ? untaken : kept)
  if (early + late < worth && asked > 0)
    throw new EngineError('payment_in_progress', { detail: 'Money of this order is just being captured. Try again once that has ended.' })
  const [back, less] = first === 'refund' ? [early, late] : [late, early]
  const weights = priced.map(({ amount }) => amount)
  const ofRefund = shares(money(back, currency), weights)
  const ofLess = back + less === worth ? weights.map((weight, index) => weight - ofRefund[index]!) : shares(money(less, currency), weights)
  // A unit is counted once: where something is refunded, there.
  const rows = (amounts: readonly number[], isCounting: boolean): RefundedLine[] =>
    priced.flatMap(({ line, quantity }, index) =>
      quantity === 0 && amounts[index] === 0
        ? []
        : [{ line, quantity: isCounting ? quantity : 0, amount: money(amounts[index]!, currency) }],
    )
  const amount = money(back, currency)
  const refunds = back === 0 ? [] : await refundFrom(work, order, { ...given, sources, amount, lines: rows(ofRefund, true) })
  return { refunds, refunded: amount, uncharged: less === 0 ? [] : rows(ofLess, back === 0), worth: money(whole, currency) }
}

function shares(amount: Money, weights: readonly number[]): number[] {
  return amount.amount === 0 ? weights.map(() => 0) : allocateMoney(amount, weights).map((share) => share.amount)
}

type Priced = NamedUnits & { readonly amount: number }

/** What these units would be worth now, of the way that they are given back by. */
export async function worthOf(tx: Transaction, order: Order, units: readonly NamedUnits[]): Promise<Money> {
  return money((await pricedUnits(tx, order, { units, deduction: 0, unpaid: 0 })).whole, order.total.currency)
}

/**
 * Of units that were given back already, nothing, and of others what was not given back without naming them; but all of it where nobody has
 * taken as much (`unpaid`). A deduction is taken from all in proportion.
 */
async function pricedUnits(
  tx: Transaction,
  order: Order,
  { units, deduction, unpaid }: Pick<Units, 'units' | 'deduction'> & { readonly unpaid: number },
): Promise<{ readonly priced: readonly Priced[]; readonly whole: number }> {
  const before = await givenBack(tx, order)
  const worthOf = worthOfUnits(order, before)
  const worths = units.map(({ line, quantity: asked }) => {
    const of = order.lines.find(({ id }) => id === line)!.quantity
    const quantity = Math.max(0, Math.min(asked, of - (before.get(line)?.units ?? 0)))
    return { line, quantity, ...worthOf(line, quantity) }
  })
  const isUnpaid = worths.reduce((sum, { full }) => sum + full, 0) <= unpaid
  const priced = worths.map(({ line, quantity, full, left }): Priced => ({ line, quantity, amount: isUnpaid ? full : left }))
  const worth = priced.reduce((sum, { amount }) => sum + amount, 0)
  const kept = shares(
    money(Math.min(deduction, worth), order.total.currency),
    priced.map(({ amount }) => amount),
  )
  return { priced: priced.map((one, index) => ({ ...one, amount: one.amount - kept[index]! })), whole: worth }
}
