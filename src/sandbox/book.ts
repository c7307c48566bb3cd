// The sandbox: a payment provider that moves no money but behaves like one that does. It has a book of
// its own, answers a repeated key as it did the first time, takes its time, and tells of everything by
// signed webhooks, which on request come late, twice and shuffled. It knows nothing of our database:
// auditors compare the two books.
import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import type { NewId } from '../base/ids.ts'
import type { Random } from '../base/random.ts'
import { signHmac } from '../base/secret.ts'
import type { SandboxDelivery, SandboxPayment, SandboxRefund, SandboxSnapshot, SandboxStore } from './store.ts'

export const sandboxMethods = ['card_success', 'card_declined', 'card_challenge', 'delayed_success', 'delayed_failure'] as const
export type SandboxMethod = (typeof sandboxMethods)[number]

export type SandboxSettings = {
  /** Between a card's acceptance and its capture. */
  readonly cardMs: number
  /** Until a delayed method is decided. */
  readonly delayedMs: number
  /** Until a refund is decided; at once when 0. */
  readonly refundMs: number
  /** Share of refunds that fail then. */
  readonly refundFailures: number
  /** Between an event and its webhook; up to `webhookJitterMs` more. */
  readonly webhookMs: number
  readonly webhookJitterMs: number
  /** How often each webhook is sent. */
  readonly webhookCopies: number
  /** Share of webhooks that never leave. */
  readonly webhookLoss: number
  /** Share of webhooks that name the payment and tell nothing of it, as those of some providers do. */
  readonly webhookBare: number
}
export const calmSettings: SandboxSettings = {
  cardMs: 50,
  delayedMs: 15_000,
  refundMs: 0,
  refundFailures: 0,
  webhookMs: 0,
  webhookJitterMs: 0,
  webhookCopies: 1,
  webhookLoss: 0,
  webhookBare: 0,
}

export type BookParts = {
  readonly store: SandboxStore
  readonly clock: Clock
  readonly random: Random
  readonly newId: NewId
  readonly egress: Egress
  readonly webhookUrl: string
  readonly secret: string
}
export type CreateRequest = {
  readonly key: string
  readonly reference: string
  readonly amountMinor: number
  readonly currency: string
  readonly method: string
  readonly returnUrl: string
}

export type SandboxBook = ReturnType<typeof createSandboxBook>

const webhookAttemptsMax = 12

export const paymentStates: readonly SandboxPayment['state'][] = ['requires_action', 'processing', 'succeeded', 'failed', 'canceled']

export const refundStates = ['pending', 'succeeded', 'failed', 'returned'] as const

export const stateOf = (refund: SandboxRefund): (typeof refundStates)[number] => refund.state ?? 'succeeded'

/** What has gone back, or is on its way. */
function returnedOf({ refunds }: SandboxPayment): number {
  const kept = refunds.filter((refund) => stateOf(refund) === 'pending' || stateOf(refund) === 'succeeded')
  return kept.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
}

function withState({ refunds }: SandboxPayment, id: string, state: SandboxRefund['state'] & string): SandboxRefund[] {
  return refunds.map((refund) => (refund.id === id ? { ...refund, state } : refund))
}

/** How a payment by this method begins, and how long until it is decided. */
function beginning(
  method: string,
  settings: SandboxSettings,
): Pick<SandboxPayment, 'state' | 'willSucceed' | 'declineReason'> & { waitMs: number } {
  switch (method) {
    case 'card_declined':
      return { state: 'failed', willSucceed: false, declineReason: 'The card was declined.', waitMs: 0 }
    case 'card_challenge':
      return { state: 'requires_action', willSucceed: true, declineReason: null, waitMs: 0 }
    case 'delayed_success':
      return { state: 'processing', willSucceed: true, declineReason: null, waitMs: settings.delayedMs }
    case 'delayed_failure':
      return { state: 'processing', willSucceed: false, declineReason: null, waitMs: settings.delayedMs }
    default:
      return { state: 'processing', willSucceed: true, declineReason: null, waitMs: settings.cardMs }
  }
}

function snapshotOf({ id, state, amountMinor, currency, createdAt, decidedAt, declineReason, refunds }: SandboxPayment): SandboxSnapshot {
  return { id, state, amountMinor, currency, createdAt, decidedAt, declineReason, refunds }
}

