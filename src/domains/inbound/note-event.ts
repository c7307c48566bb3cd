// What a provider tells of a message of ours, noted on that message. Invariants: events come doubled and in any order, so each changes the
// message only from where it can follow: nothing that came back is sent again by it, and nothing that staff have just sent again is ended by it.
import { normalEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { effects } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type Email, emails } from '../emails/collections.ts'
import { emailSend, sendKey } from '../emails/queue-email.ts'
import { endSending } from '../emails/send-email.ts'
import { suppress } from '../emails/suppressions.ts'
import type { ToldEvent } from './mail-hook.ts'

/** The message that it is about; null where that is none of ours. */
export async function findTold(tx: Work['tx'], { email, messageId }: Pick<ToldEvent, 'email' | 'messageId'>): Promise<Email | null> {
  // A Message-ID of ours is made of the id of the message.
  const id = email ?? /^<?(eml_[0-9a-hjkmnp-tv-z]{26})@/.exec(messageId ?? '')?.[1]
  if (id === undefined || !/^eml_[0-9a-hjkmnp-tv-z]{26}$/.test(id)) return null
  const found = await tx.get(emails, id)
  return found?.direction === 'out' ? found : null
}

export async function noteEvent(work: Work, about: Email, event: ToldEvent): Promise<void> {
  const { kind, isNoMailbox, detail } = event
  // Outside production somebody else may have got it.
  const isOfItsReader = event.recipient === '' || normalEmail(event.recipient) === normalEmail(about.to)
  switch (kind) {
    case 'delivered':
      return await arrived(work, about, event)
    case 'bounced':
    case 'refused':
      await cameBack(work, about, event)
      if (isNoMailbox && isOfItsReader)
        await suppress(work, { address: about.to, reason: 'bounce', email: about.id, note: detail.slice(0, 255) })
      return
    case 'complained':
    case 'unsubscribed':
      await arrived(work, about, event)
      if (isOfItsReader)
        await suppress(work, { address: about.to, reason: kind === 'complained' ? 'complaint' : 'unsubscribe', email: about.id })
      return
    case 'deferred':
    case 'received':
      // The provider goes on by itself.
      return
  }
}

async function arrived(work: Work, about: Email, event: ToldEvent): Promise<void> {
  if (about.status === 'sent' || about.status === 'bounced') return
  const { happenedAt } = event
  await end(work, about, { at: happenedAt, known: { status: 'sent', sentAt: happenedAt ?? work.now, lastError: null } })
}

async function cameBack(work: Work, about: Email, event: ToldEvent): Promise<void> {
  const words = event.detail || 'It came back.'
  const said = event.kind === 'refused' ? `Not sent by the provider: ${words}` : words
  await end(work, about, { at: event.happenedAt, known: { status: 'bounced', lastError: said.slice(0, limits.refusalCharactersMax) } })
}

type Known = { readonly at: number | null; readonly known: Pick<Email, 'status' | 'lastError'> & { readonly sentAt?: number } }

/** It is known what became of it: there is nothing left to try, and nothing to ask staff about. */
async function end(work: Work, about: Email, { at, known }: Known): Promise<void> {
  const { tx } = work
  const effect = await findUnique(tx, effects, eq('key', sendKey(about.id)))
  const anewAt = effect === null ? undefined : emailSend.payloadOf(effect)?.anewAt
  // Of a copy that staff have replaced by another since.
  if (anewAt !== undefined && at !== null && at < anewAt) return
  if (!isOut(about) && !(about.status === 'queued' && effect?.state === 'running')) return
  await tx.update(emails, about, { set: { failure: null, secret: null, ...known } })
  await endSending(tx, about.id)
}

/** A provider has it, or may have it: also one that waits to be tried again, since an answer was lost. */
function isOut({ status, failure }: Email): boolean {
  return ['sent', 'ambiguous', 'deferred'].includes(status) || (status === 'failed' && failure === 'given_up')
}
