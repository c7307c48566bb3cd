// The plumbing of a face: its sockets, its keys, the faults that strike at them, and the pages that all faces have alike.
// Invariant: what a call does and what is remembered of its key are written together (`book.once`).
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { createIdSource, type NewId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import { isControlPath, serveControl } from '../control.ts'
import { refusalOfFault, type WireFault } from '../faults.ts'
import { serveHostedPage } from '../hosted-page.ts'
import { BodyTooLarge, page, readBytes, sendHtml } from '../html.ts'
import type { SandboxPayment } from '../payment.ts'
import { SandboxRefusal } from '../refusal.ts'
import { isBeforeEffect, strikeCall } from '../wire-faults.ts'
import type { Face, FaceAnswer, FaceCall, FaceContext, FaceRoute, NamedKind } from './face.ts'

/** No answer comes for this long; then the connection is cut, so that a server can stop. */
const hangMs = 60_000

export type FaceParts = FaceContext & {
  readonly face: Face
  /** The last part of its address: the account's. The face's own when left out. */
  readonly name?: string
  readonly clock: Pick<Clock, 'after'>
  readonly random: Pick<Random, 'fraction'>
}
type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }
export type FacePages = (request: IncomingMessage, response: ServerResponse) => void

/** The names that a face's book gives. */
export function namingOf(face: Face, clock: Clock, random: Random): NewId {
  const source = createIdSource(clock, random)
  return (kind) => {
    const id = source(kind)
    return face.nameOf ? face.nameOf(kind as NamedKind, id.slice(kind.length + 1)) : id
  }
}

/** Answers requests below `/sandbox/<name>`. */
export function createFacePages(parts: FaceParts): FacePages {
  const base = `/sandbox/${parts.name ?? parts.face.name}`
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://sandbox')
    const below = url.pathname.slice(base.length) || '/'
    answer(parts, { base, below, query: url.searchParams }, { request, response }).catch((error: unknown) => {
      if (response.headersSent) return response.destroy()
      const isTooLarge = error instanceof BodyTooLarge
      sendHtml(
        response,
        isTooLarge ? 413 : 500,
        page(isTooLarge ? 'The body is too large' : 'Something broke', '', { brand: parts.face.title }),
      )
    })
  }
}

type Address = { readonly base: string; readonly below: string; readonly query: URLSearchParams }

async function answer(parts: FaceParts, { base, below, query }: Address, exchange: Exchange): Promise<void> {
  const { face, book, name = face.name } = parts
  const brand = name === face.name ? `${face.title} sandbox` : `${face.title} sandbox, ${name}`
  if (isControlPath(below)) return await serveControl({ book, base, brand, byHand: () => face.byHand?.(parts) ?? {} }, below, exchange)
  const paid = /^\/pay\/([\w.-]{1,100})$/.exec(below)
  if (paid) {
    const question = `Pay with ${face.title}?`
    const returnUrl = (payment: SandboxPayment) => face.returnUrl?.(payment) ?? plainReturnUrl(payment)
    return await serveHostedPage(
      { book, brand, question, isWhole: true, staysOpen: face.staysOpen === true, returnUrl },
      paid[1]!,
      exchange,
    )
  }
  const call = await readCall(exchange.request, { below, query })
  await answerCall(parts, call, exchange.response)
}

function plainReturnUrl({ state, returnUrl, cancelUrl }: SandboxPayment): string {
  return state === 'canceled' && cancelUrl !== null ? cancelUrl : returnUrl
}

async function readCall(request: IncomingMessage, { below, query }: Pick<Address, 'below' | 'query'>): Promise<FaceCall> {
  const body = await readBytes(request)
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
  return {
    method: request.method ?? 'GET',
    path: below,
    query,
    headers,
    body,
    form: () => new URLSearchParams(body.toString('utf8')),
    json: () => readJson(body),
  }
}

/** @throws SandboxRefusal */
function readJson(body: Buffer): Readonly<Record<string, unknown>> {
  let given: unknown
  try {
    given = body.length === 0 ? {} : JSON.parse(body.toString('utf8'))
  } catch {}
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new SandboxRefusal('bad_request', 'The body is no JSON object.')
  return given as Readonly<Record<string, unknown>>
}

