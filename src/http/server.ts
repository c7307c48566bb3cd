// HTTP in front of the operations: routes, bodies, callers, limits and answers. It decides nothing
// about data; every call goes through runOperation. Fastify gives routing, parsing and the socket.
import type { IncomingMessage, Server as NodeServer, ServerResponse } from 'node:http'
import fastJsonStringify from 'fast-json-stringify'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Actor, Credentials } from '../access/actor.ts'
import type { Clock } from '../base/clock.ts'
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Operation, RateClass, RequestFacts } from '../operation/define.ts'
import type { Call, Reply } from '../operation/run-operation.ts'
import { parseJsonBody } from './json-body.ts'
import { type LiveParts, sendStream } from './live.ts'
import { problemOf } from './problems.ts'
import { coerceQuery, parseQueryString } from './query-string.ts'
import { createRateLimiter, type LimitedClass, networkOf, type RateLimiter } from './rate-limit.ts'
import { contentSecurityPolicy, type StaticSite } from './static-files.ts'

export type ServerParts = {
  readonly operations: readonly Operation[]
  readonly run: (operation: Operation, call: Call) => Promise<Reply>
  readonly authenticate: (credentials: Credentials) => Promise<Actor>
  readonly clock: Clock
  readonly log: Log
  readonly site: StaticSite | null
  /** Answers of fixed addresses beside the operations: health, the API reference. */
  readonly pages: readonly Page[]
  readonly isRateLimited: boolean
  /** One that several processes share; in memory when left out. */
  readonly limiter?: RateLimiter
  /** Networks whose X-Forwarded-For is believed; none by default. */
  readonly trustedProxies: readonly string[]
  readonly bootId: string
  /** Puts something in front of the router; the listener it is given is ours. */
  readonly serverFactory?: (handler: (request: IncomingMessage, response: ServerResponse) => void) => NodeServer
}

export type Page = {
  readonly path: string
  readonly summary: string
  readonly type: string
  readonly answer: () => Promise<{ status: number; body: string }>
}

export type HttpServer = {
  readonly app: FastifyInstance
  listen(port: number, host: string): Promise<number>
  /** Refuses new connections, ends streams, waits for the requests under way. */
  close(): Promise<void>
}

type Route = { readonly operation: Operation; readonly method: string; readonly path: string }

/** Idle connections are kept longer than proxies keep theirs (60 to 90 s), or a request could meet one just closed. */
const connectionTimes = { requestTimeout: 30_000, keepAliveTimeout: 95_000 } as const

/** What makes a caller: the same address answers another one differently. */
const varying = 'Authorization, Cookie, Cart-Token'

/** How often a closing server looks for connections that have fallen idle. */
const idleSweepMs = 50

