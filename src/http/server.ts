// HTTP in front of the operations: routes, bodies, callers, limits and answers. It decides nothing
// about data; every call of an operation goes through runOperation. Fastify gives routing, parsing and the socket.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteHandlerMethod } from 'fastify'
import { type Actor, type Credentials, guestActor, isSameCaller, isStaffAnywhere, type Recalled } from '../access/actor.ts'
import type { Clock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { parseJsonBody } from '../base/json-text.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Operation, RateClass } from '../operation/define.ts'
import { isPathOf, routeOf, routesAt } from '../operation/routes.ts'
import type { Call, Reply } from '../operation/run-operation.ts'
import { stringifyOf } from '../operation/serializer.ts'
import type { Admission } from './admission.ts'
import { compress, encodingFor, isCompressible, markTag } from './compression.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { admitOrigin, answerOptions, checkSameSite } from './cross-origin.ts'
import { healthPaths } from './health.ts'
import { type Listening, listenBySeveral } from './listening.ts'
import { createLiveStreams, type LiveStreams } from './live.ts'
import { createPreferred, type Preferred } from './preferred.ts'
import { problemOf } from './problems.ts'
import { createRateLimiter, type LimitedClass, type RateLimiter } from './rate-limit.ts'
import { credentialsOf, factsOf, inputOf, type Route } from './request-parts.ts'
import { type Resource, sendResource } from './resource.ts'
import { counted, openFile, type Room } from './room.ts'
import { sendContent } from './send-content.ts'
import { answerUnreadable, createSocketServer, type SocketTimes, socketTimes } from './sockets.ts'
import type { StaticSite } from './static-files.ts'
import { addVary } from './vary.ts'

export type ServerParts = {
  readonly operations: readonly Operation[]
  /** Those of `operations` that are also called by their name alone: the project's own. */
  readonly named: readonly Operation[]
  readonly run: (operation: Operation, call: Call) => Promise<Reply>
  readonly authenticate: (credentials: Credentials) => Promise<Actor>
  /** Whom to read for while it is looked up whether they still are; null where that is not known. Left out: of nobody. */
  readonly recall?: (credentials: Credentials) => Recalled | null
  /** Tells the id of each session and account whose rights were taken, before anybody is told of a later change. */
  readonly onRevoked?: (tell: (id: string) => void) => void
  readonly clock: Clock
  readonly log: Log
  /** Said of what broke, for whoever develops. */
  readonly brokenHint?: string
  readonly site: StaticSite | null
  /** Answers of fixed addresses beside the operations: health, the API reference. */
  readonly pages: readonly Page[]
  readonly isRateLimited: boolean
  /** One that several processes share; in memory when left out. */
  readonly limiter?: RateLimiter
  /** Who is worked on and who is refused while too much comes; everybody is let in when left out. */
  readonly admission?: Admission
  /** Networks whose X-Forwarded-For is believed; none by default. */
  readonly trustedProxies: readonly string[]
  readonly bootId: string
  /** Other sites whose pages may call us. */
  readonly origins?: ReadonlySet<string>
  readonly times?: SocketTimes
  /** Puts something in front of the router; the listener it is given is ours. */
  readonly inFront?: (listener: Listener) => Listener
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

export type Page = {
  readonly path: string
  readonly summary: string
  readonly type: string
  /** A text of this moment, or one that stays. */
  readonly answer: (caller: () => Promise<Actor>) => Promise<{ status: number; body: string } | Resource>
  /** 200 alone when left out. */
  readonly statuses?: readonly number[]
  /** Differs with who asks. */
  readonly isPersonal?: boolean
}

export type HttpServer = {
  readonly app: FastifyInstance
  listen(port: number, host: string): Promise<number>
  /** Refuses new connections, ends streams, waits for the requests under way. */
  close(): Promise<void>
}

const silent: Log = { write() {} }
const noOrigins: ReadonlySet<string> = new Set()

/** What makes a caller: the same address answers another one differently. */
const varying = 'Authorization, Cookie, Cart-Token'

/** How often a closing server looks for connections that have fallen idle. */
const idleSweepMs = 50

/** Schemas are checked by the operations: no route has one. Otherwise Fastify loads its own compilers at each start. */
const noSchemas = (): never => {
  throw new Error('no route has a schema of its own')
}

function createApp(parts: ServerParts): FastifyInstance {
  let requestCount = 0
  return Fastify({
    bodyLimit: limits.bodyBytesMax,
    genReqId: () => `${parts.bootId}-${(++requestCount).toString(36)}`,
    trustProxy: parts.trustedProxies.length > 0 ? [...parts.trustedProxies] : false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { querystringParser: (text) => ({ text }), maxParamLength: 128 },
    serverFactory: (listener) => createSocketServer(parts.times ?? socketTimes, parts.clock, parts.inFront?.(listener) ?? listener),
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, `${parts.bootId}-unread`, parts.log),
    // Node's own answer has no problem in it, and does not say when to come again.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendProblem(parts, request, reply as FastifyReply, error),
  })
}

export function createServer(parts: ServerParts): HttpServer {
  const app = createApp(parts)
  const { origins = noOrigins } = parts
  const limiter = parts.limiter ?? createRateLimiter(parts.clock)
  const live = createLiveStreams(parts)
  const routes = [...parts.operations.map(routeAt), ...parts.named.map(routeByName)]
  const fixed = byBeginning(routes.filter(({ path }) => !path.includes(':')))

  const unrouted = (request: FastifyRequest, reply: FastifyReply) => answerUnrouted({ ...parts, limiter }, routes, request, reply)

  takeBodies(app)
  const preferred = createPreferred(routes)
  if (origins.size > 0) app.addHook('onRequest', async (request, reply) => admitOrigin(origins, request.headers, reply))
  const door = openDoor(app, parts.admission, preferred)
  // Where nothing is, or not by this method, what is wrong with the body is beside the point.
  app.setErrorHandler((error, request, reply) => {
    if (problemOf(error, request.id, silent).status >= 500) return sendProblem(parts, request, reply, error)
    return request.is404 ? unrouted(request, reply) : sendCounted({ ...parts, limiter }, { request, reply }, error)
  })
  app.setNotFoundHandler(unrouted)
  for (const page of parts.pages) app.route({ method: ['GET', 'HEAD'], url: page.path, handler: pageAt(parts, page) })
  const addRoute = (to: FastifyInstance, route: Route) =>
    to.route({
      // HEAD is GET without the body, which Node leaves out (RFC 9110 section 9.3.2).
      method: route.method === 'GET' ? ['GET', 'HEAD'] : (route.method as 'POST'),
      url: route.path,
      config: { rawBody: route.operation.rawBody === true },
      handler: unless(
        fixedWithin(fixed, route),
        unrouted,
        counted(routeHandler(parts, { limiter, live, preferred }, route), parts.admission),
      ),
    })
  const [ofFiles, others] = [routes.filter(takesFile), routes.filter((route) => !takesFile(route))]
  for (const route of others) addRoute(app, route)
  if (ofFiles.length > 0)
    app.register(async (scope) => {
      leaveBodies(scope)
      for (const route of ofFiles) addRoute(scope, route)
    })

  let listening: Listening | null = null
  return {
    app,
    async listen(port, host) {
      listening = await listenBySeveral(app.server, (options) => app.listen(options), { port, host })
      return listening.port
    },
    async close() {
      door.close()
      live.endAll()
      const ended = listening?.close()
      let cancel = () => {}
      // A connection whose request was under way falls idle later, and its client (a proxy) may keep it for minutes.
      const closeIdle = () => {
        app.server.closeIdleConnections()
        cancel = parts.clock.after(idleSweepMs, closeIdle)
      }
      closeIdle()
      await app.close()
      await ended
      cancel()
    },
  }
}

function routeAt(operation: Operation): Route {
  return { operation, ...routeOf(operation.route) }
}

/** For callers that know a name and no address: the whole input is the body, also of a read. */
function routeByName(operation: Operation): Route {
  return { operation, method: 'POST', path: `/api/operations/${operation.name}` }
}

/** One that asks who reads it costs what an operation does. Health holds no room that others could want. */
function pageAt(parts: ServerParts, page: Page): RouteHandlerMethod {
  const handle = pageHandler(parts, page)
  return healthPaths.includes(page.path) ? handle : counted(handle, parts.admission)
}

function pageHandler(parts: ServerParts, { answer, type, isPersonal }: Page) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (isPersonal) addVary(reply, varying)
    reply.headers({
      'cache-control': isPersonal ? 'private, no-cache' : 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
    })
    const answered = await answer(() => parts.authenticate(credentialsOf(request)))
    if ('etag' in answered) return await sendResource(answered, request, reply)
    if (answered.status === 503) reply.header('retry-after', '1')
    return reply.code(answered.status).header('content-type', type).send(answered.body)
  }
}

