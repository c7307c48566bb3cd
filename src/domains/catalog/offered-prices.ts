// What whoever asks would pay for variants, in each currency of the shop: the own price, those of lists for everybody, and those of the
// lists for their group. Invariant: a list for a group is told to nobody else, so this is never made for several callers at once.
import type { Actor } from '../../access/actor.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { and, compare, eq, oneOf } from '../../contract/filter.ts'
import { type Caller, type ComputeReader, recordOf } from '../../schema/collection.ts'
import { findAll } from '../../storage/find-all.ts'
import { users } from '../accounts/collections.ts'
import { findListPrices, findPriceLists, isCurrent, type Listed, lowestPrice } from './list-price.ts'
import type { OfferedPrice, PricesLoader } from './offered-price-shape.ts'
import { beginOf, endOf, listPrices, priceLists } from './price-lists.ts'
import { formerPrices } from './prior-price.ts'
import { type Variant, variants } from './variants.ts'

type Read = Pick<ComputeReader, 'find'>

/** A step of a price: what one costs who takes so many. */
type Step = { readonly variant: Variant; readonly from: number; readonly listed: Listed | null; readonly price: Money }

type Sold = { readonly currencies: readonly string[] }

/** Of each variant, in their order. */
export async function offeredPrices(
  read: Read,
  { actor, now }: Caller,
  { of, currencies }: Sold & { readonly of: readonly Variant[] },
): Promise<OfferedPrice[][]> {
  const [lists, customerGroup] = await Promise.all([findPriceLists(read), groupOf(read, actor)])
  const own = lists.filter((list) => isCurrent(list, { currency: list.currency, customerGroup, now }))
  const listed = await findListPrices(
    read,
    of.map(({ id }) => id),
    own,
  )
  const steps = of.map((variant) => currencies.flatMap((currency) => stepsOf(variant, listed.get(variant.id) ?? [], currency)))
  const prior = await priorPrices(read, steps.flat())
  return steps.map((own) => own.map((step) => viewOf(step, prior)))
}

/** From each quantity on at which it becomes cheaper. */
function stepsOf(variant: Variant, listed: readonly Listed[], currency: string): Step[] {
  const quantities = [...new Set([1, ...listed.map(({ fromQuantity }) => fromQuantity)])].toSorted((a, b) => a - b)
  const steps: Step[] = []
  for (const from of quantities) {
    const chosen = lowestPrice(variant.price, listed, { quantity: from, currency })
    if (chosen === null || chosen.price.amount >= (steps.at(-1)?.price.amount ?? Number.POSITIVE_INFINITY)) continue
    const { list, fromQuantity } = chosen
    const row =
      list && listed.find((one) => one.of.id === list.id && one.fromQuantity === fromQuantity && one.price.amount === chosen.price.amount)
    steps.push({ variant, from, listed: row ?? null, price: chosen.price })
  }
  return steps
}

async function groupOf(read: Read, { id }: Actor): Promise<string | null> {
  if (id === null) return null
  // Beyond the limit: an id names one.
  const [user] = await read.find(users, { where: eq('id', id), limit: 1, isUnordered: true })
  return user?.customerGroup ?? null
}

function viewOf({ variant, from, listed, price }: Step, prior: ReadonlyMap<string, Money>): OfferedPrice {
  const { compareAtPrice } = listed ?? variant
  return {
    price,
    fromQuantity: from,
    compareAtPrice: compareAtPrice?.currency === price.currency ? compareAtPrice : null,
    priorPrice: listed === null ? variant.priorPrice : (prior.get(listed.id) ?? null),
    priceList: listed?.of.title ?? null,
  }
}

/**
 * Of each reduced price of a list for everybody, the lowest price of the 30 days before it began: what article 6a of Directive 98/6/EC has
 * named. A list begins without a write, so this is looked for when it is shown; asked only where there is such a price.
 */
async function priorPrices(read: Read, steps: readonly Step[]): Promise<ReadonlyMap<string, Money>> {
  const reduced = steps.filter(({ listed }) => listed !== null && listed.compareAtPrice !== null && listed.of.customerGroups.length === 0)
  if (reduced.length === 0) return new Map()
  const ids = [...new Set(reduced.map(({ variant }) => variant.id))]
  const first = Math.min(...reduced.map(({ listed }) => beginOf(listed!.of, listed!))) - limits.priorPriceMs
  const [former, rows] = await Promise.all([
    findAll(read, formerPrices, and(oneOf('variant', ids), compare('until', 'gt', first))),
    findAll(read, listPrices, and(oneOf('variant', ids), eq('fromQuantity', 1))),
  ])
  const lists = new Map(
    (await findAll(read, priceLists, oneOf('id', [...new Set(rows.map(({ list }) => list))]))).map((one) => [one.id, one]),
  )
  const others = rows.map((row) => ({ ...row, of: lists.get(row.list)! })).filter(({ of }) => of.customerGroups.length === 0)
  return new Map(
    reduced.flatMap(({ variant, listed, price }) => {
      const begin = beginOf(listed!.of, listed!)
      const since = begin - limits.priorPriceMs
      const known = [
        variant.price,
        ...former.filter((one) => one.variant === variant.id && one.until > since).map((one) => one.price),
        ...others
          .filter((one) => one.variant === variant.id && beginOf(one.of, one) < begin && endOf(one.of) > since)
          .map((one) => one.price),
      ].filter(({ currency }) => currency === price.currency)
      const lowest = known.toSorted((a, b) => a.amount - b.amount)[0]
      return lowest === undefined ? [] : [[listed!.id, lowest] as const]
    }),
  )
}

/** For the page of a product: the lowest price of one piece in each currency. */
export function lowestOf(offers: readonly (readonly OfferedPrice[])[]): OfferedPrice[] {
  const lowest = new Map<string, OfferedPrice>()
  for (const offer of offers.flat()) {
    const known = lowest.get(offer.price.currency)
    if (offer.fromQuantity === 1 && (known === undefined || offer.price.amount < known.price.amount))
      lowest.set(offer.price.currency, offer)
  }
  return [...lowest.values()]
}

/** Read with variants and products of a shop that has price lists. */
export function pricesLoader(currencies: readonly string[]): PricesLoader {
  return {
    async ofVariants(read, records, caller) {
      if (caller === null) return records.map(() => null)
      return await offeredPrices(read, caller, { currencies, of: records.map((one) => recordOf(variants, one)) })
    },
    async ofProducts(read, records, caller) {
      if (caller === null) return records.map(() => null)
      const ids = records.map(({ id }) => id)
      const of = await findAll(read, variants, oneOf('product', ids))
      const offers = await offeredPrices(read, caller, { currencies, of })
      const byProduct = Map.groupBy(offers.keys(), (index) => of[index]!.product)
      return ids.map((id) => lowestOf([...(byProduct.get(id) ?? [])].map((index) => offers[index]!)))
    },
  }
}