export function createServer(parts: ServerParts): HttpServer {
  let requestCount = 0
  const app = Fastify({
    bodyLimit: limits.bodyBytesMax,
    genReqId: () => `${parts.bootId}-${(++requestCount).toString(36)}`,
    ...connectionTimes,
    trustProxy: parts.trustedProxies.length > 0 ? [...parts.trustedProxies] : false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { querystringParser: (text) => ({ text }), maxParamLength: 128 },
    ...(parts.serverFactory ? { serverFactory: parts.serverFactory } : {}),
    frameworkErrors: (error, request, reply) => void sendProblem(parts, request, reply as FastifyReply, error),
  })
  const limiter = parts.limiter ?? createRateLimiter(parts.clock)
  const live: LiveParts = { clock: parts.clock, log: parts.log, open: new Set() }
  const routes = parts.operations.map((operation): Route => {
    const [method, path] = operation.route.split(' ') as [string, string]
    return { operation, method, path }
  })

  // Fastify sets them on a server of its own making only.
  Object.assign(app.server, connectionTimes)
  takeBodies(app)
  app.setErrorHandler((error, request, reply) => sendProblem(parts, request, reply, error))
  app.setNotFoundHandler((request, reply) => answerUnrouted(parts, routes, request, reply))
  for (const page of parts.pages)
    app.get(page.path, async (_request, reply) => {
      const { status, body } = await page.answer()
      return reply
        .code(status)
        .headers({ 'content-type': page.type, 'cache-control': 'no-cache', 'content-security-policy': contentSecurityPolicy })
        .send(body)
    })
  for (const route of routes)
    app.route({
      method: route.method as 'GET',
      url: route.path,
      config: { rawBody: route.operation.rawBody === true },
      handler: routeHandler(parts, limiter, live, route),
    })

  return {
    app,
    async listen(port, host) {
      await app.listen({ port, host })
      const address = app.server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    async close() {
      for (const end of [...live.open]) end()
      let cancel = () => {}
      // A connection whose request was under way falls idle later, and its client (a proxy) may keep it for minutes.
      const closeIdle = () => {
        app.server.closeIdleConnections()
        cancel = parts.clock.after(idleSweepMs, closeIdle)
      }
      closeIdle()
      await app.close()
      cancel()
    },
  }
}

function routeHandler(parts: ServerParts, limiter: RateLimiter, live: LiveParts, route: Route) {
  const { operation, method } = route
  const schema = operation.input as { properties?: Record<string, { type?: unknown }> }
  const isSafe = method === 'GET'
  const stringify = operation.isPresented ? JSON.stringify : serializerOf(operation)
  const rateClass: RateClass = operation.rate ?? (isSafe ? 'read' : 'write')

  // Answers are one caller's: a cache may keep what was read, only to ask again whether it is still good.
  const cacheControl = isSafe ? 'private, no-cache' : 'no-store'

  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { headers } = request
    const credentials = credentialsOf(request)
    if (!isSafe && credentials.cookie !== undefined && credentials.authorization === undefined) checkSameSite(headers)
    const actor = await parts.authenticate(credentials)
    if (parts.isRateLimited && rateClass !== 'none') await limit(limiter, rateClass, actor, credentials, reply)
    const rawBody = operation.rawBody ? ((request.body as string | undefined) ?? '') : null
    const call: Call = {
      input: inputOf(request, schema, rawBody),
      actor,
      idempotencyKey: isSafe ? null : ((headers['idempotency-key'] as string | undefined) ?? null),
      request: factsOf(request, rawBody),
    }
    const answer = await parts.run(operation, call)
    reply.header('cache-control', cacheControl)
    reply.header('vary', varying)
    reply.header('x-content-type-options', 'nosniff')
    for (const name in answer.headers) reply.header(name, answer.headers[name])
    if (answer.stream) {
      if (live.open.size >= limits.liveClientsMax) throw new EngineError('overloaded')
      return sendStream(live, reply, answer.stream, async () => {
        const current = await parts.authenticate(credentials)
        // A role gained or lost changes what may be seen: the client comes back as who it is now.
        return current.id === actor.id && String(current.roles) === String(actor.roles)
      })
    }
    if (answer.status === 204 || answer.status === 304) return reply.code(answer.status).send()
    if (typeof answer.output === 'string') return sendText(reply, answer.status, 'text/plain; charset=utf-8', answer.output)
    return sendText(reply, answer.status, 'application/json; charset=utf-8', answer.json ?? stringify(answer.output))
  }
}

/** A finished text, past the framework's own stages of serialising: nothing here hooks into them, and they cost as much as the rule. */
function sendText(reply: FastifyReply, status: number, type: string, text: string): void {
  const { raw } = reply
  const headers = reply.getHeaders()
  reply.hijack()
  raw.statusCode = status
  for (const name in headers) raw.setHeader(name, headers[name]!)
  raw.setHeader('content-type', type)
  raw.end(text)
}

/** Only what the output schema declares leaves the process. */
function serializerOf(operation: Operation): (output: unknown) => string {
  return fastJsonStringify(operation.output as never, { rounding: 'round' })
}

function takeBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], { parseAs: 'buffer' }, (request, body, done) => {
    if (isRaw(request) || body.length === 0) return done(null, isRaw(request) ? body.toString() : undefined)
    try {
      done(null, parseJsonBody(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) =>
    isRaw(request) ? done(null, body) : done(body === '' ? null : new EngineError('unsupported_media_type'), undefined),
  )
}

function isRaw(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { rawBody?: boolean }).rawBody === true
}

