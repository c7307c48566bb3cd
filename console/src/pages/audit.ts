/** Who changed what, newest first: of all records, of a collection, of one record, or by one account. The address says which. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { type AuditEntry, actionTones, actorWords, type Difference, differencesOf, textDifference } from '../audit.ts'
import { client } from '../client.ts'
import { humanize, recordLabel } from '../format.ts'
import { useLoad } from '../loading.ts'
import { navigate, usePlace } from '../router.ts'
import { base, recordPath } from '../routes.ts'
import { useCollection, useWorkspace } from '../schema.ts'
import type { Page } from '../shapes.ts'
import { Chip, Empty, ErrorNote, PageHead, Skeleton, Time, textOf } from '../ui/parts.ts'
import { RecordOf } from '../ui/record-of.ts'
import { RefLink } from '../ui/ref-link.ts'
import { RefPicker } from '../ui/ref-picker.ts'
import { Value } from '../ui/value.ts'

const pageSize = 30
const filterNames = ['collection', 'record', 'actor'] as const
type Wanted = Readonly<Record<(typeof filterNames)[number], string>>

export function AuditPage(): VNode {
  const { query } = usePlace()
  const given = new URLSearchParams(query)
  const wanted = Object.fromEntries(filterNames.map((name) => [name, given.get(name) ?? ''])) as Wanted
  const info = useCollection(wanted.collection)
  const back = info && wanted.record !== '' ? { href: recordPath(info.name, wanted.record), text: 'The record' } : undefined
  const change = (next: Partial<Wanted>) => {
    const kept = Object.entries({ ...wanted, ...next }).filter(([, value]) => value !== '')
    navigate(kept.length === 0 ? `${base}/audit` : `${base}/audit?${new URLSearchParams(kept)}`)
  }
  return html`
    <${PageHead} title=${wanted.record === '' ? 'Audit' : 'History'} ...${back ? { back } : {}} />
    <${Filters} wanted=${wanted} change=${change} />
    <${Entries} key=${JSON.stringify(wanted)} wanted=${wanted} />
  `
}

function Filters({ wanted, change }: { wanted: Wanted; change: (next: Partial<Wanted>) => void }): VNode {
  const { collections } = useWorkspace()
  return html`<div class="audit-filters">
    <div class="field">
      <label for="audit-collection">Collection</label>
      <select id="audit-collection" value=${wanted.collection} onChange=${(event: Event) => change({ collection: textOf(event), record: '' })}>
        <option value="">All</option>
        ${collections.map(({ name, title }) => html`<option key=${name} value=${name}>${title}</option>`)}
      </select>
    </div>
    <div class="field">
      <label for="audit-record">Record</label>
      <input id="audit-record" type="search" autocomplete="off" placeholder="All, or an id" value=${wanted.record}
        onChange=${(event: Event) => change({ record: textOf(event).trim() })} />
    </div>
    <div class="field">
      <label for="audit-actor">Account</label>
      <${RefPicker} id="audit-actor" collection="users" many=${false} value=${wanted.actor} invalid=${false}
        onChange=${(actor: string) => change({ actor })} />
    </div>
  </div>`
}

function Entries({ wanted }: { wanted: Wanted }): VNode {
  const [cursors, setCursors] = useState<readonly string[]>([])
  const cursor = cursors.at(-1)
  const asked = { ...wanted, limit: String(pageSize), ...(cursor === undefined ? {} : { cursor }) }
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''))
  const loaded = useLoad(`audit ${query}`, (signal) => client.call<Page<AuditEntry>>('GET', `/api/audit?${query}`, { signal }))
  const items = loaded.data?.items
  const next = loaded.data?.next
  return html`
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${!items && !loaded.error && html`<div class="card"><${Skeleton} lines=${8} /></div>`}
    ${
      items?.length === 0 &&
      html`<${Empty} icon="audit" title=${next ? 'Nothing among the latest changes' : 'No such change'}>
        ${next ? 'There may be among earlier ones.' : 'Changes are kept for 400 days.'}
      <//>`
    }
    ${items && items.length > 0 && html`<ol class="changes">${items.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} />`)}</ol>`}
    ${
      (cursors.length > 0 || next) &&
      html`<footer class="list-foot">
        ${cursors.length > 0 && html`<button type="button" class="button small" onClick=${() => setCursors(cursors.slice(0, -1))}>Later ones</button>`}
        ${next && html`<button type="button" class="button small" onClick=${() => setCursors([...cursors, next])}>Earlier ones</button>`}
      </footer>`
    }
  `
}

function Entry({ entry }: { entry: AuditEntry }): VNode {
  const { collection, record, action, actor, operation, from, at } = entry
  const info = useCollection(collection)
  const differences = differencesOf(entry, info)
  const isUpdate = action === 'updated'
  const list = html`<dl class="fields">${differences.map((one) => html`<${Changed} key=${one.field.name} one=${one} isUpdate=${isUpdate} />`)}</dl>`
  const what =
    action === 'deleted'
      ? html`<b>${recordLabel({ ...entry.before, id: record })}</b>`
      : html`<b><${RefLink} collection=${collection} value=${action === 'created' ? { ...entry.after, id: record } : record} /></b>`
  return html`<li class="card">
    <p class="change-head">
      <${Chip} state=${action} tone=${actionTones[action]} />
      <span>${what} <span class="faint">${info?.title ?? humanize(collection)}</span></span>
      <span class="change-by">${actorWords(actor) ?? html`<${RecordOf} id=${actor} />`}, <${Time} at=${at} full /></span>
    </p>
    <p class="faint small">
      <code>${operation}</code>${from && ` from ${[from.address, from.agent].filter(Boolean).join(', ')}`}
    </p>
    ${
      isUpdate || differences.length === 0
        ? list
        : html`<details><summary>${differences.length === 1 ? 'One field' : `${differences.length} fields`}</summary>${list}</details>`
    }
  </li>`
}

function Changed({ one, isUpdate }: { one: Difference; isUpdate: boolean }): VNode {
  const { field, before, after } = one
  return html`<div>
    <dt title=${field.name}>${humanize(field.name)}</dt>
    <dd>${isUpdate ? html`<${FromTo} one=${one} />` : html`<${Value} field=${field} value=${after ?? before} compact />`}</dd>
  </div>`
}

const tags = { gone: 'del', come: 'ins' } as const

function FromTo({ one }: { one: Difference }): VNode {
  const { field, before, after } = one
  if (isText(before) && isText(after) && (field.display === 'text' || field.display === 'longText')) {
    const parts = textDifference(before, after)
    return html`<span class="long-text">${parts.map(({ kind, text }) => (kind === 'same' ? text : html`<${tags[kind]}>${text}<//>`))}</span>`
  }
  const shown = (value: unknown) => html`<${Value} field=${field} value=${value} compact />`
  return html`<del>${shown(before)}</del><span class="faint" role="img" aria-label="became"> → </span><ins>${shown(after)}</ins>`
}

/** A reference reads as the name of what it is to: that is compared whole. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !/^[a-z]+_[0-9a-z]{26}$/.test(value)
}
