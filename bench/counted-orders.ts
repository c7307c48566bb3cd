/**
 * Owns counting what an order asks of the database: one shopper buys a few times, one purchase after the other, so nothing shares a
 * commit and the figures are exact.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, sleep } from './children.ts'
import type { Counted } from './count-statements.ts'
import { withConnections } from './json-client.ts'
import { shopOnce, withKeys } from './kingpost/purchase.ts'
import { prepareShop, type ShopProgram } from './order-turns.ts'
import type { Way } from './shoppers.ts'
import { groupTransactions, type Transaction } from './transactions.ts'
import { freshDir } from './workspace.ts'

/** Nothing of an order takes longer than this to begin: the sandbox captures a card after 50 ms. */
const REST_MS = 500
const LOOKS_MAX = 4
const WARM_UP_SECONDS = 1

export async function countOrders(
  program: ShopProgram,
  { orders, database, ...way }: Way & { readonly orders: number; readonly database?: string | undefined },
): Promise<Transaction[]> {
  const file = join(freshDir(`statements-${program.name}`), 'statements.jsonl')
  const counting: ShopProgram = {
    ...program,
    command(place) {
      const { args, env } = program.command(place)
      return { args, env: { ...env, BENCH_STATEMENTS: file } }
    },
  }
  const nodeFlags = ['--import', join(ROOT, 'bench/count-statements.ts')]
  const { server, shop, stop } = await prepareShop(counting, WARM_UP_SECONDS, {
    ...way,
    nodeFlags,
    ...(database === undefined ? {} : { database }),
  })
  await untilAtRest(file)
  const from = readFileSync(file).length
  await withConnections({ port: server.place.port, headers: {} }, 1, async (send) => {
    for (let number = 0; number < orders; number++) {
      await shopOnce(way.hasKeys ? withKeys(send) : send, shop, { number, flow: way.flow, basket: way.basket })
      await untilAtRest(file)
    }
  })
  const lines = readFileSync(file).subarray(from).toString().trim().split('\n')
  await stop()
  return groupTransactions(lines.map((line) => JSON.parse(line) as Counted))
}

/**
 * Nobody may be asked whether an order is whole: that would be counted. It is when nothing is written for a while; with a database
 * server something always is, as time passes.
 */
async function untilAtRest(file: string): Promise<void> {
  const sizeOf = () => (existsSync(file) ? statSync(file).size : 0)
  for (let size = -1, left = LOOKS_MAX; size !== sizeOf() && left > 0; left--, await sleep(REST_MS)) size = sizeOf()
}
