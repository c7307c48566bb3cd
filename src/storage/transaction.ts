// The transaction as operations see it: records with versions and times, guarded writes, and every
// change noted for the feed. Invariant: each fed change is in the commit line of its own transaction,
// so the feed, the audit trail and the data can never disagree.
import { isDeepStrictEqual } from 'node:util'
import { assert } from '../base/assert.ts'
import { and, eq, type Filter } from '../contract/filter.ts'
import { type AnyRecord, type CollectionRef, recordOf } from '../schema/collection.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import { createChangeNotes, type Update } from './change-notes.ts'
import { counterGuards } from './counter-guards.ts'
import { withTexts } from './decimals-in-log.ts'
import { shapeOf } from './record-shape.ts'
import type { AdapterTransaction, Addition, Change, CommitLine, Fence, LockMode, Reader, RecordChange } from './storage.ts'

type System = 'createdAt' | 'updatedAt' | 'version'

export type Worker = {
  readonly id: string
  carriesOut(kind: string): boolean
  /** While a restore is under review: records made before this time are of the restored past. */
  readonly restoredAt?: number | null
}

/** How often a fence is to be expected to hold a write back. */
export type Repeats = 'usual' | 'rare'

export interface Transaction extends Reader {
  /** The process that writes, and which kinds of effects it carries out now: new ones can then be its own from birth. */
  readonly worker: Worker
  /**
   * Adds a record; times and version are set here. Held back by a unique fence, the whole transaction fails with
   * `fence` (already_exists unless said), perhaps only at its commit: to continue after a duplicate, use insertOnce.
   */
  insert<T>(collection: CollectionRef<T>, fields: Omit<T, System>, fence?: Fence): Promise<T>
  /** Several records of one collection, as one insert. */
  insertMany<T>(collection: CollectionRef<T>, fields: readonly Omit<T, System>[]): Promise<T[]>
  /**
   * As insert, but answers null when a unique fence holds it back: the exactly-once step. Where repeats are `rare`, a database server
   * is not waited for: one that is held back after all makes the transaction run again, which is then told so.
   */
  insertOnce<T>(collection: CollectionRef<T>, fields: Omit<T, System>, repeats?: Repeats): Promise<T | null>
  /**
   * Changes a record that was read in this transaction, if it still has the version read.
   * @throws conflict when it has not, perhaps only at the commit; the transaction is then run again.
   */
  update<T extends AnyRecord>(collection: CollectionRef<T>, before: T, change: Change): Promise<T>
  /**
   * As update, where somebody else's write is no reason to run again: null when the record no longer has the version read. Where that
   * is `rare`, as insertOnce.
   */
  updateIfUnchanged<T extends AnyRecord>(collection: CollectionRef<T>, before: T, change: Change, repeats?: Repeats): Promise<T | null>
  /**
   * One guarded statement on a record not read before: the way of counters such as stock.
   * Null when the guard did not fit, or a counter would be beyond what is exact.
   */
  adjust<T extends AnyRecord>(collection: CollectionRef<T>, id: string, change: Change, guard?: Filter): Promise<T | null>
  /**
   * A guarded write that nobody watches (a claim, a lease): in no feed and no audit trail.
   * False when the guard did not fit.
   */
  touch(collection: CollectionRef<unknown>, id: string, change: Change, guard?: Filter): Promise<boolean>
  /** As touch, of every record that fits, and answers them as they are after it. */
  touchAll<T>(collection: CollectionRef<T>, where: Filter, change: Change): Promise<T[]>
  /**
   * Adds to counters of several records, the same counters in each. A guarded write that nobody watches.
   * @throws conflict when one would fall below zero, perhaps only at the commit; the transaction is then run again.
   */
  addOrFail(collection: CollectionRef<unknown>, additions: readonly Addition[]): Promise<void>
  /**
   * The record as it is now, kept as it is until the commit: `shared` against change and removal, `exclusive` against
   * other locks too. What is decided over several records is decided under a lock of the one they belong to.
   */
  lock<T extends AnyRecord>(collection: CollectionRef<T>, id: string, mode: LockMode): Promise<T | null>
  /** The same of several, in the order of their ids: those there are. */
  lockAll<T extends AnyRecord>(collection: CollectionRef<T>, ids: readonly string[], mode: LockMode): Promise<T[]>
  /**
   * A record read before this transaction, for what ends in an update of it: taken as it is, since the update fails should it
   * have changed; then the transaction is run again, and reads it.
   */
  current<T extends AnyRecord>(collection: CollectionRef<T>, record: T): Promise<T | null>
  /** Removes a record that was read in this transaction. @throws conflict, perhaps only at the commit */
  delete<T extends AnyRecord>(collection: CollectionRef<T>, before: T): Promise<void>
  /** As touch, where the rest depends on it: sent now or later. @throws conflict, at the latest at the commit */
  touchOrFail(collection: CollectionRef<unknown>, id: string, change: Change, guard?: Filter): Promise<void>
  /** Adds a record that was deleted, as it was but for its version and `updatedAt`. @throws already_exists, perhaps only at the commit */
  putBack<T extends AnyRecord>(collection: CollectionRef<T>, record: T): Promise<T>
  /** Removes rows whose time is over, and tells nobody: whoever reads them again finds them gone. */
  forget(collection: CollectionRef<unknown>, where: Filter): Promise<number>
  /** Removes bookkeeping rows that nobody watches. */
  deleteWhere(collection: CollectionRef<unknown>, where: Filter): Promise<number>
}

