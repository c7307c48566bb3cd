// From the port's filters and queries to MongoDB's. MongoDB knows two truth values, the port three: a filter is
// compiled for being true or for being false, and what is unknown (a missing value) is neither. `via` becomes
// a `$lookup` of at most one document, so a query that has one is an aggregation.
import { type Document, Long } from 'mongodb'
import { assert, unreachable } from '../../base/assert.ts'
import { and, type Filter, not, type Scalar, type WordsFilter } from '../../contract/filter.ts'
import { geoFactors } from '../../contract/geo.ts'
import { type CollectionModel, type Model, resolve } from '../../schema/model.ts'
import { regexOf } from '../letter-pattern.ts'
import { type FindQuery, type GroupKey, type GroupQuery, type Measure, pathOf, type Sort } from '../storage.ts'
import { encodeScalar, fieldOf, nameOf } from './document-codec.ts'

/** `first` needs no look-up and may use an index; `lookups` and `last` follow it. */
export type Condition = { readonly first: Document; readonly lookups: readonly Document[]; readonly last: Document | null }

type Scope = { readonly model: Model; readonly collection: CollectionModel; readonly lookups: Document[] }

/** Fits nothing, and the planner knows. */
const nothing: Document = { _id: { $in: [] } }

export type Compiler = ReturnType<typeof createCompiler>

export function createCompiler(model: Model) {
  return {
    condition: (collection: CollectionModel, filter: Filter | undefined) => conditionOf(model, collection, filter),

    /** The parts of a `find`; with a `via` the caller makes an aggregation of them. */
    find(collection: CollectionModel, query: FindQuery): Condition & { readonly sort: Document | null } {
      assert(Number.isSafeInteger(query.limit) && query.limit >= 0, 'a limit is a whole number')
      const sort = (query.sort ?? []).filter(({ path }) => path !== 'id')
      const named = query.sort?.find(({ path }) => path === 'id')
      // Following the last key's direction lets one index serve both, read either way.
      const keys = [...sort, { path: 'id', descending: named?.descending ?? query.sort?.at(-1)?.descending ?? false }]
      const of = conditionOf(model, collection, query.where)
      const directions = keys.map(({ path, descending }) => [fieldOf(collection, path), descending ? -1 : 1])
      return {
        ...of,
        first: query.after ? all([of.first, afterOf(collection, keys, query.after)]) : of.first,
        sort: query.isUnordered ? null : Object.fromEntries(directions),
      }
    },

    /** Of one of the tiers of a ranked query, by its place. */
    tier(collection: CollectionModel, { where, after, ranked: tiers = [] }: FindQuery, at: number): Condition {
      const of = conditionOf(model, collection, and(tiers[at]!, ...tiers.slice(0, at).map(not), where))
      return after?.[0] === at ? { ...of, first: all([of.first, { _id: { $lt: after[1] } }]) } : of
    },

    group(collection: CollectionModel, query: GroupQuery): Document[] {
      const of = conditionOf(model, collection, query.where)
      const keys = query.by.map((key, index) => [`k${index}`, groupKey(key, `$${fieldOf(collection, pathOf(key))}`)])
      const order = Object.fromEntries(query.by.map((_, index) => [`_id.k${index}`, 1]))
      const measures = query.measures.map((measure, index) => [`m${index}`, measureOf(measure, `$${fieldOf(collection, measure.path)}`)])
      return [
        { $match: of.first },
        ...rest(of),
        { $group: { _id: keys.length > 0 ? Object.fromEntries(keys) : null, count: { $sum: 1 }, ...Object.fromEntries(measures) } },
        ...(query.by.length > 0 ? [{ $sort: order }] : []),
        ...(query.limit === undefined ? [] : [{ $limit: query.limit }]),
      ]
    },
  }
}

function groupKey(key: GroupKey, field: string): Document {
  const ofValue = (expression: unknown) => ({ $cond: [{ $eq: [{ $ifNull: [field, null] }, null] }, null, expression] })
  if (typeof key === 'string') return { $ifNull: [field, null] }
  if ('characters' in key) return ofValue({ $substrCP: [field, 0, key.characters] })
  const [ms, from] = [Long.fromNumber(key.ms), Long.fromNumber(key.from)]
  // The remainder of a negative number is negative, so it is taken twice.
  return ofValue({ $subtract: [field, { $mod: [{ $add: [{ $mod: [{ $subtract: [field, from] }, ms] }, ms] }, ms] }] })
}

