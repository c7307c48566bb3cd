// Webhooks of Stripe: signed with the secret of their endpoint (https://docs.stripe.com/webhooks/signature). They carry the object as it was
// when the event came about, which may be stale by the time that it arrives. So the payment is only named, and then asked for; but that
// money was taken stays true, so that is told.
import { EngineError } from '../../base/engine-error.ts'
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import type { Told, Webhook, WebhookEvent } from '../../domains/payments/provider.ts'
import { type Finder, reading } from './find.ts'
import {
  captureMark,
  countIn,
  idIn,
  isName,
  isWritten,
  markIn,
  moneyOf,
  paymentMark,
  timeIn,
  Unreadable,
  type Written,
  wordIn,
} from './read.ts'

const toleranceSeconds = 300

export type WebhookParts = { readonly finder: Finder; readonly readSecrets: () => readonly string[] }

export function createWebhookReader({ finder, readSecrets }: WebhookParts) {
  return async ({ body, headers, now }: Webhook): Promise<readonly WebhookEvent[] | null> => {
    if (!isSigned(body, headers['stripe-signature'] ?? '', { now, secrets: readSecrets() })) return null
    const event = parsed(body)
    if (event === null) return null
    const spoken = spokenOf(event)
    if (spoken === null) return []
    return [spoken.isNameless ? await named(finder, spoken) : spoken.event]
  }
}

type Check = { readonly now: number; readonly secrets: readonly string[] }

/** By one of the secrets, and not too long ago: an old signature is a replay, whoever sends it. */
function isSigned(body: Uint8Array, header: string, { now, secrets }: Check): boolean {
  const parts = header.split(',').map((part) => part.trim().split('=', 2) as [string, string?])
  const time = parts.find(([name]) => name === 't')?.[1] ?? ''
  if (!/^\d{1,12}$/.test(time) || Math.abs(now / 1_000 - Number(time)) > toleranceSeconds) return false
  const content = Buffer.concat([Buffer.from(`${time}.`), body])
  const given = parts.filter(([name]) => name === 'v1').map(([, value]) => value ?? '')
  // A few: one for each secret that an endpoint has while one takes the place of another.
  return secrets.some((secret) => {
    const expected = signHmac(secret, content)
    return given.slice(0, 10).some((signature) => isEqualSecret(signature, expected))
  })
}

function parsed(body: Uint8Array): Written | null {
  try {
    const event: unknown = JSON.parse(Buffer.from(body).toString())
    if (!isWritten(event) || event['object'] !== 'event' || !isName(event['id']) || typeof event['type'] !== 'string') return null
    return isWritten(event['data']) && isWritten(event['data']['object']) ? event : null
  } catch {
    return null
  }
}

/** `isNameless`: neither it nor we know yet which of our payments it is about. */
type Spoken = { readonly event: WebhookEvent; readonly isNameless: boolean }

/** Those that we act on. The others of a payment come beside one of these, and tell no more. */
const kinds: Readonly<Record<string, (object: Written) => { readonly providerRef: string | null; readonly told?: Told }>> = {
  'checkout.session.completed': ofSession,
  'checkout.session.async_payment_succeeded': ofSession,
  'checkout.session.async_payment_failed': (object) => ({ providerRef: idIn(object, 'id') }),
  'checkout.session.expired': (object) => ({ providerRef: idIn(object, 'id') }),
  'payment_intent.succeeded': ofIntent,
  'payment_intent.payment_failed': (object) => ({ providerRef: idIn(object, 'id') }),
  'payment_intent.processing': (object) => ({ providerRef: idIn(object, 'id') }),
  'payment_intent.canceled': (object) => ({ providerRef: idIn(object, 'id') }),
  'payment_intent.amount_capturable_updated': (object) => ({ providerRef: idIn(object, 'id') }),
}
/** Of a charge, a refund or a dispute, which name their payment. */
const ofPayment = /^(charge\.refunded|charge\.refund\.updated|charge\.dispute\.\w+|refund\.\w+)$/

function spokenOf(event: Written): Spoken | null {
  const type = event['type'] as string
  const object = (event['data'] as Written)['object'] as Written
  // Of an account that is connected to ours: none of our payments.
  if (event['account'] !== undefined && event['account'] !== null) return null
  const eventId = event['id'] as string
  const reference = markIn(object, paymentMark)
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (kind === undefined && !ofPayment.test(type)) return null
  const providerRef = idIn(object, 'payment_intent') ?? idIn(object, 'charge')
  if (kind === undefined) return { event: { eventId, reference, providerRef }, isNameless: reference === null && providerRef !== null }
  // An object that is not ours never had our mark. Money that it took is told all the same: somebody should look.
  if (reference === null && !/succeeded|completed/.test(type)) return null
  const timed = { ...object, told_at: event['created'] }
  return { event: { eventId, reference, ...safely(kind, timed) }, isNameless: false }
}

/** Signed is not yet readable: then it is only named. */
function safely(
  kind: (object: Written) => Pick<WebhookEvent, 'providerRef' | 'told'>,
  object: Written,
): Pick<WebhookEvent, 'providerRef' | 'told'> {
  try {
    return kind(object)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { providerRef: idIn(object, 'id') }
  }
}

/** Paid whole and at once: the same fact that its record tells. */
function ofSession(session: Written) {
  const providerRef = idIn(session, 'id')
  const intent = idIn(session, 'payment_intent')
  const isTaken = wordIn(session, 'payment_status') === 'paid' && intent !== null && markIn(session, captureMark) === 'now'
  return isTaken ? { providerRef, told: taken(intent, moneyOf(countIn(session, 'amount_total'), session), session) } : { providerRef }
}

function ofIntent(intent: Written) {
  const providerRef = idIn(intent, 'id')
  const isTaken = providerRef !== null && markIn(intent, captureMark) === 'now' && wordIn(intent, 'status') === 'succeeded'
  return isTaken ? { providerRef, told: taken(providerRef, moneyOf(countIn(intent, 'amount_received'), intent), intent) } : { providerRef }
}

function taken(operationRef: string, amount: ReturnType<typeof moneyOf>, object: Written): Told {
  return { facts: [{ kind: 'cap_ok', operationRef, amount, providerTime: timeIn(object, 'told_at') }], declineReason: null }
}

/** What a dispute, or a refund from the dashboard, is about: asked for at Stripe. Without an answer it is not taken, so that Stripe sends it again. */
async function named(finder: Finder, { event }: Spoken): Promise<WebhookEvent> {
  const name = event.providerRef!
  const path = name.startsWith('pi_') ? 'payment_intents' : 'charges'
  const found = await reading(() => finder.find(`${path}/${name}`))
  if (found.result !== 'ok') throw new EngineError('overloaded')
  return { ...event, reference: found.value && markIn(found.value, paymentMark) }
}
