// What has changed in a cart since its holder was last shown it: prices, what there is of it, taxes, discounts, shipping. Pure. A cart's own
// answers have what is true now; this says what was, so that nobody is surprised at checkout, where `expectedTotal` is the fence.
import { createHash } from 'node:crypto'
import { type Money, money } from '../../base/money.ts'
import { goneTitle } from './cart-view.ts'
import type { CartLine, CartLook } from './collections.ts'
import { lineTitle, type ResolvedCart, type ResolvedLine } from './resolve-cart.ts'

export const cartChangeCodes = [
  'price_up',
  'price_down',
  'gone',
  'no_price',
  'back',
  'out_of_stock',
  'in_stock',
  'tax_rate',
  'shipping_price',
  'discount_ended',
  'discount_changed',
] as const

/** `before` and `after`: of a price or a discount, money; of stock, units; of a tax, parts per million. Null: not known, or not there. */
export type CartChange = {
  readonly code: (typeof cartChangeCodes)[number]
  readonly line: string | null
  readonly title: string
  readonly before: Money | number | null
  readonly after: Money | number | null
}

/** What its holder is shown now. `unitsOf`: how many of a variant can be bought. */
export function lookAt({ cart, lines, shipping, priced, discounting }: ResolvedCart, unitsOf: ReadonlyMap<string, number>): CartLook {
  const forSale = new Map(lines.map((line) => [line.id, line]))
  const place = priced.taxes.find(({ country }) => country !== null)
  return {
    place: place ? `${place.country}/${place.region ?? ''}` : null,
    lines: Object.fromEntries(
      cart.lines.map(({ id }) => {
        const line = forSale.get(id)
        const ofLine = line && { units: unitsOf.get(line.variant.id) ?? 0, ratePpm: line.price.ratePpm }
        return [id, ofLine ?? { units: null, ratePpm: 0 }]
      }),
    ),
    shipping: shipping && { id: shipping.id, price: shipping.price.amount },
    discounts: discounting.applied.map(({ discount, amount }) => ({ title: discount.code ?? discount.title, amount: amount.amount })),
  }
}

export function changesIn(resolved: ResolvedCart, now: CartLook): CartChange[] {
  const { cart, lines } = resolved
  const forSale = new Map(lines.map((line) => [line.id, line]))
  const unpriced = new Set(resolved.gone.flatMap(({ id, why }) => (why.code === 'currency' ? [id] : [])))
  const ofLines = cart.lines.flatMap((line) =>
    changesOfLine(line, forSale.get(line.id), { now, before: cart.looked, currency: cart.currency, unpriced }),
  )
  return [...ofLines, ...changesOfWhole(resolved, now)]
}

type Looks = { readonly now: CartLook; readonly before: CartLook | null; readonly currency: string; readonly unpriced: ReadonlySet<string> }

function changesOfLine(line: CartLine, found: ResolvedLine | undefined, { now, before, currency, unpriced }: Looks): CartChange[] {
  const { id, quantity, seen } = line
  const earlier = before?.lines[id]
  const title = found ? lineTitle(found) : goneTitle(line)
  const change = (code: CartChange['code'], from: CartChange['before'], to: CartChange['after']) => [
    { code, line: id, title, before: from, after: to },
  ]
  const price = seen?.price === undefined ? null : money(seen.price, currency)
  if (found === undefined) return earlier?.units === null ? [] : change(unpriced.has(id) ? 'no_price' : 'gone', price, null)
  const { units, ratePpm } = now.lines[id]!
  const changes: CartChange[] = earlier?.units === null ? change('back', null, found.unitPrice) : []
  if (price !== null && price.amount !== found.unitPrice.amount)
    changes.push(...change(found.unitPrice.amount > price.amount ? 'price_up' : 'price_down', price, found.unitPrice))
  const had = earlier?.units ?? null
  if (units! < quantity && (had === null || had >= quantity || had > units!)) changes.push(...change('out_of_stock', had, units))
  if (units! >= quantity && had !== null && had < quantity) changes.push(...change('in_stock', had, units))
  const isSamePlace = before !== null && before.place === now.place && earlier !== undefined && earlier.units !== null
  if (isSamePlace && earlier.ratePpm !== ratePpm) changes.push(...change('tax_rate', earlier.ratePpm, ratePpm))
  return changes
}

function changesOfWhole({ cart, shipping }: ResolvedCart, now: CartLook): CartChange[] {
  const { looked: before, currency } = cart
  if (before === null) return []
  const ofCart = { line: null }
  const changes: CartChange[] = []
  if (before.shipping && shipping && before.shipping.id === shipping.id && before.shipping.price !== shipping.price.amount)
    changes.push({
      ...ofCart,
      code: 'shipping_price',
      title: shipping.title,
      before: money(before.shipping.price, currency),
      after: shipping.price,
    })
  for (const { title, amount } of before.discounts) {
    const left = now.discounts.find((one) => one.title === title)
    if (left?.amount === amount) continue
    const was = money(amount, currency)
    // It may have had less to be taken off of: then it is what it was.
    if (left === undefined) changes.push({ ...ofCart, code: 'discount_ended', title, before: was, after: money(0, currency) })
    else changes.push({ ...ofCart, code: 'discount_changed', title, before: was, after: money(left.amount, currency) })
  }
  return changes
}

/** The lines with the prices that their holder knows of now. */
export function pricesSeen({ cart, lines }: ResolvedCart): CartLine[] {
  const forSale = new Map(lines.map((line) => [line.id, line]))
  return cart.lines.map((line) => {
    const found = forSale.get(line.id)
    return found && line.seen ? { ...line, seen: { ...line.seen, price: found.unitPrice.amount } } : line
  })
}

/** Names what was shown: what has changed since has another name. More of what there is enough of is no change. */
export function markOf({ cart, lines }: ResolvedCart, { lines: looks, place, shipping, discounts }: CartLook): string {
  const prices = new Map(lines.map(({ id, unitPrice }) => [id, unitPrice.amount]))
  const ofLines = cart.lines.map(({ id, quantity }) => {
    const { units, ratePpm } = looks[id]!
    return [prices.get(id) ?? null, quantity, units === null ? null : Math.min(units, quantity), ratePpm]
  })
  const shown = [ofLines, place, shipping?.price ?? null, discounts]
  return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22)
}
