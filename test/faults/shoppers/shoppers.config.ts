// A shop that is paid by one provider, whose part the sandbox plays in its words. `PAYMENTS` names it.
import { defineBackend, mollie, paypal, sandbox, stripe } from '../../../src/index.ts'

const ways = {
  sandbox: sandbox(),
  stripe: stripe({ sandbox: true }),
  paypal: paypal({ sandbox: true }),
  mollie: mollie({ sandbox: true }),
}

export const backend = defineBackend({
  name: 'Shop in a storm',
  shop: {
    currency: 'EUR',
    tax: { prices: 'included', ratesPpm: { '*': 190_000 } },
    payments: [ways[process.env['PAYMENTS'] as keyof typeof ways]],
  },
  mail: { from: { name: 'Shop in a storm', address: 'shop@shop.example' } },
})
