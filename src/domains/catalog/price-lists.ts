// Price lists: what a variant costs instead, in another currency, for a group of customers, from a quantity on, for a time. Staff alone read
// them; what a customer is told of them is what that customer pays (offered-prices.ts).
// Invariant: a list has one currency for good, and all its prices are in it; no two of its prices are for one variant from one quantity.

import { nobody, staff } from '../../access/rule.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { checkGroups } from '../../config/customer-groups.ts'
import { and, eq } from '../../contract/filter.ts'
import { type AfterChange, type BeforeChange, collection, recordOf, type WriteAccess } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll } from '../../storage/find-all.ts'
import { formerPrices } from './prior-price.ts'
import { staffOnly } from './staff-only.ts'
import { variants } from './variants.ts'

const listFields = {
  /** Customers read it beside the price that they have by it. */
  title: field.text({ required: true, max: limits.codeCharactersMax, search: true }),
  /** False: paused. */
  active: field.boolean({ default: true }),
  currency: field.text({ required: true, max: 3 }),
  /** For customers of one of these groups alone. Everybody when empty. */
  customerGroups: field.texts({ max: limits.codeCharactersMax }),
  startsAt: field.dateTime(),
  /** From then on it is over. */
  endsAt: field.dateTime(),
} as const

const bounds = { min: 0, max: limits.cartAmountMax } as const
const priceFields = {
  list: field.ref('priceLists', { required: true, onDelete: 'cascade' }),
  variant: field.ref('variants', { required: true, onDelete: 'cascade' }),
  /** Units of one line from which on it holds. */
  fromQuantity: field.integer({ default: 1, min: 1, max: limits.lineQuantityMax }),
  price: field.money({ required: true, ...bounds }),
  /** What it costs otherwise, shown beside a lower price. */
  compareAtPrice: field.money(bounds),
  /** Since when it is this price: kept by its writes. */
  since: field.dateTime({ write: nobody }),
} as const

export const priceLists = collection('priceLists', { prefix: 'plst', title: 'Price lists', fields: listFields })
export type PriceList = NonNullable<(typeof priceLists)['record']>

export const listPrices = collection('listPrices', { prefix: 'lprc', title: 'List prices', fields: priceFields })
export type ListPrice = NonNullable<(typeof listPrices)['record']>

export type Listing = { readonly currencies: readonly string[]; readonly customerGroups: readonly string[] }

/** `priceLists` of a shop. The handle for engine code stays `priceLists`. */
export function priceListsIn({ currencies, customerGroups: groups }: Listing) {
  return collection('priceLists', {
    prefix: 'plst',
    title: 'Price lists',
    search: 'parts',
    fields: { ...listFields, currency: field.enum(currencies, { required: true }) },
    indexes: [['active']],
    lists: { listPrices: { from: 'listPrices', by: 'list' } },
    access: { read: staff, ...staffOnly },
    async beforeChange({ before, after }: BeforeChange) {
      const list = recordOf(priceLists, after)
      if (before !== null && before['currency'] !== list.currency)
        throw invalid('/currency', 'readOnly', 'stays what it was: its prices are in it. Make another list')
      return {}
    },
    async afterChange({ tx, now, newId, before, after }: AfterChange) {
      if (after === null) {
        const list = recordOf(priceLists, before!)
        // Its prices go after it: then nobody knows any more for whom they were.
        for (const price of await findAll(tx, listPrices, eq('list', list.id))) await keepIfTold({ tx, now, newId }, list, price)
        return
      }
      const { active, customerGroups, startsAt, endsAt } = recordOf(priceLists, after)
      checkGroups(groups, customerGroups)
      if (startsAt !== null && endsAt !== null && endsAt <= startsAt) throw invalid('/endsAt', 'minimum', 'must be after startsAt')
      if (active) await checkCount(tx)
    },
  })
}

/** Each cart looks at all of them. @throws validation_failed */
async function checkCount(tx: WriteAccess): Promise<void> {
  const max = limits.priceListsMax
  // One that is on, by which all who turn one on wait for each other: each would count without the others. Beyond the limit: one is enough.
  const [first] = await tx.find(priceLists, { where: eq('active', true), limit: 1 })
  if (first !== undefined) await tx.lock(priceLists, first.id, 'exclusive')
  // Beyond the limit: that is what is asked.
  const found = await tx.find(priceLists, { where: eq('active', true), limit: max + 1, isUnordered: true })
  if (found.length > max) throw invalid('/active', 'maximum', `can be true of ${max} lists at once: pause one first`)
}

