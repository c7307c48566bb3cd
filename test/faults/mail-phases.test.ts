// A proxy between us and a real SMTP server that cuts, resets, stalls and trickles at every phase of the first attempt. The server's own count
// for each Message-ID decides: nothing is lost, and nothing is there twice that the record does not say so of.
// databases: sqlite
// ci
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { systemClock } from '../../src/base/clock.ts'
import { createSmtpTransport } from '../../src/domains/emails/transport-smtp.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'

/** Up to what of the first attempt passes. `dot`: all but the last dot. `reply`: the dot, and nothing of its answer. */
const phases = ['connect', 'greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'body', 'dot', 'reply', 'half', 'QUIT'] as const
type Phase = (typeof phases)[number]
const ways = ['cut', 'reset', 'stall'] as const
type Way = (typeof ways)[number]

let fault: { readonly phase: Phase; readonly way: Way } | 'trickle' | null = null
const taken = new Map<string, { count: number; body: string }>()
const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  onData(stream, _session, done) {
    void readText(stream).then(
      (raw) => {
        const id = /^Message-ID: (.+)\r$/im.exec(raw)![1]!
        const known = taken.get(id)
        if (known !== undefined) assert.equal(known.body, raw, 'a repeat is the same bytes')
        taken.set(id, { count: (known?.count ?? 0) + 1, body: raw })
        done()
      },
      () => {},
    )
  },
})
server.on('error', () => {})

const sockets = new Set<Socket>()
const proxy = createServer((client) => {
  const now = fault
  const peer = netConnect((server.server.address() as AddressInfo).port, '127.0.0.1')
  for (const socket of [client, peer]) {
    sockets.add(socket)
    socket.on('error', () => {})
  }
  client.on('close', () => peer.destroy())
  if (now === 'trickle') return trickle(client, peer)
  if (now !== null) fault = null
  if (now === null) {
    client.pipe(peer).pipe(client)
    return
  }
  let isDown = false
  const strike = () => {
    isDown = true
    if (now.way === 'cut') client.end()
    else if (now.way === 'reset') client.resetAndDestroy()
    // What was handed on before is taken or not by the server's own mind.
    peer.end()
  }
  if (now.phase === 'connect') return strike()
  let isInBody = false
  let isAnswered = false
  let held = ''
  client.setEncoding('latin1').on('data', (chunk: string) => {
    if (isDown) return
    if (isInBody) {
      held += chunk
      const end = held.indexOf('\r\n.\r\n')
      if (now.phase === 'body' && held.length > 1_000) {
        peer.write(held.slice(0, 1_000), 'latin1')
        return strike()
      }
      if (end < 0) return
      if (now.phase === 'dot') {
        peer.write(held.slice(0, end + 2), 'latin1')
        return strike()
      }
      isAnswered = true
      peer.write(held, 'latin1')
      isInBody = false
      return
    }
    // Several commands may come together (RFC 2920).
    for (const line of chunk.split(/(?<=\r\n)/)) {
      const command = line.slice(0, 4)
      if (command === now.phase) return strike()
      if (command === 'DATA') isInBody = true
      peer.write(line, 'latin1')
    }
  })
  peer.on('data', (chunk) => {
    if (isDown) return
    if (now.phase === 'greeting') return strike()
    if (isAnswered && (now.phase === 'reply' || now.phase === 'half')) {
      if (now.phase === 'half') client.write('25')
      return strike()
    }
    client.write(chunk)
  })
})

/** Each byte by itself: replies and dots fall into pieces. */
function trickle(client: Socket, peer: Socket): void {
  for (const [from, to] of [
    [client, peer],
    [peer, client],
  ] as const) {
    to.setNoDelay(true)
    from.on('data', (chunk: Buffer) => {
      for (const byte of chunk) to.write(Buffer.from([byte]))
    })
  }
}

let world: World
let opened = ''
const open = async (mail: object = {}) => {
  const wanted = JSON.stringify(mail)
  if (opened === wanted) return
  await world?.close()
  opened = wanted
  // The ids of another world are the same.
  taken.clear()
  const clock = { ...systemClock, after: (ms: number, task: () => void) => systemClock.after(Math.min(ms, 400), task) }
  const url = `smtp://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  world = await openWorld({
    config: { ...testConfig, mail: { ...testConfig.mail, ...mail } as never },
    mail: createSmtpTransport({ url, clock }),
  })
  await world.engine.start()
}
before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
})
after(async () => {
  await world?.close()
  for (const socket of sockets) socket.destroy()
  proxy.close()
  await new Promise<void>((resolve) => server.close(resolve))
})

/** Until nothing more will happen to it by itself: while an attempt is under way only real time passes. */
async function atRest(id: string) {
  for (let look = 0; look < 3_000; look++) {
    const { body: email } = await world.call('staff', { method: 'GET', url: `/api/emails/${id}` })
    const { body: effects } = await world.call('staff', { method: 'GET', url: `/api/effects?filter[key]=email.send:${id}` })
    if (!['ready', 'running'].includes(effects.items[0].state)) return email
    if (effects.items[0].state === 'ready') await world.clock.advance(effects.items[0].lastError === null ? 100 : 30_000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`${id} is not at rest`)
}

async function send(): Promise<{ readonly email: Record<string, unknown>; readonly count: number }> {
  const text = `${'A line of a long message.\n'.repeat(400)}.\nThe end.`
  const answer = await world.call('staff', { method: 'POST', url: '/api/emails', body: { to: 'ada@mail.example', subject: 'Hello', text } })
  assert.equal(answer.status, 201)
  const email = await atRest(answer.body.id)
  return { email, count: taken.get(email.messageId)?.count ?? 0 }
}

/** What the peer may or may not have: its answer was lost. */
const doubtful: readonly Phase[] = ['reply', 'half']

for (const phase of phases)
  for (const way of ways)
    test(`${way} at ${phase}: there once, or known to be doubtful`, async () => {
      await open()
      fault = { phase, way }
      const { email, count } = await send()
      assert.ok(count <= 1, `${count} copies`)
      if (email['status'] === 'sent') assert.equal(count, 1)
      else assert.equal(email['status'], 'ambiguous', JSON.stringify(email))
      assert.equal(email['uncertainAt'] !== null, email['status'] === 'ambiguous')
      // A small body is with the system before the peer has read it, so a loss before the dot may look like one after it, and never the other way round.
      if (doubtful.includes(phase)) assert.equal(email['status'], 'ambiguous')
      if (!['body', 'dot', ...doubtful].includes(phase)) assert.equal(email['status'], 'sent')
    })

for (const phase of ['body', 'dot', 'reply', 'half'] as const)
  test(`reset at ${phase}, where the config wants it sent again: never lost, and there twice only where the record says it`, async () => {
    await open({ ambiguous: { transactional: 'resend' } })
    fault = { phase, way: 'reset' }
    const { email, count } = await send()
    assert.equal(email['status'], 'sent')
    assert.ok(count >= 1)
    if (count > 1) assert.notEqual(email['uncertainAt'], null)
    if (phase === 'reply') assert.equal(count, 2)
  })

test('one byte at a time, in both directions: there once, whole', async () => {
  await open()
  fault = 'trickle'
  const { email, count } = await send()
  assert.deepEqual([email['status'], count], ['sent', 1])
  assert.match(taken.get(email['messageId'] as string)!.body, /\r\n\.\r\nThe end\.\r?\n?$/)
})
