// Rows of an import as they come: read line by line from bytes of any length, one at a time, each with the line it begins at. What
// is wrong with one row is told with it; what makes the rest unreadable (no UTF-8, a quote that never ends) ends the import.
import { Readable } from 'node:stream'
import type { CsvError } from 'csv-parse'
import type { Actor } from '../access/actor.ts'
import { EngineError, type InputIssue, isEngineError } from '../base/engine-error.ts'
import { parseJsonBody } from '../base/json-text.ts'
import { limits } from '../base/limits.ts'
import { nearest } from '../base/nearest.ts'
import { pointerStep } from '../base/text.ts'
import { type CollectionModel, isLoaded, type Model } from '../schema/model.ts'
import { isWritable } from '../schema/wire.ts'
import { type Cell, type CsvColumn, columnsOf, valueOfCell } from './csv.ts'
import { referenceColumn } from './import-names.ts'
import { isReadable, isSettable } from './present.ts'

export type ImportFormat = 'csv' | 'jsonl'
export type ReadRow = {
  readonly line: number
  /** By field, in wire form, or by `reference.field`; null where the row says nothing. */
  readonly values: Readonly<Record<string, unknown>>
  readonly problem: readonly InputIssue[] | null
}
type Reading = {
  readonly collection: CollectionModel
  readonly model: Model
  readonly actor: Actor
  readonly format: ImportFormat
  /** Takes the names of what is passed over. */
  readonly ignored: Set<string>
}

/** @throws validation_failed for a file that cannot be read on, with the line */
export function rowsOf(reading: Reading, bytes: AsyncIterable<Uint8Array>): AsyncIterable<ReadRow> {
  const text = decoded(bytes)
  return reading.format === 'csv' ? csvRows(reading, text) : jsonRows(reading, text)
}

async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const next = (part?: Uint8Array) => {
    try {
      return decoder.decode(part, { stream: part !== undefined })
    } catch (cause) {
      throw new EngineError('validation_failed', { detail: 'The file is not UTF-8: save it as UTF-8 and send it again.', cause })
    }
  }
  for await (const part of bytes) yield next(part)
  yield next()
}

function unreadable(line: number, message: string): EngineError {
  return new EngineError('validation_failed', {
    detail: `Line ${line}: ${message}`,
    errors: [{ path: `line:${line}`, code: 'unreadable', message }],
  })
}

async function* csvRows(reading: Reading, text: AsyncGenerator<string>): AsyncGenerator<ReadRow> {
  // Read when it is first needed: most processes never import, and a start would pay for it.
  const csv = await import('csv-parse')
  const { head, all } = await withHead(text)
  const source = Readable.from(all)
  const parser = source.pipe(
    csv.parse({
      bom: true,
      delimiter: delimiterOf(head),
      relax_column_count: true,
      info: true,
      max_record_size: limits.bodyBytesMax,
      cast: (value, { quoting }): unknown => ({ text: value, isQuoted: quoting }) satisfies Cell,
    }),
  )
  let columns: readonly (CsvColumn | null)[] | null = null
  let line = 1
  let twice = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Cell[]; info: { lines: number } }>) {
      const [only, ...others] = record
      const isEmpty = others.length === 0 && only?.text === '' && !only.isQuoted
      if (columns === null) columns = readHeader(reading, record, line)
      else if (!isEmpty) yield { line, ...refuseOperators(reading, readCells(columns, record)) }
      // It counts a line break of two characters twice where it stands within quotes.
      for (const { text: cell } of record) twice += cell.split('\r\n').length - 1
      line = info.lines - twice + 1
    }
  } catch (error) {
    throw error instanceof csv.CsvError ? unreadable(Number(error['lines'] ?? line), csvProblem(error)) : error
  } finally {
    // Whoever stops here reads no further: the rest of the body is left to be thrown away.
    source.destroy()
  }
  if (columns === null) throw unreadable(1, 'the file is empty: its first line names the columns')
}

function csvProblem({ code, message }: CsvError): string {
  if (code === 'CSV_MAX_RECORD_SIZE') return `the row has more than ${limits.bodyBytesMax} characters`
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote is opened and never closed'
  return message.split('\n')[0]!
}

/** The first line, which tells the delimiter, and all of the text. */
async function withHead(text: AsyncGenerator<string>): Promise<{ readonly head: string; readonly all: AsyncIterable<string> }> {
  let start = ''
  while (!/[\r\n]/.test(start) && start.length <= limits.bodyBytesMax) {
    const { done, value } = await text.next()
    if (done) break
    start += value
  }
  async function* all() {
    yield start
    yield* text
  }
  return { head: start.split(/[\r\n]/, 1)[0]!, all: all() }
}

/** Spreadsheets of many countries write semicolons. */
function delimiterOf(head: string): string {
  const counts = [',', ';', '\t'].map((one) => [one, head.split(one).length] as const)
  return counts.toSorted((a, b) => b[1] - a[1])[0]![0]
}

