// Carrying a message out. Each attempt sends the same bytes under the same Message-ID. An attempt whose
// answer was lost leaves the message `ambiguous`: a second copy would be worse than a question to staff.
import { secretMark } from '../../base/secret.ts'
import { type EffectHandler, effectHandler, type Outcome } from '../../effects/effect.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Email, type EmailAttachment, emails } from './collections.ts'
import { emailSend } from './queue-email.ts'
import type { Attachment, Delivery, MailTransport } from './transport.ts'

/** `isShown`: whoever develops reads in the console what would have been sent. */
type Delivered = { readonly email: Email; readonly delivery: Delivery; readonly isShown: boolean }

/** Makes the files of a message. */
export type Attach = (read: Reader, attachments: readonly EmailAttachment[]) => Promise<readonly Attachment[]>

export function sendEmail(transport: MailTransport, attach: Attach): EffectHandler {
  return effectHandler(emailSend, {
    role: 'mail',
    async perform({ payload, subject, project, read }): Promise<Outcome<Delivered | null>> {
      const email = await subject(emails, payload.email)
      if (email === null) return { end: 'dead', error: 'The message is gone.' }
      if (email.status === 'sent' || email.status === 'captured') return { end: 'done', result: null }
      const attachments = email.attachments === null ? [] : await attach(read, email.attachments).catch((error: Error) => error)
      // Nothing was said to anybody yet.
      if (attachments instanceof Error) return { end: 'retry', error: attachments.message }
      const delivery = await transport.send({ ...email, ...wordsOf(email), attachments })
      switch (delivery.status) {
        case 'accepted':
        case 'captured':
          return { end: 'done', result: { email, delivery, isShown: project.isDevelopment } }
        case 'refused':
          return { end: 'dead', error: delivery.reply }
        case 'deferred':
          return { end: 'retry', error: delivery.reply }
        case 'unknown':
          return { end: 'unknown', error: delivery.reply }
      }
    },

    async settle({ tx, payload, outcome, now }) {
      // What `perform` found sent already is as it should be.
      if (outcome.end === 'done' && outcome.result === null) return
      const email = outcome.end === 'done' ? await tx.current(emails, outcome.result!.email) : await tx.get(emails, payload.email)
      if (email === null || email.status === 'sent' || email.status === 'captured') return
      await tx.update(emails, email, { set: statusOf(email, outcome, now) })
    },

    async giveUp({ tx, effect, payload }) {
      const email = await tx.get(emails, payload.email)
      if (email?.status !== 'queued' && email?.status !== 'deferred') return
      // Held since a restore: it may have been sent after the backup.
      const status = effect.state === 'held' ? 'ambiguous' : 'failed'
      await tx.update(emails, email, { set: { status, secret: null, lastError: 'Staff gave it up.' } })
    },
  })
}

/** What the receiver reads. */
function wordsOf({ text, html, secret }: Email): Pick<Email, 'text' | 'html'> {
  if (secret === null) return { text, html }
  return { text: text.replaceAll(secretMark, secret), html: html?.replaceAll(secretMark, secret) ?? null }
}

function statusOf(email: Email, outcome: Outcome<Delivered | null>, now: number): Partial<Email> {
  switch (outcome.end) {
    case 'done': {
      const ended = { secret: null, lastError: null }
      if (outcome.result?.delivery.status !== 'captured') return { ...ended, status: 'sent', sentAt: now }
      // Kept here, and sent to nobody.
      return { ...ended, status: 'captured', ...(outcome.result.isShown ? wordsOf(email) : {}) }
    }
    case 'retry':
      return { status: 'deferred', lastError: outcome.error }
    case 'dead':
      return { status: 'failed', lastError: outcome.error }
    case 'unknown':
      return { status: 'ambiguous', lastError: outcome.error }
  }
}