/** Refuses before anything else is done, behind the hook that lets other sites read the answer. */
function openDoor(app: FastifyInstance, admission: Admission | undefined, preferred: Preferred) {
  let isClosed = false
  app.addHook('onRequest', (request, reply, done) => {
    if (isClosed) return refuse(request, reply, stopping)
    const isIn = admission?.admits(
      () => credentialsOf(request).network,
      () => preferred.rankOf(request),
    )
    if (isIn === false && !healthPaths.includes(request.url)) return refuse(request, reply, tooMuch)
    done()
  })
  return { close: () => void (isClosed = true) }
}

const tooMuch = new EngineError('overloaded')
const stopping = new EngineError('overloaded', { detail: 'This process is being stopped. Retry in a moment.' })

/** Before its body is read, at the least cost. It is told to the log by whoever counts. */
function refuse(request: FastifyRequest, reply: FastifyReply, why: EngineError): void {
  const { headers } = request
  const { status, headers: said, body } = problemOf(why, request.id, silent)
  reply.headers(said)
  // What is short is read to its end by Node, and the connection goes on.
  if (why === stopping || headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > limits.bodyBytesMax)
    reply.header('connection', 'close')
  sendText(reply, status, JSON.stringify(body))
  request.raw.resume()
}

type AroundRoutes = { readonly limiter: RateLimiter; readonly live: LiveStreams; readonly preferred: Preferred }

