// A provider that does not answer is left alone for a while, and then asked by one call.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../base/limits.ts'
import type { PaymentProvider, ProviderResult } from '../domains/payments/provider.ts'
import { spareProviders } from './spare-providers.ts'

type Answer = ProviderResult<null>
const good: Answer = { result: 'ok', value: null }
const lost: Answer = { result: 'uncertain', reason: 'It timed out.' }

function setUp() {
  const clock = { time: 1_000_000, now: () => clock.time }
  const said: string[] = []
  const answers: Answer[] = []
  let sent = 0
  const cancels: Answer[] = []
  const provider = {
    id: 'stripe',
    fetch: async () => {
      sent++
      return answers.shift() ?? good
    },
    cancel: async () => cancels.shift() ?? good,
  } as unknown as PaymentProvider
  const providers = spareProviders([provider], { clock, log: { write: (_, message) => void said.push(message) } })
  const ask = async () => (await providers.get('stripe')!.fetch({ reference: 'pay_1', providerRef: null })).result
  const cancel = async () => (await providers.get('stripe')!.cancel({ key: 'k', payment: 'pay_1', providerRef: 'theirs' })).result
  return { clock, said, answers, cancels, ask, cancel, sent: () => sent, paused: providers.paused }
}

async function pausedOne() {
  const one = setUp()
  one.answers.push(...Array.from({ length: limits.providerFailuresMax }, () => lost))
  for (let count = 0; count < limits.providerFailuresMax; count++) assert.equal(await one.ask(), 'uncertain')
  return one
}

test('failures that an answer comes between pause nothing', async () => {
  const one = setUp()
  for (let count = 0; count < 3 * limits.providerFailuresMax; count++) {
    one.answers.push(count % 2 === 0 ? lost : good)
    await one.ask()
  }
  assert.deepEqual(one.paused(), [])
})

test('after some in a row nothing is sent, which is said once', async () => {
  const one = await pausedOne()
  assert.deepEqual([await one.ask(), await one.ask()], ['unsent', 'unsent'])
  assert.equal(one.sent(), limits.providerFailuresMax)
  assert.deepEqual(one.paused(), ['stripe'])
  assert.equal(one.said.length, 1)
})

test('after the pause one call is sent at a time, and its answer ends the pause', async () => {
  const one = await pausedOne()
  one.clock.time += limits.providerPauseMs
  assert.deepEqual(await Promise.all([one.ask(), one.ask(), one.ask()]), ['ok', 'unsent', 'unsent'])
  assert.deepEqual(one.paused(), [])
  assert.deepEqual([await one.ask(), one.said.length], ['ok', 2])
})

test('what moves money goes before looks: where those alone fail, they keep it from nothing', async () => {
  const one = await pausedOne()
  assert.equal(await one.cancel(), 'unsent')
  one.clock.time += limits.providerPauseMs
  assert.deepEqual(await Promise.all([one.ask(), one.cancel()]), ['unsent', 'ok'])
  assert.deepEqual(one.paused(), [])
})

test('a look waits for it only for a moment, and for nothing once it was sent', async () => {
  const one = await pausedOne()
  assert.equal(await one.cancel(), 'unsent')
  one.clock.time += limits.providerPauseMs
  assert.equal(await one.ask(), 'unsent')
  one.clock.time += limits.providerTurnMs
  one.answers.push(lost)
  assert.equal(await one.ask(), 'uncertain')
  one.cancels.push(lost)
  one.clock.time += 2 * limits.providerPauseMs
  assert.equal(await one.cancel(), 'uncertain')
  one.clock.time += 4 * limits.providerPauseMs
  assert.equal(await one.ask(), 'ok')
})

test('pauses grow up to a bound, and then it is asked again all the same', async () => {
  const one = await pausedOne()
  for (let pauseMs = limits.providerPauseMs; pauseMs < limits.providerPauseMaxMs; pauseMs *= 2) {
    one.clock.time += pauseMs - 1
    assert.equal(await one.ask(), 'unsent')
    one.clock.time += 1
    one.answers.push(lost)
    assert.equal(await one.ask(), 'uncertain')
  }
  one.clock.time += limits.providerPauseMaxMs
  assert.equal(await one.ask(), 'ok')
})

test('a provider that asks for a pause has it at once', async () => {
  const one = setUp()
  one.answers.push({ result: 'uncertain', reason: 'Too many requests.', afterMs: 30_000 })
  assert.equal(await one.ask(), 'uncertain')
  one.clock.time += 29_999
  assert.equal(await one.ask(), 'unsent')
  one.clock.time += 1
  assert.equal(await one.ask(), 'ok')
})

test('one that answers that it does not know yet is not spared, whenever it will', async () => {
  const one = setUp()
  const later: Answer = { result: 'uncertain', reason: 'It is not listed yet.', afterMs: 3_600_000, isAnswered: true }
  for (let count = 0; count < 2 * limits.providerFailuresMax; count++) {
    one.answers.push(later)
    assert.equal(await one.ask(), 'uncertain')
  }
  assert.deepEqual(one.paused(), [])
})
