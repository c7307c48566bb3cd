// The archive: one file with a whole database, in JSON lines under zstd (RFC 8878). A head; each section
// between its name and its sum; at the very end a line that says it is complete. It can be written and
// read as a stream, and looked into with `zstdcat`. Format 1 stays readable by all later versions.
import { createZstdCompress, createZstdDecompress, constants as zlib } from 'node:zlib'
import { scaleOf } from '../../schema/kinds/kind.ts'
import type { CollectionModel, CompiledField, Model } from '../../schema/model.ts'
import { type Part, pageBytes, type Row, type SectionSum, type Sums, sectionsOf, startSum } from './contents.ts'

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
  yield `${JSON.stringify(head)}\n`
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
  const head = text === undefined ? null : headOf(text)
  if (head === null) throw new ArchiveError('It is no archive of Kingpost.')
  if (head.format > archiveFormat)
    throw new ArchiveError(
      `It was written by a newer Kingpost (format ${head.format}, this one reads ${archiveFormat}). Read it with that version.`,
    )
  return { head, parts: readParts(first.value!.slice(1), lines) }
}

function headOf(text: string): ArchiveHead | null {
  try {
    const head = JSON.parse(text) as ArchiveHead
    return head.kingpost === 'archive' && Number.isInteger(head.format) ? head : null
  } catch {
    return null
  }
}

async function* readParts(firstLines: string[], rest: AsyncGenerator<string[]>): AsyncGenerator<Part> {
  const sums: Record<string, SectionSum> = {}
  let section: string | null = null
  let summing = startSum()
  let isComplete = false
  for await (const lines of chained(firstLines, rest)) {
    let start = 0
    for (let index = 0; index <= lines.length; index++) {
      const line = lines[index]
      const isControl = line !== undefined && (section === null || line.startsWith('{"end":'))
      if (line !== undefined && !isControl) continue
      if (section !== null && index > start) yield pageOf(section, lines.slice(start, index), summing)
      start = index + 1
      if (line === undefined) break
      if (isComplete) throw new ArchiveError('It continues after its end: two files were put together.')
      const control = controlOf(line)
      if (section === null && 'section' in control) {
        section = control.section
        summing = startSum()
        yield { kind: 'begin', section, total: control.total }
      } else if (section !== null && 'end' in control && control.end === section) {
        const sum = summing.end()
        if (sum.count !== control.count || sum.sha256 !== control.sha256)
          throw new ArchiveError(`It is damaged: the section ${section} is not what was written. Take another backup.`)
        sums[section] = sum
        yield { kind: 'end', section, sum }
        section = null
      } else if (section === null && 'end' in control && control.end === 'archive') {
        isComplete = isSame(sums, control.sections ?? {})
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

function pageOf(section: string, lines: readonly string[], summing: ReturnType<typeof startSum>): Part {
  const text = `${lines.join('\n')}\n`
  summing.add(lines.length, text)
  try {
    return { kind: 'page', section, rows: lines.map((line) => JSON.parse(line) as Row), text }
  } catch {
    throw new ArchiveError(`It is damaged: a line of the section ${section} is no JSON. Take another backup.`)
  }
}

type Control =
  | { readonly section: string; readonly total: number | null }
  | ({ readonly end: string; readonly sections?: Sums } & Partial<SectionSum>)

function controlOf(line: string): Control {
  try {
    return JSON.parse(line) as Control
  } catch {
    throw new ArchiveError('It is damaged: its lines are no JSON. Take another backup.')
  }
}

function isSame(a: Sums, b: Sums): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name]!.sha256 === b[name]?.sha256)
}

/** Lines as they come, many at once. What has no line end at the very end is a line too. */
async function* linePages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let page: string[] = []
  let size = 0
  for await (const chunk of bytes) {
    const text = rest + decoder.decode(chunk, { stream: true })
    const lines = text.split('\n')
    rest = lines.pop()!
    page.push(...lines)
    size += text.length - rest.length
    if (size < pageBytes) continue
    yield page
    page = []
    size = 0
  }
  if (rest !== '') page.push(rest)
  if (page.length > 0) yield page
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
