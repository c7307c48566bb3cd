// What happens is told to the webhooks that asked for it: for each a message, and the effect that sends it, written in the
// transaction of what it tells. Invariant: where nobody asked, nothing is read and nothing is written.
import type { NewId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { effectKind, enqueue } from '../../effects/effect.ts'
import { findAll } from '../../storage/find-all.ts'
import type { StorageAdapter } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Webhook, type WebhookDelivery, webhookDeliveries, webhooks } from './collections.ts'

/** `data`: by what it is (`order`, `record`), a record in its wire form. */
export type Told = {
  readonly type: string
  /** The record that it is about, for the console. */
  readonly record: string | null
  readonly data: () => Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export const webhookDeliver = effectKind('webhook.deliver', Type.Object({ delivery: Type.String() }))

type Write = { readonly tx: Transaction; readonly now: number; readonly newId: NewId }

export type TellWebhooks = {
  tell(write: Write, told: Told): Promise<void>
  /** There is no webhook at all: what is told need not be made. */
  isSilent(): boolean
  refresh(): Promise<void>
}

/**
 * Remembers which webhooks there are, until a commit or the feed tells of a change. Of one that another process
 * has made it hears by the feed, so that one's first messages are of what happened after that.
 */
export function createTellWebhooks(storage: StorageAdapter): TellWebhooks {
  let known: readonly Webhook[] | null = null
  let generation = 0
  const look = ({ changes }: { readonly changes: readonly { readonly collection: string }[] }) => {
    if (!changes.some(({ collection }) => collection === webhooks.name)) return
    generation++
    known = null
  }
  storage.onCommit(look)
  if (storage.capabilities.isShared) storage.onFeed(look)

  /** Committed ones only: what a transaction under way reads may yet be undone. */
  async function refresh(): Promise<void> {
    const before = generation
    const found = await findAll(storage.reader, webhooks, eq('enabled', true))
    if (generation === before) known = found
  }

  return {
    refresh,
    isSilent: () => known?.length === 0,
    async tell(write, told) {
      if (known === null) void refresh().catch(() => {})
      const all = known ?? (await findAll(write.tx, webhooks, eq('enabled', true)))
      const asking = all.filter(({ events }) => wants(events, told.type))
      if (asking.length === 0) return
      const body = bodyOf(told, write.now)
      const messageId = write.newId('msg')
      for (const webhook of asking) await owe(write, { webhook: webhook.id, event: told.type, messageId, body }, told.record)
    },
  }
}

export function wants(events: readonly string[], type: string): boolean {
  return events.length === 0 || events.includes(type) || events.includes(`${type.slice(0, type.lastIndexOf('.'))}.*`)
}

/** A record too large to be sent is told by its id: whoever wants it asks the API for it. */
function bodyOf({ type, data }: Told, now: number): string {
  const timestamp = new Date(now).toISOString()
  const whole = data()
  const body = JSON.stringify({ type, timestamp, data: whole })
  if (body.length <= limits.ownPayloadCharactersMax) return body
  const ids = Object.fromEntries(Object.entries(whole).map(([name, { id }]) => [name, { id }]))
  return JSON.stringify({ type, timestamp, isShortened: true, data: ids })
}

type NewDelivery = Pick<WebhookDelivery, 'webhook' | 'event' | 'messageId' | 'body'> & Partial<Pick<WebhookDelivery, 'replayOf'>>

/** A message on its way: its row, and the effect under a key of its own. */
export async function owe({ tx, now, newId }: Write, message: NewDelivery, record: string | null): Promise<WebhookDelivery> {
  const delivery = await tx.insert(webhookDeliveries, {
    id: newId('whd'),
    replayOf: null,
    ...message,
    status: 'pending',
    lastError: null,
    deliveredAt: null,
  })
  await enqueue({ tx, now, newId }, webhookDeliver, {
    key: `webhook.deliver:${delivery.id}`,
    payload: { delivery: delivery.id },
    ...(record === null ? {} : { record }),
    isNew: true,
    subject: delivery,
  })
  return delivery
}
