// Texts of statements that are asked for again and again: each is put together once, and then found by walking over the words that
// make it while its values are gathered. A text put together anew is also read and hashed anew by whatever keeps prepared statements.
// Invariant: two statements that end at one place of the tree have one text, and their values stand in the order of its marks.
import { assert } from '../../base/assert.ts'
import { always, type Filter } from '../../contract/filter.ts'
import { type CollectionModel, type Model, resolve } from '../../schema/model.ts'
import type { Change } from '../storage.ts'
import { bind, columnsOfField, part, type SqlValue, type Statement, storedValue } from './bind.ts'

type Words = Map<string, Shape>
/** What statements that begin alike have in common. */
export type Shape = { text: string | undefined; readonly longer: Words }

/** Guards and rules come in few shapes. Callers choose which fields they change, and in which order: so there is an end to keeping. */
const shapesMax = 5_000

/** A tree of words, which begins anew when there are too many. */
export class Shapes {
  private root: Words = new Map()
  private count = 0

  begin(word: string): Shape {
    if (this.count > shapesMax) {
      this.root = new Map()
      this.count = 0
    }
    return this.in(this.root, word)
  }

  after(shape: Shape, word: string): Shape {
    return this.in(shape.longer, word)
  }

  private in(words: Words, word: string): Shape {
    let shape = words.get(word)
    if (shape === undefined) {
      shape = { text: undefined, longer: new Map() }
      words.set(word, shape)
      this.count++
    }
    return shape
  }
}

type Compiling = {
  readonly storedWords?: ((text: string) => string) | undefined
  get(collection: CollectionModel, id: string, filter: Filter | undefined): Statement
  count(collection: CollectionModel, filter: Filter | undefined, atMost: number | undefined): Statement
  update(collection: CollectionModel, filter: Filter, change: Change, from?: string): Statement
}

/** The same compiler, which puts texts together once. */
export function keepingTexts<T extends Compiling>(model: Model, compiler: T): T {
  const shapes = new Shapes()
  const known = (shape: Shape, values: SqlValue[], make: () => Statement): Statement => {
    if (shape.text === undefined) {
      const made = make()
      assert(made.values.length === values.length, 'a text has a mark for each value')
      shape.text = made.sql
    }
    return { sql: shape.text, values }
  }
  return {
    ...compiler,
    get(collection, id, filter) {
      const values: SqlValue[] = [id]
      const shape = conditionIn({ shapes, model, collection, values }, shapes.after(shapes.begin(collection.name), 'get'), filter ?? always)
      const make = () => compiler.get(collection, id, filter)
      return shape === null ? make() : known(shape, values, make)
    },
    count(collection, filter, atMost) {
      const values: SqlValue[] = []
      const begin = shapes.after(shapes.after(shapes.begin(collection.name), 'count'), String(atMost))
      const shape = conditionIn({ shapes, model, collection, values }, begin, filter ?? always)
      const make = () => compiler.count(collection, filter, atMost)
      return shape === null ? make() : known(shape, values, make)
    },
    update(collection, filter, change, from = '') {
      const values: SqlValue[] = []
      let shape = shapes.after(shapes.begin(collection.name), from)
      for (const path in change.set) {
        shape = shapes.after(shape, path)
        for (const column of columnsOfField(collection, path)) values.push(storedValue(compiler, column, part(change.set[path], column)))
      }
      shape = shapes.after(shape, '+')
      for (const path in change.add) {
        shape = shapes.after(shape, path)
        values.push(change.add[path]!)
      }
      const whole = conditionIn({ shapes, model, collection, values }, shapes.after(shape, 'where'), filter)
      const make = () => compiler.update(collection, filter, change, from)
      return whole === null ? make() : known(whole, values, make)
    },
  }
}

type Walk = { readonly shapes: Shapes; readonly model: Model; readonly collection: CollectionModel; readonly values: SqlValue[] }

/** Null for a condition whose text has more to it than words: its values may then have been gathered in part. */
function conditionIn(walk: Walk, shape: Shape, filter: Filter): Shape | null {
  const { shapes, collection, values } = walk
  switch (filter.op) {
    case 'true':
      return shapes.after(shape, 'true')
    case 'and': {
      let inner: Shape | null = shapes.after(shape, '(')
      for (const one of filter.of) {
        inner = conditionIn(walk, inner, one)
        if (inner === null) return null
      }
      return shapes.after(inner, ')')
    }
    case 'via': {
      if (filter.isList) return null
      const named = [filter.collection, filter.local, filter.remote].reduce(
        (at, word) => shapes.after(at, word),
        shapes.after(shape, 'via'),
      )
      const inner = conditionIn({ ...walk, collection: walk.model.get({ name: filter.collection }) }, named, filter.of)
      return inner && shapes.after(inner, ')')
    }
    case 'null':
      return shapes.after(shapes.after(shape, filter.value ? 'null' : 'not null'), filter.path)
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      values.push(bind(resolve(collection.columns, filter.path), filter.value))
      return shapes.after(shapes.after(shape, filter.op), filter.path)
    default:
      return null
  }
}

const textsMax = 1_000

/** A text made of another, such as one that answers what it has written: put together once. What is beside it follows from it. */
export function madeOnce<TBeside = void>(make: (sql: string, beside: TBeside) => string): (sql: string, beside: TBeside) => string {
  const texts = new Map<string, string>()
  return (sql, beside) => {
    const known = texts.get(sql)
    if (known !== undefined) return known
    const text = make(sql, beside)
    if (texts.size < textsMax) texts.set(sql, text)
    return text
  }
}
