// `kingpost effects`: what a restore holds back, and letting it continue or giving it up. Works beside running
// servers: they find what is due again with their next look.
import { systemClock, toIso } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { eq } from '../contract/filter.ts'
import { payments } from '../domains/payments/collections.ts'
import { countHeld, heldOf, releaseHeld } from '../engine/recovery.ts'
import type { Model } from '../schema/model.ts'
import { type Recovery, readRecovery, recoveryMark } from '../storage/archive/marks.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import type { WholeStorage } from '../storage/storage.ts'
import { openBeside, placeOf } from './database.ts'
import { loadBackend } from './load-config.ts'
import { counted } from './progress.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** @throws Error with one sentence for people */
export async function releaseEffects(settings: ProcessSettings): Promise<number> {
  const [action, ...more] = settings.rest
  const isKnown = action === undefined || action === 'resume' || (action === 'cancel' && settings.isForMails)
  if (!isKnown || more.length > 0)
    throw new UsageError('Type: kingpost effects, kingpost effects resume [--mails], or kingpost effects cancel --mails')
  const { model } = await loadBackend(settings)
  const { storage, close } = await openBeside(placeOf(settings), model)
  try {
    if (action !== undefined) await release(storage, model, { isCancel: action === 'cancel', isForMails: settings.isForMails })
    await tell(settings, storage, model)
    return 0
  } finally {
    await close()
  }
}

type Wish = { readonly isCancel: boolean; readonly isForMails: boolean }

async function release(storage: WholeStorage, model: Model, { isCancel, isForMails }: Wish): Promise<void> {
  const recovery = await readRecovery(storage)
  const unasked = await countUnasked(storage, model, recovery)
  if (unasked > 0 && !isCancel)
    throw new Error(
      `${unasked} payments were not asked for at their provider yet, so what is held could be done a second time.` +
        ' Start a server, and try again when kingpost effects says that none is left.',
    )
  const parts = { storage, model, clock: systemClock, random: systemRandom }
  const cause = { operation: isCancel ? 'effects.cancelHeld' : 'effects.resumeHeld', actor: 'command line', requestId: '' }
  const which = heldOf(isForMails ? 'mails' : 'recognised')
  let count = 0
  do
    count = await inTransaction(parts, cause, (tx, now) =>
      releaseHeld(tx, which, isCancel ? { state: 'canceled' } : { state: 'ready', dueAt: now }),
    )
  while (count > 0)
  // Whoever has sent the rest on has looked: what happens from now on is carried out as ever.
  if (!isCancel && !isForMails && recovery !== null) await storage.load({ marks: { [recoveryMark]: null } })
}

/** Payments that a restore wants asked for, and nobody has. */
async function countUnasked(storage: WholeStorage, model: Model, recovery: Recovery | null): Promise<number> {
  if (recovery === null || model.find(payments.name) === undefined) return 0
  return await storage.reader.count(payments, eq('checkAt', recovery.at))
}

async function tell({ isJson }: ProcessSettings, storage: WholeStorage, model: Model): Promise<void> {
  const recovery = await readRecovery(storage)
  const held = await countHeld(storage.reader)
  const unasked = await countUnasked(storage, model, recovery)
  if (isJson) return void process.stdout.write(`${JSON.stringify({ recovery, unaskedPayments: unasked, held })}\n`)
  const lines: string[] = []
  if (recovery !== null) {
    lines.push(`Restored on ${toIso(recovery.at)} from a backup of ${toIso(recovery.backupAt)}; not reviewed yet.`)
    lines.push(`${counted(unasked, 'payment')} still to be asked for at their provider${unasked > 0 ? ': start a server' : ''}.`)
  }
  if (held.recognised > 0 || recovery !== null)
    lines.push(`${counted(held.recognised, 'call')} to payment providers held. Their keys make a repeat harmless: kingpost effects resume`)
  const others = held.others === 0 ? '' : ` and ${counted(held.others, 'call')} of hooks, effects and webhooks`
  if (held.mails + held.others > 0)
    lines.push(
      `${counted(held.mails, 'mail')}${others} held. They may have been sent after the backup: look at them in the console (Effects, held).`,
      '  Send them: kingpost effects resume --mails. Give them up: kingpost effects cancel --mails',
    )
  process.stdout.write(`${lines.length === 0 ? 'Nothing is held.' : lines.join('\n')}\n`)
}
