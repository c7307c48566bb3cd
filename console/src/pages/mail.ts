/** All mail, out and in, with a preview beside the list (in place of it on a phone). */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { mailboxName } from '../format.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { usePlace } from '../router.ts'
import { base, recordPath } from '../routes.ts'
import { type Email, emailListFields } from '../shapes.ts'
import { MailChip, mailStateTexts, Unverified } from '../ui/email-row.ts'
import { Icon } from '../ui/icons.ts'
import { Empty, ErrorNote, PageHead, Skeleton, Time } from '../ui/parts.ts'
import { RecordList } from '../ui/record-list.ts'
import type { Column } from '../ui/table.ts'
import { MailPreview } from './mail-preview.ts'

const columns: Column<Email>[] = [
  {
    key: 'to',
    label: 'Person',
    render: (email) => {
      const inbound = email.direction === 'in'
      const person = inbound ? email.fromName || mailboxName(email.from) : mailboxName(email.to)
      return html`<span class="person">
        ${inbound && html`<span class="tag">in</span>`}<span class="clip">${person || '–'}</span>
      </span>`
    },
  },
  {
    key: 'subject',
    label: 'Subject',
    sortable: true,
    place: 'bare',
    render: (email) => html`<span class="clip wide">${email.subject || '(no subject)'}</span>`,
  },
  {
    key: 'status',
    label: 'Status',
    sortable: true,
    place: 'side',
    render: (email) => html`<span class="chips">
      <${MailChip} status=${email.status} />${email.direction === 'in' && !email.isVerified && html`<${Unverified} />`}
    </span>`,
  },
  {
    key: 'createdAt',
    label: 'Time',
    sortable: true,
    place: 'bare',
    render: (email) => html`<span class="faint"><${Time} at=${email.createdAt} /></span>`,
  },
]

const chips = [
  { field: 'direction', label: 'Direction', options: ['out', 'in'] },
  {
    field: 'status',
    label: 'Status',
    options: ['queued', 'sent', 'deferred', 'bounced', 'failed', 'ambiguous', 'captured', 'received'],
    texts: mailStateTexts,
  },
]

export function MailPage({ id }: { id?: string }): VNode {
  const { query } = usePlace()
  return html`
    <div class=${id === undefined ? '' : 'wide-only'}><${PageHead} title="Mail" actions=${html`<a class="button" href=${`${base}/mail/templates`}>Templates</a>`} /></div>
    <div class="split ${id === undefined ? '' : 'open'}">
      <div class="split-list">
        <${RecordList}
          collection="emails"
          columns=${columns}
          fields=${emailListFields}
          href=${(email: Email) => recordPath('emails', email.id) + query}
          current=${id}
          sort="-createdAt"
          chips=${chips}
          empty=${{ icon: 'mail', title: 'No mail yet', text: 'Receipts, sign-in mails and replies appear here, also while no real mail is sent.' }}
        />
      </div>
      ${
        id !== undefined &&
        html`<div class="split-view">
          <a class="back" href=${`${base}/mail${query}`}><${Icon} name="back" size=${16} />All mail</a>
          <${OneMail} key=${id} id=${id} />
        </div>`
      }
    </div>
  `
}

function OneMail({ id }: { id: string }): VNode {
  const path = `/api/emails/${encodeURIComponent(id)}`
  const loaded = useLoad(path, (signal) => client.call<Email>('GET', path, { signal }))
  useLive((change) => change.collection === 'emails' && change.id === id, loaded.reload)
  if (loaded.error) return html`<${ErrorNote} error=${loaded.error} retry=${loaded.reload} />`
  if (!loaded.data) return html`<div class="card"><${Skeleton} lines=${8} /></div>`
  if (!loaded.data.id) return html`<${Empty} icon="mail" title="This mail is not there" />`
  return html`<${MailPreview} email=${loaded.data} />`
}
