// The link in a guest's mail opens their order on any device, and nothing else; and its secret is kept nowhere once
// the mail has been sent.
// slow: mysql
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { systemRandom } from '../../src/base/random.ts'
import { newSecret } from '../../src/base/secret.ts'
import { orderLinks } from '../../src/domains/orders/order-links.ts'
import { lineOf } from '../../src/storage/archive/contents.ts'
import { checkOut, fillCart, openWorld, type World, work } from '../support/api-harness.ts'
import { createMailbox, type Mail } from '../support/mailbox.ts'

let world: World
/** What the mail server was handed. */
let sent: Mail[]
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld(mailbox)
})
afterEach(() => world.close())

async function placed(as: 'guest' | 'owner') {
  const cart = await fillCart(world, as)
  const { body } = await checkOut(world, as, cart)
  await world.engine.start()
  await work(world, 5_000)
  const mail = sent.find(({ to }) => to === `${as}@example.com`)
  assert.ok(mail, 'the receipt was sent')
  return { id: body.order.id as string, cart, link: /http:\/\/shop\.test\/orders\/\S+/.exec(mail.text)![0], mail }
}

const get = (url: string, token: string, headers: Record<string, string> = {}) =>
  world.request({ method: 'GET', url, headers: { 'cart-token': token, ...headers } })

test('a guest who opens it elsewhere sees the order and its payment, and nothing of anybody else', async () => {
  const { id, cart, link, mail } = await placed('guest')
  const [page, token] = link.split('#token=') as [string, string]
  assert.equal(page, `http://shop.test/orders/${id}`)
  assert.match(token, /^order_[0-9a-z]{10}[\w-]{43}$/)
  assert.ok(mail.html!.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=').includes(`href="${link}"`))

  const seen = await get(`/api/orders/${id}`, token)
  assert.deepEqual([seen.status, seen.body.status, seen.body.email], [200, 'placed', 'guest@example.com'])
  assert.equal((await get(`/api/payments?filter[order]=${id}`, token)).body.items.length, 1)
  assert.deepEqual(
    (await get('/api/orders', token)).body.items.map((order: { id: string }) => order.id),
    [id],
  )
  // Neither the cart nor another's order, and no guess.
  assert.equal((await get(`/api/carts/${cart.id}`, token)).status, 404)
  const other = await fillCart(world, 'other')
  const others = (await checkOut(world, 'other', other)).body.order.id
  assert.equal((await get(`/api/orders/${others}`, token)).status, 404)
  for (const guess of [newSecret(systemRandom, 'order'), `${token}x`, token.slice(0, -1), token.replace('order_', 'cart_'), 'order_'])
    assert.equal((await get(`/api/orders/${id}`, guess)).status, 404, guess)
})

test('it ends once the order is an account’s, and an account’s mail has none', async () => {
  const { id, cart, link } = await placed('guest')
  const token = link.split('#token=')[1]!
  const claimed = await world.call('owner', { method: 'POST', url: `/api/carts/${cart.id}/claim`, headers: cart.headers })
  assert.equal(claimed.status, 200)
  assert.equal((await get(`/api/orders/${id}`, token)).status, 404)
  assert.equal((await world.call('owner', { method: 'GET', url: `/api/orders/${id}` })).status, 200)
})

test('an order of an account is opened by signing in', async () => {
  const { id, link } = await placed('owner')
  assert.equal(link, `http://shop.test/orders/${id}`)
  assert.equal(await world.engine.parts.storage.reader.count(orderLinks), 0)
})

test('it opens for 400 days', async () => {
  const { id, link } = await placed('guest')
  const token = link.split('#token=')[1]!
  const day = 86_400_000
  const age = async (ms: number) => {
    const [row] = await world.engine.parts.storage.reader.find(orderLinks, { limit: 1 })
    await world.write((tx) => tx.update(orderLinks, row!, { set: { createdAt: world.clock.now() - ms } as never }))
  }
  await age(400 * day - 60_000)
  assert.equal((await get(`/api/orders/${id}`, token)).status, 200)
  await age(400 * day)
  assert.equal((await get(`/api/orders/${id}`, token)).status, 404)
})

// proves P-029
test('once sent, its secret lies nowhere: not in the mail that is kept, the log, nor beside them', async () => {
  const { link } = await placed('guest')
  const token = link.split('#token=')[1]!
  const { storage, model } = world.engine.parts
  const texts = [...model.collections.keys()].map(async (name) =>
    (await storage.reader.find({ name }, { limit: 10_000 })).map((record) => lineOf(model, name)(record as never)).join('\n'),
  )
  const all = [...(await Promise.all(texts)), JSON.stringify(await storage.commitsAfter(0, 10_000)), JSON.stringify(world.log)].join('\n')
  assert.ok(all.includes('guest@example.com') && all.includes('#token=~secret~'))
  assert.ok(!all.includes(token), all.slice(all.indexOf(token) - 200, all.indexOf(token) + 60))
})
