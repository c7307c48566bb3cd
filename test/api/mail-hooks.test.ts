// What providers of mail tell by webhooks, on its way through the API: once each, in any order, and only of what is theirs to tell. What each of
// them says, and whose signature counts: src/mail-providers/hooks.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { toIso } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { signHmac } from '../../src/base/secret.ts'
import { suppressions } from '../../src/domains/emails/collections.ts'
import type { Delivery } from '../../src/domains/emails/transport.ts'
import { mailEvents } from '../../src/domains/inbound/mail-events.ts'
import { forgetOldRows } from '../../src/engine/forget-rows.ts'
import { mailgunHook } from '../../src/mail-providers/hooks/mailgun.ts'
import { postmarkHook } from '../../src/mail-providers/hooks/postmark.ts'
import { sendgridHook } from '../../src/mail-providers/hooks/sendgrid.ts'
import { effectInvariants } from '../../src/observe/invariants/effects.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const verificationKey = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
let world: World
/** How the next attempts end; accepted when there are no more. */
let ends: (Delivery | Promise<Delivery>)[] = []
const unknown: Delivery = { status: 'unknown', reply: 'socket hang up' }

beforeEach(async () => {
  ends = []
  world = await openWorld({
    mail: { send: async () => (await ends.shift()) ?? { status: 'accepted', reply: '250 ok' }, close: async () => {} },
    mailHooks: new Map([
      ['postmark', [postmarkHook({ secret: 'of before' }), postmarkHook({ secret: 'a password' })]],
      ['mailgun', [mailgunHook({ secret: 'key-1' })]],
      ['sendgrid', [sendgridHook({ secret: verificationKey })]],
    ]),
  })
  await world.engine.start()
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  const { storage, model } = world.engine.parts
  const { reader: read, commitsAfter } = storage
  const wrong = await verifyDatabase({ read, commitsAfter, model, now: world.clock.now(), groups: [effectInvariants] })
  await world.close()
  assert.deepEqual([errors, wrong.filter(({ invariant }) => invariant !== 'commits.readable')], [[], []])
})

const to = 'ada@mail.example'
const write = async (): Promise<string> => {
  const { body } = await world.call('staff', { method: 'POST', url: '/api/emails', body: { to, subject: 'Hello', text: 'Hello.' } })
  return body.id
}
const sent = async (): Promise<string> => {
  const id = await write()
  await work(world)
  return id
}
const emailOf = async (id: string) => (await world.call('staff', { method: 'GET', url: `/api/emails/${id}` })).body
const effectOf = async (id: string) =>
  (await world.call('staff', { method: 'GET', url: `/api/effects?filter[key]=email.send:${id}` })).body.items[0]
const noted = async () => await world.engine.parts.storage.reader.find(mailEvents, { limit: 100 })
const suppressed = async () =>
  (await world.engine.parts.storage.reader.find(suppressions, { limit: 100 })).map(({ address, reason, scope }) => [address, reason, scope])

const post = (provider: string, body: string, headers: Record<string, string> = {}) =>
  world.request({ method: 'POST', url: `/api/mail/inbound/${provider}`, body, headers: { 'content-type': 'application/json', ...headers } })
const token = () => randomBytes(25).toString('hex')
const mailgunBody = (data: object, given = token()) => {
  const time = String(Math.floor(world.clock.now() / 1_000))
  return JSON.stringify({ signature: { timestamp: time, token: given, signature: signHmac('key-1', time + given) }, 'event-data': data })
}
const about = (id: string, event: string, more: object = {}) => ({
  ...{ event, recipient: to, timestamp: world.clock.now() / 1_000, 'user-variables': { kingpost_email: id } },
  ...more,
})
const tell = async (id: string, event: string, more: object = {}): Promise<number> => {
  const answer = await post('mailgun', mailgunBody(about(id, event, more)))
  assert.equal(answer.status, 200, answer.text)
  return answer.body.received
}
const gone = { severity: 'permanent', 'delivery-status': { code: 550, message: '5.1.1 no such user' } }

