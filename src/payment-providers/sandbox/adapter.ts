// The adapter between our port and the sandbox's desk.
import type { PaymentProvider, ProviderResult, ProviderView } from '../../domains/payments/provider.ts'
import type { SandboxDesk } from '../../sandbox/desk.ts'
import type { SandboxPayment } from '../../sandbox/payment.ts'
import { SandboxRefusal } from '../../sandbox/refusal.ts'
import { sandboxMethods } from '../../sandbox/taking.ts'
import { settlementLine, viewOf } from './view.ts'
import { readWebhook } from './webhook.ts'

export type SandboxOptions = {
  readonly secret: string
  /** Where the challenge page is: `http://localhost:8090/sandbox`. */
  readonly pagesUrl: string
  /** Every call to the desk goes through here; the simulator loses and delays some. */
  readonly call?: <T>(name: string, work: () => T) => Promise<T>
}

const pageLines = 100

export function createSandboxProvider(desk: SandboxDesk, { secret, pagesUrl, call = straight }: SandboxOptions): PaymentProvider {
  const ask = askingBy(call)
  const view = async (name: string, work: () => SandboxPayment | Promise<SandboxPayment>): Promise<ProviderResult<ProviderView>> => {
    const answer = await ask(name, work)
    return answer.result === 'ok' ? { result: 'ok', value: viewOf(answer.value, pagesUrl) } : answer
  }
  /** A refusal in the light of the payment's record. */
  const orAs = async (answer: ProviderResult<ProviderView>, id: string, look: (known: SandboxPayment) => ProviderResult<ProviderView>) => {
    if (answer.result !== 'refused') return answer
    const known = await ask('fetch', () => desk.get(id))
    if (known.result !== 'ok') return known
    return known.value === null ? answer : look(known.value)
  }

  return {
    id: 'sandbox',
    apiVersion: '2',
    methods: sandboxMethods,
    capabilities: { capturesLater: true, capturesParts: true, capturesOften: true, lists: true, currencies: null },

    start({ key, reference, amount, method, returnUrl, capture, description, email }) {
      const request = {
        ...{ key, reference, returnUrl, description, email: email ?? null },
        ...{ amountMinor: amount.amount, currency: amount.currency },
        method: method ?? 'card_success',
        captureMethod: capture ?? 'now',
      }
      return view('start', () => desk.create(request))
    },
    async resume({ key, providerRef, capture }) {
      const answer = await view('resume', () => desk.resume(providerRef, { key, captureMethod: capture }))
      // Taken already by a call that was given up, or canceled meanwhile: its record says so.
      return await orAs(answer, providerRef, (known) =>
        ['requires_action', 'approved'].includes(known.state) ? answer : { result: 'ok', value: viewOf(known, pagesUrl) },
      )
    },
    capture: ({ key, reference, providerRef, amount, isFinal }) =>
      view('capture', () => desk.capture(providerRef, { key, reference, amountMinor: amount.amount, isFinal })),
    async cancel({ providerRef }) {
      const answer = await view('cancel', () => desk.cancel(providerRef))
      return await orAs(answer, providerRef, ({ captures }) => {
        if (answer.result !== 'refused' || !captures.some(({ state }) => state === 'pending')) return answer
        return { result: 'uncertain', reason: answer.reason, isAnswered: true }
      })
    },
    refund: ({ key, reference, providerRef, amount }) =>
      view('refund', () => desk.refund(providerRef, { key, reference, amountMinor: amount.amount })),

    async fetch({ reference, providerRef }) {
      const answer = await ask('fetch', () => (providerRef === null ? desk.findByReference(reference) : desk.get(providerRef)))
      if (answer.result !== 'ok') return answer
      return { result: 'ok', value: answer.value && viewOf(answer.value, pagesUrl) }
    },

    async list(since, after) {
      const answer = await ask('list', () => desk.lines({ since, after, limit: pageLines }))
      if (answer.result !== 'ok') return answer
      const lines = answer.value
      return { result: 'ok', value: { lines: lines.map(settlementLine), next: lines.length < pageLines ? null : lines.at(-1)!.id } }
    },

    verifyWebhook: (webhook) => readWebhook(webhook, secret),
  }
}

type Call = NonNullable<SandboxOptions['call']>

/** Asks the desk, and says what is known of a call: that it was done, refused, or neither. */
function askingBy(call: Call) {
  return async <T>(name: string, work: () => T): Promise<ProviderResult<Awaited<T>>> => {
    try {
      // A refusal is an answer like any other, and goes the same way.
      const value = await call(name, () => orRefusal(work))
      if (value instanceof SandboxRefusal) return { result: 'refused', reason: value.message }
      return { result: 'ok', value: value as Awaited<T> }
    } catch (error) {
      return { result: 'uncertain', reason: error instanceof Error ? error.message : String(error) }
    }
  }
}

async function straight<T>(_name: string, work: () => T): Promise<Awaited<T>> {
  return await work()
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
