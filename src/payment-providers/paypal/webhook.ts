// PayPal's webhooks: `SHA256withRSA` over `id|time|webhook id|CRC-32 of the body`. Another body is made to fit a CRC-32 in no time, so
// who has once seen a message can write others. Invariant: nothing that a message tells is believed: it says what to look at.
// Source: https://developer.paypal.com/api/rest/webhooks/rest
import { verify } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { parseIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import type { Webhook, WebhookEvent } from '../../domains/payments/provider.ts'
import type { PayPalApi } from './api.ts'
import type { Certificates } from './certificates.ts'
import { readDisputed } from './disputes.ts'
import { payedBy } from './find-order.ts'
import { captureAbove, fieldsOf, idOf, isId, reading, referenceOf } from './read.ts'

/** PayPal repeats a message for three days, and does not say that it signs it anew. A repeat that was taken changes nothing. */
const olderMs = 4 * 24 * 3_600_000
const newerMs = 5 * 60_000

export type PayPalReceiver = { readonly api: PayPalApi; readonly certificates: Certificates; readonly webhookIds: readonly string[] }

/** @throws EngineError overloaded: what is needed of PayPal for it cannot be had now */
export async function verifyPayPalWebhook(receiver: PayPalReceiver, webhook: Webhook): Promise<readonly WebhookEvent[] | null> {
  if (!(await isSigned(receiver, webhook))) return null
  const event = readEvent(jsonOf(webhook.body))
  if (event === null) return null
  return await eventsOf(receiver.api, event)
}

async function isSigned({ certificates, webhookIds }: PayPalReceiver, { body, headers, now }: Webhook): Promise<boolean> {
  const id = headers['paypal-transmission-id'] ?? ''
  const time = headers['paypal-transmission-time'] ?? ''
  const signature = headers['paypal-transmission-sig'] ?? ''
  // The message names its algorithm; there is one.
  if (headers['paypal-auth-algo'] !== 'SHA256withRSA' || !/^[\w-]{1,100}$/.test(id) || !/^[A-Za-z0-9+/]{100,1400}={0,2}$/.test(signature))
    return false
  const sentAt = parseIso(time)
  if (!(now - sentAt <= olderMs && sentAt - now <= newerMs)) return false
  const key = await certificates.keyAt(headers['paypal-cert-url'] ?? '', now)
  if (key === null) return false
  const bytes = Buffer.from(signature, 'base64')
  return webhookIds.some((webhookId) => verify('sha256', Buffer.from(`${id}|${time}|${webhookId}|${crc32(body)}`), key, bytes))
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return null
  }
}

type Event = { readonly eventId: string; readonly type: string; readonly resource: Readonly<Record<string, unknown>> }

const readEvent = reading((value): Event => {
  const { id, event_type: type, resource } = fieldsOf(value)
  return { eventId: idOf(id), type: typeof type === 'string' ? type : '', resource: fieldsOf(resource) }
})

/** Of other products of PayPal, such as subscriptions, we have nothing. */
async function eventsOf(api: PayPalApi, event: Event): Promise<readonly WebhookEvent[] | null> {
  const { type, resource, eventId } = event
  if (type.startsWith('CHECKOUT.')) return [ofOrder(event)]
  if (type.startsWith('PAYMENT.REFUND.') || type === 'PAYMENT.CAPTURE.REFUNDED' || type === 'PAYMENT.CAPTURE.REVERSED') {
    const capture = readCaptureAbove(resource)
    return capture === null ? null : [await ofCapture(api, eventId, { capture, reference: null })]
  }
  if (type.startsWith('PAYMENT.CAPTURE.') || type.startsWith('PAYMENT.AUTHORIZATION.')) return [ofOperation(event)]
  if (!type.startsWith('CUSTOMER.DISPUTE.')) return []
  const disputed = readDisputed(resource)
  if (disputed?.capture) return [await ofCapture(api, eventId, { capture: disputed.capture, reference: disputed.reference })]
  return disputed?.reference ? [{ eventId, reference: disputed.reference, providerRef: null }] : null
}

const readCaptureAbove = reading(captureAbove)

function ofOrder({ eventId, resource }: Event): WebhookEvent {
  const { id, order_id: orderId, purchase_units: units } = resource
  const [unit] = Array.isArray(units) ? (units as unknown[]) : []
  const custom = (unit as Record<string, unknown> | null | undefined)?.['custom_id']
  return { eventId, reference: referenceOf(custom), providerRef: [orderId, id].find(isId) ?? null }
}

/** A capture or an authorization. */
function ofOperation({ eventId, resource }: Event): WebhookEvent {
  const related = resource['supplementary_data'] as { related_ids?: { order_id?: unknown } } | null | undefined
  const order = related?.related_ids?.order_id
  return { eventId, reference: referenceOf(resource['custom_id']), providerRef: isId(order) ? order : null }
}

type Named = { readonly capture: string; readonly reference: string | null }

/** PayPal says of a refund or a dispute which capture it is of, and of the capture which order. */
async function ofCapture(api: PayPalApi, eventId: string, { capture, reference }: Named): Promise<WebhookEvent> {
  const found = await payedBy(api, capture)
  // It sends the message again.
  if (found.result !== 'ok') throw new EngineError('overloaded')
  return { eventId, reference: reference ?? referenceOf(found.value?.custom), providerRef: found.value?.order ?? capture }
}