describe('what is told', () => {
  test('delivered: a doubt is over, nothing is sent again, and staff are asked nothing', async () => {
    ends = [unknown]
    const id = await sent()
    assert.deepEqual([(await emailOf(id)).status, (await effectOf(id)).state], ['ambiguous', 'unknown'])
    assert.equal(await tell(id, 'delivered'), 1)
    const { status, sentAt, lastError } = await emailOf(id)
    assert.deepEqual([status, sentAt, lastError], ['sent', toIso(world.clock.now()), null])
    assert.equal((await effectOf(id)).state, 'done')
  })

  test('what waits to be tried again since an answer was lost is not, once it has arrived', async () => {
    ends = [{ status: 'deferred', reply: '502', afterMs: 1_000 }]
    const id = await sent()
    assert.equal((await emailOf(id)).status, 'deferred')
    await tell(id, 'delivered')
    ends = [{ status: 'refused', reply: 'it was asked to send a second copy' }]
    await work(world, 90_000)
    assert.deepEqual([(await emailOf(id)).status, ends.length], ['sent', 1])
  })

  test('bounced: the message came back; where there is no mailbox nothing is written there again', async () => {
    const soft = await sent()
    await tell(soft, 'failed', { severity: 'permanent', 'delivery-status': { code: 552, message: '5.2.2 over quota' } })
    assert.deepEqual([(await emailOf(soft)).status, (await emailOf(soft)).lastError], ['bounced', '552 5.2.2 over quota'])
    assert.deepEqual(await suppressed(), [])
    // Another address than the message has: a mailbox of those who develop.
    const other = await sent()
    await tell(other, 'failed', { ...gone, recipient: 'dev@mail.example' })
    assert.deepEqual(await suppressed(), [])
    const hard = await sent()
    await tell(hard, 'failed', gone)
    assert.deepEqual([(await emailOf(hard)).status, await suppressed()], ['bounced', [[to, 'bounce', 'all']]])
  })

  test('temporary, opened and clicked change nothing; what the provider has not sent says so', async () => {
    const id = await sent()
    await tell(id, 'failed', { ...gone, severity: 'temporary' })
    for (const event of ['opened', 'clicked', 'accepted', 'made_up']) assert.equal(await tell(id, event), 0)
    assert.deepEqual([(await emailOf(id)).status, (await noted()).map(({ kind }) => kind), await suppressed()], ['sent', ['deferred'], []])
    await tell(id, 'rejected', { reject: { reason: 'Sandbox' } })
    assert.deepEqual([(await emailOf(id)).status, (await emailOf(id)).lastError], ['bounced', 'Not sent by the provider: Sandbox'])
  })

  test('complained and unsubscribed: no more of what nobody asked for, and receipts go on', async () => {
    const id = await sent()
    await tell(id, 'complained')
    await tell(id, 'unsubscribed')
    assert.deepEqual([await suppressed(), (await emailOf(id)).status], [[[to, 'complaint', 'marketing']], 'sent'])
  })

  test('of a message that is not ours nothing follows, and it is kept with what it says', async () => {
    await sent()
    for (const id of ['eml_1', `eml_${'0'.repeat(26)}`, world.ids['owner']!]) await tell(id, 'failed', gone)
    assert.deepEqual(
      [(await noted()).map(({ email, recipient }) => [email, recipient]), await suppressed()],
      [
        [
          [null, to],
          [null, to],
          [null, to],
        ],
        [],
      ],
    )
  })
})

