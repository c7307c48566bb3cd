// The bytes of a message, by nodemailer. Invariant: they are made of the row and of what never changes, so that every attempt, by whichever
// process and whenever, sends the same ones under the same Message-ID.
import MailComposer from 'nodemailer/lib/mail-composer'
import { hashSecret } from '../../base/secret.ts'
import { type DkimKey, signDkim } from './sign-dkim.ts'
import type { Message } from './transport.ts'

export async function composeMessage(message: Message, dkim: readonly DkimKey[] = []): Promise<Buffer> {
  const bytes = inLines(await new MailComposer(mailOf(message)).compile().build())
  return signDkim(bytes, dkim, dateOf(message))
}

/** The lines of a text end as it was written, and are sent as RFC 5322 has them: what is signed has to be what arrives. */
function inLines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(/\r\n?|\n/g, '\r\n'), 'latin1')
}

/** When it was written, or when it was to go. */
function dateOf({ createdAt, sendAt }: Message): number {
  return sendAt ?? createdAt
}

/** Addresses as objects and an explicit envelope: text from a record can then never become a header. */
function mailOf(message: Message) {
  return {
    from: parseMailbox(message.from),
    to: { name: '', address: message.to },
    ...(message.replyTo === null ? {} : { replyTo: { name: '', address: message.replyTo } }),
    subject: message.subject,
    text: message.text,
    ...(message.html === null ? {} : { html: message.html }),
    attachments: message.attachments.map(({ name, type, bytes }) => ({ filename: name, contentType: type, content: Buffer.from(bytes) })),
    messageId: message.messageId,
    ...(message.inReplyTo === null ? {} : { inReplyTo: message.inReplyTo }),
    ...(message.references === null ? {} : { references: [...message.references] }),
    // Else it is made by chance at every attempt, and a repeat would not be the same bytes.
    baseBoundary: hashSecret(message.messageId).slice(0, 22),
    date: new Date(dateOf(message)),
    headers: headersOf(message),
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/**
 * RFC 3834: nobody's out-of-office should answer a receipt; what a person wrote says no such thing. RFC 8058: the program of its reader sends a
 * POST to it, and asks nobody.
 */
export function headersOf({ unsubscribeUrl, isAutomatic }: Message): Record<string, string> {
  const unsubscribe =
    unsubscribeUrl === undefined ? {} : { 'List-Unsubscribe': `<${unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
  return { ...(isAutomatic !== false && { 'Auto-Submitted': 'auto-generated' }), ...unsubscribe }
}

export function parseMailbox(text: string): { name: string; address: string } {
  const match = /^(.*) <([^<>]+)>$/.exec(text)
  return match ? { name: match[1]!, address: match[2]! } : { name: '', address: text }
}
