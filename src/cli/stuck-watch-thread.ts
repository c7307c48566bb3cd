// The thread of stuck-watch.ts. It counts its own looks and no time: a machine that was asleep is not stuck. Before it ends the
// process it asks the debugger of the other thread, which answers within a loop, too, at which line that is.
import { writeSync } from 'node:fs'
import { type Debugger, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

const { shared, stuckMs } = workerData as { readonly shared: Int32Array; readonly stuckMs: number }
const looks = 20
/** One that does not answer is not waited for: nobody else is served meanwhile. */
const askMs = 5_000
type Told = { readonly text: string; readonly end: string }
const texts = new Map<number, Told>()
parentPort!.on('message', ({ number, ...told }: Told & { readonly number: number }) => void texts.set(number, told))

let turns = -1
let still = 0
const looking = setInterval(() => {
  const now = Atomics.load(shared, 0)
  const piece = Atomics.load(shared, 1)
  still = now === turns && piece !== 0 ? still + 1 : 0
  turns = now
  if (still < looks) return
  clearInterval(looking)
  const end = (place: string | null) => {
    const told = texts.get(piece)
    if (told !== undefined) writeSync(2, `${told.text}${place === null ? '' : ` (it is at ${place})`}${told.end}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
  setTimeout(end, askMs, null)
  askWhere(end)
}, stuckMs / looks)

function askWhere(answer: (place: string | null) => void): void {
  const session = new Session()
  session.connectToMainThread()
  const urls = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void urls.set(scriptId, url))
  session.on('Debugger.paused', ({ params }) => answer(placeIn(params.callFrames, urls)))
  session.post('Debugger.enable')
  session.post('Debugger.pause')
}

/** The innermost call in a file of the project. */
function placeIn(frames: readonly Debugger.CallFrame[], urls: ReadonlyMap<string, string>): string | null {
  const ours = new URL('..', import.meta.url).href
  for (const { location } of frames) {
    const url = urls.get(location.scriptId) ?? ''
    const isOwn = url.startsWith('file:') && !url.startsWith(ours) && !url.includes('/node_modules/')
    if (isOwn) return `${fileURLToPath(url)}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`
  }
  return null
}
