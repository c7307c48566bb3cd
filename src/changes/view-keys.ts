// By which values a filter is found: a record fits it only if it holds one of them, or if some record that it leads to does.
import type { Filter, Scalar } from '../contract/filter.ts'

/** One reference followed, either way. */
export type Lead = { readonly local: string; readonly collection: string; readonly remote: string }

/** `value` at `path` of the record itself, or of one that `leads` come to. */
export type Key = { readonly leads: readonly Lead[]; readonly path: string; readonly value: Scalar }

/** Keys of which the filter needs one; null when it may be true without any. */
export function keysOf(filter: Filter): readonly Key[] | null {
  switch (filter.op) {
    case 'eq':
    case 'has':
      return [{ leads: [], path: filter.path, value: filter.value }]
    case 'in':
      return filter.values.map((value) => ({ leads: [], path: filter.path, value }))
    case 'false':
      return []
    case 'and':
      return filter.of.map(keysOf).reduce(rarer, null)
    case 'or': {
      const parts = filter.of.map(keysOf)
      return parts.includes(null) ? null : parts.flatMap((keys) => keys!)
    }
    case 'via': {
      if (filter.isList) return null
      const { local, collection, remote } = filter
      return keysOf(filter.of)?.map((key) => ({ ...key, leads: [{ local, collection, remote }, ...key.leads] })) ?? null
    }
    default:
      return null
  }
}

/** Of the record itself before of others, and an id before a state: which it is only decides how many views are looked at. */
function rarer(one: readonly Key[] | null, other: readonly Key[] | null): readonly Key[] | null {
  if (one === null || other === null) return one ?? other
  const worthOf = (keys: readonly Key[]) => Math.min(...keys.map(({ leads, value }) => String(value).length - 100 * leads.length))
  return worthOf(other) > worthOf(one) ? other : one
}
