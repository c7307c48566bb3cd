// What a process is for: each role does its own work and nobody else's, and the sandbox can be a
// process of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine } from '../../src/engine/create-engine.ts'
import { call, openEngines, staffActor } from '../support/engines.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, createHttpClient } from '../support/http-client.ts'
import { freePort, runCommand, startCommand, startServer, temporaryFolder, testConfig } from '../support/server-process.ts'
import { checkOut, effectsAtRest, ledgerSums, makeArticle, makeCart, orderWhen, signInAdmin } from '../support/shop.ts'

test('api answers its callers, worker does what is owed, mail sends it', async (t) => {
  const world = openEngines(t)
  const [api, worker, mail] = [await world.add('api'), await world.add('worker'), await world.add('mail')]
  await api.start(['api'])
  const order = await buy(api)
  // The api process called the provider, because its caller waits for the answer, and takes the webhook that says it is paid.
  assert.equal(world.book.all().length, 1)
  await eventually('the order is placed', async () => ((await orderOf(api, order)).status === 'placed' ? true : null))
  await call(api, 'orders.cancel', { input: { id: order }, actor: staffActor })
  // What else is owed waits for the roles.
  const refundsOf = async () => (await effectsOf(api, 'payment.refund')).map(stateOf)
  assert.deepEqual(await refundsOf(), ['ready'])
  assert.deepEqual((await effectsOf(api, 'email.send')).map(stateOf), ['ready', 'ready'])

  await mail.start(['mail'])
  await eventually('both mails are sent', async () => (world.sent.length === 2 ? true : null))
  assert.deepEqual(await refundsOf(), ['ready'])

  await worker.start(['worker'])
  await eventually('the money is back', async () => ((await orderOf(api, order)).paymentStatus === 'refunded' ? true : null))
  assert.deepEqual(
    world.book.all().map(({ refunds }) => refunds.length),
    [1],
  )
  assert.deepEqual(
    world.sent.map(({ by }) => by),
    ['mail', 'mail'],
  )
})

test('on SQLite one process has all roles', async (t) => {
  const refused = await runCommand(['start', '--config', testConfig, '--role', 'worker', '--port', '0', '--data-dir', temporaryFolder(t)])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /SQLite is for one process/)
})

test('a sandbox of its own: paid, challenged and refunded over HTTP, and nobody without the secret gets to its desk', async (t) => {
  const secret = 'words of our own'
  const port = await freePort()
  const sandbox = await startCommand(
    t,
    [
      'sandbox',
      '--json',
      '--port',
      '0',
      '--data-dir',
      temporaryFolder(t),
      '--webhook-url',
      `http://127.0.0.1:1/,http://127.0.0.1:${port}/api/payments/webhooks/sandbox`,
    ],
    { KINGPOST_SANDBOX_SECRET: secret },
  )
  const sandboxUrl = sandbox.links['sandbox']!
  const shop = await startServer(t, {
    args: ['--sandbox-url', sandboxUrl, '--port', String(port)],
    env: { KINGPOST_SANDBOX_SECRET: secret },
  })
  const admin = await signInAdmin(shop)
  const { variant } = await makeArticle(admin, { slug: 'elsewhere', onHand: 10 })
  const paid = await makeCart(shop.guest, [{ variant }])
  const { order } = await checkOut(paid)
  await orderWhen(paid.holder, order.id, ({ paymentStatus }) => paymentStatus === 'paid')

  const challenged = await makeCart(shop.guest, [{ variant }])
  const { order: second, payment } = await checkOut(challenged, 'card_challenge')
  assert.ok(payment.action.url.startsWith(`${sandboxUrl}/sandbox/challenge/`), payment.action.url)
  const approved = await createHttpClient(payment.action.url).post('', 'answer=approve', {
    'content-type': 'application/x-www-form-urlencoded',
  })
  assert.equal(approved.status, 303)
  await orderWhen(challenged.holder, second.id, ({ paymentStatus }) => paymentStatus === 'paid')

  await paid.holder.post(`/api/orders/${order.id}/cancel`, {})
  await orderWhen(paid.holder, order.id, ({ paymentStatus }) => paymentStatus === 'refunded')
  await effectsAtRest(admin)
  assert.deepEqual(await ledgerSums(admin), { EUR: 0 })
  const book = (await createHttpClient(sandboxUrl).get('/sandbox/book')).body.payments
  assert.deepEqual(
    book.map(({ state, refunds }: Body) => [state, refunds.length]),
    [
      ['succeeded', 1],
      ['succeeded', 0],
    ],
  )
  const stranger = createHttpClient(`${sandboxUrl}/sandbox/desk`, { authorization: 'Bearer another' })
  assert.equal((await stranger.post('/get', [book[0].id])).status, 401)
})

async function buy(api: Engine): Promise<string> {
  const input = { slug: 'cup', title: 'Cup', status: 'active' }
  const { output: product } = await call(api, 'products.create', { input, actor: staffActor })
  const { output: variant } = await call(api, 'variants.create', {
    input: { product: (product as Body).id, sku: 'CUP', title: 'plain', price: { amount: 500, currency: 'EUR' } },
    actor: staffActor,
  })
  const { output: levels } = await call(api, 'stockLevels.list', { input: {}, actor: staffActor })
  await call(api, 'stock.adjustLevel', { input: { id: (levels as Body).items[0].id, onHand: 5 }, actor: staffActor })
  const { output: cart } = await call(api, 'carts.create', { input: { email: 'guest@mail.example' }, actor: staffActor })
  const { id } = cart as Body
  await call(api, 'carts.addLine', { input: { id, variant: (variant as Body).id }, actor: staffActor })
  const shippingAddress = { name: 'Ada', line1: '1 Street', city: 'London', postalCode: 'SW1', country: 'GB' }
  await call(api, 'carts.update', { input: { id, shippingAddress }, actor: staffActor })
  const { output } = await call(api, 'orders.checkOut', { input: { id, payment: { provider: 'sandbox' } }, actor: staffActor })
  return (output as Body).order.id
}

async function orderOf(api: Engine, id: string): Promise<Body> {
  return (await call(api, 'orders.get', { input: { id }, actor: staffActor })).output
}

async function effectsOf(api: Engine, kind: string): Promise<Body[]> {
  const { output } = await call(api, 'effects.list', { input: { filter: { kind } }, actor: staffActor })
  return (output as Body).items.filter((effect: Body) => effect.kind === kind)
}

function stateOf({ state }: Body): string {
  return state
}
