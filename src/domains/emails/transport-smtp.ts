// SMTP through nodemailer's connection. What matters is the phase in which an attempt failed: before the
// message's final dot nothing was taken; after it, without a reply, nobody knows (RFC 1047). Nodemailer's
// own sendMail does not tell the two apart (a lost connection is `CONN` in both), so the phase is kept here.
import { Readable } from 'node:stream'
import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Cancel, Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import type { Delivery, MailTransport, Message } from './transport.ts'

export type SmtpOptions = {
  /** `smtp://user:password@host:587` or `smtps://host:465`. */
  readonly url: string
  readonly clock: Clock
}

type SmtpError = Error & {
  readonly command?: string | undefined
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
}

export function createSmtpTransport(options: SmtpOptions): MailTransport {
  const url = new URL(options.url)
  const isImplicitTls = url.protocol === 'smtps:'
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1'
  const auth = url.username === '' ? null : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }
  const connect = () =>
    new SMTPConnection({
      host: url.hostname,
      port: Number(url.port || (isImplicitTls ? 465 : 587)),
      secure: isImplicitTls,
      // Off this machine, a server that offers no TLS gets no mail and no password.
      requireTLS: !isImplicitTls && !isLocal,
      ignoreTLS: isLocal && !isImplicitTls,
      connectionTimeout: limits.effectCallMs,
      greetingTimeout: limits.effectCallMs,
      socketTimeout: limits.effectCallMs,
    })
  const open = new Set<SMTPConnection>()

  return {
    async send(message) {
      const bytes = await new MailComposer(mailOf(message)).compile().build()
      const connection = connect()
      open.add(connection)
      try {
        return await transmit({ connection, auth, clock: options.clock, envelope: envelopeOf(message), bytes })
      } finally {
        open.delete(connection)
        connection.close()
      }
    },
    async close() {
      for (const connection of open) connection.close()
    },
  }
}

type Transmission = {
  readonly connection: SMTPConnection
  readonly auth: { readonly user: string; readonly pass: string } | null
  readonly clock: Clock
  readonly envelope: { readonly from: string; readonly to: string[] }
  readonly bytes: Buffer
}

/** One SMTP transaction. Always resolves, at the latest when a call's time is over. */
function transmit({ connection, auth, clock, envelope, bytes }: Transmission): Promise<Delivery> {
  return new Promise((resolve) => {
    // The connection reads it once the peer has said yes to DATA, and writes the final dot at its end.
    const body = Readable.from(piecesOf(bytes), { objectMode: false })
    let isHandedOver = false
    body.once('end', () => {
      isHandedOver = true
    })
    let cancel: Cancel = () => {}
    const end = (delivery: Delivery) => {
      cancel()
      resolve(delivery)
    }
    const fail = (error: SmtpError) => end(failureOf(error, isHandedOver))
    // A server that trickles its replies never meets a socket time-out.
    cancel = clock.after(limits.effectCallMs, () => fail(new Error(`No end within ${limits.effectCallMs} ms.`)))
    const send = () =>
      connection.send(envelope, body, (error, info) => (error ? fail(error) : end({ status: 'accepted', reply: info?.response ?? '' })))
    connection.on('error', fail)
    connection.connect((error) => {
      if (error) return fail(error)
      if (auth === null) return send()
      connection.login({ credentials: auth }, (refused) => (refused ? fail(refused) : send()))
    })
  })
}

/** Small ones, so that the end is reached only when the peer has taken nearly all of it. */
function* piecesOf(bytes: Buffer): Generator<Buffer> {
  const pieceBytes = 16_384
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

function envelopeOf(message: Message): Transmission['envelope'] {
  return { from: parseMailbox(message.from).address, to: [message.to] }
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
    // Else it is made by chance at every attempt, and a repeat would not be the same bytes.
    baseBoundary: hashSecret(message.messageId).slice(0, 22),
    date: new Date(message.createdAt),
    // RFC 3834: nobody's out-of-office should answer a receipt.
    headers: { 'Auto-Submitted': 'auto-generated', ...unsubscribeHeaders(message) },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** RFC 8058: the program of its reader sends a POST to it, and asks nobody. */
function unsubscribeHeaders({ unsubscribeUrl }: Message): Record<string, string> {
  if (unsubscribeUrl === undefined) return {}
  return { 'List-Unsubscribe': `<${unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
}

function parseMailbox(text: string): { name: string; address: string } {
  const match = /^(.*) <([^<>]+)>$/.exec(text)
  return match ? { name: match[1]!, address: match[2]! } : { name: '', address: text }
}

/** Commands whose reply speaks of this message. A refused login or greeting speaks of us, and can be mended. */
const aboutMessage: readonly (string | undefined)[] = ['MAIL FROM', 'RCPT TO', 'DATA']

/** RFC 5321 section 4.2.1: 4xx is for now, 5xx for good. No reply to a message handed over: nobody knows. */
function failureOf(error: SmtpError, isHandedOver: boolean): Delivery {
  const reply = error.response ?? error.message
  const code = error.responseCode
  if (code !== undefined) return { status: code >= 500 && aboutMessage.includes(error.command) ? 'refused' : 'deferred', reply }
  return { status: isHandedOver ? 'unknown' : 'deferred', reply }
}
