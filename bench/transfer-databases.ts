/**
 * Owns `node bench/transfer-databases.ts`: transfers between two of 10,000 accounts on each database, one database after the other,
 * in this machine's own servers, by 64 connections. What stands in for MongoDB looks through all accounts for each: give it fewer.
 * Accounts are chosen evenly, and by Zipf's law with exponent 1.5, where most transfers want the same few. A refusal is counted, and
 * the sum of all accounts is checked at the end of each.
 *
 * Usage: node bench/transfer-databases.ts [--only sqlite,postgres] [--seconds N] [--rounds N] [--accounts N]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { DatabaseName } from '../test/support/databases.ts'
import { chosenDatabases } from './databases-option.ts'
import { requestTurn, startEmpty } from './item-turns.ts'
import { ours, readTraffic, signInStaff } from './kingpost/ours.ts'
import { bestGenerator } from './load.ts'
import { runProgram, say, startDatabase } from './measure-databases.ts'
import { integerOption } from './options.ts'
import { treeCpuUs } from './proc.ts'
import { type Round, takeTurns } from './rounds.ts'
import { median } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'
import { ACCOUNT_COUNT, type Choice, checkTotal, openAccounts, renderTransfers } from './transfers.ts'

type Measured = {
  readonly title: string
  readonly choice: Choice
  readonly rounds: readonly Round[]
  /** For each transfer, warming up included. */
  readonly roundTrips: number | undefined
  readonly databaseCpuUs: number | undefined
}

process.exitCode = await runProgram(main)

async function main(): Promise<void> {
  const option = { type: 'string' } as const
  const { values } = parseArgs({ options: { only: option, seconds: option, rounds: option, accounts: option } })
  const size = {
    seconds: integerOption('seconds', values.seconds ?? '4', { min: 1, max: 60 }),
    rounds: integerOption('rounds', values.rounds ?? '3', { min: 1, max: 21 }),
    accounts: integerOption('accounts', values.accounts ?? String(ACCOUNT_COUNT), { min: 2, max: ACCOUNT_COUNT }),
  }
  const results: Measured[] = []
  for (const name of chosenDatabases(values.only)) {
    const before = loadavg()[0]!
    results.push(...(await measure(name, size)))
    say(`${name}: load average before ${before.toFixed(1)}, after ${loadavg()[0]!.toFixed(1)}`)
  }
  console.log(`Node ${process.version}, ${size.accounts} accounts; ${size.rounds} rounds of ${size.seconds} s, medians\n`)
  console.log(render(results))
}

type Size = { readonly seconds: number; readonly rounds: number; readonly accounts: number }

async function measure(name: DatabaseName, { seconds, rounds, accounts: count }: Size): Promise<Measured[]> {
  const { database, options } = await startDatabase(name)
  const bank = await startEmpty(ours, options)
  const staff = await signInStaff(bank.server.place)
  const accounts = await openAccounts(bank.caller, count)
  const used = async () => ({
    trips: (await readTraffic(bank.server.place, staff))?.roundTrips,
    cpuUs: database === null ? undefined : treeCpuUs(database.pid()),
  })
  const measured: Measured[] = []
  for (const choice of ['even', 'zipf'] as const) {
    const requests = renderTransfers(choice, bank.caller, accounts)
    const turn = await requestTurn(bank, { name: `transfer-${name}-${choice}`, requests }, { seconds, generator: bestGenerator() })
    const before = await used()
    const { ours: found = [] } = await takeTurns([turn], rounds, (line) => say(`${name}, ${choice}: ${line}`))
    const after = await used()
    const transfers = found.reduce((sum, { rate }) => sum + rate * seconds, 0)
    const per = (early: number | undefined, late: number | undefined) =>
      early === undefined || late === undefined ? undefined : (late - early) / transfers
    const title = database === null ? 'SQLite' : `${database.product} ${database.version}`
    const costs = { roundTrips: per(before.trips, after.trips), databaseCpuUs: per(before.cpuUs, after.cpuUs) }
    measured.push({ title, choice, rounds: found, ...costs })
  }
  await checkTotal(bank.caller, count)
  await bank.server.stop()
  await database?.stop()
  return measured
}

function render(results: readonly Measured[]): string {
  const head = ['database', 'accounts', 'transfers /s', 'refused', 'p50 ms', 'p99 ms', 'CPU us', "database's CPU us", 'round trips']
  const rows = results.map(({ title, choice, rounds, roundTrips, databaseCpuUs }) => {
    const of = (field: keyof Round) => median(rounds.map((round) => round[field] ?? Number.NaN))
    return [
      title,
      choice === 'even' ? 'even' : 'Zipf 1.5',
      formatCount(of('rate')),
      formatCount(rounds.reduce((sum, { errors }) => sum + errors, 0)),
      formatDecimal(of('p50Ms'), 1),
      formatDecimal(of('p99Ms'), 1),
      formatCount(of('cpuUs')),
      formatCount(databaseCpuUs ?? Number.NaN),
      formatDecimal(roundTrips, 1),
    ]
  })
  return `Per transfer:\n\n${renderTable(head, rows)}`
}
