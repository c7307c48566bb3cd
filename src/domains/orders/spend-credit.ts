// Paying for an order by gift cards and store credit, before anything else is asked for.
import type { Actor } from '../../access/actor.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { formatMoney, type Money, money } from '../../base/money.ts'
import { and, eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { giftCards, storeCredits } from '../credit/collections.ts'
import { checkGood, findGiftCard, unusable } from '../credit/find-gift-card.ts'
import type { CreditSource } from '../credit/move-credit.ts'
import type { Payment } from '../payments/collections.ts'
import { payByCredit } from '../payments/credit-payment.ts'
import type { Order } from './collections.ts'
import type { CreditRequest } from './order-view.ts'

type Use = {
  readonly request: CreditRequest
  readonly actor: Actor
  /** What is not paid yet. */
  readonly missing: number
  /** The number of the next payment of the order. */
  readonly sequence: number
  /** Whether the rest can be asked for. */
  readonly hasProvider: boolean
}

/**
 * Takes what is asked for, at most what is missing. Answers the payments that it made, and what is missing after them.
 * @throws gift_card_unusable, total_changed, payment_missing
 */
export async function spendCredit(
  work: Work,
  order: Order,
  { request, actor, missing, sequence, hasProvider }: Use,
): Promise<{ readonly made: readonly Payment[]; readonly missing: Money }> {
  const { currency } = order.total
  const made: Payment[] = []
  let left = missing
  for (const source of await sourcesOf(work, order, { request, actor })) {
    if (left === 0) break
    const payment = await payByCredit(work, { order: order.id, sequence: sequence + made.length, amount: money(left, currency), source })
    if (payment === null) continue
    made.push(payment)
    left -= payment.amount.amount
  }
  const due = money(left, currency)
  const { expectedDue } = request
  if (expectedDue !== undefined && (expectedDue.amount !== left || expectedDue.currency !== currency))
    throw new EngineError('total_changed', {
      detail: `${formatMoney(due)} are left to be paid, and not what you expected.`,
      params: { expectedDue, due },
    })
  if (left > 0 && !hasProvider)
    throw new EngineError('payment_missing', {
      detail: `${formatMoney(due)} are left to be paid: say how.`,
      params: { due },
    })
  return { made, missing: due }
}

async function sourcesOf({ tx, now }: Work, order: Order, { request, actor }: Pick<Use, 'request' | 'actor'>): Promise<CreditSource[]> {
  const { giftCards: codes = [], storeCredit } = request
  const { currency } = order.total
  const sources: CreditSource[] = []
  const paths = new Map<string, string>()
  for (const [index, code] of codes.entries()) {
    const path = `/giftCards/${index}`
    const card = await findGiftCard(tx, code, path)
    if (card.balance.currency !== currency) throw unusable('currency', path)
    // Written twice, it is one.
    if (!paths.has(card.id)) sources.push({ provider: 'gift_card', id: card.id })
    paths.set(card.id, path)
  }
  // In one order, whatever order they are given in: of two checkouts none waits for the other in a circle.
  for (const id of [...paths.keys()].toSorted()) {
    const [card, path] = [(await tx.lock(giftCards, id, 'exclusive'))!, paths.get(id)!]
    checkGood(card, { now, path })
    if (card.balance.amount === 0) throw unusable('empty', path)
  }
  if (storeCredit !== true) return sources
  if (actor.id === null || actor.id !== order.customer)
    throw invalid('/storeCredit', 'account', 'is of an account: sign in, and order with it')
  const credit = await findUnique(tx, storeCredits, and(eq('customer', actor.id), eq('balance.currency', currency)))
  return credit === null ? sources : [...sources, { provider: 'store_credit', id: credit.id } as const]
}
