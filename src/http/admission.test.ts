// Who is let in, on a clock of the test's own: a delay is what the clock is late by, or what the database says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { createPageServer } from '../../test/support/page-server.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { type Admission, createAdmission, type Rank } from './admission.ts'
import { createPreferred } from './preferred.ts'

function openDoor() {
  let now = 0
  let due: { at: number; task: () => void } | null = null
  let waitedMs = 0
  const told: number[] = []
  const turn: (() => void)[] = []
  const clock: Clock = {
    ...systemClock,
    monotonic: () => now,
    soon: (task) => void turn.push(task),
    after(delayMs, task) {
      due = { at: now + delayMs, task }
      return () => {}
    },
  }
  const admission = createAdmission({ clock, waitedMs: () => waitedMs, onRefused: (count) => void told.push(count) })
  const leaves: (() => void)[] = []
  return {
    admission,
    told,
    isWatching: () => due !== null,
    /** So many come from there. Answers how many were let in. */
    come(count: number, network = '192.0.2.1', rank: Rank = null): number {
      let entered = 0
      for (let index = 0; index < count; index++)
        if (
          admission.admits(
            () => network,
            () => rank,
          )
        ) {
          leaves.push(admission.enter(network))
          entered++
        }
      return entered
    },
    leave(count = leaves.length) {
      for (const end of leaves.splice(0, count)) end()
      for (const task of turn.splice(0)) task()
    },
    /** Samples are taken, each of them late by so much. */
    samples(count: number, { lateMs = 0, waited = 0 } = {}) {
      for (let index = 0; index < count && due !== null; index++) {
        const { at, task } = due
        now = at + lateMs
        waitedMs = waited
        due = null
        task()
      }
    },
  }
}

const { requestsInside, requestsInsideMin, requestsInsideMax, requestsOfEachMin, requestsOfProvider, admissionDelayMs } = limits

test('without a delay there is room for twice as many with each look, up to an end', () => {
  const door = openDoor()
  assert.equal(door.come(requestsInside * 2), requestsInside)
  door.samples(1)
  assert.equal(door.come(requestsInside * 2), requestsInside)
  for (let index = 0; index < 20; index++) {
    door.samples(1)
    door.come(requestsInsideMax)
  }
  assert.deepEqual([door.admission.counts().inside, door.admission.counts().room], [requestsInsideMax, requestsInsideMax])
})

for (const [what, delay] of [
  ['the event loop is late', { lateMs: admissionDelayMs * 4 }],
  ['writes wait for their turn', { waited: admissionDelayMs * 4 }],
] as const)
  test(`where ${what}, few are let in; when it is over, all`, () => {
    const door = openDoor()
    door.come(requestsInside)
    door.samples(2, delay)
    assert.equal(door.admission.counts().room, requestsInside, 'twice may be one slow request')
    door.samples(10, delay)
    assert.equal(door.admission.counts().room, requestsInsideMin)
    door.leave()
    assert.equal(door.come(requestsInside), requestsInsideMin)
    door.samples(1)
    assert.equal(door.come(requestsInside), requestsInsideMin, 'twice as many')
    door.leave()
    door.samples(1)
    assert.equal(door.isWatching(), false, 'nobody is there: nothing is looked at')
  })

test('as many as keep a core busy are let in whatever the delay', () => {
  const door = openDoor()
  door.come(requestsInsideMin)
  door.samples(20, { lateMs: 10_000 })
  door.leave()
  assert.equal(door.come(requestsInsideMin), requestsInsideMin)
})

test('one network may have all the room while nobody waits for it, such as a proxy whose shop waits for a bank', () => {
  const door = openDoor()
  assert.equal(door.come(1, 'b'), 1)
  assert.equal(door.come(200, 'a'), 200)
  for (let index = 0; index < 5; index++) {
    door.come(10_000, 'a')
    door.samples(1)
  }
  assert.equal(door.admission.counts().inside, requestsInside * 16)
})

test('one network has no more than its share once there is a delay and the room is half full, and each has some', () => {
  const door = openDoor()
  assert.equal(door.come(1, 'b'), 1)
  door.samples(1, { lateMs: admissionDelayMs })
  assert.equal(door.come(10_000, 'a'), requestsInside / 2)
  assert.equal(door.come(20, 'b'), 20)
  const others = Array.from({ length: 200 }, (_, index) => door.come(1, `c${index}`))
  assert.ok(
    others.slice(0, requestsInside / 2 - 21).every((count) => count === 1),
    'each that comes finds room',
  )
  const door2 = openDoor()
  door2.come(10_000, 'a')
  assert.equal(door2.come(10_000, 'b'), requestsOfEachMin, 'also where one has taken all')
})

