// The SMTP server that mail comes in by, on smtp-server. A message is held in memory until its final dot, stored, and only then taken by 250;
// whatever fails before that is the sender's to try again. Invariants: nothing is taken that was not stored; memory, time, conversations and
// recipients are bounded; what other servers could understand as two messages (bare CR or LF) is refused.
import type { AddressInfo } from 'node:net'
import { createSecureContext } from 'node:tls'
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import { networkOf } from '../../base/network.ts'
import type { ReceiveMail } from './receive-mail.ts'

/** In PEM. */
export type Certificate = { readonly key: string; readonly cert: string }

export type SmtpReceiverOptions = {
  /** What it calls itself. */
  readonly name: string
  /** Whether mail to an address is taken here. */
  readonly isKnown: (address: string) => Promise<boolean>
  readonly receive: ReceiveMail
  readonly clock: Clock
  readonly log: Log
  /** As it is now; the same object while it has not changed. Left out: no STARTTLS. */
  readonly readCertificate?: () => Certificate
  /** Smaller ones, for tests. */
  readonly bounds?: Partial<Bounds>
}

type Bounds = {
  readonly bytesMax: number
  readonly bytesAtOnce: number
  readonly bytesPerNetwork: number
  readonly storeMs: number
  readonly sessionMs: number
}

export type SmtpReceiver = {
  /** @throws what listening fails by */
  listen(port: number, host: string): Promise<number>
  close(): Promise<void>
}

const boundsOf = (given: Partial<Bounds> = {}): Bounds => ({
  bytesMax: limits.inboundMailBytesMax,
  bytesAtOnce: limits.inboundBytesAtOnce,
  bytesPerNetwork: limits.inboundBytesPerNetwork,
  storeMs: limits.inboundStoreMs,
  sessionMs: limits.inboundSessionMs,
  ...given,
})

export function createSmtpReceiver(options: SmtpReceiverOptions): SmtpReceiver {
  const { name, isKnown, clock, log, readCertificate } = options
  const bounds = boundsOf(options.bounds)
  const guests = createGuests(clock, bounds.sessionMs, (id) => cutOff(server, id))
  const take = createTaking(options, bounds, (id) => cutOff(server, id))
  let certificate = readCertificate?.()

  const server = new SMTPServer({
    name,
    banner: 'Kingpost',
    ...certificate,
    disabledCommands: certificate === undefined ? ['AUTH', 'STARTTLS'] : ['AUTH'],
    // A look-up for each who connects, of a name that its owner chooses.
    disableReverseLookup: true,
    // Its own are by the kind of command alone; ours say more.
    hideENHANCEDSTATUSCODES: true,
    logger: false,
    size: bounds.bytesMax,
    maxClients: limits.inboundClientsMax,
    maxRecipients: limits.inboundRecipientsMax,
    socketTimeout: limits.inboundSilenceMs,
    closeTimeout: limits.inboundCloseMs,
    onConnect: (session, done) => done(guests.enter(session) ? null : reply(421, '4.7.0 Too many connections from your address')),
    onClose: (session) => guests.leave(session),
    onRcptTo(recipient, session, done) {
      void isKnown(recipient.address).then(
        (known) => {
          if (known) return done()
          done(reply(550, '5.1.1 There is no such address here'))
          if (guests.countUnknown(session) >= limits.inboundUnknownMax) cutOff(server, session.id)
        },
        (error: unknown) => {
          log.write('error', 'Whether a recipient of mail is known could not be looked up.', { error })
          done(reply(451, '4.3.0 Try again later'))
        },
      )
    },
    onData: (stream, session, done) => void take(stream, session).then((words) => done(null, words), done),
  })
  // Of one conversation: whoever has it is told, and the others go on.
  server.on('error', (error) => log.write('info', 'A conversation with a mail server broke off.', { error }))

  function readAgain(): void {
    const current = tryRead(readCertificate!, log) ?? certificate
    if (current !== certificate) server.updateSecureContext((certificate = current))
    cancelRead = clock.after(limits.inboundCertificateMs, readAgain)
  }
  let cancelRead = () => {}

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.server.once('error', reject)
        server.listen(port, host, () => {
          server.server.off('error', reject)
          if (readCertificate) cancelRead = clock.after(limits.inboundCertificateMs, readAgain)
          resolve((server.server.address() as AddressInfo).port)
        })
      }),
    async close() {
      cancelRead()
      if (server.server.listening) await new Promise<void>((resolve) => server.close(resolve))
      guests.clear()
    },
  }
}

/** One that cannot be read, or whose key is another's, as while its two files are replaced, leaves the one there is. */
function tryRead(read: () => Certificate, log: Log): Certificate | null {
  try {
    const certificate = read()
    createSecureContext(certificate)
    return certificate
  } catch (error) {
    log.write('error', 'The certificate for mail could not be read again; the one before stays.', { error })
    return null
  }
}

/** Sets the text of an answer, which begins with the status code of RFC 3463. */
function reply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode })
}

function cutOff(server: SMTPServer, id: string): void {
  for (const connection of server.connections) if (connection.id === id) connection._socket.destroy()
}

