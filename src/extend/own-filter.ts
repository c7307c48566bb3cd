// What code of a project asks the database for, checked where it is taken. Invariant: every database answers the same. What is
// undefined, or no value of the field's kind, would match everything on one and nothing on another, or fail with its own words.
import { limits } from '../base/limits.ts'
import { isStorableText, unstorableText } from '../base/text.ts'
import { compare, type Filter, and as filterAnd, or as filterOr, has, isNull, not, oneOf, type Scalar } from '../contract/filter.ts'
import { plainType } from '../schema/kinds/kind.ts'
import type { CollectionModel, Column, Model } from '../schema/model.ts'
import { isObject, shown } from '../schema/shape.ts'
import type { Reader, Sort } from '../storage/storage.ts'
import { OwnMistake } from './own-code.ts'
import { checkId } from './own-key.ts'

/** Where a part of a query stands: of which collection, and how it is told. */
type Place = {
  readonly model: Model
  readonly collection: CollectionModel
  readonly at: string
  /** It has the name of its field. */
  readonly isNamed?: true
  readonly depth: number
  readonly used: Used
}
type Used = { conditions: number; values: number }
type Asked = { readonly where: Filter; readonly sort: readonly Sort[]; readonly limit?: number }

/** All of them must hold. @throws OwnMistake for what is undefined, which would match everything */
export function and(...parts: readonly Filter[]): Filter {
  return filterAnd(...given(parts, 'and'))
}

/** One of them must hold. @throws OwnMistake for what is undefined */
export function or(...parts: readonly Filter[]): Filter {
  return filterOr(...given(parts, 'or'))
}

function given(parts: readonly Filter[], of: string): readonly Filter[] {
  const missing = parts.findIndex((part) => !isObject(part))
  if (missing < 0) return parts
  throw new OwnMistake(`${of}(…): part ${missing + 1} is ${shown(parts[missing])}, and must be a filter`)
}

/** `where`, `filter`, `sort` and `limit` as they were given. @throws OwnMistake that names the path */
export function askedOf(model: Model, collection: CollectionModel, { query, by }: { readonly query: object; readonly by: string }): Asked {
  const told = `records(${collection.name}).${by}:`
  const names = by === 'count' ? ['where', 'filter'] : ['where', 'filter', 'sort', 'limit']
  for (const [name, value] of Object.entries(query)) {
    if (!names.includes(name)) throw new OwnMistake(`${told} there is no ${name}; there are ${names.join(', ')}`)
    if (value === undefined) throw new OwnMistake(`${told} ${name} is undefined: leave it out where it is not meant`)
  }
  const { where = {}, filter, sort = [], limit } = query as { where?: unknown; filter?: unknown; sort?: unknown; limit?: unknown }
  const used = { conditions: 0, values: 0 }
  const place = (at: string) => ({ model, collection, at: `${told} ${at}`, depth: 0, used })
  if (filter !== undefined) checkNode(place('filter'), filter)
  if (limit !== undefined && !(Number.isSafeInteger(limit) && (limit as number) > 0))
    throw new OwnMistake(`${told} limit is ${shown(limit)}, and must be a whole number from 1`)
  return {
    where: filterAnd(filter as Filter | undefined, whereOf(place('where'), where)),
    sort: sortOf(place('sort'), sort),
    ...(limit === undefined ? {} : { limit: limit as number }),
  }
}

/** A reader that says so where it is asked for what no database should be. */
export function checkedReader(read: Reader, model: Model): Reader {
  const checkQuery = (ref: { readonly name: string }, query: { readonly where?: Filter | undefined }) => {
    if ('where' in query) checkFilter(model, ref, query.where)
  }
  return {
    async get(ref, id, where) {
      checkId(id, `get(${ref.name}): the id`)
      if (where !== undefined) checkFilter(model, ref, where)
      return await read.get(ref, id, where)
    },
    async getMany(ref, ids) {
      for (const id of ids) checkId(id, `getMany(${ref.name}): an id`)
      return await read.getMany(ref, ids)
    },
    async find(ref, query) {
      checkQuery(ref, query)
      for (const { path } of query.sort ?? []) columnOf(model.get(ref), path, `find(${ref.name}): sort`)
      return await read.find(ref, query)
    },
    async count(ref, ...[where, ...rest]) {
      if (where !== undefined) checkFilter(model, ref, where)
      return await read.count(ref, where, ...rest)
    },
    async group(ref, query) {
      checkQuery(ref, query)
      return await read.group(ref, query)
    },
  }
}

