// How an attempt ended, by the phase in which the peer failed. The peer is a script on a socket, since a
// well-behaved server fails in none of these ways.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../base/clock.ts'
import type { Delivery, Message } from './transport.ts'
import { createSmtpTransport } from './transport-smtp.ts'

const message: Message = {
  from: 'Shop <shop@shop.example>',
  to: 'ada@mail.example',
  replyTo: 'help@shop.example',
  subject: 'Your order',
  text: 'Thank you.\n.\nA line with one dot stands above.',
  html: '<p>Thank you.</p>',
  messageId: '<eml_1@shop.example>',
  createdAt: Date.UTC(2026, 10, 24),
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
  { name: 'the greeting never comes', script: { greeting: 'drop' }, status: 'deferred' },
  {
    name: "the greeting turns everybody away: our matter, not the message's",
    script: { greeting: '554 no service here' },
    status: 'deferred',
  },
  { name: 'our password is wrong: our matter too', script: { auth: '535 5.7.8 wrong' }, credentials: 'user:pass@', status: 'deferred' },
  { name: 'the sender is refused for good', script: { mail: '550 5.7.1 not you' }, status: 'refused' },
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

test('smtp: nobody listens: deferred', async () => {
  const peer = await startPeer({})
  await peer.close()
  const delivery = await createSmtpTransport({ url: `smtp://127.0.0.1:${peer.port}`, clock: systemClock }).send(message)
  assert.equal(delivery.status, 'deferred')
})

test('smtp: a message sent twice, by two processes, is the same bytes', async (t) => {
  const peer = await startPeer({})
  t.after(peer.close)
  const url = `smtp://127.0.0.1:${peer.port}`
  for (const transport of [createSmtpTransport({ url, clock: systemClock }), createSmtpTransport({ url, clock: systemClock })])
    assert.equal((await transport.send(message)).status, 'accepted')
  const [first, second] = peer.received()
  assert.match(first!, /boundary=/)
  assert.equal(first, second)
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
