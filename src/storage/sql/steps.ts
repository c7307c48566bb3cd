// A step: the statements of one call of the port and how their answers are read. The adapter for server databases
// sends steps, several at once where it can; a dialect makes them. Invariant: a step never looks at another's answer,
// so any number of them travel in one round trip.
import type { Filter } from '../../contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../schema/collection.ts'
import type { Adjusted, Change, Commit, CommitLine, FindQuery, Group, GroupQuery, LockMode } from '../storage.ts'
import type { Statement } from './compile.ts'
import type { SqlResult } from './driver.ts'
import type { ToldLine } from './own-lines.ts'

export type Step<T> = {
  /** May be none: the answer is then known without asking. */
  readonly statements: readonly Statement[]
  /** Given one result per statement. */
  read(results: readonly SqlResult[]): T
}
type Ref = CollectionRef<unknown>

/** Everything the port asks of a database, as steps. One maker per dialect. */
export type Steps = {
  /** With what must be set for each transaction. */
  readonly begin: readonly Statement[]
  /** Of a transaction that only reads, sees one moment, and may be long. */
  readonly beginSnapshot: readonly Statement[]
  readonly commit: Statement
  readonly rollback: Statement

  get<T>(ref: CollectionRef<T>, id: string, where?: Filter): Step<T | null>
  getMany<T>(ref: CollectionRef<T>, ids: readonly string[]): Step<T[]>
  find<T>(ref: CollectionRef<T>, query: FindQuery): Step<T[]>
  count(ref: Ref, where?: Filter, atMost?: number): Step<number>
  group(ref: Ref, query: GroupQuery): Step<Group[]>

  /** Its failure at a unique fence is already_exists. */
  insert(ref: Ref, records: readonly AnyRecord[]): Step<void>
  insertMany(ref: Ref, records: readonly AnyRecord[]): Statement[]
  /** Must not fail at a unique fence. */
  insertOnce(ref: Ref, record: AnyRecord): Step<boolean>
  /** Must fail in the database, as conflict, unless exactly one row fits: a COMMIT sent behind it is then never reached. */
  updateOrFail(ref: Ref, where: Filter, change: Change): Step<void>
  removeOrFail(ref: Ref, where: Filter): Step<void>
  adjust(ref: Ref, adjustment: Adjustment): Step<Adjusted | null>
  update(ref: Ref, where: Filter, change: Change): Step<number>
  updateAll<T>(ref: CollectionRef<T>, where: Filter, change: Change): Step<T[]>
  remove(ref: Ref, where: Filter): Step<number>
  lock<T>(ref: CollectionRef<T>, ids: readonly string[], mode: LockMode): Step<T[]>

  /** Its failure at the fence of the token is already_exists: the way to find out whether a lost COMMIT arrived. */
  appendCommit(line: CommitLine, token: string): Step<void>
  /** Of the line with this token; null when there is none. */
  operationOf(token: string): Step<string | null>
  readMark(name: string): Step<string | null>
  listMarks(prefix: string): Step<Readonly<Record<string, string>>>
  setMark(name: string, value: string | null): readonly Statement[]
  loadCommit(commit: Commit, token: string): Statement
  setLastPosition(position: number): Statement

  /** Whether a committed line has no position yet. Takes no lock. */
  hasWaiting(): Step<boolean>
  /**
   * Gives the next positions to the committed lines that have none and answers how many it gave. Begins with a
   * statement that locks the log's head, so that what follows sees all that is committed; wakes listeners.
   */
  sequence(limit: number): Step<number>
  commitsAfter(position: number, limit: number): Step<Commit[]>
  /** The same, without the changes of lines whose token begins so. */
  toldAfter(position: number, limit: number, tag: string): Step<ToldLine[]>
  waitingCommits(): Step<Omit<Commit, 'position'>[]>
  /** The position given last. */
  lastPosition(): Step<number>
  commitRange(): Step<{ oldest: number; newest: number }>
  forgetCommits(before: number): Step<number>
  rewriteCommits(commits: readonly Pick<Commit, 'position' | 'requestId' | 'changes'>[]): Step<void>
  /** The database's clock, ms UTC. */
  now(): Step<number>
}
export type Adjustment = {
  readonly id: string
  readonly guard: Filter | undefined
  readonly change: Change
  readonly wantsBefore: boolean
}
