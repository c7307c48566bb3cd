/** The timeline tells a story in order, whatever order its parts were loaded in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bookingWords, errorText, kindWords, type OrderFile, timelineOf } from './timeline.ts'

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 8, 0, second)).toISOString()
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const address = { name: 'Ada', line1: 'Main Street 1', city: 'Vienna', postalCode: '1010', country: 'AT' }
const order: OrderFile['order'] = {
  id: 'ord_1',
  number: 'K-1001',
  cart: 'cart_1',
  customer: null,
  email: 'a@x.org',
  accountEmail: null,
  status: 'placed',
  paymentStatus: 'paid',
  fulfillmentStatus: 'unfulfilled',
  holds: [],
  lines: [],
  discounts: null,
  vatId: null,
  vatCheck: null,
  taxExemption: null,
  addresses: { shipping: address, billing: address },
  shipping: null,
  totals: { subtotal: eur(500), discount: eur(0), shipping: eur(0), tax: eur(0), total: eur(500) },
  total: eur(500),
  note: null,
  giftMessage: null,
  createdAt: at(0),
  placedAt: at(5),
  expiresAt: null,
}
const file: OrderFile = {
  invoices: [],
  order,
  payments: [
    {
      id: 'pay_1',
      order: 'ord_1',
      provider: 'sandbox',
      method: null,
      status: 'captured',
      amount: eur(500),
      authorized: eur(0),
      captured: eur(500),
      refunded: eur(0),
      disputed: null,
      capturable: null,
      action: null,
      lastError: null,
      createdAt: at(0),
    },
  ],
  facts: [
    {
      id: 'fct_1',
      payment: 'pay_1',
      order: 'ord_1',
      provider: 'sandbox',
      kind: 'captured',
      amount: eur(500),
      source: 'webhook',
      createdAt: at(5),
    },
  ],
  refunds: [],
  disputes: [],
  entries: [
    {
      id: 'len_2',
      transfer: 'trf_1',
      account: 'L:deposit:ord_1',
      amount: eur(-500),
      postedAt: at(5),
    },
    { id: 'len_1', transfer: 'trf_1', account: 'A:psp:sandbox', amount: eur(500), postedAt: at(5) },
  ],
  reservations: [{ id: 'rsv_1', variant: 'var_1', quantity: 2, state: 'committed', createdAt: at(0) }],
  emails: [
    {
      id: 'eml_1',
      direction: 'out',
      status: 'sent',
      to: ['a@x.org'],
      subject: 'Receipt',
      createdAt: at(5),
    },
  ],
  effects: [
    {
      id: 'eff_1',
      kind: 'mail.send',
      state: 'dead',
      attempts: 5,
      lastError: { message: 'refused' },
      createdAt: at(5),
    },
  ],
}

test('cause before consequence at the same moment', () => {
  assert.deepEqual(
    timelineOf(file).map((item) => item.lane),
    ['order', 'stock', 'payment', 'order', 'payment', 'ledger', 'mail', 'effect'],
  )
})

test('one transfer is one item, from debit to credit', () => {
  const ledger = timelineOf(file).filter((item) => item.lane === 'ledger')
  assert.deepEqual(
    ledger.map((item) => item.detail),
    ['A:psp:sandbox to L:deposit:ord_1'],
  )
  assert.equal(ledger[0]?.tone, 'quiet')
})

test('late news says when it happened', () => {
  const [fact] = file.facts
  assert.ok(fact)
  const late = { ...fact, createdAt: at(3600), providerTime: at(0) }
  const item = timelineOf({ ...file, facts: [late] }).find((entry) => entry.id === 'fct_1')
  assert.match(item?.detail ?? '', /happened 2026-11-24T08:00:00/)
})

test('keys are unique, and parts without a time are left out', () => {
  const keys = timelineOf(file).map((item) => item.key)
  assert.equal(new Set(keys).size, keys.length)
  const bare: OrderFile = {
    ...file,
    reservations: [{ id: 'rsv_2', variant: 'var_1', quantity: 1, state: 'held' }],
  }
  assert.equal(timelineOf(bare).filter((item) => item.collection === 'reservations').length, 0)
})

test('bookings in words', () => {
  assert.equal(bookingWords('payment.cap_ok'), 'Payment captured')
  assert.equal(bookingWords('order.reversed'), 'Order reversed')
  assert.equal(bookingWords('correction'), 'Correction')
})

test('an error is a sentence, whatever its shape', () => {
  assert.equal(errorText('refused'), 'refused')
  assert.equal(errorText({ code: 'smtp_421' }), 'smtp_421')
  assert.equal(errorText(null), '')
})

test('kinds are told in words', () => {
  assert.deepEqual(['cap_ok', 'payment.follow', 'payment.cap_ok', 'received'].map(kindWords), [
    'Captured',
    'Ask how a payment went',
    'Payment captured',
    'Received',
  ])
})
