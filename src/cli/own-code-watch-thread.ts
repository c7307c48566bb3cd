// The thread of own-code-watch.ts. It counts its own looks and no time: a machine that was asleep is not stuck.
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

const { shared, stuckMs } = workerData as { readonly shared: Int32Array; readonly stuckMs: number }
const looks = 20
const texts = new Map<number, string>()
parentPort!.on('message', ({ number, text }: { readonly number: number; readonly text: string }) => void texts.set(number, text))

let turns = -1
let still = 0
setInterval(() => {
  const now = Atomics.load(shared, 0)
  const piece = Atomics.load(shared, 1)
  still = now === turns && piece !== 0 ? still + 1 : 0
  turns = now
  if (still < looks) return
  const what = texts.get(piece) ?? 'Code of the project'
  writeSync(
    2,
    `${what} has not returned for ${stuckMs / 1_000} s, and nothing else could run: the process is ended, to be started again.\n`,
  )
  process.kill(process.pid, 'SIGKILL')
}, stuckMs / looks)
