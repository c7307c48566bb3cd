import { anyone } from '../../access/rule.ts'
import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import { shortNumberOf } from '../../base/ids.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import type { Project, ShopSettings } from '../../config/project.ts'
import { standardClass } from '../../config/tax.ts'
import type { TaxQuote } from '../../config/tax-service.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { carriedOwn, ownDefaults } from '../../records/own-fields.ts'
import { recordOf } from '../../schema/collection.ts'
import { checkOpen, getCart, goneTitle, moneyType } from '../carts/cart-view.ts'
import { type Cart, type CartLine, carts } from '../carts/collections.ts'
import {
  lineTitle,
  offersShipping,
  pastCounting,
  placeOf,
  type ResolvedCart,
  type ResolvedLine,
  resolveCart,
} from '../carts/resolve-cart.ts'
import { askOthers, checkTaxKnown, withAnswers } from '../carts/tax-quote.ts'
import { shopOf } from '../carts/totals.ts'
import type { ResolvedPart } from '../catalog/bundles.ts'
import { checkCodes, takeUses } from '../discounts/use-discounts.ts'
import { payments } from '../payments/collections.ts'
import { paymentChanged } from '../payments/events.ts'
import { startPayment } from '../payments/start-payment.ts'
import { holdStock, unitsOfOne, wantedOf } from '../stock/reserve-stock.ts'
import { type Order, type OrderLine, type OrderTax, orders } from './collections.ts'
import { orderCreated } from './events.ts'
import {
  asksForCredit,
  checkPaymentRequest,
  checkTakes,
  creditRequest,
  giftCardsIn,
  holdMsOf,
  orderAndPayment,
  orderAndPaymentView,
  type PaymentRequest,
  paymentRequest,
  viewOf,
} from './order-view.ts'
import { placeOrder } from './place-order.ts'
import { returnUrlOf } from './return-url.ts'
import { spendCredit } from './spend-credit.ts'

/**
 * `POST /api/carts/{id}/checkout`: the cart becomes an order, its stock is held and its payment owed, in
 * one transaction; the provider is called after it. The same cart again answers the same order.
 */
