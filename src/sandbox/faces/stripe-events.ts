// What Stripe tells of a change, and how it signs it: https://docs.stripe.com/api/events/types. An event holds the object as it was then.
import { createHash } from 'node:crypto'
import { signHmac } from '../../base/secret.ts'
import type { SandboxChange, SandboxNews } from '../news.ts'
import type { SandboxPayment } from '../payment.ts'
import type { WebhookDialect, WebhookMessage } from '../webhooks.ts'
import type { FacePlace } from './face.ts'
import { pageUrl } from './face.ts'
import { disputeObject, payoutObject } from './stripe-account.ts'
import {
  apiVersion,
  chargeObject,
  detailsOf,
  hasIntent,
  intentObject,
  type Pages,
  refundObject,
  sessionObject,
  sessionStatus,
} from './stripe-objects.ts'

type Told = readonly [type: string, object: { readonly id: string; readonly object: string }]

export function stripeWebhooks(place: FacePlace, webhookSecret: string): WebhookDialect {
  const pages: Pages = { urlOf: (payment) => pageUrl(place, payment) }
  return {
    contentType: 'application/json; charset=utf-8',
    announce: (change) => change.news.flatMap((news) => toldOf(change, news, pages)).map((told) => messageOf(change, told)),
    sign({ body }, { now, isWrong }) {
      const time = Math.floor(now / 1000)
      return { 'stripe-signature': `t=${time},v1=${signHmac(isWrong ? `${webhookSecret} or not` : webhookSecret, `${time}.${body}`)}` }
    },
  }
}

function messageOf({ at }: SandboxChange, [type, object]: Told): WebhookMessage {
  const created = Math.floor(at / 1000)
  const content = { object: 'event', api_version: apiVersion, created, data: { object }, livemode: false, pending_webhooks: 1 }
  const eventId = `evt_${createHash('sha256')
    .update(`${type} ${at} ${JSON.stringify(object)}`)
    .digest('hex')
    .slice(0, 24)}`
  return { eventId, body: JSON.stringify({ id: eventId, ...content, request: { id: null, idempotency_key: null }, type }) }
}

function toldOf({ payment, payout, before, lines }: SandboxChange, news: SandboxNews, pages: Pages): Told[] {
  if (payment === null) return payout === null ? [] : ['payout.created', 'payout.paid'].map((type) => [type, payoutObject(payout)] as const)
  const [subject, what = ''] = news.kind.split('.')
  if (subject === 'payment') return ofPayment(payment, before, { what, pages })
  if (subject === 'refund') {
    const refund = payment.refunds.find(({ id }) => id === news.operation)
    if (refund === undefined) return []
    const isNew = before?.refunds.some(({ id }) => id === refund.id) !== true
    const type = what === 'failed' || what === 'returned' ? 'refund.failed' : isNew ? 'refund.created' : 'refund.updated'
    const told: Told = [type, refundObject(payment, refund)]
    return what === 'succeeded' ? [told, ['charge.refunded', chargeObject(payment)]] : [told]
  }
  if (subject === 'dispute') {
    const dispute = payment.disputes.find(({ id }) => id === news.operation)
    const type = typeOfDispute[what]
    if (dispute === undefined || type === undefined) return []
    return [
      [
        `charge.dispute.${type}`,
        disputeObject(
          payment,
          dispute,
          lines.filter(({ operation }) => operation === dispute.id),
        ),
      ],
    ]
  }
  return []
}

const typeOfDispute: Readonly<Record<string, string | undefined>> = {
  opened: 'created',
  withdrawn: 'funds_withdrawn',
  reinstated: 'funds_reinstated',
  needs_response: 'updated',
  under_review: 'updated',
  won: 'closed',
  lost: 'closed',
  closed: 'closed',
}

function ofPayment(
  payment: SandboxPayment,
  before: SandboxPayment | null,
  { what, pages }: { readonly what: string; readonly pages: Pages },
): Told[] {
  const intent = (type: string): Told => [`payment_intent.${type}`, intentObject(payment, pages)]
  const charge = (type: string): Told => [`charge.${type}`, chargeObject(payment)]
  const hasSession = detailsOf(payment).session !== undefined
  const session = (type: string): Told[] => (hasSession ? [[`checkout.session.${type}`, sessionObject(payment, pages)]] : [])
  const wasOpen = before === null || sessionStatus(before) === 'open'
  switch (what) {
    case 'requires_action':
      return hasSession || before !== null ? [] : [intent('created')]
    case 'processing':
      return [intent('processing'), charge('pending'), ...(wasOpen ? session('completed') : [])]
    case 'authorized':
      return [intent('amount_capturable_updated'), charge('succeeded'), ...(wasOpen ? session('completed') : [])]
    case 'succeeded':
      return [
        intent('succeeded'),
        charge(before?.state === 'authorized' ? 'captured' : 'succeeded'),
        ...(wasOpen ? session('completed') : before?.state === 'processing' ? session('async_payment_succeeded') : []),
      ]
    case 'failed':
      return [intent('payment_failed'), charge('failed'), ...(wasOpen ? [] : session('async_payment_failed'))]
    case 'declined':
      return [intent('payment_failed'), charge('failed')]
    case 'canceled':
      return [...(hasIntent(payment) ? [intent('canceled')] : []), ...(sessionStatus(payment) === 'expired' ? session('expired') : [])]
    default:
      return []
  }
}
