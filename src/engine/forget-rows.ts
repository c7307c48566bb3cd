// Rows whose promise has ended are forgotten: what is kept for ever makes every database slow in the end. Invariant:
// nothing that is open, or that waits for somebody, is forgotten.
import { limits } from '../base/limits.ts'
import type { Project } from '../config/project.ts'
import { and, compare, eq, type Filter, isNull, oneOf, type Scalar } from '../contract/filter.ts'
import { endKeys } from '../domains/accounts/api-keys.ts'
import { devices } from '../domains/accounts/devices.ts'
import { forgetImpersonations } from '../domains/accounts/impersonations.ts'
import { forgetInvitations } from '../domains/accounts/invitations.ts'
import { passkeyChallenges } from '../domains/accounts/passkeys.ts'
import { proofs } from '../domains/accounts/proofs.ts'
import { providerFlows } from '../domains/accounts/provider-flows.ts'
import { endSessions } from '../domains/accounts/session.ts'
import { signInTries } from '../domains/accounts/sign-in-tries.ts'
import { mailEvents } from '../domains/inbound/mail-events.ts'
import { linksBefore, orderLinks } from '../domains/orders/order-links.ts'
import { paymentLinks } from '../domains/orders/payment-links.ts'
import { webhookInbox } from '../domains/payments/collections.ts'
import { webhookDeliveries } from '../domains/webhooks/collections.ts'
import { effects } from '../effects/effect.ts'
import { type Schedule, scheduleTicks } from '../effects/schedule.ts'
import { hookCalls } from '../extend/hook-calls.ts'
import { idempotencyKeys } from '../operation/idempotency.ts'
import { rateLimits } from '../operation/rate-limits.ts'
import type { AnyRecord, CollectionRef } from '../schema/collection.ts'
import type { Transaction } from '../storage/transaction.ts'

/**
 * Of most there are few, of keys of requests as many as there were changes two days ago. A tick holds the writer for some ten milliseconds; where it
 * leaves something, the next one comes at once.
 */
export const forgetOldRows = ({ project }: { readonly project: Pick<Project, 'shop'> }): Schedule => ({
  name: 'rows.forget',
  everyMs: 3_600_000,
  async run({ tx, now }) {
    let left: number = limits.forgottenPerTick
    const forget = async (collection: CollectionRef<unknown>, by: string, before: number) => {
      if (left > 0) left -= await forgetOldest(tx, collection, { where: compare(by, 'lt', before), by, atMost: left })
    }
    await forget(idempotencyKeys, 'createdAt', now - limits.idempotencyKeepMs)
    await forget(rateLimits, 'arrival', now)
    await forget(scheduleTicks, 'createdAt', now - limits.scheduleTicksKeepMs)
    await forget(mailEvents, 'createdAt', now - limits.mailEventsKeepMs)
    await forget(hookCalls, 'createdAt', now - limits.hookCallsKeepMs)
    for (const collection of [signInTries, devices]) await forget(collection, 'forgottenAt', now)
    for (const collection of [proofs, passkeyChallenges, providerFlows]) await forget(collection, 'expiresAt', now)
    await forgetInvitations(tx, now)
    await forgetImpersonations(tx, now)
    for (const isOver of [compare('expiresAt', 'lt', now), compare('usedAt', 'lt', now - limits.sessionIdleMs)])
      if (left > 0) left -= await endSessions(tx, isOver, left)
    await endKeys(tx, compare('expiresAt', 'lt', now - limits.apiKeysKeepMs))
    if (project.shop) await forget(paymentLinks, 'expiresAt', now - limits.paymentLinksKeepMs)
    if (project.shop && left > 0)
      left -= await forgetOldest(tx, orderLinks, { where: linksBefore(now - limits.orderLinkMs), by: 'id', atMost: left })
    return left <= 0 ? 'again' : undefined
  },
})

/** Many: each order leaves some. Dead and doubtful effects stay until somebody has looked. */
export const forgetEffects: Schedule = {
  name: 'effects.forget',
  everyMs: 120_000,
  async run({ tx, now }) {
    const isOver = compare('dueAt', 'lt', now - limits.effectsKeepMs)
    const wheres = ['done', 'canceled'].map((state) => and(eq('state', state), isOver))
    return await forgetEach(tx, effects, { wheres, by: 'dueAt' })
  },
}

/** An event of which a provider's repeat still comes is not old. */
export const forgetWebhooks: Schedule = {
  name: 'webhooks.forget',
  everyMs: 120_000,
  async run({ tx, now }) {
    const isOver = compare('createdAt', 'lt', now - limits.webhooksKeepMs)
    const wheres = ['handled', 'unmatched'].map((state) => and(eq('state', state), isOver, isNull('lookAt')))
    return await forgetEach(tx, webhookInbox, { wheres, by: 'createdAt' })
  },
}

export const forgetDeliveries: Schedule = {
  name: 'webhookDeliveries.forget',
  everyMs: 120_000,
  async run({ tx, now }) {
    const isOver = compare('createdAt', 'lt', now - limits.webhookDeliveriesKeepMs)
    const wheres = ['delivered', 'failed'].map((status) => and(eq('status', status), isOver))
    return await forgetEach(tx, webhookDeliveries, { wheres, by: 'createdAt' })
  },
}

type Old = { readonly where: Filter; readonly by: string; readonly atMost: number }

/**
 * The oldest, as many as may be, by what they have an index of: how many there are of each time is counted in the index, so no row is read, and rows
 * may be large. Answers how many are gone, or `atMost` where some are left.
 */
async function forgetOldest(tx: Transaction, collection: CollectionRef<unknown>, { where, by, atMost }: Old): Promise<number> {
  const times = await tx.group(collection, { where, by: [by], measures: [], limit: atMost })
  let count = 0
  let last: Scalar | null = null
  for (const { key, count: own } of times) {
    if (count > 0 && count + own > atMost) break
    count += own
    last = key[0]!
  }
  if (last === null) return 0
  const isCut = last !== times.at(-1)!.key[0]
  const gone = await tx.deleteWhere(collection, and(where, compare(by, 'lte', last)))
  return isCut ? atMost : gone
}

/** Of each of these as many as a tick may. */
async function forgetEach<T extends AnyRecord>(
  tx: Transaction,
  collection: CollectionRef<T>,
  { wheres, by }: { readonly wheres: readonly Filter[]; readonly by: string },
): Promise<'again' | undefined> {
  let isMore = false
  for (const where of wheres) {
    // Beyond the limit: the next tick. So the first one on an old database holds the writer no longer than the others.
    const some = await tx.find(collection, { where, sort: [{ path: by, descending: false }], limit: limits.forgottenPerTick })
    if (some.length === 0) continue
    const ids = some.map(({ id }) => id)
    await tx.forget(collection, oneOf('id', ids))
    isMore ||= some.length === limits.forgottenPerTick
  }
  return isMore ? 'again' : undefined
}
