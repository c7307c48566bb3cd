// Webhooks: what is told is written down with the change it tells of, and sent until somebody takes it. How it is written and
// signed is the dialect's. On request they come late, twice, shuffled, not at all, badly signed, or speak of another amount.
import type { Egress } from '../base/egress.ts'
import type { NewId } from '../base/ids.ts'
import type { Random } from '../base/random.ts'
import type { Faults } from './faults.ts'
import type { SandboxChange } from './news.ts'
import type { SandboxPayment } from './payment.ts'
import type { SandboxSettings } from './settings.ts'
import type { SandboxDelivery, SandboxStore } from './store.ts'

/** One webhook as the dialect writes it. Copies of one event share its id, as a provider's repeats do. */
export type WebhookMessage = {
  readonly eventId: string
  readonly body: string
  /** Where this one goes, when not to where all of them go. */
  readonly url?: string
}

/** How a provider writes and signs what it tells. */
export type WebhookDialect = {
  readonly contentType: string
  /** What is told of a change; nothing of one that the provider keeps to itself. `isBare`: it only names what has changed. */
  announce(change: SandboxChange, options: { readonly isBare: boolean }): readonly WebhookMessage[]
  /** The headers that prove who sends it, made when it is sent. `isWrong`: by somebody who does not know the secret. */
  sign(message: WebhookMessage, options: { readonly now: number; readonly isWrong: boolean }): Readonly<Record<string, string>>
}

const attemptsMax = 12

export type WebhookParts = {
  readonly store: SandboxStore
  readonly now: () => number
  readonly later: (dueAt: number, work: () => void) => void
  readonly isOpen: () => boolean
  readonly random: Random
  readonly newId: NewId
  readonly egress: Egress
  readonly webhookUrl: string
  readonly dialect: WebhookDialect
  readonly faults: Faults
  readonly settings: () => SandboxSettings
  /** The body of a delivery that an older version wrote down. */
  readonly oldBody: (delivery: SandboxDelivery) => string
}

export function createWebhooks(parts: WebhookParts) {
  const { store, now, later, random, newId, dialect, faults, settings } = parts
  const isStruck = (share: number) => share > 0 && random.fraction() < share

  async function deliver(delivery: SandboxDelivery): Promise<void> {
    const body = delivery.body ?? parts.oldBody(delivery)
    const isWrong = (delivery.isBadlySigned === true && delivery.attempts === 0) || isStruck(settings().webhookBadlySigned)
    const proof = dialect.sign({ eventId: delivery.eventId, body }, { now: now(), isWrong })
    const headers = { 'content-type': dialect.contentType, ...proof }
    let isTaken = false
    try {
      const answer = await parts.egress.request({ method: 'POST', url: delivery.url ?? parts.webhookUrl, headers, body })
      isTaken = answer.status >= 200 && answer.status < 300
    } catch {}
    const attempts = delivery.attempts + 1
    const isDone = isTaken || attempts >= attemptsMax
    const dueAt = now() + Math.min(3_600_000, 500 * 2 ** attempts)
    const next = { ...delivery, attempts, isDone, dueAt }
    if (!parts.isOpen()) return
    store.putDelivery(next)
    if (!isDone) later(dueAt, () => void deliver(next))
  }

  return {
    /** The webhooks of a change, to be written down with it. */
    of(change: SandboxChange): SandboxDelivery[] {
      const { webhookCopies, webhookLoss, webhookMs, webhookJitterMs, webhookBare, webhookWrongAmount, webhookWrongCurrency } = settings()
      const isAmountWrong = isStruck(webhookWrongAmount) || faults.strike('webhook', ['wrong_amount']) !== null
      const isCurrencyWrong = isStruck(webhookWrongCurrency) || faults.strike('webhook', ['wrong_currency']) !== null
      const told = change.payment && { ...change, payment: distorted(change.payment, isAmountWrong, isCurrencyWrong) }
      const messages = dialect.announce(told ?? change, { isBare: isStruck(webhookBare) })
      return messages.flatMap((message): SandboxDelivery[] => {
        const fault = faults.strike('webhook', ['drop', 'repeat', 'late', 'bad_signature'])
        if (fault?.kind === 'drop') return []
        const copies = fault?.kind === 'repeat' ? webhookCopies + 1 : webhookCopies
        const delayMs = webhookMs + (fault?.kind === 'late' ? (fault.ms ?? 5_000) : 0)
        return Array.from({ length: copies }, (): SandboxDelivery[] => {
          if (isStruck(webhookLoss)) return []
          return [
            {
              id: newId('sdel'),
              eventId: message.eventId,
              payment: change.payment?.id ?? null,
              reference: change.payment?.reference ?? null,
              ...(message.url === undefined ? {} : { url: message.url }),
              body: message.body,
              ...(fault?.kind === 'bad_signature' ? { isBadlySigned: true } : {}),
              attempts: 0,
              dueAt: now() + delayMs + Math.floor(random.fraction() * webhookJitterMs),
              isDone: false,
            },
          ]
        }).flat()
      })
    },
    send(deliveries: readonly SandboxDelivery[]): void {
      for (const delivery of deliveries) later(delivery.dueAt, () => void deliver(delivery))
    },
  }
}

/** The same payment as a provider in error would tell of it. */
function distorted(payment: SandboxPayment, isAmountWrong: boolean, isCurrencyWrong: boolean): SandboxPayment {
  const more = isAmountWrong ? 1 : 0
  const currency = isCurrencyWrong ? (payment.currency === 'USD' ? 'EUR' : 'USD') : payment.currency
  const captures = payment.captures.map((one) => ({ ...one, amountMinor: one.amountMinor + more }))
  return { ...payment, amountMinor: payment.amountMinor + more, currency, captures }
}
