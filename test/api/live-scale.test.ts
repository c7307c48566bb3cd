// Many live readers on one process: what they see alike is judged once, whoever does not take what it is sent is set apart and
// told to read afresh, and nobody else notices.
// proves P-007
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { guestActor } from '../../src/access/actor.ts'
import { actorId, any, anyone, exists, staff, where } from '../../src/access/rule.ts'
import { limits } from '../../src/base/limits.ts'
import type { EventSink } from '../../src/operation/define.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { createHttpClient } from '../support/http-client.ts'
import { eventsIn, type LiveEvent, openLive } from '../support/live-client.ts'

const posts = collection('posts', {
  prefix: 'post',
  fields: { room: field.text({ required: true }), text: field.longText({ max: 100_000 }), number: field.integer() },
  access: { read: anyone, create: anyone, update: anyone, delete: anyone },
})
const letters = collection('letters', {
  prefix: 'let',
  fields: { to: field.text({ required: true }), number: field.integer() },
  access: { read: where('to').eq(actorId), create: anyone },
})
const halls = collection('halls', {
  prefix: 'hall',
  fields: { number: field.integer() },
  access: { read: any(staff, exists('guests', 'hall', where('who').eq(actorId))), create: anyone, update: staff },
})
const guests = collection('guests', {
  prefix: 'gst',
  fields: { hall: field.ref('halls', { required: true }), who: field.text({ required: true }) },
  access: { read: anyone, create: anyone, delete: anyone },
})
const config = { ...testConfig, collections: [...testConfig.collections!, posts, letters, halls, guests] as never }

let world: World
before(async () => {
  world = await openWorld({ config })
})
after(async () => await world.close())

type Reader = { readonly events: readonly LiveEvent[]; isBehind: boolean; taken(): void; readonly failures: unknown[]; close(): void }

/** A stream without a socket. One that is behind is waited for until `taken`. */
async function follow(input: object, id: string | null = null): Promise<Reader> {
  const operation = world.engine.operations.find(({ name }) => name === 'changes.watch')!
  const request = { id: 'r', ifMatch: null, ifNoneMatch: null, rawBody: null, headers: {} }
  const actor = id === null ? guestActor('n') : { ...guestActor('n'), kind: 'user' as const, id }
  const { stream } = await world.engine.run(operation, { input, actor, idempotencyKey: null, request })
  const events: LiveEvent[] = []
  const failures: unknown[] = []
  let whenTaken: (isWaited: boolean) => void = () => {}
  const sink: EventSink = {
    send: (sent) => void events.push(...eventsIn(sent)),
    isBehind: () => reader.isBehind,
    drained: () => (reader.isBehind ? new Promise((resolve) => (whenTaken = resolve)) : Promise.resolve(false)),
    onHeartbeat() {},
    fail: (error) => void failures.push(error),
  }
  const reader: Reader = {
    events,
    failures,
    isBehind: false,
    taken() {
      reader.isBehind = false
      whenTaken(true)
    },
    close: () => {},
  }
  reader.close = stream!(sink)
  return reader
}

async function write(method: 'POST' | 'PATCH' | 'DELETE', url: string, body?: object): Promise<string> {
  const answer = await world.call('staff', { method, url, ...(body ? { body } : {}) })
  assert.ok(answer.status < 300, `${method} ${url}: ${answer.text}`)
  return answer.body?.id as string
}

async function measured(name: string): Promise<number> {
  const { text } = await world.call('staff', { method: 'GET', url: '/metrics' })
  return Number(new RegExp(`^kingpost_live_${name} (\\d+)$`, 'm').exec(text)![1])
}

const until = async (what: string, isSo: () => boolean | Promise<boolean>) =>
  void (await eventually(what, async () => ((await isSo()) ? true : undefined)))

const numbersTo = ({ events }: Reader) => events.filter(({ event }) => event === 'change').map(({ data }) => data.record.number)

test('two thousand readers with one filter cost one judgement a commit, and each is told of it', async () => {
  const input = { collections: 'posts', filter: { room: 'large' } }
  const readers = await Promise.all(Array.from({ length: 2_000 }, () => follow(input)))
  assert.deepEqual([await measured('clients'), await measured('views')], [2_000, 1])
  const [judged, sent] = [await measured('judged_total'), await measured('sent_total')]
  for (let number = 1; number <= 5; number++) {
    await write('POST', '/api/posts', { room: 'large', number })
    await write('POST', '/api/posts', { room: 'elsewhere', number })
  }
  await until('all are told', () => readers.every((reader) => numbersTo(reader).length === 5))
  for (const reader of readers) assert.deepEqual(numbersTo(reader), [1, 2, 3, 4, 5])
  assert.equal((await measured('judged_total')) - judged, 5)
  assert.ok((await measured('sent_total')) - sent <= 5 * readers.length)
  const ids = new Set(readers.map(({ events }) => events.at(-1)!.id))
  assert.equal(ids.size, 1, 'what is told alike has one id')
  for (const { close } of readers) close()
  assert.equal(await measured('clients'), 0)
})

