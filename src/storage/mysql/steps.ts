// The statements of MySQL and MariaDB where they differ from other SQL databases. All are text with their values written
// into it, so that any number of them travel in one round trip (literal.ts says why that is safe).
import { and, eq } from '../../contract/filter.ts'
import { type AnyRecord, type CollectionRef, recordOf } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import { applied } from '../change.ts'
import { createCommonSteps, stepOf } from '../sql/common-steps.ts'
import { createCompiler, type Statement } from '../sql/compile.ts'
import { type RowForm, whole } from '../sql/row-codec.ts'
import type { Step, Steps } from '../sql/steps.ts'
import { mysqlDialect, oneRowSql, type Product } from './dialect.ts'

/** May be refused by a unique fence: the connection then answers that it met no row and continues after it. */
export type OnceStatement = Statement & { readonly isOnce?: true }

/** mysql2 gives whole numbers that JavaScript cannot hold as text, which `whole` refuses. */
const form: RowForm = { boolean: (value) => `(${value} === 1)`, integer: (value) => `whole(${value})` }

/** Rows of one `insert`, and what their texts may add up to: a statement must fit a packet of the server. */
const insertRowsMax = 100
const insertCharactersMax = 500_000

export function createMysqlSteps(model: Model, product: Product): Steps {
  const compiler = createCompiler(model, mysqlDialect(product))
  const common = createCommonSteps({ model, compiler, form })
  const records = <T>(ref: CollectionRef<T>, ids: readonly string[], behind = ''): Step<T[]> => {
    if (ids.length === 0) return { statements: [], read: () => [] }
    const collection = model.get(ref)
    const distinct = [...new Set(ids)]
    // By the primary key, whatever the statistics say: a scan would lock what it passes.
    const from = `${compiler.quote(collection.table)} force index (primary) where \`id\` in (${distinct.map(() => '?').join(',')})`
    return common.records(ref, { sql: `select ${compiler.selectList(collection)} from ${from}${behind}`, values: distinct })
  }

  return {
    ...common,
    begin: [plain('start transaction')],
    // On a connection that ends with it: whoever reads may take long, and pause for longer.
    beginSnapshot: [
      plain(product === 'mariadb' ? 'set session max_statement_time=0, idle_transaction_timeout=0' : 'set session max_execution_time=0'),
      plain('set transaction isolation level repeatable read'),
      plain('start transaction with consistent snapshot, read only'),
    ],
    commit: plain('commit'),
    rollback: plain('rollback'),
    getMany: (ref, ids) => records(ref, ids),
    insert(ref, rows) {
      const statements = rows.map((row) => common.inserted(ref, row))
      return { statements: together(statements), read: () => {} }
    },
    insertOnce(ref, record) {
      const statement: OnceStatement = { ...common.inserted(ref, record), isOnce: true }
      return { statements: [statement], read: ([result]) => result!.count === 1 }
    },
    updateOrFail: (ref, where, change) => ofOneRow(compiler.update(model.get(ref), where, change)),
    removeOrFail: (ref, where) => ofOneRow(compiler.remove(model.get(ref), where)),
    updateAll(ref, where, change) {
      // Beyond the limit: nothing; that text of a query has one.
      const look = compiler.find(model.get(ref), { where, limit: Number.MAX_SAFE_INTEGER, isUnordered: true })
      const found = common.records<AnyRecord>({ name: ref.name }, look)
      return {
        // Locked as they are looked at, so the update meets the same.
        statements: [{ ...look, sql: `${look.sql} for update` }, compiler.update(model.get(ref), where, change)],
        read: ([rows]) => found.read([rows!]).map((record) => recordOf(ref, applied(record, change))),
      }
    },
    adjust(ref, { id, guard, change, wantsBefore }) {
      const collection = model.get(ref)
      const read = common.get<AnyRecord>(collection, id).read
      const look = compiler.get(collection, id, undefined)
      const update = compiler.update(collection, and(eq('id', id), guard), change)
      return {
        statements: [...(wantsBefore ? [{ ...look, sql: `${look.sql} for update` }] : []), update, look],
        read(results) {
          const [updated, after] = results.slice(-2)
          if (updated!.count === 0) return null
          return { before: wantsBefore ? read([results[0]!]) : null, after: read([after!])! }
        },
      }
    },
    // MariaDB has no `for share`. Ascending by id, as every locker goes: nobody waits in a circle.
    lock: (ref, ids, mode) => records(ref, ids, ` order by \`id\` ${mode === 'shared' ? 'lock in share mode' : 'for update'}`),
    sequence: (limit) => ({ statements: sequence(limit), read: (results) => results.at(-2)!.count }),
    forgetCommits: (before) => ({ statements: forget(before), read: (results) => results.at(-1)!.count }),
    now: () => stepOf('select cast(unix_timestamp(now(3))*1000 as signed)', [], ({ rows: [row] }) => whole(row![0])),
  }
}

/**
 * The lines are chosen by a plain read, which passes over what others have not committed; the update then goes by
 * primary key. An update that looked for them itself would wait for every transaction that is open.
 */
function sequence(limit: number): Statement[] {
  const waiting = `select \`seq\` from \`_commits\` where \`position\` is null order by \`seq\` limit ${whole(limit)}`
  return [
    plain("select `position` into @position from `_log` where `name`='commits' for update"),
    plain(`select coalesce(group_concat(\`seq\` order by \`seq\`),'') into @lines from (${waiting}) waiting`),
    plain(
      "update json_table(concat('[',@lines,']'),'$[*]' columns (`place` for ordinality, `seq` bigint path '$')) line" +
        ' straight_join `_commits` c force index (primary) on c.`seq`=line.`seq` set c.`position`=@position+line.`place`',
    ),
    plain("update `_log` set `position`=@position+row_count() where `name`='commits'"),
  ]
}

/** Positions ascend with time, so what is kept begins at the first line that is young enough. */
function forget(before: number): Statement[] {
  return [
    {
      sql: 'select (select `position` from `_commits` where `position` is not null and `at`>=? order by `position` limit 1) into @kept',
      values: [before],
    },
    plain(`delete from \`_commits\` where \`position\`<coalesce(@kept,${Number.MAX_SAFE_INTEGER})`),
  ]
}

/** Several rows of one table in as few statements. They have one text: that of a row. */
function together(rows: readonly Statement[]): Statement[] {
  const joined: Statement[] = []
  let [count, characters] = [0, 0]
  for (const row of rows) {
    const length = row.values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0)
    const last = joined.at(-1)
    if (last && count < insertRowsMax && characters + length <= insertCharactersMax) {
      const marks = row.sql.slice(row.sql.lastIndexOf('('))
      joined[joined.length - 1] = { sql: `${last.sql},${marks}`, values: last.values }
      last.values.push(...row.values)
      count++
      characters += length
    } else {
      joined.push({ sql: row.sql, values: [...row.values] })
      ;[count, characters] = [1, length]
    }
  }
  return joined
}

function ofOneRow(statement: Statement): Step<void> {
  return { statements: [statement, plain(oneRowSql)], read: () => {} }
}

function plain(sql: string): Statement {
  return { sql, values: [] }
}
