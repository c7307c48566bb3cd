// A shop that takes money later: orders that an authorization covers, captures in parts, what is given up, and disputes.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { issueSetUpToken } from '../../src/domains/accounts/set-up.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { captures, disputes, payments, refunds } from '../../src/domains/payments/collections.ts'
import type { Capabilities, PaymentProvider } from '../../src/domains/payments/provider.ts'
import { effects } from '../../src/effects/effect.ts'
import { workIn } from '../../src/operation/work.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
/** The provider's, which a test may change. */
let capabilities: { -readonly [Name in keyof Capabilities]: Capabilities[Name] }
/** Answers of the provider, and not what they answer. */
let isLosing = false
beforeEach(async () => {
  const provider = (real: PaymentProvider): PaymentProvider => {
    capabilities = { ...real.capabilities }
    return { ...real, capabilities }
  }
  const shop = { ...(testConfig.shop as object), currency: 'EUR', payments: [sandbox({ capture: 'manual' })] }
  isLosing = false
  world = await openWorld({
    config: { ...testConfig, shop },
    provider,
    async call(_name, work) {
      const answer = await work()
      if (isLosing) throw new Error('The answer is lost.')
      return answer
    },
  })
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

const read = () => world.engine.parts.storage.reader
const orderOf = async (id: string) => (await read().get(orders, id))!
const paymentOf = async (id: string) => (await read().get(payments, id))!
const eur = (amount: number) => ({ amount, currency: 'EUR' })

async function authorized(): Promise<{ order: string; payment: string }> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'))
  await work(world)
  const made = { order: body.order.id as string, payment: body.payment.id as string }
  assert.deepEqual([(await orderOf(made.order)).status, (await orderOf(made.order)).paymentStatus], ['placed', 'authorized'])
  assert.deepEqual((await paymentOf(made.payment)).capturable, eur(1390))
  return made
}
const post = (path: string, body: object = {}) => world.call('staff', { method: 'POST', url: `/api/${path}`, body })
const balance = async (order: string, account: string) => {
  const entries = await findAll(read(), ledgerEntries, eq('order', order))
  return entries.filter((entry) => entry.account === account).reduce((sum, { amount }) => sum + amount.amount, 0)
}
const owed = (order: string) => balance(order, `A:receivable:${order}`)

test('what is authorized places the order, is owed until it is captured, and is captured once by two who ask', async () => {
  const { order, payment } = await authorized()
  assert.equal(await owed(order), 1390)
  const answers = await Promise.all([post(`payments/${payment}/capture`), post(`payments/${payment}/capture`)])
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409])
  await work(world)
  assert.deepEqual([(await orderOf(order)).paymentStatus, await owed(order), (await orderOf(order)).holds], ['paid', 0, []])
  assert.equal((await findAll(read(), captures, eq('payment', payment))).length, 1)
})

test('captured in two parts it is paid in part, then in full', async () => {
  const { order, payment } = await authorized()
  assert.equal((await post(`payments/${payment}/capture`, { amount: eur(1000) })).status, 200)
  await work(world)
  assert.deepEqual([(await orderOf(order)).paymentStatus, await owed(order)], ['partially_paid', 390])
  const tooMuch = await post(`payments/${payment}/capture`, { amount: eur(391) })
  assert.deepEqual([tooMuch.status, tooMuch.body.code, tooMuch.body.params.capturable], [409, 'capture_too_large', eur(390)])
  assert.equal((await post(`payments/${payment}/capture`)).status, 200)
  await work(world)
  assert.deepEqual([(await orderOf(order)).paymentStatus, await owed(order)], ['paid', 0])
})

test('a last part releases the rest, and the order is held', async () => {
  const { order, payment } = await authorized()
  await post(`payments/${payment}/capture`, { amount: eur(1000), final: true })
  await work(world)
  assert.equal((await paymentOf(payment)).capturable, null)
  assert.deepEqual([(await orderOf(order)).paymentStatus, (await orderOf(order)).holds], ['partially_paid', ['payment_incomplete']])
  assert.equal((await post(`payments/${payment}/capture`)).status, 409)
})

for (const [what, amount, path] of [
  ['nothing', eur(0), '/amount/amount'],
  ['less than nothing', eur(-1), '/amount/amount'],
  ['another currency', { amount: 1, currency: 'USD' }, '/amount/currency'],
] as const)
  test(`${what} is not captured`, async () => {
    const { payment } = await authorized()
    const { status, body } = await post(`payments/${payment}/capture`, { amount })
    assert.deepEqual([status, body.errors[0].path], [400, path])
  })

