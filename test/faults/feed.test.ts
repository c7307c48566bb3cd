// The change feed over real connections: cut at random and resumed, it must tell every change once, and to
// each reader only what a GET would show by then.
// databases: all
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBackend } from '../../src/engine/backend.ts'
import { createChance } from '../support/chance.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { type LiveEvent, openLive } from '../support/live-client.ts'
import { databaseUrl, startServer } from '../support/server-process.ts'
import { backend as config } from '../support/shop.config.ts'
import { checkOut, effectsAtRest, makeArticle, makeCart, orderWhen, signInAdmin, signUp } from '../support/shop.ts'

const chance = createChance(console.log)

const writes = 1_000
const writers = 20

/** What one reader was told, by record. A change that a later one has overtaken is told with what the later one made of it. */
function toldByRecord(changes: readonly LiveEvent[]): Map<string, { actions: string; numbers: number[] }> {
  const told = new Map<string, { actions: string; numbers: number[] }>()
  for (const { data } of changes) {
    const { actions, numbers } = told.get(data.id) ?? { actions: '', numbers: [] }
    told.set(data.id, { actions: `${actions} ${data.action}`.trim(), numbers: data.record ? [...numbers, data.record.number] : numbers })
  }
  return told
}

// proves P-007
test(`a reader cut off at random misses nothing and is told nothing twice under ${writes} writes`, async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const path = '/api/changes?collections=notes'
  const seen: LiveEvent[] = []
  let lastId: string | null = null
  let connections = 0
  let isWriting = true

  const reading = (async () => {
    // Even without a first event there is a place to come back to: the feed's id of `ready`.
    for (;;) {
      // What is written last may take a while to be told: the one connection that begins after it waits longer.
      const isLast = !isWriting
      const reader = await openLive(admin, path, lastId)
      connections++
      const cutAt = performance.now() + (isLast ? 10_000 : chance.below(120))
      await eventually('all is read, or the connection is cut', async () => {
        const isAll = !isWriting && (reader.events.at(-1) ?? seen.at(-1))?.data.record?.text === 'the end'
        if (isAll || performance.now() >= cutAt) reader.cut()
        return await Promise.race([reader.ended.then(() => true), sleep(5).then(() => null)])
      })
      seen.push(...reader.events)
      lastId = reader.lastId()
      if (isLast) return
    }
  })()
  // One that was cut before it heard anything has no place to come back to.
  await eventually('the reader has its place', async () => (seen.length > 0 ? true : null))

  const acknowledged = new Map<string, { number: number; isDeleted: boolean }>()
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let turn = 0; turn < writes / writers / 2; turn++) {
        const number = chance.below(1_000_000)
        const { id } = expectStatus(await admin.post('/api/notes', { text: 'fed', number }), 201).body
        const isDeleted = turn % 2 === 1
        if (isDeleted) expectStatus(await admin.delete(`/api/notes/${id}`), 204)
        else expectStatus(await admin.patch(`/api/notes/${id}`, { number: number + 1 }), 200)
        acknowledged.set(id, { number, isDeleted })
      }
    }),
  )
  const { id: last } = expectStatus(await admin.post('/api/notes', { text: 'the end' }), 201).body
  isWriting = false
  await reading

  const [ready, ...changes] = seen
  assert.equal(ready!.event, 'ready')
  assert.ok(connections > 3, `${connections} connections`)
  assert.deepEqual(new Set(changes.map(({ event }) => event)), new Set(['change']))
  assert.equal(new Set(changes.map(({ id }) => id)).size, changes.length, 'no change is told twice')
  const told = toldByRecord(changes)
  assert.equal(told.get(last)?.actions, 'created')
  assert.equal(told.size, acknowledged.size + 1)
  let overtaken = 0
  for (const [id, { number, isDeleted }] of acknowledged) {
    const { actions, numbers } = told.get(id)!
    // Its making is not told any more to who hears of it when it is gone.
    if (isDeleted) assert.ok(actions === 'created deleted' ? numbers[0] === number : actions === 'deleted', `${id}: ${actions} ${numbers}`)
    else {
      assert.equal(actions, 'created updated', id)
      assert.ok(numbers[1] === number + 1 && (numbers[0] === number || numbers[0] === number + 1), `${id}: ${numbers}`)
    }
    if (actions === 'deleted' || numbers[0] === number + 1) overtaken++
  }
  t.diagnostic(`${connections} connections, ${overtaken} overtaken`)
})

