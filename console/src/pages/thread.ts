/** One conversation: what was written, by them and by us, notes of staff between it, an answer below; whose it is, and what it is about. */
import { ApiError } from '/client/index.ts'
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useLive } from '../live.ts'
import { useList, useLoad } from '../loading.ts'
import { emptyListState, type ListState } from '../query-state.ts'
import { navigate } from '../router.ts'
import { useMay, useWorkspace } from '../schema.ts'
import { type Conversation, type Email, letterFields, type Page, type ThreadNote } from '../shapes.ts'
import { useDeed } from '../ui/deed.ts'
import { EmailRow, Unverified } from '../ui/email-row.ts'
import { Card, ErrorNote, PageHead, Skeleton, Time, textOf } from '../ui/parts.ts'
import { RecordOf } from '../ui/record-of.ts'
import { RefLink } from '../ui/ref-link.ts'
import { RefPicker } from '../ui/ref-picker.ts'
import { ThreadAnswer } from './answer.ts'
import { inboxPath, ThreadChip } from './inbox.ts'
import { isLetter, Letter } from './letters.ts'

type Loaded = { readonly thread: Conversation; readonly emails: readonly Email[]; readonly notes: readonly ThreadNote[] }

const threads = client.collection<Conversation>('emailThreads')
const pathOf = (id: string) => `/api/emailThreads/${encodeURIComponent(id)}`

/** Looked at, it is not unread any more; read again after that, so that an answer is to what is shown. */
async function loadThread(id: string, mayMark: boolean, signal: AbortSignal): Promise<Loaded> {
  const all = async <T>(collection: string, fields = ''): Promise<T[]> => {
    const query = new URLSearchParams({ 'filter[thread]': id, sort: '-createdAt', limit: '200' })
    if (fields !== '') query.set('fields', fields)
    return (await client.call<Page<T>>('GET', `/api/${collection}?${query}`, { signal })).items
  }
  const seen = await threads.get(id, {}, { signal })
  if (seen.isUnread && mayMark) await client.call('PATCH', pathOf(id), { body: { isUnread: false }, signal })
  const [thread, emails, notes] = await Promise.all([
    threads.get(id, {}, { signal }),
    all<Email>('emails', letterFields.join()),
    all<ThreadNote>('threadNotes'),
  ])
  return { thread, emails, notes }
}

export function ThreadPage({ id }: { id: string }): VNode {
  const may = useMay()
  const mayChange = may('emailThreads.update')
  const loaded = useLoad(id, (signal) => loadThread(id, mayChange, signal))
  useLive((change) => !change.record || change.id === id || change.record['thread'] === id, loaded.reload)
  const back = { href: inboxPath, text: 'Inbox' }
  if (!loaded.data) {
    const isGone = loaded.error instanceof ApiError && loaded.error.status === 404
    return html`
      <${PageHead} title=${isGone ? 'This conversation is not there' : 'Conversation'} back=${back} />
      <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
      ${!loaded.error && html`<div class="card"><${Skeleton} lines=${8} /></div>`}
    `
  }
  const { thread, emails, notes } = loaded.data
  const items = [
    ...emails.map((email) => ({ at: email.createdAt, view: html`<${OneMail} key=${email.id} email=${email} />` })),
    ...notes.map((note) => ({ at: note.createdAt, view: html`<${Note} key=${note.id} note=${note} />` })),
  ].toSorted((a, b) => a.at.localeCompare(b.at))
  return html`
    <${PageHead}
      title=${thread.subject}
      back=${back}
      beside=${html`<span class="chips"><${ThreadChip} status=${thread.status} />${thread.isVerified === false && html`<${Unverified} />`}</span>`}
      actions=${mayChange && html`<${Moves} thread=${thread} onDone=${loaded.reload} />`}
    />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    <div class="order-grid">
      <div class="stack">
        <${Card} flush>
          ${emails.length === 200 && html`<p class="none faint">Only the last 200 letters are shown.</p>`}
          <ul class="rows">${items.map(({ view }) => view)}</ul>
          ${(may('emailThreads.reply') || may('emailThreads.note')) && html`<${ThreadAnswer} thread=${thread} onDone=${loaded.reload} />`}
        <//>
      </div>
      <div class="stack"><${About} thread=${thread} mayChange=${mayChange} onDone=${loaded.reload} /></div>
    </div>
  `
}

function OneMail({ email }: { email: Email }): VNode {
  return isLetter(email) ? html`<${Letter} email=${email} />` : html`<${EmailRow} email=${email} />`
}

function Note({ note }: { note: ThreadNote }): VNode {
  return html`<li class="block letter staff-note">
    <header class="block-head">
      <b>Note, for staff alone</b>
      <span class="small">${note.author ? html`<${RefLink} collection="users" value=${note.author} />` : ''}</span>
      <span class="push faint small"><${Time} at=${note.createdAt} /></span>
    </header>
    <p class="letter-text">${note.text}</p>
  </li>`
}