async function answerCall(parts: FaceParts, call: FaceCall, response: ServerResponse): Promise<void> {
  const { face, book, clock, random } = parts
  const say = (code: SandboxRefusal['code'], message: string) => face.refuse({ code, message }, call)
  if (!face.isAuthorized(call, parts)) return send(response, say('unauthorized', 'The API key is wrong.'))
  let route: FaceRoute | null
  try {
    route = face.route(call, parts)
  } catch (error) {
    return send(response, refusedAs(face, error, call))
  }
  if (route === null) return send(response, say('no_route', `There is no ${call.method} ${call.path}.`))
  const { answerMs } = book.settings()
  if (answerMs > 0) await new Promise<void>((resolve) => void clock.after(answerMs, resolve))
  const fault = strikeCall(book, route.name, random)
  const kind = fault?.kind ?? null
  if (kind !== null && isBeforeEffect(kind)) {
    const refusal = refusalOfFault[kind]
    if (refusal === undefined) return loseAnswer(parts, kind, response)
    const waits: Readonly<Record<string, string>> =
      kind === 'rate_limit' ? { 'retry-after': String(Math.ceil((fault?.ms ?? 1_000) / 1000)) } : {}
    return send(response, say(refusal, 'The sandbox was asked to refuse this.'), waits)
  }
  const answered = carryOut(parts, call, { route, isBroken: kind === 'effect_500' })
  if (kind === null) return send(response, answered)
  if (kind === 'effect_500') return send(response, say('unavailable', 'Something broke.'))
  spoilAnswer(parts, { kind, answered }, response)
}

/** `isBroken`: the shop gets a 500, which some providers repeat under the same key. */
function carryOut({ face, book }: FaceParts, call: FaceCall, { route, isBroken }: { route: FaceRoute; isBroken: boolean }): FaceAnswer {
  const isKept = face.isKept ?? (({ status }) => status < 500)
  try {
    if (route.key === undefined || route.key === null) return book.atomically(() => route.run())
    const request = createHash('sha256').update(`${call.method} ${call.path}?${call.query}\n`).update(call.body).digest('hex')
    const kept = book.once({ key: route.key, request }, () => {
      const done = route.run()
      const broken = isBroken ? face.refuse({ code: 'unavailable', message: 'Something broke.' }, call) : null
      const told = broken !== null && isKept(broken) ? broken : done
      return { answer: JSON.stringify(told), isKept: isKept(told) }
    })
    const told = JSON.parse(kept.answer) as FaceAnswer
    return kept.isRepeat && face.repeatHeaders ? { ...told, headers: { ...told.headers, ...face.repeatHeaders } } : told
  } catch (error) {
    return refusedAs(face, error, call)
  }
}

/** @throws what is no refusal */
function refusedAs(face: Face, error: unknown, call: FaceCall): FaceAnswer {
  if (error instanceof SandboxRefusal) return face.refuse({ code: error.code, message: error.message }, call)
  throw error
}

function send(response: ServerResponse, { status, body, headers = {} }: FaceAnswer, more: Readonly<Record<string, string>> = {}): void {
  const isText = typeof body === 'string'
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  const content = isText ? body : body === undefined || body === null ? '' : JSON.stringify(body)
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers, ...more }).end(content)
}

function loseAnswer({ clock }: FaceParts, kind: WireFault, response: ServerResponse): void {
  if (kind.endsWith('_hang')) clock.after(hangMs, () => response.destroy())
  else response.destroy()
}

/** The effect stands; what the shop reads is no answer. */
function spoilAnswer(
  parts: FaceParts,
  { kind, answered }: { readonly kind: WireFault; readonly answered: FaceAnswer },
  response: ServerResponse,
): void {
  switch (kind) {
    case 'half_body': {
      const text = typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body ?? {})
      response.writeHead(answered.status, { 'content-type': 'application/json; charset=utf-8' })
      return void response.end(text.slice(0, Math.ceil(text.length / 2)))
    }
    case 'html':
      return sendHtml(response, 200, page('We will be right back', '<p>Maintenance.</p>', { brand: parts.face.title }))
    case 'redirect':
      return void response.writeHead(302, { location: `${parts.url}/elsewhere` }).end()
    default:
      loseAnswer(parts, kind, response)
  }
}
