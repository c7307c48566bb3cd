// The rows of a table, looked through for values that its fields take no more (values.ts). Who reads the pages, and how, is the caller's:
// an SQLite database at a start does it in its transaction.
import { limits } from '../../base/limits.ts'
import type { Column, CompiledField, Model } from '../../schema/model.ts'
import { storedMisfit } from '../../schema/stored-misfit.ts'
import type { RowQuery, StoredRow } from './dialect.ts'
import type { Step, ValuesStep } from './steps.ts'
import { type StoredSchema, type StoredTable, storedModel, type TypeNames } from './stored-schema.ts'

/** Looks through the rows of one table for values that its fields take no more: `for (let query = it.next(); query; query = it.next()) it.add(read(query))`. */
export type ValuesLook = {
  /** The next page to be read, null when it has seen enough. */
  next(): RowQuery | null
  add(rows: readonly StoredRow[]): void
  /** Rows read so far. */
  readonly rows: number
  /** For people: a field each, with the first records and what is wrong with them. */
  sentences(): string[]
}

/** A look for each table that one of these steps is about. */
export function valuesLooks(steps: readonly Step[], { model, stored, types }: ValuesPlace): ValuesLook[] {
  const asked = steps.filter((step): step is Step & ValuesStep => step.kind === 'checkValues')
  const physical = storedModel(model, stored, types)
  return [...Map.groupBy(asked, ({ table }) => table)].map(([table, own]) => {
    const collection = physical.find(own[0]!.collection)!
    return lookThrough(stored.tables.get(table)!, own, (field) => misfitIn(model, collection.fields.get(field)!))
  })
}

export type ValuesPlace = { readonly model: Model; readonly stored: StoredSchema; readonly types: TypeNames }

type FieldMisfit = { readonly field: CompiledField; misfit(value: unknown): string | null }

/** A reference also names a record of the collection that it refers to. */
function misfitIn(model: Model, field: CompiledField): FieldMisfit {
  const misfit = storedMisfit(field)
  const { kind, to } = field.field
  const target = kind.refers === undefined ? undefined : model.find(to!)
  if (target === undefined) return { field, misfit }
  const start = `${target.prefix}_`
  const isOther = (id: unknown) => !String(id).startsWith(start)
  return {
    field,
    misfit: (value) => misfit(value) ?? ([value].flat().some(isOther) ? `is of no record of ${to}: ${JSON.stringify(value)}` : null),
  }
}

function lookThrough(table: StoredTable, steps: readonly ValuesStep[], misfitOf: (field: string) => FieldMisfit): ValuesLook {
  const asked = steps.map((step) => ({ step, ...misfitOf(step.field), found: [] as string[] }))
  const wanted = new Set(['id', ...asked.flatMap(({ field }) => field.columns.map(({ name }) => name))])
  const columns = [...table.columns.values()].filter(({ name }) => wanted.has(name))
  const limit = limits.migrationBatchRowsMax
  let after: string | null = null
  let rows = 0
  let isOver = false
  return {
    next: () => (isOver ? null : { table: table.name, columns, after, limit }),
    add(page) {
      for (const row of page)
        for (const one of asked) if (one.found.length < limits.migrationObstaclesMax) one.found.push(...misfitsIn(row, one))
      rows += page.length
      after = page.at(-1)?.id ?? after
      isOver = page.length < limit || asked.every(({ found }) => found.length >= limits.migrationObstaclesMax)
    },
    get rows() {
      return rows
    },
    sentences: () => asked.filter(({ found }) => found.length > 0).map(sentenceOf),
  }
}

type Asked = FieldMisfit & { readonly step: ValuesStep }

function misfitsIn(row: StoredRow, { field, misfit }: Asked): string[] {
  const value = valueIn(row, field.columns)
  const why = value === null ? null : misfit(value)
  return why === null ? [] : [`  ${row.id}: ${why}`]
}

function sentenceOf({ step, found }: Asked & { readonly found: readonly string[] }): string {
  const more = found.length >= limits.migrationObstaclesMax ? ' (the first ones)' : ''
  return `${step.table}.${step.field} has values that it takes no more${more}. Correct these records, or let it take them again:\n${found.join('\n')}`
}

/** The value of a field in a row, of the parts that lie in its columns. */
export function valueIn(row: StoredRow, columns: readonly Column[]): unknown {
  const first = row[columns[0]!.name] ?? null
  if (columns[0]!.part === null || first === null) return first
  return Object.fromEntries(columns.map(({ part: name, name: column }) => [name, row[column]]))
}
