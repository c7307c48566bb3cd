// Holding, committing and giving back stock. Each step is one guarded statement per stock row, the
// amounts of one row summed first and rows taken in one order, so two checkouts never wait in a circle.
import { EngineError } from '../../base/engine-error.ts'
import type { NewId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { compare, eq, oneOf } from '../../contract/filter.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { mainLocation, type Reservation, reservations, type StockLevel, stockLevels } from './collections.ts'

export type Wanted = { readonly variant: string; readonly quantity: number; readonly line: string; readonly title: string }
type Context = { readonly tx: Transaction; readonly newId: NewId }

/**
 * Holds all of it or nothing: units move from available to held.
 * @throws out_of_stock naming the lines and what is left of each
 */
export async function holdStock({ tx, newId }: Context, order: string, wanted: readonly Wanted[]): Promise<void> {
  const quantities = quantitiesOf(wanted)
  const short: { line: string; title: string; requested: number; available: number }[] = []
  for (const [variant, quantity] of quantities) {
    const of = await levelsOf(tx, variant)
    if (await holdOne({ tx, newId }, order, of, quantity)) continue
    const available = of.reduce((sum, level) => sum + level.available, 0)
    for (const { line, title } of wanted.filter((one) => one.variant === variant))
      short.push({ line, title, requested: quantity, available })
  }
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
  for (const [variant, quantity] of quantitiesOf(wanted)) {
    const levels = await levelsOf(tx, variant)
    if (!levels.some(({ available }) => available >= quantity)) return false
  }
  return true
}

/** The main location first, then the others by name. */
async function levelsOf(tx: Transaction, variant: string): Promise<StockLevel[]> {
  const levels = await tx.find(stockLevels, { where: eq('variant', variant), limit: 100, isUnordered: true })
  const rank = ({ location }: StockLevel) => (location === mainLocation ? '' : location)
  return levels.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

/** Lines on one variant are one amount (two lines must not each see the same last unit). */
function quantitiesOf(wanted: readonly Wanted[]): [string, number][] {
  const quantities = new Map<string, number>()
  for (const { variant, quantity } of wanted) quantities.set(variant, (quantities.get(variant) ?? 0) + quantity)
  return [...quantities].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** From one location, the first that has enough. */
async function holdOne({ tx, newId }: Context, order: string, levels: readonly StockLevel[], quantity: number): Promise<boolean> {
  for (const level of levels) {
    const change = { add: { held: quantity, available: -quantity } }
    if (!(await tx.touch(stockLevels, level.id, change, compare('available', 'gte', quantity)))) continue
    const { id: stockLevel, variant } = level
    await tx.insert(reservations, { id: newId('rsv'), order, variant, stockLevel, quantity, state: 'held' })
    return true
  }
  return false
}

/** Held units become sold ones. */
export async function commitStock(context: Context, order: string): Promise<void> {
  for (const reservation of await reservationsOf(context.tx, [order], ['held'])) {
    const { quantity } = reservation
    await move(context, reservation, 'committed', { held: -quantity, committed: quantity })
  }
}

/** Held or sold units that were not shipped can be bought again. */
export async function releaseStock(context: Context, orders: readonly string[], state: 'released' | 'expired'): Promise<void> {
  for (const reservation of await reservationsOf(context.tx, orders, ['held', 'committed'])) {
    const { quantity } = reservation
    const from = reservation.state === 'held' ? 'held' : 'committed'
    await move(context, reservation, state, { [from]: -quantity, available: quantity })
  }
}

async function move(
  { tx }: Context,
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
  const limit = orders.length * limits.cartLinesMax
  const found = await tx.find(reservations, { where: oneOf('order', orders), limit, isUnordered: true })
  return found.filter(({ state }) => states.includes(state)).toSorted((a, b) => (a.variant < b.variant ? -1 : 1))
}
