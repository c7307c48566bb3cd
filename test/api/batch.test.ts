// Several operations in one transaction: what each sees of those before it, that a refusal undoes all, and that none has more
// rights or fewer gates than alone.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type As, checkOut, fillCart, openWorld, type World } from '../support/api-harness.ts'
import { testDatabase } from '../support/databases.ts'
import { loadDocument } from '../support/fits-document.ts'

let world: World
before(async () => {
  world = await openWorld()
  await loadDocument(world)
})
after(() => world.close())

type Step = { readonly method: string; readonly path: string; readonly body?: unknown; readonly ifMatch?: string }
const post = (path: string, body: unknown): Step => ({ method: 'POST', path, body })

async function ask(operations: readonly unknown[], as: As = 'owner', headers: Record<string, string> = {}) {
  return await world.call(as, { method: 'POST', url: '/api/batch', body: { operations }, headers })
}
async function titles(as: As = 'owner'): Promise<string[]> {
  const { body } = await world.call(as, { method: 'GET', url: '/api/notes?sort=title&limit=200' })
  return body.items.map(({ title }: { title: string }) => title)
}

test('each sees those before it, and takes what they answered', async () => {
  const position = await world.newest()
  const { status, body, text } = await ask([
    post('/api/notes', { title: 'Parent', views: 3, meta: { deep: ['x'] } }),
    post('/api/notes', { title: 'Child', parent: { $result: '/0/id' }, meta: { of: { $result: '/0/meta/deep' } } }),
    { method: 'PATCH', path: '/api/notes/{/0/id}', body: { views: { $increment: 4 } } },
    post('/api/notes', { title: 'Gone' }),
    { method: 'DELETE', path: '/api/notes/{/3/id}' },
  ])
  assert.equal(status, 200, text)
  const [parent, child, changed, , gone] = body.results
  assert.deepEqual(
    body.results.map((one: { status: number }) => one.status),
    [201, 201, 200, 201, 204],
  )
  assert.equal(parent.headers.location, `/api/notes/${parent.body.id}`)
  assert.equal(child.body.parent, parent.body.id)
  assert.deepEqual(child.body.meta, { of: ['x'] })
  assert.equal(changed.body.views, 7)
  assert.equal(gone.body, null)
  assert.equal(await world.newest(), position + 1)
  const { headers } = await world.call('owner', { method: 'GET', url: `/api/notes/${parent.body.id}` })
  assert.equal(headers['etag'], changed.headers.etag)
})

test('a refusal undoes all, and says which it was of', async () => {
  const before = await titles()
  for (const [operations, status, code, path] of [
    [[post('/api/notes', { title: 'One' }), post('/api/notes', { title: '' })], 400, 'validation_failed', '/operations/1/body/title'],
    [[post('/api/notes', { title: 'One', parent: 'note_none' })], 422, 'reference_not_found', '/operations/0/body/parent'],
    [[post('/api/notes', { title: 'One' }), post('/api/products', { title: 'Mine', slug: 'mine' })], 403, 'forbidden', '/operations/1'],
    [[post('/api/notes', { title: 'One' }), { method: 'DELETE', path: '/api/notes/note_none' }], 404, 'not_found', '/operations/1'],
    [[post('/api/notes', { title: 'One', score: 5 })], 400, 'validation_failed', '/operations/0/body/score'],
    [[{ method: 'PATCH', path: '/api/notes/x', body: { id: 'y' } }], 400, 'validation_failed', '/operations/0/body/id'],
  ] as const) {
    const answer = await ask(operations)
    assert.deepEqual([answer.status, answer.body.code, answer.body.errors?.[0].path], [status, code, path], answer.text)
  }
  assert.deepEqual(await titles(), before)
})

test('a value that is taken is refused, by one of the same batch too', async () => {
  const before = await titles()
  const { status, body } = await ask([post('/api/notes', { title: 'A', slug: 'twice' }), post('/api/notes', { title: 'B', slug: 'twice' })])
  assert.deepEqual([status, body.code], [409, 'already_exists'])
  if (!testDatabase().isServer) assert.equal(body.errors[0].path, '/operations/1/body/slug')
  assert.deepEqual(await titles(), before)
})

test('If-Match holds for its operation alone', async () => {
  const { body: note, headers } = await world.call('owner', { method: 'POST', url: '/api/notes', body: { title: 'Matched' } })
  const path = `/api/notes/${note.id}`
  const stale = await ask([post('/api/notes', { title: 'Beside' }), { method: 'PATCH', path, body: { rank: 1 }, ifMatch: '"stale"' }])
  assert.deepEqual([stale.status, stale.body.code, stale.body.errors[0].path], [412, 'precondition_failed', '/operations/1'])
  const ifMatch = String(headers['etag'])
  assert.equal((await ask([{ method: 'PATCH', path, body: { rank: 1 }, ifMatch }])).status, 200)
})

test('what was answered once is answered again for its key, and done once', async () => {
  const key = { 'idempotency-key': 'batch-1' }
  const steps = [post('/api/notes', { title: 'Keyed' }), post('/api/notes', { title: 'Keyed child', parent: { $result: '/0/id' } })]
  const first = await ask(steps, 'owner', key)
  const again = await ask(steps, 'owner', key)
  assert.deepEqual([first.status, again.status, again.headers['idempotent-replayed']], [200, 200, 'true'])
  assert.deepEqual(again.body, first.body)
  assert.equal((await titles()).filter((title) => title === 'Keyed').length, 1)
  assert.equal((await ask(steps.slice(0, 1), 'owner', key)).body.code, 'idempotency_key_reused')
})

