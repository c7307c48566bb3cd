// Money that did not go the straight way: many attempts, and what happens at the provider without us.
// slow: mysql, mongodb
// long
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { money } from '../../src/base/money.ts'
import { signHmac } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { type Payment, payments, type Refund, refunds, webhookInbox } from '../../src/domains/payments/collections.ts'
import type { ProviderFact } from '../../src/domains/payments/provider.ts'
import { recordView } from '../../src/domains/payments/record-facts.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { workIn } from '../../src/operation/work.ts'
import { SandboxRefusal } from '../../src/sandbox/refusal.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { sumsBy } from '../../src/storage/sums-by.ts'
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
      facts: 0,
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

/** The one payment of an order, as the sandbox has it. */
const booked = (order: string) => world.book.all().find(({ returnUrl }) => returnUrl.endsWith(order))!
const paymentOf = async (order: string) => (await findAll(read(), payments, eq('order', order))).toSorted((a, b) => a.sequence - b.sequence)
const refundsOf = async (order: string) =>
  (await findAll(read(), refunds, eq('order', order)))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ reason, status, amount }) => `${reason} ${amount.amount} ${status}`)
const staffPost = (url: string, body?: object) => world.call('staff', { method: 'POST', url, ...(body && { body }) })
const effectOf = async (key: string) => (await findAll(read(), effects, eq('key', key)))[0]!

/** By account, what all transfers of an order come to; accounts that hold nothing are left out. */
async function balances(order: string): Promise<Record<string, number>> {
  const groups = await sumsBy(read(), ledgerEntries, { where: eq('order', order), by: ['account'], sum: 'amount.amount' })
  return Object.fromEntries(groups.filter(({ sum }) => sum !== 0).map(({ key, sum }) => [String(key[0]).replace(/:(ord|ref)_.*/, ''), sum]))
}

