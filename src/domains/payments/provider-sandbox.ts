// The adapter between our port and the sandbox's desk.
import { minorDigits } from '../../base/currencies.ts'
import { limits } from '../../base/limits.ts'
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import type { SandboxDesk } from '../../sandbox/desk.ts'
import { readSnapshot, type SandboxSnapshot } from '../../sandbox/own-dialect.ts'
import {
  paymentStates,
  refundStates,
  type SandboxPayment,
  type SandboxRefund,
  stateOf,
  type WrittenPayment,
} from '../../sandbox/payment.ts'
import { SandboxRefusal } from '../../sandbox/refusal.ts'
import { type CreateRequest, sandboxMethods } from '../../sandbox/taking.ts'
import { lastTime } from '../../schema/kinds/date-time.ts'
import type { PaymentProvider, ProviderFact, ProviderResult, ProviderView, WebhookEvent } from './provider.ts'

export type SandboxOptions = {
  readonly secret: string
  /** Where the challenge page is: `http://localhost:8090/sandbox`. */
  readonly pagesUrl: string
  /** Every call to the desk goes through here; the simulator loses and delays some. */
  readonly call?: <T>(name: string, work: () => T) => Promise<T>
}

const toleranceSeconds = 300

export function createSandboxProvider(desk: SandboxDesk, options: SandboxOptions): PaymentProvider {
  const call = options.call ?? (async (_name, work) => work())

  async function ask<T>(name: string, work: () => T): Promise<ProviderResult<Awaited<T>>> {
    try {
      // A refusal is an answer like any other, and goes the same way.
      const value = await call(name, () => orRefusal(work))
      if (value instanceof SandboxRefusal) return { result: 'refused', reason: value.message }
      return { result: 'ok', value: value as Awaited<T> }
    } catch (error) {
      return { result: 'uncertain', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  const seen = (answer: ProviderResult<SandboxPayment>): ProviderResult<ProviderView> =>
    answer.result === 'ok' ? { result: 'ok', value: viewOf(answer.value, options.pagesUrl) } : answer

  return {
    id: 'sandbox',
    apiVersion: '1',
    methods: sandboxMethods,
    capabilities: { capturesLater: false, capturesParts: false, capturesOften: false, lists: false, currencies: null },

    async start({ key, reference, amount, method, returnUrl }) {
      const request: CreateRequest = {
        key,
        reference,
        amountMinor: amount.amount,
        currency: amount.currency,
        method: method ?? 'card_success',
        returnUrl,
      }
      return seen(await ask('start', () => desk.create(request)))
    },
    async cancel({ providerRef }) {
      return seen(await ask('cancel', () => desk.cancel(providerRef)))
    },
    async refund({ key, reference, providerRef, amount }) {
      return seen(await ask('refund', () => desk.refund(providerRef, { key, reference, amountMinor: amount.amount })))
    },
    async fetch({ reference, providerRef }) {
      const answer = await ask('fetch', () => (providerRef === null ? desk.findByReference(reference) : desk.get(providerRef)))
      if (answer.result !== 'ok') return answer
      return { result: 'ok', value: answer.value && viewOf(answer.value, options.pagesUrl) }
    },

    verifyWebhook({ body, headers, now }) {
      const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(headers['sandbox-signature'] ?? '')
      if (!match) return null
      // An old signature is a replay, whoever sends it.
      if (Math.abs(now / 1000 - Number(match[1])) > toleranceSeconds) return null
      if (!isEqualSecret(match[2]!, signHmac(options.secret, Buffer.concat([Buffer.from(`${match[1]}.`), body])))) return null
      const event = parseEvent(body)
      return event && [event]
    },
  }
}

function orRefusal<T>(work: () => T): T | SandboxRefusal | Promise<Awaited<T> | SandboxRefusal> {
  try {
    const value = work()
    return value instanceof Promise ? value.catch(refusalIn) : value
  } catch (error) {
    return refusalIn(error)
  }
}

function refusalIn(error: unknown): SandboxRefusal {
  if (error instanceof SandboxRefusal) return error
  throw error
}

/** Signed is not yet well-formed: what is no event is refused, not broken over. */
function parseEvent(body: Uint8Array): WebhookEvent | null {
  try {
    const { id, payment, reference, data } = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>
    if (![id, payment, reference].every(isName)) return null
    const event = { eventId: id as string, reference: reference as string, providerRef: payment as string }
    if (data === undefined) return event
    if (!isSnapshot(data) || data.id !== payment) return null
    const snapshot = readSnapshot(data)
    if (data.refunds.length > limits.refundsToldMax) return event
    // What has happened to a payment stays so, and a snapshot holds all of it until then.
    return { ...event, told: { facts: factsOf(snapshot), declineReason: snapshot.declineReason } }
  } catch {
    return null
  }
}

const isName = (value: unknown) => typeof value === 'string' && /^[\w:-]{1,200}$/.test(value)
const isMinor = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown) => isMinor(value) && (value as number) <= lastTime

/** All that is taken from it: what cannot be stored, or not be read again, is refused here. */
function isSnapshot(data: unknown): data is WrittenPayment {
  const { state, amountMinor, currency, createdAt, decidedAt, declineReason: reason, refunds } = data as WrittenPayment
  const isReason = reason === null || (typeof reason === 'string' && reason.length <= limits.refusalCharactersMax && !reason.includes('\0'))
  const isDecided = decidedAt === null || isTime(decidedAt)
  const isWhole = paymentStates.includes(state) && isMinor(amountMinor) && minorDigits(currency) !== undefined
  // An id twice would be one refund with two amounts.
  const isEachOnce = new Set(refunds.map((refund) => refund.id)).size === refunds.length
  return isWhole && isTime(createdAt) && isDecided && isReason && isEachOnce && refunds.every(isRefund)
}

function isRefund(refund: SandboxRefund): boolean {
  const { id, reference, amountMinor, at } = refund
  return (
    isName(id) && (reference === '' || isName(reference)) && isMinor(amountMinor) && isTime(at) && refundStates.includes(stateOf(refund))
  )
}

function viewOf(payment: SandboxPayment, pagesUrl: string): ProviderView {
  const isOpen = payment.state === 'requires_action'
  return {
    providerRef: payment.id,
    facts: factsOf(payment),
    phase: isOpen ? 'open' : payment.state === 'processing' ? 'processing' : 'closed',
    action: isOpen ? { type: 'redirect', url: `${pagesUrl}/challenge/${payment.id}` } : null,
    declineReason: payment.declineReason,
  }
}

function factsOf(payment: SandboxSnapshot): ProviderFact[] {
  const amount = { amount: payment.amountMinor, currency: payment.currency }
  const at = { operationRef: payment.id, amount, providerTime: payment.decidedAt ?? payment.createdAt }
  const facts: ProviderFact[] = []
  if (payment.state === 'succeeded') facts.push({ kind: 'cap_ok', ...at })
  if (payment.state === 'failed') facts.push({ kind: 'auth_fail', ...at })
  if (payment.state === 'canceled') facts.push({ kind: 'void_ok', ...at })
  for (const refund of payment.refunds) {
    const { id, amountMinor, at: providerTime } = refund
    const reference = refund.reference === '' ? {} : { reference: refund.reference }
    const of = { operationRef: id, amount: { amount: amountMinor, currency: payment.currency }, providerTime, ...reference }
    const state = stateOf(refund)
    if (state === 'succeeded' || state === 'returned') facts.push({ kind: 'ref_ok', ...of })
    if (state === 'failed' || state === 'returned') facts.push({ kind: 'ref_fail', ...of })
  }
  return facts
}