type Changing = { thread: Conversation; onDone: () => void }

function Moves({ thread, onDone }: Changing): VNode {
  const deed = useDeed(onDone, 'PATCH')
  const away = useDeed(() => navigate(inboxPath), 'PATCH')
  const isClosed = thread.status === 'closed'
  const path = pathOf(thread.id)
  return html`
    <${ErrorNote} error=${deed.error ?? away.error} />
    <button type="button" class="button" disabled=${away.busy} onClick=${() => away.run(path, { isUnread: true }, 'Marked as unread.')}>Mark as unread</button>
    <button
      type="button"
      class="button"
      disabled=${deed.busy}
      onClick=${() => deed.run(path, { status: isClosed ? 'open' : 'closed' }, isClosed ? 'Open again.' : 'Closed.')}
    >${isClosed ? 'Open again' : 'Close'}</button>
  `
}

function About({ thread, mayChange, onDone }: Changing & { mayChange: boolean }): VNode {
  const [isPutting, setPutting] = useState(false)
  const deed = useDeed(() => {
    setPutting(false)
    onDone()
  }, 'PATCH')
  const theirs = thread.assignee ? html`<${RefLink} collection="users" value=${thread.assignee} />` : 'Nobody'
  const assigned = mayChange ? html`<${Assignee} thread=${thread} onDone=${onDone} />` : theirs
  const put = (record: string | null) => deed.run(pathOf(thread.id), { record }, record === null ? 'Taken away from it.' : 'Put there.')
  return html`<${Card} title="About">
    <dl class="fields narrow">
      <div><dt>With</dt><dd>${thread.name && html`<b>${thread.name}</b> `}<span class="break">${thread.address}</span></dd></div>
      <div>
        <dt>Record</dt>
        <dd>
          ${thread.record ? html`<${RecordOf} id=${thread.record} />` : html`<span class="faint">None</span>`}
          ${
            mayChange &&
            html` <button type="button" class="link small" aria-expanded=${isPutting ? 'true' : 'false'} onClick=${() => setPutting(!isPutting)}>
              ${thread.record ? 'Change' : 'Put to a record'}
            </button>`
          }
        </dd>
      </div>
      <div><dt>Assigned to</dt><dd>${assigned}</dd></div>
      <div><dt>Since</dt><dd><${Time} at=${thread.createdAt} /></dd></div>
    </dl>
    <${ErrorNote} error=${deed.error} />
    ${isPutting && html`<${PutTo} thread=${thread} put=${put} busy=${deed.busy} />`}
  <//>`
}

function PutTo({ thread, put, busy }: { thread: Conversation; put: (record: string | null) => unknown; busy: boolean }): VNode {
  const [record, setRecord] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    if (record !== '') put(record)
  }
  return html`<form class="form" onSubmit=${submit}>
    <div class="field">
      <label for="record">Order <span class="faint">or the id of any record</span></label>
      <${RefPicker} id="record" collection="orders" many=${false} value=${record} invalid=${false} onChange=${setRecord} />
    </div>
    <div class="form-actions wrap">
      <button type="submit" class="button small primary" disabled=${busy || record === ''}>Put there</button>
      ${thread.record && html`<button type="button" class="button small" disabled=${busy} onClick=${() => put(null)}>Take away from it</button>`}
    </div>
  </form>`
}

const withRole: ListState = { ...emptyListState(), filters: [{ field: 'hasRole', op: 'eq', value: 'true' }], sort: 'email' }

function Assignee({ thread, onDone }: Changing): VNode {
  const { user } = useWorkspace()
  const staff = useList<{ id: string; email: string; name: string | null; disabled: boolean }>('users', withRole, { pageSize: 100 })
  const deed = useDeed(onDone, 'PATCH')
  const people = (staff.data ?? []).filter(({ id, disabled }) => !disabled || id === thread.assignee)
  // Somebody without a role any more, or who may not be listed, is still who it was given to.
  const others = [user, ...(thread.assignee ? [{ id: thread.assignee, email: thread.assignee, name: null }] : [])]
  const all = [
    ...people,
    ...others.filter(({ id }, index) => !people.some((one) => one.id === id) && others.findIndex((one) => one.id === id) === index),
  ]
  const assign = (assignee: string) =>
    deed.run(pathOf(thread.id), { assignee: assignee || null }, assignee ? 'Handed over.' : 'Nobody’s any more.')
  return html`
    <select aria-label="Assigned to" disabled=${deed.busy} value=${thread.assignee ?? ''} onChange=${(event: Event) => assign(textOf(event))}>
      <option value="">Nobody</option>
      ${all.map(({ id, name, email }) => html`<option key=${id} value=${id}>${name || email}${id === user.id ? ' (you)' : ''}</option>`)}
    </select>
    <${ErrorNote} error=${deed.error} />
  `
}
