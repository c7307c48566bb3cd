// What leaves the house and what comes back. Whoever calls holds the order, so its reservations are nobody else's; each step writes
// the reservations, the counters of their stock rows and, where what is on hand changes, a movement for each row.
import { assert } from '../../base/assert.ts'
import { EngineError } from '../../base/engine-error.ts'
import { and, eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Addition } from '../../storage/storage.ts'
import { type movementKinds, type Reservation, reservations, stockLevels, stockMovements } from './collections.ts'
import type { Units } from './reserve-stock.ts'

/** Sold units leave the house. */
export async function consumeStock(work: Work, order: string, units: readonly Units[]): Promise<void> {
  const moved = await moveUnits(work, order, { units, from: 'committed', to: 'consumed' })
  await checkInHouse(work, moved)
  await addUp(work, moved, (quantity) => ({ onHand: -quantity, committed: -quantity, available: 0 }))
  await note(work, order, { moved, kind: 'shipped', sign: -1 })
}

/** What was sold before it came can be sent once it is there. @throws out_of_stock */
async function checkInHouse({ tx }: Work, moved: readonly Moved[]): Promise<void> {
  const sums = new Map(byLevel(moved))
  const missing = (await tx.getMany(stockLevels, [...sums.keys()])).filter(({ id, onHand }) => onHand < sums.get(id)!)
  if (missing.length === 0) return
  const what = missing.map(({ id, onHand, location }) => `${onHand} of ${sums.get(id)} at ${location}`).join(', ')
  throw new EngineError('out_of_stock', { detail: `Sold before it came, and not in the house yet: ${what}.` })
}

/** A parcel that did not leave: its units are in the house, and sold as before. */
export async function keepStock(work: Work, order: string, units: readonly Units[]): Promise<void> {
  const moved = await moveUnits(work, order, { units, from: 'consumed', to: 'committed' })
  await addUp(work, moved, (quantity) => ({ onHand: quantity, committed: quantity, available: 0 }))
  await note(work, order, { moved, kind: 'shipped', sign: 1, reason: 'The parcel did not leave.' })
}

/** Sold units that are not sent can be bought again. */
export async function releaseUnits(work: Work, order: string, units: readonly Units[]): Promise<void> {
  const moved = await moveUnits(work, order, { units, from: 'committed', to: 'released' })
  await addUp(work, moved, (quantity) => ({ onHand: 0, committed: -quantity, available: quantity }))
}

/** Units that a customer sent back: they can be bought again, or are written off, which is a movement of its own. */
export async function takeBackUnits(
  work: Work,
  order: string,
  {
    restocked,
    writtenOff,
    reason,
  }: { readonly restocked: readonly Units[]; readonly writtenOff: readonly Units[]; readonly reason: string },
): Promise<void> {
  const back = await moveUnits(work, order, { units: restocked, from: 'consumed', to: 'returned' })
  await addUp(work, back, (quantity) => ({ onHand: quantity, committed: 0, available: quantity }))
  await note(work, order, { moved: back, kind: 'returned', sign: 1, reason })
  const lost = await moveUnits(work, order, { units: writtenOff, from: 'consumed', to: 'returned' })
  await note(work, order, { moved: lost, kind: 'returned', sign: 1, reason })
  await note(work, order, { moved: lost, kind: 'written_off', sign: -1, reason })
}

type Moved = { readonly stockLevel: string; readonly variant: string; readonly quantity: number }
type Move = { readonly units: readonly Units[]; readonly from: Reservation['state']; readonly to: Reservation['state'] }

/** So many units of each variant, the oldest reservations first. One of which a part moves is split. */
async function moveUnits({ tx, newId }: Work, order: string, { units, from, to }: Move): Promise<Moved[]> {
  const wanted = new Map<string, number>()
  for (const { variant, quantity } of units) wanted.set(variant, (wanted.get(variant) ?? 0) + quantity)
  if (wanted.size === 0) return []
  const found = await findAll(tx, reservations, and(eq('order', order), eq('state', from)))
  const moved: Moved[] = []
  for (const one of found.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const { variant, stockLevel } = one
    const quantity = Math.min(one.quantity, wanted.get(variant) ?? 0)
    if (quantity === 0) continue
    wanted.set(variant, wanted.get(variant)! - quantity)
    if (quantity === one.quantity) await tx.update(reservations, one, { set: { state: to } })
    else {
      await tx.update(reservations, one, { set: { quantity: one.quantity - quantity } })
      await tx.insert(reservations, { id: newId('rsv'), order, variant, stockLevel, quantity, state: to })
    }
    moved.push({ stockLevel, variant, quantity })
  }
  assert(
    [...wanted.values()].every((left) => left === 0),
    'an order has its units reserved',
  )
  return moved
}

type Counted = { readonly onHand: number; readonly committed: number; readonly available: number }

/** One addition for each stock row, in the order of the variants, as holds take them. */
async function addUp({ tx }: Work, moved: readonly Moved[], change: (quantity: number) => Counted): Promise<void> {
  const additions = byLevel(moved).map(([id, quantity]): Addition => ({ id, add: change(quantity) }))
  if (additions.length > 0) await tx.addOrFail(stockLevels, additions)
}

function byLevel(moved: readonly Moved[]): (readonly [stockLevel: string, quantity: number])[] {
  const sums = new Map<string, number>()
  for (const { stockLevel, quantity } of moved.toSorted((a, b) => (a.variant < b.variant ? -1 : 1)))
    sums.set(stockLevel, (sums.get(stockLevel) ?? 0) + quantity)
  return [...sums]
}

type Note = {
  readonly moved: readonly Moved[]
  readonly kind: (typeof movementKinds)[number]
  readonly sign: 1 | -1
  readonly reason?: string
}

async function note({ tx, newId }: Work, order: string, { moved, kind, sign, reason }: Note): Promise<void> {
  const rows = byLevel(moved).map(([stockLevel, quantity]) => ({ stockLevel, quantity: sign * quantity }))
  if (rows.length === 0) return
  await tx.insertMany(
    stockMovements,
    rows.map((row) => ({ id: newId('mov'), ...row, kind, order, reason: reason ?? null })),
  )
}
