import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order, Payment } from '../../../client/src/index.ts'
import { isFinal, tellOrder, wasPaid } from './order-state.ts'

function order(more: Partial<Order>): Order {
  const unpaid = { status: 'pending_payment', paymentStatus: 'none', email: 'ada@example.com' }
  return { fulfillmentStatus: 'unfulfilled', lines: [{ id: 'line_1' }], ...unpaid, ...more } as Order
}
function payment(status: string, action: Payment['action'] = null): Payment {
  return { status, action } as Payment
}

const stories = [
  { name: 'no news yet', order: {}, payment: undefined, mood: 'waiting', final: false },
  { name: 'processing', order: {}, payment: payment('processing'), mood: 'waiting', final: false },
  { name: 'declined', order: {}, payment: payment('declined'), mood: 'acting', final: false },
  { name: 'turned back', order: {}, payment: payment('canceled'), mood: 'acting', final: false },
  { name: 'failed late', order: {}, payment: payment('failed'), mood: 'acting', final: false },
  {
    name: 'challenge',
    order: {},
    payment: payment('requires_action', { type: 'redirect', url: '/bank' }),
    mood: 'acting',
    final: false,
  },
  {
    name: 'a transfer, also just back from elsewhere',
    order: {},
    payment: payment('requires_action', { type: 'transfer', holder: 'A', iban: 'AT61', bic: null, reference: '1' }),
    mood: 'acting',
    final: false,
  },
  {
    name: 'paid, though an earlier try failed',
    order: { status: 'placed', paymentStatus: 'paid' },
    payment: payment('declined'),
    mood: 'good',
    final: true,
  },
  { name: 'expired', order: { status: 'expired' }, payment: undefined, mood: 'over', final: true },
  {
    name: 'canceled after payment',
    order: { status: 'canceled', paymentStatus: 'paid' },
    payment: payment('captured'),
    mood: 'over',
    final: true,
  },
  {
    name: 'refunded',
    order: { status: 'canceled', paymentStatus: 'refunded' },
    payment: payment('captured'),
    mood: 'over',
    final: true,
  },
] as const

for (const story of stories) {
  test(`an order is told: ${story.name}`, () => {
    const told = order(story.order)
    assert.equal(tellOrder(told, story.payment).mood, story.mood)
    assert.equal(isFinal(told), story.final)
  })
}

test('an order that is downloaded speaks of no parcel and of no shelf', () => {
  const digital = (more: Partial<Order>) => order({ lines: [{ id: 'line_1', isDigital: true }] as unknown as Order['lines'], ...more })
  const transfer = { type: 'transfer', holder: 'A', iban: 'AT61', bic: null, reference: '1' } as const
  const told = [
    tellOrder(digital({}), payment('canceled')),
    tellOrder(digital({}), payment('declined')),
    tellOrder(digital({}), payment('requires_action', transfer)),
    tellOrder(digital({ status: 'expired' }), undefined),
    tellOrder(digital({ status: 'placed', paymentStatus: 'paid' }), undefined),
    tellOrder(digital({ status: 'completed', paymentStatus: 'paid', fulfillmentStatus: 'fulfilled' }), undefined),
  ]
  for (const { title, text } of told) assert.doesNotMatch(`${title} ${text}`, /parcel|shelf|held|on their way|are sent/)
  assert.equal(told.at(-1)!.title, 'Your books are ready to download')
  // One book among it lies in a parcel.
  const lines = [{ id: 'line_1', isDigital: true }, { id: 'line_2' }] as unknown as Order['lines']
  assert.match(tellOrder(order({ lines, status: 'placed', paymentStatus: 'paid' }), undefined).text, /parcel/)
})

test('what was added to an order is paid by a link, and in an exchange not yet', () => {
  const added = (holds: string[], paymentStatus = 'partially_paid') =>
    tellOrder(order({ status: 'placed', paymentStatus, holds } as Partial<Order>), payment('captured'))
  const labels = [added(['exchange']), added(['exchange'], 'refunded'), added(['payment_due']), added([])].map(({ label }) => label)
  assert.deepEqual(labels, ['Exchange', 'Exchange', 'To be paid', 'To be paid'])
  assert.doesNotMatch(added(['exchange']).text, /link/)
})

test('what is placed and owed is not paid', () => {
  const owed = order({ status: 'placed', paymentStatus: 'authorized' })
  assert.deepEqual([tellOrder(owed, payment('authorized')).mood, wasPaid(owed)], ['good', false])
  assert.equal(wasPaid(order({ status: 'placed', paymentStatus: 'partially_refunded' })), true)
})

test('a customer back from the bank is not sent there again at once', () => {
  const challenge = payment('requires_action', { type: 'redirect', url: '/bank' })
  assert.equal(tellOrder(order({}), challenge, true).mood, 'waiting')
})
