// Carrying a message out. Each attempt sends the same bytes under the same Message-ID. Invariants: right before each attempt it is
// looked at whether it may still be sent; an attempt whose answer was lost leaves the message `ambiguous`, since a second copy would be
// worse than a question to staff; and whatever may have left two copies is marked by `uncertainAt`.
import { limits } from '../../base/limits.ts'
import { secretMark } from '../../base/secret.ts'
import { escapeHtml } from '../../base/text.ts'
import { and, eq } from '../../contract/filter.ts'
import { type Effect, type EffectHandler, effectHandler, effects, type Outcome } from '../../effects/effect.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { pauseAfter } from './categories.ts'
import { addressHash, type Email, type EmailAttachment, emails, suppressions } from './collections.ts'
import { emailSend, type Sending, sendKey } from './queue-email.ts'
import { isNoMailbox, suppress } from './suppressions.ts'
import type { Attachment, Delivery, MailTransport } from './transport.ts'
import { type UnsubscribeLinks, unsubscribeMark } from './unsubscribe-link.ts'

/** What came of it. `isShown`: whoever develops reads in the console what would have been sent. `keptBack`: it was not to be sent at all. */
type Ended = { readonly email: Email } & (
  | { readonly delivery: Delivery; readonly isShown: boolean; readonly unsubscribeUrl: string | undefined }
  | { readonly keptBack: 'expired' | 'suppressed'; readonly why: string }
)

/** Makes the files of a message. */
export type Attach = (read: Reader, attachments: readonly EmailAttachment[]) => Promise<readonly Attachment[]>

type Ports = { readonly transport: MailTransport; readonly attach: Attach; readonly unsubscribeLinks: UnsubscribeLinks }

export function sendEmail({ transport, attach, unsubscribeLinks }: Ports): EffectHandler {
  return effectHandler(emailSend, {
    role: 'mail',
    attemptsMax: limits.mailAttemptsMax,
    async perform({ payload, effect, subject, project, read, now }): Promise<Outcome<Ended | null>> {
      const email = await subject(emails, payload.email)
      if (email === null) return { end: 'dead', error: 'The message is gone.' }
      if (isOver(email)) return { end: 'done', result: null }
      const early = (email.sendAt ?? 0) - now
      if (early > 0) return { end: 'retry', error: 'It is not to be sent yet.', afterMs: early, isNoAttempt: true }
      const keptBack = await whyKeptBack(read, email, now)
      if (keptBack !== null) return { end: 'done', result: { email, ...keptBack } }
      const policy = { resends: project.mail.resends.includes(email.category ?? 'transactional'), now }
      // We were away for so long: whoever may have taken it would take it for another one.
      if ((payload.knownUntil ?? Infinity) <= now && email.uncertainAt === null) return uncertain(email, forgotten, policy)
      const attachments = email.attachments === null ? [] : await attach(read, email.attachments).catch((error: Error) => error)
      // Nothing was said to anybody yet.
      if (attachments instanceof Error) return deferred(email, effect, { reply: attachments.message, now })
      const unsubscribeUrl = email.category === 'marketing' ? await unsubscribeLinks.urlOf(email.id, project.publicUrl) : undefined
      const { anewAt } = payload
      const message = { ...email, ...wordsOf(email, unsubscribeUrl), attachments, ...(unsubscribeUrl && { unsubscribeUrl }), anewAt }
      const delivery = await transport.send(message)
      switch (delivery.status) {
        case 'accepted':
        case 'captured':
          return { end: 'done', result: { email, delivery, isShown: project.isDevelopment, unsubscribeUrl } }
        case 'refused':
          return { end: 'dead', error: delivery.reply }
        case 'deferred':
          return deferred(email, effect, { ...delivery, now })
        case 'unavailable':
          return { end: 'retry', error: delivery.reply, isNoAttempt: true, afterMs: inTime(email, delivery.afterMs ?? unavailableMs, now) }
        case 'unknown':
          return uncertain(email, delivery.reply, policy)
      }
    },

    async settle({ tx, newId, effect, payload, outcome, now }) {
      if (outcome.end === 'retry' && outcome.knownUntil !== undefined)
        await tx.touch(effects, effect.id, { set: { payload: { ...payload, knownUntil: outcome.knownUntil } } })
      // What `perform` found over already is as it should be.
      if (outcome.end === 'done' && outcome.result === null) return
      const email = outcome.end === 'done' ? await tx.current(emails, outcome.result!.email) : await tx.get(emails, payload.email)
      if (email === null) return
      // Somebody has told what became of it while the attempt was under way.
      if (isOver(email)) return outcome.end === 'done' ? undefined : await endSending(tx, email.id)
      const uncertain = email.uncertainAt === null && isUncertain({ effect, payload, outcome }) ? { uncertainAt: now } : {}
      const set = { ...statusOf(email, outcome, now), ...uncertain }
      if (Object.entries(set).some(([name, value]) => Reflect.get(email, name) !== value)) await tx.update(emails, email, { set })
      if (outcome.end === 'dead' && isNoMailbox(outcome.error))
        await suppress({ tx, newId }, { address: email.to, reason: 'bounce', email: email.id, note: outcome.error.slice(0, 255) })
    },

    async tryAgain({ tx, effect, payload }) {
      const email = await tx.get(emails, payload.email)
      // How its last attempt ended is known: the next one is not the second of an attempt that was cut off.
      if (email?.status === 'failed') await tx.touch(effects, effect.id, { set: fromHereOn(effect) })
    },

    async giveUp({ tx, effect, payload }) {
      const email = await tx.get(emails, payload.email)
      if (email?.status !== 'queued' && email?.status !== 'deferred') return
      // Held since a restore: it may have been sent after the backup.
      const ended = effect.state === 'held' ? ({ status: 'ambiguous' } as const) : ({ status: 'failed', failure: 'given_up' } as const)
      await tx.update(emails, email, { set: { ...ended, secret: null, lastError: 'Staff gave it up.' } })
    },
  })
}

