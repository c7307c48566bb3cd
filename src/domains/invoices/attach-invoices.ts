// The files of mails that bring invoices, made when they are sent: each attempt makes the same bytes.
import type { RenderDocument } from '../../documents/render-document.ts'
import type { Attach } from '../emails/send-email.ts'
import { invoices } from './collections.ts'

export function attachInvoices(render: RenderDocument): Attach {
  return async (read, attachments) => {
    const found = await read.getMany(
      invoices,
      attachments.map(({ record }) => record),
    )
    const byId = new Map(found.map((invoice) => [invoice.id, invoice]))
    return await Promise.all(
      attachments.map(async ({ name, record }) => {
        const invoice = byId.get(record)
        if (invoice === undefined) throw new Error(`There is no invoice ${record} to attach.`)
        return { name, type: 'application/pdf', bytes: await render(invoice.document) }
      }),
    )
  }
}
