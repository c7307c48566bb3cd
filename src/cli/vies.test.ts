// Asking for VAT numbers, over HTTP as VIES speaks it, against a register of our own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { createEgress } from '../base/egress.ts'
import { limits } from '../base/limits.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createVies } from './vies.ts'

let asked: unknown[]
let answer: { status: number; body: unknown }
let server: Server
let url: string

before(async () => {
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    asked.push([request.method, request.url, JSON.parse(body)])
    response.statusCode = answer.status
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
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
})

function open() {
  const clock = createManualClock(Date.parse('2026-11-24T12:00:00Z'), async () => {})
  const log: string[] = []
  const write = (_level: string, message: string, fields?: { error?: unknown }) => void log.push(`${message} ${String(fields?.error)}`)
  return { clock, log, vies: createVies({ egress: createEgress({ clock, lookUp: async () => [] }), clock, log: { write }, url }) }
}

test('asks with our own number, and keeps the consultation number of a yes and of a no', async () => {
  const { vies } = open()
  for (const valid of [true, false]) {
    answer = { status: 200, body: { countryCode: 'FR', valid, requestIdentifier: 'WAPIAAAAZ1', name: 'SARL', address: '---' } }
    assert.deepEqual(await vies.check('FR40303265045', 'DE136695976'), { state: valid ? 'valid' : 'invalid', reference: 'WAPIAAAAZ1' })
  }
  answer = { status: 200, body: { valid: true, requestIdentifier: '' } }
  assert.deepEqual(await vies.check('EL094259216', 'DE136695976'), { state: 'valid', reference: null })
  const requester = { requesterMemberStateCode: 'DE', requesterNumber: '136695976' }
  assert.deepEqual(asked[0], ['POST', '/check-vat-number', { countryCode: 'FR', vatNumber: '40303265045', ...requester }])
  assert.deepEqual((asked[2] as unknown[])[2], { countryCode: 'EL', vatNumber: '094259216', ...requester })
})

const silences: Readonly<Record<string, typeof answer>> = {
  'a country that is not there': { status: 200, body: { actionSucceed: false, errorWrappers: [{ error: 'MS_UNAVAILABLE' }] } },
  'a no beside an error': { status: 200, body: { valid: false, errorWrappers: [{ error: 'MS_MAX_CONCURRENT_REQ' }] } },
  'an answer of its proxy': { status: 503, body: '<html>' },
  'a page with the right status': { status: 200, body: '<html>' },
  nothing: { status: 200, body: {} },
  'a word for a truth': { status: 200, body: { valid: 'true' } },
}
for (const [what, given] of Object.entries(silences))
  test(`takes ${what} for neither, says so, and asks that country again after a pause`, async () => {
    const { clock, vies, log } = open()
    answer = given
    const silent = { state: 'unavailable', reference: null }
    for (let time = 0; time < 3; time++) assert.deepEqual(await vies.check('FR40303265045', 'DE136695976'), silent)
    assert.deepEqual([asked.length, log.length], [1, 1])
    assert.doesNotMatch(log[0]!, /40303265045|136695976/)
    answer = { status: 200, body: { valid: true } }
    assert.equal((await vies.check('IT00743110157', 'DE136695976')).state, 'valid')
    await clock.advance(limits.vatRegisterPauseMs)
    assert.equal((await vies.check('FR40303265045', 'DE136695976')).state, 'valid')
  })
