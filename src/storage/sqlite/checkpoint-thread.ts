// The thread of checkpoints.ts: for each message it copies the write-ahead log into the database's file, with a connection of its
// own, and answers. Invariant: it writes nothing of its own, so whatever becomes of it, no data does.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const { path } = workerData as { readonly path: string }
const database = new DatabaseSync(path)
// For the end of the log nobody may write meanwhile: who wants to, waits at most this long. The checkpoint syncs the file.
database.exec('pragma busy_timeout=50; pragma synchronous=full')
// Most of it beside the writers; then its end, so that the next writer begins the log anew.
const most = database.prepare('pragma wal_checkpoint(passive)')
const rest = database.prepare('pragma wal_checkpoint(restart)')

parentPort!.on('message', (word: 'copy' | 'close') => {
  if (word === 'close') {
    database.close()
    return parentPort!.close()
  }
  try {
    most.get()
    rest.get()
  } catch {
    // A full disk or a failing one: the log has it all, and the next writer meets the same and says so.
  }
  parentPort!.postMessage('done')
})
