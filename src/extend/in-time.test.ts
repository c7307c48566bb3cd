import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { limits } from '../base/limits.ts'
import { attempt } from './attempt.ts'
import { inTime } from './in-time.ts'
import type { During } from './own-code.ts'

const piece = { what: 'The operation notes.look', place: '' }

for (const [what, goesOn, isAnswered] of [
  ['is answered no more when the time is over', () => false, false],
  ['goes on where it made a stream', () => true, true],
] as const)
  test(`what code began and did not wait for ${what}`, async () => {
    const { clock, pass } = createFakeClock()
    const given = await inTime({ clock, piece, ms: 1_000, late: Error, tooMuch: Error, goesOn }, (held) => held)
    assert.equal(await given.during(async () => 'in time'), 'in time')
    await pass(1_001)
    const answers: string[] = []
    void given.during(async () => answers.push('late'))
    for (let n = 0; n < 5; n++) await turn()
    assert.deepEqual(answers, isAnswered ? ['late'] : [])
    assert.equal(given.signal.aborted, !isAnswered)
  })

test('an attempt that has ended refuses what it began so many times, and then answers no more: a loop that catches each refusal ends', async () => {
  const { clock } = createFakeClock()
  let asked = 0
  const loop = async (during: During) => {
    for (; asked < 10 * limits.ownRefusalsMax; asked++) await during(async () => 'late').catch(() => {})
  }
  let begin = () => {}
  const { end } = await attempt(clock, piece, ({ during }) => {
    begin = () => void loop(during)
  })
  assert.equal(end, 'done')
  begin()
  for (let n = 0; n < 5; n++) await turn()
  assert.equal(asked, limits.ownRefusalsMax)
})
