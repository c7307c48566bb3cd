// Errors of a project's own: answered as they were thrown, told in the document, and never a reason to run again.
// slow: mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { and, anyone, collection, command, defineErrors, EngineError, eq, field, not, query, signedIn, Type } from '../../src/index.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'

const errors = defineErrors({
  sold_out: { status: 409, message: 'Every seat is taken.' },
  not_open_yet: { status: 425, message: 'Booking has not begun.' },
})

const events = collection('events', {
  prefix: 'event',
  fields: { title: field.text({ required: true }), capacity: field.integer({ required: true }) },
  access: { read: anyone, create: anyone },
})
const seats = collection('seats', {
  prefix: 'seat',
  fields: { event: field.ref('events', { required: true }), name: field.text({ required: true }) },
  access: { read: anyone },
})

let runs = 0
const book = command({
  name: 'events.book',
  route: 'POST /api/events/:id/seats',
  summary: 'Book a seat',
  input: Type.Object({ id: Type.String(), name: Type.String() }, { additionalProperties: false }),
  output: Type.Object({ id: Type.String() }),
  errors: ['not_found', errors.sold_out, errors.not_open_yet],
  status: 201,
  access: signedIn,
  async run({ tx, input, newId }) {
    runs++
    if (input.name === 'early') throw errors.not_open_yet()
    const event = await tx.lock(events, input.id, 'exclusive')
    if (event === null) throw new EngineError('not_found')
    if (input.name === 'conflict') throw new EngineError('conflict', { detail: 'Somebody was faster.' })
    const taken = await tx.count(seats, and(eq('event', event.id), not(eq('name', 'nobody'))))
    if (taken >= event.capacity) throw errors.sold_out({ detail: `All ${event.capacity} are taken.`, params: { capacity: event.capacity } })
    return { output: await tx.insert(seats, { id: newId('seat'), event: event.id, name: input.name }) }
  },
})
const peek = query({
  name: 'events.peek',
  route: 'GET /api/events/:id/seats',
  summary: 'Look for a seat',
  input: Type.Object({ id: Type.String() }, { additionalProperties: false }),
  output: Type.Object({ left: Type.Integer() }),
  errors: ['not_found', errors.sold_out],
  access: anyone,
  async run() {
    throw errors.sold_out()
  },
})

let world: World
let event: string
before(async () => {
  const collections = [...testConfig.collections!, events, seats] as never
  world = await openWorld({ config: { ...testConfig, collections, operations: [book, peek] } })
  const { body } = await world.call('staff', { method: 'POST', url: '/api/events', body: { title: 'Reading', capacity: 1 } })
  event = body.id
})
after(() => world.close())

const seat = async (name: string, headers = {}) => {
  runs = 0
  return await world.call('owner', { method: 'POST', url: `/api/events/${event}/seats`, body: { name }, headers })
}

test('an error of a project is answered with its code, status, sentence and what it says more', async () => {
  assert.equal((await seat('Ada')).status, 201)
  const { status, body, headers } = await seat('Bob')
  const { requestId, ...problem } = body
  assert.equal(status, 409)
  assert.match(String(headers['content-type']), /^application\/problem\+json/)
  assert.ok(requestId)
  assert.deepEqual(problem, {
    type: '/api/docs#errors/sold_out',
    title: 'Every seat is taken.',
    status: 409,
    detail: 'All 1 are taken.',
    code: 'sold_out',
    params: { capacity: 1 },
  })
  assert.equal(runs, 1)
  const early = await seat('early', { 'idempotency-key': 'early-01234567890123456789' })
  assert.deepEqual([early.status, early.body.code, early.body.detail, runs], [425, 'not_open_yet', 'Booking has not begun.', 1])
  const read = await world.call('guest', { method: 'GET', url: `/api/events/${event}/seats` })
  assert.deepEqual([read.status, read.body.code], [409, 'sold_out'])
  assert.deepEqual(
    world.log.filter(({ level }) => level === 'error'),
    [],
  )
})

test('a conflict that an operation throws is an answer: it runs once', async () => {
  const { status, body } = await seat('conflict')
  assert.deepEqual([status, body.code, body.detail], [409, 'conflict', 'Somebody was faster.'])
  assert.equal(runs, 1)
})

test('what an operation may refuse with stands in the document', async () => {
  const { body } = await world.call('owner', { method: 'GET', url: '/api/openapi.json' })
  const text = JSON.stringify(body.paths['/api/events/{id}/seats'].post.responses)
  const responses = JSON.stringify(body.components.responses ?? {}) + text
  assert.match(responses, /`sold_out`: Every seat is taken\./)
  assert.match(responses, /`not_open_yet`: Booking has not begun\./)
  const { code } = body.components.schemas.Problem.properties
  for (const one of ['sold_out', 'not_open_yet', 'conflict']) assert.ok(code.enum.includes(one), one)
  assert.equal(new Set(code.enum).size, code.enum.length)
})
