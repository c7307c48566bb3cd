// Resumable uploads by tus 1.0 (https://tus.io/protocols/resumable-upload): what its operations share. An upload is a file that is on
// its way; each request that brings bytes adds one blob, also when it is cut: what has come has come.
import type { Actor } from '../../access/actor.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { isStorableText } from '../../base/text.ts'
import type { RequestFacts } from '../../operation/define.ts'
import { toldFile } from '../../schema/kinds/file.ts'
import { type FileRow, storedFile } from './collections.ts'

const version = '1.0.0'
export const chunkType = 'application/offset+octet-stream'
export const tusHeaders = { 'tus-resumable': version }

export function tusOptions(bytesMax: number): Readonly<Record<string, string>> {
  return { 'tus-version': version, 'tus-extension': 'creation,expiration,termination', 'tus-max-size': String(bytesMax) }
}

export const tusHeaderTexts: readonly (readonly [string, string])[] = [['Tus-Resumable', `The version of the protocol: ${version}.`]]

/** @throws tus_version_unsupported for another version of the protocol, and for a client that speaks none */
export function checkVersion({ headers }: RequestFacts): void {
  if (headers['tus-resumable'] === version) return
  throw new EngineError('tus_version_unsupported', {
    detail: `This address speaks tus ${version}: send Tus-Resumable: ${version}.`,
    headers: { 'tus-version': version },
  })
}

/** What other servers of tus may have. Without a word of it a client would learn at the end that its parts are no file. @throws validation_failed */
export function checkPlain({ headers }: RequestFacts): void {
  const others = {
    'Upload-Concat': 'parts of one file that come side by side are not taken',
    'Upload-Defer-Length': 'its length must be said first',
  }
  for (const [name, message] of Object.entries(others))
    if (headers[name.toLowerCase()] !== undefined) throw invalid(`header:${name}`, 'not_taken', message)
}

/** A header that holds a number of bytes. @throws validation_failed */
export function bytesIn({ headers }: RequestFacts, name: 'Upload-Length' | 'Upload-Offset'): number {
  const text = headers[name.toLowerCase()]
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text)
  throw invalid(`header:${name}`, text === undefined ? 'required' : 'type', 'must be a whole number of bytes')
}

type Metadata = { readonly name: string | null; readonly type: string | null; readonly target: string | undefined }

/** `filename ZmlsZS5wbmc=,filetype …`: names and their values in base64. @throws validation_failed */
export function metadataOf({ headers }: RequestFacts): Metadata {
  const given = new Map(
    (headers['upload-metadata'] ?? '').split(',').map((pair) => {
      const [key = '', value = ''] = pair.trim().split(' ')
      const text = Buffer.from(value, 'base64').toString('utf8')
      if (!isStorableText(text)) throw invalid('header:Upload-Metadata', 'format', 'must be names and values in base64 of UTF-8')
      return [key, text]
    }),
  )
  const one = (...names: string[]) => names.map((name) => given.get(name)).find((value) => value !== undefined)
  return { name: one('filename', 'name') ?? null, type: one('filetype', 'type') ?? null, target: one('for') }
}

/** One that this caller has begun. What a guest has begun is known to nobody else: its id is the proof. @throws not_found */
export function checkIsOwn(file: FileRow | null, actor: Actor, now: number): FileRow {
  if (file === null || file.state === 'claimed' || file.uploadedBy !== actor.id || (file.expiresAt ?? 0) <= now)
    throw new EngineError('not_found')
  return file
}

/** Bytes that are stored of it. */
export function offsetOf({ parts }: FileRow): number {
  return parts.reduce((sum, { size }) => sum + size, 0)
}

/** What each answer about an upload says of it. */
export function uploadHeaders(file: FileRow): Record<string, string> {
  return {
    'upload-offset': String(offsetOf(file)),
    'upload-length': String(file.size),
    ...(file.expiresAt === null ? {} : { 'upload-expires': new Date(file.expiresAt).toUTCString() }),
    'cache-control': 'no-store',
  }
}

export function uploadView(file: FileRow) {
  const expiresAt = file.expiresAt === null ? null : toIso(file.expiresAt)
  return {
    id: file.id,
    offset: offsetOf(file),
    length: file.size,
    expiresAt,
    file: file.state === 'stored' ? toldFile(storedFile(file)) : null,
  }
}
