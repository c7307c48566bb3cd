// A mailbox of others, by IMAP, on imapflow. Nothing is believed of a server: how long it takes, how much it sends and what it says of sizes are
// bounded. Invariants: after whatever fails the connection is closed; a message is marked as read by `settle` alone, never by being fetched.
import { type FetchMessageObject, ImapFlow, type SearchObject } from 'imapflow'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'

/** How a server is met: TLS from the first byte, by STARTTLS, or none, which is for this machine alone. */
export const mailboxTlsModes = ['implicit', 'starttls', 'none'] as const
export type MailboxTls = (typeof mailboxTlsModes)[number]

/** What is done there with a message that was taken: it is marked as read, moved to another folder, or left as it is. */
export type Settling = { readonly to: 'seen' | 'nothing' } | { readonly to: 'folder'; readonly folder: string }

export type MailboxPlace = {
  readonly host: string
  readonly port: number
  readonly tls: MailboxTls
  readonly user: string
  readonly password: string
  readonly folder: string
  readonly settling: Settling
  /** Of the server's certificate, besides those that Node knows. */
  readonly ca?: string
}

/** As its server says, which need not be true. */
export type MailboxEntry = { readonly uid: number; readonly size: number; readonly receivedAt: number | null }

export type MailboxSession = {
  readonly uidValidity: string
  /** The number that the next message gets; null where the server does not say. */
  readonly uidNext: number | null
  /** Whether it tells what is new. */
  readonly isTold: boolean
  /** The numbers above `after`, in their order; of messages that came since then, or up to two days before. */
  find(after: number, since: number | null): Promise<number[]>
  list(uids: readonly number[]): Promise<MailboxEntry[]>
  /** Those of them that there still are. */
  stillThere(uids: readonly number[]): Promise<number[]>
  /** Those that are still there. `size`: of all, as was said. */
  fetch(uids: readonly number[], size: number): Promise<{ readonly uid: number; readonly raw: Buffer }[]>
  /** The head of one, or as much of it as is kept. */
  fetchHead(uid: number): Promise<Buffer>
  /** Null, or why the server does not. */
  settle(uids: readonly number[]): Promise<string | null>
  /** Resolves when something may be new, or after `ms`. */
  wait(ms: number): Promise<void>
  close(): void
}

/** `isRefused`: trying again soon changes nothing. */
export class MailboxError extends Error {
  readonly isRefused: boolean
  constructor(message: string, isRefused = false) {
    super(message)
    this.isRefused = isRefused
  }
}

/** `signal`: ends it whatever it does. */
export type OpenMailbox = (place: MailboxPlace, clock: Clock, signal: AbortSignal) => Promise<MailboxSession>

const bytesMax = limits.inboundMailBytesMax

/** @throws MailboxError */
export const openMailbox: OpenMailbox = async (place, clock, signal) => {
  const client = new ImapFlow({
    ...{ host: place.host, port: place.port, auth: { user: place.user, pass: place.password } },
    ...{ secure: place.tls === 'implicit', doSTARTTLS: place.tls === 'starttls' },
    tls: { ...(place.ca && { ca: place.ca }) },
    clientInfo: { name: 'Kingpost' },
    logger: false,
    disableAutoIdle: true,
    // What is small on the wire may be large here.
    disableCompression: true,
    ...{ connectionTimeout: limits.mailboxCallMs, greetingTimeout: limits.mailboxCallMs, socketTimeout: limits.mailboxCallMs * 5 },
    maxLineLength: limits.mailboxLineBytesMax,
    maxLiteralSize: bytesMax + limits.mailboxBatchBytes,
    maxResponseSize: bytesMax + limits.mailboxBatchBytes + limits.mailboxLineBytesMax,
  })
  if (signal.aborted) throw new MailboxError('It is to be read no more.')
  const call = callingOf(client, place, clock)
  signal.addEventListener('abort', () => client.close(), { once: true })
  await call('sign in', () => client.connect())
  const box = await call('open the folder', () => client.mailboxOpen(place.folder, { readOnly: place.settling.to === 'nothing' }))
  const { uidValidity, uidNext } = box
  return {
    uidValidity: String(uidValidity),
    uidNext: uidNext ?? null,
    ...reading(client, call),
    ...waiting(client, clock),
    ...settling(client, call, place),
  }
}

type Calling = <T>(what: string, call: () => Promise<T>, bytes?: number) => Promise<T>

/** Each call has its time, and ends the connection when it fails: what a server sends afterwards is nobody's. */
function callingOf(client: ImapFlow, place: MailboxPlace, clock: Clock): Calling {
  let failure: Error | null = null
  let giveUp = (_: Error) => {}
  // An error that no call waits for, such as a line that is too long, is told by this event alone.
  client.on('error', (error) => {
    failure ??= error as Error
  })
  client.on('close', () => giveUp(new Error('the connection was closed')))
  return async (what, call, bytes = 0) => {
    const ms = limits.mailboxCallMs + (bytes / limits.mailboxBytesPerSecondMin) * 1_000
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      giveUp = reject
      cancel = clock.after(ms, () => reject(new Error(`it took longer than ${Math.round(ms / 1_000)} s`)))
    })
    try {
      return await Promise.race([call(), late])
    } catch (error) {
      client.close()
      throw toldOf(failure ?? (error as Error), what, place)
    } finally {
      cancel()
    }
  }
}

