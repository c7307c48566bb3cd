/** Owns measuring get, list and create: a filled server, its requests in a file, the load and what it cost. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Server, type StartOptions, sleep, startServer } from './children.ts'
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
  const { server, caller } = await startEmpty(contender, { nodeFlags })
  const filled = await fill(caller, rows)
  await checkAnswers(caller, filled)
  return { contender, server, caller, filled }
}

/** Started, with nothing in it, and a caller who is signed in. */
export async function startEmpty(contender: Contender, options: StartOptions = {}): Promise<Omit<Ready, 'filled'>> {
  const server = await startServer(contender, freshDir(contender.name), options)
  return { contender, server, caller: { port: server.place.port, headers: await contender.signIn(server.place) } }
}

type How = { readonly seconds: number; readonly generator: GeneratorName }

export function itemTurn(work: ItemWork, ready: Ready, how: How): Promise<Turn> {
  return requestTurn(ready, { name: work, requests: renderRequests(work, ready.caller, ready.filled) }, how)
}

/** Writes the requests, warms the server up with them, and answers how to measure one round. */
export async function requestTurn(
  { contender, server, caller }: Omit<Ready, 'filled'>,
  { name, requests }: { readonly name: string; readonly requests: string },
  how: How,
): Promise<Turn> {
  const requestsFile = join(freshDir(`${contender.name}-${name}`), 'requests')
  writeFileSync(requestsFile, requests)
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
