// Discounts: what is taken off a cart, by a code or without one, and how often that was done. Invariant: a use is one row, written in the
// transaction of its order; the tallies count the rows that are held or used, and none is above its limit (use-discounts.ts).
import { nobody, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { discountCode } from './discount-code.ts'

export const discountKinds = ['percent', 'fixed', 'free_shipping', 'buy_x_get_y'] as const

/** Of `buy_x_get_y`: whoever has `buy` units gets `get` more, so many per cent cheaper: free when left out. */
export type BuyGet = { readonly buy: number; readonly get: number; readonly percent?: number; readonly timesMax?: number }
/** `percent`: the number. `fixed`: an amount. `free_shipping`: at most so much, or null. */
export type DiscountValue = number | Money | BuyGet | null

const units = { type: 'integer', minimum: 1, maximum: limits.lineQuantityMax } as const
const percent = { type: 'number', exclusiveMinimum: 0, maximum: limits.percentMax } as const

const valueSchema = {
  description:
    'percent: the number, such as 10 or 12.5. fixed: an amount. free_shipping: at most so much, or null for all of it. buy_x_get_y: {buy, get, percent?, timesMax?}.',
  anyOf: [
    percent,
    moneySchema,
    {
      type: 'object',
      title: 'BuyGet',
      properties: { buy: units, get: units, percent, timesMax: units },
      required: ['buy', 'get'],
      additionalProperties: false,
    },
    { type: 'null' },
  ],
}

export const discountFields = {
  /** Customers read it in their cart and on their order. */
  title: field.text({ required: true, search: true }),
  /** Without one it is automatic: every cart that fits has it. */
  code: discountCode({ unique: true, search: true }),
  /** False: paused. */
  active: field.boolean({ default: true }),
  kind: field.enum(discountKinds, { required: true }),
  value: field.json<DiscountValue>({ schema: valueSchema }),
  /** Taken once for all it is for, once for each line, or for each unit. Of `percent` that decides where it is rounded. */
  per: field.enum(['order', 'line', 'unit'], { default: 'order' }),
  /** What it is for: these, and what is in these categories. Everything when both are empty. */
  products: field.refs('products'),
  categories: field.refs('categories'),
  /** Of `buy_x_get_y`: what becomes cheaper, where that is something else. */
  getProducts: field.refs('products'),
  getCategories: field.refs('categories'),
  /** Of what it is for, before any discount. */
  minimumSum: field.money({ min: 0 }),
  minimumQuantity: field.integer({ min: 1, max: limits.lineQuantityMax }),
  /** For customers of one of these groups alone. Everybody when empty. */
  customerGroups: field.texts({ max: limits.codeCharactersMax }),
  /** For who has not ordered before. */
  firstOrder: field.boolean({ default: false }),
  startsAt: field.dateTime(),
  /** From then on it is over. */
  endsAt: field.dateTime(),
  /** How often it can be used at all, and by one customer. */
  usesMax: field.integer({ min: 1, max: limits.discountUsesMax }),
  usesPerCustomerMax: field.integer({ min: 1, max: limits.discountUsesMax }),
  /** Whether it goes together with others of which the same is said. */
  combines: field.boolean({ default: false }),
} as const

export const discounts = collection('discounts', { prefix: 'dsc', search: 'parts', fields: discountFields })
export type Discount = NonNullable<(typeof discounts)['record']>

/** A discount on an order: `held` while the order waits for its payment, `released` once it came to nothing. */
export const discountUses = collection('discountUses', {
  prefix: 'dsu',
  title: 'Discount uses',
  system: true,
  feed: false,
  fields: {
    discount: field.ref('discounts', { required: true }),
    order: field.text({ required: true }),
    /** All that it took, of the goods and of the shipping. */
    amount: field.money({ required: true }),
    state: field.enum(['held', 'used', 'released'], { required: true }),
    /** Of the customer: ids of `discountTallies`. */
    tallies: field.json<readonly string[]>({ required: true, read: nobody, schema: { type: 'array', items: { type: 'string' } } }),
  },
  unique: [['order', 'discount']],
  indexes: [['discount', '-createdAt']],
  personal: { because: 'Which discount an order had is part of it. It names nobody but the order.' },
  access: { read: staff },
})
export type DiscountUse = NonNullable<(typeof discountUses)['record']>

/** How often a discount is used: by all, and by each customer. The id says of whom, as a hash. */
export const discountTallies = collection('discountTallies', {
  prefix: 'dst',
  title: 'Discount tallies',
  system: true,
  internal: true,
  feed: false,
  fields: {
    discount: field.text({ required: true }),
    of: field.enum(['all', 'customer'], { required: true }),
    uses: field.integer({ required: true, min: 0 }),
  },
  // Whether some customer has used it more often than a limit that is to be set.
  indexes: [['discount', 'of', 'uses']],
  checks: [{ path: 'uses', op: 'gte', value: 0 }],
  personal: { because: 'How often a discount was used. It names nobody: whose it is, is a hash.' },
})
