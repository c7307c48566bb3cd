// Holding, committing and giving back stock. Each step is one guarded write of all its stock rows, the
// amounts of one row summed first and rows taken in one order, so two checkouts never wait in a circle.
import { EngineError } from '../../base/engine-error.ts'
import type { Project, StockSettings } from '../../config/project.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { and, eq, type Filter, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Addition } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { mainLocation, type Reservation, reservations, type StockLevel, stockLevels } from './collections.ts'
import { stockLow } from './events.ts'

/** `each`: units of it in one of the line. `to`: the country that it goes to. */
export type Wanted = {
  readonly variant: string
  readonly quantity: number
  readonly line: string
  readonly title: string
  readonly each: number
  readonly to: string
}

/** What was sold: of a bundle, with what one of it is made of. */
export type Sold = {
  readonly variant: string
  readonly parts?: readonly { readonly variant: string; readonly quantity: number; readonly isDigital?: true }[]
  readonly isDigital?: true
}
export type Units = { readonly variant: string; readonly quantity: number }

/** Of one of it: of a bundle its parts, of what is digital nothing. */
function counted({ variant, parts, isDigital }: Sold): Units[] {
  if (isDigital) return []
  if (parts === undefined) return [{ variant, quantity: 1 }]
  return parts.filter((part) => !part.isDigital).map((part) => ({ variant: part.variant, quantity: part.quantity }))
}

export function unitsOfOne(sold: Sold): number {
  return counted(sold).reduce((sum, { quantity }) => sum + quantity, 0)
}

/** Of so many of each. */
export function stockUnits(sold: readonly { readonly of: Sold; readonly quantity: number }[]): Units[] {
  return sold.flatMap(({ of, quantity }) => counted(of).map((one) => ({ variant: one.variant, quantity: one.quantity * quantity })))
}

type Ordered = Sold & { readonly id: string; readonly title: string; readonly quantity: number }

/** What lines that go to a country take. */
export function wantedOf(lines: readonly Ordered[], to: string): Wanted[] {
  return lines.flatMap((line) =>
    counted(line).map(({ variant, quantity: each }) => {
      const { id, title, quantity } = line
      return { line: id, title, variant, each, quantity: each * quantity, to }
    }),
  )
}

/**
 * Holds all of it or nothing: units move from available to held. Answers what was brought low by it.
 * @throws out_of_stock naming the lines and what is left of each
 */
export async function holdStock(work: Work, order: string, wanted: readonly Wanted[]): Promise<DomainEvent[]> {
  if (wanted.length === 0) return []
  const quantities = quantitiesOf(wanted)
  const levels = await decidedLevels(work.tx, [...quantities.keys()])
  const { shares, missing } = sharesOf(settingsFor(work.project, wanted), quantities, levels)
  if (missing.length > 0) throw outOfStock(wanted, missing, { quantities, levels })
  await holdEach(work, order, shares)
  return shares.flatMap(({ level, quantity }) => broughtLow(level, -quantity))
}

type Known = { readonly quantities: ReadonlyMap<string, number>; readonly levels: ReadonlyMap<string, readonly StockLevel[]> }

