/**
 * Owns sending a file in pieces, by tus 1.0 (https://tus.io/protocols/resumable-upload): what has come before a line was cut stays.
 * Invariant: after every failure the server is asked how much it has, and what a caller gives up is given up there, too. What is kept
 * for later is the id of the upload alone: the server knows the rest, and whose it is.
 */
import { ApiError } from './api-error.ts'
import type { FileValue } from './shapes.ts'
import { backoffMs, delay, RETRY_AFTER_MS_MAX, type Transport } from './transport.ts'

export type UploadOptions = {
  /** That of a `File` when left out. */
  name?: string
  /** The field that it is for, such as `photos.picture`: what is too large for it is refused at once. */
  for?: string
  /** Told whenever more bytes have arrived. */
  onProgress?: ((sent: number, total: number) => void) | undefined
  signal?: AbortSignal | undefined
  /**
   * `localStorage`, to go on after the page was loaded anew: the same `File`, chosen again, is sent from where it stood. Known by its name,
   * size and time of change; in one page at a time.
   */
  keptIn?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

type Upload = { id: string; offset: number; file: FileValue | null }

/** Pieces grow for as long as one takes less than a second: then progress is told as often on any line. */
const PIECE_BYTES_MIN = 524_288
const PIECE_MS = 1_000
/** The server takes 1,000 of them: half are for lines that are cut. */
const PIECES_MAX = 500
/** One after the other, without a byte between them: some 40 seconds. */
const FAILURES_MAX = 8
const tus = { 'tus-resumable': '1.0.0' }

export function fileCalls({ call }: Transport) {
  async function begin(file: Blob, { name = file instanceof File ? file.name : '', for: target, signal }: UploadOptions): Promise<string> {
    const metadata = `filename ${base64(name)},filetype ${base64(file.type)}${target ? `,for ${base64(target)}` : ''}`
    const headers = { ...tus, 'upload-length': String(file.size), 'upload-metadata': metadata }
    return (await call<Upload>('POST', '/api/uploads', { headers, signal })).id
  }

  async function send(at: string, file: Blob, { onProgress, signal, isBegun }: UploadOptions & { isBegun: boolean }): Promise<FileValue> {
    let piece = Math.max(PIECE_BYTES_MIN, Math.ceil(file.size / PIECES_MAX))
    let sent = 0
    let failures = 0
    for (let isKnown = file.size > 0 && !isBegun; ; ) {
      try {
        if (!isKnown || sent >= file.size) {
          const { file: whole, offset } = await call<Upload>('GET', at, { signal })
          if (whole) return whole
          if (offset > sent) failures = 0
          sent = offset
          isKnown = true
        }
        const body = file.slice(sent, sent + piece, 'application/offset+octet-stream')
        const began = performance.now()
        await call('PATCH', at, { body, headers: { ...tus, 'upload-offset': String(sent) }, signal })
        sent += body.size
        failures = 0
        if (performance.now() - began < PIECE_MS) piece *= 2
      } catch (error) {
        const waitMs = waitAfter(error, failures)
        if (waitMs === null || failures === FAILURES_MAX) throw error
        failures += 1
        isKnown = false
        await delay(waitMs, signal)
      }
      onProgress?.(sent, file.size)
    }
  }

  return {
    /** Answers what a record then claims: `create({ picture: file })`. @throws ApiError; `TypeError` once the line stays away */
    async upload(file: Blob, options: UploadOptions = {}): Promise<FileValue> {
      // Other bytes have no time of change, and could be taken for those that stand there.
      const known = file instanceof File ? file : undefined
      const keptIn = known && options.keptIn
      const key = `kingpost.upload ${JSON.stringify([options.name ?? known?.name, file.size, known?.lastModified, options.for])}`
      for (let kept = keptIn?.getItem(key); ; kept = null) {
        const id = kept ?? (await begin(file, options))
        try {
          keptIn?.setItem(key, id)
        } catch {
          // Where there is no room left, it is sent without being kept.
        }
        const at = `/api/uploads/${id}`
        try {
          const whole = await send(at, file, { ...options, isBegun: id === kept })
          keptIn?.removeItem(key)
          return whole
        } catch (error) {
          if (keptIn && isForLater(error)) throw error
          keptIn?.removeItem(key)
          // Given up since, or somebody else's: begun anew.
          if (kept && error instanceof ApiError && error.status === 404) continue
          call('DELETE', at, { headers: tus }).catch(() => {})
          throw error
        }
      }
    },
  }
}

/** The line stays away, the server is in trouble, the session is over: a later try goes on. */
function isForLater(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof ApiError && (error.status === 401 || error.status >= 500))
}

/** Null for what trying again does not mend. 409: a piece that was cut is still being stored. */
function waitAfter(error: unknown, failures: number): number | null {
  const waitMs = Math.min(backoffMs(failures), RETRY_AFTER_MS_MAX)
  if (!(error instanceof ApiError)) return error instanceof TypeError ? waitMs : null
  return [408, 409, 429].includes(error.status) || error.status >= 500 ? (error.retryAfterMs ?? waitMs) : null
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
