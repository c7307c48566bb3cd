// A way that is broken is tried by one message at a time, ever more rarely; a domain that takes nothing rests by itself; and none gets more than
// it is to get.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { type DomainLimits, spareTransport } from './spare-transport.ts'
import type { Delivery, Message } from './transport.ts'

const accepted: Delivery = { status: 'accepted', reply: '250 ok' }
const broken: Delivery = { status: 'unavailable', reply: 'connect ECONNREFUSED' }

function open(perDomain: Partial<DomainLimits> = {}, atOnce?: number) {
  let now = 1_000_000
  const log: string[] = []
  const sent: string[] = []
  const spoken: { answer: Delivery | Promise<Delivery> } = { answer: accepted }
  const inner = {
    ...(atOnce !== undefined && { atOnce }),
    send: async ({ to }: Message) => {
      sent.push(to)
      return await spoken.answer
    },
    close: async () => {},
  }
  const transport = spareTransport(inner, {
    clock: { now: () => now },
    log: { write: (_level, message) => void log.push(message) },
    perDomain: { atOnce: null, perMinute: null, ...perDomain },
  })
  const send = (to = 'ada@mail.example') => transport.send({ to } as Message)
  return { send, sent, log, spoken, pass: (ms: number) => void (now += ms) }
}

test('a way that is broken is asked once, then not until its pause is over, by one message', async () => {
  const { send, sent, log, spoken, pass } = open()
  spoken.answer = broken
  const first = await send()
  assert.deepEqual([first.status, 'afterMs' in first && first.afterMs], ['unavailable', limits.mailPauseMs])
  const waits = await Promise.all([send(), send('eve@other.example')])
  assert.deepEqual(
    waits.map(({ status }) => status),
    ['unavailable', 'unavailable'],
  )
  assert.equal(sent.length, 1)
  pass(limits.mailPauseMs)
  let answer: (delivery: Delivery) => void = () => {}
  spoken.answer = new Promise((resolve) => (answer = resolve))
  const probe = send()
  const other = send()
  answer(broken)
  const second = await probe
  assert.equal((await other).status, 'unavailable')
  assert.deepEqual([sent.length, 'afterMs' in second && second.afterMs], [2, 2 * limits.mailPauseMs])
  pass(2 * limits.mailPauseMs)
  spoken.answer = accepted
  assert.equal((await send()).status, 'accepted')
  assert.equal((await send()).status, 'accepted')
  assert.deepEqual(log, ['Mail cannot be sent: the way there is broken. All of it waits.', 'Mail can be sent again.'])
})

test('many that fail together are one failure, and the pause has an end', async () => {
  const { send, spoken, pass } = open()
  spoken.answer = broken
  const together = await Promise.all([send(), send(), send()])
  assert.ok(together.every((one) => 'afterMs' in one && one.afterMs === limits.mailPauseMs))
  for (let times = 0; times < 20; times++) {
    pass(limits.mailPauseMaxMs)
    const { afterMs = 0 } = (await send()) as { afterMs?: number }
    assert.ok(afterMs <= limits.mailPauseMaxMs)
  }
})

test('a domain that puts off all that comes rests; others, and one full mailbox, have nothing to do with it', async () => {
  const { send, sent, spoken, pass } = open()
  spoken.answer = { status: 'deferred', reply: '452 4.2.2 mailbox full' }
  for (let times = 0; times < 5; times++) assert.equal((await send()).status, 'deferred')
  spoken.answer = { status: 'deferred', reply: '421 4.7.0 too many for <bob@mail.example>' }
  for (let times = 0; times < limits.mailDomainFailuresMax; times++) assert.equal((await send()).status, 'deferred')
  const asked = sent.length
  const waits = await send()
  assert.deepEqual(
    [waits.status, waits.reply, sent.length],
    ['unavailable', 'mail.example takes no mail now: 421 4.7.0 too many for <…@…>', asked],
  )
  spoken.answer = accepted
  assert.equal((await send('eve@other.example')).status, 'accepted')
  pass(limits.mailDomainPauseMs)
  assert.equal((await send()).status, 'accepted')
  assert.equal((await send()).status, 'accepted')
})

test('no domain gets more at once, or in a minute, than it is to get', async () => {
  const few = open({ atOnce: 2 })
  let answer: (delivery: Delivery) => void = () => {}
  few.spoken.answer = new Promise((resolve) => (answer = resolve))
  const two = [few.send(), few.send()]
  assert.match((await few.send()).reply, /^Waits: 2 messages to mail\.example/)
  answer(accepted)
  await Promise.all(two)
  assert.equal((await few.send()).status, 'accepted')

  const slow = open({ perMinute: 3 })
  for (let times = 0; times < 3; times++) assert.equal((await slow.send()).status, 'accepted')
  slow.pass(20_000)
  const waits = await slow.send()
  assert.deepEqual([waits.status, 'afterMs' in waits && waits.afterMs], ['unavailable', 40_000])
  assert.equal((await slow.send('eve@other.example')).status, 'accepted')
  slow.pass(40_000)
  assert.equal((await slow.send()).status, 'accepted')
})

test('a domain that got its mail more than a minute ago is forgotten once there are too many', async () => {
  const { send, spoken, pass } = open({ perMinute: 100 })
  spoken.answer = { status: 'deferred', reply: '421 4.7.0 too many' }
  for (let times = 1; times < limits.mailDomainFailuresMax; times++) await send()
  spoken.answer = accepted
  pass(60_000)
  for (let domain = 0; domain < limits.mailDomainsKept; domain++) await send(`a@d${domain}.example`)
  spoken.answer = { status: 'deferred', reply: '421 4.7.0 too many' }
  // Its failures of before are forgotten with it, so that this is the first.
  await send()
  assert.equal((await send()).status, 'deferred')
})

test('a domain that cannot be reached rests by itself', async () => {
  const { send, sent, spoken } = open()
  spoken.answer = { status: 'deferred', reply: 'mx.mail.example: connect ETIMEDOUT', isOfDomain: true }
  for (let count = 0; count < limits.mailDomainFailuresMax; count++) assert.equal((await send()).status, 'deferred')
  assert.equal((await send()).status, 'unavailable')
  spoken.answer = accepted
  assert.equal((await send('eve@other.example')).status, 'accepted')
  assert.equal(sent.length, limits.mailDomainFailuresMax + 1)
})

test('a transport that waits for servers of others takes so many at a time, and none of the rest is an attempt', async () => {
  const { send, sent, log, spoken } = open({}, 2)
  let answer: (delivery: Delivery) => void = () => {}
  spoken.answer = new Promise((resolve) => (answer = resolve))
  const first = [send('a@one.example'), send('b@two.example')]
  const third = await send('c@three.example')
  assert.deepEqual([third.status, sent.length], ['unavailable', 2])
  answer(accepted)
  await Promise.all(first)
  // It was no failure of the way.
  assert.equal((await send('c@three.example')).status, 'accepted')
  assert.deepEqual(log, [])
})
