// Signed webhooks that speak of something we do not know: of a payment that a restored backup has lost, or that somebody
// made at the provider by hand. They are looked for again, shown to staff as unmatched, and given up after three days.
import { limits } from '../../base/limits.ts'
import { and, compare, oneOf } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import { webhookInbox } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import { findPayment, webhookDistancesMs } from './receive-webhook.ts'

export const matchWebhooks: Schedule = {
  name: 'payments.matchWebhooks',
  everyMs: 10_000,
  async run(work) {
    const { tx, now } = work
    const where = and(oneOf('state', ['waiting', 'unmatched']), compare('lookAt', 'lte', now))
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
