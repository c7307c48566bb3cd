// ETags of records. The version leads, so that If-Match on a write compares versions whatever
// selection of fields was read; a representation that is more than its row carries a digest too.
import { createHash } from 'node:crypto'
import { EngineError } from '../../base/engine-error.ts'
import type { AnyRecord } from '../../schema/collection.ts'

/** A strong validator (RFC 9110 section 8.8.3). `body` is given where the row alone does not make it. */
export function etagOf(record: AnyRecord, body?: unknown): string {
  const version = String(record['version'] ?? 1)
  if (body === undefined) return `"${version}"`
  return `"${version}-${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 16)}"`
}

/** @throws precondition_failed when If-Match names another version. `*` matches any. */
export function checkIfMatch(record: AnyRecord, ifMatch: string | null): void {
  if (ifMatch === null || ifMatch.trim() === '*') return
  const version = String(record['version'] ?? 1)
  const isMatch = ifMatch.split(',').some((tag) => /^"(\d+)(-[\w-]+)?"$/.exec(tag.trim())?.[1] === version)
  if (!isMatch) throw new EngineError('precondition_failed', { headers: { etag: etagOf(record) } })
}

/** Whether the client's copy is still good. A weak tag counts (RFC 9110 section 13.1.2). */
export function isNoneMatch(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
