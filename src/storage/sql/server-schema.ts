// Changing the schema of a SQL database server: what its dialects share. One connection does it, with no end to its
// statements but a short wait for locks: a change that waits for a table holds up all who come behind it, so it gives
// up early and tries again.
import { type Clock, sleep } from '../../base/clock.ts'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import type { Batch, Duplicate, Kinds, RowQuery, SchemaDialect, Statement, StoredRow } from '../migrations/dialect.ts'
import type { Step } from '../migrations/steps.ts'
import {
  formerNames,
  type JournalRow,
  requiredColumns,
  type StoredColumn,
  type StoredSchema,
  type StoredTable,
  type TypeNames,
} from '../migrations/stored-schema.ts'
import { agesOf, presencePrefix } from '../presence.ts'
import type { SqlValue } from './compile.ts'
import { withDeclaredNames } from './declared-names.ts'
import { type SqlConnection, type SqlRow, StatementFailure } from './driver.ts'

export type Ask = (sql: string, values?: SqlValue[]) => Promise<readonly SqlRow[]>

/** What a dialect brings. */
export type SchemaWords = {
  readonly product: string
  readonly types: TypeNames
  quote(name: string): string
  /** The tables as they are, without counts and meanings. */
  look(ask: Ask): Promise<ReadonlyMap<string, StoredTable>>
  /** What is done together: a group of several is one transaction where the database has them over its schema. */
  groupsOf(step: Step): readonly (readonly Statement[])[]
  /** Ways of doing the same, the lightest first; the server says which it cannot. */
  variantsOf?(sql: string, step: Step): readonly string[]
  /** The same by a copy of the table: how MySQL changes one that has an index of full texts. */
  copyOf?(sql: string): string
  /** What becomes of names that are too long for it. */
  shorten?(name: string): string
  /** Some servers keep names of tables in lower case. */
  readonly foldsTableNames?: boolean
  /** Whether groups of several statements are put in a transaction. */
  readonly hasTransactions: boolean
  /** Journal and marks, made where they are missing. */
  readonly ownTables: readonly string[]
  /** A value as a record has it. */
  decode(column: StoredColumn, value: SqlRow[number]): unknown
  /** Writes the values of a batch. */
  updateOf(batch: Batch): { readonly sql: string; readonly values: SqlValue[] }[]
  /** Rows are gone through by their id: with an index of another column they would be sorted again for each batch. */
  readonly scan: { readonly hint: string; isNull(column: string): string }
  /** Answers 1 or true when this session now has the lock. */
  readonly lock: { readonly take: string; readonly release: string }
  readonly setMark: string
  /** Milliseconds since 1970 by the server's clock. */
  readonly now: string
  /** The id of the row just inserted into the journal. */
  readonly lastId: string
}

export type ServerSchemaParts = { readonly connection: SqlConnection; readonly words: SchemaWords; readonly clock: Clock }

/** @throws the reason of a statement that failed */
export function askOn(connection: SqlConnection): Ask {
  return async (sql, values = []) => {
    try {
      return (await connection.run([{ sql, values }]))[0]!.rows
    } catch (error) {
      throw error instanceof StatementFailure ? error.reason : error
    }
  }
}

export function createServerSchema({ connection, words, clock }: ServerSchemaParts): SchemaDialect {
  const { quote, types } = words
  const ask = askOn(connection)
  const table = (name: string) => quote(name)

  /** Together in one transaction, and one round trip. */
  async function together(statements: readonly { readonly sql: string; readonly values?: SqlValue[] }[]): Promise<void> {
    const all = [{ sql: 'begin' }, ...statements, { sql: 'commit' }].map(({ sql, ...rest }) => ({ sql, values: [], ...rest }))
    try {
      await connection.run(all)
    } catch (error) {
      if (connection.isUsable()) await ask('rollback')
      throw error instanceof StatementFailure ? error.reason : error
    }
  }

  return {
    ...types,
    product: words.product,
    introspect: (model) => introspectServer(ask, words, model),
    statementsOf: (step) => words.groupsOf(step).flat(),
    run: (step) => runStep({ step, words, clock, ask, together }),
    async prepare() {
      for (const sql of words.ownTables) await ask(sql)
    },
    readKinds: () => readKinds(ask, words),
    async writeKinds(kinds) {
      await ask(words.setMark, ['columns', JSON.stringify(kinds)])
    },
    readJournal: () => readJournal(ask, words),
    async beginStep(key, by, now) {
      const columns = ['key', 'state', 'rows', 'startedAt', 'by'].map(quote).join(',')
      const results = await connection.run([
        { sql: `insert into ${table('_migrations')} (${columns}) values (?,'running',0,?,?)`, values: [key, now, by] },
        { sql: words.lastId, values: [] },
      ])
      return Number(results[1]!.rows[0]![0])
    },
    async endStep(id, state, now) {
      await ask(`update ${table('_migrations')} set ${quote('state')}=?, ${quote('endedAt')}=? where ${quote('id')}=?`, [state, now, id])
    },
    readRows: (query) => readRows(ask, words, query),
    async writeRows(batch) {
      const { cursor, rows, ids } = batch.note
      const note = `update ${table('_migrations')} set ${quote('cursor')}=?, ${quote('rows')}=? where ${quote('id')}=?`
      await retried(clock, () => together([...words.updateOf(batch), ...ids.map((id) => ({ sql: note, values: [cursor, rows, id] }))]))
    },
    duplicates: (name, columns, limit) => duplicates(ask, quote, { name, columns, limit }),
    async below(name, column, least, limit) {
      const sql = `select ${quote('id')} from ${table(name)} where ${quote(column)}<? order by ${quote('id')} limit ${limit}`
      return (await ask(sql, [least])).map(([id]) => id as string)
    },
    presences: () => presences(ask, words),
    async lock() {
      const [row] = await ask(words.lock.take)
      const isOurs = row![0] === 1 || row![0] === 't'
      return isOurs ? async () => void (await ask(words.lock.release)) : null
    },
    close: () => connection.close(),
  }
}

