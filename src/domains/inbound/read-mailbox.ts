// Reading a mailbox that is open. Each message is stored by the one way in, its transaction is committed, then the mailbox is told (read, moved), and then
// the cursor goes on. Whatever ends in between is done again: stored once, since its place and its bytes are known. Invariants: the cursor never
// passes a message that was neither stored nor noted as left there; no message stops those behind it.
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { InboundMailbox } from './collections.ts'
import { type MailboxEntry, MailboxError, type MailboxPlace, type MailboxSession } from './mailbox-client.ts'
import type { MailboxRow } from './mailbox-row.ts'
import type { ReceiveMail } from './receive-mail.ts'
import { storedEnvelope } from './stored-envelope.ts'

/** A mailbox that is open. */
export type OpenedMailbox = {
  readonly name: string
  readonly place: MailboxPlace
  readonly since: 'first look' | 'all' | number
  readonly domain: string | null
  readonly session: MailboxSession
  readonly rows: MailboxRow
  readonly receive: ReceiveMail
  /** How many messages, whichever way they came, are stored and not read yet. */
  readonly unread: () => Promise<number>
  /** Of the database, where it has one; for pauses, this process's own. */
  readonly clock: Pick<Clock, 'now'>
  readonly ownClock: Pick<Clock, 'after'>
  readonly log: Log
  /** Ends between two batches. */
  readonly isStopped: () => boolean
  /** It has got on: what fails next fails for the first time. */
  readonly gotOn: () => void
}

/** All that is there. */
export async function readNew(box: OpenedMailbox, row: InboundMailbox): Promise<InboundMailbox> {
  const { session, rows, isStopped } = box
  let current = row
  // What was there at the first look by the time it came; what came after it whatever its date says: clocks differ, and people move letters.
  if (current.lastUid < current.sinceUid) {
    const old = await session.find(current.lastUid, current.since)
    current = await takeFound(
      box,
      current,
      old.filter((uid) => uid <= current.sinceUid),
    )
    if (!isStopped()) current = await rows.save({ set: { lastUid: current.sinceUid } })
  }
  if (!isStopped()) current = await takeFound(box, current, await session.find(current.lastUid, null))
  if (isStopped()) return current
  box.gotOn()
  return await rows.save({
    // What is said of a mailbox that can be read, such as that it marks nothing, stays until it does.
    set: {
      state: 'waiting',
      waiting: 0,
      readAt: box.clock.now(),
      failingSince: null,
      ...(current.failingSince !== null && { lastError: null }),
    },
  })
}

async function takeFound(box: OpenedMailbox, row: InboundMailbox, found: readonly number[]): Promise<InboundMailbox> {
  const { rows, isStopped } = box
  let current = row
  // After one that failed they are fetched one by one, until it is known which one it is.
  let careful = current.troubles > 0 ? limits.mailboxBatchMessages : 0
  for (let at = 0; at < found.length && !isStopped(); ) {
    while (!isStopped() && (await box.unread()) >= limits.mailboxUnreadMax)
      await new Promise<void>((resolve) => void box.ownClock.after(limits.mailboxCatchUpMs, resolve))
    const count = careful > 0 ? 1 : limits.mailboxBatchMessages
    const step = await takeNoted({ ...box, row: current }, found.slice(at, at + count))
    at += step.passed
    careful -= step.passed
    current = await rows.save({ set: { ...step.set, state: 'reading', waiting: found.length - at, failingSince: null }, add: step.add })
    box.gotOn()
  }
  return current
}

type Step = {
  readonly passed: number
  readonly set: Partial<Writable>
  readonly add: { readonly taken: number; readonly leftThere: number }
}
type Writable = Pick<InboundMailbox, 'lastUid' | 'lastError' | 'troubledUid' | 'troubles'>

type Taking = OpenedMailbox & { readonly row: InboundMailbox }

/** As takeBatch; where the server fails, it is noted at which message. */
async function takeNoted(taking: Taking, uids: readonly number[]): Promise<Step> {
  return await takeBatch(taking, uids).catch(async (error: unknown) => {
    const { row, rows, isStopped } = taking
    const uid = uids[0]!
    const troubles = row.troubledUid === uid ? row.troubles + 1 : 1
    if (error instanceof MailboxError && !isStopped()) await rows.save({ set: { troubledUid: uid, troubles } })
    throw error
  })
}

/** Takes as many of them, from the first on, as are held at once. */
async function takeBatch(taking: Taking, uids: readonly number[]): Promise<Step> {
  const { session, row, rows, place } = taking
  const [first] = uids
  if (row.troubledUid === first && row.troubles >= limits.mailboxTroublesMax) {
    const isThere = (await session.stillThere([first!])).length > 0
    if (isThere) await leaveThere(taking, { uid: first!, size: 0 }, `It could not be fetched ${row.troubles} times.`)
    return { passed: 1, set: { lastUid: first!, lastError: null, ...noTrouble }, add: { taken: 0, leftThere: isThere ? 1 : 0 } }
  }
  const known = new Map((await session.list(uids)).map((entry) => [entry.uid, entry]))
  const passed = fitting(uids, known)
  const listed = passed.flatMap((uid) => known.get(uid) ?? [])
  const since = row.lastUid < row.sinceUid ? row.since : null
  const wanted = listed.filter(({ receivedAt }) => since === null || receivedAt === null || receivedAt >= since)
  const tooLarge = wanted.filter(({ size }) => size > limits.inboundMailBytesMax)
  const { taken, met, leftThere, why } = await takeAll(
    taking,
    wanted.filter(({ size }) => size <= limits.inboundMailBytesMax),
  )
  for (const entry of tooLarge) await leaveThere(taking, entry, null)
  const add = { taken, leftThere: leftThere + tooLarge.length }
  const unasked = new Set(listed.filter((entry) => !wanted.includes(entry) || tooLarge.includes(entry)).map(({ uid }) => uid))
  const missing = passed.filter((uid) => !met.has(uid) && !unasked.has(uid))
  // What was not handed over was removed by somebody meanwhile, or else it is asked for again.
  const [withheld] = missing.length === 0 ? [] : await session.stillThere(missing)
  if (withheld !== undefined) {
    await rows.save({ add })
    throw new MailboxError(`${place.host} does not hand over message ${withheld} of ${place.folder}.`)
  }
  return { passed: passed.length, set: { lastUid: passed.at(-1)!, lastError: why, ...noTrouble }, add }
}

