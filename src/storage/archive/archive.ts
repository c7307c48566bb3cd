// The archive: one file with a whole database, in JSON lines under zstd (RFC 8878). A head; each section
// between its name and its sum; at the very end a line that says it is complete. It can be written and
// read as a stream, and looked into with `zstdcat`. Format 1 stays readable by all later versions.
import { createHash } from 'node:crypto'
import { createZstdCompress, createZstdDecompress, constants as zlib } from 'node:zlib'
import { limits } from '../../base/limits.ts'
import { scaleOf } from '../../schema/kinds/kind.ts'
import type { CollectionModel, CompiledField, Model } from '../../schema/model.ts'
import { logSection, type Part, pageBytes, type Row, type SectionSum, type Sums, sectionsOf, startSum } from './contents.ts'
import { contentMarks } from './marks.ts'

export const archiveFormat = 1

export type ArchiveHead = {
  readonly kingpost: 'archive'
  readonly format: number
  /** Of this archive alone. */
  readonly id: string
  readonly engine: string
  readonly project: string
  readonly at: string
  readonly source: { readonly product: string; readonly version: string }
  /** The newest commit in it. */
  readonly lastPosition: number
  /** What the database says of itself: its epoch, a restore under review. */
  readonly marks: Readonly<Record<string, string>>
  readonly collections: readonly ArchivedCollection[]
}

export type ArchivedCollection = {
  readonly name: string
  readonly fields: readonly { readonly name: string; readonly kind: string; readonly required: boolean }[]
}

/** Something is wrong with the file; the message says what, for people. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}

export function describeModel(model: Model): ArchivedCollection[] {
  const names = sectionsOf(model).filter((name) => model.find(name))
  return names.map((name) => ({ name, fields: fieldsOf(model.get({ name })) }))
}

function fieldsOf(collection: CollectionModel) {
  const stored = [...collection.fields.values()].filter(({ isComputed }) => !isComputed)
  return stored.map((field) => ({ name: field.name, kind: meaningOf(field), required: field.field.required }))
}

/** What a stored number means depends on its decimals. */
function meaningOf({ field: { kind } }: CompiledField): string {
  const [{ type }] = kind.columns
  return scaleOf(type) === null ? kind.name : type
}

/** Why the archive does not fit a model, for people. What was not there before is null, or what its field gives. */
export function misfits({ collections }: ArchiveHead, model: Model): string[] {
  return collections.flatMap(({ name, fields }) => {
    const collection = model.find(name)
    if (!collection) return [`${name}: the project has no such collection`]
    const archived = new Map(fields.map((field) => [field.name, field]))
    const gone = fields
      .filter((field) => !collection.fields.has(field.name))
      .map((field) => `${name}.${field.name}: the project has no such field`)
    const changed = [...collection.fields.values()].flatMap((compiled) => {
      const { name: own, field, isComputed } = compiled
      const before = archived.get(own)
      if (isComputed) return []
      if (before === undefined) return field.required ? [`${name}.${own}: is required now, and the archive has no value for it`] : []
      const meaning = meaningOf(compiled)
      if (before.kind !== meaning) return [`${name}.${own}: is ${meaning} now, and was ${before.kind}`]
      return field.required && !before.required ? [`${name}.${own}: is required now, and was not`] : []
    })
    return [...gone, ...changed]
  })
}

/** The bytes of an archive. `onPart` sees what is written. */
export async function* archiveBytes(
  head: ArchiveHead,
  parts: AsyncIterable<Part>,
  onPart: (part: Part) => void = () => {},
): AsyncGenerator<Uint8Array> {
  yield* piped(
    archiveText(head, parts, onPart),
    createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: 3, [zlib.ZSTD_c_checksumFlag]: 1 } }),
  )
}

async function* archiveText(head: ArchiveHead, parts: AsyncIterable<Part>, onPart: (part: Part) => void): AsyncGenerator<string> {
  const sums: Record<string, SectionSum> = {}
  yield `${JSON.stringify({ ...head, sum: sumOf(head) })}\n`
  for await (const part of parts) {
    onPart(part)
    if (part.kind === 'begin') yield `${JSON.stringify({ section: part.section, total: part.total })}\n`
    else if (part.kind === 'page') yield part.text
    else {
      sums[part.section] = part.sum
      yield `${JSON.stringify({ end: part.section, ...part.sum })}\n`
    }
  }
  yield `${JSON.stringify({ end: 'archive', sections: sums })}\n`
}

export type OpenArchive = {
  readonly head: ArchiveHead
  /** Once. Each section's checksum is compared, and that the archive is complete. @throws ArchiveError */
  readonly parts: AsyncIterable<Part>
}

