// The commit log of a database that several processes write. A transaction appends its line without a position; after
// its commit a process asks the sequencer, which gives the next positions to the lines it sees. Because only committed
// lines are seen and the head of the log is locked meanwhile, positions have no gap, never change their meaning, and
// whatever depends on another commit comes after it. Whoever listens here is told every commit of all processes, once,
// in order. Invariant: one round at a time in a process; what is asked for meanwhile starts exactly one more.
import type { Cancel, Clock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Commit } from './storage.ts'

/** The operation of a line without changes: it only keeps a COMMIT whose answer was lost from happening after all. */
export const lostCommit = 'commit.lost'

/** What the tail needs of a database. */
export type LogTailPort = {
  /** Whether a committed line has no position yet: a look that locks nothing. */
  hasWaiting(): Promise<boolean>
  /**
   * One short transaction that gives positions to at most `limit` lines, and, unless `after` is null, a look at the lines
   * after that position behind it: a database that can do both in one round trip answers `commits` as well.
   */
  sequence(limit: number, after: number | null): Promise<Sequenced>
  /** Lines with positions after `position`, in order. */
  commitsAfter(position: number, limit: number): Promise<readonly Commit[]>
  /**
   * Calls `wake` with the last position whenever any process moved the log on, and without one when that may have been
   * missed (the connection was lost and is back). Without `listen` the tail polls.
   */
  readonly listen?: ((wake: (position?: number) => void) => { close(): Promise<void> }) | undefined
  /** Told what went wrong in the background; the tail tries again by itself. */
  failed(error: unknown): void
}

type Waiting = { readonly resolve: () => void; readonly reject: (error: unknown) => void }

export type Sequenced = { readonly given: number; readonly commits?: readonly Commit[] }

/** Listeners are told what comes after position `start`: the newest when the storage was opened. */
export class LogTail {
  private readonly port: LogTailPort
  private readonly clock: Clock
  private readonly listeners: ((commit: Commit) => void)[] = []
  private seen: number
  /** The last position that a notification spoke of. */
  private heard: number
  private mustSequence = false
  private mustLook = false
  private mustRead = false
  private round: Promise<void> | null = null
  private waiting: Waiting[] = []
  private channel: { close(): Promise<void> } | null = null
  private cancelTimer: Cancel = () => {}
  private pauseMs: number = limits.feedPollMs
  private isClosed = false

  constructor(port: LogTailPort, clock: Clock, start: number) {
    this.port = port
    this.clock = clock
    this.seen = start
    this.heard = start
  }

  /** A line of this process is durable: it is given its position soon. */
  committed(): void {
    this.mustSequence = true
    this.ask()
  }

  onFeed(listener: (commit: Commit) => void): void {
    this.listeners.push(listener)
    if (this.listeners.length > 1 || this.isClosed) return
    this.channel =
      this.port.listen?.((position) => {
        if (position === undefined) this.mustRead = true
        else this.heard = Math.max(this.heard, position)
        this.ask()
      }) ?? null
    this.lookAround()
  }

  /** Lines up to this position were stored as they are, and nobody is told of them. */
  skipTo(position: number): void {
    this.seen = Math.max(this.seen, position)
    this.heard = Math.max(this.heard, position)
  }

  /** Resolves when every line told to `committed` before has its position, or the database could not give it. */
  async settled(): Promise<void> {
    this.ask()
    // The round under way may have looked before the line was there: the next one will not.
    const rounds = this.mustSequence ? 2 : 1
    for (let count = 0; count < rounds && this.round; count++) await this.round
  }

