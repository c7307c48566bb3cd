// The filter tree: what a query string, an access rule and a guard of a write all become. Adapters
// compile it, and `matches` evaluates it in memory for live readers; both must agree (conformance).
// Paths are column paths of one collection (`title`, `price.amount`); a reference is followed by `via`.
import { isNear, type Place } from './geo.ts'
import { withoutCase } from './letter-case.ts'
import { haveWords, type Word } from './words.ts'

export type Scalar = string | number | boolean
export type Comparison = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'

export type Filter =
  | { readonly op: 'true' }
  | { readonly op: 'false' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  /** Null never equals, orders or differs: as in SQL, a comparison with a missing value is false. */
  | { readonly op: Comparison; readonly path: string; readonly value: Scalar }
  | { readonly op: 'in' | 'nin'; readonly path: string; readonly values: readonly Scalar[] }
  /** Letters match in either case: letter-case.ts says which they are. */
  | { readonly op: 'contains' | 'startsWith'; readonly path: string; readonly value: string }
  | { readonly op: 'null'; readonly path: string; readonly value: boolean }
  /** A place on earth at `path` is within so many millimetres of this one, which is in units of geo.ts. */
  | { readonly op: 'near'; readonly path: string; readonly lat: number; readonly lng: number; readonly mm: number }
  /** The list of ids at `path` holds the value; one that is missing holds nothing. */
  | { readonly op: 'has'; readonly path: string; readonly value: string }
  /** It holds one of the values, which are some. */
  | { readonly op: 'hasAny'; readonly path: string; readonly values: readonly string[] }
  /** Each of the words stands in one of the searched fields at `paths` (words.ts). */
  | WordsFilter
  /** Some record of `collection` with `local` = `remote` fits `of`: a reference followed, either way. A list of ids matches by any. */
  | {
      readonly op: 'via'
      readonly collection: string
      readonly local: string
      readonly remote: string
      readonly isList?: boolean
      readonly of: Filter
    }

export type WordsFilter = { readonly op: 'words'; readonly paths: readonly string[]; readonly words: readonly Word[] }

export const always: Filter = { op: 'true' }
export const never: Filter = { op: 'false' }

export function eq(path: string, value: Scalar): Filter {
  return { op: 'eq', path, value }
}
export function compare(path: string, op: Comparison, value: Scalar): Filter {
  return { op, path, value }
}
export function oneOf(path: string, values: readonly Scalar[]): Filter {
  return values.length === 0 ? never : { op: 'in', path, values }
}
export function isNull(path: string, value = true): Filter {
  return { op: 'null', path, value }
}
/** The list of ids at `path` holds this one. */
export function has(path: string, value: string): Filter {
  return { op: 'has', path, value }
}

/** The list of ids at `path` holds one of these. */
export function hasAny(path: string, values: readonly string[]): Filter {
  return values.length === 0 ? never : { op: 'hasAny', path, values }
}

/** All of them; trivial parts are folded away so that a public rule costs nothing in the query. */
export function and(...parts: readonly (Filter | undefined)[]): Filter {
  const rest: Filter[] = []
  for (const part of parts) {
    if (part === undefined || part.op === 'true') continue
    if (part.op === 'false') return never
    if (part.op === 'and') rest.push(...part.of)
    else rest.push(part)
  }
  return rest.length === 0 ? always : rest.length === 1 ? rest[0]! : { op: 'and', of: rest }
}

export function or(...parts: readonly Filter[]): Filter {
  const rest: Filter[] = []
  for (const part of parts) {
    if (part.op === 'true') return always
    if (part.op === 'false') continue
    if (part.op === 'or') rest.push(...part.of)
    else rest.push(part)
  }
  return rest.length === 0 ? never : rest.length === 1 ? rest[0]! : { op: 'or', of: rest }
}

export function not(part: Filter): Filter {
  if (part.op === 'true') return never
  if (part.op === 'false') return always
  return { op: 'not', of: part }
}

/** True, false, or unknown: SQL's three values, so that `not` of a missing value stays unmatched here too. */
type Truth = boolean | null

/**
 * Whether the record fits. A `via` cannot be decided from one record: the answer is then 'ask',
 * and the caller asks the database.
 */
export function matches(filter: Filter, record: Readonly<Record<string, unknown>>): boolean | 'ask' {
  if (hasVia(filter)) return 'ask'
  return evaluate(filter, record) === true
}

export function hasVia(filter: Filter): boolean {
  if (filter.op === 'via') return true
  if (filter.op === 'and' || filter.op === 'or') return filter.of.some(hasVia)
  return filter.op === 'not' && hasVia(filter.of)
}

function evaluate(filter: Filter, record: Readonly<Record<string, unknown>>): Truth {
  switch (filter.op) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and': {
      let truth: Truth = true
      for (const part of filter.of) {
        const one = evaluate(part, record)
        if (one === false) return false
        if (one === null) truth = null
      }
      return truth
    }
    case 'or': {
      let truth: Truth = false
      for (const part of filter.of) {
        const one = evaluate(part, record)
        if (one === true) return true
        if (one === null) truth = null
      }
      return truth
    }
    case 'not': {
      const one = evaluate(filter.of, record)
      return one === null ? null : !one
    }
    case 'null':
      return (valueAt(record, filter.path) === null) === filter.value
    case 'via':
      return null
    case 'words':
      return haveWords(
        filter.paths.map((path) => record[path]),
        filter.words,
      )
    case 'near': {
      const place = (record[filter.path] ?? null) as Place | null
      return place === null ? null : isNear(place, filter, filter.mm)
    }
    case 'has':
      return Array.isArray(record[filter.path]) && (record[filter.path] as unknown[]).includes(filter.value)
    case 'hasAny': {
      const held = record[filter.path]
      return Array.isArray(held) && filter.values.some((value) => held.includes(value))
    }
    default:
      return compareValue(filter, valueAt(record, filter.path))
  }
}

function compareValue(
  filter: Exclude<Filter, { op: 'true' | 'false' | 'and' | 'or' | 'not' | 'null' | 'via' | 'has' | 'hasAny' | 'near' | 'words' }>,
  value: Scalar | null,
): Truth {
  if (value === null) return null
  switch (filter.op) {
    case 'eq':
      return value === filter.value
    case 'ne':
      return value !== filter.value
    case 'lt':
      return order(value, filter.value) < 0
    case 'lte':
      return order(value, filter.value) <= 0
    case 'gt':
      return order(value, filter.value) > 0
    case 'gte':
      return order(value, filter.value) >= 0
    case 'in':
      return filter.values.includes(value)
    case 'nin':
      return !filter.values.includes(value)
    case 'contains':
      return withoutCase(String(value)).includes(withoutCase(filter.value))
    case 'startsWith':
      return withoutCase(String(value)).startsWith(withoutCase(filter.value))
  }
}

/** Text by code points, as databases do; JavaScript's own order of UTF-16 units puts U+10000 before U+E000. */
function order(a: Scalar, b: Scalar): number {
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) - Number(b)
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Surrogates after all other units. */
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit
}

function valueAt(record: Readonly<Record<string, unknown>>, path: string): Scalar | null {
  const dot = path.indexOf('.')
  if (dot < 0) return (record[path] ?? null) as Scalar | null
  const inner = record[path.slice(0, dot)] as Record<string, unknown> | null | undefined
  return (inner?.[path.slice(dot + 1)] ?? null) as Scalar | null
}
