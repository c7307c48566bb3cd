/**
 * Thousands of live clients on one process, on sockets, while changes are written at a steady pace: prints how long deliveries
 * took, the memory of a client and the processor time of the server.
 * Run it: `node bench/live.ts [--clients 10000] [--rate 100] [--seconds 10] [--mix one,hundred,accounts,teams]`.
 */
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killChildren, runProgram, startServer } from './children.ts'
import { liveServer, makeLiveWorld } from './kingpost/live-world.ts'
import type { LiveResult, LiveTask } from './live-clients.ts'
import { MIXES, type MixName, mixOf } from './live-mixes.ts'
import { integerOption, UsageError } from './options.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const WITHIN_MS = 280_000

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    mix: { type: 'string', default: MIXES.join() },
  },
})
const clients = integerOption('clients', values.clients, { min: 10, max: 10_000 })
const rate = integerOption('rate', values.rate, { min: 1, max: 10_000 })
const seconds = integerOption('seconds', values.seconds, { min: 1, max: 120 })
const mixes = values.mix.split(',').map((name) => {
  if (!MIXES.includes(name as MixName)) throw new UsageError(`--mix does not know "${name}"`)
  return name as MixName
})

try {
  const dataDir = freshDir('live')
  const accounts = join(freshDir('live-accounts'), 'accounts.json')
  await makeLiveWorld(dataDir, clients, accounts)
  const rows: string[][] = []
  for (const mix of mixes) rows.push(await measure(mix, dataDir, accounts))
  console.log(`${clients} clients, ${rate} changes/s for ${seconds} s; load average at the end ${loadavg()[0]!.toFixed(1)}`)
  const heading = ['clients watch', 'deliveries', 'missing', 'p50 ms', 'p99 ms', 'bytes a client', 'after', 'server CPU', "clients' CPU"]
  console.log(renderTable(heading, rows))
} finally {
  killChildren()
}

async function measure(mix: MixName, dataDir: string, accounts: string): Promise<string[]> {
  const server = await startServer(liveServer, dataDir)
  const task: LiveTask = { port: server.place.port, pid: server.pid, accounts, mix, clients, rate, seconds }
  const printed = await runProgram(process.execPath, ['bench/live-clients.ts', JSON.stringify(task)], { withinMs: WITHIN_MS })
  server.assertAlive()
  await server.stop()
  const result = JSON.parse(printed) as LiveResult
  console.error(`${mix}: ${printed}`)
  return [
    mixOf(mix, []).title,
    formatCount(result.deliveries),
    formatCount(result.missing),
    formatDecimal(result.p50Ms, 1),
    formatDecimal(result.p99Ms, 1),
    formatCount(result.bytesPerClient),
    formatCount(result.bytesPerClientAfter),
    formatDecimal(result.serverCpu, 2),
    formatDecimal(result.clientsCpu, 2),
  ]
}
