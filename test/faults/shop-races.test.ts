// What shops lose by requests at the same moment: stock sold twice, a card spent twice, a cart that is paid for less than it holds.
// Twenty-six races, as real requests at once, at the isolation that each database has by default; of a database server by two processes.
// The three that shops were found to lose (stock, vouchers, totals) are those of Warszawski and Bailis, ACIDRain, SIGMOD 2017.
// databases: all
// slow: mysql, mongodb
// proves P-002
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { testDatabase } from '../support/databases.ts'
import { type Body, createHttpClient, expectStatus, type HttpAnswer, type HttpClient } from '../support/http-client.ts'
import { freePort, type ServerProcess, startCommand, startServer, temporaryFolder, verify } from '../support/server-process.ts'
import {
  address,
  checkOut,
  effectsAtRest,
  type HeldCart,
  ledgerSums,
  makeArticle,
  makeCart,
  orderWhen,
  sandboxOf,
  signInAdmin,
  signUp,
} from '../support/shop.ts'

const steps: (() => unknown)[] = []
const scope = { after: (step: () => unknown) => void steps.push(step) }
let servers: ServerProcess[] = []
let book: string | undefined
let admin: HttpClient
before(async () => {
  const dataFolder = temporaryFolder(scope as never)
  if (!testDatabase().isServer) servers = [await startServer(scope as never, { dataFolder })]
  else {
    // Two processes share one provider, which is a process of its own.
    const env = { KINGPOST_SANDBOX_SECRET: 'words of the two processes' }
    const ports = [await freePort(), await freePort()]
    const urls = ports.map((port) => `http://127.0.0.1:${port}/api/payments/webhooks/sandbox`)
    const words = ['sandbox', '--json', '--port', '0', '--data-dir', temporaryFolder(scope as never), '--webhook-url', urls.join()]
    const { links } = await startCommand(scope as never, words, env)
    book = links['sandbox']!
    for (const port of ports)
      servers.push(await startServer(scope as never, { dataFolder, env, args: ['--port', String(port), '--sandbox-url', book] }))
  }
  book ??= servers[0]!.url
  admin = await signInAdmin(servers[0]!)
})
after(async () => {
  for (const step of steps.toReversed()) await step()
})

let turn = 0
/** The same caller, at the next process. */
const next = ({ headers }: HttpClient): HttpClient => createHttpClient(servers[turn++ % servers.length]!.url, headers)
const atOnce = async <T>(count: number, ask: (index: number) => Promise<T>): Promise<T[]> =>
  await Promise.all(Array.from({ length: count }, (_, index) => ask(index)))
const count = (answers: readonly HttpAnswer[], status: number) => answers.filter((answer) => answer.status === status).length
const noFaults = (answers: readonly HttpAnswer[]) => {
  for (const { status, text } of answers) assert.ok(status < 500, text)
}

let articles = 0
const article = async (onHand: number, priceMinor = 1_000) => await makeArticle(admin, { slug: `race-${++articles}`, onHand, priceMinor })
const cartOf = async (variant: string, quantity = 1) => await makeCart(servers[0]!.guest, [{ variant, quantity }])
const payment = { provider: 'sandbox', method: 'card_success' }
const buy = (cart: HeldCart, more: object = {}) => next(cart.holder).post(`/api/carts/${cart.id}/checkout`, { payment, ...more })
const levelOf = async ({ stockLevel }: { readonly stockLevel: string }) => {
  const { onHand, held, committed, available } = expectStatus(await admin.get(`/api/stockLevels/${stockLevel}`), 200).body
  assert.equal(available, onHand - held - committed)
  return { onHand, held, committed, available }
}
const paid = async (id: string) =>
  await orderWhen(admin, id, ({ status, paymentStatus }) => status === 'placed' && paymentStatus === 'paid')
/** What an order costs is what its lines come to, and what was agreed is what it holds. */
const addsUp = ({ lines, totals }: Body) => {
  const sum = lines.reduce((all: number, line: Body) => all + line.unitPrice.amount * line.quantity, 0)
  assert.deepEqual([totals.subtotal.amount, totals.total.amount], [sum, sum])
}
const card = async (amount: number) => expectStatus(await admin.post('/api/giftCards', { value: { amount, currency: 'EUR' } }), 201).body