function measureOf({ of }: Measure, field: string): Document {
  if (of === 'count') return { $sum: { $cond: [{ $eq: [{ $ifNull: [field, null] }, null] }, 0, 1] } }
  // Numbers are doubles or of 64 bits there.
  if (of === 'bigSum') return { $sum: { $toDecimal: { $toLong: field } } }
  return { [`$${of}`]: field }
}

function conditionOf(model: Model, collection: CollectionModel, filter: Filter | undefined): Condition {
  if (filter === undefined || filter.op === 'true') return { first: {}, lookups: [], last: null }
  const parts = filter.op === 'and' ? filter.of : [filter]
  const scope: Scope = { model, collection, lookups: [] }
  const first = parts.filter((part) => !hasVia(part)).map((part) => whereOf(scope, part, true))
  const last = parts.filter(hasVia).map((part) => whereOf(scope, part, true))
  return { first: all(first), lookups: scope.lookups, last: last.length === 0 ? null : all(last) }
}

/** Documents for which the filter is `wanted`, and not unknown. */
function whereOf(scope: Scope, filter: Filter, wanted: boolean): Document {
  switch (filter.op) {
    case 'true':
    case 'false':
      return (filter.op === 'true') === wanted ? {} : nothing
    case 'not':
      return whereOf(scope, filter.of, !wanted)
    case 'and':
    case 'or': {
      const parts = filter.of.map((part) => whereOf(scope, part, wanted))
      if ((filter.op === 'and') === wanted) return all(parts)
      return parts.length === 0 ? nothing : parts.length === 1 ? parts[0]! : { $or: parts }
    }
    case 'via': {
      const name = `_via${scope.lookups.length}`
      scope.lookups.push({ $lookup: { ...lookupOf(scope, filter), as: name } })
      return { [name]: wanted ? { $not: { $size: 0 } } : { $size: 0 } }
    }
    case 'near':
      return nearOf(scope.collection, filter, wanted)
    case 'words':
      return wanted ? wordsOf(scope.collection, filter) : { $nor: [wordsOf(scope.collection, filter)] }
    default:
      return { [fieldOf(scope.collection, filter.path)]: testOf(scope.collection, filter, wanted) }
  }
}

/** As `isNear` of contract/geo.ts has it. A missing place is unknown. */
function nearOf(collection: CollectionModel, { path, lat, lng, mm }: Extract<Filter, { op: 'near' }>, wanted: boolean): Document {
  const { radians, halfRadians, halfAngle } = geoFactors
  const [latField, lngField] = ['lat', 'lng'].map((part) => fieldOf(collection, `${path}.${part}`))
  const square = (angle: Document) => ({ $multiply: [{ $sin: angle }, { $sin: angle }] })
  const half = (field: string, center: number) => square({ $multiply: [{ $subtract: [`$${field}`, center] }, halfRadians] })
  const east = { $multiply: [Math.cos(lat * radians), { $cos: { $multiply: [`$${latField}`, radians] } }, half(lngField!, lng)] }
  const distance = { $add: [half(latField!, lat), east] }
  return all([{ [latField!]: { $ne: null } }, { $expr: { [wanted ? '$lte' : '$gt']: [distance, Math.sin(mm * halfAngle) ** 2] } }])
}

/** Each word in one of the lists. It is letters and digits (words.ts), so a pattern of it has one meaning. */
function wordsOf(collection: CollectionModel, { paths, words }: WordsFilter): Document {
  const names = paths.map((path) => nameOf(collection.words.get(path)!.columns[0]!))
  const each = words.map(({ text, isStart }) => names.map((name) => ({ [name]: isStart ? { $regex: `^${text}` } : text })))
  return all(each.map((parts) => (parts.length === 1 ? parts[0]! : { $or: parts })))
}