type Run = {
  readonly step: Step
  readonly words: SchemaWords
  readonly clock: Clock
  readonly ask: Ask
  together(statements: readonly { readonly sql: string }[]): Promise<void>
}

async function runStep({ step, words, clock, ask, together }: Run): Promise<void> {
  for (const group of words.groupsOf(step)) {
    const isTransaction = words.hasTransactions && group.length > 1
    await retried(clock, async () => {
      if (isTransaction) await together(group)
      else for (const { sql } of group) await askLightly(ask, words, { sql, step })
    })
  }
}

/** Each statement by itself. */
export async function runStatements(ask: Ask, words: SchemaWords, step: Step): Promise<void> {
  for (const { sql } of words.groupsOf(step).flat()) await askLightly(ask, words, { sql, step })
}

async function askLightly(ask: Ask, words: SchemaWords, { sql: text, step }: { readonly sql: string; readonly step: Step }): Promise<void> {
  const variants = words.variantsOf?.(text, step) ?? [text]
  for (const [at, sql] of variants.entries())
    try {
      return void (await ask(sql))
    } catch (error) {
      // ER_ALTER_OPERATION_NOT_SUPPORTED, and the same with a reason.
      const { errno } = error as { errno?: number }
      if (errno !== 1845 && errno !== 1846) throw error
      if (at < variants.length - 1) continue
      if (words.copyOf === undefined || !/full-?text/i.test(String(error))) throw error
      await ask(words.copyOf(sql))
    }
}

/** Somebody held a lock, or two held each other up: again, until it takes too long. @throws what it threw last */
async function retried(clock: Clock, work: () => Promise<void>): Promise<void> {
  const until = clock.monotonic() + limits.migrationLockMs
  for (let pauseMs = 50; ; pauseMs = Math.min(1_000, pauseMs * 2)) {
    try {
      return await work()
    } catch (error) {
      if (!isEngineError(error, 'conflict')) throw error
      if (clock.monotonic() > until)
        throw new EngineError('conflict', {
          detail: 'Somebody holds a lock on the table for too long. Look for a long transaction, then continue.',
          cause: error,
        })
      await sleep(clock, pauseMs)
    }
  }
}

/** The schema with counts and with what is asked of single columns. */
export async function introspectServer(ask: Ask, words: SchemaWords, model: Model): Promise<StoredSchema> {
  const { quote, types } = words
  const stored = await words.look(ask)
  const found = words.shorten ? withDeclaredNames(stored, model, words.shorten) : stored
  const tables = new Map<string, StoredTable>()
  const names = new Map(namesOf(model).map((name) => [name.toLowerCase(), name]))
  for (const table of found.values()) {
    const name = words.foldsTableNames && !found.has(names.get(table.name) ?? '') ? (names.get(table.name) ?? table.name) : table.name
    if (!name.startsWith('_')) tables.set(name, { ...table, name })
  }
  for (const table of await withCounts(ask, quote, [...tables.values()])) tables.set(table.name, table)
  for (const { table: name, column } of requiredColumns(model, { tables }, types)) {
    const table = tables.get(name)!
    const [row] = await ask(`select exists(select 1 from ${quote(name)} where ${quote(column)} is null)`)
    const hasNulls = row![0] === 1 || row![0] === 't'
    tables.set(name, { ...table, columns: new Map([...table.columns, [column, { ...table.columns.get(column)!, hasNulls }]]) })
  }
  return { tables }
}

