// One text for one content, whatever database it lies in: fields in the order of the model, keys inside
// of JSON values sorted (some databases reorder them). Exports and checksums are made from these lines.
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel, Column } from '../../schema/model.ts'
import type { Commit } from '../storage.ts'

export type ToLine = (row: AnyRecord | Commit) => string

/** A function that writes a record as one line of JSON. */
export function recordLine(collection: CollectionModel): ToLine {
  const stored = [...collection.fields.values()].filter(({ isComputed }) => !isComputed)
  const fields = stored.map(({ name, columns }) => ({ name, order: orderOf(columns) }))
  return (record) => {
    const ordered: Record<string, unknown> = {}
    for (const { name, order } of fields) ordered[name] = order((record as AnyRecord)[name] ?? null)
    return JSON.stringify(ordered)
  }
}

function orderOf(columns: readonly Column[]): (value: unknown) => unknown {
  if (columns[0]!.part !== null)
    return (value) =>
      value === null ? null : Object.fromEntries(columns.map(({ part }) => [part, (value as Record<string, unknown>)[part!]]))
  return columns[0]!.type === 'json' ? sorted : (value) => value
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
