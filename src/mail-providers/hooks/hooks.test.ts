// What each provider's webhooks say, by bodies that others have received, and whose are believed.
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { selfSigned } from '../../../test/support/certificate.ts'
import type { EgressRequest } from '../../base/egress.ts'
import { signHmac } from '../../base/secret.ts'
import type { HookCall, MailHook, ToldEvent } from '../../domains/inbound/mail-hook.ts'
import { mailgunHook } from './mailgun.ts'
import { postmarkHook } from './postmark.ts'
import { resendHook } from './resend.ts'
import { sendgridHook } from './sendgrid.ts'
import { sesHook } from './ses.ts'

const folder = new URL('../../../test/published/mail-hooks/', import.meta.url)
const published = JSON.parse(readFileSync(new URL('anymail.json', folder), 'utf8'))
const signed = JSON.parse(readFileSync(new URL('sendgrid-signed.json', folder), 'utf8'))

const now = Date.UTC(2026, 10, 24, 12)
const seconds = String(now / 1_000)
type Sent = Pick<HookCall, 'headers'> & { readonly body: string }
const receive = (hook: MailHook, { body, headers }: Sent, at = now) => hook.receive({ body: Buffer.from(body), headers, now: at })
/** Kind, recipient, and `gone` where there is no mailbox; the others say nothing of use. */
type Line = readonly [kind: ToldEvent['kind'], recipient: string, gone?: 'gone']
const lines = (events: readonly ToldEvent[]): Line[] =>
  events.map(({ kind, recipient, isNoMailbox }) => (isNoMailbox ? [kind, recipient, 'gone'] : [kind, recipient]))

async function checkAll(
  of: string,
  expected: Readonly<Record<string, readonly Line[]>>,
  ask: (body: unknown) => Promise<readonly ToldEvent[]>,
) {
  assert.deepEqual(Object.keys(published[of]).toSorted(), Object.keys(expected).toSorted())
  for (const [name, body] of Object.entries(published[of])) assert.deepEqual(lines(await ask(body)), expected[name], `${of}: ${name}`)
}

describe('Postmark', () => {
  const hook = postmarkHook({ secret: 'a password: with a colon' })
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
  const good = basic('kingpost:a password: with a colon')

  test('says what it says', async () => {
    const expected: Record<string, Line[]> = {
      ...{ bounce: [['bounced', 'bounce@example.com', 'gone']], delivered: [['delivered', 'recipient@example.com']] },
      ...{ spam: [['complained', 'spam@example.com']], unsubscribe: [['unsubscribed', 'john@example.com']] },
      ...{ open: [], click: [], resubscribe: [], subscription_change_bounce: [], bounce_unsubscribe_variant: [['unsubscribed', '']] },
    }
    await checkAll('postmark', expected, async (body) => (await receive(hook, { body: JSON.stringify(body), headers: good }))!.events)
    const about = { RecordType: 'Bounce', Type: 'HardBounce', Email: 'a@b.example', ID: 7, Metadata: { kingpost_email: 'eml_1' } }
    const tell = async (more: object) => (await receive(hook, { body: JSON.stringify({ ...about, ...more }), headers: good }))!.events[0]!
    assert.equal((await tell({})).email, 'eml_1')
    assert.equal((await tell({})).eventId, (await tell({ Subject: 'again' })).eventId)
    assert.notEqual((await tell({})).eventId, (await tell({ ID: 8 })).eventId)
    // Full, or not to the receiver's liking: somebody reads mail there.
    for (const words of ['smtp;552 5.2.2 over quota', '550 5.7.1 spam'])
      assert.deepEqual(lines([await tell({ Details: words })]), [['bounced', 'a@b.example']])
    assert.deepEqual(lines([await tell({ Type: 'Transient' })]), [['deferred', 'a@b.example']])
  })

  test('is believed by its password alone', async () => {
    const bad = [basic('kingpost:a password'), basic('a password: with a colon'), basic(''), {}, { authorization: 'Bearer a password' }]
    for (const headers of bad) assert.equal(await receive(hook, { body: '{}', headers }), null)
    for (const body of ['{}', '[]', 'null', '"a"', 'no JSON', '{"RecordType":{}}'])
      assert.deepEqual(await receive(hook, { body, headers: good }), { events: [] }, body)
  })
})

