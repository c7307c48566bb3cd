// What each provider is sent for one message, by the forms of its documents, and what its answers mean.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EgressAnswer, EgressRequest } from '../base/egress.ts'
import type { Delivery, Message } from '../domains/emails/transport.ts'
import { postmarkProvider, resendProvider, sendgridProvider } from './json-providers.ts'
import { mailgunProvider, sesProvider, signSigV4 } from './mime-providers.ts'
import { createHttpTransport, type HttpProvider } from './send-by-http.ts'

const message: Message = {
  from: 'Shop <shop@shop.example>',
  to: 'ada@mail.example',
  replyTo: 'help@shop.example',
  subject: 'Größe',
  text: 'Hello.',
  html: '<p>Hello.</p>',
  messageId: '<eml_1@shop.example>',
  inReplyTo: '<a@mail.example>',
  isAutomatic: false,
  references: ['<b@mail.example>', '<a@mail.example>'],
  createdAt: Date.UTC(2026, 10, 24),
  sendAt: null,
  attachments: [{ name: 'a.pdf', type: 'application/pdf', bytes: Buffer.from([0, 255, 1]) }],
  unsubscribeUrl: 'https://shop.example/u',
}
const clock = { now: () => Date.UTC(2026, 10, 24, 12) }
const all: readonly HttpProvider[] = [
  resendProvider({ key: 're_key' }),
  postmarkProvider({ key: 'pm_key' }),
  sendgridProvider({ key: 'SG.key' }),
  mailgunProvider({ key: 'mg_key', dkim: [], domain: 'mg.shop.example', region: 'eu' }),
  sesProvider({ key: 'AKIA1:se:cret', dkim: [], region: 'eu-central-1', clock }),
]