function routeHandler(parts: ServerParts, { limiter, live, preferred }: AroundRoutes, route: Route) {
  const { operation, method } = route
  const isSafe = method === 'GET'
  const stringify = stringifyOf(operation)
  const rateClass: RateClass = operation.rate ?? (operation.kind === 'query' ? 'read' : 'write')

  // Code of a project may do more than read.
  const isReadAhead = operation.kind === 'query' && !parts.named.includes(operation)

  // Answers are one caller's: a cache may keep what was read, only to ask again whether it is still good.
  const cacheControl = isSafe ? 'private, no-cache' : 'no-store'

  return async (request: FastifyRequest, reply: FastifyReply, room: Room) => {
    const { headers } = request
    if (operation.always) reply.headers(operation.always)
    const sent = credentialsOf(request)
    const credentials = operation.isFromElsewhere ? { ...sent, authorization: undefined, cookie: undefined, cartToken: undefined } : sent
    if (!isSafe && credentials.cookie !== undefined && credentials.authorization === undefined)
      checkSameSite(parts.origins ?? noOrigins, headers)
    const since = live.revocations()
    const take = async (actor: Actor) => {
      if (!parts.isRateLimited || rateClass === 'none') return
      const codes = (operation.codesIn?.(request.body) ?? 0) * limits.codeWrites
      const count = Math.max(codes, operation.requestsIn?.(request.body) ?? 1)
      await limit(limiter, { rateClass, count, actor, credentials }, reply)
      // More accounts try no more of them.
      if (codes > 0 && actor.id !== null) await limit(limiter, { rateClass, count: codes, actor: guestActor(''), credentials }, reply)
    }
    const run = async (actor: Actor) => await parts.run(operation, callOf(parts, { request, route, actor, room }))
    const recalled = isReadAhead ? (parts.recall?.(credentials) ?? null) : null
    const ahead = recalled === null ? null : await readAhead(recalled, { take, run })
    const actor = ahead?.actor ?? (await parts.authenticate(credentials))
    preferred.note(credentials, isStaffAnywhere(actor))
    if (ahead === null) await take(actor)
    const answer = ahead?.answer ?? (await run(actor))
    reply.header('cache-control', cacheControl)
    addVary(reply, varying)
    reply.header('x-content-type-options', 'nosniff')
    if (answer.content) return await sendContent(answer.content, answer.headers, { request, reply, clock: parts.clock })
    for (const name in answer.headers)
      if (name === 'vary') addVary(reply, String(answer.headers[name]))
      else reply.header(name, answer.headers[name])
    if (answer.stream && request.method === 'GET') {
      const mayStay = async () => {
        const current = await parts.authenticate(credentials)
        // A role gained or lost changes what may be seen: the client comes back as who it is now.
        return isSameCaller(current, actor)
      }
      return await live.open({ reply, actor, caller: actor.key ?? actor.id ?? credentials.network, since, mayStay }, answer.stream)
    }
    if (answer.status === 204) return reply.code(204).send()
    if (answer.status === 304) return sendNotModified(reply, headers['if-none-match'])
    const type = answer.stream ? 'text/event-stream' : typeof answer.output === 'string' ? 'text/plain' : 'application/json'
    const text = typeof answer.output === 'string' ? answer.output : (answer.json ?? stringify(answer.output))
    reply.header('content-type', `${type}; charset=utf-8`)
    if (!isSafe || !isCompressible(text, request)) return sendText(reply, answer.status, text)
    addVary(reply, 'Accept-Encoding')
    // Brotli's encoder takes megabytes for each text under way.
    const encoding = encodingFor(headers['accept-encoding'], ['gzip'])
    if (encoding === null) return sendText(reply, answer.status, text)
    const etag = reply.getHeader('etag')
    reply.header('content-encoding', encoding)
    if (typeof etag === 'string') reply.header('etag', markTag(etag, encoding))
    return sendText(reply, answer.status, await compress(encoding, Buffer.from(text)))
  }
}

