// The thread of vacuum.ts. The whole file goes through the write-ahead log, so that is copied into the file and cut to nothing at its
// end: what it held of before would lie in it until it is written over.
import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

const { path } = workerData as { readonly path: string }
const database = new DatabaseSync(path)
database.exec('pragma busy_timeout=5000; pragma synchronous=full')
database.exec('vacuum')
// A reader of an older state keeps its part of the log: it is asked again, for some seconds.
const cut = database.prepare('pragma wal_checkpoint(truncate)')
let isBusy = true
for (let tries = 0; isBusy && tries < 5; tries++) isBusy = (cut.get() as { readonly busy: number }).busy !== 0
database.close()
if (isBusy) throw new Error('The write-ahead log is still read by another program.')