test('stock: one unit and twelve buyers', async () => {
  const one = await article(1)
  const carts = await atOnce(12, () => cartOf(one.variant))
  const answers = await atOnce(12, (index) => buy(carts[index]!))
  assert.deepEqual([count(answers, 201), count(answers, 409)], [1, 11])
  await paid(answers.find(({ status }) => status === 201)!.body.order.id)
  assert.deepEqual(await levelOf(one), { onHand: 1, held: 0, committed: 1, available: 0 })
})

test('stock: seven units, and buyers of two each: three of them, and one unit is left', async () => {
  const one = await article(7)
  const carts = await atOnce(6, () => cartOf(one.variant, 2))
  const answers = await atOnce(6, (index) => buy(carts[index]!))
  assert.deepEqual([count(answers, 201), count(answers, 409)], [3, 3])
  for (const { body } of answers.filter(({ status }) => status === 201)) await paid(body.order.id)
  assert.deepEqual(await levelOf(one), { onHand: 7, held: 0, committed: 6, available: 1 })
})

test('stock: two articles in carts of opposite orders: nobody waits in a circle, and each unit is sold once', async () => {
  const [a, b] = [await article(3), await article(3)]
  const carts = await atOnce(8, (index) => {
    const lines = [{ variant: a.variant }, { variant: b.variant }]
    return makeCart(servers[0]!.guest, index % 2 === 0 ? lines : lines.toReversed())
  })
  const answers = await atOnce(8, (index) => buy(carts[index]!))
  assert.deepEqual([count(answers, 201), count(answers, 409)], [3, 5])
  assert.equal((await levelOf(a)).available, 0)
  assert.equal((await levelOf(b)).available, 0)
})

test('stock: staff count what is there while it is bought: what is sold is never more than there is', async () => {
  const one = await article(5)
  const carts = await atOnce(5, () => cartOf(one.variant))
  const counting = atOnce(4, (index) => next(admin).patch(`/api/stockLevels/${one.stockLevel}`, { onHand: 2 + index }))
  const [answers, counted] = await Promise.all([atOnce(5, (index) => buy(carts[index]!)), counting])
  noFaults([...answers, ...counted])
  for (const { body } of answers.filter(({ status }) => status === 201)) await paid(body.order.id)
  const { available, committed, held } = await levelOf(one)
  assert.ok(available >= 0)
  assert.deepEqual([committed, held], [count(answers, 201), 0])
})

test('stock: an order canceled by two at once gives its units back once', async () => {
  const one = await article(4)
  const { order } = await checkOut(await cartOf(one.variant, 3))
  await paid(order.id)
  const answers = await atOnce(4, () => next(admin).post(`/api/orders/${order.id}/cancel`))
  assert.deepEqual([count(answers, 200), count(answers, 409)], [1, 3])
  assert.deepEqual(await levelOf(one), { onHand: 4, held: 0, committed: 0, available: 4 })
})

test('stock: an order canceled while it is paid is one or the other, and its money goes where it belongs', async () => {
  const one = await article(2)
  const cart = await cartOf(one.variant)
  const { order } = await checkOut(cart, 'card_declined')
  const again = () => next(cart.holder).post(`/api/orders/${order.id}/payments`, payment)
  const answers = await Promise.all([again(), next(admin).post(`/api/orders/${order.id}/cancel`)])
  noFaults(answers)
  await effectsAtRest(admin)
  const now = await orderWhen(admin, order.id, ({ status }) => status === 'placed' || status === 'canceled')
  const attempts = await admin.all(`/api/payments?filter[order]=${order.id}`)
  const kept = attempts.reduce((sum, { captured, refunded }) => sum + captured.amount - refunded.amount, 0)
  assert.deepEqual([kept, (await levelOf(one)).committed], now.status === 'placed' ? [1_000, 1] : [0, 0])
})

test('stock: two parcels for the same units: they leave once', async () => {
  const one = await article(3)
  const { order } = await checkOut(await cartOf(one.variant, 2))
  const { lines } = await paid(order.id)
  const send = { lines: [{ line: lines[0].id, quantity: 2 }] }
  const answers = await atOnce(3, () => next(admin).post(`/api/orders/${order.id}/fulfillments`, send))
  assert.deepEqual([count(answers, 201), count(answers, 409)], [1, 2])
  assert.deepEqual(await levelOf(one), { onHand: 1, held: 0, committed: 0, available: 1 })
})

