// Holding, committing and giving back stock. Each step is one guarded statement per stock row, the
// amounts of one row summed first and rows taken in one order, so two checkouts never wait in a circle.
import { EngineError } from '../../base/engine-error.ts'
import { compare, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
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

/** Each from one location, the first that has enough. Answers the variants of which none has. */
async function holdEach({ tx, newId }: Work, { order, quantities, levels }: Hold): Promise<string[]> {
  let pending = [...quantities]
  for (let choice = 0; pending.some(([variant]) => levels.get(variant)![choice] !== undefined); choice++) {
    // Asked together, in the order of the variants: to a server database that is one round trip, however many lines there are.
    const holders = await Promise.all(
      pending.map(async ([variant, quantity]) => {
        const level = levels.get(variant)![choice]
        if (level === undefined) return null
        const change = { add: { held: quantity, available: -quantity } }
        return (await tx.touch(stockLevels, level.id, change, compare('available', 'gte', quantity))) ? level.id : null
      }),
    )
    await tx.insertMany(
      reservations,
      pending.flatMap(([variant, quantity], index) => {
        const stockLevel = holders[index] ?? null
        return stockLevel === null ? [] : [{ id: newId('rsv'), order, variant, stockLevel, quantity, state: 'held' as const }]
      }),
    )
    pending = pending.filter((_, index) => holders[index] === null)
  }
  return pending.map(([variant]) => variant)
}

/** Held units become sold ones. */
export async function commitStock(context: Work, order: string): Promise<void> {
  for (const reservation of await reservationsOf(context.tx, [order], ['held'])) {
    const { quantity } = reservation
    await move(context, reservation, 'committed', { held: -quantity, committed: quantity })
  }
}

/** Held or sold units that were not shipped can be bought again. */
export async function releaseStock(context: Work, orders: readonly string[], state: 'released' | 'expired'): Promise<void> {
  for (const reservation of await reservationsOf(context.tx, orders, ['held', 'committed'])) {
    const { quantity } = reservation
    const from = reservation.state === 'held' ? 'held' : 'committed'
    await move(context, reservation, state, { [from]: -quantity, available: quantity })
  }
}

async function move(
  { tx }: Work,
  reservation: Reservation,
  state: Reservation['state'],
  add: Readonly<Record<string, number>>,
): Promise<void> {
  // Compare-and-set: a reservation that somebody else moved is a conflict, and the transaction runs again.
  await tx.touchOrFail(reservations, reservation.id, { set: { state } }, eq('state', reservation.state))
  await tx.touchOrFail(stockLevels, reservation.stockLevel, { add })
}

/** In the order in which they were held: by variant. */
async function reservationsOf(tx: Transaction, orders: readonly string[], states: readonly Reservation['state'][]): Promise<Reservation[]> {
  const found = await findAll(tx, reservations, oneOf('order', orders))
  return found.filter(({ state }) => states.includes(state)).toSorted((a, b) => (a.variant < b.variant ? -1 : 1))
}
