// Money that did not go the straight way: many attempts, and what happens at the provider without us.
// slow: mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { money } from '../../src/base/money.ts'
import { eq } from '../../src/contract/filter.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { type Payment, payments } from '../../src/domains/payments/collections.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { checkOut, fillCart, openWorld, type World, work } from '../support/api-harness.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
  await world.engine.start()
})
afterEach(async () => {
  try {
    assert.deepEqual(
      world.log.filter(({ level }) => level === 'error'),
      [],
    )
    assert.deepEqual(await violations(), [])
  } finally {
    await world.close()
  }
})

/** What `kingpost verify` says of the money once all has come to rest. */
async function violations(): Promise<string[]> {
  const { storage, model } = world.engine.parts
  const found = await verifyDatabase({
    read: storage.reader,
    model,
    commitsAfter: storage.commitsAfter,
    now: world.clock.now(),
    isAtRest: true,
    groups: [ledgerInvariants, paymentInvariants, orderInvariants],
  })
  return found.map(({ invariant, rows, found: what }) => `${invariant} ${rows.join(' ')}: ${what}`)
}

const read = () => world.engine.parts.storage.reader
const orderOf = async (id: string) => (await read().get(orders, id))!
const staffGet = async (url: string) => (await world.call('staff', { method: 'GET', url })).body
const cancel = (id: string) => world.call('owner', { method: 'POST', url: `/api/orders/${id}/cancel` })

async function start(method = 'card_success'): Promise<string> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), method)
  return body.order.id as string
}

const pay = (id: string, method = 'card_success') =>
  world.call('owner', { method: 'POST', url: `/api/orders/${id}/payments`, body: { provider: 'sandbox', method } })

describe('an order that was tried to be paid very often', () => {
  /** As from before attempts were counted: more than one page of them, all declined. */
  async function plantAttempts(order: string, count: number): Promise<void> {
    const [first] = await findAll(read(), payments, eq('order', order))
    const { createdAt: _, updatedAt: __, version: ___, ...attempt } = first!
    const nothing = money(0, attempt.amount.currency)
    const failed = {
      status: 'failed',
      captured: nothing,
      authorized: nothing,
      refunded: nothing,
      checkAt: null,
      providerRef: null,
    } as const
    await world.write(async (tx) => {
      for (let sequence = 2; sequence < count + 2; sequence++)
        await tx.insert(payments, { ...attempt, ...failed, id: world.engine.newId('pay'), sequence })
    })
  }

  /** The last attempt of all: later than a page of others, by number and by id. */
  async function payLast(order: string): Promise<Payment> {
    const attempts = await findAll(read(), payments, eq('order', order))
    const { createdAt: _, updatedAt: __, version: ___, ...last } = attempts.toSorted((a, b) => b.sequence - a.sequence)[0]!
    const given = {
      key: `planted:${order}`,
      amountMinor: last.amount.amount,
      currency: 'EUR',
      method: 'card_success',
      returnUrl: 'http://shop.test',
    }
    const id = world.engine.newId('pay')
    const { id: providerRef } = world.book.create({ ...given, reference: id })!
    return await world.write(async (tx, now) =>
      tx.insert(payments, { ...last, id, sequence: last.sequence + 1, status: 'processing', providerRef, checkAt: now }),
    )
  }

  test('is paid by the last of them, and its cancel sends the money back', async () => {
    const id = await start('card_declined')
    await plantAttempts(id, limits.readPageSize + 30)
    await payLast(id)
    await work(world, 10_000)
    assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['placed', 'paid'])
    assert.equal((await cancel(id)).status, 200)
    await work(world, 10_000)
    assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['canceled', 'refunded'])
    assert.deepEqual(
      world.book.all().flatMap(({ refunds }) => refunds.map(({ amountMinor }) => amountMinor)),
      [1390],
    )
  })

  test('does not expire while the last of them is under way', async () => {
    world.book.set({ cardMs: 40 * 60_000 })
    const id = await start('card_declined')
    await plantAttempts(id, limits.readPageSize + 30)
    await payLast(id)
    await work(world, 35 * 60_000)
    assert.equal((await orderOf(id)).status, 'pending_payment')
    await work(world, 10 * 60_000)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  test('is tried no more, can be canceled, and what it held is free', async () => {
    const id = await start('card_declined')
    for (let attempt = 2; attempt <= limits.paymentAttemptsMax; attempt++) assert.equal((await pay(id, 'card_declined')).status, 201)
    const refused = await pay(id)
    assert.deepEqual([refused.status, refused.body.code], [409, 'too_many_attempts'])
    assert.equal((await staffGet(`/api/payments?filter[order]=${id}&limit=100`)).items.length, limits.paymentAttemptsMax)
    assert.equal((await cancel(id)).status, 200)
    const level = await read().get(stockLevels, world.ids['variantLevel']!)
    assert.deepEqual([level!.held, level!.available], [0, 10])
  })
})

test('orders that wait for their payments do not keep those behind them from expiring', async () => {
  world.book.set({ delayedMs: 50 * 60_000 })
  const waiting = await start('delayed_success')
  const left = await start('card_declined')
  // As many as one tick looks at, all before the one that nobody pays.
  await world.write(async (tx) => {
    const order = (await tx.get(orders, waiting))!
    const { createdAt: _, updatedAt: __, version: ___, ...fields } = order
    const [{ createdAt: _c, updatedAt: _u, version: _v, ...attempt }] = (await findAll(tx, payments, eq('order', waiting))) as [Payment]
    for (let index = 0; index < limits.ordersPerTick; index++) {
      const id = world.engine.newId('ord')
      await tx.insert(orders, {
        ...fields,
        id,
        number: `WAIT-${index}`,
        cart: `cart_waiting${index}`,
        lines: [],
        expiresAt: order.expiresAt! - 60_000,
      })
      await tx.insert(payments, {
        ...attempt,
        id: world.engine.newId('pay'),
        order: id,
        status: 'processing',
        checkAt: null,
        providerRef: null,
      })
    }
  })
  await work(world, 32 * 60_000)
  assert.equal((await orderOf(left)).status, 'expired')
  assert.equal((await orderOf(waiting)).status, 'pending_payment')
  // What was planted has neither cart nor money.
  await world.write(async (tx) => {
    for (const order of await findAll(tx, orders, eq('status', 'pending_payment'))) {
      if (order.id === waiting) continue
      for (const attempt of await findAll(tx, payments, eq('order', order.id))) await tx.delete(payments, attempt)
      await tx.delete(orders, order)
    }
  })
})
