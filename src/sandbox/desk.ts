// The sandbox's desk: what a shop asks of the provider. In one process that is the book itself; several
// processes reach the one book of a `kingpost sandbox` by HTTP, each call under the shared secret.
// Invariant: a refusal is a SandboxRefusal here as there; any other call without an answer throws something else,
// so that its caller counts it as uncertain.
import type { Egress } from '../base/egress.ts'
import { isEqualSecret } from '../base/secret.ts'
import type { SandboxLine } from './account.ts'
import type { SandboxPayment } from './payment.ts'
import { type RefusalCode, refusalCodes, SandboxRefusal } from './refusal.ts'
import type { RefundRequest } from './returning.ts'
import type { LinesQuery } from './store.ts'
import type { CaptureRequest, CreateRequest, ResumeRequest } from './taking.ts'

type Soon<T> = T | Promise<T>

export interface SandboxDesk {
  create(request: CreateRequest): Soon<SandboxPayment>
  resume(id: string, request: ResumeRequest): Soon<SandboxPayment>
  capture(id: string, request: CaptureRequest): Soon<SandboxPayment>
  cancel(id: string): Soon<SandboxPayment>
  refund(id: string, request: RefundRequest): Soon<SandboxPayment>
  get(id: string): Soon<SandboxPayment | null>
  findByReference(reference: string): Soon<SandboxPayment | null>
  lines(query: LinesQuery): Soon<readonly SandboxLine[]>
}

export const deskPath = '/sandbox/desk/'

/** The desk of a sandbox elsewhere. `url` is where its pages are: `http://127.0.0.1:8091/sandbox`. */
export function createRemoteDesk(options: { readonly url: string; readonly secret: string; readonly egress: Egress }): SandboxDesk {
  const { url, secret, egress } = options
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
  async function ask<T>(name: keyof SandboxDesk, ...given: readonly unknown[]): Promise<T> {
    const answer = await egress.request({ method: 'POST', url: `${url}/desk/${name}`, headers, body: JSON.stringify(given) })
    const refused = answer.status === 409 ? (JSON.parse(answer.body) as { code: RefusalCode; error: string }) : null
    if (refused && refusalCodes.includes(refused.code)) throw new SandboxRefusal(refused.code, refused.error)
    if (answer.status !== 200) throw new Error(`The sandbox at ${url} answered ${answer.status}: ${answer.body.slice(0, 200)}`)
    return JSON.parse(answer.body) as T
  }
  return {
    create: (request) => ask('create', request),
    resume: (id, request) => ask('resume', id, request),
    capture: (id, request) => ask('capture', id, request),
    cancel: (id) => ask('cancel', id),
    refund: (id, request) => ask('refund', id, request),
    get: (id) => ask('get', id),
    findByReference: (reference) => ask('findByReference', reference),
    lines: (query) => ask('lines', query),
  }
}

export type DeskAnswer = { readonly status: number; readonly body: unknown }

/** The other end: one call of a remote desk, on the book that is here. */
export async function answerDesk(
  desk: SandboxDesk,
  secret: string,
  call: { readonly name: string; readonly authorization: string | undefined; readonly body: string },
): Promise<DeskAnswer> {
  const { name, authorization = '', body } = call
  if (!isEqualSecret(authorization, `Bearer ${secret}`))
    return { status: 401, body: { error: 'KINGPOST_SANDBOX_SECRET is not the one this sandbox was started with.' } }
  const given = parse(body)
  if (given === null) return { status: 400, body: { error: 'Send a list of what the call is given.' } }
  try {
    const answer = await carryOut(desk, name, given)
    return answer === undefined ? { status: 404, body: { error: `The desk knows no ${name}.` } } : { status: 200, body: answer }
  } catch (error) {
    if (!(error instanceof SandboxRefusal)) throw error
    return { status: 409, body: { code: error.code, error: error.message } }
  }
}

function carryOut(desk: SandboxDesk, name: string, given: readonly unknown[]): Soon<unknown> {
  switch (name) {
    case 'create':
      return desk.create(given[0] as CreateRequest)
    case 'resume':
      return desk.resume(String(given[0]), given[1] as ResumeRequest)
    case 'capture':
      return desk.capture(String(given[0]), given[1] as CaptureRequest)
    case 'cancel':
      return desk.cancel(String(given[0]))
    case 'refund':
      return desk.refund(String(given[0]), given[1] as RefundRequest)
    case 'get':
      return desk.get(String(given[0]))
    case 'findByReference':
      return desk.findByReference(String(given[0]))
    case 'lines':
      return desk.lines(given[0] as LinesQuery)
    default:
      return undefined
  }
}

function parse(body: string): readonly unknown[] | null {
  try {
    const given: unknown = JSON.parse(body)
    return Array.isArray(given) ? given : null
  } catch {
    return null
  }
}