/** Path parameters, and the query of a read or the body of a change, as one object. */
function inputOf(request: FastifyRequest, schema: { properties?: Record<string, { type?: unknown }> }, rawBody: string | null): unknown {
  const query = parseQueryString((request.query as { text?: string }).text ?? '')
  const params = request.params as Record<string, string>
  if (request.method === 'GET') {
    for (const name in params) if (name in query) throw invalid(`query:${name}`, 'repeated', 'is part of the address already')
    coerceQuery(query, schema)
    return Object.assign(query, params)
  }
  const [unexpected] = Object.keys(query)
  if (unexpected !== undefined) throw invalid(`query:${unexpected}`, 'unknown_field', 'is not a parameter here')
  if (rawBody !== null) return { ...params }
  const body = request.body ?? {}
  if (typeof body !== 'object' || Array.isArray(body)) throw invalid('', 'type', 'must be a JSON object')
  for (const name in params) if (Object.hasOwn(body, name)) throw invalid(`/${name}`, 'unknown_field', 'is part of the address')
  return { ...body, ...params }
}

function factsOf(request: FastifyRequest, rawBody: string | null): RequestFacts {
  const { headers } = request
  return {
    id: request.id,
    ifMatch: headers['if-match'] ?? null,
    ifNoneMatch: headers['if-none-match'] ?? null,
    rawBody,
    headers: headers as Record<string, string | undefined>,
  }
}

function credentialsOf(request: FastifyRequest): Credentials {
  const { headers } = request
  return {
    authorization: headers.authorization,
    cookie: headers.cookie,
    cartToken: headers['cart-token'] as string | undefined,
    // One that has hung up since has no address any more.
    network: knownNetworkOf((request.ip as string | undefined) ?? ''),
  }
}

// Requests come in runs from one peer: the last answer is most often the next one.
let knownAddress = ''
let knownNetwork = ''
function knownNetworkOf(address: string): string {
  if (address !== knownAddress) {
    knownNetwork = networkOf(address)
    knownAddress = address
  }
  return knownNetwork
}

/** A session cookie is sent by the browser on its own, so a change must come from our own pages. */
function checkSameSite(headers: FastifyRequest['headers']): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined) {
    if (site !== 'same-origin' && site !== 'none') throw new EngineError('cross_site_request')
    return
  }
  const { origin } = headers
  if (origin === undefined) return
  if (!URL.canParse(origin) || new URL(origin).host !== headers.host) throw new EngineError('cross_site_request')
}

async function limit(
  limiter: RateLimiter,
  rateClass: LimitedClass,
  actor: Actor,
  credentials: Credentials,
  reply: FastifyReply,
): Promise<void> {
  // Guessing passwords is limited by where it comes from, whoever it claims to be.
  const caller = rateClass === 'account' ? credentials.network : (actor.id ?? credentials.network)
  const { isAllowed, headers } = await limiter.take(rateClass, caller)
  reply.headers(headers)
  if (!isAllowed) throw new EngineError('rate_limited', { headers })
}

function answerUnrouted(parts: ServerParts, routes: readonly Route[], request: FastifyRequest, reply: FastifyReply): unknown {
  const path = request.url.split('?', 1)[0]!
  const methods = new Set(routes.filter((route) => isPathOf(route.path, path)).map((route) => route.method))
  if (parts.pages.some((page) => page.path === path)) methods.add('GET')
  if (methods.size > 0) {
    const allow = [...methods].join(', ')
    return sendProblem(parts, request, reply, new EngineError('method_not_allowed', { headers: { allow } }))
  }
  if (request.method === 'GET' && !path.startsWith('/api/') && parts.site) {
    if (parts.site.serve(decodePath(path), reply, request.headers['if-none-match'])) return reply
  }
  return sendProblem(parts, request, reply, new EngineError('not_found'))
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function isPathOf(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length && wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  )
}

function sendProblem(parts: ServerParts, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { status, headers, body } = problemOf(error, request.id, parts.log)
  return reply.code(status).headers(headers).send(JSON.stringify(body))
}
