// Webhooks: what is told, that receivers can prove it is ours, and what a receiver costs that is slow, gone or wrong.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { after, before, beforeEach, mock, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import type { EgressAnswer, EgressRequest } from '../../src/base/egress.ts'
import { limits } from '../../src/base/limits.ts'
import { hashSecret } from '../../src/base/secret.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { webhookDeliveries, webhooks } from '../../src/domains/webhooks/collections.ts'
import { actorId, collection, field, signedIn, where } from '../../src/index.ts'
import { recordInvariants } from '../../src/observe/invariants/records.ts'
import { webhookInvariants } from '../../src/observe/invariants/webhooks.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

let world: World
let calls: EgressRequest[] = []
let answer: (request: EgressRequest) => EgressAnswer | Promise<EgressAnswer> = () => ({ status: 204, body: '' })

const own = where('owner').eq(actorId)
const diaries = collection('diaries', {
  fields: { text: field.text({ required: true }), owner: field.ref('users', { required: true, default: { set: 'actor' } }) },
  access: { read: own, create: signedIn },
})

before(async () => {
  world = await openWorld({
    config: { ...testConfig, collections: [...testConfig.collections!, diaries] as never },
    webhooks: {
      egress: {
        async request(request) {
          calls.push(request)
          return await answer(request)
        },
      },
    },
  })
  await world.write(async (tx) => {
    const id = world.engine.newId('usr')
    await tx.insert(users, {
      id,
      email: 'admin@example.com',
      name: 'Admin',
      roles: ['admin'],
      emailVerified: true,
      disabled: false,
      customerGroup: null,
    })
    const session = {
      id: world.engine.newId('ses'),
      user: id,
      tokenHash: hashSecret('kps_admin'),
      origin: '127.0.0.1',
      userAgent: null,
      usedAt: null,
    }
    const proven = { ways: null, provenAt: world.clock.now() }
    await tx.insert(sessions, { ...session, ...proven, expiresAt: world.clock.now() + 400 * 86_400_000 })
  })
  await world.engine.start()
})
after(() => world.close())
beforeEach(async () => {
  answer = () => ({ status: 204, body: '' })
  for (const { id } of (await staff('GET', '/api/webhooks?limit=200')).body.items) await admin('DELETE', `/api/webhooks/${id}`)
  await work(world, 2_000)
  calls = []
})

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
const call =
  (as: 'guest' | 'owner' | 'staff', headers: Record<string, string> = {}) =>
  (method: Method, url: string, body?: object) =>
    world.call(as, { method, url, headers, ...(body === undefined ? {} : { body }) })
const staff = call('staff')
const admin = call('guest', { authorization: 'Bearer kps_admin' })

async function subscribe(events: readonly string[], url = 'https://receiver.example/hook') {
  const made = await admin('POST', '/api/webhooks', { url, events })
  assert.equal(made.status, 201, made.text)
  return made.body as { id: string; secret: string }
}
const note = (title: string) => call('owner')('POST', '/api/notes', { title })
const deliveriesOf = async (id: string) => (await staff('GET', `/api/webhookDeliveries?filter[webhook]=${id}&sort=createdAt`)).body.items

/** What a receiver does, by the official library. Its clock is that of the test. */
function verified(secret: string, { headers, body }: EgressRequest): { type: string; data: Record<string, Record<string, unknown>> } {
  mock.timers.enable({ apis: ['Date'], now: world.clock.now() })
  try {
    return JSON.parse(JSON.stringify(new Webhook(secret).verify(body!, headers as Record<string, string>)))
  } finally {
    mock.timers.reset()
  }
}

