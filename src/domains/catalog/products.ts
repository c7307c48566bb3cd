// Products: what is shown. One is there for all when it is active and priced in the shop's currency.
// Invariant: `price` and `onSale` follow from its variants, kept by their writes; a variant's options are among those of its product.
import { all, any, nobody, type Rule, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { type AnyRecord, type BeforeChange, type Caller, type ComputeReader, collection, type Fields } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { type FacetValues, facetFieldsOf, facetTextOf } from './facets.ts'
import { offeredPricesField, type PricesLoader } from './offered-price-shape.ts'
import { optionsShape, optionTextsOf, type ProductOption } from './options.ts'
import { staffOnly } from './staff-only.ts'

/** What every browser shows. */
export const shown = {
  accept: ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'],
  maxBytes: limits.catalogPictureBytes,
} as const

const active = where('status').eq('active')

const categoryIds = field.refs('categories')
const options = field.json<readonly ProductOption[]>({ schema: optionsShape })
/** `Size: S` of each value, so that lists filter by it. */
const optionValues = field.computed(field.texts({ max: limits.optionTextCharacters }), {
  from: { options },
  of: (given) => optionTextsOf(given.options),
  stored: true,
})

const productFields = {
  slug: field.text({ required: true, unique: true, max: 150 }),
  title: field.text({ required: true, search: { weight: 2 } }),
  description: field.longText({ search: true }),
  /** The first one stands for it in lists. */
  pictures: field.files(shown),
  status: field.enum(['draft', 'active', 'archived'], { default: 'draft' }),
  categories: categoryIds,
  /** What is shown beside it. */
  related: field.refs('products', { onDelete: 'setNull' }),
  /** What a customer chooses between: each variant has one value of each. */
  options,
  optionValues,
  /** The lowest price of its variants, kept by their writes, so that lists filter and sort by it. */
  price: field.money({ write: nobody }),
  /** Whether a variant costs less than it did: kept in the same way. */
  onSale: field.boolean({ default: false, write: nobody }),
  /** By which rate it is taxed: `standard` where it names none. */
  taxClass: field.text({ max: 40 }),
} as const

export const products = collection('products', { prefix: 'prod', fields: productFields })
export type Product = NonNullable<(typeof products)['record']>

/** What the shop's config says of what it sells. */
export type Sold = {
  readonly currency: string
  readonly taxClasses: readonly string[]
  /** Null in a shop without price lists. */
  readonly prices: PricesLoader | null
  /** Of what is digital and names none. */
  readonly digitalClass: string
}

/** In another currency than the shop's nothing is for sale: comparing bare amounts would be wrong. */
export const pricedIn = (currency: string) => where('price.currency').eq(currency)

/**
 * `products` with the fields that `shop.productFields` adds, for code of a project: `records(productsWith(productFields))`. The
 * shop makes the collection itself; this names it.
 */
export function productsWith<TFields extends Fields>(more: TFields) {
  return collection('products', { prefix: 'prod', fields: { ...productFields, ...more } })
}

/** What it is counted by (facets.ts). */
function facetFieldOf(price: typeof productFields.price, more: Fields) {
  const own = facetFieldsOf(more)
  const names = Object.keys(own)
  return {
    facets: field.computed(field.text({ max: limits.facetCharacters, read: nobody, feed: false }), {
      from: { categories: categoryIds, options, price, ...own },
      of: (given) => facetTextOf({ ...given, optionValues: optionTextsOf(given.options) } as FacetValues, names),
      stored: true,
    }),
  }
}

/** What a write of a product is looked at for with its variants. */
export type ProductKeeper = { beforeChange(context: BeforeChange): Promise<Readonly<Record<string, unknown>>> }

/** `products` of a shop with its own fields. The handle for engine code stays `products`. */
export function productsIn<TFields extends Fields>({ currency, taxClasses, prices }: Sold, more: TFields, { beforeChange }: ProductKeeper) {
  const price = field.money({ write: nobody, currency })
  return collection('products', {
    prefix: 'prod',
    fields: { ...productFields, price, taxClass: field.enum(taxClasses), ...more, ...facetFieldOf(price, more) },
    indexes: [
      // All that facets are counted of: the rows are not looked at.
      ['status', 'facets', 'price.currency', 'price.amount'],
      // A list without a sort is in the order of the ids.
      ['status', 'id'],
      ['status', '-createdAt'],
      ['status', 'title'],
      ['status', 'price.amount'],
      ['categories'],
    ] as readonly (readonly string[])[],
    lists: { variants: { from: 'variants', by: 'product' } },
    ...(prices && {
      loaded: {
        /** What whoever asks pays for the cheapest of its variants, in each currency. */
        fields: { prices: offeredPricesField() },
        async load(read: ComputeReader, records: readonly AnyRecord[], caller: Caller | null) {
          return (await prices.ofProducts(read, records, caller)).map((own) => ({ prices: own }))
        },
      },
    }),
    // One without variants has no price; one that a currency was left with is priced again with its first variant.
    // What fields there are besides is known when it is called.
    access: { read: any(staff, all(active, any(pricedIn(currency), where('price').isNull()))) as Rule, ...staffOnly },
    beforeChange,
  })
}