type Calling = { readonly request: FastifyRequest; readonly route: Route; readonly actor: Actor; readonly room: Room }

function callOf({ clock }: ServerParts, { request, route, actor, room }: Calling): Call {
  const { operation, method } = route
  const rawBody = operation.rawBody ? ((request.body as Uint8Array | undefined) ?? new Uint8Array()) : null
  return {
    input: inputOf(request, route, rawBody !== null || takesFile(route)),
    actor,
    idempotencyKey: method === 'GET' ? null : ((request.headers['idempotency-key'] as string | undefined) ?? null),
    request: takesFile(route)
      ? { ...factsOf(request, null), openFile: () => openFile(request.raw, clock, room) }
      : factsOf(request, rawBody),
  }
}

type Ahead = { readonly take: (actor: Actor) => Promise<void>; readonly run: (actor: Actor) => Promise<Reply> }

/**
 * Reads for whom credentials were a moment ago, and asks in the same trip to the database whether they still are: over a network the trip costs
 * more than what is asked. Null where they are not, or not known to be: then nothing that was read is told, and it is begun anew.
 */
async function readAhead({ actor, isStill }: Recalled, { take, run }: Ahead): Promise<{ actor: Actor; answer: Reply } | null> {
  try {
    await take(actor)
  } catch {
    return null
  }
  const [still, answer] = await Promise.allSettled([isStill(), run(actor)])
  if (still.status === 'rejected') throw still.reason
  if (!still.value) return null
  if (answer.status === 'rejected') throw answer.reason
  return { actor, answer: answer.value }
}

/** With the tag of the answer that the client has, which may have been compressed. */
function sendNotModified(reply: FastifyReply, tags: string | undefined): FastifyReply {
  const etag = reply.getHeader('etag')
  if (typeof etag === 'string' && tags?.includes(markTag(etag, 'gzip'))) reply.header('etag', markTag(etag, 'gzip'))
  return reply.code(304).send()
}

/** A finished text, past the framework's own stages of serialising: nothing here hooks into them, and they cost as much as the rule. */
function sendText(reply: FastifyReply, status: number, text: string | Buffer): void {
  const { raw } = reply
  const headers = reply.getHeaders() as OutgoingHttpHeaders
  // A head that is written at once needs it, and so does HEAD, of which Node leaves out the body.
  headers['content-length'] = Buffer.byteLength(text)
  try {
    raw.writeHead(status, headers)
  } catch (error) {
    // The problem that is answered instead must not be refused for the same header.
    for (const name in headers) reply.removeHeader(name)
    throw error
  }
  reply.hijack()
  raw.end(text)
}

function takeBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], { parseAs: 'buffer' }, (request, body, done) => {
    if (isRaw(request) || body.length === 0) return done(null, isRaw(request) ? body : undefined)
    try {
      done(null, parseJsonBody(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) =>
    isRaw(request) ? done(null, body) : done(body.length === 0 ? null : new EngineError('unsupported_media_type'), undefined),
  )
}

function takesFile({ operation }: Route): boolean {
  return Boolean(operation.takesFile)
}

/** What is a file is read by its operation, as it comes; what that leaves of it is thrown away, so that it can be answered. */
function leaveBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _body, done) => done(null))
  scope.addHook('onSend', async (request, reply) => {
    // Who was answered before all of it had come would wait for ever for the answer to a next request.
    if (request.raw.complete === false) reply.header('connection', 'close')
    request.raw.unpipe()
    request.raw.resume()
  })
}