test('stock: an order that is sent and canceled at once is one or the other', async () => {
  const one = await article(1)
  const { order } = await checkOut(await cartOf(one.variant))
  await paid(order.id)
  const answers = await Promise.all([
    next(admin).post(`/api/orders/${order.id}/fulfillments`, {}),
    next(admin).post(`/api/orders/${order.id}/cancel`),
  ])
  noFaults(answers)
  const isSent = answers[0]!.status === 201
  assert.equal(answers[1]!.status, isSent ? 409 : 200)
  assert.deepEqual(await levelOf(one), { onHand: isSent ? 0 : 1, held: 0, committed: 0, available: isSent ? 0 : 1 })
})

test('stock: a draft is offered while its units are bought', async () => {
  const one = await article(1)
  const asked = { email: 'ann@mail.example', shippingAddress: address, lines: [{ variant: one.variant }] }
  const draft = expectStatus(await admin.post('/api/orders', asked), 201).body
  const cart = await cartOf(one.variant)
  const answers = await Promise.all([next(admin).post(`/api/orders/${draft.id}/payment-link`), buy(cart)])
  assert.deepEqual([count(answers, 201), count(answers, 409)], [1, 1])
  assert.equal((await levelOf(one)).available, 0)
})

test('totals: lines that are added while the cart is checked out are in the order and paid, or are refused', async () => {
  const [one, other] = [await article(10), await article(10, 700)]
  const cart = await cartOf(one.variant)
  const adding = atOnce(4, () => next(cart.holder).post(`/api/carts/${cart.id}/lines`, { variant: other.variant }))
  const [answer, added] = await Promise.all([buy(cart), adding])
  noFaults([answer, ...added])
  const order = await paid(answer.body.order.id)
  addsUp(order)
  const units = order.lines.reduce((sum: number, { quantity }: Body) => sum + quantity, 0)
  assert.equal(units, 1 + count(added, 201))
})

test('totals: a quantity that is raised while the cart is checked out is paid, or is refused', async () => {
  const one = await article(50)
  const cart = await cartOf(one.variant)
  const [line] = expectStatus(await cart.holder.get(`/api/carts/${cart.id}`), 200).body.lines
  const raising = next(cart.holder).patch(`/api/carts/${cart.id}/lines/${line.id}`, { quantity: 9 })
  const [answer, raised] = await Promise.all([buy(cart), raising])
  noFaults([answer, raised])
  const order = await paid(answer.body.order.id)
  addsUp(order)
  assert.equal(order.lines[0].quantity, raised.status === 200 ? 9 : 1)
})

test('totals: a line that is taken out while the cart is checked out is not paid, or stays', async () => {
  const [one, other] = [await article(5), await article(5, 700)]
  const cart = await makeCart(servers[0]!.guest, [{ variant: one.variant }, { variant: other.variant }])
  const { lines } = expectStatus(await cart.holder.get(`/api/carts/${cart.id}`), 200).body
  const [answer, taken] = await Promise.all([buy(cart), next(cart.holder).delete(`/api/carts/${cart.id}/lines/${lines[1].id}`)])
  noFaults([answer, taken])
  const order = await paid(answer.body.order.id)
  addsUp(order)
  assert.equal(order.lines.length, taken.status === 200 ? 1 : 2)
})

test('totals: a price that is raised while the cart is checked out: what was agreed is charged, or it is refused', async () => {
  const one = await article(5)
  const cart = await cartOf(one.variant)
  const agreed = { amount: 1_000, currency: 'EUR' }
  const [answer, raised] = await Promise.all([
    buy(cart, { expectedTotal: agreed }),
    next(admin).patch(`/api/variants/${one.variant}`, { price: { amount: 5_000, currency: 'EUR' } }),
  ])
  assert.equal(raised.status, 200)
  if (answer.status === 201) assert.deepEqual((await paid(answer.body.order.id)).totals.total, agreed)
  else assert.equal(answer.body.code, 'total_changed')
})

test('carts: twenty at once put the same thing in: none is lost', async () => {
  const one = await article(100)
  const cart = await makeCart(servers[0]!.guest, [])
  const answers = await atOnce(20, () => next(cart.holder).post(`/api/carts/${cart.id}/lines`, { variant: one.variant }))
  noFaults(answers)
  const { lines } = expectStatus(await cart.holder.get(`/api/carts/${cart.id}`), 200).body
  assert.deepEqual(
    lines.map(({ quantity }: Body) => quantity),
    [count(answers, 201)],
  )
  assert.ok(count(answers, 201) > 0)
})

