// `expand=author,lines.variant`: references replaced by the records they name, level by level, one
// batched query per collection and level whatever the page size. Each record passes its own read rule;
// one that the caller may not see stays an id.
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { and, oneOf } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Reader } from '../storage/storage.ts'
import { bytesOf } from './answer-size.ts'
import type { QueryScope } from './parse-filter.ts'
import { isReadable, presentAll, readFilter, reading, visibleList } from './present.ts'

type Tree = Map<string, Tree>
type Wire = Record<string, unknown>

/** @throws validation_failed */
export function parseExpand(text: string | undefined): Tree {
  const tree: Tree = new Map()
  if (text === undefined || text === '') return tree
  const paths = text.split(',')
  if (paths.length > limits.expandPathsMax) throw invalid('query:expand', 'paths', `names more than ${limits.expandPathsMax} paths`)
  for (const path of paths) {
    const names = path.split('.')
    if (names.length > limits.pathHopsMax) throw invalid('query:expand', 'depth', `follows more than ${limits.pathHopsMax} references`)
    let node = tree
    for (const name of names) {
      if (!node.has(name)) node.set(name, new Map())
      node = node.get(name)!
    }
  }
  return tree
}

type Scope = QueryScope & { readonly now: number }
type Expansion = { readonly read: Reader; readonly scope: Scope; readonly sizes: Map<Wire, Size> }
/** Of a record in the answer, with all that is expanded in it. One that stands in several places is written in each. */
type Size = { readonly records: number; readonly bytes: number }
/** What stands under `name` afterwards: records of `from.scope.collection` by their `path`, with `inner` expanded in them. */
type Wish = { readonly name: string; readonly path: string; readonly inner: Tree; readonly from: Expansion }
type Sum = (wish: Wish, record: Wire, placed: Wire) => void

/**
 * Fills the expansions into presented records, in place.
 * @throws expand_too_large rather than leave something out
 */
export async function expand(read: Reader, scope: Scope, records: readonly Wire[], tree: Tree): Promise<void> {
  await fill({ read, scope, sizes: new Map() }, records, tree)
}

async function fill(expansion: Expansion, records: readonly Wire[], tree: Tree): Promise<void> {
  const { scope } = expansion
  for (const name of tree.keys()) checkName(scope, name)
  if (records.length === 0) return
  const sum = sumOf(expansion)
  for (const [name, inner] of tree) {
    const list = visibleList(scope, name)
    const target = list ? list.target : scope.model.get({ name: scope.collection.fields.get(name)!.field.to! })
    const wish: Wish = {
      name,
      inner,
      path: list ? list.by : 'id',
      from: { ...expansion, scope: { ...scope, collection: target, actor: reading(scope.actor, target) } },
    }
    if (list) await fillList(wish, records, sum)
    else await fillReference(wish, records, sum)
  }
}

async function fillReference(wish: Wish, records: readonly Wire[], sum: Sum): Promise<void> {
  const { name } = wish
  const ids = new Set(records.flatMap((record) => [record[name]].flat()).filter((id) => typeof id === 'string'))
  const byId = new Map((await fetchWire(wish, [...ids])).map((one) => [one['id'], one]))
  for (const record of records) {
    const value = record[name]
    for (const id of [value].flat()) if (byId.has(id)) sum(wish, record, byId.get(id)!)
    record[name] = Array.isArray(value) ? value.map((id) => byId.get(id) ?? id) : (byId.get(value) ?? value)
  }
}

async function fillList(wish: Wish, records: readonly Wire[], sum: Sum): Promise<void> {
  const { name, path } = wish
  const found = await fetchWire(
    wish,
    records.map((record) => record['id'] as string),
  )
  const groups = Map.groupBy(found, (one) => (typeof one[path] === 'object' ? (one[path] as Wire)['id'] : one[path]))
  for (const record of records) {
    const own = groups.get(record['id']) ?? []
    for (const one of own) sum(wish, record, one)
    record[name] = own
  }
}

/** Adds what is placed to the size of its record, and refuses once all of it is more than an answer may hold. */
function sumOf({ sizes }: Expansion): Sum {
  let records = 0
  let bytes = 0
  const sizeOf = (wire: Wire): Size => sizes.get(wire) ?? { records: 1, bytes: bytesOf(wire) }
  return (wish, record, placed) => {
    const [before, more] = [sizeOf(record), sizeOf(placed)]
    sizes.set(placed, more)
    sizes.set(record, { records: before.records + more.records, bytes: before.bytes + more.bytes })
    records += more.records
    bytes += more.bytes
    if (records > limits.expandRecordsMax || bytes > limits.answerBytesMax) throw tooLarge(wish)
  }
}

async function fetchWire(wish: Wish, keys: readonly string[]): Promise<Wire[]> {
  const { path, inner, from } = wish
  const { collection, actor, now } = from.scope
  const found: AnyRecord[] = []
  for (let start = 0; start < keys.length; start += limits.filterListMax) {
    if (path === 'id' && start > limits.expandRecordsMax) throw tooLarge(wish)
    const where = and(oneOf(path, keys.slice(start, start + limits.filterListMax)), readFilter(collection, actor))
    // Beyond the limit: the request is refused.
    found.push(...(await from.read.find<AnyRecord>(collection, { where, limit: limits.expandRecordsMax + 1 - found.length })))
    if (found.length > limits.expandRecordsMax) throw tooLarge(wish)
  }
  const wires = await presentAll(from.read, collection, actor, found, { now })
  if (inner.size > 0) await fill(from, wires, inner)
  return wires
}

function tooLarge({ name, path, from }: Wish): EngineError {
  const message = `makes the answer too large: ask for fewer records at once, or list ${from.scope.collection.name} with filter[${path}]`
  return new EngineError('expand_too_large', {
    detail: `Expanding ${name} ${message}.`,
    errors: [{ path: 'query:expand', code: 'expand_too_large', message: `of ${name} ${message}` }],
  })
}

function checkName(scope: QueryScope, name: string): void {
  const { collection, actor } = scope
  if (visibleList(scope, name)) return
  const field = collection.fields.get(name)?.field
  if (!field || !isReadable(field, actor) || field.to === undefined)
    throw invalid('query:expand', 'unknown_field', `${collection.name} has no reference ${name}`)
}
