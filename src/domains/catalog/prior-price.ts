// What something cost before its price was lowered. Directive 98/6/EC, article 6a: whoever announces a reduction names the lowest
// price of at least 30 days before it. Invariant: each price that a variant has had is kept with when it ended.
import { staff } from '../../access/rule.ts'
import type { NewId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import { collection, type WriteAccess } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll } from '../../storage/find-all.ts'

export const formerPrices = collection('formerPrices', {
  prefix: 'fpr',
  title: 'Former prices',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    variant: field.text({ required: true, max: limits.idCharactersMax }),
    price: field.money({ required: true }),
    /** When another one took its place. */
    until: field.dateTime({ required: true }),
  },
  indexes: [['variant', 'until']],
  access: { read: staff },
})

export type Priced = {
  readonly id: string
  readonly price: Money
  readonly compareAtPrice: Money | null
  readonly priorPrice: Money | null
}
type Moment = { readonly tx: WriteAccess; readonly now: number; readonly newId: NewId }

/** Of a variant that is written: its price before is kept, and what is named beside the new one follows from all of the last 30 days. */
export async function priorPriceOf({ tx, now, newId }: Moment, before: Priced, after: Priced): Promise<Money | null> {
  const isPriceNew = !isSame(before.price, after.price)
  if (isPriceNew) await tx.insert(formerPrices, { id: newId('fpr'), variant: after.id, price: before.price, until: now })
  if (after.compareAtPrice === null) return null
  if (!isPriceNew && isSame(before.compareAtPrice, after.compareAtPrice)) return before.priorPrice
  const since = and(eq('variant', after.id), compare('until', 'gt', now - limits.priorPriceMs))
  const ended = await findAll(tx, formerPrices, since)
  return [before.price, ...ended.map(({ price }) => price)]
    .filter(({ currency }) => currency === after.price.currency)
    .reduce<Money | null>((low, price) => (low === null || price.amount < low.amount ? price : low), null)
}

/** Of a variant that is gone. */
export async function forgetPrices(tx: WriteAccess, variant: string): Promise<void> {
  for (const one of await findAll(tx, formerPrices, eq('variant', variant))) await tx.delete(formerPrices, one)
}

function isSame(a: Money | null, b: Money | null): boolean {
  return a?.amount === b?.amount && a?.currency === b?.currency
}

/** Whether it costs less than it is said to have cost. */
export function isOnSale({ price, compareAtPrice }: Pick<Priced, 'price' | 'compareAtPrice'>): boolean {
  return compareAtPrice != null && compareAtPrice.currency === price.currency && compareAtPrice.amount > price.amount
}
