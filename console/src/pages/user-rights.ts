/** What an account may do, for admins: its roles of those there are, and whether it may sign in. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useWorkspace } from '../schema.ts'
import type { RecordData } from '../shapes.ts'
import { Card, ErrorNote } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'

export const roleMeanings: Readonly<Record<string, string>> = {
  owner: 'may do everything, and make owners',
  admin: 'may do all but that',
  staff: 'runs the shop',
  support: 'reads all, cancels orders, acts as customers',
  reader: 'reads all',
}

export function UserRights(props: { record: RecordData; onSaved: (saved: RecordData) => void; onCancel: () => void }): VNode {
  const { record, onSaved, onCancel } = props
  const { roles: known } = useWorkspace()
  const [had] = useState(record['roles'] as string[])
  const [roles, setRoles] = useState(had)
  const [disabled, setDisabled] = useState(record['disabled'] === true)
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const turn = (role: string) => {
    setError(undefined)
    setRoles(roles.includes(role) ? roles.filter((one) => one !== role) : [...roles, role])
  }
  const save = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      const saved = await client.collection<RecordData>('users').update(record.id, { roles, disabled }, { ifMatch: client.etagOf(record) })
      toast('Saved. It holds from their next click on.')
      onSaved(saved)
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return html`<${Card} title="What this account may do">
    <form class="form" onSubmit=${save}>
      <fieldset class="choice">
        <legend>Roles</legend>
        ${[...new Set([...known, ...had])].map(
          (role) => html`<label key=${role}>
            <input type="checkbox" checked=${roles.includes(role)} onInput=${() => turn(role)} />
            <span>${role} <span class="faint">${known.includes(role) ? (roleMeanings[role] ?? 'as the rules of this project say') : 'no rule asks for it any more'}</span></span>
          </label>`,
        )}
      </fieldset>
      <fieldset class="choice">
        <legend>Signing in</legend>
        <label>
          <input type="checkbox" checked=${disabled} onInput=${() => setDisabled(!disabled)} />
          <span>Disabled <span class="faint">signed out at once, and cannot sign in</span></span>
        </label>
      </fieldset>
      <${ErrorNote} error=${error} />
      <div class="form-actions">
        <button type="submit" class="button primary" disabled=${busy}>Save</button>
        <button type="button" class="button" onClick=${onCancel}>Cancel</button>
      </div>
    </form>
  <//>`
}
