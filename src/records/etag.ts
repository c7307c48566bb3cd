// ETags of records: a digest of what this caller sees of it, so that neither a field that is hidden from
// them nor how often one changed shows, and two callers with different views never share a tag. The row
// leads, so that If-Match on a write compares rows whatever selection of fields was read; a representation
// that is more or less than its row carries a digest of its own behind it.
import { hash } from 'node:crypto'
import type { Actor } from '../access/actor.ts'
import { EngineError } from '../base/engine-error.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel } from '../schema/model.ts'
import { present, visibleFields } from './present.ts'

/** A strong validator (RFC 9110 section 8.8.3) of a record as it is to this caller. `body` is given where the row alone does not make it. */
export function etagOf(collection: CollectionModel, actor: Actor, record: AnyRecord, body?: unknown): string {
  const row = JSON.stringify(present(visibleFields(collection, actor), record))
  return body === undefined ? etagOfRow(row) : `"${digest(row)}-${digest(JSON.stringify(body))}"`
}

/** The same of a row whose text is there already. */
export function etagOfRow(row: string): string {
  return `"${digest(row)}"`
}

/** 96 bits: enough that no two states of one record share them by chance. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 16)
}

/** @throws precondition_failed when If-Match names another state than the caller sees now. `*` matches any. */
export function checkIfMatch(collection: CollectionModel, { actor, ifMatch }: Condition, record: AnyRecord): void {
  if (ifMatch === null || ifMatch.trim() === '*') return
  const etag = etagOf(collection, actor, record)
  const row = etag.slice(1, -1)
  const isMatch = ifMatch.split(',').some((tag) => /^"([\w-]{16})(-[\w-]{16})?"$/.exec(tag.trim())?.[1] === row)
  if (!isMatch) throw new EngineError('precondition_failed', { headers: { etag } })
}

type Condition = { readonly actor: Actor; readonly ifMatch: string | null }
