import { recently, staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { stateConflict } from './capture-claims.ts'
import { disputes, openDisputes, paymentFacts, payments } from './collections.ts'
import { paymentOutput, paymentView } from './payment-view.ts'
import type { PaymentProvider } from './provider.ts'
import { recordTold } from './record-facts.ts'

/** `POST /api/disputes/{id}/accept`: the bank keeps the money, as staff say where the provider never does. Should it come back all the same, that is booked. */
export function acceptDispute(providers: ReadonlyMap<string, PaymentProvider>) {
  return command({
    name: 'disputes.accept',
    route: 'POST /api/disputes/:id/accept',
    summary: 'Say that a disputed payment is lost',
    tag: 'Payments',
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: paymentOutput,
    errors: ['not_found', 'payment_state_conflict', 'not_supported_by_provider'],
    access: recently(staff),
    async run(context) {
      const { tx, input, now } = context
      const known = await tx.get(disputes, input.id)
      if (known === null) throw new EngineError('not_found')
      const payment = (await tx.lock(payments, known.payment, 'exclusive'))!
      // As it is now that nobody else settles its payment.
      const dispute = (await tx.get(disputes, input.id))!
      const { provider, providerRef: ref, amount, reason, evidenceDueAt } = dispute
      if (!openDisputes.includes(dispute.status)) throw stateConflict(payment, `The dispute is ${dispute.status}.`)
      if (providers.get(provider)?.capabilities.disputesStayOpen !== true)
        throw new EngineError('not_supported_by_provider', {
          detail: `${provider} decides its disputes itself, and tells so. Accept this one in its dashboard.`,
          params: { provider },
        })
      const of = and(eq('provider', provider), eq('operationRef', ref), eq('kind', 'disp_withdrawn'))
      const taken = await findUnique(tx, paymentFacts, of)
      if (taken === null) throw stateConflict(payment, 'No money was taken back for this dispute.')
      const { payment: after, events } = await recordTold(context, payment, {
        facts: [{ kind: 'disp_lost', operationRef: ref, amount: taken.amount, providerTime: now }],
        disputes: [{ ref, status: 'lost', amount, reason, evidenceDueAt }],
        declineReason: null,
        providerRef: payment.providerRef,
        source: 'staff',
      })
      return { output: paymentView(after), events }
    },
  })
}
