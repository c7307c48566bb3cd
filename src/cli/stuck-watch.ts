// Watches over what may never return: a loop without an end stops everything, and nothing within the process can stop it. A thread
// sees that the process no longer turns, says what runs and at which line, and ends it.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'

/** TypeScript in a clone, JavaScript in the package. */
const threadFile = `./stuck-watch-thread${extname(import.meta.url)}`

/** What is said of it: the line where it is stands between the two. */
export type StuckText = { readonly text: string; readonly end: string }

export type StuckWatch<T> = {
  /** What runs from now on; null for nothing that is known. */
  runs(what: T | null): void
  close(): void
}

/** `left`: said of code of a project that runs where nothing does that is watched. Null where somebody may hold the process in a debugger. */
export function startStuckWatch<T>(stuckMs: number, textOf: (what: T) => StuckText, left: StuckText): StuckWatch<T> | null {
  if ([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((word) => word.includes('--inspect'))) return null
  // How often the process has turned, and the number of what runs; 0 for nothing.
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const thread = new Worker(new URL(threadFile, import.meta.url), { workerData: { shared, stuckMs, left }, execArgv: [] })
  thread.unref()
  thread.on('error', () => {})
  const numbers = new Map<T, number>()
  let cancel = () => {}
  const turn = () => {
    Atomics.add(shared, 0, 1)
    cancel = systemClock.after(stuckMs / 20, turn)
  }
  turn()
  return {
    runs(what) {
      if (what === null) return void Atomics.store(shared, 1, 0)
      let number = numbers.get(what)
      if (number === undefined) {
        number = numbers.size + 1
        numbers.set(what, number)
        thread.postMessage({ number, ...textOf(what) })
      }
      Atomics.store(shared, 1, number)
    },
    close() {
      cancel()
      void thread.terminate()
    },
  }
}