const noTrouble = { troubledUid: null, troubles: 0 } as const

/** At least one. */
function fitting(uids: readonly number[], known: ReadonlyMap<number, MailboxEntry>): readonly number[] {
  let bytes = 0
  const end = uids.findIndex((uid) => {
    const size = known.get(uid)?.size ?? 0
    bytes += size <= limits.inboundMailBytesMax ? size : 0
    return bytes > limits.mailboxBatchBytes
  })
  return end < 0 ? uids : uids.slice(0, Math.max(end, 1))
}

type Taken = { readonly taken: number; readonly met: ReadonlySet<number>; readonly leftThere: number; readonly why: string | null }

/** `met`: those that were handed over. `taken`: how many of them had not been stored before. `why`: the mailbox does not note it. */
async function takeAll(taking: Taking, entries: readonly MailboxEntry[]): Promise<Taken> {
  const { session, name, log, row } = taking
  if (entries.length === 0) return { taken: 0, met: new Set(), leftThere: 0, why: null }
  const uids = entries.map(({ uid }) => uid)
  const size = entries.reduce((sum, entry) => sum + entry.size, 0)
  const found = await session.fetch(uids, size)
  const isTooLarge = ({ raw }: { readonly raw: Buffer }) => raw.length > limits.inboundMailBytesMax
  for (const { uid, raw } of found.filter(isTooLarge)) await leaveThere(taking, { uid, size: raw.length }, null)
  const fit = found.filter((one) => !isTooLarge(one))
  // Side by side, which is one commit for several.
  const isNew = await Promise.all(fit.map(({ uid, raw }) => store(taking, { uid, raw })))
  // They are committed: only now may the mailbox be told.
  const why = await session.settle(fit.map(({ uid }) => uid))
  if (why !== null && why !== row.lastError)
    log.write('warn', 'Messages were taken, and their mailbox does not note it.', { mailbox: name, why })
  return { taken: isNew.filter(Boolean).length, met: new Set(found.map(({ uid }) => uid)), leftThere: found.length - fit.length, why }
}

type Stored = { readonly uid: number; readonly raw: Buffer; readonly refusal?: string }

/** Whether it had not been there. */
async function store({ receive, place, domain, row, session }: Taking, { uid, raw, refusal }: Stored): Promise<boolean> {
  const { isRepeat } = await receive(raw, {
    door: 'imap',
    ...storedEnvelope(raw, { domain, owner: place.user }),
    remoteAddress: place.host.slice(0, 100),
    helo: null,
    isEncrypted: place.tls !== 'none',
    place: `${row.id}:${session.uidValidity}:${uid}`,
    ...(refusal !== undefined && { refusal }),
  })
  return !isRepeat
}

/** What is not taken is shown: its head, and why. It stays where it is. */
async function leaveThere(taking: Taking, { uid, size }: Pick<MailboxEntry, 'uid' | 'size'>, why: string | null): Promise<void> {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1_048_576)} MiB`
  const reason = why ?? `It has ${megabytes(size)}, and ${megabytes(limits.inboundMailBytesMax)} are taken at most.`
  // What could not be fetched is not asked for again.
  const head = why === null ? await taking.session.fetchHead(uid) : Buffer.alloc(0)
  await store(taking, { uid, raw: head, refusal: `${reason} It was left in ${taking.name}, message ${uid}.` })
}

/** Where reading goes on. A folder that was made anew has other numbers: it is read again, and what was taken is known by its bytes. */
export async function placeCursor(box: OpenedMailbox, row: InboundMailbox): Promise<InboundMailbox> {
  const { session, rows, name, log } = box
  const { uidValidity } = session
  if (row.uidValidity === uidValidity) return row
  const newest = session.uidNext !== null ? session.uidNext - 1 : ((await session.find(0, null)).at(-1) ?? 0)
  const { since, isAll } = row.uidValidity === null ? beginOf(box) : { since: row.since, isAll: row.since === null }
  if (row.uidValidity !== null) log.write('warn', 'A mailbox was made anew by its server, and is read again.', { mailbox: name })
  const isSkipped = row.uidValidity === null && box.since === 'first look'
  return await rows.save({
    set: { uidValidity, since, sinceUid: isAll ? 0 : newest, lastUid: isSkipped ? newest : 0, ...noTrouble },
  })
}

function beginOf({ since, clock }: OpenedMailbox): { readonly since: number | null; readonly isAll: boolean } {
  if (since === 'all') return { since: null, isAll: true }
  // Of a mailbox that is made anew later. Its clock may be another one: a day is on the safe side, and what was taken is known.
  return { since: since === 'first look' ? clock.now() - 86_400_000 : since, isAll: false }
}
