import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { limits } from '../base/limits.ts'
import type { LogFields } from '../base/log.ts'
import type { Effect, Outcome } from './effect.ts'
import { createFailureLog } from './failure-log.ts'

test('one line a minute for each kind and way to end, with what was left out, and without addresses', async () => {
  const { clock, pass } = createFakeClock()
  const lines: [string, string, LogFields | undefined][] = []
  const tell = createFailureLog({ clock, log: { write: (...line) => void lines.push(line as never) } })
  const effect = (kind: string, attempts = 1) => ({ id: 'eff_1', kind, attempts }) as Effect
  const retry: Outcome = { end: 'retry', error: '450 <ada@mail.example>: try later' }
  tell(effect('email.send'), { end: 'done', result: null })
  for (let count = 0; count < 1_000; count++) tell(effect('email.send'), retry)
  tell(effect('payment.start'), { end: 'retry', error: 'x'.repeat(10_000) })
  tell(effect('email.send'), { end: 'dead', error: 'refused' })
  await pass(limits.failureLogMs)
  tell(effect('email.send', 7), retry)
  await pass(limits.failureLogMs)
  tell(effect('email.send', 8), retry)
  const [again, dead] = ['An effect failed and is tried again.', 'An effect failed for good: somebody must look.']
  const about = { effect: 'eff_1', kind: 'email.send', reason: '450 <…@…>: try later' }
  assert.deepEqual(lines, [
    ['warn', again, { ...about, attempt: 1 }],
    ['warn', again, { effect: 'eff_1', kind: 'payment.start', attempt: 1, reason: 'x'.repeat(limits.failureReasonCharactersMax) }],
    ['warn', dead, { ...about, attempt: 1, reason: 'refused' }],
    ['warn', again, { ...about, attempt: 7, leftOut: 999 }],
    ['warn', again, { ...about, attempt: 8 }],
  ])
})
