// Answers made smaller for clients that take it: texts that never change by Brotli or gzip, once; answers of
// operations by gzip, when they are large enough to gain.
// Invariant: where an answer holds a secret, nobody else may choose a part of it and see its size, or the size
// would tell the secret bit by bit (CRIME, BREACH). So only answers to reads are compressed, which give no token
// and repeat nothing of the request; and when the caller is known by a cookie, only what our own page asked for:
// the browser says so in Sec-Fetch-Site, and no other site can make it ask. Streams and problems stay as they are.
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import { limits } from '../base/limits.ts'

type Encoding = 'br' | 'gzip'

const marks: Readonly<Record<Encoding, string>> = { br: 'br', gzip: 'gz' }
const compressors = {
  // 9 of 11: the last two steps take ten times as long for 3 percent.
  br: (bytes: Uint8Array) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength },
    }),
  gzip: promisify(gzip) as (bytes: Uint8Array) => Promise<Buffer>,
} as const

/** What the client prefers of those offered, the first of equals; null for the text as it is (RFC 9110 section 12.5.3). */
export function encodingFor<T extends Encoding>(accepted: string | undefined, offered: readonly T[]): T | null {
  if (accepted === undefined) return null
  const weights = new Map(
    accepted.split(',').map((part) => {
      const [name = '', ...params] = part.split(';').map((word) => word.trim().toLowerCase())
      const weight = params.find((param) => param.startsWith('q='))?.slice(2)
      return [name, weight === undefined ? 1 : Number(weight) || 0] as const
    }),
  )
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0
  const [best] = offered.toSorted((a, b) => weightOf(b) - weightOf(a))
  return best !== undefined && weightOf(best) > 0 ? best : null
}

export async function compress(encoding: Encoding, bytes: Uint8Array): Promise<Buffer> {
  return await compressors[encoding](bytes)
}

/** Whether the answer of a read may be compressed; see above. */
export function isCompressible(text: string, { headers }: FastifyRequest): boolean {
  if (text.length < limits.compressedBytesMin) return false
  return headers.cookie === undefined || headers.authorization !== undefined || headers['sec-fetch-site'] === 'same-origin'
}

/** A strong tag is of one sequence of bytes, so a compressed answer has another: `"5"` becomes `"5.gz"`. */
export function markTag(etag: string, encoding: Encoding): string {
  return `${etag.slice(0, -1)}.${marks[encoding]}"`
}

/** Tags that a client sends back, as they were before their answers were compressed. */
export function unmarkTags(tags: string | undefined): string | null {
  return tags?.replaceAll(/\.(?:br|gz)"/g, '"') ?? null
}
