// Whether a record fits a filter that is not stored as it is decided upon: one that is about to be written.
import { always, and, type Filter, matches, never, oneOf, type Scalar } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Reader } from '../storage/storage.ts'

/** What the record refers to is looked at as it is stored. */
export async function decide(read: Pick<Reader, 'find'>, filter: Filter, record: Readonly<Record<string, unknown>>): Promise<boolean> {
  return matches(await withoutReferences(read, filter, record), record) === true
}

/** The filter with each `via` answered for this record. */
async function withoutReferences(read: Pick<Reader, 'find'>, filter: Filter, record: Readonly<Record<string, unknown>>): Promise<Filter> {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, of: await Promise.all(filter.of.map((part) => withoutReferences(read, part, record))) }
    case 'not':
      return { op: 'not', of: await withoutReferences(read, filter.of, record) }
    case 'via': {
      const where = and(oneOf(filter.remote, [record[filter.local] ?? []].flat() as Scalar[]), filter.of)
      // Beyond the limit: one that fits is enough.
      const found = where.op === 'false' ? [] : await read.find<AnyRecord>({ name: filter.collection }, { where, limit: 1 })
      return found.length > 0 ? always : never
    }
    default:
      return filter
  }
}

/** Whether the filter looks at records of this collection: one that is written may then be among them. */
export function looksAt(filter: Filter, collection: string): boolean {
  if (filter.op === 'via') return filter.collection === collection || looksAt(filter.of, collection)
  if (filter.op === 'and' || filter.op === 'or') return filter.of.some((part) => looksAt(part, collection))
  return filter.op === 'not' && looksAt(filter.of, collection)
}
