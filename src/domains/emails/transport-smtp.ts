// SMTP through nodemailer. What matters is the phase in which an attempt failed: before the message's
// final dot nothing was taken; after it, without a reply, nobody knows (RFC 1047).
import nodemailer from 'nodemailer'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Delivery, MailTransport, Message } from './transport.ts'

export type SmtpOptions = {
  /** `smtp://user:password@host:587` or `smtps://host:465`. */
  readonly url: string
  readonly clock: Clock
}

type SmtpError = Error & { readonly code?: string; readonly command?: string; readonly responseCode?: number; readonly response?: string }

export function createSmtpTransport(options: SmtpOptions): MailTransport {
  const url = new URL(options.url)
  const isImplicitTls = url.protocol === 'smtps:'
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1'
  const transport = nodemailer.createTransport({
    host: url.hostname,
    port: Number(url.port || (isImplicitTls ? 465 : 587)),
    secure: isImplicitTls,
    // Off this machine, a server that offers no TLS gets no mail and no password.
    requireTLS: !isImplicitTls && !isLocal,
    ignoreTLS: isLocal && !isImplicitTls,
    ...(url.username === '' ? {} : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    connectionTimeout: limits.effectCallMs,
    greetingTimeout: limits.effectCallMs,
    socketTimeout: limits.effectCallMs,
  })

  return {
    async send(message) {
      const abort = new AbortController()
      // A server that trickles its replies never meets a socket time-out.
      const cancel = options.clock.after(limits.effectCallMs, () => abort.abort())
      try {
        const { response } = await transport.sendMail({ ...mailOf(message), signal: abort.signal } as never)
        return { status: 'accepted', reply: response ?? '' }
      } catch (error) {
        return failureOf(error as SmtpError)
      } finally {
        cancel()
      }
    },
    async close() {
      transport.close()
    },
  }
}

/** Addresses as objects and an explicit envelope: text from a record can then never become a header. */
function mailOf(message: Message) {
  const from = parseMailbox(message.from)
  return {
    from,
    to: { name: '', address: message.to },
    ...(message.replyTo === null ? {} : { replyTo: { name: '', address: message.replyTo } }),
    envelope: { from: from.address, to: [message.to] },
    subject: message.subject,
    text: message.text,
    ...(message.html === null ? {} : { html: message.html }),
    messageId: message.messageId,
    date: new Date(message.createdAt),
    // RFC 3834: nobody's out-of-office should answer a receipt.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

function parseMailbox(text: string): { name: string; address: string } {
  const match = /^(.*) <([^<>]+)>$/.exec(text)
  return match ? { name: match[1]!, address: match[2]! } : { name: '', address: text }
}

/** RFC 5321 section 4.2.1: 4xx is for now, 5xx for good. Without a reply to the data, nobody knows. */
function failureOf(error: SmtpError): Delivery {
  const reply = error.response ?? error.message
  const code = error.responseCode
  if (code !== undefined && code >= 500) return { status: 'refused', reply }
  if (code !== undefined && code >= 400) return { status: 'deferred', reply }
  const isAfterData = error.command === 'DATA' || /message|data/i.test(error.command ?? '')
  return { status: isAfterData ? 'unknown' : 'deferred', reply }
}
