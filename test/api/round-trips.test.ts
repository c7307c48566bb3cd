// Over a network each round trip to the database costs: what one step needs travels together, however much it is.
// MongoDB takes one command at a time in a transaction.
// databases: postgres, mariadb, mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
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
    const wanted = variants.map((variant) => ({ variant, quantity: 1, line: newId('line'), title: 'One', each: 1, to: 'DE' }))
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

const mine = async () => await world.request({ method: 'GET', url: '/api/auth/me', headers: { authorization: 'Bearer kps_other' } })
const notesSeen = async () =>
  (await world.request({ method: 'GET', url: '/api/notes', headers: { cookie: 'kp_session=kps_other' } })).body.items.length as number

test('who asks is looked up in the trip of what they ask for, by one statement', async () => {
  const { traffic } = world.engine.parts.storage
  const cost = async () => {
    const before = traffic!()
    await notesSeen()
    const { roundTrips, statements } = traffic!()
    return [roundTrips - before.roundTrips, statements - before.statements]
  }
  await notesSeen()
  const seen: number[][] = []
  for (let turn = 0; turn < 5; turn++) seen.push(await cost())
  assert.deepEqual(seen.toSorted(([a = 0], [b = 0]) => a - b)[0], [1, 2])
})

test('what is known of who asked before is worth nothing once a session or an account is not as it was', async () => {
  const id = world.ids['other']!
  const change = (set: Readonly<Record<string, unknown>>) =>
    world.write(async (tx) => void (await tx.update(users, (await tx.get(users, id))!, { set })))
  const [asGuest, asThey] = [(await world.request({ method: 'GET', url: '/api/notes' })).body.items.length, await notesSeen()]
  await change({ roles: ['staff'] })
  const asStaff = await notesSeen()
  assert.ok(asStaff > asThey)
  assert.deepEqual((await mine()).body.roles, ['staff'])
  await change({ roles: [] })
  assert.deepEqual([await notesSeen(), (await mine()).body.roles], [asThey, []])
  await change({ disabled: true })
  assert.deepEqual([await notesSeen(), (await mine()).status], [asGuest, 401])
  await change({ disabled: false })
  assert.deepEqual([await notesSeen(), (await mine()).status], [asThey, 200])
  await world.write(async (tx) => tx.delete(sessions, (await tx.get(sessions, world.ids['otherSession']!))!))
  assert.deepEqual([await notesSeen(), (await mine()).status], [asGuest, 401])
})
