// The sandbox's own webhooks: one for each state that a payment can be in, with a snapshot of it.
import { signHmac } from '../base/secret.ts'
import { capturedOf, readPayment, refundStates, type SandboxPayment, stateOf, type WrittenPayment } from './payment.ts'
import type { SandboxDelivery } from './store.ts'
import type { WebhookDialect } from './webhooks.ts'

const snapshotFields = [
  'id',
  'state',
  'amountMinor',
  'currency',
  'createdAt',
  'decidedAt',
  'declineReason',
  'captureMethod',
  'captures',
  'authorizedAt',
  'capturableUntil',
  'voidedMinor',
  'voidedAt',
  'refunds',
  'disputes',
] as const

/** What a webhook tells of a payment: how it stood at the event. */
export type SandboxSnapshot = Pick<SandboxPayment, (typeof snapshotFields)[number]>

/** Of one of the version before captures too. */
export const readSnapshot = (written: WrittenPayment): SandboxSnapshot => readPayment(written)

export function createOwnDialect(secret: string): WebhookDialect {
  return {
    contentType: 'application/json',
    announce({ before, payment }, { isBare }) {
      // What is still open is told by the answer; a webhook is for what happens later.
      if (payment === null || (before === null && payment.state !== 'failed')) return []
      const snapshot = Object.fromEntries(snapshotFields.map((name) => [name, payment[name]])) as SandboxSnapshot
      const eventId = eventIdOf(payment)
      return [{ eventId, body: bodyOf({ eventId, payment: payment.id, reference: payment.reference, ...(isBare ? {} : { snapshot }) }) }]
    },
    sign({ body }, { now, isWrong }) {
      const time = Math.floor(now / 1000)
      return { 'sandbox-signature': `t=${time},v1=${signHmac(isWrong ? `${secret} or not` : secret, `${time}.${body}`)}` }
    },
  }
}

/** As older versions wrote it down as well. */
export function bodyOf({
  eventId,
  payment,
  reference,
  snapshot,
}: Pick<SandboxDelivery, 'eventId' | 'payment' | 'reference' | 'snapshot'>): string {
  return JSON.stringify({ id: eventId, type: 'payment.updated', payment, reference, data: snapshot })
}

/** One for each state that it can be in. */
function eventIdOf(payment: SandboxPayment): string {
  const { id, state, refunds, captures, disputes } = payment
  const counts = refundStates.map((one) => refunds.filter((refund) => stateOf(refund) === one).length)
  const isPart = state === 'authorized' || captures.length > 1 || capturedOf(payment) !== payment.amountMinor
  const taken = isPart && captures.length > 0 ? `:${captures.map((one) => one.state[0]).join('')}` : ''
  const disputed = disputes.map((one) => `:${one.status}${one.withdrawnAt === null ? '' : '-w'}${one.reinstatedAt === null ? '' : '-r'}`)
  return `${id}:${state}:${refunds.length === 0 ? '0' : counts.join('-')}${taken}${disputed.join('')}`
}