const forgotten = 'An answer was lost, and so late nobody knows a repeat of it any more.'

/** It is known what became of the message: there is nothing left to try, and nothing to ask staff about. */
export async function endSending(tx: Transaction, email: string): Promise<void> {
  const effect = await findUnique(tx, effects, eq('key', sendKey(email)))
  // An attempt that is under way finds the message over when it ends, and so does the one that follows where its process died.
  if (effect === null || effect.state === 'done' || effect.state === 'running') return
  await tx.update(effects, effect, { set: { state: 'done', owner: null, lastError: null } })
}

/** How soon to look again where the transport does not say it. */
const unavailableMs = 30_000

/** It has gone, or is never to go. */
export function isOver({ status, failure }: Pick<Email, 'status' | 'failure'>): boolean {
  return ['sent', 'captured', 'bounced'].includes(status) || (status === 'failed' && (failure === 'expired' || failure === 'suppressed'))
}

/** Its secret was forgotten, as that of one that was sent or given up. */
export function isEmptied({ secret, text }: Pick<Email, 'secret' | 'text'>): boolean {
  return secret === null && text.includes(secretMark)
}

type KeptBack = { readonly keptBack: 'expired' | 'suppressed'; readonly why: string }

/** Why it is not to be sent now, or ever; null when it is. */
async function whyKeptBack(read: Reader, email: Email, now: number): Promise<KeptBack | null> {
  const { expiresAt } = email
  if (expiresAt !== null && expiresAt <= now)
    return { keptBack: 'expired', why: `Not sent: it was of use until ${new Date(expiresAt).toISOString()}.` }
  if (isEmptied(email)) return { keptBack: 'expired', why: 'Not sent: what it was to bring is no longer known here.' }
  const found = await findSuppression(read, email)
  if (found === null) return null
  const { id, reason, scope } = found
  const what = scope === 'all' ? '' : ' in this category'
  return { keptBack: 'suppressed', why: `Not sent: the address is not written to${what} (${reason}, ${id}).` }
}

/** Why this address is not written to in this category; null when it is. */
export async function findSuppression(read: Pick<Reader, 'find'>, { to, category }: Pick<Email, 'to' | 'category'>) {
  const isOf = eq('hash', addressHash(to))
  const where = category === 'marketing' ? isOf : and(isOf, eq('scope', 'all'))
  // Beyond the limit: nothing. There is one of each scope.
  const [found] = await read.find(suppressions, { where, limit: 1 })
  return found ?? null
}

