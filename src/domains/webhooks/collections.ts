// Webhooks that we send: where to, and each message on its way there. Not to be confused with those that payment providers
// send to us (domains/payments, `webhookInbox`).
import { nobody, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

const secretOptions = { read: nobody, feed: false, max: limits.urlCharactersMax } as const

export const webhooks = collection('webhooks', {
  prefix: 'whe',
  system: true,
  fields: {
    url: field.url({ required: true }),
    description: field.text(),
    /** Names of events, `orders.*` for all of one kind; empty for all. */
    events: field.json<readonly string[]>({ required: true, schema: { type: 'array', items: { type: 'string' } } }),
    enabled: field.boolean({ required: true }),
    /** Why it is not enabled, where that was nobody's wish. */
    disabledBecause: field.text(),
    /** Signs, so it is stored as it is. Not in the audit trail. */
    secret: field.text({ required: true, ...secretOptions }),
    /** Signs as well until `formerUntil`, so that a receiver has time to take the new one. */
    formerSecret: field.text(secretOptions),
    formerUntil: field.dateTime(),
    /** Since when nothing has arrived. */
    failingSince: field.dateTime(),
    /** Attempts in a row that failed. */
    failures: field.integer({ required: true }),
    /** It is spared until then. */
    pausedUntil: field.dateTime(),
  },
  access: { read: staff },
})
export type Webhook = NonNullable<(typeof webhooks)['record']>

export const webhookDeliveries = collection('webhookDeliveries', {
  prefix: 'whd',
  title: 'Webhook deliveries',
  system: true,
  feed: false,
  fields: {
    webhook: field.ref('webhooks', { required: true }),
    event: field.text({ required: true }),
    /** `webhook-id`: the same whenever this message is sent again. */
    messageId: field.text({ required: true }),
    /** The delivery that staff had sent again by this one; it may be forgotten before. */
    replayOf: field.text({ max: limits.idCharactersMax }),
    status: field.enum(['pending', 'delivered', 'failed'], { required: true }),
    lastError: field.text({ max: limits.refusalCharactersMax }),
    deliveredAt: field.dateTime(),
    /** The bytes that are signed and sent. */
    body: field.longText({ required: true }),
  },
  indexes: [['webhook', '-createdAt'], ['messageId'], ['status', 'createdAt']],
  personal: { freeForm: 'delete' },
  access: { read: staff },
})
export type WebhookDelivery = NonNullable<(typeof webhookDeliveries)['record']>
