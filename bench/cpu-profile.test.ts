import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpuProfile, selfTimes } from './cpu-profile.ts'

const frame = (id: number, functionName: string, url = '', lineNumber = 0) => ({
  id,
  callFrame: { functionName, url, lineNumber },
})

const profile: CpuProfile = {
  nodes: [
    frame(1, '(idle)'),
    frame(2, 'get', 'file:///home/a/src/storage/read.ts', 9),
    frame(3, '', 'file:///home/a/node_modules/fastify/lib/reply.js', 1),
    frame(4, 'get', 'file:///home/a/src/storage/read.ts', 9),
  ],
  startTime: 1_000,
  samples: [2, 1, 3, 4, 2],
  timeDeltas: [50, 100, 500, 100, 200],
}

test('self time adds up over call paths; idle time is no work', () => {
  assert.deepEqual(selfTimes(profile, { fromUs: 0, toUs: 10_000 }), [
    { name: 'get src/storage/read.ts:10', selfUs: 300, share: 0.75 },
    { name: '(anonymous) fastify/lib/reply.js:2', selfUs: 100, share: 0.25 },
  ])
})

test('samples outside the window do not count', () => {
  assert.deepEqual(
    selfTimes(profile, { fromUs: 1_600, toUs: 1_700 }).map(({ name }) => name),
    ['(anonymous) fastify/lib/reply.js:2'],
  )
})
