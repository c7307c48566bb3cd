// The rules of the shop, driven through the API: what is sold, for how much, and what becomes of money
// that comes late, twice or in another currency.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { signHmac } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { type Payment, paymentFacts, payments } from '../../src/domains/payments/collections.ts'
import { recordView } from '../../src/domains/payments/record-facts.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { workIn } from '../../src/operation/work.ts'
import { type As, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

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
    await assertBooksBalance()
  } finally {
    await world.close()
  }
})

const staffPatch = (url: string, body: object) => world.call('staff', { method: 'PATCH', url, body })
const orderOf = async (id: string, as: As = 'staff') => (await world.call(as, { method: 'GET', url: `/api/orders/${id}` })).body
const levelOf = async (name: string) => (await world.engine.parts.storage.reader.get(stockLevels, world.ids[`${name}Level`]!))!
const paymentsOf = (order: string) =>
  world.engine.parts.storage.reader.find<Payment>(payments, {
    where: eq('order', order),
    sort: [{ path: 'sequence', descending: false }],
    limit: 50,
  })

/** Whatever happened, the ledger sums to zero and no counter of stock is out of step. */
async function assertBooksBalance(): Promise<void> {
  const { body } = await world.call('staff', { method: 'GET', url: '/api/ledger/balances' })
  for (const { sum } of body.totals) assert.equal(sum.amount, 0)
  for (const { onHand, held, committed, available } of await world.engine.parts.storage.reader.find(stockLevels, { limit: 100 })) {
    assert.equal(available, onHand - held - committed)
    assert.ok(available >= 0 && held >= 0 && committed >= 0)
  }
}

describe('carts', () => {
  const add = (cart: { id: string; headers: Record<string, string> }, variant: string, quantity?: number) =>
    world.call('guest', {
      method: 'POST',
      url: `/api/carts/${cart.id}/lines`,
      headers: cart.headers,
      body: { variant, ...(quantity === undefined ? {} : { quantity }) },
    })

  test("show the server's prices and totals in whole minor units", async () => {
    const cart = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 3 },
      { variant: 'hardcover', quantity: 1 },
    ])
    const { body } = await world.call('guest', { method: 'GET', url: `/api/carts/${cart.id}`, headers: cart.headers })
    assert.deepEqual(body.totals, {
      subtotal: { amount: 5500, currency: 'EUR' },
      discount: { amount: 0, currency: 'EUR' },
      shipping: { amount: 390, currency: 'EUR' },
      // 7 % inside 58.90
      tax: { amount: 385, currency: 'EUR' },
      total: { amount: 5890, currency: 'EUR' },
    })
    assert.deepEqual(
      body.lines.map(({ total }: { total: object }) => total),
      [
        { amount: 3000, currency: 'EUR' },
        { amount: 2500, currency: 'EUR' },
      ],
    )
  })

  test('put one variant on one line, however often it is added', async () => {
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
    const { body, status } = await add(cart, world.ids['variant']!, 2)
    assert.equal(status, 201)
    assert.deepEqual(
      body.lines.map(({ quantity }: { quantity: number }) => quantity),
      [3],
    )
  })

  test('take no prices, totals or odd quantities from the client', async () => {
    const cart = await fillCart(world, 'guest')
    const url = `/api/carts/${cart.id}/lines`
    for (const quantity of [0, -1, 1.5, 1e308, '1', null, true, [1], 10_000])
      checkRefusal(
        await world.call('guest', { method: 'POST', url, headers: cart.headers, body: { variant: world.ids['variant'], quantity } }),
        400,
        'validation_failed',
        '/quantity',
      )
    for (const field of ['unitPrice', 'price', 'total', 'title'])
      checkRefusal(
        await world.call('guest', { method: 'POST', url, headers: cart.headers, body: { variant: world.ids['variant'], [field]: 1 } }),
        400,
        'validation_failed',
        `/${field}`,
      )
    for (const field of ['totals', 'status', 'customer', 'order', 'tokenHash', 'lines'])
      checkRefusal(
        await world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body: { [field]: null } }),
        400,
        'validation_failed',
        `/${field}`,
      )
    await add(cart, world.ids['variant']!, 9_998)
    checkRefusal(await add(cart, world.ids['variant']!, 1), 400, 'validation_failed', '/quantity')
  })

  test('take only what is for sale', async () => {
    const cart = await fillCart(world, 'guest')
    checkRefusal(await add(cart, world.ids['draftVariant']!), 422, 'not_for_sale', '/variant')
    checkRefusal(await add(cart, 'var_none'), 422, 'not_for_sale', '/variant')
    // Staff may see a draft, and cannot buy it either.
    checkRefusal(
      await world.call('staff', { method: 'POST', url: `/api/carts/${cart.id}/lines`, body: { variant: world.ids['draftVariant'] } }),
      422,
      'not_for_sale',
    )
  })

  test('say when their sum cannot be counted', async () => {
    await staffPatch(`/api/variants/${world.ids['variant']}`, { price: { amount: limits.cartAmountMax, currency: 'EUR' } })
    const cart = await fillCart(world, 'guest', [])
    checkRefusal(await add(cart, world.ids['variant']!, 2), 422, 'amount_too_large', '/quantity')
  })

  test('that became orders take no more', async () => {
    const cart = await fillCart(world, 'guest')
    const { body } = await checkOut(world, 'guest', cart)
    for (const request of [
      { method: 'POST', url: `/api/carts/${cart.id}/lines`, body: { variant: world.ids['variant'] } },
      { method: 'PATCH', url: `/api/carts/${cart.id}`, body: { note: 'x' } },
    ]) {
      const answer = await world.call('guest', { ...request, headers: cart.headers })
      checkRefusal(answer, 409, 'cart_not_open')
      assert.equal(answer.body.params.order, body.order.id)
    }
  })
})