describe('Mailgun', () => {
  const hook = mailgunHook({ secret: 'key-1' })
  const token = 'a1b2c3d4e5'.repeat(5)
  const signature = (time: string, of = token) => ({ timestamp: time, token: of, signature: signHmac('key-1', time + of) })
  const body = (data: unknown, by: object = signature(seconds)) => ({
    body: JSON.stringify({ signature: by, 'event-data': data }),
    headers: {},
  })

  test('says what it says', async () => {
    const of = (kind: ToldEvent['kind'], who: string): Line[] => [[kind, `${who}@example.com`]]
    const expected: Record<string, Line[]> = {
      ...{ delivered: of('delivered', 'recipient'), failed_permanent: [['bounced', 'invalid@example.com', 'gone']] },
      failed_temporary: [['deferred', 'undeliverable@nomx.example.com']],
      failed_greylisted: [['deferred', 'undeliverable@mx.example.com']],
      ...{ rejected: [['refused', '']], complained: of('complained', 'recipient'), unsubscribed: of('unsubscribed', 'recipient') },
      ...{ opened: [], clicked: [], delivery_status_is_none: [] },
    }
    await checkAll('mailgun', expected, async (one) => (await receive(hook, body((one as Record<string, unknown>)['event-data'])))!.events)
    const data = { event: 'failed', recipient: 'a@b.example', 'user-variables': { kingpost_email: 'eml_1' } }
    const tell = async (more: object) => (await receive(hook, body({ ...data, ...more })))!.events[0]!
    assert.deepEqual([(await tell({})).email, (await tell({})).eventId], ['eml_1', token])
    // It calls all of these a bounce.
    for (const message of ['5.7.1 spam', 'no more of it', '5.2.2 full'])
      assert.equal((await tell({ 'delivery-status': { code: 550, message } })).isNoMailbox, false, message)
    assert.deepEqual(lines([await tell({ reason: 'suppress-bounce' })]), [['refused', 'a@b.example', 'gone']])
    assert.deepEqual(lines([await tell({ reason: 'suppress-unsubscribe' })]), [['refused', 'a@b.example']])
  })

  test('is believed for half a day, by a token of its exact length', async () => {
    const of = (by: object) => receive(hook, body({ event: 'delivered' }, by))
    assert.equal((await of(signature(seconds)))!.events.length, 1)
    const hours = (count: number) => String(now / 1_000 + count * 3_600)
    for (const count of [-11, 11]) assert.ok(await of(signature(hours(count))))
    for (const count of [-13, 13]) assert.equal(await of(signature(hours(count))), null)
    const bad = [
      { ...signature(seconds), signature: signHmac('key-2', seconds + token) },
      { ...signature(seconds), token: `b${token.slice(1)}` },
      // The same signature, of the same characters, parted elsewhere.
      { ...signature(seconds), timestamp: seconds + token[0], token: token.slice(1) },
      { ...signature(seconds), timestamp: seconds.slice(0, -1), token: seconds.at(-1) + token },
      { timestamp: {}, token: [], signature: null },
      {},
    ]
    for (const by of bad) assert.equal(await of(by), null, JSON.stringify(by))
    // As a number it would be the same time, and what is left of the token another one, which had not been seen.
    const signed = signHmac('key-1', `${seconds}e0${token.slice(2)}`)
    assert.ok(await of({ timestamp: seconds, token: `e0${token.slice(2)}`, signature: signed }))
    assert.equal(await of({ timestamp: `${seconds}e0`, token: token.slice(2), signature: signed }), null)
    for (const text of ['', '[]', 'null', '{"signature":[]}']) assert.equal(await receive(hook, { body: text, headers: {} }), null)
  })
})

