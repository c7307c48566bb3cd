// The storage port. Adapters implement StorageAdapter; operations see Reader and Transaction
// (transaction.ts), which add versions and the change feed on top. Nothing here is SQL: MongoDB must fit.
// Invariant: a write is one guarded statement, and its caller looks at how many rows it met.
import type { Filter, Scalar, WordsFilter } from '../contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../schema/collection.ts'
import type { Capabilities } from './capabilities.ts'

export type Sort = { readonly path: string; readonly descending: boolean }

export type FindQuery = {
  readonly where?: Filter
  /** The id is always the last criterion, so the order is total. Null sorts below every value. */
  readonly sort?: readonly Sort[]
  /** The caller takes them in any order, which spares a sort. Not with `sort` or `after`. */
  readonly isUnordered?: boolean
  /**
   * What is searched, the best matches first: a record that fits the last of these stands in the first that it fits, and within
   * one the newest comes first. `after` is then the place of that one in the list, and the id. Not with `sort`.
   */
  readonly ranked?: readonly WordsFilter[]
  readonly limit: number
  /** Values of the sort paths, then the id, of the last record already seen. */
  readonly after?: readonly (Scalar | null)[]
}

/**
 * A path, or what its values have in common: times by the span they lie in, which is told by its beginning (spans
 * are `ms` long and one of them begins at `from`), texts by how they begin.
 */
export type GroupKey =
  | string
  | { readonly path: string; readonly ms: number; readonly from: number }
  | { readonly path: string; readonly characters: number }
export function pathOf(key: GroupKey): string {
  return typeof key === 'string' ? key : key.path
}

/** Of the values that are not null. A sum of none is 0, the least of none null. A `bigSum`, of whole numbers, is a text: it is exact however large. */
export type Measure = { readonly of: 'sum' | 'bigSum' | 'min' | 'max' | 'count'; readonly path: string }
export type GroupQuery = {
  readonly where?: Filter
  readonly by: readonly GroupKey[]
  readonly measures: readonly Measure[]
  /** Groups at most, in the order of their keys; all when left out. */
  readonly limit?: number
}
export type Group = {
  readonly key: readonly (Scalar | null)[]
  /** How many records. */
  readonly count: number
  /** In the order of the measures. */
  readonly values: readonly (Scalar | null)[]
}

export interface Reader {
  /** The record, or null when there is none or `where` does not fit it. */
  get<T>(collection: CollectionRef<T>, id: string, where?: Filter): Promise<T | null>
  /** The records of these ids that there are, in no order. Cheaper than a filter with `in`. */
  getMany<T>(collection: CollectionRef<T>, ids: readonly string[]): Promise<T[]>
  find<T>(collection: CollectionRef<T>, query: FindQuery): Promise<T[]>
  /** How many fit; with `atMost`, no more than that are looked for, and counted. */
  count(collection: CollectionRef<unknown>, where?: Filter, atMost?: number): Promise<number>
  /** Counts and measures by groups; a single one where `by` is empty. @throws amount_too_large for a sum that a number does not hold exactly; its transaction may be over then */
  group(collection: CollectionRef<unknown>, query: GroupQuery): Promise<Group[]>
}

/** What one guarded write does: `set` replaces, `add` increments integers atomically. */
export type Change = {
  readonly set?: Readonly<Record<string, unknown>>
  readonly add?: Readonly<Record<string, number>>
}

/** To the counters of one row. */
export type Addition = { readonly id: string; readonly add: NonNullable<Change['add']> }

/** What it means that a unique fence held a record back: somebody has the value, or somebody did this at the same time. */
export type Fence = 'already_exists' | 'conflict'

/**
 * What an adapter gives inside a transaction. A write whose answer nobody needs may be sent later, with the next
 * read or with the commit: over a network each statement is a round trip. It fails the whole transaction then.
 * What is asked together is carried out in the order of asking, each seeing what was committed before it began (a
 * snapshot where there is one). Used after its work has ended it refuses.
 */
export interface AdapterTransaction extends Reader {
  /** Sent now or later. @throws what `fence` says when a unique fence holds one back, at the latest at the commit. */
  insert(collection: CollectionRef<unknown>, records: readonly AnyRecord[], fence?: Fence): Promise<void>
  /** False when a unique fence holds it back; the transaction stays usable. */
  insertOnce(collection: CollectionRef<unknown>, record: AnyRecord): Promise<boolean>
  /** Sent now or later. @throws conflict unless exactly one row fits, at the latest at the commit; already_exists. */
  updateOrFail(collection: CollectionRef<unknown>, where: Filter, change: Change): Promise<void>
  /** Sent now or later. @throws conflict unless exactly one row fits, at the latest at the commit. */
  removeOrFail(collection: CollectionRef<unknown>, where: Filter): Promise<void>
  /** One guarded write that answers the record as it is after it, and before it when asked. Null when the guard does not fit. */
  adjust(
    collection: CollectionRef<unknown>,
    id: string,
    guard: Filter | undefined,
    change: Change,
    wantsBefore: boolean,
  ): Promise<Adjusted | null>
  /** Rows that fitted `where` and were changed. */
  update(collection: CollectionRef<unknown>, where: Filter, change: Change): Promise<number>
  /** The same, and answers them as they are after it, in no order. */
  updateAll<T>(collection: CollectionRef<T>, where: Filter, change: Change): Promise<T[]>
  /**
   * Adds to counters of several rows, the same counters in each, and sets the same in all. Sent now or later.
   * @throws conflict when one is not there, or a counter would fall below zero, at the latest at the commit
   */
  addOrFail(collection: CollectionRef<unknown>, additions: readonly Addition[], set: NonNullable<Change['set']>): Promise<void>
  remove(collection: CollectionRef<unknown>, where: Filter): Promise<number>
  /**
   * Locks rows until the end of the transaction, in ascending order of their ids, and answers those there are, as
   * they are now. `shared` keeps others from changing or removing them, `exclusive` from locking them too.
   */
  lock<T>(collection: CollectionRef<T>, ids: readonly string[], mode: LockMode): Promise<T[]>
  /** Appends one line to the commit log; its position is known only once committed. */
  appendCommit(line: CommitLine): Promise<void>
}
export type LockMode = 'shared' | 'exclusive'
export type Adjusted = { readonly before: AnyRecord | null; readonly after: AnyRecord }

