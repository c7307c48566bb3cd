import { recently, staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { formatMoney, type Money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, isUnsent, type Outcome } from '../../effects/effect.ts'
import { command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { capturable, stateConflict } from './capture-claims.ts'
import { captures, type Payment, payments } from './collections.ts'
import { captureEnded } from './events.ts'
import { followPayment } from './look-at-payment.ts'
import { paymentOutput, paymentView } from './payment-view.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'

const paymentCapture = effectKind('payment.capture', Type.Object({ capture: Type.String() }))

/** `POST /api/payments/{id}/capture`: takes what was authorized, or part of it. */
export function capturePayment(providers: ReadonlyMap<string, PaymentProvider>) {
  return command({
    name: 'payments.capture',
    route: 'POST /api/payments/:id/capture',
    summary: 'Capture an authorized payment, or part of it',
    tag: 'Payments',
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        amount: Type.Optional(Type.Unsafe<Money>(moneySchema)),
        final: Type.Optional(
          Type.Boolean({ description: 'Nothing more will be captured: the rest is released. So it is where a provider captures once.' }),
        ),
      },
      { additionalProperties: false },
    ),
    output: paymentOutput,
    errors: ['not_found', 'payment_state_conflict', 'capture_too_large', 'not_supported_by_provider'],
    access: recently(staff),
    async run(context) {
      const { tx, input } = context
      const payment = await tx.lock(payments, input.id, 'exclusive')
      if (payment === null) throw new EngineError('not_found')
      const wanted = { providers, amount: input.amount, isFinal: input.final, isAwaited: true }
      const capture = await wantCapture(context, payment, wanted)
      return { output: paymentView(payment), awaiting: [capture.effect] }
    },
    reload: async ({ read, input }) => paymentView((await read.get(payments, input.id))!),
  })
}

type Wanted = {
  readonly providers: ReadonlyMap<string, PaymentProvider>
  /** All that can be captured when left out. */
  readonly amount: Money | undefined
  readonly isFinal: boolean | undefined
  readonly isAwaited: boolean
}

/** Reserves what is to be captured before the provider is called. Whoever calls holds the payment. */
export async function wantCapture(context: Work, payment: Payment, { providers, amount, isFinal, isAwaited }: Wanted) {
  const { tx, newId } = context
  const left = await capturable(tx, payment)
  if (left.amount === 0) throw stateConflict(payment, 'Nothing of this payment waits to be captured.')
  const wanted = amount ?? left
  if (wanted.currency !== left.currency) throw invalid('/amount/currency', 'enum', `must be ${left.currency}`)
  if (wanted.amount <= 0) throw invalid('/amount/amount', 'minimum', 'must be 1 or more')
  if (wanted.amount > left.amount)
    throw new EngineError('capture_too_large', {
      detail: `At most ${formatMoney(left)} can be captured.`,
      params: { capturable: left },
      errors: [{ path: '/amount/amount', code: 'maximum', message: `must be ${left.amount} or less` }],
    })
  const provider = providers.get(payment.provider)
  if (provider?.capture === undefined) throw cannot(payment, 'capture anything: book what came in by /receipt')
  const { capabilities } = provider
  const isPart = wanted.amount < left.amount
  if (isPart && !capabilities.capturesParts) throw cannot(payment, 'capture a part of a payment')
  if (isPart && isFinal === false && !capabilities.capturesOften) throw cannot(payment, 'capture a payment several times')
  const capture = await tx.insert(captures, {
    id: newId('cap'),
    payment: payment.id,
    order: payment.order,
    amount: wanted,
    isFinal: isFinal ?? !(isPart && capabilities.capturesOften),
    status: 'wanted',
    lastError: null,
  })
  const effect = await enqueue(context, paymentCapture, {
    key: `payment.capture:${capture.id}`,
    payload: { capture: capture.id },
    record: payment.order,
    isNew: true,
    ...(isAwaited && { isAwaited }),
  })
  return { capture, effect: effect!.id }
}

function cannot({ provider }: Payment, what: string): EngineError {
  return new EngineError('not_supported_by_provider', { detail: `${provider} cannot ${what}.`, params: { provider } })
}

export function capturePaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(paymentCapture, {
    attemptsMax: limits.providerAttemptsMax,
    async perform({ effect, payload, read }): Promise<Outcome<ProviderView | null>> {
      const capture = await read.get(captures, payload.capture)
      const payment = capture && (await read.get(payments, capture.payment))
      const provider = payment && providers.get(payment.provider)
      if (!capture || !payment?.providerRef || provider?.capture === undefined)
        return { end: 'dead', error: 'There is no such capture or payment, or its provider captures nothing.' }
      if (capture.status !== 'wanted') return { end: 'done', result: null }
      const { amount, isFinal } = capture
      const { id, providerRef } = payment
      return outcomeOf(await provider.capture({ key: effect.key, payment: id, reference: capture.id, providerRef, amount, isFinal }))
    },

    async settle(context) {
      const { tx, effect, payload, outcome } = context
      const capture = await tx.get(captures, payload.capture)
      if (capture === null) return
      const payment = (await tx.get(payments, capture.payment))!
      if (outcome.end === 'done') {
        if (outcome.result === null) return
        const { events } = await recordView(context, payment, outcome.result, 'api')
        const after = (await tx.get(captures, capture.id))!
        // Taken, and not done yet: a fact says how it ends.
        if (after.status === 'wanted') await tx.update(captures, after, { set: { status: 'pending' } })
        return events
      }
      if (capture.status !== 'wanted') return
      const status = outcome.end === 'dead' ? 'failed' : 'wanted'
      const ended = await tx.update(captures, capture, { set: { status, lastError: outcome.error } })
      // Refused: it may have been captured or given up otherwise. Doubtful: it may have been captured all the same.
      if (outcome.end !== 'retry') await followPayment(context, payment, { source: 'poll', cause: `${effect.id}:${effect.version}` })
      return status === 'failed' ? [captureEnded({ capture: ended })] : []
    },

    async giveUp(context) {
      const { tx, effect, payload } = context
      const capture = await tx.get(captures, payload.capture)
      if (capture?.status !== 'wanted') return
      const ended = await tx.update(captures, capture, { set: { status: 'failed', lastError: 'Staff gave it up.' } })
      // Its answer may be what was lost.
      const payment = (await tx.get(payments, capture.payment))!
      if (!isUnsent(effect)) await followPayment(context, payment, { source: 'poll', cause: `${effect.id}:${effect.version}` })
      return [captureEnded({ capture: ended })]
    },

    async tryAgain({ tx, payload }) {
      const capture = await tx.get(captures, payload.capture)
      if (capture?.status === 'failed') await tx.update(captures, capture, { set: { status: 'wanted', lastError: null } })
    },
  })
}
