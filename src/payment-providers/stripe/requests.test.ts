// The forms against the types of Stripe's own SDK, which come from its published description: a wrong name does not compile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Stripe from 'stripe'
import { encoded, stripeVersion } from './api.ts'
import { cancelForm, captureForm, expireForm, intentForm, refundForm, sessionForm } from './requests.ts'

const start = {
  key: 'k',
  reference: 'pay_1',
  amount: 1999,
  currency: 'EUR',
  method: null,
  returnUrl: 'https://shop.example/orders/ord_1',
  description: 'Order ord_1',
  capture: 'later',
  webhookUrl: 'https://shop.example/hook',
  email: 'grace@example.com',
} as const
const call = { key: 'k', payment: 'pay_1', providerRef: 'pi_1' }

test('each form is one that the SDK would send', () => {
  const forms = [
    sessionForm(start) satisfies Stripe.Checkout.SessionCreateParams,
    intentForm(start) satisfies Stripe.PaymentIntentCreateParams,
    refundForm(
      { ...call, reference: 'ref_1', amount: { amount: 5, currency: 'EUR' } },
      { intent: 'pi_1', amount: 5 },
    ) satisfies Stripe.RefundCreateParams,
    captureForm(5, 'cap_1') satisfies Stripe.PaymentIntentCaptureParams,
    cancelForm satisfies Stripe.PaymentIntentCancelParams,
    expireForm satisfies Stripe.Checkout.SessionExpireParams,
  ]
  assert.equal(forms.length, 6)
  assert.equal(stripeVersion, Stripe.API_VERSION, 'the SDK is of another version of the API: read its changes before you follow')
})

test('a form is written as Stripe reads it', () => {
  assert.equal(
    decodeURIComponent(encoded({ a: { b: ['x', { c: 1 }] }, d: true, e: null, f: undefined, 'g h': 'ü&=' })),
    'a[b][0]=x&a[b][1][c]=1&d=true&g+h=ü&=',
  )
})