describe('SendGrid', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const hook = sendgridHook({ secret })
  const headersOf = (time: string, signature: string) => ({
    'x-twilio-email-event-webhook-timestamp': time,
    'x-twilio-email-event-webhook-signature': signature,
  })
  const signedBy = (body: string, time = seconds, key = keys.privateKey): Sent => ({
    body,
    headers: headersOf(time, sign('sha256', Buffer.from(time + body), key).toString('base64')),
  })

  test('says what it says', async () => {
    const who = 'recipient@example.com'
    const expected: Record<string, Line[]> = {
      ...{ processed: [], delivered: [['delivered', who]], open: [], click: [] },
      dropped_invalid: [['refused', 'invalid@invalid', 'gone']],
      dropped_bounced: [['refused', 'example@example.com', 'gone']],
      dropped_unsubscribed: [['refused', 'unsubscribe@example.com']],
      bounce: [['bounced', 'noreply@example.com', 'gone']],
      deferred: [['deferred', who]],
      compatibility_message_id_from_smtp_id: [['delivered', who]],
    }
    await checkAll('sendgrid', expected, async (one) => (await receive(hook, signedBy(JSON.stringify(one))))!.events)
    const of = (event: object) => ({ sg_event_id: 'one', email: who, ...event })
    const batch = [
      of({ event: 'bounce', status: '5.1.1', type: 'blocked', kingpost_email: 'eml_1' }),
      of({ event: 'bounce', status: '5.2.2', type: 'bounce' }),
      ...[of({ event: 'spamreport' }), of({ event: 'group_unsubscribe' }), of({ event: 'bounce', sg_event_id: {} }), null, 7, [of({})]],
    ]
    const told = (await receive(hook, signedBy(JSON.stringify(batch))))!.events
    assert.deepEqual(lines(told), [...['bounced', 'bounced', 'complained', 'unsubscribed'].map((kind) => [kind, who])])
    assert.deepEqual([told[0]!.email, told[0]!.eventId], ['eml_1', 'one'])
  })

  test('is believed by its signature, as it has made some', async () => {
    for (const { key, signature, timestamp, body } of signed) {
      const own = sendgridHook({ secret: key })
      const at = Number(timestamp) * 1_000
      const sent = { body, headers: headersOf(timestamp, signature) }
      assert.equal((await receive(own, sent, at))!.events.length, 1)
      assert.equal(await receive(own, { ...sent, body: `${body} ` }, at), null)
      assert.equal(await receive(own, sent, at + 4 * 86_400_000), null)
      assert.equal(await receive(hook, sent, at), null)
    }
    assert.equal(await receive(hook, { body: '[]', headers: {} }), null)
    assert.equal(await receive(hook, { ...signedBy('[]'), headers: headersOf(seconds, 'A'.repeat(96)) }), null)
    assert.throws(() => sendgridHook({ secret: 'SG.abc' }))
  })
})

