// Mollie's two kinds of webhooks. The classic one (https://docs.mollie.com/reference/webhooks) is a form with an id, signed by
// nobody: so the address that we give with each payment holds our id of it and a proof of ours, and a call to any other address is
// refused without a look at anything. The newer one (https://docs.mollie.com/reference/webhooks-new) is signed: HMAC-SHA256 of the
// body in X-Mollie-Signature, by one of the secrets. Neither has a time: a replay names a payment again, which is then looked at.
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import type { Webhook, WebhookEvent } from '../../domains/payments/provider.ts'
import { reading, readPayment, referenceIn } from './read.ts'

/** Where Mollie calls for one payment: nobody but Mollie and whoever sees its dashboard knows the address. */
export function webhookAddress(url: string, payment: string, secret: string): string {
  return `${url}?payment=${payment}&proof=${proofOf(payment, secret)}`
}

const proofOf = (payment: string, secret: string) => signHmac(secret, `mollie webhook ${payment}`)

/** What a classic webhook names; null where it is none of those that we asked for. */
export function readClassic({ body, query = {} }: Webhook, secret: string): { readonly payment: string; readonly id: string } | null {
  const { payment = '', proof = '' } = query
  if (!/^pay_[0-9a-z]{26}$/.test(payment) || !isEqualSecret(proof, proofOf(payment, secret))) return null
  if (body.byteLength > classicBytes) return null
  const id = /^id=(tr_\w{1,64})$/.exec(Buffer.from(body).toString('latin1'))?.[1]
  return id === undefined ? null : { payment, id }
}

const classicBytes = 100

/** Whether one of the secrets has signed it. Several signatures in the header are those of a secret that changes. */
export function isSigned({ body, headers }: Webhook, secrets: readonly string[]): boolean {
  const signatures = (headers['x-mollie-signature'] ?? '').slice(0, 1_000).split(',')
  const given = signatures.map((one) => one.trim().replace(/^sha256=/, '')).filter((one) => /^[0-9a-f]{64}$/.test(one))
  return secrets.some((secret) => {
    const made = signHmac(secret, body)
    return given.some((one) => isEqualSecret(one, made))
  })
}

/**
 * What a signed event is about. It may be old, and so may what it holds: it only names a payment. Null: it is no event. An
 * empty list: of what can be no payment of ours. A chargeback has no event; the classic webhook tells of it.
 */
export function readEvent(body: Uint8Array, mode: string): readonly WebhookEvent[] | null {
  const event = parse(body)
  if (event === null) return null
  const { id, type, entityId, _embedded: embedded } = event
  if (![id, type, entityId].every(isName)) return null
  const kind = (type as string).split('.', 1)[0]
  const entity = asObject(asObject(embedded)?.['entity'])
  // Of another world: a test webhook that is sent to a live shop.
  if (entity !== null && entity['mode'] !== mode) return []
  const eventId = id as string
  if (kind === 'payment' && /^tr_\w{1,64}$/.test(entityId as string)) {
    const providerRef = entityId as string
    if (entity === null) return [{ eventId, reference: null, providerRef }]
    const payment = readPayment(entity)
    // Each payment of ours has our id in its metadata.
    if (payment !== null && (payment.id !== providerRef || payment.reference === null)) return []
    return [{ eventId, reference: payment?.reference ?? null, providerRef }]
  }
  if (kind === 'refund' && entity !== null) {
    const { paymentId } = entity
    return isName(paymentId) ? [{ eventId, reference: reading(() => referenceIn(entity, 'payment')), providerRef: paymentId }] : []
  }
  return []
}

const isName = (value: unknown): value is string => typeof value === 'string' && /^[\w.-]{1,100}$/.test(value)

function parse(body: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(Buffer.from(body).toString()))
  } catch {
    return null
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
}
