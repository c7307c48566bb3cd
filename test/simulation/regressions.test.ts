// What the simulator has found, each as the shortest case that shows it: a seed changes its meaning when
// the simulator changes, these do not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestActor } from '../../src/access/actor.ts'
import { sleep, systemClock } from '../../src/base/clock.ts'
import { EngineError } from '../../src/base/engine-error.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import { eq } from '../../src/contract/filter.ts'
import { captureTransport } from '../../src/domains/emails/transport.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { settleOrder } from '../../src/domains/orders/settle-order.ts'
import { payments } from '../../src/domains/payments/collections.ts'
import { followPaymentEffect, reconcilePayments } from '../../src/domains/payments/follow-payment.ts'
import { paymentFollow } from '../../src/domains/payments/look-at-payment.ts'
import { effects, enqueue } from '../../src/effects/effect.ts'
import { createEngine, type Replacements } from '../../src/engine/create-engine.ts'
import { workIn } from '../../src/operation/work.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import type { Mutant } from './mutants.ts'
import { openSimulator } from './run-seeds.ts'
import { simulate } from './simulate.ts'
import { createShop, openStore, type Store } from './store.ts'
import { inMacrotask } from './world.ts'

const facts = { id: 'req_1', ifMatch: null, ifNoneMatch: null, rawBody: null, headers: {} }
const passwords = {
  hash: async (password: string) => password,
  verify: async () => false,
  isCurrent: () => true,
  stretch: async () => new Uint8Array(32),
}

function engineOn(store: Store, replace: Replacements = {}) {
  const { adapter: storage, backend } = store
  return createEngine({
    backend,
    storage,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    services: { passwords },
    providers: [],
    mail: captureTransport,
    replace,
  })
}

test('a refusal and a success of one key at once are one answer', async () => {
  const store = await openStore(createShop())
  store.reset(systemClock, [], () => {})
  let calls = 0
  const engine = await engineOn(store, {
    operations: (all) =>
      all.map((operation) => {
        if (operation.name !== 'carts.create' || operation.kind !== 'command') return operation
        return {
          ...operation,
          run: (context: Parameters<typeof operation.run>[0]) => {
            calls += 1
            // What was not there for the first call is there for the second.
            if (calls === 1) throw new EngineError('out_of_stock')
            return operation.run(context)
          },
        }
      }),
  })
  const operation = engine.operations.find(({ name }) => name === 'carts.create')!
  const call = () =>
    engine.run(operation, { input: {}, actor: guestActor('test'), idempotencyKey: 'a-key-of-a-guest-who-has-no-other', request: facts })
  const [first, second] = await Promise.all([call(), call()])
  assert.equal(calls, 2, 'both must have run, or this tests nothing')
  assert.deepEqual(first.output, second.output)
})

/** One of thirty has it. */
const seedsMax = 500

/** A shop in which a simulated day has left an order that was paid, canceled and refunded. */
async function shopWithRefund(): Promise<{ store: Store; order: string; payment: string }> {
  const store = await openStore(createShop())
  for (let seed = 1; seed <= seedsMax; seed++) {
    await inMacrotask(() => simulate(store, seed))
    const row = store
      .sql(`select "payment", "order" from "refunds" where "order" in (select "id" from "orders" where "status"='canceled') limit 1`)
      .get()
    if (row) return { store, order: row['order'] as string, payment: row['payment'] as string }
  }
  assert.fail(`no order of the first ${seedsMax} seeds was paid, canceled and refunded`)
}

test('an order is not revived by the refund of its late money', async () => {
  const { store, order } = await shopWithRefund()
  store.sql(`update "orders" set "status"='expired' where "id"=?`).run(order)
  const engine = await engineOn(store)
  store.retime(systemClock)
  await inTransaction(engine.parts, { operation: 'test', actor: 'test', requestId: '' }, async (tx, now) => {
    await settleOrder(workIn(engine.parts, tx, now), order)
    assert.equal((await tx.get(orders, order))!.status, 'expired')
  })
})

