/** What is done to somebody else's account: to see what they see, to sign them out, and to help who lost their telephone. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useMay } from '../schema.ts'
import { Dialog, ErrorNote } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'

interface UserActionsProps {
  id: string
  /** Said by the buttons where several accounts have some. */
  who?: string
  isSmall?: boolean
  mayBeActed?: boolean
}

export function UserActions({ id, who, isSmall = false, mayBeActed = true }: UserActionsProps): VNode {
  const may = useMay()
  const [isAsking, setAsking] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const path = `/api/users/${encodeURIComponent(id)}`
  const act = (done: string, name: string) => () =>
    client.call('DELETE', `${path}/${name}`).then(() => {
      setError(undefined)
      toast(done)
    }, setError)
  const button = (text: string, run: () => unknown) =>
    html`<button type="button" class=${`button ${isSmall ? 'small' : ''}`} aria-label=${who && `${text}: ${who}`} onClick=${run}>${text}</button>`
  return html`
    ${may('accounts.endUserSessions') && button('Sign out', act('Signed out everywhere.', 'sessions'))}
    ${may('accounts.removeUserFactors') && button('Remove second factor', act('The second factor is removed.', 'factors'))}
    ${may('accounts.impersonate') && mayBeActed && button('Act as', () => setAsking(true))}
    <${ErrorNote} error=${error} />
    ${isAsking && html`<${ActAs} path=${path} onClose=${() => setAsking(false)} />`}
  `
}

function ActAs({ path, onClose }: { path: string; onClose: () => void }): VNode {
  const [write, setWrite] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const begin = () => client.call('POST', `${path}/impersonate`, { body: { write } }).then(() => location.assign('/account'), setError)
  return html`<${Dialog} title="Act as this customer" onClose=${onClose}>
    <p>For half an hour this browser sees the site as they do. Your name stands beside whatever you do.</p>
    <label class="choice"><input type="checkbox" checked=${write} onInput=${() => setWrite(!write)} /> <span>Also change things for them. They are told by mail.</span></label>
    <${ErrorNote} error=${error} />
    <div class="form-actions">
      <button type="button" class="button primary" onClick=${begin}>Act as them</button>
      <button type="button" class="button" onClick=${onClose}>Close</button>
    </div>
  <//>`
}