/** @throws ArchiveError when it is none, or newer than this version can read */
export async function openArchive(bytes: AsyncIterable<Uint8Array>): Promise<OpenArchive> {
  const lines = linePages(piped(bytes, createZstdDecompress()))
  const first = await lines.next()
  const text = first.value?.[0]
  const head = headOf(text ?? '')
  return { head, parts: readParts(head, first.value!.slice(1), lines) }
}

/** @throws ArchiveError */
function headOf(text: string): ArchiveHead {
  const found = valueIn(text)
  if (!isObject(found) || found['kingpost'] !== 'archive') throw new ArchiveError('It is no archive of Kingpost.')
  const { sum, ...head } = found
  const { format } = head
  if (Number.isInteger(format) && (format as number) > archiveFormat)
    throw new ArchiveError(
      `It was written by a newer Kingpost (format ${String(format)}, this one reads ${archiveFormat}). Read it with that version.`,
    )
  // Archives of before have none.
  const isWhole = (sum === undefined || sum === sumOf(head)) && isHead(head)
  if (!isWhole)
    throw new ArchiveError('It is damaged: its first line, which says what it is of, is not what was written. Take another backup.')
  return head
}

function sumOf(head: object): string {
  return createHash('sha256').update(JSON.stringify(head)).digest('hex')
}

function isHead(head: Readonly<Record<string, unknown>>): head is ArchiveHead {
  const { format, id, engine, project, at, source, lastPosition, marks, collections } = head
  return (
    format === archiveFormat &&
    [id, engine, project].every((one) => typeof one === 'string') &&
    typeof at === 'string' &&
    !Number.isNaN(Date.parse(at)) &&
    isObject(source) &&
    Number.isSafeInteger(lastPosition) &&
    (lastPosition as number) >= 0 &&
    isObject(marks) &&
    Object.entries(marks).every(([name, value]) => contentMarks.includes(name) && typeof value === 'string') &&
    Array.isArray(collections) &&
    collections.every(isCollection)
  )
}

