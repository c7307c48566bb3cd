// Filling an empty database from a stream of parts. What was stored and how far it came are in the same
// transaction, so one that was killed continues after the last row it stored, never twice over it.
// Invariant: while the mark `filling` stands, the database is not whole and must not be started on.
import { type Clock, sleep } from '../../base/clock.ts'
import { isEngineError } from '../../base/engine-error.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import type { Commit, WholeStorage } from '../storage.ts'
import { logSection, type Part, type Row, type SectionSum, type Sums, sectionsOf } from './contents.ts'
import { fillingMark } from './marks.ts'

const patienceMs = 120_000
const pauseMs = 250

/** Where a fill stands: all sections before `section` are stored, and this one up to the key `last`. */
type Journal = { readonly id: string; readonly section: string; readonly last: string | number | null }

export type FillOptions = {
  readonly storage: WholeStorage
  readonly clock: Clock
  readonly model: Model
  /** Of what it is filled from: only the same one continues where it stopped. */
  readonly id: string
  readonly parts: AsyncIterable<Part>
  /** Stored with the beginning; one that continues leaves them as they are. */
  readonly marks: Readonly<Record<string, string>>
  readonly onPart?: (part: Part) => void
}

/** The database is not fit for it; the message says why, for people. */
export class FillError extends Error {
  override readonly name = 'FillError'
}

/** Answers what the database must hold now. It stays marked until `endFill`. @throws FillError */
export async function fill({ storage, clock, model, id, parts, marks, onPart = () => {} }: FillOptions): Promise<Sums> {
  const journal = await beginFill({ storage, clock, model, id, marks })
  const order = sectionsOf(model)
  const sums: Record<string, SectionSum> = {}
  for await (const part of ahead(parts)) {
    const at = order.indexOf(part.section)
    if (at < 0) throw new FillError(`It holds a collection ${part.section} that this project does not have.`)
    if (part.kind === 'end') sums[part.section] = part.sum
    if (part.kind === 'page') {
      const rows = missing(order, journal, part)
      if (rows.length > 0) await store({ storage, clock, model, id }, { ...part, rows })
    }
    onPart(part)
  }
  return sums
}

type PagePart = Part & { readonly kind: 'page' }

/** The rows that are not stored yet. */
function missing(order: readonly string[], { section, last }: Journal, part: PagePart): readonly Row[] {
  const [at, done] = [order.indexOf(part.section), order.indexOf(section)]
  if (at < done) return []
  return at > done || last === null ? part.rows : part.rows.filter((row) => keyOf(row) > last)
}

/** Reads the next part while this one is stored. */
async function* ahead(parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  const iterator = parts[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    while (true) {
      const { value, done } = await next
      if (done) return
      next = iterator.next()
      // Its failure is met when it is awaited.
      next.catch(() => {})
      yield value
    }
  } finally {
    await next.catch(() => {})
    await iterator.return?.()
  }
}

type Target = Pick<FillOptions, 'storage' | 'clock' | 'model' | 'id'>

async function store(target: Target, part: PagePart): Promise<void> {
  const { storage, clock, model, id } = target
  const { section, rows } = part
  const journal: Journal = { id, section, last: keyOf(rows.at(-1)!) }
  const load = {
    ...(section === logSection
      ? { commits: rows as readonly Commit[] }
      : { records: { collection: { name: section }, records: rows as readonly AnyRecord[] } }),
    marks: { [fillingMark]: JSON.stringify(journal) },
  }
  try {
    await patiently(clock, () => storage.load(load))
  } catch (error) {
    if (!isEngineError(error, 'already_exists')) throw error
    // What a killed process had sent was stored after we looked.
    const now = await readJournal(storage)
    const rest = now === null ? rows : missing(sectionsOf(model), now, part)
    if (rest.length === rows.length) throw error
    if (rest.length > 0) await store(target, { ...part, rows: rest })
  }
}

/** The transaction of a process that was killed may stand in the way for as long as the server keeps it: MongoDB for a minute. */
async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += pauseMs)
    try {
      return await work()
    } catch (error) {
      if (!isEngineError(error, 'conflict') || waitedMs >= patienceMs) throw error
      await sleep(clock, pauseMs)
    }
}

function keyOf(row: Row): string | number {
  return 'position' in row && !('id' in row) ? (row as Commit).position : (row as AnyRecord).id
}

async function readJournal(storage: WholeStorage): Promise<Journal | null> {
  const text = await storage.readMark(fillingMark)
  return text === null ? null : (JSON.parse(text) as Journal)
}

async function beginFill({ storage, clock, model, id, marks }: Target & Pick<FillOptions, 'marks'>): Promise<Journal> {
  const found = await readJournal(storage)
  if (found?.id === id) return found
  if (found !== null) throw new FillError('It holds the beginning of another restore or move. Give an empty database.')
  const { newest } = await storage.commitRange()
  // Beyond the limit: one record is enough to say no.
  for (const name of model.collections.keys())
    if (newest > 0 || (await storage.reader.find<AnyRecord>({ name }, { limit: 1 })).length > 0)
      throw new FillError('It is not empty. Give an empty database: nothing that is stored is ever overwritten.')
  const journal: Journal = { id, section: sectionsOf(model)[0]!, last: null }
  await patiently(clock, () => storage.load({ marks: { ...marks, [fillingMark]: JSON.stringify(journal) } }))
  return journal
}

/** From now on it is a database like any other. */
export async function endFill(
  storage: WholeStorage,
  { lastPosition, marks }: { readonly lastPosition: number; readonly marks: Readonly<Record<string, string | null>> },
): Promise<void> {
  await storage.load({ lastPosition, marks: { ...marks, [fillingMark]: null } })
}
