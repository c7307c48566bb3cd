// What a database must be able to do so that its schema can be changed under running servers. Each adapter
// has one. Invariants: `run` may be called again after any crash and ends the same; a batch and the journal's
// note of it are one transaction where the database has them over both.
import type { ColumnType } from '../../schema/kinds/kind.ts'
import type { Model } from '../../schema/model.ts'
import type { ColumnSpec, Step } from './steps.ts'
import type { JournalRow, StoredColumn, StoredSchema, TypeNames } from './stored-schema.ts'

/** One text for the database, and what it keeps others from while it runs. */
export type Statement = { readonly sql: string; readonly lock: string }

/** What the values of a column mean, and by which function they were computed. */
export type Meaning = ColumnType | `${ColumnType}=${string}`
/** What the columns of Kingpost's own tables mean, by table and column; beside each, as `title:values`, which values its field takes (values.ts). */
export type Kinds = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A row by its columns, as JavaScript values of the columns' kinds. */
export type StoredRow = { readonly id: string } & Readonly<Record<string, unknown>>

export type RowQuery = {
  readonly table: string
  /** All there are; one whose kind is null is read by its type. */
  readonly columns: readonly StoredColumn[]
  readonly after: string | null
  readonly limit: number
  /** Only rows that were written at this time or later, or that fit `empty`. */
  readonly since?: number
  /** Only rows that have no value in one of these columns, or that fit `since`. */
  readonly empty?: readonly string[]
  /** Of those that fit `empty`, only rows that have a value here. */
  readonly given?: string
}

export type Batch = {
  readonly table: string
  readonly columns: readonly ColumnSpec[]
  /** Values in the order of `columns`, in ascending order of id. */
  readonly rows: readonly { readonly id: string; readonly values: readonly unknown[] }[]
  /** For each of these rows of the journal. */
  readonly note: { readonly ids: readonly number[]; readonly cursor: string; readonly rows: number }
}

/** `first` and `last` are ids of two of its rows. */
export type Duplicate = { readonly values: readonly unknown[]; readonly first: string; readonly last: string; readonly count: number }

export interface SchemaDialect extends TypeNames {
  readonly product: string
  /** Changes nothing. Columns that the model requires and that may be empty in the database are looked into for empty ones. */
  introspect(model: Model): Promise<StoredSchema>
  statementsOf(step: Step): readonly Statement[]
  /** Changes the schema. A backfill is no statement: it goes by batches. */
  run(step: Step): Promise<void>
  /** Makes Kingpost's own tables for what follows. Called under the lock. */
  prepare(): Promise<void>
  /** Empty before `prepare`. */
  readKinds(): Promise<Kinds>
  writeKinds(kinds: Kinds): Promise<void>
  /** Oldest first; empty before `prepare`. */
  readJournal(): Promise<readonly JournalRow[]>
  /** Writes a `running` row and answers its id. */
  beginStep(key: string, by: string, now: number): Promise<number>
  endStep(id: number, state: 'done' | 'failed', now: number): Promise<void>
  /** In ascending order of id. */
  readRows(query: RowQuery): Promise<readonly StoredRow[]>
  writeRows(batch: Batch): Promise<void>
  /** Values that stand in several rows. */
  duplicates(table: string, columns: readonly string[], limit: number): Promise<readonly Duplicate[]>
  /** Ids of rows below a check. */
  below(table: string, column: string, least: number, limit: number): Promise<readonly string[]>
  /** Seconds since the last sign of each process that serves the database; of a file its lock tells. */
  presences(): Promise<readonly number[]>
  /** Only one migrator at a time. Null when another one is at work. */
  lock(): Promise<(() => Promise<void>) | null>
  close(): Promise<void>
}