describe('checkout', () => {
  test('of two lines on one variant sums them before it looks at the stock', async () => {
    const cart = await fillCart(world, 'guest', [{ variant: 'hardcover', quantity: 2 }])
    await world.write(async (tx) => {
      const found = (await tx.get({ name: 'carts' }, cart.id)) as never
      await tx.update({ name: 'carts' } as never, found, {
        set: { lines: [1, 2].map((id) => ({ id: `line_${id}`, variant: world.ids['hardcover'], quantity: 2 })) },
      })
    })
    const answer = await checkOut(world, 'guest', cart)
    checkRefusal(answer, 409, 'out_of_stock', '/lines/line_1/quantity')
    assert.deepEqual(
      answer.body.params.lines.map(({ requested, available }: { requested: number; available: number }) => [requested, available]),
      [
        [4, 3],
        [4, 3],
      ],
    )
    assert.equal((await levelOf('hardcover')).held, 0)
  })

  test('beyond the stock names the lines and what is left, and holds nothing', async () => {
    const cart = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 1 },
      { variant: 'hardcover', quantity: 4 },
    ])
    const { body } = await world.call('guest', { method: 'GET', url: `/api/carts/${cart.id}`, headers: cart.headers })
    const before = await world.snapshot()
    const answer = await checkOut(world, 'guest', cart)
    checkRefusal(answer, 409, 'out_of_stock', `/lines/${body.lines[1].id}/quantity`)
    assert.deepEqual(answer.body.params, { lines: [{ line: body.lines[1].id, title: 'Emma, Hardcover', requested: 4, available: 3 }] })
    assert.equal(await world.snapshot(), before)
  })

  test('by more buyers than there are units sells exactly the units', async () => {
    const carts = await Promise.all(Array.from({ length: 8 }, () => fillCart(world, 'guest', [{ variant: 'hardcover', quantity: 1 }])))
    const answers = await Promise.all(carts.map((cart) => checkOut(world, 'guest', cart)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 3)
    assert.equal(answers.filter(({ body }) => body.code === 'out_of_stock').length, 5)
    await work(world)
    assert.deepEqual(
      { ...(await levelOf('hardcover')), id: 0, variant: 0, createdAt: 0, updatedAt: 0, version: 0 },
      {
        ...(await levelOf('hardcover')),
        id: 0,
        variant: 0,
        createdAt: 0,
        updatedAt: 0,
        version: 0,
        onHand: 3,
        held: 0,
        committed: 3,
        available: 0,
      },
    )
  })

  test('of one cart 20 times at once is one order', async () => {
    const cart = await fillCart(world, 'guest')
    const answers = await Promise.all(Array.from({ length: 20 }, () => checkOut(world, 'guest', cart)))
    assert.deepEqual(new Set(answers.map(({ status, body }) => `${status} ${body.order.id}`)).size, 1)
    await work(world)
    assert.equal(world.book.all().length, 1)
    assert.equal((await orderOf(answers[0]!.body.order.id)).paymentStatus, 'paid')
  })

  test('charges what was expected or nothing', async () => {
    const cart = await fillCart(world, 'guest')
    await staffPatch(`/api/variants/${world.ids['variant']}`, { price: { amount: 1200, currency: 'EUR' } })
    const ask = (amount: number, currency = 'EUR') =>
      world.call('guest', {
        method: 'POST',
        url: `/api/carts/${cart.id}/checkout`,
        headers: cart.headers,
        body: { payment: { provider: 'sandbox', method: 'card_success' }, expectedTotal: { amount, currency } },
      })
    const answer = await ask(1390)
    checkRefusal(answer, 409, 'total_changed')
    assert.deepEqual(answer.body.params, { expected: { amount: 1390, currency: 'EUR' }, total: { amount: 1590, currency: 'EUR' } })
    checkRefusal(await ask(1590, 'USD'), 409, 'total_changed')
    assert.equal((await ask(1590)).status, 201)
  })

  test('freezes what was agreed', async () => {
    const cart = await fillCart(world, 'guest')
    const { body } = await checkOut(world, 'guest', cart)
    await staffPatch(`/api/variants/${world.ids['variant']}`, { price: { amount: 9, currency: 'EUR' }, title: 'Changed' })
    const order = await orderOf(body.order.id)
    assert.deepEqual([order.lines[0].title, order.lines[0].unitPrice.amount, order.total.amount], ['Emma, Paperback', 1000, 1390])
  })

  test('asks for what is missing, each by its path', async () => {
    const { body } = await world.call('guest', { method: 'POST', url: '/api/carts', body: {} })
    const headers = { 'cart-token': body.token }
    checkRefusal(await checkOut(world, 'guest', { id: body.id, headers }), 409, 'cart_empty')
    await world.call('guest', { method: 'POST', url: `/api/carts/${body.id}/lines`, headers, body: { variant: world.ids['variant'] } })
    const answer = await checkOut(world, 'guest', { id: body.id, headers })
    checkRefusal(answer, 422, 'cart_incomplete', '/email')
    checkRefusal(answer, 422, 'cart_incomplete', '/shippingAddress')
  })

  test('refuses what is no longer sold, and shipping that is no longer offered or does not go there', async () => {
    const cart = await fillCart(world, 'guest')
    await staffPatch(`/api/shippingMethods/${world.ids['shipping']}`, { countries: ['FR'] })
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'cart_incomplete', '/shippingMethod')
    await staffPatch(`/api/shippingMethods/${world.ids['shipping']}`, { countries: null, active: false })
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'cart_incomplete', '/shippingMethod')
    await staffPatch(`/api/shippingMethods/${world.ids['shipping']}`, { active: true })
    await staffPatch(`/api/products/${world.ids['product']}`, { status: 'archived' })
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'not_for_sale')
  })

  test('knows its providers and methods, and sends nobody to another site', async () => {
    const cart = await fillCart(world, 'guest')
    const ask = (payment: object) =>
      world.call('guest', { method: 'POST', url: `/api/carts/${cart.id}/checkout`, headers: cart.headers, body: { payment } })
    checkRefusal(await ask({ provider: 'nobody' }), 422, 'provider_unknown', '/payment/provider')
    checkRefusal(await ask({ provider: 'sandbox', method: 'cash' }), 422, 'provider_unknown', '/payment/method')
    for (const returnUrl of [
      'http://evil.test/',
      'http://shop.test.evil.test/',
      'http://shop.test@evil.test/',
      'https://shop.test/',
      'http://shop.test:81/',
      'http:\\\\evil.test',
      'http://shop.test\\@evil.test/',
      'http://shop.test\\.evil.test/',
      'http://me@shop.test/',
      'http://shop.test/\r\nSet-Cookie: a=b',
      'http://shop.test/\t',
      ' http://shop.test/',
    ])
      checkRefusal(await ask({ provider: 'sandbox', returnUrl }), 400, 'validation_failed', '/payment/returnUrl')
    for (const returnUrl of ['javascript:alert(1)', '//evil.test', 'ftp://shop.test/'])
      checkRefusal(await ask({ provider: 'sandbox', returnUrl }), 400, 'validation_failed', '/payment/returnUrl')
    const { body, status } = await ask({ provider: 'sandbox', method: 'card_challenge', returnUrl: 'http://shop.test/thanks/{order}' })
    assert.equal(status, 201)
    assert.deepEqual(body.payment.action.type, 'redirect')
    assert.equal(world.book.all()[0]!.returnUrl, `http://shop.test/thanks/${body.order.id}`)
    // Another try speaks of its own body.
    const pay = (request: object) =>
      world.call('guest', { method: 'POST', url: `/api/orders/${body.order.id}/payments`, headers: cart.headers, body: request })
    checkRefusal(await pay({ provider: 'nobody' }), 422, 'provider_unknown', '/provider')
    checkRefusal(await pay({ provider: 'sandbox', returnUrl: 'http://evil.test/' }), 400, 'validation_failed', '/returnUrl')
  })

  test('comes back to sites that the project names, spelled as they were compared', async () => {
    const shop = { ...(testConfig.shop as object), returnOrigins: ['https://www.shop.example'] }
    const named = await openWorld({ config: { ...testConfig, shop: shop as never } })
    try {
      const cart = await fillCart(named, 'guest')
      const ask = (returnUrl: string) =>
        named.call('guest', {
          method: 'POST',
          url: `/api/carts/${cart.id}/checkout`,
          headers: cart.headers,
          body: { payment: { provider: 'sandbox', returnUrl } },
        })
      checkRefusal(await ask('https://shop.example/'), 400, 'validation_failed', '/payment/returnUrl')
      checkRefusal(await ask(`https://www.shop.example/${'é'.repeat(400)}`), 400, 'validation_failed', '/payment/returnUrl')
      const { body, status } = await ask('HTTPS://www.Shop.example:443/danke/{order}?o={order}')
      assert.equal(status, 201)
      const { id } = body.order
      assert.equal(named.book.all()[0]!.returnUrl, `https://www.shop.example/danke/${id}?o=${id}`)
    } finally {
      await named.close()
    }
  })

  test('of nothing to pay is placed at once, without a payment', async () => {
    await staffPatch(`/api/shippingMethods/${world.ids['shipping']}`, { price: { amount: 0, currency: 'EUR' } })
    const cart = await fillCart(world, 'guest', [{ variant: 'free', quantity: 1 }])
    const { body, status } = await checkOut(world, 'guest', cart)
    assert.equal(status, 201)
    assert.deepEqual([body.order.status, body.order.paymentStatus, body.payment], ['placed', 'paid', null])
    assert.equal(world.book.all().length, 0)
    assert.equal((await levelOf('free')).committed, 1)
  })
})

