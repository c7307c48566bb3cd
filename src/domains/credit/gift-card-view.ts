// What staff are answered of a gift card. Its code is told once, when it is issued.
import { toIso } from '../../base/clock.ts'
import type { Money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import type { GiftCard } from './collections.ts'

export const moneyOutput = Type.Unsafe<Money>(moneySchema)
const time = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' })

const shape = {
  id: Type.String(),
  lastFour: Type.String({ description: 'Of its code.' }),
  status: Type.String(),
  issued: moneyOutput,
  balance: moneyOutput,
  expiresAt: time,
}
export const giftCardOutput = Type.Object(shape, { title: 'GiftCard' })
export const issuedGiftCardOutput = Type.Object(
  {
    ...shape,
    code: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Shown this once. Null where it was sent by mail.' }),
  },
  { title: 'IssuedGiftCard' },
)

export function giftCardView({ id, lastFour, status, issued, balance, expiresAt }: GiftCard) {
  return { id, lastFour, status: status as string, issued, balance, expiresAt: expiresAt === null ? null : toIso(expiresAt) }
}