function reading(client: ImapFlow, call: Calling) {
  const among = (uids: readonly number[]) => uids.join(',')
  const search = (query: SearchObject) =>
    call('look for messages', async () => {
      const found = await client.search(query, { uid: true })
      // A refusal is not that there are none.
      if (!Array.isArray(found)) throw new Error('it refuses to search')
      return found
    })
  return {
    isTold: client.capabilities.has('IDLE'),

    async find(after, since) {
      // By the day, in the server's time zone.
      const query = { uid: `${after + 1}:*`, ...(since !== null && { since: new Date(since - 86_400_000) }) }
      // `*` is the last message, whatever number is asked for.
      return (await search(query)).filter((uid) => uid > after).sort((a, b) => a - b)
    },

    async stillThere(uids) {
      return (await search({ uid: among(uids) })).filter((uid) => uids.includes(uid))
    },

    async list(uids) {
      const all = await call('list messages', () =>
        client.fetchAll(among(uids), { uid: true, size: true, internalDate: true }, { uid: true }),
      )
      return all.map(({ uid, size = 0, internalDate }) => {
        const at = internalDate === undefined ? Number.NaN : new Date(internalDate).getTime()
        return { uid, size, receivedAt: Number.isNaN(at) ? null : at }
      })
    },

    fetch: async (uids, size) =>
      await call(
        'fetch messages',
        async () => {
          const wanted = new Set(uids)
          const found: { uid: number; raw: Buffer }[] = []
          let held = 0
          for await (const { uid, source } of client.fetch(
            among(uids),
            { uid: true, source: true },
            { uid: true },
          ) as AsyncIterable<FetchMessageObject>) {
            if (source === undefined || !wanted.delete(uid)) continue
            held += source.length
            // What was said of its size was not true, or it sends what nobody asked for.
            if (held > bytesMax + limits.mailboxBatchBytes) throw new Error('it sends more than it said')
            found.push({ uid, raw: source })
          }
          return found
        },
        size,
      ),

    async fetchHead(uid) {
      const one = await call('fetch a head', () => client.fetchOne(String(uid), { uid: true, headers: true }, { uid: true }))
      return ((one || undefined)?.headers ?? Buffer.alloc(0)).subarray(0, limits.mailHeadersBytesMax)
    },
  } satisfies Partial<MailboxSession>
}

function waiting(client: ImapFlow, clock: Clock) {
  let isNew = false
  let wake = () => {}
  const ring = () => {
    isNew = true
    wake()
  }
  client.on('exists', ring)
  client.on('close', ring)
  return {
    async wait(ms) {
      // Its end is told by `close`, or by the next call.
      if (client.usable && client.capabilities.has('IDLE')) void client.idle().catch(() => {})
      if (!isNew && client.usable)
        await new Promise<void>((resolve) => {
          const cancel = clock.after(ms, resolve)
          wake = () => {
            cancel()
            resolve()
          }
        })
      isNew = false
    },
    close: () => client.close(),
  } satisfies Partial<MailboxSession>
}

function settling(client: ImapFlow, call: Calling, { settling: how, folder }: MailboxPlace) {
  return {
    async settle(uids) {
      if (how.to === 'nothing' || uids.length === 0) return null
      const range = uids.join(',')
      if (how.to === 'seen') {
        const isDone = await call('mark messages', () => client.messageFlagsAdd(range, ['\\Seen'], { uid: true, silent: true }))
        return isDone ? null : `Messages in ${folder} cannot be marked as read.`
      }
      const target = how.to === 'folder' ? how.folder : folder
      // Without one of these, moving would also remove what somebody else has marked for deletion.
      const isSafe = client.capabilities.has('MOVE') || client.capabilities.has('UIDPLUS')
      const isDone = isSafe && (await call('move messages', () => client.messageMove(range, target, { uid: true })))
      return isDone
        ? null
        : `Messages cannot be moved to ${target}${isSafe ? ': is there such a folder?' : ': the server does not know how.'}`
    },
  } satisfies Partial<MailboxSession>
}

type ClientError = Error & {
  readonly authenticationFailed?: boolean
  readonly mailboxMissing?: boolean
  readonly responseText?: string
  readonly code?: string
}

/** As it was sent: plain, in quotes, and in the two forms of base64 (AUTHENTICATE LOGIN and PLAIN). */
export function withoutSecrets(text: string, { user, password }: Pick<MailboxPlace, 'user' | 'password'>): string {
  const base64 = (secret: string) => Buffer.from(secret).toString('base64')
  const forms = [base64(`\0${user}\0${password}`), base64(`${user}\0${user}\0${password}`), base64(password)]
  const quoted = password.replaceAll(/["\\]/g, '\\$&')
  return [...forms, quoted, password].reduce((left, secret) => left.replaceAll(secret, '…'), text)
}

/** What staff are told. A server may repeat what it was sent: never the password. */
function toldOf(error: ClientError, what: string, { host, port, user, folder, password, tls }: MailboxPlace): MailboxError {
  const said = [
    error.responseText,
    error.code === undefined || error.message.includes(error.code) ? error.message : `${error.message} (${error.code})`,
  ]
  const words = withoutSecrets(said[0] ?? said[1]!, { user, password })
    .replaceAll(/[\r\n]+/g, ' ')
    .slice(0, 300)
  if (error.authenticationFailed) return new MailboxError(`${host} refuses ${user} and the password: ${words}`, true)
  if (error.mailboxMissing) return new MailboxError(`${user} at ${host} has no folder ${folder}.`, true)
  if (/CERT|SIGNATURE|ISSUER/.test(error.code ?? '')) return new MailboxError(`The certificate of ${host} is refused: ${words}`, true)
  if (tls === 'implicit' && error.code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return new MailboxError(`${host}:${port} does not begin with TLS: set tls: 'starttls', or another port.`, true)
  return new MailboxError(`${host}:${port} could not ${what}: ${words}`)
}