type Failed = { readonly reply: string; readonly afterMs?: number; readonly knownUntil?: number; readonly now: number }

/** Its receiver put it off. */
function deferred(email: Email, { failures }: Effect, { reply, afterMs = 0, knownUntil, now }: Failed): Outcome<never> {
  const count = (failures ?? 0) + 1
  const pauseMs = pauseAfter(count, email)
  if (pauseMs === null) return { end: 'dead', isUncertain: true, error: `${reply} (gave up after ${count} failures)` }
  const known = knownUntil !== undefined && { knownUntil }
  return { end: 'retry', error: reply, afterMs: inTime(email, Math.max(pauseMs, afterMs), now), ...known }
}

/** Handed over, and nobody knows more. Where the config wants that, it goes once more, when its receiver may know it as a repeat. */
function uncertain(email: Email, reply: string, { resends, now }: { readonly resends: boolean; readonly now: number }): Outcome<never> {
  if (!resends || email.uncertainAt !== null) return { end: 'unknown', error: reply }
  return { end: 'retry', error: reply, isUncertain: true, afterMs: inTime(email, limits.mailUncertainMs, now) }
}

/** One that is over by then says so at its time, and not later. */
function inTime({ expiresAt }: Email, pauseMs: number, now: number): number {
  return expiresAt === null ? pauseMs : Math.max(0, Math.min(pauseMs, expiresAt - now))
}

type Attempt = { readonly effect: Effect; readonly payload: Sending; readonly outcome: Outcome }

/** An attempt of which nobody wrote an end may have handed the message over before its process died, and so may the one that ends now. */
function isUncertain({ effect, payload, outcome }: Attempt): boolean {
  if (outcome.end === 'unknown' || (outcome.end === 'retry' && outcome.isUncertain === true)) return true
  if (outcome.end === 'dead' && outcome.isLastUncertain === true) return true
  const attempts = effect.attempts - (payload.attemptsBefore ?? 0)
  return attempts - 1 > (effect.failures ?? 0)
}

/** What an effect is set to that is tried as often as a new one: its attempts until now are over, and known. */
export function fromHereOn({ attempts, payload }: Effect, more: Pick<Sending, 'anewAt'> = {}): Partial<Effect> {
  const { knownUntil: _, ...rest } = payload
  return { failures: null, payload: { ...rest, ...more, attemptsBefore: attempts } }
}

/** What the receiver reads. */
function wordsOf({ text, html, secret }: Email, unsubscribeUrl: string | undefined): Pick<Email, 'text' | 'html'> {
  const filled = (words: string, link: string | undefined) => {
    const withSecret = secret === null ? words : words.replaceAll(secretMark, secret)
    return link === undefined ? withSecret : withSecret.replaceAll(unsubscribeMark, link)
  }
  const htmlLink = unsubscribeUrl === undefined ? undefined : escapeHtml(unsubscribeUrl)
  return { text: filled(text, unsubscribeUrl), html: html === null ? null : filled(html, htmlLink) }
}

function statusOf(email: Email, outcome: Outcome<Ended | null>, now: number): Partial<Email> {
  switch (outcome.end) {
    case 'done': {
      const result = outcome.result!
      if ('keptBack' in result) return { status: 'failed', failure: result.keptBack, lastError: result.why, secret: null }
      const ended = { secret: null, lastError: null, failure: null }
      if (result.delivery.status !== 'captured') return { ...ended, status: 'sent', sentAt: now }
      // Kept here, and sent to nobody.
      return { ...ended, status: 'captured', ...(result.isShown ? wordsOf(email, result.unsubscribeUrl) : {}) }
    }
    // Staff may have tried again what had failed.
    case 'retry':
      return { status: outcome.isUncertain ? 'ambiguous' : 'deferred', failure: null, lastError: outcome.error }
    case 'dead':
      return { status: 'failed', failure: outcome.isUncertain ? 'given_up' : 'refused', lastError: outcome.error }
    case 'unknown':
      return { status: 'ambiguous', failure: null, lastError: outcome.error }
  }
}
