import { recently, staff } from '../../access/rule.ts'
import { parseIso, toIso } from '../../base/clock.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { money } from '../../base/money.ts'
import { hashSecret } from '../../base/secret.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { moneyType } from '../carts/cart-view.ts'
import { orders } from './collections.ts'
import { openDraft } from './drafts.ts'
import { orderPaymentAsked } from './events.ts'
import { stateConflict } from './order-units.ts'
import { dueOf, type Providers, paymentLinkPrefix, paymentLinks } from './payment-links.ts'

/** `POST /api/orders/{id}/payment-link`: an address where anybody who has it pays what is open. Its goods are kept until the link ends; a draft is offered by it. */
export function makePaymentLink(providers: Providers) {
  return command({
    name: 'orders.makePaymentLink',
    route: 'POST /api/orders/:id/payment-link',
    summary: 'Make a link by which what is open of an order can be paid',
    tag: 'Orders',
    status: 201,
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        expiresAt: Type.Optional(Type.String({ format: 'date-time', description: 'In three days when left out, in 90 at the latest.' })),
        mail: Type.Optional(Type.Boolean({ description: 'Also send it to whoever placed the order.' })),
      },
      { additionalProperties: false },
    ),
    output: Type.Object({
      url: Type.String({ description: 'Shown this once. The secret stands in the fragment, which no server is sent.' }),
      due: moneyType,
      expiresAt: Type.String({ format: 'date-time' }),
    }),
    errors: ['not_found', 'order_state_conflict', 'payment_not_needed', 'payment_in_progress', 'out_of_stock', 'order_too_large'],
    access: recently(staff),
    async run(context) {
      const { tx, input, now, newId, newSecret, project } = context
      const found = await tx.lock(orders, input.id, 'exclusive')
      if (found === null) throw new EngineError('not_found')
      const { id, status } = found
      if (status === 'expired' || status === 'canceled') throw stateConflict(found, 'Nothing can be paid for it.')
      const expiresAt = input.expiresAt === undefined ? now + limits.paymentLinkMs : parseIso(input.expiresAt)
      if (!(expiresAt > now) || expiresAt > now + limits.paymentLinkMsMax)
        throw invalid('/expiresAt', 'range', 'must be a time to come, in 90 days at the latest')
      if (status === 'draft' && found.total.amount === 0) throw new EngineError('payment_not_needed')
      const { order, events: opened } = status === 'draft' ? await openDraft(context, found, expiresAt) : { order: found, events: [] }
      const due = await dueOf(tx, order, providers)
      if (due === 0) throw new EngineError('payment_not_needed')
      const token = newSecret(paymentLinkPrefix)
      const fields = { tokenHash: hashSecret(token), expiresAt, payment: null }
      const before = await findUnique(tx, paymentLinks, eq('order', id))
      if (before === null) await tx.insert(paymentLinks, { id: newId('plk'), order: id, ...fields }, 'conflict')
      else await tx.update(paymentLinks, before, { set: fields })
      const isShort = order.expiresAt !== null && order.expiresAt < expiresAt
      const kept = isShort ? await tx.update(orders, order, { set: { expiresAt } }) : order
      const amount = money(due, order.total.currency)
      return {
        output: { url: `${project.publicUrl}/account/pay#token=${token}`, due: amount, expiresAt: toIso(expiresAt) },
        status: 201,
        events: [...opened, ...(input.mail === true ? [orderPaymentAsked({ order: kept, due: amount, expiresAt, secret: token })] : [])],
      }
    },
  })
}