test('carts: what is put in and taken out at once is one or the other, and nothing else is touched', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => article(5)))
  const cart = await makeCart(servers[0]!.guest, [{ variant: all[0]!.variant }])
  const [first] = expectStatus(await cart.holder.get(`/api/carts/${cart.id}`), 200).body.lines
  const adding = atOnce(5, (index) => next(cart.holder).post(`/api/carts/${cart.id}/lines`, { variant: all[index + 1]!.variant }))
  const [added, taken] = await Promise.all([adding, next(cart.holder).delete(`/api/carts/${cart.id}/lines/${first.id}`)])
  noFaults([...added, taken])
  const { lines } = expectStatus(await cart.holder.get(`/api/carts/${cart.id}`), 200).body
  assert.equal(lines.length, count(added, 201) + (taken.status === 200 ? 0 : 1))
})

test('orders: a cart checked out by eight at once, each with a key of its own: one order, one charge', async () => {
  const one = await article(10)
  const cart = await cartOf(one.variant)
  const answers = await atOnce(8, (index) =>
    next(cart.holder).post(`/api/carts/${cart.id}/checkout`, { payment }, { 'idempotency-key': `race-${articles}-${index}` }),
  )
  noFaults(answers)
  const orders = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.order.id as string))
  assert.equal(orders.size, 1)
  const [id] = orders
  await paid(id!)
  assert.equal((await admin.all(`/api/payments?filter[order]=${id}`)).length, 1)
  assert.deepEqual(await levelOf(one), { onHand: 10, held: 0, committed: 1, available: 9 })
})

test('orders: the same request by eight at once under one key: one order, and all are told of it', async () => {
  const one = await article(10)
  const cart = await cartOf(one.variant)
  const key = { 'idempotency-key': `race-same-${articles}` }
  const answers = await atOnce(8, () => next(cart.holder).post(`/api/carts/${cart.id}/checkout`, { payment }, key))
  noFaults(answers)
  assert.equal(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.order.id)).size, 1)
  for (const { status, body } of answers) assert.ok(status === 201 || body.code === 'idempotency_in_flight', body.code)
})

test('orders: a declined order is tried again by six at once: it is charged once', async () => {
  const one = await article(5)
  const cart = await cartOf(one.variant)
  const { order } = await checkOut(cart, 'card_declined')
  const answers = await atOnce(6, () => next(cart.holder).post(`/api/orders/${order.id}/payments`, payment))
  noFaults(answers)
  await paid(order.id)
  await effectsAtRest(admin)
  const attempts = await admin.all(`/api/payments?filter[order]=${order.id}`)
  assert.equal(
    attempts.reduce((sum, { captured, refunded }) => sum + captured.amount - refunded.amount, 0),
    1_000,
  )
})

test('vouchers: a gift card spent by six carts at once pays what it is good for and no more', async () => {
  const one = await article(50)
  const { id, code } = await card(1_500)
  const carts = await atOnce(6, () => cartOf(one.variant))
  const answers = await atOnce(6, (index) => buy(carts[index]!, { giftCards: [code] }))
  noFaults(answers)
  await effectsAtRest(admin)
  const attempts = (await admin.all('/api/payments?filter[provider]=gift_card')).filter(({ order }) =>
    answers.some(({ status, body }) => status === 201 && body.order.id === order),
  )
  const spent = attempts.reduce((sum, { captured, refunded }) => sum + captured.amount - refunded.amount, 0)
  const { balance } = expectStatus(await admin.get(`/api/giftCards/${id}`), 200).body
  assert.deepEqual([spent + balance.amount, balance.amount >= 0], [1_500, true])
})

