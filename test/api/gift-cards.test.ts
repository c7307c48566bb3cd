// Gift cards and store credit: each cent is spent once, whoever asks at once, and goes back to where it came from.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { giftCards } from '../../src/domains/credit/collections.ts'
import { giftCardCode, giftCardHash } from '../../src/domains/credit/gift-card-code.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { payments, refunds } from '../../src/domains/payments/collections.ts'
import { refundedOf } from '../../src/sandbox/payment.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, fillCart, openWorld, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { createMailbox, type Mail } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld(mailbox)
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

/** What a cart with one book comes to, with its shipping. */
const total = 1390
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const read = () => world.engine.parts.storage.reader
const post = (as: As, path: string, body: object = {}, headers: Record<string, string> = {}) =>
  world.call(as, { method: 'POST', url: `/api/${path}`, body, headers })
const orderOf = async (id: string) => (await read().get(orders, id))!
const cardOf = async (id: string) => (await read().get(giftCards, id))!
const paymentsOf = async (order: string) =>
  (await findAll(read(), payments, eq('order', order))).toSorted((a, b) => a.sequence - b.sequence)
const balance = async (account: string) =>
  (await findAll(read(), ledgerEntries, eq('account', account))).reduce((sum, { amount }) => sum + amount.amount, 0)

