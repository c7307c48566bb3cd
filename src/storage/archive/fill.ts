// Filling an empty database from a stream of parts. What was stored and how far it came are in the same
// transaction, so one that was killed goes on behind the last row it stored, never twice over it.
// Invariant: while the mark `filling` stands, the database is not whole and must not be started on.
import type { AnyRecord } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import type { Commit, WholeStorage } from '../storage.ts'
import { logSection, type Part, type Row, type SectionSum, type Sums, sectionsOf } from './contents.ts'
import { fillingMark } from './marks.ts'

/** Where a fill stands: all sections before `section` are stored, and this one up to the key `last`. */
type Journal = { readonly id: string; readonly section: string; readonly last: string | number | null }

export type FillOptions = {
  readonly storage: WholeStorage
  readonly model: Model
  /** Of what it is filled from: only the same one goes on where it stopped. */
  readonly id: string
  readonly parts: AsyncIterable<Part>
  /** Stored with the beginning; one that goes on leaves them as they are. */
  readonly marks: Readonly<Record<string, string>>
  readonly onPart?: (part: Part) => void
}

/** The database is not fit for it; the message says why, for people. */
export class FillError extends Error {
  override readonly name = 'FillError'
}

/** Answers what the database must hold now. It stays marked until `endFill`. @throws FillError */
export async function fill({ storage, model, id, parts, marks, onPart = () => {} }: FillOptions): Promise<Sums> {
  const journal = await beginFill({ storage, model, id, marks })
  const order = sectionsOf(model)
  const sums: Record<string, SectionSum> = {}
  for await (const part of ahead(parts)) {
    const at = order.indexOf(part.section)
    if (at < 0) throw new FillError(`It holds a collection ${part.section} that this project does not have.`)
    if (part.kind === 'end') sums[part.section] = part.sum
    if (part.kind === 'page') {
      const done = order.indexOf(journal.section)
      const rows = at < done ? [] : at > done || journal.last === null ? part.rows : part.rows.filter((row) => keyOf(row) > journal.last!)
      if (rows.length > 0) await store({ storage, id }, part.section, rows)
    }
    onPart(part)
  }
  return sums
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

async function store({ storage, id }: Pick<FillOptions, 'storage' | 'id'>, section: string, rows: readonly Row[]): Promise<void> {
  const journal: Journal = { id, section, last: keyOf(rows.at(-1)!) }
  await storage.load({
    ...(section === logSection
      ? { commits: rows as readonly Commit[] }
      : { records: { collection: { name: section }, records: rows as readonly AnyRecord[] } }),
    marks: { [fillingMark]: JSON.stringify(journal) },
  })
}

function keyOf(row: Row): string | number {
  return 'position' in row && !('id' in row) ? (row as Commit).position : (row as AnyRecord).id
}

async function beginFill({ storage, model, id, marks }: Pick<FillOptions, 'storage' | 'model' | 'id' | 'marks'>): Promise<Journal> {
  const text = await storage.readMark(fillingMark)
  if (text !== null) {
    const journal = JSON.parse(text) as Journal
    if (journal.id === id) return journal
    throw new FillError('It holds the beginning of another restore or move. Give an empty database.')
  }
  const { newest } = await storage.commitRange()
  for (const name of model.collections.keys())
    if (newest > 0 || (await storage.reader.find<AnyRecord>({ name }, { limit: 1 })).length > 0)
      throw new FillError('It is not empty. Give an empty database: nothing that is stored is ever overwritten.')
  const journal: Journal = { id, section: sectionsOf(model)[0]!, last: null }
  await storage.load({ marks: { ...marks, [fillingMark]: JSON.stringify(journal) } })
  return journal
}

/** From now on it is a database like any other. */
export async function endFill(
  storage: WholeStorage,
  { lastPosition, marks }: { readonly lastPosition: number; readonly marks: Readonly<Record<string, string>> },
): Promise<void> {
  await storage.load({ lastPosition, marks: { ...marks, [fillingMark]: null } })
}
