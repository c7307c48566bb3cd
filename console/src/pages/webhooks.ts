/** Where events are told to: the webhooks there are, and a new one. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { navigate } from '../router.ts'
import { collectionPath, recordPath } from '../routes.ts'
import { useMay } from '../schema.ts'
import type { Webhook } from '../shapes.ts'
import { Icon } from '../ui/icons.ts'
import { Chip, Empty, PageHead } from '../ui/parts.ts'
import { RecordList } from '../ui/record-list.ts'
import { SecretOnce } from '../ui/secret-once.ts'
import type { Column } from '../ui/table.ts'
import { WebhookForm, type WebhookInput } from '../ui/webhook-form.ts'
import { eventWords, webhookHealth, webhookName } from '../webhook-words.ts'

const columns: Column<Webhook>[] = [
  { key: 'url', label: 'Address', render: (webhook) => html`<span class="clip wide">${webhookName(webhook)}</span>` },
  {
    key: 'enabled',
    label: 'State',
    place: 'side',
    render: (webhook) => {
      const { word, tone } = webhookHealth(webhook)
      return html`<${Chip} state=${word} tone=${tone} />`
    },
  },
  {
    key: 'events',
    label: 'Told',
    render: ({ events }) => html`<span class="clip" title=${eventWords(events)}>${eventWords(events)}</span>`,
  },
  { key: 'description', label: 'Description', render: ({ description }) => description || html`<span class="faint">–</span>` },
]

export function WebhooksPage(): VNode {
  const isAdmin = useMay()('webhooks.create')
  const create = `${collectionPath('webhooks')}/new`
  const add = isAdmin && html`<a class="button primary" href=${create}><${Icon} name="plus" size=${16} />New</a>`
  return html`
    <${PageHead} title="Webhooks" actions=${add} />
    <${RecordList}
      collection="webhooks"
      columns=${columns}
      href=${(webhook: Webhook) => recordPath('webhooks', webhook.id)}
      sort="-createdAt"
      empty=${{
        icon: 'webhooks',
        title: 'Nothing is told to anybody',
        text: isAdmin
          ? html`A webhook tells code elsewhere what happens here. <a href=${create}>Make one</a>.`
          : 'A webhook tells code elsewhere what happens here. Admins make them.',
      }}
    />
  `
}

export function NewWebhookPage(): VNode {
  const isAdmin = useMay()('webhooks.create')
  const [made, setMade] = useState<(Webhook & { secret: string }) | undefined>(undefined)
  const list = collectionPath('webhooks')
  const create = async ({ description, ...input }: WebhookInput) => {
    const body = { ...input, ...(description && { description }) }
    setMade(await client.call<Webhook & { secret: string }>('POST', '/api/webhooks', { body }))
  }
  return html`
    <${PageHead} title="New webhook" back=${{ href: list, text: 'Webhooks' }} />
    ${
      made
        ? html`<${SecretOnce} secret=${made.secret} onKept=${() => navigate(recordPath('webhooks', made.id), { replace: true })}>
            Give it to the receiver at <b>${webhookName(made)}</b>: by it a message proves to be ours.
          <//>`
        : isAdmin
          ? html`<${WebhookForm} action="Create" save=${create} onCancel=${() => navigate(list)} />`
          : html`<${Empty} icon="webhooks" title="Admins make webhooks">Records leave the house by them.<//>`
    }
  `
}
