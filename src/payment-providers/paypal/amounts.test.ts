import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromPayPal, payPalCurrencies, toPayPal } from './amounts.ts'

test('an amount is written as PayPal reads it, and what has no decimals there is written whole or not at all', () => {
  const value = (amount: number, currency: string) => toPayPal({ amount, currency })?.value ?? null
  const rows: [number, string, string | null][] = [
    [0, 'EUR', '0.00'],
    [5, 'EUR', '0.05'],
    [1999, 'USD', '19.99'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91'],
    [100, 'JPY', '100'],
    [100_00, 'HUF', '100'],
    [100_50, 'HUF', null],
    [300_00, 'TWD', '300'],
    [-1, 'EUR', null],
    // Currencies that PayPal does not take.
    [1000, 'KWD', null],
    [1000, 'ISK', null],
  ]
  for (const [amount, currency, written] of rows) assert.equal(value(amount, currency), written, `${amount} ${currency}`)
})

test('every amount that is written is read back as it was', () => {
  fc.assert(
    fc.property(fc.constantFrom(...payPalCurrencies), fc.maxSafeNat(), (currency, amount) => {
      const written = toPayPal({ amount, currency })
      if (written === null) assert.ok(['HUF', 'TWD'].includes(currency) && amount % 100 !== 0)
      else assert.deepEqual(fromPayPal(written), { amount, currency })
    }),
  )
})

test('what is no amount is none', () => {
  const bad = ['', '1,00', '1e3', '0x10', ' 1', '1.', '.5', '--1', '9007199254740993.00', '90071992547409.92', '1.005', 'NaN', null, 1]
  for (const value of bad) assert.equal(fromPayPal({ currency_code: 'EUR', value }), null, String(value))
  for (const value of [undefined, null, 'EUR', {}, { value: '1.00' }, { currency_code: 'ZZZ', value: '1.00' }])
    assert.equal(fromPayPal(value), null)
  assert.deepEqual(fromPayPal({ currency_code: 'EUR', value: '-1.50' }), { amount: -150, currency: 'EUR' })
  assert.deepEqual(fromPayPal({ currency_code: 'HUF', value: '100.00' }), { amount: 100_00, currency: 'HUF' })
  assert.deepEqual(fromPayPal({ currency_code: 'JPY', value: '100.00' }), { amount: 100, currency: 'JPY' })
  assert.ok(Object.is(fromPayPal({ currency_code: 'EUR', value: '-0.00' })?.amount, 0))
})