/** `listPrices` of a shop. */
export function listPricesIn() {
  return collection('listPrices', {
    prefix: 'lprc',
    title: 'List prices',
    fields: priceFields,
    unique: [['variant', 'list', 'fromQuantity']],
    indexes: [['list', 'variant']],
    access: { read: staff, ...staffOnly },
    async beforeChange({ tx, now, before, after }: BeforeChange) {
      const [earlier, wanted] = [before && recordOf(listPrices, before), recordOf(listPrices, after)]
      const list = await tx.get(priceLists, wanted.list)
      // One that is gone was told already, as a reference that names nothing.
      if (list !== null) checkCurrencies(wanted, list)
      const isMoved = earlier === null || earlier.list !== wanted.list || earlier.variant !== wanted.variant
      if (isMoved) await checkBreaks(tx, wanted)
      const isSame = !isMoved && isSameMoney(earlier.price, wanted.price) && isSameMoney(earlier.compareAtPrice, wanted.compareAtPrice)
      return { since: isSame ? earlier.since : now }
    },
    async afterChange(change: AfterChange) {
      await keepFormer(change)
    },
  })
}

/** @throws validation_failed */
function checkCurrencies({ price, compareAtPrice }: ListPrice, { currency }: PriceList): void {
  for (const [name, money] of Object.entries({ price, compareAtPrice }))
    if (money !== null && money.currency !== currency)
      throw invalid(`/${name}/currency`, 'enum', `must be ${currency}, the currency of its list`)
}

/** Carts look at all of a variant. @throws validation_failed */
async function checkBreaks(tx: WriteAccess, { id, list, variant }: ListPrice): Promise<void> {
  // Two written at once: the second waits here and counts the first.
  await tx.lock(variants, variant, 'exclusive')
  const max = limits.priceBreaksMax
  // Beyond the limit: that is what is asked.
  const found = await tx.find(listPrices, { where: and(eq('variant', variant), eq('list', list)), limit: max + 1, isUnordered: true })
  if (found.filter((one) => one.id !== id).length >= max)
    throw invalid('/fromQuantity', 'maxItems', `is one too many: a list has at most ${max} prices of a variant`)
}

/** A price that is another one now, or is gone. Of a list that is gone its own deletion has kept them. */
async function keepFormer({ tx, now, newId, before, after }: AfterChange): Promise<void> {
  if (before === null) return
  const [earlier, wanted] = [recordOf(listPrices, before), after && recordOf(listPrices, after)]
  if (wanted !== null && wanted.list === earlier.list && isSameMoney(earlier.price, wanted.price)) return
  const list = await tx.get(priceLists, earlier.list)
  if (list !== null) await keepIfTold({ tx, now, newId }, list, earlier)
}

/** One of those of the last 30 days is what everybody could pay for one piece. */
async function keepIfTold({ tx, now, newId }: Pick<AfterChange, 'tx' | 'now' | 'newId'>, list: PriceList, price: ListPrice): Promise<void> {
  const until = Math.min(now, endOf(list))
  if (list.customerGroups.length > 0 || price.fromQuantity !== 1 || beginOf(list, price) >= until) return
  await tx.insert(formerPrices, { id: newId('fpr'), variant: price.variant, price: price.price, until })
}

/** Since when one pays it. */
export function beginOf({ startsAt }: PriceList, { since, createdAt }: ListPrice): number {
  return Math.max(since ?? createdAt, startsAt ?? 0)
}

/** Of one that is paused nobody has written down since when: no later than its last change. */
export function endOf({ active, endsAt, updatedAt }: PriceList): number {
  return Math.min(endsAt ?? Number.POSITIVE_INFINITY, active ? Number.POSITIVE_INFINITY : updatedAt)
}

function isSameMoney(a: Money | null, b: Money | null): boolean {
  return a?.amount === b?.amount && a?.currency === b?.currency
}
