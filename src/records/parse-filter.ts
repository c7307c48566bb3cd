// Filters, sorts and expand paths of a query string, checked against the model and against what the
// caller may see. A name that does not exist and one that is hidden get the same answer. What comes
// out is a filter tree with every traversed collection's own read rule inside.
import type { Actor } from '../access/actor.ts'
import { type EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { and, type Filter, not, or, type Scalar } from '../contract/filter.ts'
import { type FilterOperator, filterOperators, isList } from '../schema/kinds/kind.ts'
import type { CollectionModel, Column, CompiledField, Model } from '../schema/model.ts'
import type { Sort } from '../storage/storage.ts'
import { isReadable, readFilter, reading, visibleList } from './present.ts'

export type QueryScope = { readonly model: Model; readonly collection: CollectionModel; readonly actor: Actor }

/** `filter[price][lte]=1500`, already split at its brackets. @throws validation_failed */
export function parseFilter(scope: QueryScope, node: unknown): Filter {
  return parseNode({ ...scope, depth: 0, hops: 0 }, node, 'filter', { conditions: 0, references: 0 })
}

/** What one filter has used up of its limits. */
type Budget = { conditions: number; references: number }
/** How deep within the filter, and how many references away from its collection. */
type Place = QueryScope & { readonly depth: number; readonly hops: number }

function count(budget: Budget): void {
  if (++budget.conditions > limits.filterConditionsMax)
    throw invalid('query:filter', 'conditions', `has more than ${limits.filterConditionsMax} conditions`)
}

function parseNode(scope: Place, node: unknown, at: string, budget: Budget): Filter {
  const inner = { ...scope, depth: scope.depth + 1 }
  if (scope.depth > limits.filterDepthMax) throw invalid(`query:${at}`, 'depth', `nests deeper than ${limits.filterDepthMax}`)
  if (!isObject(node)) throw invalid(`query:${at}`, 'filter', 'must name a field: filter[field][operator]=value')
  const parts = Object.entries(node).map(([key, value]) => {
    const path = `${at}[${key}]`
    if (key === 'and' || key === 'or') {
      if (!isObject(value) || !Object.keys(value).every((index) => /^\d+$/.test(index)))
        throw invalid(`query:${path}`, 'filter', `must be numbered: ${path}[0][field]=value`)
      const branches = Object.entries(value).map(([index, branch]) => parseNode(inner, branch, `${path}[${index}]`, budget))
      return key === 'and' ? and(...branches) : or(...branches)
    }
    if (key === 'not') return not(parseNode(inner, value, path, budget))
    return parseField(scope, key.split('.'), value, path, budget)
  })
  return and(...parts)
}

function parseField(scope: Place, path: readonly string[], value: unknown, at: string, budget: Budget): Filter {
  const [name, ...rest] = path as [string, ...string[]]
  const { model, collection, actor } = scope
  const list = visibleList(scope, name)
  if (list) {
    if (rest.length === 0 && !isObject(value)) throw unknownField(scope, name, at)
    return follow({ ...scope, collection: list.target, actor: reading(actor, list.target) }, rest, value, at, budget, {
      local: 'id',
      remote: list.by,
    })
  }
  const field = collection.fields.get(name)
  if (!field || field.isComputed || !isReadable(field.field, actor)) throw unknownField(scope, name, at)
  const { kind, to } = field.field
  if (to !== undefined && (rest.length > 0 || asksOfAnother(value))) {
    const by = { local: name, remote: 'id', isList: isList(kind) }
    const target = model.get({ name: to })
    return follow({ ...scope, collection: target, actor: reading(actor, target) }, rest, value, at, budget, by)
  }
  if (isList(kind) && typeof value === 'string') {
    count(budget)
    return { op: 'has', path: name, value }
  }
  const column = rest.length > 0 ? collection.columns.get(path.join('.')) : field.columns[0]
  if (!column) throw unknownField(scope, path.join('.'), at)
  if (column.type === 'json') throw invalid(`query:${at}`, 'not_filterable', `${name} cannot be filtered so`)
  if (field.field.options) checkOptions(field.field.options, value, at)
  if (rest.length === 0 && column.comparing.area) checkAsksForArea(column, value, at)
  return parseConditions(column, value, at, budget)
}

/** A value that an enum does not have matches nothing: it is a mistake, which an empty list would hide. */
function checkOptions(options: readonly string[], value: unknown, at: string): void {
  for (const [operator, operand] of isObject(value) ? Object.entries(value) : [['', value]]) {
    if (!['', 'eq', 'ne', 'in', 'nin'].includes(operator as string)) continue
    const isList = operator === 'in' || operator === 'nin'
    const given = isObject(operand) ? Object.values(operand) : isList ? String(operand).split(',') : [operand]
    if (!given.every((one) => options.includes(one as string)))
      throw invalid(`query:${at}${operator === '' ? '' : `[${operator}]`}`, 'enum', `must be one of ${options.join(', ')}`)
  }
}

/** A place as a whole equals none and is in no order: its first part alone would be compared. */
function checkAsksForArea({ comparing }: Column, value: unknown, at: string): void {
  const asked = isObject(value) ? Object.keys(value) : ['eq']
  const other = asked.find((operator) => !comparing.offered.includes(operator as FilterOperator))
  if (other === undefined) return
  const path = isObject(value) ? `${at}[${other}]` : at
  throw invalid(`query:${path}`, 'operator', `asks a place for ${other}; there are ${comparing.offered.join(', ')}`)
}

/** `filter[author][name]=Ann&filter[author][active]=true`: conditions on the record that is referred to, and not on the reference. */
function asksOfAnother(value: unknown): boolean {
  return isObject(value) && !Object.keys(value).some((key) => filterOperators.includes(key as FilterOperator))
}

/** Of a list one record that fits is enough; what is asked of it in brackets, one and the same has to fit. */
function follow(
  scope: Place,
  rest: readonly string[],
  value: unknown,
  at: string,
  budget: Budget,
  by: { local: string; remote: string; isList?: boolean },
): Filter {
  const { hops, depth } = scope
  if (hops + 1 > limits.pathHopsMax) throw invalid(`query:${at}`, 'depth', `follows more than ${limits.pathHopsMax} references`)
  if (++budget.references > limits.filterReferencesMax)
    throw invalid('query:filter', 'references', `follows more than ${limits.filterReferencesMax} references in all`)
  const there = { ...scope, hops: hops + 1, depth: depth + 1 }
  const wanted = rest.length > 0 ? parseField(there, rest, value, at, budget) : parseNode(there, value, at, budget)
  const of = and(readFilter(scope.collection, scope.actor), wanted)
  return { op: 'via', collection: scope.collection.name, ...by, of }
}

function parseConditions(column: Column, value: unknown, at: string, budget: Budget): Filter {
  if (!isObject(value)) return parseCondition(column, 'eq', value, at, budget)
  return and(
    ...Object.entries(value).map(([operator, operand]) => {
      if (!filterOperators.includes(operator as FilterOperator))
        throw invalid(`query:${at}[${operator}]`, 'operator', `is no operator; there are ${filterOperators.join(', ')}`)
      return parseCondition(column, operator as FilterOperator, operand, `${at}[${operator}]`, budget)
    }),
  )
}

function parseCondition(column: Column, op: FilterOperator, value: unknown, at: string, budget: Budget): Filter {
  count(budget)
  const { path } = column
  if (op === 'in' || op === 'nin') {
    const texts = isObject(value) ? Object.values(value) : String(value).split(',')
    if (texts.length > limits.filterListMax) throw invalid(`query:${at}`, 'list', `lists more than ${limits.filterListMax} values`)
    return { op, path, values: texts.map((text) => parseValue(column, text, at)) }
  }
  if (typeof value !== 'string') throw invalid(`query:${at}`, 'type', 'must be one value')
  if (op === 'near' || op === 'within') return parseArea(column, op, value, at)
  if (op === 'null') {
    if (value !== 'true' && value !== 'false') throw invalid(`query:${at}`, 'type', 'must be true or false')
    return { op, path, value: value === 'true' }
  }
  if (op === 'contains' || op === 'startsWith') {
    if (!column.comparing.isText) throw invalid(`query:${at}`, 'operator', `${op} needs a text field`)
    if (value.length > limits.textMatchCharactersMax)
      throw invalid(`query:${at}`, 'length', `looks for more than ${limits.textMatchCharactersMax} characters`)
    return { op, path, value }
  }
  return { op, path, value: parseValue(column, value, at) }
}

function parseArea({ comparing, part, path }: Column, op: 'near' | 'within', text: string, at: string): Filter {
  const area = comparing.area?.(op, path.slice(0, -`.${part}`.length), text)
  if (area === undefined) throw invalid(`query:${at}`, 'operator', `${op} needs a place`)
  if ('problem' in area) throw invalid(`query:${at}`, 'type', area.problem)
  return area.filter
}

/** A value of a query string in the type of its column. */
function parseValue({ comparing }: Column, text: unknown, at: string): Scalar {
  if (typeof text !== 'string') throw invalid(`query:${at}`, 'type', 'must be one value')
  const stored = comparing.fromQuery(text)
  if ('problem' in stored) throw invalid(`query:${at}`, 'type', stored.problem)
  return stored.value
}

/** A cursor holds the values of the last record: no database or address takes a whole article there. */
export function isSortable({ field, columns }: CompiledField): boolean {
  return columns.length > 0 && columns[0]!.type !== 'json' && !field.kind.isLarge && field.kind.isMeasured !== false
}

/** `sort=-createdAt,name`. @throws validation_failed */
export function parseSort(scope: QueryScope, text: string | undefined): Sort[] {
  if (text === undefined || text === '') return []
  const named = text.split(',')
  if (named.length > limits.sortKeysMax) throw invalid('query:sort', 'keys', `names more than ${limits.sortKeysMax} fields`)
  const keys = named.map((part) => {
    const descending = part.startsWith('-')
    const name = descending ? part.slice(1) : part
    const { collection, actor } = scope
    const field = collection.fields.get(name.split('.', 1)[0]!)
    const column = field?.columns[0]
    // Of several parts, the first stands for them all.
    if (!field || !column || (name !== field.name && name !== column.path) || !isReadable(field.field, actor))
      throw unknownField(scope, name, 'sort')
    if (!isSortable(field)) throw invalid('query:sort', 'not_sortable', whyUnsorted(field))
    return { path: column.path, descending }
  })
  const repeated = keys.find(({ path }, index) => keys.findIndex((other) => other.path === path) < index)
  if (repeated) throw invalid('query:sort', 'repeated', `names ${repeated.path} twice`)
  // Ids differ, so what is named after the id decides nothing.
  const last = keys.findIndex(({ path }) => path === 'id')
  return last < 0 ? keys : keys.slice(0, last + 1)
}

function whyUnsorted({ name, columns }: CompiledField): string {
  if (!columns[0]?.comparing.area) return `${name} cannot be sorted by`
  return `${name} is sorted by alone, the nearest first, beside filter[${name}][near]`
}

function unknownField(scope: QueryScope, name: string, at: string): EngineError {
  const field = scope.collection.fields.get(name)
  if (field?.isComputed && isReadable(field.field, scope.actor)) {
    const isSort = at === 'sort'
    const what = isSort ? 'sorted' : 'filtered'
    const message = `${name} is computed when a record is read: no list can be ${what} by it`
    return invalid(`query:${at}`, isSort ? 'not_sortable' : 'not_filterable', message)
  }
  const names = [...scope.collection.fields.values()]
    .filter(({ field, isComputed }) => !isComputed && isReadable(field, scope.actor))
    .map((field) => field.name)
  return invalid(`query:${at}`, 'unknown_field', `${scope.collection.name} has no field ${name}; there are ${names.join(', ')}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
