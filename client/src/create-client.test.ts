import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeFetch, json, problem } from './fake-fetch.ts'
import { ApiError, createClient, type Product, SecondFactorNeeded } from './index.ts'

const url = 'https://shop.test'

test('a list query is spelled as the contract says', async () => {
  const net = fakeFetch(json({ items: [], next: null, count: 0 }))
  await createClient({ ...net, url })
    .collection<Product>('products')
    .list({
      filter: {
        status: 'active',
        price: { gte: 500, lte: 1500 },
        slug: { in: ['emma', 'dracula'] },
        'author.name': { startsWith: 'J' },
        or: [{ title: { contains: 'sea' } }, { not: { slug: 'x' } }],
      },
      sort: ['-price', 'title'],
      limit: 24,
      expand: ['variants'],
      search: 'a & b',
      count: true,
    })
  const asked = new URL(net.calls[0]!.url)
  assert.equal(asked.pathname, '/api/products')
  assert.deepEqual(
    [...asked.searchParams],
    [
      ['filter[status]', 'active'],
      ['filter[price][gte]', '500'],
      ['filter[price][lte]', '1500'],
      ['filter[slug][in]', 'emma,dracula'],
      ['filter[author.name][startsWith]', 'J'],
      ['filter[or][0][title][contains]', 'sea'],
      ['filter[or][1][not][slug]', 'x'],
      ['sort', '-price,title'],
      ['limit', '24'],
      ['expand', 'variants'],
      ['search', 'a & b'],
      ['count', 'true'],
    ],
  )
})

test('an empty query leaves the address bare', async () => {
  const net = fakeFetch(json({ items: [], next: null }))
  await createClient({ ...net, url })
    .collection('products')
    .list({ search: '', count: false })
  assert.equal(net.calls[0]!.url, `${url}/api/products`)
})

test('a retry after a lost answer and a 503 carries the same idempotency key', async () => {
  const net = fakeFetch(new TypeError('fetch failed'), problem(503, 'overloaded', {}, '0'), json({ id: 'cart_1', token: 'secret' }, 201))
  await createClient({ ...net, url }).carts.create()
  const keys = net.calls.map((call) => call.headers['idempotency-key'])
  assert.equal(keys.length, 3)
  assert.match(keys[0]!, /^t[0-9a-f]{12}-[0-9a-f]{32}$/)
  assert.equal(new Set(keys).size, 1)
})

test('a file is sent as it is, under its own type', async () => {
  const net = fakeFetch(json({ id: 'file_1' }, 201))
  const body = new Blob(['Hello'], { type: 'text/plain' })
  let sent: unknown
  const fetch = (path: string, init: RequestInit) => {
    sent = init.body
    return net.fetch(path, init)
  }
  await createClient({ fetch, url }).call('POST', '/api/files', { body, headers: { 'file-name': 'a.txt' } })
  assert.equal(sent, body)
  assert.equal(net.calls[0]!.headers['content-type'], 'text/plain')
  assert.equal(net.calls[0]!.headers['file-name'], 'a.txt')
})

test('a first attempt that is still running is waited for', async () => {
  const net = fakeFetch(problem(409, 'idempotency_in_flight', {}, '0'), json({ id: 'prd_1' }, 201))
  await createClient({ ...net, url })
    .collection('products')
    .create({})
  assert.equal(net.calls.length, 2)
})

test('two calls have two keys, and a read has none', async () => {
  const net = fakeFetch(json({ id: '1' }), json({ id: '2' }), json({ id: '2' }))
  const things = createClient({ ...net, url }).collection('things')
  await things.create({})
  await things.create({})
  await things.get('2')
  const keys = net.calls.map((call) => call.headers['idempotency-key'])
  assert.notEqual(keys[0], keys[1])
  assert.equal(keys[2], undefined)
})

test('a call of an account carries no key, and is not sent again when its answer is lost', async () => {
  const net = fakeFetch(new TypeError('fetch failed'), problem(503, 'outcome_unknown', {}, '0'), json({ token: 'kps_1', user: {} }))
  const { auth } = createClient({ ...net, url })
  await assert.rejects(auth.login({ email: 'a@b.test', password: 'hush' }), TypeError)
  await assert.rejects(auth.login({ email: 'a@b.test', password: 'hush' }), { code: 'outcome_unknown' })
  await auth.login({ email: 'a@b.test', password: 'hush' })
  assert.deepEqual(
    net.calls.map((call) => call.headers['idempotency-key']),
    [undefined, undefined, undefined],
  )
})

test('a page that came over plain HTTP has no crypto.randomUUID, and needs none', async () => {
  const net = fakeFetch(json({ id: '1' }, 201))
  const { randomUUID } = crypto
  Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true, writable: true })
  try {
    await createClient({ ...net, url })
      .collection('things')
      .create({})
  } finally {
    Object.defineProperty(crypto, 'randomUUID', { value: randomUUID, configurable: true, writable: true })
  }
  assert.match(net.calls[0]!.headers['idempotency-key']!, /^t[0-9a-f]{12}-[0-9a-f]{32}$/)
})

test('it gives up after two retries, or at once when told to wait too long', async () => {
  const down = fakeFetch(...[1, 2, 3, 4].map(() => problem(503, 'overloaded', {}, '0')))
  await assert.rejects(createClient({ ...down, url }).orders.get('ord_1'), { code: 'overloaded' })
  assert.equal(down.calls.length, 3)

  const long = fakeFetch(problem(503, 'overloaded', {}, '3600'))
  await assert.rejects(createClient({ ...long, url }).orders.get('ord_1'), {
    retryAfterMs: 3_600_000,
  })
  assert.equal(long.calls.length, 1)
})