test('an attempt that opens after its order has closed is closed at the provider', async () => {
  const { store, order, payment } = await shopWithRefund()
  store.sql(`delete from "effects" where "kind"='payment.cancel'`).run()
  store.sql(`update "payments" set "status"='requires_action' where "id"=?`).run(payment)
  const engine = await engineOn(store)
  store.retime(systemClock)
  await inTransaction(engine.parts, { operation: 'test', actor: 'test', requestId: '' }, async (tx, now) => {
    await settleOrder(workIn(engine.parts, tx, now), order)
    assert.equal((await tx.get(payments, payment))!.status, 'requires_action')
    assert.equal(await tx.count(effects, eq('kind', 'payment.cancel')), 1)
  })
})

test('a payment whose look was given up while its provider was silent is looked at again within a day', async () => {
  const { store, payment } = await shopWithRefund()
  const { settle } = followPaymentEffect(new Map())
  const engine = await engineOn(store)
  store.retime(systemClock)
  const dayMs = 24 * 3_600_000
  const ends = [
    // After the last look that is planned, and the plan is as it was.
    { before: { checks: 6, checkAt: null }, isUncertain: true, expected: [5, dayMs] },
    // A sooner one is left alone; so is what the provider answered for certain.
    { before: { checks: 2, checkAt: 1 }, isUncertain: true, expected: [2, 1] },
    { before: { checks: 6, checkAt: null }, isUncertain: false, expected: [6, null] },
  ] as const
  for (const { before, isUncertain, expected } of ends)
    await inTransaction(engine.parts, { operation: 'test', actor: 'test', requestId: '' }, async (tx, now) => {
      const atSoonest = (checkAt: number | null) => (checkAt === null ? null : now + checkAt)
      const set = { checks: before.checks, checkAt: atSoonest(before.checkAt) }
      const { order } = await tx.update(payments, (await tx.get(payments, payment))!, { set })
      const effect = await enqueue(workIn(engine.parts, tx, now), paymentFollow, {
        key: `look:${before.checks}:${isUncertain}`,
        payload: { payment, source: 'webhook' },
        record: order,
      })
      const outcome = { end: 'dead' as const, error: 'timeout', ...(isUncertain ? { isUncertain } : {}) }
      const payload = { payment, source: 'webhook' }
      await settle!({ ...workIn(engine.parts, tx, now), effect: effect!, payload, outcome, tell: () => {} })
      const after = (await tx.get(payments, payment))!
      assert.deepEqual([after.checks, after.checkAt], [expected[0], atSoonest(expected[1])])
    })
})

test('a look that a clock behind has planned for the same time again is owed again', async () => {
  const { store, payment } = await shopWithRefund()
  const engine = await engineOn(store)
  store.retime(systemClock)
  await inTransaction(engine.parts, { operation: 'test', actor: 'test', requestId: '' }, async (tx, now) => {
    const looks = () => tx.count(effects, eq('kind', 'payment.follow'))
    const before = await looks()
    for (let time = 1; time <= 2; time++) {
      await tx.update(payments, (await tx.get(payments, payment))!, { set: { checkAt: 1 } })
      await reconcilePayments.run(workIn(engine.parts, tx, now))
      assert.equal(await looks(), before + time)
    }
  })
})

test('a schedule that always fails keeps no other from its work', async () => {
  const failing = { name: 'always.fails', everyMs: 1_000, run: () => Promise.reject(new EngineError('storage_unavailable')) }
  const poisoned: Mutant = { name: 'poisoned', sin: 'none', replace: () => ({ schedules: (all) => [failing, ...all] }) }
  const run = await openSimulator(poisoned)
  for (let seed = 1; seed <= 20; seed++) assert.deepEqual((await run(seed)).problems, [], `seed ${seed}`)
})

test("schedules that are no more take nobody's place", async () => {
  const gone = { everyMs: 1_000, run: async () => {} }
  const withGone: Replacements = { schedules: (all) => [...['a', 'b', 'c'].map((name) => ({ ...gone, name: `gone.${name}` })), ...all] }
  const store = await openStore(createShop())
  store.reset(systemClock, [], () => {})
  const before = await engineOn(store, withGone)
  await before.start()
  await before.stop()
  store.sql('update "schedules" set "nextAt"=0').run()
  const engine = await engineOn(store)
  await engine.start()
  const ranAt = () => store.sql(`select "lastAt" from "schedules" where "name"='rows.forget'`).get()!['lastAt']
  for (let tries = 0; tries < 60 && ranAt() === null; tries++) await sleep(systemClock, 100)
  await engine.stop()
  assert.notEqual(ranAt(), null)
})
