// Variants: what is bought. Each has a price, a stock level from its first moment, and one value of each option of its product.
// Invariant: no two of one product have the same values; what its product's price follows from is written with it.
import { all, any, nobody, type Rule, staff, through, where } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { and, eq } from '../../contract/filter.ts'
import { type AfterChange, type BeforeChange, collection, type Fields, recordOf, type WriteAccess } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { findAll } from '../../storage/find-all.ts'
import { createStockLevel, removeStockLevels } from '../stock/collections.ts'
import { type BundlePart, bundlePartsShape, checkParts } from './bundles.ts'
import { offeredPricesField } from './offered-price-shape.ts'
import { checkOptions, type OptionValues, optionKeyOf, optionsMistake, optionValuesShape } from './options.ts'
import { forgetPrices, isOnSale, priorPriceOf } from './prior-price.ts'
import { type ProductKeeper, pricedIn, products, type Sold, shown } from './products.ts'
import { staffOnly } from './staff-only.ts'
import { loadStanding } from './standing.ts'
import { contentUnits, type UnitPrice, unitPriceOf } from './unit-price.ts'

const active = where('status').eq('active')

function sideOf() {
  return field.integer({ min: 0, max: limits.sideMillimetersMax })
}

/** More than this no cart counts. */
const bounds = { min: 0, max: limits.cartAmountMax } as const
const price = field.money({ required: true, ...bounds })

/** In this currency. */
function pricesIn<TPrice extends typeof price>(own: TPrice) {
  const contentAmount = field.decimal({ scale: 3, digits: 9, min: 0 })
  const contentUnit = field.enum(contentUnits)
  return {
    price: own,
    contentAmount,
    contentUnit,
    /** Of a kilogram, a litre, a metre or a piece. */
    unitPrice: field.computed(field.json<UnitPrice | null>({ schema: unitPriceShape }), {
      from: { price: own, contentAmount, contentUnit },
      of: (given) => unitPriceOf(given.price, given.contentAmount, given.contentUnit),
    }),
  }
}

const unitPriceShape = {
  type: ['object', 'null'],
  title: 'UnitPrice',
  properties: { price: moneySchema, per: { type: 'string' } },
  required: ['price', 'per'],
} as const

const variantFields = {
  product: field.ref('products', { required: true }),
  sku: field.text({ required: true, unique: true, max: limits.skuCharacters, search: true }),
  title: field.text({ required: true, search: true }),
  ...pricesIn(price),
  /** What it costs otherwise, shown beside a lower price. */
  compareAtPrice: field.money(bounds),
  /** The lowest price of the 30 days before the reduction, kept by the writes of its price: what the law of the EU has shown beside it. */
  priorPrice: field.money({ write: nobody }),
  options: field.json<OptionValues | null>({ schema: optionValuesShape }),
  /** What makes the values unique within the product. */
  optionKey: field.text({ max: limits.optionKeyCharacters, read: nobody, write: nobody }),
  /** Where it looks different from its product. */
  picture: field.file(shown),
  position: field.integer({ default: 0 }),
  /** Grams, packed: what carriers ask for. Null where nobody has said it, or nothing is sent. */
  weight: field.integer({ min: 0, max: limits.weightGramsMax }),
  /** Millimetres, packed. */
  length: sideOf(),
  width: sideOf(),
  height: sideOf(),
  /** Where it is another one than its product's. What is digital has its product's only where it says so itself. */
  taxClass: field.text({ max: 40 }),
  /** It is delivered by its `downloads` once it is paid: nothing is sent, and nothing is counted of it. */
  isDigital: field.boolean(),
  /** What who has bought it may download. Everybody else is told of no file. */
  downloads: field.files({ read: staff }),
  /** A bundle: what one of it is made of, and takes of the stock. */
  parts: field.json<readonly BundlePart[] | null>({ schema: bundlePartsShape }),
} as const

export const variants = collection('variants', { prefix: 'var', fields: variantFields })
export type Variant = NonNullable<(typeof variants)['record']>

/** `variants` with the fields that `shop.variantFields` adds, for code of a project. */
export function variantsWith<TFields extends Fields>(more: TFields) {
  return collection('variants', { prefix: 'var', fields: { ...variantFields, ...more } })
}

