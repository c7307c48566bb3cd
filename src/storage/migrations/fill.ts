// Values for records that were there before their field: read a batch, make the values, write them, note the
// place. Batches are bounded in rows and time, with pauses while servers run. Invariant: a batch that was
// written twice, or cut short, ends the same.
import { type Clock, sleep } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { kinds } from '../../schema/field.ts'
import type { KindColumn } from '../../schema/kinds/kind.ts'
import type { CollectionModel, CompiledField } from '../../schema/model.ts'
import { part } from '../sql/bind.ts'
import { convert, misfitOf, told } from './convert.ts'
import type { Batch, RowQuery, SchemaDialect, StoredRow } from './dialect.ts'
import { fillFunctionOf, fixedDefaultOf } from './fill-source.ts'
import { valueIn } from './look-through.ts'
import type { ColumnSpec, Fill } from './steps.ts'

export type FillParts = {
  readonly dialect: SchemaDialect
  readonly clock: Clock
  /** With the names under which its fields are stored. */
  readonly collection: CollectionModel
  /** All of one table: they are made in one pass. */
  readonly fills: readonly Fill[]
  readonly columns: RowQuery['columns']
  readonly since?: number
}

export type Obstacle = { readonly fill: Fill; readonly id: string; readonly value: unknown; readonly why: string }

/** `undefined` with a reason when this row has no value to give. */
type Made = { readonly value: unknown } | { readonly why: string; readonly found: unknown }

type Maker = { readonly fill: Fill; make(row: StoredRow): Made }

function makersOf({ collection, fills }: FillParts): Maker[] {
  return fills.map((fill) => ({ fill, make: makerOf(collection, fill) }))
}

function makerOf(collection: CollectionModel, fill: Fill): (row: StoredRow) => Made {
  const compiled = fieldOf(collection, fill)
  if (fill.source.from === 'column') {
    const { column, kind } = fill.source
    const to = fill.columns[0]!.kind
    return (row) => {
      const value = convert(kind, to, row[column])
      const found = told(kind, row[column])
      return value === undefined ? { why: `is no ${to}`, found } : checked(compiled, value, found)
    }
  }
  const fixed = fixedDefaultOf(compiled)
  if (fill.source.from === 'constant') return () => ({ value: fixed })
  const make = fillFunctionOf(compiled)
  return (row) => {
    try {
      const value = make(recordOf(collection, row))
      return checked(compiled, value, value)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { why: `is all there is: its backfill failed with "${reason}"`, found: null }
    }
  }
}

function checked({ field }: CompiledField, value: unknown, found: unknown): Made {
  const why = misfitOf(field, value)
  return why === null ? { value: value ?? null } : { why, found }
}

function fieldOf({ fields, words }: CollectionModel, { field }: Fill): CompiledField {
  return fields.get(field) ?? [...words.values()].find(({ name }) => name === field)!
}

/** The row as a record: declared fields as they are stored now, and what only the old version declared under its column's name. */
function recordOf(collection: CollectionModel, row: StoredRow): Record<string, unknown> {
  const record: Record<string, unknown> = { ...row }
  for (const { columns } of kinds) if (columns.length > 1) joinParts(record, row, columns)
  for (const { name, columns } of collection.fields.values())
    if (columns.length > 0 && columns.every((column) => column.name in row)) record[name] = valueIn(row, columns)
  return record
}

/** What lies in the columns of several parts, whatever the field was called: the model may no longer have it. */
function joinParts(record: Record<string, unknown>, row: StoredRow, columns: readonly KindColumn[]): void {
  const first = `_${columns[0]!.part}`
  for (const column of Object.keys(row)) {
    const name = column.slice(0, -first.length)
    if (name === '' || !column.endsWith(first) || !columns.every(({ part }) => `${name}_${part}` in row)) continue
    const parts = columns.map(({ part }) => [part, row[`${name}_${part}`]])
    record[name] = row[column] === null ? null : Object.fromEntries(parts)
  }
}

/** The first records that cannot be given a value, without changing anything. */
export async function findObstacles(parts: FillParts, onRows: (rows: number) => void): Promise<Obstacle[]> {
  const makers = makersOf(parts)
  const found: Obstacle[] = []
  let count = 0
  for await (const rows of batchesOf(parts)) {
    onRows((count += rows.length))
    for (const row of rows)
      for (const { fill, make } of makers) {
        const made = make(row)
        if ('why' in made) found.push({ fill, id: row.id, value: made.found, why: made.why })
        if (found.length >= limits.migrationObstaclesMax) return found
      }
  }
  return found
}

