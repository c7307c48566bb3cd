// What was sold, by the products and categories as they are now.

import { limits } from '../../base/limits.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { categories, idsOnPath, pathOf } from '../catalog/categories.ts'
import { type Product, products } from '../catalog/products.ts'

/** A sum of sales entries. */
export type Placed = {
  readonly key: string | null
  readonly title: string | null
  readonly kind: string
  readonly currency: string
  readonly isShipping: boolean
  readonly orders: bigint
  readonly units: bigint
  readonly net: bigint
  readonly tax: bigint
  readonly discount: bigint
}

export const shippingKey = 'shipping'
export const noCategory = ''
const shippingTitle = 'Shipping'

/** By their ids; a product that is gone is in none. */
async function productsOf(read: Reader, found: readonly Placed[]): Promise<ReadonlyMap<string, Product>> {
  const ids = [...new Set(found.flatMap(({ key }) => (key === null || key === shippingKey ? [] : [key])))]
  const known = new Map<string, Product>()
  for (let start = 0; start < ids.length; start += limits.readPageSize)
    for (const product of await read.getMany(products, ids.slice(start, start + limits.readPageSize))) known.set(product.id, product)
  return known
}

export async function titlesOfProducts(read: Reader, found: readonly Placed[]): Promise<(key: string | null) => string | null> {
  const known = await productsOf(read, found)
  return (key) => (key === shippingKey ? shippingTitle : (known.get(key ?? '')?.title ?? null))
}

/** Of each category that a product is in, and of all above it: so those below one are part of it. */
export async function withCategories(read: Reader, found: readonly Placed[]): Promise<Placed[]> {
  const known = await productsOf(read, found)
  const all = new Map((await findAll(read, categories)).map((one) => [one.id, one]))
  return found.flatMap((one): Placed[] => {
    if (one.key === shippingKey) return [{ ...one, title: shippingTitle }]
    const own = known.get(one.key ?? '')?.categories ?? []
    const ways = own.flatMap((id) => (all.has(id) ? idsOnPath(pathOf(all.get(id)!)) : []))
    if (ways.length === 0) return [{ ...one, key: null }]
    return [...new Set(ways)].map((id) => ({ ...one, key: id, title: all.get(id)?.title ?? null }))
  })
}
