// The database's file written anew, without what rows that are gone have left in it: SQLite marks their bytes as free and leaves
// them where they are, in pages, between the rows of a page and in the write-ahead log. On a thread with a connection of its own:
// reads go on meanwhile, and a write waits as it does for a migration. Invariant: no row is changed by it.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'

/** TypeScript in a clone, JavaScript in the package. */
const threadFile = `./vacuum-thread${extname(import.meta.url)}`

export type Vacuums = {
  /**
   * Answers 0 when it is done, or how long to wait until it may be: writes wait meanwhile, so it takes a small part of the time. A file so large that
   * they would wait for longer than they may is left as it is.
   * @throws Error where the disk is full, or a backup holds the file for long: the file is as it was then
   */
  run(): Promise<number>
  /** Resolves when none is under way. */
  settled(): Promise<unknown>
}

type VacuumParts = {
  readonly path: string
  /** How large the file is. */
  readonly bytes: () => number
  readonly clock: Clock
  readonly write?: (path: string) => Promise<void>
}

/** Of a database in memory there is nothing to write anew. */
export function createVacuums({ path, bytes, clock, write = vacuum }: VacuumParts): Vacuums {
  let running: Promise<unknown> | null = null
  let nextAt = Number.NEGATIVE_INFINITY

  async function once(): Promise<void> {
    const from = clock.monotonic()
    try {
      await write(path)
    } finally {
      running = null
      const tookMs = clock.monotonic() - from
      nextAt = tookMs < limits.vacuumShortMs ? from : clock.monotonic() + tookMs * limits.vacuumRestTimes
    }
  }

  return {
    async run() {
      if (path === ':memory:' || bytes() > limits.vacuumBytesMax) return 0
      // One that is under way may have passed what is gone by now.
      if (running !== null) return limits.vacuumShortMs
      const waitMs = nextAt - clock.monotonic()
      if (waitMs > 0) return waitMs
      const one = once()
      running = one.catch(() => {})
      await one
      return 0
    },
    settled: async () => await running,
  }
}

async function vacuum(path: string): Promise<void> {
  const thread = new Worker(new URL(threadFile, import.meta.url), { workerData: { path } })
  await new Promise<void>((resolve, reject) => {
    thread.on('error', reject)
    thread.on('exit', (code) => (code === 0 ? resolve() : reject(new Error('The file of the database could not be written anew.'))))
  })
}
