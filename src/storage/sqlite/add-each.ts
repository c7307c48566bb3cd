import { type CollectionModel, resolve } from '../../schema/model.ts'
import { bind } from '../sql/bind.ts'
import type { Compiler, Statement } from '../sql/compile.ts'
import type { Addition, Change } from '../storage.ts'

/**
 * Adds to counters of each of these rows, unless one would fall below zero. The ids lead, and each is looked up: that no list of
 * them is indexed first, and the table is not scanned.
 */
export function addEach(
  { quote }: Compiler,
  collection: CollectionModel,
  { additions, set }: { readonly additions: readonly Addition[]; readonly set: NonNullable<Change['set']> },
): Statement {
  const setting = Object.entries(set).map(([path, value]) => ({ column: resolve(collection.columns, path), value }))
  const counters = Object.keys(additions[0]!.add).map((path, index) => {
    const name = quote(resolve(collection.columns, path).name)
    return { name, sum: `t.${name}+k.column${index + 2}` }
  })
  const changes = [...setting.map(({ column }) => `${quote(column.name)}=?`), ...counters.map(({ name, sum }) => `${name}=${sum}`)]
  const row = `(?${',?'.repeat(counters.length)})`
  const rows = Array.from({ length: additions.length }, () => row).join(',')
  const guards = [`t.${quote('id')}=k.column1`, ...counters.map(({ sum }) => `${sum}>=0`)]
  return {
    sql: `update ${quote(collection.table)} as t set ${changes.join(',')} from (values ${rows}) k where ${guards.join(' and ')}`,
    values: [
      ...setting.map(({ column, value }) => bind(column, value)),
      ...additions.flatMap(({ id, add }) => [id, ...Object.values(add)]),
    ],
  }
}
