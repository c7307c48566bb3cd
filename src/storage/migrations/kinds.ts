// What the columns of the database mean, kept beside them: an integer that is a time and one that is a number
// look alike to most databases. Invariant: a column's meaning is written down before the column is there.

import type { ColumnType } from '../../schema/kinds/kind.ts'
import type { Model } from '../../schema/model.ts'
import type { Kinds, Meaning } from './dialect.ts'
import type { ColumnSpec, Step } from './steps.ts'
import {
  isSameType,
  leftoverOf,
  type StoredColumn,
  type StoredSchema,
  type StoredTable,
  shadowOf,
  storedModel,
  type TypeNames,
} from './stored-schema.ts'

/** The schema with what its columns mean. */
export function withKinds(bare: StoredSchema, kinds: Kinds): StoredSchema {
  const tables = [...bare.tables.values()].map((table): [string, StoredTable] => {
    const own = kinds[table.name]
    const columns = [...table.columns.values()].map((column): [string, StoredColumn] => {
      // While its shadow is there, the column is still the old one, whatever a swap that was cut short has written down.
      const earlier = table.columns.has(shadowOf(column.name)) ? own?.[leftoverOf(column.name)] : undefined
      return [column.name, { ...column, ...read(earlier ?? own?.[column.name]) }]
    })
    return [table.name, { ...table, columns: new Map(columns), isOurs: own !== undefined }]
  })
  return { tables: new Map(tables) }
}

/** `integer`, or `integer=1f3a…` of what a function makes. */
function meaningOf({ kind, made }: Pick<ColumnSpec, 'kind' | 'made'>): Meaning {
  return made === undefined ? kind : `${kind}=${made}`
}

function read(meaning: Meaning | undefined): Pick<StoredColumn, 'kind' | 'made'> {
  if (meaning === undefined) return { kind: null }
  const [kind, made] = meaning.split('=') as [ColumnType, string | undefined]
  return made === undefined ? { kind } : { kind, made }
}

type KindsByColumn = Kinds[string]

/** The kinds with those of declared columns that fit and were never written down, or are given now and were computed once. The same object when there are none. */
export function adoptedKinds(
  model: Model,
  stored: StoredSchema,
  { kinds, types }: { readonly kinds: Kinds; readonly types: TypeNames },
): Kinds {
  let adopted = kinds
  for (const collection of storedModel(model, stored, types).collections.values()) {
    const table = stored.tables.get(collection.table)
    for (const column of collection.stored) {
      const found = table?.columns.get(column.name)
      const { made, kind } = read(kinds[collection.table]?.[column.name])
      if (found === undefined || (kind !== null && (made === undefined || column.made !== undefined))) continue
      if (!isSameType(found, column, { declared: types.typeOf(column, collection), types })) continue
      adopted = withColumn(adopted, collection.table, { [column.name]: meaningOf({ ...column, kind: column.type }) })
    }
  }
  return adopted
}

/** Without what a run that was cut short has left of columns that are not there. The same object when there is nothing. */
export function prunedKinds(kinds: Kinds, { tables }: StoredSchema): Kinds {
  const isThere = (table: StoredTable, name: string) =>
    // Written down before the swap that makes it.
    table.columns.has(name) || (name.endsWith(leftoverOf('')) && table.columns.has(shadowOf(name.slice(0, -leftoverOf('').length))))
  const isStale = Object.entries(kinds).some(([name, own]) => {
    const table = tables.get(name)
    return !table || Object.keys(own).some((column) => !isThere(table, column))
  })
  if (!isStale) return kinds
  const kept = [...tables.values()].filter(({ name }) => kinds[name] !== undefined)
  return Object.fromEntries(
    kept.map((table) => [table.name, Object.fromEntries(Object.entries(kinds[table.name]!).filter(([column]) => isThere(table, column)))]),
  )
}

/** What is written down before a step is done. */
export function kindsBefore(kinds: Kinds, step: Step): Kinds {
  const own = kinds[step.table] ?? {}
  switch (step.kind) {
    case 'createTable':
      return { ...kinds, [step.table]: Object.fromEntries(step.columns.map((column) => [column.name, meaningOf(column)])) }
    case 'addColumn':
      return withColumn(kinds, step.table, { [step.column.name]: meaningOf(step.column) })
    case 'renameColumn':
      return own[step.from] === undefined ? kinds : withColumn(kinds, step.table, { [step.to]: own[step.from]! })
    case 'renameTable':
      return { ...kinds, [step.to]: own }
    case 'swapColumn': {
      const { name } = step.old
      const earlier = own[leftoverOf(name)] ?? meaningOf(step.old)
      return withColumn(kinds, step.table, { [leftoverOf(name)]: earlier, [name]: meaningOf(step.fill.columns[0]!) })
    }
    default:
      return kinds
  }
}

/** What is forgotten once a step is done. */
export function kindsAfter(kinds: Kinds, step: Step): Kinds {
  switch (step.kind) {
    case 'renameColumn':
      return withoutColumn(kinds, step.table, step.from)
    case 'dropColumn':
      return withoutColumn(kinds, step.table, step.column)
    case 'convertColumn':
      return withColumn(kinds, step.table, { [step.fill.columns[0]!.name]: meaningOf(step.fill.columns[0]!) })
    case 'swapColumn':
      return withoutColumn(kinds, step.table, step.fill.columns[0]!.name)
    case 'renameTable':
    case 'dropTable':
      return Object.fromEntries(Object.entries(kinds).filter(([name]) => name !== step.table))
    default:
      return kinds
  }
}

function withColumn(kinds: Kinds, table: string, more: KindsByColumn): Kinds {
  return { ...kinds, [table]: { ...kinds[table], ...more } }
}

function withoutColumn(kinds: Kinds, table: string, column: string): Kinds {
  return { ...kinds, [table]: Object.fromEntries(Object.entries(kinds[table] ?? {}).filter(([name]) => name !== column)) }
}
