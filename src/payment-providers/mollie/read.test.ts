import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCurrency, minorDigits } from '../../base/currencies.ts'
import { signedAmountOf, writeAmount } from './read.ts'

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const currencies = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c))).filter(isCurrency)

test('every amount in every currency is written with the digits of ISO 4217, and read back the same', () => {
  assert.ok(currencies.length > 140)
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.constantFrom(...currencies), (amount, currency) => {
      const written = writeAmount({ amount, currency })!
      const [whole, fraction = ''] = written.value.split('.')
      assert.equal(fraction.length, minorDigits(currency))
      assert.match(whole!, /^(?:0|[1-9]\d*)$/)
      // By another way than the code: the integer that its digits make.
      assert.equal(BigInt(whole! + fraction), BigInt(amount))
      assert.deepEqual(signedAmountOf(written), { amount, currency })
    }),
  )
})

test('as Mollie has them in its list of currencies', () => {
  for (const [amount, currency, value] of [
    [1_999, 'EUR', '19.99'],
    [5, 'EUR', '0.05'],
    [1_000, 'JPY', '1000'],
    [1_000, 'ISK', '1000'],
    [1_000, 'HUF', '10.00'],
    [1_000, 'TWD', '10.00'],
    [1_234, 'KWD', '1.234'],
  ] as const)
    assert.deepEqual(writeAmount({ amount, currency }), { currency, value })
})
