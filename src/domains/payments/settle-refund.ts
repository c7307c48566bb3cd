import { recently, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { payments, refunds } from './collections.ts'
import { paymentChanged } from './events.ts'
import { refundOutput, refundView } from './payment-view.ts'
import { getFailedRefund } from './refund-claims.ts'

/** `POST /api/refunds/{id}/settle`: the customer has the money by other means, a bank transfer or the till. */
export const settleRefund = command({
  name: 'refunds.settle',
  route: 'POST /api/refunds/:id/settle',
  summary: 'Say how a failed refund was given back without the provider',
  tag: 'Refunds',
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      note: Type.String({
        minLength: 1,
        maxLength: limits.noteCharactersMax,
        format: 'free-text',
        description: 'How: for whoever looks at the books later.',
      }),
    },
    { additionalProperties: false },
  ),
  output: refundOutput,
  errors: ['not_found', 'refund_state_conflict'],
  access: recently(staff),
  async run(context) {
    const { tx, input } = context
    const refund = await getFailedRefund(tx, input.id)
    const settled = await tx.update(refunds, refund, { set: { status: 'settled', lastError: input.note } })
    const legs = move({ debit: accounts.refundPayable(refund.id), credit: accounts.outside }, refund.amount)
    await postTransfer(context, { kind: 'refund.settled', order: refund.order, legs })
    const payment = (await tx.get(payments, refund.payment))!
    // Other claims on the same money give way.
    return { output: refundView(settled), events: [paymentChanged({ payment })] }
  },
})
