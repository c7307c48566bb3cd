// A database server as the engine's own code for such servers (src/storage/sql) meets it, in virtual time: connections
// that break before, while and after they carry something out; transactions of all processes that overlap at READ
// COMMITTED; row locks, unique fences that wait for one another, deadlocks, time-outs. The data is data.ts.
import { EngineError, isEngineError } from '../../../src/base/engine-error.ts'
import { limits } from '../../../src/base/limits.ts'
import type { Random } from '../../../src/base/random.ts'
import type { SqlDriver } from '../../../src/storage/sql/driver.ts'
import { createServerStorage } from '../../../src/storage/sql/server-storage.ts'
import type { AdapterTransaction, Commit, CommitLine, StorageAdapter } from '../../../src/storage/storage.ts'
import type { Faults } from '../faults.ts'
import type { Mutant } from '../mutants.ts'
import type { Store } from '../store.ts'
import type { Owner, World } from '../world.ts'
import type { Open } from './act.ts'
import { CommitLog } from './commit-log.ts'
import { serverDataOf } from './data.ts'
import { RowLocks } from './row-locks.ts'
import { type Server, Session } from './session.ts'
import { createSteps } from './steps.ts'

export type ServerDatabase = ReturnType<typeof createServerDatabase>
export type ServerParts = {
  readonly world: World
  readonly faults: Faults
  readonly store: Store
  readonly mutant: Mutant | null
  readonly complain: (problem: string) => void
  /** Called after every commit with its lines. */
  readonly committed: (lines: readonly CommitLine[]) => void
}

type Listener = { readonly process: Owner; wake(position?: number): void }
/** Who was told up to which commit. */
type FeedReader = { readonly process: Owner; last: number }

export function createServerDatabase(parts: ServerParts) {
  const { world, store } = parts
  const log = new CommitLog()
  const data = serverDataOf(store)
  const locks = new RowLocks<Open>()
  const listeners = new Set<Listener>()
  const sessions = new Map<Owner, Set<Session>>()
  let lastSeq = 0
  const server: Server = {
    world,
    faults: parts.faults,
    data,
    isStepwise: world.dice.chance(0.3),
    locks,
    legMs: () => world.dice.between(0, legMaxMs) + (parts.faults.strikes('storageSlow') ? world.dice.between(500, 20_000) : 0),
    commit(open) {
      for (const line of open.lines) log.append(line)
      for (const line of open.given) log.place(line)
      parts.committed(open.lines.map(({ line }) => line))
      if (open.given.length === 0) return
      const position = log.lastPosition()
      for (const { process, wake } of listeners) world.at(server.legMs(), process, 'hears of commits', () => wake(position))
    },
  }
  // A far database makes transactions long, and so many of them overlap.
  const legMaxMs = world.dice.pick([3, 40, 400, 1_000])
  const hasNotifications = world.dice.chance(0.7)
  const underWay = new Map<Owner, number>()
  const denied: CommitLine[] = []
  const readers: FeedReader[] = []
  const sound = createSteps({
    model: store.backend.model,
    locks,
    log,
    nextSeq: () => ++lastSeq,
    now: () => world.now(),
    readMark: (name) => store.adapter.readMark(name),
  })

  /** Runs it and holds what the engine says of it against the log. */
  async function remembered<T>(process: Owner, storage: StorageAdapter, work: (transaction: AdapterTransaction) => Promise<T>): Promise<T> {
    let sent: CommitLine | null = null
    underWay.set(process, (underWay.get(process) ?? 0) + 1)
    try {
      const result = await storage.transaction(async (inner) =>
        work({
          ...inner,
          appendCommit(line) {
            sent = line
            return inner.appendCommit(line)
          },
        }),
      )
      if (sent && !log.has(sent)) parts.complain('server: a commit was said to have happened, and has not')
      return result
    } catch (error) {
      if (sent && !isEngineError(error, 'outcome_unknown')) denied.push(sent)
      throw error
    } finally {
      underWay.set(process, underWay.get(process)! - 1)
    }
  }

  /** Every commit once, in order, without a gap. */
  function inOrder(process: Owner, listener: (commit: Commit) => void): (commit: Commit) => void {
    const reader: FeedReader = { process, last: log.lastPosition() }
    readers.push(reader)
    let isFirst = true
    return (commit) => {
      const { last } = reader
      // The first one may have come before the listener, but not behind the next.
      if (isFirst ? commit.position > last + 1 : commit.position !== last + 1)
        parts.complain(`server: ${process.name} was told of commit ${commit.position} after ${last}`)
      isFirst = false
      reader.last = commit.position
      listener(commit)
    }
  }

  function listen(listener: Listener) {
    listeners.add(listener)
    return { close: async () => void listeners.delete(listener) }
  }

  const steps = parts.mutant?.steps?.(sound, world.dice) ?? sound

  return {
    commitsAfter: (position: number, limit: number): Commit[] => log.after(position, limit),
    /** The engine's storage for one process. @throws storage_unavailable */
    async open(process: Owner): Promise<StorageAdapter> {
      const own = new Set<Session>()
      sessions.set(process, own)
      const driver: SqlDriver = {
        capabilities: {
          product: 'Simulated server',
          version: '1',
          isShared: true,
          hasTransactionalSchema: true,
          hasGroupCommit: false,
          hasNotifications,
        },
        connect: () =>
          new Promise((resolve, reject) => {
            world.at(server.legMs(), process, 'connects', () => {
              if (parts.faults.strikes('storageRefused')) return reject(new EngineError('storage_unavailable'))
              const session = new Session(server, process)
              own.add(session)
              resolve(session)
            })
          }),
        ...(hasNotifications ? { listen: (wake: Listener['wake']) => listen({ process, wake }) } : {}),
      }
      // A look that would find nothing, and a timer while nothing is under way, change nothing.
      const hasWork = () =>
        log.hasUnplaced() ||
        (underWay.get(process) ?? 0) > 0 ||
        readers.some((reader) => reader.process === process && reader.last < log.lastPosition()) ||
        [...own].some((session) => session.isInUse())
      const clock = world.clockOf(process)
      const storage = await createServerStorage({
        driver,
        steps,
        random: world.dice as Random,
        clock: {
          ...clock,
          after(delayMs, task) {
            // Nothing in a run is idle for long enough to be worth a look.
            if (delayMs === limits.connectionIdleMs) return () => {}
            return world.poll(delayMs, process, task, () => (hasWork() ? world.now() : Number.POSITIVE_INFINITY))
          },
        },
      })
      return {
        ...storage,
        transaction: (work) => remembered(process, storage, work),
        onFeed: (listener) => storage.onFeed(inOrder(process, listener)),
      }
    },
    /** At rest: what a process was told did not happen has not happened, and all have heard of all that has. */
    audit(): void {
      data.leave()
      for (const { line, position } of log.lines) {
        if (denied.includes(line)) parts.complain(`server: a commit of ${line.operation} was said not to have happened, and has`)
        if (position === null) parts.complain(`server: a commit of ${line.operation} never got a position`)
      }
      for (const { process, last } of readers)
        if (process.isAlive && last !== log.lastPosition())
          parts.complain(`server: ${process.name} was told up to ${last} of ${log.lastPosition()}`)
    },
    /** A process is gone; the server notices it at each of its connections. */
    crashed(process: Owner): void {
      for (const listener of listeners) if (listener.process === process) listeners.delete(listener)
      for (const session of sessions.get(process) ?? []) session.hangUp(world.dice.between(0, 50))
      sessions.delete(process)
    },
  }
}
