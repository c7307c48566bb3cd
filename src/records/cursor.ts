// Cursors of keyset pages: the sort keys and the id of the last record seen. Opaque to clients, not
// secret: it holds only values they were shown, and each is checked again when it comes back.
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { isStorableText } from '../base/text.ts'
import type { Scalar } from '../contract/filter.ts'
import { type CollectionModel, resolve, valueAtPath } from '../schema/model.ts'
import type { Sort } from '../storage/storage.ts'

/** @throws validation_failed where the values are too long to come back in an address */
export function encodeCursor(sort: readonly Sort[], last: Readonly<Record<string, unknown>>): string {
  const values = sort.filter((key) => key.path !== 'id').map((key) => valueAtPath(last, key.path))
  const cursor = Buffer.from(JSON.stringify([signature(sort), ...values, last['id']])).toString('base64url')
  if (cursor.length > limits.cursorBytesMax)
    throw invalid('query:sort', 'cursor', 'has values too long to continue from: sort by fewer or shorter fields')
  return cursor
}

/** @throws validation_failed for a cursor of another sort, or one that was altered */
export function decodeCursor(collection: CollectionModel, sort: readonly Sort[], cursor: string): (Scalar | null)[] {
  const parts = partsOf(cursor)
  const keys = [...sort.filter((key) => key.path !== 'id').map((key) => key.path), 'id']
  if (parts.length !== keys.length + 1 || parts[0] !== signature(sort)) throw foreignCursor()
  return parts.slice(1).map((value: unknown, index) => {
    const column = resolve(collection.columns, keys[index]!)
    const fits =
      value === null
        ? column.isNullable
        : column.type === 'boolean'
          ? typeof value === 'boolean'
          : column.type === 'text'
            ? typeof value === 'string' && isStorableText(value)
            : Number.isSafeInteger(value)
    if (!fits) throw foreignCursor()
    return value as Scalar | null
  })
}

/** Of a search without a sort: how well the last record fits, and its id. */
export function encodeTierCursor(tier: number, id: string): string {
  return Buffer.from(JSON.stringify([searched, tier, id])).toString('base64url')
}

/** @throws validation_failed */
export function decodeTierCursor(tiers: number, cursor: string): readonly [number, string] {
  const [kind, tier, id, ...rest] = partsOf(cursor)
  const isPlace = Number.isSafeInteger(tier) && (tier as number) >= 0 && (tier as number) < tiers
  if (kind !== searched || !isPlace || typeof id !== 'string' || !isStorableText(id) || rest.length > 0) throw foreignCursor()
  return [tier as number, id]
}

/** Of the nearest first: how far the last record is, by its haversine, and its id. */
export function encodeNearCursor(far: number, id: string): string {
  return Buffer.from(JSON.stringify([nearest, far, id])).toString('base64url')
}

/** @throws validation_failed */
export function decodeNearCursor(cursor: string): readonly [number, string] {
  const [kind, far, id, ...rest] = partsOf(cursor)
  if (kind !== nearest || typeof far !== 'number' || typeof id !== 'string' || !isStorableText(id) || rest.length > 0) throw foreignCursor()
  return [far, id]
}

/** No field has such names. */
const searched = '?search'
const nearest = '?nearest'

function partsOf(cursor: string): unknown[] {
  if (cursor.length > limits.cursorBytesMax) throw foreignCursor()
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw foreignCursor()
  }
  if (!Array.isArray(parts)) throw foreignCursor()
  return parts
}

export function foreignCursor() {
  return invalid('query:cursor', 'cursor', 'is not a cursor of this list: start from its first page')
}

function signature(sort: readonly Sort[]): string {
  return sort.map((key) => `${key.descending ? '-' : ''}${key.path}`).join(',')
}
