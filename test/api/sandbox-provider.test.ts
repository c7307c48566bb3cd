// All that the port of payment providers knows, over the sandbox: authorize and capture later, in parts, give up; a buyer who
// approves first; disputes; the account's lines; and calls whose answers are lost.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { signHmac } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { disputes, payments } from '../../src/domains/payments/collections.ts'
import { sandbox } from '../../src/index.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { createSandboxProvider } from '../../src/payment-providers/sandbox/adapter.ts'
import { createFaultyDesk } from '../../src/sandbox/faulty-desk.ts'
import { capturedOf } from '../../src/sandbox/payment.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'

let world: World
afterEach(async () => {
  try {
    const { storage, model } = world.engine.parts
    const groups = [ledgerInvariants, paymentInvariants, orderInvariants]
    const of = { read: storage.reader, model, commitsAfter: storage.commitsAfter, now: world.clock.now(), isAtRest: true, groups }
    assert.deepEqual(await verifyDatabase(of), [])
  } finally {
    await world.close()
  }
})

async function open(capture: 'placement' | 'manual' = 'placement'): Promise<void> {
  world = await openWorld({ config: { ...testConfig, shop: { currency: 'EUR', payments: [sandbox({ capture })] } } })
  await world.engine.start()
}
const read = () => world.engine.parts.storage.reader
const orderOf = async (id: string) => (await read().get(orders, id))!
const paymentOf = async (order: string) => (await findAll(read(), payments, eq('order', order)))[0]!
const booked = async (order: string) => world.book.findByReference((await paymentOf(order)).id)!
const staffPost = (url: string, body: object = {}) => world.call('staff', { method: 'POST', url, body })

async function start(method?: string): Promise<string> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), method)
  await work(world)
  return body.order.id as string
}

