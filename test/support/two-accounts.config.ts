// The shop of the tests with two accounts of each provider.
import { mollie, paypal, stripe } from '../../src/config/payment-makers.ts'
import { backend as shop } from './shop.config.ts'

const sandbox = true
export const backend = {
  ...shop,
  shop: {
    ...shop.shop,
    payments: [
      ...[stripe({ sandbox }), stripe({ sandbox, id: 'stripe-eu' })],
      ...[paypal({ sandbox }), paypal({ sandbox, id: 'paypal-eu' })],
      ...[mollie({ sandbox }), mollie({ sandbox, id: 'mollie-nl' })],
    ],
  },
}
