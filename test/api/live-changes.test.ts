// The change feed over real sockets: what was withdrawn is told as gone and in no other way, what leaves sight through another
// record is told too, ids tell nothing, and streams end with the rights they were opened with.
// proves P-006 P-007
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { actorId, any, anyone, exists, staff, where } from '../../src/access/rule.ts'
import { limits } from '../../src/base/limits.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { createHttpClient, type HttpClient } from '../support/http-client.ts'
import { type LiveEvent, type LiveReader, openLive } from '../support/live-client.ts'

const rooms = collection('rooms', {
  prefix: 'room',
  fields: { title: field.text({ required: true }) },
  access: { read: any(staff, exists('seats', 'room', where('user').eq(actorId))), create: staff, update: staff, delete: staff },
})
const seats = collection('seats', {
  prefix: 'seat',
  fields: { room: field.ref('rooms', { required: true }), user: field.ref('users', { required: true }) },
  access: { read: staff, create: staff, delete: staff },
})
const ends = collection('ends', { prefix: 'ends', fields: { number: field.integer() }, access: { read: anyone, create: anyone } })
const letters = collection('letters', {
  prefix: 'let',
  fields: { title: field.text({ required: true }), blockedWhy: field.text() },
  access: { read: any(staff, where('blockedWhy').isNull()), create: staff },
})
const config = { ...testConfig, collections: [...testConfig.collections!, rooms, seats, ends, letters] as never }

let world: World
let url = ''
before(async () => {
  world = await openWorld({ config, isRateLimited: true })
  url = `http://127.0.0.1:${await world.server.listen(0, '127.0.0.1')}`
})
after(async () => await world.close())

function client(as: As): HttpClient {
  const token = world.tokens[as]
  return createHttpClient(url, token === null ? {} : { authorization: `Bearer ${token}` })
}

const readers: LiveReader[] = []
async function follow(as: As, names: string, lastId: string | null = null): Promise<LiveReader> {
  const reader = await openLive(client(as), `/api/changes?collections=${names},ends`, lastId)
  readers.push(reader)
  if (lastId === null) await eventually('ready', async () => reader.events[0])
  return reader
}

