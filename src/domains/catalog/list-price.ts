// Which price of all that there are a customer has: the lowest. Pure, but for the two reads that it needs. Invariant: a shop without price
// lists asks nothing; a cart with them asks for the lists that are on, and for all prices of its lines in one statement.
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { ComputeReader } from '../../schema/collection.ts'
import { type ListPrice, listPrices, type PriceList, priceLists } from './price-lists.ts'

/** What decides which lists hold. */
export type PriceTerms = { readonly currency: string; readonly customerGroup: string | null; readonly now: number }

/** A price, and the list that it is of; null: the variant's own. */
export type ChosenPrice = { readonly price: Money; readonly list: PriceList | null; readonly fromQuantity: number }
export type Listed = ListPrice & { readonly of: PriceList }

export async function findPriceLists(read: Pick<ComputeReader, 'find'>): Promise<readonly PriceList[]> {
  // Beyond the limit: no more can be on.
  return await read.find(priceLists, { where: eq('active', true), limit: limits.priceListsMax, isUnordered: true })
}

export function isCurrent(list: PriceList, { currency, customerGroup, now }: PriceTerms): boolean {
  const { active, customerGroups, startsAt, endsAt } = list
  const isFor = customerGroups.length === 0 || (customerGroup !== null && customerGroups.includes(customerGroup))
  return active && isFor && list.currency === currency && (startsAt === null || startsAt <= now) && (endsAt === null || now < endsAt)
}

/** All prices of these lists for these variants, by variant. */
export async function findListPrices(
  read: Pick<ComputeReader, 'find'>,
  ids: readonly string[],
  lists: readonly PriceList[],
): Promise<ReadonlyMap<string, readonly Listed[]>> {
  if (ids.length === 0 || lists.length === 0) return new Map()
  const byId = new Map(lists.map((list) => [list.id, list]))
  const where = and(oneOf('variant', [...new Set(ids)]), oneOf('list', [...byId.keys()]))
  // Beyond the limit: there can be no more, since a list has so many prices of a variant.
  const found = await read.find(listPrices, { where, limit: ids.length * lists.length * limits.priceBreaksMax, isUnordered: true })
  return Map.groupBy(
    found.map((one) => ({ ...one, of: byId.get(one.list)! })),
    ({ variant }) => variant,
  )
}

type Taking = { readonly quantity: number; readonly currency: string }

/**
 * Of so many units: the lowest of what the lists have, and of the variant's own price where that is in this currency. Where several are
 * the same the variant's own comes first, then the earlier list. Null: it is not for sale in this currency.
 */
export function lowestPrice(own: Money, listed: readonly Listed[], { quantity, currency }: Taking): ChosenPrice | null {
  const ours: ChosenPrice[] = own.currency === currency ? [{ price: own, list: null, fromQuantity: 1 }] : []
  const theirs = listed
    .filter((one) => one.of.currency === currency && one.price.currency === currency && one.fromQuantity <= quantity)
    .map(({ price, of, fromQuantity }): ChosenPrice => ({ price, list: of, fromQuantity }))
  return [...ours, ...theirs].toSorted(inOrder)[0] ?? null
}

function inOrder(a: ChosenPrice, b: ChosenPrice): number {
  const [one, other] = [a.list?.id ?? '', b.list?.id ?? '']
  return a.price.amount - b.price.amount || (one < other ? -1 : one > other ? 1 : a.fromQuantity - b.fromQuantity)
}
