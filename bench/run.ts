/**
 * Owns `npm run bench`: starts the limit and Kingpost side by side, lets them take turns, prints what came out.
 * It judges nothing by exit code: 0 unless something broke, 2 for wrong usage.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { killChildren, ROOT, sleep, startServer } from './children.ts'
import type { Contender } from './contender.ts'
import { countOrders } from './counted-orders.ts'
import { itemTurn, prepare, type Ready, requestTurn, startEmpty } from './item-turns.ts'
import { ITEM_WORKS } from './items.ts'
import { demo, ours } from './kingpost/ours.ts'
import type { Flow } from './kingpost/purchase.ts'
import { limit } from './limit/limit.ts'
import { handShop } from './limit/shop-program.ts'
import { bestGenerator, CONNECTIONS } from './load.ts'
import { type ContenderName, type Options, parseOptions, USAGE, UsageError } from './options.ts'
import { ourShop, prepareOrderTurns } from './order-turns.ts'
import { readResidentMb } from './proc.ts'
import { type Counts, ORDER_WORKS, type OrderWork, type Results, renderReport, type Start } from './report.ts'
import { type Turn, takeTurns } from './rounds.ts'
import { costOf } from './transactions.ts'
import { checkTotal, openAccounts, renderTransfers } from './transfers.ts'
import { freshDir } from './workspace.ts'

/** After a start, before memory is read: what is done once has been done by then. */
const REST_MS = 2_000
const COUNTED_ORDERS = 3

const say = (line: string) => console.error(line)

process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2))
    const contenders = [limit, ours].filter((one) => isThere(one, options))
    const others = `load average before ${loadavg()[0]!.toFixed(1)}`
    const results = await measureAll(contenders, options)
    const model = cpus()[0]?.model ?? 'unknown processor'
    const machine = `${cpus().length} x ${model}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}, ${others}`
    const load = `${options.generator ?? bestGenerator()}, ${CONNECTIONS} connections; ${options.rounds} rounds of ${options.seconds} s, medians`
    console.log(`${machine}\n${load}\n\n${renderReport(results)}`)
    if (options.jsonFile !== undefined) {
      writeFileSync(options.jsonFile, `${JSON.stringify({ machine, load, ...results }, null, 2)}\n`)
    }
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      say(`${error.message}\n${USAGE}`)
      return 2
    }
    say(`broken: ${error instanceof Error ? error.stack : error}`)
    return 1
  } finally {
    killChildren()
  }
}

function isThere({ name, needs }: Contender, options: Options): boolean {
  if (!options.contenders.includes(name)) return false
  const missing = needs.filter((file) => !existsSync(join(ROOT, file)))
  if (missing.length > 0) say(`${name}: left out, there is no ${missing.join(', no ')} yet`)
  return missing.length === 0
}

async function measureAll(contenders: readonly Contender[], options: Options): Promise<Results> {
  const results: Results = { works: {}, starts: {} }
  if (options.works.includes('start')) {
    for (const contender of contenders) {
      results.starts[contender.name] = await measureStarts(contender === ours ? demo : contender, options.rounds)
    }
  }
  await measureItems(contenders, options, results)
  if (options.works.includes('transfer')) await measureTransfers(contenders, options, results)
  const names = contenders.map(({ name }) => name)
  for (const { work, title, flow, hasKeys } of ORDER_WORKS) {
    if (!options.works.includes(hasKeys ? 'keys' : 'order') || !options.flows.includes(flow)) continue
    say(`${title}:`)
    const { turns, stop } = await prepareOrderTurns(names, options.seconds, { flow, hasKeys })
    results.works[work] = await takeTurns(turns, options.rounds, say)
    await stop()
  }
  if (options.works.includes('count')) results.counts = await countAll(names, options.flows)
  return results
}

async function measureItems(
  contenders: readonly Contender[],
  { works, rows, seconds, rounds, generator = bestGenerator() }: Options,
  results: Results,
): Promise<void> {
  // Creating grows the table, so it comes last.
  const chosen = ITEM_WORKS.filter((work) => works.includes(work))
  if (chosen.length === 0) return
  const ready: Ready[] = []
  for (const contender of contenders) {
    say(`${contender.name}: starting, putting in ${rows} records`)
    ready.push(await prepare(contender, rows))
  }
  for (const work of chosen) {
    say(`${work}:`)
    const turns: Turn[] = []
    for (const one of ready) turns.push(await itemTurn(work, one, { seconds, generator }))
    results.works[work] = await takeTurns(turns, rounds, say)
  }
  for (const { server } of ready) await server.stop()
}

async function measureTransfers(
  contenders: readonly Contender[],
  { seconds, rounds, generator = bestGenerator() }: Options,
  { works }: Results,
): Promise<void> {
  const banks = []
  for (const contender of contenders) {
    say(`${contender.name}: starting, opening accounts`)
    const empty = await startEmpty(contender)
    banks.push({ ...empty, accounts: await openAccounts(empty.caller) })
  }
  for (const choice of ['even', 'zipf'] as const) {
    say(`transfer, ${choice}:`)
    const turns: Turn[] = []
    for (const bank of banks) {
      const requests = renderTransfers(choice, bank.caller, bank.accounts)
      turns.push(await requestTurn(bank, { name: choice, requests }, { seconds, generator }))
    }
    works[choice === 'even' ? 'transferEven' : 'transferZipf'] = await takeTurns(turns, rounds, say)
  }
  for (const { caller, server } of banks) {
    await checkTotal(caller)
    await server.stop()
  }
}

async function countAll(names: readonly ContenderName[], flows: readonly Flow[]): Promise<Counts> {
  const counts: Counts = {}
  for (const { work, title, flow, hasKeys } of ORDER_WORKS.filter((one) => flows.includes(one.flow))) {
    const cost: Counts[OrderWork] = {}
    for (const program of [handShop, ourShop].filter(({ name }) => names.includes(name))) {
      say(`count: ${COUNTED_ORDERS} orders of ${program.name}, ${title}`)
      cost[program.name] = costOf(await countOrders(program, { orders: COUNTED_ORDERS, flow, hasKeys }), COUNTED_ORDERS)
    }
    counts[work] = cost
  }
  return counts
}

async function measureStarts(contender: Contender, rounds: number): Promise<Start[]> {
  const starts: Start[] = []
  for (let round = 1; round <= rounds; round++) {
    const server = await startServer(contender, freshDir(`${contender.name}-start`))
    await sleep(REST_MS)
    starts.push({ startMs: server.startMs, residentMb: readResidentMb(server.pid) })
    await server.stop()
    say(`start ${round}/${rounds} ${contender.name}: ${Math.round(server.startMs)} ms`)
  }
  return starts
}
