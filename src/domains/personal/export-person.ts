// The effect that gathers what there is of one person: page by page, each page an entry of JSON and a blob of its own, then the files
// that they sent. Memory holds one page. What is stored and where it goes on is written together, so an attempt that dies is taken up
// at its last piece. Nothing that opens anything is in it, and nothing that nobody may read.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Clock, toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { BlobStore } from '../../blobs/blob-store.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { and, compare, eq, type Filter, or } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { present, veiled } from '../../records/present.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel, CompiledField, Model } from '../../schema/model.ts'
import { personalOf } from '../../schema/personal.ts'
import type { Reader, StorageAdapter } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { accountExportReady } from '../accounts/events.ts'
import { type FileRow, files, keyOfPiece } from '../files/collections.ts'
import { contentOf } from '../files/file-content.ts'
import { erasedRecords, erasures } from './collections.ts'
import { type DataExport, dataExports, sizeOf } from './exports.ts'
import { type Person, waysOf, whereFollows, whereNamed } from './person.ts'
import { directoryOf, localHeader, textEntry, type ZipEntry } from './zip.ts'

const kind = effectKind('personal.export', Type.Object({ export: Type.String() }))

export type ExportingParts = {
  readonly storage: StorageAdapter
  readonly model: Model
  readonly clock: Clock
  readonly blobs: BlobStore
  readonly write: <T>(work: (work: Work) => Promise<T>) => Promise<T>
}

export async function oweExport(work: Pick<Work, 'tx' | 'now' | 'newId'>, { id }: DataExport): Promise<void> {
  await enqueue(work, kind, { key: `personal.export:${id}`, payload: { export: id }, isNew: true })
}

export function exportPerson(parts: ExportingParts): EffectHandler {
  const steps = collectionsOf(parts.model)
  return effectHandler(kind, {
    async perform({ payload, read }): Promise<Outcome<string | null>> {
      const until = parts.clock.monotonic() + limits.personalPieceMs
      let row = await read.get(dataExports, payload.export)
      while (row?.state === 'running') {
        if (parts.clock.monotonic() >= until)
          return { end: 'retry', error: `${row.rows} records are in it.`, afterMs: 0, isNoAttempt: true }
        await takePiece(parts, row, steps)
        row = await read.get(dataExports, payload.export)
      }
      return { end: 'done', result: row?.user ?? null }
    },
    async settle({ tx, payload, outcome }): Promise<readonly DomainEvent[]> {
      if (outcome.end !== 'done' || outcome.result === null) return []
      const [row, user] = [await tx.get(dataExports, payload.export), await tx.get(users, outcome.result)]
      return row === null || user === null ? [] : [accountExportReady({ user, language: row.language === 'de' ? 'de' : 'en' })]
    },
  })
}

/** Those that name people; files come by themselves. */
function collectionsOf(model: Model): readonly CollectionModel[] {
  const own: readonly string[] = [users.name, files.name, erasures.name, erasedRecords.name, dataExports.name]
  const all = [...model.collections.values()].filter(({ name }) => !own.includes(name))
  return [model.get(users), ...all.filter((one) => personalOf(one).ways.some(({ holds }) => holds !== 'record'))]
}

type Piece = { readonly entries: readonly ZipEntry[]; readonly bytes: AsyncIterable<Uint8Array>; readonly rows: number }
type Made = Piece & { readonly step: number; readonly after: string | null; readonly isLast?: true }

