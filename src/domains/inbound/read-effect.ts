// Reading what arrived: outside of any transaction, by a reader that can be ended. What came of it is written in one transaction: the letter,
// its thread, and what it says of a message of ours. Invariants: what cannot be read is quarantined as it came, and staff may have it tried again;
// however much comes in, few are read at once: those that wait hold no place among the effects, and none of their bytes are in memory.
import { isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { TrustedRelay } from '../../config/project.ts'
import { type EffectHandler, effectHandler, type Outcome } from '../../effects/effect.ts'
import { type AuthenticateMail, type Authentication, unknownAuthentication } from '../emails/authentication.ts'
import { carrierOf } from './carrier.ts'
import { type InboundMail, inboundMails } from './collections.ts'
import { fileLetter } from './file-letter.ts'
import type { MailReader, ParsedMail } from './parse-mail.ts'
import { emailParse, rawOf } from './receive-mail.ts'
import { type Recognise, type Recognised, recognise } from './recognise.ts'

type Read = { readonly parsed: ParsedMail; readonly recognised: Recognised; readonly authentication: Authentication | null }

type Stored = {
  readonly raw: Uint8Array
  readonly mail: InboundMail
  readonly parsed: ParsedMail
  readonly relays: readonly TrustedRelay[]
}

/** `authenticate`: left out where nobody looks who vouches for a letter. */
type Parts = Recognise & { readonly reader: MailReader; readonly authenticate?: AuthenticateMail; readonly log: Log }

export function readEffect({ reader, authenticate, log, ...ports }: Parts): EffectHandler {
  /** Nothing of it keeps a letter from being read: what cannot be told is told as that. */
  async function vouched({ raw, mail, parsed, relays }: Stored): Promise<Authentication | null> {
    if (authenticate === undefined) return null
    return await authenticate(raw, carrierOf(mail, parsed.from, relays)).catch((error: unknown) => {
      log.write('warn', 'Who vouches for a letter could not be looked up.', { mail: mail.id, error })
      return unknownAuthentication('temperror')
    })
  }

  return effectHandler(emailParse, {
    role: 'mail',
    attemptsMax: limits.mailReadsMax,
    // Each has its bytes in memory, and the thread reads one after the other.
    atOnce: limits.mailReadsAtOnce,
    async perform({ payload, read, project }): Promise<Outcome<Read | null>> {
      const mail = await read.get(inboundMails, payload.mail)
      if (mail === null || mail.state === 'parsed') return { end: 'done', result: null }
      const raw = await rawOf(read, mail)
      if (raw === null) return { end: 'dead', error: 'Not all of its bytes are there.' }
      try {
        const parsed = await reader.read(raw)
        const authentication = await vouched({ raw, mail, parsed, relays: project.mail.trustedRelays })
        return { end: 'done', result: { parsed, recognised: await recognise(ports, { mail, parsed, project }), authentication } }
      } catch (error) {
        const { message } = error as Error
        if (isEngineError(error, 'overloaded')) return { end: 'retry', error: message, afterMs: 5_000, isNoAttempt: true }
        return { end: 'retry', error: message, afterMs: 1_000 }
      }
    },

    async settle(work) {
      const { tx, payload, outcome } = work
      if (outcome.end === 'done') {
        if (outcome.result === null) return
        const mail = await tx.lock(inboundMails, payload.mail, 'exclusive')
        if (mail === null || mail.state === 'parsed') return
        return await fileLetter(work, { mail, ...outcome.result })
      }
      if (outcome.end !== 'dead') return
      const mail = await tx.get(inboundMails, payload.mail)
      if (mail?.state === 'received')
        await tx.update(inboundMails, mail, { set: { state: 'quarantined', reason: outcome.error.slice(0, 2_000) } })
    },

    async tryAgain({ tx, payload }) {
      const mail = await tx.get(inboundMails, payload.mail)
      if (mail?.state === 'quarantined') await tx.update(inboundMails, mail, { set: { state: 'received', reason: null } })
    },

    async giveUp({ tx, payload }) {
      const mail = await tx.get(inboundMails, payload.mail)
      if (mail?.state === 'received') await tx.update(inboundMails, mail, { set: { state: 'quarantined', reason: 'Staff gave it up.' } })
    },
  })
}