test('a conflict is not retried', async () => {
  const net = fakeFetch(problem(409, 'out_of_stock'))
  const pay = { payment: { provider: 'sandbox' } }
  await assert.rejects(createClient({ ...net, url }).carts.checkOut('cart_1', pay), ApiError)
  assert.equal(net.calls.length, 1)
})

test('an error carries the whole problem', async () => {
  const errors = [{ path: '/email', code: 'format', message: 'must be an e-mail address' }]
  const net = fakeFetch(problem(400, 'validation_failed', { detail: 'Look again.', requestId: 'req_1', errors }))
  const error = await createClient({ ...net, url })
    .auth.login({ email: 'x', password: 'y' })
    .catch((thrown: unknown) => thrown)
  assert.ok(error instanceof ApiError)
  assert.deepEqual(
    [error.status, error.code, error.detail, error.requestId, error.message],
    [400, 'validation_failed', 'Look again.', 'req_1', 'Look again.'],
  )
  assert.deepEqual(error.errors, errors)
})

test("a proxy's HTML page becomes a problem too", async () => {
  const net = fakeFetch(new Response('<h1>no</h1>', { status: 502, statusText: 'Bad Gateway' }))
  await assert.rejects(createClient({ ...net, url }).auth.me(), { code: 'http_502', status: 502 })
})

test('the cart token of a new cart goes with every later call', async () => {
  const net = fakeFetch(json({ id: 'cart_1', token: 'secret' }, 201), json({ id: 'cart_1' }))
  const { carts } = createClient({ ...net, url })
  await carts.create()
  await carts.addLine('cart_1', { variant: 'var_1', quantity: 2 })
  assert.equal(net.calls[0]!.headers['cart-token'], undefined)
  assert.equal(net.calls[1]!.headers['cart-token'], 'secret')
  assert.equal(net.calls[1]!.url, `${url}/api/carts/cart_1/lines`)
  assert.deepEqual(net.calls[1]!.body, { variant: 'var_1', quantity: 2 })
})

test('the session is kept as a bearer token, but left to the cookie on its own pages', async () => {
  const answers = () => [json({ token: 'ses', user: {} }), json({ id: 'usr_1' })]
  const away = fakeFetch(...answers())
  const remote = createClient({ ...away, url })
  await remote.auth.login({ email: 'a@b.test', password: 'long enough' })
  await remote.auth.me()
  assert.equal(away.calls[1]!.headers.authorization, 'Bearer ses')

  const home = fakeFetch(...answers())
  const local = createClient({ fetch: home.fetch })
  await local.auth.login({ email: 'a@b.test', password: 'long enough' })
  await local.auth.me()
  assert.equal(home.calls[1]!.headers.authorization, undefined)
})

test('a sign-in that waits for a second factor is an error that says what it waits for, and opens nothing', async () => {
  const net = fakeFetch(
    json({ pending: 'secondfactor_x', factors: ['totp'] }),
    json({ token: 'ses', user: { id: 'usr_1' } }),
    json({ id: 'usr_1' }),
  )
  const { auth } = createClient({ ...net, url })
  const waiting = await auth.login({ email: 'a@b.test', password: 'hush' }).catch((error: unknown) => error)
  assert.ok(waiting instanceof SecondFactorNeeded && waiting instanceof ApiError)
  assert.deepEqual([waiting.code, waiting.pending, waiting.factors], ['second_factor_needed', 'secondfactor_x', ['totp']])
  const { user } = await auth.verifyTotp({ pending: waiting.pending, code: '042917' })
  assert.equal(user.id, 'usr_1')
  await auth.me()
  assert.deepEqual(
    net.calls.map(({ headers }) => headers.authorization),
    [undefined, undefined, 'Bearer ses'],
  )
})

test('the ETag of a record guards its update; ids are escaped; 204 is no answer', async () => {
  const net = fakeFetch(json({ id: 'a/b' }, 200, { etag: '"7"' }), new Response(null, { status: 204 }))
  const client = createClient({ ...net, url })
  const things = client.collection('things')
  const thing = await things.get('a/b')
  const etag = client.etagOf(thing)
  assert.equal(etag, '"7"')
  const answer = await things.delete(thing.id, { ifMatch: etag! })
  assert.equal(answer, undefined)
  assert.equal(net.calls[1]!.url, `${url}/api/things/a%2Fb`)
  assert.equal(net.calls[1]!.headers['if-match'], '"7"')
})

test('an order is canceled with its ETag as the guard, and with a key', async () => {
  const net = fakeFetch(json({ id: 'ord_1', status: 'canceled' }))
  const order = await createClient({ ...net, url }).orders.cancel('ord_1', { ifMatch: '"7"' })
  assert.equal(order.status, 'canceled')
  const [asked] = net.calls
  assert.equal(asked!.url, `${url}/api/orders/ord_1/cancel`)
  assert.equal(asked!.headers['if-match'], '"7"')
  assert.match(asked!.headers['idempotency-key']!, /^t[0-9a-f]{12}-[0-9a-f]{32}$/)
})

test('an aborted call ends at once, without a retry', async () => {
  const net = fakeFetch()
  const aborting = new AbortController()
  const call = createClient({ ...net, url }).call('GET', '/api/x', { signal: aborting.signal })
  aborting.abort()
  await assert.rejects(call, { name: 'AbortError' })
  assert.equal(net.calls.length, 1)
})
