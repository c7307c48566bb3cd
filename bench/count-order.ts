/**
 * Owns `node bench/count-order.ts`: says what one order costs in statements and transactions, each of them written out.
 *
 * Usage: node bench/count-order.ts [--orders N] [--keys] [--full] [--server ours|limit]
 * `--keys` sends an `Idempotency-Key` with each change, as our client does; `--full` cuts no statement short; `--server limit`
 * counts the same purchase written by hand.
 */
import { parseArgs } from 'node:util'
import { killChildren } from './children.ts'
import { countOrders } from './counted-orders.ts'
import { handShop } from './limit/shop-program.ts'
import { integerOption } from './options.ts'
import { ourShop } from './order-turns.ts'
import { renderCount } from './transactions.ts'

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '5' },
    full: { type: 'boolean', default: false },
    keys: { type: 'boolean', default: false },
    server: { type: 'string', default: 'ours' },
  },
})
const orders = integerOption('orders', values.orders, { min: 1, max: 100 })

try {
  const program = values.server === 'limit' ? handShop : ourShop
  console.log(renderCount(await countOrders(program, { orders, hasKeys: values.keys }), orders, values.full))
} finally {
  killChildren()
}
