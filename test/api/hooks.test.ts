// Hooks: what stands before and after writes and events, and what a mistake in one costs: its caller, and nobody else.
// slow: mongodb
import assert from 'node:assert/strict'
import { after as afterAll, before as beforeAll, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { effects } from '../../src/effects/effect.ts'
import { hookCalls } from '../../src/extend/hook-calls.ts'
import { actorId, after, anyone, before, collection, defineErrors, field, nobody, where } from '../../src/index.ts'
import { checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

const errors = defineErrors({ rude: { status: 422, message: 'Please stay friendly.' } })

const comments = collection('comments', {
  prefix: 'cmt',
  fields: {
    text: field.text({ required: true }),
    slug: field.text({ unique: true }),
    length: field.integer(),
    /** Seen by nobody: told to hooks all the same. */
    secret: field.text({ read: nobody, default: 'hush' }),
    about: field.ref('topics'),
    thread: field.ref('comments'),
    seen: field.json({ default: [], required: false }),
  },
  access: { read: anyone, create: anyone, update: anyone, delete: anyone },
})
/** Read by its owner alone. */
const topics = collection('topics', {
  prefix: 'tpc',
  fields: { owner: field.ref('users') },
  access: { read: where('owner').eq(actorId) },
})
const counts = collection('counts', {
  prefix: 'cnt',
  fields: { of: field.text({ required: true, unique: true }), count: field.integer({ default: 0, min: 0, max: 100 }) },
  access: { read: anyone },
})
const deliveries = collection('deliveries', {
  prefix: 'dlv',
  fields: { key: field.text({ required: true, unique: true }), told: field.json() },
})

let outside: { key: string; attempt: number; told: unknown }[] = []
let fails = 0
let late: { create(): Promise<unknown> } | null = null
let isOrderHookBroken = false
const circle: unknown[] = []
circle.push(circle)

const fill = before({
  name: 'comments.fill',
  on: comments,
  action: ['create', 'update'],
  async run({ record, before: earlier, records, set }) {
    if (record.text === 'writes') (record.seen as string[]).push(record.text)
    if (record.text === 'opens') set({ thread: record.id, about: (await records(topics).create({})).id })
    if (record.text === 'dangles') set({ about: 'tpc_nowhere' })
    if (record.text === 'circles') set({ seen: circle })
    if (record.text === 'too big') set({ seen: [1n] })
    if (record.text === 'backdates') Object.assign(earlier!, { version: 9 })
    if (record.text.includes('rude')) throw errors.rude({ path: '/text', params: { word: 'rude' } })
    set({ length: record.text.length, slug: record.text.toLowerCase() })
  },
})
const count = before({
  name: 'comments.count',
  on: comments,
  async run({ action, record, records }) {
    if (record.text === 'throws') throw new TypeError('a mistake of mine')
    if (record.text === 'throws what is no text') throw Object.create(null)
    if (record.text === 'leaves') late = { create: () => records(counts).create({ of: 'late' }) }
    if (record.text === 'waits') await pause(60_000, undefined, { ref: false })
    if (record.text === 'never') await new Promise(() => {})
    if (record.text === 'again') await records(comments).create({ text: 'again' })
    if (record.text === 'again, caught')
      await records(comments)
        .create({ text: 'again, caught' })
        .catch(() => {})
    if (record.text === 'many, caught')
      await records(comments)
        .create({ text: 'many' })
        .catch(() => {})
    if (record.text === 'many') for (let n = 0; ; n++) await records(deliveries).create({ key: `many ${n}` })
    if (record.text === 'misfit') await records(counts).create({ of: 'misfit', count: 101 })
    if (action === 'update') return
    const found = await records(counts).first({ where: { of: 'comments' } })
    const row = found ?? (await records(counts).create({ of: 'comments' }))
    await records(counts).update(row, { count: row.count + (action === 'create' ? 1 : -1) })
  },
})
const tell = after({
  name: 'comments.tell',
  on: comments,
  run({ action, record, before: earlier, key, attempt }) {
    if (fails > 0) {
      fails--
      throw new Error('the other side is away')
    }
    outside.push({ key, attempt, told: { action, text: record.text, earlier: earlier?.text ?? null, secret: record.secret } })
    return record.text
  },
  async settle({ result, key, records }) {
    if (result === 'cannot be settled') throw new Error('a mistake in settle')
    await records(deliveries).create({ key, told: result })
  },
})
const ownChange = after({
  name: 'counts.echo',
  on: counts,
  action: 'update',
  run: () => {},
  async settle({ record, records }) {
    if (record.of !== 'echo') return
    const row = await records(counts).get(record.id)
    await records(counts).update(row!, { count: (row!.count + 1) % 100 })
  },
})
const placed = before({
  name: 'orders.placed',
  on: 'order.placed',
  async run({ order, records }) {
    assert.ok(!('tokenHash' in order))
    assert.ok(Object.isFrozen(order.lines[0]))
    if (isOrderHookBroken) throw new Error('the order hook is broken')
    await records(deliveries).create({ key: `placed ${order.id}` })
  },
})
const isLarge = before({
  name: 'orders.bound',
  on: 'order.created',
  run({ order }) {
    if (order.lines.some(({ quantity }) => quantity > 4)) throw errors.rude({ detail: 'Four of each at most.' })
  },
})
const paid = after({
  name: 'orders.paid',
  on: 'order.paid',
  run: ({ order, key, attempt }) => void outside.push({ key, attempt, told: order.id }),
})
const registered = before({
  name: 'users.friendly',
  on: 'user.registered',
  run({ user }) {
    if (user.email.startsWith('rude')) throw errors.rude({ path: '/email' })
  },
})

let world: World
beforeAll(async () => {
  const collections = [...testConfig.collections!, comments, topics, counts, deliveries] as never
  world = await openWorld({
    config: { ...testConfig, collections, hooks: [fill, count, tell, ownChange, placed, isLarge, paid, registered] },
  })
  await world.engine.start()
})
afterAll(() => world.close())

const write = (text: string) => world.call('guest', { method: 'POST', url: '/api/comments', body: { text } })
const total = async () => (await world.call('guest', { method: 'GET', url: '/api/counts?filter[of]=comments' })).body.items[0]?.count ?? 0
const effectsOf = async (kind: string) =>
  (await world.engine.parts.storage.reader.find(effects, { limit: 200 })).filter((one) => one.kind === kind)
const logged = (part: string) =>
  world.log.filter(({ message, fields }) => `${message} ${String((fields as { error?: unknown })?.error)}`.includes(part))
const clearLog = () => void world.log.splice(0)

test('before a write a hook changes it, writes beside it, and refuses with an error of the project', async () => {
  const before = await total()
  const made = await write('Hello')
  assert.equal(made.status, 201, made.text)
  assert.deepEqual([made.body.length, made.body.slug], [5, 'hello'])
  assert.equal(await total(), before + 1)
  const changed = await world.call('guest', { method: 'PATCH', url: `/api/comments/${made.body.id}`, body: { text: 'Good bye' } })
  assert.deepEqual([changed.status, changed.body.length, changed.body.slug], [200, 8, 'good bye'])
  await work(world, 3_000)
  const position = await world.newest()
  const refused = await write('How rude')
  const { requestId: _, ...problem } = refused.body
  const told = { type: '/api/docs#errors/rude', title: 'Please stay friendly.', status: 422, detail: 'Please stay friendly.', code: 'rude' }
  const at = { path: '/text', code: 'rude', message: 'Please stay friendly.' }
  assert.deepEqual(problem, { ...told, errors: [at], params: { word: 'rude' } })
  assert.deepEqual(await world.commitsAfter(position), [])
  assert.equal((await world.call('guest', { method: 'DELETE', url: `/api/comments/${made.body.id}` })).status, 204)
  assert.equal(await total(), before)
})

test('after a write a hook is an effect: told as it was, repeated under one key, settled once', async () => {
  await work(world, 3_000)
  outside = []
  fails = 2
  const { body } = await write('Delivered')
  await world.call('guest', { method: 'PATCH', url: `/api/comments/${body.id}`, body: { text: 'Delivered twice' } })
  await work(world, 90_000)
  assert.deepEqual(
    outside.map(({ told }) => told).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    [
      { action: 'create', text: 'Delivered', earlier: null, secret: 'hush' },
      { action: 'update', text: 'Delivered twice', earlier: 'Delivered', secret: 'hush' },
    ],
  )
  assert.ok(outside.some(({ attempt }) => attempt > 1))
  const done = (await effectsOf('hook.comments.tell')).filter(({ record }) => record === body.id)
  assert.deepEqual(
    done.map(({ state }) => state),
    ['done', 'done'],
  )
  assert.deepEqual(new Set(done.map(({ key }) => key)), new Set(outside.map(({ key }) => key)))
  const kept = await world.engine.parts.storage.reader.find(deliveries, { limit: 200 })
  for (const { key } of done) assert.equal(kept.filter((row) => row.key === key).length, 1)
  // What hooks are told is kept no longer than they need it, and shown to nobody.
  assert.deepEqual(await world.engine.parts.storage.reader.find(hookCalls, { limit: 1 }), [])
  assert.ok(!JSON.stringify(done).includes('hush'))
})

test('a hook that cannot settle what it did has failed: it is tried again, and staff see why', async () => {
  const { body } = await write('cannot be settled')
  await work(world, 5_000)
  const [effect] = (await effectsOf('hook.comments.tell')).filter(({ record }) => record === body.id)
  assert.equal(effect?.state, 'ready')
  assert.ok(effect.attempts > 1)
  assert.match(String(effect.lastError), /^The after hook comments\.tell \(.*hooks\.test\.ts:\d+:\d+\) failed: a mistake in settle$/)
  assert.equal((await world.call('staff', { method: 'POST', url: `/api/effects/${effect.id}/cancel` })).status, 200)
  clearLog()
})

for (const [text, told] of [
  ['throws', 'failed: a mistake of mine'],
  ['writes', 'failed: Cannot add property 0, object is not extensible'],
  ['dangles', 'records(comments).set: /about names no record of topics.'],
  ['circles', 'records(comments).set: seen is no JSON: TypeError: Converting circular'],
  ['too big', 'records(comments).set: seen is no JSON: TypeError: Do not know how to serialize a BigInt'],
  ['throws what is no text', 'failed: Something was thrown that cannot be made a text.'],
  ['waits', 'waits for something that is not its transaction'],
  ['never', 'waits for something that is not its transaction'],
  ['again', 'Hooks cause each other without an end: comments.count -> '],
  ['many', 'More than 1000 records are written in one transaction'],
  ['again, caught', 'Hooks cause each other without an end: comments.count -> '],
  ['many, caught', 'More than 1000 records are written in one transaction'],
  ['misfit', 'records(counts).create: count'],
] as const)
  test(`a hook that ${text} is named with file and line, and costs its caller alone`, async () => {
    clearLog()
    const position = await world.newest()
    const before = await total()
    const [answer, other] = await Promise.all([write(text), write(`beside ${text}`)])
    checkRefusal(answer, 500, 'internal')
    assert.equal(other.status, 201)
    assert.ok(logged(told).length > 0, JSON.stringify(world.log))
    assert.match(String(logged(told)[0]!.fields!['error']), /hooks\.test\.ts:\d+:\d+/)
    assert.equal((await world.commitsAfter(position)).filter((line) => line.startsWith('comments.create')).length, 1)
    assert.equal(await total(), before + 1)
  })

test('a hook may refer to what its caller does not see, and to the record that it stands before', async () => {
  const { status, body } = await write('opens')
  assert.equal(status, 201)
  assert.equal(body.thread, body.id)
  assert.match(body.about, /^tpc_/)
})

test('what a hook looks at it cannot change: neither the default of a field nor the record as it was', async () => {
  checkRefusal(await write('writes'), 500, 'internal')
  const made = await write('looked at')
  assert.deepEqual(made.body.seen, [])
  clearLog()
  const body = { text: 'backdates' }
  checkRefusal(await world.call('guest', { method: 'PATCH', url: `/api/comments/${made.body.id}`, body }), 500, 'internal')
  assert.match(String(logged('read only property')[0]!.fields!['error']), /The before hook comments\.fill \(.*hooks\.test\.ts:\d+:\d+\)/)
})

test('what a hook left comes too late, and does no harm where nobody waits for it', async (t) => {
  const unhandled = t.mock.fn()
  process.on('unhandledRejection', unhandled)
  t.after(() => process.off('unhandledRejection', unhandled))
  assert.equal((await write('leaves')).status, 201)
  void late!.create()
  await assert.rejects(late!.create(), /comments\.count .* has ended: what it began without waiting for it comes too late/)
  await pause(5)
  assert.equal(unhandled.mock.callCount(), 0)
})

test('after hooks that lead to themselves come to an end', async () => {
  await work(world, 3_000)
  clearLog()
  await world.write((tx) => tx.insert(counts, { id: world.engine.newId('cnt'), of: 'echo', count: 0 }))
  const [row] = await world.engine.parts.storage.reader.find(counts, { where: { op: 'eq', path: 'of', value: 'echo' }, limit: 1 })
  await world.write((tx) => tx.update(counts, row!, { set: { count: 1 } }))
  // Written past the hooks: nothing follows.
  assert.deepEqual(
    (await effectsOf('hook.counts.echo')).filter(({ record }) => record === row!.id),
    [],
  )
})

test('what follows an order is written with it; a hook that breaks costs no money and is caught up with', async () => {
  const bought = async () => {
    const cart = await fillCart(world, 'owner')
    const { body } = await checkOut(world, 'owner', cart)
    await work(world)
    return body.order.id as string
  }
  const statusOf = async (id: string) => (await world.call('staff', { method: 'GET', url: `/api/orders/${id}` })).body.status
  const isDelivered = async (id: string) =>
    (await world.engine.parts.storage.reader.find(deliveries, { where: { op: 'eq', path: 'key', value: `placed ${id}` }, limit: 2 })).length
  outside = []
  const fine = await bought()
  assert.deepEqual([await statusOf(fine), await isDelivered(fine)], ['placed', 1])
  assert.deepEqual(
    outside.map(({ told }) => told),
    [fine],
  )
  isOrderHookBroken = true
  clearLog()
  const late = await bought()
  assert.deepEqual([await statusOf(late), await isDelivered(late)], ['placed', 0])
  assert.ok(logged('the order hook is broken').length > 0)
  isOrderHookBroken = false
  await work(world, 60_000)
  assert.equal(await isDelivered(late), 1)
  clearLog()
})

test('who registers may be refused, and then has no account', async () => {
  const register = (email: string) =>
    world.call('guest', { method: 'POST', url: '/api/auth/register', body: { email, password: 'correct horse battery' } })
  const refused = await register('rude@example.com')
  assert.deepEqual([refused.status, refused.body.code], [422, 'rude'])
  assert.equal((await register('kind@example.com')).status, 201)
  const { body } = await world.call('staff', { method: 'GET', url: '/api/users?filter[email]=rude@example.com' })
  assert.deepEqual(body.items, [])
})

test('a checkout may be refused: the cart and the stock are as before', async () => {
  const stock = async () =>
    (await world.call('staff', { method: 'GET', url: `/api/stockLevels?filter[variant]=${world.ids['variant']}` })).body.items[0]
  const before = await stock()
  const cart = await fillCart(world, 'owner', [{ variant: 'variant', quantity: 5 }])
  const answer = await checkOut(world, 'owner', cart)
  assert.deepEqual([answer.status, answer.body.code, answer.body.detail], [422, 'rude', 'Four of each at most.'])
  const { held, available } = await stock()
  assert.deepEqual([held, available], [before.held, before.available])
  const { body } = await world.call('owner', { method: 'GET', url: `/api/carts/${cart.id}`, headers: cart.headers })
  assert.equal(body.status, 'open')
})
