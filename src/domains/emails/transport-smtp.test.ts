// How an attempt ended, by the phase in which the peer failed. The peer is a script on a socket, since a
// well-behaved server fails in none of these ways.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { type Clock, systemClock } from '../../base/clock.ts'
import { parseDkimKey } from './sign-dkim.ts'
import type { Delivery, Message } from './transport.ts'
import { askedPause, createSmtpTransport, tlsModeOf } from './transport-smtp.ts'

const message: Message = {
  from: 'Shop <shop@shop.example>',
  to: 'ada@mail.example',
  replyTo: 'help@shop.example',
  subject: 'Your order',
  text: 'Thank you.\n.\nA line with one dot stands above.',
  html: '<p>Thank you.</p>',
  messageId: '<eml_1@shop.example>',
  inReplyTo: '<a@mail.example>',
  references: ['<eml_0@shop.example>', '<a@mail.example>'],
  createdAt: Date.UTC(2026, 10, 24),
  sendAt: null,
  attachments: [],
}

type Step = string | 'drop' | 'silence'
/** What the peer does at each step; a reply is sent, `drop` cuts the connection, `silence` waits for ever. */
type Script = {
  readonly greeting?: Step
  readonly auth?: Step
  readonly mail?: Step
  readonly rcpt?: Step
  readonly data?: Step
  readonly body?: 'drop'
  readonly dot?: Step
}

type Case = {
  readonly name: string
  readonly script: Script
  readonly status: Delivery['status']
  readonly credentials?: string
  readonly text?: string
}

const cases: Case[] = [
  { name: 'all goes well', script: {}, status: 'accepted' },
  { name: 'the greeting never comes', script: { greeting: 'drop' }, status: 'unavailable' },
  {
    name: "the greeting turns everybody away: our matter, not the message's",
    script: { greeting: '554 no service here' },
    status: 'unavailable',
  },
  { name: 'our password is wrong: our matter too', script: { auth: '535 5.7.8 wrong' }, credentials: 'user:pass@', status: 'unavailable' },
  { name: 'the sender is refused: our matter', script: { mail: '550 5.7.1 not you' }, status: 'unavailable' },
  { name: 'the recipient is refused for good', script: { rcpt: '550 5.1.1 nobody' }, status: 'refused' },
  { name: 'the recipient is put off', script: { rcpt: '451 4.7.1 greylisted' }, status: 'deferred' },
  { name: 'the peer is leaving', script: { rcpt: '421 4.3.2 bye' }, status: 'deferred' },
  { name: 'cut at RCPT TO', script: { rcpt: 'drop' }, status: 'deferred' },
  { name: 'DATA is put off', script: { data: '452 4.3.1 disk full' }, status: 'deferred' },
  { name: 'cut at DATA', script: { data: 'drop' }, status: 'deferred' },
  { name: 'cut in the middle of a long message', script: { body: 'drop' }, text: 'long '.repeat(1_000_000), status: 'deferred' },
  { name: 'put off after the final dot', script: { dot: '451 4.3.0 later' }, status: 'deferred' },
  { name: 'refused after the final dot', script: { dot: '554 5.7.1 spam' }, status: 'refused' },
  { name: 'cut after the final dot: nobody knows', script: { dot: 'drop' }, status: 'unknown' },
  { name: 'silence after the final dot: nobody knows', script: { dot: 'silence' }, status: 'unknown' },
  { name: 'its mailbox is full: it may be emptied', script: { rcpt: '552 5.2.2 over quota' }, status: 'deferred' },
  { name: 'it asks for a login only now: our matter', script: { mail: '530 5.7.0 authentication required' }, status: 'unavailable' },
  { name: 'a sequence that it did not expect', script: { data: '503 5.5.1 bad sequence' }, status: 'deferred' },
  { name: 'silence before the message', script: { rcpt: 'silence' }, status: 'deferred' },
]

// proves P-004
for (const { name, script, status, credentials = '', text = message.text } of cases)
  test(`smtp: ${name}: ${status}`, { timeout: 20_000 }, async (t) => {
    const peer = await startPeer(script)
    t.after(peer.close)
    const clock = impatientClock(peer.silent)
    const transport = createSmtpTransport({ url: `smtp://${credentials}127.0.0.1:${peer.port}`, clock })
    const delivery = await transport.send({ ...message, text })
    await transport.close()
    assert.equal(delivery.status, status, delivery.reply)
    if (status === 'accepted') assert.equal(peer.received().length, 1)
  })

test('smtp: nobody listens: unavailable', async () => {
  const peer = await startPeer({})
  await peer.close()
  const delivery = await createSmtpTransport({ url: `smtp://127.0.0.1:${peer.port}`, clock: systemClock }).send(message)
  assert.equal(delivery.status, 'unavailable')
})

test('smtp: a message sent twice, by two processes, hours apart, with files and signatures, is the same bytes', async (t) => {
  const peer = await startPeer({})
  t.after(peer.close)
  const url = `smtp://127.0.0.1:${peer.port}`
  const pem = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251))
  const whole = {
    ...message,
    subject: 'Ihre Rechnung über 5 €',
    html: '<p>Größe</p>',
    attachments: [
      { name: 'INV-1.pdf', type: 'application/pdf', bytes },
      { name: 'größe.pdf', type: 'application/pdf', bytes },
    ],
    unsubscribeUrl: 'https://shop.example/api/mail/unsubscribe?email=eml_1&signature=00',
  }
  t.mock.timers.enable({ apis: ['Date'] })
  for (const later of [0, 5 * 3_600_000 + 1]) {
    t.mock.timers.setTime(message.createdAt + later)
    const dkim = [{ domain: 'shop.example', selector: 'key1', key: parseDkimKey(pem) }]
    assert.equal((await createSmtpTransport({ url, clock: systemClock, dkim }).send(whole)).status, 'accepted')
  }
  const [first, second] = peer.received()
  assert.match(first!, /^DKIM-Signature: [\s\S]*boundary=[\s\S]*filename/)
  assert.match(first!, /\r\nDate: Tue, 24 Nov 2026 00:00:00 \+0000\r\n/)
  assert.match(first!, /\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n/)
  assert.equal(first, second)
})