export type TransactionMoment = {
  readonly now: number
  readonly worker: Worker
  /** It has run before, and lost a race. */
  readonly isRetry?: boolean
  /** Each answer of the database is a round trip: what is hardly ever refused is not waited for until it was refused once. */
  readonly isFar?: boolean
}

/** Notes what a transaction changes. `finish` writes the commit line. */
export function createTransaction(
  inner: AdapterTransaction,
  model: Model,
  { now, worker, isRetry = false, isFar = false }: TransactionMoment,
): Transaction & { finish(line: Omit<CommitLine, 'at' | 'changes'>): Promise<void>; readonly changes: readonly RecordChange[] } {
  const notes = createChangeNotes()
  const isHopeful = isFar && !isRetry
  const withTimes = (collection: CollectionModel, fields: object): AnyRecord => {
    const shape = shapeOf(collection)
    const record = shape.complete(shape.make(fields, now))
    shape.check(record)
    return record
  }

  async function add<T>(ref: CollectionRef<T>, records: readonly AnyRecord[], fence?: Fence): Promise<T[]> {
    if (records.length > 0) await inner.insert(ref, records, fence)
    for (const record of records) notes.created(model.get(ref), record)
    return records as readonly unknown[] as T[]
  }
  const made = <T>(ref: CollectionRef<T>, fields: Omit<T, System>) => withTimes(model.get(ref), fields)

  return {
    worker,
    changes: notes.changes,
    get: isRetry ? lockedGet(inner) : inner.get,
    getMany: inner.getMany,
    find: inner.find,
    count: inner.count,
    group: inner.group,

    insert: async (ref, fields, fence) => (await add(ref, [made(ref, fields)], fence))[0]!,
    async insertMany(ref, all) {
      const records = all.map((fields) => made(ref, fields))
      return await add(ref, records)
    },
    putBack: async (ref, record) => (await add(ref, [withNewVersion(model.get(ref), record, now)]))[0]!,
    async insertOnce(ref, fields, repeats) {
      const record = made(ref, fields)
      if (isHopeful && repeats === 'rare') await inner.insert(ref, [record], 'conflict')
      else if (!(await inner.insertOnce(ref, record))) return null
      notes.created(model.get(ref), record)
      return recordOf(ref, record)
    },

    async update(ref, before, change) {
      const update = changeOf(model.get(ref), before, replacing(before, change, now))
      await inner.updateOrFail(ref, update.guard, update.wanted)
      notes.updated(model.get(ref), before, update)
      return recordOf(ref, update.record)
    },

    async updateIfUnchanged(ref, before, change, repeats) {
      const update = changeOf(model.get(ref), before, replacing(before, change, now))
      if (isHopeful && repeats === 'rare') await inner.updateOrFail(ref, update.guard, update.wanted)
      else if ((await inner.update(ref, update.guard, update.wanted)) === 0) return null
      notes.updated(model.get(ref), before, update)
      return recordOf(ref, update.record)
    },

    ...createAdjust(inner, model, { now, notes }),
    ...createTouches(inner, model, now),

    current: async (ref, record) => (isRetry ? await lockedGet(inner)(ref, record.id) : record),

    async lock(ref, id, mode) {
      const [record] = await inner.lock(ref, [id], mode)
      return record ?? null
    },

    lockAll: async (ref, ids, mode) => (ids.length === 0 ? [] : await inner.lock(ref, [...new Set(ids)].toSorted(), mode)),

    async delete(ref, before) {
      const collection = model.get(ref)
      await inner.removeOrFail(
        ref,
        and(eq('id', before.id), collection.isAppendOnly ? undefined : eq('version', before['version'] as number)),
      )
      notes.deleted(collection, before)
    },

    forget: inner.remove,
    async deleteWhere(ref, where) {
      assert(!model.get(ref).isFed, `${ref.name} is watched: delete its records one by one`)
      return await inner.remove(ref, where)
    },

    async finish(line) {
      if (notes.changes.length > 0) await inner.appendCommit({ ...line, at: now, changes: withTexts(model, notes.changes) })
    },
  }
}

function withNewVersion(collection: CollectionModel, record: AnyRecord, now: number): AnyRecord {
  const shape = shapeOf(collection)
  const next = shape.copy({ ...record, version: (record['version'] as number) + 1, updatedAt: now })
  shape.check(next)
  return next
}

