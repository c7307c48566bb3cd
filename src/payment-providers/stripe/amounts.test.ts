import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCurrency, minorDigits } from '../../base/currencies.ts'
import { fromStripe, toStripe } from './amounts.ts'

const codes = Array.from({ length: 26 ** 3 }, (_, index) =>
  [index / 676, (index / 26) % 26, index % 26].map((at) => String.fromCharCode(65 + Math.floor(at))).join(''),
).filter(isCurrency)

test('what Stripe is asked for is what comes back, to the unit', () => {
  const amounts = fc.tuple(fc.constantFrom(...codes), fc.integer({ min: 0, max: 99_999_999_999 }))
  fc.assert(
    fc.property(amounts, ([currency, amount]) => {
      const written = toStripe({ amount, currency })
      if (written === null) return assert.ok(minorDigits(currency) === 3 || currency === 'MGA', currency)
      assert.deepEqual(fromStripe(written, currency.toLowerCase()), { amount, currency })
    }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.integer({ min: 0, max: 99_999_999_999 }), (currency, written) => {
      const back = fromStripe(written, currency)
      if (back !== null && toStripe(back) !== null) assert.equal(toStripe(back), written)
    }),
  )
})

test('currencies that Stripe writes otherwise than ISO', () => {
  const written: readonly (readonly [amount: number, currency: string, expected: number | null])[] = [
    [1999, 'EUR', 1999],
    [500, 'JPY', 500],
    // Two decimals that must be 00.
    [500, 'ISK', 50_000],
    [500, 'UGX', 50_000],
    // None, where ISO has two.
    [50_000, 'MGA', 500],
    [50_050, 'MGA', null],
    // Three, of which the last must be 0.
    [1230, 'KWD', 1230],
    [1234, 'KWD', null],
    [100, 'ZZZ', null],
    [0.5, 'EUR', null],
  ]
  for (const [amount, currency, expected] of written) assert.equal(toStripe({ amount, currency }), expected, `${amount} ${currency}`)
  assert.equal(fromStripe(50_050, 'isk'), null, 'half a krona is nothing that could be booked')
  assert.equal(fromStripe(Number.MAX_SAFE_INTEGER, 'mga'), null)
})
