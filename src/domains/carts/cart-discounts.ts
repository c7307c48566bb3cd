// What is taken off a cart that asked for discounts: what they look at is read here, and discounts-of.ts computes.
import type { Money } from '../../base/money.ts'
import type { Reader } from '../../storage/storage.ts'
import { categories, idsOnPath, pathOf } from '../catalog/categories.ts'
import type { Product } from '../catalog/products.ts'
import type { Discount } from '../discounts/collections.ts'
import { type Discounting, discountsOf } from '../discounts/discounts-of.ts'
import { candidatesOf } from '../discounts/find-discounts.ts'
import type { Cart } from './collections.ts'

type Read = Pick<Reader, 'get' | 'getMany' | 'find'>
type Line = { readonly product: Product; readonly unitPrice: Money; readonly quantity: number }

export type Undiscounted = {
  readonly cart: Cart
  readonly lines: readonly Line[]
  /** What the chosen shipping costs. */
  readonly shipping: Money | null
  readonly customerGroup: string | null
  /** Of its codes, and those that need none. */
  readonly offers: readonly Discount[]
  readonly now: number
}

export async function discountCart(
  read: Read,
  { cart: { currency, customer, discountCodes }, lines, shipping, customerGroup, offers, now }: Undiscounted,
): Promise<Discounting> {
  const [candidates, waysUp] = await Promise.all([candidatesOf(read, offers, customer), findWaysUp(read, lines, offers)])
  const goods = lines.map(({ product, unitPrice, quantity }) => ({
    product: product.id,
    categories: product.categories.flatMap((id) => waysUp.get(id) ?? [id]),
    unitPrice,
    quantity,
  }))
  const codes = discountCodes ?? []
  return discountsOf(goods, shipping, { currency, now, candidates, codes, customerGroup, isGuest: customer === null })
}

/** Of each category of the lines, itself and those above it: a discount of a category is for what stands below it, too. */
async function findWaysUp(
  read: Read,
  lines: readonly Line[],
  offers: readonly Discount[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (offers.every((one) => one.categories.length + one.getCategories.length === 0)) return new Map()
  const ids = new Set(lines.flatMap(({ product }) => product.categories))
  const found = await read.getMany(categories, [...ids])
  return new Map(found.map((category) => [category.id, idsOnPath(pathOf(category))]))
}
