// The shop from the street: everything a customer and the shop's people do, with nothing but fetch.
// databases: all
// slow: mongodb, mysql
// waits
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { startServer, verify } from '../support/server-process.ts'
import {
  address,
  checkOut,
  effectsAtRest,
  ledgerSums,
  makeArticle,
  makeCart,
  orderWhen,
  sandboxOf,
  signInAdmin,
  signUp,
} from '../support/shop.ts'

const isPaid = ({ status, paymentStatus }: Body) => status === 'placed' && paymentStatus === 'paid'

test('the acceptance tour', async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const cheap = await makeArticle(admin, { slug: 'cheap', onHand: 50, priceMinor: 900 })
  const dear = await makeArticle(admin, { slug: 'dear', onHand: 50, priceMinor: 4_900 })
  const shipping = expectStatus(
    await admin.post('/api/shippingMethods', { title: 'Post', price: { amount: 390, currency: 'EUR' } }),
    201,
  ).body

  await t.test('register, sign in, see oneself', async () => {
    const ada = await signUp(server.guest, 'Ada@Mail.example')
    const me = expectStatus(await ada.get('/api/auth/me'), 200).body
    assert.equal(me.email, 'ada@mail.example')
    assert.deepEqual(me.roles, [])
    assert.equal((await server.guest.get('/api/auth/me')).status, 401)
    expectStatus(await server.guest.post('/api/auth/login', { email: 'ada@mail.example', password: 'wrong words' }), 401)
  })

  await t.test('list with a price filter and a sort', async () => {
    const { items } = expectStatus(
      await server.guest.get('/api/products?filter[price][gte]=500&sort=-price,title&expand=variants'),
      200,
    ).body
    assert.deepEqual(
      items.map(({ slug }: Body) => slug),
      ['dear', 'cheap'],
    )
    assert.equal(items[0].variants[0].available, 50)
    const below = expectStatus(await server.guest.get('/api/products?filter[price][lt]=1000'), 200).body
    assert.deepEqual(
      below.items.map(({ slug }: Body) => slug),
      ['cheap'],
    )
  })

  // proves P-002 P-003
  await t.test('a guest buys: two lines, addresses, checkout, paid by webhook, one receipt, a ledger of zero', async () => {
    const { guest } = server
    const cart = expectStatus(await guest.post('/api/carts', {}), 201).body
    const holder = guest.with({ 'cart-token': cart.token })
    expectStatus(await holder.post(`/api/carts/${cart.id}/lines`, { variant: cheap.variant, quantity: 2 }), 201)
    expectStatus(await holder.post(`/api/carts/${cart.id}/lines`, { variant: dear.variant }), 201)
    expectStatus(await guest.get(`/api/carts/${cart.id}`), 404)
    const filled = {
      email: 'grace@mail.example',
      shippingAddress: address,
      billingAddress: { ...address, name: 'Accounts' },
      shippingMethod: shipping.id,
    }
    const { totals } = expectStatus(await holder.patch(`/api/carts/${cart.id}`, filled), 200).body
    assert.equal(totals.subtotal.amount, 2 * 900 + 4_900)
    assert.equal(totals.total.amount, totals.subtotal.amount + 390)
    // 19 % inside a gross amount.
    assert.equal(totals.tax.amount, Math.round((totals.total.amount * 19) / 119))

    const key = { 'idempotency-key': randomUUID() }
    const path = `/api/carts/${cart.id}/checkout`
    const body = { payment: { provider: 'sandbox', method: 'card_success' }, expectedTotal: totals.total }
    const first = expectStatus(await holder.post(path, body, key), 201)
    assert.equal(first.headers.get('location'), `/api/orders/${first.body.order.id}`)
    const order = await orderWhen(holder, first.body.order.id, isPaid, 2_000)
    assert.deepEqual(order.totals, totals)
    assert.equal(order.addresses.billing.name, 'Accounts')
    assert.equal(order.tokenHash, undefined)

    const repeated = expectStatus(await holder.post(path, body, key), 201)
    assert.equal(repeated.headers.get('idempotent-replayed'), 'true')
    assert.equal(repeated.text, first.text)
    const again = expectStatus(await holder.post(path, body), 201)
    assert.equal(again.body.order.id, first.body.order.id)
    assert.equal(again.body.payment.id, first.body.payment.id)
    assert.equal(again.body.payment.status, 'captured')
    assert.deepEqual(again.body.order.totals, totals)
    const other = await holder.post(path, { payment: { provider: 'sandbox', method: 'card_declined' } }, key)
    assert.equal(other.status, 422)
    assert.equal(other.body.code, 'idempotency_key_reused')

    await effectsAtRest(admin)
    const inbox = await admin.all('/api/webhookInbox')
    assert.ok(inbox.some(({ reference, state }) => reference === first.body.payment.id && state === 'handled'))
    const receipts = await admin.all(`/api/emails?filter[record]=${order.id}&filter[template]=order_receipt`)
    assert.equal(receipts.length, 1)
    const [receipt] = receipts
    assert.equal(receipt.to, 'grace@mail.example')
    assert.equal(receipt.status, 'captured')
    assert.equal(receipt.messageId, `<${receipt.id}@shop.example>`)
    assert.ok(receipt.subject.includes(order.number))
    assert.deepEqual(await ledgerSums(admin), { EUR: 0 })
    const { items } = expectStatus(await admin.get('/api/ledger/balances'), 200).body
    const balances = Object.fromEntries(items.map(({ account, balance }: Body) => [account, balance.amount]))
    assert.equal(balances['A:psp:sandbox'], totals.total.amount)
    // Accounts of one order are left out once nothing is in them.
    assert.equal(balances[`L:deposit:${order.id}`], undefined)
    const { country } = order.addresses.shipping
    assert.equal(balances[`L:tax:${country}:${order.taxes[0].ratePpm}`], -totals.tax.amount)
    // Nobody else sees it.
    assert.equal((await guest.get(`/api/orders/${order.id}`)).status, 404)
    assert.equal((await guest.get(`/api/emails/${receipt.id}`)).status, 404)
  })

  await t.test('the books of shop and provider agree, and verify finds nothing', async () => {
    const payments = await admin.all('/api/payments')
    const book = await sandboxOf(server).payments()
    const captured = payments.reduce((sum, payment) => sum + payment.captured.amount, 0)
    assert.equal(
      captured,
      book.filter(({ state }) => state === 'succeeded').reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    )
    const checked = await verify(server.dataFolder)
    assert.equal(checked.code, 0, checked.stdout + checked.stderr)
  })
})

