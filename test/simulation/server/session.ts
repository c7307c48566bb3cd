// One connection to the simulated server, both ends of it: the network, which can cut it before, while and after
// something is carried out, and the server's work, statement by statement, under locks.
import { assert } from '../../../src/base/assert.ts'
import type { Cancel } from '../../../src/base/clock.ts'
import { LostRace } from '../../../src/base/engine-error.ts'
import { limits } from '../../../src/base/limits.ts'
import type { Statement } from '../../../src/storage/sql/compile.ts'
import { ConnectionLost, type SqlConnection, type SqlResult, StatementFailure } from '../../../src/storage/sql/driver.ts'
import type { Faults } from '../faults.ts'
import type { Owner, World } from '../world.ts'
import { type ActingStatement, Open } from './act.ts'
import type { ServerData } from './data.ts'
import { Blocked, type RowLocks } from './row-locks.ts'

export type Server = {
  readonly world: World
  readonly faults: Faults
  readonly data: ServerData
  /** The statements of one round trip are carried out one by one, with those of others between them. */
  readonly isStepwise: boolean
  readonly locks: RowLocks<Open>
  /** One way over the network. */
  legMs(): number
  commit(open: Open): void
}

/** Which statement of a round trip is the victim of a deadlock, and before which one the connection breaks; -1 for none. */
type Accidents = { readonly victim: number; readonly dying: number }
type Stretch = Accidents & { readonly statements: readonly ActingStatement[]; readonly results: SqlResult[] }

export class Session implements SqlConnection {
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

  /** Something is asked of it or left open on it. */
  isInUse(): boolean {
    return !this.isEnded && (this.isAwaited || this.open !== null)
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
        if (results.length === dying) throw lost()
        const blocked = await this.goOn(statements, results, { victim, dying })
        if (blocked) await this.waitFor(blocked)
        else if (results.length < statements.length) await this.letOthers()
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

  /** Carries out what it can at once. Answers what stands in the way of the rest. */
  private async goOn(statements: readonly ActingStatement[], results: SqlResult[], at: Accidents): Promise<Blocked<Open> | null> {
    const { act } = statements[results.length]!
    if (act === 'begin') {
      assert(this.open === null, 'a transaction is open already')
      this.open = new Open()
      results.push(nothing)
    } else if (act === 'rollback') {
      this.undo()
      results.push(nothing)
    } else if (this.open) {
      return await this.goOnIn(this.open, { statements, results, ...at })
    } else {
      assert(act !== 'commit', 'nothing is committed but an open transaction')
      results.push({ rows: (await this.server.data.carryOut(new Open(), act)) as never, count: 0 })
    }
    return null
  }

  private async goOnIn(open: Open, { statements, results, victim, dying }: Stretch): Promise<Blocked<Open> | null> {
    const { server } = this
    const before = results.length
    while (results.length < statements.length && (results.length === before || !server.isStepwise)) {
      const { act } = statements[results.length]!
      if (act === 'commit') {
        assert(!open.isAborted, 'an aborted transaction is not committed')
        server.data.commit(open)
        results.push(nothing)
        server.commit(open)
        this.undo()
        return null
      }
      if (results.length === dying || typeof act === 'string') return null
      assert(!open.isAborted, 'an aborted transaction takes nothing but its end')
      if (results.length === victim) throw new LostRace()
      try {
        results.push({ rows: (await server.data.carryOut(open, act)) as never, count: 0 })
      } catch (error) {
        if (error instanceof Blocked) return error as Blocked<Open>
        throw error
      }
    }
    return null
  }

  /** Between two statements of one round trip those of other connections have their turn. */
  private async letOthers(): Promise<void> {
    const { world, isStepwise } = this.server
    if (!isStepwise) return
    await new Promise<void>((resolve) => void world.at(world.dice.between(0, 2), null, `${this.process.name} goes on`, resolve))
  }

  private waitFor(blocked: Blocked<Open>): Promise<void> {
    const { world, locks } = this.server
    const open = this.open!
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new LostRace())
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
