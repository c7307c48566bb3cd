/** All mails that there are, each as its reader sees it: by day and by night, on a desk and on a telephone, in each language, made of an example. */
import { html, useMemo, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useLoad } from '../loading.ts'
import { prepareMail } from '../mail-document.ts'
import { base } from '../routes.ts'
import { Icon, type IconName } from '../ui/icons.ts'
import { Chip, ErrorNote, PageHead, Skeleton } from '../ui/parts.ts'

interface Template {
  name: string
  origin: 'kingpost' | 'project'
  isWritten: boolean
  languages: readonly string[]
}

interface Example {
  name: string
  language: string
  version: string
  subject: string
  text: string
  html: string | null
  data: Record<string, unknown>
}

const path = `${base}/mail/templates`

export function MailTemplatesPage({ name }: { name?: string }): VNode {
  const list = useLoad('/api/emailTemplates', (signal) =>
    client.call<{ items: readonly Template[] }>('GET', '/api/emailTemplates', { signal }),
  )
  const items = list.data?.items ?? []
  const current = items.find((one) => one.name === name)
  const groups = [
    ['Of this project', items.filter(({ origin }) => origin === 'project')],
    ['Of Kingpost', items.filter(({ origin }) => origin === 'kingpost')],
  ] as const
  return html`
    <div class=${name === undefined ? '' : 'wide-only'}>
      <${PageHead} title="Templates" back=${{ href: `${base}/mail`, text: 'All mail' }} />
    </div>
    <${ErrorNote} error=${list.error} retry=${list.reload} />
    <div class="split ${name === undefined ? '' : 'open'}">
      <nav class="split-list card flush template-list" aria-label="Templates">
        ${list.data === undefined && !list.error && html`<${Skeleton} />`}
        ${groups.map(([title, of]) => of.length > 0 && html`<h2>${title}</h2><ul class="rows">${of.map(row(name))}</ul>`)}
      </nav>
      ${
        name !== undefined &&
        html`<div class="split-view">
          <a class="back" href=${path}><${Icon} name="back" size=${16} />All templates</a>
          ${current !== undefined && html`<${OneTemplate} key=${name} template=${current} />`}
          ${list.data !== undefined && current === undefined && html`<p>There is no template ${name}.</p>`}
        </div>`
      }
    </div>
  `
}

const row = (current: string | undefined) => (one: Template) =>
  html`<li key=${one.name}>
    <a class="row" data-row href=${`${path}/${encodeURIComponent(one.name)}`} aria-current=${one.name === current ? 'page' : undefined}>
      <span class="row-main">${one.name}</span>
      ${one.isWritten && one.origin === 'kingpost' && html`<span class="row-side"><${Chip} state="own" tone="good" text="Your words" /></span>`}
    </a>
  </li>`

type Tab = 'html' | 'text' | 'data'
const tabs: [Tab, string][] = [
  ['html', 'Preview'],
  ['text', 'Text'],
  ['data', 'Data'],
]

function OneTemplate({ template }: { template: Template }): VNode {
  const [language, setLanguage] = useState('')
  const [tab, setTab] = useState<Tab>('html')
  const [isNight, setNight] = useState(false)
  const [isNarrow, setNarrow] = useState(false)
  const query = language === '' ? '' : `?language=${encodeURIComponent(language)}`
  const address = `/api/emailTemplates/${encodeURIComponent(template.name)}${query}`
  const { data, error, reload } = useLoad(address, (signal) => client.call<Example>('GET', address, { signal }))
  if (error) return html`<${ErrorNote} error=${error} retry=${reload} />`
  if (data === undefined) return html`<div class="card"><${Skeleton} lines=${8} /></div>`
  return html`<article class="card flush mail">
    <header class="mail-head">
      <h2>${data.subject}</h2>
      <p class="mail-meta">
        <span class="faint small">${template.name}, version <code class="id">${data.version}</code></span>
        ${
          template.languages.length > 1 &&
          html`<select aria-label="Language" value=${language || data.language} onChange=${(event: Event) => setLanguage((event.target as HTMLSelectElement).value)}>
            ${template.languages.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}
          </select>`
        }
      </p>
    </header>
    <div class="tabs">
      <div role="tablist" aria-label="Parts of the mail">
        ${tabs.map(
          ([
            key,
            text,
          ]) => html`<button key=${key} type="button" role="tab" aria-selected=${tab === key ? 'true' : 'false'} onClick=${() => setTab(key)}>
            ${text}
          </button>`,
        )}
      </div>
      <div class="widths" role="group" aria-label="How it is seen">
        <${Toggle} icon="moon" label="By night" isOn=${isNight} set=${setNight} />
        <${Toggle} icon="phone" label="On a telephone" isOn=${isNarrow} set=${setNarrow} />
      </div>
    </div>
    ${tab === 'html' && data.html !== null && html`<${Frame} source=${data.html} isNight=${isNight} isNarrow=${isNarrow} />`}
    ${(tab === 'text' || (tab === 'html' && data.html === null)) && html`<pre class="mail-text">${data.text}</pre>`}
    ${tab === 'data' && html`<pre class="mail-text">${JSON.stringify(data.data, null, 2)}</pre>`}
  </article>`
}

function Toggle(props: { icon: IconName; label: string; isOn: boolean; set: (isOn: boolean) => void }): VNode {
  const { icon, label, isOn, set } = props
  return html`<button
    type="button"
    class="icon-button"
    title=${label}
    aria-label=${label}
    aria-pressed=${isOn ? 'true' : 'false'}
    onClick=${() => set(!isOn)}
  ><${Icon} name=${icon} /></button>`
}

function Frame({ source, isNight, isNarrow }: { source: string; isNight: boolean; isNarrow: boolean }): VNode {
  const { html: document, remoteImages } = useMemo(() => prepareMail(source, isNight ? 'dark' : 'light'), [source, isNight])
  return html`
    ${remoteImages > 0 && html`<p class="mail-note faint small">Pictures are not loaded here.</p>`}
    <div class="mail-stage">
      <iframe class=${isNarrow ? 'phone narrow' : 'desktop'} title="The mail as its reader sees it" sandbox="" srcdoc=${document} />
    </div>
  `
}
