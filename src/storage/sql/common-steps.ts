// The steps that all SQL databases spell alike: reads, plain writes, the commit log's lines. A dialect adds the rest.
import type { Filter } from '../../contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import type { Change, Commit, CommitLine, FindQuery, Group, GroupQuery } from '../storage.ts'
import type { Compiler, SqlValue, Statement } from './compile.ts'
import type { SqlResult, SqlRow } from './driver.ts'
import { createGroupDecoder } from './group-rows.ts'
import type { ToldLine } from './own-lines.ts'
import { createDecoders, createEncoder, type RowForm, whole } from './row-codec.ts'
import type { Step } from './steps.ts'

type Ref = CollectionRef<unknown>
export type CommonParts = { readonly model: Model; readonly compiler: Compiler; readonly form: RowForm }

export function createCommonSteps(parts: CommonParts) {
  return { ...createReadSteps(parts), ...createWriteSteps(parts), ...createLogSteps(parts), ...createWholeSteps(parts) }
}

/** A step of one statement. */
export function stepOf<T>(sql: string, values: SqlValue[], read: (result: SqlResult) => T): Step<T> {
  return { statements: [{ sql, values }], read: ([result]) => read(result!) }
}

function createReadSteps({ model, compiler, form }: CommonParts) {
  const decoderOf = createDecoders(model, form)
  const records = <T>(ref: CollectionRef<T>, statement: Statement): Step<T[]> => {
    const decode = decoderOf(ref)
    return { statements: [statement], read: ([result]) => result!.rows.map((row) => decode(row)) }
  }
  return {
    /** Rows of the collection's columns into records. */
    decoderOf,
    records,
    get<T>(ref: CollectionRef<T>, id: string, where?: Filter): Step<T | null> {
      const { sql, values } = compiler.get(model.get(ref), id, where)
      const decode = decoderOf(ref)
      return stepOf(sql, values, ({ rows: [row] }) => (row ? decode(row) : null))
    },
    getMany<T>(ref: CollectionRef<T>, ids: readonly string[]): Step<T[]> {
      if (ids.length === 0) return { statements: [], read: () => [] }
      return records(ref, compiler.among(model.get(ref), ids))
    },
    find: <T>(ref: CollectionRef<T>, query: FindQuery) => records(ref, compiler.find(model.get(ref), query)),
    count(ref: Ref, where?: Filter, atMost?: number): Step<number> {
      const { sql, values } = compiler.count(model.get(ref), where, atMost)
      return stepOf(sql, values, firstNumber)
    },
    group(ref: Ref, query: GroupQuery): Step<Group[]> {
      const collection = model.get(ref)
      const { sql, values } = compiler.group(collection, query)
      const decode = createGroupDecoder(collection, query, form)
      return stepOf(sql, values, ({ rows }) => rows.map(decode))
    },
  }
}

function createWriteSteps({ model, compiler }: CommonParts) {
  const encoders = new Map([...model.collections].map(([name, collection]) => [name, createEncoder(collection, compiler.storedWords)]))
  const inserted = (ref: Ref, record: AnyRecord): Statement => ({
    sql: compiler.insert(model.get(ref)),
    values: encoders.get(ref.name)!(record),
  })
  /** Many rows of one collection, a hundred to a statement: half the work of a server is the statement. */
  const insertMany = (ref: Ref, records: readonly AnyRecord[]): Statement[] => {
    const encode = encoders.get(ref.name)!
    return Array.from({ length: Math.ceil(records.length / 100) }, (_, index) => {
      const some = records.slice(index * 100, index * 100 + 100)
      return { sql: compiler.insert(model.get(ref), some.length), values: some.flatMap((record) => encode(record)) }
    })
  }
  return {
    inserted,
    insert: (ref: Ref, records: readonly AnyRecord[]): Step<void> => ({ statements: insertMany(ref, records), read: () => {} }),
    insertMany,
    update(ref: Ref, where: Filter, change: Change): Step<number> {
      const { sql, values } = compiler.update(model.get(ref), where, change)
      return stepOf(sql, values, ({ count }) => count)
    },
    remove(ref: Ref, where: Filter): Step<number> {
      const { sql, values } = compiler.remove(model.get(ref), where)
      return stepOf(sql, values, ({ count }) => count)
    },
  }
}