test('vouchers: store credit spent by five carts of its account at once', async () => {
  const one = await article(50)
  const owner = await signUp(servers[0]!.guest, 'credit@mail.example')
  const { id } = expectStatus(await owner.get('/api/auth/me'), 200).body
  expectStatus(await admin.post(`/api/users/${id}/credit`, { amount: { amount: 1_000, currency: 'EUR' }, reason: 'A present' }), 201)
  const carts = await atOnce(5, async () => {
    const lines = [{ variant: one.variant }]
    return expectStatus(await owner.post('/api/carts', { email: 'credit@mail.example', shippingAddress: address, lines }), 201).body
  })
  const answers = await atOnce(5, (index) => next(owner).post(`/api/carts/${carts[index].id}/checkout`, { storeCredit: true }))
  noFaults(answers)
  assert.equal(count(answers, 201), 1)
})

let codes = 0
const discount = async (fields: object): Promise<Body> => {
  const made = { title: 'A voucher', code: `RACE${++codes}`, kind: 'fixed', value: { amount: 100, currency: 'EUR' }, ...fields }
  return expectStatus(await admin.post('/api/discounts', made), 201).body
}
const cartWith = async (code: string, variant: string, email: string): Promise<HeldCart> => {
  const cart = await cartOf(variant)
  expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { email, discountCodes: [code] }), 200)
  return cart
}
const usesOf = async (id: string) => expectStatus(await admin.get(`/api/discounts/${id}`), 200).body.uses as number
const liveUses = async (id: string) =>
  (await admin.all(`/api/discountUses?filter[discount]=${id}`)).filter(({ state }) => state !== 'released')

// Saleor, issue 544: orders beyond the limit of a voucher.
test('vouchers: a code for three orders and fifteen buyers: three have it, and nobody pays more than they saw', async () => {
  const one = await article(50)
  const { id, code } = await discount({ usesMax: 3 })
  const carts = await atOnce(15, (index) => cartWith(code, one.variant, `buyer${index}@mail.example`))
  const answers = await atOnce(15, (index) => buy(carts[index]!))
  assert.deepEqual([count(answers, 201), count(answers, 409), await usesOf(id), (await liveUses(id)).length], [3, 12, 3, 3])
  for (const { status, body } of answers)
    if (status === 201) assert.equal(body.order.totals.total.amount, 900)
    else assert.deepEqual([body.code, body.params.reason], ['discount_unusable', 'used_up'])
})

/** All but the last byte of each, then the last bytes at once: nothing of the network lies between them. */
async function inOnePacket(
  requests: readonly { readonly url: string; readonly path: string; readonly token: string; readonly body: object }[],
) {
  const sockets = await Promise.all(
    requests.map(async ({ url, path, token, body }) => {
      const { hostname, port, host } = new URL(url)
      const socket = connect(Number(port), hostname)
      socket.setNoDelay(true)
      await once(socket, 'connect')
      const text = JSON.stringify(body)
      const head = [`POST ${path} HTTP/1.1`, `host: ${host}`, 'connection: close', 'content-type: application/json', `cart-token: ${token}`]
      socket.write(`${head.join('\r\n')}\r\ncontent-length: ${text.length}\r\n\r\n${text.slice(0, -1)}`)
      return { socket, last: text.slice(-1) }
    }),
  )
  for (const { socket, last } of sockets) socket.write(last)
  return await Promise.all(
    sockets.map(async ({ socket }) => {
      let answer = ''
      for await (const chunk of socket) answer += String(chunk)
      return Number(answer.slice(9, 12))
    }),
  )
}

// Shopware, issue 11245: one customer has a code for one of each many times, by requests in a single packet.
test('vouchers: one customer and a code for one of each, ten carts in one packet: it is had once', async () => {
  const one = await article(50)
  const { id, code } = await discount({ usesPerCustomerMax: 1 })
  const carts = await atOnce(10, (index) => cartWith(code, one.variant, index % 2 === 0 ? 'ann@mail.example' : `Ann+${index}@mail.example`))
  const statuses = await inOnePacket(
    carts.map(({ id: cart, token }) => ({
      url: servers[turn++ % servers.length]!.url,
      path: `/api/carts/${cart}/checkout`,
      token,
      body: { payment },
    })),
  )
  assert.deepEqual(statuses.toSorted(), [201, ...Array.from({ length: 9 }, () => 409)])
  assert.equal(await usesOf(id), 1)
})

