// Whether the files that this process has open are still those of their names: a file that was deleted or replaced takes every write and
// keeps none, and one that was cut off has lost what lay behind. The system says nothing of either. Invariant: a commit is told to
// nobody before this has looked, after it.
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { EngineError } from '../../base/engine-error.ts'

type Seen = { readonly ino: bigint; readonly dev: bigint; readonly size: bigint }

/** @throws storage_unavailable, each time; `onLost` is told once, and again after the file was there in between */
export function createFileCheck(path: string, onLost: (sentence: string) => void = () => {}): () => void {
  const log = `${path}-wal`
  const [file, logFile] = [look(path), look(log)]
  let size = file?.size ?? 0n
  let isTold = false

  function fault(): string | null {
    const found = look(path)
    if (found === null) return 'was deleted or moved away'
    if (!isSame(found, file)) return 'was replaced by another file'
    if (logFile !== null && !isSame(look(log), logFile)) return 'has lost its write-ahead log (kingpost.db-wal)'
    // It becomes shorter by being written anew as well, also by a tool of the operator.
    if (found.size < size && !isWhole(path, found.size)) return 'was cut off'
    size = found.size
    return null
  }

  return () => {
    const found = fault()
    if (found === null) return void (isTold = false)
    if (!isTold) onLost(`${path} ${found} while this server runs on it. ${remedy}`)
    isTold = true
    throw new EngineError('storage_unavailable')
  }
}

const remedy = 'It stores nothing more and answers writes with 503: put the file back as it was, or stop the server and restore a backup.'

function look(path: string): Seen | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null
}

function isSame(a: Seen | null, b: Seen | null): boolean {
  return a?.ino === b?.ino && a?.dev === b?.dev
}

/** By a connection of its own: those that are open have pages in memory that the file has lost. */
function isWhole(path: string, size: bigint): boolean {
  // SQLite takes an empty file for a new database, and removes the log beside it.
  if (size === 0n) return false
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    const [found] = database.prepare('pragma quick_check(1)').all()
    database.close()
    return found?.['quick_check'] === 'ok'
  } catch {
    return false
  }
}