describe('in any order, and however often', () => {
  test('a repeat changes nothing, and a token counts once, whatever comes with it', async () => {
    const id = await sent()
    const given = token()
    const body = mailgunBody(about(id, 'delivered'), given)
    assert.deepEqual((await post('mailgun', body)).body, { received: 1 })
    const before = await world.newest()
    assert.deepEqual((await post('mailgun', body)).body, { received: 0 })
    assert.deepEqual((await post('mailgun', mailgunBody(about(id, 'failed', gone), given))).body, { received: 0 })
    assert.deepEqual([await world.commitsAfter(before), (await emailOf(id)).status, await suppressed()], [[], 'sent', []])
  })

  test('the same from two sides at once counts once', async () => {
    const id = await sent()
    const body = mailgunBody(about(id, 'failed', gone))
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('mailgun', body)))
    assert.deepEqual(answers.map((one) => one.body.received).toSorted(), [0, 0, 0, 0, 0, 1])
    assert.deepEqual([(await noted()).length, (await suppressed()).length], [1, 1])
  })

  test('what came back has come back, though its delivery is told behind it', async () => {
    const id = await sent()
    await tell(id, 'failed', gone)
    await tell(id, 'delivered')
    assert.equal((await emailOf(id)).status, 'bounced')
  })

  test('what is told while the attempt is under way is not lost by its end', async () => {
    for (const [event, status] of [
      ['failed', 'bounced'],
      ['delivered', 'sent'],
    ] as const) {
      const answer = Promise.withResolvers<Delivery>()
      ends = [answer.promise]
      const id = await write()
      await eventually('the attempt is under way', async () => (ends.length === 0 ? true : null))
      await tell(id, event, event === 'failed' ? { severity: 'permanent' } : {})
      answer.resolve(event === 'failed' ? { status: 'accepted', reply: '200' } : unknown)
      await work(world)
      assert.deepEqual([(await emailOf(id)).status, (await effectOf(id)).state], [status, 'done'])
    }
  })

  test('a copy that staff have replaced by another says nothing of the new one', async () => {
    const id = await sent()
    const old = world.clock.now() / 1_000
    await tell(id, 'failed', { severity: 'permanent' })
    await world.clock.advance(5_000)
    const again = await world.call('staff', { method: 'POST', url: `/api/emails/${id}/resend` })
    assert.equal(again.status, 200, again.text)
    await tell(id, 'failed', { severity: 'permanent', timestamp: old })
    await work(world)
    await tell(id, 'failed', { severity: 'permanent', timestamp: old + 1 })
    assert.deepEqual([(await emailOf(id)).status, (await effectOf(id)).state], ['sent', 'done'])
    await tell(id, 'failed', { severity: 'permanent' })
    assert.equal((await emailOf(id)).status, 'bounced')
  })

  test('many in one request, some of them twice', async () => {
    const [one, other] = [await sent(), await sent()]
    const event = (id: string, what: string, name: string) => ({ email: to, event: what, sg_event_id: name, kingpost_email: id })
    const batch = [
      ...Array.from({ length: 600 }, (_, count) => event('none', 'delivered', `n${count}`)),
      event(one, 'deferred', 'a'),
      event(one, 'bounce', 'b'),
      event(one, 'bounce', 'b'),
      event(other, 'spamreport', 'c'),
    ]
    const time = String(Math.floor(world.clock.now() / 1_000))
    const body = JSON.stringify(batch)
    const headers = {
      'x-twilio-email-event-webhook-timestamp': time,
      'x-twilio-email-event-webhook-signature': sign('sha256', Buffer.from(time + body), keys.privateKey).toString('base64'),
    }
    assert.deepEqual((await post('sendgrid', body, headers)).body, { received: 603 })
    assert.deepEqual((await post('sendgrid', body, headers)).body, { received: 0 })
    assert.deepEqual([(await emailOf(one)).status, (await emailOf(other)).status], ['bounced', 'sent'])
    assert.equal((await post('sendgrid', body.replace('spamreport', 'delivered'), headers)).body.code, 'webhook_rejected')
  })
})

describe('who is believed', () => {
  test('nobody but the provider, of what it signs; what is refused stores nothing', async () => {
    const id = await sent()
    const before = await world.snapshot()
    const good = mailgunBody(about(id, 'failed', gone))
    const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`kingpost:${password}`).toString('base64')}` })
    const refused: [number, string, string, string, Record<string, string>?][] = [
      [400, 'webhook_rejected', 'mailgun', good.replace(/"token":"./, '"token":"x')],
      [400, 'webhook_rejected', 'mailgun', '{}'],
      [400, 'webhook_rejected', 'mailgun', ''],
      // By the address of another provider.
      [400, 'webhook_rejected', 'sendgrid', good],
      [400, 'webhook_rejected', 'postmark', good, basic('another')],
      [404, 'not_found', 'ses', good],
      [404, 'not_found', 'constructor', good],
      [413, 'body_too_large', 'mailgun', good + ' '.repeat(limits.bodyBytesMax)],
      [400, 'validation_failed', 'mailgun?token=1', good],
    ]
    for (const [status, code, provider, body, headers] of refused) {
      const answer = await post(provider, body, headers)
      assert.deepEqual([answer.status, answer.body.code], [status, code], provider)
    }
    assert.equal(await world.snapshot(), before)
    // A password that changes: the old one and the new one.
    for (const password of ['of before', 'a password'])
      assert.equal((await post('postmark', '{"RecordType":"Open"}', basic(password))).status, 200)
  })

  test('an event is forgotten once nothing that is signed is as old', async () => {
    await tell(await sent(), 'delivered')
    const later = world.clock.now() + limits.mailEventsKeepMs + 60_000
    const forget = forgetOldRows({ project: { shop: null } })
    await world.write(async (tx) => void (await forget.run({ tx, now: later - 120_000 } as never)))
    assert.equal((await noted()).length, 1)
    await world.write(async (tx) => void (await forget.run({ tx, now: later } as never)))
    assert.equal((await noted()).length, 0)
  })
})