function namesOf(model: Model): string[] {
  return [...model.collections.values()].flatMap(({ name, source }) => [name, ...formerNames(source)])
}

/** Tables whose size the server does not know yet are counted: one that was just filled may be nothing to it. */
async function withCounts(ask: Ask, quote: SchemaWords['quote'], tables: readonly StoredTable[]): Promise<StoredTable[]> {
  const small = tables.filter(({ rows }) => rows <= limits.migrationCountMax)
  const counts = small.map(({ name }, at) => `select ${at},count(*) from ${quote(name)}`)
  const found = counts.length === 0 ? [] : await ask(counts.join(' union all '))
  const rowsOf = new Map(found.map(([at, rows]) => [small[Number(at)]!.name, Number(rows)]))
  return tables.map((table) => {
    const rows = rowsOf.get(table.name) ?? table.rows
    return { ...table, rows, isEmpty: rows === 0 }
  })
}

export async function readKinds(ask: Ask, words: SchemaWords): Promise<Kinds> {
  const { quote } = words
  const isThere = (await words.look(ask)).has('_meta')
  const rows = isThere ? await ask(`select ${quote('value')} from ${quote('_meta')} where ${quote('name')}='columns'`) : []
  return JSON.parse((rows[0]?.[0] as string | undefined) ?? '{}') as Kinds
}

async function presences(ask: Ask, words: SchemaWords): Promise<number[]> {
  if (!(await words.look(ask)).has('_meta')) return []
  const { quote } = words
  const rows = await ask(`select ${quote('value')} from ${quote('_meta')} where ${quote('name')} like ?`, [`${presencePrefix}%`])
  const [now] = await ask(words.now)
  return agesOf(
    rows.map(([at]) => String(at)),
    Number(now![0]),
  )
}

/** @throws Error with one sentence for people */
export function checkSchemaVersion(found: number, known: number): void {
  if (found <= known) return
  throw new Error(
    `The database was written by a newer Kingpost (schema ${found}, this one knows ${known}). Nothing was changed. Start it with the newer version.`,
  )
}

export async function readJournal(ask: Ask, words: SchemaWords): Promise<JournalRow[]> {
  const { quote } = words
  if (!(await words.look(ask)).has('_migrations')) return []
  const names = ['id', 'key', 'state', 'cursor', 'rows', 'startedAt', 'endedAt', 'by'].map(quote).join(',')
  const rows = await ask(`select ${names} from ${quote('_migrations')} order by ${quote('id')}`)
  return rows.map(([id, key, state, cursor, count, startedAt, endedAt, by]) => ({
    id: Number(id),
    key: key as string,
    state: state as JournalRow['state'],
    cursor: cursor as string | null,
    rows: Number(count),
    startedAt: Number(startedAt),
    endedAt: endedAt === null ? null : Number(endedAt),
    by: by as string,
  }))
}

export async function readRows(ask: Ask, { quote, decode, scan }: SchemaWords, query: RowQuery): Promise<StoredRow[]> {
  const { table, columns, after, limit, since, empty, given } = query
  const isGiven = given === undefined ? '' : ` and ${quote(given)} is not null`
  const written = columns.some(({ name }) => name === 'updatedAt') ? 'updatedAt' : 'createdAt'
  const wanted = [
    ...(since === undefined ? [] : [`${quote(written)}>=${Number(since)}`]),
    ...(empty ?? []).map((name) => `(${scan.isNull(quote(name))}${isGiven})`),
  ]
  const some = wanted.length === 0 ? '' : ` and (${wanted.join(' or ')})`
  const names = columns.map(({ name }) => quote(name)).join(',')
  const rows = await ask(
    `select ${names} from ${quote(table)}${scan.hint} where ${quote('id')}>?${some} order by ${quote('id')} limit ${limit}`,
    [after ?? ''],
  )
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column.name, decode(column, row[at]!)])) as StoredRow)
}

type Values = { readonly name: string; readonly columns: readonly string[]; readonly limit: number }

async function duplicates(ask: Ask, quote: SchemaWords['quote'], { name, columns, limit }: Values): Promise<Duplicate[]> {
  const names = columns.map(quote).join(',')
  const given = columns.map((column) => `${quote(column)} is not null`).join(' and ')
  const id = quote('id')
  const rows = await ask(
    `select min(${id}),max(${id}),count(*),${names} from ${quote(name)} where ${given} group by ${names} having count(*)>1 limit ${limit}`,
  )
  return rows.map(([first, last, count, ...values]) => ({ values, first: first as string, last: last as string, count: Number(count) }))
}