describe('captured later', () => {
  test('an order is placed when its money is held, and captured in parts', async () => {
    await open('manual')
    const id = await start()
    const { status, capturableUntil, id: payment, amount } = await paymentOf(id)
    assert.deepEqual([status, (await orderOf(id)).status], ['authorized', 'placed'])
    assert.equal(capturableUntil, (await booked(id)).capturableUntil)
    assert.equal((await staffPost(`/api/payments/${payment}/capture`, { amount: { amount: 500, currency: 'EUR' } })).status, 200)
    assert.deepEqual([(await booked(id)).state, capturedOf(await booked(id))], ['authorized', 500])
    await staffPost(`/api/payments/${payment}/capture`)
    await work(world)
    const { state, voidedMinor } = await booked(id)
    assert.deepEqual([state, capturedOf(await booked(id)), voidedMinor], ['succeeded', amount.amount, 0])
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  test('what is left is given up', async () => {
    await open('manual')
    const id = await start()
    const { id: payment, amount } = await paymentOf(id)
    await staffPost(`/api/payments/${payment}/capture`, { amount: { amount: 500, currency: 'EUR' }, final: false })
    assert.equal((await staffPost(`/api/payments/${payment}/void`)).status, 200)
    await work(world)
    const { state, voidedMinor } = await booked(id)
    assert.deepEqual([state, voidedMinor], ['succeeded', amount.amount - 500])
  })

  test('a capture that fails later can be asked for again', async () => {
    await open('manual')
    const id = await start()
    const { id: payment, amount } = await paymentOf(id)
    world.book.faults.plan({ call: 'capture', kind: 'fail_later', count: 1, ms: 1_000 })
    await staffPost(`/api/payments/${payment}/capture`)
    await work(world, 10_000)
    assert.deepEqual([(await paymentOf(id)).captured.amount, (await booked(id)).state], [0, 'authorized'])
    assert.equal((await staffPost(`/api/payments/${payment}/capture`)).status, 200)
    await work(world)
    assert.equal((await paymentOf(id)).captured.amount, amount.amount)
  })
})

test('a buyer who approves has the money taken by the shop', async () => {
  await open()
  const id = await start('approval')
  assert.equal((await paymentOf(id)).status, 'requires_action')
  world.book.answer((await booked(id)).id, { answer: 'approve' })
  assert.equal((await booked(id)).state, 'approved')
  await work(world, 5_000)
  assert.deepEqual([(await booked(id)).state, (await orderOf(id)).paymentStatus], ['succeeded', 'paid'])
})

test('a dispute is learned of, and its end', async () => {
  await open()
  const id = await start('dispute')
  assert.equal((await orderOf(id)).paymentStatus, 'paid')
  await work(world, 5_000)
  const [dispute] = await findAll(read(), disputes, eq('order', id))
  assert.deepEqual([dispute!.status, dispute!.amount.amount], ['needs_response', (await paymentOf(id)).amount.amount])
  world.book.moveDispute(dispute!.providerRef, 'win')
  await work(world, 5_000)
  assert.equal((await findAll(read(), disputes, eq('order', id)))[0]!.status, 'won')
})

describe('a webhook that speaks of what was not asked for makes us ask the provider', () => {
  for (const kind of ['wrong_amount', 'wrong_currency'] as const)
    test(kind, async () => {
      await open()
      world.book.faults.plan({ call: 'webhook', kind, count: 5 })
      const id = await start()
      await work(world, 5_000)
      assert.ok(world.book.faults.planned()[0]!.count < 4, 'a webhook was wrong')
      const { captured, amount, refunded } = await paymentOf(id)
      assert.deepEqual([captured, refunded.amount], [amount, 0])
      assert.equal((await orderOf(id)).paymentStatus, 'paid')
    })

  test('less than is taken whole', async () => {
    await open()
    const id = await start('card_challenge')
    const payment = await booked(id)
    const part = { ...payment, state: 'succeeded', decidedAt: world.clock.now() }
    const capture = {
      id: 'scap_1',
      key: '',
      reference: '',
      amountMinor: 1,
      isFinal: true,
      at: part.decidedAt,
      willFail: false,
      dueAt: null,
    }
    const data = { ...part, captures: [{ ...capture, state: 'succeeded', decidedAt: part.decidedAt, feeMinor: 0 }] }
    const body = JSON.stringify({ id: 'evt_part', type: 'payment.updated', payment: payment.id, reference: payment.reference, data })
    const time = Math.floor(world.clock.now() / 1000)
    const headers = { 'sandbox-signature': `t=${time},v1=${signHmac(world.webhookSecret, `${time}.${body}`)}` }
    assert.equal(
      (await world.call('guest', { method: 'POST', url: '/api/payments/webhooks/sandbox', body: JSON.parse(body), headers })).status,
      200,
    )
    await work(world)
    assert.deepEqual([(await paymentOf(id)).captured.amount, (await paymentOf(id)).status], [0, 'requires_action'])
  })

  test('more than was authorized', async () => {
    await open('manual')
    const id = await start()
    world.book.faults.plan({ call: 'webhook', kind: 'wrong_amount', count: 5 })
    world.book.captureInDashboard((await booked(id)).id)
    await work(world, 5_000)
    const { captured, amount } = await paymentOf(id)
    assert.deepEqual(captured, amount)
  })
})

test("the account's lines are read page by page, with the names that facts have", async () => {
  await open()
  const id = await start()
  world.book.refundInDashboard((await booked(id)).id, 100)
  await work(world)
  const payout = world.book.payOut('EUR', 20)
  const provider = createSandboxProvider(world.book, { secret: 'unused', pagesUrl: 'unused' })
  const page = await provider.list!(0, null)
  assert.ok(page.result === 'ok')
  const { amount, id: payment } = await paymentOf(id)
  assert.deepEqual(
    page.value.lines.map((line) => [line.kind, line.reference, line.amount.amount, line.fee.amount, line.payoutRef]),
    [
      ['payment', payment, amount.amount, 0, payout.id],
      ['refund', payment, -100, 0, payout.id],
      ['fee', null, -20, 0, payout.id],
      ['payout', null, -payout.amountMinor, 0, payout.id],
    ],
  )
  assert.deepEqual(
    page.value.lines.slice(0, 2).map(({ operationRef }) => operationRef),
    [(await booked(id)).id, (await booked(id)).refunds[0]!.id],
  )
  const rest = await provider.list!(0, page.value.lines[1]!.ref)
  assert.ok(rest.result === 'ok')
  assert.deepEqual([rest.value.lines.length, rest.value.next], [2, null])
})

test('calls whose answers are lost are uncertain, and their repeats act once', async () => {
  await open()
  const provider = createSandboxProvider(createFaultyDesk(world.book, { fraction: () => 1 }), { secret: 'unused', pagesUrl: 'unused' })
  const request = {
    ...{ key: 'k', reference: 'pay_none', amount: { amount: 1_000, currency: 'EUR' }, method: null, capture: 'later' as const },
    ...{ returnUrl: 'http://shop.test', description: '', webhookUrl: '' },
  }
  for (const kind of ['effect_no_answer', 'no_effect_500', 'html'] as const) {
    world.book.faults.plan({ call: 'start', kind, count: 1 })
    assert.equal((await provider.start(request)).result, 'uncertain', kind)
  }
  const started = await provider.start(request)
  assert.ok(started.result === 'ok')
  assert.equal(world.book.all().length, 1)
  assert.equal((await provider.start({ ...request, amount: { amount: 999, currency: 'EUR' } })).result, 'refused')
  world.book.forget(started.value.providerRef)
})
