/**
 * Owns `node bench/databases.ts`: whole orders on each database, one after the other, in this machine's own servers.
 * There is no limit to compare with here; what a database costs is seen beside the embedded one, and in the round
 * trips of an order, which hold still where the rates do not.
 *
 * Usage: node bench/databases.ts [--only sqlite,postgres] [--flow one|five] [--seconds N] [--rounds N]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { DatabaseName } from '../test/support/databases.ts'
import type { Server } from './children.ts'
import { chosenDatabases } from './databases-option.ts'
import { readTraffic } from './kingpost/ours.ts'
import type { Flow } from './kingpost/purchase.ts'
import { runProgram, say, startDatabase } from './measure-databases.ts'
import { flowOption, integerOption } from './options.ts'
import { prepareOurs } from './order-turns.ts'
import { treeCpuUs } from './proc.ts'
import type { Round } from './rounds.ts'
import { median } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'

type OrderRound = Round & { readonly orders: number }
type Measured = { readonly title: string; readonly rounds: readonly OrderRound[]; readonly perOrder: PerOrder }
/** Of the server of the database: its CPU; of our process: its round trips. Undefined where there is no server. */
type PerOrder = { readonly serverCpuUs?: number; readonly roundTrips?: number; readonly statements?: number }

/** Of an order with its cart in one request, to a server of a database. */
const ROUND_TRIPS_MAX = 25

process.exitCode = await runProgram(main)

async function main(): Promise<void> {
  const option = { type: 'string' } as const
  const { values } = parseArgs({ options: { only: option, flow: option, seconds: option, rounds: option } })
  const flow = flowOption(values.flow ?? 'one')
  const seconds = integerOption('seconds', values.seconds ?? '8', { min: 1, max: 60 })
  const rounds = integerOption('rounds', values.rounds ?? '3', { min: 1, max: 21 })
  const before = loadavg()[0]!
  const results: Measured[] = []
  for (const name of chosenDatabases(values.only)) results.push(await measure(name, { flow, seconds, count: rounds }))
  console.log(`Node ${process.version}, load average before ${before.toFixed(1)}; ${rounds} rounds of ${seconds} s, medians\n`)
  console.log(render(results, flow))
}

type Size = { readonly flow: Flow; readonly seconds: number; readonly count: number }

async function measure(name: DatabaseName, { flow, seconds, count }: Size): Promise<Measured> {
  const { database, options } = await startDatabase(name)
  const { server, turn, staff, stop } = await prepareOurs(seconds, {
    flow,
    hasKeys: false,
    ...options,
  })
  const rounds: OrderRound[] = []
  const before = await used(server, staff, database?.pid())
  for (let round = 1; round <= count; round++) {
    rounds.push((await turn.measure()) as OrderRound)
    say(`round ${round}/${count} ${name}: ${Math.round(rounds.at(-1)!.rate)} orders/s`)
  }
  const after = await used(server, staff, database?.pid())
  await stop()
  await database?.stop()
  const orders = rounds.reduce((sum, round) => sum + round.orders, 0)
  const per = (field: keyof PerOrder) =>
    before[field] === undefined || after[field] === undefined ? {} : { [field]: (after[field] - before[field]) / orders }
  return {
    title: database === null ? 'SQLite' : `${database.product} ${database.version}`,
    rounds,
    perOrder: { ...per('serverCpuUs'), ...per('roundTrips'), ...per('statements') },
  }
}

async function used({ place }: Server, staff: Readonly<Record<string, string>>, pid: number | undefined): Promise<PerOrder> {
  const serverCpuUs = pid === undefined ? undefined : treeCpuUs(pid)
  return { ...(await readTraffic(place, staff)), ...(serverCpuUs === undefined ? {} : { serverCpuUs }) }
}

function render(results: readonly Measured[], flow: Flow): string {
  const head = [
    'database',
    'orders /s',
    'p50 ms',
    'p99 ms',
    'settled after ms',
    'CPU us',
    "database's CPU us",
    'round trips',
    'at most',
    '',
    'statements',
  ]
  const rows = results.map(({ title, rounds, perOrder }) => {
    const of = (field: keyof Round | 'settleMs') => median(rounds.map((round) => (round as Record<string, number>)[field] ?? Number.NaN))
    return [
      title,
      formatCount(of('rate')),
      formatDecimal(of('p50Ms'), 1),
      formatDecimal(of('p99Ms'), 1),
      formatCount(of('settleMs')),
      formatCount(of('cpuUs')),
      formatCount(perOrder.serverCpuUs ?? Number.NaN),
      formatDecimal(perOrder.roundTrips, 1),
      ...(flow === 'one' && perOrder.roundTrips !== undefined
        ? [String(ROUND_TRIPS_MAX), perOrder.roundTrips <= ROUND_TRIPS_MAX ? 'kept' : 'MISSED']
        : ['', '']),
      formatDecimal(perOrder.statements ?? Number.NaN, 1),
    ]
  })
  return `Per order:\n\n${renderTable(head, rows)}`
}
