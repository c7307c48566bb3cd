// SMTP through nodemailer's connection. What matters is the phase in which an attempt failed: before the
// message's final dot nothing was taken; after it, without a reply, nobody knows (RFC 1047). Nodemailer's
// own sendMail does not tell the two apart (a lost connection is `CONN` in both), so the phase is kept here.
import { Readable } from 'node:stream'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Cancel, Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { composeMessage, parseMailbox } from './compose-message.ts'
import type { DkimKey } from './sign-dkim.ts'
import type { Delivery, MailTransport, Message } from './transport.ts'

export type SmtpOptions = {
  /** `smtp://user:password@host:587` or `smtps://host:465`. */
  readonly url: string
  readonly clock: Clock
  readonly dkim?: readonly DkimKey[]
  /** Of the server's certificate, besides those that Node knows. */
  readonly ca?: string
}

/**
 * How a server is met. `implicit`: TLS from the first byte. `required`: STARTTLS, or no mail. `opportunistic`: STARTTLS where it is offered, by
 * any certificate: what listens only is kept out, and no password is sent without it. `none`.
 */
export const tlsModes = ['implicit', 'required', 'opportunistic', 'none'] as const
export type TlsMode = (typeof tlsModes)[number]

/** Of its address: `?tls=…`, or what fits the place. @throws Error with a sentence */
export function tlsModeOf(url: URL): TlsMode {
  const isImplicit = url.protocol === 'smtps:'
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.hostname === '') throw new Error(`it names no server: ${url.protocol}//HOST:PORT`)
  const others = [...url.searchParams.keys()].filter((name) => name !== 'tls')
  if (others.length > 0) throw new Error(`it has no ${others[0]}; there is tls=${tlsModes.slice(1).join(', ')}`)
  const said = url.searchParams.get('tls')
  // Off this machine, a server that offers no TLS gets no mail and no password.
  if (said === null) return isImplicit ? 'implicit' : isLocal ? 'none' : 'required'
  const mode = tlsModes.find((one) => one === said)
  if (mode === undefined || (mode === 'implicit') !== isImplicit)
    throw new Error(`tls must be one of ${tlsModes.slice(1).join(', ')}; TLS from the first byte is smtps://`)
  if (mode === 'none' && !isLocal && url.username !== '') throw new Error('tls=none would send the password for everybody to read')
  return mode
}

type SmtpError = Error & {
  readonly command?: string | undefined
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
}