function readHeader(reading: Reading, cells: readonly Cell[], line: number): (CsvColumn | null)[] {
  const known = new Map(columnsOf(importableFields(reading)).map((column) => [column.name, column]))
  const names = cells.map(({ text }) => text.trim())
  if (names.length > limits.importColumnsMax) throw unreadable(line, `names more than ${limits.importColumnsMax} columns`)
  const seen = new Set<string>()
  const repeated = names.find((name) => seen.size === seen.add(referenceColumn(reading, name)?.field.name ?? name).size)
  if (repeated !== undefined) throw unreadable(line, `the column ${repeated} is there twice`)
  return names.map((name) => {
    const column = known.get(name) ?? referenceColumn(reading, name)
    if (column === undefined) throw unreadable(line, `${reading.collection.name} has no field ${name}${nearest(name, known.keys())}`)
    return isTaken(reading, column.field.name) ? column : null
  })
}

/** Those that the caller sees or sets. */
function importableFields({ collection, actor }: Reading) {
  return [...collection.fields.values()].filter((one) => !isLoaded(one) && (isReadable(one.field, actor) || isSettable(one.field, actor)))
}

/** What nobody can set is passed over, and told. */
function isTaken({ collection, actor, ignored }: Reading, name: string): boolean {
  const compiled = collection.fields.get(name)!
  if (name === 'id' || (isWritable(compiled) && isSettable(compiled.field, actor))) return true
  ignored.add(name)
  return false
}

function readCells(columns: readonly (CsvColumn | null)[], cells: readonly Cell[]): Pick<ReadRow, 'values' | 'problem'> {
  const values: Record<string, unknown> = {}
  const problems: InputIssue[] = []
  if (cells.length > columns.length)
    problems.push({ path: '', code: 'columns', message: `has ${cells.length} cells, and the first line names ${columns.length} columns` })
  for (const [index, column] of columns.entries()) {
    if (column === null) continue
    const { name, field, part } = column
    const read = valueOfCell(column, cells[index] ?? { text: '', isQuoted: false })
    if ('problem' in read) problems.push({ path: `/${name.replace('.', '/')}`, code: 'type', message: read.problem })
    else if (part === null) values[name] = read.value
    else if (read.value !== null) values[field.name] = { ...(values[field.name] as object | null), [part]: read.value }
    else values[field.name] ??= null
  }
  return { values, problem: problems.length > 0 ? problems : null }
}

/** What says by how much, or what comes and goes, would do so again when the same file is sent again. */
function refuseOperators({ collection }: Reading, read: Pick<ReadRow, 'values' | 'problem'>): Pick<ReadRow, 'values' | 'problem'> {
  const problems = Object.entries(read.values).flatMap(([name, value]): InputIssue[] => {
    // The field of `reference.field`, too.
    const [head = ''] = name.split('.')
    if (typeof value !== 'object' || value === null || collection.fields.get(head)!.field.kind.isJson) return []
    const operator = Object.keys(value).find((one) => one.startsWith('$'))
    if (operator === undefined) return []
    const message = `${operator} is not taken in an import, which would do it again when it is sent again: give the value`
    return [{ path: `/${name}`, code: 'not_taken', message }]
  })
  return problems.length > 0 ? { values: read.values, problem: [...(read.problem ?? []), ...problems] } : read
}

async function* jsonRows(reading: Reading, text: AsyncGenerator<string>): AsyncGenerator<ReadRow> {
  const known = new Map(importableFields(reading).map((field) => [field.name, field]))
  for await (const { line, text: given } of splitLines(text))
    if (given.trim() !== '') yield { line, ...refuseOperators(reading, readObject(reading, known, given)) }
}

type Line = { readonly line: number; readonly text: string }

/** Lines of a file as they come, the first of which is 1. @throws validation_failed for one that is too long, or no UTF-8 */
export function linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  return splitLines(decoded(bytes))
}

async function* splitLines(text: AsyncGenerator<string>): AsyncGenerator<Line> {
  let rest = ''
  let line = 0
  for await (const part of text) {
    const lines = (rest + part).split('\n')
    rest = lines.pop()!
    if (rest.length > limits.bodyBytesMax)
      throw unreadable(line + lines.length + 1, `the line has more than ${limits.bodyBytesMax} characters`)
    for (const one of lines) yield { line: ++line, text: one }
  }
  yield { line: line + 1, text: rest }
}

function readObject(reading: Reading, known: ReadonlyMap<string, unknown>, given: string): Pick<ReadRow, 'values' | 'problem'> {
  const wrong = (path: string, code: string, message: string) => ({ values: {}, problem: [{ path, code, message }] })
  try {
    const value = parseJsonBody(Buffer.from(given))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('', 'type', 'is no JSON object')
    const odd = Object.keys(value).find((name) => !known.has(name) && referenceColumn(reading, name) === undefined)
    if (odd !== undefined)
      return wrong(`/${pointerStep(odd)}`, 'unknown_field', `is no field of ${reading.collection.name}${nearest(odd, known.keys())}`)
    return {
      values: Object.fromEntries(Object.entries(value).filter(([name]) => isTaken(reading, known.has(name) ? name : name.split('.')[0]!))),
      problem: null,
    }
  } catch (error) {
    if (!isEngineError(error) || error.status >= 500) throw error
    const [first] = error.errors ?? []
    return wrong(first?.path ?? '', first?.code ?? error.code, first?.message ?? error.detail)
  }
}
