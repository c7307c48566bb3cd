// Stock: three counters per variant and location, changed only by guarded single statements, each with
// its reason beside it: a movement for what is on hand, a reservation for what is held or sold.
// Invariant: available = onHand - safetyStock + backorderLimit + what is coming and may be sold - held - committed, and none is below
// zero; so one column guards all of it, and a hold at one location is one statement.
import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { leastIdAt, type NewId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import { collection, type WriteAccess } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll, pagesById } from '../../storage/find-all.ts'

const counter = () => field.integer({ required: true, min: 0, max: limits.stockUnitsMax })

export const stockLevels = collection('stockLevels', {
  prefix: 'stk',
  title: 'Stock levels',
  system: true,
  feed: false,
  fields: {
    variant: field.ref('variants', { required: true }),
    location: field.text({ required: true, max: limits.locationCharacters }),
    /** Units in the house. */
    onHand: counter(),
    /** Of these, kept for orders that are not paid yet. */
    held: counter(),
    /** Of these, sold and not yet shipped. */
    committed: counter(),
    /** What is left to sell. Stored, so that a guard compares one column on every database. */
    available: counter(),
    /** Of what is on hand, not for sale. */
    safetyStock: field.integer({ min: 0, max: limits.stockUnitsMax }),
    /** Units that are sold beyond what is on hand: ordered again, or not out yet. */
    backorderLimit: field.integer({ min: 0, max: limits.stockUnitsMax }),
    /** `stock.low` is told when what is left to sell comes down to it. */
    lowAt: field.integer({ min: 0, max: limits.stockUnitsMax }),
    /** Units that were ordered, and when they are to come. */
    incoming: field.integer({ min: 0, max: limits.stockUnitsMax }),
    expectedAt: field.dateTime(),
    /** These may be sold before they come: so many preorders, and no more. */
    sellsIncoming: field.boolean(),
  },
  unique: [['variant', 'location']],
  // What is expected is a few rows of all, and moves with deliveries alone.
  indexes: [['incoming']],
  checks: ['onHand', 'held', 'committed', 'available'].map((path) => ({ path, op: 'gte' as const, value: 0 })),
  access: { read: staff },
})
export type StockLevel = NonNullable<(typeof stockLevels)['record']>

/**
 * `transferred`: from or to another location. `counted`: what a count found to differ. `returned`: sent back by a customer.
 * `written_off`: of these, what cannot be sold any more.
 */
export const movementKinds = ['received', 'adjusted', 'shipped', 'returned', 'written_off', 'transferred', 'counted'] as const

/** Why what is on hand changed, for ever. What is held or sold of it is told by the reservations. */
export const stockMovements = collection('stockMovements', {
  prefix: 'mov',
  title: 'Stock movements',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    stockLevel: field.ref('stockLevels', { required: true }),
    kind: field.enum(movementKinds, { required: true }),
    /** Units; negative when it takes away. */
    quantity: field.integer({ required: true }),
    order: field.text(),
    reason: field.text(),
  },
  indexes: [['stockLevel', 'createdAt']],
  access: { read: staff },
})

/** `consumed`: shipped. `returned`: shipped, and sent back. */
export const reservationStates = ['held', 'committed', 'consumed', 'returned', 'released', 'expired'] as const

export const reservations = collection('reservations', {
  prefix: 'rsv',
  system: true,
  feed: false,
  fields: {
    order: field.text({ required: true }),
    variant: field.text({ required: true }),
    /** Without an index: its entries lie apart, a page of each for every order. Who asks from this end asks seldom. */
    stockLevel: field.text({ required: true, max: 100 }),
    quantity: field.integer({ required: true, min: 1 }),
    state: field.enum(reservationStates, { required: true }),
  },
  indexes: [['order']],
  access: { read: staff },
})
export type Reservation = NonNullable<(typeof reservations)['record']>

export const mainLocation = 'main'

/** Ids are made by the clocks of several machines, of which none is a day wrong. */
const clocksApartMs = 86_400_000

/**
 * Forgets the stock of a variant that nobody has bought. What was sold is part of orders and stays.
 * @throws still_referenced
 */
export async function removeStockLevels(tx: WriteAccess, variant: string): Promise<void> {
  for (const level of await findAll(tx, stockLevels, eq('variant', variant))) {
    const ofLevel = eq('stockLevel', level.id)
    // None is older than its level: so all are read only for what is as old as the shop and was never bought.
    const since = compare('id', 'gte', leastIdAt('rsv', level.createdAt - clocksApartMs))
    // Beyond the limit: one is enough to say no.
    if ((await tx.find(reservations, { where: and(ofLevel, since), limit: 1 })).length > 0)
      throw new EngineError('still_referenced', { detail: 'It was ordered before: archive its product instead.' })
    for await (const moved of pagesById(tx, stockMovements, ofLevel))
      for (const movement of moved) await tx.delete(stockMovements, movement)
    await tx.delete(stockLevels, level)
  }
}

/** An empty level at the main location. */
export async function createStockLevel(tx: Pick<WriteAccess, 'insert'>, newId: NewId, variant: string): Promise<StockLevel> {
  return await createStockLevelAt(tx, newId, { variant, location: mainLocation })
}

export async function createStockLevelAt(
  tx: Pick<WriteAccess, 'insert'>,
  newId: NewId,
  place: Pick<StockLevel, 'variant' | 'location'>,
): Promise<StockLevel> {
  const empty = { onHand: 0, held: 0, committed: 0, available: 0 }
  const unsaid = { safetyStock: null, backorderLimit: null, lowAt: null, incoming: null, expectedAt: null, sellsIncoming: null }
  return await tx.insert(stockLevels, { id: newId('stk'), ...place, ...empty, ...unsaid })
}

type Counted = Pick<StockLevel, 'onHand' | 'held' | 'committed' | 'safetyStock' | 'backorderLimit' | 'incoming' | 'sellsIncoming'>

/** What is left to sell of a level with these numbers. */
export function availableOf(level: Counted): number {
  const { onHand, held, committed, safetyStock, backorderLimit, incoming, sellsIncoming } = level
  const coming = sellsIncoming === true ? (incoming ?? 0) : 0
  return onHand - (safetyStock ?? 0) + (backorderLimit ?? 0) + coming - held - committed
}