export function createSmtpTransport(options: SmtpOptions): MailTransport {
  const url = new URL(options.url)
  const tls = tlsModeOf(url)
  const auth = url.username === '' ? null : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }
  const connect = () =>
    new SMTPConnection({
      host: url.hostname,
      port: Number(url.port || (tls === 'implicit' ? 465 : 587)),
      secure: tls === 'implicit',
      requireTLS: tls === 'required' || (tls === 'opportunistic' && auth !== null),
      ignoreTLS: tls === 'none',
      tls: { rejectUnauthorized: tls !== 'opportunistic' || auth !== null, ...(options.ca === undefined ? {} : { ca: options.ca }) },
      connectionTimeout: limits.effectCallMs,
      greetingTimeout: limits.effectCallMs,
      socketTimeout: limits.effectCallMs,
    })
  const open = new Set<SMTPConnection>()

  return {
    async send(message) {
      const bytes = await composeMessage(message, options.dkim)
      const connection = connect()
      open.add(connection)
      try {
        return await transmit({
          connection,
          auth,
          clock: options.clock,
          withinMs: limits.effectCallMs,
          envelope: envelopeOf(message),
          bytes,
        })
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
  readonly withinMs: number
  /** The server is its receiver's own: what it says of our sender is its own view. */
  readonly isTheirs?: boolean
  /** Why nothing is to be said to this server, once it can be seen who it is; null: it is the right one. */
  readonly misfit?: () => string | null
  readonly envelope: { readonly from: string; readonly to: string[] }
  readonly bytes: Buffer
}

/** One SMTP transaction. Always resolves, at the latest when a call's time is over. */
export function transmit(transmission: Transmission): Promise<Delivery> {
  const { connection, auth, clock, withinMs, isTheirs = false, misfit = () => null, envelope, bytes } = transmission
  return new Promise((resolve) => {
    // The connection reads it once the peer has said yes to DATA, and writes the final dot at its end.
    const body = Readable.from(piecesOf(bytes), { objectMode: false })
    let isHandedOver = false
    /** The server has let us in: what it says from now on speaks of the message. */
    let isIn = false
    body.once('end', () => {
      isHandedOver = true
    })
    let cancel: Cancel = () => {}
    const end = (delivery: Delivery) => {
      cancel()
      resolve(delivery)
    }
    const fail = (error: SmtpError) => end(failureOf(error, { isIn, isHandedOver, isTheirs }))
    // A server that trickles its replies never meets a socket time-out.
    cancel = clock.after(withinMs, () => fail(new Error(`No end within ${withinMs} ms.`)))
    const send = () => {
      isIn = true
      connection.send(envelope, body, (error, info) =>
        error ? fail(error) : end({ status: 'accepted', reply: (info?.response ?? '').slice(0, limits.refusalCharactersMax) }),
      )
    }
    connection.on('error', fail)
    connection.connect((error) => {
      if (error) return fail(error)
      const why = misfitOf(misfit)
      if (why !== null) return end({ status: 'unavailable', reply: why })
      if (auth === null) return send()
      connection.login({ credentials: auth }, (refused) => (refused ? fail(refused) : send()))
    })
  })
}

/** A certificate of a stranger is taken apart there: what cannot be is not the right one. */
function misfitOf(misfit: () => string | null): string | null {
  try {
    return misfit()
  } catch (error) {
    return `Its certificate cannot be read: ${error instanceof Error ? error.message : String(error)}`.slice(0, limits.refusalCharactersMax)
  }
}

/** Small ones, so that the end is reached only when the peer has taken nearly all of it. */
function* piecesOf(bytes: Buffer): Generator<Buffer> {
  const pieceBytes = 16_384
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

export function envelopeOf(message: Message): Transmission['envelope'] {
  return { from: message.returnPath ?? parseMailbox(message.from).address, to: [message.redirectTo ?? message.to] }
}

/** Commands whose reply speaks of this message. A refused login or greeting speaks of us, and can be mended. */
const aboutMessage: readonly (string | undefined)[] = ['RCPT TO', 'DATA']
/** RFC 4954: they ask for a login, or for TLS before it, whatever command they answer. */
const aboutUs: readonly number[] = [530, 534, 535, 538]

type Phase = { readonly isIn: boolean; readonly isHandedOver: boolean; readonly isTheirs: boolean }

/** RFC 5321 section 4.2.1: 4xx is for now, 5xx for good. No reply to a message handed over: nobody knows. */
function failureOf(error: SmtpError, { isIn, isHandedOver, isTheirs }: Phase): Delivery {
  // A server may say as much as it likes: what follows reads so much of it.
  const reply = (error.response ?? error.message).slice(0, limits.refusalCharactersMax)
  const code = error.responseCode
  if (!isIn || (code !== undefined && aboutUs.includes(code))) return { status: 'unavailable', reply }
  if (code === undefined) return { status: isHandedOver ? 'unknown' : 'deferred', reply }
  // 503: the commands came in an order that it did not expect. A full mailbox (X.2.2, RFC 3463) is emptied some day.
  const isForGood = code >= 500 && code !== 503 && code !== 552 && !/\b5\.2\.2\b/.test(reply)
  // The sender is ours, and the same for all mail that this server takes.
  if (isForGood && error.command === 'MAIL FROM') return { status: isTheirs ? 'refused' : 'unavailable', reply }
  if (isForGood && aboutMessage.includes(error.command)) return { status: 'refused', reply }
  const afterMs = askedPause(reply)
  return { status: 'deferred', reply, ...(afterMs === null ? {} : { afterMs }) }
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const

/** What a server asks for in words, such as "try again in 300 seconds"; a day at most. */
export function askedPause(reply: string): number | null {
  const found = /\b(?:in|after|for|wait) (?:at least )?(\d{1,5}) ?(s|m|h)[a-z]{0,7}\b/i.exec(reply)
  if (found === null) return null
  return Math.min(Number(found[1]) * unitMs[found[2]!.toLowerCase() as keyof typeof unitMs], 86_400_000)
}
