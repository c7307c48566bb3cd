/** Invoices of an order: what was issued, its PDF, and what staff can do with it. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { humanize } from '../format.ts'
import { plainRecordPath } from '../routes.ts'
import { useMay } from '../schema.ts'
import type { Invoice, Order, RecordData } from '../shapes.ts'
import { useDeed } from '../ui/deed.ts'
import { Amount, Card, Chip, ErrorNote, Time } from '../ui/parts.ts'

const pdfPath = ({ id, order }: Pick<Invoice, 'id' | 'order'>) =>
  `/api/orders/${encodeURIComponent(order)}/invoice.pdf?invoice=${encodeURIComponent(id)}`

export function InvoicesCard({ order, invoices, onDone }: { order: Order; invoices: readonly Invoice[]; onDone: () => void }): VNode {
  const may = useMay()
  const deed = useDeed(onDone)
  const path = `/api/orders/${encodeURIComponent(order.id)}/invoices`
  const issue = () => deed.run(path, {}, 'The invoice is issued.')
  const canIssue = may('orders.issueInvoice') && invoices.length === 0 && ['placed', 'completed'].includes(order.status)
  return html`<${Card} title="Invoices" flush>
    <${ErrorNote} error=${deed.error} />
    ${invoices.length === 0 && html`<p class="none faint">None was issued yet.</p>`}
    ${canIssue && html`<p class="none"><button type="button" class="button" disabled=${deed.busy} onClick=${issue}>Issue the invoice</button></p>`}
    ${invoices
      .toSorted((a, b) => a.id.localeCompare(b.id))
      .map(
        (invoice) => html`<article class="block" key=${invoice.id}>
          <header class="block-head">
            <a href=${plainRecordPath('invoices', invoice.id)}>${invoice.number}</a>
            ${invoice.kind === 'credit_note' && html`<${Chip} state=${humanize(invoice.kind)} />`}
            <span class="push"><${Amount} money=${invoice.total} /></span>
          </header>
          <p class="faint small"><${Time} at=${invoice.issuedAt} /></p>
          <p><${InvoiceActions} record=${invoice} /></p>
        </article>`,
      )}
  <//>`
}

/** Beside one invoice. */
export function InvoiceActions({ record }: { record: Invoice | RecordData }): VNode {
  const may = useMay()
  const deed = useDeed(() => {})
  const send = () => deed.run(`/api/invoices/${encodeURIComponent(record.id)}/send`, {}, 'It is on its way to the customer.')
  return html`
    <a class="button small" href=${pdfPath(record as Invoice)} download>PDF</a>
    ${may('invoices.send') && html` <button type="button" class="button small" disabled=${deed.busy} onClick=${send}>Send by mail</button>`}
    <${ErrorNote} error=${deed.error} />
  `
}
