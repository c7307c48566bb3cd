// The change feed of several processes over one database: whoever wrote, wherever one listens, everything is told
// once and in one order. Without the lock under which positions are given it fails. KINGPOST_FEED_WRITES=20000 makes it long.
// databases: server
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createChance } from '../support/chance.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { type LiveEvent, openLive } from '../support/live-client.ts'
import { startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'

const chance = createChance(console.log)

const writes = Number(process.env['KINGPOST_FEED_WRITES'] ?? 1_500)
const writers = 48
const patienceMs = 60_000
const path = '/api/changes?collections=notes'

const isEnd = (events: readonly LiveEvent[]) => events.at(-1)?.data.record?.text === 'the end'

// proves P-007
test(`readers of three processes are told each of ${writes} changes once, in one order`, async (t) => {
  const database = await testDatabase().url()
  const first = await startServer(t, { database })
  const { headers } = await signInAdmin(first)
  const others = [await startServer(t, { database }), await startServer(t, { database })]
  // Signed in at one of them is signed in at all.
  const clients = [first, ...others].map(({ guest }) => guest.with(headers))
  const steady = await openLive(clients[0]!, path)
  await eventually('the steady reader is ready', async () => (steady.events.length > 0 ? true : null))

  // Cut off again and again, and back on any of the three with the place it had.
  const roaming: LiveEvent[] = []
  let hops = 0
  let isWriting = true
  const roam = (async () => {
    for (let lastId: string | null = steady.lastId(); ; hops++) {
      const reader = await openLive(clients[chance.below(3)]!, path, lastId)
      if (isWriting) await Promise.race([sleep(chance.between(50, 500)), reader.ended])
      else await eventually('the rest', async () => (isEnd(roaming) || isEnd(reader.events) ? true : null), patienceMs)
      reader.cut()
      roaming.push(...reader.events)
      lastId = reader.lastId()
      if (isEnd(roaming)) return
    }
  })()

  const acknowledged: { action: string; id: string; number: number }[] = []
  let left = writes
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const at = () => clients[(writer + left) % 3]!
      while (left > 0) {
        left -= 2
        const number = chance.below(1_000_000)
        const { id } = expectStatus(await at().post('/api/notes', { text: 'fed', number }), 201).body
        // The next change of the record comes from another process than its first.
        expectStatus(await at().patch(`/api/notes/${id}`, { number: number + 1 }), 200)
        acknowledged.push({ action: 'created', id, number }, { action: 'updated', id, number: number + 1 })
      }
    }),
  )
  const { id } = expectStatus(await clients[0]!.post('/api/notes', { text: 'the end', number: 1 }), 201).body
  acknowledged.push({ action: 'created', id, number: 1 })
  isWriting = false
  await eventually('the steady reader has the end', async () => (isEnd(steady.events) ? true : null), patienceMs)
  await roam
  steady.cut()

  const [ready, ...changes] = steady.events
  assert.equal(ready!.event, 'ready')
  // Who is a little behind is told of a making what the change after it has made of it.
  const heads = (events: readonly LiveEvent[]) => events.map(({ id: place, data: { action, id } }) => ({ place, action, id }))
  const told = changes.map(({ data: { action, id } }) => `${action} ${id}`)
  assert.deepEqual(told.toSorted(), acknowledged.map(({ action, id }) => `${action} ${id}`).toSorted())
  assert.equal(new Set(changes.map(({ id }) => id)).size, changes.length, 'no change is told twice')
  const numbers = new Map(acknowledged.map(({ action, id, number }) => [`${action} ${id}`, number]))
  for (const { data } of [...changes, ...roaming]) {
    const now = numbers.get(`updated ${data.id}`)
    const then = numbers.get(`${data.action} ${data.id}`)
    assert.ok(data.record.number === then || data.record.number === now, `${data.action} ${data.id} ${data.record.number}`)
  }
  const createdAt = new Map(changes.flatMap(({ data }, index) => (data.action === 'created' ? [[data.id, index]] : [])))
  for (const [index, { data }] of changes.entries())
    if (data.action === 'updated')
      assert.ok(createdAt.get(data.id)! < index, `${data.id} was told as changed before it was told as created`)
  assert.deepEqual(heads(roaming), heads(changes))
  t.diagnostic(`${changes.length} changes, ${hops + 1} connections of the roaming reader`)
})

// proves P-006
test('a session that is ended at one process ends its stream at another one, before that is told anything later', async (t) => {
  const database = await testDatabase().url()
  const [first, second] = [await startServer(t, { database }), await startServer(t, { database })]
  const { headers } = await signInAdmin(first)
  const reader = await openLive(second.guest.with(headers), path)
  await eventually('ready', async () => reader.events[0])
  const watcher = await openLive(second.guest, path)
  const note = expectStatus(await first.guest.with(headers).post('/api/notes', { text: 'before', number: 1 }), 201).body.id
  await eventually('what was made before', async () => reader.events.find(({ data }) => data.id === note))
  expectStatus(await first.guest.with(headers).post('/api/auth/logout'), 204)
  const later = expectStatus(await first.guest.post('/api/notes', { text: 'later', number: 2 }), 201).body.id
  await eventually('the later one is told to others', async () => watcher.events.find(({ data }) => data.id === later))
  await reader.ended
  assert.ok(!reader.events.some(({ data }) => data.id === later))
  watcher.cut()
})