export const checkOutCart = command({
  name: 'orders.checkOut',
  route: 'POST /api/carts/:id/checkout',
  summary: 'Order what is in the cart',
  tag: 'Carts',
  status: 201,
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      payment: Type.Optional(paymentRequest),
      ...creditRequest,
      expectedTotal: Type.Optional(moneyType),
      digitalConsent: Type.Optional(
        Type.Boolean({
          description: 'Its customer agrees that digital goods are delivered at once, and knows that the right to withdraw ends by it.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: orderAndPayment,
  errors: [
    'not_found',
    'precondition_failed',
    'cart_not_open',
    'cart_empty',
    'cart_incomplete',
    'out_of_stock',
    'discount_unusable',
    'order_too_large',
    'not_for_sale',
    'total_changed',
    'amount_too_large',
    'provider_unknown',
    'gift_card_unusable',
    'payment_missing',
    'tax_unavailable',
  ],
  access: anyone,
  codesIn: giftCardsIn,
  prepares: ({ project }) => project.shop?.tax.reverseCharge === 'vies' || (project.shop?.tax.service ?? null) !== null,
  prepare: async ({ input, ...asking }) => await askOthers(asking, input.id),
  async run(context) {
    const { tx, input, actor, model, project, now, newId, request, prepared: asked } = context
    const found = await getCart(tx, model, actor, input.id)
    const cart = asked ? withAnswers(found, asked) : found
    if (cart.order !== null) return answer(cart.order, [])
    checkOpen(cart)
    checkIfMatch(model.get(carts), { actor, ifMatch: request.ifMatch }, cart)
    const resolved = await resolveCart({ read: tx, model, project, now }, cart)
    checkAsked(project, input, resolved)
    const { discounting } = resolved
    checkForSale(resolved)
    await checkComplete({ tx, model }, resolved, !resolved.needsConsent || input.digitalConsent === true)
    if (discounting.refused.length > 0) checkCodes(discounting)
    if (resolved.taxQuestion !== null) checkTaxKnown(resolved)
    const { totals } = resolved.priced
    if (input.payment !== undefined) checkTakes(project, input.payment, { currency: totals.total.currency, at: '/payment' })
    checkExpected(input.expectedTotal, totals.total)

    const language = languageOf(request.headers['accept-language'], project.mail.language)
    const isEnglish = language === 'en'
    const expiresAt = now + holdMsOf(project, input.payment?.provider)
    const digitalConsentAt = input.digitalConsent === true && hasDigital(resolved) ? now : null
    const step = { status: 'pending_payment', language: isEnglish ? null : language, expiresAt, digitalConsentAt } as const
    const agreed = { ...orderOf(newId('ord'), resolved, step), ...carriedFields(context, cart) }
    const returnUrl = returnUrlOf(project, input.payment ?? {}, { order: agreed.id, at: '/payment' })
    // The cart first: of two checkouts at once the second waits here, runs again and answers the first one's order.
    await tx.update(carts, found, { set: { status: 'converted', order: agreed.id, vatCheck: cart.vatCheck, taxQuote: cart.taxQuote } })
    const order = await tx.insert(orders, agreed, 'conflict')
    const created = [
      orderCreated({ order }),
      ...(await holdStock(context, order.id, wantedOf(order.lines, order.addresses.shipping.country))),
    ]
    checkUnits(shopOf(project), order.lines)
    if (discounting.applied.length > 0) await takeUses(context, order, discounting.applied)
    if (order.total.amount === 0) {
      const events = await placeOrder(context, order, 'paid')
      return { ...answer(order.id, []), events: [...created, ...events] }
    }
    const use = { request: input, actor, missing: order.total.amount, sequence: 1, hasProvider: input.payment !== undefined }
    const isCredit = asksForCredit(input) || input.expectedDue !== undefined
    const { made, missing } = isCredit ? await spendCredit(context, order, use) : { made: [], missing: order.total }
    const credited = made.slice(-1).map((payment) => paymentChanged({ payment }))
    // What is covered by credit is placed as soon as its payments are told.
    if (missing.amount === 0) return { ...answer(order.id, []), events: [...created, ...credited] }
    const { provider, method = null } = input.payment!
    const next = { order: order.id, sequence: made.length + 1, amount: missing, provider, method, returnUrl }
    const { payment, effect } = await startPayment(context, next)
    if (made.length > 0) return { ...answer(order.id, [effect]), events: [...created, ...credited] }
    return {
      ...answer(order.id, [effect]),
      events: created,
      async atHand(read, ended) {
        const told = ended.get(payment.id)
        const started = told && recordOf(payments, told)
        return started === undefined ? null : await viewOf(read, model, actor, { order, payment: started })
      },
    }
  },
  reload: async ({ read, model, actor }, output) =>
    await orderAndPaymentView(read, model, actor, (output as { order: { id: string } }).order.id),
})

/** The order as it is once the provider has answered is made by `reload`. */
function answer(order: string, awaiting: readonly string[]) {
  return {
    output: { order: { id: order }, payment: null } as unknown,
    status: 201,
    awaiting,
    headers: { location: `/api/orders/${order}` },
  }
}

type Asked = { readonly payment?: PaymentRequest } & Parameters<typeof asksForCredit>[0]

/** What costs nothing is paid by nothing. @throws validation_failed where nothing says how it is paid; provider_unknown */
function checkAsked(project: Project, input: Asked, { priced }: Pick<ResolvedCart, 'priced'>): void {
  if (input.payment !== undefined) checkPaymentRequest(project, input.payment, '/payment')
  else if (!asksForCredit(input) && priced.totals.total.amount > 0) throw invalid('/payment', 'required', 'is missing')
}

/** @throws cart_empty; not_for_sale, amount_too_large naming the lines */
function checkForSale({ cart, gone, tooLarge }: ResolvedCart): void {
  if (cart.lines.length === 0) throw new EngineError('cart_empty')
  const isGone = gone.every(({ why }) => why.code === 'not_for_sale')
  const [first] = gone
  const detail = isGone ? 'No longer for sale' : gone.length === 1 ? `It ${first!.why.message}` : 'Not for sale'
  refuseLines('not_for_sale', detail, gone)
  const tooMuch = { code: 'amount_too_large', message: 'is more than can be counted' } as const
  refuseLines(
    'amount_too_large',
    'Too much to be counted',
    tooLarge.map((line) => ({ ...line, why: tooMuch })),
  )
}

type Refused = CartLine & { readonly why: { readonly code: string; readonly message: string } }

function refuseLines(code: 'not_for_sale' | 'amount_too_large', detail: string, lines: readonly Refused[]): void {
  if (lines.length === 0) return
  const named = lines.map((line) => ({ line: line.id, title: goneTitle(line) }))
  const errors = lines.map((line): InputIssue => {
    const message = line.why.code === 'not_for_sale' ? 'is no longer for sale' : line.why.message
    return { path: `/lines/${line.id}`, code: line.why.code, message: `“${goneTitle(line)}” ${message}` }
  })
  throw new EngineError(code, {
    detail: `${detail}: ${named.map(({ title }) => `“${title}”`).join(', ')}. Take it out to continue.`,
    params: { lines: named },
    errors,
  })
}

/** @throws cart_incomplete naming what is missing */
export async function checkComplete(
  { tx, model }: Pick<CommandContext<unknown>, 'tx' | 'model'>,
  { cart, shipping, shippingMisfit, needsShipping }: ResolvedCart,
  isAgreed = true,
): Promise<void> {
  const missing = cart.email === null ? [issue('/email', 'required', 'is missing')] : []
  if (needsShipping && cart.shippingAddress === null) missing.push(issue('/shippingAddress', 'required', 'is missing'))
  if (placeOf(cart, false) === null && !needsShipping) missing.push(issue('/country', 'required', 'is missing'))
  if (!isAgreed) missing.push(issue('/digitalConsent', 'required', 'is to be agreed to: digital goods are delivered at once'))
  if (needsShipping) missing.push(...(await shippingMissing({ tx, model }, { cart, shipping, shippingMisfit })))
  if (missing.length > 0)
    throw new EngineError('cart_incomplete', {
      detail: `Before checkout: ${missing.map(({ path, message }) => `${path.slice(1)} ${message}`).join(', ')}.`,
      errors: missing,
    })
}

function hasDigital({ lines }: Pick<ResolvedCart, 'lines'>): boolean {
  return lines.some(({ isDigital, hasDownloads }) => isDigital || hasDownloads)
}

async function shippingMissing(
  { tx, model }: Pick<CommandContext<unknown>, 'tx' | 'model'>,
  { cart, shipping, shippingMisfit }: Pick<ResolvedCart, 'cart' | 'shipping' | 'shippingMisfit'>,
): Promise<InputIssue[]> {
  const missing: InputIssue[] = []
  const hasNone = cart.shippingMethod !== null && shipping === null && shippingMisfit !== 'currency' && shippingMisfit !== 'amount'
  if (hasNone) missing.push(issue('/shippingMethod', 'not_for_sale', 'is no longer offered'))
  // A shop that sends things somehow asks how; one without any shipping method sells what needs none.
  if (cart.shippingMethod === null && (await offersShipping(tx, model))) missing.push(issue('/shippingMethod', 'required', 'is missing'))
  const isBound = shipping?.countries && !shipping.countries.includes(cart.shippingAddress?.country ?? '')
  if (isBound || shippingMisfit === 'country') missing.push(issue('/shippingMethod', 'country', 'does not go to this country'))
  if (shippingMisfit === 'currency') missing.push(issue('/shippingMethod', 'currency', `has no price in ${cart.currency}`))
  if (shippingMisfit === 'amount') missing.push(issue('/shippingMethod', 'amount_too_large', pastCounting))
  if (shippingMisfit === 'weight') missing.push(issue('/shippingMethod', 'weight', 'does not take so much at once'))
  return missing
}

/** After the hold, which has the last word on what there is. @throws order_too_large */
export function checkUnits({ orderUnitsMax, lineQuantityMax }: ShopSettings, lines: readonly OrderLine[]): void {
  const units = lines.reduce((sum, line) => sum + line.quantity * Math.max(1, unitsOfOne(line)), 0)
  const long = lines.filter(({ quantity }) => quantity > lineQuantityMax)
  if (units <= orderUnitsMax && long.length === 0) return
  throw new EngineError('order_too_large', {
    detail:
      units > orderUnitsMax
        ? `One order has at most ${orderUnitsMax} units; this one has ${units}.`
        : `A line has at most ${lineQuantityMax} units.`,
    params: { units, orderUnits: orderUnitsMax, lineQuantity: lineQuantityMax },
    errors: long.map(({ id }) => ({ path: `/lines/${id}/quantity`, code: 'maximum', message: `must be ${lineQuantityMax} or less` })),
  })
}

function issue(path: string, code: string, message: string): InputIssue {
  return { path, code, message }
}

function checkExpected(expected: Money | undefined, total: Money): void {
  if (expected === undefined || (expected.amount === total.amount && expected.currency === total.currency)) return
  throw new EngineError('total_changed', { params: { expected, total } })
}

/** What the shop has added to its orders: what the cart says under the same name. @throws cart_incomplete for what such a field does not take */
function carriedFields({ model, actor, now }: Pick<CommandContext<unknown>, 'model' | 'actor' | 'now'>, cart: Cart): object {
  const to = model.get(orders)
  const { values, misfits } = carriedOwn({ from: model.get(carts), to, record: cart }, ownDefaults(to, { actor, now }))
  if (misfits.length === 0) return values
  throw new EngineError('cart_incomplete', {
    detail: `Before checkout: ${misfits.map(({ name, reason }) => `${name} ${reason}`).join(', ')}.`,
    errors: misfits.map(({ name, reason }) => issue(`/${name}`, 'misfit', reason)),
  })
}

type Own = 'createdAt' | 'updatedAt' | 'version'

/** An order of what the cart came to, which is at its beginning: later changes of prices, titles or methods do not reach it. */
export function orderOf(
  id: string,
  resolved: ResolvedCart,
  step: Pick<Order, 'status' | 'language' | 'expiresAt' | 'digitalConsentAt'>,
): Omit<Order, Own> {
  const { id: cart, tokenHash } = resolved.cart
  const none = {
    accountEmail: null,
    paymentStatus: 'none',
    fulfillmentStatus: 'unfulfilled',
    holds: [],
    uncharged: null,
    allowances: null,
    placedAt: null,
    importedAt: null,
    closedAt: null,
    isOffered: null,
  } as const
  const channel = step.status === 'draft' ? 'staff' : null
  return { id, number: shortNumberOf(id), cart, tokenHash, ...none, ...agreedOf(resolved), channel, ...step }
}

type Agreed =
  | 'customer'
  | 'email'
  | 'lines'
  | 'addresses'
  | 'shipping'
  | 'discounts'
  | 'taxIncluded'
  | 'taxExemption'
  | 'vatId'
  | 'vatCheck'
  | 'taxQuote'
  | 'taxes'
  | 'totals'
  | 'total'
  | 'note'
  | 'giftMessage'

/** Of a cart that was checked to be complete. */
export function agreedOf({
  cart,
  lines,
  needsShipping,
  shipping: method,
  priced,
  discounting,
  taxQuote,
}: ResolvedCart): Pick<Order, Agreed> {
  const { taxIncluded, taxExemption, totals } = priced
  const shipping = needsShipping ? method : null
  return {
    customer: cart.customer,
    email: cart.email!,
    lines: lines.map(frozenLine),
    addresses: addressesOf(cart, needsShipping),
    shipping: shipping && {
      id: shipping.id,
      title: shipping.title,
      price: priced.shipping.price,
      ...unlessNothing('discount', priced.shipping.discount),
      ...(priced.shipping.parts.length > 0 && { parts: priced.shipping.parts }),
      ...(shipping.promise !== null && { promise: shipping.promise }),
      ...(shipping.isPickup === true && { isPickup: true }),
    },
    discounts: discountsOf(discounting),
    taxIncluded,
    taxExemption,
    vatId: cart.vatId,
    vatCheck: cart.vatCheck,
    taxQuote: taxQuote && evidenceOf(taxQuote),
    taxes: priced.taxes as readonly OrderTax[],
    totals,
    total: totals.total,
    note: cart.note,
    giftMessage: cart.giftMessage,
  }
}

export function frozenLine(line: ResolvedLine): OrderLine {
  const { id, quantity, variant, product, unitPrice, priceList, price } = line
  return {
    id,
    variant: variant.id,
    product: product.id,
    sku: variant.sku,
    title: lineTitle(line),
    quantity,
    unitPrice,
    ...(priceList !== null && { priceList }),
    ...unlessNothing('discount', price.discount),
    total: price.total,
    ...unlessNothing('tax', price.tax),
    taxRatePpm: price.ratePpm,
    ...(price.taxClass !== standardClass && { taxClass: price.taxClass }),
    ...(line.isDigital && { isDigital: true }),
    ...(line.hasDownloads && { hasDownloads: true }),
    ...(line.parts.length > 0 && { parts: line.parts.map(frozenPart) }),
  }
}

/** Without what it was asked of: the order has that. */
function evidenceOf({ lines, shipping, reference, at }: TaxQuote): Order['taxQuote'] {
  return { lines, shipping, reference, at }
}

/** Rows of orders are many, and most have nothing there. */
function unlessNothing<K extends string>(name: K, amount: Money): { readonly [P in K]?: Money } {
  return amount.amount === 0 ? {} : ({ [name]: amount } as { [P in K]: Money })
}

function frozenPart({ variant, quantity }: ResolvedPart): NonNullable<OrderLine['parts']>[number] {
  const { id, sku, title, isDigital } = variant
  return { variant: id, sku, title, quantity, ...(isDigital === true && { isDigital }) }
}

function discountsOf({ applied }: ResolvedCart['discounting']): Order['discounts'] {
  return applied.length === 0 ? null : applied.map(({ discount: { id, code, title }, amount }) => ({ id, code, title, amount }))
}

function addressesOf(cart: Cart, needsShipping: boolean): Order['addresses'] {
  const shipping = placeOf(cart, needsShipping)!
  return { shipping, billing: cart.billingAddress ?? shipping }
}
