// `mail.send`, for code of a project inside a transaction: the message is owed with everything else that it writes.
import { isEmail, normalEmail } from '../base/email-address.ts'
import { type AnyOwnMail, dataMisfit, type OwnMail } from '../domains/emails/define-mail.ts'
import { queueEmail } from '../domains/emails/queue-email.ts'
import type { Work } from '../operation/work.ts'
import { notListed, OwnMistake } from './own-code.ts'
import { isTime } from './own-effect.ts'
import { checkId, checkKey } from './own-key.ts'
import { scopeOf } from './scope.ts'

export type SentMail<TData> = {
  readonly to: string
  readonly data: TData
  /** One message per key, for good. Without it each call sends one. */
  readonly key?: string
  /** What its reader reads, where the mail has files in several languages: `de`. The language of the project when left out. */
  readonly language?: string
  readonly replyTo?: string
  /** The record that it is about: staff see the mail there. */
  readonly record?: string
  /** Not before; milliseconds since 1970. */
  readonly sendAt?: number
  /** It is not sent from then on. */
  readonly expiresAt?: number
}

export type Mail = {
  /**
   * False where a message with this key is owed already, or was sent. So it is for whoever wrote the letter that this code hears of, where a program wrote
   * it (RFC 3834) or where they were answered five times: two programs that answer each other come to an end.
   */
  send<TData>(mail: OwnMail<TData>, message: SentMail<NoInfer<TData>>): Promise<boolean>
}

export function mailIn(declared: ReadonlySet<AnyOwnMail>, work: Work): Mail {
  return {
    async send(mail, { to, data, key, language, replyTo, record, sendAt, expiresAt }) {
      if (!declared.has(mail)) throw notListed(`The mail ${mail.name}`, mail, 'mails')
      if (key !== undefined) checkKey(key, `mail.send(${mail.name}): the key`)
      if (record !== undefined) checkId(record, `mail.send(${mail.name}): record`)
      for (const address of [to, replyTo])
        if (address !== undefined && !isEmail(address)) throw new OwnMistake('mail.send: this is no e-mail address')
      for (const [name, time] of Object.entries({ sendAt, expiresAt }))
        if (time !== undefined && !isTime(time)) throw new OwnMistake(`mail.send(${mail.name}): ${name} must be milliseconds since 1970`)
      const misfit = dataMisfit(mail, data)
      if (misfit !== null) throw new OwnMistake(`mail.send(${mail.name}): data${misfit.path} ${misfit.message}`)
      const { letter } = scopeOf(work.tx)
      const isAnswer = letter?.from.includes(normalEmail(to)) === true
      if (isAnswer && letter?.isAutomatic) return false
      const queued = await queueEmail(work, {
        key: `${mail.name}:${key ?? work.newId('key')}`,
        ...(key === undefined ? {} : { repeats: 'usual' as const }),
        to: normalEmail(to),
        template: mail,
        ...(language === undefined ? {} : { language }),
        view: data as Readonly<Record<string, unknown>>,
        record: record ?? null,
        sendAt: sendAt ?? null,
        expiresAt: expiresAt ?? null,
        ...(replyTo === undefined ? {} : { replyTo: normalEmail(replyTo) }),
        ...(isAnswer && { bound: 'answers' as const }),
      })
      return queued !== null
    },
  }
}