test('every way a payment can go', async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const article = await makeArticle(admin, { slug: 'payments', onHand: 500 })
  const sandbox = sandboxOf(server)
  const calm = { cardMs: 50, delayedMs: 200, webhookMs: 0, webhookJitterMs: 0, webhookCopies: 1, webhookLoss: 0 }
  const cart = () => makeCart(server.guest, [{ variant: article.variant }])
  const stateOf = async (id: string): Promise<Body> => (await sandbox.payments()).find(({ reference }) => reference === id)

  await t.test('declined, then paid at the second try: one order, one capture', async () => {
    const held = await cart()
    const { order, payment } = await checkOut(held, 'card_declined')
    assert.equal(payment.status, 'failed')
    assert.equal(payment.lastError, 'The card was declined.')
    assert.equal(order.status, 'pending_payment')
    const second = expectStatus(
      await held.holder.post(`/api/orders/${order.id}/payments`, { provider: 'sandbox', method: 'card_success' }),
      201,
    ).body
    assert.equal(second.order.id, order.id)
    assert.notEqual(second.payment.id, payment.id)
    await orderWhen(held.holder, order.id, isPaid)
    const third = await held.holder.post(`/api/orders/${order.id}/payments`, { provider: 'sandbox', method: 'card_success' })
    assert.equal(third.body.code, 'payment_not_needed')
  })

  await t.test('the challenge page: approved', async () => {
    const held = await cart()
    const returnUrl = `${server.url}/thanks/{order}`
    const path = `/api/carts/${held.id}/checkout`
    const { order, payment } = expectStatus(
      await held.holder.post(path, { payment: { provider: 'sandbox', method: 'card_challenge', returnUrl } }),
      201,
    ).body
    assert.equal(payment.status, 'requires_action')
    assert.equal(payment.action.type, 'redirect')
    const page = new URL(payment.action.url)
    const shown = await server.guest.get(page.pathname)
    assert.match(shown.text, /Approve/)
    const back = await sandbox.answer(page.pathname.split('/').at(-1)!, 'approve')
    assert.equal(back.status, 303)
    assert.equal(back.headers.get('location'), `${server.url}/thanks/${order.id}`)
    await orderWhen(held.holder, order.id, isPaid)
    // Changing one's mind afterwards changes nothing.
    await sandbox.answer(page.pathname.split('/').at(-1)!, 'decline')
    assert.equal((await stateOf(payment.id)).state, 'succeeded')
  })

  await t.test('the challenge page: declined, and paid another way', async () => {
    const held = await cart()
    const { order, payment } = await checkOut(held, 'card_challenge')
    await sandbox.answer(new URL(payment.action.url).pathname.split('/').at(-1)!, 'decline')
    await eventually('the shop knows', async () =>
      expectStatus(await held.holder.get(`/api/payments/${payment.id}`), 200).body.status === 'failed' ? true : null,
    )
    expectStatus(await held.holder.post(`/api/orders/${order.id}/payments`, { provider: 'sandbox', method: 'card_success' }), 201)
    await orderWhen(held.holder, order.id, isPaid)
  })

  await t.test('a delayed method: refused while it may still succeed, paid when it does', async () => {
    await sandbox.set({ delayedMs: 200 })
    const held = await cart()
    const { order, payment } = await checkOut(held, 'delayed_success')
    assert.equal(payment.status, 'processing')
    const second = await held.holder.post(`/api/orders/${order.id}/payments`, { provider: 'sandbox', method: 'card_success' })
    // On a slow machine the 200 ms may be over; then nothing is owed any more.
    assert.ok(['payment_in_progress', 'payment_not_needed'].includes(second.body.code), second.text)
    await orderWhen(held.holder, order.id, isPaid)
    const failing = await cart()
    const refused = await checkOut(failing, 'delayed_failure')
    await eventually('the failure is known', async () =>
      (await admin.get(`/api/payments/${refused.payment.id}`)).body.status === 'failed' ? true : null,
    )
  })

  // proves P-002
  await t.test('webhooks late, twice and shuffled: each order placed once, each receipt sent once', async () => {
    await sandbox.set({ webhookMs: 30, webhookJitterMs: 300, webhookCopies: 3 })
    const carts = await Promise.all(Array.from({ length: 12 }, cart))
    const methods = ['card_success', 'delayed_success', 'card_declined']
    const orders = await Promise.all(carts.map((held, index) => checkOut(held, methods[index % 3])))
    await sandbox.set(calm)
    for (const [index, { order, payment }] of orders.entries())
      if (index % 3 === 2) assert.equal(payment.status, 'failed')
      else await orderWhen(admin, order.id, isPaid)
    await effectsAtRest(admin)
    const wanted = orders.flatMap(({ order }, index) => (index % 3 === 2 ? [] : [order.id as string]))
    const receipts = await admin.all('/api/emails?filter[template]=order_receipt')
    for (const id of wanted) assert.equal(receipts.filter(({ record }) => record === id).length, 1)
    assert.deepEqual(await ledgerSums(admin), { EUR: 0 })
  })

  await t.test('no webhook at all: the provider is asked', { timeout: 40_000 }, async () => {
    await sandbox.set({ webhookLoss: 1 })
    const { order } = await checkOut(await cart())
    // The first look is due 10 s after the start, found by a schedule that ticks every 5 s.
    await orderWhen(admin, order.id, isPaid, 30_000)
    await sandbox.set(calm)
  })

  await t.test('a webhook with a bad signature is refused, and nothing is stored', async () => {
    await effectsAtRest(admin)
    const before = [await admin.all('/api/webhookInbox'), await admin.all('/api/effects')]
    const [payment] = await admin.all('/api/payments')
    const body = JSON.stringify({ id: 'forged', type: 'payment.updated', payment: payment.providerRef, reference: payment.id })
    const time = Math.floor(Date.now() / 1_000)
    for (const signature of [`t=${time},v1=${'0'.repeat(64)}`, 'nonsense', undefined]) {
      const answer = await server.guest.post(
        '/api/payments/webhooks/sandbox',
        body,
        signature === undefined ? {} : { 'sandbox-signature': signature },
      )
      assert.equal(answer.status, 400)
      assert.equal(answer.body.code, 'webhook_rejected')
    }
    assert.deepEqual([await admin.all('/api/webhookInbox'), await admin.all('/api/effects')], before)
  })

  // proves P-002
  await t.test('a paid order canceled: money back once, stock back, the sale reversed', async () => {
    const before = expectStatus(await admin.get(`/api/stockLevels/${article.stockLevel}`), 200).body
    const held = await cart()
    const { order, payment } = await checkOut(held)
    const paid = await orderWhen(held.holder, order.id, isPaid)
    const answers = await Promise.all([1, 2].map(() => held.holder.post(`/api/orders/${order.id}/cancel`, {})))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409])
    const canceled = await orderWhen(held.holder, order.id, ({ paymentStatus }) => paymentStatus === 'refunded')
    assert.equal(canceled.status, 'canceled')
    await effectsAtRest(admin)
    assert.deepEqual(
      (await stateOf(payment.id)).refunds.map(({ amountMinor }: Body) => amountMinor),
      [paid.totals.total.amount],
    )
    const entries = await admin.all(`/api/ledgerEntries?filter[order]=${order.id}`)
    const balances = new Map<string, number>()
    for (const { account, amount } of entries) balances.set(account, (balances.get(account) ?? 0) + amount.amount)
    assert.ok(balances.size >= 4)
    for (const [account, balance] of balances) assert.equal(balance, 0, account)
    const after = expectStatus(await admin.get(`/api/stockLevels/${article.stockLevel}`), 200).body
    assert.deepEqual([after.available, after.held, after.committed], [before.available, before.held, before.committed])
    const mails = await admin.all(`/api/emails?filter[record]=${order.id}`)
    assert.deepEqual(mails.map(({ template }) => template).toSorted(), ['order_canceled', 'order_receipt'])
  })

  await t.test('an order canceled before it was paid holds nothing, and a payment that comes later goes back', async () => {
    await sandbox.set({ delayedMs: 300 })
    const held = await cart()
    const { order, payment } = await checkOut(held, 'delayed_success')
    expectStatus(await held.holder.post(`/api/orders/${order.id}/cancel`, {}), 200)
    await orderWhen(held.holder, order.id, ({ paymentStatus }) => paymentStatus === 'refunded')
    await effectsAtRest(admin)
    assert.equal((await stateOf(payment.id)).refunds.length, 1)
    assert.deepEqual(await ledgerSums(admin), { EUR: 0 })
  })

  await t.test('at the end every effect is done and verify finds nothing', async () => {
    const effects = await effectsAtRest(admin)
    assert.deepEqual(
      effects.filter(({ state }) => state !== 'done'),
      [],
    )
    const checked = await verify(server.dataFolder)
    assert.equal(checked.code, 0, checked.stdout + checked.stderr)
  })
})
