// When the write-ahead log goes back into the database's file, and where: on a thread, since it writes thousands of pages and
// waits for the disk, and whoever commits must not wait with it. Invariant: this decides nothing about durability. A commit is
// durable in the log; without a thread, or with one that is too slow, SQLite itself copies the log within a commit.
import { extname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

export type Checkpoints = {
  /** Called after each commit. */
  committed(): void
  /** Resolves when the thread and its connection are gone. */
  close(): Promise<void>
}

/** 16 MB of log: each page in it is copied once, however often it was written, and a start after a crash reads it in a moment. */
const logBytesUsual = 16_000_000
/** At so many times that size the thread cannot keep up, or is gone: then a commit copies it. */
const logsUntilInline = 4
/** Asking costs 8 us, a commit some hundreds: it is not asked more often, and while there is much room hardly ever. */
const commitsPerLookMin = 8

/** TypeScript in a clone, JavaScript in the package. */
const threadFile = `./checkpoint-thread${extname(import.meta.url)}`

/** `pages`: how long the log may become before it is copied. */
export function createCheckpoints(writer: DatabaseSync, path: string, pages: number = logBytesUsual / pageBytes(writer)): Checkpoints {
  writer.exec(`pragma wal_autocheckpoint=${Math.round(pages * logsUntilInline)}`)
  const ask = writer.prepare('pragma wal_checkpoint(noop)')
  let thread: Worker | null = null
  let isCopying = false
  /** Looked at behind the next commit: a copy ends at any time, also within a transaction of the writer, which then cannot be asked. */
  let isCopied = false
  let commits = 0
  let commitsPerLook = commitsPerLookMin
  /** At the last look. */
  let seen = 0
  /** What the last copy had to leave in the log because somebody read an older state. */
  let left = 0

  function logged(): number {
    const { log, checkpointed } = ask.get() as { readonly log: number; readonly checkpointed: number }
    // All copied: the next commit begins the log anew.
    return log === checkpointed ? 0 : log
  }

  /** A process that never fills the log has no thread. One that failed is not started again before the next copy is due. */
  function open(): Worker {
    const opened = new Worker(new URL(threadFile, import.meta.url), { workerData: { path } })
    opened.unref()
    const copied = () => {
      isCopying = false
      isCopied = true
    }
    opened.on('message', copied)
    opened.on('error', () => {
      thread = null
      copied()
    })
    return opened
  }

  return {
    committed() {
      if (isCopying || (++commits < commitsPerLook && !isCopied)) return
      const log = logged()
      if (isCopied) left = log
      isCopied = false
      const room = left + pages - log
      // Asked again when half of the room is used, should commits stay as they were. How they are, a log begun anew does not tell.
      const commitsPerPage = log > seen ? commits / (log - seen) : 0
      commitsPerLook = Math.max(commitsPerLookMin, Math.floor((room / 2) * commitsPerPage))
      commits = 0
      seen = log
      if (room > 0) return
      isCopying = true
      thread ??= open()
      thread.postMessage('copy')
    },
    async close() {
      const open = thread
      if (open === null) return
      // Being waited for, it keeps the process alive.
      open.ref()
      const ended = new Promise<void>((resolve) => void open.on('exit', () => resolve()))
      open.postMessage('close')
      await ended
    },
  }
}

function pageBytes(database: DatabaseSync): number {
  return database.prepare('pragma page_size').get()!['page_size'] as number
}