/** @throws OwnMistake that names the path */
export function checkFilter(model: Model, ref: { readonly name: string }, filter: unknown): void {
  const collection = model.get(ref as never)
  checkNode({ model, collection, at: `a filter of ${ref.name}`, depth: 0, used: { conditions: 0, values: 0 } }, filter)
}

function checkNode(place: Place, node: unknown): void {
  const { model, collection, at, depth, used } = place
  if (!isObject(node) || typeof node['op'] !== 'string')
    throw new OwnMistake(`${at} is ${shown(node)}, and must be a filter, made with eq, and, or and the others`)
  if (++used.conditions > limits.ownConditionsMax) throw new OwnMistake(`${at}: there are more than ${limits.ownConditionsMax} conditions`)
  if (depth > limits.ownFilterDepthMax) throw new OwnMistake(`${at}: it nests deeper than ${limits.ownFilterDepthMax}`)
  const filter = node as Filter
  const inside = (part: unknown, step: string, within = collection) =>
    checkNode({ ...place, collection: within, at: `${at}.${step}`, depth: depth + 1 }, part)
  switch (filter.op) {
    // Words are made by the engine alone.
    case 'true':
    case 'false':
    case 'words':
      return
    case 'and':
    case 'or':
      if (!Array.isArray(filter.of)) throw new OwnMistake(`${at}.of is ${shown(filter.of)}, and must be a list`)
      for (const [index, part] of filter.of.entries()) inside(part, `of[${index}]`)
      return
    case 'not':
      return inside(filter.of, 'of')
    case 'via': {
      const target = model.find(filter.collection)
      if (target === undefined) throw new OwnMistake(`${at}: there is no collection ${shown(filter.collection)}`)
      columnOf(collection, filter.local, at)
      columnOf(target, filter.remote, at)
      return inside(filter.of, 'of', target)
    }
    case 'near':
      columnOf(collection, `${filter.path}.lat`, at)
      for (const number of [filter.lat, filter.lng, filter.mm])
        if (!Number.isFinite(number)) throw new OwnMistake(`${at}: it is near ${shown(number)}, and must be near finite numbers`)
      return
    default:
      return checkComparison(place, filter)
  }
}

type Comparing = Exclude<Filter, { readonly op: 'true' | 'false' | 'words' | 'and' | 'or' | 'not' | 'via' | 'near' }>

function checkComparison({ collection, at, used, isNamed }: Place, filter: Comparing): void {
  const column = columnOf(collection, filter.path, at)
  const here = isNamed ? at : `${at}, ${filter.path}`
  switch (filter.op) {
    case 'null':
      return checkTruth(filter.value, here)
    case 'has':
      if (!column.isList) throw new OwnMistake(`${here}: it is no list`)
      return checkText(filter.value, here)
    case 'hasAny':
      if (!column.isList) throw new OwnMistake(`${here}: it is no list`)
      if (!Array.isArray(filter.values) || filter.values.length === 0) throw mustBe(here, filter.values, 'a list with something in it')
      for (const value of filter.values) checkText(value, here)
      return
    case 'in':
    case 'nin':
      if (!Array.isArray(filter.values)) throw mustBe(here, filter.values, 'a list')
      used.values += filter.values.length
      if (used.values > limits.ownListMax) throw new OwnMistake(`${here}: it lists more than ${limits.ownListMax} values`)
      for (const [index, value] of filter.values.entries()) checkValue(column, value, `${here}[${index}]`)
      return
    case 'contains':
    case 'startsWith':
      if (!column.comparing.isText) throw new OwnMistake(`${here}: ${filter.op} needs a text field`)
      checkText(filter.value, here)
      if (filter.value.length > limits.textMatchCharactersMax)
        throw new OwnMistake(`${here}: it looks for more than ${limits.textMatchCharactersMax} characters`)
      return
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return checkValue(column, filter.value, here)
    default:
      throw new OwnMistake(`${here}: there is no comparison ${shown((filter as Filter).op)}`)
  }
}

