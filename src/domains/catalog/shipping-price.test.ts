import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippingPrice } from './shipping-price.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const method = {
  price: eur(490),
  countries: null,
  freeFrom: eur(5_000),
  rates: [
    { countries: ['DE'], by: 'weight', upTo: 2_000, price: eur(390) },
    { countries: ['DE'], by: 'weight', upTo: 10_000, price: eur(790) },
    { countries: ['AT', 'CH'], price: eur(990) },
    { by: 'sum', upTo: 2_000, price: eur(1_990) },
    { by: 'sum', price: eur(1_490) },
  ],
} as const

for (const [what, goods, expected] of [
  ['a light parcel', { country: 'DE', sum: 1_000, weight: 2_000 }, eur(390)],
  ['a heavier one', { country: 'DE', sum: 1_000, weight: 2_001 }, eur(790)],
  ['one that is too heavy', { country: 'DE', sum: 1_000, weight: 10_001 }, 'weight'],
  ['another zone, of any weight', { country: 'CH', sum: 1_000, weight: 99_000 }, eur(990)],
  ['everywhere else by the sum', { country: 'US', sum: 2_000, weight: 1 }, eur(1_990)],
  ['everywhere else, beyond it', { country: 'US', sum: 2_001, weight: 1 }, eur(1_490)],
  ['free from a sum on', { country: 'DE', sum: 5_000, weight: 1 }, eur(0)],
  ['without an address', { country: null, sum: 1_000, weight: 0 }, eur(390)],
] as const)
  test(`what it costs: ${what}`, () => assert.deepEqual(shippingPrice(method, goods), expected))

test('one price for all, where it goes', () => {
  const flat = { price: eur(490), countries: ['DE'], freeFrom: null, rates: null }
  assert.deepEqual(shippingPrice(flat, { country: 'DE', sum: 99_999, weight: 9 }), eur(490))
  assert.equal(shippingPrice(flat, { country: 'FR', sum: 1, weight: 9 }), 'country')
  assert.equal(
    shippingPrice({ ...flat, countries: null, rates: [{ countries: ['DE'], price: eur(1) }] }, { country: 'FR', sum: 1, weight: 9 }),
    'country',
  )
})
