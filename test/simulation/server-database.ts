// A database server as the engine's own code for such servers (src/storage/sql) meets it, in virtual time: connections
// that break before, while and after they carry something out; transactions of all processes that overlap at READ
// COMMITTED; row locks, unique fences that wait for one another, deadlocks, time-outs. Data lies in the run's SQLite,
// which holds what is committed and nothing else: a transaction keeps a list of what it has written and does it again
// under each of its statements, so that it sees its own writes and the newest commits of others.
import { assert } from '../../src/base/assert.ts'
import type { Cancel } from '../../src/base/clock.ts'
import { EngineError, isEngineError } from '../../src/base/engine-error.ts'
import { limits } from '../../src/base/limits.ts'
import type { Random } from '../../src/base/random.ts'
import { eq, type Filter } from '../../src/contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../src/schema/collection.ts'
import { lostCommit } from '../../src/storage/log-tail.ts'
import type { Statement } from '../../src/storage/sql/compile.ts'
import { ConnectionLost, type SqlConnection, type SqlDriver, type SqlResult, StatementFailure } from '../../src/storage/sql/driver.ts'
import { createEncoder } from '../../src/storage/sql/row-codec.ts'
import { createServerStorage } from '../../src/storage/sql/server-storage.ts'
import type { Step, Steps } from '../../src/storage/sql/steps.ts'
import type { AdapterTransaction, Change, Commit, CommitLine, StorageAdapter } from '../../src/storage/storage.ts'
import type { Faults } from './faults.ts'
import type { Mutant } from './mutants.ts'
import { Blocked, RowLocks } from './row-locks.ts'
import type { Store } from './store.ts'
import type { Owner, World } from './world.ts'

type Ref = CollectionRef<unknown>
/** A line in the log of this server; positions are given after the commit, as the engine does it. */
type LogLine = { readonly seq: number; readonly token: string; readonly line: CommitLine; position: number | null }
type Redo = (inner: AdapterTransaction) => Promise<unknown>

/** What a transaction has done so far. */
class Open {
  readonly writes: Redo[] = []
  readonly lines: LogLine[] = []
  given: readonly LogLine[] = []
  isAborted = false
}

/** What a statement does at the server. It may be begun again until it is through, and writes only once nothing blocks it. */
type Act = (at: { readonly open: Open; readonly inner: AdapterTransaction }) => Promise<unknown>
type ActingStatement = Statement & { readonly act: Act | 'begin' | 'commit' | 'rollback' }

/** Thrown to undo in SQLite what is not committed yet. */
const leaving = new Error('Nothing of this is kept yet.')
const rowsMax = 10_000

export type ServerDatabase = ReturnType<typeof createServerDatabase>
export type ServerParts = {
  readonly world: World
  readonly faults: Faults
  readonly store: Store
  readonly mutant: Mutant | null
  readonly complain: (problem: string) => void
  /** Called after every commit. */
  readonly committed: () => void
}

