/** One mail as its reader sees it: HTML in a frame that runs no script, text, headers. */
import { html, useMemo, useState, type VNode } from '../../vendor/htm-preact.js'
import { formatMailbox } from '../format.ts'
import { prepareMail } from '../mail-document.ts'
import { recordPath } from '../routes.ts'
import type { Email } from '../shapes.ts'
import { MailChip, Unverified } from '../ui/email-row.ts'
import { Icon } from '../ui/icons.ts'
import { Empty, Time } from '../ui/parts.ts'
import { RecordOf } from '../ui/record-of.ts'

type Tab = 'html' | 'text' | 'headers'
const tabs: [Tab, string][] = [
  ['html', 'Preview'],
  ['text', 'Text'],
  ['headers', 'Headers'],
]

export function MailPreview({ email }: { email: Email }): VNode {
  const [tab, setTab] = useState<Tab>(email.html ? 'html' : 'text')
  const [width, setWidth] = useState<'desktop' | 'phone'>('desktop')
  return html`<article class="card flush mail">
    <header class="mail-head">
      <h2>${email.subject || '(no subject)'}</h2>
      <p>
        <span class="faint">${email.direction === 'in' ? 'From' : 'To'}</span>
        ${' '}${email.direction === 'in' && email.fromName && html`<b>${email.fromName}</b> `}${formatMailbox(email.direction === 'in' ? email.from : email.to)}
      </p>
      <p class="mail-meta">
        <${MailChip} status=${email.status} />
        ${email.direction === 'in' && !email.isVerified && html`<${Unverified} />`}
        <span class="faint small"><${Time} at=${email.createdAt} full /></span>
        ${email.record && html`<span class="faint small">about <${RecordOf} id=${email.record} /></span>`}
        ${email.thread && html`<a class="small" href=${recordPath('emailThreads', email.thread)}>Whole conversation</a>`}
      </p>
    </header>
    <div class="tabs">
      <div role="tablist" aria-label="Parts of the mail">
        ${tabs.map(
          ([key, text]) => html`<button
            key=${key}
            type="button"
            role="tab"
            aria-selected=${tab === key ? 'true' : 'false'}
            onClick=${() => setTab(key)}
          >${text}</button>`,
        )}
      </div>
      ${
        tab === 'html' &&
        email.html &&
        html`<div class="widths" role="group" aria-label="Width">
          ${(['desktop', 'phone'] as const).map(
            (one) => html`<button
              key=${one}
              type="button"
              class="icon-button"
              title=${one === 'phone' ? 'As on a phone' : 'As on a desktop'}
              aria-label=${one === 'phone' ? 'As on a phone' : 'As on a desktop'}
              aria-pressed=${width === one ? 'true' : 'false'}
              onClick=${() => setWidth(one)}
            ><${Icon} name=${one} /></button>`,
          )}
        </div>`
      }
    </div>
    ${tab === 'html' && html`<${HtmlPart} email=${email} width=${width} />`}
    ${tab === 'text' && (email.text ? html`<pre class="mail-text">${email.text}</pre>` : html`<${Empty} icon="mail" title="No text part">This mail was written in HTML only.<//>`)}
    ${tab === 'headers' && html`<${Headers} email=${email} />`}
  </article>`
}

function HtmlPart({ email, width }: { email: Email; width: 'desktop' | 'phone' }): VNode {
  const prepared = useMemo(() => prepareMail(email.html ?? ''), [email.html])
  if (!email.html) return html`<${Empty} icon="mail" title="No HTML part">See the text instead.<//>`
  // Our own mails hold links one wants to follow while developing; those of strangers stay dead.
  const sandbox = email.direction === 'out' ? 'allow-popups allow-popups-to-escape-sandbox' : ''
  return html`
    ${
      prepared.remoteImages > 0 &&
      html`<p class="mail-note faint small">
        ${prepared.remoteImages === 1 ? 'One remote image is' : `${prepared.remoteImages} remote images are`} not loaded, so that the sender cannot see that it was opened.
      </p>`
    }
    <div class="mail-stage">
      <iframe class=${width} title="The mail as its reader sees it" sandbox=${sandbox} srcdoc=${prepared.html} />
    </div>
  `
}

function Headers({ email }: { email: Email }): VNode {
  const rows: [string, string | null | undefined][] = [
    ['From', formatMailbox(email.from)],
    ['To', formatMailbox(email.to)],
    ['Subject', email.subject],
    ['Message-ID', email.messageId],
    ['Template', email.template],
    ['Status', email.status],
    ['Direction', email.direction],
    ['Thread', email.thread],
    ['Record', email.record],
    ['ID', email.id],
  ]
  return html`<dl class="fields">
    ${rows.map(
      ([name, value]) => html`<div key=${name}>
        <dt>${name}</dt>
        <dd>${value ? html`<code class="id">${value}</code>` : html`<span class="faint">–</span>`}</dd>
      </div>`,
    )}
  </dl>`
}
