// Rows of the database, each read once for one look at the feed. Ids that are asked for in one turn are read together.
import { limits } from '../base/limits.ts'
import type { Filter } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Reader } from '../storage/storage.ts'

export type Found = {
  readonly found: readonly AnyRecord[]
  /** There are more than are looked at. */
  readonly isCut: boolean
}

export type Rows = {
  byId(collection: string, id: string): Promise<AnyRecord | null>
  find(collection: string, where: Filter): Promise<Found>
  /** What was found before; undefined where that was not asked. */
  known(collection: string, where: Filter): Promise<Found> | undefined
  /** How many questions were put to the database. */
  asked(): number
}

type Batch = { readonly ids: Set<string>; readonly answer: Promise<ReadonlyMap<string, AnyRecord>> }

export function createRows(read: Pick<Reader, 'find' | 'getMany'>): Rows {
  const records = new Map<string, Promise<AnyRecord | null>>()
  const batches = new Map<string, Batch>()
  const finds = new Map<string, Promise<Found>>()
  let asked = 0

  /** The batch that has not been asked yet. */
  function batchOf(collection: string): Batch {
    const waiting = batches.get(collection)
    if (waiting) return waiting
    const ids = new Set<string>()
    const answer = Promise.resolve().then(async () => {
      batches.delete(collection)
      const all = [...ids]
      const parts: Promise<AnyRecord[]>[] = []
      for (let start = 0; start < all.length; start += limits.filterListMax) {
        asked++
        parts.push(read.getMany<AnyRecord>({ name: collection }, all.slice(start, start + limits.filterListMax)))
      }
      return new Map((await Promise.all(parts)).flat().map((record) => [record.id, record]))
    })
    const batch = { ids, answer }
    batches.set(collection, batch)
    return batch
  }

  async function find(collection: string, where: Filter): Promise<Found> {
    asked++
    const limit = limits.liveDependentsMax
    // Beyond the limit: it is said that there are more, and who asked gives up and says so too.
    const found = await read.find<AnyRecord>({ name: collection }, { where, limit: limit + 1, isUnordered: true })
    for (const record of found) records.set(`${collection} ${record.id}`, Promise.resolve(record))
    return { found: found.slice(0, limit), isCut: found.length > limit }
  }

  return {
    byId(collection, id) {
      const key = `${collection} ${id}`
      let record = records.get(key)
      if (!record) {
        const { ids, answer } = batchOf(collection)
        ids.add(id)
        record = answer.then((all) => all.get(id) ?? null)
        records.set(key, record)
      }
      return record
    },
    find(collection, where) {
      const key = keyOf(collection, where)
      let found = finds.get(key)
      if (!found) {
        found = find(collection, where)
        finds.set(key, found)
      }
      return found
    },
    known: (collection, where) => finds.get(keyOf(collection, where)),
    asked: () => asked,
  }
}

function keyOf(collection: string, where: Filter): string {
  return `${collection} ${JSON.stringify(where)}`
}
