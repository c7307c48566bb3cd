// How large a record is in an answer, near enough to bound it: characters of its texts, and some for each other value.
import { limits } from '../base/limits.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CompiledField } from '../schema/model.ts'

const otherBytes = 24

export function bytesOf(record: Readonly<Record<string, unknown>>): number {
  let bytes = 2
  for (const name in record) bytes += name.length + 4 + bytesOfValue(record[name])
  return bytes
}

function bytesOfValue(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + 3 + bytesOfValue(one), 2)
  return typeof value === 'object' && value !== null ? bytesOf(value as Record<string, unknown>) : otherBytes
}

const largeFields = new WeakMap<readonly CompiledField[], readonly string[]>()

/** Fields that alone can make a page too large. */
function largeFieldsOf(fields: readonly CompiledField[]): readonly string[] {
  let names = largeFields.get(fields)
  if (names === undefined) {
    const isLarge = ({ field: { kind, max = 0 }, columns }: CompiledField) => kind.isLarge || (columns[0]?.type === 'text' && max > 2_000)
    names = fields.filter((field) => !field.isComputed && isLarge(field)).map(({ name }) => name)
    largeFields.set(fields, names)
  }
  return names
}

/** How many of these records a page of the fields that are seen takes: as many as were asked for, or fewer that are large, but one. */
export function fittingPage(seen: readonly CompiledField[], records: readonly AnyRecord[], limit: number): number {
  const names = largeFieldsOf(seen)
  if (names.length === 0) return limit
  let bytes = 0
  const tooMuch = records.findIndex((record, index) => {
    for (const name of names) bytes += bytesOfValue(record[name])
    return index > 0 && bytes > limits.answerBytesMax
  })
  return tooMuch < 0 ? limit : Math.min(limit, tooMuch)
}
