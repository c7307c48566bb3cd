// Holding, committing and giving back stock. Each step is one guarded write of all its stock rows, the
// amounts of one row summed first and rows taken in one order, so two checkouts never wait in a circle.
import { EngineError } from '../../base/engine-error.ts'
import { and, eq, type Filter, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Addition } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { mainLocation, type Reservation, reservations, type StockLevel, stockLevels } from './collections.ts'

export type Wanted = { readonly variant: string; readonly quantity: number; readonly line: string; readonly title: string }

/**
 * Holds all of it or nothing: units move from available to held.
 * @throws out_of_stock naming the lines and what is left of each
 */
export async function holdStock(work: Work, order: string, wanted: readonly Wanted[]): Promise<void> {
  const quantities = quantitiesOf(wanted)
  const levels = await levelsOf(work.tx, [...quantities.keys()])
  const missing = await holdEach(work, { order, quantities, levels })
  const short = missing.flatMap((variant) => {
    const requested = quantities.get(variant)!
    const available = levels.get(variant)!.reduce((sum, level) => sum + level.available, 0)
    return wanted.filter((one) => one.variant === variant).map(({ line, title }) => ({ line, title, requested, available }))
  })
  if (short.length === 0) return
  const [first] = short
  throw new EngineError('out_of_stock', {
    detail:
      short.length === 1
        ? `Only ${first!.available} of “${first!.title}” left.`
        : `${short.length} lines are not available in this quantity.`,
    params: { lines: short },
    errors: short.map(({ line, available }) => ({
      path: `/lines/${line}/quantity`,
      code: 'out_of_stock',
      message: `only ${available} left`,
    })),
  })
}

/** Whether a hold of all of it would succeed now. Only the hold itself is a promise. */
export async function canHold(tx: Transaction, wanted: readonly Wanted[]): Promise<boolean> {
  const quantities = quantitiesOf(wanted)
  const levels = await levelsOf(tx, [...quantities.keys()])
  return [...quantities].every(([variant, quantity]) => levels.get(variant)!.some(({ available }) => available >= quantity))
}

/** Of each variant, the main location first, then the others by name. */
async function levelsOf(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, readonly StockLevel[]>> {
  const found = await findAll(tx, stockLevels, oneOf('variant', ids))
  const rank = ({ location }: StockLevel) => (location === mainLocation ? '' : location)
  const byVariant = Map.groupBy(
    found.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)),
    ({ variant }) => variant,
  )
  return new Map(ids.map((id) => [id, byVariant.get(id) ?? []]))
}

/** Lines on one variant are one amount (two lines must not each see the same last unit). In the order of the variants. */
function quantitiesOf(wanted: readonly Wanted[]): ReadonlyMap<string, number> {
  const quantities = new Map<string, number>()
  for (const { variant, quantity } of wanted) quantities.set(variant, (quantities.get(variant) ?? 0) + quantity)
  return new Map([...quantities].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

type Hold = {
  readonly order: string
  readonly quantities: ReadonlyMap<string, number>
  readonly levels: ReadonlyMap<string, readonly StockLevel[]>
}

/** Each from one location, the first that has enough as it was looked at. Answers the variants of which none has. */
async function holdEach({ tx, newId }: Work, { order, quantities, levels }: Hold): Promise<string[]> {
  const holds = [...quantities].map(([variant, quantity]) => {
    const level = levels.get(variant)!.find(({ available }) => available >= quantity)
    return { variant, quantity, level }
  })
  const missing = holds.filter(({ level }) => level === undefined)
  if (missing.length > 0) return missing.map(({ variant }) => variant)
  // In the order of the variants. Somebody quicker is a conflict: then all of it is looked at again.
  const found = holds.map(({ level, ...hold }) => ({ ...hold, stockLevel: level!.id }))
  await tx.addOrFail(
    stockLevels,
    found.map(({ stockLevel, quantity }) => ({ id: stockLevel, add: { held: quantity, available: -quantity } })),
  )
  await tx.insertMany(
    reservations,
    found.map((hold) => ({ id: newId('rsv'), order, ...hold, state: 'held' as const })),
  )
  return []
}

/** Held units become sold ones. */
export async function commitStock({ tx }: Work, order: string): Promise<void> {
  const held = await moveAll(tx, eq('order', order), { from: 'held', to: 'committed' })
  await addUp(tx, held, ({ quantity }) => ({ held: -quantity, committed: quantity }))
}

/** Held or sold units that were not shipped can be bought again. */
export async function releaseStock({ tx }: Work, orders: readonly string[], to: 'released' | 'expired'): Promise<void> {
  const own = oneOf('order', orders)
  const [held, sold] = await Promise.all([moveAll(tx, own, { from: 'held', to }), moveAll(tx, own, { from: 'committed', to })])
  const wasHeld = new Set(held)
  await addUp(tx, [...held, ...sold], (one) => {
    const units = wasHeld.has(one) ? { held: -one.quantity, committed: 0 } : { held: 0, committed: -one.quantity }
    return { ...units, available: one.quantity }
  })
}

type Move = { readonly from: Reservation['state']; readonly to: Reservation['state'] }

/** Compare-and-set, all in one: what somebody else has moved is not among them. */
async function moveAll(tx: Transaction, of: Filter, { from, to }: Move): Promise<Reservation[]> {
  return await tx.touchAll(reservations, and(of, eq('state', from)), { set: { state: to } })
}

/** What becomes of each reservation's units, in one addition for each stock row, in the order of the variants. */
async function addUp(tx: Transaction, moved: readonly Reservation[], change: (of: Reservation) => Addition['add']): Promise<void> {
  const sums = new Map<string, Record<string, number>>()
  for (const reservation of moved.toSorted((a, b) => (a.variant < b.variant ? -1 : 1))) {
    const sum = sums.get(reservation.stockLevel) ?? {}
    for (const [path, units] of Object.entries(change(reservation))) sum[path] = (sum[path] ?? 0) + units
    sums.set(reservation.stockLevel, sum)
  }
  await tx.addOrFail(
    stockLevels,
    [...sums].map(([id, add]) => ({ id, add })),
  )
}