describe('Resend', () => {
  const key = Buffer.alloc(24, 7)
  const hook = resendHook({ secret: `whsec_${key.toString('base64')}` })
  const signatureOf = (body: string, id: string, time: string, by = key) =>
    `v1,${createHmac('sha256', by).update(`${id}.${time}.${body}`).digest('base64')}`
  const signedBy = (body: string, { id = 'msg_1', time = seconds, by = key } = {}): Sent => ({
    body,
    headers: { 'svix-id': id, 'svix-timestamp': time, 'svix-signature': signatureOf(body, id, time, by) },
  })

  test('says what it says', async () => {
    const expected: Record<string, Line[]> = {
      ...{ sent: [], opened: [], clicked: [], delivered: [['delivered', 'to@example.org']] },
      hard_bounced: [['bounced', 'bounced@resend.dev']],
      suppressed: [['bounced', 'blocked@example.org']],
      delivery_delayed: [['deferred', 'delivered@resend.dev']],
      complained: [['complained', 'complained@resend.dev']],
    }
    await checkAll('resend', expected, async (one) => (await receive(hook, signedBy(JSON.stringify(one))))!.events)
    // As its document of today has it.
    const data = { to: ['Ada <ada@mail.example>'], tags: { kingpost_email: 'eml_1' } }
    const tell = async (type: string, more: object) =>
      (await receive(hook, signedBy(JSON.stringify({ type, created_at: '2026-11-24T11:00:00.000Z', data: { ...data, ...more } }))))!
        .events[0]!
    const bounce = (subType: string) => tell('email.bounced', { bounce: { type: 'Permanent', subType, message: 'No.' } })
    assert.deepEqual(lines([await bounce('General'), await bounce('Suppressed')]), [
      ['bounced', 'ada@mail.example', 'gone'],
      ['bounced', 'ada@mail.example'],
    ])
    const failed = await tell('email.failed', { failed: { reason: 'reached_daily_quota' } })
    assert.deepEqual([failed.kind, failed.detail, failed.email, failed.eventId], ['refused', 'reached_daily_quota', 'eml_1', 'msg_1'])
    assert.equal(failed.happenedAt, Date.UTC(2026, 10, 24, 11))
  })

  test('is believed by its signature for five minutes', async () => {
    const body = '{"type":"email.delivered","data":{"to":["a@b.example"]}}'
    const minutes = (count: number) => String(now / 1_000 + count * 60)
    const good = signedBy(body)
    assert.equal((await receive(hook, good))!.events.length, 1)
    // Several: an old and a new secret.
    const two = { ...good.headers, 'svix-signature': `v1,AAAA v2,BBBB ${good.headers['svix-signature']}` }
    assert.ok(await receive(hook, { body, headers: two }))
    const bad = [
      ...[signedBy(body, { time: minutes(-6) }), signedBy(body, { time: minutes(6) }), signedBy(body, { by: Buffer.alloc(24, 8) })],
      ...[
        { ...good, body: `${body} ` },
        { body, headers: {} },
        { body, headers: { ...good.headers, 'svix-id': 'msg_2' } },
      ],
      { body, headers: { ...good.headers, 'svix-timestamp': minutes(1) } },
      { body, headers: { ...good.headers, 'svix-signature': good.headers['svix-signature']!.replace('v1', 'v2') } },
      // The dot parts them: no id may have one.
      { body, headers: { ...good.headers, 'svix-id': `msg_1.${seconds}` } },
    ]
    for (const one of bad) assert.equal(await receive(hook, one), null)
    assert.throws(() => resendHook({ secret: 're_123' }))
  })
})

