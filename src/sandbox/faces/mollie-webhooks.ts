// Mollie's webhooks as its face sends them: the form with an id, to the address that came with the payment, and signed events.
import { signHmac } from '../../base/secret.ts'
import type { SandboxNews } from '../news.ts'
import type { SandboxPayment } from '../payment.ts'
import type { Face, FacePlace } from './face.ts'
import { isoOf, link, paymentOf, refundOf, statusOf } from './mollie-documents.ts'

/** What a shop has from Mollie's dashboard. */
export function mollieKeys(secret: string) {
  const made = (name: string, length: number) => signHmac(secret, `mollie ${name}`).slice(0, length)
  return { apiKey: `test_${made('key', 30)}`, accessToken: `access_${made('token', 40)}`, webhookSecret: made('webhooks', 32) }
}

/** What Mollie calls the address of a payment for (https://docs.mollie.com/reference/webhooks). */
function isTold({ kind }: SandboxNews, status: string): boolean {
  if (kind.startsWith('refund.') || kind === 'dispute.withdrawn' || kind === 'dispute.reinstated') return true
  if (kind.startsWith('capture.')) return kind !== 'capture.pending'
  return kind.startsWith('payment.') && ['paid', 'authorized', 'canceled', 'expired', 'failed'].includes(status)
}

export function mollieWebhooks(place: FacePlace) {
  const { webhookSecret } = mollieKeys(place.secret)
  return {
    contentType: 'application/json',
    announce({ at, news, payment }: Parameters<ReturnType<Face['webhooks']>['announce']>[0], { isBare }: { readonly isBare: boolean }) {
      if (payment === null) return []
      const status = statusOf(payment)
      const told = news.filter((one) => isTold(one, status))
      const { id, webhookUrl } = payment
      // Its repeats are the same: a form with the id.
      const classic = told.length === 0 || webhookUrl === null ? [] : [{ eventId: `${id}:${at}`, body: `id=${id}`, url: webhookUrl }]
      return [...classic, ...told.flatMap((one) => eventOf(one, payment, { place, at, isBare }))]
    },
    sign({ body }: { readonly body: string }, { isWrong }: { readonly isWrong: boolean }): Record<string, string> {
      const signature = { 'x-mollie-signature': `sha256=${signHmac(isWrong ? `${webhookSecret} or not` : webhookSecret, body)}` }
      if (!body.startsWith('id=')) return signature
      return { 'content-type': 'application/x-www-form-urlencoded', ...(isWrong ? signature : {}) }
    },
  }
}

/** The signed kind: of payments and refunds alone. */
function eventOf({ kind, operation }: SandboxNews, payment: SandboxPayment, told: { place: FacePlace; at: number; isBare: boolean }) {
  const { place, at, isBare } = told
  const refund = payment.refunds.find(({ id }) => id === operation)
  const isOfPayment = kind.startsWith('payment.')
  if (!isOfPayment && refund === undefined) return []
  const entity = refund === undefined ? paymentOf(payment, place, null) : refundOf(refund, payment, place)
  const entityId = entity['id'] as string
  const type = `${isOfPayment ? 'payment' : 'refund'}.${entity['status']}`
  const id = `event_${signHmac('event', `${type} ${entityId} ${at}`).slice(0, 20)}`
  const event = {
    resource: 'event',
    ...{ id, type, entityId, createdAt: isoOf(at) },
    ...(isBare ? {} : { _embedded: { entity } }),
    _links: {
      self: link(`${place.url}/v2/events/${id}`),
      documentation: link('https://docs.mollie.com/guides/webhooks', 'text/html'),
      entity: link(`${place.url}/v2/${isOfPayment ? 'payments' : 'refunds'}/${entityId}`),
    },
  }
  return [{ eventId: id, body: JSON.stringify(event) }]
}
