import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { factKinds } from './collections.ts'
import { foldFacts } from './fold-facts.ts'

const fact = fc.record({
  kind: fc.constantFrom(...factKinds),
  operationRef: fc.constantFrom('a', 'b', 'c'),
  amount: fc.record({ amount: fc.nat(1_000), currency: fc.constantFrom('EUR', 'EUR', 'USD') }),
})
// The unique fence: one fact per reference and kind.
const facts = fc.uniqueArray(fact, { selector: ({ kind, operationRef }) => `${kind} ${operationRef}`, maxLength: 8 })

test('facts in any order, and any number of times, have the same sums', () => {
  fc.assert(
    fc.property(
      facts.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list, ...list], { minLength: list.length * 3 }))),
      ([once, shuffled]) => assert.deepEqual(foldFacts(shuffled, 'EUR'), foldFacts(once, 'EUR')),
    ),
  )
})

test('a refund that failed after its success is taken back once', () => {
  const amount = { amount: 50, currency: 'EUR' }
  const failed = { kind: 'ref_fail', operationRef: 'r', amount } as const
  const sums = foldFacts(
    [
      { kind: 'cap_ok', operationRef: 'p', amount: { amount: 100, currency: 'EUR' } },
      { kind: 'ref_ok', operationRef: 'r', amount },
      failed,
      failed,
    ],
    'EUR',
  )
  assert.deepEqual([sums.captured.amount, sums.refunded.amount], [100, 0])
})
