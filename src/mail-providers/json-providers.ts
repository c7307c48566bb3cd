// Resend, Postmark and SendGrid, which take a message in parts as JSON and make its bytes themselves. Forms of
// https://resend.com/docs/api-reference/emails/send-email, https://postmarkapp.com/developer/api/email-api and
// https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send.
import { headersOf, parseMailbox } from '../domains/emails/compose-message.ts'
import type { Message } from '../domains/emails/transport.ts'
import { base64, type HttpProvider, idOf, jsonOf } from './send-by-http.ts'

type Keyed = { readonly key: string }

const json = { 'content-type': 'application/json', accept: 'application/json' }
const receiverOf = ({ to, redirectTo }: Message) => redirectTo ?? to

/** Those by which mail programs find a conversation are among them. */
function allHeaders(message: Message): Record<string, string> {
  const { messageId, inReplyTo, references } = message
  return {
    'Message-ID': messageId,
    ...(inReplyTo === null ? {} : { 'In-Reply-To': inReplyTo }),
    ...(references === null || references.length === 0 ? {} : { References: references.join(' ') }),
    ...headersOf(message),
  }
}

/** What staff have sent again is no repeat: by the key of before they would answer that they have it, and send nothing. */
function keyOf(message: Message): string {
  return message.anewAt === undefined ? idOf(message) : `${idOf(message)}:${message.anewAt}`
}

export function resendProvider({ key }: Keyed): HttpProvider {
  return {
    name: 'Resend',
    repeatsKnownMs: 24 * 3_600_000,
    request: (message) => ({
      url: 'https://api.resend.com/emails',
      headers: { ...json, authorization: `Bearer ${key}`, 'idempotency-key': keyOf(message) },
      body: JSON.stringify({
        from: message.from,
        to: [receiverOf(message)],
        ...(message.replyTo === null ? {} : { reply_to: message.replyTo }),
        subject: message.subject,
        text: message.text,
        ...(message.html === null ? {} : { html: message.html }),
        headers: allHeaders(message),
        attachments: message.attachments.map(({ name, type, bytes }) => ({ filename: name, content_type: type, content: base64(bytes) })),
        tags: [{ name: 'kingpost_email', value: idOf(message) }],
      }),
    }),
    explain: (body) => ({ words: String(jsonOf(body)['message'] ?? '') }),
  }
}

/** Errors that speak of the account and its senders: https://postmarkapp.com/developer/api/overview#error-codes */
const postmarkOurs: readonly unknown[] = [10, 400, 401, 405, 412, 1235]

export function postmarkProvider({ key }: Keyed): HttpProvider {
  return {
    name: 'Postmark',
    request: (message) => ({
      url: 'https://api.postmarkapp.com/email',
      headers: { ...json, 'x-postmark-server-token': key },
      body: JSON.stringify({
        From: message.from,
        To: receiverOf(message),
        ...(message.replyTo === null ? {} : { ReplyTo: message.replyTo }),
        Subject: message.subject,
        TextBody: message.text,
        ...(message.html === null ? {} : { HtmlBody: message.html }),
        // Without it they make a Message-ID of their own.
        Headers: Object.entries({ ...allHeaders(message), 'X-PM-KeepID': 'true' }).map(([Name, Value]) => ({ Name, Value })),
        Attachments: message.attachments.map(({ name, type, bytes }) => ({ Name: name, ContentType: type, Content: base64(bytes) })),
        Metadata: { kingpost_email: idOf(message) },
        MessageStream: message.unsubscribeUrl === undefined ? 'outbound' : 'broadcast',
        TrackOpens: false,
        TrackLinks: 'None',
      }),
    }),
    explain(body) {
      const { ErrorCode: code, Message: words } = jsonOf(body)
      return { words: `${code ?? ''} ${words ?? ''}`.trim(), isOurs: postmarkOurs.includes(code) }
    },
  }
}

export function sendgridProvider({ key }: Keyed): HttpProvider {
  return {
    name: 'SendGrid',
    request: (message) => {
      const { name, address } = parseMailbox(message.from)
      return {
        url: 'https://api.sendgrid.com/v3/mail/send',
        headers: { ...json, authorization: `Bearer ${key}` },
        body: JSON.stringify({
          personalizations: [{ to: [{ email: receiverOf(message) }], custom_args: { kingpost_email: idOf(message) } }],
          from: { email: address, ...(name === '' ? {} : { name }) },
          ...(message.replyTo === null ? {} : { reply_to: { email: message.replyTo } }),
          subject: message.subject,
          // The text comes first: they refuse it otherwise.
          content: [
            { type: 'text/plain', value: message.text },
            ...(message.html === null ? [] : [{ type: 'text/html', value: message.html }]),
          ],
          ...(message.attachments.length === 0
            ? {}
            : {
                attachments: message.attachments.map(({ name: filename, type, bytes }) => ({
                  ...{ filename, type, content: base64(bytes) },
                  disposition: 'attachment',
                })),
              }),
          headers: allHeaders(message),
          tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
        }),
      }
    },
    explain(body) {
      const { errors } = jsonOf(body)
      return { words: Array.isArray(errors) ? errors.map((one: { message?: unknown }) => String(one?.message ?? '')).join(' ') : '' }
    },
  }
}
