// Bytes that stay as they are while the process runs: a file, the API document. A client that has them gets 304;
// each encoding is made once, when the first client asks for it.
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isNoneMatch } from '../base/entity-tag.ts'
import { limits } from '../base/limits.ts'
import { compress, encodingFor, markTag, unmarkTags } from './compression.ts'
import { addVary } from './vary.ts'

export type Resource = {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
  readonly encoded: Map<'br' | 'gzip', Promise<Buffer>>
}

export function createResource(type: string, content: Buffer | string): Resource {
  const body = Buffer.from(content)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type, body, etag, encoded: new Map() }
}

export async function sendResource(resource: Resource, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { type, body, etag, encoded } = resource
  // Pictures and fonts are compressed as they are.
  const canShrink = /^(?:text\/|application\/json|image\/svg)/.test(type) && body.length >= limits.compressedBytesMin
  const encoding = canShrink ? encodingFor(request.headers['accept-encoding'], ['br', 'gzip']) : null
  if (canShrink) addVary(reply, 'Accept-Encoding')
  reply.header('etag', encoding === null ? etag : markTag(etag, encoding))
  if (isNoneMatch(etag, unmarkTags(request.headers['if-none-match']))) return reply.code(304).send()
  reply.header('content-type', type)
  if (encoding === null) return reply.send(body)
  let smaller = encoded.get(encoding)
  if (!smaller) {
    smaller = compress(encoding, body)
    encoded.set(encoding, smaller)
  }
  return reply.header('content-encoding', encoding).send(await smaller)
}
