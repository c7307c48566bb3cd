/**
 * Owns how the limit opens SQLite, and the group commit that its writes share.
 * Invariant: nobody is answered before the commit that holds the write has returned, with WAL and synchronous=FULL.
 */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'

const SYNCHRONOUS_FULL = 2
const CACHE_KIB = 65_536
/**
 * 16 MB of WAL before it is written back: a tenth more inserts than SQLite's own 1,000, at the same p99. With 10,000
 * there are no more of them and p99 grows by half.
 */
const CHECKPOINT_PAGES = 4_000

/** Opens (and creates) a database with full durability, and asserts that it has it. */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -${CACHE_KIB};
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  assert.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal')
  assert.equal(database.prepare('PRAGMA synchronous').get()?.synchronous, SYNCHRONOUS_FULL)
  return database
}

export type GroupCommit = {
  /** Runs the write with all that wait beside it; resolves after their common commit, rejects alone when it throws. */
  write<Result>(run: () => Result): Promise<Result>
}

type Waiting = { run(): unknown; resolve(result: unknown): void; reject(error: unknown): void }

/**
 * While a commit syncs, the event loop stands still and requests pile up in the sockets; the next turn reads them
 * all and they share the next sync. So groups grow with load by themselves, and a lone write waits for nobody.
 */
export function createGroupCommit(database: DatabaseSync): GroupCommit {
  const statements = prepareTransaction(database)
  let waiting: Waiting[] = []

  function flush(): void {
    const group = waiting
    waiting = []
    const answers: (() => void)[] = []
    try {
      statements.begin.run()
      // A lone write has nobody to be kept apart from.
      const isAlone = group.length === 1
      for (const { run, resolve, reject } of group) {
        if (!isAlone) statements.savepoint.run()
        try {
          const result = run()
          answers.push(() => resolve(result))
        } catch (error) {
          if (isAlone) throw error
          statements.undo.run()
          answers.push(() => reject(error))
        }
        if (!isAlone) statements.release.run()
      }
      statements.commit.run()
    } catch (error) {
      if (database.isTransaction) statements.rollback.run()
      for (const { reject } of group) reject(error)
      return
    }
    for (const answer of answers) answer()
  }

  return {
    write<Result>(run: () => Result): Promise<Result> {
      return new Promise<Result>((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ run, resolve: resolve as Waiting['resolve'], reject })
      })
    },
  }
}

export function prepareTransaction(database: DatabaseSync) {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    savepoint: database.prepare('SAVEPOINT one'),
    undo: database.prepare('ROLLBACK TO one'),
    release: database.prepare('RELEASE one'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
  }
}
