/** One price list: for whom and when, and its prices by variant and quantity. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import type { Values } from '../field-input.ts'
import { moneyDecimal, parseMoney } from '../format.ts'
import { readUnits } from '../incoming-stock.ts'
import { useList, useLoad } from '../loading.ts'
import { listStateOf } from '../price-rows.ts'
import { emptyListState } from '../query-state.ts'
import { useLabel } from '../references.ts'
import { base, historyPath, plainRecordPath } from '../routes.ts'
import { useCollection } from '../schema.ts'
import type { ListPrice, PriceList, RecordData } from '../shapes.ts'
import { type Closing, ConfirmDeed, DeedDialog, TextField, useDeed, useOpened } from '../ui/deed.ts'
import { Amount, Card, ErrorNote, PageHead, Skeleton } from '../ui/parts.ts'
import { RecordForm } from '../ui/record-form.ts'
import { RefText } from '../ui/ref-link.ts'
import { RefPicker } from '../ui/ref-picker.ts'
import { type Column, Table } from '../ui/table.ts'
import { toast } from '../ui/toast.ts'
import { NoCollection } from './collection.ts'
import { forWhom, ListChip, timeOf } from './price-lists.ts'
import { PastePrices } from './price-paste.ts'

export function PriceListPage({ id }: { id: string }): VNode {
  const info = useCollection('priceLists')
  const loaded = useLoad(`priceLists/${id}`, (signal) => client.collection<RecordData>('priceLists').get(id, {}, { signal }))
  const [isEditing, setEditing] = useState(false)
  if (!info) return html`<${NoCollection} name="priceLists" />`
  const back = { href: `${base}/priceLists`, text: 'Price lists' }
  if (!loaded.data) {
    return html`
      <${PageHead} title="Price list" back=${back} />
      <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
      ${!loaded.error && html`<div class="card"><${Skeleton} lines=${6} /></div>`}
    `
  }
  const list = loaded.data as unknown as PriceList
  const saved = (record: RecordData) => {
    loaded.show(record)
    setEditing(false)
  }
  const edit = html`<button type="button" class="button" onClick=${() => setEditing(true)}>Edit</button>`
  return html`
    <${PageHead}
      title=${list.title}
      back=${back}
      beside=${html`<span class="chips"><${ListChip} list=${list} /></span>`}
      actions=${html`
        <a class="button" href=${plainRecordPath('priceLists', id)}>All fields</a>
        <a class="button" href=${historyPath('priceLists', id)}>History</a>
        ${info.can.update && !isEditing && html`${edit}<${Pause} list=${list} onDone=${loaded.reload} />`}
      `}
    />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${
      isEditing
        ? html`<${EditList} record=${loaded.data} onSaved=${saved} onCancel=${() => setEditing(false)} />`
        : html`<${Card}><${Terms} list=${list} /><//>`
    }
    <${Prices} list=${list} />
  `
}

function Terms({ list }: { list: PriceList }): VNode {
  const rows = [
    ['Currency', list.currency],
    ['For', forWhom(list)],
    ['Time', timeOf(list) || 'for good'],
  ]
  return html`<dl class="fields">
    ${rows.map(([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${text}</dd></div>`)}
  </dl>`
}

function Pause({ list, onDone }: { list: PriceList; onDone: () => void }): VNode {
  const { opened, button, closing } = useOpened<'pause'>(onDone)
  const isOn = list.active === true
  const path = `/api/priceLists/${encodeURIComponent(list.id)}`
  const deed = useDeed(closing.onDone, 'PATCH')
  const run = () => void deed.run(path, { active: !isOn }, isOn ? 'The list is paused.' : 'The list is on.')
  const words = isOn ? 'Nobody has its prices until it is turned on again. Open carts change with their next look.' : whenOn(list)
  return html`${button('pause', isOn ? 'Pause' : 'Turn on')}
    ${
      opened &&
      html`<${DeedDialog} title=${isOn ? 'Pause the list?' : 'Turn the list on?'} action=${isOn ? 'Pause' : 'Turn on'} deed=${deed} onSubmit=${run} onClose=${closing.onClose}>
        <p class="faint">${words}</p>
      <//>`
    }`
}

function whenOn(list: PriceList): string {
  const state = listStateOf({ ...list, active: true }, Date.now())
  if (state === 'over') return 'Its time is over: nobody has its prices until its end is another one.'
  return state === 'coming'
    ? 'Its prices are had from its beginning on.'
    : 'Its prices are had at once, wherever they are the lowest that fit.'
}

function EditList(props: { record: RecordData; onSaved: (saved: RecordData) => void; onCancel: () => void }): VNode {
  const info = useCollection('priceLists')!
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  // It stays what it was: all prices are in it.
  const fields = info.fields.filter(({ name }) => name !== 'currency')
  const save = async (values: Values) => {
    if (Object.keys(values).length === 0) return props.onCancel()
    setBusy(true)
    setError(undefined)
    try {
      const records = client.collection<RecordData>('priceLists')
      const saved = await records.update(props.record.id, values, { ifMatch: client.etagOf(props.record) })
      toast('Saved.')
      props.onSaved(saved)
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return html`<${Card}>
    <${RecordForm} fields=${fields} record=${props.record} error=${error} busy=${busy} action="Save" onSubmit=${save} onCancel=${props.onCancel} />
  <//>`
}

type Opened = { what: 'change' | 'remove'; price: ListPrice } | { what: 'add' } | { what: 'paste' }

function Prices({ list }: { list: PriceList }): VNode {
  const info = useCollection('listPrices')
  const ofList = { ...emptyListState(), filters: [{ field: 'list', op: 'eq' as const, value: list.id }] }
  const prices = useList<ListPrice>('listPrices', ofList)
  const [opened, setOpened] = useState<Opened | undefined>(undefined)
  const canWrite = info?.can.create === true
  const closing = {
    onClose: () => setOpened(undefined),
    onDone: () => {
      setOpened(undefined)
      prices.reload()
    },
  }
  const button = (one: Opened, text: string, label?: string) =>
    html`<button type="button" class="button small" aria-label=${label} onClick=${() => setOpened(one)}>${text}</button>`
  const aside = canWrite && html`${button({ what: 'paste' }, 'Paste many')} ${button({ what: 'add' }, 'Add a price')}`
  return html`<${Card} title="Prices" aside=${aside} flush>
    <${ErrorNote} error=${prices.error} retry=${prices.reload} />
    ${!prices.data && !prices.error && html`<${Skeleton} lines=${4} />`}
    ${prices.data?.length === 0 && html`<p class="none faint">It has no price yet: what it does not name costs what it costs elsewhere.</p>`}
    ${
      prices.data &&
      prices.data.length > 0 &&
      html`<div class="list"><${Table} label="Prices" columns=${priceColumns(canWrite ? button : undefined)} items=${prices.data} /></div>`
    }
    ${
      prices.hasMore &&
      html`<p class="deeds"><button type="button" class="button small" disabled=${prices.loadingMore} onClick=${prices.loadMore}>Load more</button></p>`
    }
    ${opened?.what === 'add' && html`<${PriceDialog} list=${list} ...${closing} />`}
    ${opened?.what === 'change' && html`<${PriceDialog} list=${list} price=${opened.price} ...${closing} />`}
    ${opened?.what === 'remove' && html`<${RemovePrice} price=${opened.price} ...${closing} />`}
    ${opened?.what === 'paste' && html`<${PastePrices} list=${list} onClose=${closing.onDone} />`}
  <//>`
}

type Button = (one: Opened, text: string, label?: string) => VNode

function priceColumns(button: Button | undefined): Column<ListPrice>[] {
  const columns: Column<ListPrice>[] = [
    { key: 'variant', label: 'Variant', render: ({ variant }) => html`<${RefText} collection="variants" value=${variant} />` },
    { key: 'fromQuantity', label: 'From units', numeric: true, render: ({ fromQuantity }) => fromQuantity },
    { key: 'price', label: 'Price of one', numeric: true, place: 'side', render: ({ price }) => html`<${Amount} money=${price} />` },
    {
      key: 'compareAtPrice',
      label: 'Instead of',
      numeric: true,
      render: ({ compareAtPrice }) =>
        compareAtPrice ? html`<${Amount} money=${compareAtPrice} />` : html`<span class="faint" aria-label="empty">–</span>`,
    },
  ]
  if (button === undefined) return columns
  const deeds: Column<ListPrice> = {
    key: 'deeds',
    label: 'What to do',
    place: 'bare',
    render: (price) => html`<${PriceDeeds} price=${price} button=${button} />`,
  }
  return [...columns, deeds]
}

function PriceDeeds({ price, button }: { price: ListPrice; button: Button }): VNode {
  const title = useLabel('variants', price.variant) ?? price.variant
  const of = `${title}, from ${price.fromQuantity}`
  return html`<span class="row-actions">
    ${button({ what: 'change', price }, 'Change', `Change the price of ${of}`)}
    ${button({ what: 'remove', price }, 'Remove', `Remove the price of ${of}`)}
  </span>`
}

const pricePath = (price?: ListPrice) => `/api/listPrices${price ? `/${encodeURIComponent(price.id)}` : ''}`

function PriceDialog({ list, price, onClose, onDone }: { list: PriceList; price?: ListPrice } & Closing): VNode {
  const { currency } = list
  const [variant, setVariant] = useState(price?.variant ?? '')
  const [from, setFrom] = useState(String(price?.fromQuantity ?? 1))
  const [amount, setAmount] = useState(price ? moneyDecimal(price.price) : '')
  const [compare, setCompare] = useState(price?.compareAtPrice ? moneyDecimal(price.compareAtPrice) : '')
  const [problems, setProblems] = useState<{ variant?: string; from?: string; amount?: string; compare?: string }>({})
  const title = useLabel(price && 'variants', variant)
  const deed = useDeed(onDone, price ? 'PATCH' : 'POST')
  const example = `Give an amount such as ${moneyDecimal({ amount: 1990, currency })}.`
  const save = () => {
    const [fromQuantity, money] = [readUnits(from), parseMoney(amount, currency)]
    const compareAtPrice = compare.trim() === '' ? null : parseMoney(compare, currency)
    const found = {
      ...(variant === '' && { variant: 'Choose a variant.' }),
      ...(fromQuantity === undefined && { from: 'Give a whole number of units, as in 10.' }),
      ...(money === undefined && { amount: example }),
      ...(compareAtPrice === undefined && { compare: example }),
    }
    setProblems(found)
    if (Object.keys(found).length > 0) return
    const body = { fromQuantity, price: money, ...((price || compareAtPrice) && { compareAtPrice }) }
    void deed.run(pricePath(price), price ? body : { list: list.id, variant, ...body }, 'The price is saved.')
  }
  return html`<${DeedDialog} title=${price ? 'Change the price' : 'Add a price'} action="Save" deed=${deed} onSubmit=${save} onClose=${onClose}>
    ${
      price
        ? html`<p class="faint">${title ?? variant}</p>`
        : html`<div class="field">
            <label for="price-variant">Variant <span class="faint">by its product or SKU</span></label>
            <${RefPicker} id="price-variant" collection="variants" many=${false} value=${variant} invalid=${problems.variant !== undefined} onChange=${setVariant} />
            ${problems.variant && html`<p class="field-error" role="alert">${problems.variant}</p>`}
          </div>`
    }
    <${TextField} id="price-from" label="From so many units of a line" inputmode="numeric" value=${from} problem=${problems.from} onInput=${setFrom} />
    <${TextField} id="price-amount" label="Price of one" hint=${`in ${currency}`} inputmode="decimal" value=${amount} problem=${problems.amount} onInput=${setAmount} />
    <${TextField}
      id="price-compare"
      label="Instead of"
      hint="optional, crossed out beside it"
      inputmode="decimal"
      value=${compare}
      problem=${problems.compare}
      onInput=${setCompare}
    />
  <//>`
}

function RemovePrice({ price, onClose, onDone }: { price: ListPrice } & Closing): VNode {
  const title = useLabel('variants', price.variant) ?? price.variant
  const removing = { title: 'Remove the price?', action: 'Remove', method: 'DELETE', path: pricePath(price), said: 'The price is removed.' }
  return html`<${ConfirmDeed} ...${removing} onClose=${onClose} onDone=${onDone}>
    ${title} costs what it costs elsewhere, in open carts with their next look.
  <//>`
}
