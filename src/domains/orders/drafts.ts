// Drafts: orders that staff put together for somebody, at the prices of the shop or at their own. A draft holds no stock and is
// seen by staff alone; once it is to be paid it is an order like any other. Its cart, which nobody else holds, keeps what was asked for.
import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import type { TaxQuote } from '../../config/tax-service.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import type { CommandContext } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { checkShipping, type Details, detailsInput } from '../carts/cart-details.ts'
import { moneyType } from '../carts/cart-view.ts'
import { idInput, quantityInput } from '../carts/change-cart.ts'
import type { Cart } from '../carts/collections.ts'
import { pastCounting, type ResolvedCart, resolveCart } from '../carts/resolve-cart.ts'
import { checkTaxKnown } from '../carts/tax-quote.ts'
import { shopOf } from '../carts/totals.ts'
import { liveStatuses, type Payment, payments } from '../payments/collections.ts'
import { holdStock, wantedOf } from '../stock/reserve-stock.ts'
import { checkComplete, checkUnits } from './check-out.ts'
import { type Order, orders } from './collections.ts'
import { orderCreated } from './events.ts'
import { placeOrder } from './place-order.ts'

export const ownPrice = Type.Optional(
  Type.Unsafe<Money>({
    ...moneyType,
    description:
      'Agreed on for this line, and what the customer pays for one, whether or not tax is in it; the price of the variant when left out.',
  }),
)
export const newLine = Type.Object(
  { variant: idInput, quantity: Type.Optional(quantityInput), unitPrice: ownPrice },
  { additionalProperties: false },
)
export type NewLine = { readonly variant: string; readonly quantity?: number; readonly unitPrice?: Money }

const { email, shippingAddress, billingAddress, country, shippingMethod, note, vatId } = detailsInput
export const draftDetails = { email, shippingAddress, billingAddress, country, shippingMethod, note, vatId }
export const draftErrors = ['reference_not_found', 'cart_incomplete', 'not_for_sale', 'amount_too_large', 'tax_unavailable'] as const

/** @throws validation_failed for a price in another currency, below zero, or more than an order counts */
export function checkPrices(currency: string, lines: readonly { readonly unitPrice?: Money | null }[], at: string): void {
  for (const [index, { unitPrice }] of lines.entries()) {
    if (!unitPrice) continue
    const path = `${at}/${index}/unitPrice`
    if (unitPrice.currency !== currency) throw invalid(`${path}/currency`, 'enum', `must be ${currency}`)
    if (unitPrice.amount < 0) throw invalid(`${path}/amount`, 'minimum', 'must be 0 or more')
    if (unitPrice.amount > limits.cartAmountMax) throw invalid(`${path}/amount`, 'maximum', `must be ${limits.cartAmountMax} or less`)
  }
}

/** `taxQuote`: what an outside service said of it before. */
type Draft = {
  readonly cart: Cart
  readonly details: Details
  readonly taxQuote: TaxQuote | null
  pathOf(line: string): string
}
type Asked = Pick<CommandContext<unknown>, 'tx' | 'model' | 'project' | 'now'>

/** What the draft comes to, complete as an order has to be. @throws those of `draftErrors`; `pathOf` says where a line stands in the request. */
export async function resolveDraft({ tx, model, project, now }: Asked, { cart, details, pathOf, taxQuote }: Draft): Promise<ResolvedCart> {
  // What it costs is agreed on: no discount is taken off that.
  const resolved = await resolveCart({ read: tx, model, project, now, isAgreed: true }, { ...cart, taxQuote: taxQuote ?? cart.taxQuote })
  checkTaxKnown(resolved, taxQuote)
  refuseLines(resolved, pathOf)
  if (resolved.shippingMisfit === 'amount')
    throw new EngineError('amount_too_large', { errors: [{ path: '/shippingMethod', code: 'amount_too_large', message: pastCounting }] })
  checkShipping(details, resolved)
  await checkComplete({ tx, model }, resolved)
  return resolved
}

/** @throws not_for_sale, amount_too_large naming the lines by the path that each has in the request */
export function refuseLines({ gone, tooLarge }: Pick<ResolvedCart, 'gone' | 'tooLarge'>, pathOf: (line: string) => string): void {
  if (gone.length > 0)
    throw new EngineError('not_for_sale', { errors: gone.map(({ id, why }): InputIssue => ({ path: pathOf(id), ...why })) })
  if (tooLarge.length === 0) return
  const [code, message] = ['amount_too_large', 'is more than can be counted'] as const
  throw new EngineError(code, { errors: tooLarge.map(({ id }): InputIssue => ({ path: pathOf(id), code, message })) })
}

/**
 * A draft is to be paid: its stock is held until `expiresAt`. What costs nothing is placed.
 * @throws out_of_stock, order_too_large; payment_in_progress while money of an offer that was withdrawn is on its way back
 */
export async function openDraft(
  work: Work,
  draft: Order,
  expiresAt: number,
): Promise<{ readonly order: Order; readonly events: readonly DomainEvent[] }> {
  // Before the look at its attempts: whoever settles one of them meanwhile finds an order that waits.
  const order = await work.tx.update(orders, draft, { set: { status: 'pending_payment', expiresAt, isOffered: true } })
  await checkNothingLeft(work, draft)
  const created = [orderCreated({ order }), ...(await holdStock(work, order.id, wantedOf(order.lines, order.addresses.shipping.country)))]
  checkUnits(shopOf(work.project), order.lines)
  if (order.total.amount > 0) return { order, events: created }
  const placed = await placeOrder(work, order, 'paid')
  return { order: { ...order, status: 'placed' }, events: [...created, ...placed] }
}

/** As many as a cart has. */
export const newLines = Type.Array(newLine, { maxItems: limits.cartLinesMax })

/** Money that came for an earlier offer pays for nothing: counted in, it would place the order while it goes back. */
async function checkNothingLeft({ tx }: Work, { id }: Order): Promise<void> {
  const attempts = await findAll(tx, payments, eq('order', id))
  const isOver = ({ status, captured, refunded }: Payment) =>
    captured.amount === refunded.amount && !liveStatuses.includes(status) && status !== 'requires_action' && status !== 'authorized'
  if (attempts.every(isOver)) return
  throw new EngineError('payment_in_progress', {
    detail: 'A payment for its earlier offer is not over yet, or its money is on its way back. Try again after that.',
  })
}