export function createServerDatabase(parts: ServerParts) {
  const { world } = parts
  const log: LogLine[] = []
  const locks = new RowLocks<Open>()
  const listeners = new Set<{ readonly process: Owner; wake(position?: number): void }>()
  const sessions = new Map<Owner, Set<Session>>()
  let lastSeq = 0
  let lastPosition = 0
  const server: Server = {
    ...parts,
    locks,
    legMs: () => world.dice.between(0, legMaxMs) + (parts.faults.strikes('storageSlow') ? world.dice.between(500, 20_000) : 0),
    commit(open) {
      for (const line of open.lines) log.push(line)
      for (const line of open.given) line.position = ++lastPosition
      parts.committed()
      if (open.given.length === 0) return
      const position = lastPosition
      for (const { process, wake } of listeners) world.at(server.legMs(), process, 'hears of commits', () => wake(position))
    },
  }
  // A far database makes transactions long, and so many of them overlap.
  const legMaxMs = world.dice.pick([3, 3, 40, 400])
  const denied: CommitLine[] = []
  const sound = createSteps({
    server,
    log,
    nextSeq: () => ++lastSeq,
    lastPosition: () => lastPosition,
  })

  /** Runs it and holds what the engine says of it against the log. */
  async function remembered<T>(storage: StorageAdapter, work: (transaction: AdapterTransaction) => Promise<T>): Promise<T> {
    let sent: CommitLine | null = null
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
      if (sent && !log.some(({ line }) => line === sent)) parts.complain('server: a commit was said to have happened, and has not')
      return result
    } catch (error) {
      if (sent && !isEngineError(error, 'outcome_unknown')) denied.push(sent)
      throw error
    }
  }

  /** Every commit once, in order, without a gap. */
  function inOrder(process: Owner, listener: (commit: Commit) => void): (commit: Commit) => void {
    let last: number | null = null
    return (commit) => {
      if (last !== null && commit.position !== last + 1)
        parts.complain(`server: ${process.name} was told of commit ${commit.position} after ${last}`)
      last = commit.position
      listener(commit)
    }
  }

  const steps = parts.mutant?.steps?.(sound, world.dice) ?? sound

  return {
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
          hasNotifications: true,
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
        listen(wake) {
          const listener = { process, wake }
          listeners.add(listener)
          return { close: async () => void listeners.delete(listener) }
        },
      }
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
            // A look at a log in which nothing waits changes nothing.
            if (delayMs !== limits.feedLookMs) return world.at(delayMs, process, 'timer', task)
            return world.poll(delayMs, process, task, () => (log.some(({ position }) => position === null) ? world.now() : Infinity))
          },
        },
      })
      return {
        ...storage,
        transaction: (work) => remembered(storage, work),
        onFeed: (listener) => storage.onFeed(inOrder(process, listener)),
      }
    },
    /** At rest: what a process was told did not happen has not happened. */
    audit(): void {
      for (const { line, position } of log) {
        if (denied.includes(line)) parts.complain(`server: a commit of ${line.operation} was said not to have happened, and has`)
        if (position === null) parts.complain(`server: a commit of ${line.operation} never got a position`)
      }
    },
    /** A process is gone; the server notices it at each of its connections. */
    crashed(process: Owner): void {
      for (const listener of listeners) if (listener.process === process) listeners.delete(listener)
      for (const session of sessions.get(process) ?? []) session.hangUp(world.dice.between(0, 50))
      sessions.delete(process)
    },
  }
}

type Server = ServerParts & {
  readonly locks: RowLocks<Open>
  /** One way over the network. */
  legMs(): number
  commit(open: Open): void
}

/** One connection, both ends of it. */
class Session implements SqlConnection {
  private readonly server: Server
  private readonly process: Owner
  private open: Open | null = null
  /** The client's end. */
  private isBroken = false
  private isAwaited = false
  /** The server's end: what was sent before the client hung up is still carried out. */
  private hasHungUp = false
  private isOnItsWay = false
  private isAtWork = false
  private isEnded = false
  private cancelIdle: Cancel = () => {}

  constructor(server: Server, process: Owner) {
    this.server = server
    this.process = process
  }

  isUsable(): boolean {
    return !this.isBroken
  }

  async close(): Promise<void> {
    this.isBroken = true
    this.hangUp(0)
  }

  run(statements: readonly Statement[]): Promise<readonly SqlResult[]> {
    const { world, faults, legMs } = this.server
    if (this.isBroken) return Promise.reject(lost())
    assert(!this.isAwaited, 'one thing at a time on a connection')
    this.isAwaited = true
    this.isOnItsWay = true
    return new Promise((resolve, reject) => {
      const tell = (afterMs: number, give: () => void) => {
        world.at(afterMs, this.process, 'database answers', () => {
          this.isAwaited = false
          give()
        })
      }
      const breakOff = (afterMs: number) =>
        tell(afterMs, () => {
          this.isBroken = true
          reject(lost())
        })
      // A cut cable: what was sent has arrived, or arrives late, or never.
      const isCut = faults.strikes('storageAnswerLost')
      if (isCut) breakOff(legMs())
      const isSwallowed = isCut && world.dice.chance(0.3)
      const isLate = isCut && world.dice.chance(0.3)
      const label = world.isTraced ? `${this.process.name} sends: ${statements.map(({ sql }) => sql).join(', ')}` : ''
      world.at(isLate ? world.dice.between(0, limits.outcomeSearchMs * 2) : legMs(), null, label, () => {
        this.isOnItsWay = false
        this.cancelIdle()
        if (this.isEnded) return isCut ? undefined : breakOff(legMs())
        if (isSwallowed) return this.hangUp(world.dice.between(0, limits.lockWaitMs * 2))
        this.carryOut(statements as readonly ActingStatement[]).then(
          (results) => this.rest(isCut, () => tell(legMs(), () => resolve(results))),
          (error) => this.rest(isCut, () => (error instanceof ConnectionLost ? breakOff(legMs()) : tell(legMs(), () => reject(error)))),
        )
      })
    })
  }

