// The sandbox's desk: what a shop asks of the provider. In one process that is the book itself; several
// processes reach the one book of a `kingpost sandbox` by HTTP, each call under the shared secret.
// Invariant: a call without an answer throws, so that its caller counts it as uncertain.
import type { Egress } from '../base/egress.ts'
import { isEqualSecret } from '../base/secret.ts'
import type { CreateRequest } from './book.ts'
import type { SandboxPayment } from './store.ts'

export type DeskRefund = { readonly key: string; readonly reference: string; readonly amountMinor: number }
type Soon<T> = T | Promise<T>

export interface SandboxDesk {
  create(request: CreateRequest): Soon<SandboxPayment | null>
  cancel(id: string): Soon<SandboxPayment | null>
  refund(id: string, request: DeskRefund): Soon<SandboxPayment | 'too_much' | null>
  get(id: string): Soon<SandboxPayment | null>
  findByReference(reference: string): Soon<SandboxPayment | null>
}

export const deskPath = '/sandbox/desk/'

/** The desk of a sandbox elsewhere. `url` is where its pages are: `http://127.0.0.1:8091/sandbox`. */
export function createRemoteDesk(options: { readonly url: string; readonly secret: string; readonly egress: Egress }): SandboxDesk {
  const { url, secret, egress } = options
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
  async function ask<T>(name: keyof SandboxDesk, ...given: readonly unknown[]): Promise<T> {
    const answer = await egress.request({ method: 'POST', url: `${url}/desk/${name}`, headers, body: JSON.stringify(given) })
    if (answer.status !== 200) throw new Error(`The sandbox at ${url} answered ${answer.status}: ${answer.body.slice(0, 200)}`)
    return JSON.parse(answer.body) as T
  }
  return {
    create: (request) => ask('create', request),
    cancel: (id) => ask('cancel', id),
    refund: (id, request) => ask('refund', id, request),
    get: (id) => ask('get', id),
    findByReference: (reference) => ask('findByReference', reference),
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
  switch (name) {
    case 'create':
      return { status: 200, body: await desk.create(given[0] as CreateRequest) }
    case 'cancel':
      return { status: 200, body: await desk.cancel(String(given[0])) }
    case 'refund':
      return { status: 200, body: await desk.refund(String(given[0]), given[1] as DeskRefund) }
    case 'get':
      return { status: 200, body: await desk.get(String(given[0])) }
    case 'findByReference':
      return { status: 200, body: await desk.findByReference(String(given[0])) }
    default:
      return { status: 404, body: { error: `The desk knows no ${name}.` } }
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
