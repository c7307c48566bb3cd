import { recently, staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { cancelPayment } from './cancel-payment.ts'
import { openCaptures, stateConflict } from './capture-claims.ts'
import { canBeGivenUp, payments } from './collections.ts'
import { paymentOutput, paymentView } from './payment-view.ts'

/** `POST /api/payments/{id}/void`: gives up what was not taken. What was captured is given back by a refund. */
export const voidPayment = command({
  name: 'payments.void',
  route: 'POST /api/payments/:id/void',
  summary: 'Give up what was authorized and not captured',
  tag: 'Payments',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: paymentOutput,
  errors: ['not_found', 'payment_state_conflict'],
  access: recently(staff),
  async run(context) {
    const { tx, input, newId } = context
    const payment = await tx.lock(payments, input.id, 'exclusive')
    if (payment === null) throw new EngineError('not_found')
    if (!canBeGivenUp(payment)) throw stateConflict(payment, `The payment is ${payment.status}: there is nothing to give up.`)
    if ((await openCaptures(tx, payment.id)).length > 0) throw stateConflict(payment, 'A capture of it is under way. Wait for its end.')
    const effect = await cancelPayment(context, payment, { cause: newId('void'), isAwaited: true })
    return { output: paymentView(payment), awaiting: effect === null ? [] : [effect] }
  },
  reload: async ({ read, input }) => paymentView((await read.get(payments, input.id))!),
})