test('parcels and returns are told as they go, each with its order', async () => {
  const { secret } = await subscribe(['fulfillment.*', 'return.*', 'order.completed', 'order.units_canceled'])
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner', [{ variant: 'variant', quantity: 2 }]))
  await work(world, 2_000)
  const id = body.order.id
  const [{ id: line }] = body.order.lines
  await staff('POST', `/api/orders/${id}/cancel`, { lines: [{ line, quantity: 1 }] })
  // Its money is back by then: what is sent completes the order, and what is sent back opens it again until it has come.
  await work(world, 2_000)
  const parcel = (await staff('POST', `/api/orders/${id}/fulfillments`, {})).body
  await staff('PATCH', `/api/fulfillments/${parcel.id}`, { tracking: [{ carrier: 'DHL', number: '1' }] })
  await staff('POST', `/api/fulfillments/${parcel.id}/deliver`, {})
  const back = (await call('owner')('POST', `/api/orders/${id}/returns`, { lines: [{ line, quantity: 1, reason: 'other' }] })).body
  for (const verb of ['approve', 'receive', 'complete']) await staff('POST', `/api/returns/${back.id}/${verb}`, {})
  await work(world, 5_000)
  const told = calls.map((one) => verified(secret, one))
  assert.deepEqual(told.map(({ type }) => type).toSorted(), [
    ...[
      'fulfillment.created',
      'fulfillment.delivered',
      'fulfillment.updated',
      'order.completed',
      'order.completed',
      'order.units_canceled',
    ],
    ...['return.approved', 'return.completed', 'return.received', 'return.requested'],
  ])
  for (const { type, data } of told) {
    assert.equal(data['order']!['id'], id, type)
    if (type.startsWith('return.')) assert.deepEqual([data['return']!['id'], `return.${data['return']!['status']}`], [back.id, type])
    if (type.startsWith('fulfillment.')) assert.equal(data['fulfillment']!['id'], parcel.id)
  }
})

test('an order is told when it is placed, and its receiver can prove that it is ours', async () => {
  const { secret } = await subscribe(['order.*'])
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'))
  await work(world, 2_000)
  const told = calls.map((one) => verified(secret, one))
  assert.deepEqual(told.map(({ type }) => type).toSorted(), ['order.created', 'order.paid', 'order.placed'])
  const order = (await staff('GET', `/api/orders/${body.order.id}`)).body
  for (const { data } of told) assert.deepEqual([data['order']!['id'], data['order']!['number']], [order.id, order.number])
  assert.ok(!calls.some(({ body: text }) => text!.includes('tokenHash')))
  const [first] = calls
  assert.throws(() => verified(secret, { ...first!, body: first!.body!.replace('order', 'Order') }), /No matching signature/)
  assert.throws(() => verified(secret.replace(/.{8}$/, 'AAAAAAA='), first!))
})

test('writes of records are told as staff see them, with what they are asked for and nothing else', async () => {
  const { id, secret } = await subscribe(['notes.created', 'notes.deleted'])
  const made = await note('Told')
  await call('owner')('PATCH', `/api/notes/${made.body.id}`, { title: 'Not told' })
  await call('owner')('DELETE', `/api/notes/${made.body.id}`)
  await work(world, 2_000)
  const told = calls.map((one) => verified(secret, one))
  assert.deepEqual(told.map(({ type, data }) => [type, data['record']!['title']]).toSorted(), [
    ['notes.created', 'Told'],
    ['notes.deleted', 'Not told'],
  ])
  assert.deepEqual(
    (await deliveriesOf(id)).map((one: { status: string }) => one.status),
    ['delivered', 'delivered'],
  )
  // What is refused is not told.
  calls = []
  assert.equal((await note('')).status, 400)
  await work(world, 2_000)
  assert.equal(calls.length, 0)
})

test('of what staff may not read a message has the id alone: they see messages, and the receiver is somebody else', async () => {
  const { secret } = await subscribe(['diaries.created', 'notes.created'])
  const written = await call('owner')('POST', '/api/diaries', { text: 'Dear diary' })
  assert.equal(written.status, 201, written.text)
  await note('For staff')
  await work(world, 2_000)
  const told = calls.map((one) => verified(secret, one)).toSorted((a, b) => (a.type < b.type ? -1 : 1))
  assert.deepEqual(told[0]!.data, { record: { id: written.body.id } })
  assert.equal(told[1]!.data['record']!['title'], 'For staff')
})

test('a record too large for a message is told by its id', async () => {
  const { secret } = await subscribe(['notes.created'])
  const made = await call('owner')('POST', '/api/notes', { title: 'Large', body: 'x'.repeat(limits.ownPayloadCharactersMax) })
  assert.equal(made.status, 201)
  await work(world, 2_000)
  const told = verified(secret, calls[0]!)
  assert.deepEqual([told.data, (told as unknown as { isShortened: boolean }).isShortened], [{ record: { id: made.body.id } }, true])
})