function bodyOf({ eventId, payment, reference, snapshot }: SandboxDelivery): string {
  return JSON.stringify({ id: eventId, type: 'payment.updated', payment, reference, data: snapshot })
}

/** One for each state that it can be in. */
function eventIdOf({ id, state, refunds }: SandboxPayment): string {
  const counts = refundStates.map((one) => refunds.filter((refund) => stateOf(refund) === one).length)
  return `${id}:${state}:${refunds.length === 0 ? '0' : counts.join('-')}`
}

export function createSandboxBook(parts: BookParts, initial: SandboxSettings = calmSettings) {
  const { store, clock, random, newId } = parts
  let settings = initial
  let isOpen = true

  /** Runs work that is due at a time, now or after a restart. */
  function later(dueAt: number, work: () => void): void {
    clock.after(Math.max(0, dueAt - clock.now()), () => {
      if (isOpen) work()
    })
  }

  function change(payment: SandboxPayment, set: Partial<SandboxPayment>): SandboxPayment {
    const changed = { ...payment, ...set }
    write(changed, announcements(changed))
    return changed
  }

  function write(payment: SandboxPayment, deliveries: readonly SandboxDelivery[]): void {
    store.put(payment, deliveries)
    for (const delivery of deliveries) later(delivery.dueAt, () => void deliver(delivery))
  }

  /** Decides a payment whose time has come. A canceled one stays so. */
  function decide(id: string): void {
    const payment = store.getPayment(id)
    if (payment?.state !== 'processing') return
    change(
      payment,
      payment.willSucceed
        ? { state: 'succeeded', decidedAt: clock.now() }
        : { state: 'failed', decidedAt: clock.now(), declineReason: 'The bank refused the debit.' },
    )
  }

  const refundEnd = () => (settings.refundFailures > 0 && random.fraction() < settings.refundFailures ? 'failed' : 'succeeded')

  function decideRefund(id: string, refundId: string): void {
    const payment = store.getPayment(id)
    if (!payment?.refunds.some((refund) => refund.id === refundId && refund.state === 'pending')) return
    change(payment, { refunds: withState(payment, refundId, refundEnd()) })
  }

  function addRefund(
    payment: SandboxPayment,
    request: Pick<SandboxRefund, 'key' | 'reference' | 'amountMinor'>,
  ): SandboxPayment | 'too_much' {
    const left = payment.amountMinor - returnedOf(payment)
    if (payment.state !== 'succeeded' || request.amountMinor > left || request.amountMinor <= 0) return 'too_much'
    const id = newId('sref')
    const state = settings.refundMs > 0 ? 'pending' : refundEnd()
    const { key, reference, amountMinor } = request
    const after = change(payment, { refunds: [...payment.refunds, { id, key, reference, amountMinor, at: clock.now(), state }] })
    if (state === 'pending') later(clock.now() + settings.refundMs, () => decideRefund(payment.id, id))
    return after
  }

  /** The webhooks of a payment's present state. */
  function announcements(payment: SandboxPayment): SandboxDelivery[] {
    const deliveries: SandboxDelivery[] = []
    for (let copy = 0; copy < settings.webhookCopies; copy++) {
      if (settings.webhookLoss > 0 && random.fraction() < settings.webhookLoss) continue
      // Copies of one event share its id, as a provider's repeats do.
      const eventId = eventIdOf(payment)
      const dueAt = clock.now() + settings.webhookMs + Math.floor(random.fraction() * settings.webhookJitterMs)
      const { id, reference } = payment
      const told = settings.webhookBare > 0 && random.fraction() < settings.webhookBare ? {} : { snapshot: snapshotOf(payment) }
      deliveries.push({ id: newId('sdel'), eventId, payment: id, reference, ...told, attempts: 0, dueAt, isDone: false })
    }
    return deliveries
  }

  async function deliver(delivery: SandboxDelivery): Promise<void> {
    const body = bodyOf(delivery)
    const time = Math.floor(clock.now() / 1000)
    const signature = `t=${time},v1=${signHmac(parts.secret, `${time}.${body}`)}`
    const headers = { 'content-type': 'application/json', 'sandbox-signature': signature }
    let isTaken = false
    try {
      const answer = await parts.egress.request({ method: 'POST', url: parts.webhookUrl, headers, body })
      isTaken = answer.status >= 200 && answer.status < 300
    } catch {}
    const attempts = delivery.attempts + 1
    const isDone = isTaken || attempts >= webhookAttemptsMax
    const dueAt = clock.now() + Math.min(3_600_000, 500 * 2 ** attempts)
    const next = { ...delivery, attempts, isDone, dueAt }
    if (!isOpen) return
    store.putDelivery(next)
    if (!isDone) later(dueAt, () => void deliver(next))
  }

  return {
    /** The same key answers the same payment, whatever became of it. Null: the method is none of ours. */
    create(request: CreateRequest): SandboxPayment | null {
      const known = store.findByKey(request.key)
      if (known) return known
      if (!sandboxMethods.includes(request.method as SandboxMethod)) return null
      const { waitMs, ...start } = beginning(request.method, settings)
      const dueAt = clock.now() + waitMs
      const payment: SandboxPayment = {
        id: newId('spay'),
        ...request,
        ...start,
        createdAt: clock.now(),
        decidedAt: start.state === 'failed' ? clock.now() : null,
        dueAt: start.state === 'processing' ? dueAt : null,
        refunds: [],
      }
      // What is still open is told by the answer; a webhook is for what happens later.
      write(payment, start.state === 'failed' ? announcements(payment) : [])
      if (start.state === 'processing') later(dueAt, () => decide(payment.id))
      return payment
    },

    /** The customer's word on the challenge page. Once decided, it stays. */
    challenge(id: string, isApproved: boolean): SandboxPayment | null {
      const payment = store.getPayment(id)
      if (payment?.state !== 'requires_action') return payment
      return isApproved
        ? change(payment, { state: 'succeeded', decidedAt: clock.now() })
        : change(payment, { state: 'failed', decidedAt: clock.now(), declineReason: 'The customer did not confirm the payment.' })
    },

    /** Closes a payment that waits for its customer; any other stays as it is. */
    cancel(id: string): SandboxPayment | null {
      const payment = store.getPayment(id)
      if (payment?.state !== 'requires_action') return payment
      return change(payment, { state: 'canceled', decidedAt: clock.now() })
    },

    /** Money back, once per key and never more than was taken. */
    refund(id: string, request: { key: string; reference: string; amountMinor: number }): SandboxPayment | 'too_much' | null {
      const payment = store.getPayment(id)
      if (payment === null) return null
      if (payment.refunds.some(({ key }) => key === request.key)) return payment
      return addRefund(payment, request)
    },

    /** By the shop's staff in the provider's own dashboard: nobody tells the shop but a webhook. All that is left when no amount is given. */
    refundInDashboard(id: string, amountMinor?: number): SandboxPayment | 'too_much' | null {
      const payment = store.getPayment(id)
      if (payment === null) return null
      const key = `dashboard:${newId('sdash')}`
      return addRefund(payment, { key, reference: '', amountMinor: amountMinor ?? payment.amountMinor - returnedOf(payment) })
    },

    /** The customer's bank sends a refund back that had succeeded: an account that was closed. */
    returnRefund(id: string, refundId: string): SandboxPayment | null {
      const payment = store.getPayment(id)
      if (!payment?.refunds.some((refund) => refund.id === refundId && stateOf(refund) === 'succeeded')) return payment
      return change(payment, { refunds: withState(payment, refundId, 'returned') })
    },

    /** Loses its record of a payment, as if it had never been asked for it. */
    forget: (id: string): void => store.forget(id),

    get: (id: string): SandboxPayment | null => store.getPayment(id),
    findByReference: (reference: string): SandboxPayment | null => store.findByReference(reference),
    /** For auditors. */
    all: (): readonly SandboxPayment[] => store.allPayments(),

    settings: (): SandboxSettings => settings,
    set: (changes: Partial<SandboxSettings>): void => void (settings = { ...settings, ...changes }),

    /** Takes up what was due when the process ended. */
    start(): void {
      for (const payment of store.duePayments()) {
        later(payment.dueAt ?? 0, () => decide(payment.id))
        for (const { id, at, state } of payment.refunds)
          if (state === 'pending') later(at + settings.refundMs, () => decideRefund(payment.id, id))
      }
      for (const delivery of store.openDeliveries()) later(delivery.dueAt, () => void deliver(delivery))
    },

    stop(): void {
      isOpen = false
      store.close()
    },
  }
}
