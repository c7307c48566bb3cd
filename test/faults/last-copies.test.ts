// The last ten copies and a hundred guests who want one.
// databases: all
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Body, expectStatus } from '../support/http-client.ts'
import { startServer, verify } from '../support/server-process.ts'
import { checkOut, effectsAtRest, ledgerSums, makeArticle, makeCart, orderWhen, sandboxOf, signInAdmin } from '../support/shop.ts'

const copies = 10
const guests = 100

// proves P-002
test('a hundred guests check out the last ten copies at once: ten orders, ninety clear refusals', async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const { variant, stockLevel } = await makeArticle(admin, { slug: 'last-copies', onHand: copies })
  const carts = await Promise.all(Array.from({ length: guests }, () => makeCart(server.guest, [{ variant }])))

  let isRunning = true
  const watching = (async () => {
    do {
      const level = expectStatus(await admin.get(`/api/stockLevels/${stockLevel}`), 200).body
      for (const name of ['onHand', 'held', 'committed', 'available']) assert.ok(level[name] >= 0, `${name} is ${level[name]}`)
      assert.equal(level.available, level.onHand - level.held - level.committed)
    } while (isRunning)
  })()
  const payment = { provider: 'sandbox', method: 'card_success' }
  const answers = await Promise.all(carts.map(({ id, holder }) => holder.post(`/api/carts/${id}/checkout`, { payment })))
  isRunning = false
  await watching

  const taken = answers.filter(({ status }) => status === 201)
  const refused = answers.filter(({ status }) => status !== 201)
  assert.equal(taken.length, copies)
  for (const answer of refused) {
    assert.equal(answer.status, 409, answer.text)
    assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/)
    assert.equal(answer.body.code, 'out_of_stock')
    assert.equal(answer.body.params.lines.length, 1)
    const [line] = answer.body.params.lines
    assert.equal(line.title, 'The last-copies, Paperback')
    assert.equal(line.requested, 1)
    assert.deepEqual(
      answer.body.errors.map(({ path, code }: Body) => ({ path, code })),
      [{ path: `/lines/${line.line}/quantity`, code: 'out_of_stock' }],
    )
  }

  for (const { body } of taken)
    await orderWhen(admin, body.order.id, ({ paymentStatus, status }) => paymentStatus === 'paid' && status === 'placed')
  const effects = await effectsAtRest(admin)
  assert.deepEqual(new Set(effects.map(({ state }) => state)), new Set(['done']))
  assert.equal((await admin.all('/api/orders')).length, copies)
  const receipts = await admin.all('/api/emails?filter[template]=order_receipt')
  assert.deepEqual(receipts.map(({ record }) => record).toSorted(), taken.map(({ body }) => body.order.id).toSorted())
  assert.deepEqual(await ledgerSums(admin), { EUR: 0 })
  const level = expectStatus(await admin.get(`/api/stockLevels/${stockLevel}`), 200).body
  assert.deepEqual([level.onHand, level.held, level.committed, level.available], [copies, 0, copies, 0])

  // The provider's own book says the same: ten payments, each of the order's amount, each once.
  const charged = (await sandboxOf(server).payments()).filter(({ state }) => state === 'succeeded')
  const payments = await admin.all('/api/payments')
  assert.deepEqual(charged.map(({ reference }) => reference).toSorted(), payments.map(({ id }) => id).toSorted())
  assert.ok(charged.every(({ amountMinor }) => amountMinor === 1_999))

  const checked = await verify(server.dataFolder)
  assert.equal(checked.code, 0, checked.stdout + checked.stderr)
})

// proves P-002
test('two lines of two carts on one unit: whoever is refused keeps the cart and can change it', async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const { variant } = await makeArticle(admin, { slug: 'single', onHand: 1 })
  const [first, second] = await Promise.all([makeCart(server.guest, [{ variant }]), makeCart(server.guest, [{ variant }])])
  await checkOut(first)
  const refused = await second.holder.post(`/api/carts/${second.id}/checkout`, { payment: { provider: 'sandbox' } })
  assert.equal(refused.status, 409)
  const cart = expectStatus(await second.holder.get(`/api/carts/${second.id}`), 200).body
  assert.equal(cart.status, 'open')
  assert.equal(cart.lines.length, 1)
  expectStatus(await second.holder.delete(`/api/carts/${second.id}/lines/${cart.lines[0].id}`), 200)
})
