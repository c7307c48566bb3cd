// `sort=place` beside `filter[place][near]`: the nearest first. No index that all databases have gives that order, so all that fits is
// read and put in order here, and there is a bound to how much that may be. Invariant: the order is that of distance and id, on every
// database the same, and a page goes on behind the last record of the one before.
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Filter } from '../contract/filter.ts'
import { haversine, type Place } from '../contract/geo.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'
import { decodeNearCursor, encodeNearCursor } from './cursor.ts'

type Near = Extract<Filter, { op: 'near' }>

/** What is listed. */
export type Found = { readonly read: Reader; readonly collection: CollectionModel; readonly where: Filter }
/** One page of it, and how that says where the next one begins. */
export type Order = { page(limit: number, cursor: string | undefined): Promise<AnyRecord[]>; encode(last: AnyRecord): string }

/** What a list is near to, where it is sorted by that; null for every other sort. A field that the caller may not see is in no filter. */
export function nearOf(sort: string | undefined, filter: Filter | undefined): Near | null {
  const parts = filter?.op === 'and' ? filter.of : [filter]
  return parts.find((part): part is Near => part?.op === 'near' && part.path === sort) ?? null
}

/** @throws validation_failed where too many fit */
export function nearestFirst({ read, collection, where }: Found, near: Near): Order {
  const atOf = (record: AnyRecord): At => [haversine(record[near.path] as Place, near), record.id]
  return {
    async page(limit, cursor) {
      const after = cursor === undefined ? null : decodeNearCursor(cursor)
      // Beyond the limit: refused, for any of them might be the nearest.
      const found = await read.find<AnyRecord>(collection, { where, limit: limits.nearestMax + 1, isUnordered: true })
      if (found.length > limits.nearestMax)
        throw invalid(
          'query:sort',
          'too_many',
          `puts at most ${limits.nearestMax} records in order, and more are near: ask for fewer meters`,
        )
      const placed = found.map((record) => ({ record, at: atOf(record) })).filter(({ at }) => after === null || compare(at, after) > 0)
      const ordered = placed.toSorted((a, b) => compare(a.at, b.at))
      return ordered.slice(0, limit).map(({ record }) => record)
    },
    encode: (last) => encodeNearCursor(...atOf(last)),
  }
}

type At = readonly [far: number, id: string]
function compare([far, id]: At, [otherFar, otherId]: At): number {
  return far - otherFar || (id < otherId ? -1 : id > otherId ? 1 : 0)
}