async function ask(provider: HttpProvider, answer: EgressAnswer | Error, what: Message = message, now = clock.now()) {
  const asked: EgressRequest[] = []
  const egress = {
    async request(request: EgressRequest) {
      asked.push(request)
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const delivery = await createHttpTransport(provider, { egress, clock: { now: () => now } }).send(what)
  return { request: asked[0]!, delivery }
}

test('Resend, Postmark and SendGrid are sent the parts of a message, with its Message-ID and how to unsubscribe', async () => {
  const [resend, postmark, sendgrid] = await Promise.all(all.slice(0, 3).map((one) => ask(one, { status: 200, body: '{}' })))
  const unsubscribe = { 'List-Unsubscribe': '<https://shop.example/u>', 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
  const thread = { 'In-Reply-To': '<a@mail.example>', References: '<b@mail.example> <a@mail.example>' }
  const headers = { 'Message-ID': '<eml_1@shop.example>', ...thread, ...unsubscribe }
  assert.equal(resend!.request.url, 'https://api.resend.com/emails')
  assert.equal(resend!.request.headers!['idempotency-key'], 'eml_1')
  assert.equal(resend!.request.headers!['authorization'], 'Bearer re_key')
  assert.deepEqual(JSON.parse(resend!.request.body!), {
    ...{ from: 'Shop <shop@shop.example>', to: ['ada@mail.example'], reply_to: 'help@shop.example', subject: 'Größe' },
    ...{ text: 'Hello.', html: '<p>Hello.</p>', headers, tags: [{ name: 'kingpost_email', value: 'eml_1' }] },
    attachments: [{ filename: 'a.pdf', content_type: 'application/pdf', content: 'AP8B' }],
  })
  assert.equal(postmark!.request.url, 'https://api.postmarkapp.com/email')
  assert.equal(postmark!.request.headers!['x-postmark-server-token'], 'pm_key')
  const told = JSON.parse(postmark!.request.body!)
  assert.deepEqual(Object.fromEntries(told.Headers.map(({ Name, Value }: Record<string, string>) => [Name, Value])), {
    ...headers,
    'X-PM-KeepID': 'true',
  })
  assert.deepEqual(
    [told.To, told.TextBody, told.MessageStream, told.Attachments[0].Content],
    ['ada@mail.example', 'Hello.', 'broadcast', 'AP8B'],
  )
  assert.equal(sendgrid!.request.url, 'https://api.sendgrid.com/v3/mail/send')
  const sent = JSON.parse(sendgrid!.request.body!)
  assert.deepEqual(sent.personalizations, [{ to: [{ email: 'ada@mail.example' }], custom_args: { kingpost_email: 'eml_1' } }])
  assert.deepEqual([sent.from, sent.headers], [{ email: 'shop@shop.example', name: 'Shop' }, headers])
  assert.deepEqual(
    sent.content.map(({ type }: { type: string }) => type),
    ['text/plain', 'text/html'],
  )
})

test('Mailgun and Amazon SES are sent the bytes that SMTP would have had, the same each time', async () => {
  const [mailgun, again] = [await ask(all[3]!, { status: 200, body: '{}' }), await ask(all[3]!, { status: 200, body: '{}' })]
  assert.equal(mailgun.request.url, 'https://api.eu.mailgun.net/v3/mg.shop.example/messages.mime')
  assert.equal(mailgun.request.headers!['authorization'], `Basic ${Buffer.from('api:mg_key').toString('base64')}`)
  assert.equal(mailgun.request.body, again.request.body)
  // Read as a form by another reader than its writer.
  const form = await new Response(mailgun.request.body!, {
    headers: { 'content-type': mailgun.request.headers!['content-type']! },
  }).formData()
  assert.deepEqual([form.get('to'), form.get('v:kingpost_email')], ['ada@mail.example', 'eml_1'])
  const mime = await (form.get('message') as Blob).text()
  assert.match(mime, /\r\nMessage-ID: <eml_1@shop\.example>\r\n/)
  const ses = await ask(all[4]!, { status: 200, body: '{}' })
  assert.equal(ses.request.url, 'https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails')
  const body = JSON.parse(ses.request.body!)
  assert.equal(Buffer.from(body.Content.Raw.Data, 'base64').toString('latin1').trimEnd(), mime.trimEnd())
  assert.deepEqual(body.Destination, { ToAddresses: ['ada@mail.example'] })
  assert.match(ses.request.headers!['authorization']!, /^AWS4-HMAC-SHA256 Credential=AKIA1\/20261124\/eu-central-1\/ses\/aws4_request, /)
})

test('a signature of Amazon is that of its key, its time and each byte of the body', () => {
  const asked = { id: 'AKIA1', secret: 'secret', region: 'eu-central-1', host: 'h', path: '/p', body: '{}', at: new Date(clock.now()) }
  const made = (change: object) => signSigV4({ ...asked, ...change })['authorization']
  assert.equal(made({}), made({}))
  const others = [{ secret: 'other' }, { body: '{ }' }, { region: 'us-east-1' }, { at: new Date(0) }, { host: 'i' }, { path: '/q' }]
  assert.equal(new Set([made({}), ...others.map(made)]).size, others.length + 1)
})

test('who is redirected to gets it, and nobody else', async () => {
  for (const provider of all) {
    const { request } = await ask(provider, { status: 200, body: '' }, { ...message, redirectTo: 'dev@shop.example' })
    const body =
      provider.name === 'Amazon SES' ? JSON.stringify(JSON.parse(request.body!).Destination) : request.body!.split('message.mime')[0]!
    assert.ok(body.includes('dev@shop.example') && !body.includes('ada@mail.example'), provider.name)
  }
})

test('an answer says of the message what it says of the message, and of us what it says of us', async () => {
  const cases: readonly (readonly [number, string, Delivery['status'] | ((provider: HttpProvider) => Delivery['status'])])[] = [
    [200, '{}', 'accepted'],
    [202, '', 'accepted'],
    [401, '{"message":"no key"}', 'unavailable'],
    [403, '{}', 'unavailable'],
    [429, '{}', 'unavailable'],
    [500, '<html>', 'deferred'],
    [503, '', 'deferred'],
    [502, '', ({ repeatsKnownMs }) => (repeatsKnownMs ? 'deferred' : 'unknown')],
    [422, '{"message":"no such form"}', 'refused'],
    [400, 'not json', 'refused'],
  ]
  for (const provider of all)
    for (const [status, body, expected] of cases) {
      const { delivery } = await ask(provider, { status, body })
      assert.equal(delivery.status, typeof expected === 'string' ? expected : expected(provider), `${provider.name} ${status}`)
      assert.doesNotMatch(delivery.reply, /_key|SG\.key|cret/)
    }
  const paced = await ask(all[0]!, { status: 429, body: '{}', headers: { 'retry-after': '30' } })
  assert.deepEqual(paced.delivery, { status: 'unavailable', reply: 'Resend: 429 ', afterMs: 30_000 })
  const unsigned = await ask(all[1]!, { status: 422, body: '{"ErrorCode":400,"Message":"no sender signature"}' })
  assert.deepEqual(unsigned.delivery, { status: 'unavailable', reply: 'Postmark: 422 400 no sender signature' })
  const inactive = await ask(all[1]!, { status: 422, body: '{"ErrorCode":406,"Message":"inactive recipient"}' })
  assert.equal(inactive.delivery.status, 'refused')
  const paused = await ask(all[4]!, { status: 400, body: '{"message":"Email address is not verified."}' })
  assert.equal(paused.delivery.status, 'unavailable')
})

test('what got no answer may have been taken, but by whom a repeat is known; and not by whom nobody reached', async () => {
  for (const provider of all) {
    const lost = await ask(provider, new Error('socket hang up'))
    assert.equal(lost.delivery.status, provider.name === 'Resend' ? 'deferred' : 'unknown', provider.name)
    const away = await ask(provider, new Error('connect ECONNREFUSED 1.2.3.4:443'))
    assert.equal(away.delivery.status, 'unavailable')
  }
})

test('what staff send again is no repeat to Resend, and a lost answer is a question once Resend may forget the message', async () => {
  const [resend] = all
  const keyOf = async (what: Message) => (await ask(resend!, { status: 200, body: '{}' }, what)).request.headers!['idempotency-key']
  assert.deepEqual([await keyOf(message), await keyOf({ ...message, anewAt: 5 })], ['eml_1', 'eml_1:5'])
  const hour = 3_600_000
  const lostAfter = async (ms: number, answer: EgressAnswer | Error, what = message) =>
    (await ask(resend!, answer, what, message.createdAt + ms)).delivery.status
  for (const answer of [new Error('socket hang up'), { status: 504, body: '' }]) {
    assert.equal(await lostAfter(13 * hour, answer), 'deferred')
    assert.equal(await lostAfter(25 * hour, answer), 'unknown')
    // The next try may be ten hours later.
    assert.equal(await lostAfter(15 * hour, answer), 'unknown')
    assert.equal(await lostAfter(25 * hour, answer, { ...message, sendAt: message.createdAt + 20 * hour }), 'deferred')
    assert.equal(await lostAfter(50 * hour, answer, { ...message, anewAt: message.createdAt + 49 * hour }), 'deferred')
  }
})