function createLogSteps({ compiler: { quote } }: CommonParts) {
  const [commits, position, at, seq] = ['_commits', 'position', 'at', 'seq'].map(quote)
  const columns = ['token', 'at', 'operation', 'actor', 'requestId', 'changes'].map(quote)
  const append = `insert into ${commits} (${columns.join(',')}) values (?,?,?,?,?,?)`
  return {
    appendCommit: (line: CommitLine, token: string): Step<void> =>
      stepOf(append, [token, line.at, line.operation, line.actor, line.requestId, JSON.stringify(line.changes)], () => {}),
    operationOf: (token: string): Step<string | null> =>
      stepOf(`select ${quote('operation')} from ${commits} where ${quote('token')}=?`, [token], ({ rows: [row] }) =>
        row ? (row[0] as string) : null,
      ),
    hasWaiting: (): Step<boolean> =>
      stepOf(`select 1 from ${commits} where ${position} is null limit 1`, [], ({ rows }) => rows.length > 0),
    commitsAfter: (after: number, limit: number): Step<Commit[]> =>
      stepOf(
        `select ${position},${columns.slice(1).join(',')} from ${commits} where ${position}>? order by ${position} limit ${Number(limit)}`,
        [after],
        ({ rows }) => rows.map(commitOf),
      ),
    toldAfter(after: number, limit: number, tag: string): Step<ToldLine[]> {
      const [token, ...line] = columns
      const changes = `case when substr(${token},1,${tag.length})=? then null else ${line.pop()} end`
      const sql = `select ${position},${token},${line.join(',')},${changes} from ${commits} where ${position}>? order by ${position}`
      return stepOf(`${sql} limit ${Number(limit)}`, [tag, after], ({ rows }) => rows.map(toldLineOf))
    },
    commitRange: (): Step<{ oldest: number; newest: number }> =>
      stepOf(`select coalesce(min(${position}),0),coalesce(max(${position}),0) from ${commits}`, [], ({ rows: [row] }) => ({
        oldest: whole(row![0]),
        newest: whole(row![1]),
      })),
    /** As they will be told once they have their positions, in order. */
    waitingCommits: (): Step<Omit<Commit, 'position'>[]> =>
      stepOf(`select ${columns.slice(1).join(',')} from ${commits} where ${position} is null order by ${seq}`, [], ({ rows }) =>
        rows.map(lineOf),
      ),
    lastPosition: (): Step<number> => stepOf(`select ${position} from ${quote('_log')}`, [], firstNumber),
    rewriteCommits(all: readonly Pick<Commit, 'position' | 'requestId' | 'changes'>[]): Step<void> {
      const sql = `update ${commits} set ${quote('requestId')}=?,${quote('changes')}=? where ${position}=?`
      const statements = all.map((one) => ({ sql, values: [one.requestId, JSON.stringify(one.changes), one.position] }))
      return { statements, read: () => {} }
    },
    /** Positions ascend with time, so what is kept begins at the first line that is young enough. */
    forgetCommits(before: number): Step<number> {
      const young = `select ${position} from ${commits} where ${at}>=? and ${position} is not null order by ${position} limit 1`
      const sql = `delete from ${commits} where ${position}<coalesce((${young}),${Number.MAX_SAFE_INTEGER})`
      return stepOf(sql, [before], ({ count }) => count)
    },
  }
}

/** What a database keeps about itself, and filling an empty one. */
function createWholeSteps({ compiler: { quote } }: CommonParts) {
  const columns = ['position', 'token', 'at', 'operation', 'actor', 'requestId', 'changes'].map(quote)
  return {
    readMark: (name: string): Step<string | null> =>
      stepOf(`select ${quote('value')} from ${quote('_meta')} where ${quote('name')}=?`, [name], ({ rows: [row] }) =>
        row ? (row[0] as string) : null,
      ),
    listMarks(prefix: string): Step<Readonly<Record<string, string>>> {
      const [name, value] = [quote('name'), quote('value')]
      const sql = `select ${name},${value} from ${quote('_meta')} where substr(${name},1,${prefix.length})=?`
      return stepOf(sql, [prefix], ({ rows }) => Object.fromEntries(rows.map((row) => [String(row[0]), String(row[1])])))
    },
    setMark: (name: string, value: string | null): Statement[] => [
      { sql: `delete from ${quote('_meta')} where ${quote('name')}=?`, values: [name] },
      ...(value === null
        ? []
        : [{ sql: `insert into ${quote('_meta')} (${quote('name')},${quote('value')}) values (?,?)`, values: [name, value] }]),
    ],
    loadCommit: (commit: Commit, token: string): Statement => ({
      sql: `insert into ${quote('_commits')} (${columns.join(',')}) values (?,?,?,?,?,?,?)`,
      values: [commit.position, token, commit.at, commit.operation, commit.actor, commit.requestId, JSON.stringify(commit.changes)],
    }),
    setLastPosition: (position: number): Statement => ({ sql: `update ${quote('_log')} set ${quote('position')}=?`, values: [position] }),
  }
}

function commitOf([position, ...line]: SqlRow): Commit {
  return { position: whole(position), ...lineOf(line) }
}

function toldLineOf([position, token, at, operation, actor, requestId, changes]: SqlRow): ToldLine {
  const line = lineOf([at!, operation!, actor!, requestId!, changes ?? 'null'])
  return { position: whole(position), token: token as string, ...line }
}

function lineOf([at, operation, actor, requestId, changes]: SqlRow): Omit<Commit, 'position'> {
  return {
    at: whole(at),
    operation: operation as string,
    actor: actor as string,
    requestId: requestId as string,
    changes: JSON.parse(changes as string),
  }
}

function firstNumber({ rows: [row] }: SqlResult): number {
  return whole(row![0])
}
