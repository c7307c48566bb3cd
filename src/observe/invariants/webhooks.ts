// What must hold of the messages to webhooks: each is owed to a receiver once, by one effect, and both agree on what became of
// it. What is deleted or forgotten meanwhile is known by its age.
import { limits } from '../../base/limits.ts'
import { eq, oneOf } from '../../contract/filter.ts'
import { type Webhook, type WebhookDelivery, webhookDeliveries, webhooks } from '../../domains/webhooks/collections.ts'
import { webhookDeliver } from '../../domains/webhooks/tell-webhooks.ts'
import { type Effect, effects } from '../../effects/effect.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const webhookInvariants: InvariantGroup = {
  needs: ['webhooks', 'webhookDeliveries', 'effects'],
  invariants: {
    'webhooks.health_fits':
      'A webhook that fails has failures and their beginning; one that was switched off knows why; secrets end together.',
    'webhookDeliveries.owed_once': 'A message is owed to a webhook once, replays aside, and to all of them as the same bytes.',
    'webhookDeliveries.tells_its_event': 'A message names the event that its bytes tell.',
    'webhookDeliveries.has_effect': 'A message has the one effect that delivers it, and that effect its message.',
    'webhookDeliveries.agrees_with_effect':
      'A message is delivered when its effect is done, failed when it is given up, pending while it is open.',
  },
  async check(context) {
    for await (const page of pagesOf(context, webhooks)) for (const webhook of page) checkHealth(context, webhook)
    for await (const page of pagesOf(context, webhookDeliveries)) {
      for (const delivery of page) checkEvent(context, delivery)
      await checkOnce(context, page)
      await checkCarried(context, page)
    }
    for await (const page of pagesOf(context, effects, eq('kind', webhookDeliver.name))) await checkCarriers(context, page)
  },
}

function checkHealth({ report }: VerifyContext, webhook: Webhook): void {
  const { id, enabled, disabledBecause, failures, failingSince, formerSecret, formerUntil } = webhook
  const fits =
    failures >= 0 &&
    failures > 0 === (failingSince !== null) &&
    (formerSecret === null) === (formerUntil === null) &&
    !(enabled && disabledBecause !== null)
  if (!fits) report('webhooks.health_fits', [`webhooks/${id}`], `${failures} failures since ${failingSince}, enabled ${enabled}`)
}

function checkEvent({ report }: VerifyContext, { id, event, body }: WebhookDelivery): void {
  if (typeOf(body) !== event) report('webhookDeliveries.tells_its_event', [`webhookDeliveries/${id}`], `it is of ${event}`)
}

function typeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { type?: unknown }).type
  } catch {
    return null
  }
}

/** By its webhook-id, with every row of it that there is. */
async function checkOnce(context: VerifyContext, page: readonly WebhookDelivery[]): Promise<void> {
  const ids = [...new Set(page.map(({ messageId }) => messageId))]
  const all = await allOf(context, webhookDeliveries, oneOf('messageId', ids))
  for (const [messageId, rows] of Map.groupBy(all, (row) => row.messageId)) {
    const first = rows.filter(({ replayOf }) => replayOf === null)
    const isTwice = new Set(first.map(({ webhook }) => webhook)).size < first.length
    const isOther = new Set(rows.map(({ body }) => body)).size > 1
    if (isTwice || isOther)
      context.report(
        'webhookDeliveries.owed_once',
        rows.map(({ id }) => `webhookDeliveries/${id}`),
        `${messageId} ${isTwice ? 'is owed to one receiver twice' : 'is not the same for all'}`,
      )
  }
}

const keyOf = ({ id }: Pick<WebhookDelivery, 'id'>) => `${webhookDeliver.name}:${id}`

async function checkCarried(context: VerifyContext, page: readonly WebhookDelivery[]): Promise<void> {
  const found = await allOf(context, effects, oneOf('key', page.map(keyOf)))
  const byKey = new Map(found.map((effect) => [effect.key, effect]))
  for (const delivery of page) {
    const effect = byKey.get(keyOf(delivery))
    if (effect !== undefined) await checkAgreement(context, delivery, effect)
    else if (delivery.status === 'pending' || delivery.updatedAt > context.now - limits.effectsKeepMs)
      context.report('webhookDeliveries.has_effect', [`webhookDeliveries/${delivery.id}`], `${delivery.status}, and no effect delivers it`)
  }
}

const statusBy: Readonly<Record<Effect['state'], WebhookDelivery['status']>> = {
  ready: 'pending',
  running: 'pending',
  held: 'pending',
  unknown: 'pending',
  done: 'delivered',
  dead: 'failed',
  canceled: 'failed',
}

/** Beside a running server: what has changed since the page was read is of two times, and passes. */
async function checkAgreement({ read, report }: VerifyContext, { id, status }: WebhookDelivery, { id: owed }: Effect): Promise<void> {
  const effect = await read.get(effects, owed)
  if (effect === null || statusBy[effect.state] === status) return
  const delivery = await read.get(webhookDeliveries, id)
  const isStill = (await read.get(effects, owed))?.version === effect.version
  if (delivery === null || !isStill || statusBy[effect.state] === delivery.status) return
  report(
    'webhookDeliveries.agrees_with_effect',
    [`webhookDeliveries/${id}`, `effects/${owed}`],
    `it is ${delivery.status}, its effect ${effect.state}`,
  )
}

async function checkCarriers(context: VerifyContext, page: readonly Effect[]): Promise<void> {
  const idOf = (effect: Effect) => webhookDeliver.payloadOf(effect)?.delivery ?? ''
  const found = await context.read.getMany(webhookDeliveries, page.map(idOf))
  const known = new Set(found.map(({ id }) => id))
  for (const effect of page) {
    const mayBeForgotten = statusBy[effect.state] !== 'pending' && effect.createdAt <= context.now - limits.webhookDeliveriesKeepMs
    if (!known.has(idOf(effect)) && !mayBeForgotten)
      context.report('webhookDeliveries.has_effect', [`effects/${effect.id}`], `${effect.state}, and its message is gone`)
  }
}