async function* batchesOf(parts: FillParts) {
  let after: string | null = null
  while (true) {
    const rows: readonly StoredRow[] = await parts.dialect.readRows(queryOf(parts, after, limits.migrationBatchRowsMax))
    if (rows.length > 0) yield rows
    if (rows.length < limits.migrationBatchRowsMax) return
    after = rows.at(-1)!.id
  }
}

function queryOf({ fills, since, columns, collection }: FillParts, after: string | null, limit: number): RowQuery {
  const isConversion = fills[0]!.source.from === 'column'
  const isRequired = fills.some((fill) => fieldOf(collection, fill).field.required)
  return {
    table: fills[0]!.table,
    columns,
    after,
    limit,
    ...(since === undefined ? {} : { since }),
    // What was converted from nothing is nothing for good.
    ...(since !== undefined && fills[0]!.source.from === 'column' ? { given: fills[0]!.source.column } : {}),
    // A catch-up also takes what is still empty and must not be, whatever its time says.
    ...(fills[0]!.rows === 'empty' || (since !== undefined && (isConversion || isRequired))
      ? { empty: columnsOf(fills).map(({ name }) => name) }
      : {}),
  }
}

function columnsOf(fills: readonly Fill[]): ColumnSpec[] {
  return fills.flatMap(({ columns }) => columns)
}

export type FillRun = FillParts & {
  readonly journalIds: readonly number[]
  readonly cursor: string | null
  readonly rowsBefore: number
  /** Servers run beside it: pauses leave them room. */
  readonly isShared: boolean
  onBatch(rows: number): void | Promise<void>
}

/** Answers how many rows it has been through. @throws Error naming a record without a value */
export async function runFill(run: FillRun): Promise<number> {
  const { dialect, clock, fills } = run
  const makers = makersOf(run)
  const { table } = fills[0]!
  let cursor = run.cursor
  let rows = run.rowsBefore
  let size: number = limits.migrationBatchRowsMin
  while (true) {
    const startedAt = clock.monotonic()
    const found = await dialect.readRows(queryOf(run, cursor, size))
    if (found.length === 0) return rows
    cursor = found.at(-1)!.id
    rows += found.length
    const values = found.map((row) => ({ id: row.id, values: makers.flatMap((maker) => valuesOf(run.collection, maker, row)) }))
    await dialect.writeRows({ table, columns: columnsOf(fills), rows: values, note: { ids: run.journalIds, cursor, rows } })
    await run.onBatch(rows)
    const took = clock.monotonic() - startedAt
    size = nextSize(size, took)
    if (run.isShared) await sleep(clock, Math.min(took, limits.migrationBatchMs * 4))
  }
}

/** Values of words for one page of rows at a start, where nobody else writes. */
export function wordsOfRows(collection: CollectionModel, fill: Fill, rows: readonly StoredRow[]): Batch['rows'] {
  const make = makerOf(collection, fill)
  return rows.map((row) => ({ id: row.id, values: valuesOf(collection, { fill, make }, row) }))
}

/** Large enough to be quick, small enough that a writer waits no longer than a batch may take. */
function nextSize(size: number, tookMs: number): number {
  const wanted = tookMs > limits.migrationBatchMs ? size / 2 : tookMs < limits.migrationBatchMs / 2 ? size * 2 : size
  return Math.round(Math.min(limits.migrationBatchRowsMax, Math.max(limits.migrationBatchRowsMin, wanted)))
}

function valuesOf(collection: CollectionModel, { fill, make }: Maker, row: StoredRow): unknown[] {
  const made = make(row)
  if ('why' in made)
    throw new Error(
      `${fill.table}.${fill.field} of ${row.id} cannot be filled: ${JSON.stringify(made.found)} ${made.why}. ` +
        'Correct the record or the backfill, then run kingpost migrate apply again: it continues here.',
    )
  const { columns } = fieldOf(collection, fill)
  return columns.length === 1 ? [made.value] : columns.map((column) => (made.value === null ? null : part(made.value, column)))
}