describe("a refund made in the provider's dashboard", () => {
  test('of a placed order takes its part out of sales, shipping and tax', async () => {
    const id = await start()
    await work(world)
    const before = await balances(id)
    world.book.refundInDashboard(booked(id).id, 500)
    await work(world)
    assert.equal((await orderOf(id)).paymentStatus, 'partially_refunded')
    assert.deepEqual(await refundsOf(id), ['external 500 succeeded'])
    const after = await balances(id)
    assert.equal(after['L:deposit'], undefined)
    assert.equal(after['A:psp:sandbox'], 890)
    const left = (account: string) => (before[account]! * 890) / 1390
    for (const account of ['I:sales:DE:70000', 'I:shipping:DE:70000', 'L:tax:DE:70000'])
      assert.ok(Math.abs(after[account]! - left(account)) < 1, `${account} ${after[account]}`)
    assert.equal(after['I:sales:DE:70000']! + after['I:shipping:DE:70000']! + after['L:tax:DE:70000']!, -890)
  })

  test('in many odd parts sums to the whole, to the cent', async () => {
    const id = await start()
    await work(world)
    for (const amount of [1, 7, 333, 1, 499, 13, 536]) {
      world.book.refundInDashboard(booked(id).id, amount)
      await work(world)
      assert.deepEqual(await violations(), [])
    }
    assert.equal((await orderOf(id)).paymentStatus, 'refunded')
    assert.deepEqual(await balances(id), {})
  })

  test('whose webhook is lost is learned by a look', async () => {
    const id = await start()
    await work(world)
    world.book.set({ webhookLoss: 1 })
    world.book.refundInDashboard(booked(id).id, 500)
    await work(world, 50 * 60_000)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
    await work(world, 11 * 60_000)
    assert.equal((await orderOf(id)).paymentStatus, 'partially_refunded')
  })

  test('whose webhook is lost is learned as well when staff ask, at any time', async () => {
    const id = await start()
    await work(world)
    world.book.set({ webhookLoss: 1 })
    world.book.refundInDashboard(booked(id).id)
    const [payment] = await paymentOf(id)
    assert.equal((await world.call('owner', { method: 'POST', url: `/api/payments/${payment!.id}/check` })).status, 403)
    const answer = await staffPost(`/api/payments/${payment!.id}/check`)
    assert.deepEqual([answer.status, answer.body.refunded.amount], [200, 1390])
    assert.equal((await orderOf(id)).paymentStatus, 'refunded')
  })

  test('before the order is canceled leaves the rest to give back', async () => {
    const id = await start()
    await work(world)
    world.book.refundInDashboard(booked(id).id, 500)
    await work(world)
    assert.equal((await cancel(id)).status, 200)
    await work(world, 10_000)
    assert.deepEqual(await refundsOf(id), ['external 500 succeeded', 'order_canceled 890 succeeded'])
    assert.deepEqual(await balances(id), {})
  })

  test('that crosses ours: ours ends by itself, and what is left is given back', async () => {
    const id = await start()
    await work(world)
    world.book.set({ webhookLoss: 1 })
    world.book.refundInDashboard(booked(id).id, 500)
    assert.equal((await cancel(id)).status, 200)
    await work(world, 5 * 60_000)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 canceled', 'external 500 succeeded', 'order_canceled 890 succeeded'])
    assert.deepEqual(await balances(id), {})
    assert.equal((await orderOf(id)).paymentStatus, 'refunded')
    assert.deepEqual(
      booked(id).refunds.map(({ amountMinor }) => amountMinor),
      [500, 890],
    )
    const mails = await staffGet(`/api/emails?filter[record]=${id}`)
    assert.deepEqual(
      mails.items.filter(({ template }: { template: string }) => template === 'order_unmatched'),
      [],
    )
  })

  test('in part, before we heard of the payment: the order expires, and the rest goes back', async () => {
    world.book.set({ webhookLoss: 1 })
    const id = await start('card_challenge')
    world.book.challenge(booked(id).id, true)
    world.book.refundInDashboard(booked(id).id, 500)
    const [payment] = await paymentOf(id)
    await staffPost(`/api/payments/${payment!.id}/check`)
    assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['pending_payment', 'partially_refunded'])
    await work(world, 40 * 60_000)
    assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['expired', 'refunded'])
    assert.deepEqual(await balances(id), {})
    const mails = await staffGet(`/api/emails?filter[record]=${id}`)
    assert.deepEqual(
      mails.items.map(({ template }: { template: string }) => template),
      ['order_expired', 'order_unmatched'],
    )
  })

  test('of an order that is not paid in full keeps it from being placed', async () => {
    world.book.set({ webhookLoss: 1 })
    const id = await start('card_challenge')
    world.book.challenge(booked(id).id, true)
    world.book.refundInDashboard(booked(id).id)
    const [payment] = await paymentOf(id)
    await staffPost(`/api/payments/${payment!.id}/check`)
    const order = await orderOf(id)
    assert.deepEqual([order.status, order.paymentStatus], ['pending_payment', 'refunded'])
    await work(world, 40 * 60_000)
    assert.equal((await orderOf(id)).status, 'expired')
  })
})

/** A paid order that is canceled, at a provider that behaves so. */
async function canceled(settings: Parameters<World['book']['set']>[0]): Promise<string> {
  const id = await start()
  await work(world)
  world.book.set(settings)
  assert.equal((await cancel(id)).status, 200)
  return id
}
const failed = async (order: string): Promise<Refund> =>
  (await findAll(read(), refunds, eq('order', order))).find(({ status }) => status === 'failed')!

