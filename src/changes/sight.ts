// Whether a record fitted a filter right after a given position of the feed. What changed in the stretch at hand is known from
// it; all else is as the database has it. Invariant: a row of the database is only believed where the stretch says nothing of
// its record, so what is judged is true of that position, once the stretch reaches as far as the rows that were read.
import { always, and, eq, type Filter, hasVia, matches, never, type Scalar } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { valueAtPath } from '../schema/model.ts'
import type { History } from './history.ts'
import type { Found, Rows } from './rows.ts'

export type Via = Extract<Filter, { op: 'via' }>

export type Sight = {
  fits(filter: Filter, record: AnyRecord, position: number): Promise<boolean>
  /** The record right after `position`; null when it was not there. */
  stateAt(collection: string, id: string, position: number): Promise<AnyRecord | null>
  /** Records that have this value, or had it in the stretch. */
  holders(collection: string, path: string, value: Scalar): Promise<Iterable<string>>
  /** Judging would take more than one look may. */
  giveUp(): void
  /** Nothing that was judged counts: it would have taken more. */
  isGivenUp(): boolean
  /** Whether dependents were looked for in the database, which may be ahead of the stretch. */
  hasLookedAround(): boolean
}

type Moment = { readonly record: AnyRecord; readonly isThere: (via: Via, value: Scalar) => Promise<boolean> }

export function createSight(history: History, rows: Rows): Sight {
  let isGivenUp = false
  let hasLookedAround = false

  async function stateAt(collection: string, id: string, position: number): Promise<AnyRecord | null> {
    const known = history.at(collection, id, position)
    return known === undefined ? await rows.byId(collection, id) : known
  }

  async function fits(filter: Filter, record: AnyRecord, position: number): Promise<boolean> {
    if (!hasVia(filter)) return matches(filter, record) === true
    return matches(await answered(filter, { record, isThere: (via, value) => isThere(via, value, position) }, true), record) === true
  }

  /** Whether some record with this value at the other end fits. */
  async function isThere({ collection, remote, of }: Via, value: Scalar, position: number): Promise<boolean> {
    if (remote === 'id') {
      const record = await stateAt(collection, String(value), position)
      return record !== null && (await fits(of, record, position))
    }
    // What looks at no other record can be asked of the database.
    const isPlain = !hasVia(of)
    const { found, isCut } = await foundWith(collection, eq(remote, value), isPlain ? of : always)
    const unchanged = found.filter(({ id }) => history.at(collection, id, position) === undefined)
    if (isPlain && unchanged.length > 0) return true
    if (isCut) isGivenUp = true
    const changed = [...history.idsWith(collection, remote, value)].flatMap((id) => history.at(collection, id, position) ?? [])
    const there = [...unchanged, ...changed.filter((record) => valueAtPath(record, remote) === value)]
    return (await Promise.all(there.map((record) => fits(of, record, position)))).includes(true)
  }

  /** Where all with the value are at hand, others have asked for them: each of many views would ask the database again. */
  async function foundWith(collection: string, where: Filter, of: Filter): Promise<Found> {
    const all = await rows.known(collection, where)
    if (all === undefined || all.isCut) return await rows.find(collection, and(where, of))
    return { found: all.found.filter((record) => matches(of, record) === true), isCut: false }
  }

  return {
    fits,
    stateAt,
    async holders(collection, path, value) {
      hasLookedAround = true
      if (path === 'id') return [String(value)]
      const { found, isCut } = await rows.find(collection, eq(path, value))
      if (isCut) isGivenUp = true
      return new Set([...found.map(({ id }) => id), ...history.idsWith(collection, path, value)])
    },
    giveUp() {
      isGivenUp = true
    },
    isGivenUp: () => isGivenUp,
    hasLookedAround: () => hasLookedAround,
  }
}

/**
 * The filter with each `via` answered, as far as that can still decide. `isPositive`: no `not` is around it, so what is
 * not true is as good as false.
 */
async function answered(filter: Filter, moment: Moment, isPositive: boolean): Promise<Filter> {
  switch (filter.op) {
    case 'and':
    case 'or': {
      const isTrue = filter.of.filter((part) => !hasVia(part)).map((part) => matches(part, moment.record) === true)
      if (filter.op === 'or' && isTrue.includes(true)) return always
      if (filter.op === 'and' && isTrue.includes(false) && isPositive) return never
      return { op: filter.op, of: await Promise.all(filter.of.map((part) => answered(part, moment, isPositive))) }
    }
    case 'not':
      return { op: 'not', of: await answered(filter.of, moment, false) }
    case 'via': {
      const value = moment.record[filter.local] as Scalar | readonly Scalar[] | null | undefined
      const found = await Promise.all(([value ?? []].flat() as Scalar[]).map((one) => moment.isThere(filter, one)))
      return found.includes(true) ? always : never
    }
    default:
      return filter
  }
}