// proves P-007
test('whatever event was the last one seen, the next one is the next one told, inside a commit too', async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const { variant } = await makeArticle(admin, { slug: 'resumed', onHand: 100 })
  const path = '/api/changes?collections=orders,payments,effects,emails,notes'
  const whole = await openLive(admin, path)
  await eventually('ready', async () => (whole.events.length === 1 ? true : null))
  for (let count = 0; count < 5; count++) await checkOut(await makeCart(server.guest, [{ variant }]))
  // Effects rest for a moment before the webhook, too: what ends an order is its payment and then its receipt.
  await eventually('all are paid', async () =>
    (await admin.get('/api/orders?filter[paymentStatus]=paid&count=true&limit=1')).body.count === 5 ? true : null,
  )
  await effectsAtRest(admin)
  const end = expectStatus(await admin.post('/api/notes', { text: 'the end' }), 201).body.id
  await eventually('the end is told', async () => (whole.events.some(({ data }) => data.id === end) ? true : null))
  whole.cut()

  const ids = whole.events.map(({ id }) => id)
  // An order is placed, its payment booked and its receipt owed in one commit: places inside a commit are among them.
  assert.ok(ids.length >= 50, `${ids.length} events`)
  for (const [index, id] of ids.slice(0, -1).entries()) {
    const resumed = await openLive(admin, path, id)
    const [next] = await eventually(`what follows ${id}`, async () => (resumed.events.length > 0 ? resumed.events : null))
    resumed.cut()
    const expected = whole.events[index + 1]!
    const head = ({ id: place, event, data }: LiveEvent) => ({
      place,
      event,
      collection: data.collection,
      id: data.id,
      action: data.action,
    })
    assert.deepEqual(head(next!), head(expected), `after ${id}`)
    // It is told as it is now, which is what was told of it last.
    const latest = whole.events.findLast(({ data }) => data.collection === expected.data.collection && data.id === expected.data.id)!
    assert.deepEqual(next!.data.record, latest.data.record, `after ${id}`)
  }
})

