// The catalogue: what is sold. Products are shown when active and priced in the shop's currency; a variant is what is bought.
import { all, any, anyone, nobody, type Rule, staff, through, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import { type AfterChange, collection, type Fields, type WriteAccess } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { countrySchema } from '../../schema/wire.ts'
import { findAll } from '../../storage/find-all.ts'
import { createStockLevel, removeStockLevels, stockLevels } from '../stock/collections.ts'

const active = where('status').eq('active')
const staffOnly = { create: staff, update: staff, delete: staff } as const

export const categories = collection('categories', {
  prefix: 'cat',
  fields: {
    slug: field.text({ required: true, unique: true, max: 100 }),
    title: field.text({ required: true, search: true }),
    position: field.integer({ default: 0 }),
  },
  access: { read: anyone, ...staffOnly },
})

/** What every browser shows. */
const shown = {
  accept: ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'],
  maxBytes: limits.catalogPictureBytes,
} as const

const productFields = {
  slug: field.text({ required: true, unique: true, max: 150 }),
  title: field.text({ required: true, search: { weight: 2 } }),
  description: field.longText({ search: true }),
  /** The first one stands for it in lists. */
  pictures: field.files(shown),
  status: field.enum(['draft', 'active', 'archived'], { default: 'draft' }),
  categories: field.refs('categories'),
  /** The lowest price of its variants, kept by their writes, so that lists filter and sort by it. */
  price: field.money({ write: nobody }),
  /** By which rate it is taxed: `standard` where it names none. */
  taxClass: field.text({ max: 40 }),
} as const

/** What the shop's config says of what it sells. */
type Sold = { readonly currency: string; readonly taxClasses: readonly string[] }

const baseProducts = collection('products', { prefix: 'prod', fields: productFields })
export type Product = NonNullable<(typeof baseProducts)['record']>

/** In another currency than the shop's nothing is for sale: comparing bare amounts would be wrong. */
const pricedIn = (currency: string) => where('price.currency').eq(currency)

/**
 * `products` with the fields that `shop.productFields` adds, for code of a project: `records(productsWith(productFields))`. The
 * shop makes the collection itself; this names it.
 */
export function productsWith<TFields extends Fields>(more: TFields) {
  return collection('products', { prefix: 'prod', fields: { ...productFields, ...more } })
}

/** `products` of a shop with its own fields. The handle for engine code stays `products`. */
export function productsIn<TFields extends Fields>({ currency, taxClasses }: Sold, more: TFields) {
  return collection('products', {
    prefix: 'prod',
    fields: { ...productFields, price: field.money({ write: nobody, currency }), taxClass: field.enum(taxClasses), ...more },
    indexes: [
      ['status', '-createdAt'],
      ['status', 'title'],
      ['status', 'price.amount'],
    ] as readonly (readonly string[])[],
    lists: { variants: { from: 'variants', by: 'product' } },
    // One without variants has no price; one that a currency was left with is priced again with its first variant.
    // What fields there are besides is known when it is called.
    access: { read: any(staff, all(active, any(pricedIn(currency), where('price').isNull()))) as Rule, ...staffOnly },
  })
}
export const products = baseProducts

function sideOf() {
  return field.integer({ min: 0, max: limits.sideMillimetersMax })
}

const variantFields = {
  product: field.ref('products', { required: true }),
  sku: field.text({ required: true, unique: true, max: 100, search: true }),
  title: field.text({ required: true, search: true }),
  price: field.money({ required: true, min: 0 }),
  /** Where it looks different from its product. */
  picture: field.file(shown),
  position: field.integer({ default: 0 }),
  /** Grams, packed: what carriers ask for. Null where nobody has said it, or nothing is sent. */
  weight: field.integer({ min: 0, max: limits.weightGramsMax }),
  /** Millimetres, packed. */
  length: sideOf(),
  width: sideOf(),
  height: sideOf(),
  /** Where it is another one than its product's. */
  taxClass: field.text({ max: 40 }),
} as const

export const variants = collection('variants', { prefix: 'var', fields: variantFields })
export type Variant = NonNullable<(typeof variants)['record']>

/** `variants` of a shop. The handle for engine code stays `variants`. */
export function variantsIn({ currency, taxClasses }: Sold) {
  return collection('variants', {
    prefix: 'var',
    fields: { ...variantFields, price: field.money({ required: true, min: 0, currency }), taxClass: field.enum(taxClasses) },
    loaded: {
      /** What can be bought now, over all locations. */
      fields: { available: field.integer({ required: true }) },
      async load(read, records) {
        const ids = records.map(({ id }) => id)
        // One look-up each for a cart's few lines; a list for a page of the catalogue.
        const levels =
          ids.length <= 4
            ? (await Promise.all(ids.map((id) => findAll(read, stockLevels, eq('variant', id))))).flat()
            : await findAll(read, stockLevels, oneOf('variant', ids))
        const available = Map.groupBy(levels, (level) => level.variant)
        return ids.map((id) => ({ available: (available.get(id) ?? []).reduce((sum, level) => sum + level.available, 0) }))
      },
    },
    indexes: [['product', 'position'], ['price.amount']],
    access: { read: any(staff, all(through('product', 'products', active), pricedIn(currency))), ...staffOnly },
    async afterChange(change) {
      await keepStockLevel(change)
      const product = (change.after ?? change.before)!['product'] as string
      await keepProductPrice(change.tx, product, currency)
      const earlier = change.before?.['product'] as string | undefined
      if (earlier !== undefined && earlier !== product) await keepProductPrice(change.tx, earlier, currency)
    },
  })
}

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

/** A variant has a stock level from its first moment, so that stock is always a guarded write on a row. */
async function keepStockLevel({ tx, newId, before, after }: AfterChange): Promise<void> {
  if (before === null) await createStockLevel(tx, newId, after!.id)
  if (after === null) await removeStockLevels(tx, before!.id)
}

/** The lowest there is to pay: what is priced in another currency is not for sale, however small its amount. */
async function keepProductPrice(tx: WriteAccess, id: string, currency: string): Promise<void> {
  // Two variants changed at once: under this lock the second sees what the first has made of the prices.
  const product = await tx.lock(baseProducts, id, 'exclusive')
  if (product === null) return
  const found = await findAll(tx, variants, and(eq('product', id), eq('price.currency', currency)))
  const lowest = found.reduce<Money | null>((low, { price }) => (low === null || price.amount < low.amount ? price : low), null)
  if (lowest?.amount !== product.price?.amount || lowest?.currency !== product.price?.currency)
    await tx.update(baseProducts, product, { set: { price: lowest } })
}
