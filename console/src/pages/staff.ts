/** Everybody who has a role: what it lets them do, and what is done about it. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useLive } from '../live.ts'
import { useList, useLoad } from '../loading.ts'
import { emptyListState, type ListState } from '../query-state.ts'
import { collectionPath, recordPath } from '../routes.ts'
import { useMay, useWorkspace } from '../schema.ts'
import type { RecordData } from '../shapes.ts'
import { Card, Chip, Dialog, ErrorNote, Skeleton } from '../ui/parts.ts'
import { UserActions } from './user-actions.ts'
import { RightsForm, roleMeanings } from './user-rights.ts'

interface Person {
  id: string
  email: string
  name: string | null
  roles: string[]
  emailVerified: boolean
  disabled: boolean
}

const withRole: ListState = { ...emptyListState(), filters: [{ field: 'hasRole', op: 'eq', value: 'true' }], sort: 'email' }

export function Staff(): VNode {
  const list = useList<Person>('users', withRole, { pageSize: 100 })
  useLive((change) => change.collection === 'users', list.reload)
  const people = list.data ?? []
  const owners = people.filter(({ roles, disabled }) => roles.includes('owner') && !disabled)
  const isOnlyOwner = ({ id }: Person) => !list.hasMore && owners.length === 1 && owners[0]!.id === id
  return html`<${Card} title="Who works here">
    <${ErrorNote} error=${list.error} retry=${list.reload} />
    ${!list.data && !list.error && html`<${Skeleton} lines=${3} />`}
    <ul class="plain-list">
      ${people.map((person) => html`<${Row} key=${person.id} person=${person} isOnlyOwner=${isOnlyOwner(person)} onDone=${list.reload} />`)}
    </ul>
    ${
      list.hasMore &&
      html`<p><button type="button" class="button small" disabled=${list.loadingMore} onClick=${list.loadMore}>Load more</button></p>`
    }
    <p class="faint">
      Everybody who has a role. Nobody acts as somebody who works here: to see what a customer sees, act as them
      from <a href=${collectionPath('users')}>their account</a>.
    </p>
  <//>`
}

function Row({ person, isOnlyOwner, onDone }: { person: Person; isOnlyOwner: boolean; onDone: () => void }): VNode {
  const { id, email, name, roles, disabled, emailVerified } = person
  const { user } = useWorkspace()
  const may = useMay()
  const [isChanging, setChanging] = useState(false)
  const isBeyond = roles.includes('owner') && !user.roles.includes('owner')
  const isRunning = roles.some((role) => Object.hasOwn(roleMeanings, role))
  const change = html`<button type="button" class="button small" aria-label=${`Change what ${email} may do`} onClick=${() => setChanging(true)}>Change</button>`
  return html`<li>
    <div class="with-role">
      <p>
        <a href=${recordPath('users', id)}><b>${name ?? email}</b></a> ${name !== null && html`<span class="faint">${email}</span>`}
        ${id === user.id && html` <${Chip} state="you" />`}
        ${disabled && html` <${Chip} state="disabled" tone="bad" />`}
        ${!emailVerified && html` <${Chip} state="unproven" tone="wait" text="Address not proven" />`}
      </p>
      <p>${roles.join(', ')}</p>
      ${isOnlyOwner && html`<p class="faint small">The only owner. Make somebody else one before this one can go: without an owner nobody could give that role again.</p>`}
      ${isBeyond && html`<p class="faint small">Only an owner changes an owner.</p>`}
    </div>
    <span class="row-actions">
      ${may('accounts.updateUser') && !isBeyond && change}
      ${id !== user.id && !isBeyond && html`<${UserActions} id=${id} who=${email} isSmall=${true} mayBeActed=${!isRunning && !disabled} />`}
    </span>
    ${
      isChanging &&
      html`<${ChangeRights} person=${person} isOnlyOwner=${isOnlyOwner} onClose=${() => setChanging(false)} onSaved=${() => {
        setChanging(false)
        onDone()
      }} />`
    }
  </li>`
}

function ChangeRights(props: { person: Person; isOnlyOwner: boolean; onClose: () => void; onSaved: () => void }): VNode {
  const { person, isOnlyOwner, onClose, onSaved } = props
  // As it is now, with what tells whether somebody changed it meanwhile.
  const loaded = useLoad(`users/${person.id}`, (signal) => client.collection<RecordData>('users').get(person.id, {}, { signal }))
  return html`<${Dialog} title=${`What ${person.email} may do`} onClose=${onClose}>
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${
      loaded.data
        ? html`<${RightsForm} record=${loaded.data} isOnlyOwner=${isOnlyOwner} onSaved=${onSaved} onCancel=${onClose} />`
        : !loaded.error && html`<${Skeleton} lines=${4} />`
    }
  <//>`
}
