// What the engine asks of a SQL database, as acts on the run's SQLite under locks.
import { EngineError, isEngineError, LostRace } from '../../../src/base/engine-error.ts'
import { eq, type Filter } from '../../../src/contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../../src/schema/collection.ts'
import type { CollectionModel, Model } from '../../../src/schema/model.ts'
import type { ToldLine } from '../../../src/storage/sql/own-lines.ts'
import { createEncoder } from '../../../src/storage/sql/row-codec.ts'
import type { Step, Steps } from '../../../src/storage/sql/steps.ts'
import type { AdapterTransaction, Change, Commit } from '../../../src/storage/storage.ts'
import type { ActingStatement, ActParts, Open } from './act.ts'
import type { CommitLog } from './commit-log.ts'
import type { RowLocks } from './row-locks.ts'

type Ref = CollectionRef<unknown>
const rowsMax = 10_000

type Uniques = {
  readonly encode: (record: AnyRecord) => readonly unknown[]
  /** The unique indexes, each with where its columns are in an encoded row. */
  readonly places: readonly { readonly name: string; readonly at: readonly number[] }[]
  /** The fields that such an index has. */
  readonly fields: ReadonlySet<string>
}

/** Kept with the model: each world makes steps of the same one. */
const known = new WeakMap<Model, ReadonlyMap<string, Uniques>>()

function uniquesOf(model: Model): ReadonlyMap<string, Uniques> {
  let found = known.get(model)
  if (!found)
    known.set(model, (found = new Map([...model.collections.values()].map((collection) => [collection.name, uniquesIn(collection)]))))
  return found
}

function uniquesIn(collection: CollectionModel): Uniques {
  const columns = [...collection.columns]
  const places = collection.indexes
    .filter(({ isUnique }) => isUnique)
    .map(({ name, columns: parts }) => ({ name, at: parts.map((part) => columns.findIndex(([, column]) => column.name === part.name)) }))
  const fields = new Set(places.flatMap(({ at }) => at.map((place) => rootOf(columns[place]![0]))))
  return { encode: createEncoder(collection), places, fields }
}

export type StepParts = {
  readonly model: Model
  readonly locks: RowLocks<Open>
  readonly log: CommitLog
  nextSeq(): number
  now(): number
  readMark(name: string): Promise<string | null>
}

