// What staff are answered of a payment or a refund they have moved.

import type { Money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import type { Payment, Refund } from './collections.ts'

const moneyOutput = Type.Unsafe<Money>(moneySchema)
const text = Type.Unsafe<string | null>({ type: ['string', 'null'] })

export const paymentOutput = Type.Object({
  id: Type.String(),
  order: Type.String(),
  status: Type.String(),
  captured: moneyOutput,
  refunded: moneyOutput,
  lastError: text,
})

export function paymentView({ id, order, status, captured, refunded, lastError }: Payment) {
  return { id, order, status, captured, refunded, lastError }
}

export const refundOutput = Type.Object({
  id: Type.String(),
  payment: Type.String(),
  order: Type.String(),
  provider: Type.String({ description: 'Where it goes: a provider, `gift_card` or `store_credit`.' }),
  amount: moneyOutput,
  status: Type.String(),
  reason: Type.String(),
  lastError: text,
})

export function refundView({ id, payment, order, provider, amount, status, reason, lastError }: Refund) {
  return { id, payment, order, provider, amount, status, reason, lastError }
}
