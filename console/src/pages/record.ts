/** One record: its fields, and for collections that allow it the forms to create, edit and delete. */

import { ApiError } from '/client/index.ts'
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import type { Values } from '../field-input.ts'
import { humanize, labelNeeds, recordLabel } from '../format.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { useLabel } from '../references.ts'
import { navigate } from '../router.ts'
import { collectionPath, historyPath, plainRecordPath, recordPath } from '../routes.ts'
import { useCollection, useMay, useWorkspace } from '../schema.ts'
import type { CollectionInfo, RecordData, StockLevel } from '../shapes.ts'
import { kindWords } from '../timeline.ts'
import { Card, Confirm, ErrorNote, PageHead, Skeleton } from '../ui/parts.ts'
import { RecordForm } from '../ui/record-form.ts'
import { Related } from '../ui/related.ts'
import { ChangeStock, StockOf } from '../ui/stock.ts'
import { toast } from '../ui/toast.ts'
import { Value } from '../ui/value.ts'
import { NoCollection } from './collection.ts'
import { GiftCardActions, GiveCredit } from './credit-actions.ts'
import { PauseDiscount } from './discount-actions.ts'
import { InvoiceActions } from './invoice-actions.ts'
import { UserActions } from './user-actions.ts'
import { UserData } from './user-data.ts'
import { UserRights } from './user-rights.ts'
import { ReplayDelivery } from './webhook-deliveries.ts'

const blank = {}

