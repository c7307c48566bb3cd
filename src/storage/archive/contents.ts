// The content of a database as one stream: section after section, each a collection in the order of ids,
// the commit log last. Backup, restore, move and checksums all read it. Invariant: two databases with
// the same content give the same lines, and so the same checksums.
import { createHash } from 'node:crypto'
import type { AnyRecord } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import type { Commit, Snapshot } from '../storage.ts'
import { commitLine, recordLine, type ToLine } from './canonical.ts'

/** The section of the commit log. No collection can have its name. */
export const logSection = '_commits'

export type Row = AnyRecord | Commit
export type Part =
  /** `total`: rows to come; null where nobody knows yet. */
  | { readonly kind: 'begin'; readonly section: string; readonly total: number | null }
  /** `text`: a line for each row. */
  | { readonly kind: 'page'; readonly section: string; readonly rows: readonly Row[]; readonly text: string }
  | { readonly kind: 'end'; readonly section: string; readonly sum: SectionSum }

/** `sha256`: of the section's lines, hexadecimal. */
export type SectionSum = { readonly count: number; readonly sha256: string }
export type Sums = Readonly<Record<string, SectionSum>>

/** What a page aims at: large enough to be fast, small enough for any message of a database. */
export const pageBytes = 1_000_000
const pageRowsMax = 2_000
/** Nobody knows yet how large rows are: mails may have megabytes. */
const firstPageRows = 16

/** In this order they stand in every archive. */
export function sectionsOf(model: Model): string[] {
  return [...[...model.collections.keys()].sort(), logSection]
}

export function lineOf(model: Model, section: string): ToLine {
  return section === logSection ? commitLine : recordLine(model.get({ name: section }))
}

/** Everything in one committed state. */
export async function* partsOf(snapshot: Snapshot, model: Model): AsyncGenerator<Part> {
  for (const section of sectionsOf(model)) {
    const total = section === logSection ? await countCommits(snapshot) : await snapshot.reader.count({ name: section })
    yield { kind: 'begin', section, total }
    yield* pagesOf(snapshot, section, lineOf(model, section))
  }
}

async function countCommits(snapshot: Snapshot): Promise<number> {
  const { oldest, newest } = await snapshot.commitRange()
  return newest === 0 ? 0 : newest - oldest + 1
}

async function* pagesOf(snapshot: Snapshot, section: string, toLine: ToLine): AsyncGenerator<Part> {
  const summing = startSum()
  let limit = firstPageRows
  let last: Row | null = null
  while (true) {
    const rows: Row[] = await readPage(snapshot, section, { last, limit })
    if (rows.length === 0) break
    let bytes = 0
    for (const page of split(rows, toLine)) {
      summing.add(page.rows.length, page.text)
      bytes += page.text.length
      yield { kind: 'page', section, ...page }
    }
    if (rows.length < limit) break
    last = rows.at(-1)!
    limit = Math.max(1, Math.min(pageRowsMax, Math.floor((pageBytes * rows.length) / bytes)))
  }
  yield { kind: 'end', section, sum: summing.end() }
}

/** Rows and their lines, in pieces of about a page. */
function* split(rows: readonly Row[], toLine: ToLine): Generator<{ readonly rows: readonly Row[]; readonly text: string }> {
  let start = 0
  let text = ''
  for (const [index, row] of rows.entries()) {
    text += `${toLine(row)}\n`
    if (text.length < pageBytes && index < rows.length - 1) continue
    yield { rows: rows.slice(start, index + 1), text }
    start = index + 1
    text = ''
  }
}

async function readPage(
  snapshot: Snapshot,
  section: string,
  { last, limit }: { readonly last: Row | null; readonly limit: number },
): Promise<Row[]> {
  if (section === logSection) return await snapshot.commitsAfter((last as Commit | null)?.position ?? 0, limit)
  // Beyond the limit: the next page, from the last record on.
  return await snapshot.reader.find<AnyRecord>({ name: section }, { limit, ...(last === null ? {} : { after: [(last as AnyRecord).id] }) })
}

function linesOf(rows: readonly Row[], toLine: ToLine): string {
  let text = ''
  for (const row of rows) text += `${toLine(row)}\n`
  return text
}

export function startSum() {
  const hash = createHash('sha256')
  let count = 0
  return {
    add(rows: number, text: string | Uint8Array): void {
      hash.update(text)
      count += rows
    },
    end: (): SectionSum => ({ count, sha256: hash.digest('hex') }),
  }
}

/** What each record of a collection becomes on its way; null leaves it out. The log stays as it is. */
export type Rewrite = (section: string, record: AnyRecord) => AnyRecord | null

/** The same stream with rows rewritten, and the checksums of what it became. */
export async function* rewritten(parts: AsyncIterable<Part>, model: Model, rewrite: Rewrite): AsyncGenerator<Part> {
  let summing = startSum()
  let toLine: ToLine = commitLine
  for await (const part of parts) {
    if (part.kind === 'begin') {
      summing = startSum()
      toLine = lineOf(model, part.section)
      yield part
    } else if (part.kind === 'page') {
      const rows = part.rows.flatMap((row) => ('id' in row ? (rewrite(part.section, row) ?? []) : row))
      const text = linesOf(rows, toLine)
      summing.add(rows.length, text)
      yield { ...part, rows, text }
    } else yield { ...part, sum: summing.end() }
  }
}

/** Reads it all for its checksums alone. */
export async function sumsOf(parts: AsyncIterable<Part>, onPart: (part: Part) => void = () => {}): Promise<Sums> {
  const sums: Record<string, SectionSum> = {}
  for await (const part of parts) {
    onPart(part)
    if (part.kind === 'end') sums[part.section] = part.sum
  }
  return sums
}

/** Sections that differ, each with what is there and what was wanted, for people. */
export function differences(wanted: Sums, found: Sums): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort().flatMap((section) => {
    const [a, b] = [wanted[section], found[section]]
    if (a === undefined || b === undefined) return [`${section}: ${a === undefined ? 'is more than there was' : 'is missing'}`]
    if (a.count !== b.count) return [`${section}: ${b.count} rows, not ${a.count}`]
    return a.sha256 === b.sha256 ? [] : [`${section}: ${a.count} rows as there were, but not the same`]
  })
}
