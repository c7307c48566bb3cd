// An outside tax service over a real socket: its rates are charged, its answer is kept, and where it says nothing nothing is sold.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { type Egress, systemEgress } from '../../src/base/egress.ts'
import { limits } from '../../src/base/limits.ts'
import { createTaxService } from '../../src/cli/tax-service.ts'
import type { TaxQuestion } from '../../src/config/tax-service.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import { type As, address, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { checkRefusal } from '../support/scenario.ts'

type Answer = (question: TaxQuestion, response: ServerResponse) => void
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const say =
  (body: unknown, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
/** 8.875 % of everything but books, which bear nothing; shipping bears it, too. */
const whole: Answer = ({ lines, shipping }, response) =>
  say({
    lines: lines.map(({ taxClass }) => (taxClass === 'books' ? 0 : 88_750)),
    shipping: shipping === null ? 0 : 88_750,
    reference: 'doc-1',
  })(response)

let service: Server
let url: string
let answer: Answer
let asked: { readonly question: TaxQuestion; readonly authorization: string | undefined }[]
let world: World
let log: string[]

before(async () => {
  service = createServer((request: IncomingMessage, response) => {
    let text = ''
    request.on('data', (part) => (text += String(part)))
    request.on('end', () => {
      const question = JSON.parse(text) as TaxQuestion
      asked.push({ question, authorization: request.headers.authorization })
      answer(question, response)
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/quote`
})
after(() => {
  service.closeAllConnections()
  service.close()
})
beforeEach(async () => {
  answer = whole
  asked = []
  log = []
  const shop = {
    ...(testConfig.shop as object),
    currency: 'EUR',
    customerGroups: ['embassies'],
    tax: {
      prices: 'added',
      rates: [
        { country: '*', ratePpm: 50_000 },
        { country: '*', class: 'books', ratePpm: 10_000 },
      ],
      exemptGroups: ['embassies'],
      service: { url },
    },
  }
  const said = {
    write: (_level: string, message: string, fields?: { error?: unknown }) => void log.push(`${message} ${String(fields?.error)}`),
  }
  // A tenth of the time that customers wait.
  const egress: Egress = { request: (request) => systemEgress.request({ ...request, withinMs: 300 }) }
  const taxService = createTaxService({ egress, log: said as never, url, secret: 'key-of-taxes' })
  world = await openWorld({ config: { ...testConfig, shop: shop as never }, taxService })
  await world.engine.start()
  await send('staff', 'PATCH', `variants/${world.ids['hardcover']}`, { taxClass: 'books' })
})
afterEach(() => closeWithBooks(world))

const send = (as: As, method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  world.call(as, { method, url: `/api/${path}`, headers, ...(body === undefined ? {} : { body }) })
async function fill(as: As = 'guest') {
  const made = await send(as, 'POST', 'carts', {
    email: `${as}@example.com`,
    shippingAddress: address,
    shippingMethod: world.ids['shipping'],
    lines: [{ variant: world.ids['variant'], quantity: 3 }, { variant: world.ids['hardcover'] }],
  })
  assert.equal(made.status, 201, made.text)
  return { ...made.body, headers: { 'cart-token': made.body.token } }
}
const checkOut = (cart: { id: string; headers: Record<string, string> }, more: object = {}) =>
  send('guest', 'POST', `carts/${cart.id}/checkout`, { payment: { provider: 'sandbox', method: 'card_success' }, ...more }, cart.headers)

test('its rates are charged and kept, and it hears what decides them and nobody’s name', async () => {
  const cart = await fill()
  // 5 % and 1 % of the config, until it has said: an estimate that says so.
  assert.deepEqual([cart.taxIsEstimate, asked.length], [true, 0])
  const quoted = await send('guest', 'POST', `carts/${cart.id}/taxes`, {}, cart.headers)
  assert.equal(quoted.status, 200, quoted.text)
  // 8.875 % of 30.00 and of 3.90 of shipping.
  assert.deepEqual([quoted.body.taxIsEstimate, quoted.body.totals.tax, quoted.body.totals.total], [false, eur(301), eur(6_191)])
  assert.deepEqual(
    quoted.body.taxes.map(({ ratePpm, tax }: { ratePpm: number; tax: object }) => [ratePpm, tax]),
    [
      [88_750, eur(301)],
      [0, eur(0)],
    ],
  )
  const { question, authorization } = asked[0]!
  assert.equal(authorization, 'Bearer key-of-taxes')
  assert.deepEqual(
    [question.lines.map(({ amount, quantity }) => [amount, quantity]), question.shipping, question.to.country],
    [
      [
        [3_000, 3],
        [2_500, 1],
      ],
      390,
      address.country,
    ],
  )
  assert.ok(!JSON.stringify(question).includes(address.name) && !JSON.stringify(question).includes('@'))
  // What it said of this cart still counts at its checkout.
  const order = await checkOut(cart, { expectedTotal: eur(6_191) })
  assert.equal(order.status, 201, order.text)
  assert.equal(asked.length, 1)
  await work(world)
  const { body } = await send('staff', 'GET', `orders/${order.body.order.id}`)
  assert.deepEqual(
    [body.paymentStatus, body.total, body.taxQuote.reference, body.taxQuote.lines],
    ['paid', eur(6_191), 'doc-1', [88_750, 0]],
  )
})

test('a checkout asks by itself, and again once the cart is another or the answer is old', async () => {
  const cart = await fill()
  assert.equal((await checkOut(cart, { expectedTotal: eur(6_191) })).status, 201)
  assert.equal(asked.length, 1)
  const other = await fill()
  await send('guest', 'POST', `carts/${other.id}/taxes`, {}, other.headers)
  const changed = await send('guest', 'PATCH', `carts/${other.id}/lines/${other.lines[0].id}`, { quantity: 1 }, other.headers)
  assert.equal(changed.body.taxIsEstimate, true)
  await send('guest', 'POST', `carts/${other.id}/taxes`, {}, other.headers)
  await send('guest', 'POST', `carts/${other.id}/taxes`, {}, other.headers)
  assert.equal(asked.length, 3)
  await world.write(async (tx) => {
    const stored = (await tx.get({ name: 'carts' }, other.id)) as never as { taxQuote: object }
    const at = new Date(world.clock.now() - limits.taxQuoteMs - 1).toISOString()
    await tx.update({ name: 'carts' }, stored as never, { set: { taxQuote: { ...stored.taxQuote, at } } as never })
  })
  assert.equal((await checkOut(other)).status, 201)
  assert.equal(asked.length, 4)
})

const silences: Readonly<Record<string, Answer>> = {
  'does not answer': () => {},
  'hangs up': (_, response) => void response.destroy(),
  'answers 500': (_, response) => say({ lines: [0, 0], shipping: 0 }, 500)(response),
  'answers a page': (_, response) => say('<html>')(response),
  'leaves a line out': (_, response) => say({ lines: [0], shipping: 0 })(response),
  'leaves the shipping out': (_, response) => say({ lines: [0, 0] })(response),
  'says percent': (_, response) => say({ lines: [8.875, 0], shipping: 0 })(response),
  'says words': (_, response) => say({ lines: ['0', '0'], shipping: 0 })(response),
  'says less than nothing': (_, response) => say({ lines: [-1, 0], shipping: 0 })(response),
  'says nothing': (_, response) => say('null')(response),
}
test('a service that says nothing that is whole sells nothing, and no tax becomes zero', async () => {
  const cart = await fill()
  for (const [what, one] of Object.entries(silences)) {
    answer = one
    const refused = await checkOut(cart)
    checkRefusal(refused, 503, 'tax_unavailable')
    assert.ok(refused.headers['retry-after'] !== undefined, what)
  }
  checkRefusal(await send('guest', 'POST', `carts/${cart.id}/taxes`, {}, cart.headers), 503, 'tax_unavailable')
  const seen = (await send('guest', 'GET', `carts/${cart.id}`, undefined, cart.headers)).body
  assert.deepEqual([seen.status, seen.taxIsEstimate, seen.totals.tax.amount > 0], ['open', true, true])
  assert.ok(!log.join().includes(address.line1) && !log.join().includes('key-of-taxes'), log.join('\n'))
  answer = whole
  assert.equal((await checkOut(cart)).status, 201)
})

test('of two checkouts at once both ask, and there is one order', async () => {
  const cart = await fill()
  const answers = await Promise.all([checkOut(cart), checkOut(cart)])
  assert.deepEqual([answers.map(({ status }) => status), new Set(answers.map(({ body }) => body.order?.id)).size], [[201, 201], 1])
})

test('a cart that changes while the service is asked is not sold by an answer to another', async () => {
  const cart = await fill()
  answer = (question, response) => {
    answer = whole
    void send('guest', 'PATCH', `carts/${cart.id}/lines/${cart.lines[0].id}`, { quantity: 1 }, cart.headers).then(() =>
      whole(question, response),
    )
  }
  checkRefusal(await checkOut(cart), 503, 'tax_unavailable')
  assert.equal((await checkOut(cart)).status, 201)
})

test('nobody is asked of who pays no tax, by the cart of another, or where there is no address', async () => {
  await world.write(async (tx) => {
    await tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { customerGroup: 'embassies' } })
  })
  const exempt = await fill('owner')
  assert.deepEqual([exempt.taxIsEstimate, exempt.totals.tax], [false, eur(0)])
  checkRefusal(await send('other', 'POST', `carts/${exempt.id}/taxes`, {}), 404, 'not_found')
  const empty = await send('guest', 'POST', 'carts', {})
  assert.equal((await send('guest', 'POST', `carts/${empty.body.id}/taxes`, {}, { 'cart-token': empty.body.token })).status, 200)
  assert.equal(asked.length, 0)
})

const draftOf = () => ({
  email: 'a@example.com',
  shippingAddress: address,
  shippingMethod: world.ids['shipping'],
  lines: [{ variant: world.ids['variant'], quantity: 3 }, { variant: world.ids['hardcover'] }],
})
const sums = ({ body }: { body: { totals: Record<string, object>; taxQuote: { lines: number[] } } }) => [
  body.totals['tax'],
  body.totals['total'],
  body.taxQuote.lines,
]

test('a draft has its rates, is asked for anew where an edit changes what decides them, and is an order at what was said', async () => {
  answer = (_, response) => say({}, 500)(response)
  checkRefusal(await send('staff', 'POST', 'orders', draftOf()), 503, 'tax_unavailable')
  assert.equal((await send('staff', 'GET', 'orders')).body.items.length, 0)
  answer = whole
  const made = await send('staff', 'POST', 'orders', draftOf())
  assert.equal(made.status, 201, made.text)
  // As the cart of the same.
  assert.deepEqual([sums(made), asked.length], [[eur(301), eur(6_191), [88_750, 0]], 2])
  const edit = (body: object) => send('staff', 'POST', `orders/${made.body.id}/edits`, body)
  assert.equal((await edit({ note: 'By telephone' })).status, 200)
  assert.equal(asked.length, 2, 'what was said still counts')
  const fewer = await edit({ lines: [{ line: made.body.lines[0].id, quantity: 1 }], add: [{ variant: world.ids['hardcover'] }] })
  assert.deepEqual([fewer.status, sums(fewer), asked.length], [200, [eur(123), eur(6_513), [88_750, 0, 0]], 3])
  answer = (_, response) => void response.destroy()
  checkRefusal(await edit({ add: [{ variant: world.ids['variant'] }] }), 503, 'tax_unavailable')
  assert.deepEqual((await send('staff', 'GET', `orders/${made.body.id}`)).body.totals, fewer.body.totals)
  const paid = await send('staff', 'POST', `orders/${made.body.id}/payments`, { provider: 'sandbox', method: 'card_success' })
  assert.equal(paid.status, 201, paid.text)
  await work(world)
  assert.deepEqual((await send('staff', 'GET', `orders/${made.body.id}`)).body.total, eur(6_513))
})

test('what is added to an order, and exchanged in it, is taxed by what is said of that, and kept as evidence', async () => {
  const { order } = (await checkOut(await fill())).body
  await work(world)
  const at = `orders/${order.id}`
  // What decides the tax is where it goes: the town stays.
  const moved = (to: object) => send('staff', 'POST', `${at}/edits`, { shippingAddress: { ...address, ...to } })
  checkRefusal(await moved({ city: 'Elsewhere' }), 409, 'order_state_conflict')
  assert.equal((await moved({ line1: '13 St James Square' })).status, 200)
  const sent = await send('staff', 'POST', `${at}/fulfillments`, { lines: [{ line: order.lines[0].id, quantity: 3 }] })
  assert.equal(sent.status, 201, sent.text)
  answer = (_, response) => say({}, 500)(response)
  const add = [{ variant: world.ids['variant'] }]
  checkRefusal(await send('staff', 'POST', `${at}/edits`, { add }), 503, 'tax_unavailable')
  assert.deepEqual((await send('staff', 'GET', at)).body.total, eur(6_191))
  // Another rate by now: what was sold keeps its own.
  answer = (_, response) => say({ lines: [100_000], shipping: 0, reference: 'doc-2' })(response)
  const added = await send('staff', 'POST', `${at}/edits`, { add })
  assert.deepEqual([added.status, added.body.totals.tax, added.body.total], [200, eur(401), eur(7_291)], added.text)
  const { lines, additions } = added.body.taxQuote
  assert.deepEqual(
    [lines, additions.map(({ lines: of, reference }: { lines: number[]; reference: string }) => [of, reference])],
    [[88_750, 0], [[[100_000], 'doc-2']]],
  )
  assert.deepEqual([asked.at(-1)!.question.shipping, asked.at(-1)!.question.lines.map(({ amount }) => amount)], [null, [1_000]])
  const exchange = { lines: [{ line: order.lines[0].id, quantity: 1, reason: 'other' }], add: [{ variant: world.ids['hardcover'] }] }
  answer = (_, response) => say({ lines: [10_000], shipping: 0, reference: 'doc-3' })(response)
  const quoted = await send('staff', 'POST', `${at}/exchanges/quote`, exchange)
  assert.deepEqual([quoted.status, quoted.body.added], [200, eur(2_525)], quoted.text)
  answer = (_, response) => void response.destroy()
  checkRefusal(await send('staff', 'POST', `${at}/exchanges`, exchange), 503, 'tax_unavailable')
  answer = (_, response) => say({ lines: [10_000], shipping: 0, reference: 'doc-3' })(response)
  const exchanged = await send('staff', 'POST', `${at}/exchanges`, exchange)
  assert.deepEqual(
    [exchanged.status, exchanged.body.added, exchanged.body.order.taxQuote.additions.length],
    [201, eur(2_525), 2],
    exchanged.text,
  )
})

test('an order that changes while its tax is asked for is not written by an answer to another', async () => {
  const made = await send('staff', 'POST', 'orders', draftOf())
  const edits = `orders/${made.body.id}/edits`
  answer = (question, response) => {
    answer = whole
    const other = { shippingAddress: { ...address, postalCode: '99999' } }
    void send('staff', 'POST', edits, other).then((changed) => {
      assert.equal(changed.status, 200, changed.text)
      whole(question, response)
    })
  }
  checkRefusal(await send('staff', 'POST', edits, { add: [{ variant: world.ids['variant'] }] }), 409, 'conflict')
  const kept = (await send('staff', 'GET', `orders/${made.body.id}`)).body
  assert.deepEqual([kept.lines.length, kept.addresses.shipping.postalCode], [2, '99999'])
  const again = await send('staff', 'POST', edits, { add: [{ variant: world.ids['variant'] }] })
  assert.deepEqual([again.status, again.body.lines.length], [200, 3])
})
