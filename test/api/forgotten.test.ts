// What is over is forgotten in pieces: however much there is, nobody waits longer than for a request.
// databases: all
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { schedules } from '../../src/effects/schedule.ts'
import { idempotencyKeys } from '../../src/operation/idempotency.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { openWorld, work } from '../support/api-harness.ts'

const cause = { operation: 'test', actor: 'system', requestId: '' }

test('more than one tick may forget is forgotten by the next ones, which come at once', async (t) => {
  const world = await openWorld()
  t.after(() => world.close())
  const { parts } = world.engine
  const { reader } = parts.storage
  const part = Math.floor(limits.forgottenPerTick * 0.9)
  for (let time = 0; time < 3; time++) {
    await inTransaction(parts, cause, async (tx) => {
      for (let number = 0; number < part; number++)
        await tx.insert(idempotencyKeys, { id: `idem_${time}_${number}`, fingerprint: 'x', state: 'done', status: 200, body: '' })
    })
    await world.clock.advance(10)
  }
  // Before it is started nothing of it is due.
  await world.clock.advance(limits.idempotencyKeepMs)
  await inTransaction(parts, cause, (tx) =>
    tx.insert(idempotencyKeys, { id: 'idem_young', fingerprint: 'x', state: 'done', status: 200, body: '' }),
  )
  await world.engine.start()
  const row = async () => (await reader.find(schedules, { where: eq('name', 'rows.forget'), limit: 1 }))[0]!
  const { id } = await row()
  await inTransaction(parts, cause, (tx) => tx.touch(schedules, id, { set: { nextAt: 1 } }))
  const left: number[] = []
  for (let looks = 0; looks < 20 && left.at(-1) !== 1; looks++) {
    await work(world, limits.effectPollMs)
    const count = await reader.count(idempotencyKeys)
    if (count !== (left.at(-1) ?? 3 * part + 1)) left.push(count)
  }
  assert.deepEqual(left, [2 * part + 1, part + 1, 1])
  const { ticks, nextAt } = await row()
  assert.equal(ticks, 3)
  assert.ok(nextAt > world.clock.now() + 3_000_000, 'with nothing left the next one comes when it always does')
})
