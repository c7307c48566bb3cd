// Mailgun and Amazon SES, which take the message as its bytes: those that SMTP would have had. Forms of
// https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages and
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html.
import { createHash, createHmac } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { composeMessage, parseMailbox } from '../domains/emails/compose-message.ts'
import type { DkimKey } from '../domains/emails/sign-dkim.ts'
import type { Message } from '../domains/emails/transport.ts'
import { base64, type HttpProvider, idOf, jsonOf } from './send-by-http.ts'

type Mime = { readonly key: string; readonly dkim: readonly DkimKey[] }

const receiverOf = ({ to, redirectTo }: Message) => redirectTo ?? to

export function mailgunProvider({
  key,
  dkim,
  domain,
  region,
}: Mime & { readonly domain: string; readonly region: 'us' | 'eu' }): HttpProvider {
  return {
    name: 'Mailgun',
    async request(message) {
      const boundary = `kp${createHash('sha256').update(message.messageId).digest('hex').slice(0, 32)}`
      const field = (name: string, value: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
      // Our MIME is ASCII: all else in it is encoded.
      const mime = (await composeMessage(message, dkim)).toString('latin1')
      const file = `--${boundary}\r\nContent-Disposition: form-data; name="message"; filename="message.mime"\r\nContent-Type: message/rfc822\r\n\r\n${mime}\r\n`
      const fields = { to: receiverOf(message), 'v:kingpost_email': idOf(message), 'o:tracking': 'no' }
      return {
        url: `https://api.${region === 'eu' ? 'eu.' : ''}mailgun.net/v3/${domain}/messages.mime`,
        headers: { authorization: `Basic ${base64(`api:${key}`)}`, 'content-type': `multipart/form-data; boundary=${boundary}` },
        body: `${Object.entries(fields)
          .map(([name, value]) => field(name, value))
          .join('')}${file}--${boundary}--\r\n`,
      }
    },
    explain: (body) => ({ words: String(jsonOf(body)['message'] ?? '') }),
  }
}

/** Of the account or its senders, and not of the message. */
const sesOurs = /Suspended|NotVerified|SendingPaused|LimitExceeded|not verified|security token|signature/i

/** `key`: the id of an access key and its secret, with a colon between them. */
export function sesProvider({
  key,
  dkim,
  region,
  clock,
}: Mime & { readonly region: string; readonly clock: Pick<Clock, 'now'> }): HttpProvider {
  const [id = '', secret = ''] = key.split(/:(.*)/s)
  const host = `email.${region}.amazonaws.com`
  return {
    name: 'Amazon SES',
    async request(message) {
      const body = JSON.stringify({
        FromEmailAddress: parseMailbox(message.from).address,
        Destination: { ToAddresses: [receiverOf(message)] },
        Content: { Raw: { Data: base64(await composeMessage(message, dkim)) } },
        EmailTags: [{ Name: 'kingpost_email', Value: idOf(message) }],
      })
      const path = '/v2/email/outbound-emails'
      const headers = signSigV4({ id, secret, region, host, path, body, at: new Date(clock.now()) })
      return { url: `https://${host}${path}`, headers: { ...headers, 'content-type': 'application/json' }, body }
    },
    explain(body) {
      const words = String(jsonOf(body)['message'] ?? '')
      return { words, isOurs: sesOurs.test(body) }
    },
  }
}

type Signing = {
  readonly id: string
  readonly secret: string
  readonly region: string
  readonly host: string
  readonly path: string
  readonly body: string
  readonly at: Date
}

/** Signature Version 4 of a POST without a query, by https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html. */
export function signSigV4({ id, secret, region, host, path, body, at }: Signing): Record<string, string> {
  const time = at.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const scope = `${day}/${region}/ses/aws4_request`
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const signed = 'content-type;host;x-amz-date'
  const canonical = ['POST', path, '', 'content-type:application/json', `host:${host}`, `x-amz-date:${time}`, '', signed, hash(body)].join(
    '\n',
  )
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')
  const key = [day, region, 'ses', 'aws4_request'].reduce<Buffer>(
    (made, part) => createHmac('sha256', made).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  )
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return {
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}
