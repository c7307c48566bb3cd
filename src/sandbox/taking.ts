// Taking money: how a payment begins, what its buyer answers, and what is captured or given up of an authorization.
import { checkAmount, isRemembered, keyReused } from './checks.ts'
import type { BookCore } from './core.ts'
import { capturableOf, capturedOf, nextDueOf, type SandboxCapture, type SandboxPayment } from './payment.ts'
import { SandboxRefusal } from './refusal.ts'
import { disputed } from './returning.ts'

/** `dispute`: paid, and a moment later the buyer's bank asks for the money back. `approval`: the buyer agrees, and the shop takes the money then. */
export const sandboxMethods = [
  'card_success',
  'card_declined',
  'card_challenge',
  'delayed_success',
  'delayed_failure',
  'dispute',
  'approval',
] as const
export type SandboxMethod = (typeof sandboxMethods)[number]

export type CreateRequest = {
  /** The same key answers the same payment, whatever became of it. Left out: there is none. */
  readonly key?: string
  /** The shop's own name of it. */
  readonly reference: string
  readonly amountMinor: number
  readonly currency: string
  /** `card_challenge` leaves it to the buyer on a page. */
  readonly method: string
  readonly returnUrl: string
} & Partial<
  Pick<
    SandboxPayment,
    | 'captureMethod'
    | 'isTakenByShop'
    | 'isRetryable'
    | 'cancelUrl'
    | 'webhookUrl'
    | 'description'
    | 'email'
    | 'details'
    | 'names'
    | 'expiresAt'
  >
>

export type CaptureRequest = {
  readonly key?: string
  readonly reference?: string
  /** All that is left when left out. */
  readonly amountMinor?: number
  /** What is authorized beyond it is given up. */
  readonly isFinal?: boolean
}

/** What the buyer answers on the page. `method`: how it goes on from there. */
export type BuyerAnswer = { readonly answer: 'approve' | 'decline' | 'cancel'; readonly method?: SandboxMethod }

type Beginning = Pick<SandboxPayment, 'state' | 'willSucceed' | 'declineReason'> & { readonly waitMs: number }
const declined = 'The card was declined.'

/** How a payment by this method begins, and how long until it is decided. */
function beginning(core: BookCore, method: string): Beginning {
  const { cardMs, delayedMs } = core.settings()
  switch (method) {
    case 'card_declined':
      return { state: 'failed', willSucceed: false, declineReason: declined, waitMs: 0 }
    case 'card_challenge':
    case 'approval':
      return { state: 'requires_action', willSucceed: true, declineReason: null, waitMs: 0 }
    case 'delayed_success':
      return { state: 'processing', willSucceed: true, declineReason: null, waitMs: delayedMs }
    case 'delayed_failure':
      return { state: 'processing', willSucceed: false, declineReason: null, waitMs: delayedMs }
    default:
      return { state: 'processing', willSucceed: true, declineReason: null, waitMs: cardMs }
  }
}

const methodOfFault: Record<'decline' | 'challenge' | 'delay', SandboxMethod> = {
  decline: 'card_declined',
  challenge: 'card_challenge',
  delay: 'delayed_success',
}

function checkMethod(method: string): void {
  if (!sandboxMethods.includes(method as SandboxMethod)) throw new SandboxRefusal('no_method', 'There is no such method.')
}

/** One that came before under this key, while the key is remembered. */
function knownByKey(
  core: BookCore,
  { key, reference, amountMinor, currency, method, captureMethod = 'now' }: CreateRequest,
): SandboxPayment | null {
  if (key === undefined) return null
  const known = core.store.findByKey(key)
  if (known === null) return null
  if (!isRemembered(core, known.createdAt)) {
    core.store.releaseKey(known.id)
    return null
  }
  const isSame =
    known.reference === reference &&
    known.amountMinor === amountMinor &&
    known.currency === currency &&
    (known.asked || known.method) === method &&
    known.captureMethod === captureMethod
  if (!isSame) throw keyReused()
  return known
}