async function takePiece(
  { storage, model, blobs, write }: ExportingParts,
  row: DataExport,
  steps: readonly CollectionModel[],
): Promise<void> {
  const user = await storage.reader.get(users, row.user)
  if (user === null) return
  const person = { id: user.id, address: user.emailVerified ? user.email : null }
  const scope = { read: storage.reader, model, blobs, person, row }
  const collection = steps[row.step]
  const made =
    collection !== undefined
      ? await pageOf(scope, collection)
      : model.find(files.name) !== undefined && row.step === steps.length
        ? await fileOf(scope)
        : endOf(row)
  const part = made.entries.length === 0 && made.isLast === undefined ? null : await store(blobs, row, made)
  await write(async ({ tx, now }) => {
    const set = {
      step: made.step,
      after: made.after,
      rows: row.rows + made.rows,
      entries: [...row.entries, ...made.entries],
      parts: part === null ? row.parts : [...row.parts, part],
      ...(made.isLast ? { state: 'ready', expiresAt: now + limits.exportKeepMs } : {}),
    }
    // Another attempt has gone on from here, or it is wanted no more.
    if (!(await tx.touch(dataExports, row.id, { set }, eq('version', row.version)))) throw new EngineError('conflict')
  })
}

/** As one blob, with its length and its hash. */
async function store(blobs: BlobStore, { key, parts }: DataExport, { bytes }: Piece) {
  const piece = parts.length
  const hash = createHash('sha256')
  let size = 0
  async function* counted() {
    for await (const part of bytes) {
      hash.update(part)
      size += part.length
      yield part
    }
  }
  await blobs.write(keyOfPiece(key, piece), counted())
  return { piece, size, hash: hash.digest('base64url') }
}

type Scope = { readonly read: Reader; readonly model: Model; readonly blobs: BlobStore; readonly person: Person; readonly row: DataExport }

async function pageOf({ read, model, person, row }: Scope, collection: CollectionModel): Promise<Made> {
  const after = row.after === null ? undefined : compare('id', 'gt', row.after)
  const isNamed = collection.name === users.name || personalOf(collection).ways.every(({ holds }) => holds === 'user' || holds === 'record')
  const looks = isNamed ? limits.exportPage : limits.personalLook
  // Where no index names them, records are looked at in their order.
  const where = isNamed ? and(whereTheirs(collection, person), after) : and(after)
  // Beyond the limit: the next piece.
  const looked = await read.find<AnyRecord>(collection, { where, limit: looks })
  const page = isNamed ? looked : looked.filter((record) => waysOf(collection, record, person).length > 0)
  const ids = page.map(({ id }) => id)
  const sheets = [{ collection, records: page }, ...(await followersOf({ read, model, person }, ids))].filter(
    ({ records }) => records.length > 0,
  )
  const entries: ZipEntry[] = []
  const bytes: Buffer[] = []
  let offset = sizeOf(row.parts)
  for (const { collection: one, records } of sheets) {
    const number = 1 + [...row.entries, ...entries].filter(({ name }) => name.startsWith(`${one.name}/`)).length
    const text = `${JSON.stringify(
      records.map((record) => told(one, record)),
      null,
      2,
    )}\n`
    const made = textEntry(`${one.name}/${number}.json`, text, offset)
    entries.push(made.entry)
    bytes.push(made.bytes)
    offset += made.bytes.length
  }
  const isOver = looked.length < looks
  const rows = sheets.reduce((sum, { records }) => sum + records.length, 0)
  return {
    entries,
    bytes: Readable.from(bytes, { objectMode: false }),
    rows,
    step: row.step + (isOver ? 1 : 0),
    after: isOver ? null : looked.at(-1)!.id,
  }
}

function whereTheirs(collection: CollectionModel, person: Person): Filter {
  if (collection.name === users.name) return eq('id', person.id)
  return or(...personalOf(collection).ways.flatMap((way) => whereNamed(way, person) ?? []))
}

