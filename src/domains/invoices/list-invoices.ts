import { anyone } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { getOrder } from '../orders/order-view.ts'
import { invoices } from './collections.ts'
import { invoicesOutput, invoiceView } from './invoice-view.ts'

/** `GET /api/orders/{id}/invoices`: by its owner, the guest who has its token or the link of a mail, and staff. */
export const listInvoices = query({
  name: 'orders.invoices',
  route: 'GET /api/orders/:id/invoices',
  summary: 'The invoices of an order',
  tag: 'Invoices',
  scope: 'orders:read',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: invoicesOutput,
  errors: ['not_found'],
  access: anyone,
  async run({ read, input, actor, model }) {
    const order = await getOrder(read, model, actor, input.id)
    const all = await findAll(read, invoices, eq('order', order.id))
    return { output: { items: all.map(invoiceView) } }
  },
})