async function staffDoes(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<string> {
  const answer = await world.call('staff', { method, url: path, ...(body ? { body } : {}) })
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
  return answer.body?.id as string
}

/** What was told of a record until now: everything is told when the end is. */
async function toldUntilNow(reader: LiveReader): Promise<LiveEvent[]> {
  const end = await staffDoes('POST', '/api/ends', { number: 1 })
  await eventually('the end is told', async () => reader.events.find(({ data }) => data.id === end))
  return reader.events.filter(({ event, data }) => event === 'change' && data.collection !== 'ends')
}
const actionsOf = (events: readonly LiveEvent[], id: string) => events.filter(({ data }) => data.id === id).map(({ data }) => data.action)

test('a line from before the feed had what a rule looks at is told to nobody: they read afresh', async () => {
  // As a model left it in which the field had `feed: false`.
  await world.write(async (tx) => {
    await tx.insert(letters, { id: world.engine.newId('let'), title: 'Blocked words' } as never)
    await tx.insert(ends, { id: world.engine.newId('ends'), number: 0 })
  })
  const reader = await follow('guest', 'letters', '0')
  // What comes before the reset is part of what is read afresh, and told to nobody.
  const first = await eventually('told where to start', async () => reader.events[0])
  assert.equal(first.event, 'reset')
  const told = await toldUntilNow(reader)
  assert.deepEqual(told, [])
  const open = await staffDoes('POST', '/api/letters', { title: 'Open words' })
  assert.deepEqual(actionsOf(await toldUntilNow(reader), open), ['created'])
  reader.cut()
})

describe('what was withdrawn', () => {
  test('a guest who asks from the beginning is told that it is gone, and nothing of what it was', async () => {
    const { review, hardcover } = world.ids as Record<string, string>
    const product = await staffDoes('POST', '/api/products', { slug: 'withdrawn', title: 'Withdrawn words', status: 'active' })
    await staffDoes('PATCH', `/api/products/${product}`, { status: 'draft' })
    const never = await staffDoes('POST', '/api/products', { slug: 'never', title: 'Never shown' })
    await staffDoes('DELETE', `/api/reviews/${review}`)
    const reader = await follow('guest', 'products,reviews,variants', '0')
    const told = await toldUntilNow(reader)
    assert.deepEqual(actionsOf(told, product), ['deleted'])
    assert.deepEqual(actionsOf(told, review!), ['deleted'])
    assert.deepEqual(actionsOf(told, never), [])
    assert.ok(actionsOf(told, hardcover!).includes('created'))
    assert.doesNotMatch(JSON.stringify(told), /Withdrawn words|"stars"|Never shown|Secret plans|SECRET-P/)
  })

  test('an overtaken change is told with what may be read by now', async () => {
    const reader = await follow('guest', 'reviews')
    const place = reader.lastId()!
    const { id } = (
      await world.call('other', {
        method: 'POST',
        url: '/api/reviews',
        body: { book: world.ids['product'], stars: 1, text: 'My number is 555' },
      })
    ).body
    await staffDoes('PATCH', `/api/reviews/${id}`, { text: 'Removed' })
    const told = await toldUntilNow(await follow('guest', 'reviews', place))
    assert.deepEqual(actionsOf(told, id), ['created', 'updated'])
    assert.doesNotMatch(JSON.stringify(told), /555/)
  })

  test('a change of fields that are hidden is no news, and one of others is', async () => {
    const [guest, boss] = [await follow('guest', 'notes'), await follow('staff', 'notes')]
    const id = world.ids['publicNote']!
    await staffDoes('PATCH', `/api/notes/${id}`, { score: 3 })
    await staffDoes('PATCH', `/api/notes/${id}`, { rank: 3 })
    assert.deepEqual(actionsOf(await toldUntilNow(boss), id), ['updated', 'updated'])
    const [only, ...rest] = (await toldUntilNow(guest)).filter(({ data }) => data.id === id)
    assert.deepEqual([only!.data.record.rank, rest], [3, []])
  })
})

describe('what is seen through another record', () => {
  test('variants go with their product and come with it, live and later', async () => {
    const product = await staffDoes('POST', '/api/products', { slug: 'parent', title: 'Parent', status: 'active' })
    const price = { amount: 1, currency: 'EUR' }
    const variant = await staffDoes('POST', '/api/variants', { product, sku: 'P-1', title: 'One', price })
    const reader = await follow('guest', 'variants')
    const place = reader.lastId()!
    await staffDoes('PATCH', `/api/products/${product}`, { status: 'archived' })
    await eventually('it has gone', async () => reader.events.find(({ data }) => data.id === variant && data.action === 'deleted'))
    const later = await follow('guest', 'variants', place)
    assert.deepEqual(actionsOf(await toldUntilNow(later), variant), ['deleted'])
    await staffDoes('PATCH', `/api/products/${product}`, { status: 'active' })
    const [back] = (await toldUntilNow(reader)).filter(({ data }) => data.id === variant).slice(-1)
    assert.equal(back!.data.action, 'updated')
    assert.equal(back!.data.record.sku, 'P-1')
  })

  test('a child that was deleted before its parent, or moved from it, is told as gone after a resume', async () => {
    const product = await staffDoes('POST', '/api/products', { slug: 'short', title: 'Short', status: 'active' })
    const price = { amount: 1, currency: 'EUR' }
    const first = await staffDoes('POST', '/api/variants', { product, sku: 'S-1', title: 'One', price })
    const moved = await staffDoes('POST', '/api/variants', { product, sku: 'S-2', title: 'Two', price })
    const hidden = await staffDoes('POST', '/api/variants', { product: world.ids['draft'], sku: 'S-3', title: 'Three', price })
    const place = (await follow('guest', 'variants')).lastId()!
    await staffDoes('DELETE', `/api/variants/${first}`)
    await staffDoes('DELETE', `/api/variants/${hidden}`)
    await staffDoes('PATCH', `/api/products/${product}`, { status: 'archived' })
    await staffDoes('PATCH', `/api/variants/${moved}`, { product: world.ids['draft'] })
    await staffDoes('DELETE', `/api/products/${product}`)
    const told = await toldUntilNow(await follow('guest', 'variants', place))
    assert.deepEqual(
      [first, moved, hidden].map((id) => actionsOf(told, id)),
      [['deleted'], ['deleted'], []],
    )
  })

  test('who is given a seat sees the room, and who loses it does not', async () => {
    const room = await staffDoes('POST', '/api/rooms', { title: 'Quiet' })
    const reader = await follow('other', 'rooms')
    const place = reader.lastId()!
    const seat = await staffDoes('POST', '/api/seats', { room, user: world.ids['other'] })
    await eventually('it is there', async () => reader.events.find(({ data }) => data.record?.title === 'Quiet'))
    await staffDoes('DELETE', `/api/seats/${seat}`)
    assert.deepEqual(actionsOf(await toldUntilNow(reader), room), ['updated', 'deleted'])
    assert.deepEqual(actionsOf(await toldUntilNow(await follow('other', 'rooms', place)), room), ['deleted'])
    assert.deepEqual(actionsOf(await toldUntilNow(await follow('owner', 'rooms', '0')), room), [])
  })

  test('where more may have changed than can be told, the reader is told to read afresh', async () => {
    const product = await staffDoes('POST', '/api/products', { slug: 'many', title: 'Many', status: 'active' })
    await world.write(async (tx) => {
      for (let count = 0; count <= limits.liveDependentsMax; count++)
        await tx.insert(
          { name: 'variants' } as never,
          {
            id: `var_${String(count).padStart(26, '0')}`,
            product,
            sku: `M-${count}`,
            title: 'M',
            price: { amount: 1, currency: 'EUR' },
            position: 0,
            downloads: [],
          } as never,
        )
    })
    const reader = await follow('guest', 'variants')
    // On a database server their making may be told only now.
    const before = await toldUntilNow(reader)
    await staffDoes('PATCH', `/api/products/${product}`, { status: 'archived' })
    await eventually('reset', async () => reader.events.find(({ event }) => event === 'reset'))
    assert.deepEqual(await toldUntilNow(reader), before)
  })
})

describe('ids', () => {
  test('tell neither how much is written nor whether anything is', async () => {
    const [one, two] = [await follow('guest', 'products'), await follow('guest', 'products')]
    assert.match(one.lastId()!, /^[\w-]{30}$/)
    assert.notEqual(one.lastId(), two.lastId())
  })

  test('are good for who sees the same, and whoever sees something else reads afresh', async () => {
    const place = (await follow('guest', 'reviews')).lastId()!
    const author = await follow('other', 'reviews', place)
    assert.deepEqual(await toldUntilNow(author), [])
    const mine = (await follow('owner', 'notes')).lastId()!
    for (const [as, names, id] of [
      ['guest', 'notes', mine],
      ['other', 'notes', mine],
      ['owner', 'notes,users', mine],
      ['guest', 'reviews', '12.3'],
      ['guest', 'reviews', 'A'.repeat(30)],
    ] as const) {
      const reader = await follow(as, names, id)
      const first = await eventually('an event', async () => reader.events[0])
      assert.equal(first.event, 'reset', `${as} ${names} ${id}`)
    }
  })
})

describe('streams', () => {
  async function signedIn(): Promise<HttpClient> {
    const body = { email: 'other@example.com', password: 'password of other' }
    const { token } = (await world.request({ method: 'POST', url: '/api/auth/login', body })).body
    return createHttpClient(url, { authorization: `Bearer ${token}` })
  }

  // The clock of this world stands still: what ends here was not ended by a heartbeat.
  test('end with their session and with a role that changes, and others stay', async () => {
    const [first, second] = [await signedIn(), await signedIn()]
    const path = '/api/changes?collections=notes,ends'
    const [ended, stays, guest] = [await openLive(first, path), await openLive(second, path), await openLive(client('guest'), path)]
    readers.push(stays, guest)
    assert.equal((await first.post('/api/auth/logout')).status, 204)
    await ended.ended
    await toldUntilNow(stays)
    await world.write(async (tx) => {
      const ref = { name: 'users' } as never
      await tx.update(ref, (await tx.get(ref, world.ids['other']!)) as never, { set: { roles: ['planner'] } })
    })
    await stays.ended
    await toldUntilNow(guest)
  })

  test('end with the API key that they were opened with, which watches what it names alone', async () => {
    const owner = await signedIn()
    const make = async () => (await owner.post('/api/auth/keys', { name: 'A program', scopes: ['notes:read', 'ends:read'] })).body
    const [first, second] = [await make(), await make()]
    const watch = (key: string, path: string) => openLive(createHttpClient(url, { authorization: `Bearer ${key}` }), path)
    const refused = await watch(first.key, '/api/changes?collections=notes,reviews')
    assert.equal(refused.status, 403)
    const path = '/api/changes?collections=notes,ends'
    const [ended, stays] = [await watch(first.key, path), await watch(second.key, path)]
    readers.push(stays)
    assert.equal((await owner.delete(`/api/auth/keys/${first.id}`)).status, 204)
    await ended.ended
    await toldUntilNow(stays)
  })

  test('are so many for one caller and no more: the next is told when to come back', async () => {
    for (const reader of readers) reader.cut()
    const own = Object.assign(client('staff'), {})
    const path = '/api/changes?collections=emails'
    const open: LiveReader[] = []
    const last = await eventually('a refusal', async () => {
      while (open.length <= limits.liveStreamsPerCallerMax) {
        const answer = await openLive(own, path)
        if (answer.status !== 200) return answer
        open.push(answer)
      }
      return null
    })
    assert.equal(last.status, 429)
    assert.equal(open.length, limits.liveStreamsPerCallerMax)
    const refused = await fetch(url + path, { headers: own.headers })
    assert.equal(refused.headers.get('retry-after'), String(limits.liveRetrySeconds))
    assert.equal(((await refused.json()) as { code: string }).code, 'rate_limited')
    open[0]!.cut()
    await eventually('room again', async () => {
      const reader = await openLive(own, path)
      open.push(reader)
      return reader.status === 200 ? true : null
    })
    for (const reader of open) reader.cut()
  })
})
