// A shop that is paid by the plain sandbox, or by its face of Stripe.
import { defineBackend, sandbox, stripe } from '../../src/index.ts'

export const backend = defineBackend({
  name: 'Bench',
  shop: { currency: 'EUR', payments: [sandbox(), stripe({ sandbox: true })] },
})
