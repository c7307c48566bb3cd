// Asking for breached passwords, over HTTP as Have I Been Pwned speaks it, against a book of our own.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { createEgress } from '../base/egress.ts'
import { limits } from '../base/limits.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createPwnedPasswords } from './pwned-passwords.ts'

const known = new Map([
  ['correct horse battery', 113],
  ['naïve password', 4],
])
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase()

/** Who asked what; and how it is answered. */
let asked: { url: string; headers: IncomingMessage['headers'] }[]
let answer: (response: ServerResponse, prefix: string) => void
let server: Server
let url: string
/** The suffixes of all passwords that are known, and padding: what nobody chose, with a count of 0. Lines end as theirs do. */
function book(response: ServerResponse, prefix: string): void {
  const listed = [...known].map(([password, count]) => [sha1(password), count] as const).filter(([hash]) => hash.startsWith(prefix))
  const padding = ['padding one', 'padding two'].map((text) => `${sha1(text).slice(5)}:0`)
  const lines = [...listed.map(([hash, count]) => `${hash.slice(5)}:${count}`), ...padding, `${sha1('not yet leaked').slice(5)}:0`]
  response.setHeader('content-type', 'text/plain').end(lines.join('\r\n'))
}

before(async () => {
  server = createServer((request, response) => {
    asked.push({ url: request.url!, headers: request.headers })
    answer(response, request.url!.split('/').at(-1)!)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  asked = []
  answer = book
})

function open() {
  const clock = createManualClock(Date.parse('2026-11-24T12:00:00Z'), async () => {})
  const log: string[] = []
  const egress = createEgress({ clock, lookUp: async () => [] })
  const write = (_level: string, message: string, fields: unknown) => void log.push(`${message} ${JSON.stringify(fields)}`)
  return { clock, log, breaches: createPwnedPasswords({ egress, clock, log: { write }, url }) }
}

test('sends five characters of a hash, asks for padding, and finds what is listed and no padding', async () => {
  const { breaches, log } = open()
  assert.equal(await breaches.has('correct horse battery'), true)
  // é as one letter or as two: one password.
  assert.equal(await breaches.has('naïve password'.normalize('NFD')), true)
  assert.equal(await breaches.has('quite another one'), false)
  assert.equal(await breaches.has('not yet leaked'), false)
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['correct horse battery', 'naïve password', 'quite another one', 'not yet leaked'].map((text) => `/range/${sha1(text).slice(0, 5)}`),
  )
  assert.ok(asked.every(({ headers }) => headers['add-padding'] === 'true' && headers['user-agent'] === 'kingpost'))
  assert.deepEqual(log, [])
})

test('who answers wrongly lets a password through, is told of once, and is not asked for a while', async () => {
  const { breaches, clock, log } = open()
  answer = (response) => void response.writeHead(503).end()
  for (let count = 0; count < 4; count++) assert.equal(await breaches.has('correct horse battery'), false)
  assert.equal(asked.length, 1)
  assert.equal(log.length, 1)
  assert.match(log[0]!, /^Have I Been Pwned did not answer: passwords are let through\. .*"letThrough":1/)
  await clock.advance(limits.breachPauseMs)
  assert.equal(await breaches.has('correct horse battery'), false)
  assert.match(log[1]!, /"letThrough":4/)
  answer = book
  await clock.advance(limits.breachPauseMs)
  assert.equal(await breaches.has('correct horse battery'), true)
  assert.ok(!log.join('').includes('correct horse'))
})

test('who does not answer in time lets it through', async () => {
  const { breaches, clock, log } = open()
  let come = () => {}
  const isAsked = new Promise<void>((resolve) => (come = resolve))
  answer = () => come()
  const waiting = breaches.has('correct horse battery')
  await isAsked
  await clock.advance(limits.breachCheckMs)
  assert.equal(await waiting, false)
  assert.equal(log.length, 1)
})
