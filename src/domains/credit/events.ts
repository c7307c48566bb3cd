// What happens to credit. Each hands on what has just been written.
import { event } from '../../contract/events.ts'
import type { GiftCard } from './collections.ts'

/** `secret`: its code, for the mail alone. */
export const giftCardIssued = event('gift_card.issued').with<{
  readonly card: GiftCard
  readonly secret: string
  readonly message: string | null
}>()
