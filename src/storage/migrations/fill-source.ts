// Where the values of a new field come from, for records that were there before it.
import type { CompiledField } from '../../schema/model.ts'
import type { Source } from './steps.ts'

/** Null when the declaration does not say. Of the system's own, versions begin at 1 and changes at the making. */
export function sourceOf(field: CompiledField): Source | null {
  if (field.field.backfill || field.name === 'updatedAt') return { from: 'function' }
  return fixedDefaultOf(field) !== null ? { from: 'constant' } : null
}

/** A default that is the same for every record; `now` and the caller's id are not. */
export function fixedDefaultOf({ field, name }: CompiledField): unknown {
  if (name === 'version') return 1
  const { default: value } = field
  return value === undefined || value === null || (typeof value === 'object' && 'set' in value) ? null : value
}

/** The value of one record. */
export function fillFunctionOf({ field }: CompiledField): (record: Readonly<Record<string, unknown>>) => unknown {
  return field.backfill ?? ((record) => record['createdAt'])
}
