/**
 * Owns `node bench/count-order.ts`: what one order costs in statements and transactions. One shopper buys a few times, one
 * purchase after the other, so nothing shares a commit and the figures are exact.
 *
 * Usage: node bench/count-order.ts [--orders N] [--keys] [--full]
 * `--keys` sends an `Idempotency-Key` with each change, as our client does; `--full` cuts no statement short.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killChildren, ROOT, sleep } from './children.ts'
import type { Counted } from './count-statements.ts'
import { withConnections } from './json-client.ts'
import { shopOnce, withKeys } from './kingpost/ours.ts'
import { integerOption } from './options.ts'
import { prepareOurs } from './order-turns.ts'
import { groupTransactions, renderCount } from './transactions.ts'
import { freshDir } from './workspace.ts'

/** Nothing of an order takes longer than this to begin: the sandbox captures a card after 50 ms. */
const REST_MS = 500
const WARM_UP_SECONDS = 1

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '5' },
    full: { type: 'boolean', default: false },
    keys: { type: 'boolean', default: false },
  },
})
const orders = integerOption('orders', values.orders, { min: 1, max: 100 })

try {
  const file = join(freshDir('statements'), 'statements.jsonl')
  process.env.BENCH_STATEMENTS = file
  const { server, shop, stop } = await prepareOurs(WARM_UP_SECONDS, { nodeFlags: ['--import', join(ROOT, 'bench/count-statements.ts')] })
  await untilAtRest(file)
  const from = readFileSync(file).length
  await withConnections({ port: server.place.port, headers: {} }, 1, async (send) => {
    for (let number = 0; number < orders; number++) {
      await shopOnce(values.keys ? withKeys(send) : send, shop, number)
      await untilAtRest(file)
    }
  })
  const lines = readFileSync(file).subarray(from).toString().trim().split('\n')
  await stop()
  const counted = lines.map((line) => JSON.parse(line) as Counted)
  console.log(renderCount(groupTransactions(counted), orders, values.full))
} finally {
  killChildren()
}

/** Nobody may be asked whether an order is whole: that would be counted. It is when nothing is written for a while. */
async function untilAtRest(file: string): Promise<void> {
  const sizeOf = () => (existsSync(file) ? statSync(file).size : 0)
  for (let size = -1; size !== sizeOf(); await sleep(REST_MS)) size = sizeOf()
}
