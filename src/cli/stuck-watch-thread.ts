// The thread of stuck-watch.ts. It counts its own looks and no time: a machine that was asleep is not stuck. Before it ends the
// process it asks the debugger of the other thread, which answers within a loop, too, at which line that is.
import { writeSync } from 'node:fs'
import { type Debugger, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

type Told = { readonly text: string; readonly end: string }
type Given = { readonly shared: Int32Array; readonly stuckMs: number; readonly left: Told }
const { shared, stuckMs, left } = workerData as Given
const looks = 20
/** One that does not answer is not waited for: nobody else is served meanwhile. */
const askMs = 5_000
const texts = new Map<number, Told>()
parentPort!.on('message', ({ number, ...told }: Told & { readonly number: number }) => void texts.set(number, told))

let turns = -1
let piece = 0
let still = 0
let isAsking = false
setInterval(() => {
  const [seen, runs] = [Atomics.load(shared, 0), Atomics.load(shared, 1)]
  still = seen === turns && runs === piece ? still + 1 : 0
  turns = seen
  piece = runs
  if (still < looks || isAsking) return
  still = 0
  if (piece === 0) askWhere((place) => place !== null && end(left, place))
  else {
    setTimeout(end, askMs, texts.get(piece), null)
    askWhere((place) => end(texts.get(piece), place))
  }
}, stuckMs / looks)

function end(told: Told | undefined, place: string | null): void {
  if (told !== undefined) writeSync(2, `${told.text}${place === null ? '' : ` (it is at ${place})`}${told.end}\n`)
  process.kill(process.pid, 'SIGKILL')
}

/** Where nobody is known to run, it may be long work of the engine, which goes on. */
function askWhere(answer: (place: string | null) => void): void {
  const session = new Session()
  session.connectToMainThread()
  isAsking = true
  const urls = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void urls.set(scriptId, url))
  session.on('Debugger.paused', ({ params }) => {
    // One that has turned since then is not stuck.
    const place = Atomics.load(shared, 0) === turns ? placeIn(params.callFrames, urls) : null
    answer(place)
    session.post('Debugger.resume', () => {
      session.disconnect()
      isAsking = false
    })
  })
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
