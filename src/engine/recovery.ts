// After a restore: what the backup held as open may have been done since it was taken, and nobody here
// can know. So a restore rewrites it: effects are held, sessions and API keys end, payments are asked for at their
// provider. Until staff have reviewed it, mails about records from before the restore are born held.
import type { Clock } from '../base/clock.ts'
import { isEngineError } from '../base/engine-error.ts'
import type { NewId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { and, eq, type Filter, oneOf } from '../contract/filter.ts'
import { isAdmin } from '../domains/accounts/admins.ts'
import { apiKeys } from '../domains/accounts/api-keys.ts'
import { sessions, users } from '../domains/accounts/collections.ts'
import { impersonations } from '../domains/accounts/impersonations.ts'
import { invitations } from '../domains/accounts/invitations.ts'
import { passkeyChallenges } from '../domains/accounts/passkeys.ts'
import { isCreditProvider } from '../domains/credit/collections.ts'
import { emailSend } from '../domains/emails/queue-email.ts'
import { invoiceSeries } from '../domains/invoices/collections.ts'
import { orders } from '../domains/orders/collections.ts'
import { paymentLinks } from '../domains/orders/payment-links.ts'
import { liveStatuses, type Payment, payments } from '../domains/payments/collections.ts'
import { eraseKind, erasureOfRestored } from '../domains/personal/erase-person.ts'
import { dataExports } from '../domains/personal/exports.ts'
import { webhookDeliveries } from '../domains/webhooks/collections.ts'
import { webhookDeliver } from '../domains/webhooks/tell-webhooks.ts'
import { type Effect, effects } from '../effects/effect.ts'
import { type AnyRecord, recordOf } from '../schema/collection.ts'
import type { Model } from '../schema/model.ts'
import { erasedDomain } from '../schema/personal.ts'
import type { Rewrite } from '../storage/archive/contents.ts'
import { readRecovery } from '../storage/archive/marks.ts'
import type { Reader, StorageAdapter } from '../storage/storage.ts'
import type { Transaction } from '../storage/transaction.ts'

/** Past this age a provider has nothing new to say of a payment: disputes and refunds end before. */
const reconciledMs = 180 * 24 * 3_600_000

export type RestoreCounts = { held: number; sessions: number; keys: number; payments: number; erased: number }

type Restored = {
  readonly now: number
  readonly backupAt: number
  /** Accounts that were erased since: they are to be erased again, and nobody signs in by them until they are. */
  readonly erased?: ReadonlySet<string>
  /** Numbers of invoices that went out since, the last of each `series/year`: they are not given again. */
  readonly issued?: ReadonlyMap<string, number>
}

/** What records become on their way out of a backup. Running it again over the same record changes it alike. */
export function restoreRules({ now, backupAt, erased = new Set(), issued = new Map() }: Restored): {
  readonly rewrite: Rewrite
  readonly counts: RestoreCounts
} {
  const counts: RestoreCounts = { held: 0, sessions: 0, keys: 0, payments: 0, erased: 0 }
  const rewrite: Rewrite = (section, row) => {
    switch (section) {
      case sessions.name:
        counts.sessions++
        return null
      // Whatever was answered since could be answered again.
      case passkeyChallenges.name:
        return null
      // Its archive is in no backup.
      case dataExports.name:
        return null
      case users.name: {
        if (!isBack(row, erased)) return row
        counts.erased++
        const user = recordOf(users, row)
        // An admin is in the list of admins for as long as the account is open.
        return isAdmin(user) ? row : { ...row, disabled: true, version: user.version + 1, updatedAt: now }
      }
      // One that was revoked since would open the shop again.
      case apiKeys.name:
        counts.keys++
        return null
      // Nor may whoever acted as somebody go on, or an invitation be used that was taken back since.
      case impersonations.name: {
        const one = recordOf(impersonations, row)
        return one.endedAt !== null ? row : { ...row, endedAt: now, version: one.version + 1, updatedAt: now }
      }
      case invitations.name: {
        const one = recordOf(invitations, row)
        return one.status !== 'pending' ? row : { ...row, status: 'revoked', secretHash: null, version: one.version + 1, updatedAt: now }
      }
      // A newer one may have taken its place since.
      case paymentLinks.name:
        return null
      case effects.name: {
        const effect = recordOf(effects, row)
        if (effect.state !== 'ready' && effect.state !== 'running') return row
        // What somebody wants gone does not wait for a look at anything else.
        if (effect.kind === eraseKind.name) return row
        counts.held++
        return { ...row, state: 'held', owner: null, version: effect.version + 1, updatedAt: now }
      }
      case invoiceSeries.name: {
        const counter = recordOf(invoiceSeries, row)
        const lost = (issued.get(seriesName(counter)) ?? 0) - counter.last
        if (lost <= 0) return row
        return { ...row, last: counter.last + lost, lost: (counter.lost ?? 0) + lost, version: counter.version + 1, updatedAt: now }
      }
      case payments.name: {
        const payment = recordOf(payments, row)
        if (!isAskedFor(payment, backupAt)) return row
        counts.payments++
        return { ...row, checkAt: now, version: payment.version + 1, updatedAt: now }
      }
      default:
        return row
    }
  }
  return { rewrite, counts }
}

/** `INV/2026`: as whoever restores names it. */
export function seriesName({ key }: { readonly key: string }): string {
  const [, series, year] = JSON.parse(key) as [seller: string, series: string, year: number]
  return `${series}/${year}`
}

/** Erased since the backup: it has a name again. */
function isBack(row: AnyRecord, erased: ReadonlySet<string>): boolean {
  return erased.has(row.id) && !String(row['email']).endsWith(`@${erasedDomain}`)
}

/** What has these accounts erased again once a server runs, as records to be stored beside what the backup held. */
export async function erasedAgain(
  read: Reader,
  erased: ReadonlySet<string>,
  { now, newId }: { readonly now: number; readonly newId: NewId },
) {
  const made: { readonly erasures: AnyRecord[]; readonly effects: AnyRecord[] } = { erasures: [], effects: [] }
  const ids = [...erased]
  for (let start = 0; start < ids.length; start += limits.readPageSize)
    for (const user of await read.getMany(users, ids.slice(start, start + limits.readPageSize))) {
      if (!isBack(user, erased)) continue
      const rows = erasureOfRestored(user.id, { now, newId })
      made.erasures.push(rows.erasure)
      made.effects.push(rows.effect)
    }
  return made
}

function isAskedFor({ provider, status, createdAt }: Payment, backupAt: number): boolean {
  if (isCreditProvider(provider)) return false
  if (liveStatuses.includes(status) || status === 'requires_action' || status === 'authorized') return true
  return status !== 'failed' && status !== 'canceled' && createdAt > backupAt - reconciledMs
}

/** Kinds of effects by what a repeat does: a provider recognises our key, a mail server does not. */
const recognised = [
  'payment.start',
  'payment.follow',
  'payment.refund',
  'payment.cancel',
  'payments.readAccount',
  'payments.explainAccount',
]

/** `others`: what the project owes by itself (hooks, effects, webhooks), of which nobody knows whether a repeat is recognised. */
export type HeldCounts = { readonly recognised: number; readonly mails: number; readonly others: number }

export async function countHeld(read: Reader): Promise<HeldCounts> {
  const all = await read.count(effects, eq('state', 'held'))
  const safe = await read.count(effects, heldOf('recognised'))
  const mails = all === safe ? 0 : await read.count(effects, and(eq('state', 'held'), eq('kind', emailSend.name)))
  return { recognised: safe, mails, others: all - safe - mails }
}

/** `mails`: and whatever else waits for somebody to look. */
export function heldOf(what: 'recognised' | 'mails'): Filter {
  const isRecognised = oneOf('kind', recognised)
  return and(eq('state', 'held'), what === 'recognised' ? isRecognised : { op: 'not', of: isRecognised })
}

/**
 * Whether a restore brought nothing that may have happened since: then there is nothing to look at. An unpaid order counts,
 * for its mails follow without any payment.
 */
export async function hasNothingOpen(read: Reader, model: Model, { payments: asked }: RestoreCounts): Promise<boolean> {
  if (asked > 0 || (await read.count(effects, eq('state', 'held'))) > 0) return false
  return model.find(orders.name) === undefined || (await read.count(orders, eq('status', 'pending_payment'))) === 0
}

/** Lets some held effects continue, or gives them up. Answers how many; 0 when none is left. */
export async function releaseHeld(
  tx: Transaction,
  which: Filter,
  set: Pick<Effect, 'state'> & Partial<Pick<Effect, 'dueAt'>>,
): Promise<number> {
  // Beyond the limit: the caller asks until none is left.
  const some = await tx.find(effects, { where: which, limit: limits.pageSizeMax })
  for (const effect of some) {
    await tx.update(effects, effect, { set })
    const message = effect.kind === webhookDeliver.name && set.state === 'canceled' ? webhookDeliver.payloadOf(effect) : null
    if (message) await tx.touch(webhookDeliveries, message.delivery, { set: { status: 'failed', lastError: 'Given up after a restore.' } })
  }
  return some.length
}

/** Looks whether the review is over, as long as there is one: it is ended from the command line. */
export async function watchRecovery({ storage, clock, log }: { storage: StorageAdapter; clock: Clock; log: Log }) {
  let recovery = await readRecovery(storage)
  let cancel = () => {}
  const look = () => {
    if (recovery === null) return
    cancel = clock.after(limits.effectPollMs, () => {
      readRecovery(storage)
        .then((found) => {
          recovery = found
        })
        .catch((error) => {
          if (!isEngineError(error)) log.write('error', 'Whether a restore is still under review could not be read.', { error })
        })
        .finally(look)
    })
  }
  look()
  return {
    restoredAt: () => recovery?.at ?? null,
    stop() {
      recovery = null
      cancel()
    },
  }
}