async function issue(amount: number, more: object = {}): Promise<{ id: string; code: string }> {
  const { status, body } = await post('staff', 'giftCards', { value: eur(amount), ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

async function order(as: As, body: object) {
  const cart = await fillCart(world, as)
  return { cart, ...(await post(as, `carts/${cart.id}/checkout`, body, cart.headers)) }
}
const byCard = { provider: 'sandbox', method: 'card_success' }

test('a card that covers it all places the order at once, and asks no provider for anything', async () => {
  const card = await issue(5000)
  const { status, body } = await order('guest', { giftCards: [card.code] })
  assert.deepEqual([status, body.order.status, body.order.paymentStatus, body.payment.provider], [201, 'placed', 'paid', 'gift_card'])
  assert.deepEqual([(await cardOf(card.id)).balance, (await cardOf(card.id)).spent], [eur(5000 - total), eur(total)])
  assert.equal(await balance(`L:gift:${card.id}`), total - 5000)
  await work(world)
  assert.equal(world.book.all().length, 0)
  assert.ok(sent.some(({ subject }) => subject.startsWith('Your order')))
})

test('a card pays first, and the provider is asked for the rest alone', async () => {
  const card = await issue(1000)
  const { body } = await order('guest', { giftCards: [card.code], payment: byCard, expectedDue: eur(390) })
  await work(world)
  assert.deepEqual([(await orderOf(body.order.id)).status, (await orderOf(body.order.id)).paymentStatus], ['placed', 'paid'])
  const made = await paymentsOf(body.order.id)
  assert.deepEqual(
    made.map(({ provider, captured }) => [provider, captured]),
    [
      ['gift_card', eur(1000)],
      ['sandbox', eur(390)],
    ],
  )
})

test('a card that does not cover it, and nothing else: what is missing is told, and nothing is taken', async () => {
  const card = await issue(1000)
  const { status, body, cart } = await order('guest', { giftCards: [card.code] })
  assert.deepEqual([status, body.code, body.params], [422, 'payment_missing', { due: eur(390) }])
  assert.deepEqual((await cardOf(card.id)).balance, eur(1000))
  const nothing = await post('guest', `carts/${cart.id}/checkout`, {}, cart.headers)
  assert.deepEqual([nothing.status, nothing.body.errors[0].path], [400, '/payment'])
  const other = await post(
    'guest',
    `carts/${cart.id}/checkout`,
    { giftCards: [card.code], payment: byCard, expectedDue: eur(1) },
    cart.headers,
  )
  assert.deepEqual([other.status, other.body.code, other.body.params.due], [409, 'total_changed', eur(390)])
})

test('two cards and one of them twice: each is spent once', async () => {
  const [first, second] = [await issue(1000), await issue(1000)]
  const { body } = await order('guest', { giftCards: [first.code, first.code.toLowerCase().replaceAll('-', ' '), second.code] })
  assert.equal(body.order.status, 'placed')
  assert.deepEqual([(await cardOf(first.id)).balance, (await cardOf(second.id)).balance], [eur(0), eur(610)])
})

test('many checkouts at once spend a card to its last cent and no further', async () => {
  const card = await issue(total * 3 + 5)
  const carts = await Promise.all(Array.from({ length: 10 }, () => fillCart(world, 'guest')))
  const answers = await Promise.all(
    carts.map(({ id, headers }) => post('guest', `carts/${id}/checkout`, { giftCards: [card.code] }, headers)),
  )
  assert.deepEqual(answers.filter(({ status }) => status === 201).length, 3)
  for (const { status, body } of answers) assert.ok(status === 201 || body.code === 'payment_missing', JSON.stringify(body))
  assert.deepEqual((await cardOf(card.id)).balance, eur(5))
})

test('one that is blocked, spent, past its time or unknown is refused, each with its reason', async () => {
  const [blocked, empty, late] = [await issue(100), await issue(total), await issue(100, { expiresAt: '2026-11-24T12:05:00Z' })]
  assert.equal((await post('staff', `giftCards/${blocked.id}/block`)).body.status, 'blocked')
  await order('guest', { giftCards: [empty.code] })
  await world.clock.advance(5 * 60_000)
  const reasons = []
  for (const code of [blocked.code, empty.code, late.code, giftCardCode('a guess')]) {
    const { status, body } = await order('guest', { giftCards: [code], payment: byCard })
    assert.deepEqual([status, body.code, body.errors[0].path], [422, 'gift_card_unusable', '/giftCards/0'])
    reasons.push(body.params.reason)
  }
  assert.deepEqual(reasons, ['blocked', 'empty', 'expired', 'unknown'])
  assert.equal((await post('staff', `giftCards/${blocked.id}/unblock`)).body.status, 'active')
  assert.equal((await order('guest', { giftCards: [blocked.code], payment: byCard })).status, 201)
})

test('past its time, what is left is income, and what comes back is good for a while again', async () => {
  const card = await issue(2000, { expiresAt: '2026-11-24T12:10:00Z' })
  const { body } = await order('owner', { giftCards: [card.code] })
  await world.clock.advance(21 * 60_000)
  assert.deepEqual([(await cardOf(card.id)).status, (await cardOf(card.id)).expired], ['expired', eur(610)])
  assert.equal(await balance('I:expired_credit'), -610)
  assert.equal((await post('staff', `giftCards/${card.id}/block`)).status, 409)
  assert.equal((await post('owner', `orders/${body.order.id}/cancel`)).status, 200)
  const after = await cardOf(card.id)
  assert.deepEqual([after.status, after.balance, after.expiresAt! > world.clock.now()], ['active', eur(total), true])
})

test('a canceled order puts it back on the card and the rest back to its provider', async () => {
  const card = await issue(1000)
  const { body } = await order('owner', { giftCards: [card.code], payment: byCard })
  await work(world)
  const canceled = await post('owner', `orders/${body.order.id}/cancel`)
  assert.equal(canceled.status, 200)
  assert.deepEqual((await cardOf(card.id)).balance, eur(1000))
  await work(world, 10_000)
  assert.equal((await orderOf(body.order.id)).paymentStatus, 'refunded')
  assert.deepEqual(world.book.all().map(refundedOf), [390])
})

test('an order that credit alone paid is refunded in the answer of its cancellation', async () => {
  const card = await issue(5000)
  const { body } = await order('owner', { giftCards: [card.code] })
  const canceled = await post('owner', `orders/${body.order.id}/cancel`)
  assert.deepEqual([canceled.body.status, canceled.body.paymentStatus], ['canceled', 'refunded'])
  assert.deepEqual((await cardOf(card.id)).balance, eur(5000))
})

test('an order whose rest is never paid gives the card back when it expires', async () => {
  const card = await issue(1000)
  const { body } = await order('guest', { giftCards: [card.code], payment: { provider: 'sandbox', method: 'card_declined' } })
  await work(world)
  assert.deepEqual(
    [(await orderOf(body.order.id)).status, (await orderOf(body.order.id)).paymentStatus],
    ['pending_payment', 'partially_paid'],
  )
  assert.deepEqual((await cardOf(card.id)).balance, eur(0))
  await work(world, 31 * 60_000)
  assert.deepEqual([(await orderOf(body.order.id)).status, (await orderOf(body.order.id)).paymentStatus], ['expired', 'refunded'])
  assert.deepEqual((await cardOf(card.id)).balance, eur(1000))
  assert.ok(!sent.some(({ subject }) => subject.startsWith('Your payment for order')), 'nobody is told of money that came late')
})

test('declined, an open order takes a card, and its provider is asked for the rest', async () => {
  const { body } = await order('owner', { payment: { provider: 'sandbox', method: 'card_declined' } })
  await work(world)
  const card = await issue(1000)
  const url = `orders/${body.order.id}/payments`
  assert.equal((await post('owner', url, { giftCards: [card.code] })).body.code, 'payment_missing')
  assert.equal((await post('owner', url, { giftCards: [card.code], ...byCard })).status, 201)
  await work(world)
  assert.equal((await orderOf(body.order.id)).status, 'placed')
  assert.deepEqual(
    (await paymentsOf(body.order.id)).map(({ provider, captured }) => [provider, captured.amount]),
    [
      ['sandbox', 0],
      ['gift_card', 1000],
      ['sandbox', 390],
    ],
  )
  // And one that needs no provider any more.
  const next = await order('owner', { giftCards: [(await issue(500)).code], payment: { provider: 'sandbox', method: 'card_declined' } })
  await work(world)
  const paid = await post('owner', `orders/${next.body.order.id}/payments`, { giftCards: [(await issue(900)).code] })
  assert.deepEqual([paid.status, paid.body.order.status, paid.body.order.paymentStatus], [201, 'placed', 'paid'])
})

test('a refund takes what a provider took first, then puts the rest on the card, and says where it goes', async () => {
  const card = await issue(1000)
  const { body } = await order('owner', { giftCards: [card.code], payment: byCard })
  await work(world)
  const path = `orders/${body.order.id}/refunds`
  const first = await post('staff', path, { amount: eur(500) })
  assert.deepEqual(
    [first.status, first.body.provider, first.body.amount, first.body.status, first.body.others.length],
    [201, 'sandbox', eur(390), 'succeeded', 1],
  )
  const [onCard] = first.body.others
  assert.deepEqual([onCard.provider, onCard.amount, onCard.status], ['gift_card', eur(110), 'succeeded'])
  assert.deepEqual((await cardOf(card.id)).balance, eur(110))
  assert.equal((await orderOf(body.order.id)).paymentStatus, 'partially_refunded')
  assert.equal((await post('staff', path, { amount: eur(891) })).body.code, 'refund_too_large')
  const rest = await post('staff', path)
  assert.deepEqual([rest.body.provider, rest.body.amount], ['gift_card', eur(890)])
  assert.equal((await orderOf(body.order.id)).paymentStatus, 'refunded')
  assert.deepEqual((await cardOf(card.id)).balance, eur(1000))
})

test('staff give credit, its owner sees it and pays with it, and nobody else does', async () => {
  const customer = world.ids['owner']!
  const given = await post('staff', `users/${customer}/credit`, { amount: eur(2000), reason: 'For the late parcel.' })
  assert.deepEqual([given.status, given.body.balance], [201, eur(2000)])
  const mine = await world.call('owner', { method: 'GET', url: '/api/auth/me/credit' })
  assert.deepEqual([mine.body.items, mine.body.grants[0].reason], [[{ balance: eur(2000) }], 'For the late parcel.'])
  assert.deepEqual((await world.call('other', { method: 'GET', url: '/api/auth/me/credit' })).body.items, [])
  assert.deepEqual((await world.call('other', { method: 'GET', url: '/api/storeCredits' })).body.items, [])
  const { body } = await order('owner', { storeCredit: true })
  assert.deepEqual([body.order.status, body.payment.provider], ['placed', 'store_credit'])
  const guest = await order('guest', { storeCredit: true, payment: byCard })
  assert.deepEqual([guest.status, guest.body.errors[0].path], [400, '/storeCredit'])
  const short = await post('staff', `users/${customer}/credit`, { amount: eur(-611), reason: 'Given by mistake.' })
  assert.deepEqual([short.status, short.body.code, short.body.params.balance], [409, 'credit_too_low', eur(610)])
  assert.deepEqual(
    (await post('staff', `users/${customer}/credit`, { amount: eur(-610), reason: 'Given by mistake.' })).body.balance,
    eur(0),
  )
  assert.equal((await post('staff', 'users/usr_nobody/credit', { amount: eur(1), reason: 'x' })).status, 404)
})

test('credit given twice at once is both', async () => {
  const path = `users/${world.ids['owner']}/credit`
  const answers = await Promise.all([1, 2, 3, 4].map((amount) => post('staff', path, { amount: eur(amount), reason: 'x' })))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 201, 201],
  )
  assert.deepEqual((await world.call('owner', { method: 'GET', url: '/api/auth/me/credit' })).body.items, [{ balance: eur(10) }])
})

test('a refund may be kept as store credit, once', async () => {
  const { body } = await order('owner', { payment: byCard })
  await work(world)
  const path = `orders/${body.order.id}/refunds`
  const kept = await post('staff', path, { amount: eur(1000), to: 'store_credit', reason: 'Wrong size' })
  assert.deepEqual([kept.status, kept.body.status, kept.body.lastError], [201, 'settled', 'Given back as store credit.'])
  const mine = (await world.call('owner', { method: 'GET', url: '/api/auth/me/credit' })).body
  assert.deepEqual([mine.items, mine.grants[0].order], [[{ balance: eur(1000) }], body.order.id])
  assert.equal((await post('staff', path, { amount: eur(391) })).body.code, 'refund_too_large')
  assert.equal((await post('staff', path, { amount: eur(390) })).status, 201)
  await work(world, 10_000)
  assert.deepEqual(world.book.all().map(refundedOf), [390])
  const guest = await order('guest', { payment: byCard })
  await work(world)
  assert.equal((await post('staff', `orders/${guest.body.order.id}/refunds`, { to: 'store_credit' })).body.errors[0].path, '/to')
})

test('sent by mail, the code is in the mail alone', async () => {
  const { body } = await post('staff', 'giftCards', { value: eur(2500), email: 'Ann@Example.com', message: 'For your birthday' })
  assert.deepEqual([body.code, body.issued], [null, eur(2500)])
  await work(world)
  const mail = sent.find(({ to }) => to === 'ann@example.com')!
  const code = /[0-9A-Z]{5}(-[0-9A-Z]{5}){3}/.exec(mail.text)![0]
  assert.ok(mail.text.includes('For your birthday') && mail.text.includes('25.00 EUR') && code.endsWith(body.lastFour))
  const asked = await post('guest', 'giftCards/balance', { code })
  assert.deepEqual([asked.status, asked.body.balance], [200, eur(2500)])
  const kept = (await world.snapshot()) + JSON.stringify(world.log)
  assert.ok(!kept.includes(code) && kept.includes(giftCardHash(code)))
  assert.equal((await world.call('staff', { method: 'GET', url: `/api/giftCards/${body.id}` })).body.codeHash, undefined)
})

for (const [what, body, path] of [
  ['nothing', { value: eur(0) }, '/value/amount'],
  ['less than nothing', { value: eur(-1) }, '/value/amount'],
  ['more than any ledger counts', { value: eur(limits.moneyMovedMax + 1) }, '/value/amount'],
  ['another currency', { value: { amount: 1, currency: 'USD' } }, '/value/currency'],
  ['a time that is over', { value: eur(1), expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
  ['a message to nobody', { value: eur(1), message: 'hello' }, '/message'],
] as const)
  test(`a card with ${what} is not issued`, async () => {
    const { status, body: answer } = await post('staff', 'giftCards', body)
    assert.deepEqual([status, answer.errors[0].path], [400, path])
  })

test('credit of more than any ledger counts is not given', async () => {
  for (const amount of [limits.moneyMovedMax + 1, Number.MAX_SAFE_INTEGER]) {
    const { status, body } = await post('staff', `users/${world.ids['owner']}/credit`, { amount: eur(amount), reason: 'typed wrong' })
    assert.deepEqual([status, body.errors[0].path], [400, '/amount/amount'])
  }
})

test('nobody is asked what became of a payment by card, and nothing of it waits', async () => {
  const { body } = await order('owner', { giftCards: [(await issue(5000)).code] })
  const [payment] = await paymentsOf(body.order.id)
  assert.equal((await post('staff', `payments/${payment!.id}/check`)).body.status, 'captured')
  for (const action of ['capture', 'void']) assert.equal((await post('staff', `payments/${payment!.id}/${action}`)).status, 409)
  await post('staff', `orders/${body.order.id}/refunds`, { amount: eur(1) })
  const [refund] = await findAll(read(), refunds, eq('order', body.order.id))
  assert.equal((await post('staff', `refunds/${refund!.id}/retry`)).status, 409)
})

test('codes are tried no faster than passwords, by their balance or by a checkout', async () => {
  const limited = await openWorld({ isRateLimited: true })
  try {
    const ask = (url: string, body: object) => limited.call('guest', { method: 'POST', url, body })
    const statuses = []
    for (let count = 0; count < 21; count++) statuses.push((await ask('/api/giftCards/balance', { code: giftCardCode(`${count}`) })).status)
    assert.deepEqual([...new Set(statuses.slice(0, 20)), statuses[20]], [422, 429])
    const tried = []
    for (let count = 0; count < 5; count++)
      tried.push((await ask('/api/carts/cart_x/checkout', { giftCards: Array(5).fill('0'), payment: byCard })).status)
    assert.deepEqual(tried, [404, 404, 404, 404, 429])
  } finally {
    await limited.close()
  }
})

for (const [what, value] of [
  ['a part', 1000],
  ['all of it', 5000],
] as const)
  test(`a provider that takes the money after all, while a card pays ${what}: the order is paid once`, async () => {
    const { body } = await order('owner', { payment: { provider: 'sandbox', method: 'card_challenge' } })
    await work(world)
    const card = await issue(value)
    const paid = post('owner', `orders/${body.order.id}/payments`, { giftCards: [card.code], ...byCard })
    // Both at once: the challenge of the first attempt is passed while the second begins.
    world.book.answer(world.book.all()[0]!.id, { answer: 'approve' })
    assert.ok([201, 409].includes((await paid).status))
    await work(world, 60_000)
    const after = await orderOf(body.order.id)
    assert.deepEqual([after.status, after.paymentStatus], ['placed', 'paid'])
    const kept = (await paymentsOf(after.id)).reduce((sum, { captured, refunded }) => sum + captured.amount - refunded.amount, 0)
    assert.equal(kept, total)
  })

test('of three payments of which one has given back before, all that is left comes back', async () => {
  const [first, second] = [await issue(300), await issue(300)]
  const payment = { giftCards: [first.code, second.code], payment: byCard, expectedDue: eur(total - 600) }
  const { body } = await order('guest', payment)
  await work(world)
  const { id } = body.order
  const give = async (asked: object) => await post('staff', `orders/${id}/refunds`, asked)
  assert.equal((await give({ amount: eur(500) })).status, 201)
  await work(world)
  const rest = await give({})
  assert.equal(rest.status, 201, rest.text)
  await work(world)
  assert.deepEqual(
    [await cardOf(first.id), await cardOf(second.id)].map(({ balance: left }) => left.amount),
    [300, 300],
  )
  assert.equal((await orderOf(id)).paymentStatus, 'refunded')
})
