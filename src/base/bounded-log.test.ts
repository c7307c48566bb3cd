import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBoundedLog } from './bounded-log.ts'
import { systemClock } from './clock.ts'
import { limits } from './limits.ts'
import type { LogFields } from './log.ts'

function open() {
  let now = 0
  const lines: (readonly [string, LogFields | undefined])[] = []
  const log = createBoundedLog(
    { write: (_level, message, fields) => void lines.push([message, fields]) },
    { ...systemClock, monotonic: () => now },
  )
  return { log, lines, later: (ms: number) => void (now += ms) }
}

test('a known failure is told once a minute, however many requests meet it, and then how many were left out', () => {
  const { log, lines, later } = open()
  const error = new Error('database or disk is full')
  const fail = (requestId: string) => log.write('error', 'A request failed.', { requestId, code: 'storage_full', error })
  for (let count = 0; count < 1_000; count++) fail(`req_${count}`)
  assert.deepEqual(lines, [['A request failed.', { requestId: 'req_0', code: 'storage_full', error }]])
  later(limits.failureLogMs)
  fail('req_1000')
  assert.deepEqual(lines[1], ['A request failed.', { requestId: 'req_1000', code: 'storage_full', error, leftOut: 999 }])
  log.write('error', 'A request failed.', { requestId: 'req_1001', code: 'storage_unavailable', error })
  assert.equal(lines.length, 3)
})

test('a bug is told with its stack once a minute, and every request by a short line', () => {
  const { log, lines } = open()
  const error = new TypeError('x is not a function')
  for (const requestId of ['req_1', 'req_2']) log.write('error', 'A request failed.', { requestId, error })
  log.write('error', 'A request failed.', { requestId: 'req_3', error: new TypeError('y is not a function') })
  assert.deepEqual(
    lines.map(([, fields]) => [fields!['requestId'], 'error' in fields!, fields!['reason']]),
    [
      ['req_1', true, undefined],
      ['req_2', false, 'x is not a function'],
      ['req_3', true, undefined],
    ],
  )
})

test('what is no failure is told each time, and what is remembered has a bound', () => {
  const { log, lines } = open()
  for (let count = 0; count < 3; count++) log.write('warn', 'Requests were refused.', { count })
  assert.equal(lines.length, 3)
  for (let count = 0; count <= limits.failuresRemembered; count++) log.write('error', 'Failed.', { error: new Error(`${count}`) })
  log.write('error', 'Failed.', { error: new Error('0') })
  assert.equal(lines.length, 3 + limits.failuresRemembered + 2)
})