describe('Amazon SES', () => {
  const topic = 'arn:aws:sns:eu-central-1:123456789012:mail'
  const { key, cert } = selfSigned('sns.amazonaws.com')
  const certUrl = 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem'
  const order = ['Message', 'MessageId', 'SubscribeURL', 'Subject', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const base = { Type: 'Notification', MessageId: 'm-1', TopicArn: topic, Timestamp: '2026-11-24T11:59:00.000Z', Message: '{}' }
  const signedBy = (message: Record<string, string>, { version = '2', url = certUrl } = {}): Sent => {
    const text = order.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('')
    const signature = sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(text), key).toString('base64')
    return { body: JSON.stringify({ ...message, SignatureVersion: version, Signature: signature, SigningCertURL: url }), headers: {} }
  }
  function open(answer: () => { status: number; body: string } = () => ({ status: 200, body: cert })) {
    const asked: EgressRequest[] = []
    const clock = { at: now }
    const egress = {
      async request(request: EgressRequest) {
        asked.push(request)
        return answer()
      },
    }
    return { hook: sesHook({ topic, egress, clock: { now: () => clock.at } }), asked, clock }
  }

  test('says what it says, by either form', async () => {
    const { hook, asked } = open()
    const jane = 'jane@example.com'
    const expected: Record<string, Line[]> = {
      bounce: [['bounced', jane, 'gone']],
      multiple_bounce: [
        ['bounced', jane, 'gone'],
        ['bounced', 'richard@example.com', 'gone'],
      ],
      ...{ complaint: [['complained', 'richard@example.com']], delivery: [['delivered', jane]] },
      ...{ send: [], open: [], click: [], rendering_failure: [], reject: [['refused', 'recipient@example.com']] },
    }
    const tell = async (one: unknown) => (await receive(hook, signedBy({ ...base, Message: JSON.stringify(one) })))!.events
    await checkAll('ses', expected, tell)
    // One certificate, asked for once.
    assert.deepEqual(
      asked.map(({ url }) => url),
      [certUrl],
    )
    const mail = { tags: { kingpost_email: ['eml_1'] }, headers: [{ name: 'Message-ID', value: '<eml_1@shop.example>' }] }
    const bounced = { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: jane }, { emailAddress: 'b@c.example' }] }
    const [one, other] = await tell({ eventType: 'Bounce', mail, bounce: { ...bounced, bounceSubType: 'General' } })
    assert.deepEqual([one!.email, one!.messageId, one!.eventId], ['eml_1', '<eml_1@shop.example>', 'm-1'])
    assert.notEqual(one!.eventId, other!.eventId)
    const [listed] = await tell({ eventType: 'Bounce', mail, bounce: { ...bounced, bounceSubType: 'OnAccountSuppressionList' } })
    assert.deepEqual(lines([listed!]), [['refused', jane]])
    for (const text of ['Successfully validated SNS topic for Amazon SES event publishing.', '[]', '{"eventType":"Bounce"}'])
      assert.deepEqual(await receive(hook, signedBy({ ...base, Message: text })), { events: [] })
  })

  test('is believed of our topic, by a certificate of its region', async () => {
    const { hook, asked } = open()
    for (const version of ['1', '2']) assert.ok(await receive(hook, signedBy({ ...base, Subject: 'One' }, { version })))
    const elsewhere = [
      'https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem',
      'https://evil.example/SimpleNotificationService-0123456789abcdef.pem',
      'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
      'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
      'https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-0123456789abcdef.pem',
      'https://sns.eu-central-1.amazonaws.com/bucket/SimpleNotificationService-0123456789abcdef.pem',
      'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem?x=.pem',
    ]
    const altered = (change: object) => ({ body: JSON.stringify({ ...JSON.parse(signedBy(base).body), ...change }), headers: {} })
    const bad = [
      ...elsewhere.map((url) => signedBy(base, { url })),
      ...[{ TopicArn: `${topic}2` }, { Timestamp: '2026-11-22T11:59:00.000Z' }, { Timestamp: 'now' }].map((more) =>
        signedBy({ ...base, ...more }),
      ),
      ...[{ Message: '[]' }, { MessageId: 'm-2' }, { Subject: 'x' }, { SignatureVersion: '1' }, { Signature: '' }, { Message: 7 }].map(
        altered,
      ),
      { body: 'null', headers: {} },
    ]
    for (const one of bad) assert.equal(await receive(hook, one), null, one.body)
    assert.equal(asked.length, 1)
  })

  test('a subscription is confirmed at the address that we make, and of our topic alone', async () => {
    const { hook, asked } = open()
    const confirmation = { ...base, Type: 'SubscriptionConfirmation', Token: 'a&b', SubscribeURL: 'https://evil.example/?a=1' }
    assert.deepEqual(await receive(hook, signedBy(confirmation)), { events: [] })
    const query = `Action=ConfirmSubscription&TopicArn=${encodeURIComponent(topic)}&Token=a%26b&Version=2010-03-31`
    assert.deepEqual(
      asked.map(({ url }) => url),
      [certUrl, `https://sns.eu-central-1.amazonaws.com/?${query}`],
    )
    assert.equal(await receive(hook, signedBy({ ...confirmation, TopicArn: `${topic}2` })), null)
    assert.equal(asked.length, 2)
  })

  test('a certificate that cannot be had is asked for again later, and one that is over is none', async () => {
    let isAway = true
    const { hook, asked, clock } = open(() => {
      if (isAway) throw new Error('connect ECONNREFUSED')
      return { status: 200, body: cert }
    })
    await assert.rejects(receive(hook, signedBy(base)), /ECONNREFUSED/)
    await assert.rejects(receive(hook, signedBy(base)), /just not answered/)
    assert.equal(asked.length, 1)
    isAway = false
    clock.at += 11_000
    assert.ok(await receive(hook, signedBy(base)))
    clock.at = Date.UTC(2050, 0, 2)
    assert.equal(await receive(hook, signedBy({ ...base, Timestamp: '2050-01-02T00:00:00.000Z' }), clock.at), null)
  })
})
