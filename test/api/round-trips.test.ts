// Over a network each round trip to the database costs: what one step needs travels together, however much it is.
// MongoDB takes one command at a time in a transaction.
// databases: postgres, mariadb, mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createStockLevel, stockLevels } from '../../src/domains/stock/collections.ts'
import { holdStock } from '../../src/domains/stock/reserve-stock.ts'
import { workIn } from '../../src/operation/work.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { openWorld, type World } from '../support/api-harness.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

const cause = { operation: 'test', actor: 'test', requestId: '' }

/** Holds so many variants in one transaction and answers the round trips of the hold alone. */
async function roundTripsOf(count: number): Promise<number> {
  const { parts, newId } = world.engine
  const variants = Array.from({ length: count }, () => newId('var'))
  await inTransaction(parts, cause, async (tx) => {
    for (const variant of variants) {
      const level = await createStockLevel(tx, newId, variant)
      await tx.touch(stockLevels, level.id, { set: { onHand: 5, available: 5 } })
    }
  })
  return await inTransaction(parts, cause, async (tx, now) => {
    // The first question opens the transaction.
    await tx.count(stockLevels)
    const before = parts.storage.traffic!().roundTrips
    const wanted = variants.map((variant) => ({ variant, quantity: 1, line: newId('line'), title: 'One' }))
    await holdStock(workIn(parts, tx, now), newId('ord'), wanted)
    return parts.storage.traffic!().roundTrips - before
  })
}

/** What goes on in the background is counted too: the least of several is the hold's own. */
async function least(count: number): Promise<number> {
  const tries: number[] = []
  for (let turn = 0; turn < 5; turn++) tries.push(await roundTripsOf(count))
  return Math.min(...tries)
}

test('a hold of thirty variants makes as many round trips as a hold of one', async () => {
  const one = await least(1)
  assert.ok(one > 0)
  assert.equal(await least(30), one)
})