export function CreatePage({ name }: { name: string }): VNode {
  const info = useCollection(name)
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  if (!info) return html`<${NoCollection} name=${name} />`
  const create = async (values: Values) => {
    setBusy(true)
    setError(undefined)
    try {
      const { id } = await client.collection<RecordData>(name).create(values)
      toast('Created.')
      navigate(plainRecordPath(name, id), { replace: true })
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return html`
    <${PageHead} title="New record" back=${{ href: collectionPath(name), text: info.title }} />
    <${Card}>
      <${RecordForm}
        fields=${info.fields}
        record=${blank}
        error=${error}
        busy=${busy}
        action="Create"
        onSubmit=${create}
        onCancel=${() => navigate(collectionPath(name))}
      />
    <//>
  `
}

export function RecordPage({ name, id }: { name: string; id: string }): VNode {
  const info = useCollection(name)
  const may = useMay()
  const { user } = useWorkspace()
  const isAccount = name === 'users' && id !== user.id
  const mayGiveRights = may('accounts.updateUser') && name === 'users'
  const loaded = useLoad(`${name}/${id}`, (signal) => client.collection<RecordData>(name).get(id, {}, { signal }))
  const [mode, setMode] = useState<'view' | 'edit' | 'rights' | 'stock' | 'delete'>('view')
  const label = useLabel(labelNeeds[name] === undefined ? undefined : name, id)
  useLive((change) => change.collection === name && change.id === id, loaded.reload)
  if (!info) return html`<${NoCollection} name=${name} />`
  const back = { href: `/console/data/${encodeURIComponent(name)}`, text: info.title }
  const record = loaded.data
  if (!record) {
    return html`
      <${PageHead} title="Record" back=${back} />
      <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
      ${!loaded.error && html`<div class="card"><${Skeleton} lines=${8} /></div>`}
    `
  }
  const own = recordPath(name, id)
  const actions = html`
    ${own !== plainRecordPath(name, id) && html`<a class="button" href=${own}>Open its page</a>`}
    <a class="button" href=${historyPath(name, id)}>History</a>
    ${info.can.delete && mode === 'view' && html`<button type="button" class="button" onClick=${() => setMode('delete')}>Delete</button>`}
    ${info.can.update && mode === 'view' && html`<button type="button" class="button primary" onClick=${() => setMode('edit')}>Edit</button>`}
    ${
      name === 'stockLevels' &&
      may('stock.adjustLevel') &&
      mode === 'view' &&
      html`<button type="button" class="button primary" onClick=${() => setMode('stock')}>Change stock</button>`
    }
    ${name === 'webhookDeliveries' && may('webhooks.replay') && html`<${ReplayDelivery} id=${id} />`}
    ${name === 'giftCards' && mode === 'view' && html`<${GiftCardActions} record=${record} onDone=${loaded.reload} />`}
    ${name === 'discounts' && mode === 'view' && html`<${PauseDiscount} record=${record} onDone=${loaded.reload} />`}
    ${name === 'invoices' && mode === 'view' && html`<${InvoiceActions} record=${record} />`}
    ${name === 'users' && mode === 'view' && html`<${GiveCredit} id=${id} />`}
    ${isAccount && mode === 'view' && html`<${UserActions} id=${id} />`}
    ${mayGiveRights && mode === 'view' && html`<button type="button" class="button primary" onClick=${() => setMode('rights')}>Change rights</button>`}
  `
  const close = (changed: boolean) => {
    setMode('view')
    if (changed) loaded.reload()
  }
  const showSaved = (saved: RecordData) => {
    loaded.show(saved)
    setMode('view')
  }
  return html`
    <${PageHead} title=${label ?? (name === 'effects' ? kindWords(String(record['kind'])) : recordLabel(record))} back=${back} actions=${actions} />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${
      mode === 'edit'
        ? html`<${EditRecord}
          info=${info}
          record=${record}
          onSaved=${showSaved}
          onClose=${close}
        />`
        : mode === 'rights'
          ? html`<${UserRights} record=${record} onSaved=${showSaved} onCancel=${() => close(false)} />`
          : html`<${Card}><${Fields} info=${info} record=${record} /><//>
            ${mayGiveRights && html`<${UserData} id=${id} />`}
            ${name === 'variants' && html`<${StockOf} variant=${id} onChange=${loaded.reload} />`}
            <${Related} key=${String(record['updatedAt'])} collection=${name} id=${id} except=${name === 'variants' ? ['stockLevels'] : []} />`
    }
    ${mode === 'stock' && html`<${ChangeStock} level=${record as unknown as StockLevel} onClose=${() => close(false)} onDone=${() => close(true)} />`}
    ${mode === 'delete' && html`<${DeleteRecord} info=${info} record=${record} onStale=${loaded.reload} onClose=${() => setMode('view')} />`}
  `
}

export function Fields({ info, record }: { info: CollectionInfo; record: RecordData }): VNode {
  const known = new Set(info.fields.map((field) => field.name))
  // What the schema does not name is still shown: nothing of the record is hidden from its staff.
  const others = Object.keys(record).filter((name) => !known.has(name))
  const fields = [
    ...info.fields,
    ...others.map((name) => ({
      name,
      kind: typeof record[name] === 'object' ? ('json' as const) : ('text' as const),
    })),
  ]
  return html`<dl class="fields">
    ${fields.map(
      (field) => html`<div key=${field.name}>
        <dt title=${field.name}>${humanize(field.name)}</dt>
        <dd><${Value} field=${field} value=${record[field.name]} /></dd>
      </div>`,
    )}
  </dl>`
}

export function EditRecord(props: {
  info: CollectionInfo
  record: RecordData
  onSaved: (saved: RecordData) => void
  onClose: (changed: boolean) => void
}): VNode {
  const records = client.collection<RecordData>(props.info.name)
  // What it is saved on top of.
  const [etag, setEtag] = useState(client.etagOf(props.record))
  // The version the form began with: what differs from it is what this person changed.
  const [began] = useState(props.record)
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const stale = error instanceof ApiError && error.status === 412
  const save = async (values: Values) => {
    if (Object.keys(values).length === 0) return props.onClose(false)
    setBusy(true)
    setError(undefined)
    try {
      const saved = await records.update(props.record.id, values, { ifMatch: etag })
      toast('Saved.')
      props.onSaved(saved)
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  // Only changed fields are sent, so saving on the newer version keeps what the other person wrote elsewhere.
  const takeNewest = async () => {
    try {
      setEtag(client.etagOf(await records.get(props.record.id)))
      setError(undefined)
    } catch (cause) {
      setError(cause)
    }
  }
  const note = stale
    ? html`<div class="note wait" role="alert">
          <div>
            <p><b>Someone changed this record meanwhile.</b></p>
            <p>Load their version and lose your edits, or keep your edits and save them on top of it.</p>
          </div>
          <div class="note-actions">
            <button type="button" class="button small" onClick=${() => props.onClose(true)}>Reload</button>
            <button type="button" class="button small" onClick=${takeNewest}>Keep my edits</button>
          </div>
        </div>`
    : undefined
  return html`
    <${Card}>
      <${RecordForm}
        fields=${props.info.fields}
        note=${note}
        record=${began}
        error=${error}
        busy=${busy}
        action="Save"
        onSubmit=${save}
        onCancel=${() => props.onClose(stale)}
      />
    <//>
  `
}

function whatBecomes({ keepDays, can }: CollectionInfo): string {
  if (!keepDays) return 'will be gone for good. This cannot be undone.'
  const days = keepDays === 1 ? 'a day' : `${keepDays} days`
  return `goes to the trash, with what belongs to it. ${can.restore ? 'You' : 'Staff'} can restore it for ${days}; then it is gone for good.`
}

function DeleteRecord(props: { info: CollectionInfo; record: RecordData; onStale: () => void; onClose: () => void }): VNode {
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const remove = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await client.collection(props.info.name).delete(props.record.id, { ifMatch: client.etagOf(props.record) })
      toast(props.info.keepDays ? 'Moved to the trash.' : 'Deleted.')
      navigate(collectionPath(props.info.name), { replace: true })
    } catch (cause) {
      setError(cause)
      setBusy(false)
      if (cause instanceof ApiError && cause.status === 412) props.onStale()
    }
  }
  const stale = error instanceof ApiError && error.status === 412
  return html`<${Confirm} title="Delete this record?" action="Delete" busy=${busy} error=${stale ? undefined : error} onConfirm=${remove} onClose=${props.onClose}>
    <p><b>${recordLabel(props.record)}</b> ${whatBecomes(props.info)}</p>
    ${stale && html`<p class="note wait" role="alert">Someone changed this record meanwhile. Its newest version is loaded now: look at it, then confirm again.</p>`}
  <//>`
}
