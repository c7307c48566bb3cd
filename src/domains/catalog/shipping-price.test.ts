import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippingPrice } from './shipping-price.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const jpy = (amount: number) => ({ amount, currency: 'JPY' })
const method = {
  price: eur(490),
  countries: null,
  freeFrom: eur(5_000),
  otherPrices: [{ price: jpy(900), freeFrom: jpy(8_000) }, { price: { amount: 1_250, currency: 'KWD' } }],
  rates: [
    { countries: ['DE'], by: 'weight', upTo: 2_000, price: eur(390) },
    { countries: ['DE'], by: 'weight', upTo: 10_000, price: eur(790) },
    { countries: ['AT', 'CH'], price: eur(990) },
    { by: 'sum', upTo: 2_000, price: eur(1_990) },
    { by: 'sum', price: eur(1_490) },
    { countries: ['JP'], by: 'weight', upTo: 2_000, price: jpy(500) },
    { price: jpy(1_900) },
  ],
} as const

for (const [what, goods, expected] of [
  ['a light parcel', { country: 'DE', currency: 'EUR', sum: 1_000, weight: 2_000 }, eur(390)],
  ['a heavier one', { country: 'DE', currency: 'EUR', sum: 1_000, weight: 2_001 }, eur(790)],
  ['one that is too heavy', { country: 'DE', currency: 'EUR', sum: 1_000, weight: 10_001 }, 'weight'],
  ['another zone, of any weight', { country: 'CH', currency: 'EUR', sum: 1_000, weight: 99_000 }, eur(990)],
  ['everywhere else by the sum', { country: 'US', currency: 'EUR', sum: 2_000, weight: 1 }, eur(1_990)],
  ['everywhere else, beyond it', { country: 'US', currency: 'EUR', sum: 2_001, weight: 1 }, eur(1_490)],
  ['free from a sum on', { country: 'DE', currency: 'EUR', sum: 5_000, weight: 1 }, eur(0)],
  ['without an address', { country: null, currency: 'EUR', sum: 1_000, weight: 0 }, eur(390)],
  ['in another currency by its own rates', { country: 'JP', currency: 'JPY', sum: 1_000, weight: 2_000 }, jpy(500)],
  ['and for all others', { country: 'DE', currency: 'JPY', sum: 1_000, weight: 1 }, jpy(1_900)],
  ['free from a sum in that currency', { country: 'DE', currency: 'JPY', sum: 8_000, weight: 1 }, jpy(0)],
  [
    'its plain price where that currency has no rates',
    { country: 'DE', currency: 'KWD', sum: 1, weight: 1 },
    { amount: 1_250, currency: 'KWD' },
  ],
  ['a currency that it has no price in', { country: 'DE', currency: 'USD', sum: 1_000, weight: 1 }, 'currency'],
] as const)
  test(`what it costs: ${what}`, () => assert.deepEqual(shippingPrice(method, goods), expected))

test('one price for all, where it goes', () => {
  const flat = { price: eur(490), countries: ['DE'], freeFrom: null, rates: null, otherPrices: null }
  assert.deepEqual(shippingPrice(flat, { country: 'DE', currency: 'EUR', sum: 99_999, weight: 9 }), eur(490))
  assert.equal(shippingPrice(flat, { country: 'FR', currency: 'EUR', sum: 1, weight: 9 }), 'country')
  assert.equal(
    shippingPrice(
      { ...flat, countries: null, rates: [{ countries: ['DE'], price: eur(1) }] },
      { country: 'FR', currency: 'EUR', sum: 1, weight: 9 },
    ),
    'country',
  )
})