// proves P-006 P-007
test('each reader is told what a GET shows, and that a record has left the view', async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const owner = await signUp(server.guest, 'owner@mail.example')

  async function told(reader: { events: readonly LiveEvent[] }, count: number): Promise<string[]> {
    await eventually(`${count} events`, async () => (reader.events.length > count ? true : null))
    return reader.events.slice(1).map(({ data: { action, record } }) => `${action} ${record?.number ?? ''}`.trim())
  }

  await t.test('a private record is shown to its owner, and gone for everybody else', async () => {
    const path = '/api/changes?collections=notes'
    const readers = { guest: await openLive(server.guest, path), owner: await openLive(owner, path) }
    await eventually('both are ready', async () => (readers.guest.events.length + readers.owner.events.length === 2 ? true : null))
    const note = expectStatus(await owner.post('/api/notes', { text: 'mine', number: 1 }), 201).body
    // Each is waited for: who is behind is told what a record is by then, and not how it came to be so.
    let count = 1
    const ownerIsTold = async () => await told(readers.owner, count++)
    await ownerIsTold()
    let shown: Body
    for (const number of [2, -1, -2, 3, -3]) {
      expectStatus(await owner.patch(`/api/notes/${note.id}`, { number }), 200)
      await ownerIsTold()
      if (number === 2) await told(readers.guest, 2)
      if (number === 3) {
        shown = expectStatus(await server.guest.get(`/api/notes/${note.id}`), 200).body
        await told(readers.guest, 4)
      }
    }
    expectStatus(await owner.delete(`/api/notes/${note.id}`), 204)
    expectStatus(await owner.post('/api/notes', { text: 'the end', number: 9 }), 201)
    assert.deepEqual(await told(readers.guest, 6), ['created 1', 'updated 2', 'deleted', 'updated 3', 'deleted', 'created 9'])
    assert.deepEqual(await told(readers.owner, 8), [
      'created 1',
      'updated 2',
      'updated -1',
      'updated -2',
      'updated 3',
      'updated -3',
      'deleted',
      'created 9',
    ])
    // The record of an event is the answer of a GET, to the letter; what is gone carries nothing but its id.
    assert.deepEqual(readers.guest.events[4]!.data.record, shown!)
    assert.deepEqual(readers.guest.events[3]!.data, { collection: 'notes', id: note.id, action: 'deleted' })
    for (const reader of Object.values(readers)) reader.cut()
  })

  await t.test('fields for staff only are not in the events of others', async () => {
    const reader = await openLive(owner, '/api/changes?collections=users')
    await eventually('ready', async () => (reader.events.length === 1 ? true : null))
    expectStatus(await owner.patch('/api/auth/me', { name: 'Owner' }), 200)
    await eventually('the first change', async () => (reader.events.length >= 2 ? true : null))
    await signUp(server.guest, 'somebody@mail.example')
    expectStatus(await owner.patch('/api/auth/me', { name: 'Owner again' }), 200)
    await eventually('the second change', async () => (reader.events.length >= 3 ? true : null))
    const [, first, second] = reader.events
    assert.deepEqual([first!.data.record.name, second!.data.record.name], ['Owner', 'Owner again'])
    assert.equal('disabled' in first!.data.record, false)
    reader.cut()
  })

  await t.test('a guest sees the order of the cart it holds, and no other', async () => {
    const { variant } = await makeArticle(admin, { slug: 'feed', onHand: 10 })
    const [mine, theirs] = [await makeCart(server.guest, [{ variant }]), await makeCart(server.guest, [{ variant }])]
    const reader = await openLive(mine.holder, '/api/changes?collections=orders,payments')
    await eventually('ready', async () => (reader.events.length === 1 ? true : null))
    await orderWhen(theirs.holder, (await checkOut(theirs)).order.id, ({ status }) => status === 'placed')
    const { order, payment } = await checkOut(mine)
    const placed = await orderWhen(mine.holder, order.id, ({ status }) => status === 'placed')
    const last = await eventually('the order is told as placed', async () =>
      reader.events.find(({ data }) => data.collection === 'orders' && data.record?.status === 'placed'),
    )
    assert.deepEqual(last.data.record, placed)
    assert.deepEqual(new Set(reader.events.slice(1).map(({ data }) => data.id)), new Set([order.id, payment.id]))
    reader.cut()
  })

  await t.test('a rule that looks through a reference: a deleted variant is told as deleted', async () => {
    const { variant } = await makeArticle(admin, { slug: 'gone', onHand: 0 })
    const reader = await openLive(server.guest, '/api/changes?collections=variants')
    // On a slow database its making may be told only now.
    await eventually('ready', async () => (reader.events.length >= 1 ? true : null))
    expectStatus(await admin.delete(`/api/variants/${variant}`), 204)
    const event = await eventually('the deletion', async () => reader.events.find(({ data }) => data.action === 'deleted'))
    assert.deepEqual(event.data, { collection: 'variants', id: variant, action: 'deleted' })
    reader.cut()
  })

  await t.test('a filter is a view: what no longer fits it is told as deleted', async () => {
    const reader = await openLive(server.guest, '/api/changes?collections=notes&filter[number][gte]=100')
    await eventually('ready', async () => (reader.events.length === 1 ? true : null))
    const { id } = expectStatus(await owner.post('/api/notes', { text: 'counted', number: 99 }), 201).body
    const expected: string[] = []
    for (const [number, event] of [
      [100, 'updated 100'],
      [50, 'deleted'],
      [101, 'updated 101'],
    ] as const) {
      expectStatus(await owner.patch(`/api/notes/${id}`, { number }), 200)
      assert.deepEqual(await told(reader, expected.push(event)), expected)
    }
    reader.cut()
  })

  await t.test('staff watch the effects of one state: one that leaves it is told as deleted', async () => {
    const { variant } = await makeArticle(admin, { slug: 'effects', onHand: 10 })
    const held = await makeCart(server.guest, [{ variant }])
    const reader = await openLive(admin, '/api/changes?collections=effects&filter[state]=running')
    await eventually('ready', async () => (reader.events.length === 1 ? true : null))
    await checkOut(held)
    // One that ran for a moment may be told by its end alone.
    await eventually('one has run', async () => reader.events.find(({ data }) => data.action === 'deleted'))
    for (const { data } of reader.events) if (data.record) assert.equal(data.record.state, 'running')
    reader.cut()
  })

  await t.test('what may not be listed may not be watched', async () => {
    assert.equal((await openLive(server.guest, '/api/changes?collections=effects')).status, 401)
    assert.equal((await openLive(owner, '/api/changes?collections=effects')).status, 403)
    for (const name of ['passwords', 'sessions', 'nothing', '__proto__'])
      assert.equal((await openLive(server.guest, `/api/changes?collections=${name}`)).status, 400, name)
    assert.equal((await openLive(owner, '/api/changes?collections=users&filter[disabled]=true')).status, 400)
  })
})