describe('a refund of ours', () => {
  test('that the provider fails waits for staff, who have it tried again', async () => {
    const id = await canceled({ refundFailures: 1 })
    await work(world)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 failed'])
    assert.deepEqual(await balances(id), { 'A:psp:sandbox': 1390, 'L:refund_payable': -1390 })
    world.book.set({ refundFailures: 0 })
    const refund = await failed(id)
    assert.equal((await world.call('owner', { method: 'POST', url: `/api/refunds/${refund.id}/retry` })).status, 403)
    assert.equal((await staffPost(`/api/refunds/${refund.id}/retry`)).status, 201)
    await work(world)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 canceled', 'order_canceled 1390 succeeded'])
    const again = await staffPost(`/api/refunds/${refund.id}/retry`)
    assert.deepEqual([again.status, again.body.code], [409, 'refund_state_conflict'])
  })

  test('and another of the same payment may be tried again at the same moment', async () => {
    const id = await start()
    await work(world)
    world.book.set({ refundFailures: 1 })
    for (const amountMinor of [100, 200]) world.book.refundInDashboard(booked(id).id, amountMinor)
    const [payment] = await paymentOf(id)
    await staffPost(`/api/payments/${payment!.id}/check`)
    await work(world)
    world.book.set({ refundFailures: 0 })
    const left = (await findAll(read(), refunds, eq('order', id))).filter(({ status }) => status === 'failed')
    assert.equal(left.length, 2)
    const answers = await Promise.all(left.map((refund) => staffPost(`/api/refunds/${refund.id}/retry`)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    )
    await work(world)
    const ends = (await findAll(read(), refunds, eq('order', id))).map(({ status, amount }) => `${amount.amount} ${status}`)
    assert.deepEqual(ends.toSorted(), ['100 canceled', '100 succeeded', '200 canceled', '200 succeeded'])
  })

  test('that the provider fails may be given back by other means', async () => {
    const id = await canceled({ refundFailures: 1 })
    await work(world)
    const refund = await failed(id)
    assert.equal((await staffPost(`/api/refunds/${refund.id}/settle`, {})).status, 400)
    assert.equal((await staffPost(`/api/refunds/${refund.id}/settle`, { note: 'Bank transfer of today.' })).status, 200)
    assert.deepEqual(await balances(id), { 'A:psp:sandbox': 1390, 'A:outside': -1390 })
  })

  test('that takes its time is pending, and its end is learned without a webhook', async () => {
    const id = await canceled({ refundMs: 20 * 60_000, webhookLoss: 1 })
    await work(world)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 pending'])
    await work(world, 40 * 60_000)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 succeeded'])
  })

  test("that the customer's bank sends back is owed again", async () => {
    const id = await canceled({})
    await work(world)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 succeeded'])
    world.book.returnRefund(booked(id).id, booked(id).refunds[0]!.id)
    await work(world)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 failed'])
    assert.deepEqual(await balances(id), { 'A:psp:sandbox': 1390, 'L:refund_payable': -1390 })
    // Staff give it back in the dashboard: that ends ours.
    world.book.refundInDashboard(booked(id).id)
    await work(world)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 canceled', 'external 1390 succeeded'])
  })

  test('whose effect staff give up before it was sent has failed, and trying the effect again sends it', async () => {
    const id = await start()
    await work(world)
    // Nobody carries effects out while this is so.
    await world.engine.stop()
    assert.equal((await cancel(id)).status, 200)
    const [refund] = await findAll(read(), refunds, eq('order', id))
    const effect = await effectOf(`payment.refund:${refund!.id}`)
    assert.equal((await staffPost(`/api/effects/${effect.id}/cancel`)).status, 200)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 failed'])
    assert.equal((await staffPost(`/api/effects/${effect.id}/retry`)).status, 200)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 wanted'])
    await world.engine.start()
    await work(world, 10_000)
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 succeeded'])
  })
})

describe('an effect that is held since a restore', () => {
  /** As a restore leaves it: carried out after the backup or not. */
  async function hold(key: string): Promise<string> {
    const effect = await effectOf(key)
    await world.write((tx) => tx.update(effects, effect, { set: { state: 'held', attempts: 0, owner: null } }))
    return effect.id
  }

  test('and given up: the payment it may have started is asked for, and its refund is looked for', async () => {
    const paid = await start()
    await work(world)
    await world.engine.stop()
    assert.equal((await cancel(paid)).status, 200)
    const [refund] = await findAll(read(), refunds, eq('order', paid))
    await staffPost(`/api/effects/${await hold(`payment.refund:${refund!.id}`)}/cancel`)
    assert.deepEqual(await refundsOf(paid), ['order_canceled 1390 wanted'])
    const id = await start('card_challenge')
    const [payment] = await paymentOf(id)
    await world.write((tx) => tx.update(payments, payment!, { set: { status: 'sending', providerRef: null, checkAt: null } }))
    await staffPost(`/api/effects/${await hold(`payment.start:${payment!.id}`)}/cancel`)
    assert.equal((await paymentOf(id))[0]!.status, 'unknown')
    await world.engine.start()
    await work(world, 20 * 60_000)
    assert.deepEqual(await refundsOf(paid), ['order_canceled 1390 failed'])
    assert.equal((await paymentOf(id))[0]!.providerRef, booked(id).id)
    assert.equal((await cancel(id)).status, 200)
    await work(world, 60_000)
    const [again] = await findAll(read(), refunds, eq('order', paid))
    assert.equal((await staffPost(`/api/refunds/${again!.id}/retry`)).status, 201)
    await work(world, 60_000)
  })
})

describe('an attempt that the provider does not close when it is first asked to', () => {
  test('is asked to be closed again, and what its order held is free', async () => {
    await world.close()
    let refusals = 2
    const call = async <T>(name: string, done: () => T): Promise<T> => {
      if (name === 'cancel' && refusals-- > 0) return new SandboxRefusal('no_payment', 'There is no such payment.') as T
      return done()
    }
    world = await openWorld({ call })
    await world.engine.start()
    const id = await start('card_challenge')
    await work(world, 30 * 60_000)
    assert.equal((await orderOf(id)).status, 'pending_payment')
    await work(world, 3 * 3_600_000)
    assert.deepEqual([(await orderOf(id)).status, (await paymentOf(id))[0]!.status], ['expired', 'canceled'])
    // The refusals are told, and are no mistake of ours.
    for (const { id: effect } of await findAll(read(), effects, eq('state', 'dead'))) await staffPost(`/api/effects/${effect}/cancel`)
  })
})

describe('a payment of which the provider has no record', () => {
  test('has failed after a while, and its stock is free', async () => {
    const id = await start('card_challenge')
    world.book.forget(booked(id).id)
    await work(world, 40 * 60_000)
    await work(world, 40 * 60_000)
    const [payment] = await paymentOf(id)
    assert.deepEqual([payment!.status, payment!.lastError], ['failed', 'The provider has no record of this payment.'])
    assert.equal((await orderOf(id)).status, 'expired')
    assert.equal((await read().get(stockLevels, world.ids['variantLevel']!))!.held, 0)
  })

  test('and that could not be sent for long is given up, and never sent after that', async () => {
    await world.close()
    let isAway = true
    const call = async <T>(name: string, done: () => T): Promise<T> => {
      if (isAway && name === 'start') throw new Error('The provider does not answer.')
      return done()
    }
    world = await openWorld({ call })
    await world.engine.start()
    const id = await start()
    await work(world, 20 * 60_000)
    assert.equal((await paymentOf(id))[0]!.status, 'unknown')
    await work(world, 40 * 60_000)
    assert.equal((await paymentOf(id))[0]!.status, 'failed')
    isAway = false
    const effect = await effectOf(`payment.start:${(await paymentOf(id))[0]!.id}`)
    assert.equal((await staffPost(`/api/effects/${effect.id}/retry`)).status, 200)
    await work(world, 60_000)
    assert.deepEqual([(await orderOf(id)).status, world.book.all().length], ['expired', 0])
  })

  test('does not count as missing because the provider cannot be reached', async () => {
    await world.close()
    const call = async <T>(name: string, done: () => T): Promise<T> => {
      if (name === 'fetch') throw new Error('The provider does not answer.')
      return done()
    }
    world = await openWorld({ call })
    await world.engine.start()
    const id = await start('card_challenge')
    await work(world, 100 * 60_000)
    const [payment] = await paymentOf(id)
    assert.deepEqual([payment!.status, payment!.missingSince], ['canceled', null])
  })
})

/** The provider says something of a payment, as an adapter of ours would pass it on. */
async function tell(order: string, facts: readonly Omit<ProviderFact, 'providerTime'>[]): Promise<void> {
  const [payment] = await paymentOf(order)
  await world.write(async (tx, now) => {
    const current = (await tx.get(payments, payment!.id))!
    const view = {
      providerRef: current.providerRef!,
      facts: facts.map((fact) => ({ ...fact, providerTime: now })),
      phase: 'closed' as const,
      action: null,
      declineReason: null,
    }
    const work = workIn(world.engine.parts, tx, now)
    await world.engine.parts.react(work, (await recordView(work, current, view, 'webhook')).events)
  })
}

test('money in a currency that nobody asked for goes back, and pays for nothing', async () => {
  const id = await start('card_challenge')
  await tell(id, [{ kind: 'cap_ok', operationRef: 'spay_yen', amount: { amount: 2890, currency: 'JPY' } }])
  assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['pending_payment', 'none'])
  const [payment] = await paymentOf(id)
  assert.deepEqual([payment!.status, payment!.captured.amount], ['failed', 0])
  // Sent meanwhile, it has failed: the sandbox took no yen.
  assert.match((await refundsOf(id)).join(), /^other_currency 2890 (wanted|failed)$/)
  const [refund] = await findAll(read(), refunds, eq('order', id))
  // Another provider may have the same name for another payment, and that money goes back as well.
  assert.deepEqual([refund!.amount.currency, refund!.key], ['JPY', 'currency:sandbox:spay_yen'])
  await tell(id, [{ kind: 'ref_ok', operationRef: 'sref_yen', amount: refund!.amount, reference: refund!.id }])
  assert.deepEqual(await refundsOf(id), ['other_currency 2890 succeeded'])
  assert.deepEqual(await balances(id), {})
})