  /**
   * Resolves when the listeners were told of everything that anybody had committed before.
   * @throws what keeps the database from being asked
   */
  caughtUp(): Promise<void> {
    if (this.isClosed) return Promise.reject(new EngineError('storage_unavailable'))
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      this.lookAround()
    })
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    for (const { reject } of this.waiting) reject(new EngineError('storage_unavailable'))
    this.cancelTimer()
    await this.channel?.close()
    while (this.round) await this.round
  }

  /** Starts a round when there is something to do and none is under way. */
  private ask(): void {
    if (this.round || this.isClosed || !(this.mustSequence || this.mustLook || this.isBehind())) return
    this.cancelTimer()
    this.round = this.advanceForAll().then(
      () => {
        this.round = null
        this.rest()
        this.ask()
      },
      (error) => {
        this.round = null
        if (this.isClosed) return
        this.port.failed(error)
        this.mustSequence = true
        this.lookAfter(limits.feedPollMaxMs)
      },
    )
  }

  private isBehind(): boolean {
    return this.listeners.length > 0 && (this.mustRead || this.heard > this.seen)
  }

  /** Who waits to be caught up waits for a round that begins after they asked. */
  private async advanceForAll(): Promise<void> {
    const waiting = this.waiting
    this.waiting = []
    let isAll: boolean
    try {
      isAll = await this.advance()
      // What was sequenced by others between two looks of this round shows in one that is behind both.
      if (waiting.length > 0) this.mustRead = true
      while (this.isBehind()) await this.read()
    } catch (error) {
      for (const { reject } of waiting) reject(error)
      throw error
    }
    if (isAll) for (const { resolve } of waiting) resolve()
    else this.waiting.push(...waiting)
  }

  /** False when there were more lines without a position than are given one at once. */
  private async advance(): Promise<boolean> {
    let isAll = true
    const mustLook = this.mustLook && !this.mustSequence
    this.mustLook = false
    if (mustLook) await this.lookForWaiting()
    if (this.mustSequence) {
      this.mustSequence = false
      const after = this.listeners.length > 0 ? this.seen : null
      const { given, commits } = await this.look(() => this.port.sequence(limits.sequenceLinesMax, after))
      if (given === limits.sequenceLinesMax) {
        this.mustSequence = true
        isAll = false
      }
      if (commits === undefined && given > 0) this.mustRead = true
    }
    while (this.isBehind()) await this.read()
    return isAll
  }

  /** Both looks are asked for at once: a database that is asked so answers them in one round trip. */
  private async lookForWaiting(): Promise<void> {
    const [isWaiting] = await Promise.all([this.port.hasWaiting(), this.isBehind() ? this.read() : null])
    if (isWaiting) this.mustSequence = true
  }

  private async read(): Promise<void> {
    await this.look(async () => ({ commits: await this.port.commitsAfter(this.seen, limits.sequenceLinesMax) }))
  }

  /** Tells what was found. What is spoken of meanwhile is looked for again. */
  private async look<T extends { readonly commits?: readonly Commit[] }>(find: () => Promise<T>): Promise<T> {
    const spokenOf = this.heard
    const mustRead = this.mustRead
    this.mustRead = false
    const found = await find()
    const { commits } = found
    if (commits === undefined) {
      this.mustRead ||= mustRead
      return found
    }
    for (const commit of commits) {
      if (commit.position <= this.seen) continue
      this.seen = commit.position
      this.pauseMs = limits.feedPollMs
      for (const listener of this.listeners) listener(commit)
    }
    if (commits.length === limits.sequenceLinesMax) this.mustRead = true
    // What was spoken of before this and was not found is forgotten already.
    else if (this.heard === spokenOf) this.heard = this.seen
    return found
  }

  /** Until something happens, looks now and then: notifications get lost, and a process may die before its lines are sequenced. */
  private rest(): void {
    if (this.listeners.length === 0 || this.isClosed) return
    this.lookAfter(this.channel ? limits.feedLookMs : this.pauseMs)
    this.pauseMs = Math.min(this.pauseMs * 2, limits.feedPollMaxMs)
  }

  private lookAfter(delayMs: number): void {
    this.cancelTimer = this.clock.after(delayMs, () => this.lookAround())
  }

  private lookAround(): void {
    this.mustLook = true
    this.mustRead = true
    this.ask()
  }
}