test('what follows from each is done with it: a canceled order gives its stock back', async () => {
  const cart = await fillCart(world, 'owner')
  const { order } = (await checkOut(world, 'owner', cart, 'card_declined')).body
  const available = async () => (await world.call('staff', { method: 'GET', url: `/api/variants/${world.ids['variant']}` })).body.available
  const held = await available()
  const { status, text } = await ask([post('/api/notes', { title: 'Why' }), { method: 'POST', path: `/api/orders/${order.id}/cancel` }])
  assert.equal(status, 200, text)
  assert.equal(await available(), held + 1)
})

test('what cannot be part of a batch, or is none, is refused with its place', async () => {
  for (const [step, status, path, message] of [
    [
      post('/api/auth/login', { email: 'owner@example.com', password: 'password of owner' }),
      404,
      '/operations/0/path',
      /no POST \/api\/auth\/login/,
    ],
    [post('/api/batch', { operations: [] }), 404, '/operations/0/path', /can be part of a batch/],
    [{ method: 'PUT', path: '/api/notes' }, 404, '/operations/0/path', /there is POST/],
    [{ method: 'GET', path: '/api/notes' }, 400, '/operations/0/method', /must be/],
    [post('/api/notes?fields=id', {}), 404, '/operations/0/path', /takes no query/],
    [post('/api/notes', { title: { $result: '/0/id' } }), 400, '/operations/0/body/title', /no operation before it answered/],
    [post('/api/notes', { title: { $result: '/0/constructor' } }), 400, '/operations/0/body/title', /no operation before it/],
    [post('/api/notes', { title: { $result: 7 } }), 400, '/operations/0/body/title', /no operation before it/],
    [{ method: 'DELETE', path: '/api/notes/{/5/id}' }, 400, '/operations/0/path', /no operation before it/],
    [{ method: 'DELETE', path: '/api/notes/%00' }, 400, '/operations/0/path', /not encoded/],
    [{ method: 'DELETE', path: '/api/notes/%zz' }, 400, '/operations/0/path', /not encoded/],
    [{ method: 'DELETE', path: '/api/notes/x', also: 1 }, 400, '/operations/0/also', /./],
  ] as const) {
    const answer = await ask([step])
    assert.deepEqual([answer.status, answer.body.errors?.[0].path], [status, path], answer.text)
    assert.match(answer.body.errors[0].message, message)
  }
  assert.equal((await ask([])).status, 400)
  assert.equal((await ask(Array.from({ length: 101 }, () => post('/api/notes', { title: 'Many' })))).status, 400)
})

test('what was answered may be inserted as often as a body has room for it', async () => {
  const wide = post('/api/notes', { title: 'Wide', meta: Array.from({ length: 2_000 }, () => []) })
  const many = (count: number) => post('/api/notes', { title: 'Many', meta: Array.from({ length: count }, () => ({ $result: '/0/meta' })) })
  assert.equal((await ask([wide, many(5)])).status, 200)
  const text = post('/api/notes', { title: 'Text', body: 'x'.repeat(100_000) })
  const nested = Array.from({ length: 40 }, (_, index) => post('/api/notes', { title: 'Deep', meta: [{ $result: `/${index}/meta` }] }))
  for (const [steps, code] of [
    [[wide, many(30)], 'too_large'],
    [[text, post('/api/notes', { title: 'Long', meta: Array.from({ length: 20 }, () => ({ $result: '/0/body' })) })], 'too_large'],
    [[post('/api/notes', { title: 'Deep', meta: [] }), ...nested], 'depth'],
  ] as const) {
    const { status, body } = await ask(steps)
    assert.deepEqual([status, body.errors[0].code], [400, code])
  }
  const out = await ask([post('/api/auth/logout', {})])
  assert.deepEqual([out.status, out.body.errors[0].code], [400, 'not_batchable'])
})

test('what waits for the outside world is called alone, and nothing of it is left', async () => {
  const { id, headers } = await fillCart(world, 'guest')
  const { status, body } = await ask(
    [
      { method: 'PATCH', path: `/api/carts/${id}`, body: { email: 'new@example.com' } },
      post(`/api/carts/${id}/checkout`, { payment: { provider: 'sandbox', method: 'card_success' } }),
    ],
    'guest',
    headers,
  )
  assert.deepEqual([status, body.errors[0].path, body.errors[0].code], [404, '/operations/1/path', 'not_batchable'])
  const cart = (await world.call('guest', { method: 'GET', url: `/api/carts/${id}`, headers })).body
  assert.deepEqual([cart.status, cart.email], ['open', 'guest@example.com'])
})

test('each operation counts for the rate limit, so that a batch is no way around it', async (t) => {
  const limited = await openWorld({ isRateLimited: true })
  t.after(() => limited.close())
  const carts = async (count: number) => {
    const operations = Array.from({ length: count }, () => post('/api/carts', {}))
    return await limited.call('guest', { method: 'POST', url: '/api/batch', body: { operations } })
  }
  const left = ({ headers }: { headers: Readonly<Record<string, unknown>> }) => Number(/r=(\d+)/.exec(String(headers['ratelimit']))?.[1])
  const first = left(await carts(1))
  assert.equal(left(await carts(30)), first - 30)
  // What is no batch is one request.
  for (const body of [null, {}, { operations: 'x' }])
    assert.equal((await limited.call('guest', { method: 'POST', url: '/api/batch', body })).status, 400)
  assert.equal(left(await carts(1)), first - 30 - 4)
  for (let asked = 0; asked < 2; asked++) await carts(100)
  const refused = await carts(100)
  assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited'])
})
