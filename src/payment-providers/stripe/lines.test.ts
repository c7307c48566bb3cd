import assert from 'node:assert/strict'
import { test } from 'node:test'
import { money } from '../../base/money.ts'
import type { Finder } from './find.ts'
import { linesOf } from './lines.ts'

const transaction = (id: string, given: object) => ({
  ...{ id, object: 'balance_transaction', created: 100, currency: 'eur', fee: 30, reporting_category: 'charge' },
  ...given,
})
const source = (given: object) => ({ currency: 'usd', payment_intent: 'pi_1', metadata: {}, ...given })

test("a line says what it was in its payment's currency, where Stripe changed it into another", async () => {
  const rows = [
    transaction('txn_1', { amount: 920, source: source({ id: 'ch_1', object: 'charge', amount: 1_500, amount_captured: 1_000 }) }),
    transaction('txn_2', { amount: -460, reporting_category: 'refund', source: source({ id: 're_1', object: 'refund', amount: 500 }) }),
    transaction('txn_3', { amount: -92, reporting_category: 'dispute', source: source({ id: 'dp_1', object: 'dispute', amount: 100 }) }),
    transaction('txn_4', {
      amount: 92,
      reporting_category: 'dispute_reversal',
      source: source({ id: 'dp_1', object: 'dispute', amount: 100 }),
    }),
    transaction('txn_5', {
      amount: 10,
      currency: 'usd',
      source: source({ id: 'ch_2', object: 'charge', amount: 10, amount_captured: 10 }),
    }),
    transaction('txn_6', { amount: -25, reporting_category: 'fee', source: null }),
  ]
  const finder = { get: async () => ({ data: rows, has_more: false }) } as unknown as Finder
  const answer = await linesOf(finder, { since: 0, after: null, now: 200_000 })
  assert.ok(answer.result === 'ok')
  assert.deepEqual(
    answer.value.lines.map(({ ref, amount, original }) => [ref, amount, original]),
    [
      ['txn_1', money(920, 'EUR'), money(1_000, 'USD')],
      ['txn_2', money(-460, 'EUR'), money(-500, 'USD')],
      ['txn_3', money(-92, 'EUR'), money(-100, 'USD')],
      ['txn_4', money(92, 'EUR'), money(100, 'USD')],
      ['txn_5', money(10, 'USD'), null],
      ['txn_6', money(-25, 'EUR'), null],
    ],
  )
})
