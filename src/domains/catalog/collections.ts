// How what is sold is sent, and what that costs. What is sold: categories.ts, products.ts, variants.ts.
import { all, any, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { countrySchema } from '../../schema/wire.ts'
import { pricedIn } from './products.ts'
import { staffOnly } from './staff-only.ts'

const shippingFields = {
  title: field.text({ required: true }),
  price: field.money({ required: true, min: 0 }),
  /** ISO country codes it goes to; everywhere when left out. */
  countries: field.json<readonly string[]>({
    schema: { type: ['array', 'null'], items: countrySchema, maxItems: limits.countriesMax },
  }),
  active: field.boolean({ default: true }),
  position: field.integer({ default: 0 }),
} as const

export const shippingMethods = collection('shippingMethods', { prefix: 'ship', fields: shippingFields })
export type ShippingMethod = NonNullable<(typeof shippingMethods)['record']>

/** `shippingMethods` of a shop with this currency. */
export function shippingMethodsIn(currency: string) {
  return collection('shippingMethods', {
    prefix: 'ship',
    fields: { ...shippingFields, price: field.money({ required: true, min: 0, currency }) },
    indexes: [['position']],
    access: { read: any(staff, all(where('active').eq(true), pricedIn(currency))), ...staffOnly },
  })
}
