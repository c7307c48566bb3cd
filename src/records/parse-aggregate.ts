// What an aggregate asks for, checked against what the caller may see: the groups and measures of the storage, and how its
// answer is put in order and told. A name that does not exist and one that is hidden get the same answer.
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { nearest } from '../base/nearest.ts'
import type { Scalar } from '../contract/filter.ts'
import { scaleOf } from '../schema/kinds/kind.ts'
import type { CompiledField } from '../schema/model.ts'
import type { Group, GroupKey, Measure } from '../storage/storage.ts'
import { isSortable, type QueryScope } from './parse-filter.ts'
import { isReadable } from './present.ts'
import { keyOfDays, keyOfTimes, type Span, spanOfDay, spanOfTime, spans } from './spans.ts'

export const measureNames = ['sum', 'avg', 'min', 'max'] as const
export type MeasureName = (typeof measureNames)[number]
export type Value = Scalar | null

export type Aggregate = {
  readonly by: readonly GroupKey[]
  readonly measures: readonly Measure[]
  /** The key at this place as it is told, where several of the storage's are one. */
  spanOf(index: number, value: Value): Value
  compare(a: Group, b: Group): number
  present(group: Group): Record<string, unknown>
}
type Asked = { readonly [K in MeasureName | 'group' | 'sort']?: string } & { readonly timeZone: string }

type Key = {
  readonly name: string
  readonly by: GroupKey
  readonly told: (value: Value) => unknown
  readonly span?: (value: Value) => Value
}
type Told = { readonly measure: MeasureName; readonly name: string; amountOf(group: Group): Value; tell(group: Group): unknown }

/** Whether its values can be summed: whole numbers, decimals and money, whose currency then stands beside the groups. */
export function isSummable({ columns, field }: CompiledField): boolean {
  const [column] = columns
  return (
    column !== undefined &&
    (column.type === 'integer' || scaleOf(column.type) !== null) &&
    field.kind.refers === undefined &&
    field.kind.isMeasured !== false
  )
}
/** Whether one of its values is the least. */
export function isOrdered(compiled: CompiledField): boolean {
  const { columns, field } = compiled
  const { comparing } = columns[0] ?? {}
  return isSortable(compiled) && comparing?.rules === 'order' && (!comparing.isText || field.kind.spans !== undefined)
}

/** @throws validation_failed */
export function parseAggregate(scope: QueryScope, asked: Asked): Aggregate {
  const keys = listed(asked.group, 'group', limits.groupKeysMax).map((token) => parseKey(scope, token, asked.timeZone))
  const measured = measureNames.flatMap((measure) =>
    listed(asked[measure], measure, limits.measuresMax).map((name) => ({ measure, field: measuredField(scope, measure, name) })),
  )
  // Amounts of different currencies are never added: what stands beside a value is one more key.
  const units = [...new Set(measured.flatMap(({ field }) => field.columns.slice(1).map(({ path }) => path)))]
  const measures: Measure[] = []
  const place = (of: Measure['of'], path: string): number => {
    const known = measures.findIndex((measure) => measure.of === of && measure.path === path)
    return known >= 0 ? known : measures.push({ of, path }) - 1
  }
  const told = measured.map(({ measure, field }): Told => {
    const { path } = field.columns[0]!
    const unitAt = field.columns.slice(1).map((column) => [column.part!, keys.length + units.indexOf(column.path)] as const)
    const amountOf = readerOf(measure, (of) => place(of, path))
    const tell = (group: Group) => {
      const value = amountOf(group)
      if (field.columns.length === 1) return value === null ? null : tellOne(field, measure, value)
      const parts = unitAt.map(([part, index]) => [part, group.key[index]] as const)
      if (value === null || parts.some(([, unit]) => unit === null)) return null
      return { [field.columns[0]!.part!]: measure === 'avg' ? Math.round(value as number) : value, ...Object.fromEntries(parts) }
    }
    return { measure, name: field.name, amountOf, tell }
  })
  return {
    by: [...keys.map(({ by }) => by), ...units],
    measures,
    spanOf: (index, value) => (value === null ? null : (keys[index]?.span?.(value) ?? value)),
    compare: orderOf(asked.sort, keys, told),
    present: (group) => ({
      group: Object.fromEntries(keys.map(({ name, told: tell }, index) => [name, tell(group.key[index]!)])),
      count: group.count,
      ...Object.fromEntries(measureNames.flatMap((measure) => ofMeasure(measure, told, group))),
    }),
  }
}

/** An average is told with as many decimals as its values have. */
function tellOne({ field: { kind } }: CompiledField, measure: MeasureName, value: Scalar): unknown {
  if (!kind.toWire) return value
  return kind.toWire(measure === 'avg' ? Math.round(value as number) : value)
}

function ofMeasure(measure: MeasureName, told: readonly Told[], group: Group): [string, object][] {
  const own = told.filter((one) => one.measure === measure)
  return own.length === 0 ? [] : [[measure, Object.fromEntries(own.map(({ name, tell }) => [name, tell(group)]))]]
}

