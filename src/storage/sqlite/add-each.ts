import { type CollectionModel, resolve } from '../../schema/model.ts'
import { bind } from '../sql/bind.ts'
import type { Compiler, SqlValue, Statement } from '../sql/compile.ts'
import { Shapes } from '../sql/known-texts.ts'
import type { Addition, Change } from '../storage.ts'

type Adding = { readonly additions: readonly Addition[]; readonly set: NonNullable<Change['set']> }

/** Makes the statement that adds to counters of each of these rows, unless one would fall below zero. */
export function createAddEach({ quote }: Compiler): (collection: CollectionModel, adding: Adding) => Statement {
  const shapes = new Shapes()
  return (collection, { additions, set }) => {
    const values: SqlValue[] = []
    let shape = shapes.begin(collection.name)
    for (const path in set) {
      shape = shapes.after(shape, path)
      values.push(bind(resolve(collection.columns, path), set[path]))
    }
    shape = shapes.after(shape, String(additions.length))
    for (const path in additions[0]!.add) shape = shapes.after(shape, path)
    for (const { id, add } of additions) {
      values.push(id)
      for (const path in add) values.push(add[path]!)
    }
    shape.text ??= textOf(quote, collection, { additions, set })
    return { sql: shape.text, values }
  }
}

/** The ids lead, and each is looked up: that no list of them is indexed first, and the table is not scanned. */
function textOf(quote: Compiler['quote'], collection: CollectionModel, { additions, set }: Adding): string {
  const nameOf = (path: string) => quote(resolve(collection.columns, path).name)
  const counters = Object.keys(additions[0]!.add).map((path, index) => ({
    name: nameOf(path),
    sum: `t.${nameOf(path)}+k.column${index + 2}`,
  }))
  const changes = [...Object.keys(set).map((path) => `${nameOf(path)}=?`), ...counters.map(({ name, sum }) => `${name}=${sum}`)]
  const row = `(?${',?'.repeat(counters.length)})`
  const rows = Array.from({ length: additions.length }, () => row).join(',')
  const guards = [`t.${quote('id')}=k.column1`, ...counters.map(({ sum }) => `${sum}>=0`)]
  return `update ${quote(collection.table)} as t set ${changes.join(',')} from (values ${rows}) k where ${guards.join(' and ')}`
}
