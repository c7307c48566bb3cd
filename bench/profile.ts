/**
 * Owns finding out where the time goes: runs one kind of work with V8's sampling profiler on and prints the functions
 * that take the most time themselves. Only what was sampled during the measured round counts, not start and filling.
 *
 * Usage: node bench/profile.ts --case get|list|create|order [--server ours|limit] [--seconds N] [--top N]
 *        node bench/profile.ts --case order [--flow one|five] [--database postgres]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createDatabaseOf, type DatabaseName, databaseNames, type TestDatabase } from '../test/support/databases.ts'
import { killChildren, ROOT } from './children.ts'
import { type CpuProfile, selfTimes } from './cpu-profile.ts'
import { itemTurn, prepare } from './item-turns.ts'
import { ITEM_WORKS } from './items.ts'
import { ours } from './kingpost/ours.ts'
import { limit } from './limit/limit.ts'
import { handShop } from './limit/shop-program.ts'
import { bestGenerator } from './load.ts'
import { flowOption, integerOption, UsageError } from './options.ts'
import { prepareOurs, prepareShop } from './order-turns.ts'
import type { Turn } from './rounds.ts'
import { formatDecimal, renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const ROWS = 10_000
/** Below this share of the round a thread is left out: it did not take part. */
const BUSY_SHARE_MIN = 0.02

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'get' },
    server: { type: 'string', default: 'ours' },
    flow: { type: 'string', default: 'one' },
    database: { type: 'string', default: 'sqlite' },
    seconds: { type: 'string', default: '4' },
    top: { type: 'string', default: '25' },
  },
})
const seconds = integerOption('seconds', values.seconds, { min: 1, max: 60 })
const top = integerOption('top', values.top, { min: 1, max: 500 })
const way = { flow: flowOption(values.flow), hasKeys: false }
const database = databaseOf(values.database)
const contender = values.server === 'limit' ? limit : ours
for (const file of contender.needs) {
  if (!existsSync(join(ROOT, file))) throw new Error(`there is no ${file} yet`)
}

try {
  const profileDir = freshDir('profile')
  const flags = ['--cpu-prof', `--cpu-prof-dir=${profileDir}`]
  const databaseServer = await database?.startServer()
  const { stop, turn } = await prepareTurn(flags, await databaseServer?.createDatabase())
  const fromUs = nowUs()
  const { rate, cpuUs } = await turn.measure()
  const toUs = nowUs()
  await stop()
  await databaseServer?.stop()
  console.log(`${values.case} of ${contender.name}, profiled: ${Math.round(rate)}/s, ${formatDecimal(cpuUs, 0)} us CPU`)
  for (const file of readdirSync(profileDir)) printThread(profileDir, file, { fromUs, toUs })
} finally {
  killChildren()
}

function databaseOf(name: string): TestDatabase | null {
  if (name === 'sqlite') return null
  if (values.case !== 'order' || !databaseNames.includes(name as DatabaseName))
    throw new UsageError('--database goes with --case order, and knows sqlite, postgres, mariadb and mongodb')
  return createDatabaseOf(name as DatabaseName)
}

async function prepareTurn(flags: readonly string[], databaseUrl: string | undefined): Promise<{ stop(): Promise<void>; turn: Turn }> {
  if (values.case === 'order' && contender === limit) return prepareShop(handShop, seconds, { ...way, nodeFlags: flags })
  if (values.case === 'order')
    return prepareOurs(seconds, { ...way, nodeFlags: flags, ...(databaseUrl === undefined ? {} : { database: databaseUrl }) })
  const work = ITEM_WORKS.find((one) => one === values.case)
  if (work === undefined) throw new Error(`--case does not know "${values.case}"`)
  const ready = await prepare(contender, ROWS, flags)
  return {
    stop: () => ready.server.stop(),
    turn: await itemTurn(work, ready, { seconds, generator: bestGenerator() }),
  }
}

function printThread(dir: string, file: string, window: { fromUs: number; toUs: number }): void {
  const profile = JSON.parse(readFileSync(join(dir, file), 'utf8')) as CpuProfile
  const functions = selfTimes(profile, window)
  const busyUs = functions.reduce((sum, { selfUs }) => sum + selfUs, 0)
  if (busyUs < BUSY_SHARE_MIN * (window.toUs - window.fromUs)) return
  // CPU.<date>.<time>.<pid>.<thread>.<sequence>.cpuprofile
  console.log(`\nthread ${file.split('.')[4]}, busy ${formatDecimal(busyUs / 1e6, 1)} s`)
  const rows = functions
    .slice(0, top)
    .map(({ name, selfUs, share }) => [name, formatDecimal(share * 100, 1), formatDecimal(selfUs / 1_000, 0)])
  console.log(renderTable(['function', 'self %', 'self ms'], rows))
}

/** V8 stamps samples with the system's monotonic clock, which `hrtime` reads too. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}
