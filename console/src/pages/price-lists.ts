/** Price lists: all of them, and a new one. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import type { Values } from '../field-input.ts'
import { formatDay } from '../format.ts'
import { listStateOf } from '../price-rows.ts'
import { navigate } from '../router.ts'
import { base, recordPath } from '../routes.ts'
import { useCollection } from '../schema.ts'
import type { PriceList, RecordData } from '../shapes.ts'
import { Icon } from '../ui/icons.ts'
import { Card, Chip, PageHead } from '../ui/parts.ts'
import { RecordForm } from '../ui/record-form.ts'
import { RecordList } from '../ui/record-list.ts'
import type { Column } from '../ui/table.ts'
import { NoCollection } from './collection.ts'

const listTones = { on: 'good', coming: 'wait', paused: 'quiet', over: 'quiet' } as const

export function ListChip({ list }: { list: PriceList }): VNode {
  const state = listStateOf(list, Date.now())
  return html`<${Chip} state=${state} tone=${listTones[state]} />`
}

export const forWhom = ({ customerGroups }: PriceList) => (customerGroups.length === 0 ? 'Everybody' : customerGroups.join(', '))

/** `from 1 Jan 2027 to 31 Jan 2027`; empty: for good. */
export function timeOf({ startsAt, endsAt }: PriceList): string {
  return [startsAt && `from ${formatDay(startsAt)}`, endsAt && `to ${formatDay(endsAt)}`].filter(Boolean).join(' ')
}

const columns: Column<PriceList>[] = [
  { key: 'title', label: 'List', sortable: true, render: ({ title }) => title },
  { key: 'active', label: 'State', place: 'side', render: (list) => html`<${ListChip} list=${list} />` },
  { key: 'currency', label: 'Currency', render: ({ currency }) => currency },
  { key: 'customerGroups', label: 'For', render: forWhom },
  { key: 'startsAt', label: 'Time', render: (list) => timeOf(list) || html`<span class="faint">for good</span>` },
]

export function PriceListsPage(): VNode {
  const info = useCollection('priceLists')
  if (!info) return html`<${NoCollection} name="priceLists" />`
  const add = html`<a class="button primary" href=${`${base}/priceLists/new`}><${Icon} name="plus" size=${16} />New list</a>`
  return html`
    <${PageHead}
      title="Price lists"
      actions=${html`<a class="button" href=${`${base}/data/listPrices/transfer`}>Import, export prices</a>${info.can.create && add}`}
    />
    <${RecordList}
      collection="priceLists"
      columns=${columns}
      href=${(list: PriceList) => recordPath('priceLists', list.id)}
      sort="-createdAt"
      empty=${{
        icon: 'prices',
        title: 'No price lists yet',
        text: 'A list says what variants cost instead: in another currency, for a group of customers, from a quantity on, for a time.',
      }}
    />
  `
}

const blank = { active: true }

export function NewPriceListPage(): VNode {
  const info = useCollection('priceLists')
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  if (!info) return html`<${NoCollection} name="priceLists" />`
  const create = async (values: Values) => {
    setBusy(true)
    setError(undefined)
    try {
      const { id } = await client.collection<RecordData>('priceLists').create(values)
      navigate(recordPath('priceLists', id), { replace: true })
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  const lists = `${base}/priceLists`
  return html`
    <${PageHead} title="New price list" back=${{ href: lists, text: 'Price lists' }} />
    <${Card}>
      <${RecordForm} fields=${info.fields} record=${blank} error=${error} busy=${busy} action="Create" onSubmit=${create} onCancel=${() => navigate(lists)} />
    <//>
  `
}
