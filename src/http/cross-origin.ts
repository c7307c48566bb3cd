// Which other sites' pages may call us from a browser: none, unless the config names their exact origins.
// Cookies of ours are SameSite=Lax, so a page of another site has none to send; one of a sister domain does.
// Invariant: an origin that is not named gets no header that would let its pages read an answer, and no
// change in the name of a cookie.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { addVary } from './vary.ts'

type Headers = FastifyRequest['headers']

/** Headers of answers that scripts of other origins may read, beside the few that they always may. */
const exposedHeaders = [
  'ETag, Location, Retry-After, Idempotent-Replayed, Preference-Applied, RateLimit, RateLimit-Policy, Accept-Ranges, Content-Disposition, Content-Range',
  'Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Offset',
].join(', ')
const requestHeaders = [
  'Authorization, Cart-Token, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, File-Name, If-Range, Prefer, Range',
  'Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset',
].join(', ')

/** Says whether the page that asks may read the answer. Caches must ask again for a page of another origin. */
export function admitOrigin(origins: ReadonlySet<string>, { origin }: Headers, reply: FastifyReply): void {
  addVary(reply, 'Origin')
  if (origin === undefined || !origins.has(origin)) return
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': exposedHeaders,
  })
}

/** OPTIONS: which methods an address takes and, for a browser that asks before it lets a page call, from whom. */
export function answerOptions(origins: ReadonlySet<string>, allow: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { origin } = request.headers
  if (origin !== undefined && origins.has(origin))
    reply.headers({
      'access-control-allow-methods': allow,
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': String(limits.crossOriginSeconds),
    })
  return reply.code(204).header('allow', allow).send()
}

/**
 * A session cookie is sent by the browser on its own, so a change must come from our own pages or from those
 * of a site that the config names. @throws cross_site_request
 */
export function checkSameSite(origins: ReadonlySet<string>, headers: Headers): void {
  const { origin, 'sec-fetch-site': site } = headers
  if (origin !== undefined && origins.has(origin)) return
  if (site !== undefined) {
    if (site !== 'same-origin' && site !== 'none') throw new EngineError('cross_site_request')
    return
  }
  if (origin === undefined) return
  if (!URL.canParse(origin) || new URL(origin).host !== headers.host) throw new EngineError('cross_site_request')
}