/** Who is there, how many of each network, and what they tried. */
function createGuests(clock: Clock, sessionMs: number, end: (id: string) => void) {
  const inside = new Map<string, { readonly network: string; readonly cancel: () => void; unknown: number }>()
  const counts = new Map<string, number>()
  return {
    enter({ id, remoteAddress }: SMTPServerSession): boolean {
      const network = networkOf(remoteAddress)
      const count = (counts.get(network) ?? 0) + 1
      if (count > limits.inboundClientsPerNetwork) return false
      counts.set(network, count)
      inside.set(id, { network, cancel: clock.after(sessionMs, () => end(id)), unknown: 0 })
      return true
    },
    countUnknown({ id }: SMTPServerSession): number {
      const guest = inside.get(id)
      return guest === undefined ? 0 : ++guest.unknown
    },
    leave({ id }: SMTPServerSession): void {
      const guest = inside.get(id)
      if (guest === undefined) return
      guest.cancel()
      inside.delete(id)
      const left = counts.get(guest.network)! - 1
      if (left > 0) counts.set(guest.network, left)
      else counts.delete(guest.network)
    },
    clear(): void {
      for (const { cancel } of inside.values()) cancel()
    },
  }
}

/** The bytes that are held of messages on their way in: of all, and of each network. */
function createHeld({ bytesAtOnce, bytesPerNetwork }: Bounds) {
  const ofNetworks = new Map<string, number>()
  let ofAll = 0
  return {
    /** Of one message: null once it is held, or what it is refused by. */
    of(network: string) {
      let own = 0
      return {
        hold(bytes: number): Error | null {
          const before = ofNetworks.get(network) ?? 0
          if (before + bytes > bytesPerNetwork) return reply(452, '4.3.1 Too much mail from your address is on its way in: try again later')
          if (ofAll + bytes > bytesAtOnce) return reply(452, '4.3.1 Too much mail is on its way in: try again later')
          ofNetworks.set(network, before + bytes)
          ofAll += bytes
          own += bytes
          return null
        },
        drop(): void {
          const left = (ofNetworks.get(network) ?? 0) - own
          if (left > 0) ofNetworks.set(network, left)
          else ofNetworks.delete(network)
          ofAll -= own
          own = 0
        },
      }
    },
  }
}

/** Takes one message: resolves to the words of the 250, or throws the refusal. */
function createTaking({ receive, clock, log }: SmtpReceiverOptions, bounds: Bounds, end: (id: string) => void) {
  const held = createHeld(bounds)
  const { bytesMax, storeMs } = bounds

  /** All of it, or what it is refused by. It is read to its end either way: the answer comes after the final dot. */
  async function collect(stream: SMTPServerDataStream, own: ReturnType<typeof held.of>, giveUp: () => void): Promise<Buffer | Error> {
    const parts: Buffer[] = []
    let refusal: Error | null = null
    const waitForMore = () => clock.after(limits.inboundDataSilenceMs, giveUp)
    let cancel = waitForMore()
    try {
      for await (const part of stream as AsyncIterable<Buffer>) {
        cancel()
        cancel = waitForMore()
        if (refusal !== null) continue
        if (stream.byteLength > bytesMax) refusal = reply(552, `5.3.4 A message has ${bytesMax} bytes at most`)
        else refusal = own.hold(part.length)
        if (refusal === null) parts.push(part)
        else {
          parts.length = 0
          own.drop()
        }
      }
    } finally {
      cancel()
    }
    return refusal ?? Buffer.concat(parts)
  }

  return async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> => {
    const own = held.of(networkOf(session.remoteAddress))
    try {
      const raw = await collect(stream, own, () => end(session.id))
      if (raw instanceof Error) throw raw
      const refusal = refusalOf(raw)
      if (refusal !== null) throw refusal
      const { id } = await inTime(clock, storeMs, receive(raw, envelopeOf(session)))
      return `2.0.0 Stored as ${id}`
    } catch (error) {
      if ((error as { responseCode?: number }).responseCode !== undefined) throw error
      if (stream.readableEnded)
        log.write('error', 'A message that came in could not be stored; its sender is told to try again.', { error })
      else log.write('info', 'A mail server left in the middle of its message, or was silent for too long.', { error })
      throw reply(451, '4.3.0 It could not be stored: try again later')
    } finally {
      own.drop()
    }
  }
}

/** What is stored after all is known when it is brought again. */
function inTime<T>(clock: Clock, waitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(waitMs, () => reject(new Error(`The database has not stored it within ${waitMs} ms.`)))
    work.then(resolve, reject).finally(cancel)
  })
}

function envelopeOf({ envelope: { mailFrom, rcptTo }, remoteAddress, hostNameAppearsAs, secure }: SMTPServerSession) {
  return {
    door: 'smtp',
    from: mailFrom === false || mailFrom.address === '' ? null : mailFrom.address,
    recipients: rcptTo.map(({ address }: SMTPServerAddress) => address),
    remoteAddress,
    helo: hostNameAppearsAs || null,
    isEncrypted: secure,
  } as const
}

/** Null: it may be taken. */
function refusalOf(raw: Buffer): Error | null {
  if (hasBareNewline(raw)) return reply(550, '5.5.2 A line ends with CR and LF: neither stands alone')
  if (hopsOf(raw) > limits.inboundHopsMax) return reply(554, '5.4.6 Too many hops: the message is in a loop')
  return null
}

const [cr, lf] = [13, 10]

/** RFC 5321 section 2.3.8. What one server takes for the end of a message is text to another: that smuggles a second one in. */
export function hasBareNewline(raw: Buffer): boolean {
  let pairs = 0
  for (let at = raw.indexOf(lf); at >= 0; at = raw.indexOf(lf, at + 1)) {
    if (raw[at - 1] !== cr) return true
    pairs++
  }
  for (let at = raw.indexOf(cr); at >= 0; at = raw.indexOf(cr, at + 1)) pairs--
  return pairs !== 0
}

function hopsOf(raw: Buffer): number {
  const end = raw.indexOf('\r\n\r\n')
  const head = raw.subarray(0, end < 0 ? raw.length : end).toString('latin1')
  return head.split(/^received:/im).length - 1
}
