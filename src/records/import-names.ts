// Rows of an import that say which record they mean by a unique field of it: the column `product.slug`, in place of `product` with
// its id, which no other program knows. Looked up for the rows of one transaction at a time, among what the caller may see.
import type { Actor } from '../access/actor.ts'
import type { InputIssue } from '../base/engine-error.ts'
import { and, oneOf } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, CompiledField, Model } from '../schema/model.ts'
import { fromWire } from '../schema/wire.ts'
import type { Reader } from '../storage/storage.ts'
import type { CsvColumn } from './csv.ts'
import { isReadable, isSettable, readFilter, reading } from './present.ts'

type Place = { readonly collection: CollectionModel; readonly model: Model; readonly actor: Actor }
type Named = { readonly name: string; readonly field: CompiledField; readonly unique: CompiledField; readonly target: CollectionModel }
type Row = { readonly values: Readonly<Record<string, unknown>>; readonly problem: readonly InputIssue[] | null }

/** Undefined for what is no reference, or a hidden one, and for a field that is not unique, or hidden. */
function namedColumn({ collection, model, actor }: Place, name: string): Named | undefined {
  const [head = '', by = '', ...more] = name.split('.')
  const field = collection.fields.get(head)
  if (field?.field.to === undefined || more.length > 0) return undefined
  if (!isReadable(field.field, actor) && !isSettable(field.field, actor)) return undefined
  const target = model.get({ name: field.field.to })
  const unique = target.fields.get(by)
  if (!unique?.field.unique || unique.field.kind.columns[0].type !== 'text' || !isReadable(unique.field, reading(actor, target)))
    return undefined
  return { name, field, unique, target }
}

/** `product.slug` of a file, or undefined. */
export function referenceColumn(place: Place, name: string): CsvColumn | undefined {
  const named = namedColumn(place, name)
  return named && { name, field: named.field, part: null }
}

/** The rows with ids in place of names. A name that nothing has is the problem of its row. */
export async function withIds<T extends Row>(read: Reader, place: Place, rows: readonly T[]): Promise<T[]> {
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].flatMap((name) =>
    name.includes('.') ? (namedColumn(place, name) ?? []) : [],
  )
  let meant = [...rows]
  for (const column of columns) {
    const ids = await idsOf(read, place, { column, names: meant.flatMap(({ values }) => namesIn(values[column.name])) })
    meant = meant.map((row) => (column.name in row.values ? replaced(row, column, ids) : row))
  }
  return meant
}

function namesIn(value: unknown): string[] {
  return [value ?? []].flat().filter((one) => typeof one === 'string')
}

type Asked = { readonly column: Named; readonly names: readonly string[] }

async function idsOf(read: Reader, { actor }: Place, { column: { unique, target }, names }: Asked): Promise<Map<unknown, string>> {
  // As they are kept: an address in lower case.
  const kept = new Map(names.map((name) => [name, fromWire(unique.field, name, '') as string]))
  const wanted = [...new Set(kept.values())]
  if (wanted.length === 0) return new Map()
  const where = and(oneOf(unique.name, wanted), readFilter(target, actor))
  // Beyond the limit: nothing, for it is unique.
  const found = await read.find<AnyRecord>(target, { where, limit: wanted.length, isUnordered: true })
  const ids = new Map(found.map((record) => [record[unique.name], record.id]))
  return new Map([...kept].flatMap(([name, value]) => (ids.has(value) ? [[name, ids.get(value)!]] : [])))
}

function replaced<T extends Row>(row: T, { name, field, unique: by, target }: Named, ids: ReadonlyMap<unknown, string>): T {
  const { [name]: value, ...rest } = row.values
  const idOf = (one: unknown) => ids.get(one) ?? one
  const meant = Array.isArray(value) ? value.map(idOf) : idOf(value)
  const unknown = namesIn(value).find((one) => !ids.has(one))
  const message = `names no record of ${target.name} whose ${by.name} is ${unknown}`
  const problem = unknown === undefined ? null : [{ path: `/${field.name}`, code: 'reference_not_found', message }]
  return { ...row, values: { ...rest, [field.name]: meant ?? null }, problem: row.problem ?? problem }
}
