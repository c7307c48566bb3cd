// Signed webhooks that speak of something we do not know: of a payment that a restored backup has lost, or that somebody
// made at the provider by hand. They are looked for again, shown to staff as unmatched, and given up after three days.
import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Payment, payments, type WebhookMessage, webhookInbox } from './collections.ts'
import { followPayment } from './look-at-payment.ts'

const minute = 60_000
const hour = 60 * minute

/** From the arrival, and from each look to the next. They come to three days and a bit, as providers repeat webhooks. */
export const webhookDistancesMs = [10_000, minute, 5 * minute, 10 * minute, hour, 6 * hour, 24 * hour, 48 * hour]

type Spoken = Pick<WebhookMessage, 'provider' | 'reference' | 'providerRef'>

/** What a webhook speaks of, by our name of it or by the provider's. */
export async function findPayment(tx: Transaction, { provider, reference, providerRef }: Spoken): Promise<Payment | null> {
  const byReference = reference === null ? null : await tx.get(payments, reference)
  if (byReference?.provider === provider) return byReference
  if (providerRef === null) return null
  // Names of two providers may be alike: both are in the condition, as they are in the index.
  const where = and(eq('provider', provider), eq('providerRef', providerRef))
  // Beyond the limit: nothing, a provider gives a name once.
  const [byProviderRef] = await tx.find(payments, { where, limit: 1 })
  return byProviderRef ?? null
}

export const matchWebhooks: Schedule = {
  name: 'payments.matchWebhooks',
  everyMs: 10_000,
  async run(work) {
    const { tx, now } = work
    const where = compare('lookAt', 'lte', now)
    const sort = [{ path: 'lookAt', descending: false }]
    // Beyond the limit: the next tick. Each look moves its message on, so none stays at the front.
    for (const message of await tx.find(webhookInbox, { where, sort, limit: limits.webhooksPerTick })) {
      const payment = await findPayment(tx, message)
      if (payment !== null) {
        await tx.update(webhookInbox, message, { set: { state: 'handled', lookAt: null } })
        await followPayment(work, payment, { source: 'webhook', cause: message.eventId })
        continue
      }
      const looks = (message.looks ?? 0) + 1
      const distanceMs = webhookDistancesMs[looks]
      const state = now - message.createdAt >= limits.webhookWaitMs ? 'unmatched' : 'waiting'
      const lookAt = distanceMs === undefined ? null : now + distanceMs
      await tx.update(webhookInbox, message, { set: { state: lookAt === null ? 'unmatched' : state, looks, lookAt } })
    }
  },
}
