// Reading from one SQLite connection: the Reader of the port, and the statements it keeps.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { CollectionRef } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import type { Compiler, Statement } from '../sql/compile.ts'
import { createGroupDecoder } from '../sql/group-rows.ts'
import { createDecoders, numericForm } from '../sql/row-codec.ts'
import type { FindQuery, GroupQuery, Reader } from '../storage.ts'
import { translate } from './errors.ts'
import { createSearching } from './searching.ts'

export type StatementCache = (sql: string) => StatementSync

/** An array of values: Node's types know rows as objects alone. */
export type Row = Record<string, SQLOutputValue>

export type ReaderParts = {
  readonly model: Model
  readonly compiler: Compiler
  readonly prepared: StatementCache
  /** As `prepared`, but answering rows as arrays. */
  readonly rows: StatementCache
  /** Called before every read. */
  readonly before?: () => void
}

/** Of one statement: each count of ids has a statement of its own. */
const lookUpsMax = 20

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))
}

export function createReader({ model, compiler, prepared, rows, before = () => {} }: ReaderParts): Reader {
  const lookUps = new Map<string, string[]>()
  /** The statement that looks up so many records by their ids. */
  function lookUp(ref: { readonly name: string }, count: number): string {
    const known = lookUps.get(ref.name) ?? []
    lookUps.set(ref.name, known)
    known[count] ??= count === 1 ? compiler.get(model.get(ref), '', undefined).sql : compiler.eachOf(model.get(ref), count)
    return known[count]
  }
  const decoderOf = createDecoders<Row>(model, numericForm)
  const searching = createSearching(compiler)
  return {
    async get<T>(ref: CollectionRef<T>, id: string, where?: FindQuery['where']) {
      const { sql, values } = compiler.get(model.get(ref), id, where)
      before()
      const row = run(() => rows(sql).get(...values))
      return row === undefined ? null : decoderOf(ref)(row)
    },
    async getMany<T>(ref: CollectionRef<T>, ids: readonly string[]) {
      const wanted = ids.length < 2 ? ids : [...new Set(ids)]
      if (wanted.length === 0) return []
      const decode = decoderOf(ref)
      before()
      const look = (part: readonly string[]) => rows(lookUp(ref, part.length)).all(...part)
      const found = run(() => (wanted.length <= lookUpsMax ? look(wanted) : chunksOf(wanted, lookUpsMax).flatMap(look)))
      return found.map((row) => decode(row))
    },
    async find<T>(ref: CollectionRef<T>, query: FindQuery) {
      const decode = decoderOf(ref)
      before()
      const look = ({ sql, values }: Statement) => run(() => rows(sql).all(...values))
      if (query.ranked) return searching.page(model.get(ref), query, look).map((row) => decode(row))
      return look(compiler.find(model.get(ref), query)).map((row) => decode(row))
    },
    async count(ref, where, atMost) {
      const { sql, values } = searching.count(model.get(ref), where, atMost) ?? compiler.count(model.get(ref), where, atMost)
      before()
      return run(() => prepared(sql).get(...values))!['count'] as number
    },
    async group(ref, query: GroupQuery) {
      const { sql, values } = compiler.group(model.get(ref), query)
      const decode = createGroupDecoder<Row>(model.get(ref), query, numericForm)
      before()
      return run(() => rows(sql).all(...values)).map((row) => decode(row))
    },
  }
}

export function readMark(prepared: StatementCache, name: string): string | null {
  return (run(() => prepared('select "value" from "_meta" where "name"=?').get(name))?.['value'] as string | undefined) ?? null
}

export function versionOf(database: DatabaseSync): string {
  return database.prepare('select sqlite_version() as "version"').get()!['version'] as string
}

export function listMarks(prepared: StatementCache, prefix: string): Record<string, string> {
  const rows = run(() => prepared('select "name","value" from "_meta" where substr("name",1,?)=?').all(prefix.length, prefix))
  return Object.fromEntries(rows.map((row) => [row['name'], row['value']])) as Record<string, string>
}

/** node:sqlite keeps no statements: parsing costs more than most look-ups, so the adapter does. */
export function createStatementCache(database: DatabaseSync, returnsArrays = false): StatementCache {
  const statementsMax = 1_000
  const cache = new Map<string, StatementSync>()
  return (sql) => {
    const found = cache.get(sql)
    if (found) return found
    if (cache.size >= statementsMax) cache.delete(cache.keys().next().value!)
    const statement = database.prepare(sql)
    if (returnsArrays) statement.setReturnArrays(true)
    cache.set(sql, statement)
    return statement
  }
}

/** Runs a step of the driver; its errors become the engine's. */
export function run<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw translate(error)
  }
}