export type Traffic = { readonly roundTrips: number; readonly statements: number }

/** One line of the commit log: everything one transaction changed, and who asked for it. */
export type CommitLine = {
  readonly at: number
  readonly operation: string
  readonly actor: string
  readonly requestId: string
  readonly changes: readonly RecordChange[]
}
export type Commit = CommitLine & { readonly position: number }

/** `record` is how it is after the change (before it, for `deleted`); `before` holds the old values of changed fields. */
export type RecordChange = {
  readonly collection: string
  readonly id: string
  readonly action: 'created' | 'updated' | 'deleted'
  readonly record: AnyRecord
  readonly before?: Readonly<Record<string, unknown>>
}

export interface StorageAdapter {
  readonly capabilities: Capabilities
  readonly reader: Reader
  /**
   * Runs `work` and commits durably before it resolves. `work` may run several times (conflicts) and
   * must touch nothing but its transaction. What it throws rolls back its own changes alone.
   * @throws overloaded, conflict, storage_full, storage_unavailable
   */
  transaction<T>(work: (transaction: AdapterTransaction) => Promise<T>): Promise<T>
  /** Commits after `position`, oldest first. */
  commitsAfter(position: number, limit: number): Promise<Commit[]>
  /** Positions of the oldest and newest commit kept; both 0 in an empty log. */
  commitRange(): Promise<{ oldest: number; newest: number }>
  /** Drops commits older than `at`. */
  forgetCommits(before: number): Promise<number>
  /** Stores other changes and another request in lines that have their position already; those that are gone are passed over. */
  rewriteCommits(commits: readonly Pick<Commit, 'position' | 'requestId' | 'changes'>[]): Promise<void>
  /** Where the database's own file still holds bytes of rows that are gone: writes it anew. Answers 0, or how many milliseconds to wait until it may be. */
  forgetRemains(): Promise<number>
  /** The database's clock, in milliseconds UTC: the one that leases are measured by. */
  now(): Promise<number>
  /** Round trips to the database since it was opened, and the statements they carried. Left out where there is none to make. */
  traffic?(): Traffic
  /** How long the transaction or read that waits longest has waited for its turn, in milliseconds; 0 when none does. */
  waitedMs?(): number
  /** Called with every line this process has committed, right after it is durable and before its transaction resolves. */
  onCommit(listener: (line: CommitLine) => void): void
  /** Called with every commit of every process, once, in the order of positions, soon after it is durable. */
  onFeed(listener: (commit: Commit) => void): void
  /** Resolves when `onFeed` has told everything that anybody had committed before: what was read by then is not ahead of the feed. */
  caughtUp(): Promise<void>
  /** A value that the database keeps about itself, outside of the model; null when it has none. */
  readMark(name: string): Promise<string | null>
  close(): Promise<void>
}

/** An adapter that reads and fills its database as a whole: what backup, restore and move stand on. */
export interface WholeStorage extends StorageAdapter {
  /** @throws storage_unavailable */
  snapshot(): Promise<Snapshot>
  /**
   * One durable transaction that stores all as it is given, with its versions, times and positions, and tells
   * nobody of it. Records and commits only go into a database that is being filled; marks may be set at any time.
   * @throws already_exists
   */
  load(load: Load): Promise<void>
  /** The marks whose names begin so. */
  listMarks(prefix: string): Promise<Readonly<Record<string, string>>>
}

/** One committed state, for reading only, while others write. It holds resources of the database until it is closed. */
export type Snapshot = {
  readonly source: Pick<Capabilities, 'product' | 'version'>
  readonly reader: Reader
  /**
   * Where positions are given after the commit, lines of this state that have none yet stand at the end, with
   * the positions that come next.
   */
  commitsAfter(position: number, limit: number): Promise<Commit[]>
  commitRange(): Promise<{ oldest: number; newest: number }>
  /** The position given last, also when its line was forgotten since. */
  lastPosition(): Promise<number>
  readMark(name: string): Promise<string | null>
  close(): Promise<void>
}

export type Load = {
  readonly records?: { readonly collection: CollectionRef<unknown>; readonly records: readonly AnyRecord[] }
  readonly commits?: readonly Commit[]
  /** The next commit gets the position after it. */
  readonly lastPosition?: number
  /** Null forgets one. */
  readonly marks?: Readonly<Record<string, string | null>>
}
