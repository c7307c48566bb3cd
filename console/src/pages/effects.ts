/** What is owed to the outside world: mails, provider calls, webhooks, and how each is going. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { plainRecordPath } from '../routes.ts'
import { useMay } from '../schema.ts'
import type { Effect } from '../shapes.ts'
import { errorText, kindWords } from '../timeline.ts'
import { Chip, ErrorNote, PageHead, Time } from '../ui/parts.ts'
import { RecordList } from '../ui/record-list.ts'
import type { Column } from '../ui/table.ts'
import { toast } from '../ui/toast.ts'

const open = new Set(['ready', 'held', 'dead', 'unknown'])

/** Retry and cancel, where the effect's state allows them; the outcome stands beside the buttons. */
export function EffectActions({ effect, onDone }: { effect: Effect; onDone?: () => void }): VNode | null {
  const may = useMay()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  // What is done cannot be taken back, and what runs is in another's hands.
  if (!open.has(effect.state)) return null
  const act = async (action: 'retry' | 'cancel') => {
    setBusy(true)
    setError(undefined)
    try {
      await client.call('POST', `/api/effects/${encodeURIComponent(effect.id)}/${action}`)
      toast(action === 'retry' ? 'It will be tried again now.' : 'Canceled.')
      onDone?.()
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  return html`<span class="row-actions">
    ${may('effects.retry') && html`<button type="button" class="button small" disabled=${busy} onClick=${() => act('retry')}>Retry</button>`}
    ${may('effects.cancel') && html`<button type="button" class="button small" disabled=${busy} onClick=${() => act('cancel')}>Cancel</button>`}
    <${ErrorNote} error=${error} />
  </span>`
}

const columns: Column<Effect>[] = [
  { key: 'kind', label: 'Effect', sortable: true, render: (effect) => kindWords(effect.kind) },
  {
    key: 'state',
    label: 'State',
    sortable: true,
    place: 'side',
    render: (effect) => html`<${Chip} state=${effect.state} />`,
  },
  {
    key: 'attempts',
    label: 'Attempts',
    numeric: true,
    sortable: true,
    render: (effect) => effect.attempts,
  },
  {
    key: 'dueAt',
    label: 'Due',
    sortable: true,
    // What is over is not due any more, though it was.
    render: (effect) => (effect.dueAt && !['done', 'canceled', 'dead'].includes(effect.state) ? html`<${Time} at=${effect.dueAt} />` : '–'),
  },
  {
    key: 'lastError',
    label: 'Last error',
    render: (effect) => {
      const text = errorText(effect.lastError)
      return text && html`<span class="clip" title=${text}>${text}</span>`
    },
  },
  {
    key: 'actions',
    label: '',
    place: 'bare',
    render: (effect) => html`<${EffectActions} effect=${effect} />`,
  },
]

const chips = [
  {
    field: 'state',
    label: 'State',
    options: ['ready', 'held', 'running', 'done', 'dead', 'canceled', 'unknown'],
  },
]

export function EffectsPage(): VNode {
  return html`
    <${PageHead} title="Effects" />
    <${RecordList}
      collection="effects"
      columns=${columns}
      href=${(effect: Effect) => plainRecordPath('effects', effect.id)}
      sort="-dueAt"
      chips=${chips}
      empty=${{ icon: 'effects', title: 'Nothing is owed', text: 'Mails, provider calls and webhooks appear here with each attempt.' }}
    />
  `
}