test('a payment that its bank takes back is owed by the customer, and the order waits for somebody to look', async () => {
  const id = await start()
  await work(world)
  await tell(id, [{ kind: 'cap_reversed', operationRef: 'back_1', amount: { amount: 1390, currency: 'EUR' } }])
  const order = await orderOf(id)
  assert.deepEqual([order.status, order.paymentStatus, order.holds], ['placed', 'none', ['payment_taken_back']])
  assert.equal((await balances(id))['A:receivable'], 1390)
  assert.equal((await cancel(id)).status, 200)
  assert.deepEqual(await balances(id), {})
})

describe('money that was given back twice is owed by the customer, and the order waits for somebody to look', () => {
  const eur = (amount: number) => ({ amount, currency: 'EUR' })
  const held = async (id: string) => [(await orderOf(id)).holds, (await balances(id))['A:receivable'], (await balances(id))['L:deposit']]

  test('by other means, and then in the provider’s dashboard; not when that fails', async () => {
    const id = await canceled({ refundFailures: 1 })
    await work(world)
    const refund = await failed(id)
    assert.equal((await staffPost(`/api/refunds/${refund.id}/settle`, { note: 'Bank transfer of today.' })).status, 200)
    await tell(id, [{ kind: 'ref_ok', operationRef: `twice_a:${id}`, amount: eur(500) }])
    assert.deepEqual(await held(id), [['given_back_twice'], 500, undefined])
    await tell(id, [{ kind: 'ref_ok', operationRef: `twice_b:${id}`, amount: eur(890) }])
    assert.deepEqual(await held(id), [['given_back_twice'], 1390, undefined])
    // It did not arrive after all: what is left of it is what was given by other means.
    await tell(id, [{ kind: 'ref_fail', operationRef: `twice_b:${id}`, amount: eur(890) }])
    assert.deepEqual(await held(id), [['given_back_twice'], 500, undefined])
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 settled', 'external 500 succeeded', 'external 890 canceled'])
  })

  test('but not what failed in the dashboard: no more is claimed than was taken', async () => {
    const id = await canceled({ refundFailures: 1 })
    await work(world)
    for (const turn of [1, 2]) await tell(id, [{ kind: 'ref_fail', operationRef: `failing_${turn}:${id}`, amount: eur(1390) }])
    assert.deepEqual(await refundsOf(id), ['order_canceled 1390 failed', 'external 1390 canceled', 'external 1390 canceled'])
    assert.deepEqual(await held(id), [[], undefined, undefined])
  })

  test('by us, and then by the bank', async () => {
    const id = await canceled({})
    await work(world)
    await tell(id, [{ kind: 'cap_reversed', operationRef: `bank:${id}`, amount: eur(1390) }])
    assert.deepEqual(await held(id), [['given_back_twice'], 1390, undefined])
  })

  test('of an order that was sold: no more than the sale is taken out of sales', async () => {
    const id = await start()
    await work(world)
    world.book.refundInDashboard(booked(id).id, 1390)
    await work(world)
    await tell(id, [{ kind: 'cap_reversed', operationRef: `sold:${id}`, amount: eur(1390) }])
    const all = await balances(id)
    assert.deepEqual([all['A:receivable'], all['L:deposit'], all['I:sales:DE:70000']], [1390, undefined, undefined])
    // Canceled after that, it is owed as before.
    assert.equal((await cancel(id)).status, 200)
    assert.deepEqual(await held(id), [['payment_taken_back', 'given_back_twice'], 1390, undefined])
  })
})

