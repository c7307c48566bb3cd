// Delivering one message: signed, again and ever more rarely while it does not arrive. A receiver that is slow or
// gone holds up nobody else: it has few places, is spared after failures, and is switched off at last.
import type { Clock } from '../../base/clock.ts'
import type { Egress, EgressAnswer } from '../../base/egress.ts'
import { limits } from '../../base/limits.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { type EffectHandler, effectHandler, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { type Webhook, webhookDeliveries, webhooks } from './collections.ts'
import { webhookDisabled } from './events.ts'
import { signedHeaders } from './signature.ts'
import { webhookDeliver } from './tell-webhooks.ts'

/** Between the attempts to deliver one message: three days in all, as the Standard Webhooks specification proposes. */
const pausesMs = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map((seconds) => seconds * 1_000)

export type WebhookPorts = { readonly egress: Egress }

export function deliverWebhook({ egress }: WebhookPorts, clock: Clock): EffectHandler {
  const places = createPlaces(clock)
  return effectHandler(webhookDeliver, {
    attemptsMax: pausesMs.length + 1,
    async perform({ effect, payload, subject, read, now, project }) {
      const delivery = await subject(webhookDeliveries, payload.delivery)
      if (delivery === null) return { end: 'dead', error: 'The message is forgotten.' }
      const webhook = await read.get(webhooks, delivery.webhook)
      if (webhook === null) return { end: 'dead', error: 'The webhook is deleted.' }
      if (!webhook.enabled) return { end: 'dead', error: 'The webhook is disabled.' }
      const pauseMs = Math.max((webhook.pausedUntil ?? 0) - now, places.waitMs(webhook.id, now))
      if (pauseMs > 0) return { end: 'retry', error: 'The receiver is spared for now.', afterMs: pauseMs, isNoAttempt: true }
      const headers = { ...signedHeaders({ id: delivery.messageId, at: now, body: delivery.body }, secretsOf(webhook, now)), ...fixed }
      const request = { method: 'POST', url: webhook.url, headers, body: delivery.body, isPublicOnly: !project.reachesPrivate } as const
      return outcomeOf(await places.take(webhook.id, async () => await answerOf(egress, request)), (effect.failures ?? 0) + 1)
    },
    async settle({ tx, now, outcome, payload }) {
      const delivery = await tx.get(webhookDeliveries, payload.delivery)
      if (delivery === null || (outcome.end === 'retry' && outcome.isNoAttempt)) return []
      await tx.touch(webhookDeliveries, delivery.id, { set: endOf(outcome, now) })
      const webhook = await tx.get(webhooks, delivery.webhook)
      return webhook?.enabled ? await noteHealth({ tx, now }, webhook, outcome) : []
    },
    async tryAgain({ tx, payload }) {
      await tx.touch(webhookDeliveries, payload.delivery, { set: { status: 'pending' } })
    },
    async giveUp({ tx, payload }) {
      await tx.touch(webhookDeliveries, payload.delivery, { set: { status: 'failed', lastError: 'Given up by staff.' } })
    },
  })
}

const fixed = { 'content-type': 'application/json', 'user-agent': 'Kingpost-Webhooks/1' } as const

function secretsOf({ secret, formerSecret, formerUntil }: Webhook, now: number): string[] {
  return formerSecret !== null && (formerUntil ?? 0) > now ? [secret, formerSecret] : [secret]
}

type Answered = EgressAnswer | { readonly status: null; readonly error: string }

async function answerOf(egress: Egress, request: Parameters<Egress['request']>[0]): Promise<Answered> {
  try {
    return await egress.request(request)
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : String(error) }
  }
}

const gone = 'The receiver answered 410: it is gone.'

/** Any 2xx is a yes. 410 is a wish to hear nothing more. Redirects are not followed: a receiver says where it is. */
function outcomeOf(answer: Answered, failures: number): Outcome {
  if (answer.status === null) return { end: 'retry', error: answer.error, afterMs: pauseAfter(failures) }
  const { status } = answer
  if (status >= 200 && status < 300) return { end: 'done', result: null }
  if (status === 410) return { end: 'dead', error: gone }
  const error = `The receiver answered ${status}${status >= 300 && status < 400 ? ', and redirects are not followed' : ''}.`
  return { end: 'retry', error, afterMs: pauseAfter(failures) }
}

function pauseAfter(failures: number): number {
  return pausesMs[Math.min(failures, pausesMs.length) - 1]!
}

function endOf(outcome: Outcome, now: number) {
  if (outcome.end === 'done') return { status: 'delivered', deliveredAt: now, lastError: null }
  return { status: outcome.end === 'retry' ? 'pending' : 'failed', lastError: outcome.error.slice(0, limits.refusalCharactersMax) }
}

/** How it stands with a receiver: told in no feed, so that a busy one is no news. */
async function noteHealth({ tx, now }: Pick<Work, 'tx' | 'now'>, webhook: Webhook, outcome: Outcome): Promise<readonly DomainEvent[]> {
  if (outcome.end === 'done') {
    if (webhook.failingSince !== null) await tx.touch(webhooks, webhook.id, { set: { failingSince: null, failures: 0, pausedUntil: null } })
    return []
  }
  const failingSince = webhook.failingSince ?? now
  const isGone = outcome.error === gone
  if (isGone || now - failingSince >= limits.webhookFailingMs) {
    const disabledBecause = isGone ? gone : 'Nothing has arrived there for five days.'
    const disabled = await tx.update(webhooks, webhook, { set: { enabled: false, disabledBecause, pausedUntil: null } })
    return [webhookDisabled({ webhook: disabled })]
  }
  const failures = webhook.failures + 1
  const pauseMs = Math.min(limits.webhookSparedMaxMs, limits.webhookSparedMs * 2 ** Math.min(failures, 20))
  await tx.touch(webhooks, webhook.id, { set: { failingSince, failures, pausedUntil: now + pauseMs } })
  return []
}

/**
 * Places of this process on the way to receivers, few for each. Whoever finds none is told when to come again, by how long
 * others took, so that a long line is not looked through every second.
 */
function createPlaces(clock: Clock) {
  const byWebhook = new Map<string, { taken: number; meanMs: number; freeAt: number }>()
  let all = 0
  return {
    waitMs(id: string, now: number): number {
      const way = byWebhook.get(id)
      if (all < limits.webhookPlaces && (way?.taken ?? 0) < limits.webhookPlacesEach) return 0
      const found = way ?? { taken: 0, meanMs: 100, freeAt: 0 }
      byWebhook.set(id, found)
      found.freeAt = Math.max(now + 500, found.freeAt) + Math.ceil(found.meanMs / limits.webhookPlacesEach)
      return found.freeAt - now
    },
    async take<T>(id: string, call: () => Promise<T>): Promise<T> {
      const way = byWebhook.get(id) ?? { taken: 0, meanMs: 100, freeAt: 0 }
      byWebhook.set(id, way)
      way.taken++
      all++
      const began = clock.now()
      try {
        return await call()
      } finally {
        way.taken--
        all--
        way.meanMs += (clock.now() - began - way.meanMs) / 8
        if (way.taken === 0 && way.freeAt <= clock.now()) byWebhook.delete(id)
      }
    },
  }
}
