// Several processes over one database, as engines side by side: schedules, leases, sessions, keys and
// clocks. On SQLite transactions are serial, on a server they run side by side.
// databases: all
// slow: mysql
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { Type } from '../../src/contract/type.ts'
import { webhookInbox } from '../../src/domains/payments/collections.ts'
import { effectKind, effects, enqueue } from '../../src/effects/effect.ts'
import { type Schedule, scheduleTicks } from '../../src/effects/schedule.ts'
import type { Engine, Replacements } from '../../src/engine/create-engine.ts'
import { scheduleInvariants } from '../../src/observe/invariants/schedules.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { rateLimits } from '../../src/operation/rate-limits.ts'
import { workIn } from '../../src/operation/work.ts'
import { followDatabaseClock } from '../../src/storage/database-clock.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { testDatabase } from '../support/databases.ts'
import { call, type Engines, openEngines, staffActor } from '../support/engines.ts'
import { eventually } from '../support/eventually.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { Body } from '../support/http-client.ts'

const hour = 3_600_000
const cause = { operation: 'test', actor: 'test', requestId: '' }

/** Engines on the database this suite runs on. */
async function openWorld(t: TestContext): Promise<Engines> {
  const database = testDatabase()
  if (!database.isServer) return openEngines(t)
  const url = await database.url()
  return openEngines(t, ({ model }) => database.open(model, { url }))
}

function skewed(clock: Clock, skewMs: number): Clock {
  return { now: () => clock.now() + skewMs, monotonic: clock.monotonic, after: clock.after, soon: clock.soon }
}

/** A schedule that notes each of its runs outside the database, as a mail or a call would be. */
function counting(ran: number[], everyMs: number): Replacements {
  const schedule: Schedule = {
    name: 'test.count',
    everyMs,
    run: async ({ now }) => void ran.push(now),
  }
  return { schedules: () => [schedule] }
}

// proves P-013
test('each tick of a schedule is made once, whoever of four makes it', async (t) => {
  const world = await openWorld(t)
  const ran: number[] = []
  const everyMs = 50
  const engines: Engine[] = []
  for (const name of ['a', 'b', 'c', 'd']) engines.push(await world.add(name, { replace: counting(ran, everyMs) }))
  await Promise.all(engines.map((engine) => engine.start()))
  const [first] = engines
  const ticks = await eventually('four ticks', async () => {
    const found = await first!.parts.storage.reader.find(scheduleTicks, { sort: [{ path: 'tick', descending: false }], limit: 200 })
    return found.length >= 4 ? found : null
  })
  assert.deepEqual(
    ticks.map(({ tick }) => tick),
    ticks.map((_, index) => index + 1),
  )
  await Promise.all(engines.map((engine) => engine.stop()))
  const { storage, model } = first!.parts
  const { length } = await storage.reader.find(scheduleTicks, { limit: 200 })
  // A run whose transaction was rolled back by a conflict may have been begun twice; none was left out.
  assert.ok(ran.length >= length, `${ran.length} runs, ${length} ticks`)
  const found = await verifyDatabase({
    read: storage.reader,
    commitsAfter: storage.commitsAfter,
    model,
    now: systemClock.now(),
    groups: [scheduleInvariants],
  })
  assert.deepEqual(found, [])
})

