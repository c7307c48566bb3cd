// Owing a look at a payment: the effect that asks its provider. What is found is recorded in follow-payment.ts.
import { Type } from '../../contract/type.ts'
import { type EffectWork, effectKind, enqueue } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import type { Payment, PaymentFact, Refund } from './collections.ts'
import { refundDistancesMs } from './look-times.ts'

export const paymentFollow = effectKind(
  'payment.follow',
  Type.Object({
    payment: Type.String(),
    source: Type.Unsafe<PaymentFact['source']>({ type: 'string' }),
    refund: Type.Optional(Type.String()),
    look: Type.Optional(Type.Integer()),
  }),
)

export type Look = {
  /** Owed once, whatever the payment. */
  readonly key?: string
  readonly source: PaymentFact['source']
  /** Makes the key: one look per webhook event, one per scheduled check. */
  readonly cause: string
  readonly dueAt?: number
  /** The refund whose end is looked for, and the number of this look. */
  readonly refund?: string
  readonly look?: number
  readonly isAwaited?: boolean
}

/** Answers the effect that looks; null when it is owed already. */
export async function followPayment(work: Work, payment: Payment, given: Look): Promise<string | null> {
  const { key = `payment.follow:${payment.id}:${given.cause}`, source, dueAt, refund, look, isAwaited } = given
  const effect = await enqueue(work, paymentFollow, {
    key,
    payload: { payment: payment.id, source, ...(refund === undefined ? {} : { refund }), ...(look === undefined ? {} : { look }) },
    record: payment.order,
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(isAwaited === undefined ? {} : { isAwaited }),
  })
  return effect?.id ?? null
}

/** The first look for the end of a refund, after the attempt of `effect` to send it: each attempt has its own. */
export async function lookForRefund(context: EffectWork, payment: Payment, refund: Refund): Promise<void> {
  await followPayment(context, payment, {
    source: 'poll',
    cause: `refund:${refund.id}:after:${context.effect.attempts}:${context.effect.version}`,
    dueAt: context.now + refundDistancesMs[0]!,
    refund: refund.id,
    look: 1,
  })
}