test('whoever runs the shop is let in past the others, not without an end', () => {
  const door = openDoor()
  assert.equal(door.come(10_000, 'a'), requestsInside)
  assert.equal(door.come(1, 'a'), 0)
  assert.equal(door.come(10_000, 'a', 'staff'), requestsInside / 2)
})

test('payment providers go first, and whoever only asks at their address takes no room from others by that', () => {
  const door = openDoor()
  assert.equal(door.come(10_000, 'a'), requestsInside)
  assert.equal(door.come(10_000, 'p', 'provider'), requestsOfProvider)
  const flood = openDoor()
  assert.equal(flood.come(1, 'b'), 1)
  flood.samples(1, { lateMs: admissionDelayMs })
  assert.equal(flood.come(10_000, 'a', 'provider'), requestsInside / 2, 'no more than anybody else')
  for (let index = 0; index < 100; index++) flood.come(10_000, `p${index}`, 'provider')
  assert.equal(flood.admission.counts().inside, requestsInside * 1.25, 'not past what is kept for each')
  assert.equal(flood.come(1, 's', 'staff'), 1)
})

test('who was staff goes first no more', () => {
  const preferred = createPreferred([])
  const credentials = { authorization: 'Bearer kps_x', cookie: undefined, cartToken: undefined, network: '' }
  const request = { url: '/api/notes', headers: { authorization: 'Bearer kps_x' } } as FastifyRequest
  for (const isStaff of [true, false]) {
    preferred.note(credentials, isStaff)
    assert.equal(preferred.rankOf(request), isStaff ? 'staff' : null)
  }
})

test('a page that asks who reads it has its share as an operation has, and health holds no room', async () => {
  let entered = 0
  const admission: Admission = {
    admits: () => true,
    enter: () => (entered++, () => {}),
    counts: () => ({ inside: 0, room: 0, refused: 0 }),
  }
  const page = (path: string) => ({ path, summary: '', type: 'text/html', answer: async () => ({ status: 200, body: 'here' }) })
  const server = createPageServer({ pages: [page('/livez'), page('/api/openapi.json')], admission })
  const port = await server.listen(0, '127.0.0.1')
  try {
    for (const [path, count] of [
      ['/livez', 0],
      ['/api/openapi.json', 1],
    ] as const) {
      assert.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 200)
      assert.equal(entered, count)
    }
  } finally {
    await server.close()
  }
})

test('what is refused is told once a second, and counted', () => {
  const door = openDoor()
  door.come(requestsInside + 100)
  assert.deepEqual(door.told, [1])
  door.samples(60, { lateMs: admissionDelayMs * 4 })
  assert.deepEqual(door.told, [1, 99])
  assert.equal(door.admission.counts().refused, 100)
})

test('who is refused is told so with a time, on a connection that goes on; health is answered', async () => {
  const none: Admission = { admits: () => false, enter: () => () => {}, counts: () => ({ inside: 0, room: 0, refused: 0 }) }
  const page = (path: string) => ({ path, summary: '', type: 'text/html', answer: async () => ({ status: 200, body: 'here' }) })
  const server = createPageServer({ pages: [page('/livez'), page('/api/docs')], admission: none })
  const port = await server.listen(0, '127.0.0.1')
  try {
    const at = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
    assert.equal((await at('/livez')).status, 200)
    for (const [path, init] of [
      ['/api/docs', {}],
      ['/api/nowhere', { method: 'POST', body: '{"a":'.repeat(100) }],
    ] as const) {
      const refused = await at(path, init)
      assert.deepEqual(
        [refused.status, refused.headers.get('retry-after'), refused.headers.get('content-type'), refused.headers.get('connection')],
        [503, '1', 'application/problem+json; charset=utf-8', 'keep-alive'],
      )
      assert.equal(((await refused.json()) as { code: string }).code, 'overloaded')
    }
    const large = await at('/api/docs', { method: 'POST', body: 'x'.repeat(limits.bodyBytesMax + 1) })
    assert.deepEqual([large.status, large.headers.get('connection')], [503, 'close'])
  } finally {
    await server.close()
  }
})
