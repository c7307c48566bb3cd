import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { factKinds, type PaymentFact } from './collections.ts'
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

function permutations<T>(of: readonly T[]): T[][] {
  return of.length <= 1 ? [[...of]] : of.flatMap((one, index) => permutations(of.toSpliced(index, 1)).map((rest) => [one, ...rest]))
}

// All orders of six are 720: of more, the property above tries some. The engine's whole way is tried in test/simulation/fact-orders.test.ts.
test('facts in every order there is have the same sums, to the byte', () => {
  const amount = (minor: number) => ({ amount: minor, currency: 'EUR' })
  const sets: readonly (readonly (readonly [PaymentFact['kind'], string, number])[])[] = [
    [
      ['auth_ok', 'p', 900],
      ['cap_ok', 'c', 400],
      ['cap_fail', 'd', 300],
      ['void_ok', 'p', 500],
      ['ref_ok', 'r', 100],
      ['ref_fail', 'r', 100],
    ],
    [
      ['cap_ok', 'c', 900],
      ['disp_withdrawn', 'd', 500],
      ['disp_lost', 'd', 500],
      ['disp_reinstated', 'd', 500],
      ['ref_fail', 'q', 50],
      ['ref_ok', 'r', 30],
    ],
    [
      ['auth_fail', 'p', 900],
      ['cap_ok', 'c', 900],
      ['cap_reversed', 'b', 900],
      ['ref_ok', 'r', 900],
      ['ref_fail', 'r', 900],
    ],
  ]
  for (const set of sets) {
    const list = set.map(([kind, operationRef, minor]) => ({ kind, operationRef, amount: amount(minor) }))
    const texts = new Set(permutations(list).map((one) => JSON.stringify(foldFacts([...one, one[0]!], 'EUR'))))
    assert.equal(texts.size, 1, [...texts].join())
  }
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