/** `variants` of a shop with its own fields. The handle for engine code stays `variants`. */
export function variantsIn<TFields extends Fields>(sold: Sold, more: TFields) {
  const { currency, taxClasses, prices } = sold
  const own = {
    ...variantFields,
    ...pricesIn(field.money({ required: true, ...bounds, currency })),
    compareAtPrice: field.money({ ...bounds, currency }),
    taxClass: field.enum(taxClasses),
  }
  return collection('variants', {
    prefix: 'var',
    fields: { ...own, ...more },
    loaded: {
      /**
       * `available`: what can be bought now, over all locations. `expectedAt`: when more is to come of what is not in the house; null where
       * it is, or nobody has said. And what whoever asks pays for it, where there are price lists.
       */
      fields: {
        available: field.integer({ required: true }),
        expectedAt: field.dateTime(),
        ...(prices && { prices: offeredPricesField() }),
      },
      async load(read, records, caller) {
        if (prices === null) return await loadStanding(read, records, sold.digitalClass)
        const [standing, offers] = await Promise.all([
          loadStanding(read, records, sold.digitalClass),
          prices.ofVariants(read, records, caller),
        ])
        return standing.map((one, index) => ({ ...one, prices: offers[index] }))
      },
    },
    indexes: [['product', 'position'], ['price.amount']] as readonly (readonly string[])[],
    unique: [['product', 'optionKey']] as readonly (readonly string[])[],
    access: { read: any(staff, all(through('product', 'products', active), pricedIn(currency))) as Rule, ...staffOnly },
    async beforeChange({ tx, now, newId, before, after }: BeforeChange) {
      const [earlier, wanted] = [before && recordOf(variants, before), recordOf(variants, after)]
      const options = await checkedOptions(tx, earlier, wanted)
      await checkParts(tx, sold, { before: earlier, after: wanted })
      return { ...options, priorPrice: earlier === null ? null : await priorPriceOf({ tx, now, newId }, earlier, wanted) }
    },
    async afterChange(change: AfterChange) {
      await keepStockLevel(change)
      const product = (change.after ?? change.before)!['product'] as string
      await keepProductPrice(change.tx, product, currency)
      const earlier = change.before?.['product'] as string | undefined
      if (earlier !== undefined && earlier !== product) await keepProductPrice(change.tx, earlier, currency)
    },
  })
}

/** @throws validation_failed for a value that its product does not offer */
async function checkedOptions(tx: WriteAccess, before: Variant | null, after: Variant): Promise<Pick<Variant, 'optionKey'>> {
  const optionKey = optionKeyOf(after.options)
  const isKept = before !== null && before.product === after.product && (before.optionKey ?? null) === optionKey
  if (isKept || optionKey === null) return { optionKey }
  // Whoever changes the options of the product waits here, or is waited for.
  const product = await tx.lock(products, after.product, 'exclusive')
  const mistake = product && optionsMistake(product.options, after.options)
  if (mistake != null) throw invalid('/options', 'option', mistake)
  return { optionKey }
}

/** What a write of a product must fit: values that its variants have stay among its options. */
export const productKeeper: ProductKeeper = {
  async beforeChange({ tx, before, after }) {
    const [earlier, wanted] = [before && recordOf(products, before), recordOf(products, after)]
    const isSame = earlier !== null && JSON.stringify(earlier.options ?? null) === JSON.stringify(wanted.options ?? null)
    if (isSame) return {}
    checkOptions(wanted.options)
    if (earlier === null) return {}
    await tx.lock(products, wanted.id, 'exclusive')
    for (const variant of await findAll(tx, variants, eq('product', wanted.id))) {
      const mistake = optionsMistake(wanted.options, variant.options)
      if (mistake !== null)
        throw new EngineError('still_referenced', {
          detail: `The variant ${variant.sku} ${mistake}: change it first.`,
          errors: [{ path: '/options', code: 'still_referenced', message: `the variant ${variant.sku} ${mistake}` }],
        })
    }
    return {}
  },
}

/** A variant has a stock level from its first moment, so that stock is always a guarded write on a row. */
async function keepStockLevel({ tx, newId, before, after }: AfterChange): Promise<void> {
  if (before === null) await createStockLevel(tx, newId, after!.id)
  if (after !== null) return
  // Nothing counts what was sold of it: whoever bought it downloads it for as long as it is there.
  if (recordOf(variants, before!).downloads.length > 0)
    throw new EngineError('still_referenced', {
      detail: 'Its downloads may have been sold: archive its product, or take them out of it first.',
    })
  await removeStockLevels(tx, before!.id)
  await forgetPrices(tx, before!.id)
}

/** The lowest there is to pay: what is priced in another currency is not for sale, however small its amount. */
async function keepProductPrice(tx: WriteAccess, id: string, currency: string): Promise<void> {
  // Two variants changed at once: under this lock the second sees what the first has made of the prices.
  const product = await tx.lock(products, id, 'exclusive')
  if (product === null) return
  const found = await findAll(tx, variants, and(eq('product', id), eq('price.currency', currency)))
  const lowest = found.reduce<Money | null>((low, one) => (low === null || one.price.amount < low.amount ? one.price : low), null)
  const onSale = found.some(isOnSale)
  if (lowest?.amount !== product.price?.amount || lowest?.currency !== product.price?.currency || onSale !== (product.onSale ?? false))
    await tx.update(products, product, { set: { price: lowest, onSale } })
}
