// What every database can keep and give back as it is. Requests are checked before; this stands behind the operations of a
// project, which may add up what they were given: a number too large could be written, and then be read by nothing.
import { type EngineError, invalid } from '../base/engine-error.ts'
import { compare, type Filter } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, Column } from '../schema/model.ts'

/** The record. @throws validation_failed for a number that is not whole, or beyond what is exact (2^53 - 1), with its field */
export function checked({ fields }: CollectionModel, record: object): AnyRecord {
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) && fields.get(name)?.columns[0]?.type !== 'json') throw inexact(name)
    } else if (typeof value === 'object' && value !== null) {
      const columns = fields.get(name)?.columns
      if (columns !== undefined && columns.length > 1) checkParts(columns, value as AnyRecord)
    }
  }
  return record as AnyRecord
}

function checkParts(columns: readonly Column[], value: Readonly<Record<string, unknown>>): void {
  for (const { path, type, part } of columns)
    if (type === 'integer' && !Number.isSafeInteger(value[part!])) throw inexact(path.replace('.', '/'))
}

/** That counters stay exact, whatever they are by then. */
export function counterGuards(add: Readonly<Record<string, number>> = {}): Filter[] {
  return Object.entries(add).map(([path, amount]) =>
    amount > 0 ? compare(path, 'lte', Number.MAX_SAFE_INTEGER - amount) : compare(path, 'gte', Number.MIN_SAFE_INTEGER - amount),
  )
}

function inexact(path: string): EngineError {
  return invalid(`/${path}`, 'number', 'would be a number that cannot be kept exactly')
}
