// Gift cards whose time is over.
import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import { giftCards } from './collections.ts'
import { expireCard } from './move-credit.ts'

export const expireGiftCards: Schedule = {
  name: 'giftCards.expire',
  everyMs: 600_000,
  async run(work) {
    const { tx, now } = work
    // Beyond the limit: the next tick. Each leaves the state that is looked for. No card is spent past its time, expired or not yet.
    const due = await tx.find(giftCards, {
      where: and(eq('status', 'active'), compare('expiresAt', 'lte', now)),
      sort: [{ path: 'expiresAt', descending: false }],
      limit: limits.giftCardsPerTick,
    })
    for (const card of due) await expireCard(work, card)
  },
}
