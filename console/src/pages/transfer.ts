/**
 * Import into a collection and export from it. Invariant: what is shown of an import is what the server has answered for that file,
 * and a page that is left ends the sending.
 */
import { html, useEffect, useRef, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { placeWords, sentence } from '../field-input.ts'
import { humanize } from '../format.ts'
import { collectionPath } from '../routes.ts'
import { useCollection } from '../schema.ts'
import { sendFile } from '../send-file.ts'
import type { CollectionInfo, ImportReport } from '../shapes.ts'
import { Card, ErrorNote, PageHead } from '../ui/parts.ts'
import { type Column, Table } from '../ui/table.ts'
import { NoCollection } from './collection.ts'

export function TransferPage({ name }: { name: string }): VNode {
  const info = useCollection(name)
  if (!info) return html`<${NoCollection} name=${name} />`
  const canImport = !info.system && (info.can.create || info.can.update)
  const file = (format: string) => `/api/${name}/export?format=${format}`
  return html`
    <${PageHead} title=${`${canImport ? 'Import and export' : 'Export'} ${info.title.toLowerCase()}`} back=${{ href: collectionPath(name), text: info.title }} />
    ${canImport && html`<${Import} info=${info} key=${name} />`}
    <${Card} title="Export">
      <p class="faint">All of them in one file, which can be changed and imported again.</p>
      <div class="form-actions">
        <a class="button" href=${file('csv')} download=${`${name}.csv`}>CSV, for spreadsheets</a>
        <a class="button" href=${file('jsonl')} download=${`${name}.jsonl`}>JSON lines</a>
      </div>
    <//>
  `
}

function Import({ info }: { info: CollectionInfo }): VNode {
  const keys = info.fields.filter((field) => field.unique)
  const [by, setBy] = useState(keys[0]?.name ?? '')
  const [file, setFile] = useState<File | null>(null)
  const [sent, setSent] = useState<number | null>(null)
  const [report, setReport] = useState<ImportReport | null>(null)
  const [error, setError] = useState<unknown>(undefined)
  const leaving = useRef(new AbortController())
  useEffect(() => () => leaving.current.abort(), [])
  const submit = async (event: Event) => {
    event.preventDefault()
    if (file === null) return
    setReport(null)
    setError(undefined)
    setSent(0)
    const type = /\.(?:jsonl|ndjson|json)$/i.test(file.name) ? 'application/jsonl' : 'text/csv'
    const path = `/api/${info.name}/import${by === '' ? '' : `?by=${by}`}`
    await sendFile<ImportReport>(path, file, { type, onProgress: setSent, signal: leaving.current.signal }).then(setReport, setError)
    setSent(null)
  }
  return html`<${Card} title="Import">
    <form class="form" onSubmit=${submit}>
      <div class="field">
        <label for="import-file">CSV, its first line the names of fields, or JSON lines</label>
        <input type="file" id="import-file" accept=".csv,.tsv,.txt,.jsonl,.ndjson" required
          onChange=${(event: Event) => setFile((event.currentTarget as HTMLInputElement).files?.[0] ?? null)} />
      </div>
      <div class="field">
        <label for="import-by">A row changes the record with the same</label>
        <select id="import-by" value=${by} aria-describedby="import-new"
          onChange=${(event: Event) => setBy((event.currentTarget as HTMLSelectElement).value)}>
          ${keys.map(({ name }) => html`<option key=${name} value=${name}>${humanize(name)}</option>`)}
          <option value="">ID</option>
        </select>
        <p class="faint small" id="import-new">${by === '' ? 'A row without an id makes a new one.' : 'Where there is none, it makes a new one.'}</p>
      </div>
      <div class="form-actions"><button type="submit" class="button primary" disabled=${sent !== null}>Import</button></div>
      ${
        sent !== null &&
        html`<p role="status">${sent < 1 ? `Importing ${file?.name} …` : 'Writing the last rows …'}</p>
        <progress max="1" value=${sent} aria-label="How much of it is sent" />`
      }
      <${ErrorNote} error=${error} />
    </form>
    ${report && html`<${Report} report=${report} />`}
  <//>`
}

type Refused = { id: string; line: number; what: string }

const columns: Column<Refused>[] = [
  { key: 'line', label: 'Line', render: ({ line }) => `Line ${line}` },
  { key: 'what', label: 'Why it was left out', place: 'bare', render: ({ what }) => what },
]

function Report({ report }: { report: ImportReport }): VNode {
  const { rows, created, changed, unchanged, rejected, ignored } = report
  return html`<${ReportNote} report=${report}>
    <p><b>${rowsRead(rows)}</b>${`: ${created} created, ${changed} changed, ${unchanged} as they were, ${rejected} left out.`}</p>
    ${ignored.length > 0 && html`<p>${`Nobody can set ${ignored.join(', ')}: passed over.`}</p>`}
  <//>`
}

export const rowsRead = (rows: number) => `${rows} ${rows === 1 ? 'row' : 'rows'} read`

/** What is said of it, and the rows that were left out with their reasons. */
export function ReportNote({ report, children }: { report: ImportReport; children?: View }): VNode {
  const { rejected, rejections } = report
  const refused = rejections.map(({ line, errors }) => ({
    id: String(line),
    line,
    what: errors.map(({ path, message }) => sentence(`${placeWords(path)} ${message}`.trim())).join(' '),
  }))
  const rest = rejected - refused.length
  return html`<div class="note import-report ${rejected > 0 ? 'wait' : 'good'}" role="status"><div>
      ${children}
    </div></div>
    ${refused.length > 0 && html`<div class="list"><${Table} label="Rows that were left out" columns=${columns} items=${refused} /></div>`}
    ${rest > 0 && html`<p class="faint">${`And ${rest} more.`}</p>`}`
}