test('facts of a refund that is told to have failed and to have succeeded come to the same in either order', async () => {
  const amount = { amount: 400, currency: 'EUR' }
  const ok = { kind: 'ref_ok' as const, operationRef: 'sref_both', amount }
  const fail = { kind: 'ref_fail' as const, operationRef: 'sref_both', amount }
  for (const facts of [
    [ok, fail],
    [fail, ok],
  ]) {
    const id = await start()
    await work(world)
    for (const fact of facts) await tell(id, [{ ...fact, operationRef: `${fact.operationRef}:${id}` }])
    assert.deepEqual(await refundsOf(id), ['external 400 failed'])
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
    assert.deepEqual(await violations(), [])
  }
})

test('a payment that a repeated start has made anew, of an order that was canceled, is closed at the provider', async () => {
  const id = await start('card_challenge')
  const { key, reference, amountMinor, currency, method, returnUrl, id: lost } = booked(id)
  world.book.set({ webhookLoss: 1 })
  world.book.forget(lost)
  const again = world.book.create({ key, reference, amountMinor, currency, method, returnUrl })!
  assert.equal((await cancel(id)).status, 200)
  await work(world)
  assert.deepEqual([(await paymentOf(id))[0]!.providerRef, (await paymentOf(id))[0]!.status], [again.id, 'canceled'])
  assert.equal(booked(id).state, 'canceled')
})

