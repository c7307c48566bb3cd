// Authorizations that are about to end: staff are told once, in time to capture them. What becomes of them when they end is learned as
// anything else of a payment, by its webhook or by a look.
import { limits } from '../../base/limits.ts'
import { and, compare, isNull } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import { payments } from './collections.ts'
import { paymentEnding } from './events.ts'

export const tellOfEnding: Schedule = {
  name: 'payments.tellOfEnding',
  everyMs: 600_000,
  async run({ tx, now, project }) {
    const warningMs = project.shop!.authorizationWarningMs
    if (warningMs === 0) return []
    // Beyond the limit: the next tick. Each is told of once, so none stays at the front.
    const ending = await tx.find(payments, {
      where: and(compare('capturableUntil', 'gt', now), compare('capturableUntil', 'lte', now + warningMs), isNull('warnedAt')),
      sort: [{ path: 'capturableUntil', descending: false }],
      limit: limits.paymentsPerTick,
    })
    const told = []
    // Guarded: of two processes that look at once, one tells.
    for (const payment of ending)
      if (await tx.touch(payments, payment.id, { set: { warnedAt: now } }, isNull('warnedAt'))) told.push(paymentEnding({ payment }))
    return told
  },
}
