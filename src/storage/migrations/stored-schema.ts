// The database as it is: what every SchemaDialect finds out, in one form. A declared name need not be a
// stored one: a field that was renamed stays under its old name until it is renamed there too,
// so that the old and the new version of a backend can run side by side. Invariant: only this file
// decides under which name a declared thing is stored.
import type { ColumnType } from '../../schema/kinds/kind.ts'
import type { CollectionModel, Column, CompiledField, IndexModel, Model } from '../../schema/model.ts'
import type { NotedValues } from './values.ts'

export type StoredColumn = {
  readonly name: string
  /** As the dialect names physical types; compared by it alone. */
  readonly type: string
  /** What its values mean; set by `withKinds`. Null when it was made before meanings were written down. */
  readonly kind: ColumnType | null
  /** By which function they were computed. Undefined of those that were given. */
  readonly made?: string
  /** Which values its field takes; of the first column of a field. Null where that was never noted. */
  readonly values?: NotedValues | null
  readonly isNullable: boolean
  readonly hasDefault: boolean
  /** Whether a row has no value here. Only looked for where it matters. */
  readonly hasNulls: boolean
}

/** `form` is what the database is told of its columns, in one spelling: two indexes are the same when it is, and their uniqueness. */
export type IndexSpec = IndexModel & { readonly form: string }

export type StoredIndex = IndexSpec & {
  /** A build that was cut short leaves one that cannot be used. */
  readonly isValid: boolean
}

/** `column >= least`: the one form of check there is. An unnamed one cannot be dropped. */
export type StoredCheck = { readonly name: string | null; readonly column: string; readonly least: number }

export type StoredTable = {
  readonly name: string
  readonly columns: ReadonlyMap<string, StoredColumn>
  readonly indexes: readonly StoredIndex[]
  readonly checks: readonly StoredCheck[]
  /** About how many. */
  readonly rows: number
  readonly isEmpty: boolean
  /** Made by Kingpost, set by `withKinds`: others' tables in the same database are never touched. */
  readonly isOurs: boolean
}

export type StoredSchema = { readonly tables: ReadonlyMap<string, StoredTable> }

/** `done` and `failed` are ends; a `running` one was cut short and continues after its cursor. */
export type JournalRow = {
  readonly id: number
  readonly key: string
  readonly state: 'running' | 'done' | 'failed'
  /** The last id a backfill is done with. */
  readonly cursor: string | null
  readonly rows: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly by: string
}

/** What compares physical types. */
export type TypeNames = {
  /** The physical type a column is given. */
  typeOf(column: Column, collection: CollectionModel): string
  /**
   * `wider`: the declared one holds every value of the stored one, and the change is made beside running servers.
   * `copied`: the values mean the same, but all rows are rewritten for it, and writers wait.
   */
  compare(stored: string, declared: string): 'same' | 'wider' | 'copied' | 'other'
  /** What a column of this physical type would hold if nothing else is known. */
  meaningOf(type: string): ColumnType | null
  /** How the columns of an index are told to the database. */
  formOf(index: IndexModel, collection: CollectionModel): string
  /** As the database takes it, which may have a limit. */
  indexName(name: string): string
  /** Where one index cannot have the words of several fields: each has its own. */
  readonly searchesByColumn?: boolean
  /** Whether what a list of ids holds is looked up by an index. Elsewhere there is none on it. */
  readonly indexesLists?: boolean
  /** Where rows have no columns, another type is no other column: values are converted where they lie, once servers stop. */
  readonly convertsInPlace?: boolean
}

export const shadowOf = (name: string): string => `${name}__new`
export const leftoverOf = (name: string): string => `${name}__old`

/** Old names, the latest first. */
export function formerNames({ renamedFrom }: { readonly renamedFrom?: string | readonly string[] }): readonly string[] {
  return renamedFrom === undefined ? [] : [renamedFrom].flat()
}

/** Under which table a collection lies: its own name, or a former one that nobody else has taken. */
export function tableOf(collection: CollectionModel, stored: StoredSchema, model: Model): string {
  if (stored.tables.has(collection.name)) return collection.name
  return formerNames(collection.source).find((name) => stored.tables.has(name) && !model.find(name)) ?? collection.name
}

/** The stored column of a former name, or null. */
export function formerColumn(column: Column, { field, name: fieldName }: CompiledField, table: StoredTable): string | null {
  const suffix = column.name.slice(fieldName.length)
  return (
    formerNames(field)
      .map((name) => name + suffix)
      .find((name) => table.columns.has(name)) ?? null
  )
}

/** Whether the stored column holds what the declared one means; `declared` is its physical type. */
export function isSameType(
  stored: StoredColumn,
  column: Column,
  { declared, types }: { readonly declared: string; readonly types: TypeNames },
): boolean {
  // What was computed once may be given from now on; what was given is not what a function makes.
  const isMadeAlike = column.made === undefined || column.made === stored.made
  return types.compare(stored.type, declared) !== 'other' && (stored.kind === null || stored.kind === column.type) && isMadeAlike
}

/** The model with the names under which its collections and fields lie in this database. */
export function storedModel(model: Model, stored: StoredSchema, types: TypeNames): Model {
  const collections = new Map([...model.collections].map(([name, one]) => [name, storedCollection(one, { model, stored, types })]))
  return {
    collections,
    find: (name) => collections.get(name),
    get(ref) {
      const found = collections.get(ref.name)
      if (!found) throw new Error(`The model has no collection ${ref.name}.`)
      return found
    },
  }
}

type Place = { readonly model: Model; readonly stored: StoredSchema; readonly types: TypeNames }

function storedCollection(collection: CollectionModel, { model, stored, types }: Place): CollectionModel {
  const table = tableOf(collection, stored, model)
  const found = stored.tables.get(table)
  if (!found) return collection
  const names = new Map<string, string>()
  for (const field of [...collection.fields.values(), ...collection.words.values()])
    for (const column of field.columns) {
      const former = found.columns.has(column.name) ? null : formerColumn(column, field, found)
      const declared = types.typeOf(column, collection)
      if (former !== null && isSameType(found.columns.get(former)!, column, { declared, types })) names.set(column.name, former)
    }
  if (names.size === 0 && table === collection.name) return collection
  const place = (column: Column): Column => ({ ...column, name: names.get(column.name) ?? column.name })
  return {
    ...collection,
    table,
    fields: new Map([...collection.fields].map(([name, field]) => [name, { ...field, columns: field.columns.map(place) }])),
    words: new Map([...collection.words].map(([name, field]) => [name, { ...field, columns: field.columns.map(place) }])),
    stored: collection.stored.map(place),
    columns: new Map([...collection.columns].map(([path, column]) => [path, place(column)])),
    indexes: collection.indexes.map((index) => ({
      ...index,
      columns: index.columns.map((part) => ({ ...part, name: names.get(part.name) ?? part.name })),
    })),
  }
}

/** Columns that the model requires and the database lets be empty: these are looked into. */
export function requiredColumns(
  model: Model,
  stored: StoredSchema,
  types: TypeNames,
): { readonly table: string; readonly column: string }[] {
  return [...storedModel(model, stored, types).collections.values()].flatMap((collection) => {
    const table = stored.tables.get(collection.table)
    return collection.stored
      .filter(({ name, isNullable }) => !isNullable && table?.columns.get(name)?.isNullable)
      .map(({ name }) => ({ table: table!.name, column: name }))
  })
}
