// What the columns of the database mean, kept beside them: an integer that is a time and one that is a number
// look alike to most databases. Invariant: a column's meaning is written down before the column is there.

import type { ColumnType } from '../../schema/kinds/kind.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
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
import { columnOfNote, isWithin, noted, noteName, noteOf, valuesOfColumn } from './values.ts'

/** The schema with what its columns mean. */
export function withKinds(bare: StoredSchema, kinds: Kinds): StoredSchema {
  const tables = [...bare.tables.values()].map((table): [string, StoredTable] => {
    const own = kinds[table.name]
    const columns = [...table.columns.values()].map((column): [string, StoredColumn] => {
      // While its shadow is there, the column is still the old one, whatever a swap that was cut short has written down.
      const earlier = table.columns.has(shadowOf(column.name)) ? own?.[leftoverOf(column.name)] : undefined
      return [column.name, { ...column, ...read(earlier ?? own?.[column.name]), values: noted(own?.[noteName(column.name)]) }]
    })
    return [table.name, { ...table, columns: new Map(columns), isOurs: own !== undefined }]
  })
  return { tables: new Map(tables) }
}

/** `integer`, or `integer=1f3a…` of what a function makes. */
function meaningOf({ kind, made }: Pick<ColumnSpec, 'kind' | 'made'>): Meaning {
  return made === undefined ? kind : `${kind}=${made}`
}

/** What is written down of a column. */
function notesOf(column: ColumnSpec): KindsByColumn {
  return { [column.name]: meaningOf(column), ...(column.values === undefined ? {} : { [noteName(column.name)]: column.values }) }
}

function read(meaning: string | undefined): Pick<StoredColumn, 'kind' | 'made'> {
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
    if (table !== undefined) adopted = withValues(adopted, collection, { table, types })
  }
  return adopted
}

type Known = { readonly table: StoredTable; readonly types: TypeNames }

/** With which values the fields take, where that was never noted, or takes in all that was. */
function withValues(kinds: Kinds, collection: CollectionModel, { table, types }: Known): Kinds {
  let all = kinds
  for (const column of collection.stored) {
    const values = valuesOfColumn(column, collection)
    const found = table.columns.get(column.name)
    if (values === null || found === undefined) continue
    const known = noted(kinds[table.name]?.[noteName(column.name)])
    if (known?.values === values || !isSameType(found, column, { declared: types.typeOf(column, collection), types })) continue
    if (known !== null && !table.isEmpty && !isWithin(known.values, values)) continue
    const isSure = known === null || table.isEmpty || known.isSure
    all = withColumn(all, table.name, { [noteName(column.name)]: noteOf({ values, isSure }) })
  }
  return all
}

/** Without what a run that was cut short has left of columns that are not there. The same object when there is nothing. */
export function prunedKinds(kinds: Kinds, { tables }: StoredSchema): Kinds {
  const isThere = (table: StoredTable, noteOrName: string) => {
    const name = columnOfNote(noteOrName)
    // Written down before the swap that makes it.
    return table.columns.has(name) || (name.endsWith(leftoverOf('')) && table.columns.has(shadowOf(name.slice(0, -leftoverOf('').length))))
  }
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
      return { ...kinds, [step.table]: Object.assign({}, ...step.columns.map(notesOf)) }
    case 'addColumn':
      return withColumn(kinds, step.table, notesOf(step.column))
    case 'renameColumn': {
      const [meaning, values] = [own[step.from], own[noteName(step.from)]]
      const more = { ...(meaning && { [step.to]: meaning }), ...(values && { [noteName(step.to)]: values }) }
      return meaning === undefined ? kinds : withColumn(kinds, step.table, more)
    }
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

/** What is forgotten, and what is known, once a step is done. `isAlone`: no server of the version before could write beside it. */
export function kindsAfter(kinds: Kinds, step: Step, isAlone: boolean): Kinds {
  switch (step.kind) {
    case 'checkValues': {
      const isSure = isAlone || step.again
      return withColumn(kinds, step.table, { [noteName(step.column)]: noteOf({ values: step.values, isSure }) })
    }
    case 'renameColumn':
      return withoutColumn(kinds, step.table, step.from)
    case 'dropColumn':
      return withoutColumn(kinds, step.table, step.column)
    case 'convertColumn':
      return withColumn(kinds, step.table, notesOf(step.fill.columns[0]!))
    case 'swapColumn': {
      // What was converted was looked at.
      const shadow = step.fill.columns[0]!
      return withoutColumn(withColumn(kinds, step.table, notesOf({ ...shadow, name: step.old.name })), step.table, shadow.name)
    }
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
  return { ...kinds, [table]: Object.fromEntries(Object.entries(kinds[table] ?? {}).filter(([name]) => columnOfNote(name) !== column)) }
}
