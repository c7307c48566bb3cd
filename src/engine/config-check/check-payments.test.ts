import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offeredProviders } from '../../cli/payment-providers.ts'
import type { ShopConfig } from '../../config/backend-config.ts'
import { type BankTransferOptions, bankTransfer, paypal, type StripeOptions, sandbox, stripe } from '../../config/payment-makers.ts'
import { defineSecret } from '../../extend/own-secret.ts'
import { ConfigError, createBackend } from '../backend.ts'

const secretKey = defineSecret('STRIPE_SECRET_KEY')
const webhookSecret = defineSecret('STRIPE_WEBHOOK_SECRET')
const keys = { secretKey, webhookSecret }
const account = { holder: 'The Bookshop', iban: 'AT61 1904 3002 3457 3201' }

function open(payments: unknown, isDevelopment = true, readSecret?: (name: string) => string | undefined) {
  const paymentProviders = offeredProviders(isDevelopment)
  const shop = { currency: 'EUR', payments } as ShopConfig
  const surroundings = { publicUrl: 'https://shop.example', isDevelopment, paymentProviders, ...(readSecret ? { readSecret } : {}) }
  return createBackend({ name: 'Shop', shop }, surroundings)
}
function mistakes(...given: Parameters<typeof open>): string[] {
  try {
    open(...given)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String((error as Error).stack))
    return error.mistakes.map(({ path, message }) => `${path}: ${message}`)
  }
}

test('what a config asks for is what a checkout can choose from', () => {
  const two = [stripe(keys), stripe({ ...keys, id: 'stripe-eu', capture: 'manual' })]
  const { project, payments } = open(two, false)
  assert.deepEqual(
    project.paymentProviders.map(({ id, capture, methods }) => [id, capture, methods[0]]),
    [
      ['stripe', 'placement', 'checkout'],
      ['stripe-eu', 'manual', 'checkout'],
    ],
  )
  assert.deepEqual(payments, two)
  assert.deepEqual(open([{ provider: 'sandbox' }]).payments, [sandbox()])
  assert.deepEqual(open(undefined).payments, [sandbox()], 'left out, it is the sandbox')
  assert.deepEqual(open(undefined, false).payments, [], 'and nobody in production')
  assert.deepEqual(open([stripe({ sandbox: true })]).payments[0]?.isSandboxed, true)
})

test('each mistake has its place', () => {
  const wrong: readonly [given: unknown, told: RegExp, inProduction?: true][] = [
    ['stripe', /^shop\.payments: must be a list/],
    [['stripe'], /^shop\.payments\[0\]: must be made by bankTransfer\(…\) or .*stripe\(…\)/],
    [[{ provider: 'stripe' }], /^shop\.payments\[0\]: must be made by/],
    [[{}], /^shop\.payments\[0\]\.provider: is missing/],
    [[{ provider: 'strype' }], /^shop\.payments\[0\]\.provider: "strype" is no payment provider; did you mean "stripe"/],
    [[{ provider: 'sandbox', capture: 'manual' }], /^shop\.payments\[0\]\.capture: is not an option/],
    [[{ provider: 'sandbox' }], /^shop\.payments\[0\]\.provider: "sandbox" is not there in production/, true],
    [[stripe({ sandbox: true })], /^shop\.payments\[0\]\.sandbox: is for development alone/, true],
    [[bankTransfer({ ...account, iban: 'AT61 1904 3002 3457 3210' })], /^shop\.payments\[0\]\.iban: is no IBAN/],
    [[bankTransfer({} as BankTransferOptions)], /^shop\.payments\[0\]\.holder: is missing/],
    [[bankTransfer({ ...account, days: 0 })], /^shop\.payments\[0\]\.days: must be a whole number from 1 to/],
    [[stripe({} as StripeOptions), sandbox()], /^shop\.payments\[0\]\.secretKey: is missing: name the variable/],
    [[stripe({ ...keys, secretKey: 'sk_live_in_the_clear' as never })], /^shop\.payments\[0\]\.secretKey: must be made by defineSecret/],
    [[stripe({ ...keys, capture: 'later' as never })], /^shop\.payments\[0\]\.capture: must be "placement" or "shipment" or "manual"/],
    [[stripe({ ...keys, id: 'Stripe EU' })], /^shop\.payments\[0\]\.id: must be a name such as stripe-eu/],
    [[stripe({ ...keys, id: 'sandbox' })], /^shop\.payments\[0\]\.id: must be "stripe", or begin with "stripe-"/],
    [
      [stripe(keys), stripe(keys)],
      /^shop\.payments\[1\]\.id: "stripe" is named twice: give one of them an id of its own, such as 'stripe-2'/,
    ],
  ]
  for (const [given, told, inProduction] of wrong) {
    const said = mistakes(given, inProduction !== true)
    assert.match(said[0] ?? 'nothing', told)
    assert.ok(said.length === 1 || said.every((one) => /is missing/.test(one)), said.join('\n'))
  }
})

test('a missing key is told before anything is opened, and a secret that a provider names is listed', () => {
  assert.deepEqual(
    mistakes([stripe(keys)], true, (name) => (name === 'STRIPE_SECRET_KEY' ? 'sk_test_1' : undefined)).map((one) => one.split(':')[0]),
    ['secrets.STRIPE_WEBHOOK_SECRET'],
  )
  assert.deepEqual(
    mistakes([stripe({ sandbox: true })], true, () => undefined),
    [],
  )
})

test('somebody takes money in each currency of the shop', () => {
  const paymentProviders = offeredProviders(true)
  const surroundings = { publicUrl: 'https://shop.example', isDevelopment: true, paymentProviders }
  const told = (shop: ShopConfig) => {
    try {
      return createBackend({ name: 'Shop', shop }, surroundings).project.shop!.currencies
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      return error.mistakes.map(({ path, message }) => `${path}: ${message}`)
    }
  }
  const payPal = paypal({ sandbox: true })
  assert.deepEqual(told({ currency: 'EUR', currencies: ['JPY', 'CHF'], payments: [payPal] }), ['EUR', 'JPY', 'CHF'])
  assert.deepEqual(told({ currency: 'EUR', currencies: ['CHF', 'KWD'], payments: [payPal] }), [
    'shop.currencies[1]: nobody of shop.payments takes KWD: there is paypal',
  ])
  assert.deepEqual(told({ currency: 'KWD', payments: [payPal] }), ['shop.currency: nobody of shop.payments takes KWD: there is paypal'])
  // Stripe does, and PayPal is not offered for it.
  assert.deepEqual(told({ currency: 'EUR', currencies: ['KWD'], payments: [payPal, stripe({ sandbox: true })] }), ['EUR', 'KWD'])
})
