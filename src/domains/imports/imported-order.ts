// An order of another system, as a row says it: what it came to is computed of its own prices and rates, and compared with the total
// that the row names. Pure.

import { parseIso } from '../../base/clock.ts'
import { isCurrency } from '../../base/currencies.ts'
import { normalEmail } from '../../base/email-address.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import {
  addMoney,
  formatMoney,
  type Money,
  money,
  multiplyMoney,
  subtractMoney,
  sumMoney,
  taxAdded,
  taxIncluded,
} from '../../base/money.ts'
import type { ShopSettings } from '../../config/project.ts'
import { standardClass } from '../../config/tax.ts'
import { type Static, Type } from '../../contract/type.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { validatorOf } from '../../schema/validate.ts'
import { addressInput, tidyAddress } from '../carts/address.ts'
import type { Address } from '../carts/collections.ts'
import { trackingInput } from '../fulfillment/fulfillment-input.ts'
import type { Order, OrderLine } from '../orders/collections.ts'

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength, format: 'name' })
const price = Type.Unsafe<Money>(moneySchema)
const rate = Type.Optional(Type.Integer({ minimum: 0, maximum: limits.taxRatePpmMax, description: 'Parts per million: 190000 is 19 %.' }))
const address = Type.Unsafe<Address>({ ...addressInput, type: 'object' })

