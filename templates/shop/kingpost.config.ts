import { defineBackend, field } from 'kingpost'
import { reviews } from './reviews.ts'
import { seed } from './seed.ts'

export const backend = defineBackend({
  name: 'My bookshop',
  collections: [reviews],
  shop: {
    currency: 'EUR',
    tax: { prices: 'included', ratesPpm: { DE: 70_000, AT: 100_000, FR: 55_000, '*': 0 } },
    productFields: { author: field.text({ search: true }), year: field.integer() },
  },
  mail: { from: { name: 'My bookshop', address: 'orders@example.com' } },
  storefront: './pages',
  seed,
})
