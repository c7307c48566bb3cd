import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { isCreditProvider } from '../credit/collections.ts'
import { payments } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import { paymentOutput, paymentView } from './payment-view.ts'

/** `POST /api/payments/{id}/check`: asks the provider now, whatever the time of the next look, and answers what came of it. */
export const checkPayment = command({
  name: 'payments.check',
  route: 'POST /api/payments/:id/check',
  summary: 'Ask the provider what became of a payment',
  tag: 'Payments',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: paymentOutput,
  errors: ['not_found'],
  access: staff,
  async run(context) {
    const { tx, input, newId } = context
    const payment = await tx.get(payments, input.id)
    if (payment === null) throw new EngineError('not_found')
    // Nobody knows more of it than we do.
    if (isCreditProvider(payment.provider)) return { output: paymentView(payment) }
    const effect = await followPayment(context, payment, { source: 'poll', cause: `staff:${newId('look')}`, isAwaited: true })
    return { output: paymentView(payment), awaiting: effect === null ? [] : [effect] }
  },
  reload: async ({ read, input }) => paymentView((await read.get(payments, input.id))!),
})