const tlsCases: readonly (readonly [tls: string, credentials: string, offers: boolean, status: Delivery['status']])[] = [
  ['required', '', false, 'unavailable'],
  // The server's certificate is nobody's.
  ['required', '', true, 'unavailable'],
  ['opportunistic', '', false, 'accepted'],
  ['opportunistic', '', true, 'accepted'],
  // No password goes to whoever stands in between.
  ['opportunistic', 'user:pass@', false, 'unavailable'],
  ['opportunistic', 'user:pass@', true, 'unavailable'],
  ['none', '', true, 'accepted'],
]
for (const [tls, credentials, offers, status] of tlsCases)
  test(`smtp: TLS ${tls}${credentials && ', with a password'}, of a server that ${offers ? 'has' : 'offers'} ${offers ? 'its own certificate' : 'none'}: ${status}`, async (t) => {
    const secured: boolean[] = []
    let passwords = 0
    const server = new SMTPServer({
      disabledCommands: offers ? [] : ['STARTTLS'],
      authOptional: true,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      onAuth(_auth, _session, done) {
        passwords++
        done(null, { user: 'user' })
      },
      onData(stream, session, done) {
        secured.push(session.secure)
        stream.resume().on('end', () => done())
      },
    })
    server.on('error', () => {})
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    t.after(() => new Promise<void>((resolve) => server.close(resolve)))
    const { port } = server.server.address() as AddressInfo
    const delivery = await createSmtpTransport({ url: `smtp://${credentials}127.0.0.1:${port}?tls=${tls}`, clock: systemClock }).send(
      message,
    )
    assert.equal(delivery.status, status, delivery.reply)
    assert.deepEqual([secured, passwords], [status === 'accepted' ? [offers && tls !== 'none'] : [], 0])
  })

test('smtp: what an address says of TLS is looked at', () => {
  const mode = (url: string) => tlsModeOf(new URL(url))
  assert.equal(mode('smtps://mail.example'), 'implicit')
  assert.equal(mode('smtp://mail.example'), 'required')
  assert.equal(mode('smtp://127.0.0.1:2525'), 'none')
  assert.equal(mode('smtp://mail.example?tls=opportunistic'), 'opportunistic')
  for (const url of [
    'smtp://mail.example?tls=yes',
    'smtps://mail.example?tls=none',
    'smtp://mail.example?tls=implicit',
    'smtp://mail.example?pool=1',
    'smtp://a:b@mail.example?tls=none',
  ])
    assert.throws(() => mode(url), /tls/, url)
  for (const url of ['smtp://', 'smtps://', 'smtp:///mail.example']) assert.throws(() => mode(url), /names no server/, url)
})

test('smtp: what a server asks for in words is kept', () => {
  for (const [reply, ms] of [
    ['451 4.7.1 Greylisted, try again in 300 seconds', 300_000],
    ['450 please retry after 5 minutes', 300_000],
    ['421 4.7.0 wait 2 hours', 7_200_000],
    ['451 in 99999 hours', 86_400_000],
    ['451 4.7.1 come back', null],
    ['450 again in 30 secs', 30_000],
    // What could be read in very many ways is read in one.
    [`450 try again in 5 s${'onds'.repeat(60)}_`, null],
  ] as const)
    assert.equal(askedPause(reply), ms, reply)
})

/** A clock on which a call's time is over once the peer has fallen silent. */
function impatientClock(silent: Promise<void>): Clock {
  return {
    ...systemClock,
    after(_delayMs, task) {
      let isCalledOff = false
      void silent.then(() => {
        if (!isCalledOff) task()
      })
      return () => {
        isCalledOff = true
      }
    },
  }
}

async function startPeer(script: Script) {
  const sockets = new Set<Socket>()
  const messages: string[] = []
  let fallSilent = () => {}
  const silent = new Promise<void>((resolve) => {
    fallSilent = resolve
  })
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    const act = (step: Step) => {
      if (step === 'drop') return void socket.destroy()
      if (step === 'silence') return fallSilent()
      socket.write(`${step}\r\n`)
    }
    let rest = ''
    let isInBody = false
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      rest += chunk
      if (isInBody && script.body === 'drop' && rest.length > 1_000) return act('drop')
      for (;;) {
        const end = rest.indexOf(isInBody ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const line = rest.slice(0, end)
        rest = rest.slice(end + (isInBody ? 5 : 2))
        if (isInBody) {
          isInBody = false
          messages.push(line)
          act(script.dot ?? '250 2.0.0 taken')
        } else if (/^EHLO/.test(line)) act('250-peer.example\r\n250 AUTH PLAIN')
        else if (/^AUTH/.test(line)) act(script.auth ?? '235 2.7.0 ok')
        else if (/^MAIL/.test(line)) act(script.mail ?? '250 2.1.0 ok')
        else if (/^RCPT/.test(line)) act(script.rcpt ?? '250 2.1.5 ok')
        else if (/^DATA/.test(line)) {
          isInBody = script.data === undefined
          act(script.data ?? '354 go on')
        } else act('221 bye')
      }
    })
    act(script.greeting ?? '220 peer.example')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    silent,
    received: () => messages,
    async close() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}
