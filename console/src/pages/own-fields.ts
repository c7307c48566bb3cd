/** The fields that the shop has added to its orders: shown, and set by whoever may. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { useCollection, useMay } from '../schema.ts'
import type { Order, RecordData } from '../shapes.ts'
import { Card } from '../ui/parts.ts'
import { EditRecord, Fields } from './record.ts'

export function OwnFields({ order, onDone }: { order: Order; onDone: () => void }): VNode {
  const info = useCollection('orders')
  const may = useMay()
  const [editing, setEditing] = useState(false)
  const fields = info?.fields.filter((field) => field.own) ?? []
  if (!info || fields.length === 0) return html``
  const own = { ...info, fields }
  const record = order as unknown as RecordData
  const close = (changed: boolean) => {
    setEditing(false)
    if (changed) onDone()
  }
  if (editing) return html`<${EditRecord} info=${own} record=${record} onSaved=${() => close(true)} onClose=${close} />`
  const shown = Object.fromEntries(fields.map(({ name }) => [name, record[name]]))
  const canEdit = may('orders.update') && fields.some((field) => field.writable)
  return html`<${Card} title="Additional fields" aside=${canEdit && html`<button type="button" class="button small" onClick=${() => setEditing(true)}>Edit</button>`}>
    <${Fields} info=${own} record=${shown} />
  <//>`
}