test('clocks hours apart: leases, schedules and sessions go by the database', async (t) => {
  const world = openEngines(t)
  const time = createFakeClock()
  const ran: number[] = []
  const add = async (name: string, skewMs: number) => {
    const clock = await followDatabaseClock({ now: async () => time.clock.now() }, skewed(time.clock, skewMs))
    return await world.add(name, { clock, replace: counting(ran, hour) })
  }
  const [ahead, behind] = [await add('ahead', 5 * hour), await add('behind', -5 * hour)]
  await Promise.all([ahead.start(), behind.start()])

  // A schedule that is due in an hour is due then, not five hours sooner or later.
  await time.pass(hour - 5_000)
  assert.deepEqual(ran, [])
  await time.pass(10_000)
  await eventually('the schedule has ticked', async () => (ran.length === 1 ? true : null))

  // A lease lasts its 30 seconds for both.
  const id = await owe(ahead, time.clock.now() + limits.effectLeaseMs)
  await time.pass(limits.effectLeaseMs - 5_000)
  assert.equal((await effectOf(behind, id)).owner, 'wrk_gone')
  await time.pass(10_000)
  await eventually('the lease has passed on', async () => ((await effectOf(behind, id)).owner === 'wrk_gone' ? null : true))

  // A session ends for both when its time is over, by the database.
  const [token, unused] = [await signIn(ahead), await signIn(ahead)]
  assert.equal(await isKnown(behind, token), true)
  await time.pass(limits.sessionIdleMs - 12 * hour, hour)
  assert.deepEqual([await isKnown(ahead, token), await isKnown(behind, token)], [true, true])
  await time.pass(13 * hour, hour)
  // One that was used goes on, for all of them.
  assert.deepEqual([await isKnown(ahead, unused), await isKnown(behind, unused)], [false, false])
  assert.deepEqual([await isKnown(ahead, token), await isKnown(behind, token)], [true, true])
})

test('what says nothing any more is forgotten: ticks of two days ago, limits of callers long gone', async (t) => {
  const world = openEngines(t)
  const time = createFakeClock()
  const engine = await world.add('one', { clock: time.clock })
  const { reader } = engine.parts.storage
  await inTransaction(engine.parts, cause, async (tx, now) => {
    await tx.insert(rateLimits, { id: 'rate_gone', arrival: now + 1_000 })
    await tx.insert(rateLimits, { id: 'rate_here', arrival: now + 90 * hour })
  })
  const old = await inTransaction(engine.parts, cause, (tx, now) =>
    tx.insert(scheduleTicks, { id: engine.newId('tick'), schedule: 'planted', tick: 1, dueAt: now, owner: 'nobody' }),
  )
  await engine.start()
  // Longer than ticks are kept, by enough for the turn of each schedule: at steps of an hour one has it in two.
  await time.pass(limits.scheduleTicksKeepMs + 24 * hour, hour)
  await eventually('old ticks are gone', async () => (await reader.get(scheduleTicks, old.id)) === null)
  assert.ok((await reader.find(scheduleTicks, { limit: 1 })).length > 0)
  assert.deepEqual(
    (await reader.find(rateLimits, { limit: 10 })).map(({ id }) => id),
    ['rate_here'],
  )
})

test('effects that ended and webhooks that were taken care of are forgotten after a month, and nothing that waits is', async (t) => {
  const world = openEngines(t)
  const time = createFakeClock()
  const engine = await world.add('one', { clock: time.clock })
  const { reader } = engine.parts.storage
  const planted = await inTransaction(engine.parts, cause, async (tx, now) => {
    const effect = { kind: 'mail.none', attempts: 1, failures: null, dueAt: now, owner: null, lastError: null, record: null, payload: {} }
    for (const state of ['done', 'canceled', 'dead', 'unknown', 'held'] as const)
      await tx.insert(effects, { ...effect, id: engine.newId('eff'), key: `old:${state}`, state })
    // More than one tick forgets.
    for (let count = 0; count < limits.forgottenPerTick; count++)
      await tx.insert(effects, { ...effect, id: engine.newId('eff'), key: `old:${count}`, state: 'done' })
    await tx.insert(effects, { ...effect, id: engine.newId('eff'), key: 'young', state: 'done', dueAt: now + limits.effectsKeepMs })
    const message = { provider: 'sandbox', reference: null, providerRef: null, looks: 0, note: null, settledBy: null, body: '' }
    for (const state of ['handled', 'unmatched'] as const)
      await tx.insert(webhookInbox, { ...message, id: engine.newId('whk'), eventId: `old ${state}`, state, lookAt: null })
    const lookAt = now + 2 * limits.webhooksKeepMs
    await tx.insert(webhookInbox, { ...message, id: engine.newId('whk'), eventId: 'still looked for', state: 'unmatched', lookAt })
    return now
  })
  await engine.start()
  const keys = async () => (await findAll(reader, effects)).map(({ key }) => key).filter((key) => key.startsWith('old') || key === 'young')
  await time.pass(planted + limits.effectsKeepMs - time.clock.now() - 2 * hour, hour)
  assert.equal((await keys()).length, limits.forgottenPerTick + 6)
  await time.pass(8 * hour, hour)
  const left = await eventually('what is over is gone', async () => {
    await time.pass(hour, hour)
    const rest = await keys()
    return rest.length <= 4 ? rest.toSorted() : null
  })
  assert.deepEqual(left, ['old:dead', 'old:held', 'old:unknown', 'young'])
  assert.deepEqual(
    (await findAll(reader, webhookInbox)).map(({ eventId }) => eventId),
    ['still looked for'],
  )
})

