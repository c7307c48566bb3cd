// How what is sold is sent, and what that costs. What is sold: categories.ts, products.ts, variants.ts.
import { all, any, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { countrySchema } from '../../schema/wire.ts'
import { pricedIn } from './products.ts'
import type { OtherPrice, ShippingRate } from './shipping-price.ts'
import { staffOnly } from './staff-only.ts'

const rateSchemaIn = (money: object) => ({
  type: 'object',
  title: 'ShippingRate',
  properties: {
    countries: { type: 'array', items: countrySchema, minItems: 1, maxItems: limits.countriesMax, description: 'Left out: all others.' },
    by: {
      type: 'string',
      enum: ['weight', 'sum'],
      description: 'What `upTo` counts: grams, or minor units of the goods. `weight` when left out.',
    },
    upTo: { type: 'integer', minimum: 0, description: 'Left out: any.' },
    price: money,
  },
  required: ['price'],
  additionalProperties: false,
})

const ratesIn = (money: object) =>
  field.json<readonly ShippingRate[]>({
    schema: { type: ['array', 'null'], items: rateSchemaIn(money), maxItems: limits.shippingRatesMax },
  })

/** More than this no cart counts. */
const bounds = { min: 0, max: limits.cartAmountMax } as const

/** `currencies`: any where there are none. */
function otherPricesIn(currencies: readonly string[]) {
  const of = { type: 'string', ...(currencies.length > 0 ? { enum: currencies } : { format: 'currency' }) }
  const amount = { type: 'integer', minimum: 0, maximum: limits.cartAmountMax }
  const money = { type: 'object', properties: { amount, currency: of }, required: ['amount', 'currency'], additionalProperties: false }
  return field.json<readonly OtherPrice[]>({
    schema: {
      type: ['array', 'null'],
      maxItems: limits.shopCurrenciesMax,
      items: {
        type: 'object',
        title: 'OtherShippingPrice',
        properties: { price: money, freeFrom: money },
        required: ['price'],
        additionalProperties: false,
      },
    },
  })
}

const shippingFields = {
  title: field.text({ required: true }),
  price: field.money({ required: true, ...bounds }),
  /** ISO country codes it goes to; everywhere when left out. */
  countries: field.json<readonly string[]>({
    schema: { type: ['array', 'null'], items: countrySchema, maxItems: limits.countriesMax },
  }),
  /** Prices by zone, weight and sum: the first that fits. None: `price`, for all. */
  rates: ratesIn(moneySchema),
  /** Goods of this sum, and more, go for nothing. */
  freeFrom: field.money(bounds),
  /** When it arrives: `2 to 3 working days`. */
  promise: field.text(),
  /** It is fetched at the shop. */
  isPickup: field.boolean(),
  active: field.boolean({ default: true }),
  position: field.integer({ default: 0 }),
} as const

/** `otherPrices`: in further currencies of the shop, where it has some; a method without one is not offered to a cart in that currency. */
export const shippingMethods = collection('shippingMethods', {
  prefix: 'ship',
  fields: { ...shippingFields, otherPrices: otherPricesIn([]) },
})
export type ShippingMethod = NonNullable<(typeof shippingMethods)['record']>

/** `shippingMethods` of a shop with these currencies, its own first. */
export function shippingMethodsIn(currencies: readonly string[]) {
  const currency = currencies[0]!
  return collection('shippingMethods', {
    prefix: 'ship',
    fields: {
      ...shippingFields,
      price: field.money({ required: true, ...bounds, currency }),
      rates: ratesIn({
        type: 'object',
        properties: {
          amount: { type: 'integer', minimum: 0, maximum: limits.cartAmountMax },
          currency: { type: 'string', enum: currencies },
        },
        required: ['amount', 'currency'],
        additionalProperties: false,
      }),
      ...(currencies.length > 1 && { otherPrices: otherPricesIn(currencies.slice(1)) }),
      freeFrom: field.money({ ...bounds, currency }),
    },
    indexes: [['position']],
    access: { read: any(staff, all(where('active').eq(true), pricedIn(currency))), ...staffOnly },
  })
}
