// The port to whoever takes our mail. One call is one SMTP transaction with one recipient.
import type { Email } from './collections.ts'

/**
 * `accepted`: the peer took responsibility. `captured`: kept here to look at, nothing left the house.
 * `refused`: it never will. `deferred`: nothing was taken, try again. `unavailable`: neither, and the reason is the way there, which is
 * that of all messages: this one was not looked at. `unknown`: the message was handed over and the peer's answer was lost, so it may or
 * may not have been taken.
 */
export type Delivery =
  | { readonly status: 'accepted' | 'captured' | 'refused' | 'unknown'; readonly reply: string }
  | {
      readonly status: 'deferred' | 'unavailable'
      readonly reply: string
      readonly afterMs?: number
      /** Nobody knows whether it was taken: whoever may have taken it knows a repeat until then, ms since 1970 UTC. */
      readonly knownUntil?: number
      /** It is so of all mail to this domain. */
      readonly isOfDomain?: true
    }

/** A file that goes with a message. */
export type Attachment = { readonly name: string; readonly type: string; readonly bytes: Uint8Array }

export type Message = Pick<
  Email,
  'from' | 'to' | 'replyTo' | 'subject' | 'text' | 'html' | 'messageId' | 'inReplyTo' | 'references' | 'createdAt' | 'sendAt'
> & {
  readonly attachments: readonly Attachment[]
  /** Where its reader says that they want no more of its kind (RFC 8058). */
  readonly unsubscribeUrl?: string
  /** What a bounce goes to, where that is not the sender. */
  readonly returnPath?: string
  /** Who gets it, where that is not whom it names: outside production. */
  readonly redirectTo?: string
  readonly category?: Email['category']
  /** False: a person wrote it, and not this program. */
  readonly isAutomatic?: Email['isAutomatic']
  /** Since when it is sent again on purpose: what a provider took of it before is another. */
  readonly anewAt?: number | undefined
}

export interface MailTransport {
  /** So many messages at a time, of a process; the others wait. As many as there are when left out. */
  readonly atOnce?: number
  send(message: Message): Promise<Delivery>
  close(): Promise<void>
}

/** Where no mail server is set: the message stays in `emails`, where the console shows it as it would look. */
export const captureTransport: MailTransport = {
  send: async () => ({ status: 'captured', reply: 'Captured: no SMTP server is set.' }),
  close: async () => {},
}