describe('payment', () => {
  const start = async (method: string, lines = [{ variant: 'hardcover', quantity: 1 }]) => {
    const cart = await fillCart(world, 'owner', lines)
    const { body } = await checkOut(world, 'owner', cart, method)
    return { id: body.order.id as string, payment: body.payment as { id: string; status: string; action: { url: string } | null }, cart }
  }
  const pay = (id: string, method = 'card_success') =>
    world.call('owner', { method: 'POST', url: `/api/orders/${id}/payments`, body: { provider: 'sandbox', method } })

  test('that succeeds places the order, commits the stock, posts the money and owes one receipt', async () => {
    const { id } = await start('card_success')
    await work(world, 5_000)
    const order = await orderOf(id, 'owner')
    assert.deepEqual([order.status, order.paymentStatus, order.expiresAt], ['placed', 'paid', null])
    assert.deepEqual([(await levelOf('hardcover')).held, (await levelOf('hardcover')).committed], [0, 1])
    const { body } = await world.call('staff', { method: 'GET', url: `/api/emails?filter[record]=${id}` })
    assert.deepEqual(
      body.items.map(({ template, to }: { template: string; to: string }) => [template, to]),
      [['order_receipt', 'owner@example.com']],
    )
    const entries = await world.engine.parts.storage.reader.find(ledgerEntries, { where: eq('order', id), limit: 50 })
    assert.equal(entries.find(({ account }) => account === 'A:psp:sandbox')?.amount.amount, 2890)
    checkRefusal(await pay(id), 409, 'payment_not_needed')
  })

  test('that is declined leaves the order open for another', async () => {
    const { id, payment } = await start('card_declined')
    assert.equal(payment.status, 'failed')
    assert.equal((await orderOf(id)).paymentStatus, 'none')
    assert.equal((await pay(id)).status, 201)
    await work(world)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  test('is refused while another may still take money', async () => {
    const { id } = await start('delayed_success')
    checkRefusal(await pay(id), 409, 'payment_in_progress')
  })

  test('and the whole order when nobody pays: it expires and its stock is free again', async () => {
    const { id } = await start('card_challenge')
    assert.equal((await levelOf('hardcover')).held, 1)
    await work(world, 32 * 60_000)
    assert.equal((await orderOf(id)).status, 'expired')
    assert.deepEqual([(await levelOf('hardcover')).held, (await levelOf('hardcover')).available], [0, 3])
    checkRefusal(await pay(id), 409, 'order_state_conflict')
  })

  test('that is under way keeps the order from expiring', async () => {
    world.book.set({ delayedMs: 40 * 60_000 })
    const { id } = await start('delayed_success')
    await work(world, 35 * 60_000)
    assert.equal((await orderOf(id)).status, 'pending_payment')
    await work(world, 10 * 60_000)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  /** The provider took the money of an order that had expired: it could not be stopped in time. */
  async function payLate(id: string): Promise<void> {
    const [payment] = await paymentsOf(id)
    const before = world.book.get(payment!.providerRef!)!
    await world.write(async (tx, now) => {
      const fact = { kind: 'cap_ok' as const, operationRef: before.id, amount: payment!.amount, providerTime: now }
      const view = { providerRef: before.id, facts: [fact], phase: 'closed' as const, action: null, declineReason: null }
      const work = workIn(world.engine.parts, tx, now)
      await world.engine.parts.react(work, (await recordView(work, payment!, view, 'webhook')).events)
    })
  }

  test('that comes after the end revives the order while there is stock', async () => {
    const { id } = await start('card_challenge')
    await work(world, 32 * 60_000)
    await payLate(id)
    const order = await orderOf(id)
    assert.deepEqual([order.status, order.paymentStatus, order.holds], ['placed', 'paid', ['late_payment']])
    assert.equal((await levelOf('hardcover')).committed, 1)
  })

  test('that comes after the end and finds no stock goes back, and the customer is told', async () => {
    const { id } = await start('card_challenge')
    await work(world, 32 * 60_000)
    const level = await levelOf('hardcover')
    await staffPatch(`/api/stockLevels/${level.id}`, { onHand: 0 })
    await payLate(id)
    const { body } = await world.call('staff', { method: 'GET', url: `/api/refunds?filter[order]=${id}` })
    assert.deepEqual(
      body.items.map(({ amount, reason }: { amount: object; reason: string }) => [amount, reason]),
      [[{ amount: 2890, currency: 'EUR' }, 'order_expired']],
    )
    assert.equal((await orderOf(id)).status, 'expired')
    const mails = await world.call('staff', { method: 'GET', url: `/api/emails?filter[record]=${id}` })
    assert.deepEqual(
      mails.body.items.map(({ template }: { template: string }) => template),
      ['order_expired', 'order_unmatched'],
    )
  })

  test('a second time for the same order is a surplus, and goes back', async () => {
    const { id } = await start('card_challenge')
    const [first] = await paymentsOf(id)
    // Approved in one tab, and its webhook lost; then paid by card in another.
    world.book.set({ webhookLoss: 1 })
    world.book.challenge(first!.providerRef!, true)
    const again = await pay(id)
    assert.equal(again.status, 201)
    await work(world, 20_000)
    world.book.set({ webhookLoss: 0 })
    await work(world, 120_000)
    const order = await orderOf(id)
    assert.deepEqual([order.status, order.paymentStatus], ['placed', 'paid'])
    const refunded = world.book.all().flatMap(({ refunds }) => refunds.map(({ amountMinor }) => amountMinor))
    const taken = world.book.all().filter(({ state }) => state === 'succeeded')
    assert.equal(taken.length, 2)
    assert.deepEqual(refunded, [2890])
    const { body } = await world.call('staff', { method: 'GET', url: '/api/refunds' })
    assert.deepEqual(
      body.items.map(({ reason, status }: { reason: string; status: string }) => [reason, status]),
      [['surplus', 'succeeded']],
    )
  })

  test('in another currency than the order never pays it', async () => {
    const { id } = await start('card_challenge')
    const [payment] = await paymentsOf(id)
    await world.write(async (tx, now) => {
      const fact = { kind: 'cap_ok' as const, operationRef: 'spay_other', amount: { amount: 2890, currency: 'JPY' }, providerTime: now }
      const view = { providerRef: payment!.providerRef!, facts: [fact], phase: 'closed' as const, action: null, declineReason: null }
      const work = workIn(world.engine.parts, tx, now)
      await world.engine.parts.react(work, (await recordView(work, payment!, view, 'webhook')).events)
    })
    const order = await orderOf(id)
    assert.deepEqual([order.status, order.paymentStatus], ['pending_payment', 'none'])
  })

  test('is the same whether its webhooks come late, twice or shuffled', async () => {
    world.book.set({ webhookCopies: 3, webhookMs: 500, webhookJitterMs: 5_000 })
    const orders = await Promise.all(
      ['card_success', 'card_success', 'card_declined', 'delayed_success', 'delayed_failure'].map((method) =>
        start(method, [{ variant: 'variant', quantity: 1 }]),
      ),
    )
    await work(world, 60_000)
    const statuses = await Promise.all(orders.map(async ({ id }) => (await orderOf(id)).paymentStatus))
    assert.deepEqual(statuses, ['paid', 'paid', 'none', 'paid', 'none'])
    const facts = await world.engine.parts.storage.reader.find(paymentFacts, { where: eq('kind', 'cap_ok'), limit: 100 })
    assert.equal(facts.length, 3)
    const receipts = await world.call('staff', { method: 'GET', url: '/api/emails?filter[template]=order_receipt' })
    assert.equal(receipts.body.items.length, 3)
  })

  test('is learned of without any webhook', async () => {
    world.book.set({ webhookLoss: 1 })
    const { id } = await start('delayed_success')
    await work(world, 120_000)
    assert.equal((await orderOf(id)).paymentStatus, 'paid')
  })

  test('of a canceled order goes back once, and its stock is free', async () => {
    const { id } = await start('card_success')
    await work(world)
    const cancel = () => world.call('owner', { method: 'POST', url: `/api/orders/${id}/cancel` })
    const answers = await Promise.all([cancel(), cancel(), cancel()])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
    await work(world, 20_000)
    assert.deepEqual(
      world.book.all().map(({ refunds }) => refunds.map(({ amountMinor }) => amountMinor)),
      [[2890]],
    )
    const order = await orderOf(id)
    assert.deepEqual([order.status, order.paymentStatus], ['canceled', 'refunded'])
    assert.equal((await levelOf('hardcover')).available, 3)
  })

  test('of one order cannot be seen or steered by the holder of another', async () => {
    const { id, payment } = await start('card_challenge')
    const other = await fillCart(world, 'guest')
    await checkOut(world, 'guest', other)
    for (const [method, url] of [
      ['GET', `/api/orders/${id}`],
      ['GET', `/api/payments/${payment.id}`],
      ['POST', `/api/orders/${id}/cancel`],
      ['GET', `/api/orders/${id}?expand=customer`],
    ] as const)
      checkRefusal(await world.call('guest', { method, url, headers: other.headers }), 404, 'not_found')
    checkRefusal(
      await world.call('guest', {
        method: 'POST',
        url: `/api/orders/${id}/payments`,
        headers: other.headers,
        body: { provider: 'sandbox' },
      }),
      404,
      'not_found',
    )
  })
})

describe('a webhook', () => {
  test('that comes before the API has answered is not lost', async () => {
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const early = await openWorld({
      call: async (name, call) => {
        const answer = call()
        if (name === 'start') await gate
        return answer
      },
    })
    await early.engine.start()
    try {
      const cart = await fillCart(early, 'owner')
      const asked = checkOut(early, 'owner', cart)
      await early.clock.advance(2_000)
      goOn()
      const { body } = await asked
      await early.clock.advance(30_000)
      const order = await early.call('owner', { method: 'GET', url: `/api/orders/${body.order.id}` })
      assert.equal(order.body.paymentStatus, 'paid')
      assert.deepEqual(
        early.log.filter(({ level }) => level === 'error'),
        [],
      )
    } finally {
      await early.close()
    }
  })

  test('that is forged, altered, old or of another account is refused and stores nothing', async () => {
    const body = JSON.stringify({ id: 'evt_1', payment: 'spay_x', reference: 'pay_x' })
    const now = Math.floor(world.clock.now() / 1000)
    const sign = (time: number, text = body, secret = world.webhookSecret) => `t=${time},v1=${signHmac(secret, `${time}.${text}`)}`
    const before = await world.snapshot()
    for (const signature of [
      '',
      'x',
      sign(now, body, 'other'),
      sign(now, `${body} `),
      sign(now - 301),
      sign(now + 301),
      sign(now).toUpperCase(),
      `${sign(now)},v1=00`,
    ])
      checkRefusal(
        await world.request({ method: 'POST', url: '/api/payments/webhooks/sandbox', headers: { 'sandbox-signature': signature }, body }),
        400,
        'webhook_rejected',
      )
    assert.equal(await world.snapshot(), before)
    for (const text of ['not json', '[]', 'null', '{}', '{"id":1}', '{"id":"\\u0000"}']) {
      const answer = await world.request({
        method: 'POST',
        url: '/api/payments/webhooks/sandbox',
        headers: { 'sandbox-signature': sign(now, text) },
        body: text,
      })
      assert.ok(answer.status === 400, `${text}: ${answer.status} ${answer.text}`)
    }
    assert.equal(
      (await world.request({ method: 'POST', url: '/api/payments/webhooks/sandbox', headers: { 'sandbox-signature': sign(now) }, body }))
        .status,
      200,
    )
  })
})
