/**
 * Owns putting load on a server: 64 connections to 127.0.0.1, each sends its next request when the last is answered.
 * wrk does it where it is installed, else a generator of ours on bare sockets (`socket-load.ts`), which costs about
 * as much per request as a lean server. Both send the same bytes from the same file and print the same line.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runProgram } from './children.ts'
import type { GeneratorName } from './options.ts'
import { readUsage } from './proc.ts'

export const CONNECTIONS = 64

const WRK = '/usr/bin/wrk'
/** Time beyond the measured seconds for connecting, and for answers that are late. */
const GRACE_MS = 15_000

export type Load = {
  readonly port: number
  readonly requestsFile: string
  readonly seconds: number
  readonly generator: GeneratorName
}

export type LoadResult = {
  readonly requests: number
  readonly seconds: number
  readonly bytes: number
  readonly errors: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export function bestGenerator(): GeneratorName {
  return existsSync(WRK) ? 'wrk' : 'sockets'
}

/** `generatorShare` is the part of one core that the generator used: near 1 it was the limit, not the server. */
export async function putLoad(load: Load): Promise<LoadResult & { generatorShare: number | undefined }> {
  let cpuUs: number | undefined
  const startedMs = performance.now()
  let watchedMs = 0
  const printed = await runProgram(...command(load), {
    withinMs: load.seconds * 1_000 + GRACE_MS,
    env: { BENCH_REQUESTS: load.requestsFile },
    watch(pid) {
      cpuUs = readUsage(pid)?.cpuUs ?? cpuUs
      watchedMs = performance.now() - startedMs
    },
  })
  const result = JSON.parse(printed.trim().split('\n').at(-1)!) as LoadResult
  return { ...result, generatorShare: cpuUs === undefined ? undefined : cpuUs / 1_000 / watchedMs }
}

function command({ port, seconds, generator }: Load): [string, string[]] {
  if (generator === 'wrk') {
    const script = join(ROOT, 'bench/wrk/requests.lua')
    const shape = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}`, '-s', script]
    return [WRK, [...shape, `http://127.0.0.1:${port}/`]]
  }
  return [process.execPath, ['bench/socket-load.ts', String(port), String(seconds)]]
}