function lookupOf({ model, collection }: Scope, filter: Extract<Filter, { op: 'via' }>): Document {
  const target = model.get({ name: filter.collection })
  const remote = fieldOf(target, filter.remote)
  const of = conditionOf(model, target, filter.of)
  // A missing value refers to nothing; `$lookup` alone would let null meet null.
  const pipeline = [{ $match: all([{ [remote]: { $ne: null } }, of.first]) }, ...rest(of), { $limit: 1 }, { $project: { _id: 1 } }]
  return { from: target.table, localField: fieldOf(collection, filter.local), foreignField: remote, pipeline }
}

/**
 * Everything after the last record seen, in the total order of `keys`, which end with the id. One branch for each key,
 * for each is then a range of an index to the planner; there are few keys (limits.sortKeysMax).
 */
function afterOf(collection: CollectionModel, keys: readonly Sort[], seen: readonly (Scalar | null)[]): Document {
  assert(keys.length === seen.length, 'a cursor has one value per sort key and the id')
  const branches: Document[] = []
  for (const [last, key] of keys.entries()) {
    const column = resolve(collection.columns, key.path)
    const beyond = beyondValue(key.descending, column.isNullable, encodeScalar(column, seen[last]))
    if (beyond === null) continue
    const equal = keys.slice(0, last).map(({ path }, index) => {
      const before = resolve(collection.columns, path)
      return { [nameOf(before)]: encodeScalar(before, seen[index]) }
    })
    branches.push(all([...equal, ...beyond(nameOf(column))]))
  }
  return branches.length === 0 ? nothing : branches.length === 1 ? branches[0]! : { $or: branches }
}

/** The stages after the first match. */
export function rest({ lookups, last }: Condition): Document[] {
  return last === null ? [] : [...lookups, { $match: last }, { $unset: lookups.map((_, index) => `_via${index}`) }]
}

export function all(parts: readonly Document[]): Document {
  const real = parts.filter((part) => Object.keys(part).length > 0)
  return real.length === 0 ? {} : real.length === 1 ? real[0]! : { $and: real }
}

function hasVia(filter: Filter): boolean {
  if (filter.op === 'via') return true
  if (filter.op === 'and' || filter.op === 'or') return filter.of.some(hasVia)
  return filter.op === 'not' && hasVia(filter.of)
}

const opposite = { eq: 'ne', ne: 'eq', lt: 'gte', lte: 'gt', gt: 'lte', gte: 'lt', in: 'nin', nin: 'in' } as const

/** One field's condition. MongoDB's comparisons look at values of their own type alone: none of them fits null. */
function testOf(
  collection: CollectionModel,
  filter: Exclude<Filter, { op: 'true' | 'false' | 'and' | 'or' | 'not' | 'via' | 'near' | 'words' }>,
  wanted: boolean,
): Document {
  const column = resolve(collection.columns, filter.path)
  switch (filter.op) {
    case 'null':
      return filter.value === wanted ? { $eq: null } : { $ne: null }
    case 'has':
      return wanted ? { $eq: filter.value } : { $ne: filter.value }
    case 'hasAny':
      return { [wanted ? '$in' : '$nin']: filter.values }
    case 'contains':
    case 'startsWith': {
      const pattern = { $regex: regexOf(filter.value, filter.op === 'startsWith') }
      return wanted ? pattern : { $not: pattern, $ne: null }
    }
    case 'in':
    case 'nin': {
      const values = filter.values.map((value) => encodeScalar(column, value))
      return (wanted ? filter.op : opposite[filter.op]) === 'in' ? { $in: values } : { $nin: [...values, null] }
    }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const value = encodeScalar(column, filter.value)
      const op = wanted ? filter.op : opposite[filter.op]
      return op === 'ne' ? { $nin: [value, null] } : { [`$${op}`]: value }
    }
    default:
      return unreachable(filter)
  }
}

/** The conditions under which a field comes after `value`; null where nothing can. Null sorts lowest. */
function beyondValue(descending: boolean, isNullable: boolean, value: unknown): ((name: string) => Document[]) | null {
  if (value === null) return descending ? null : (name) => [{ [name]: { $ne: null } }]
  if (!descending) return (name) => [{ [name]: { $gt: value } }]
  return (name) => [isNullable ? { $or: [{ [name]: { $lt: value } }, { [name]: null }] } : { [name]: { $lt: value } }]
}
