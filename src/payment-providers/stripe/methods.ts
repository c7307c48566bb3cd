/** `checkout`: a page of Stripe's own, by redirect. `element`: Stripe's form in a page of ours, by a client secret. */
export const stripeMethods = ['checkout', 'element'] as const
