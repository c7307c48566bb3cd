// The template of a shop as its guide has it changed: paid by Stripe, or by bank transfer. Its pages are not touched.
import { bankTransfer, stripe } from '../../src/config/payment-makers.ts'
import { backend as template } from '../../templates/shop/kingpost.config.ts'

export const backend = {
  ...template,
  shop: {
    ...template.shop,
    payments: [stripe({ sandbox: true }), bankTransfer({ holder: 'The Bookshop', iban: 'AT61 1904 3002 3457 3201' })],
  },
  storefront: '../../templates/shop/pages',
}