test('given up, its order is held, and nothing of it is captured any more', async () => {
  const { order, payment } = await authorized()
  assert.equal((await post(`payments/${payment}/void`)).status, 200)
  await work(world)
  assert.deepEqual([(await paymentOf(payment)).status, (await orderOf(order)).paymentStatus], ['canceled', 'voided'])
  assert.deepEqual((await orderOf(order)).holds, ['payment_incomplete'])
  assert.deepEqual([(await post(`payments/${payment}/void`)).status, (await post(`payments/${payment}/capture`)).status], [409, 409])
})

test('a canceled order gives its authorization up, and owes nothing', async () => {
  const { order, payment } = await authorized()
  assert.equal((await post(`orders/${order}/cancel`)).status, 200)
  await work(world)
  assert.deepEqual([(await paymentOf(payment)).status, await owed(order)], ['canceled', 0])
  assert.equal(world.book.all()[0]!.state, 'canceled')
})

test('a canceled order of which a part was captured gives that back and the rest up', async () => {
  const { order, payment } = await authorized()
  await post(`payments/${payment}/capture`, { amount: eur(1000) })
  await work(world)
  assert.equal((await post(`orders/${order}/cancel`)).status, 200)
  await work(world, 10_000)
  assert.deepEqual([(await paymentOf(payment)).capturable, (await paymentOf(payment)).refunded], [null, eur(1000)])
  assert.equal((await orderOf(order)).paymentStatus, 'refunded')
})

test('captured and given up in the dashboard, which is learned by webhooks', async () => {
  const { order, payment } = await authorized()
  const [theirs] = world.book.all()
  world.book.captureInDashboard(theirs!.id, 900)
  world.book.cancel(theirs!.id)
  await work(world, 10_000)
  assert.deepEqual([(await paymentOf(payment)).captured, (await paymentOf(payment)).capturable], [eur(900), null])
  assert.deepEqual((await orderOf(order)).holds, ['payment_incomplete'])
})

test('what a dashboard captures is not taken for a capture of ours that is on its way, which fails once nothing is left', async () => {
  const { order, payment } = await authorized()
  const id = world.engine.newId('cap')
  const ours = { id, payment, order, amount: eur(1000), isFinal: false, status: 'pending', lastError: null } as const
  await world.write(async (tx) => void (await tx.insert(captures, ours)))
  const [theirs] = world.book.all()
  world.book.captureInDashboard(theirs!.id, 300)
  await work(world, 10_000)
  // It was the last of it there: the rest is given up.
  const { captured, capturable } = await paymentOf(payment)
  assert.deepEqual([captured, capturable, (await read().get(captures, id))!.status], [eur(300), null, 'failed'])
})

test('a capture whose answer was lost and that staff gave up is called what the provider says of it', async () => {
  const { order, payment } = await authorized()
  isLosing = true
  assert.equal((await post(`payments/${payment}/capture`, { amount: eur(500), final: false })).status, 200)
  const [sent] = await findAll(read(), effects, eq('kind', 'payment.capture'))
  assert.equal((await post(`effects/${sent!.id}/cancel`)).status, 200)
  isLosing = false
  await work(world, 10_000)
  const [capture] = await findAll(read(), captures, eq('payment', payment))
  assert.deepEqual([capture!.status, capture!.lastError, (await paymentOf(payment)).captured], ['succeeded', null, eur(500)])
  assert.equal((await orderOf(order)).paymentStatus, 'partially_paid')
})

for (const [end, hold, loss] of [
  ['won', [], 0],
  ['lost', ['dispute_lost'], 1390],
] as const)
  test(`a dispute holds its order and its money until it is ${end}`, async () => {
    const { order, payment } = await authorized()
    await post(`payments/${payment}/capture`)
    await work(world)
    const [theirs] = world.book.all()
    world.book.dispute(theirs!.id, { reason: 'fraudulent' })
    await work(world, 10_000)
    assert.deepEqual((await orderOf(order)).holds, ['disputed'])
    assert.deepEqual((await paymentOf(payment)).disputed, eur(1390))
    assert.equal(await balance(order, 'A:dispute:sandbox'), 1390)
    const [dispute] = await findAll(read(), disputes, eq('order', order))
    assert.deepEqual([dispute!.status, dispute!.reason, dispute!.amount], ['needs_response', 'fraudulent', eur(1390)])
    assert.ok(dispute!.evidenceDueAt! > world.clock.now())
    // What its bank has, nobody gives back as well.
    assert.equal((await post(`orders/${order}/refunds`)).body.code, 'refund_too_large')
    world.book.moveDispute(world.book.all()[0]!.disputes[0]!.id, end === 'won' ? 'win' : 'lose')
    await work(world, 10_000)
    assert.deepEqual((await orderOf(order)).holds, hold)
    assert.deepEqual([await balance(order, 'A:dispute:sandbox'), await balance(order, 'E:chargeback')], [0, loss])
  })

