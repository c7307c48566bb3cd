/** What was sent to a webhook, message by message, and the way to send one again. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useLive } from '../live.ts'
import { useList } from '../loading.ts'
import { plainRecordPath } from '../routes.ts'
import type { Webhook, WebhookDelivery } from '../shapes.ts'
import { Card, Chip, ErrorNote, FilterChips, Skeleton, Time } from '../ui/parts.ts'
import { type Column, Table } from '../ui/table.ts'
import { toast } from '../ui/toast.ts'

const pageSize = 25
/** Without the bodies: they may have 64 kB each. */
const fields = ['id', 'webhook', 'event', 'status', 'lastError', 'deliveredAt', 'createdAt']

/** With the same `webhook-id`, so that the receiver knows it. */
export function ReplayDelivery({ id, onDone, isSmall }: { id: string; onDone?: () => void; isSmall?: boolean }): VNode {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const replay = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await client.call('POST', `/api/webhookDeliveries/${encodeURIComponent(id)}/replay`)
      toast('It is sent again.')
      onDone?.()
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  return html`<span class="row-actions">
    <button type="button" class="button ${isSmall ? 'small' : ''}" disabled=${busy} onClick=${replay}>Send again</button>
    <${ErrorNote} error=${error} />
  </span>`
}

export function Deliveries({ webhook }: { webhook: Webhook }): VNode {
  const [status, setStatus] = useState('')
  const equal = (field: string, value: string) => ({ field, op: 'eq' as const, value })
  const filters = [equal('webhook', webhook.id), ...(status ? [equal('status', status)] : [])]
  const found = useList<WebhookDelivery>(
    'webhookDeliveries',
    { filters, sort: '-createdAt', search: '', count: false },
    { pageSize, fields },
  )
  // Messages are in no feed; each is an effect, which is.
  useLive((change) => change.collection === 'effects' && (change.record?.['kind'] ?? 'webhook.deliver') === 'webhook.deliver', found.reload)
  const columns: Column<WebhookDelivery>[] = [
    { key: 'event', label: 'Event', render: ({ event }) => html`<code>${event}</code>` },
    { key: 'status', label: 'Status', place: 'side', render: (delivery) => html`<${Chip} state=${delivery.status} />` },
    {
      key: 'createdAt',
      label: 'Time',
      place: 'bare',
      render: ({ createdAt }) => html`<span class="faint"><${Time} at=${createdAt} /></span>`,
    },
    {
      key: 'lastError',
      label: 'Last error',
      render: ({ lastError }) => lastError && html`<span class="clip" title=${lastError}>${lastError}</span>`,
    },
    {
      key: 'replay',
      label: '',
      place: 'bare',
      render: ({ id }) => webhook.enabled && html`<${ReplayDelivery} id=${id} onDone=${found.reload} isSmall />`,
    },
  ]
  const options = ['pending', 'delivered', 'failed']
  return html`<${Card} title="What was sent" flush aside=${html`<${FilterChips} label="Status" options=${options} value=${status} onChange=${setStatus} />`}>
    <${ErrorNote} error=${found.error} retry=${found.reload} />
    ${!found.data && !found.error && html`<${Skeleton} lines=${4} />`}
    ${found.data?.length === 0 && html`<p class="faint block">${status ? 'Nothing of that kind.' : 'Nothing yet. A test message shows whether the receiver is there.'}</p>`}
    ${
      found.data &&
      found.data.length > 0 &&
      html`<div class="list">
        <${Table} label="What was sent" columns=${columns} items=${found.data} href=${(item: WebhookDelivery) => plainRecordPath('webhookDeliveries', item.id)} />
        ${
          found.hasMore &&
          html`<footer class="list-foot"><button type="button" class="button small" disabled=${found.loadingMore} onClick=${found.loadMore}>Load more</button></footer>`
        }
      </div>`
    }
  <//>`
}
