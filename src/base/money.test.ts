import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isEngineError } from './engine-error.ts'
import { addMoney, allocateMoney, formatMoney, money, multiplyMoney, shareOfMoney, taxAdded, taxIncluded } from './money.ts'

const eur = (amount: number) => money(amount, 'EUR')
const tooLarge = (error: unknown) => isEngineError(error, 'amount_too_large')
const amount = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })

test('an allocation sums to its total, and no part is a unit away from its share', () => {
  fc.assert(
    fc.property(amount, fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 20 }), (total, weights) => {
      const parts = allocateMoney(eur(total), weights)
      assert.equal(
        parts.reduce((sum, part) => sum + BigInt(part.amount), 0n),
        BigInt(total),
      )
      const sum = BigInt(weights.reduce((a, b) => a + b, 0))
      if (sum === 0n) return
      for (const [index, part] of parts.entries()) {
        const off = BigInt(part.amount) * sum - BigInt(total) * BigInt(weights[index]!)
        assert.ok(off < sum && off > -sum)
      }
    }),
  )
})

test('an allocation is by largest remainder, ties to the earlier', () => {
  assert.deepEqual(
    allocateMoney(eur(100), [1, 1, 1]).map((part) => part.amount),
    [34, 33, 33],
  )
  assert.deepEqual(
    allocateMoney(eur(-100), [1, 1, 1]).map((part) => part.amount),
    [-34, -33, -33],
  )
  assert.deepEqual(
    allocateMoney(eur(10), [1, 3, 3]).map((part) => part.amount),
    [2, 4, 4],
  )
  assert.deepEqual(
    allocateMoney(eur(7), [0, 0]).map((part) => part.amount),
    [7, 0],
  )
})

test('tax is rounded half away from zero', () => {
  assert.equal(taxAdded(eur(50), 10_000).amount, 1)
  assert.equal(taxAdded(eur(-50), 10_000).amount, -1)
  assert.equal(taxAdded(eur(49), 10_000).amount, 0)
  assert.equal(taxIncluded(eur(119), 190_000).amount, 19)
  assert.equal(taxIncluded(eur(5890), 70_000).amount, 385)
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.nat(1_000_000), (gross, rate) => {
      const tax = taxIncluded(eur(gross), rate).amount
      assert.equal(taxIncluded(eur(-gross), rate).amount + tax, 0)
      const exact = (gross * rate) / (1_000_000 + rate)
      assert.ok(Math.abs(tax - exact) <= 0.5 + 1e-3)
    }),
  )
})

/** Numbers of every size: what is counted in numbers and what in bigint meet where doubles end. */
const ofAnySize = fc
  .nat(53)
  .chain((bits) => fc.bigInt({ min: -(2n ** BigInt(bits)) + 1n, max: 2n ** BigInt(bits) - 1n }))
  .map(Number)
const wholeNumber = ofAnySize.map(Math.abs)

/** What it makes, as a bigint, or that it is refused. */
function outcome(make: () => { readonly amount: number }): bigint | 'refused' {
  try {
    const { amount } = make()
    assert.ok(!Object.is(amount, -0))
    return BigInt(amount)
  } catch (error) {
    if (!tooLarge(error)) throw error
    return 'refused'
  }
}

const counted = (exact: bigint) =>
  exact <= BigInt(Number.MAX_SAFE_INTEGER) && exact >= BigInt(Number.MIN_SAFE_INTEGER) ? exact : 'refused'
const sizeOf = (value: bigint) => (value < 0n ? -value : value)

/** Counted by what is left over, and not as money.ts does. */
function halfUp(numerator: bigint, denominator: bigint): bigint {
  const size = sizeOf(numerator)
  const rounded = size / denominator + ((size % denominator) * 2n >= denominator ? 1n : 0n)
  return numerator < 0n ? -rounded : rounded
}

test('products and parts are the integers that bigint makes, whatever their size', () => {
  fc.assert(
    fc.property(
      ofAnySize,
      ofAnySize,
      wholeNumber.filter((one) => one > 0),
      (amount, times, whole) => {
        const [a, t, w] = [BigInt(amount), BigInt(Math.abs(times)), BigInt(whole)]
        assert.equal(
          outcome(() => multiplyMoney(eur(amount), times)),
          counted(a * BigInt(times)),
        )
        assert.equal(
          outcome(() => taxAdded(eur(amount), Math.abs(times))),
          counted(halfUp(a * t, 1_000_000n)),
        )
        assert.equal(
          outcome(() => shareOfMoney(eur(amount), Math.abs(times), whole)),
          counted(halfUp(a * t, w)),
        )
        const rate = times % 10_000_000
        if (rate >= 0)
          assert.equal(
            outcome(() => taxIncluded(eur(amount), rate)),
            counted(halfUp(a * BigInt(rate), 1_000_000n + BigInt(rate))),
          )
      },
    ),
    { numRuns: 5_000 },
  )
})

test('an allocation is the same in bigint, whatever its size', () => {
  fc.assert(
    fc.property(ofAnySize, fc.array(wholeNumber, { minLength: 1, maxLength: 8 }), (total, weights) => {
      const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n)
      if (sum === 0n) return
      const size = sizeOf(BigInt(total))
      const parts = weights.map((weight, index) => ({ index, part: (size * BigInt(weight)) / sum, over: (size * BigInt(weight)) % sum }))
      const left = size - parts.reduce((all, { part }) => all + part, 0n)
      const most = parts.toSorted((a, b) => (a.over === b.over ? a.index - b.index : a.over > b.over ? -1 : 1)).slice(0, Number(left))
      const wanted = parts.map((one) => (one.part + (most.includes(one) ? 1n : 0n)) * (total < 0 ? -1n : 1n))
      assert.deepEqual(
        allocateMoney(eur(total), weights).map((part) => BigInt(part.amount)),
        wanted,
      )
    }),
    { numRuns: 5_000 },
  )
})

test('what cannot be counted exactly is refused, never rounded', () => {
  assert.throws(() => addMoney(eur(Number.MAX_SAFE_INTEGER), eur(1)), tooLarge)
  assert.throws(() => multiplyMoney(eur(Number.MAX_SAFE_INTEGER), 2), tooLarge)
  for (const wrong of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) assert.throws(() => eur(wrong), tooLarge)
  assert.throws(() => addMoney(eur(1), money(1, 'USD')))
})

test("money is written with its currency's digits", () => {
  assert.equal(formatMoney(eur(1999)), '19.99 EUR')
  assert.equal(formatMoney(eur(-5)), '-0.05 EUR')
  assert.equal(formatMoney(money(1999, 'JPY')), '1999 JPY')
  assert.equal(formatMoney(money(1, 'KWD')), '0.001 KWD')
})
