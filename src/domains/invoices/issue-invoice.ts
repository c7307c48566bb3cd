import { staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { stateConflict } from '../orders/order-units.ts'
import { getOrder } from '../orders/order-view.ts'
import { invoices } from './collections.ts'
import { invoicesOutput, invoiceView } from './invoice-view.ts'
import { issueInvoices } from './issue-invoices.ts'
import { askExchange, type Exchange } from './tax-currency.ts'

/** `POST /api/orders/{id}/invoices`: issues what is missing: the invoice of a placed order, and what corrects it. */
export const issueInvoice = command({
  name: 'orders.issueInvoice',
  route: 'POST /api/orders/:id/invoices',
  summary: 'Issue the invoice of an order',
  tag: 'Invoices',
  status: 201,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: invoicesOutput,
  errors: ['not_found', 'order_state_conflict', 'tax_unavailable'],
  access: staff,
  prepare: async ({ input, ...asking }): Promise<Exchange> => await askExchange(asking, input.id),
  async run(context) {
    const { tx, input, actor, model } = context
    const order = await getOrder(tx, model, actor, input.id)
    if (order.importedAt !== null) throw stateConflict(order, 'It was sold elsewhere, and is invoiced there.')
    const { events } = await issueInvoices(context, order.id, { exchange: context.prepared ?? null })
    const all = await findAll(tx, invoices, eq('order', order.id))
    if (all.length === 0) throw stateConflict(order, 'Nothing of it is sold, so there is nothing to invoice.')
    return { output: { items: all.map(invoiceView) }, status: 201, events }
  },
})