/** An average is a sum by how many have a value, so that spans can be put together. */
function readerOf(measure: MeasureName, place: (of: Measure['of']) => number): (group: Group) => Value {
  const first = place(measure === 'avg' ? 'sum' : measure)
  if (measure === 'min' || measure === 'max') return (group) => group.values[first]!
  const count = place('count')
  return (group) => {
    const known = group.values[count] as number
    if (measure === 'sum') return group.values[first]!
    return known === 0 ? null : (group.values[first] as number) / known
  }
}

function listed(text: string | undefined, at: string, max: number): string[] {
  if (text === undefined || text === '') return []
  const names = text.split(',')
  if (names.length > max) throw invalid(`query:${at}`, 'fields', `names more than ${max} fields`)
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated !== undefined) throw invalid(`query:${at}`, 'repeated', `names ${repeated} twice`)
  return names
}

/** `status`, `total.currency`, `createdAt:month`. */
function parseKey({ collection, actor }: QueryScope, token: string, timeZone: string): Key {
  const [path, span] = token.split(':', 2) as [string, string | undefined]
  const field = collection.fields.get(path.split('.', 1)[0]!)
  const column = field?.name === path ? field.columns[0] : collection.columns.get(path)
  if (!field || !column || !isReadable(field.field, actor)) throw unknown({ collection, actor }, 'group', path, isSortable)
  const isWhole = field.name === path
  if (!isSortable(field)) throw invalid('query:group', 'not_groupable', `${path} cannot be grouped by`)
  if (isWhole && field.columns.length > 1) {
    const parts = field.columns.map((part) => part.path).join(' or ')
    throw invalid('query:group', 'not_groupable', `${path} has several parts: group by ${parts}`)
  }
  const { kind } = field.field
  if (span === undefined)
    return { name: token, by: column.path, told: (value) => (value === null || !isWhole ? value : (kind.toWire?.(value) ?? value)) }
  if (kind.spans === undefined) throw invalid('query:group', 'span', `${path} is no time and no day: leave out :${span}`)
  const known = spans.filter((name) => kind.spans === 'times' || name !== 'hour')
  if (!known.includes(span as Span)) throw invalid('query:group', 'span', `${path} has no :${span}; there are ${known.join(', ')}`)
  const wanted = span as Span
  const told = (value: Value) => value
  return kind.spans === 'times'
    ? { name: token, by: keyOfTimes(path, wanted, timeZone), told, span: (value) => spanOfTime(value as number, wanted, timeZone) }
    : { name: token, by: keyOfDays(path, wanted), told, span: (value) => spanOfDay(value as string, wanted) }
}

function measuredField(scope: QueryScope, measure: MeasureName, name: string): CompiledField {
  const field = scope.collection.fields.get(name)
  const fits = measure === 'sum' || measure === 'avg' ? isSummable : isOrdered
  if (!field || field.isComputed || !isReadable(field.field, scope.actor)) throw unknown(scope, measure, name, fits)
  if (!fits(field)) throw invalid(`query:${measure}`, 'not_measurable', `${name} has no ${measure}${suggestion(scope, '', fits)}`)
  return field
}

function unknown(scope: Pick<QueryScope, 'collection' | 'actor'>, at: string, name: string, fits: (field: CompiledField) => boolean) {
  const field = scope.collection.fields.get(name)
  if (field?.isComputed && isReadable(field.field, scope.actor)) {
    const code = at === 'group' ? 'not_groupable' : 'not_measurable'
    return invalid(`query:${at}`, code, `${name} is computed when a record is read: no aggregate can ask for it`)
  }
  return invalid(`query:${at}`, 'unknown_field', `${scope.collection.name} has no field ${name}${suggestion(scope, name, fits)}`)
}

function suggestion(
  { collection, actor }: Pick<QueryScope, 'collection' | 'actor'>,
  name: string,
  fits: (field: CompiledField) => boolean,
): string {
  const known = [...collection.fields.values()].filter((field) => !field.isComputed && isReadable(field.field, actor) && fits(field))
  const near = nearest(
    name,
    known.map((field) => field.name),
  )
  return near !== '' || known.length === 0 ? near : `; there are ${known.map((field) => field.name).join(', ')}`
}

/** By what is asked for, then by the groups, null first: so the order is total. */
function orderOf(text: string | undefined, keys: readonly Key[], told: readonly Told[]): Aggregate['compare'] {
  const known = new Map<string, (group: Group) => Value>([
    ['count', (group) => group.count],
    ...keys.map(({ name }, index) => [`group.${name}`, (group: Group) => group.key[index]!] as const),
    ...told.map(({ measure, name, amountOf }) => [`${measure}.${name}`, amountOf] as const),
  ])
  const asked = listed(text, 'sort', limits.sortKeysMax).map((token) => {
    const name = token.startsWith('-') ? token.slice(1) : token
    const amountOf = known.get(name)
    if (!amountOf) throw invalid('query:sort', 'unknown_field', `there is no ${name} to sort by; there are ${[...known.keys()].join(', ')}`)
    return { amountOf, sign: token.startsWith('-') ? -1 : 1 }
  })
  return (a, b) => {
    for (const { amountOf, sign } of asked) {
      const order = compared(amountOf(a), amountOf(b))
      if (order !== 0) return order * sign
    }
    for (const [index, value] of a.key.entries()) {
      const order = compared(value, b.key[index]!)
      if (order !== 0) return order
    }
    return 0
  }
}

function compared(a: Value, b: Value): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  return a < b ? -1 : 1
}