// proves P-007
test('a place that the feed no longer has, or never had, is told as reset', async (t) => {
  const server = await startServer(t)
  const path = '/api/changes?collections=notes'
  const write = async (from = server) => expectStatus(await from.guest.post('/api/notes', { text: 'a note' }), 201).body.id as string
  const firstEvent = async (from: typeof server, lastId: string): Promise<LiveEvent> => {
    const reader = await openLive(from.guest, path, lastId)
    const event = await eventually('an event', async () => reader.events[0])
    reader.cut()
    return event
  }

  await t.test('a place in the future', async () => {
    // On a shared database its position is given a moment after the answer.
    const early = await openLive(server.guest, path)
    const first = await write()
    await eventually('the first change', async () => early.events.find(({ data }) => data.id === first))
    early.cut()
    const { event, id } = await firstEvent(server, '999999999')
    assert.equal(event, 'reset')
    const reader = await openLive(server.guest, path, id)
    const note = await write()
    const [next] = await eventually('the next change', async () => (reader.events.length > 0 ? reader.events : null))
    assert.equal(next!.data.id, note)
    reader.cut()
  })

  await t.test('no place at all', async () => {
    for (const nonsense of ['-1', 'abc', '1.2.3', '1'.repeat(40)])
      assert.equal((await openLive(server.guest, path, nonsense)).status, 400, nonsense)
  })

  await t.test('nothing missed: the stream opens at once, before there is anything to tell', async () => {
    const reader = await openLive(server.guest, path, (await firstEvent(server, '999999999')).id)
    assert.equal(reader.status, 200)
    reader.cut()
  })

  await t.test('a place that was forgotten', async () => {
    const reader = await openLive(server.guest, path, '0')
    await eventually('an event', async () => reader.events[0])
    const old = reader.lastId()!
    for (let count = 0; count < 5; count++) await write()
    reader.cut()
    await server.stop()
    await forgetAllButTheNewest(server.dataFolder)
    const again = await startServer(t, { dataFolder: server.dataFolder })
    assert.equal((await firstEvent(again, old)).event, 'reset')
    const { event, data }: { event: string; data: Body } = await (async () => {
      const later = await openLive(again.guest, path, (await firstEvent(again, old)).id)
      const note = await write(again)
      const next = await eventually('the next change', async () => later.events[0])
      later.cut()
      assert.equal(next.data.id, note)
      return next
    })()
    assert.deepEqual([event, data.action], ['change', 'created'])
  })
})

async function forgetAllButTheNewest(dataFolder: string): Promise<void> {
  const { model } = createBackend(config, { publicUrl: 'http://shop.example', isDevelopment: true, paymentProviders: [] })
  const storage = await testDatabase().open(model, { url: await databaseUrl(dataFolder) })
  const { newest } = await storage.commitRange()
  const [last] = await storage.commitsAfter(newest - 1, 1)
  await storage.forgetCommits(last!.at)
  await storage.close()
}
