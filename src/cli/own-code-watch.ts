// Watches over code of a project that never returns: a loop without an end stops everything, and nothing within the process can
// stop it. A thread sees that the process no longer turns, says whose code runs, and ends it: nothing that was acknowledged is lost,
// what was under way is undone, and whoever keeps the process running starts it again.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { named, onOwnCode, type Piece } from '../extend/own-code.ts'

/** TypeScript in a clone, JavaScript in the package. */
const threadFile = `./own-code-watch-thread${extname(import.meta.url)}`

/** Not where somebody may hold the process in a debugger. */
export function watchOwnCode(stuckMs: number = limits.ownCodeStuckMs): { close(): void } {
  if ([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((word) => word.includes('--inspect'))) return { close() {} }
  // How often the process has turned, and the number of the piece that runs; 0 for none.
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const thread = new Worker(new URL(threadFile, import.meta.url), { workerData: { shared, stuckMs }, execArgv: [] })
  thread.unref()
  thread.on('error', () => {})
  const numbers = new Map<Piece, number>()
  onOwnCode((piece) => {
    if (piece === null) return void Atomics.store(shared, 1, 0)
    let number = numbers.get(piece)
    if (number === undefined) {
      number = numbers.size + 1
      numbers.set(piece, number)
      thread.postMessage({ number, text: named(piece) })
    }
    Atomics.store(shared, 1, number)
  })
  let cancel = () => {}
  const turn = () => {
    Atomics.add(shared, 0, 1)
    cancel = systemClock.after(stuckMs / 20, turn)
  }
  turn()
  return {
    close() {
      cancel()
      onOwnCode(() => {})
      void thread.terminate()
    },
  }
}