test('a message that is not taken comes again under the same id, and ever more rarely', async () => {
  const { id, secret } = await subscribe(['notes.created'])
  answer = () => {
    throw new Error('connect ECONNREFUSED')
  }
  await note('Repeated')
  await work(world, 2_000)
  assert.equal(calls.length, 1)
  assert.equal((await deliveriesOf(id))[0].lastError, 'connect ECONNREFUSED')
  answer = () => ({ status: 302, body: '' })
  await work(world, 10_000)
  assert.equal(calls.length, 2)
  assert.match((await deliveriesOf(id))[0].lastError, /answered 302, and redirects are not followed/)
  answer = () => ({ status: 200, body: 'ok' })
  await work(world, 310_000)
  assert.equal(calls.length, 3)
  assert.equal((await deliveriesOf(id))[0].status, 'delivered')
  assert.equal((await staff('GET', `/api/webhooks/${id}`)).body.failures, 0)
  const ids = new Set(calls.map(({ headers }) => headers!['webhook-id']))
  const times = new Set(calls.map(({ headers }) => headers!['webhook-timestamp']))
  assert.deepEqual([ids.size, times.size], [1, 3])
  assert.equal(verified(secret, calls[2]!).type, 'notes.created')
})

test('a receiver that says it is gone, and one where nothing arrives for days, are switched off with notice', async () => {
  const { id } = await subscribe(['notes.created'])
  answer = () => ({ status: 410, body: '' })
  await note('Gone')
  await note('Gone as well')
  await work(world, 5_000)
  const { body: gone } = await staff('GET', `/api/webhooks/${id}`)
  assert.deepEqual([gone.enabled, gone.disabledBecause], [false, 'The receiver answered 410: it is gone.'])
  assert.deepEqual(new Set((await deliveriesOf(id)).map((one: { status: string }) => one.status)), new Set(['failed']))
  const mails = await world.engine.parts.storage.reader.find(emails, { where: { op: 'eq', path: 'record', value: id }, limit: 5 })
  assert.ok(mails.length >= 1 && mails.every(({ subject }) => subject === 'A webhook of Test shop is switched off'))
  checkRefusal(await staff('POST', `/api/webhooks/${id}/test`), 409, 'webhook_disabled')

  answer = () => ({ status: 204, body: '' })
  calls = []
  assert.equal((await admin('PATCH', `/api/webhooks/${id}`, { enabled: true })).status, 200)
  const [missed] = await deliveriesOf(id)
  assert.equal((await staff('POST', `/api/webhookDeliveries/${missed.id}/replay`)).status, 202)
  await work(world, 2_000)
  assert.deepEqual(
    calls.map(({ headers }) => headers!['webhook-id']),
    [missed.messageId],
  )
  assert.deepEqual((await deliveriesOf(id)).map((one: { replayOf: string | null }) => one.replayOf).filter(Boolean), [missed.id])
  // Its log stays when it is deleted, and nothing is wrong with that.
  assert.equal((await admin('DELETE', `/api/webhooks/${id}`)).status, 204)
  assert.ok((await deliveriesOf(id)).length >= 2)
  const { storage, model } = world.engine.parts
  const groups = [webhookInvariants, recordInvariants]
  const { reader: read, commitsAfter } = storage
  assert.deepEqual(await verifyDatabase({ read, commitsAfter, model, now: world.clock.now(), groups }), [])
})

test('many messages to one receiver share its few places; others and payments are not held up', async () => {
  await subscribe(['notes.created'], 'https://slow.example')
  await subscribe(['notes.created'], 'https://quick.example')
  let under = 0
  let most = 0
  const release: (() => void)[] = []
  answer = async ({ url }) => {
    if (url.includes('quick')) return { status: 204, body: '' }
    most = Math.max(most, ++under)
    await new Promise<void>((resolve) => release.push(resolve))
    under--
    return { status: 204, body: '' }
  }
  for (let n = 0; n < 12; n++) await note(`Many ${n}`)
  await work(world, 3_000)
  assert.equal(calls.filter(({ url }) => url.includes('quick')).length, 12)
  assert.equal(most, limits.webhookPlacesEach)
  answer = () => ({ status: 204, body: '' })
  for (const one of release) one()
  await work(world, 20_000)
  assert.equal(new Set(calls.filter(({ url }) => url.includes('slow')).map(({ headers }) => headers!['webhook-id'])).size, 12)
})