/** @throws SandboxRefusal */
export function createPayment(core: BookCore, request: CreateRequest): SandboxPayment {
  const known = knownByKey(core, request)
  if (known) return known
  checkMethod(request.method)
  checkAmount(request.amountMinor, Number.MAX_SAFE_INTEGER)
  const fault = core.faults.strike('start', ['decline', 'challenge', 'delay'])
  const method = fault ? methodOfFault[fault.kind] : request.method
  const { waitMs, ...start } = beginning(core, method)
  const now = core.now()
  const id = core.newId('spay')
  const { openMs } = core.settings()
  const isRefusedTry = start.state === 'failed' && request.isRetryable === true
  return core.write(null, {
    ...{ captureMethod: 'now', isTakenByShop: false, isRetryable: false, cancelUrl: null, webhookUrl: null },
    ...{ description: '', email: null, names: [] },
    expiresAt: openMs > 0 ? now + openMs : null,
    ...request,
    ...(method === 'approval' ? { isTakenByShop: true } : {}),
    key: request.key ?? id,
    details: request.details ?? {},
    id,
    asked: request.method,
    method,
    ...start,
    ...(isRefusedTry ? { state: 'requires_action' } : {}),
    createdAt: now,
    decidedAt: start.state === 'failed' ? now : null,
    dueAt: start.state === 'processing' ? now + (fault?.ms ?? waitMs) : null,
    refunds: [],
    captures: [],
    authorizedAt: null,
    capturableUntil: null,
    voidedMinor: 0,
    voidedAt: null,
    disputes: [],
    disputeAt: null,
    endedBy: null,
    resumeKey: null,
  })
}

/** What a face remembers of it beside what it has. @throws SandboxRefusal */
export function keepDetails(core: BookCore, id: string, details: SandboxPayment['details']): SandboxPayment {
  const payment = core.get(id)
  return core.change(payment, { details: { ...payment.details, ...details } })
}

/** The buyer's word. Once decided, it stays. @throws SandboxRefusal */
export function answerAsBuyer(core: BookCore, id: string, { answer, method = 'card_success' }: BuyerAnswer): SandboxPayment {
  const payment = core.get(id)
  if (payment.state !== 'requires_action') return payment
  checkMethod(method)
  if (answer === 'cancel') return core.change(payment, endedAt(core, payment, 'buyer'))
  if (answer === 'decline') return core.change(payment, refused(core, payment, 'The customer did not confirm the payment.'))
  if (method === 'card_declined') return core.change(payment, refused(core, payment, declined))
  const agreed = { ...payment, declineReason: null, method: payment.method === 'card_challenge' ? payment.method : method }
  if (payment.isTakenByShop) return core.write(payment, { ...agreed, method, state: 'approved' })
  if (method === 'card_success' || method === 'dispute') return core.write(payment, taken(core, { ...agreed, method }))
  const { waitMs, ...next } = beginning(core, method)
  return core.write(payment, { ...agreed, method, ...next, dueAt: next.state === 'processing' ? core.now() + waitMs : null })
}

/** The buyer chooses how to pay, through the shop's own form. @throws SandboxRefusal */
export function confirmPayment(core: BookCore, id: string, method: SandboxMethod): SandboxPayment {
  const payment = core.get(id)
  if (payment.state !== 'requires_action') throw new SandboxRefusal('wrong_state', `The payment is ${payment.state}.`)
  checkMethod(method)
  const fault = core.faults.strike('start', ['decline', 'challenge', 'delay'])
  const chosen = fault ? methodOfFault[fault.kind] : method
  if (chosen === 'card_declined') return core.change(payment, refused(core, payment, declined))
  const { waitMs, ...next } = beginning(core, chosen)
  const dueAt = next.state === 'processing' ? core.now() + (fault?.ms ?? waitMs) : null
  return core.write(payment, { ...payment, method: chosen, ...next, dueAt })
}

export type ResumeRequest = { readonly key?: string; readonly captureMethod?: 'now' | 'later' }

