/** Deliveries that are expected: written down, changed, taken in; and what each promises. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatDay } from '../format.ts'
import { dayOf, isLate, momentOf, promiseWords, readUnits } from '../incoming-stock.ts'
import { useList, useLoad } from '../loading.ts'
import { emptyListState } from '../query-state.ts'
import { useLabel } from '../references.ts'
import { plainRecordPath } from '../routes.ts'
import { useMay } from '../schema.ts'
import type { Page, RecordData, StockLevel } from '../shapes.ts'
import { type Closing, DeedDialog, TextField, useDeed, useOpened } from '../ui/deed.ts'
import { Card, Chip, Empty, ErrorNote, PageHead, Skeleton, textOf } from '../ui/parts.ts'
import { RefPicker } from '../ui/ref-picker.ts'

const expected = { ...emptyListState(), filters: [{ field: 'incoming', op: 'gte' as const, value: '1' }], sort: 'expectedAt' }

export function IncomingPage(): VNode {
  const may = useMay()
  const list = useList<StockLevel>('stockLevels', expected)
  const { opened, button, closing } = useOpened<'expect'>(list.reload)
  return html`
    <${PageHead} title="Incoming stock" actions=${may('stock.adjustLevel') && button('expect', 'Expect a delivery')} />
    <${ErrorNote} error=${list.error} retry=${list.reload} />
    ${!list.data && !list.error && html`<div class="card"><${Skeleton} lines=${6} /></div>`}
    ${
      list.data?.length === 0 &&
      html`<${Empty} icon="stock" title="Nothing is expected">Write down what was ordered: it can be sold before it comes, and no more than that.<//>`
    }
    ${
      list.data &&
      list.data.length > 0 &&
      html`<${Card} flush>
        ${list.data.map((level) => html`<${Delivery} key=${level.id} level=${level} onDone=${list.reload} />`)}
        ${
          list.hasMore &&
          html`<p class="deeds"><button type="button" class="button small" disabled=${list.loadingMore} onClick=${list.loadMore}>Load more</button></p>`
        }
      <//>`
    }
    ${opened && html`<${Expect} ...${closing} />`}
  `
}

function Delivery({ level, onDone }: { level: StockLevel; onDone: () => void }): VNode {
  const may = useMay()
  const title = useLabel('variants', level.variant) ?? level.variant
  const { opened, button, closing } = useOpened<'receive' | 'change'>(onDone)
  const when = level.expectedAt ? formatDay(level.expectedAt) : 'no day known'
  return html`<article class="block" aria-label=${title}>
    <header class="block-head">
      <a href=${plainRecordPath('stockLevels', level.id)}>${title}</a>
      ${isLate(level, Date.now()) && html`<${Chip} state="late" tone="bad" />`}
      <span class="push">${`${level.incoming} expected, ${when}`}</span>
    </header>
    <p class="faint small">${`${level.location === 'main' ? '' : `To ${level.location}. `}${promiseWords(level)}`}</p>
    <p class="deeds">
      ${may('stock.receive') && button('receive', 'Take in')} ${may('stock.adjustLevel') && button('change', 'Change')}
    </p>
    ${opened === 'receive' && html`<${Receive} level=${level} title=${title} ...${closing} />`}
    ${opened === 'change' && html`<${ChangeExpected} level=${level} title=${title} ...${closing} />`}
  </article>`
}

const pathOf = ({ id }: StockLevel) => `/api/stockLevels/${encodeURIComponent(id)}`
const unitsProblem = 'Give a whole number of units, as in 50.'

function Receive({ level, title, onClose, onDone }: { level: StockLevel; title: string } & Closing): VNode {
  const [units, setUnits] = useState(String(level.incoming ?? ''))
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState('')
  const deed = useDeed(onDone)
  const receive = () => {
    const quantity = readUnits(units)
    setProblem(quantity === undefined ? unitsProblem : '')
    if (quantity === undefined) return
    const why = reason.trim() === '' ? {} : { reason: reason.trim() }
    void deed.run(`${pathOf(level)}/receive`, { quantity, ...why }, 'They are in the house.')
  }
  return html`<${DeedDialog} title="Take in a delivery" action="Take in" deed=${deed} onSubmit=${receive} onClose=${onClose}>
    <p class="faint">${title}. Fewer may come, and the rest stays expected; more may come, too.</p>
    <${TextField} id="receive-units" label="Units that came" inputmode="numeric" value=${units} problem=${problem} onInput=${setUnits} />
    <${TextField} id="receive-reason" label="Reason" hint="optional, such as Delivery 4711" value=${reason} onInput=${setReason} />
  <//>`
}

function ChangeExpected({ level, title, onClose, onDone }: { level: StockLevel; title: string } & Closing): VNode {
  const [units, setUnits] = useState(String(level.incoming ?? ''))
  const [day, setDay] = useState(dayOf(level.expectedAt))
  const [isSold, setSold] = useState(level.sellsIncoming === true)
  const [problem, setProblem] = useState('')
  const deed = useDeed(onDone, 'PATCH')
  const save = () => {
    // None: it does not come.
    const incoming = units.trim() === '0' ? null : readUnits(units)
    setProblem(incoming === undefined ? unitsProblem : '')
    if (incoming === undefined) return
    const body = incoming === null ? { incoming, expectedAt: null } : { incoming, expectedAt: momentOf(day), sellsIncoming: isSold }
    void deed.run(pathOf(level), body, incoming === null ? 'It is expected no more.' : 'It is expected.')
  }
  return html`<${DeedDialog} title="What is expected" action="Save" deed=${deed} onSubmit=${save} onClose=${onClose}>
    <p class="faint">${`${title}${level.location === 'main' ? '' : `, ${level.location}`}. Nothing comes: 0.`}</p>
    <${TextField} id="expect-units" label="Units that are expected" inputmode="numeric" value=${units} problem=${problem} onInput=${setUnits} />
    <div class="field">
      <label for="expect-day">Day <span class="faint">optional</span></label>
      <input id="expect-day" type="date" value=${day} onInput=${(event: Event) => setDay(textOf(event))} />
    </div>
    <p class="field">
      <label><input type="checkbox" checked=${isSold} onInput=${() => setSold(!isSold)} /> They may be sold before they come, and no more than these</label>
    </p>
  <//>`
}

const hasParts = ({ parts }: RecordData) => Array.isArray(parts) && parts.length > 0

/** None of what is made of parts: only these come. */
async function levelsOf(variant: string, signal: AbortSignal): Promise<StockLevel[]> {
  const query = new URLSearchParams({ 'filter[variant]': variant, limit: '100' })
  const [levels, record] = await Promise.all([
    client.call<Page<StockLevel>>('GET', `/api/stockLevels?${query}`, { signal }),
    client.call<RecordData>('GET', `/api/variants/${encodeURIComponent(variant)}`, { signal }),
  ])
  return hasParts(record) ? [] : levels.items
}

