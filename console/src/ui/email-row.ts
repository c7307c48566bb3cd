// A message in a list: its subject, who with, and how it stands.
import { html, type VNode } from '../../vendor/htm-preact.js'
import { mailboxName } from '../format.ts'
import { recordPath } from '../routes.ts'
import type { Email } from '../shapes.ts'
import { Chip, Time } from './parts.ts'

export function EmailRow({ email }: { email: Email }): VNode {
  return html`<li>
    <a class="row" data-row href=${recordPath('emails', email.id)}>
      <span class="row-main">
        <b>${email.subject || 'No subject'}</b>
        <span class="faint">${email.direction === 'in' ? `from ${mailboxName(email.from)}` : `to ${mailboxName(email.to)}`}</span>
      </span>
      <span class="row-side"><${Chip} state=${email.status} /><span class="faint small"><${Time} at=${email.createdAt} /></span></span>
    </a>
  </li>`
}
