import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { orders } from '../orders/collections.ts'
import { invoices } from './collections.ts'
import { invoiceSendAsked } from './events.ts'

/** `POST /api/invoices/{id}/send`: by mail, to the address of its order, once more or for the first time. */
export const sendInvoice = command({
  name: 'invoices.send',
  route: 'POST /api/invoices/:id/send',
  summary: 'Send an invoice to the customer',
  tag: 'Invoices',
  status: 204,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: staff,
  async run({ tx, input }) {
    const invoice = await tx.get(invoices, input.id)
    const order = invoice && (await tx.get(orders, invoice.order))
    if (invoice === null || order === null) throw new EngineError('not_found')
    return { output: null, status: 204, events: [invoiceSendAsked({ invoice, order })] }
  },
})
