/** Deleted records of a collection that can be restored, and their end. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { recordLabel, shortId } from '../format.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { navigate } from '../router.ts'
import { collectionPath, plainRecordPath } from '../routes.ts'
import { useCollection } from '../schema.ts'
import type { DeletedRecord, RecordData } from '../shapes.ts'
import { Card, Confirm, Empty, ErrorNote, PageHead, Skeleton, Time } from '../ui/parts.ts'
import { RecordOf } from '../ui/record-of.ts'
import { type Column, Table } from '../ui/table.ts'
import { toast } from '../ui/toast.ts'
import { NoCollection } from './collection.ts'

type Row = DeletedRecord<RecordData> & { id: string }

const pageSize = 50

export function TrashPage({ name }: { name: string }): VNode {
  const info = useCollection(name)
  const [cursors, setCursors] = useState<readonly string[]>([])
  const cursor = cursors.at(-1)
  const [purging, setPurging] = useState<Row | undefined>(undefined)
  const query = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }
  const loaded = useLoad(`${name} deleted ${cursor}`, (signal) => client.collection<RecordData>(name).deleted(query, { signal }))
  useLive((change) => change.collection === name, loaded.reload)
  if (!info) return html`<${NoCollection} name=${name} />`
  const items = loaded.data?.items.map((item) => ({ ...item, id: item.record.id }))
  const next = loaded.data?.next
  const columns: Column<Row>[] = [
    { key: 'record', label: 'Record', render: ({ record }) => recordLabel(record) },
    { key: 'deletedAt', label: 'Deleted', render: ({ deletedAt }) => html`<span class="faint"><${Time} at=${deletedAt} /></span>` },
    { key: 'deletedBy', label: 'By', render: ({ deletedBy }) => html`<${RecordOf} id=${deletedBy} />` },
    { key: 'purgeAt', label: 'Gone for good', render: ({ purgeAt }) => html`<span class="faint"><${Time} at=${purgeAt} /></span>` },
    {
      key: 'actions',
      label: '',
      place: 'bare',
      render: (row) => html`<${Actions} name=${name} row=${row} onDone=${loaded.reload} onPurge=${() => setPurging(row)} />`,
    },
  ]
  return html`
    <${PageHead} title=${`Trash of ${info.title.toLowerCase()}`} back=${{ href: collectionPath(name), text: info.title }} />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${!items && !loaded.error && html`<div class="card"><${Skeleton} lines=${6} /></div>`}
    ${
      items?.length === 0 &&
      html`<${Empty} icon="data" title=${next ? 'Nothing for you among the latest' : 'The trash is empty'}>
      ${next ? 'There may be among earlier ones.' : `What is deleted here can be restored for ${info.keepDays} days.`}
    <//>`
    }
    ${items && items.length > 0 && html`<div class="list"><${Card} flush><${Table} label="Trash" columns=${columns} items=${items} /><//></div>`}
    ${
      (cursors.length > 0 || next) &&
      html`<footer class="list-foot">
        ${cursors.length > 0 && html`<button type="button" class="button small" onClick=${() => setCursors(cursors.slice(0, -1))}>Later ones</button>`}
        ${next && html`<button type="button" class="button small" onClick=${() => setCursors([...cursors, next])}>Earlier ones</button>`}
      </footer>`
    }
    ${purging && html`<${Purge} name=${name} row=${purging} onDone=${loaded.reload} onClose=${() => setPurging(undefined)} />`}
  `
}

function Actions(props: { name: string; row: Row; onDone: () => void; onPurge: () => void }): VNode {
  const { name, row } = props
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  if (row.deletedWith !== null) return html`<span class="faint">comes back with <code>${shortId(row.deletedWith)}</code></span>`
  const restore = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await client.collection<RecordData>(name).restore(row.id)
      toast('Restored.')
      navigate(plainRecordPath(name, row.id))
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return html`<span class="row-actions">
    <button type="button" class="button small" disabled=${busy} onClick=${restore}>Restore</button>
    <button type="button" class="button small" disabled=${busy} onClick=${props.onPurge}>Delete for good</button>
    <${ErrorNote} error=${error} />
  </span>`
}

function Purge(props: { name: string; row: Row; onDone: () => void; onClose: () => void }): VNode {
  const { name, row } = props
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const purge = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await client.collection<RecordData>(name).purge(row.id)
      toast('Deleted for good.')
      props.onDone()
      props.onClose()
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return html`<${Confirm} title="Delete it for good?" action="Delete for good" busy=${busy} error=${error} onConfirm=${purge} onClose=${props.onClose}>
    <p><b>${recordLabel(row.record)}</b> and what was deleted with it will be gone. This cannot be undone.</p>
  <//>`
}
