// A message in a list: its subject, who with, and how it stands.
import { html, type VNode } from '../../vendor/htm-preact.js'
import { mailboxName } from '../format.ts'
import { recordPath } from '../routes.ts'
import type { Email } from '../shapes.ts'
import { Chip, Time } from './parts.ts'

/** What a state of a mail is called, where it is not called as it is stored. */
export const mailStateTexts: Readonly<Record<string, string>> = { captured: 'Kept, not sent' }

/** A captured mail has reached nobody, whatever captured means of a payment. */
export function MailChip({ status }: { status: string }): VNode {
  const text = mailStateTexts[status]
  return text === undefined ? html`<${Chip} state=${status} />` : html`<${Chip} state=${status} tone="quiet" text=${text} />`
}

/** Nothing shows that a letter comes from whom it names. */
export function Unverified(): VNode {
  return html`<${Chip} state="unverified" tone="wait" text="Sender not verified" />`
}

export function EmailRow({ email }: { email: Email }): VNode {
  return html`<li>
    <a class="row" data-row href=${recordPath('emails', email.id)}>
      <span class="row-main">
        <b>${email.subject || '(no subject)'}</b>
        <span class="faint">${email.direction === 'in' ? `from ${mailboxName(email.from)}` : `to ${mailboxName(email.to)}`}</span>
      </span>
      <span class="row-side"><${MailChip} status=${email.status} /><span class="faint small"><${Time} at=${email.createdAt} /></span></span>
    </a>
  </li>`
}
