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

interface RightsProps {
  record: RecordData
  /** Somebody must stay an owner: what would end that is not offered. */
  isOnlyOwner?: boolean
  onSaved: (saved: RecordData) => void
  onCancel: () => void
}

export function UserRights(props: RightsProps): VNode {
  return html`<${Card} title="What this account may do"><${RightsForm} ...${props} /><//>`
}

export function RightsForm({ record, isOnlyOwner = false, onSaved, onCancel }: RightsProps): VNode {
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
  return html`<form class="form" onSubmit=${save}>
      ${isOnlyOwner && html`<p class="note wait">This is the only owner. Make somebody else one first: then this one can be changed.</p>`}
      <fieldset class="choice">
        <legend>Roles</legend>
        ${[...new Set([...known, ...had])].map(
          (role) => html`<label key=${role}>
            <input type="checkbox" checked=${roles.includes(role)} disabled=${isOnlyOwner && role === 'owner'} onInput=${() => turn(role)} />
            <span>${role} <span class="faint">${known.includes(role) ? (roleMeanings[role] ?? 'as the rules of this project say') : 'no rule asks for it any more'}</span></span>
          </label>`,
        )}
      </fieldset>
      <fieldset class="choice">
        <legend>Signing in</legend>
        <label>
          <input type="checkbox" checked=${disabled} disabled=${isOnlyOwner} onInput=${() => setDisabled(!disabled)} />
          <span>Disabled <span class="faint">signed out at once, and cannot sign in</span></span>
        </label>
      </fieldset>
      <${ErrorNote} error=${error} />
      <div class="form-actions">
        <button type="submit" class="button primary" disabled=${busy}>Save</button>
        <button type="button" class="button" onClick=${onCancel}>Cancel</button>
      </div>
    </form>`
}