function isCollection(one: unknown): boolean {
  const isField = (field: unknown) =>
    isObject(field) && typeof field['name'] === 'string' && typeof field['kind'] === 'string' && typeof field['required'] === 'boolean'
  return isObject(one) && typeof one['name'] === 'string' && Array.isArray(one['fields']) && one['fields'].every(isField)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined of what is no JSON. */
function valueIn(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

async function* readParts({ collections }: ArchiveHead, firstLines: string[], rest: AsyncGenerator<string[]>): AsyncGenerator<Part> {
  const sums: Record<string, SectionSum> = {}
  const wanted = [...collections.map(({ name }) => name), logSection]
  let section: string | null = null
  let total: number | null = null
  let rows = startRows('', wanted)
  let isComplete = false
  for await (const lines of chained(firstLines, rest)) {
    let start = 0
    for (let index = 0; index <= lines.length; index++) {
      const line = lines[index]
      const isControl = line !== undefined && (section === null || line.startsWith('{"end":'))
      if (line !== undefined && !isControl) continue
      if (section !== null && index > start) yield rows.page(lines.slice(start, index))
      start = index + 1
      if (line === undefined) break
      if (isComplete) throw new ArchiveError('It continues after its end: two files were put together.')
      const control = controlOf(line)
      if (section === null && 'section' in control && sums[control.section] === undefined) {
        section = control.section
        // Sections of other things than collections have such names.
        if (!wanted.includes(section) && !section.startsWith('_'))
          throw new ArchiveError(`It is damaged: its first line does not name the section ${section}. Take another backup.`)
        // Of the log it is how far its positions go.
        total = section === logSection ? null : control.total
        rows = startRows(section, wanted)
        yield { kind: 'begin', section, total: control.total }
      } else if (section !== null && 'end' in control && control.end === section) {
        const sum = rows.end()
        if (sum.count !== control.count || sum.sha256 !== control.sha256 || (total ?? sum.count) !== sum.count)
          throw new ArchiveError(`It is damaged: the section ${section} is not what was written. Take another backup.`)
        sums[section] = sum
        yield { kind: 'end', section, sum }
        section = null
      } else if (section === null && 'end' in control && control.end === 'archive') {
        isComplete = isSame(sums, control.sections ?? {}) && wanted.every((name) => sums[name] !== undefined)
        if (!isComplete) throw new ArchiveError('It is damaged: sections are missing. Take another backup.')
      } else throw new ArchiveError('It is damaged: its lines are out of order. Take another backup.')
    }
  }
  if (!isComplete) throw new ArchiveError('It is cut off: its end is missing. Take another backup.')
}

async function* chained(first: string[], rest: AsyncGenerator<string[]>): AsyncGenerator<string[]> {
  yield first
  yield* rest
}

/** The rows of one section: each once, in the order of their keys. `keyed`: the sections whose rows have keys. */
function startRows(section: string, keyed: readonly string[]) {
  const summing = startSum()
  const key = section === logSection ? 'position' : keyed.includes(section) ? 'id' : null
  const isKey = section === logSection ? Number.isSafeInteger : (value: unknown) => typeof value === 'string'
  let last: string | number | null = null
  const damaged = (what: string) => new ArchiveError(`It is damaged: ${what}. Take another backup.`)

  function rowOf(line: string): Row {
    const row = valueIn(line)
    if (row === undefined) throw damaged(`a line of the section ${section} is no JSON`)
    if (!isObject(row) || (key !== null && !isKey(row[key]))) throw damaged(`a line of the section ${section} is no row`)
    const own = key === null ? null : (row[key] as string | number)
    if (own !== null && last !== null && own <= last)
      throw damaged(own === last ? `${own} stands twice in the section ${section}` : `the rows of the section ${section} are out of order`)
    last = own
    return row as Row
  }

  return {
    page(lines: readonly string[]): Part {
      const text = `${lines.join('\n')}\n`
      summing.add(lines.length, text)
      return { kind: 'page', section, rows: lines.map(rowOf), text }
    },
    end: () => summing.end(),
  }
}

type Control =
  | { readonly section: string; readonly total: number | null }
  | ({ readonly end: string; readonly sections?: Sums } & Partial<SectionSum>)

function controlOf(line: string): Control {
  const found = valueIn(line)
  const isControl =
    isObject(found) &&
    (typeof found['end'] === 'string' ||
      (typeof found['section'] === 'string' && (found['total'] === null || Number.isSafeInteger(found['total']))))
  if (!isControl) throw new ArchiveError('It is damaged: a line between its sections is none that stands there. Take another backup.')
  return found as Control
}

function isSame(a: Sums, b: Sums): boolean {
  const names = Object.keys(a)
  const isAlike = (name: string) => a[name]!.sha256 === b[name]?.sha256 && a[name]!.count === b[name]?.count
  return names.length === Object.keys(b).length && names.every(isAlike)
}

/** Lines as they come, many at once. What has no line end at the very end is a line too. */
async function* linePages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decode = textDecoder()
  /** Of the line that has not ended. */
  let rest: string[] = []
  let restSize = 0
  let page: string[] = []
  let size = 0
  for await (const chunk of bytes) {
    const text = decode(chunk)
    size += text.length
    const lines = text.split('\n')
    const last = lines.pop()!
    if (lines.length > 0) {
      page.push(rest.join('') + lines[0]!, ...lines.slice(1))
      rest = []
      restSize = 0
    }
    rest.push(last)
    restSize += last.length
    if (restSize > limits.archiveLineCharactersMax)
      throw new ArchiveError(`It is damaged: a line has more than ${limits.archiveLineCharactersMax} characters. Take another backup.`)
    if (page.length === 0 || size < pageBytes) continue
    yield page
    page = []
    size = 0
  }
  decode()
  const end = rest.join('')
  if (end !== '') page.push(end)
  if (page.length > 0) yield page
}

/** Without bytes: the end. */
function textDecoder(): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return (bytes) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw new ArchiveError('It is damaged: it holds bytes that are no text. Take another backup.')
    }
  }
}

/** Errors of the compression are the file's: it is cut, or no archive. */
async function* piped(
  source: AsyncIterable<string | Uint8Array>,
  through: ReturnType<typeof createZstdCompress> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Uint8Array> {
  let failure: unknown
  const feeding = (async () => {
    for await (const chunk of source) if (!through.write(chunk)) await new Promise((resolve) => through.once('drain', resolve))
    through.end()
  })().catch((error: unknown) => {
    failure = error
    through.destroy(error as Error)
  })
  try {
    for await (const chunk of through) yield chunk as Uint8Array
    await feeding
  } catch (error) {
    if (failure !== undefined) throw failure
    throw isZstdError(error) ? new ArchiveError('It is damaged or cut off: it cannot be unpacked. Take another backup.') : error
  } finally {
    through.destroy()
  }
}

function isZstdError(error: unknown): boolean {
  return /^(?:ZSTD_|Z_|ERR_)/.test((error as { code?: string }).code ?? '')
}
