/**
 * Import of orders of another system, and export of all. A file is looked at before anything of it is written. Invariant: what can be
 * imported is the file that was looked at.
 */
import { html, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { base } from '../routes.ts'
import { useMay } from '../schema.ts'
import { sendFile } from '../send-file.ts'
import type { ImportReport } from '../shapes.ts'
import { Card, ErrorNote, PageHead } from '../ui/parts.ts'
import { ReportNote, rowsRead } from './transfer.ts'

export function OrdersTransferPage(): VNode {
  const may = useMay()
  const canImport = may('orders.import')
  const file = (format: string) => `/api/orders/export?format=${format}`
  return html`
    <${PageHead} title=${canImport ? 'Import and export orders' : 'Export orders'} back=${{ href: `${base}/orders`, text: 'Orders' }} />
    ${canImport && html`<${ImportOrders} />`}
    <${Card} title="Export">
      <p class="faint">All of them in one file.</p>
      <div class="form-actions">
        <a class="button" href=${file('csv')} download="orders.csv">CSV, for spreadsheets</a>
        <a class="button" href=${file('jsonl')} download="orders.jsonl">JSON lines</a>
      </div>
    <//>
  `
}

type Told = { report: ImportReport; isDry: boolean }

function ImportOrders(): VNode {
  const [file, setFile] = useState<File | null>(null)
  const [sending, setSending] = useState<{ part: number; isDry: boolean } | null>(null)
  const [told, setTold] = useState<Told | null>(null)
  const [error, setError] = useState<unknown>(undefined)
  const leaving = useRef(new AbortController())
  useEffect(() => () => leaving.current.abort(), [])
  const send = async (isDry: boolean) => {
    if (file === null) return
    setError(undefined)
    setTold(null)
    setSending({ part: 0, isDry })
    const onProgress = (part: number) => setSending({ part, isDry })
    const path = `/api/orders/import${isDry ? '?dryRun=true' : ''}`
    await sendFile<ImportReport>(path, file, { type: 'application/jsonl', onProgress, signal: leaving.current.signal }).then(
      (report) => setTold({ report, isDry }),
      setError,
    )
    setSending(null)
  }
  const choose = (event: Event) => {
    setFile((event.currentTarget as HTMLInputElement).files?.[0] ?? null)
    setTold(null)
    setError(undefined)
  }
  const look = (event: Event) => {
    event.preventDefault()
    void send(true)
  }
  const isNew = told?.isDry === true && told.report.created > 0
  return html`<${Card} title="Import old orders">
    <p class="faint form-intro">
      Orders of another system, completed or canceled, one JSON object a line. They take no stock, send no mail and ask no provider. A number that was
      imported before stays as it is, so the same file may be sent again.
    </p>
    <form class="form" onSubmit=${look}>
      <div class="field">
        <label for="import-file">JSON lines</label>
        <input type="file" id="import-file" accept=".jsonl,.ndjson,.json,.txt" required disabled=${sending !== null} onChange=${choose} />
      </div>
      <div class="form-actions">
        <button type="submit" class="button ${isNew ? '' : 'primary'}" disabled=${sending !== null}>Look at it first</button>
        ${isNew && html`<button type="button" class="button primary" onClick=${() => send(false)}>${importWords(told.report)}</button>`}
      </div>
      ${sending && html`<${Progress} name=${file?.name ?? ''} ...${sending} />`}
      <${ErrorNote} error=${error} />
    </form>
    ${told && html`<${Report} ...${told} />`}
  <//>`
}

const orders = (count: number) => `${count.toLocaleString()} ${count === 1 ? 'order' : 'orders'}`
const importWords = ({ created }: ImportReport) => `Import ${orders(created)}`

function Progress({ name, part, isDry }: { name: string; part: number; isDry: boolean }): VNode {
  const end = isDry ? 'Looking at the last rows …' : 'Writing the last rows …'
  return html`<p role="status">${part < 1 ? `${isDry ? 'Looking at' : 'Importing'} ${name} …` : end}</p>
    <progress max="1" value=${part} aria-label="How much of it is sent" />`
}

function Report({ report, isDry }: Told): VNode {
  const { rows, created, unchanged, rejected } = report
  const text = isDry
    ? `${orders(created)} would be imported, ${unchanged} are here already, ${rejected} would be left out. Nothing was written.`
    : `${orders(created)} imported, ${unchanged} were here already, ${rejected} left out.`
  return html`<${ReportNote} report=${report}><p><b>${rowsRead(rows)}</b>${`: ${text}`}</p><//>
    ${!isDry && created > 0 && html`<p><a href=${`${base}/orders?filter[channel]=import`}>Look at what was imported</a></p>`}`
}
