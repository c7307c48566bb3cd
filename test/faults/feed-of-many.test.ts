// The change feed of several processes over one database: whoever wrote, wherever one listens, everything is told
// once and in one order. KINGPOST_FEED_WRITES=20000 makes it long.
// databases: server
// slow: mongodb
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
      else await eventually('the rest', async () => (roaming.length + reader.events.length >= writes ? true : null), patienceMs)
      reader.cut()
      roaming.push(...reader.events)
      lastId = reader.lastId()
      if (!isWriting && roaming.length >= writes) return
    }
  })()

  const acknowledged: string[] = []
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
        acknowledged.push(`created ${id} ${number}`, `updated ${id} ${number + 1}`)
      }
    }),
  )
  isWriting = false
  await eventually('the steady reader has them all', async () => (steady.events.length > acknowledged.length ? true : null), patienceMs)
  await roam
  await sleep(500)
  steady.cut()

  const [ready, ...changes] = steady.events
  assert.equal(ready!.event, 'ready')
  const told = changes.map(({ data: { action, id, record } }) => `${action} ${id} ${record.number}`)
  assert.deepEqual(told.toSorted(), acknowledged.toSorted())
  const places = changes.map(({ id }) => Number(id.split('.')[0]))
  for (const [index, place] of places.entries()) assert.ok(place > (places[index - 1] ?? 0), `${place} came after ${places[index - 1]}`)
  const createdAt = new Map(changes.flatMap(({ data }, index) => (data.action === 'created' ? [[data.id, index]] : [])))
  for (const [index, { data }] of changes.entries())
    if (data.action === 'updated')
      assert.ok(createdAt.get(data.id)! < index, `${data.id} was told as changed before it was told as created`)
  assert.deepEqual(roaming, changes)
  t.diagnostic(`${changes.length} changes, ${hops + 1} connections of the roaming reader`)
})
