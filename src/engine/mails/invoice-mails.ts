// The mails that bring invoices and credit notes, each with its PDF.
import { orderTemplate } from '../../domains/emails/order-templates.ts'
import { fileNameOf } from '../../domains/invoices/download-invoice.ts'
import type { invoiceIssued } from '../../domains/invoices/events.ts'
import { moneyText } from '../../languages/language-texts.ts'
import type { Work } from '../../operation/work.ts'
import { boundOf, queueForOrder, readsIn, withLink } from './order-mails.ts'

type Told = ReturnType<typeof invoiceIssued>['payload']

export async function mailInvoice(work: Work, told: Told): Promise<void> {
  if (work.project.shop?.invoices?.isMailed) await send(work, told, `invoice.issued:${told.invoice.id}`)
}

export async function mailInvoiceAgain(work: Work, told: Told): Promise<void> {
  await send(work, told, `invoice.sent:${work.newId('eml')}`)
}

async function send(work: Work, { invoice, order }: Told, key: string): Promise<void> {
  const { number: invoiceNumber, kind, total, id } = invoice
  await queueForOrder(work, order, {
    key,
    template: orderTemplate(kind === 'invoice' ? 'invoice' : 'credit_note', readsIn(order)),
    ...(await withLink(work, order, { invoiceNumber, amount: moneyText(total, readsIn(order)) })),
    attachments: [{ name: fileNameOf(invoice), record: id }],
    ...boundOf(order),
  })
}