test('a process with nothing to do writes nothing', async (t) => {
  const world = openEngines(t)
  const time = createFakeClock()
  const engine = await world.add('one', { clock: time.clock })
  const { storage } = engine.parts
  await engine.start()
  const real = storage.transaction.bind(storage)
  let transactions = 0
  storage.transaction = (work) => {
    transactions += 1
    return real(work)
  }
  // Less than the shortest schedule: looks for effects each second, and nothing else.
  await time.pass(4_000)
  assert.equal(transactions, 0)
  // It does look: what is due is carried out.
  await inTransaction(engine.parts, cause, async (tx, now) =>
    enqueue(workIn(engine.parts, tx, now), effectKind('nothing.known', Type.Object({})), { key: 'due', payload: {}, dueAt: now + 500 }),
  )
  const found = await eventually('it is taken', async () => {
    await time.pass(1_000)
    const [effect] = await findAll(storage.reader, effects, eq('key', 'due'))
    return effect?.lastError ? effect : null
  })
  assert.match(found.lastError!, /carries out/)
})

// proves P-006
test('a session that was revoked in one process has ended in every other', async (t) => {
  const world = await openWorld(t)
  const [one, two] = [await world.add('one'), await world.add('two')]
  const token = await signIn(one)
  assert.equal(await isKnown(two, token), true)
  const actor = await one.authenticate(credentials(token))
  await call(two, 'accounts.revokeSession', { input: { id: actor.session }, actor })
  assert.equal(await isKnown(one, token), false)
  assert.equal(await isKnown(two, token), false)
})

// proves P-006
test('an API key that was revoked in one process has ended in every other, and its streams with it', async (t) => {
  const world = await openWorld(t)
  const [one, two] = [await world.add('one'), await world.add('two')]
  const maker = await one.authenticate(credentials(await signIn(one)))
  const input = { name: 'A program', scopes: ['products:read'] }
  const { id, key } = (await call(one, 'accounts.createKey', { input, actor: maker })).output as Body
  const actor = await two.authenticate(credentials(key))
  assert.deepEqual([actor.id, actor.key, actor.scopes], [maker.id, id, ['products:read']])
  const ended: string[] = []
  for (const engine of [one, two]) engine.onRevoked((revoked) => void ended.push(revoked))
  await call(two, 'accounts.revokeKey', { input: { id }, actor: maker })
  assert.deepEqual([await isKnown(one, key), await isKnown(two, key)], [false, false])
  await eventually('both have told their streams', async () => ended.filter((revoked) => revoked === id).length >= 2)
  await assert.rejects(call(one, 'accounts.createKey', { input, actor }), { code: 'forbidden' })
})

// proves P-003
test('the same key sent to two processes at once has one effect and one answer', async (t) => {
  const world = await openWorld(t)
  const engines = [await world.add('one'), await world.add('two')]
  await Promise.all(engines.map((engine) => engine.start()))
  for (let round = 1; round <= 10; round++) {
    const input = { email: `round${round}@mail.example` }
    const answers = await Promise.all(
      engines.map((engine) => repeated(engine, 'carts.create', { input, key: `cart-${round}`, actor: staffActor })),
    )
    assert.deepEqual(answers[0], answers[1], `round ${round}`)
  }
  const { output } = await call(engines[0]!, 'carts.list', { actor: staffActor, input: { limit: 100 } })
  assert.equal((output as Body).items.length, 10)
})

