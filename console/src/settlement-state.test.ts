import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percent, reconciledWords, rowsOf, type Settlement, withTold } from './settlement-state.ts'
import type { Difference, ReconciledAccount, Reconciliation } from './shapes.ts'

const difference = (kind: string, payment: string | null = null): Difference =>
  ({ kind, record: `of ${kind}`, ref: 'txn_1', payment, order: null, ours: null, theirs: null }) as Difference
const answer = (provider: string, more: Partial<ReconciledAccount> = {}): ReconciledAccount => ({
  ...{ reconciliation: `rcn_${provider}`, provider, lines: 9, explainedPpm: 999_999, differenceCount: 1, isComplete: true, reason: null },
  differences: [difference('amount')],
  ...more,
})
const reading = (provider: string, status: string) =>
  ({ id: `rcn_${provider}`, provider, status, lines: null, explainedPpm: null, differenceCount: null }) as Reconciliation

test('what was just answered is shown until the stored reading says it', () => {
  const found: Settlement = {
    readings: [reading('paypal', 'done'), reading('stripe', 'matching')],
    differences: [...rowsOf('paypal', [difference('currency')]), ...rowsOf('stripe', [difference('fact_without_line')])],
    ...{ lines: [], messages: [], payouts: [] },
  }
  const shown = withTold(found, [answer('stripe'), answer('paypal')])
  assert.deepEqual(
    shown.readings.map(({ status, lines }) => [status, lines]),
    [
      ['done', null],
      ['compared', 9],
    ],
  )
  assert.deepEqual(
    shown.differences.map(({ provider, kind }) => [provider, kind]),
    [
      ['paypal', 'currency'],
      ['stripe', 'amount'],
    ],
  )
  assert.equal(withTold(found, [answer('stripe', { isComplete: false })]).readings[1]!.status, 'matching')
})

test('money of nobody is no difference to look at: it has a list of its own', () => {
  assert.deepEqual(
    rowsOf('stripe', [difference('line_without_fact'), difference('line_without_fact', 'pay_1'), difference('fact_without_line')]).map(
      ({ kind }) => kind,
    ),
    ['line_without_fact', 'fact_without_line'],
  )
})

test('what a reading came to, in words', () => {
  const clear = answer('stripe', { differenceCount: 0 })
  assert.equal(reconciledWords([clear]), 'All is explained.')
  assert.equal(reconciledWords([clear, answer('mollie')]), '1 difference.')
  assert.equal(
    reconciledWords([clear, answer('mollie', { isComplete: false, reason: 'Mollie refused our key.' })]),
    'Mollie: Mollie refused our key.',
  )
  assert.equal(reconciledWords([answer('invoice', { reconciliation: null })]), 'No provider of this shop lists its account.')
  assert.deepEqual([percent(1_000_000), percent(999_999), percent(123_456)], ['100 %', '99.9 %', '12.3 %'])
})
