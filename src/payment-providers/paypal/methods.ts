/** What a checkout may name. Which card or account it is, is chosen on PayPal's page. */
export const payPalMethods = ['paypal'] as const
