// What only PostgreSQL spells this way: writes that answer with RETURNING, guards that fail in the database, row locks,
// the sequencer of the commit log.
import { limits } from '../../base/limits.ts'
import { and, eq, type Filter } from '../../contract/filter.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { createCommonSteps, stepOf } from '../sql/common-steps.ts'
import { createCompiler, type Statement } from '../sql/compile.ts'
import type { SqlResult } from '../sql/driver.ts'
import { madeOnce } from '../sql/known-texts.ts'
import { textForm, whole } from '../sql/row-codec.ts'
import type { Step, Steps } from '../sql/steps.ts'
import { isAmong, postgresDialect } from './dialect.ts'

export const commitsChannel = 'kingpost_commits'

const settings = {
  TimeZone: 'UTC',
  default_transaction_isolation: 'read committed',
  lock_timeout: String(limits.lockWaitMs),
  statement_timeout: String(limits.statementMs),
  idle_in_transaction_session_timeout: String(limits.idleInTransactionMs),
}

/** Time zone, isolation and time-outs, for a session or, behind a pooler that shares sessions, for one transaction. */
export function settingsOf(scope: 'session' | 'transaction'): Statement {
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}','${value}',${scope === 'transaction'})`)
  return { sql: `select ${calls.join(',')}`, values: [] }
}

export function createPostgresSteps(model: Model, isPooled: boolean): Steps {
  const compiler = createCompiler(model, postgresDialect)
  const common = createCommonSteps({ model, compiler, form: textForm })
  const { decoderOf, inserted } = common
  const idOf = (alias: string) => `${alias}.${compiler.quote('id')}`

  /** A count other than one divides by zero, and PostgreSQL carries out nothing behind a statement that fails. */
  const oneRow = madeOnce((sql) => `with changed as (${sql} returning 1) select 1/(count(*)=1)::int from changed`)
  const once = madeOnce((sql) => `${sql} on conflict do nothing`)
  const answering = madeOnce<CollectionModel>((sql, collection) => `${sql} returning ${compiler.columnsOf(collection, 't')}`)

  const exactlyOne = ({ sql, values }: Statement): Step<void> => stepOf(oneRow(sql), values, () => {})

  return {
    ...common,
    begin: [{ sql: 'begin isolation level read committed', values: [] }, ...(isPooled ? [settingsOf('transaction')] : [])],
    beginSnapshot: [
      { sql: 'begin isolation level repeatable read read only', values: [] },
      { sql: "select set_config('statement_timeout','0',true),set_config('idle_in_transaction_session_timeout','0',true)", values: [] },
      // The moment is that of the first look at data.
      { sql: 'select count(*) from "_log"', values: [] },
    ],
    commit: { sql: 'commit', values: [] },
    rollback: { sql: 'rollback', values: [] },

    insertOnce(ref, record) {
      const { sql, values } = inserted(ref, record)
      return stepOf(once(sql), values, ({ count }) => count === 1)
    },
    updateOrFail: (ref, where, change) => exactlyOne(compiler.update(model.get(ref), where, change)),
    removeOrFail: (ref, where) => exactlyOne(compiler.remove(model.get(ref), where)),

    updateAll(ref, where, change) {
      const collection = model.get(ref)
      const { sql, values } = compiler.update(collection, where, change)
      return common.records(ref, { sql: answering(sql, collection), values })
    },
    adjust(ref, { id, guard, change, wantsBefore }) {
      const collection = model.get(ref)
      const decode = decoderOf<AnyRecord>(collection)
      const isIt: Filter = and(eq('id', id), guard)
      const list = compiler.columnsOf(collection, 't')
      if (!wantsBefore) {
        const { sql, values } = compiler.update(collection, isIt, change)
        return stepOf(answering(sql, collection), values, ({ rows: [row] }) => (row ? { before: null, after: decode(row) } : null))
      }
      // The row is locked first: what is read as before is then what the update starts from.
      const earlier = `select ${compiler.columnsOf(collection, 't')} from ${compiler.quote(collection.table)} t where ${idOf('t')}=? for update`
      const { sql, values } = compiler.update(collection, isIt, change, 'earlier b')
      const width = collection.columns.size
      return stepOf(
        `with earlier as materialized (${earlier}) ${sql} and ${idOf('t')}=${idOf('b')} returning ${list},${compiler.columnsOf(collection, 'b')}`,
        [id, ...values],
        ({ rows: [row] }) => (row ? { before: decode(row.slice(width)), after: decode(row.slice(0, width)) } : null),
      )
    },

    lock(ref, ids, mode) {
      if (ids.length === 0) return { statements: [], read: () => [] }
      const collection = model.get(ref)
      const among = isAmong(idOf('t'), ids)
      const sql = `select ${compiler.selectList(collection)} from ${compiler.quote(collection.table)} t where ${among.sql} order by ${idOf('t')}`
      return common.records(ref, { sql: `${sql} for ${mode === 'shared' ? 'share' : 'update'}`, values: [among.value] })
    },

    sequence,
    now: () => stepOf('select floor(extract(epoch from clock_timestamp())*1000)::bigint', [], ({ rows: [row] }) => whole(row![0])),
  }
}

/** Held while positions are given. A row's lock would do as well, but costs a sync of the log even when nothing is to be given. */
const sequencerLock = 7_305_816_331

/**
 * A log that was never analysed is small to the planner, and each line leaves an entry in the index of those that wait: reading
 * whatever there ever was would be its way. These leave it the indexes, in order, which drop such entries as they are met.
 */
const byIndexAlone = ['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin']
  .map((name) => `set_config('${name}','off',true)`)
  .join(',')

/**
 * Two statements, because each sees what was committed before it began: the second must not have looked before the
 * first had the lock. Only what is given a position is told to others.
 */
function sequence(limit: number): Step<number> {
  const give = `with waiting as (
      select "seq", row_number() over (order by "seq") as "place" from "_commits" where "position" is null order by "seq" limit ${Number(limit)}
    ), given as (
      update "_commits" c set "position"=l."position"+w."place" from waiting w, "_log" l
      where c."seq"=w."seq" and l."name"='commits' returning c."position"
    ), head as (
      update "_log" set "position"="position"+(select count(*) from given)
      where "name"='commits' and exists (select from given) returning "position"
    ) select (select count(*) from given), pg_notify('${commitsChannel}',"position"::text) from head`
  return {
    statements: [
      { sql: `select pg_advisory_xact_lock(${sequencerLock}),${byIndexAlone}`, values: [] },
      { sql: give, values: [] },
    ],
    read: ([, given]: readonly SqlResult[]) => (given!.rows[0] ? whole(given!.rows[0][0]) : 0),
  }
}
