// The port's transaction on the one writer of SQLite. Nothing travels here, so each write is carried out at once; and while the
// writer works, everything is locked.
import type { SQLInputValue } from 'node:sqlite'
import { isEngineError, LostRace } from '../../base/engine-error.ts'
import { and, eq, type Filter } from '../../contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import type { Compiler, SqlValue, Statement } from '../sql/compile.ts'
import { madeOnce } from '../sql/known-texts.ts'
import { createDecoders, numericForm } from '../sql/row-codec.ts'
import type { AdapterTransaction, Change, CommitLine, Reader } from '../storage.ts'
import { createAddEach } from './add-each.ts'
import { type Row, run, type StatementCache } from './reader.ts'

export type TransactionParts = {
  readonly model: Model
  readonly compiler: Compiler
  readonly encoders: ReadonlyMap<string, (record: Readonly<Record<string, unknown>>) => SqlValue[]>
  /** On the writer's connection. */
  readonly reader: Reader
  /** Of the writer, answering rows as arrays. */
  readonly rows: StatementCache
  /** Answers how many rows were written. */
  execute(statement: Statement): number
}

/** One work's part of the writer's transaction. */
export type Turn = {
  readonly lines: CommitLine[]
  /** What was asked for beside something that failed must not be written into the transaction of the next work. */
  isOpen: boolean
  /** Whether there is anything to undo: a statement of one row that failed has undone itself. */
  hasWritten: boolean
}

/** Rows of one `insert`, or of one addition: beyond it another statement saves nothing. SQLite takes 32,766 values. */
const insertRowsMax = 16

/** Makes the transaction of a turn. */
export function createTransactionMaker(parts: TransactionParts): (turn: Turn) => AdapterTransaction {
  const { model, compiler, encoders, reader, rows, execute } = parts
  const decoderOf = createDecoders<Row>(model, numericForm)
  const answering = madeOnce<CollectionModel>((sql, collection) => `${sql} returning ${compiler.selectList(collection)}`)
  const several = { parts, decoderOf, answering, addEach: createAddEach(compiler) }
  return (turn) => {
    const assertOpen = () => {
      if (!turn.isOpen) throw new Error('A transaction is used only while its work runs.')
    }
    const write: Write = (statement, { step = execute, mayStopHalfway = false } = {}) => {
      assertOpen()
      turn.hasWritten ||= mayStopHalfway
      const count = step(statement)
      turn.hasWritten ||= count > 0
      return count
    }
    return {
      ...reader,
      async insertOnce(ref, record) {
        try {
          write({ sql: compiler.insert(model.get(ref)), values: encoders.get(ref.name)!(record) })
          return true
        } catch (error) {
          if (isEngineError(error, 'already_exists')) return false
          throw error
        }
      },
      async updateOrFail(ref, where, change) {
        if (write(compiler.update(model.get(ref), where, change)) !== 1) throw new LostRace()
      },
      async removeOrFail(ref, where) {
        if (write(compiler.remove(model.get(ref), where)) !== 1) throw new LostRace()
      },
      async adjust(ref, id, guard, change, wantsBefore) {
        const before = wantsBefore ? ((await reader.get(ref, id)) as AnyRecord | null) : null
        const collection = model.get(ref)
        const { sql, values } = compiler.update(collection, and(eq('id', id), guard), change)
        assertOpen()
        const row = run(() => rows(answering(sql, collection)).get(...(values as SQLInputValue[])))
        if (row === undefined) return null
        turn.hasWritten = true
        return { before, after: decoderOf(ref)(row) as AnyRecord }
      },
      async update(ref, where, change) {
        return write(compiler.update(model.get(ref), where, change))
      },
      async remove(ref, where) {
        return write(compiler.remove(model.get(ref), where))
      },
      ...createSeveral(several, write),
      lock: (ref, ids) => reader.getMany(ref, ids),
      async appendCommit(line) {
        turn.lines.push(line)
      },
    }
  }
}

type SeveralParts = {
  readonly parts: TransactionParts
  readonly decoderOf: ReturnType<typeof createDecoders<Row>>
  /** A text that answers the rows it has written. */
  readonly answering: (sql: string, collection: CollectionModel) => string
  readonly addEach: ReturnType<typeof createAddEach>
}

/** Answers how many rows a statement met. What may stop halfway leaves what it has written to be undone. */
type Write = (statement: Statement, how?: { readonly step?: (statement: Statement) => number; readonly mayStopHalfway?: boolean }) => number

/** So SQLite need not keep each page that it touches as it was before: 2.8 us of 9.7 for three rows. */
const failing = madeOnce((sql) => sql.replace('insert into', 'insert or fail into'))

/** Writes of several rows, each as one statement. `write` answers how many rows it met. */
function createSeveral(
  { parts: { model, compiler, encoders, rows }, decoderOf, answering, addEach }: SeveralParts,
  write: Write,
): Pick<AdapterTransaction, 'insert' | 'updateAll' | 'addOrFail'> {
  return {
    async insert(ref, records, fence) {
      const encode = encoders.get(ref.name)!
      try {
        for (let start = 0; start < records.length; start += insertRowsMax) {
          const some = records.slice(start, start + insertRowsMax)
          const sql = compiler.insert(model.get(ref), some.length)
          if (some.length === 1) write({ sql, values: encode(some[0]!) })
          else write({ sql: failing(sql), values: some.flatMap((record) => encode(record)) }, { mayStopHalfway: true })
        }
      } catch (error) {
        throw fence === 'conflict' && isEngineError(error, 'already_exists') ? new LostRace(error) : error
      }
    },
    async updateAll<T>(ref: CollectionRef<T>, where: Filter, change: Change) {
      const collection = model.get(ref)
      let found: Row[] = []
      const step = ({ sql, values }: Statement) => {
        found = run(() => rows(answering(sql, collection)).all(...(values as SQLInputValue[])))
        return found.length
      }
      write(compiler.update(collection, where, change), { step })
      const decode = decoderOf(ref)
      return found.map((row) => decode(row))
    },
    async addOrFail(ref, additions, set) {
      for (let start = 0; start < additions.length; start += insertRowsMax) {
        const some = additions.slice(start, start + insertRowsMax)
        if (write(addEach(model.get(ref), { additions: some, set })) !== some.length) throw new LostRace()
      }
    },
  }
}