describe('a signed webhook', () => {
  async function deliver(event: { id: string; payment: string; reference: string; data?: unknown }): Promise<number> {
    const body = JSON.stringify({ ...event, type: 'payment.updated' })
    const time = Math.floor(world.clock.now() / 1000)
    const signature = `t=${time},v1=${signHmac(world.webhookSecret, `${time}.${body}`)}`
    const headers = { 'content-type': 'application/json', 'sandbox-signature': signature }
    return (await world.request({ method: 'POST', url: '/api/payments/webhooks/sandbox', headers, body })).status
  }
  const stateOf = async (eventId: string) => (await findAll(read(), webhookInbox, eq('eventId', eventId)))[0]!.state

  test('that speaks of nothing of ours is shown to staff as unmatched', async () => {
    assert.equal(await deliver({ id: 'evt_stray', payment: 'spay_stray', reference: 'pay_stray' }), 200)
    await work(world, 60_000)
    assert.equal(await stateOf('evt_stray'), 'waiting')
    await work(world, 20 * 60_000)
    assert.equal(await stateOf('evt_stray'), 'unmatched')
    assert.equal((await staffGet('/api/webhookInbox?filter[state]=unmatched')).items.length, 1)
  })

  test('that comes before its payment is found when that is there', async () => {
    const id = await start('card_challenge')
    const [payment] = await paymentOf(id)
    await world.write(async (tx) => tx.update(payments, (await tx.get(payments, payment!.id))!, { set: { providerRef: null } }))
    world.book.set({ webhookLoss: 1 })
    world.book.challenge(booked(id).id, true)
    assert.equal(await deliver({ id: 'evt_early', payment: booked(id).id, reference: 'pay_other_name' }), 200)
    assert.equal(await stateOf('evt_early'), 'waiting')
    await world.write(async (tx) =>
      tx.update(payments, (await tx.get(payments, payment!.id))!, { set: { providerRef: booked(id).id, checkAt: null } }),
    )
    await work(world, 5 * 60_000)
    assert.equal(await stateOf('evt_early'), 'handled')
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  test("is of its own provider's payment, though another provider's has the same name", async () => {
    const id = await start('card_challenge')
    const [payment] = await paymentOf(id)
    const { createdAt: _, updatedAt: __, version: ___, ...fields } = payment!
    // With a lower id, so that it comes first.
    const other = {
      ...fields,
      id: 'pay_00000000000000000000000000',
      provider: 'other',
      sequence: 2,
      status: 'failed',
      checkAt: null,
    } as const
    await world.write(async (tx) => tx.insert(payments, other))
    world.book.set({ webhookLoss: 1 })
    world.book.challenge(booked(id).id, true)
    assert.equal(await deliver({ id: 'evt_own', payment: payment!.providerRef!, reference: 'no_name_of_ours' }), 200)
    assert.equal(await stateOf('evt_own'), 'handled')
    await work(world)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  /** A payment that the provider has taken, and of which nobody here has heard. */
  async function takenUnheard() {
    const id = await start('card_challenge')
    const [payment] = await paymentOf(id)
    world.book.set({ webhookLoss: 1 })
    world.book.challenge(booked(id).id, true)
    const event = { id: 'evt_facts', payment: booked(id).id, reference: payment!.id }
    const { id: name, state, amountMinor, currency, createdAt, decidedAt, declineReason, refunds: given } = booked(id)
    return { id, event, data: { id: name, state, amountMinor, currency, createdAt, decidedAt, declineReason, refunds: given } }
  }
  const looksAt = async (id: string) => (await findAll(read(), effects, eq('record', id))).filter(({ kind }) => kind === 'payment.follow')

  test('with facts places the order before it is answered, and nobody asks the provider', async () => {
    const { id, event, data } = await takenUnheard()
    assert.equal(await deliver({ ...event, data }), 200)
    assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['placed', 'paid'])
    assert.deepEqual(await looksAt(id), [])
    assert.equal(await deliver({ ...event, data }), 200)
    assert.equal(await deliver({ ...event, id: 'evt_again', data }), 200)
    assert.equal((await paymentOf(id))[0]!.captured.amount, data.amountMinor)
  })

  test('with facts of a second payment under the same name makes us look at ours', async () => {
    const { id, event, data } = await takenUnheard()
    assert.equal(await deliver({ ...event, payment: 'spay_second', data: { ...data, id: 'spay_second' } }), 200)
    assert.equal((await looksAt(id)).length, 1)
    await work(world)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
    assert.equal((await paymentOf(id))[0]!.captured.amount, data.amountMinor)
  })

  test('without facts makes us look', async () => {
    const { id, event } = await takenUnheard()
    assert.equal(await deliver(event), 200)
    assert.equal((await looksAt(id)).length, 1)
    await work(world)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  test('with very many refunds makes us look: none of them is taken from it', async () => {
    const { id, event, data } = await takenUnheard()
    const refunds = Array.from({ length: 101 }, (_, index) => ({ id: `sref_many_${index}`, key: '', reference: '', amountMinor: 1, at: 1 }))
    assert.equal(await deliver({ ...event, data: { ...data, refunds } }), 200)
    assert.equal((await looksAt(id)).length, 1)
    await work(world)
    assert.deepEqual(await refundsOf(id), [])
    assert.equal((await orderOf(id)).status, 'placed')
  })

  test('without facts, of what a repeated start has made once the provider had lost its record, is found by our name', async () => {
    const id = await start('card_challenge')
    const [payment] = await paymentOf(id)
    const { key, reference, amountMinor, currency, method, returnUrl, id: lost } = booked(id)
    world.book.set({ webhookLoss: 1 })
    world.book.forget(lost)
    const again = world.book.create({ key, reference, amountMinor, currency, method, returnUrl })!
    world.book.challenge(again.id, true)
    assert.equal(await deliver({ id: 'evt_again', payment: again.id, reference: payment!.id }), 200)
    await work(world)
    assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['placed', 'paid'])
    assert.equal((await paymentOf(id))[0]!.providerRef, again.id)
  })

  test('whose facts are none is refused, and changes nothing', async () => {
    const { id, event, data } = await takenUnheard()
    const refund = { id: 'sref_1', key: 'k', reference: '', amountMinor: 1, at: 1 }
    const past = Number.MAX_SAFE_INTEGER
    const bad = [null, 1, [], {}, { ...data, refunds: null }, { ...data, refunds: [null] }, { ...data, refunds: [refund, refund] }]
    for (const set of [{ id: 'spay_other' }, { state: 'odd' }, { amountMinor: 1.5 }, { currency: 'no' }]) bad.push({ ...data, ...set })
    for (const set of [{ decidedAt: 'now' }, { decidedAt: past }, { createdAt: null }]) bad.push({ ...data, ...set })
    for (const declineReason of [{}, 7, 'x'.repeat(1_001), 'a\0b']) bad.push({ ...data, declineReason })
    for (const set of [{ id: 'a\0b' }, { id: 'x'.repeat(201) }, { at: past }, { reference: 7 }, { amountMinor: -1 }, { state: 'odd' }])
      bad.push({ ...data, refunds: [{ ...refund, ...set }] })
    for (const one of bad) assert.equal(await deliver({ ...event, data: one }), 400, JSON.stringify(one))
    assert.equal((await orderOf(id)).status, 'pending_payment')
    assert.deepEqual(await findAll(read(), webhookInbox, eq('eventId', event.id)), [])
  })

  test('is verified over its bytes, and no byte is lost that is no text', async () => {
    const time = Math.floor(world.clock.now() / 1000)
    const text = JSON.stringify({ id: 'evt_bytes', payment: 'spay_x', reference: 'pay_x', note: 'é' })
    const latin = Buffer.from(text, 'latin1')
    const signed = `t=${time},v1=${signHmac(world.webhookSecret, Buffer.concat([Buffer.from(`${time}.`), latin]))}`
    const headers = { 'content-type': 'application/json', 'sandbox-signature': signed }
    assert.equal((await world.request({ method: 'POST', url: '/api/payments/webhooks/sandbox', headers, body: latin })).status, 200)
    const [message] = await findAll(read(), webhookInbox, eq('eventId', 'evt_bytes'))
    assert.equal(message!.body, `base64:${latin.toString('base64')}`)
  })
})