function isRaw(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { rawBody?: boolean }).rawBody === true
}

type Limited = { readonly rateClass: LimitedClass; readonly count: number; readonly actor: Actor; readonly credentials: Credentials }

async function limit(limiter: RateLimiter, { rateClass, count, actor, credentials }: Limited, reply: FastifyReply): Promise<void> {
  // Guessing passwords is limited by where it comes from, whoever it claims to be.
  const caller = rateClass === 'account' ? credentials.network : (actor.key ?? actor.id ?? credentials.network)
  const { isAllowed, headers } = await limiter.take(rateClass, caller, count)
  reply.headers(headers)
  if (!isAllowed) throw new EngineError('rate_limited', { headers })
}

/** What no operation has counted, because it never came to one, is counted as one of whoever asks from there. */
async function sendCounted(parts: Limiting, { request, reply }: Asked, error: unknown): Promise<FastifyReply> {
  const credentials = credentialsOf(request)
  const actor = guestActor(credentials.network)
  const rateClass = request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write'
  parts.admission?.enter(credentials.network)()
  try {
    if (parts.isRateLimited && !reply.hasHeader('ratelimit')) await limit(parts.limiter, { rateClass, count: 1, actor, credentials }, reply)
  } catch (refused) {
    return sendProblem(parts, request, reply, refused)
  }
  return sendProblem(parts, request, reply, error)
}

type Limiting = ServerParts & { readonly limiter: RateLimiter }
type Asked = { readonly request: FastifyRequest; readonly reply: FastifyReply }

function answerUnrouted(parts: Limiting, routes: readonly Route[], request: FastifyRequest, reply: FastifyReply): unknown {
  const path = request.url.split('?', 1)[0]!
  const methods = methodsOf(routes, path)
  if (parts.pages.some((page) => page.path === path)) methods.add('GET')
  const isFile = methods.size === 0 && !path.startsWith('/api/') && parts.site?.has(decodePath(path)) === true
  if (isFile) methods.add('GET')
  if (methods.size === 0) return sendCounted(parts, { request, reply }, new EngineError('not_found'))
  if (methods.has('GET')) methods.add('HEAD')
  if (isFile && methods.has(request.method)) return parts.site!.serve(decodePath(path), request, reply)
  const allow = [...methods, 'OPTIONS'].join(', ')
  for (const { operation } of routesAt(routes, path)) reply.headers({ ...operation.always })
  if (request.method === 'OPTIONS') return answerOptions(parts.origins ?? noOrigins, allow, request, reply)
  return sendCounted(parts, { request, reply }, new EngineError('method_not_allowed', { headers: { allow } }))
}

function methodsOf(routes: readonly Route[], path: string): Set<string> {
  return new Set(routesAt(routes, path).map((route) => route.method))
}

/** By each beginning of their paths that ends with a slash: each route with a name would look at all of them. */
function byBeginning(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const found = new Map<string, Route[]>()
  for (const route of routes)
    for (let end = 1; end > 0; end = route.path.indexOf('/', end) + 1) {
      const start = route.path.slice(0, end)
      found.set(start, [...(found.get(start) ?? []), route])
    }
  return found
}

/** Addresses that stand in a route as they are, and that this pattern would fit: `DELETE /api/users/aggregate` is no record's. */
function fixedWithin(fixed: ReadonlyMap<string, readonly Route[]>, { method, path }: Route): ReadonlySet<string> {
  const names = path.indexOf(':')
  if (names < 0) return none
  const within = (fixed.get(path.slice(0, names)) ?? []).filter((one) => isPathOf(path, one.path))
  if (within.length === 0) return none
  const own = new Set(within.filter((one) => one.method === method).map((one) => one.path))
  return new Set(within.map((one) => one.path).filter((one) => !own.has(one)))
}

const none: ReadonlySet<string> = new Set()

function unless(fixed: ReadonlySet<string>, unrouted: RouteHandlerMethod, handle: RouteHandlerMethod): RouteHandlerMethod {
  if (fixed.size === 0) return handle
  return function handled(request, reply) {
    const { url } = request
    const end = url.indexOf('?')
    return (fixed.has(end < 0 ? url : url.slice(0, end)) ? unrouted : handle).call(this, request, reply)
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function sendProblem(parts: ServerParts, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { status, headers, body } = problemOf(error, request.id, parts.log, parts.brokenHint)
  return reply.code(status).headers(headers).send(JSON.stringify(body))
}