for (const canceled of ['before', 'after'] as const)
  test(`what a bank keeps of an order that is canceled ${canceled} its decision is owed to the customer no more`, async () => {
    const { order, payment } = await authorized()
    await post(`payments/${payment}/capture`)
    await work(world)
    world.book.dispute(world.book.all()[0]!.id, { reason: 'fraudulent' })
    await work(world, 10_000)
    const cancel = async () => assert.equal((await post(`orders/${order}/cancel`)).status, 200)
    const decide = async (step: 'lose' | 'win') => {
      world.book.moveDispute(world.book.all()[0]!.disputes[0]!.id, step)
      await work(world, 10_000)
    }
    if (canceled === 'before') await cancel()
    if (canceled === 'before') assert.equal(await balance(order, `L:deposit:${order}`), -1390, 'it waits for the decision')
    await decide('lose')
    if (canceled === 'after') await cancel()
    await work(world)
    const names = [`L:deposit:${order}`, 'A:dispute:sandbox', 'E:chargeback', 'I:sales:DE:70000', `A:receivable:${order}`]
    assert.deepEqual(await Promise.all(names.map((name) => balance(order, name))), [0, 0, 0, 0, 0])
    assert.equal((await findAll(read(), refunds, eq('order', order))).length, 0)
  })

test('a refund that came back is not owed any more once the bank has given its customer the money', async () => {
  const { order, payment } = await authorized()
  await post(`payments/${payment}/capture`)
  await work(world)
  assert.equal((await post(`orders/${order}/refunds`)).status, 201)
  await work(world, 10_000)
  const [theirs] = world.book.all()
  world.book.returnRefund(theirs!.id, theirs!.refunds[0]!.id)
  await work(world, 10_000)
  const refund = async () => (await findAll(read(), refunds, eq('order', order)))[0]!
  assert.equal((await refund()).status, 'failed')
  world.book.dispute(theirs!.id, { reason: 'fraudulent' })
  world.book.moveDispute(world.book.all()[0]!.disputes[0]!.id, 'lose')
  await work(world, 10_000)
  const payable = `L:refund_payable:${(await refund()).id}`
  assert.deepEqual([(await refund()).status, await balance(order, payable), await balance(order, 'E:chargeback')], ['canceled', 0, 1390])
  assert.equal((await post(`refunds/${(await refund()).id}/retry`)).status, 409)
})

test('a dispute that its provider leaves open is lost once staff say so, and won all the same if the money comes back', async () => {
  const { order, payment } = await authorized()
  await post(`payments/${payment}/capture`)
  await work(world)
  world.book.dispute(world.book.all()[0]!.id, { reason: 'fraudulent' })
  await work(world, 10_000)
  const dispute = async () => (await findAll(read(), disputes, eq('order', order)))[0]!
  const path = `disputes/${(await dispute()).id}/accept`
  const early = await post(path)
  assert.deepEqual([early.status, early.body.code], [409, 'not_supported_by_provider'])
  capabilities.disputesStayOpen = true
  assert.deepEqual((await Promise.all([post(path), post(path)])).map(({ status }) => status).toSorted(), [200, 409])
  const stands = async () => [(await dispute()).status, (await orderOf(order)).holds, await balance(order, 'E:chargeback')]
  assert.deepEqual(await stands(), ['lost', ['dispute_lost'], 1390])
  assert.equal((await post(`payments/${payment}/check`)).status, 200)
  await work(world, 10_000)
  assert.deepEqual(await stands(), ['lost', ['dispute_lost'], 1390], 'its provider still calls it open')
  world.book.moveDispute(world.book.all()[0]!.disputes[0]!.id, 'win')
  await work(world, 10_000)
  assert.deepEqual([await stands(), await balance(order, 'A:dispute:sandbox')], [['won', [], 0], 0])
})

test('staff are told once that an authorization is about to end, and when it has ended its order is held', async () => {
  const token = await world.write((tx, now) => issueSetUpToken(workIn(world.engine.parts, tx, now)))
  const boss = { token, email: 'boss@example.com', password: 'long enough' }
  assert.equal((await world.call('guest', { method: 'POST', url: '/api/auth/setup', body: boss })).status, 201)
  world.book.set({ ...world.book.settings(), authorizationMs: 35 * 60_000 })
  const { order, payment } = await authorized()
  const told = async () => (await findAll(read(), emails, eq('template', 'authorization_ending'))).map(({ to }) => to)
  assert.deepEqual(await told(), [])
  await work(world, 10 * 60_000)
  assert.deepEqual(await told(), ['boss@example.com'])
  await work(world, 20 * 60_000)
  assert.deepEqual([(await told()).length, (await paymentOf(payment)).status], [1, 'authorized'])
  await work(world, 7 * 60_000)
  assert.deepEqual([(await paymentOf(payment)).status, (await orderOf(order)).paymentStatus], ['canceled', 'voided'])
  assert.deepEqual((await orderOf(order)).holds, ['payment_incomplete'])
})