/** What belongs to these records and does not name the person itself, such as the payments of an order: a page's worth of each. */
async function followersOf({ read, model, person }: Pick<Scope, 'read' | 'model' | 'person'>, ids: readonly string[]) {
  if (ids.length === 0) return []
  const found: { readonly collection: CollectionModel; readonly records: readonly AnyRecord[] }[] = []
  for (const collection of model.collections.values())
    for (const way of personalOf(collection).ways.filter(({ holds }) => holds === 'record')) {
      const records: AnyRecord[] = []
      for (let last: string | null = null; ; ) {
        const behind = last === null ? undefined : compare('id', 'gt', last)
        // Beyond the limit: the next turn of this loop.
        const some: AnyRecord[] = await read.find<AnyRecord>(collection, {
          where: and(whereFollows(way, ids), behind),
          limit: limits.exportPage,
        })
        records.push(...some.filter((record) => waysOf(collection, record, person).length === 0))
        if (some.length < limits.exportPage) break
        last = some.at(-1)!.id
      }
      found.push({ collection, records })
    }
  return found
}

/** What opens something is in no archive: it would lie in a mailbox or on a disk for years. */
const opens = /(?:hash|secret|token)$/i

function told(collection: CollectionModel, record: AnyRecord): Readonly<Record<string, unknown>> {
  // What the shop keeps to itself of a record, the one whom it names reads as always.
  const fields = [...collection.fields.values()].filter(isTold).map((field) => veiled(field) ?? field)
  return present(fields, record)
}

function isTold({ name, field, isComputed }: CompiledField): boolean {
  return !isComputed && field.read?.rule !== 'nobody' && !opens.test(name)
}

/** One file after another, so that a large one is a piece of its own. */
async function fileOf({ read, blobs, person, row }: Scope): Promise<Made> {
  const after = row.after === null ? undefined : compare('id', 'gt', row.after)
  const mine = and(eq('uploadedBy', person.id), compare('state', 'ne', 'uploading'), after)
  // Beyond the limit: the next piece.
  const [file] = await read.find(files, { where: mine, limit: 1 })
  if (file === undefined) return { entries: [], bytes: Readable.from([]), rows: 0, step: row.step + 1, after: null }
  const crc = await crcOf(blobs, file)
  // Bytes that are gone are no reason to give nothing.
  if (crc === null) return { entries: [], bytes: Readable.from([]), rows: 0, step: row.step, after: file.id }
  const name = `files/${file.id} ${file.name.replaceAll(/[/\\:*?"<>|]/g, '_')}`
  const entry = { name, crc, size: file.size, packed: file.size, method: 0, offset: sizeOf(row.parts) } as const
  async function* bytes() {
    yield localHeader(entry)
    yield* await contentOf(blobs, file!).open(null)
  }
  return { entries: [entry], bytes: bytes(), rows: 1, step: row.step, after: file.id }
}

async function crcOf(blobs: BlobStore, file: FileRow): Promise<number | null> {
  try {
    let crc = 0
    for await (const part of await contentOf(blobs, file).open(null)) crc = crc32(part as Uint8Array, crc)
    return crc
  } catch {
    return null
  }
}

function endOf(row: DataExport): Made {
  const offset = sizeOf(row.parts)
  const about = textEntry('README.txt', readme(row), offset)
  const entries = [about.entry]
  const directory = directoryOf([...row.entries, ...entries], offset + about.bytes.length)
  return {
    entries,
    bytes: Readable.from([about.bytes, directory], { objectMode: false }),
    rows: 0,
    step: row.step + 1,
    after: null,
    isLast: true,
  }
}

function readme({ language, createdAt, rows }: DataExport): string {
  const day = toIso(createdAt).slice(0, 10)
  const lines =
    language === 'de'
      ? [
          `Ihre Daten vom ${day}: ${rows} Datensätze.`,
          'Jeder Ordner ist eine Art von Daten, als JSON. In files liegen die Dateien, die Sie geschickt haben.',
          'Passwörter, Schlüssel und Codes sind nicht dabei.',
        ]
      : [
          `Your data as of ${day}: ${rows} records.`,
          'Each folder is one kind of data, as JSON. In files are the files that you sent.',
          'Passwords, keys and codes are not in it.',
        ]
  return `${lines.join('\n\n')}\n`
}
