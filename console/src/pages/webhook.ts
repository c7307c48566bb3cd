/** One webhook: where to, what, how it goes, what was sent; and for admins the ways to change it. */
import { ApiError } from '/client/index.ts'
import { html, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { navigate } from '../router.ts'
import { collectionPath } from '../routes.ts'
import { useMay } from '../schema.ts'
import type { Webhook } from '../shapes.ts'
import { Card, Chip, Confirm, ErrorNote, PageHead, Skeleton, Time } from '../ui/parts.ts'
import { SecretOnce } from '../ui/secret-once.ts'
import { toast } from '../ui/toast.ts'
import { WebhookForm, type WebhookInput } from '../ui/webhook-form.ts'
import { eventWords, webhookHealth, webhookName } from '../webhook-words.ts'
import { Deliveries } from './webhook-deliveries.ts'

const webhooks = client.collection<Webhook>('webhooks')
const list = collectionPath('webhooks')
const back = { href: list, text: 'Webhooks' }

type Mode = 'view' | 'edit' | 'rotate' | 'delete'

export function WebhookPage({ id }: { id: string }): VNode {
  const loaded = useLoad(id, (signal) => webhooks.get(id, {}, { signal }))
  const [mode, setMode] = useState<Mode>('view')
  const [secret, setSecret] = useState('')
  useLive((change) => change.collection === 'webhooks' && change.id === id, loaded.reload)
  const webhook = loaded.data
  if (!webhook) {
    return html`
      <${PageHead} title="Webhook" back=${back} />
      <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
      ${!loaded.error && html`<div class="card"><${Skeleton} lines=${6} /></div>`}
    `
  }
  const { word, tone } = webhookHealth(webhook)
  const close = () => {
    setMode('view')
    loaded.reload()
  }
  const showSaved = (saved: Webhook) => {
    loaded.show(saved)
    setMode('view')
  }
  const rotated = (next: string) => {
    setSecret(next)
    close()
  }
  const edited = html`<${WebhookForm} webhook=${webhook} action="Save" save=${(input: WebhookInput) => saveOver(webhook, input).then(showSaved)} onCancel=${close} />`
  return html`
    <${PageHead} title=${webhookName(webhook)} back=${back} beside=${html`<${Chip} state=${word} tone=${tone} />`} />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${
      secret &&
      html`<${SecretOnce} secret=${secret} onKept=${() => setSecret('')}>
        For a day messages are signed by the secret before it, too: give the receiver this one meanwhile.
      <//>`
    }
    ${mode === 'edit' ? edited : html`<${Card}><${Facts} webhook=${webhook} /><${Actions} webhook=${webhook} setMode=${setMode} onDone=${loaded.reload} /><//>`}
    <${Deliveries} webhook=${webhook} />
    ${mode === 'rotate' && html`<${Rotate} webhook=${webhook} onDone=${rotated} onClose=${() => setMode('view')} />`}
    ${mode === 'delete' && html`<${Delete} webhook=${webhook} onClose=${() => setMode('view')} />`}
  `
}

/** On top of what the form began with. That deliveries fail or pass meanwhile changes nothing that it says. */
async function saveOver(began: Webhook, input: WebhookInput): Promise<Webhook> {
  const saved = await webhooks.update(began.id, input, { ifMatch: client.etagOf(began) }).catch(async (cause: unknown) => {
    if (!(cause instanceof ApiError && cause.status === 412)) throw cause
    const newest = await webhooks.get(began.id)
    const said = ({ url, description, events }: Webhook) => JSON.stringify([url, description, events])
    if (said(newest) !== said(began)) throw cause
    return await webhooks.update(began.id, input, { ifMatch: client.etagOf(newest) })
  })
  toast('Saved.')
  return saved
}

function Facts({ webhook }: { webhook: Webhook }): VNode {
  const { disabledBecause, failingSince, pausedUntil, formerUntil } = webhook
  const rows: [string, View][] = [
    ['Address', webhook.url],
    ['Told', eventWords(webhook.events)],
    ['Description', webhook.description || html`<span class="faint">–</span>`],
    [
      'Secret',
      isToCome(formerUntil) ? html`The one before it signs as well until <${Time} at=${formerUntil} full />` : 'Kept, and shown to nobody',
    ],
    ...(disabledBecause ? [['Switched off', disabledBecause] satisfies [string, View]] : []),
    ...(failingSince ? [['Nothing arrives since', html`<${Time} at=${failingSince} full />`] satisfies [string, View]] : []),
    ...(isToCome(pausedUntil) ? [['Spared until', html`<${Time} at=${pausedUntil} full />`] satisfies [string, View]] : []),
  ]
  return html`<dl class="fields">
    ${rows.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}
  </dl>`
}

function isToCome(time: string | null): time is string {
  return time !== null && Date.parse(time) > Date.now()
}

function Actions(props: { webhook: Webhook; setMode: (mode: Mode) => void; onDone: () => void }): VNode {
  const { webhook, setMode } = props
  const may = useMay()
  const isAdmin = may('webhooks.create')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const act = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
      toast(done)
      props.onDone()
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  const test = () => act(() => client.call('POST', `/api/webhooks/${encodeURIComponent(webhook.id)}/test`), 'A message is on its way.')
  const turn = () =>
    act(() => webhooks.update(webhook.id, { enabled: !webhook.enabled }), webhook.enabled ? 'Switched off.' : 'Switched on.')
  const button = (text: string, press: () => void) =>
    html`<button type="button" class="button" disabled=${busy} onClick=${press}>${text}</button>`
  return html`
    <${ErrorNote} error=${error} />
    <div class="form-actions wrap">
      ${webhook.enabled && may('webhooks.test') && button('Send a test', test)}
      ${
        isAdmin && [
          button('Edit', () => setMode('edit')),
          button('New secret', () => setMode('rotate')),
          button(webhook.enabled ? 'Switch off' : 'Switch on', turn),
          button('Delete', () => setMode('delete')),
        ]
      }
    </div>
  `
}

interface Asking {
  busy: boolean
  error: unknown
  ask: () => void
}

/** Something that is asked for once, in a dialog. */
function useAsking(work: () => Promise<void>): Asking {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const ask = async () => {
    setBusy(true)
    setError(undefined)
    await work().catch((cause) => {
      setError(cause)
      setBusy(false)
    })
  }
  return { busy, error, ask }
}

function Rotate(props: { webhook: Webhook; onDone: (secret: string) => void; onClose: () => void }): VNode {
  const { busy, error, ask } = useAsking(async () => {
    const path = `/api/webhooks/${encodeURIComponent(props.webhook.id)}/rotate`
    props.onDone((await client.call<{ secret: string }>('POST', path)).secret)
  })
  return html`<${Confirm} title="A new secret" action="Make a new one" keep="Keep the old one" busy=${busy} error=${error} onConfirm=${ask} onClose=${props.onClose}>
    <p>For 24 hours messages are signed with both, so the receiver can take its time. After that the old one proves nothing.</p>
  <//>`
}

function Delete({ webhook, onClose }: { webhook: Webhook; onClose: () => void }): VNode {
  const { busy, error, ask } = useAsking(async () => {
    await webhooks.delete(webhook.id)
    toast('Deleted.')
    navigate(list, { replace: true })
  })
  return html`<${Confirm} title="Delete this webhook?" action="Delete" busy=${busy} error=${error} onConfirm=${ask} onClose=${onClose}>
    <p><b>${webhookName(webhook)}</b> is told nothing any more, and what is on its way there is given up.</p>
  <//>`
}
