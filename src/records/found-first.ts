// Conditions on what a list of references leads to, such as the way to a category: where few records fit, they are found first, and the
// lists that hold one of them by an index. Followed from each record instead, PostgreSQL needs 10 s for 100,000 products.
import { limits } from '../base/limits.ts'
import { type Filter, hasAny } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Reader } from '../storage/storage.ts'

/** Whether the condition has such parts. Without them nothing is to be waited for: who asks is looked up in the trip of what they ask for. */
export function leadsFromList(filter: Filter | undefined): filter is Filter {
  if (filter === undefined) return false
  return filter.op === 'and' || filter.op === 'or' ? filter.of.some(leadsFromList) : isLedFromList(filter)
}

function isLedFromList(filter: Filter): filter is Extract<Filter, { readonly op: 'via' }> {
  return filter.op === 'via' && filter.isList === true && filter.remote === 'id'
}

/**
 * The same condition. For what a caller asks, and not for access rules: it is read before the records are, and what may be seen is decided
 * where they are read.
 */
export async function foundFirst(read: Pick<Reader, 'find'>, filter: Filter): Promise<Filter> {
  if (filter.op === 'and' || filter.op === 'or') {
    const of = await Promise.all(filter.of.map(async (part) => await foundFirst(read, part)))
    return { op: filter.op, of }
  }
  if (!isLedFromList(filter)) return filter
  const target = { name: filter.collection }
  // Beyond the limit: then the lists are followed.
  const found = await read.find<AnyRecord>(target, { where: filter.of, limit: limits.followedIdsMax + 1, isUnordered: true })
  const ids = found.map(({ id }) => id)
  return ids.length > limits.followedIdsMax ? filter : hasAny(filter.local, ids)
}
