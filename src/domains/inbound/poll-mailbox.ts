// Reading the mailboxes of others (read-mailbox.ts) for as long as the process runs: one process reads a mailbox, by a lease, and tries again whatever failed.
// Invariant: whoever lost the lease, or does not know whether it has it, reads no further.
import type { Cancel, Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import { eq } from '../../contract/filter.ts'
import type { WorkParts } from '../../operation/work.ts'
import type { TransactionParts } from '../../storage/in-transaction.ts'
import { type InboundMailbox, inboundMails } from './collections.ts'
import { MailboxError, type MailboxPlace, type OpenMailbox } from './mailbox-client.ts'
import { createMailboxRow, type MailboxRow } from './mailbox-row.ts'
import { type OpenedMailbox, placeCursor, readNew } from './read-mailbox.ts'
import type { ReceiveMail } from './receive-mail.ts'

export type MailboxPollerOptions = {
  readonly place: MailboxPlace
  /** From when on messages are taken: what comes after the first look, what came after a time, or all. */
  readonly since: 'first look' | 'all' | number
  /** Whose addresses lead to records; null: none do. */
  readonly domain: string | null
  readonly open: OpenMailbox
  readonly receive: ReceiveMail
  readonly parts: TransactionParts & WorkParts
  /** This process's own, for pauses. */
  readonly clock: Clock
  readonly log: Log
  /** Shorter ones, for tests. */
  readonly pauses?: Partial<Pauses>
}

type Pauses = { readonly lookMs: number; readonly pauseMs: number; readonly refusedMs: number; readonly renewMs: number }

export type MailboxPoller = {
  readonly name: string
  start(): void
  stop(): Promise<void>
}

export function nameOfMailbox({ user, host, port, folder }: MailboxPlace): string {
  return `${user}@${host}:${port}/${folder}`
}

export function createMailboxPoller(options: MailboxPollerOptions): MailboxPoller {
  const { place, clock, parts } = options
  const name = nameOfMailbox(place)
  const rows = createMailboxRow(parts, name)
  const pauses: Partial<Pauses> & Omit<Pauses, 'lookMs'> = { ...ownPauses, ...options.pauses }
  const pause = createPause(clock)
  const ending = new AbortController()
  const isStopped = () => ending.signal.aborted
  let failures = 0
  let running: Promise<void> = Promise.resolve()

  async function readWhileOurs(row: InboundMailbox): Promise<void> {
    const leaving = new AbortController()
    const endRenewing = keepLease({ rows, clock, renewMs: pauses.renewMs }, () => leaving.abort())
    const session = await options.open(place, clock, AbortSignal.any([ending.signal, leaving.signal])).catch((error: unknown) => {
      endRenewing()
      throw error
    })
    try {
      const gotOn = () => void (failures = 0)
      const unread = () => parts.storage.reader.count(inboundMails, eq('state', 'received'))
      await readOn({ ...options, name, rows, session, unread, clock: parts.clock, ownClock: clock, isStopped, gotOn }, row, pauses.lookMs)
    } finally {
      endRenewing()
      session.close()
    }
  }

  async function run(): Promise<void> {
    while (!isStopped()) {
      const row = await claim()
      if (row === null) await pause.wait(pauses.renewMs)
      else
        await readWhileOurs(row).catch(async (error: Error) => {
          if (!isStopped()) await pause.wait(await pauseAfter(error))
        })
    }
  }

  /** Null while another process reads it. */
  const claim = () =>
    rows.claim().catch((error: unknown) => {
      options.log.write('error', 'Whether a mailbox is to be read could not be looked up.', { mailbox: name, error })
      return null
    })

  async function pauseAfter(error: Error): Promise<number> {
    const words = error instanceof MailboxError ? error.message : 'What it holds could not be stored.'
    if (await rows.fail(words)) options.log.write('warn', 'A mailbox cannot be read; it is tried again.', { mailbox: name, error })
    return pauseOf(error, pauses, failures++)
  }

  return {
    name,
    start: () => void (running = run()),
    async stop() {
      ending.abort()
      pause.end()
      await running
      await rows.leave().catch(() => {})
    },
  }
}

/** Until it fails, or is stopped. */
async function readOn(box: OpenedMailbox, row: InboundMailbox, lookMs?: number): Promise<void> {
  let current = await placeCursor(box, row)
  while (!box.isStopped()) {
    current = await readNew(box, current)
    const ms = lookMs ?? (box.session.isTold ? limits.mailboxLookMs : limits.mailboxUntoldLookMs)
    if (!box.isStopped()) await box.session.wait(ms)
  }
}

const ownPauses = { pauseMs: limits.mailboxPauseMs, refusedMs: limits.mailboxRefusedPauseMs, renewMs: limits.mailboxRenewMs }

/** Doubled with each try that fails. */
function pauseOf(error: Error, { refusedMs, pauseMs }: Pick<Pauses, 'refusedMs' | 'pauseMs'>, failures: number): number {
  const first = error instanceof MailboxError && error.isRefused ? refusedMs : pauseMs
  return Math.min(first * 2 ** Math.min(failures, 10), limits.mailboxPauseMaxMs)
}

/** `end`: once it is another's, or nobody knows whose it is. */
function keepLease(
  { rows, clock, renewMs }: { readonly rows: MailboxRow; readonly clock: Clock; readonly renewMs: number },
  end: () => void,
): Cancel {
  let cancel = () => {}
  let isOver = false
  const again = () => {
    if (!isOver) cancel = clock.after(renewMs, () => void rows.renew().then((isOurs) => (isOurs ? again() : end()), end))
  }
  again()
  return () => {
    isOver = true
    cancel()
  }
}

/** One pause at a time, which can be ended. */
function createPause(clock: Clock) {
  let end = () => {}
  let isOver = false
  return {
    wait: (ms: number) =>
      new Promise<void>((resolve) => {
        if (isOver) return resolve()
        const cancel = clock.after(ms, resolve)
        end = () => {
          cancel()
          resolve()
        }
      }),
    end: () => {
      isOver = true
      end()
    },
  }
}
