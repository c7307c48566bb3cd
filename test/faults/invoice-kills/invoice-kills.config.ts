// A shop that invoices by itself. Nothing is mailed.
import { defineBackend } from '../../../src/index.ts'

export const backend = defineBackend({
  name: 'Invoices',
  shop: {
    currency: 'EUR',
    tax: { prices: 'included', ratesPpm: { '*': 190_000 } },
    seller: {
      name: 'Invoices GmbH',
      address: { line1: 'Kai 1', postalCode: '20457', city: 'Hamburg', country: 'DE' },
      vatId: 'DE136695976',
    },
    invoices: { mail: false },
  },
})
