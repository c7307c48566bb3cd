/**
 * Owns `node bench/side-by-side.ts`: whole orders of another version and of this one on a database server, in turns. All shops run
 * throughout, each on a database of its own in one server, so that what the machine does to one it does to the next.
 *
 * Usage: node bench/side-by-side.ts --other FOLDER [--database postgres] [--seconds N] [--rounds N]
 * FOLDER is a clone of the other version with its packages installed. It buys with five requests, as all versions can; this one
 * buys with five, and with one for the whole cart.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { createDatabaseOf, databaseNames } from '../test/support/databases.ts'
import { ROOT } from './children.ts'
import { integerOption, UsageError } from './options.ts'
import { treeCpuUs } from './proc.ts'
import { median, pairedRatio } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'

/** What one shop says of one round; costs are of an order. */
type Round = {
  readonly orders: number
  readonly rate: number
  readonly cpuUs: number
  readonly p50Ms: number
  readonly roundTrips: number
  readonly statements: number
}
type Measured = Round & { readonly databaseCpuUs: number }
type Shop = { readonly title: string; readonly child: ChildProcess; measure(): Promise<Round>; readonly rounds: Measured[] }

const fields = ['rate', 'p50Ms', 'cpuUs', 'databaseCpuUs', 'roundTrips', 'statements'] as const

if (process.argv[2] === 'shop') await runShop()
else
  process.exitCode = await main().catch((error) => {
    console.error(error instanceof UsageError ? error.message : error)
    return error instanceof UsageError ? 2 : 1
  })

async function main(): Promise<number> {
  const option = { type: 'string' } as const
  const { values } = parseArgs({ options: { other: option, database: option, seconds: option, rounds: option } })
  const seconds = integerOption('seconds', values.seconds ?? '5', { min: 1, max: 60 })
  const rounds = integerOption('rounds', values.rounds ?? '5', { min: 1, max: 50 })
  const name = databaseNames.find((known) => known === (values.database ?? 'postgres'))
  if (values.other === undefined || name === undefined) throw new UsageError('say --other FOLDER, and a --database that there is')
  const before = loadavg()[0]!
  const database = await createDatabaseOf(name).startServer()
  const shops: Shop[] = []
  try {
    const open = async (title: string, root: string, flow: string) =>
      void shops.push(await openShop(title, [root, flow, String(seconds), await database.createDatabase()]))
    await open('other, five requests', resolve(values.other), 'five')
    await open('this, five requests', ROOT, 'five')
    await open('this, cart in one', ROOT, 'one')
    for (let round = 1; round <= rounds; round++)
      for (const shop of shops) {
        const cpuBefore = treeCpuUs(database.pid()) ?? Number.NaN
        const measured = await shop.measure()
        const databaseCpuUs = ((treeCpuUs(database.pid()) ?? Number.NaN) - cpuBefore) / measured.orders
        shop.rounds.push({ ...measured, databaseCpuUs })
        console.error(`round ${round}/${rounds} ${shop.title}: ${formatCount(measured.rate)} orders/s`)
      }
    const machine = `${database.product} ${database.version}, Node ${process.version}, load average before ${before.toFixed(1)}`
    console.log(`${machine}; ${rounds} rounds of ${seconds} s, medians\n\n${render(shops)}`)
    return 0
  } finally {
    for (const { child } of shops) child.stdin?.end()
    await Promise.all(shops.map(({ child }) => new Promise((done) => (child.exitCode === null ? child.once('close', done) : done(null)))))
    await database.stop()
  }
}

function render(shops: readonly Shop[]): string {
  const rates = shops.map(({ rounds }) => rounds.map(({ rate }) => rate))
  const head = ['shop', 'orders /s', 'of the other', 'p50 ms', 'CPU us', "database's CPU us", 'round trips', 'statements']
  const rows = shops.map(({ title, rounds }, index) => {
    const [rate, p50, cpu, databaseCpu, trips, statements] = fields.map((field) => median(rounds.map((round) => round[field])))
    const ratio = formatDecimal(pairedRatio(rates[index]!, rates[0]!), 2)
    const counts = [formatDecimal(trips, 1), formatDecimal(statements, 1)]
    return [title, formatCount(rate), ratio, formatDecimal(p50, 1), formatCount(cpu), formatCount(databaseCpu), ...counts]
  })
  return renderTable(head, rows)
}

/** A process of its own, since each version brings its own bench: it is this file again. */
async function openShop(title: string, words: readonly string[]): Promise<Shop> {
  const child = spawn(process.execPath, [import.meta.filename, 'shop', ...words], { cwd: words[0], stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const said = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${title}: it ended`)
    return value
  }
  await said()
  const measure = async (): Promise<Round> => {
    child.stdin.write('measure\n')
    return JSON.parse(await said())
  }
  return { title, child, measure, rounds: [] }
}

/** Says that it is ready, then answers each line with a round, until its input ends. */
async function runShop(): Promise<void> {
  const [root, flow, seconds, database] = process.argv.slice(3) as [string, string, string, string]
  const bench = async (name: string) => await import(join(root, 'bench', name))
  const [{ prepareOurs }, { readTraffic }] = [await bench('order-turns.ts'), await bench('kingpost/ours.ts')]
  // What an older version does not know of it has no effect there.
  const { server, turn, staff, stop = () => server.stop() } = await prepareOurs(Number(seconds), { flow, hasKeys: false, database })
  console.log('ready')
  for await (const _ of createInterface({ input: process.stdin })) {
    const before = await readTraffic(server.place, staff)
    const { orders, rate, cpuUs, p50Ms } = await turn.measure()
    const after = await readTraffic(server.place, staff)
    const per = (field: 'roundTrips' | 'statements') => (after[field] - before[field]) / orders
    console.log(
      JSON.stringify({ orders, rate, cpuUs, p50Ms, roundTrips: per('roundTrips'), statements: per('statements') } satisfies Round),
    )
  }
  await stop()
}
