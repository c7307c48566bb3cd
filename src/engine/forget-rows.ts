// Rows whose promise has ended are forgotten: what is kept for ever makes every database slow in the end. Invariant:
// nothing that is open, or that waits for somebody, is forgotten.
import { limits } from '../base/limits.ts'
import type { Project } from '../config/project.ts'
import { and, compare, eq, type Filter, isNull, oneOf } from '../contract/filter.ts'
import { endKeys } from '../domains/accounts/api-keys.ts'
import { devices } from '../domains/accounts/devices.ts'
import { forgetImpersonations } from '../domains/accounts/impersonations.ts'
import { forgetInvitations } from '../domains/accounts/invitations.ts'
import { passkeyChallenges } from '../domains/accounts/passkeys.ts'
import { proofs } from '../domains/accounts/proofs.ts'
import { providerFlows } from '../domains/accounts/provider-flows.ts'
import { endSessions } from '../domains/accounts/session.ts'
import { signInTries } from '../domains/accounts/sign-in-tries.ts'
import { linksBefore, orderLinks } from '../domains/orders/order-links.ts'
import { webhookInbox } from '../domains/payments/collections.ts'
import { webhookDeliveries } from '../domains/webhooks/collections.ts'
import { effects } from '../effects/effect.ts'
import { type Schedule, scheduleTicks } from '../effects/schedule.ts'
import { hookCalls } from '../extend/hook-calls.ts'
import { idempotencyKeys } from '../operation/idempotency.ts'
import { rateLimits } from '../operation/rate-limits.ts'
import type { AnyRecord, CollectionRef } from '../schema/collection.ts'
import type { Transaction } from '../storage/transaction.ts'

/** Few, or gone with one range of an index. */
export const forgetOldRows = ({ project }: { readonly project: Pick<Project, 'shop'> }): Schedule => ({
  name: 'rows.forget',
  everyMs: 3_600_000,
  async run({ tx, now }) {
    await tx.deleteWhere(idempotencyKeys, compare('createdAt', 'lt', now - limits.idempotencyKeepMs))
    await tx.deleteWhere(rateLimits, compare('arrival', 'lt', now))
    await tx.deleteWhere(scheduleTicks, compare('createdAt', 'lt', now - limits.scheduleTicksKeepMs))
    await tx.deleteWhere(hookCalls, compare('createdAt', 'lt', now - limits.hookCallsKeepMs))
    await tx.deleteWhere(signInTries, compare('forgottenAt', 'lt', now))
    await tx.deleteWhere(devices, compare('forgottenAt', 'lt', now))
    await tx.deleteWhere(proofs, compare('expiresAt', 'lt', now))
    await tx.deleteWhere(passkeyChallenges, compare('expiresAt', 'lt', now))
    await tx.deleteWhere(providerFlows, compare('expiresAt', 'lt', now))
    await forgetInvitations(tx, now)
    await forgetImpersonations(tx, now)
    await endSessions(tx, compare('expiresAt', 'lt', now))
    await endSessions(tx, compare('usedAt', 'lt', now - limits.sessionIdleMs))
    await endKeys(tx, compare('expiresAt', 'lt', now - limits.apiKeysKeepMs))
    if (project.shop) await tx.deleteWhere(orderLinks, linksBefore(now - limits.orderLinkMs))
  },
})

/** Many: each order leaves some. Dead and doubtful effects stay until somebody has looked. */
export const forgetEffects: Schedule = {
  name: 'effects.forget',
  everyMs: 120_000,
  async run({ tx, now }) {
    const isOver = compare('dueAt', 'lt', now - limits.effectsKeepMs)
    for (const state of ['done', 'canceled'] as const)
      await forgetSome(tx, effects, { where: and(eq('state', state), isOver), by: 'dueAt' })
  },
}

/** An event of which a provider's repeat still comes is not old. */
export const forgetWebhooks: Schedule = {
  name: 'webhooks.forget',
  everyMs: 120_000,
  async run({ tx, now }) {
    const isOver = compare('createdAt', 'lt', now - limits.webhooksKeepMs)
    for (const state of ['handled', 'unmatched'] as const)
      await forgetSome(tx, webhookInbox, { where: and(eq('state', state), isOver, isNull('lookAt')), by: 'createdAt' })
  },
}

export const forgetDeliveries: Schedule = {
  name: 'webhookDeliveries.forget',
  everyMs: 120_000,
  async run({ tx, now }) {
    const isOver = compare('createdAt', 'lt', now - limits.webhookDeliveriesKeepMs)
    for (const status of ['delivered', 'failed'] as const)
      await forgetSome(tx, webhookDeliveries, { where: and(eq('status', status), isOver), by: 'createdAt' })
  },
}

async function forgetSome<T extends AnyRecord>(
  tx: Transaction,
  collection: CollectionRef<T>,
  { where, by }: { readonly where: Filter; readonly by: string },
): Promise<void> {
  // Beyond the limit: the next tick. So the first one on an old database holds the writer no longer than the others.
  const some = await tx.find(collection, { where, sort: [{ path: by, descending: false }], limit: limits.forgottenPerTick })
  if (some.length === 0) return
  const ids = oneOf(
    'id',
    some.map(({ id }) => id),
  )
  await tx.forget(collection, ids)
}
