/**
 * Owns `npm run bench`: starts the limit and Kingpost side by side, lets them take turns, prints what came out.
 * It judges nothing by exit code: 0 unless something broke, 2 for wrong usage.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { ROOT, runProgram, type Server, sleep, startServer } from './children.ts'
import type { Contender } from './contender.ts'
import {
  checkAnswers,
  type Filled,
  fill,
  ITEM_WORKS,
  type ItemWork,
  renderRequests,
} from './items.ts'
import { type Caller, withConnections } from './json-client.ts'
import { openShop, ours, type Shop } from './kingpost/ours.ts'
import { limit } from './limit/limit.ts'
import { CONNECTIONS, generatorName, putLoad } from './load.ts'
import { type Options, parseOptions, USAGE, UsageError } from './options.ts'
import { readResidentMb } from './proc.ts'
import { type Results, renderReport, type Start } from './report.ts'
import { type Round, type Turn, takeTurns, withCosts } from './rounds.ts'
import type { ShopForShoppers, ShoppersResult } from './shoppers.ts'

/** Under the repository and not under the system's temporary folder: that may lie in memory, where a sync costs nothing. */
const DATA_DIR = join(ROOT, 'data', `bench-${process.pid}`)
const WARM_UP_SECONDS = 1
/** After a start: until what is done once has been done. */
const REST_MS = 2_000
/** Between turns, so that one server's left-over work does not fall into the other's round. */
const PAUSE_MS = 300
const ORDER_GROUP = 64
const ORDER_GRACE_MS = 120_000

type Ready = { contender: Contender; server: Server; caller: Caller; filled: Filled }

const say = (line: string) => console.error(line)

process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2))
    const contenders = [limit, ours].filter(({ name, entry }) => {
      if (!options.contenders.includes(name)) return false
      if (!existsSync(join(ROOT, entry))) say(`${name}: left out, ${entry} does not exist`)
      return existsSync(join(ROOT, entry))
    })
    const results = await measureAll(contenders, options)
    const machine = `${cpus().length} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}`
    const load = `${generatorName()}, ${CONNECTIONS} connections; ${options.rounds} rounds of ${options.seconds} s, medians`
    console.log(`${machine}\n${load}\n\n${renderReport(results)}`)
    if (options.jsonFile !== undefined)
      writeFileSync(options.jsonFile, JSON.stringify({ machine, load, ...results }, null, 2))
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    say(`${error.message}\n${USAGE}`)
    return 2
  } finally {
    rmSync(DATA_DIR, { recursive: true, force: true })
  }
}

async function measureAll(contenders: readonly Contender[], options: Options): Promise<Results> {
  const results: Results = { works: {}, starts: {} }
  if (options.works.includes('start')) {
    for (const contender of contenders)
      results.starts[contender.name] = await measureStarts(contender, options.rounds)
  }
  const itemWorks = ITEM_WORKS.filter((work) => options.works.includes(work))
  const withOrder = options.works.includes('order')
  const ready: Ready[] = []
  try {
    for (const contender of contenders) {
      if (itemWorks.length > 0) ready.push(await prepare(contender, options))
    }
    for (const work of itemWorks) {
      say(`${work}:`)
      const turns = await Promise.all(ready.map((one) => itemTurn(work, one, options.seconds)))
      results.works[work] = await takeTurns(turns, options.rounds, say)
    }
  } finally {
    for (const { server } of ready) await server.stop()
  }
  if (withOrder) {
    say('order:')
    results.works.order = await measureOrders(contenders, options)
  }
  return results
}

function freshDir(name: string): string {
  const dir = join(DATA_DIR, name)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  return dir
}

async function measureStarts(contender: Contender, rounds: number): Promise<Start[]> {
  const starts: Start[] = []
  for (let round = 1; round <= rounds; round++) {
    const server = await startServer(contender, freshDir(`${contender.name}-start`))
    await sleep(REST_MS)
    starts.push({ startMs: server.startMs, residentMb: readResidentMb(server.pid) })
    await server.stop()
    say(
      `start ${round}/${rounds} ${contender.name}: ${Math.round(server.startMs)} ms to the first answer`,
    )
  }
  return starts
}

async function prepare(contender: Contender, { rows }: Options): Promise<Ready> {
  say(`${contender.name}: starting, then ${rows} records`)
  const server = await startServer(contender, freshDir(contender.name))
  const caller = { port: server.place.port, headers: await contender.signIn(server.place) }
  const filled = await fill(caller, rows)
  await checkAnswers(caller, filled)
  return { contender, server, caller, filled }
}

async function itemTurn(
  work: ItemWork,
  { contender, server, caller, filled }: Ready,
  seconds: number,
): Promise<Turn> {
  const requestsFile = join(DATA_DIR, `${contender.name}-${work}.requests`)
  writeFileSync(requestsFile, renderRequests(work, caller, filled))
  const load = { port: caller.port, requestsFile }
  await putLoad({ ...load, seconds: WARM_UP_SECONDS })
  const measure = async (): Promise<Round> => {
    await sleep(PAUSE_MS)
    const result = await withCosts(server.pid, async () => {
      const done = await putLoad({ ...load, seconds })
      return { ...done, count: done.requests }
    })
    return { ...result, rate: result.requests / result.seconds }
  }
  return { name: contender.name, measure }
}

async function measureOrders(contenders: readonly Contender[], { rounds, seconds }: Options) {
  const turns: Turn[] = []
  if (contenders.includes(limit))
    turns.push({ name: 'limit', measure: () => measureOrderLimit(seconds) })
  if (!contenders.includes(ours)) return takeTurns(turns, rounds, say)
  const server = await startServer(ours, freshDir('ours-order'))
  try {
    const staff = await ours.signIn(server.place)
    const port = server.place.port
    let shop: Shop | undefined
    await withConnections({ port, headers: staff }, 1, async (send) => {
      shop = await openShop(send)
    })
    const shopping = { port, forShoppers: { shop: shop!, staff } }
    await goShopping(shopping, WARM_UP_SECONDS)
    turns.push({ name: 'ours', measure: () => measureOurOrders(server.pid, shopping, seconds) })
    return await takeTurns(turns, rounds, say)
  } finally {
    await server.stop()
  }
}

async function measureOrderLimit(seconds: number): Promise<Round> {
  const args = [
    '--seconds',
    String(seconds),
    '--groups',
    String(ORDER_GROUP),
    '--data-dir',
    freshDir('limit-order'),
    '--json',
  ]
  const printed = await runProgram(process.execPath, ['bench/limit/order.ts', ...args], {
    withinMs: seconds * 1_000 + ORDER_GRACE_MS,
  })
  const [result] = JSON.parse(printed)
  return { ...result, errors: 0 }
}

type Shopping = { port: number; forShoppers: ShopForShoppers }

async function measureOurOrders(pid: number, shopping: Shopping, seconds: number): Promise<Round> {
  await sleep(PAUSE_MS)
  const result = await withCosts(pid, async () => {
    const shopped = await goShopping(shopping, seconds)
    return { ...shopped, count: shopped.orders }
  })
  return { ...result, errors: 0, generatorShare: result.cpuShare }
}

async function goShopping(
  { port, forShoppers }: Shopping,
  seconds: number,
): Promise<ShoppersResult> {
  const printed = await runProgram(
    process.execPath,
    ['bench/shoppers.ts', String(port), String(seconds)],
    {
      withinMs: seconds * 1_000 + ORDER_GRACE_MS,
      env: { BENCH_SHOP: JSON.stringify(forShoppers) },
    },
  )
  return JSON.parse(printed)
}
