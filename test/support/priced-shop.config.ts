// A shop with price lists, two currencies and two places: for the console's pages of prices and of what is coming.
import { defineBackend } from '../../src/index.ts'

export const backend = defineBackend({
  name: 'Priced shop',
  shop: {
    currency: 'EUR',
    currencies: ['CHF'],
    customerGroups: ['wholesale'],
    stock: { locations: ['main', 'vienna'] },
    tax: { prices: 'included', ratesPpm: { '*': 0 } },
  },
  seed({ newId }) {
    const product = newId('prod')
    const variants = [
      { title: 'Paperback', sku: 'EMMA-P', amount: 1_000 },
      { title: 'Hardcover', sku: 'EMMA-H', amount: 2_500 },
    ]
    return [
      { collection: 'products', records: [{ id: product, slug: 'emma', title: 'Emma', status: 'active' }] },
      {
        collection: 'variants',
        records: variants.map(({ amount, ...variant }) => ({ product, ...variant, price: { amount, currency: 'EUR' }, onHand: 10 })),
      },
      { collection: 'shippingMethods', records: [{ title: 'Post', price: { amount: 390, currency: 'EUR' } }] },
    ]
  },
})
