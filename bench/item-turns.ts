/** Owns measuring get, list and create: a filled server, its requests in a file, the load and what it cost. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Server, sleep, startServer } from './children.ts'
import type { Contender } from './contender.ts'
import { checkAnswers, type Filled, fill, type ItemWork, renderRequests } from './items.ts'
import type { Caller } from './json-client.ts'
import { putLoad } from './load.ts'
import type { GeneratorName } from './options.ts'
import { type Turn, withCosts } from './rounds.ts'
import { freshDir } from './workspace.ts'

export const WARM_UP_SECONDS = 1
/** Between turns, so that one server's left-over work does not fall into the other's round. */
export const PAUSE_MS = 300

export type Ready = {
  readonly contender: Contender
  readonly server: Server
  readonly caller: Caller
  readonly filled: Filled
}

export async function prepare(contender: Contender, rows: number, nodeFlags: readonly string[] = []): Promise<Ready> {
  const server = await startServer(contender, freshDir(contender.name), { nodeFlags })
  const caller = { port: server.place.port, headers: await contender.signIn(server.place) }
  const filled = await fill(caller, rows)
  await checkAnswers(caller, filled)
  return { contender, server, caller, filled }
}

/** Writes the requests, warms the server up with them, and answers how to measure one round. */
export async function itemTurn(
  work: ItemWork,
  ready: Ready,
  how: { readonly seconds: number; readonly generator: GeneratorName },
): Promise<Turn> {
  const { contender, server, caller, filled } = ready
  const requestsFile = join(freshDir(`${contender.name}-${work}`), 'requests')
  writeFileSync(requestsFile, renderRequests(work, caller, filled))
  const load = { port: caller.port, requestsFile, ...how }
  await putLoad({ ...load, seconds: WARM_UP_SECONDS })
  return {
    name: contender.name,
    async measure() {
      await sleep(PAUSE_MS)
      const result = await withCosts(server.pid, async () => {
        const done = await putLoad(load)
        return { ...done, count: done.requests }
      })
      server.assertAlive()
      return { ...result, rate: result.requests / result.seconds }
    },
  }
}