export const orderRow = Type.Object(
  {
    number: text(40),
    placedAt: Type.String({ format: 'date-time' }),
    email: Type.String({ format: 'email', maxLength: limits.emailCharactersMax }),
    status: Type.Optional(Type.Unsafe<'completed' | 'canceled'>({ type: 'string', enum: ['completed', 'canceled'] })),
    currency: Type.Optional(Type.String({ format: 'currency' })),
    channel: Type.Optional(text(40)),
    lines: Type.Array(
      Type.Object(
        {
          title: text(limits.textCharactersMax),
          sku: Type.Optional(text(limits.skuCharacters)),
          quantity: Type.Integer({ minimum: 1, maximum: limits.stockUnitsMax }),
          unitPrice: price,
          discount: Type.Optional(price),
          taxRatePpm: rate,
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: limits.cartLinesMax },
    ),
    shipping: Type.Optional(
      Type.Object({ title: text(limits.textCharactersMax), price, taxRatePpm: rate }, { additionalProperties: false }),
    ),
    shippingAddress: address,
    billingAddress: Type.Optional(address),
    taxIncluded: Type.Optional(Type.Boolean()),
    total: Type.Optional(price),
    paymentMethod: Type.Optional(text(limits.codeCharactersMax)),
    note: Type.Optional(Type.String({ maxLength: limits.noteCharactersMax, format: 'free-text' })),
    tracking: Type.Optional(trackingInput),
  },
  { additionalProperties: false },
)
export type OrderRow = Static<typeof orderRow>

const checkRow = validatorOf(orderRow)

/** What of an order the row says. Its lines name no goods of this shop yet. */
export type ImportedOrder = Pick<
  Order,
  'number' | 'email' | 'lines' | 'addresses' | 'shipping' | 'taxIncluded' | 'taxes' | 'totals' | 'total' | 'note' | 'channel'
> & { readonly row: OrderRow; readonly placedAt: number; readonly isCanceled: boolean }

/** @throws validation_failed for a row that is no order, or comes to another total than it says */
export function importedOrder(given: unknown, { shop, now }: { readonly shop: ShopSettings; readonly now: number }): ImportedOrder {
  checkRow(given)
  const row = given as OrderRow
  const placedAt = parseIso(row.placedAt)
  if (placedAt === null || Number.isNaN(placedAt) || placedAt > now) throw invalid('/placedAt', 'maximum', 'must be a moment that is over')
  const currency = row.currency ?? shop.currency
  checkMoney(row, currency)
  const isIncluded = row.taxIncluded ?? shop.tax.isIncluded
  const lines = linesOf(row, isIncluded)
  const shipping = shippingOf(row, isIncluded)
  const taxes = taxesOf(row, { lines, shipping, isIncluded, currency })
  const sum = (amounts: readonly Money[]) => sumMoney(amounts, currency)
  const subtotal = sum(lines.map(({ unitPrice, quantity }) => multiplyMoney(unitPrice, quantity)))
  const discount = sum(lines.flatMap((line) => line.discount ?? []))
  const tax = sum(taxes.map((group) => group.tax))
  const taxable = sum([subtractMoney(subtotal, discount), ...(shipping ? [shipping.price] : [])])
  const total = isIncluded ? taxable : addMoney(taxable, tax)
  if (row.total !== undefined && row.total.amount !== total.amount)
    throw invalid('/total/amount', 'sum', `its lines, shipping and tax come to ${formatMoney(total)}`)
  const [ship, bill] = [row.shippingAddress, row.billingAddress ?? row.shippingAddress].map(tidyAddress) as [Address, Address]
  return {
    row,
    placedAt,
    isCanceled: row.status === 'canceled',
    number: row.number.trim(),
    email: normalEmail(row.email),
    lines,
    addresses: { shipping: ship, billing: bill },
    shipping,
    taxIncluded: isIncluded,
    taxes,
    totals: { subtotal, discount, shipping: shipping?.price ?? money(0, currency), tax, total },
    total,
    note: row.note ?? null,
    channel: row.channel?.trim() ?? 'import',
  }
}

function checkMoney({ lines, shipping, total }: OrderRow, currency: string): void {
  if (!isCurrency(currency)) throw invalid('/currency', 'format', 'is no currency of ISO 4217')
  const amounts: [path: string, amount: Money | undefined, most?: number][] = [
    ...lines.flatMap(({ unitPrice, discount, quantity }, index): [string, Money | undefined, number?][] => [
      [`/lines/${index}/unitPrice`, unitPrice, limits.cartAmountMax],
      [`/lines/${index}/discount`, discount, unitPrice.amount * quantity],
    ]),
    ['/shipping/price', shipping?.price, limits.cartAmountMax],
    ['/total', total],
  ]
  for (const [path, amount, most = Number.MAX_SAFE_INTEGER] of amounts) {
    if (amount === undefined) continue
    if (amount.currency !== currency) throw invalid(`${path}/currency`, 'enum', `must be ${currency}`)
    if (amount.amount < 0) throw invalid(`${path}/amount`, 'minimum', 'must be 0 or more')
    if (amount.amount > most) throw invalid(`${path}/amount`, 'maximum', `must be ${formatMoney(money(most, currency))} or less`)
  }
  const most = `${formatMoney(money(limits.cartAmountMax, currency))}, the most that one may come to`
  let sum = 0
  for (const [index, { unitPrice, quantity }] of lines.entries()) {
    // Inexact only where it is far beyond the limit.
    sum += unitPrice.amount * quantity
    if (sum > limits.cartAmountMax) throw invalid(`/lines/${index}/quantity`, 'maximum', `takes the goods past ${most}`)
  }
  if (shipping !== undefined && sum + shipping.price.amount > limits.cartAmountMax)
    throw invalid('/shipping/price/amount', 'maximum', `takes the order past ${most}`)
}

function linesOf({ lines }: OrderRow, isIncluded: boolean): OrderLine[] {
  return lines.map(({ title, sku = '', quantity, unitPrice, discount, taxRatePpm = 0 }, index) => {
    const whole = multiplyMoney(unitPrice, quantity)
    const total = discount === undefined ? whole : subtractMoney(whole, discount)
    const tax = (isIncluded ? taxIncluded : taxAdded)(total, taxRatePpm)
    const off = discount !== undefined && discount.amount > 0 ? { discount } : {}
    const goods = { id: `line_${index + 1}`, variant: '', product: '', sku, title }
    return { ...goods, quantity, unitPrice, ...off, total, ...(tax.amount > 0 ? { tax } : {}), taxRatePpm }
  })
}

function shippingOf({ shipping, lines }: OrderRow, isIncluded: boolean): Order['shipping'] {
  if (shipping === undefined) return null
  const { title, price: of, taxRatePpm: ratePpm = Math.max(...lines.map(({ taxRatePpm = 0 }) => taxRatePpm)) } = shipping
  const part = { ratePpm, taxClass: standardClass, total: of, tax: (isIncluded ? taxIncluded : taxAdded)(of, ratePpm) }
  return { id: '', title, price: of, ...(of.amount > 0 ? { parts: [part] } : {}) }
}

type Priced = Pick<ImportedOrder, 'lines' | 'shipping'> & { readonly isIncluded: boolean; readonly currency: string }

function taxesOf(
  { shippingAddress: { country } }: OrderRow,
  { lines, shipping, isIncluded, currency }: Priced,
): NonNullable<Order['taxes']> {
  const nothing = money(0, currency)
  const parts = [
    ...lines.map(({ taxRatePpm = 0, total, tax = nothing }) => ({ ratePpm: taxRatePpm, total, tax })),
    ...(shipping?.parts ?? []),
  ]
  const groups = [...Map.groupBy(parts, ({ ratePpm }) => ratePpm)].toSorted(([a], [b]) => b - a)
  return groups.map(([ratePpm, of]) => {
    const whole = sumMoney(
      of.map(({ total }) => total),
      currency,
    )
    const tax = sumMoney(
      of.map((part) => part.tax),
      currency,
    )
    return { ratePpm, taxClass: standardClass, country, region: null, net: isIncluded ? subtractMoney(whole, tax) : whole, tax }
  })
}