  /** Nobody is at the other end any more. */
  hangUp(afterMs: number): void {
    this.server.world.at(afterMs, null, `${this.process.name} connection ends`, () => {
      this.hasHungUp = true
      if (!this.isOnItsWay && !this.isAtWork) this.end()
    })
  }

  private rest(isCut: boolean, answer: () => void): void {
    const { world } = this.server
    if (isCut || this.hasHungUp) this.end()
    else if (this.open)
      this.cancelIdle = world.at(limits.idleInTransactionMs, null, `${this.process.name} is idle for too long`, () => this.end())
    if (!isCut) answer()
  }

  private end(): void {
    this.isEnded = true
    this.cancelIdle()
    this.undo()
  }

  private undo(): void {
    if (this.open) this.server.locks.release(this.open)
    this.open = null
  }

  private async carryOut(statements: readonly ActingStatement[]): Promise<readonly SqlResult[]> {
    const { world, faults } = this.server
    const results: SqlResult[] = []
    const victim = faults.strikes('storageConflict') ? world.dice.between(0, statements.length - 1) : -1
    const dying = faults.strikes('storageConflictAfterWork') ? world.dice.between(0, statements.length - 1) : -1
    this.isAtWork = true
    try {
      while (results.length < statements.length) {
        const blocked = await this.goOn(statements, results, { victim, dying })
        if (blocked) await this.waitFor(blocked)
      }
      return results
    } catch (error) {
      if (error instanceof ConnectionLost) {
        this.hasHungUp = true
        throw error
      }
      if (this.open) this.open.isAborted = true
      throw new StatementFailure(results.length, error)
    } finally {
      this.isAtWork = false
    }
  }

  /** Carries out what it can. Answers what stands in the way of the rest. */
  private async goOn(
    statements: readonly ActingStatement[],
    results: SqlResult[],
    { victim, dying }: { readonly victim: number; readonly dying: number },
  ): Promise<Blocked<Open> | null> {
    let ended: Open | null = null
    try {
      await this.server.store.adapter.transaction(async (inner) => {
        for (const again of this.open?.writes ?? []) await again(inner)
        while (results.length < statements.length) {
          if (results.length === dying) throw lost()
          const { act } = statements[results.length]!
          if (act === 'begin') {
            assert(this.open === null, 'a transaction is open already')
            this.open = new Open()
          } else if (act === 'rollback') {
            this.undo()
            results.push(nothing)
            // What it wrote in this very stretch goes as well.
            throw leaving
          } else if (act === 'commit') {
            ended = this.open
            assert(ended && !ended.isAborted, 'nothing is committed but an open transaction')
            for (const { line } of ended.lines) if (line.operation !== lostCommit) await inner.appendCommit(line)
            results.push(nothing)
            return
          } else {
            assert(!this.open?.isAborted, 'an aborted transaction takes nothing but its end')
            if (results.length === victim && this.open) throw new EngineError('conflict')
            const rows = await act({ open: this.open ?? new Open(), inner })
            results.push({ rows: rows as never, count: 0 })
            continue
          }
          results.push(nothing)
        }
        throw leaving
      })
    } catch (error) {
      if (error instanceof Blocked) return error as Blocked<Open>
      if (error !== leaving) throw error
    }
    if (ended) {
      this.server.commit(ended)
      this.undo()
    }
    return null
  }

  private waitFor(blocked: Blocked<Open>): Promise<void> {
    const { world, locks } = this.server
    const open = this.open!
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new EngineError('conflict'))
      const cancel = world.at(limits.lockWaitMs, null, `${this.process.name} waits too long for a lock`, () => {
        locks.stopWaiting(open)
        giveUp()
      })
      const isDeadlock = !locks.wait(open, blocked, () => {
        cancel()
        world.at(0, null, `${this.process.name} goes on`, resolve)
      })
      if (!isDeadlock) return
      cancel()
      world.note(`${this.process.name.padEnd(10)} deadlock`)
      giveUp()
    })
  }
}

