// Which values a field takes, kept beside the meaning of its column: a column of texts says nothing of an option that an enum has no more.
// What every value of before fits is taken over in silence; for anything else the rows are looked through. Invariant: what a
// database notes of a field is true of every row that no version before can have written since.
import { createHash } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import type { CollectionModel, Column, CompiledField, Model } from '../../schema/model.ts'
import { storedMisfit } from '../../schema/stored-misfit.ts'
import type { RowQuery, StoredRow } from './dialect.ts'
import type { Step, ValuesStep } from './steps.ts'
import { type StoredSchema, type StoredTable, storedModel, type TypeNames } from './stored-schema.ts'

/** As it is noted. `isSure`: also of what servers of the version before wrote while the rows were looked through. */
export type NotedValues = { readonly values: string; readonly isSure: boolean }

type Values = {
  readonly kind: string
  readonly min?: number
  readonly max?: number
  readonly options?: readonly string[]
  readonly to?: string
  readonly digits?: number
  readonly scale?: number
  readonly schema?: object
}

const longest = 4_000
const unsure = '~'

export const noteName = (column: string): string => `${column}:values`
export const columnOfNote = (name: string): string => name.replace(/:values$/, '')

/** What a field takes, as one text; null of what is made of other fields. Prices of another currency than the shop's may stay: it says nothing of currencies. */
export function valuesOf({ field, compute, isComputed }: CompiledField): string | null {
  if (isComputed || compute !== null) return null
  const { kind, min, max, options, to, digits, scale, schema } = field
  const values: Values = {
    kind: kind.name,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(options === undefined ? {} : { options }),
    ...(to === undefined ? {} : { to }),
    ...(digits === undefined ? {} : { digits }),
    ...(scale === undefined ? {} : { scale }),
    ...(schema === undefined ? {} : { schema }),
  }
  const text = JSON.stringify(values)
  return text.length <= longest ? text : `#${createHash('sha256').update(text).digest('base64url')}`
}

/** Of a column of this collection: only the first one of a field has it. */
export function valuesOfColumn({ path }: Column, { fields }: CollectionModel): string | null {
  const field = fields.get(path.split('.')[0]!)
  return field?.columns[0]?.path === path ? valuesOf(field) : null
}

export function noted(text: string | undefined): NotedValues | null {
  if (text === undefined) return null
  const isSure = !text.startsWith(unsure)
  return { values: isSure ? text : text.slice(unsure.length), isSure }
}

export function noteOf({ values, isSure }: NotedValues): string {
  return isSure ? values : `${unsure}${values}`
}

/** Whether every value of the first fits the second. False where that would have to be looked at. */
export function isWithin(before: string, after: string): boolean {
  if (before === after) return true
  if (before.startsWith('#') || after.startsWith('#')) return false
  const [from, to] = [JSON.parse(before) as Values, JSON.parse(after) as Values]
  if (from.kind !== to.kind) return isTextOf(from, to)
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = to
  const isInRange = (from.min ?? Number.NEGATIVE_INFINITY) >= min && (from.max ?? Number.POSITIVE_INFINITY) <= max
  const isOption = to.options === undefined || (from.options?.every((option) => to.options!.includes(option)) ?? false)
  const isSchema = to.schema === undefined || JSON.stringify(from.schema) === JSON.stringify(to.schema)
  return isInRange && isOption && isSchema && from.to === to.to && from.digits === to.digits && from.scale === to.scale
}

/** Kinds of which every value is one line of text. */
const linesOfText = ['text', 'enum', 'email', 'url', 'date']

function isTextOf(from: Values, { kind, min = 0, max = 0 }: Values): boolean {
  if (!linesOfText.includes(from.kind) || (kind !== 'text' && kind !== 'longText')) return false
  const lengths =
    from.options?.map(({ length }) => length) ?? (from.kind === 'date' ? [10] : [from.min ?? 0, from.max ?? Number.POSITIVE_INFINITY])
  return Math.min(...lengths) >= min && Math.max(...lengths) <= max
}

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
