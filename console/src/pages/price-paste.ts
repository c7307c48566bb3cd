/**
 * Many prices at once, pasted or from a file. Invariant: nothing is sent while a row has a fault, and the same rows again change nothing.
 */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { placeWords, sentence } from '../field-input.ts'
import { importLines, type PriceRow, type RowFault, readPriceRows } from '../price-rows.ts'
import { sendFile } from '../send-file.ts'
import type { ImportReport, ListPrice, Page, PriceList, RecordData } from '../shapes.ts'
import { DeedDialog } from '../ui/deed.ts'
import { textOf } from '../ui/parts.ts'

const together = 100

/** All of a list, part by part. */
async function allOf<T>(path: string): Promise<T[]> {
  const found: T[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<T> = await client.call<Page<T>>('GET', cursor === '' ? path : `${path}&${new URLSearchParams({ cursor })}`)
    found.push(...page.items)
    cursor = page.next
  }
  return found
}

async function variantsOf(rows: readonly PriceRow[]): Promise<Map<string, string>> {
  const skus = [...new Set(rows.map(({ sku }) => sku))]
  const found = new Map<string, string>()
  for (let start = 0; start < skus.length; start += together) {
    const query = new URLSearchParams({ 'filter[sku][in]': skus.slice(start, start + together).join(','), limit: String(together) })
    for (const { id, sku } of await allOf<RecordData>(`/api/variants?${query}&fields=id,sku`)) found.set(String(sku), id)
  }
  return found
}

type Told = { faults: readonly RowFault[]; report?: ImportReport }

async function savePrices(text: string, { id: list, currency }: PriceList, isFreeMeant: boolean): Promise<Told> {
  const { rows, faults } = readPriceRows(text, currency, isFreeMeant)
  if (faults.length > 0 || rows.length === 0)
    return { faults: rows.length === 0 && faults.length === 0 ? [{ line: 1, what: 'There is no price in it.' }] : faults }
  const variants = await variantsOf(rows)
  const unknown = rows.filter(({ sku }) => !variants.has(sku)).map(({ line, sku }) => ({ line, what: `There is no variant ${sku}.` }))
  if (unknown.length > 0) return { faults: unknown }
  const known = await allOf<ListPrice>(`/api/listPrices?${new URLSearchParams({ 'filter[list]': list, limit: '200' })}`)
  const body = new Blob([importLines(rows, { list, variants, known })])
  const report = await sendFile<ImportReport>('/api/listPrices/import', body, {
    type: 'application/jsonl',
    onProgress() {},
    signal: new AbortController().signal,
  })
  const refused = report.rejections.map(({ line, errors }) => ({
    line: rows[line - 1]?.line ?? line,
    what: errors.map(({ path, message }) => sentence(`${placeWords(path)} ${message}`.trim())).join(' '),
  }))
  return { faults: refused, report }
}

export function PastePrices({ list, onClose }: { list: PriceList; onClose: () => void }): VNode {
  const [text, setText] = useState('')
  const [told, setTold] = useState<Told | undefined>(undefined)
  const [isFreeMeant, setFreeMeant] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const take = (next: string) => {
    setText(next)
    setFreeMeant(false)
    setTold(undefined)
    setError(undefined)
  }
  const save = async () => {
    setBusy(true)
    setError(undefined)
    await savePrices(text, list, isFreeMeant).then(setTold, setError)
    setBusy(false)
  }
  const readFile = async (event: Event) => {
    const file = (event.currentTarget as HTMLInputElement).files?.[0]
    if (file) take(await file.text())
  }
  return html`<${DeedDialog} title="Paste prices" action="Save them" deed=${{ busy, error }} onSubmit=${save} onClose=${onClose}>
    <p class="faint">${`A line each: SKU, price in ${list.currency} and, where it holds from a quantity on, that quantity. As a spreadsheet copies it, or CSV.`}</p>
    <div class="field">
      <label for="paste-rows">Prices</label>
      <textarea id="paste-rows" class="mono" rows="8" spellcheck=${false} value=${text} onInput=${(event: Event) => take(textOf(event))} />
    </div>
    <div class="field">
      <label for="paste-file">Or a file <span class="faint">CSV</span></label>
      <input type="file" id="paste-file" accept=".csv,.tsv,.txt" onChange=${readFile} />
    </div>
    ${
      (isFreeMeant || told?.faults.some(({ isFree }) => isFree)) &&
      html`<p class="field">
        <label><input type="checkbox" checked=${isFreeMeant} onInput=${() => setFreeMeant(!isFreeMeant)} /> Prices of 0 are meant: these are given away</label>
      </p>`
    }
    ${told && html`<${Outcome} ...${told} />`}
  <//>`
}

function Outcome({ faults, report }: Told): VNode {
  const said = report
    ? `${report.created} made, ${report.changed} changed, ${report.unchanged} as they were, ${report.rejected} left out.`
    : 'Nothing was saved.'
  return html`<div class="note ${faults.length > 0 ? 'wait' : 'good'}" role="status"><div>
    <p><b>${said}</b></p>
    ${faults.map(({ line, what }) => html`<p key=${`${line} ${what}`}>${`Line ${line}: ${what}`}</p>`)}
  </div></div>`
}
