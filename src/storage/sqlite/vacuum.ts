// The database's file written anew, without what rows that are gone have left in it: SQLite marks their bytes as free and leaves
// them where they are, in pages, between the rows of a page and in the write-ahead log. On a thread with a connection of its own:
// reads go on meanwhile, and a write waits as it does for a migration. Invariant: no row is changed by it.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** TypeScript in a clone, JavaScript in the package. */
const threadFile = `./vacuum-thread${extname(import.meta.url)}`

export type Vacuums = {
  /** @throws Error where the disk is full, or a backup holds the file for long: the file is as it was then */
  run(): Promise<void>
  /** Resolves when none is under way. */
  settled(): Promise<unknown>
}

/** Of a database in memory there is nothing to write anew. */
export function createVacuums(path: string): Vacuums {
  let running: Promise<unknown> = Promise.resolve()
  return {
    async run() {
      if (path === ':memory:') return
      const one = vacuum(path)
      running = Promise.allSettled([running, one])
      await one
    },
    settled: () => running,
  }
}

async function vacuum(path: string): Promise<void> {
  const thread = new Worker(new URL(threadFile, import.meta.url), { workerData: { path } })
  await new Promise<void>((resolve, reject) => {
    thread.on('error', reject)
    thread.on('exit', (code) => (code === 0 ? resolve() : reject(new Error('The file of the database could not be written anew.'))))
  })
}
