/** The mail of an order as a conversation: what the engine sent as lines, what people wrote in their words, and an answer below it. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { mailboxName } from '../format.ts'
import { recordPath } from '../routes.ts'
import { useMay } from '../schema.ts'
import type { Email } from '../shapes.ts'
import { useDeed } from '../ui/deed.ts'
import { EmailRow, MailChip, Unverified } from '../ui/email-row.ts'
import { Card, Chip, ErrorNote, Time, textOf } from '../ui/parts.ts'

export function MailCard({ emails, onDone }: { emails: readonly Email[]; onDone: () => void }): VNode {
  const may = useMay()
  const inTime = emails.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
  const last = inTime.findLast(({ direction, thread }) => direction === 'in' && thread)
  const thread = last?.thread
  const whole = thread && html`<a class="small" href=${recordPath('emailThreads', thread)}>Whole conversation</a>`
  return html`<${Card} title="Mail" aside=${whole} flush>
    ${emails.length === 0 && html`<p class="none faint">No mail about this order, in or out.</p>`}
    <ul class="rows">
      ${inTime.map((email) => (isLetter(email) ? html`<${Letter} key=${email.id} email=${email} />` : html`<${EmailRow} key=${email.id} email=${email} />`))}
    </ul>
    ${thread && may('emailThreads.reply') && html`<${Answer} key=${thread} thread=${thread} onDone=${onDone} />`}
  <//>`
}

/** In the words of a person, ours or theirs. */
export const isLetter = ({ direction, template, thread }: Email) => direction === 'in' || (thread && !template)

export function Letter({ email }: { email: Email }): VNode {
  const [isWhole, showWhole] = useState(false)
  const isIn = email.direction === 'in'
  const own = (isIn ? email.reply : email.text) ?? ''
  const whole = email.text ?? ''
  const name = isIn ? email.fromName || mailboxName(email.from) : 'Answered'
  return html`<li class="block letter ${isIn ? '' : 'ours'}">
    <header class="block-head">
      <a href=${recordPath('emails', email.id)}><b>${name}</b></a>
      ${isIn && email.fromName && html`<span class="faint small">${mailboxName(email.from)}</span>`}
      ${isIn && !email.isVerified && html`<${Unverified} />`}
      ${isIn && email.isAutomatic && html`<${Chip} state="automatic" tone="quiet" text="Automatic" />`}
      ${!isIn && html`<${MailChip} status=${email.status} />`}
      <span class="push faint small"><${Time} at=${email.createdAt} /></span>
    </header>
    <p class="letter-text">${isWhole ? whole : own || email.subject || '(no text)'}</p>
    ${
      whole.trim() !== own.trim() &&
      html`<button type="button" class="button small" aria-expanded=${isWhole ? 'true' : 'false'} onClick=${() => showWhole(!isWhole)}>
        ${isWhole ? 'Hide what is quoted' : 'Show what is quoted'}
      </button>`
    }
    ${
      (email.enclosed ?? []).length > 0 &&
      html`<p class="small">
        ${email.enclosed!.map(({ place, name: file }) => html`<a key=${place} class="enclosed" href=${`/api/emails/${email.id}/attachments/${place}`} download>${file}</a>`)}
      </p>`
    }
  </li>`
}

function Answer({ thread, onDone }: { thread: string; onDone: () => void }): VNode {
  const [text, setText] = useState('')
  const deed = useDeed(() => {
    setText('')
    onDone()
  })
  const submit = (event: Event) => {
    event.preventDefault()
    if (text.trim() !== '') void deed.run(`/api/emailThreads/${thread}/reply`, { text }, 'Your answer is on its way.')
  }
  return html`<form class="form block" onSubmit=${submit}>
    <div class="field">
      <label for="answer">Answer by e-mail</label>
      <textarea id="answer" rows="4" value=${text} onInput=${(event: Event) => setText(textOf(event))} />
    </div>
    <${ErrorNote} error=${deed.error} />
    <div class="form-actions"><button type="submit" class="button primary" disabled=${deed.busy || text.trim() === ''}>Send</button></div>
  </form>`
}
