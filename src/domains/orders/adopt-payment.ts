import { createHash } from 'node:crypto'
import { recently, staff } from '../../access/rule.ts'
import { EngineError, LostRace } from '../../base/engine-error.ts'
import { timeOfId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { newPayment, type Payment, payments } from '../payments/collections.ts'
import { followPayment } from '../payments/look-at-payment.ts'
import { unbook } from '../payments/match-lines.ts'
import { paymentOutput, paymentView } from '../payments/payment-view.ts'
import { type StoredLine, settlementLines } from '../payments/settlement-collections.ts'
import { type Order, orders } from './collections.ts'

/**
 * `POST /api/orders/{id}/adopt-payment`: a payment that its provider knows and we do not, of a restored past or made there by hand,
 * belongs to this order. Its provider is asked, and its facts say the rest, as of any payment.
 */
export const adoptPayment = command({
  name: 'orders.adoptPayment',
  route: 'POST /api/orders/:id/adopt-payment',
  summary: "Assign a payment in the provider's account to an order",
  tag: 'Orders',
  status: 201,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      provider: Type.String({ maxLength: limits.codeCharactersMax }),
      providerRef: Type.String({ minLength: 1, maxLength: limits.textCharactersMax, description: "The provider's name of the payment." }),
    },
    { additionalProperties: false },
  ),
  output: paymentOutput,
  errors: ['not_found', 'provider_unknown', 'settlement_state_conflict'],
  access: recently(staff),
  async run(context) {
    const { tx, input, project } = context
    const { provider, providerRef } = input
    const order = await tx.lock(orders, input.id, 'exclusive')
    if (order === null) throw new EngineError('not_found')
    if (!project.paymentProviders.some(({ id }) => id === provider)) throw new EngineError('provider_unknown', { params: { provider } })
    const isThis = and(eq('provider', provider), eq('providerRef', providerRef))
    const [known] = await findAll(tx, payments, isThis)
    if (known !== undefined)
      throw new EngineError('settlement_state_conflict', {
        detail: `It is payment ${known.id} of order ${known.order} already.`,
        params: { payment: known.id, order: known.order },
      })
    const lines = await findAll(tx, settlementLines, isThis)
    const taken = lines.find(({ state }) => state === 'settled' || state === 'returning')
    if (taken !== undefined)
      throw new EngineError('settlement_state_conflict', { detail: `Its money is ${taken.state}.`, params: { state: taken.state } })
    const payment = await insertPayment(context, order, { provider, providerRef, lines })
    for (const line of lines.filter(({ state }) => state === 'unmatched')) {
      const set = { state: 'open', payment: payment.id, order: order.id }
      const after = await tx.update(settlementLines, line, { set })
      await unbook(context, after)
    }
    // Named after what is adopted: of two orders that adopt it at once the second waits here, looks again, and finds it taken.
    const key = `payment.adopt:${createHash('sha256').update(`${provider} ${providerRef}`).digest('hex')}`
    const effect = await followPayment(context, payment, { key, source: 'poll', cause: 'adopted', isAwaited: true })
    if (effect === null) throw new LostRace()
    return { output: paymentView(payment), status: 201, awaiting: [effect] }
  },
  reload: async ({ read }, output) => paymentView((await read.get(payments, (output as { id: string }).id))!),
})

type Adopted = Pick<Payment, 'provider'> & { readonly providerRef: string; readonly lines: readonly StoredLine[] }

async function insertPayment({ tx, now, newId }: Work, order: Order, { provider, providerRef, lines }: Adopted): Promise<Payment> {
  const attempts = await findAll(tx, payments, eq('order', order.id))
  return await tx.insert(payments, {
    ...newPayment(order.total),
    id: (await formerId(tx, lines)) ?? newId('pay'),
    order: order.id,
    sequence: Math.max(0, ...attempts.map(({ sequence }) => sequence)) + 1,
    ...{ provider, providerRef, status: 'unknown', checkAt: now },
  })
}

/** The name that it had here before a backup was restored: the provider's webhooks still use it. */
async function formerId(tx: Transaction, lines: readonly StoredLine[]): Promise<string | null> {
  const former = lines.map(({ reference }) => reference).find((id) => id?.startsWith('pay_') && timeOfId(id) !== null) ?? null
  return former === null || (await tx.get(payments, former)) !== null ? null : former
}
