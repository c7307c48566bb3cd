// What the holder of an order is told of its invoices.
import { toIso } from '../../base/clock.ts'
import { Type } from '../../contract/type.ts'
import { moneyType } from '../carts/cart-view.ts'
import type { Invoice } from './collections.ts'

export const invoicesOutput = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          number: Type.String(),
          kind: Type.Unsafe<Invoice['kind']>({ type: 'string', enum: ['invoice', 'credit_note'] }),
          total: moneyType,
          issuedAt: Type.String({ format: 'date-time' }),
          url: Type.String({ description: 'Where its PDF is.' }),
        },
        { title: 'InvoiceOfOrder' },
      ),
    ),
  },
  { title: 'InvoicesOfOrder' },
)

export function invoiceView({ id, number, kind, total, issuedAt, order }: Invoice) {
  return { id, number, kind, total, issuedAt: toIso(issuedAt), url: `/api/orders/${order}/invoice.pdf?invoice=${id}` }
}
