// What is written to Stripe. A test holds each to the types of its own SDK, and to its published description.
import type { RefundRequest, StartRequest } from '../../domains/payments/provider.ts'
import type { Form } from './api.ts'
import { captureMark, operationMark, paymentMark, refundMark } from './read.ts'

type Start = Omit<StartRequest, 'amount'> & { readonly amount: number; readonly currency: string }

/** A page of Stripe's own. Which methods it shows is set in the dashboard. Without the address that we know it asks for one. */
export function sessionForm({ reference, amount, currency, description, returnUrl, email, capture = 'now' }: Start) {
  return {
    mode: 'payment',
    client_reference_id: reference,
    // However it ends there, our page looks how the order stands.
    success_url: returnUrl,
    cancel_url: returnUrl,
    line_items: [
      { quantity: 1, price_data: { currency: currency.toLowerCase(), unit_amount: amount, product_data: { name: description } } },
    ],
    ...(email === undefined ? {} : { customer_email: email }),
    metadata: { [paymentMark]: reference, [captureMark]: capture },
    payment_intent_data: {
      description,
      ...(capture === 'later' ? { capture_method: 'manual' } : {}),
      // Without what makes its events told: the session is the payment, and has it.
      metadata: { [paymentMark]: reference },
    },
    expand: ['payment_intent'],
  } satisfies Form
}

/** For a form in our own page, which gets its client secret. */
export function intentForm({ reference, amount, currency, description, capture = 'now' }: Start) {
  return {
    amount,
    currency: currency.toLowerCase(),
    description,
    automatic_payment_methods: { enabled: true },
    capture_method: capture === 'later' ? 'manual' : 'automatic',
    metadata: { [paymentMark]: reference, [captureMark]: capture },
    expand: ['latest_charge'],
  } satisfies Form
}

export function refundForm({ reference, payment }: RefundRequest, of: { readonly intent: string; readonly amount: number }) {
  return {
    payment_intent: of.intent,
    amount: of.amount,
    metadata: { [paymentMark]: payment, [refundMark]: reference },
  } satisfies Form
}

export function captureForm(amount: number, reference: string) {
  return { amount_to_capture: amount, metadata: { [operationMark]: reference }, expand: ['latest_charge.refunds'] } satisfies Form
}
export const cancelForm = { expand: ['latest_charge.refunds'] } satisfies Form
export const expireForm = { expand: ['payment_intent.latest_charge.refunds'] } satisfies Form
