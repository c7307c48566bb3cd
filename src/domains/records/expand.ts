// `expand=author,lines.variant`: references replaced by the records they name, level by level, one
// batched query per collection and level whatever the page size. Each record passes its own read rule;
// one that the caller may not see stays an id.
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, oneOf } from '../../contract/filter.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { Reader } from '../../storage/storage.ts'
import type { QueryScope } from './parse-filter.ts'
import { isReadable, presentAll, readFilter, visibleList } from './present.ts'

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

/** Fills the expansions into presented records, in place. */
export async function expand(read: Reader, scope: QueryScope, records: readonly Wire[], tree: Tree): Promise<void> {
  if (records.length === 0) {
    for (const name of tree.keys()) checkName(scope, name)
    return
  }
  for (const [name, inner] of tree) {
    checkName(scope, name)
    const list = visibleList(scope, name)
    if (list) await expandList(read, scope, records, name, list, inner)
    else await expandReference(read, scope, records, name, inner)
  }
}

async function expandReference(read: Reader, scope: QueryScope, records: readonly Wire[], name: string, inner: Tree): Promise<void> {
  const target = scope.model.get({ name: scope.collection.fields.get(name)!.field.to! })
  const ids = new Set(records.flatMap((record) => [record[name]].flat()).filter((id) => typeof id === 'string'))
  const byId = new Map(
    (await fetchWire(read, { ...scope, collection: target }, 'id', [...ids], inner)).map((found) => [found['id'], found]),
  )
  for (const record of records) {
    const value = record[name]
    record[name] = Array.isArray(value) ? value.map((id) => byId.get(id) ?? id) : (byId.get(value) ?? value)
  }
}

async function expandList(
  read: Reader,
  scope: QueryScope,
  records: readonly Wire[],
  name: string,
  { target, by }: NonNullable<ReturnType<typeof visibleList>>,
  inner: Tree,
): Promise<void> {
  const found = await fetchWire(
    read,
    { ...scope, collection: target },
    by,
    records.map((record) => record['id'] as string),
    inner,
  )
  const groups = Map.groupBy(found, (one) => (typeof one[by] === 'object' ? (one[by] as Wire)['id'] : one[by]))
  for (const record of records) record[name] = groups.get(record['id']) ?? []
}

async function fetchWire(read: Reader, scope: QueryScope, path: string, keys: readonly string[], inner: Tree): Promise<Wire[]> {
  const { collection, actor } = scope
  const found: AnyRecord[] = []
  for (let start = 0; start < keys.length; start += limits.filterListMax) {
    const where = and(oneOf(path, keys.slice(start, start + limits.filterListMax)), readFilter(collection, actor))
    // Beyond the limit: left out of the lists of an answer, which decides nothing.
    found.push(...(await read.find<AnyRecord>(collection, { where, limit: expandedMax })))
  }
  const wires = await presentAll(read, collection, actor, found)
  if (inner.size > 0) await expand(read, scope, wires, inner)
  return wires
}

// 200 records with 20 list entries each; more belongs into a list request of its own.
const expandedMax = 4_000

function checkName(scope: QueryScope, name: string): void {
  const { collection, actor } = scope
  if (visibleList(scope, name)) return
  const field = collection.fields.get(name)?.field
  if (!field || !isReadable(field, actor) || field.to === undefined)
    throw invalid('query:expand', 'unknown_field', `${collection.name} has no reference ${name}`)
}
