/** Stock as staff change it: the levels of a variant, and the dialog that adds, takes away or sets. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useLoad } from '../loading.ts'
import { base, plainRecordPath } from '../routes.ts'
import { useCollection } from '../schema.ts'
import type { Page, StockLevel } from '../shapes.ts'
import { readStockChange, type StockWay } from '../stock-change.ts'
import { Card, Dialog, ErrorNote, Skeleton, textOf } from './parts.ts'
import { toast } from './toast.ts'

const ways: readonly [StockWay, string][] = [
  ['add', 'Add units that came in'],
  ['take', 'Take units away'],
  ['set', 'Set to what was counted'],
]

export function ChangeStock(props: { level: StockLevel; onClose: () => void; onDone: () => void }): VNode {
  const { level } = props
  const [way, setWay] = useState<StockWay>('add')
  const [units, setUnits] = useState('')
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState('')
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const edit = (set: (text: string) => void) => (event: Event) => {
    set(textOf(event))
    setProblem('')
    setError(undefined)
  }
  const save = async (event: Event) => {
    event.preventDefault()
    setError(undefined)
    const change = readStockChange(way, units, reason)
    if ('problem' in change) return setProblem(change.problem)
    setBusy(true)
    try {
      await client.call('PATCH', `/api/stockLevels/${encodeURIComponent(level.id)}`, { body: change })
      toast('Stock changed.')
      props.onDone()
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return html`<${Dialog} title="Change stock" onClose=${props.onClose}>
    <form class="form" onSubmit=${save} novalidate>
      <p class="faint">${`${level.onHand} on hand: ${level.held} held for unpaid orders, ${level.committed} sold, ${level.available} to sell.`}</p>
      <div class="field">
        <label for="stock-way">Change</label>
        <select id="stock-way" value=${way} onInput=${edit((text) => setWay(text as StockWay))}>
          ${ways.map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}
        </select>
      </div>
      <div class="field">
        <label for="stock-units">Units</label>
        <input
          id="stock-units"
          type="text"
          inputmode="numeric"
          autocomplete="off"
          value=${units}
          aria-invalid=${problem ? 'true' : undefined}
          aria-describedby=${problem ? 'stock-problem' : undefined}
          onInput=${edit(setUnits)}
        />
        ${problem && html`<p class="field-error" id="stock-problem">${problem}</p>`}
      </div>
      <div class="field">
        <label for="stock-reason">Reason <span class="faint">optional</span></label>
        <input id="stock-reason" type="text" autocomplete="off" value=${reason} onInput=${edit(setReason)} />
      </div>
      <${ErrorNote} error=${error} />
      <div class="form-actions">
        <button type="submit" class="button primary" disabled=${busy}>Change</button>
        <button type="button" class="button" onClick=${props.onClose}>Cancel</button>
      </div>
    </form>
  <//>`
}

/** Where a variant lies and how many there are; nothing where the project has no stock. */
export function StockOf({ variant, onChange }: { variant: string; onChange: () => void }): VNode | null {
  const info = useCollection('stockLevels')
  const [changing, setChanging] = useState<StockLevel | undefined>(undefined)
  const path = `/api/stockLevels?${new URLSearchParams({ 'filter[variant]': variant, limit: '100' })}`
  const loaded = useLoad(path, (signal) => client.call<Page<StockLevel>>('GET', path, { signal }))
  if (!info) return null
  const done = () => {
    setChanging(undefined)
    loaded.reload()
    onChange()
  }
  return html`<${Card} title="Stock" flush>
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${!loaded.data && !loaded.error && html`<${Skeleton} lines=${2} />`}
    ${loaded.data?.items.map(
      (level) => html`<article class="block" key=${level.id}>
        <header class="block-head">
          <a href=${plainRecordPath('stockLevels', level.id)}>${level.location}</a>
          <span>${`${level.available} to sell`}</span>
          <span class="push"><button type="button" class="button small" onClick=${() => setChanging(level)}>Change stock</button></span>
        </header>
        <p class="faint small">
          ${`${level.onHand} on hand · ${level.held} held for unpaid orders · ${level.committed} sold`}
          ${Boolean(level.incoming) && html` · <a href=${`${base}/incoming`}>${`${level.incoming} expected`}</a>`}
        </p>
      </article>`,
    )}
    ${changing && html`<${ChangeStock} level=${changing} onClose=${() => setChanging(undefined)} onDone=${done} />`}
  <//>`
}
