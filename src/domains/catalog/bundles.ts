// Bundles: a variant that is made of others. One of it takes its parts of the stock, so it is sold as long as each of them lasts, alone or
// in whatever bundle. Invariant: no part is a bundle itself, and all parts are taxed alike, so that a line has one rate.
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { taxClassOf } from '../../config/tax.ts'
import { oneOf } from '../../contract/filter.ts'
import type { AnyRecord, CollectionRef, WriteAccess } from '../../schema/collection.ts'
import type { StoredFile } from '../../schema/kinds/file.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Product, products, type Sold } from './products.ts'

export type BundlePart = { readonly variant: string; readonly quantity: number }

export const bundlePartsShape = {
  type: ['array', 'null'],
  title: 'BundleParts',
  items: {
    type: 'object',
    title: 'BundlePart',
    properties: {
      variant: { type: 'string', maxLength: limits.idCharactersMax },
      quantity: { type: 'integer', minimum: 1, maximum: limits.bundlePartQuantityMax },
    },
    required: ['variant', 'quantity'],
    additionalProperties: false,
  },
  maxItems: limits.bundlePartsMax,
} as const

/** What of a variant says how it is sold. The collection itself stands on this file: variants.ts. */
export type Sellable = AnyRecord & {
  readonly product: string
  readonly sku: string
  readonly title: string
  readonly taxClass: string | null
  readonly weight: number | null
  readonly isDigital: boolean | null
  readonly downloads: readonly StoredFile[]
  readonly parts: readonly BundlePart[] | null
}
export const sellables: CollectionRef<Sellable> = { name: 'variants' }

/** What one of a bundle has of a part. */
export type ResolvedPart = { readonly variant: Sellable; readonly quantity: number }

/** What it is to whoever sells it. `parts`: empty for what is no bundle. */
export type Composition = {
  readonly parts: readonly ResolvedPart[]
  /** Nothing of it is sent. */
  readonly isDigital: boolean
  readonly hasDownloads: boolean
  readonly taxClass: string
  /** Grams of one. */
  readonly weight: number
}

export function isBundle({ parts }: Pick<Sellable, 'parts'>): boolean {
  return (parts ?? []).length > 0
}

type Own = { readonly variant: Sellable; readonly product: Product }
export type Parts = ReadonlyMap<string, Own>

/** The parts of those that are bundles, by their ids, with what they belong to. Of no bundle nothing is read. */
export async function partsOf(read: Pick<Reader, 'getMany'>, of: readonly Sellable[]): Promise<Parts> {
  const ids = [...new Set(of.flatMap(({ parts }) => (parts ?? []).map(({ variant }) => variant)))]
  if (ids.length === 0) return new Map()
  const found = await read.getMany(sellables, ids)
  const own = byId(await read.getMany(products, [...new Set(found.map(({ product }) => product))]))
  return new Map(
    found.flatMap((variant) => {
      const product = own.get(variant.product)
      return product === undefined ? [] : [[variant.id, { variant, product }] as const]
    }),
  )
}

/** Why nobody can buy what is there: told to whoever tries, as an issue of a problem. */
export type Unsold = { readonly code: 'not_for_sale' | 'currency' | 'part' | 'file'; readonly message: string }

export const withoutFile: Unsold = { code: 'file', message: 'is digital, and there is no file of it yet' }

export function isUnsold(made: Composition | Unsold): made is Unsold {
  return 'code' in made
}

/** Of a bundle. Nobody can buy it where a part is gone, archived, a bundle by now, without its file, or taxed otherwise than the rest. */
export function compose({ downloads, taxClass, parts: of, weight }: Sellable, parts: Parts, digitalClass: string): Composition | Unsold {
  const own = (of ?? []).flatMap(({ variant, quantity }) => {
    const part = parts.get(variant)
    return part === undefined ? [] : [{ ...part, quantity }]
  })
  const lost = own.find(({ variant, product }) => isBundle(variant) || product.status === 'archived')
  if (lost || own.length < (of ?? []).length) return withoutPart(lost)
  const classes = new Set(own.map(({ variant, product }) => taxClassOf(variant, product, digitalClass)))
  if (classes.size > 1 || (taxClass && !classes.has(taxClass)))
    return { code: 'part', message: 'is not for sale: its parts are no longer taxed alike' }
  if (downloads.length === 0 && own.some(({ variant }) => isEmpty(variant))) return withoutFile
  return {
    parts: own.map(({ variant, quantity }) => ({ variant, quantity })),
    isDigital: own.every(({ variant }) => variant.isDigital === true),
    hasDownloads: [downloads, ...own.map(({ variant }) => variant.downloads)].some((files) => files.length > 0),
    taxClass: [...classes][0]!,
    weight: weight ?? own.reduce((sum, { variant, quantity }) => sum + (variant.weight ?? 0) * quantity, 0),
  }
}

/** What is to be delivered by its files, and has none. */
export function isEmpty({ isDigital, downloads }: Pick<Sellable, 'isDigital' | 'downloads'>): boolean {
  return isDigital === true && downloads.length === 0
}

/** One that was never shown in the shop is not named. */
function withoutPart(part: Own | undefined): Unsold {
  const named =
    part === undefined || part.product.status === 'draft' ? 'a part of it' : `its part “${part.product.title}, ${part.variant.title}”`
  return { code: 'part', message: `is not for sale: ${named} is not` }
}

function byId<T extends { readonly id: string }>(of: readonly T[]): ReadonlyMap<string, T> {
  return new Map(of.map((one) => [one.id, one]))
}

type Change = { readonly before: Sellable | null; readonly after: Sellable }

/** @throws validation_failed for parts that there are not, twice, of parts themselves, or taxed in several ways */
export async function checkParts(tx: WriteAccess, { digitalClass }: Sold, { before, after }: Change): Promise<void> {
  const terms = ({ parts, taxClass }: Sellable) => JSON.stringify([parts ?? [], taxClass])
  if (!isBundle(after) || (before !== null && terms(before) === terms(after))) return
  const parts = after.parts!
  if (after.isDigital === true)
    throw invalid('/isDigital', 'bundle', 'is for what has no parts: a bundle is digital when all its parts are')
  const ids = parts.map(({ variant }) => variant)
  const found = byId(await findAll(tx, sellables, oneOf('id', ids)))
  const productIds = [...found.values()].map(({ product }) => product)
  const own = byId(await findAll(tx, products, oneOf('id', productIds)))
  const classes = new Set(after.taxClass ? [after.taxClass] : [])
  for (const [index, id] of ids.entries()) {
    const path = `/parts/${index}/variant`
    const part = found.get(id)
    if (part === undefined) throw invalid(path, 'reference_not_found', 'names no variant')
    if (id === after.id) throw invalid(path, 'bundle', 'is the bundle itself')
    if (isBundle(part)) throw invalid(path, 'bundle', 'is a bundle: name its parts instead')
    if (ids.indexOf(id) < index) throw invalid(path, 'uniqueItems', 'is named before: raise its quantity instead')
    classes.add(taxClassOf(part, own.get(part.product), digitalClass))
    if (classes.size > 1)
      throw invalid(path, 'tax_class', `is taxed as ${[...classes].at(-1)}, and the bundle as ${[...classes][0]}: a bundle has one class`)
  }
}
