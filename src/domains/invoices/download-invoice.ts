import { Readable } from 'node:stream'
import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { isNoneMatch } from '../../base/entity-tag.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import type { RenderDocument } from '../../documents/render-document.ts'
import { type Operation, query } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { getOrder } from '../orders/order-view.ts'
import { type Invoice, invoices } from './collections.ts'

/** `GET /api/orders/{id}/invoice.pdf`: by its owner, the guest who has its token or the link of a mail, and staff. */
export function downloadInvoice(render: RenderDocument): Operation {
  return query({
    name: 'orders.invoicePdf',
    route: 'GET /api/orders/:id/invoice.pdf',
    summary: 'The invoice of an order as a PDF, with its XML inside',
    tag: 'Invoices',
    scope: 'orders:read',
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        invoice: Type.Optional(
          Type.String({
            maxLength: limits.idCharactersMax,
            description: 'One of several, a credit note too. The first invoice when left out.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    output: Type.String({ format: 'binary' }),
    isPresented: true,
    mediaType: 'application/pdf',
    errors: ['not_found', 'overloaded'],
    access: anyone,
    async run({ read, input, actor, model, request }) {
      const order = await getOrder(read, model, actor, input.id)
      const all = await findAll(read, invoices, eq('order', order.id))
      const found = input.invoice === undefined ? all.find(({ position }) => position === 1) : all.find(({ id }) => id === input.invoice)
      if (found === undefined) throw new EngineError('not_found')
      const headers = headersOf(found)
      // It never changes.
      if (isNoneMatch(headers.etag, request.ifNoneMatch)) return { output: '', status: 304, headers }
      return { output: '', headers, content: { size: null, open: async () => Readable.from([await render(found.document)]) } }
    },
  })
}

/** Letters, digits and few signs: what a number may have besides is no name of a file anywhere. */
export function fileNameOf({ number }: Pick<Invoice, 'number'>): string {
  return `${number.replaceAll(/[^\w.-]+/g, '_')}.pdf`
}

function headersOf(invoice: Invoice) {
  return {
    'content-type': 'application/pdf',
    'content-disposition': `attachment; filename="${fileNameOf(invoice)}"`,
    'cache-control': 'private, no-cache',
    etag: `"${invoice.hash}"`,
  }
}
