// The data of the simulated server, in the run's SQLite: what is committed, and on top of it, for as long as nobody else
// looks, what one open transaction has written. Another one's turn undoes that, and does again what that one has written:
// so each sees its own writes and the newest commits of others. Invariants: whatever reads the run's SQLite by another way
// calls `leave` first, as plain SQL of the store does; acts write by insert, update and remove, which are noted here.
import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { createCompiler } from '../../../src/storage/sql/compile.ts'
import { createEncoder } from '../../../src/storage/sql/row-codec.ts'
import { sqliteDialect } from '../../../src/storage/sqlite/dialect.ts'
import { createReader, createStatementCache, run } from '../../../src/storage/sqlite/reader.ts'
import { createTransactionMaker } from '../../../src/storage/sqlite/transaction.ts'
import type { AdapterTransaction } from '../../../src/storage/storage.ts'
import type { Store } from '../store.ts'
import type { Act, Open } from './act.ts'

/** Done again as it was: under its locks a row can have become nothing else. */
export type Write = { readonly statement: StatementSync; readonly values: SQLInputValue[] }

export type ServerData = ReturnType<typeof createServerData>

/** Compiled once for all runs on a store. */
const known = new WeakMap<Store, ReturnType<typeof createServerData>>()

export function serverDataOf(store: Store): ServerData {
  let data = known.get(store)
  if (!data) known.set(store, (data = createServerData(store)))
  return data
}

function createServerData(store: Store) {
  const { model } = store.backend
  const compiler = createCompiler(model, sqliteDialect)
  const prepared = createStatementCache(store.database)
  const rows = createStatementCache(store.database, true)
  const encoders = new Map([...model.collections].map(([name, collection]) => [name, createEncoder(collection)]))
  const reader = createReader({ model, compiler, prepared, rows })
  const [begin, commit, rollback] = ['begin', 'commit', 'rollback'].map(prepared) as [StatementSync, StatementSync, StatementSync]
  /** Whose writes lie on what is committed. */
  let top: Open | null = null
  /** Whose statement is carried out. */
  let current: Open | null = null

  function put(open: Open): void {
    begin.run()
    top = open
    for (const { statement, values } of open.writes) run(() => statement.run(...values))
  }

  const inner: AdapterTransaction = createTransactionMaker({
    model,
    compiler,
    encoders,
    reader,
    rows,
    execute({ sql, values }) {
      if (top === null) put(current!)
      const write = { statement: prepared(sql), values: values as SQLInputValue[] }
      const { changes } = run(() => write.statement.run(...write.values))
      current!.writes.push(write)
      return Number(changes)
    },
  })({ lines: [], isOpen: true, hasWritten: false })

  function leave(): void {
    if (top === null) return
    top = null
    rollback.run()
  }

  store.beforeLook(leave)
  return {
    leave,
    /** One statement of a transaction, or of none. What fails has written nothing. @throws what the act throws */
    async carryOut(open: Open, act: Act): Promise<unknown> {
      const before = open.writes.length
      if (top !== open) leave()
      try {
        if (top === null && before > 0) put(open)
        current = open
        return await act({ open, inner })
      } catch (error) {
        // An insert of several rows stops at the one that fails: what lies on top is put there again without it.
        open.writes.length = before
        leave()
        throw error
      } finally {
        current = null
      }
    },
    commit(open: Open): void {
      if (top !== open) leave()
      if (open.writes.length === 0) return
      if (top === null) put(open)
      commit.run()
      top = null
    },
  }
}