type GuardedUpdate = Update & { readonly guard: Filter }

function touchedAt(now: number, { set, add }: Change): Required<Change> {
  return { set: { ...set, updatedAt: now }, add: { ...add, version: 1 } }
}

type Adjusting = { readonly now: number; readonly notes: ReturnType<typeof createChangeNotes> }

function createAdjust(inner: AdapterTransaction, model: Model, { now, notes }: Adjusting): Pick<Transaction, 'adjust'> {
  return {
    async adjust(ref, id, change, guard) {
      const collection = model.get(ref)
      assert(!collection.isAppendOnly, `${collection.name} is append-only`)
      const wanted = touchedAt(now, change)
      const fits = and(guard, ...counterGuards(change.add))
      if (shapeOf(collection).computed.length > 0) {
        // What is computed of a record is made of all of it.
        await inner.lock(collection, [id], 'exclusive')
        const before = await inner.get<AnyRecord>(collection, id, fits)
        if (before === null) return null
        const update = changeOf(collection, before, wanted)
        await inner.updateOrFail(ref, update.guard, update.wanted)
        notes.updated(collection, before, update)
        return recordOf(ref, update.record)
      }
      // What a counter was follows from what it is; what else was replaced must be looked at first, for the feed alone.
      const adjusted = await inner.adjust(ref, id, fits, wanted, collection.isFed && change.set !== undefined)
      if (adjusted === null) return null
      const { before: earlier, after: record } = adjusted
      notes.adjusted(collection, earlier, { record, wanted: { set: wanted.set, add: change.add ?? {} } })
      return recordOf(ref, record)
    },
  }
}

/** Guarded writes that nobody watches. */
function createTouches(
  inner: AdapterTransaction,
  model: Model,
  now: number,
): Pick<Transaction, 'touch' | 'touchOrFail' | 'touchAll' | 'addOrFail'> {
  const mayTouch = (ref: CollectionRef<unknown>) =>
    assert(shapeOf(model.get(ref)).computed.length === 0, `${ref.name} has computed fields, which are made of a whole record: update it`)
  return {
    async touch(ref, id, change, guard) {
      mayTouch(ref)
      return (await inner.update(ref, and(eq('id', id), guard), touchedAt(now, change))) > 0
    },
    async touchOrFail(ref, id, change, guard) {
      mayTouch(ref)
      await inner.updateOrFail(ref, and(eq('id', id), guard), touchedAt(now, change))
    },
    async touchAll(ref, where, change) {
      mayTouch(ref)
      return await inner.updateAll(ref, where, touchedAt(now, change))
    },
    async addOrFail(ref, additions) {
      mayTouch(ref)
      const all = additions.map(({ id, add }) => ({ id, add: { ...add, version: 1 } }))
      if (all.length > 0) await inner.addOrFail(ref, all, { updatedAt: now })
    },
  }
}

/** Without values that stay as they are: SQLite writes anew whatever index has a column that is named. */
function replacing(before: AnyRecord, { set, add }: Change, now: number): Required<Change> {
  const changed: Record<string, unknown> = {}
  for (const name in set) {
    const value = set[name]
    if (value !== before[name] || (typeof value === 'object' && value !== null)) changed[name] = value
  }
  changed['updatedAt'] = now
  return { set: changed, add: { ...add, version: 1 } }
}

/** A change of a record that was read: guarded by the version read. */
function changeOf(collection: CollectionModel, before: AnyRecord, wanted: Required<Change>): GuardedUpdate {
  assert(!collection.isAppendOnly, `${collection.name} is append-only`)
  const guard = and(eq('id', before.id), eq('version', before['version'] as number))
  const shape = shapeOf(collection)
  const record = shape.complete(applied(collection, before, wanted))
  shape.check(record)
  const made = shape.computed.filter((name) => !isDeepStrictEqual(record[name], before[name]))
  if (made.length === 0) return { guard, wanted, record }
  return { guard, wanted: { ...wanted, set: { ...wanted.set, ...Object.fromEntries(made.map((name) => [name, record[name]])) } }, record }
}

/** A transaction that has lost a race waits for the others when it runs again, instead of losing to them once more. */
function lockedGet(inner: AdapterTransaction): Reader['get'] {
  return async (ref, id, where) => {
    const [, record] = await Promise.all([inner.lock(ref, [id], 'exclusive'), inner.get(ref, id, where)])
    return record
  }
}

function applied(collection: CollectionModel, before: AnyRecord, { set, add }: Required<Change>): AnyRecord {
  const record: Record<string, unknown> & AnyRecord = shapeOf(collection).copy(before)
  for (const name in set) record[name] = set[name]
  for (const path in add) {
    assert(!path.includes('.'), 'money is set, never added to')
    record[path] = (before[path] as number) + add[path]!
  }
  return record
}