test('vouchers: uses that are given back while others take them are never more than there are', async () => {
  const one = await article(50)
  const { id, code } = await discount({ usesMax: 2 })
  const held: Body[] = []
  for (const name of ['a', 'b']) held.push(await checkOut(await cartWith(code, one.variant, `${name}@mail.example`), 'card_declined'))
  const { code: other } = await discount({ usesMax: 9 })
  const carts = await atOnce(6, (index) => cartWith(other, one.variant, `next${index}@mail.example`))
  await atOnce(6, (index) => next(carts[index]!.holder).patch(`/api/carts/${carts[index]!.id}`, { discountCodes: [code] }))
  const [answers, canceled] = await Promise.all([
    atOnce(6, (index) => buy(carts[index]!)),
    atOnce(2, (index) => next(admin).post(`/api/orders/${held[index]!.order.id}/cancel`)),
  ])
  noFaults([...answers, ...canceled])
  assert.equal(count(canceled, 200), 2)
  assert.deepEqual([await usesOf(id), (await liveUses(id)).length], [count(answers, 201), count(answers, 201)])
  assert.ok(count(answers, 201) <= 2)
})

test('vouchers: a code that is put in, taken out and made better while its cart is checked out: the order says what was paid', async () => {
  const one = await article(50)
  const { id, code } = await discount({})
  const cart = await cartWith(code, one.variant, 'turning@mail.example')
  const change = (discountCodes: readonly string[]) => next(cart.holder).patch(`/api/carts/${cart.id}`, { discountCodes })
  const answers = await Promise.all([
    buy(cart),
    change([]),
    change([code]),
    next(admin).patch(`/api/discounts/${id}`, { value: { amount: 300, currency: 'EUR' } }),
  ])
  noFaults(answers)
  assert.equal(answers[0]!.status, 201)
  const { totals, discounts, lines } = await paid(answers[0]!.body.order.id)
  const taken = discounts?.[0].amount.amount ?? 0
  assert.ok([0, 100, 300].includes(taken))
  assert.deepEqual([totals.discount.amount, totals.total.amount, lines[0].discount?.amount ?? 0], [taken, 1_000 - taken, taken])
  assert.equal((await liveUses(id)).length, taken === 0 ? 0 : 1)
})

test('money: an order given back by five at once is given back once', async () => {
  const one = await article(5)
  const { order } = await checkOut(await cartOf(one.variant))
  await paid(order.id)
  const answers = await atOnce(5, () => next(admin).post(`/api/orders/${order.id}/refunds`, {}))
  noFaults(answers)
  assert.equal(count(answers, 201), 1)
  await effectsAtRest(admin)
  const { items } = expectStatus(await admin.get(`/api/refunds?filter[order]=${order.id}`), 200).body
  assert.deepEqual(
    items.map(({ amount }: Body) => amount.amount),
    [1_000],
  )
})

test('money: an order given back in parts and canceled at once: no cent more than was paid', async () => {
  const one = await article(5)
  const { order } = await checkOut(await cartOf(one.variant))
  await paid(order.id)
  const answers = await Promise.all([
    ...Array.from({ length: 3 }, () => next(admin).post(`/api/orders/${order.id}/refunds`, { amount: { amount: 400, currency: 'EUR' } })),
    next(admin).post(`/api/orders/${order.id}/cancel`),
  ])
  noFaults(answers)
  await effectsAtRest(admin)
  const attempts = await admin.all(`/api/payments?filter[order]=${order.id}`)
  const [{ captured, refunded }] = attempts as [Body]
  assert.ok(refunded.amount <= captured.amount)
  if (answers[3]!.status === 200) assert.equal(refunded.amount, 1_000)
})

test('after all of them: the provider was asked for what we hold, the ledger is level, and every invariant holds', async () => {
  const effects = await effectsAtRest(admin)
  assert.deepEqual(
    [...new Set(effects.map(({ state }) => state))].filter((state) => state !== 'done' && state !== 'canceled'),
    [],
  )
  assert.deepEqual(await ledgerSums(admin), { EUR: 0 })
  const charged = (await sandboxOf({ url: book! }).payments()).filter(({ state }) => state === 'succeeded')
  const own = await admin.all('/api/payments?filter[provider]=sandbox')
  assert.deepEqual(
    charged.map(({ reference }) => reference).toSorted(),
    own
      .filter(({ captured }) => captured.amount > 0)
      .map(({ id }) => id)
      .toSorted(),
  )
  const checked = await verify(servers[0]!.dataFolder)
  assert.equal(checked.code, 0, checked.stdout + checked.stderr)
})