test('a secret is shown once, signs beside its successor for a day, and stands in no list', async () => {
  const { id, secret } = await subscribe([])
  const rotated = await admin('POST', `/api/webhooks/${id}/rotate`)
  assert.equal(rotated.status, 200, rotated.text)
  assert.equal((await staff('POST', `/api/webhooks/${id}/test`)).status, 202)
  await work(world, 2_000)
  const test = calls.find(({ body }) => body!.includes('webhook.test'))!
  for (const one of [secret, rotated.body.secret]) assert.equal(verified(one, test).type, 'webhook.test')
  const shown = JSON.stringify([(await staff('GET', '/api/webhooks')).body, (await staff('GET', `/api/webhooks/${id}`)).body, world.log])
  const commits = JSON.stringify(await world.engine.parts.storage.commitsAfter(0, 10_000))
  for (const one of [secret, rotated.body.secret]) assert.ok(!shown.includes(one) && !commits.includes(one))
})

test('wrong input is refused with its path, and only admins choose where records go', async () => {
  const url = 'https://receiver.example'
  const refused = async (body: object, path: string) => {
    const answered = await admin('POST', '/api/webhooks', body)
    checkRefusal(answered, 400, 'validation_failed')
    assert.equal(answered.body.errors[0].path, path, answered.text)
    return answered.body.errors[0].message as string
  }
  assert.match(await refused({ url: 'http://receiver.example' }, '/url'), /https/)
  await refused({ url: 'https://user:pass@receiver.example' }, '/url')
  await refused({ url: 'ftp://receiver.example' }, '/url')
  await refused({ url: 'receiver.example' }, '/url')
  for (const host of [
    '[::1]',
    '127.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '[::ffff:10.0.0.1]',
    'localhost.',
    '127.0.0.1.',
    '169.254.169.254',
    'db.internal',
  ])
    assert.match(await refused({ url: `https://${host}/` }, '/url'), /reached from the public Internet/, host)
  const { id } = await subscribe([])
  checkRefusal(await admin('PATCH', `/api/webhooks/${id}`, { url: 'https://[::1]/' }), 400, 'validation_failed')
  await refused({}, '/url')
  assert.match(await refused({ url, events: ['order.placd'] }, '/events/0'), /order\.placed/)
  await refused({ url, events: ['notes.created', 'nothing.*'] }, '/events/1')
  checkRefusal(await staff('POST', '/api/webhooks', { url }), 403, 'forbidden')
  assert.deepEqual((await call('owner')('GET', '/api/webhookDeliveries')).body.items, [])
  checkRefusal(await admin('DELETE', '/api/webhooks/whe_nothing'), 404, 'not_found')
  assert.ok((await world.engine.parts.storage.reader.count(webhookDeliveries)) > 0)
})

test('there are never more webhooks than there may be, however many are made at once', async () => {
  for (let n = 0; n < limits.webhooksMax - 1; n++) await subscribe([])
  const made = await Promise.all(
    Array.from({ length: 4 }, () => admin('POST', '/api/webhooks', { url: 'https://receiver.example/last', events: [] })),
  )
  assert.deepEqual(made.map(({ status }) => status).toSorted(), [201, 409, 409, 409])
  for (const { status, body } of made) if (status === 409) assert.equal(body.code, 'too_many_webhooks')
  assert.equal((await staff('GET', '/api/webhooks?limit=200')).body.items.length, limits.webhooksMax)
})

test('one that has taken nothing for five days is switched off with notice; one that took a message in between is not', async () => {
  const [broken, shaky] = [
    await subscribe(['notes.created'], 'https://broken.example'),
    await subscribe(['notes.created'], 'https://shaky.example'),
  ]
  const tell = async (status: (url: string) => number) => {
    answer = ({ url }) => ({ status: status(url), body: '' })
    await note('Told to both')
    await work(world, 2_000)
  }
  await tell(() => 503)
  // What five days would do: nothing has arrived, and nobody is spared any more.
  await world.write(async (tx) => {
    const set = { failingSince: world.clock.now() - limits.webhookFailingMs, pausedUntil: null }
    for (const { id } of [broken, shaky]) await tx.touch(webhooks, id, { set })
  })
  await tell((url) => (url.includes('shaky') ? 200 : 503))
  await tell(() => 503)
  const stateOf = async ({ id }: { id: string }) => (await staff('GET', `/api/webhooks/${id}`)).body
  assert.deepEqual([(await stateOf(broken)).enabled, (await stateOf(shaky)).enabled], [false, true])
  assert.match((await stateOf(broken)).disabledBecause, /five days/)
  const mails = await world.engine.parts.storage.reader.find(emails, { where: { op: 'eq', path: 'record', value: broken.id }, limit: 5 })
  assert.ok(mails.length >= 1)
})
