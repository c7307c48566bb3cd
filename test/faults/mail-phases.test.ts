// A proxy between us and a real SMTP server that cuts, resets, stalls and trickles at every phase of the first attempt. The server's own count
// for each Message-ID decides: nothing is lost, and nothing is there twice that the record does not say so of.
// databases: sqlite
// ci
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { systemClock } from '../../src/base/clock.ts'
import { createSmtpTransport } from '../../src/domains/emails/transport-smtp.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { createFaultyWay, type FaultyWay, type Phase, phases, ways } from '../support/smtp-faults.ts'

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

let way: FaultyWay
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
  const url = `smtp://127.0.0.1:${way.port}`
  world = await openWorld({
    config: { ...testConfig, mail: { ...testConfig.mail, ...mail } as never },
    mail: createSmtpTransport({ url, clock }),
  })
  await world.engine.start()
}
before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  way = await createFaultyWay(() => server.server.address() as AddressInfo)
})
after(async () => {
  await world?.close()
  way.close()
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
  for (const kind of ways)
    test(`${kind} at ${phase}: there once, or known to be doubtful`, async () => {
      await open()
      way.next({ phase, way: kind })
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
    way.next({ phase, way: 'reset' })
    const { email, count } = await send()
    assert.equal(email['status'], 'sent')
    assert.ok(count >= 1)
    if (count > 1) assert.notEqual(email['uncertainAt'], null)
    if (phase === 'reply') assert.equal(count, 2)
  })

test('one byte at a time, in both directions: there once, whole', async () => {
  await open()
  way.next('trickle')
  const { email, count } = await send()
  assert.deepEqual([email['status'], count], ['sent', 1])
  assert.match(taken.get(email['messageId'] as string)!.body, /\r\n\.\r\nThe end\.\r?\n?$/)
})