export function createSteps({ model, locks, log, nextSeq, now, readMark }: StepParts): Steps {
  const uniques = uniquesOf(model)
  const movesKey = (ref: Ref, { set = {} }: Change) => Object.keys(set).some((path) => uniques.get(ref.name)!.fields.has(rootOf(path)))
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

  async function insert({ open, inner }: ActParts, ref: Ref, record: AnyRecord): Promise<void> {
    await inner.insert(ref, [record])
    for (const key of [rowKey(ref, record.id), ...keysOf(ref, record)]) locks.take(open, key, 'exclusive')
  }

  async function update({ open, inner }: ActParts, ref: Ref, ids: readonly string[], change: Change): Promise<void> {
    holdRows(open, ref, ids)
    for (const id of ids) {
      await inner.update(ref, eq('id', id), change)
      // A value that became another's: whoever has it comes first.
      if (movesKey(ref, change)) for (const key of keysOf(ref, (await inner.get(ref, id)) as AnyRecord)) locks.take(open, key, 'exclusive')
    }
  }

  async function remove({ open, inner }: ActParts, ref: Ref, ids: readonly string[]): Promise<void> {
    holdRows(open, ref, ids)
    for (const id of ids) await inner.remove(ref, eq('id', id))
  }

  const updateStep = (ref: Ref, where: Filter, change: Change, isOne: boolean): Step<number> =>
    step(`update ${ref.name}`, async (at) => {
      const ids = await idsOf(at.inner, ref, where)
      if (isOne && ids.length !== 1) throw new LostRace()
      await update(at, ref, ids, change)
      return ids.length
    })
  const removeStep = (ref: Ref, where: Filter, isOne: boolean): Step<number> =>
    step(`delete ${ref.name}`, async (at) => {
      const ids = await idsOf(at.inner, ref, where)
      if (isOne && ids.length !== 1) throw new LostRace()
      await remove(at, ref, ids)
      return ids.length
    })
  const word = (act: 'begin' | 'commit' | 'rollback'): ActingStatement => ({ sql: act, values: [], act })
  const notHere = () => {
    throw new Error('This is not asked of a running engine.')
  }

  return {
    begin: [word('begin')],
    beginSnapshot: [],
    commit: word('commit'),
    rollback: word('rollback'),

    get: (ref, id, where) => step(`get ${ref.name}`, async ({ inner }) => await inner.get(ref, id, where)),
    getMany: (ref, ids) => step(`get ${ref.name}`, async ({ inner }) => await inner.getMany(ref, ids)),
    find: (ref, query) => step(`find ${ref.name}`, async ({ inner }) => await inner.find(ref, query)),
    count: (ref, where, atMost) => step(`count ${ref.name}`, async ({ inner }) => await inner.count(ref, where, atMost)),
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
    updateAll: (ref, where, change) =>
      step(`update ${ref.name}`, async (at) => {
        const ids = await idsOf(at.inner, ref, where)
        await update(at, ref, ids, change)
        return await at.inner.getMany(ref, ids)
      }),
    adjust: (ref, { id, guard, change, wantsBefore }) =>
      step(`adjust ${ref.name}`, async (at) => {
        const { open, inner } = at
        const seen = (await inner.get(ref, id, wantsBefore ? undefined : guard)) as AnyRecord | null
        if (seen === null) return null
        holdRows(open, ref, [id])
        const before = wantsBefore && guard ? ((await inner.get(ref, id, guard)) as AnyRecord | null) : seen
        if (before === null) return null
        await update(at, ref, [id], change)
        return { before: wantsBefore ? before : null, after: (await inner.get(ref, id)) as AnyRecord }
      }),
    lock: (ref, ids, mode) =>
      step(`lock ${ref.name}`, async ({ open, inner }) => {
        const sorted = [...new Set(ids)].sort()
        const records = await inner.getMany<AnyRecord>({ name: ref.name }, sorted)
        const found = new Set(records.map(({ id }) => id))
        for (const id of sorted) if (found.has(id)) locks.take(open, rowKey(ref, id), mode)
        return records as never
      }),

    appendCommit: (line, token) =>
      step('append to the log', async ({ open }) => {
        locks.take(open, `token ${token}`, 'exclusive')
        if (log.find(token)) throw new EngineError('already_exists')
        open.lines.push({ seq: nextSeq(), token, line, position: null })
      }),
    operationOf: (token) => step('look up a token', async () => log.find(token)?.line.operation ?? null),
    hasWaiting: () => step('look for waiting lines', async () => log.hasUnplaced()),
    sequence: (limit) => ({
      statements: [
        ...step('lock the log', async ({ open }) => locks.take(open, 'log', 'exclusive')).statements,
        ...step('give positions', async ({ open }) => {
          open.given = log.firstUnplaced(limit)
          return open.given.length
        }).statements,
      ],
      read: ([, given]) => given!.rows as never,
    }),
    commitsAfter: (after, limit) => step('read the log', async (): Promise<Commit[]> => log.after(after, limit)),
    toldAfter: (after, limit, tag) => step('read the news of the log', async (): Promise<ToldLine[]> => log.toldAfter(after, limit, tag)),
    lastPosition: () => step('read the position', async () => log.lastPosition()),
    commitRange: () => step('read the range', async () => ({ oldest: Math.min(1, log.lastPosition()), newest: log.lastPosition() })),
    readMark: (name) => step('read a mark', async () => await readMark(name)),
    now: () => step('read the clock', async () => now()),

    forgetCommits: notHere,
    rewriteCommits: notHere,
    waitingCommits: notHere,
    insertMany: notHere,
    listMarks: notHere,
    setMark: notHere,
    loadCommit: notHere,
    setLastPosition: notHere,
  }
}

/** Of `price.amount` it is `price`. */
function rootOf(path: string): string {
  return path.split('.', 1)[0]!
}

function step<T>(sql: string, act: (at: ActParts) => Promise<T>): Step<T> {
  const statement: ActingStatement = { sql, values: [], act }
  return { statements: [statement], read: ([result]) => result!.rows as T }
}
