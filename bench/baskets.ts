/**
 * Owns `node bench/baskets.ts`: whole orders of 1, 10 and 100 lines with three discounts, and of one line without: of one product that all want,
 * and of any of 10,000 (of 200 in the stand-in for MongoDB). On each database, one after the other, in this machine's own servers.
 *
 * Usage: node bench/baskets.ts [--only sqlite,postgres] [--seconds N] [--rounds N] [--products N]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { DatabaseName } from '../test/support/databases.ts'
import { countOrders } from './counted-orders.ts'
import { chosenDatabases } from './databases-option.ts'
import { largeShop } from './kingpost/large-shop.ts'
import { readTraffic } from './kingpost/ours.ts'
import type { Basket } from './kingpost/purchase.ts'
import { runProgram, say, startDatabase } from './measure-databases.ts'
import { integerOption } from './options.ts'
import { type PreparedShop, prepareShop } from './order-turns.ts'
import { treeUsage, type Usage } from './proc.ts'
import type { Round } from './rounds.ts'
import { median } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'
import { costOf } from './transactions.ts'

type OrderRound = Round & { readonly orders: number; readonly p95Ms: number }
type Case = { readonly title: string; readonly basket: Basket }
type Measured = Case & { readonly rounds: readonly OrderRound[]; readonly perOrder: PerOrder }
/** Of the database's server, where there is one; statements are counted of SQLite in a run of their own. */
type PerOrder = { cpuUs?: number; writtenBytes?: number; roundTrips?: number; statements?: number }

const cases: readonly Case[] = [
  ...[1, 10, 100].map((lines) => ({ title: `${lines} lines, 3 discounts`, basket: { lines, isHot: false, hasCodes: true } })),
  { title: '1 line, of all products', basket: { lines: 1, isHot: false, hasCodes: false } },
  { title: '1 line, all the same', basket: { lines: 1, isHot: true, hasCodes: false } },
]
/** For counting statements: a shop's size is nothing to them. */
const SMALL_SHOP = 200
const COUNTED_ORDERS = 2
/** The stand-in for MongoDB looks through a whole collection for each record that it changes: with 10,000 products a shop is not even filled in ten minutes. */
const IN_STAND_IN = 200

process.exitCode = await runProgram(main)

async function main(): Promise<void> {
  const option = { type: 'string' } as const
  const { values } = parseArgs({ options: { only: option, seconds: option, rounds: option, products: option } })
  const size = {
    seconds: integerOption('seconds', values.seconds ?? '5', { min: 1, max: 60 }),
    rounds: integerOption('rounds', values.rounds ?? '3', { min: 1, max: 21 }),
    products: integerOption('products', values.products ?? '10000', { min: SMALL_SHOP, max: 100_000 }),
  }
  const before = loadavg()[0]!
  console.log(
    `Node ${process.version}, load average before ${before.toFixed(1)}; ${size.products} products, ${size.rounds} rounds of ${size.seconds} s\n`,
  )
  for (const name of chosenDatabases(values.only)) console.log(`${await measure(name, size)}\n`)
}

type Size = { readonly seconds: number; readonly rounds: number; readonly products: number }

async function measure(name: DatabaseName, { seconds, rounds, ...size }: Size): Promise<string> {
  const products = name === 'mongodb' ? Math.min(size.products, IN_STAND_IN) : size.products
  say(`${name}: ${products} products`)
  const { database, options } = await startDatabase(name)
  const program = largeShop(products, (count) => count % 1_000 === 0 && say(`${name}: ${count} products`))
  const shop = await prepareShop(program, seconds, { flow: 'one', hasKeys: false, ...options })
  const results = cases.map((one) => ({ ...one, rounds: [] as OrderRound[], used: [] as PerOrder[] }))
  for (let round = 1; round <= rounds; round++)
    for (const { title, basket, rounds: of, used } of results) {
      const before = await usage(shop, database?.pid())
      of.push((await shop.measure(basket)) as OrderRound)
      used.push(difference(before, await usage(shop, database?.pid()), of.at(-1)!.orders))
      say(`round ${round}/${rounds} ${name}, ${title}: ${Math.round(of.at(-1)!.rate)} orders/s`)
    }
  await shop.stop()
  await database?.stop()
  const measured: Measured[] = []
  for (const { used, ...one } of results) {
    const perOrder = Object.fromEntries(
      Object.keys(used[0]!).map((field) => [field, median(used.map((round) => round[field as keyof PerOrder]!))]),
    )
    measured.push({ ...one, perOrder: database === null ? { statements: await statementsOf(one.basket) } : perOrder })
  }
  return render(database === null ? 'SQLite' : `${database.product} ${database.version}`, measured)
}

async function statementsOf(basket: Basket): Promise<number> {
  say(`sqlite: counting statements of ${basket.lines} lines`)
  return costOf(await countOrders(largeShop(SMALL_SHOP), { orders: COUNTED_ORDERS, flow: 'one', hasKeys: false, basket }), COUNTED_ORDERS)
    .statements
}

async function usage({ server, staff }: PreparedShop, pid: number | undefined): Promise<PerOrder> {
  const used: Usage | undefined = pid === undefined ? undefined : treeUsage(pid)
  return { ...(await readTraffic(server.place, staff)), ...(used && { cpuUs: used.cpuUs, writtenBytes: used.writtenBytes }) }
}

function difference(before: PerOrder, after: PerOrder, orders: number): PerOrder {
  const fields = Object.keys(before) as (keyof PerOrder)[]
  return Object.fromEntries(fields.map((field) => [field, (after[field]! - before[field]!) / orders]))
}

function render(database: string, results: readonly Measured[]): string {
  const isServer = results.some(({ perOrder }) => perOrder.cpuUs !== undefined)
  const ofServer = isServer ? ["database's CPU us", "database's bytes", 'round trips'] : []
  const head = [database, 'orders /s', 'p50 ms', 'p95 ms', 'CPU us', 'bytes written', ...ofServer, 'statements']
  const rows = results.map(({ title, rounds, perOrder }) => {
    const of = (field: 'rate' | 'p50Ms' | 'p95Ms' | 'cpuUs' | 'writtenBytes') => median(rounds.map((round) => round[field] ?? Number.NaN))
    const { cpuUs = Number.NaN, writtenBytes = Number.NaN, roundTrips = Number.NaN, statements = Number.NaN } = perOrder
    return [
      title,
      formatDecimal(of('rate'), 1),
      formatDecimal(of('p50Ms'), 1),
      formatDecimal(of('p95Ms'), 1),
      formatCount(of('cpuUs')),
      formatCount(of('writtenBytes')),
      // MariaDB writes past what Linux counts of a process.
      ...(isServer ? [formatCount(cpuUs), formatCount(writtenBytes || Number.NaN), formatDecimal(roundTrips, 1)] : []),
      formatDecimal(statements, 1),
    ]
  })
  return renderTable(head, rows)
}
