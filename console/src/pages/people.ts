/** Who runs it: everybody with a role, invitations that are open, and a new one. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { collectionPath } from '../routes.ts'
import { useMay, useWorkspace } from '../schema.ts'
import { Card, Chip, Empty, ErrorNote, PageHead } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'
import { Staff } from './staff.ts'
import { roleMeanings } from './user-rights.ts'

interface Invitation {
  id: string
  email: string
  roles: string[]
  status: 'pending' | 'accepted' | 'revoked'
  expiresAt: string
}

export function PeoplePage(): VNode {
  const may = useMay()
  const loaded = useLoad('invitations', (signal) =>
    client.call<{ items: Invitation[] }>('GET', '/api/invitations?sort=-updatedAt&limit=100', { signal }),
  )
  useLive((change) => change.collection === 'invitations', loaded.reload)
  const accounts = html`<a class="button" href=${collectionPath('users')}>All accounts</a>`
  if (!may('accounts.invite'))
    return html`<${PageHead} title="People" actions=${accounts} /><${Staff} /><${Empty} icon="people" title="Admins invite people" />`
  const items = loaded.data?.items ?? []
  return html`
    <${PageHead} title="People" actions=${accounts} />
    <${Staff} />
    <${Invite} onSent=${loaded.reload} />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    <${Card} title="Invitations">
      ${
        items.length === 0
          ? html`<p class="faint">Nobody is invited.</p>`
          : html`<ul class="plain-list">${items.map((item) => html`<${InvitationRow} key=${item.id} item=${item} onDone=${loaded.reload} />`)}</ul>`
      }
    <//>
  `
}

function Invite({ onSent }: { onSent: () => void }): VNode {
  const { roles: known, user } = useWorkspace()
  // An owner is made by owners alone.
  const given = known.filter((role) => role !== 'owner' || user.roles.includes('owner'))
  const [email, setEmail] = useState('')
  const [roles, setRoles] = useState<readonly string[]>([])
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const send = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      await client.call('POST', '/api/invitations', { body: { email, roles } })
      toast('The invitation is on its way.')
      setEmail('')
      setRoles([])
      onSent()
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  const turn = (role: string) => setRoles(roles.includes(role) ? roles.filter((one) => one !== role) : [...roles, role])
  return html`<${Card} title="Invite somebody">
    <form class="form" onSubmit=${send}>
      <div class="field">
        <label for="invite-email">E-mail</label>
        <input id="invite-email" type="email" required value=${email} onInput=${(event: Event) => setEmail((event.target as HTMLInputElement).value)} />
      </div>
      <fieldset class="choice">
        <legend>Roles</legend>
        ${given.map(
          (role) => html`<label key=${role}>
            <input type="checkbox" checked=${roles.includes(role)} onInput=${() => turn(role)} />
            <span>${role} <span class="faint">${roleMeanings[role] ?? 'as this project says'}</span></span>
          </label>`,
        )}
      </fieldset>
      <${ErrorNote} error=${error} />
      <div class="form-actions"><button type="submit" class="button primary" disabled=${busy || roles.length === 0}>Invite</button></div>
    </form>
  <//>`
}

function InvitationRow({ item, onDone }: { item: Invitation; onDone: () => void }): VNode {
  const [error, setError] = useState<unknown>(undefined)
  const isOver = Date.parse(item.expiresAt) <= Date.now()
  const state = item.status === 'pending' && isOver ? 'expired' : item.status
  const act = (method: 'POST' | 'DELETE', path: string, done: string) => () =>
    client.call(method, `/api/invitations/${encodeURIComponent(item.id)}${path}`, method === 'POST' ? { body: {} } : {}).then(() => {
      toast(done)
      onDone()
    }, setError)
  return html`<li>
    <p><b>${item.email}</b> <span class="faint">${item.roles.join(', ')}</span> <${Chip} state=${state} tone=${state === 'pending' ? 'wait' : 'quiet'} /></p>
    ${
      item.status === 'pending' &&
      html`<span class="row-actions">
        <button type="button" class="button small" onClick=${act('POST', '/resend', 'It is sent again.')}>Send again</button>
        <button type="button" class="button small" onClick=${act('DELETE', '', 'The invitation is taken back.')}>Take back</button>
      </span>`
    }
    <${ErrorNote} error=${error} />
  </li>`
}
