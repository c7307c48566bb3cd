/** Browses any collection, the user's and the system's alike. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { columnsOf } from '../columns.ts'
import { shortId } from '../format.ts'
import { navigate } from '../router.ts'
import { collectionPath, plainRecordPath } from '../routes.ts'
import { useCollection, useWorkspace } from '../schema.ts'
import type { CollectionInfo, RecordData } from '../shapes.ts'
import { Icon } from '../ui/icons.ts'
import { Card, Empty, PageHead } from '../ui/parts.ts'
import { recordColumn } from '../ui/record-column.ts'
import { RecordList } from '../ui/record-list.ts'
import type { Column } from '../ui/table.ts'
import { IssueGiftCard } from './credit-actions.ts'
import { MakeDiscount } from './discount-actions.ts'

export function CollectionPage({ name }: { name: string }): VNode {
  const info = useCollection(name)
  if (!info) return html`<${NoCollection} name=${name} />`
  const columns = columnsOf(info).map(recordColumn)
  const newest = info.fields.find((field) => field.sortable && (field.name === 'createdAt' || field.name === 'postedAt'))
  const add = html`<a class="button primary" href=${`${collectionPath(name)}/new`}><${Icon} name="plus" size=${16} />New</a>`
  const transfer = html`<a class="button" href=${`${collectionPath(name)}/transfer`}>${info.system ? 'Export' : 'Import, export'}</a>`
  const trash = html`<a class="button" href=${`${collectionPath(name)}/trash`}>Trash</a>`
  const system = info.system && html`<span class="tag">system</span>`
  const issue = name === 'giftCards' && html`<${IssueGiftCard} />`
  const open = (id: string) => navigate(plainRecordPath(name, id))
  const make = name === 'discounts' && html`<${MakeDiscount} onDone=${open} />`
  const actions = html`${transfer}${issue}${make}${info.can.restore && trash}${info.can.create && !make && add}`
  return html`
    <${PageHead} title=${info.title} beside=${system} actions=${actions} />
    <${RecordList}
      collection=${name}
      columns=${columns.length > 0 ? columns : [idColumn]}
      href=${(item: RecordData) => plainRecordPath(name, item.id)}
      sort=${newest ? `-${newest.name}` : ''}
      empty=${{
        icon: 'data',
        title: 'Nothing here yet',
        text: info.can.create
          ? html`<a href=${`${collectionPath(name)}/new`}>Create the first one</a>, or POST to <code>/api/${name}</code>.`
          : 'Records appear here as the engine writes them.',
      }}
    />
  `
}

const idColumn: Column<RecordData> = { key: 'id', label: 'ID', render: (item) => shortId(item.id) }

export function NoCollection({ name }: { name: string }): VNode {
  return html`<${PageHead} title="Nothing here" /><${Empty} icon="data" title=${`There is no collection “${name}”`}>
    It may have been renamed, or its feature is switched off in kingpost.config.ts.
  <//>`
}

export function CollectionsPage(): VNode {
  const { collections } = useWorkspace()
  const group = (title: string, own: CollectionInfo[]) =>
    own.length > 0 &&
    html`<${Card} title=${title}>
      <div class="link-grid">
        ${own.map(
          (info) => html`<a key=${info.name} data-row href=${collectionPath(info.name)}>
            <span>${info.title}<span class="faint small"> ${info.fields.length} fields</span></span>
            <${Icon} name="right" size=${16} />
          </a>`,
        )}
      </div>
    <//>`
  return html`
    <${PageHead} title="Data" />
    ${group(
      'Your collections',
      collections.filter((info) => !info.system),
    )}
    ${group(
      'System collections',
      collections.filter((info) => info.system),
    )}
  `
}