// proves P-002 P-003
test('one cart checked out in two processes at once, with one key or with two, is one order and one payment', async (t) => {
  const world = await openWorld(t)
  const engines = [await world.add('one'), await world.add('two')]
  await Promise.all(engines.map((engine) => engine.start()))
  const shop = engines[0]!
  const variant = await makeVariant(shop)
  for (let round = 1; round <= 6; round++) {
    const cart = await makeCart(shop, variant)
    const input = { id: cart, payment: { provider: 'sandbox', method: 'card_success' } }
    const key = (index: number) => (round % 2 === 0 ? `checkout-${round}` : `checkout-${round}-${index}`)
    const answers = await Promise.all(
      engines.map((engine, index) => repeated(engine, 'orders.checkOut', { input, key: key(index), actor: staffActor })),
    )
    const orders = answers.map((answer) => (answer as Body).order.id)
    assert.equal(orders[0], orders[1], `round ${round}`)
  }
  const { output } = await call(shop, 'orders.list', { actor: staffActor, input: { limit: 100 } })
  assert.equal((output as Body).items.length, 6)
  assert.equal(world.book.all().length, 6)
})

/** The answer, asked again while the first call with the key is still running. */
async function repeated(engine: Engine, name: string, given: Parameters<typeof call>[2]): Promise<unknown> {
  return await eventually(`an answer to ${name}`, async () => {
    try {
      return (await call(engine, name, given)).output
    } catch (error) {
      if (isEngineError(error, 'idempotency_in_flight')) return null
      throw error
    }
  })
}

/** An effect that a process took and did not live to end. */
async function owe({ parts, newId }: Engine, until: number): Promise<string> {
  return await inTransaction(parts, cause, async (tx, now) => {
    const effect = { key: newId('key'), payload: {}, dueAt: now + hour }
    const { id } = (await enqueue({ tx, now, newId }, effectKind('probe', Type.Object({})), effect))!
    await tx.touch(effects, id, { set: { state: 'running', attempts: 1, owner: 'wrk_gone', dueAt: until } })
    return id
  })
}

async function effectOf({ parts }: Engine, id: string) {
  return (await parts.storage.reader.get(effects, id))!
}

function credentials(token: string) {
  return { authorization: `Bearer ${token}`, cookie: undefined, cartToken: undefined, network: 'test' }
}

async function isKnown(engine: Engine, token: string): Promise<boolean> {
  return (await engine.authenticate(credentials(token))).kind === 'user'
}

async function signIn(engine: Engine): Promise<string> {
  const account = { email: 'ada@mail.example', password: 'a long enough one' }
  await call(engine, 'accounts.register', { input: account })
  return ((await call(engine, 'accounts.logIn', { input: account })).output as Body).token
}

async function makeVariant(engine: Engine): Promise<string> {
  const staff = async (name: string, input: unknown) => (await call(engine, name, { input, actor: staffActor })).output as Body
  const product = await staff('products.create', { slug: 'cup', title: 'Cup', status: 'active' })
  const variant = await staff('variants.create', {
    product: product.id,
    sku: 'CUP',
    title: 'plain',
    price: { amount: 500, currency: 'EUR' },
  })
  const { items } = await staff('stockLevels.list', {})
  await staff('stock.adjustLevel', { id: items[0].id, onHand: 1_000 })
  return variant.id
}

async function makeCart(engine: Engine, variant: string): Promise<string> {
  const staff = async (name: string, input: unknown) => (await call(engine, name, { input, actor: staffActor })).output as Body
  const { id } = await staff('carts.create', { email: 'guest@mail.example' })
  await staff('carts.addLine', { id, variant })
  const shippingAddress = { name: 'Ada', line1: '1 Street', city: 'London', postalCode: 'SW1', country: 'GB' }
  await staff('carts.update', { id, shippingAddress })
  return id
}
