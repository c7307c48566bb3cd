/**
 * Owns one measured round and the order of rounds. Servers take turns within every round, so that what the machine
 * does to one it does to the other a moment later.
 */
import type { ContenderName } from './options.ts'
import { readUsage } from './proc.ts'

/** What one round of one server gave. Costs are per unit of work (request, order); undefined where not measurable. */
export type Round = {
  readonly rate: number
  readonly errors: number
  readonly p50Ms?: number | undefined
  readonly p99Ms?: number | undefined
  readonly cpuUs?: number | undefined
  readonly deviceBytes?: number | undefined
  readonly writtenBytes?: number | undefined
  /** Of the payment provider, which is no part of the server. */
  readonly sandboxCpuUs?: number | undefined
  readonly generatorShare?: number | undefined
}

/** `storage` is what a whole order costs the database alone. */
export type TurnName = ContenderName | 'storage'
export type RoundsOf = Partial<Record<TurnName, Round[]>>
export type Turn = { readonly name: TurnName; measure(): Promise<Round> }

export async function takeTurns(turns: readonly Turn[], rounds: number, say: (line: string) => void): Promise<RoundsOf> {
  const results: RoundsOf = {}
  for (let round = 1; round <= rounds; round++) {
    for (const { name, measure } of turns) {
      const result = await measure()
      const list = results[name] ?? []
      results[name] = list
      list.push(result)
      say(`round ${round}/${rounds} ${name}: ${describeRound(result)}`)
    }
  }
  return results
}

/** Measures what a process used per unit of work while `run` ran, and beside it the CPU of the payment provider. */
export async function withCosts<Result extends { count: number }>(pid: number, run: () => Promise<Result>, sandboxPid?: number) {
  const cpuOfSandbox = () => (sandboxPid === undefined ? undefined : readUsage(sandboxPid)?.cpuUs)
  const before = readUsage(pid)
  const sandboxBefore = cpuOfSandbox()
  const result = await run()
  const after = readUsage(pid)
  const sandboxAfter = cpuOfSandbox()
  const per = (field: 'cpuUs' | 'deviceBytes' | 'writtenBytes') =>
    before === undefined || after === undefined ? undefined : (after[field] - before[field]) / result.count
  return {
    ...result,
    cpuUs: per('cpuUs'),
    deviceBytes: per('deviceBytes'),
    writtenBytes: per('writtenBytes'),
    sandboxCpuUs: sandboxBefore === undefined || sandboxAfter === undefined ? undefined : (sandboxAfter - sandboxBefore) / result.count,
  }
}

function describeRound({ rate, errors, cpuUs, p99Ms, generatorShare }: Round): string {
  const parts = [`${Math.round(rate)}/s`]
  if (cpuUs !== undefined) parts.push(`${cpuUs.toFixed(0)} us CPU`)
  if (p99Ms !== undefined) parts.push(`p99 ${p99Ms.toFixed(1)} ms`)
  if (errors > 0) parts.push(`${errors} ERRORS`)
  if (generatorShare !== undefined && generatorShare > 0.9) parts.push('the generator was at its own limit')
  return parts.join(', ')
}
