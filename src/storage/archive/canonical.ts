// One text for one content, whatever database it lies in: fields in the order of the model, keys inside
// of JSON values sorted (some databases reorder them). Exports and checksums are made from these lines.
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel } from '../../schema/model.ts'
import type { Commit } from '../storage.ts'

export type ToLine = (row: AnyRecord | Commit) => string

/** A function that writes a record as one line of JSON. */
export function recordLine(collection: CollectionModel): ToLine {
  const stored = [...collection.fields.values()].filter(({ isComputed }) => !isComputed)
  const fields = stored.map(({ name, field }) => ({ name, kind: field.kind }))
  return (record) => {
    const ordered: Record<string, unknown> = {}
    for (const { name, kind } of fields) ordered[name] = ofKind(kind, (record as AnyRecord)[name] ?? null)
    return JSON.stringify(ordered)
  }
}

function ofKind(kind: string, value: unknown): unknown {
  if (value === null) return null
  if (kind === 'json') return sorted(value)
  if (kind !== 'money') return value
  const { amount, currency } = value as { amount: number; currency: string }
  return { amount, currency }
}

export function commitLine(row: AnyRecord | Commit): string {
  const { position, at, operation, actor, requestId, changes } = row as Commit
  return JSON.stringify({ position, at, operation, actor, requestId, changes: sorted(changes) })
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const copy: Record<string, unknown> = {}
  // Not by locale: the order must be the same on every machine.
  for (const key of Object.keys(value).sort()) copy[key] = sorted((value as Record<string, unknown>)[key])
  return copy
}
