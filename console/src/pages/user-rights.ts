/** What an account may do, for admins: its roles, and whether it may sign in. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { call } from '../api.ts'
import type { Values } from '../field-input.ts'
import { rolesOf } from '../roles.ts'
import type { FieldInfo, RecordData } from '../shapes.ts'
import { Card } from '../ui/parts.ts'
import { RecordForm } from '../ui/record-form.ts'
import { toast } from '../ui/toast.ts'

const fields: readonly FieldInfo[] = [
  { name: 'roles', kind: 'text', required: false, filterable: true, sortable: false },
  { name: 'disabled', kind: 'boolean', required: true, filterable: true, sortable: false },
]

export function UserRights(props: { record: RecordData; etag: string | undefined; onClose: (changed: boolean) => void }): VNode {
  const { record, etag, onClose } = props
  const [began] = useState<Values>({ roles: (record['roles'] as string[]).join(', '), disabled: record['disabled'] })
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const save = async (values: Values) => {
    if (Object.keys(values).length === 0) return onClose(false)
    setBusy(true)
    setError(undefined)
    try {
      const body = 'roles' in values ? { ...values, roles: rolesOf(values['roles']) } : values
      await call('PATCH', `/api/users/${encodeURIComponent(record.id)}`, { body, ifMatch: etag })
      toast('Saved. It holds from their next click on.')
      onClose(true)
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return html`<${Card} title="What this account may do">
    <p class="faint">
      <code>admin</code> may do everything, <code>staff</code> runs the shop; other roles mean what the rules of this project say.
      A disabled account is signed out at once.
    </p>
    <${RecordForm}
      fields=${fields}
      record=${began}
      error=${error}
      busy=${busy}
      action="Save"
      onSubmit=${save}
      onCancel=${() => onClose(false)}
    />
  <//>`
}
