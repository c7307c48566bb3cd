// A real SMTP server in the test's process, with a book of its own: what it took, and from how many
// attempts. Recipients' names say how it treats them.
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { type Cleanable, cleanUp } from './clean-up.ts'

export type ReceivedMessage = {
  readonly from: string
  readonly to: string
  /** Lower-case names; values unfolded. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export type SmtpPeer = {
  readonly url: string
  /** Messages it took responsibility for. */
  readonly taken: readonly ReceivedMessage[]
  /** Messages whose final dot it saw, and whose answer it swallowed. */
  readonly swallowed: readonly ReceivedMessage[]
  /** Attempts per recipient. */
  readonly attempts: ReadonlyMap<string, number>
}

/**
 * `defer…@` is put off with 451 at the first attempt, `refuse…@` is refused with 550, for `drop…@` the
 * connection is cut after the final dot; all others are served.
 */
export async function startSmtpPeer(t: Cleanable): Promise<SmtpPeer> {
  const taken: ReceivedMessage[] = []
  const swallowed: ReceivedMessage[] = []
  const attempts = new Map<string, number>()
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onRcptTo({ address }, _session, done) {
      const count = (attempts.get(address) ?? 0) + 1
      attempts.set(address, count)
      if (address.startsWith('refuse')) return done(reply(550, '5.1.1 no such mailbox'))
      if (address.startsWith('defer') && count === 1) return done(reply(451, '4.7.1 greylisted, come back'))
      done()
    },
    onData(stream, session, done) {
      const received = (raw: string) => {
        const message = parse(raw, session)
        if (!message.to.startsWith('drop')) {
          taken.push(message)
          return done()
        }
        swallowed.push(message)
        socketOf(server, session).destroy()
      }
      // One whose sender died in the middle was never taken.
      void text(stream).then(received, () => {})
    },
  })
  server.on('error', () => {}) // Cut connections are what this peer is for.
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  cleanUp(t, () => new Promise<void>((resolve) => server.close(resolve)))
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, taken, swallowed, attempts }
}

function reply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode })
}

function parse(raw: string, session: SMTPServerSession): ReceivedMessage {
  const { mailFrom, rcptTo } = session.envelope
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address).join(','),
    headers,
    body: raw.slice(end + 4),
  }
}

/** The library keeps a connection's socket to itself; cutting it is the one thing its API cannot do. */
function socketOf(server: SMTPServer, session: SMTPServerSession): Socket {
  const { connections } = server as unknown as { connections: Set<{ session: SMTPServerSession; _socket: Socket }> }
  return [...connections].find((connection) => connection.session.id === session.id)!._socket
}
