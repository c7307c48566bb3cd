// Which values a field takes, kept beside the meaning of its column: a column of texts says nothing of an option that an enum has no more.
// What every value of before fits is taken over in silence; for anything else the rows are looked through. Invariant: what a
// database notes of a field is true of every row that no version before can have written since.
import { createHash } from 'node:crypto'
import type { CollectionModel, Column, CompiledField } from '../../schema/model.ts'

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