test('of readers with a rule each, those alone are asked about whom a change may be news for', async () => {
  const names = Array.from({ length: 200 }, (_, number) => `usr_${number}`)
  const mine = await Promise.all(names.map((name) => follow({ collections: 'letters' }, name)))
  const invited = await Promise.all(names.map((name) => follow({ collections: 'halls' }, name)))
  const hall = await write('POST', '/api/halls', { number: 1 })
  const seat = await write('POST', '/api/guests', { hall, who: 'usr_7' })
  await until('the hall is told', () => numbersTo(invited[7]!).length === 1)
  const judged = await measured('judged_total')
  await write('POST', '/api/letters', { to: 'usr_3', number: 1 })
  await write('PATCH', `/api/halls/${hall}`, { number: 2 })
  await until('the change is told', () => invited[7]!.events.length === 3)
  await write('DELETE', `/api/guests/${seat}`)
  await until('it has gone', () => invited[7]!.events.length === 4)
  await write('PATCH', `/api/halls/${hall}`, { number: 3 })
  await write('POST', '/api/letters', { to: 'usr_4', number: 2 })
  await until('all is told', () => mine[4]!.events.length === 2)
  assert.equal((await measured('judged_total')) - judged, 4)
  assert.deepEqual(
    [...mine, ...invited].flatMap((reader, index) => reader.events.slice(1).map(({ data }) => `${index} ${data.action}`)),
    ['3 created', '4 created', '207 updated', '207 updated', '207 deleted'],
  )
  for (const { close } of [...mine, ...invited]) close()
})

test('one that falls behind is told to read afresh once it takes what it was sent, and others are served meanwhile', async () => {
  const input = { collections: 'posts', filter: { room: 'slow' } }
  const [slow, other] = [await follow(input), await follow(input)]
  await write('POST', '/api/posts', { room: 'slow', number: 1 })
  await until('both are told', () => numbersTo(slow).length + numbersTo(other).length === 2)
  slow.isBehind = true
  for (let number = 2; number <= 4; number++) await write('POST', '/api/posts', { room: 'slow', number })
  await until('the other is told', () => numbersTo(other).length === 4)
  assert.equal(numbersTo(slow).length, 1)
  slow.taken()
  await until('it is told to read afresh', () => slow.events.at(-1)!.event === 'reset')
  await write('POST', '/api/posts', { room: 'slow', number: 5 })
  await until('both are told', () => numbersTo(slow).at(-1) === 5 && numbersTo(other).at(-1) === 5)
  assert.deepEqual(
    [numbersTo(slow), numbersTo(other)],
    [
      [1, 5],
      [1, 2, 3, 4, 5],
    ],
  )
  for (const { close, failures } of [slow, other]) {
    assert.deepEqual(failures, [])
    close()
  }
})

test('a socket that nobody reads is cut at the second heartbeat at the latest, and costs no one else anything', async () => {
  const url = `http://127.0.0.1:${await world.server.listen(0, '127.0.0.1')}`
  const other = await openLive(createHttpClient(url), '/api/changes?collections=posts')
  const deaf: Socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
  deaf.on('error', () => {})
  deaf.pause()
  deaf.write('GET /api/changes?collections=posts HTTP/1.1\r\nhost: x\r\n\r\n')
  await until('both are there', async () => (await measured('clients')) === 2)
  const apart = await measured('set_apart_total')
  const text = 'x'.repeat(90_000)
  let number = 0
  const told = () => other.events.filter(({ event }) => event === 'change').length
  // What the system takes for a socket is a few megabytes. One by one: of a burst whoever reads would be behind as well.
  while ((await measured('set_apart_total')) === apart) {
    await write('POST', '/api/posts', { room: 'deaf', number: ++number, text })
    assert.ok(number < 1_000, 'set apart')
    await until('the other is told everything', () => told() === number)
  }
  for (let beat = 0; beat < 2; beat++) await world.clock.advance(limits.liveHeartbeatMs)
  await until('it is cut', async () => (await measured('clients')) === 1)
  await write('POST', '/api/posts', { room: 'deaf', number: ++number })
  await until('the other is told', () => told() === number)
  deaf.destroy()
  other.cut()
})
