// What code of a project is given: effects, mails, secrets and orders, in its operations and in what is carried out later.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after as afterAll, before as beforeAll, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import { oneOf } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { effectKind, effects, enqueue } from '../../src/effects/effect.ts'
import { createScheduler, schedules } from '../../src/effects/schedule.ts'
import {
  anyone,
  collection,
  command,
  defineEffect,
  defineErrors,
  defineMail,
  defineSchedule,
  defineSecret,
  field,
  query,
  signedIn,
  staff,
  Type,
} from '../../src/index.ts'
import { workIn } from '../../src/operation/work.ts'
import { partsOf } from '../../src/storage/archive/contents.ts'
import type { Snapshot } from '../../src/storage/storage.ts'
import { checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

const errors = defineErrors({ unknown_there: { status: 422, message: 'The other side does not know it.' } })
const crmToken = defineSecret('CRM_TOKEN')
const secretValue = 'tok-3141592653"quoted'

const members = collection('members', {
  prefix: 'mem',
  fields: { name: field.text({ required: true }), email: field.email({ required: true }), crm: field.text() },
  access: { read: anyone },
})
const welcome = defineMail('welcome', {
  data: Type.Object({ name: Type.String({ minLength: 1 }), visits: Type.Integer() }, { additionalProperties: false }),
  subject: 'Welcome to {{shop}}, {{name}}',
  text: 'Hello {{name}}, visit {{visits}}.',
  html: '<p>Hello <b>{{name}}</b></p>',
})
const plain = defineMail('plain', { data: Type.Object({}), subject: 'Plain', text: 'Just text.' })

type Call = { key: string; attempt: number; payload: unknown; token: string; name: string | undefined }
let calls: Call[] = []
let other: 'fine' | 'away' | 'garbles' | 'leaks' | 'hangs' | 'refuses' = 'fine'
const crmSync = defineEffect('crm.sync', {
  payload: Type.Object({ member: Type.String(), note: Type.Optional(Type.Array(Type.String())) }, { additionalProperties: false }),
  async run({ payload, key, attempt, signal, records, secrets }) {
    const member = await records(members).get(payload.member)
    calls.push({ key, attempt, payload, token: secrets.get(crmToken), name: member?.name })
    if (other === 'away') throw new Error('503')
    if (other === 'garbles') throw new Error(`a\0b\ud800${'x'.repeat(100_000)}`)
    if (other === 'leaks') throw new Error(`401 for ${secrets.get(crmToken)}`)
    if (other === 'refuses') throw errors.unknown_there()
    if (other === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
    return { id: `crm-${payload.member.length}` }
  },
  async settle({ payload, result, records, mail }) {
    const member = await records(members).update(payload.member, { crm: result.id })
    await mail.send(welcome, { to: member.email, data: { name: member.name, visits: 1 }, record: member.id })
  },
})

const oddTimes: Readonly<Record<string, unknown>> = {
  'no time': Number.NaN,
  'no end': Number.POSITIVE_INFINITY,
  'before there was time': -1,
  'a Date that is none': new Date('never'),
  'part of a millisecond': 1.5,
}

const join = command({
  name: 'members.join',
  route: 'POST /api/members/join',
  summary: 'Join',
  input: Type.Object(
    { name: Type.String(), email: Type.String({ format: 'email' }), how: Type.Optional(Type.String()) },
    { additionalProperties: false },
  ),
  output: Type.Object({ id: Type.String(), owed: Type.Boolean(), again: Type.Boolean() }),
  access: signedIn,
  prepare: async ({ secrets }) => secrets.get(crmToken).length,
  async run({ records, effects: owing, mail, tx, input, prepared }) {
    assert.equal(prepared, secretValue.length)
    const { how = '', ...given } = input
    const member = await records(members).create(given)
    if (how === 'waits') await fetch('http://127.0.0.1:9/')
    if (how === 'many')
      for (let n = 0; ; n += 100)
        await tx.insertMany(
          members,
          Array.from({ length: 100 }, (_, m) => ({ ...given, id: `mem_${n + m}`, crm: null })),
        )
    if (how === 'misfit') await owing.owe(crmSync, 'x', { member: 5 } as never)
    if (how in oddTimes) await owing.owe(crmSync, 'x', { member: member.id }, { notBefore: oddTimes[how] as never })
    if (how === 'a key of null') await owing.owe(crmSync, 'a\0b', { member: member.id })
    if (how === 'a mail key of null') await mail.send(plain, { to: member.email, data: {}, key: 'a\0b' })
    if (how === 'a payload of null') await owing.owe(crmSync, 'x', { member: member.id, note: ['a\0b'] })
    if (how === 'no mail') await mail.send(welcome, { to: 'nobody', data: { name: 'x', visits: 1 } })
    if (how === 'no field') return { output: { id: member.id, owd: true, again: true } as never }
    if (how === 'no output') return { output: undefined as never }
    if (how === 'nothing') return undefined as never
    if (how === 'other types') return { output: { id: { a: 1 }, owed: 'no', again: 1 } as never }
    if (how === 'a text') return { output: 'fine' as never }
    // The rows before the last ones are written at once: so a slow database does not come to the limit on time first.
    if (how.endsWith(', caught')) {
      await tx.insertMany(
        members,
        Array.from({ length: limits.ownWritesMax - 10 }, (_, n) => ({ ...given, id: `mem_${n}`, crm: null })),
      )
      const more: Record<string, (key: string) => Promise<unknown>> = {
        'many, caught': () => records(members).create(given),
        'mails, caught': (key) => mail.send(plain, { to: member.email, data: {}, key }),
        'effects, caught': (key) => owing.owe(crmSync, key, { member: member.id }),
      }
      for (let n = 0; n < 20; n++) await more[how]?.(`${n}`).catch(() => {})
    }
    if (how === 'odd') return { output: { id: new Date(0), owed: true, again: false, more: 1, most: undefined } }
    if (how === 'none') return { status: 204, output: null }
    if (how === 'no data') await mail.send(welcome, { to: 'a@example.com', data: { name: '', visits: 1 } })
    const owed = await owing.owe(crmSync, member.email, { member: member.id }, { record: member.id })
    const again = await owing.owe(crmSync, member.email, { member: member.id })
    await mail.send(plain, { to: member.email, data: {}, key: member.id, replyTo: 'club@example.com' })
    assert.equal(await mail.send(plain, { to: member.email, data: {}, key: member.id }), false)
    return { output: { id: member.id, owed, again } }
  },
})
const find = query({
  name: 'members.find',
  route: 'GET /api/members/named/:name',
  summary: 'Find members',
  input: Type.Object({ name: Type.String() }, { additionalProperties: false }),
  output: Type.Object({ ids: Type.Array(Type.String()), count: Type.Integer() }),
  access: anyone,
  async run({ records, input }) {
    if (input.name === 'misfit') return { output: { ids: 5, count: 1 } as never }
    const found = await records(members).list({ where: { name: { startsWith: input.name } }, sort: '-name' })
    return { output: { ids: found.map(({ id }) => id), count: await records(members).count({ where: { name: { in: [input.name] } } }) } }
  },
})
const giveUp = command({
  name: 'orders.giveUp',
  route: 'POST /api/orders/:id/give-up',
  summary: 'Cancel an order',
  input: Type.Object({ id: Type.String() }, { additionalProperties: false }),
  output: Type.Object({ status: Type.String() }),
  access: staff,
  run: async ({ input, orders }) => ({ output: { status: (await orders.cancel(input.id)).status } }),
})

const headed = { input: Type.Object({ name: Type.String(), status: Type.Integer() }), output: Type.Object({}), access: anyone }
const headOf = ({ name, status }: { name: string; status: number }) => ({
  output: {},
  status,
  headers: { 'content-disposition': `attachment; filename="${name}"` },
})
const file = command({
  ...headed,
  name: 'members.file',
  route: 'POST /api/heads',
  summary: 'File',
  async run({ input, records }) {
    await records(members).create({ name: 'File', email: 'file@example.com' })
    return headOf(input)
  },
})
const look = query({ ...headed, name: 'members.look', route: 'GET /api/heads', summary: 'Look', run: async ({ input }) => headOf(input) })

/** What each says that leaves its caller without an answer when it is found after the head is sent. */
const oddAnswers: Readonly<Record<string, { readonly answer: () => object; readonly says: string }>> = {
  'a content that is none': {
    answer: () => ({ content: 5 }),
    says: 'its `content` must be `{ size, open }`, with a count of bytes or null',
  },
  'a content of no size': {
    answer: () => ({ content: { size: NaN, open: async () => Readable.from(['a']) } }),
    says: 'its `content` must be',
  },
  'a content that opens nothing': {
    answer: () => ({ content: { size: 1, open: async () => 5 } }),
    says: '`open` of its `content` must give',
  },
  'a stream that is none': { answer: () => ({ stream: 5 }), says: 'its `stream` must be a function, not 5' },
  'a text that is none': { answer: () => ({ json: { a: 1 } }), says: 'its `json` must be a text' },
  'both of them': {
    answer: () => ({ stream: () => () => {}, content: { size: null, open: async () => Readable.from(['a']) } }),
    says: 'it answers `content` and `stream`: one of the two can be sent',
  },
  'a way of transfer': {
    answer: () => ({ headers: { 'transfer-encoding': 'chunked', 'content-length': '2' } }),
    says: 'its header transfer-encoding',
  },
  'a length': { answer: () => ({ headers: { 'Content-Length': '9' } }), says: 'its header Content-Length is not for an operation to set' },
}
const oddInput = Type.Object({ how: Type.String() })
const odd = command({
  ...headed,
  input: oddInput,
  name: 'members.odd',
  route: 'POST /api/odd',
  summary: 'Odd',
  async run({ input, records }) {
    await records(members).create({ name: 'Odd', email: 'odd@example.com' })
    return { output: {}, ...oddAnswers[input.how]!.answer() }
  },
})
const oddLook = query({
  ...headed,
  input: oddInput,
  name: 'members.oddLook',
  route: 'GET /api/odd',
  summary: 'Odd',
  run: async ({ input }) => ({ output: {}, ...oddAnswers[input.how]!.answer() }),
})

let isTickBroken = false
const ticks: { now: number; dueAt: number }[] = []
const remind = defineSchedule('members.remind', {
  every: '1m',
  async run({ now, dueAt, mail, records, secrets }) {
    if (isTickBroken) throw new Error(`no reminder\0today ${secrets.get(crmToken)}`)
    ticks.push({ now, dueAt })
    if ((await records(members).count()) > 0) await mail.send(plain, { to: 'club@example.com', data: {}, key: `remind ${dueAt}` })
  },
})
const digest = defineSchedule('members.digest', { cron: '0 7 * * *', timeZone: 'Europe/Berlin', run: () => {} })

let world: World
beforeAll(async () => {
  const more = {
    operations: [join, find, giveUp, file, look, odd, oddLook],
    effects: [crmSync],
    schedules: [remind, digest],
    mails: [welcome, plain],
    secrets: [crmToken],
  }
  const config = { ...testConfig, collections: [...testConfig.collections!, members] as never, ...more }
  world = await openWorld({ config, secrets: { CRM_TOKEN: secretValue } })
  await world.engine.start()
})
afterAll(() => world.close())

const read = () => world.engine.parts.storage.reader
const ask = (how: string | undefined, name = 'Ann', email = `${name.toLowerCase()}@example.com`) =>
  world.call('owner', { method: 'POST', url: '/api/members/join', body: { name, email, ...(how && { how }) } })
const effectOf = async (record: string) =>
  (await read().find(effects, { where: { op: 'eq', path: 'record', value: record }, limit: 5 }))[0]!
const mailsTo = async (to: string) => await read().find(emails, { where: { op: 'eq', path: 'to', value: to }, limit: 10 })

test('an operation writes records, owes an effect once and sends mails, all in one transaction', async () => {
  const { status, body, text } = await ask(undefined)
  assert.equal(status, 200, text)
  assert.deepEqual([body.owed, body.again], [true, false])
  await work(world)
  assert.deepEqual(calls, [{ key: 'crm.sync:ann@example.com', attempt: 1, payload: { member: body.id }, token: secretValue, name: 'Ann' }])
  assert.equal((await effectOf(body.id)).state, 'done')
  assert.equal((await world.call('guest', { method: 'GET', url: `/api/members/${body.id}` })).body.crm, `crm-${body.id.length}`)
  const sent = (await mailsTo('ann@example.com')).toSorted((a, b) => (a.template! < b.template! ? -1 : 1))
  assert.deepEqual(
    sent.map(({ template, subject, status: how, replyTo, record }) => [template, subject, how, replyTo, record]),
    [
      ['plain', 'Plain', 'captured', 'club@example.com', null],
      ['welcome', 'Welcome to Test shop, Ann', 'captured', null, body.id],
    ],
  )
  assert.equal(sent[0]!.html, null)
  assert.equal(sent[1]!.text, 'Hello Ann, visit 1.')
})

test('a query reads records by conditions', async () => {
  const { body } = await world.call('guest', { method: 'GET', url: '/api/members/named/Ann' })
  assert.deepEqual([body.ids.length, body.count], [1, 1])
})

test('an effect that fails is tried again under its key; one that is refused, or hangs, ends as it should', async () => {
  for (const how of ['away', 'garbles', 'leaks', 'hangs'] as const) {
    calls = []
    other = how
    const { body } = await ask(undefined, `Bob${how}`)
    await work(world, how === 'hangs' ? 15_100 : 100)
    const waiting = await effectOf(body.id)
    assert.equal(waiting.state, 'ready', how)
    assert.match(waiting.lastError!, /^The effect crm\.sync \(.*own-code\.test\.ts:\d+:\d+\): /)
    assert.match(
      waiting.lastError!,
      {
        away: /503 \(at .*own-code\.test\.ts:\d+:\d+\)$/,
        garbles: /a\ufffdb\ufffdx+…$/,
        leaks: /401 for \[secret\] \(at /,
        hangs: /took longer than 15 s/,
      }[how],
    )
    if (how === 'leaks') await checkSecretIsNowhere()
    other = 'fine'
    await work(world, 30_000)
    assert.equal((await effectOf(body.id)).state, 'done', how)
    assert.equal(new Set(calls.map(({ key }) => key)).size, 1)
  }
  other = 'refuses'
  const { body } = await ask(undefined, 'Bobrefuses')
  await work(world)
  assert.deepEqual([(await effectOf(body.id)).state, (await effectOf(body.id)).attempts], ['dead', 1])
  other = 'fine'
  const dead = await effectOf(body.id)
  assert.equal((await world.call('staff', { method: 'POST', url: `/api/effects/${dead.id}/retry` })).status, 200)
  await work(world)
  assert.equal((await effectOf(body.id)).state, 'done')
  await checkSecretIsNowhere()
})

/** Neither in the log, nor in what staff see of code that failed, nor in what a backup writes. */
async function checkSecretIsNowhere(): Promise<void> {
  const { storage, model } = world.engine.parts
  const shown = [JSON.stringify(world.log)]
  for (const url of ['/api/effects', '/api/schedules']) shown.push((await world.call('staff', { method: 'GET', url })).text)
  const { reader, commitsAfter, commitRange } = storage
  const all = { reader, commitsAfter, commitRange } as Snapshot
  for await (const part of partsOf(all, model)) if (part.kind === 'page') shown.push(part.text)
  assert.match(shown.at(-1)!, /\[secret\]/)
  // In JSON the rest of it is written in another way.
  for (const text of shown) assert.ok(!text.includes(secretValue.split('"')[0]!), text)
}

test('effects of a project that hang hold up neither payments nor mails', async () => {
  calls = []
  other = 'hangs'
  const cart = await fillCart(world, 'owner')
  for (let index = 0; index < 100; index++) await ask(undefined, `Hang${index}`)
  assert.equal((await checkOut(world, 'owner', cart)).status, 201)
  await work(world)
  assert.equal(calls.length, limits.ownEffectPlaces)
  const waiting = await read().find(emails, { where: oneOf('status', ['queued', 'deferred']), limit: 10 })
  assert.deepEqual([waiting.length, (await mailsTo('hang99@example.com'))[0]!.status], [0, 'captured'])
  const order = (await mailsTo('owner@example.com')).filter(({ template }) => template === 'order_receipt')
  assert.ok(order.length > 0, 'the order was paid and its receipt sent')
  other = 'fine'
  await work(world, 60_000)
  assert.equal(new Set(calls.map(({ key }) => key)).size, 100)
  const left = await read().find(effects, { where: oneOf('state', ['ready', 'running', 'dead']), limit: 10 })
  assert.deepEqual(left, [])
})

test('an effect without a handler, or of another version, waits and says so; none of it is lost', async () => {
  const gone = effectKind('crm.forget', Type.Object({ member: Type.String() }))
  const older = effectKind('crm.sync', Type.Object({ customer: Type.String() }))
  await world.write(async (tx, now) => {
    const owing = workIn(world.engine.parts, tx, now)
    await enqueue(owing, gone, { key: 'gone', payload: { member: 'm' }, record: 'gone' })
    await enqueue(owing, older, { key: 'older', payload: { customer: 'c' }, record: 'older' })
  })
  await work(world, 100_000)
  for (const [record, told] of [
    ['gone', 'Nothing here carries out crm.forget.'],
    ['older', 'What is stored for it is not what crm.sync takes here.'],
  ] as const) {
    const effect = await effectOf(record)
    assert.deepEqual([effect.state, effect.attempts, effect.lastError], ['ready', 0, told])
    assert.ok(effect.dueAt > world.clock.now())
    await world.call('staff', { method: 'POST', url: `/api/effects/${effect.id}/cancel` })
  }
})

for (const [how, told] of [
  ['waits', 'Do that in `prepare`, which runs before the transaction, or in an effect.'],
  ['many', 'More than 1000 records'],
  ['many, caught', 'More than 1000 records'],
  ['mails, caught', 'More than 1000 records'],
  ['effects, caught', 'More than 1000 records'],
  ['misfit', 'effects.owe(crm.sync): payload /member'],
  ...Object.keys(oddTimes).map((how) => [how, 'effects.owe(crm.sync): notBefore is '] as const),
  ['a key of null', 'effects.owe(crm.sync): the key holds a null character'],
  ['a mail key of null', 'mail.send(plain): the key holds a null character'],
  ['a payload of null', 'effects.owe(crm.sync): payload/note/0 holds a null character'],
  ['no mail', 'this is no e-mail address'],
  ['no data', 'mail.send(welcome): data/name'],
  ['no field', 'failed: its output does not fit its schema: /owed is missing'],
  ['no output', 'failed: its `run` answers no `output`: end it with `return { output: … }`'],
  ['nothing', 'failed: its `run` returns nothing: end it with `return { output: … }`'],
  ['other types', 'failed: its output does not fit its schema: /id must be string; /owed must be boolean; /again must be boolean'],
  ['a text', 'failed: its output does not fit its schema: the whole must be object'],
] as const)
  test(`an operation with a mistake (${how}) is named, and nothing of it is stored`, async () => {
    world.log.splice(0)
    const position = await world.newest()
    checkRefusal(await ask(how, 'Cid'), 500, 'internal')
    assert.deepEqual(await world.commitsAfter(position), [])
    const [line] = world.log.filter(({ level }) => level === 'error')
    assert.ok(String(line?.fields?.['error']).includes(told), String(line?.fields?.['error']))
    assert.match(String(line?.fields?.['error']), /own-code\.test\.ts:\d+:\d+/)
  })

test('an output that does not fit is not kept for a repeat', async () => {
  const body = { name: 'Gil', email: 'gil@example.com', how: 'no field' }
  for (const _ of [1, 2]) {
    const answer = await world.call('owner', { method: 'POST', url: '/api/members/join', headers: { 'idempotency-key': 'misfit' }, body })
    checkRefusal(answer, 500, 'internal')
    assert.equal(answer.headers['idempotent-replayed'], undefined)
  }
  assert.deepEqual((await world.call('guest', { method: 'GET', url: '/api/members/named/Gil' })).body, { ids: [], count: 0 })
})

test('an output that can be answered is, and one of a query is looked at too', async () => {
  const odd = await ask('odd', 'Eve')
  assert.deepEqual([odd.status, odd.body], [200, { id: '1970-01-01T00:00:00.000Z', owed: true, again: false }])
  assert.equal((await ask('none', 'Fay')).status, 204)
  world.log.splice(0)
  checkRefusal(await world.call('guest', { method: 'GET', url: '/api/members/named/misfit' }), 500, 'internal')
  const told = String(world.log.find(({ level }) => level === 'error')?.fields?.['error'])
  assert.match(
    told,
    /The operation members\.find \(.*own-code\.test\.ts:\d+:\d+\) failed: its output does not fit its schema: \/ids must be array/,
  )
})

for (const [how, name, status] of [
  ['a header of other letters', '日本', 200],
  ['a header of two lines', 'a\r\nset-cookie: b', 200],
  ['no status', 'fine', 1000],
  ['an answer before the answer', 'fine', 101],
] as const)
  test(`an own operation that answers ${how} is named, and nothing of it is stored`, async () => {
    const position = await world.newest()
    const url = `/api/heads?name=${encodeURIComponent(name)}&status=${status}`
    const post = { method: 'POST', url: '/api/heads', body: { name, status } } as const
    const keyed = { ...post, headers: { 'idempotency-key': `head-${status}-${name.length}-0123456789` } }
    for (const asked of [{ method: 'GET', url } as const, post, keyed, keyed]) {
      world.log.splice(0)
      checkRefusal(await world.call('guest', asked), 500, 'internal')
      const [line] = world.log.filter(({ level }) => level === 'error')
      assert.match(String(line?.fields?.['error']), /The operation members\.(file|look) \(.*own-code\.test\.ts:\d+:\d+\) failed: /)
    }
    assert.deepEqual(await world.commitsAfter(position), [])
    const good = await world.call('owner', { ...keyed, body: { name: 'fine', status: 201 } })
    assert.deepEqual([good.status, good.headers['content-disposition']], [201, 'attachment; filename="fine"'])
  })

for (const [how, { says }] of Object.entries(oddAnswers))
  test(`an own operation that answers ${how} is named before anything is stored or sent`, async () => {
    const position = await world.newest()
    for (const method of ['GET', 'POST'] as const) {
      world.log.splice(0)
      const url = method === 'GET' ? `/api/odd?how=${encodeURIComponent(how)}` : '/api/odd'
      checkRefusal(await world.call('guest', { method, url, ...(method === 'POST' && { body: { how } }) }), 500, 'internal')
      const told = String(world.log.find(({ level }) => level === 'error')?.fields?.['error'])
      assert.match(told, /The operation members\.odd(Look)? \(.*own-code\.test\.ts:\d+:\d+\) failed: /)
      if (method === 'GET') assert.ok(told.includes(says), told)
    }
    assert.deepEqual(await world.commitsAfter(position), [])
  })

test('an operation cancels an order as staff do, and what follows from that follows', async () => {
  const cart = await fillCart(world, 'owner')
  const { body } = await checkOut(world, 'owner', cart)
  await work(world)
  const answer = await world.call('staff', { method: 'POST', url: `/api/orders/${body.order.id}/give-up` })
  assert.deepEqual([answer.status, answer.body], [200, { status: 'canceled' }])
  await work(world)
  const order = await world.call('staff', { method: 'GET', url: `/api/orders/${body.order.id}` })
  assert.equal(order.body.paymentStatus, 'refunded')
  assert.ok((await mailsTo('owner@example.com')).some(({ template }) => template === 'order_canceled'))
  const again = await world.call('staff', { method: 'POST', url: `/api/orders/${body.order.id}/give-up` })
  checkRefusal(again, 409, 'order_state_conflict')
})

test('staff send mails by a template of the project or in their own words', async () => {
  const send = (as: 'staff' | 'owner', body: object) => world.call(as, { method: 'POST', url: '/api/emails', body })
  const to = 'dee@example.com'
  const byTemplate = await send('staff', { to, template: 'welcome', data: { name: 'Dee', visits: 2 }, record: 'mem_x' })
  assert.equal(byTemplate.status, 201, byTemplate.text)
  assert.deepEqual([byTemplate.body.subject, byTemplate.body.record], ['Welcome to Test shop, Dee', 'mem_x'])
  const own = await send('staff', { to, subject: 'Hi {{name}}', text: 'Line one\nline {{two}} & <b>', replyTo: 'me@example.com' })
  assert.deepEqual(
    [own.status, own.body.subject, own.body.text, own.body.html, own.body.replyTo],
    [201, 'Hi {{name}}', 'Line one\nline {{two}} & <b>', null, 'me@example.com'],
  )
  await work(world)
  assert.deepEqual(
    (await mailsTo(to)).map(({ status }) => status),
    ['captured', 'captured'],
  )
  checkRefusal(await send('owner', { to, subject: 'x', text: 'y' }), 403, 'forbidden')
  for (const [body, path] of [
    [{ to, template: 'welcom', data: {} }, '/template'],
    [{ to, template: 'order_receipt', data: {} }, '/template'],
    [{ to, template: 'welcome', data: { name: 'x' } }, '/data/visits'],
    [{ to, template: 'welcome', data: { name: 'x', visits: 1 }, text: 'z' }, '/text'],
    [{ to, subject: 'x' }, '/text'],
    [{ to, text: 'x' }, '/subject'],
    [{ to: 'nobody', subject: 'x', text: 'y' }, '/to'],
    [{ to, subject: 'x\r\nBcc: y', text: 'y' }, '/subject'],
  ] as const)
    checkRefusal(await send('staff', body), 400, 'validation_failed', path)
})

const scheduleOf = async (name: string) =>
  (await world.call('staff', { method: 'GET', url: `/api/schedules?filter[name]=${name}` })).body.items[0]

test('a schedule of a project ticks in its turn, each time once; one that fails says so and is tried again', async () => {
  ticks.splice(0)
  await work(world, 180_000)
  assert.ok(ticks.length >= 2 && ticks.length <= 4, String(ticks.length))
  for (const { now, dueAt } of ticks) assert.ok(now >= dueAt)
  const sent = await mailsTo('club@example.com')
  assert.equal(new Set(sent.map(({ key }) => key)).size, sent.length)
  const next = new Date((await scheduleOf('members.digest')).nextAt)
  assert.equal(next.toISOString().slice(10), 'T06:00:00.000Z')
  isTickBroken = true
  const before = ticks.length
  world.log.splice(0)
  await work(world, 120_000)
  const failed = await scheduleOf('members.remind')
  assert.match(
    failed.lastError,
    /^The schedule members\.remind \(.*own-code\.test\.ts:\d+:\d+\) failed: no reminder\ufffdtoday \[secret\]$/,
  )
  await checkSecretIsNowhere()
  assert.ok(world.log.length < 12, 'one that always fails is tried less and less often')
  isTickBroken = false
  await work(world, 180_000)
  assert.ok(ticks.length > before)
  assert.equal((await scheduleOf('members.remind')).lastError, null)
  world.log.splice(0)
})

test('a schedule during which the process died each time rests, and says so; one under way is left to its process', async () => {
  let tries = 0
  const run = async () => void tries++
  const schedule = { name: 'loops.ever', ownCode: 'The schedule loops.ever (shop.ts:1:1)', everyMs: 86_400_000, run }
  const scheduler = createScheduler({ ...world.engine.parts, log: silentLog, schedules: [schedule] })
  await scheduler.start()
  /** As a process leaves it that began a try so long ago, and died in it or is at it. */
  const leave = async (agoMs: number, cutOffs: number) => {
    const { id } = await scheduleOf('loops.ever')
    await world.write((tx, now) => tx.touch(schedules, id, { set: { begunAt: now - agoMs, nextAt: now - 1, cutOffs } }))
  }
  await leave(0, 0)
  await work(world, 20_000)
  assert.equal(tries, 0)
  await work(world, 15_000)
  assert.deepEqual([tries, (await scheduleOf('loops.ever')).cutOffs], [1, null])
  await leave(limits.effectLeaseMs, limits.ownEffectCutOffsMax - 1)
  await work(world, 2_000)
  const rests = await scheduleOf('loops.ever')
  assert.match(rests.lastError, /^The schedule loops\.ever \(shop\.ts:1:1\): its process died during the attempt, 3 times/)
  assert.equal(tries, 1)
  await work(world, limits.ownEffectRestMs)
  await scheduler.stop()
  const passed = await scheduleOf('loops.ever')
  assert.deepEqual([tries, passed.lastError, passed.begunAt, passed.cutOffs], [2, null, null, null])
})

test('a schedule whose plan is another one is due by that', async () => {
  const run = async () => {}
  const started = async (plan: string, everyMs: number) => {
    const scheduler = createScheduler({ ...world.engine.parts, log: silentLog, schedules: [{ name: 'plans.change', plan, everyMs, run }] })
    await scheduler.start()
    await scheduler.stop()
    return Date.parse((await scheduleOf('plans.change')).nextAt) - world.clock.now()
  }
  assert.equal(await started('every 10d', 864_000_000), 864_000_000)
  assert.equal(await started('every 10s', 10_000), 10_000)
  await world.clock.advance(1_000)
  assert.equal(await started('every 10s', 10_000), 9_000)
})
