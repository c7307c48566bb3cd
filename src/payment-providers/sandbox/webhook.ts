// The sandbox's webhooks, checked before they are used: what cannot be stored, or not be read again, is refused here.
import { minorDigits } from '../../base/currencies.ts'
import { limits } from '../../base/limits.ts'
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import type { Webhook, WebhookEvent } from '../../domains/payments/provider.ts'
import { readSnapshot } from '../../sandbox/own-dialect.ts'
import {
  disputeStatuses,
  paymentStates,
  refundStates,
  type SandboxCapture,
  type SandboxDispute,
  type SandboxRefund,
  stateOf,
  type WrittenPayment,
} from '../../sandbox/payment.ts'
import { lastTime } from '../../schema/kinds/date-time.ts'
import { disputesOf, factsOf } from './view.ts'

const toleranceSeconds = 300

export function readWebhook({ body, headers, now }: Webhook, secret: string): readonly WebhookEvent[] | null {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(headers['sandbox-signature'] ?? '')
  if (!match) return null
  // An old signature is a replay, whoever sends it.
  if (Math.abs(now / 1000 - Number(match[1])) > toleranceSeconds) return null
  if (!isEqualSecret(match[2]!, signHmac(secret, Buffer.concat([Buffer.from(`${match[1]}.`), body])))) return null
  const event = parseEvent(body)
  return event && [event]
}

/** Signed is not yet well-formed: what is no event is refused, not broken over. */
function parseEvent(body: Uint8Array): WebhookEvent | null {
  try {
    const { id, payment, reference, data } = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>
    if (![id, payment, reference].every(isName)) return null
    const event = { eventId: id as string, reference: reference as string, providerRef: payment as string }
    if (data === undefined) return event
    if (!isSnapshot(data) || data.id !== payment) return null
    // Until when it can be captured, and that the shop is to take the money, is no fact: its record says it.
    if (data.state === 'approved' || data.state === 'authorized') return event
    const snapshot = readSnapshot(data)
    if (snapshot.refunds.length + snapshot.captures.length + snapshot.disputes.length > limits.refundsToldMax) return event
    // What has happened to a payment stays so, and a snapshot holds all of it until then.
    return { ...event, told: { facts: factsOf(snapshot), declineReason: snapshot.declineReason, disputes: disputesOf(snapshot) } }
  } catch {
    return null
  }
}

const isName = (value: unknown) => typeof value === 'string' && /^[\w:-]{1,200}$/.test(value)
const isReference = (value: unknown) => value === '' || isName(value)
const isMinor = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown) => isMinor(value) && (value as number) <= lastTime
/** Of what an older version leaves out as well. */
const isTimeOrNone = (value: unknown) => value === undefined || value === null || isTime(value)
const isText = (value: unknown, most: number) => typeof value === 'string' && value.length <= most && !value.includes('\0')

function isSnapshot(data: unknown): data is WrittenPayment {
  const given = data as WrittenPayment
  const { state, amountMinor, currency, createdAt, decidedAt, declineReason: reason, refunds, captures = [], disputes = [] } = given
  const isReason = reason === null || isText(reason, limits.refusalCharactersMax)
  const isTimed = [decidedAt, given.authorizedAt, given.capturableUntil, given.voidedAt].every(isTimeOrNone)
  const isWhole =
    paymentStates.includes(state) && [amountMinor, given.voidedMinor ?? 0].every(isMinor) && minorDigits(currency) !== undefined
  // An id twice would be one operation with two amounts.
  const parts = [...refunds, ...captures, ...disputes]
  const isEachOnce = new Set(parts.map(({ id }) => id)).size === parts.length
  const isRight = parts.every(({ id, amountMinor: amount }) => isName(id) && isMinor(amount))
  return (
    isWhole &&
    isTime(createdAt) &&
    isTimed &&
    isReason &&
    isEachOnce &&
    isRight &&
    refunds.every(isRefund) &&
    captures.every(isCapture) &&
    disputes.every(isDispute)
  )
}

function isRefund(refund: SandboxRefund): boolean {
  return isReference(refund.reference) && isTime(refund.at) && refundStates.includes(stateOf(refund))
}

function isCapture({ reference, at, decidedAt, state }: SandboxCapture): boolean {
  return isReference(reference) && isTime(at) && isTimeOrNone(decidedAt) && ['pending', 'succeeded', 'failed'].includes(state)
}

function isDispute({ status, reason, evidenceDueAt, withdrawnAt, reinstatedAt, lostAt }: SandboxDispute): boolean {
  const isTimed = [evidenceDueAt, withdrawnAt, reinstatedAt, lostAt].every(isTimeOrNone)
  return disputeStatuses.includes(status) && isText(reason, limits.refusalCharactersMax) && isTimed
}
