/** What staff write below a conversation: an answer, which is mailed, or a note, which is not. An answer is to what is shown: what changed meanwhile stops it. */
import { ApiError } from '/client/index.ts'
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useList } from '../loading.ts'
import { emptyListState } from '../query-state.ts'
import { useCollection, useMay } from '../schema.ts'
import type { Conversation } from '../shapes.ts'
import { ErrorNote, textOf } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'

type Kind = 'answer' | 'note'
type Props = { thread: Conversation; onDone: () => void }

export function ThreadAnswer({ thread, onDone }: Props): VNode {
  const may = useMay()
  const kinds = (['answer', 'note'] as const).filter((kind) => may(kind === 'answer' ? 'emailThreads.reply' : 'emailThreads.note'))
  const [kind, setKind] = useState<Kind>(kinds[0] ?? 'note')
  return html`<div class="block">
    ${
      kinds.length > 1 &&
      html`<div class="filter-chips" role="group" aria-label="What to write">
        ${kinds.map(
          (one) => html`<button
            key=${one}
            type="button"
            class="filter-chip"
            aria-pressed=${kind === one ? 'true' : 'false'}
            onClick=${() => setKind(one)}
          >${one === 'answer' ? 'Answer by e-mail' : 'Note for staff'}</button>`,
        )}
      </div>`
    }
    ${kind === 'answer' ? html`<${Answer} thread=${thread} onDone=${onDone} />` : html`<${NoteForm} thread=${thread} onDone=${onDone} />`}
  </div>`
}

/** One request at a time; what was typed is gone once it is written. */
function useWriting(onDone: () => void) {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const run = async (write: () => Promise<unknown>, said: string) => {
    if (text.trim() === '' || busy) return
    setBusy(true)
    setError(undefined)
    try {
      await write()
      toast(said)
      setText('')
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
    onDone()
  }
  return { text, setText, busy, error, run }
}

function Answer({ thread, onDone }: Props): VNode {
  const { text, setText, busy, error, run } = useWriting(onDone)
  const [missing, setMissing] = useState<readonly string[]>([])
  // Until somebody has written something in its place.
  const left = missing.filter((name) => text.includes('{{') && text.includes(name))
  const isStale = error instanceof ApiError && error.status === 412
  const send = (status: 'waiting' | 'closed') => {
    const ifMatch = client.etagOf(thread)
    const options = { body: { text, status }, ...(ifMatch !== undefined && { ifMatch }) }
    setMissing([])
    return run(() => client.call('POST', `/api/emailThreads/${encodeURIComponent(thread.id)}/reply`, options), 'Your answer is on its way.')
  }
  const take = (filled: { text: string; missing: readonly string[] }) => {
    setText(text.trim() === '' ? filled.text : `${text.trimEnd()}\n\n${filled.text}`)
    setMissing(filled.missing)
  }
  const submit = (event: Event) => {
    event.preventDefault()
    void send('waiting')
  }
  return html`<form class="form" onSubmit=${submit}>
    <div class="field">
      <label for="answer">Answer to ${thread.name || thread.address}</label>
      <textarea id="answer" rows="6" value=${text} onInput=${(event: Event) => setText(textOf(event))} />
    </div>
    <${SavedReplies} thread=${thread} take=${take} />
    ${left.length > 0 && html`<p class="field-error" role="status">Not known here: ${left.join(', ')}. Write it by hand.</p>`}
    ${
      isStale
        ? html`<p class="note wait" role="alert">The conversation has changed meanwhile: look at what is new above, and send it again if it still fits.</p>`
        : html`<${ErrorNote} error=${error} />`
    }
    <div class="form-actions wrap">
      <button type="submit" class="button primary" disabled=${busy || text.trim() === ''}>Send</button>
      <button type="button" class="button" disabled=${busy || text.trim() === ''} onClick=${() => send('closed')}>Send and close</button>
    </div>
  </form>`
}

interface SavedReply {
  id: string
  title: string
}

function SavedReplies({
  thread,
  take,
}: {
  thread: Conversation
  take: (filled: { text: string; missing: readonly string[] }) => void
}): VNode | null {
  return useCollection('savedReplies') === undefined ? null : html`<${ReplyChoice} thread=${thread} take=${take} />`
}

function ReplyChoice({
  thread,
  take,
}: {
  thread: Conversation
  take: (filled: { text: string; missing: readonly string[] }) => void
}): VNode | null {
  const replies = useList<SavedReply>('savedReplies', { ...emptyListState(), sort: 'title' }, { pageSize: 200, fields: ['id', 'title'] })
  const [error, setError] = useState<unknown>(undefined)
  const choose = async (event: Event) => {
    const select = event.currentTarget as HTMLSelectElement
    const id = select.value
    select.value = ''
    if (id === '') return
    setError(undefined)
    try {
      const path = `/api/emailThreads/${encodeURIComponent(thread.id)}/savedReplies/${encodeURIComponent(id)}`
      take(await client.call<{ text: string; missing: string[] }>('GET', path))
    } catch (cause) {
      setError(cause)
    }
  }
  if ((replies.data ?? []).length === 0) return null
  return html`<div class="field">
    <label for="saved-reply">Saved reply</label>
    <select id="saved-reply" onChange=${choose}>
      <option value="">Choose one to put it into the answer</option>
      ${replies.data!.map(({ id, title }) => html`<option key=${id} value=${id}>${title}</option>`)}
    </select>
    <${ErrorNote} error=${error} />
  </div>`
}

function NoteForm({ thread, onDone }: Props): VNode {
  const { text, setText, busy, error, run } = useWriting(onDone)
  const submit = (event: Event) => {
    event.preventDefault()
    void run(() => client.call('POST', `/api/emailThreads/${encodeURIComponent(thread.id)}/notes`, { body: { text } }), 'Noted.')
  }
  return html`<form class="form" onSubmit=${submit}>
    <div class="field">
      <label for="note">Note <span class="faint">for staff alone, never mailed</span></label>
      <textarea id="note" rows="4" maxlength="2000" value=${text} onInput=${(event: Event) => setText(textOf(event))} />
    </div>
    <${ErrorNote} error=${error} />
    <div class="form-actions"><button type="submit" class="button primary" disabled=${busy || text.trim() === ''}>Write it down</button></div>
  </form>`
}