const nothing: SqlResult = { rows: [], count: 0 }

function lost(): ConnectionLost {
  return new ConnectionLost('The connection broke.')
}

type StepParts = {
  readonly server: Server
  readonly log: readonly LogLine[]
  nextSeq(): number
  lastPosition(): number
}

/** What the engine asks of a database, as acts on the run's SQLite under locks. */
function createSteps({ server: { locks, store, world }, log, nextSeq, lastPosition }: StepParts): Steps {
  const { model } = store.backend
  const uniques = new Map(
    [...model.collections.values()].map((collection) => {
      const columns = [...collection.columns.values()]
      const places = collection.indexes
        .filter(({ isUnique }) => isUnique)
        .map(({ name, columns: parts }) => ({ name, at: parts.map((part) => columns.findIndex((column) => column.name === part.name)) }))
      return [collection.name, { encode: createEncoder(collection), places }]
    }),
  )
  const keysOf = (ref: Ref, record: AnyRecord): string[] => {
    const { encode, places } = uniques.get(ref.name)!
    const row = encode(record)
    return places
      .map(({ name, at }) => ({ name, values: at.map((place) => row[place]) }))
      .filter(({ values }) => !values.includes(null))
      .map(({ name, values }) => `${name} ${JSON.stringify(values)}`)
  }
  const rowKey = (ref: Ref, id: string) => `${ref.name} ${id}`
  const holdRows = (open: Open, ref: Ref, ids: readonly string[]) => {
    for (const id of ids) locks.take(open, rowKey(ref, id), 'exclusive')
  }
  const idsOf = async (inner: AdapterTransaction, ref: Ref, where: Filter): Promise<string[]> =>
    ((await inner.find(ref, { where, limit: rowsMax })) as AnyRecord[]).map(({ id }) => id)

  async function insert({ open, inner }: Parameters<Act>[0], ref: Ref, record: AnyRecord): Promise<void> {
    await inner.insert(ref, [record])
    for (const key of [rowKey(ref, record.id), ...keysOf(ref, record)]) locks.take(open, key, 'exclusive')
    open.writes.push((again) => again.insert(ref, [record]))
  }

  async function update({ open, inner }: Parameters<Act>[0], ref: Ref, ids: readonly string[], change: Change): Promise<void> {
    holdRows(open, ref, ids)
    for (const id of ids) {
      await inner.update(ref, eq('id', id), change)
      // A value that became another's: whoever has it comes first.
      if (change.set) for (const key of keysOf(ref, (await inner.get(ref, id)) as AnyRecord)) locks.take(open, key, 'exclusive')
    }
    open.writes.push(async (again) => {
      for (const id of ids) await again.update(ref, eq('id', id), change)
    })
  }

  async function remove({ open, inner }: Parameters<Act>[0], ref: Ref, ids: readonly string[]): Promise<void> {
    holdRows(open, ref, ids)
    const redo: Redo = async (again) => {
      for (const id of ids) await again.remove(ref, eq('id', id))
    }
    await redo(inner)
    open.writes.push(redo)
  }

  const updateStep = (ref: Ref, where: Filter, change: Change, isOne: boolean): Step<number> =>
    step(`update ${ref.name}`, async (at) => {
      const ids = await idsOf(at.inner, ref, where)
      if (isOne && ids.length !== 1) throw new EngineError('conflict')
      await update(at, ref, ids, change)
      return ids.length
    })
  const removeStep = (ref: Ref, where: Filter, isOne: boolean): Step<number> =>
    step(`delete ${ref.name}`, async (at) => {
      const ids = await idsOf(at.inner, ref, where)
      if (isOne && ids.length !== 1) throw new EngineError('conflict')
      await remove(at, ref, ids)
      return ids.length
    })
  const word = (act: 'begin' | 'commit' | 'rollback'): ActingStatement => ({ sql: act, values: [], act })
  const notHere = () => {
    throw new Error('This is not asked of a running engine.')
  }
  const placed = () => log.filter((line): line is LogLine & { position: number } => line.position !== null)

  return {
    begin: [word('begin')],
    beginSnapshot: [],
    commit: word('commit'),
    rollback: word('rollback'),

    get: (ref, id, where) => step(`get ${ref.name}`, async ({ inner }) => (await inner.get(ref, id, where)) as AnyRecord | null),
    getMany: (ref, ids) => step(`get ${ref.name}`, async ({ inner }) => (await inner.getMany(ref, ids)) as AnyRecord[]),
    find: (ref, query) => step(`find ${ref.name}`, async ({ inner }) => (await inner.find(ref, query)) as AnyRecord[]),
    count: (ref, where) => step(`count ${ref.name}`, async ({ inner }) => await inner.count(ref, where)),
    group: (ref, query) => step(`group ${ref.name}`, async ({ inner }) => await inner.group(ref, query)),

    insert: (ref, records) => ({
      statements: records.flatMap((record) => step(`insert ${ref.name}`, async (at) => await insert(at, ref, record)).statements),
      read: () => {},
    }),
    insertOnce: (ref, record) =>
      step(`insert ${ref.name} once`, async (at) => {
        try {
          await insert(at, ref, record)
          return true
        } catch (error) {
          if (isEngineError(error, 'already_exists')) return false
          throw error
        }
      }),
    updateOrFail: (ref, where, change) => updateStep(ref, where, change, true) as Step<never>,
    removeOrFail: (ref, where) => removeStep(ref, where, true) as Step<never>,
    update: (ref, where, change) => updateStep(ref, where, change, false),
    remove: (ref, where) => removeStep(ref, where, false),
    adjust: (ref, { id, guard, change, wantsBefore }) =>
      step(`adjust ${ref.name}`, async (at) => {
        const { open, inner } = at
        if ((await inner.get(ref, id, wantsBefore ? undefined : guard)) === null) return null
        holdRows(open, ref, [id])
        const before = (await inner.get(ref, id, guard)) as AnyRecord | null
        if (before === null) return null
        await update(at, ref, [id], change)
        return { before: wantsBefore ? before : null, after: (await inner.get(ref, id)) as AnyRecord }
      }),
    lock: (ref, ids, mode) =>
      step(`lock ${ref.name}`, async ({ open, inner }) => {
        const found = ((await inner.getMany(ref, ids)) as AnyRecord[]).toSorted((a, b) => (a.id < b.id ? -1 : 1))
        for (const { id } of found) locks.take(open, rowKey(ref, id), mode)
        return found
      }),

    appendCommit: (line, token) =>
      step('append to the log', async ({ open }) => {
        locks.take(open, `token ${token}`, 'exclusive')
        if (log.some((other) => other.token === token)) throw new EngineError('already_exists')
        open.lines.push({ seq: nextSeq(), token, line, position: null })
      }),
    operationOf: (token) => step('look up a token', async () => log.find((other) => other.token === token)?.line.operation ?? null),
    hasWaiting: () => step('look for waiting lines', async () => log.some(({ position }) => position === null)),
    sequence: (limit) => ({
      statements: [
        ...step('lock the log', async ({ open }) => locks.take(open, 'log', 'exclusive')).statements,
        ...step('give positions', async ({ open }) => {
          open.given = log
            .filter(({ position }) => position === null)
            .toSorted((a, b) => a.seq - b.seq)
            .slice(0, limit)
          return open.given.length
        }).statements,
      ],
      read: ([, given]) => given!.rows as never,
    }),
    commitsAfter: (after, limit) =>
      step(
        'read the log',
        async (): Promise<Commit[]> =>
          placed()
            .filter(({ position }) => position > after)
            .toSorted((a, b) => a.position - b.position)
            .slice(0, limit)
            .map(({ line, position }) => ({ ...line, position })),
      ),
    lastPosition: () => step('read the position', async () => lastPosition()),
    commitRange: () => step('read the range', async () => ({ oldest: Math.min(1, lastPosition()), newest: lastPosition() })),
    readMark: (name) => step('read a mark', async () => await store.adapter.readMark(name)),
    now: () => step('read the clock', async () => world.now()),

    forgetCommits: notHere,
    waitingCommits: notHere,
    insertMany: notHere,
    listMarks: notHere,
    setMark: notHere,
    loadCommit: notHere,
    setLastPosition: notHere,
  }
}

function step<T>(sql: string, act: (at: Parameters<Act>[0]) => Promise<T>): Step<T> {
  const statement: ActingStatement = { sql, values: [], act }
  return { statements: [statement], read: ([result]) => result!.rows as T }
}