/** Takes what the buyer has agreed to. @throws SandboxRefusal */
export function resumePayment(core: BookCore, id: string, { key, captureMethod }: ResumeRequest = {}): SandboxPayment {
  const payment = core.get(id)
  if (key !== undefined && payment.resumeKey === key) return payment
  if (payment.state !== 'approved') throw new SandboxRefusal('wrong_state', `The payment is ${payment.state}.`)
  const fault = core.faults.strike('resume', ['decline', 'delay'])
  // A buyer who may choose another card is asked again.
  if (fault?.kind === 'decline')
    return core.change(payment, { ...refused(core, payment, declined), state: payment.isRetryable ? 'requires_action' : 'failed' })
  const wanted = { ...payment, resumeKey: key ?? null, captureMethod: captureMethod ?? payment.captureMethod }
  const isDelayed = payment.method === 'delayed_success' || payment.method === 'delayed_failure'
  if (fault === null && !isDelayed) return core.write(payment, taken(core, wanted))
  const { waitMs } = beginning(core, 'delayed_success')
  const willSucceed = payment.method !== 'delayed_failure'
  return core.write(payment, { ...wanted, state: 'processing', willSucceed, dueAt: core.now() + (fault?.ms ?? waitMs) })
}

/** A refused try: the end of it, unless another is welcome. */
function refused(core: BookCore, { isRetryable }: SandboxPayment, declineReason: string): Partial<SandboxPayment> {
  return { declineReason, decidedAt: core.now(), ...(isRetryable ? {} : { state: 'failed' }) }
}

function feeOf(core: BookCore, amountMinor: number): number {
  const { feePpm, feeFixedMinor } = core.settings()
  return Math.min(amountMinor, Math.round((amountMinor * feePpm) / 1_000_000) + feeFixedMinor)
}

function newCapture(core: BookCore, request: CaptureRequest & { readonly amountMinor: number }): SandboxCapture {
  const { key = '', reference = '', amountMinor, isFinal = true } = request
  const { captureMs, captureFailures } = core.settings()
  const now = core.now()
  const fault = core.faults.strike('capture', ['fail_later'])
  const willFail = fault !== null || core.happens(captureFailures)
  const waitMs = fault ? (fault.ms ?? Math.max(captureMs, 1_000)) : captureMs
  const of = { id: core.newId('scap'), key, reference, amountMinor, isFinal, at: now, willFail }
  if (waitMs > 0) return { ...of, state: 'pending', decidedAt: null, dueAt: now + waitMs, feeMinor: 0 }
  return { ...of, ...captureEnd(core, { willFail, amountMinor }), dueAt: null }
}

function captureEnd(core: BookCore, { willFail, amountMinor }: Pick<SandboxCapture, 'willFail' | 'amountMinor'>) {
  return { state: willFail ? 'failed' : 'succeeded', decidedAt: core.now(), feeMinor: willFail ? 0 : feeOf(core, amountMinor) } as const
}

/** The money is there: held for the shop, or taken at once. A transfer cannot be held. */
function taken(core: BookCore, payment: SandboxPayment): SandboxPayment {
  const now = core.now()
  const { authorizationMs, disputeMs } = core.settings()
  const { amountMinor, captureMethod, method } = payment
  const decided = { ...payment, decidedAt: now, dueAt: null, declineReason: null, willSucceed: true }
  const disputed = method === 'dispute' ? { disputeAt: now + disputeMs } : {}
  if (captureMethod === 'later' && !method.startsWith('delayed_'))
    return { ...decided, state: 'authorized', authorizedAt: now, capturableUntil: now + authorizationMs }
  const whole = { key: '', reference: '', amountMinor, isFinal: true, at: now, willFail: false, dueAt: null }
  const capture = { id: core.isFace ? core.newId('scap') : payment.id, ...whole, ...captureEnd(core, whole) }
  return { ...decided, ...disputed, state: 'succeeded', captures: [capture] }
}

/** Takes what was authorized, or part of it; once per key. @throws SandboxRefusal */
export function capturePayment(core: BookCore, id: string, request: CaptureRequest): SandboxPayment {
  const payment = core.get(id)
  const known = request.key === undefined ? undefined : payment.captures.find(({ key }) => key === request.key)
  if (known && isRemembered(core, known.at)) {
    const isSame = known.isFinal === (request.isFinal ?? true) && (request.amountMinor ?? known.amountMinor) === known.amountMinor
    if (!isSame) throw keyReused()
    return payment
  }
  if (payment.state !== 'authorized') throw new SandboxRefusal('wrong_state', `The payment is ${payment.state}.`)
  const left = capturableOf(payment)
  const amountMinor = request.amountMinor ?? left
  checkAmount(amountMinor, left)
  if (core.faults.strike('capture', ['decline']) !== null) throw new SandboxRefusal('declined', 'The bank does not give the money.')
  return core.write(payment, settled(core, { ...payment, captures: [...payment.captures, newCapture(core, { ...request, amountMinor })] }))
}

