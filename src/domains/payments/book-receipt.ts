import { recently, staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { formatMoney, type Money, money } from '../../base/money.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { stateConflict } from './capture-claims.ts'
import { type Payment, paymentFacts, payments } from './collections.ts'
import { paymentOutput, paymentView } from './payment-view.ts'
import type { PaymentProvider } from './provider.ts'
import { recordTold } from './record-facts.ts'

/** `POST /api/payments/{id}/receipt`: money that came in without a provider, as the bank statement or the till says. */
/** What is still to be paid for an order, whatever was promised for it; null where nobody but the promise says. */
export type StillCharged = (tx: Transaction, order: string) => Promise<number | null>

export function bookReceipt(providers: ReadonlyMap<string, PaymentProvider>, stillCharged: StillCharged) {
  return command({
    name: 'payments.receipt',
    route: 'POST /api/payments/:id/receipt',
    summary: 'Book money that came in by bank transfer, in cash or for an invoice',
    tag: 'Payments',
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        amount: Type.Optional(Type.Unsafe<Money>(moneySchema)),
        reference: Type.String({
          minLength: 1,
          maxLength: limits.codeCharactersMax,
          description:
            'What tells this receipt from others, such as the number of the bank statement and the line. Booked once, however often it is sent.',
        }),
      },
      { additionalProperties: false },
    ),
    output: paymentOutput,
    errors: ['not_found', 'payment_state_conflict', 'not_supported_by_provider'],
    access: recently(staff),
    async run(context) {
      const { tx, input, now } = context
      const payment = await tx.lock(payments, input.id, 'exclusive')
      if (payment === null) throw new EngineError('not_found')
      const { provider, providerRef } = payment
      if (providers.get(provider)?.capabilities.isBookedByStaff !== true)
        throw new EngineError('not_supported_by_provider', { detail: `${provider} tells itself what came in.`, params: { provider } })
      if (providerRef === null) throw stateConflict(payment, 'The payment is only just beginning. Try again in a moment.')
      const operationRef = `${payment.id}:${input.reference}`
      const one = and(eq('provider', provider), eq('operationRef', operationRef), eq('kind', 'cap_ok'))
      const booked = await findUnique(tx, paymentFacts, one)
      if (booked !== null) {
        checkSame(payment, booked.amount, input.amount ?? booked.amount)
        return { output: paymentView(payment) }
      }
      const { currency } = payment.amount
      const promised = payment.amount.amount - payment.captured.amount
      const amount = input.amount ?? money(Math.min(promised, (await stillCharged(tx, payment.order)) ?? promised), currency)
      if (amount.currency !== currency) throw invalid('/amount/currency', 'enum', `must be ${currency}`)
      if (amount.amount <= 0 && input.amount === undefined)
        throw stateConflict(payment, 'All of it is booked. Say the amount of what came in besides.')
      if (amount.amount <= 0) throw invalid('/amount/amount', 'minimum', 'must be 1 or more')
      if (amount.amount > limits.moneyMovedMax) throw invalid('/amount/amount', 'maximum', `must be ${limits.moneyMovedMax} or less`)
      // More than was asked for came in all the same: what is too much is owed back.
      const told = {
        facts: [{ kind: 'cap_ok', operationRef, amount, providerTime: now }],
        declineReason: null,
        providerRef,
        source: 'staff',
      } as const
      const { payment: after, events } = await recordTold(context, payment, told)
      return { output: paymentView(after), events }
    },
  })
}

/** Two receipts under one reference would be booked as one. @throws payment_state_conflict */
function checkSame(payment: Payment, booked: Money, given: Money): void {
  if (given.amount === booked.amount && given.currency === booked.currency) return
  const detail = `${formatMoney(booked)} is booked under this reference already. Give another receipt a reference of its own.`
  throw stateConflict(payment, detail)
}
