// Reading every record that fits a condition, however many there are. What is decided over several records is
// decided over all of them: a limit would make the rest not count. Invariant: nothing is left out that was there
// when the reading began and whose parent the caller holds.
import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import type { Filter } from '../contract/filter.ts'
import type { AnyRecord, CollectionRef, ComputeReader } from '../schema/collection.ts'

/** Every record that fits, in no order. One statement up to a page's worth, which is nearly always; then pages by id. */
export async function findAll<T extends AnyRecord>(
  read: Pick<ComputeReader, 'find'>,
  collection: CollectionRef<T>,
  where?: Filter,
): Promise<T[]> {
  const limit = limits.readPageSize
  // Beyond the limit: read again by id below, so that a page can continue where the last one ended.
  const first = await read.find(collection, { ...(where && { where }), limit, isUnordered: true })
  if (first.length < limit) return first
  const all: T[] = []
  for await (const page of pagesById(read, collection, where)) all.push(...page)
  return all
}

/** Pages of what fits, by id. A record that is changed meanwhile is met once. */
export async function* pagesById<T extends AnyRecord>(
  read: Pick<ComputeReader, 'find'>,
  collection: CollectionRef<T>,
  where?: Filter,
): AsyncGenerator<T[]> {
  const limit = limits.readPageSize
  let last: string | null = null
  while (true) {
    // Beyond the limit: the next page.
    const page: T[] = await read.find(collection, { ...(where && { where }), limit, ...(last !== null && { after: [last] }) })
    if (page.length > 0) yield page
    if (page.length < limit) return
    last = page.at(-1)!.id
  }
}

/** The record of a value that only one can have, or null. Where two fit, none is meant: that is a mistake of the caller. */
export async function findUnique<T>(read: Pick<ComputeReader, 'find'>, collection: CollectionRef<T>, where: Filter): Promise<T | null> {
  // Beyond the limit: nothing that could change the answer.
  const [found, other] = await read.find(collection, { where, limit: 2, isUnordered: true })
  assert(other === undefined, `${collection.name}: two records fit where one was meant`)
  return found ?? null
}