/** Once the last capture has succeeded, what is left of the authorization is given up. */
function settled(core: BookCore, payment: SandboxPayment): SandboxPayment {
  if (payment.state !== 'authorized') return payment
  const done = payment.captures.filter(({ state }) => state === 'succeeded')
  const isOver = done.some(({ isFinal }) => isFinal) || capturedOf(payment) === payment.amountMinor
  if (!isOver || payment.captures.some(({ state }) => state === 'pending')) return payment
  const rest = payment.amountMinor - capturedOf(payment)
  const { disputeMs } = core.settings()
  return {
    ...payment,
    state: 'succeeded',
    capturableUntil: null,
    ...(rest > 0 ? { voidedMinor: rest, voidedAt: core.now() } : {}),
    ...(payment.method === 'dispute' ? { disputeAt: core.now() + disputeMs } : {}),
  }
}

/** Gives up what was not taken: an open payment, or the rest of an authorization. Any other stays as it is. @throws SandboxRefusal */
export function cancelPayment(core: BookCore, id: string): SandboxPayment {
  const payment = core.get(id)
  const isOpen = payment.state === 'requires_action' || payment.state === 'approved'
  if (!isOpen && payment.state !== 'authorized') return payment
  // A capture that is on its way is decided first.
  if (payment.captures.some(({ state }) => state === 'pending')) throw new SandboxRefusal('wrong_state', 'A capture is on its way.')
  return core.change(payment, endedAt(core, payment, 'shop'))
}

function endedAt(core: BookCore, payment: SandboxPayment, endedBy: SandboxPayment['endedBy']): Partial<SandboxPayment> {
  const captured = capturedOf(payment)
  const now = core.now()
  const given = { voidedMinor: payment.amountMinor - captured, voidedAt: now, capturableUntil: null, endedBy }
  return captured > 0 ? { ...given, state: 'succeeded' } : { ...given, state: 'canceled', decidedAt: now }
}

/** What is due of a payment, one thing after the other. */
export function advancePayment(core: BookCore, id: string): void {
  const payment = core.store.getPayment(id)
  if (payment === null) return
  const due = nextDueOf(payment)
  const isDue = (time: number | null | undefined) => (time ?? 0) <= core.now()
  const capture = payment.captures.find(({ state, dueAt }) => state === 'pending' && isDue(dueAt))
  const refund = payment.refunds.find((one) => one.state === 'pending' && isDue(one.dueAt))
  if (due === null || !isDue(due)) {
    // A timer may come a little before the clock.
    core.watch(payment)
    return
  }
  if (capture) {
    const captures = payment.captures.map((one) => (one === capture ? { ...one, ...captureEnd(core, one) } : one))
    core.write(payment, settled(core, { ...payment, captures }))
  } else if (refund) {
    const state = refund.willFail === true ? 'failed' : 'succeeded'
    core.change(payment, { refunds: payment.refunds.map((one) => (one === refund ? { ...one, state } : one)) })
  } else if (payment.state === 'processing' && isDue(payment.dueAt)) decide(core, payment)
  else if (payment.disputeAt !== null && isDue(payment.disputeAt)) core.write(payment, { ...disputed(core, payment, {}), disputeAt: null })
  // What is left has waited too long for the shop, or for its buyer.
  else core.change(payment, endedAt(core, payment, 'time'))
  const after = core.store.getPayment(id)
  if (after) core.watch(after)
}

function decide(core: BookCore, payment: SandboxPayment): void {
  if (payment.willSucceed) core.write(payment, taken(core, payment))
  else core.change(payment, { state: 'failed', dueAt: null, decidedAt: core.now(), declineReason: 'The bank refused the debit.' })
}
