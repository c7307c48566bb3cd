// `GET /api/{collection}/deleted`: what can be restored, the latest deletion first. A caller sees what the read rule shows of a record as it
// was and the rule `restore` lets them have back.
import type { Actor } from '../access/actor.ts'
import { refusedTo } from '../access/refusal.ts'
import { anyone, ruleFilter, staff } from '../access/rule.ts'
import { type Clock, toIso } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { and, eq } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import type { CollectionModel, CompiledField, Model } from '../schema/model.ts'
import { recordSchema } from '../schema/wire.ts'
import type { Reader } from '../storage/storage.ts'
import { bytesOf } from './answer-size.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { decide } from './decide.ts'
import { type DeletedRecord, deletedOf, deletedRecords, readerOfDeleted } from './deleted-records.ts'
import { present, readFilter, visibleFields } from './present.ts'
import { createCursorSeal, type SealPorts } from './seal-cursor.ts'

const sort = [{ path: 'createdAt', descending: true }]

export function listDeleted(collection: CollectionModel, ports: SealPorts & { readonly clock: Clock }): Operation {
  const sealed = createCursorSeal(ports, collection.name)
  return query({
    name: `${collection.name}.listDeleted`,
    route: `GET /api/${collection.name}/deleted`,
    summary: `List deleted ${collection.title.toLowerCase()} that can be restored`,
    tag: collection.title,
    isPresented: true,
    input: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageSizeMax, default: limits.pageSizeDefault })),
        cursor: Type.Optional(Type.String({ description: '`next` of the page before.' })),
      },
      { additionalProperties: false },
    ),
    output: pageSchema(collection, collection.fields.values()),
    outputFor: (actor) => pageSchema(collection, visibleFields(collection, actor)),
    access: anyone,
    audience: collection.access.restore ?? staff,
    async run({ read, input, actor, model }) {
      const looking = { read, model, collection, actor }
      checkAtAll(looking)
      const limit = input.limit ?? limits.pageSizeDefault
      const cursor = input.cursor === undefined ? null : await sealed.open(input.cursor)
      const after = cursor === null ? null : { after: decodeCursor(model.get(deletedRecords), sort, cursor) }
      const pause = () => new Promise<void>((resolve) => ports.clock.soon(resolve))
      const { visible, last } = await look(looking, { after, limit, pause })
      const items = visible.map(({ row, record }) => {
        const { createdAt, deletedBy, purgeAt, root } = row
        const deletedWith = root === row.record ? null : root
        return { record, deletedAt: toIso(createdAt), deletedBy, deletedWith, purgeAt: toIso(purgeAt) }
      })
      return { output: { items, next: last === null ? null : await sealed.seal(encodeCursor(sort, last)) } }
    },
  })
}

type Visible = { readonly row: DeletedRecord; readonly record: Record<string, unknown> }
type Wanted = { readonly after: object | null; readonly limit: number; readonly pause: () => Promise<void> }

/** Rows that are read at once. What comes after some small ones may be as large as a body is, so that many of them fit a process. */
const rowsAtFirst = 4
const rowsAtOnce = 16
const readBytes = 1_048_576

/**
 * A page ends where it is full or has taken enough work; the next one goes on after `last`, null where there is none. What is hidden
 * behind a full page tells nothing, not even by where that ends.
 */
async function look(looking: Looking, { limit, pause, ...wanted }: Wanted): Promise<{ visible: Visible[]; last: DeletedRecord | null }> {
  const visible: Visible[] = []
  let [after, size, looked, bytes] = [wanted.after, rowsAtFirst, 0, 0]
  while (true) {
    const where = deletedOf(looking.collection)
    // Beyond the limit: the next round.
    const rows = await looking.read.find<DeletedRecord>(deletedRecords, { where, sort, limit: size, ...after })
    for (const row of rows) {
      const record = await recordFor(looking, row)
      if (record !== null && visible.length === limit) return { visible, last: visible.at(-1)!.row }
      if (record !== null) visible.push({ row, record })
      looked += 1
      bytes += bytesOf(row)
      if (looked >= limits.deletedLookedMax || bytes > limits.answerBytesMax) return { visible, last: row }
    }
    if (rows.length < size) return { visible, last: null }
    after = { after: [rows.at(-1)!.createdAt, rows.at(-1)!.id] }
    size = Math.max(1, Math.min(rowsAtOnce, Math.floor((readBytes * looked) / bytes)))
    await pause()
  }
}

function pageSchema(collection: CollectionModel, fields: Iterable<CompiledField>) {
  const item = Type.Object({
    record: Type.Unsafe<object>(
      recordSchema(
        collection,
        [...fields].filter(({ isComputed }) => !isComputed),
      ),
    ),
    deletedAt: Type.String({ format: 'date-time' }),
    deletedBy: Type.String({ description: 'The id of an account, or as in the audit trail.' }),
    deletedWith: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'The record whose deletion took it along, and whose restoring brings it back.',
    }),
    purgeAt: Type.String({ format: 'date-time', description: 'From then on it is gone for good.' }),
  })
  return Type.Object({
    items: Type.Array(Type.Unsafe<object>(item)),
    next: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Cursor of the next page, which may be an empty one; null on the last one.',
    }),
  })
}

type Looking = { readonly read: Pick<Reader, 'find'>; readonly model: Model; readonly collection: CollectionModel; readonly actor: Actor }

/** @throws unauthenticated, forbidden */
function checkAtAll({ collection, actor }: Looking): void {
  if (restoreFilter(collection, actor).op === 'false')
    throw refusedTo(actor, { of: `${collection.name}.restore`, rule: collection.source.access?.restore ?? staff })
}

function restoreFilter(collection: CollectionModel, actor: Actor) {
  return ruleFilter(collection.access.restore ?? staff, actor)
}

/** The record as it was, to a caller who may see and restore it. */
async function recordFor({ read, model, collection, actor }: Looking, row: DeletedRecord): Promise<Record<string, unknown> | null> {
  const { record } = readerOfDeleted(model)(row)!
  const isOpen = await decide(read, and(readFilter(collection, actor), restoreFilter(collection, actor)), record)
  return isOpen ? present(visibleFields(collection, actor), record) : null
}

/** @throws unauthenticated, forbidden, not_found */
export async function findDeleted(looking: Looking, id: string): Promise<DeletedRecord> {
  checkAtAll(looking)
  const { read, collection } = looking
  // Beyond the limit: there is one at most, its id is unique.
  const [row] = await read.find<DeletedRecord>(deletedRecords, { where: and(deletedOf(collection), eq('record', id)), limit: 1 })
  if (row === undefined || (await recordFor(looking, row)) === null) throw new EngineError('not_found')
  return row
}
