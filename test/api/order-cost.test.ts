// What a whole order asks of the database, from the cart to the mail, with a key on each change: as much as it did when this was
// written, and no more unseen. `node bench/count-order.ts --keys` says what it is.
// databases: sqlite, postgres, mariadb, mysql
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { type Counted, countStatements } from '../../bench/count-statements.ts'
import { costOf, groupTransactions, type OrderCost } from '../../bench/transactions.ts'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { address, openWorld, type World, work } from '../support/api-harness.ts'
import { testDatabase } from '../support/databases.ts'
import { settled } from '../support/settled.ts'

// One of them is the look whether the receipt may still be written to its address.
const statementsMax = 52
const commitsMax = 5
const roundTripsMax = 22

async function buy(world: World): Promise<void> {
  const key = () => ({ 'idempotency-key': randomUUID() })
  const lines = ['variant', 'hardcover'].map((name) => ({ variant: world.ids[name] }))
  const body = { email: 'guest@example.com', shippingAddress: address, shippingMethod: world.ids['shipping'], lines }
  const cart = await world.call('guest', { method: 'POST', url: '/api/carts', headers: key(), body })
  const order = await world.call('guest', {
    method: 'POST',
    url: `/api/carts/${cart.body.id}/checkout`,
    headers: { ...key(), 'cart-token': cart.body.token },
    body: { payment: { provider: 'sandbox', method: 'card_success' } },
  })
  assert.equal(order.status, 201)
  await work(world)
  await settled()
}

test('a whole order asks no more of the database than it did', async () => {
  let counted: Counted[] = []
  countStatements((one) => void counted.push(one))
  const world = await openWorld()
  try {
    await world.engine.start()
    await buy(world)
    const costs: OrderCost[] = []
    for (let order = 0; order < 2; order++) {
      counted = []
      await buy(world)
      costs.push(costOf(groupTransactions(counted), 1))
    }
    assert.equal(await world.engine.parts.storage.reader.count(emails, eq('status', 'captured')), 3)
    // What goes on in the background is counted too: the least of several is the order's own.
    const least = (of: 'statements' | 'commits' | 'trips') => Math.min(...costs.map((cost) => cost[of]))
    if (testDatabase().isServer) assert.ok(least('trips') <= roundTripsMax, `${least('trips')} round trips`)
    else assert.deepEqual([least('statements'), least('commits')], [statementsMax, commitsMax])
  } finally {
    await world.close()
  }
})
