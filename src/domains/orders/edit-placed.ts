// Lines added to an order that is placed. What was agreed before stays to the cent: its lines keep their prices and their tax, and the
// new ones bear what the tax of their rate becomes by them. What they cost is owed, and the order is held until it is paid.
import { EngineError, invalid, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import {
  addMoney,
  allocateMoney,
  type Money,
  money,
  negateMoney,
  subtractMoney,
  sumMoney,
  taxAdded,
  taxIncluded,
} from '../../base/money.ts'
import { regionOf } from '../../config/tax.ts'
import type { TaxQuote } from '../../config/tax-service.ts'
import type { DomainEvent } from '../../contract/events.ts'
import type { CommandContext } from '../../operation/define.ts'
import { tidyAddress } from '../carts/address.ts'
import { unlessBlank } from '../carts/cart-details.ts'
import { type Address, type CartLine, carts } from '../carts/collections.ts'
import { type ResolvedCart, type ResolvedLine, resolveCart } from '../carts/resolve-cart.ts'
import { checkTaxKnown } from '../carts/tax-quote.ts'
import { type LinePrice, shopOf } from '../carts/totals.ts'
import { postTransfer, type SalesPart } from '../ledger/post-transfer.ts'
import { commitStock, holdStock, wantedOf } from '../stock/reserve-stock.ts'
import { cartOfAdded, linesOf, withEvidence } from './ask-taxes.ts'
import { checkUnits, frozenLine } from './check-out.ts'
import { exchangeOpen, type Order, type OrderLine, type OrderTax, orders, paymentDue } from './collections.ts'
import { type NewLine, refuseLines } from './drafts.ts'
import { orderCorrected } from './events.ts'
import { fulfillmentStatusOf, unitsOf } from './order-standing.ts'
import { addConflict, stateConflict } from './order-units.ts'
import { recognition, salesOf } from './place-order.ts'
import { raisePromise } from './raise-promise.ts'
import { toldOf } from './sale-parts.ts'
import { settleOrder } from './settle-order.ts'

export type PlacedEdit = {
  readonly add: readonly NewLine[]
  readonly shippingAddress?: Address | null
  readonly billingAddress?: Address | null
  readonly note?: string | null
  /** `exchange`: it waits for what it replaces, and not for a payment yet. */
  readonly isExchange?: boolean
  /** What an outside service said before of what is added. */
  readonly taxQuote?: TaxQuote | null
}
export type Edited = { readonly order: Order; readonly events: readonly DomainEvent[] }

/** Whoever calls holds the order. @throws not_for_sale, amount_too_large, out_of_stock, order_too_large, order_state_conflict */
export async function editPlaced(
  context: CommandContext<unknown>,
  order: Order,
  { add, note, isExchange = false, taxQuote = null, ...given }: PlacedEdit,
): Promise<Edited> {
  const { tx } = context
  const addresses = addressesAfter(context, order, given)
  const set = { ...unlessBlank('note', note), ...(addresses && { addresses }) }
  if (add.length === 0) return { order: Object.keys(set).length === 0 ? order : await tx.update(orders, order, { set }), events: [] }
  const added = await priceAdded(context, order, { add, taxQuote })
  const lines = [...order.lines, ...added.lines]
  const after = { ...order, ...set, ...added.sums, lines, fulfillmentStatus: fulfillmentStatusOf(lines) }
  const wanted = wantedOf(added.lines, after.addresses.shipping.country)
  await holdStock(context, order.id, wanted).catch((error: unknown) => {
    throw isEngineError(error, 'out_of_stock') ? ofRequest(error, added.lines) : error
  })
  checkUnits(shopOf(context.project), after.lines)
  await commitStock(context, order.id)
  const more = subtractMoney(after.total, order.total)
  const isOwed = more.amount > 0
  const hold = isExchange ? exchangeOpen : paymentDue
  const holds = (isOwed || isExchange) && !order.holds.includes(hold) ? [...order.holds, hold] : order.holds
  const { totals, total, taxes, fulfillmentStatus } = after
  const written = await tx.update(orders, order, {
    set: { ...set, lines, totals, total, taxes, fulfillmentStatus, holds, taxQuote: withEvidence(order.taxQuote, added.taxQuote) },
  })
  await recognizeMore(context, order, written)
  if (isOwed) await raisePromise(context, order.id, more)
  const events = await settleOrder(context, order.id)
  return { order: (await tx.get(orders, order.id))!, events: [orderCorrected({ order: written }), ...events] }
}

/** What an order with these lines would come to. @throws not_for_sale, amount_too_large, order_state_conflict, validation_failed for too many lines */
export async function priceAdded(
  context: CommandContext<unknown>,
  order: Order,
  { add, taxQuote }: { readonly add: readonly NewLine[]; readonly taxQuote: TaxQuote | null },
): Promise<More> {
  if (order.lines.length + add.length > limits.cartLinesMax)
    throw invalid('/add', 'maxItems', `must leave ${limits.cartLinesMax} lines or fewer`)
  return withAdded(context, order, await resolveAdded(context, order, { lines: linesOf(context.newId, add), taxQuote }))
}

/** Nobody knows the ids of lines that were not made. */
function ofRequest({ detail, params, errors = [] }: EngineError, added: readonly Pick<OrderLine, 'id'>[]): EngineError {
  const indexOf = (path: string) => added.findIndex(({ id }) => path === `/lines/${id}/quantity`)
  return new EngineError('out_of_stock', {
    detail,
    params: { lines: (params!['lines'] as readonly object[]).map((line) => ({ ...line, line: null })) },
    errors: errors.map((issue) => ({ ...issue, path: `/add/${indexOf(issue.path)}/quantity` })),
  })
}

/** Where it goes decides which tax was due: to another place of taxes it is another order. */
function addressesAfter(
  { project }: Pick<CommandContext<unknown>, 'project'>,
  order: Order,
  { shippingAddress, billingAddress }: Omit<PlacedEdit, 'add' | 'note'>,
): Order['addresses'] | null {
  if (!shippingAddress && !billingAddress) return null
  const { tax } = shopOf(project)
  const { shipping: before, billing } = order.addresses
  const shipping = shippingAddress ? tidyAddress(shippingAddress) : before
  if (shipping.country !== before.country || regionOf(tax, shipping) !== regionOf(tax, before))
    throw stateConflict(order, 'It goes to a place with other taxes: cancel it, and make another.', [
      { path: '/shippingAddress/country', code: 'enum', message: `must be ${before.country}` },
    ])
  const isElsewhere = (['postalCode', 'city', 'region'] as const).some((part) => (shipping[part] ?? null) !== (before[part] ?? null))
  if (tax.service !== null && isElsewhere)
    throw stateConflict(order, 'Its tax was asked for where it was to go: cancel it, and make another.', [
      { path: '/shippingAddress/postalCode', code: 'enum', message: 'must be where it was to go, with its city and region' },
    ])
  const isSent = order.lines.some((line) => !line.isDigital && unitsOf(line).shipped > 0)
  if (shippingAddress && isSent) throw stateConflict(order, 'Some of it was sent already.')
  return { shipping, billing: billingAddress ? tidyAddress(billingAddress) : billing }
}

async function resolveAdded(
  { tx, model, project, now }: CommandContext<unknown>,
  order: Order,
  { lines, taxQuote }: { readonly lines: readonly CartLine[]; readonly taxQuote: TaxQuote | null },
): Promise<ResolvedCart> {
  if (order.taxExemption !== null) throw addConflict(order, 'It was sold without tax, and nothing can be added to it: make another order.')
  if (order.taxIncluded !== shopOf(project).tax.isIncluded)
    throw addConflict(order, 'Its taxes were reckoned in another way than the shop does now: make another order.')
  const cart = (await tx.get(carts, order.cart))!
  // Its discounts were taken when it was placed, and are counted there: nothing is taken off what is added.
  const wanted = { ...cartOfAdded(cart, order.addresses, lines), taxQuote }
  const resolved = await resolveCart({ read: tx, model, project, now, isAgreed: true }, wanted)
  checkTaxKnown(resolved, taxQuote)
  let sum = order.totals.subtotal.amount + order.totals.shipping.amount
  const isBeyond = ({ unitPrice, quantity }: ResolvedLine) => {
    sum += unitPrice.amount * quantity
    return sum > limits.cartAmountMax
  }
  const beyond = new Set(resolved.lines.filter(isBeyond).map(({ id }) => id))
  const tooLarge = [...resolved.tooLarge, ...lines.filter(({ id }) => beyond.has(id))]
  refuseLines({ ...resolved, tooLarge }, (line) => `/add/${lines.findIndex(({ id }) => id === line)}/variant`)
  if (resolved.priced.taxExemption !== order.taxExemption)
    throw addConflict(order, 'What is added would be taxed otherwise than what is there: make another order.')
  return resolved
}

type More = {
  readonly lines: readonly OrderLine[]
  readonly sums: Pick<Order, 'taxes' | 'totals' | 'total'>
  readonly taxQuote: TaxQuote | null
}

function withAdded({ project }: Pick<CommandContext<unknown>, 'project'>, order: Order, { lines, priced, taxQuote }: ResolvedCart): More {
  const { rounding, isIncluded } = shopOf(project).tax
  const { currency } = order.total
  const taxOn = isIncluded ? taxIncluded : taxAdded
  const taxOf = new Map<string, Money>()
  const groups: OrderTax[] = [...(order.taxes ?? [])]
  for (const own of Map.groupBy(priced.lines, keyOf).values()) {
    const { ratePpm, taxClass } = own[0]!
    const at = groups.findIndex((group) => keyOf(group) === keyOf(own[0]!))
    const place = priced.taxes.find((group) => keyOf(group) === keyOf(own[0]!)) as OrderTax
    const before = at < 0 ? { ...place, net: money(0, currency), tax: money(0, currency) } : groups[at]!
    const whole = isIncluded ? addMoney(before.net, before.tax) : before.net
    const amounts = own.map(({ total }) => total)
    const sum = sumMoney(amounts, currency)
    // The tax of all that has the rate is rounded once, where it was so before.
    const isOnce = rounding === 'group' && taxOn(whole, ratePpm).amount === before.tax.amount
    const tax = isOnce ? subtractMoney(taxOn(addMoney(whole, sum), ratePpm), before.tax) : null
    const shares =
      tax === null
        ? amounts.map((amount) => taxOn(amount, ratePpm))
        : allocateMoney(
            tax,
            amounts.map(({ amount }) => amount),
          )
    for (const [index, { id }] of own.entries()) taxOf.set(id, shares[index]!)
    const added = sumMoney(shares, currency)
    const net = addMoney(before.net, isIncluded ? subtractMoney(sum, added) : sum)
    const group = { ...before, ratePpm, taxClass: before.taxClass ?? taxClass, net, tax: addMoney(before.tax, added) }
    if (at < 0) groups.push(group)
    else groups[at] = group
  }
  const made = lines.map((line) => frozenLine({ ...line, price: { ...line.price, tax: taxOf.get(line.id)! } }))
  const goods = sumMoney(
    made.map(({ total }) => total),
    currency,
  )
  const tax = sumMoney([...taxOf.values()], currency)
  const { subtotal, tax: taxBefore, total: totalBefore, ...totals } = order.totals
  const total = addMoney(totalBefore, isIncluded ? goods : addMoney(goods, tax))
  return {
    taxQuote,
    lines: made,
    sums: {
      taxes: groups.toSorted((a, b) => b.ratePpm - a.ratePpm),
      totals: { ...totals, subtotal: addMoney(subtotal, goods), tax: addMoney(taxBefore, tax), total },
      total,
    },
  }
}

/** What is taxed together: a rate; where nothing is due, a class. */
function keyOf({ ratePpm, taxClass }: Pick<LinePrice, 'ratePpm' | 'taxClass'>): string {
  return ratePpm === 0 ? taxClass : String(ratePpm)
}

/** What is sold more, by account; the deposit owes it until somebody has paid. */
async function recognizeMore(context: CommandContext<unknown>, before: Order, after: Order): Promise<void> {
  const { currency } = after.total
  const sums = new Map<string, number>()
  for (const { account, amount } of recognition(after)) sums.set(account, (sums.get(account) ?? 0) + amount.amount)
  for (const { account, amount } of recognition(before)) sums.set(account, (sums.get(account) ?? 0) + negateMoney(amount).amount)
  const legs = [...sums].filter(([, amount]) => amount !== 0).map(([account, amount]) => ({ account, amount: money(amount, currency) }))
  const isNew = ({ line }: SalesPart) => line !== null && !before.lines.some(({ id }) => id === line)
  // Of an order from before there were figures nothing is told: what comes back of it would be less than nothing.
  const parts = (await toldOf(context.tx, before)) === null ? [] : salesOf(after).filter(isNew)
  const sales = parts.map((part) => ({ ...part, orders: 0 }))
  await postTransfer(context, { kind: 'order.recognized', order: after.id, legs, sales })
}