function outOfStock(wanted: readonly Wanted[], missing: readonly string[], { quantities, levels }: Known): EngineError {
  const each = missing.flatMap((variant) => {
    const requested = quantities.get(variant)!
    const available = levels.get(variant)!.reduce((sum, level) => sum + level.available, 0)
    return wanted
      .filter((one) => one.variant === variant)
      .map((one) => {
        const { line, title } = one
        return { line, title, requested: Math.ceil(requested / one.each), available: Math.floor(available / one.each) }
      })
  })
  // A bundle is as short as the shortest of its parts.
  const lines = Map.groupBy(each, ({ line }) => line).values()
  const short = [...lines].map((of) => of.toSorted((a, b) => a.available - b.available || b.requested - a.requested)[0]!)
  const [first] = short
  return new EngineError('out_of_stock', {
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
export async function canHold({ tx, project }: Pick<Work, 'tx' | 'project'>, wanted: readonly Wanted[]): Promise<boolean> {
  if (wanted.length === 0) return true
  const quantities = quantitiesOf(wanted)
  return sharesOf(settingsFor(project, wanted), quantities, await levelsOf(tx, [...quantities.keys()])).missing.length === 0
}

async function levelsOf(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, readonly StockLevel[]>> {
  const byVariant = Map.groupBy(await findAll(tx, stockLevels, oneOf('variant', ids)), ({ variant }) => variant)
  return new Map(ids.map((id) => [id, byVariant.get(id) ?? []]))
}

/**
 * Where a choice is made, or somebody is to be told, the levels are held as they are: of many buyers at once each then sees what the
 * others have left at every location. One level that nobody watches is guarded by its own write, and not looked at twice.
 */
async function decidedLevels(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, readonly StockLevel[]>> {
  const levels = await levelsOf(tx, ids)
  const isDecided = (of: readonly StockLevel[]) => of.length > 1 || of.some(({ lowAt }) => (lowAt ?? null) !== null)
  const held = await tx.lockAll(
    stockLevels,
    [...levels.values()].filter(isDecided).flatMap((of) => of.map(({ id }) => id)),
    'exclusive',
  )
  if (held.length === 0) return levels
  const now = Map.groupBy(held, ({ variant }) => variant)
  return new Map([...levels].map(([variant, of]) => [variant, now.get(variant) ?? of]))
}

/** Lines on one variant are one amount (two lines must not each see the same last unit). In the order of the variants. */
function quantitiesOf(wanted: readonly Wanted[]): ReadonlyMap<string, number> {
  const quantities = new Map<string, number>()
  for (const { variant, quantity } of wanted) quantities.set(variant, (quantities.get(variant) ?? 0) + quantity)
  return new Map([...quantities].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** From where each is taken, and of which variants there is not enough. */
function sharesOf(
  settings: Allocation,
  quantities: ReadonlyMap<string, number>,
  levels: ReadonlyMap<string, readonly StockLevel[]>,
): { readonly shares: readonly Share[]; readonly missing: readonly string[] } {
  const found = [...quantities].map(([variant, quantity]) => ({ variant, shares: allocate(levels.get(variant)!, quantity, settings) }))
  return {
    shares: found.flatMap(({ shares }) => shares ?? []),
    missing: found.filter(({ shares }) => shares === null).map(({ variant }) => variant),
  }
}

type Allocation = StockSettings & { readonly to: string }

/** All that is held at once goes to one place. */
function settingsFor({ shop }: Project, wanted: readonly Wanted[]): Allocation {
  return { ...shop!.stock, to: wanted[0]!.to }
}

type Share = { readonly level: StockLevel; readonly quantity: number }

/** Null where there is not enough: at one of them, or at all together where a quantity may be taken from several. */
function allocate(levels: readonly StockLevel[], quantity: number, settings: Allocation): Share[] | null {
  const inOrder = levels.length < 2 ? levels : levels.toSorted(orderOf(settings))
  const whole = inOrder.find(({ available }) => available >= quantity)
  if (whole !== undefined) return [{ level: whole, quantity }]
  if (!settings.split) return null
  const shares: Share[] = []
  let missing = quantity
  for (const level of inOrder) {
    const units = Math.min(level.available, missing)
    if (units === 0) continue
    shares.push({ level, quantity: units })
    missing -= units
  }
  return missing === 0 ? shares : null
}

/** The one with the most left, or those near to where it goes, then as the config lists them. One that it does not list comes last, by its name. */
function orderOf({ locations, allocate: rule, near, to }: Allocation): (a: StockLevel, b: StockLevel) => number {
  const listed = new Map((locations.length === 0 ? [mainLocation] : locations).map((name, index) => [name, index]))
  const rank = ({ location }: StockLevel) => listed.get(location) ?? listed.size
  const far = ({ location }: StockLevel) => (near.get(location)?.has(to) ? 0 : 1)
  const first = (a: StockLevel, b: StockLevel) => {
    if (rule === 'most') return b.available - a.available
    return rule === 'nearest' ? far(a) - far(b) : 0
  }
  return (a, b) => first(a, b) || rank(a) - rank(b) || (a.location < b.location ? -1 : 1)
}

/** In the order of the variants. Somebody quicker is a conflict: then all of it is looked at again. */
async function holdEach({ tx, newId }: Work, order: string, shares: readonly Share[]): Promise<void> {
  await tx.addOrFail(
    stockLevels,
    shares.map(({ level, quantity }) => ({ id: level.id, add: { held: quantity, available: -quantity } })),
  )
  await tx.insertMany(
    reservations,
    shares.map(({ level, quantity }) => ({
      id: newId('rsv'),
      order,
      variant: level.variant,
      quantity,
      stockLevel: level.id,
      state: 'held' as const,
    })),
  )
}

/** A level whose counters were held while so much was added: an event where that made it low. */
export function broughtLow(before: StockLevel, added: number): DomainEvent[] {
  const available = before.available + added
  const isLow = (before.lowAt ?? null) !== null && before.available > before.lowAt! && available <= before.lowAt!
  return isLow ? [stockLow({ level: { ...before, available } })] : []
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
