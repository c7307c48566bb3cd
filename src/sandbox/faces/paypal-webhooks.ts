// What PayPal tells of by itself, and how it signs it: with the key of a certificate that lies at an address of the face.
import { createHash, type KeyObject, sign } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { toIso } from '../../base/clock.ts'
import type { NewsKind, SandboxChange, SandboxNews } from '../news.ts'
import type { SandboxPayment } from '../payment.ts'
import type { WebhookDialect, WebhookMessage } from '../webhooks.ts'
import { makeCertificate } from './certificate.ts'
import type { FacePlace } from './face.ts'
import {
  authorizationView,
  captureView,
  disputeView,
  orderView,
  refundView,
  reversalView,
  shownCaptures,
  statusOf,
} from './paypal-views.ts'

/** As the shop knows the webhook. */
export const payPalWebhookId = 'SANDBOXWEBHOOK'
/** Whom the certificate names. */
export const payPalSigner = 'messageverificationcerts.sandbox.example'

type Made = { readonly name: string; readonly pem: string; readonly privateKey: KeyObject; readonly until: number }

/** By what shop and face share. Made when it is first needed: it takes a tenth of a second. */
const certificates = new Map<string, Made>()
const dayMs = 24 * 3_600_000

export function certificateOf(secret: string, now: number): Made {
  const known = certificates.get(secret)
  if (known && known.until > now) return known
  const until = now + 365 * dayMs
  const { pem, privateKey } = makeCertificate({ commonName: payPalSigner, from: now - dayMs, until: until + dayMs })
  const made = { name: `CERT-${createHash('sha256').update(pem).digest('hex').slice(0, 24)}`, pem, privateKey, until }
  certificates.set(secret, made)
  return made
}

export function payPalWebhooks(place: FacePlace): WebhookDialect {
  return {
    contentType: 'application/json',
    announce: (change) => (change.payment === null ? [] : change.news.flatMap((news) => messagesOf(place, change, news))),
    sign({ eventId, body }, { now, isWrong }) {
      const { name, privateKey } = certificateOf(place.secret, now)
      const time = toIso(now)
      const signed = `${eventId}|${time}|${isWrong ? 'another' : payPalWebhookId}|${crc32(body)}`
      return {
        'paypal-transmission-id': eventId,
        'paypal-transmission-time': time,
        'paypal-transmission-sig': sign('sha256', Buffer.from(signed), privateKey).toString('base64'),
        'paypal-cert-url': `${place.url}/v1/notifications/certs/${name}`,
        'paypal-auth-algo': 'SHA256withRSA',
      }
    },
  }
}

type Event = readonly [type: string, resourceType: string, resource: object]

function messagesOf(place: FacePlace, { at, payment, before }: SandboxChange, news: SandboxNews): WebhookMessage[] {
  return eventsOf(place, { payment: payment!, before, news }).map(([type, resourceType, resource]) => {
    const name = type.replaceAll('.', '-')
    const eventId = `WH-${news.operation ?? payment!.id}-${createHash('sha256').update(`${name} ${news.kind} ${at}`).digest('hex').slice(0, 16)}`
    const body = {
      id: eventId,
      event_version: '1.0',
      create_time: toIso(at),
      resource_type: resourceType,
      resource_version: '2.0',
      event_type: type,
      summary: 'Of the sandbox.',
      resource,
    }
    return { eventId, body: JSON.stringify(body) }
  })
}

type Told = { readonly payment: SandboxPayment; readonly before: SandboxPayment | null; readonly news: SandboxNews }

const captureEvents: Partial<Record<NewsKind, string>> = {
  'capture.pending': 'PAYMENT.CAPTURE.PENDING',
  'capture.succeeded': 'PAYMENT.CAPTURE.COMPLETED',
  'capture.failed': 'PAYMENT.CAPTURE.DECLINED',
}
const refundEvents: Partial<Record<NewsKind, string>> = {
  'refund.pending': 'PAYMENT.REFUND.PENDING',
  'refund.succeeded': 'PAYMENT.CAPTURE.REFUNDED',
  'refund.failed': 'PAYMENT.REFUND.FAILED',
  'refund.returned': 'PAYMENT.REFUND.FAILED',
}

function eventsOf(place: FacePlace, { payment, before, news }: Told): Event[] {
  const { kind, operation } = news
  const captured = captureEvents[kind]
  if (captured) return [[captured, 'capture', captureView(place, payment, { id: operation! })]]
  const refunded = refundEvents[kind]
  if (refunded) return [[refunded, 'refund', refundView(place, payment, payment.refunds.find(({ id }) => id === operation)!)]]
  const dispute = payment.disputes.find(({ id }) => id === operation)
  if (dispute) {
    const told: Event = [disputeEvent(kind), 'dispute', disputeView(place, payment, dispute)]
    return kind === 'dispute.withdrawn' ? [told, ['PAYMENT.CAPTURE.REVERSED', 'refund', reversalView(place, payment, dispute)]] : [told]
  }
  return eventsOfPayment(place, payment, before)
}

function disputeEvent(kind: NewsKind): string {
  const isOver = kind === 'dispute.won' || kind === 'dispute.lost' || kind === 'dispute.closed'
  return `CUSTOMER.DISPUTE.${kind === 'dispute.opened' ? 'CREATED' : isOver ? 'RESOLVED' : 'UPDATED'}`
}

/** Of the payment itself: what its captures and refunds do not tell. */
function eventsOfPayment(place: FacePlace, payment: SandboxPayment, before: SandboxPayment | null): Event[] {
  const { state, authorizedAt, endedBy } = payment
  const [capture] = shownCaptures(payment)
  if (statusOf(payment) === 'APPROVED' && before?.state === 'requires_action')
    return [['CHECKOUT.ORDER.APPROVED', 'checkout-order', orderView(place, payment)]]
  if (statusOf(payment) === 'VOIDED') return [['CHECKOUT.ORDER.VOIDED', 'checkout-order', orderView(place, payment)]]
  if (state === 'authorized' && before?.state !== 'authorized')
    return [['PAYMENT.AUTHORIZATION.CREATED', 'authorization', authorizationView(place, payment)]]
  if (authorizedAt !== null && endedBy !== null && before?.endedBy === null)
    return [['PAYMENT.AUTHORIZATION.VOIDED', 'authorization', authorizationView(place, payment)]]
  if (before?.state === 'approved' && state === 'canceled')
    return [
      [
        'CHECKOUT.PAYMENT-APPROVAL.REVERSED',
        'checkout-order',
        { order_id: payment.id, purchase_units: [{ custom_id: payment.reference }] },
      ],
    ]
  if (payment.captures.length > 0 || capture === undefined || before?.state === state) return []
  if (state === 'processing') return [['PAYMENT.CAPTURE.PENDING', 'capture', captureView(place, payment, capture)]]
  return state === 'failed' ? [['PAYMENT.CAPTURE.DENIED', 'capture', captureView(place, payment, capture)]] : []
}
