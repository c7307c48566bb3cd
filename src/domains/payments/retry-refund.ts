import { recently, staff } from '../../access/rule.ts'
import { assert } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { accounts } from '../ledger/collections.ts'
import { payments, refunds } from './collections.ts'
import { refundOutput, refundView } from './payment-view.ts'
import { getFailedRefund, oweRefund } from './refund-claims.ts'

/** `POST /api/refunds/{id}/retry`: what failed is owed again, under a key that the provider has not refused. */
export const retryRefund = command({
  name: 'refunds.retry',
  route: 'POST /api/refunds/:id/retry',
  summary: 'Give the money of a failed refund back by another one',
  tag: 'Refunds',
  status: 201,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: refundOutput,
  errors: ['not_found', 'refund_state_conflict'],
  access: recently(staff),
  async run(context) {
    const { tx, input } = context
    const refund = await getFailedRefund(tx, input.id)
    const payment = (await tx.get(payments, refund.payment))!
    await tx.update(refunds, refund, { set: { status: 'canceled', lastError: 'Staff had it tried again.' } })
    const { amount, reason, lines } = refund
    const from = accounts.refundPayable(refund.id)
    // By the state that was left just now: nobody else can have owed it under this key.
    const next = await oweRefund(context, payment, { amount, from, reason, lines, key: `retry:${refund.id}:${refund.version}` })
    assert(next !== null, 'a refund leaves a state once')
    return { output: refundView(next), status: 201 }
  },
})