/** As it lies in the database. */
function checkValue(column: Column, value: unknown, at: string): void {
  switch (plainType(column.type)) {
    case 'text':
      return checkText(value, at)
    case 'integer':
    case 'dateTime':
      if (Number.isSafeInteger(value)) return
      throw mustBe(at, value, column.type === 'dateTime' ? 'a time in whole milliseconds' : 'a whole number')
    case 'boolean':
      return checkTruth(value, at)
    default:
      throw new OwnMistake(`${at}: ${column.path} cannot be compared so`)
  }
}

function checkTruth(value: unknown, at: string): void {
  if (typeof value !== 'boolean') throw mustBe(at, value, 'true or false')
}

function checkText(value: unknown, at: string): asserts value is string {
  if (typeof value !== 'string') throw mustBe(at, value, 'a text')
  if (!isStorableText(value)) throw new OwnMistake(`${at} ${unstorableText}`)
}

function mustBe(at: string, value: unknown, what: string): OwnMistake {
  const isMissing = value === undefined ? ': leave the condition out where it is not meant' : ''
  return new OwnMistake(`${at} is ${shown(value)}, and must be ${what}${isMissing}`)
}

/** `price` alone is the first of its columns. */
function columnOf({ name, columns, fields }: CollectionModel, path: unknown, at: string): Column {
  const column = columns.get(path as string) ?? fields.get(path as string)?.columns[0]
  if (column === undefined) throw new OwnMistake(`${at}: ${name} has no field ${shown(path)} that the database has a value of`)
  return column
}

function sortOf({ collection, at }: Place, sort: unknown): readonly Sort[] {
  const keys = [sort].flat()
  if (keys.length > limits.sortKeysMax) throw new OwnMistake(`${at} names more than ${limits.sortKeysMax} fields`)
  return keys.map((key: unknown) => {
    if (typeof key !== 'string') throw mustBe(at, key, 'a field, with `-` before it for descending')
    const descending = key.startsWith('-')
    const path = descending ? key.slice(1) : key
    columnOf(collection, path, at)
    return { path, descending }
  })
}

function whereOf(place: Place, where: unknown): Filter {
  if (!isObject(where)) throw mustBe(place.at, where, 'an object of fields and their conditions')
  return filterAnd(
    ...Object.entries(where).map(([path, condition]) => conditionOf({ ...place, at: `${place.at}.${path}` }, path, condition)),
  )
}

function conditionOf(place: Place, path: string, condition: unknown): Filter {
  const checked = (filter: Filter, at = place.at) => {
    checkNode({ ...place, at, isNamed: true }, filter)
    return filter
  }
  if (condition === null) return checked(isNull(path))
  if (!isObject(condition)) return checked(compare(path, 'eq', condition as Scalar))
  const comparisons = Object.entries(condition)
  if (comparisons.length === 0) throw mustBe(place.at, condition, 'a value, or comparisons such as { gte: 1 }')
  return filterAnd(
    ...comparisons.map(([op, value]) =>
      checked(operatorOf({ ...place, at: `${place.at}.${op}` }, path, { op, value }), `${place.at}.${op}`),
    ),
  )
}

function operatorOf({ at }: Place, path: string, { op, value }: { readonly op: string; readonly value: unknown }): Filter {
  switch (op) {
    case 'has':
      return has(path, value as string)
    case 'in':
    case 'nin':
      if (!Array.isArray(value)) throw mustBe(at, value, 'a list')
      return op === 'in' ? oneOf(path, value) : not(oneOf(path, value))
    case 'null':
      return isNull(path, value as boolean)
    case 'contains':
    case 'startsWith':
      return { op, path, value: value as string }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return compare(path, op, value as Scalar)
    default:
      throw new OwnMistake(`${at}: there is no comparison ${op}`)
  }
}
