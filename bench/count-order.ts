/**
 * Owns `node bench/count-order.ts`: says what one order costs in statements and transactions, each of them written out.
 *
 * Usage: node bench/count-order.ts [--orders N] [--flow one|five] [--keys] [--full] [--server ours|limit] [--database postgres|mariadb|mysql]
 * `--flow five` fills the cart in four requests, where one is enough;
 * `--keys` sends an `Idempotency-Key` with each change, as our client does; `--full` cuts no statement short; `--server limit`
 * counts the same purchase written by hand; `--database` takes this machine's own server, and shows what travels together.
 */
import { parseArgs } from 'node:util'
import { createDatabaseOf, type DatabaseName, databaseNames } from '../test/support/databases.ts'
import { killChildren } from './children.ts'
import { countOrders } from './counted-orders.ts'
import { handShop } from './limit/shop-program.ts'
import { flowOption, integerOption, UsageError } from './options.ts'
import { ourShop } from './order-turns.ts'
import { renderCount } from './transactions.ts'

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '5' },
    full: { type: 'boolean', default: false },
    flow: { type: 'string', default: 'one' },
    keys: { type: 'boolean', default: false },
    server: { type: 'string', default: 'ours' },
    database: { type: 'string', default: 'sqlite' },
  },
})
const flow = flowOption(values.flow)
const orders = integerOption('orders', values.orders, { min: 1, max: 100 })

try {
  const program = values.server === 'limit' ? handShop : ourShop
  const database = values.database === 'sqlite' ? null : await createDatabaseOf(databaseOf(values.database)).startServer()
  const url = await database?.createDatabase()
  const counted = await countOrders(program, { orders, flow, hasKeys: values.keys, database: url })
  await database?.stop()
  console.log(renderCount(counted, orders, values.full))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
} finally {
  killChildren()
}

function databaseOf(word: string): DatabaseName {
  const name = databaseNames.find((one) => one === word)
  if (name === undefined || name === 'mongodb' || values.server === 'limit')
    throw new UsageError('--database knows sqlite, postgres, mariadb and mysql, and goes with ours')
  return name
}