/** First of what, and where; then how many and when. */
function Expect({ onClose, onDone }: Closing): VNode {
  const [variant, setVariant] = useState('')
  const [chosen, setChosen] = useState('')
  const [level, setLevel] = useState<StockLevel | undefined>(undefined)
  const title = useLabel(variant === '' ? undefined : 'variants', variant) ?? ''
  const loaded = useLoad(variant, (signal) => (variant === '' ? Promise.resolve(null) : levelsOf(variant, signal)))
  const places = loaded.data ?? []
  const next = () => setLevel(places.find(({ id }) => id === chosen) ?? places[0])
  if (level) return html`<${ChangeExpected} level=${level} title=${title} onClose=${onClose} onDone=${onDone} />`
  return html`<${DeedDialog} title="Expect a delivery" action="Go on" deed=${{ busy: places.length === 0, error: loaded.error }} onSubmit=${next} onClose=${onClose}>
    <div class="field">
      <label for="expect-variant">Variant <span class="faint">by its product or SKU</span></label>
      <${RefPicker}
        id="expect-variant"
        collection="variants"
        many=${false}
        value=${variant}
        invalid=${false}
        onChange=${setVariant}
        accepts=${(choice: RecordData) => !hasParts(choice)}
      />
    </div>
    ${
      places.length > 1 &&
      html`<div class="field">
        <label for="expect-place">Place</label>
        <select id="expect-place" value=${chosen} onInput=${(event: Event) => setChosen(textOf(event))}>
          ${places.map(({ id, location }) => html`<option key=${id} value=${id}>${location}</option>`)}
        </select>
      </div>`
    }
    ${loaded.data && places.length === 0 && html`<p class="faint">It has no stock: it is downloaded, or made of its parts. Write down what comes of these.</p>`}
  <//>`
}
