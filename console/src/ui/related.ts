/** The records that refer to one: a product's variants, a variant's reservations. The newest few, and a way to all. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { columnsOf } from '../columns.ts'
import { useList } from '../loading.ts'
import { formatListState } from '../query-state.ts'
import { collectionPath, recordPath } from '../routes.ts'
import { useWorkspace } from '../schema.ts'
import type { CollectionInfo, FieldInfo, RecordData } from '../shapes.ts'
import { Card, ErrorNote, Skeleton } from './parts.ts'
import { recordColumn } from './record-column.ts'
import { Table } from './table.ts'

const shownMax = 8
const columnsMax = 4

export function Related({ collection, id, except = [] }: { collection: string; id: string; except?: readonly string[] }): VNode[] {
  const { collections } = useWorkspace()
  return collections
    .filter(({ name }) => !except.includes(name))
    .flatMap((info) =>
      info.fields
        .filter(({ display, ref, filterable }) => display === 'reference' && ref === collection && filterable)
        .map((by) => ({ info, by })),
    )
    .map(({ info, by }) => html`<${RelatedList} key=${`${info.name}.${by.name}`} info=${info} by=${by} id=${id} />`)
}

function RelatedList({ info, by, id }: { info: CollectionInfo; by: FieldInfo; id: string }): VNode | null {
  const filters = [{ field: by.name, op: 'eq' as const, value: id }]
  const state = { filters, sort: orderOf(info), search: '', count: false }
  const list = useList<RecordData>(info.name, state, { pageSize: shownMax })
  // Nothing to show is not worth a card of its own.
  if (list.data?.length === 0) return null
  const columns = columnsOf(info)
    .filter(({ name }) => name !== by.name)
    .slice(0, columnsMax)
    .map(recordColumn)
  const all = html`<a href=${collectionPath(info.name) + formatListState(state)}>${list.hasMore ? 'All' : 'As a list'}</a>`
  return html`<${Card} title=${info.title} flush aside=${all}>
    <${ErrorNote} error=${list.error} retry=${list.reload} />
    ${!list.data && !list.error && html`<${Skeleton} lines=${3} />`}
    ${
      list.data &&
      html`<div class="list">
        <${Table} label=${info.title} columns=${columns} items=${list.data} href=${(item: RecordData) => recordPath(info.name, item.id)} />
      </div>`
    }
  <//>`
}

/** As people put them, else the newest first: ids are made in order of time, and an index of the reference has them. */
function orderOf({ fields }: CollectionInfo): string {
  const canSort = (name: string) => fields.some((field) => field.name === name && field.sortable)
  return canSort('position') ? 'position' : canSort('id') ? '-id' : ''
}
