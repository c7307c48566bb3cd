/**
 * Owns reading a V8 CPU profile (`.cpuprofile`): time spent in each function itself, what it called left out.
 */

/** The parts of the format that are read here: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export type SelfTime = { readonly name: string; readonly selfUs: number; readonly share: number }

/** What V8 reports when no function runs; not work, so the shares leave it out. */
const IDLE = '(idle)'

/**
 * Functions by self time, most first, within a window of V8's own clock (microseconds). Shares are of all busy time in the window.
 */
export function selfTimes(profile: CpuProfile, window: { fromUs: number; toUs: number }): SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, describeFrame(callFrame)]))
  const selfUs = new Map<string, number>()
  let busyUs = 0
  let atUs = profile.startTime
  for (const [index, id] of profile.samples.entries()) {
    atUs += profile.timeDeltas[index] ?? 0
    // What was seen at one sample is taken to have run until the next one.
    const tookUs = profile.timeDeltas[index + 1] ?? 0
    const name = names.get(id) ?? '(unknown)'
    if (atUs < window.fromUs || atUs > window.toUs || name === IDLE) continue
    busyUs += tookUs
    selfUs.set(name, (selfUs.get(name) ?? 0) + tookUs)
  }
  return [...selfUs].map(([name, us]) => ({ name, selfUs: us, share: us / busyUs })).sort((a, b) => b.selfUs - a.selfUs)
}

function describeFrame(frame: CpuProfile['nodes'][number]['callFrame']): string {
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName
  if (frame.url === '') return name
  return `${name} ${shortUrl(frame.url)}:${frame.lineNumber + 1}`
}

/** `src/http/router.ts`, `fastify/lib/reply.js`, `node:net`: enough to find it. */
function shortUrl(url: string): string {
  const dependency = url.lastIndexOf('/node_modules/')
  if (dependency >= 0) return url.slice(dependency + '/node_modules/'.length)
  const own = /\/((?:src|bench)\/.*)$/.exec(url)
  return own?.[1] ?? url
}
