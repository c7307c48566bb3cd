import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answers, eur, notFound, ofCapture, operation, orderOf, payPalDouble } from '../../../test/support/paypal-double.ts'
import type { ProviderResult, ProviderView } from '../../domains/payments/provider.ts'

const path = '/v2/checkout/orders/5O190127TN364715T'
const providerRef = '5O190127TN364715T'
const look = { reference: 'pay_1', providerRef }
const call = { key: 'k', payment: 'pay_1', providerRef }
const euros = (amount: number) => ({ amount, currency: 'EUR' })
const none = { 'GET /v1/customer/disputes': { body: {} } }

function okOf<T>(answer: ProviderResult<T>): T {
  assert.equal(answer.result, 'ok', JSON.stringify(answer))
  return (answer as { value: T }).value
}
const factsOf = ({ facts }: ProviderView) =>
  facts.map(({ kind, operationRef, amount, reference }) => `${kind} ${operationRef} ${amount.amount}${reference ? ` ${reference}` : ''}`)

async function seen(order: object, more: Answers = none): Promise<ProviderView> {
  const { provider } = payPalDouble({ [`GET ${path}`]: { body: order }, ...more })
  return okOf(await provider.fetch(look))!
}

test('a start says where the buyer goes, and asks for what the shop asks for', async () => {
  const { provider, asked } = payPalDouble(
    { 'POST /v2/checkout/orders': { status: 201, body: orderOf('PAYER_ACTION_REQUIRED') } },
    { brandName: 'The shop' },
  )
  const request = {
    key: 'payment.start:pay_1',
    reference: 'pay_1',
    method: 'paypal',
    returnUrl: 'http://s.test/orders/1',
    description: 'Order 1',
    webhookUrl: '',
  }
  const view = okOf(await provider.start({ ...request, amount: euros(2000), capture: 'later' }))
  assert.deepEqual(view, {
    providerRef,
    facts: [],
    phase: 'open',
    action: { type: 'redirect', url: 'https://www.paypal.com/checkoutnow?token=5O190127TN364715T' },
    declineReason: null,
  })
  assert.deepEqual(JSON.parse(asked.at(-1)!.body!), {
    intent: 'AUTHORIZE',
    purchase_units: [{ reference_id: 'default', custom_id: 'pay_1', invoice_id: 'pay_1', description: 'Order 1', amount: eur('20.00') }],
    payment_source: {
      paypal: {
        experience_context: {
          brand_name: 'The shop',
          shipping_preference: 'NO_SHIPPING',
          user_action: 'PAY_NOW',
          return_url: 'http://s.test/orders/1',
          cancel_url: 'http://s.test/orders/1',
        },
      },
    },
  })
  for (const amount of [
    { amount: 1050, currency: 'HUF' },
    { amount: 1000, currency: 'KWD' },
  ])
    assert.equal((await provider.start({ ...request, amount })).result, 'refused')
})

test('each state of an order is told as what it is', async () => {
  const captured = (status: string, more: object = {}) => orderOf('COMPLETED', { captures: [operation('CAP1', status, '20.00', more)] })
  const authorized = (status: string, payments: object = {}) =>
    orderOf('COMPLETED', { authorizations: [operation('AUTH1', status, '20.00')], ...payments }, { intent: 'AUTHORIZE' })
  const part = (status: string) => ({ captures: [operation('CAP1', status, '5.00', { invoice_id: 'cap_7' })] })
  const why = (reason: string) => ({ status_details: { reason } })
  const rows: [string, object, ProviderView['phase'], string[]][] = [
    ['created', orderOf('CREATED'), 'open', []],
    ['approved', orderOf('APPROVED'), 'approved', []],
    ['voided', orderOf('VOIDED'), 'closed', ['void_ok 5O190127TN364715T 2000']],
    ['captured', captured('COMPLETED'), 'closed', ['cap_ok CAP1 2000']],
    ['its own invoice is no capture of ours', captured('COMPLETED', { invoice_id: 'pay_1' }), 'closed', ['cap_ok CAP1 2000']],
    ['refunded in part', captured('PARTIALLY_REFUNDED'), 'closed', ['cap_ok CAP1 2000']],
    ['pending', captured('PENDING', why('ECHECK')), 'processing', []],
    ['paid, and disputed', captured('PENDING', why('BUYER_COMPLAINT')), 'closed', ['cap_ok CAP1 2000']],
    ['declined', captured('DECLINED'), 'closed', ['auth_fail CAP1 2000']],
    ['charged back', captured('DECLINED', why('CHARGEBACK')), 'closed', ['cap_ok CAP1 2000']],
    ['authorized', authorized('CREATED'), 'closed', ['auth_ok AUTH1 2000']],
    ['authorization pending', authorized('PENDING'), 'processing', []],
    ['authorization denied', authorized('DENIED'), 'closed', ['auth_fail AUTH1 2000']],
    ['authorization voided', authorized('VOIDED'), 'closed', ['auth_ok AUTH1 2000', 'void_ok AUTH1 2000']],
    ['captured in part', authorized('PARTIALLY_CAPTURED', part('COMPLETED')), 'closed', ['auth_ok AUTH1 2000', 'cap_ok CAP1 500 cap_7']],
    [
      'a part, and no more',
      authorized('CAPTURED', part('COMPLETED')),
      'closed',
      ['auth_ok AUTH1 2000', 'void_ok AUTH1 1500', 'cap_ok CAP1 500 cap_7'],
    ],
    ['a part is on its way', authorized('VOIDED', part('PENDING')), 'processing', ['auth_ok AUTH1 2000']],
    ['a part failed', authorized('CREATED', part('FAILED')), 'closed', ['auth_ok AUTH1 2000', 'cap_fail CAP1 500 cap_7']],
  ]
  for (const [name, order, phase, facts] of rows) {
    const view = await seen(order)
    assert.equal(view.phase, phase, name)
    assert.deepEqual(factsOf(view), facts, name)
    assert.equal(view.action !== null, phase === 'open', name)
  }
})

test('until when an authorization can be captured is told while something of it can be', async () => {
  const one = (status: string) => ({ authorizations: [operation('AUTH1', status, '20.00', { expiration_time: '2026-12-29T11:00:00Z' })] })
  assert.equal(
    (await seen(orderOf('COMPLETED', one('CREATED'), { intent: 'AUTHORIZE' }))).capturableUntil,
    Date.parse('2026-12-29T11:00:00Z'),
  )
  assert.equal((await seen(orderOf('COMPLETED', one('VOIDED'), { intent: 'AUTHORIZE' }))).capturableUntil, undefined)
})

test('refunds are told by our names of them, what PayPal took back itself as a capture that was reversed', async () => {
  const captures = [operation('CAP1', 'PARTIALLY_REFUNDED', '20.00')]
  const refunds = [
    operation('R1', 'COMPLETED', '1.00', { custom_id: 'ref_1', ...ofCapture('CAP1') }),
    operation('R2', 'PENDING', '2.00', { custom_id: 'ref_2', ...ofCapture('CAP1') }),
    operation('R3', 'FAILED', '3.00', { custom_id: 'ref_3' }),
    operation('R4', 'COMPLETED', '4.00', { custom_id: 'pay_1', ...ofCapture('CAP1') }),
    operation('R5', 'COMPLETED', '5.00', { note_to_payer: 'Payment reversed', ...ofCapture('CAP1') }),
  ]
  const view = await seen(orderOf('COMPLETED', { captures, refunds }))
  assert.deepEqual(factsOf(view), [
    'cap_ok CAP1 2000',
    'ref_ok R1 100 ref_1',
    'ref_fail R3 300 ref_3',
    'ref_ok R4 400',
    'cap_reversed R5 500',
  ])
  assert.equal(view.phase, 'processing')
})

type Moves = { type: string; value: string; reason?: string; party?: string }[]
function disputeOf(status: string, moves: Moves = [], more: object = {}) {
  return {
    dispute_id: 'PP-D-27803',
    create_time: '2026-12-01T10:00:00Z',
    disputed_transactions: [{ seller_transaction_id: 'CAP1', custom: 'pay_1' }],
    reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
    status,
    dispute_amount: eur('20.00'),
    dispute_life_cycle_stage: 'CHARGEBACK',
    seller_response_due_date: '2026-12-11T10:00:00Z',
    money_movements: moves.map(({ type, value, reason = 'DISPUTE_SETTLEMENT', party = 'SELLER' }, index) => ({
      affected_party: party,
      amount: eur(value),
      initiated_time: `2026-12-0${index + 2}T10:00:00Z`,
      type,
      reason,
    })),
    ...more,
  }
}

test('disputes are told with what was moved for them, each move once', async () => {
  const taken = { type: 'DEBIT', value: '20.00' }
  const outcome = (code: string) => ({ dispute_outcome: { outcome_code: code } })
  const rows: [string, object, string, string[]][] = [
    ['a question', disputeOf('OPEN', [], { dispute_life_cycle_stage: 'INQUIRY' }), 'warning', []],
    ['opened', disputeOf('WAITING_FOR_SELLER_RESPONSE', [taken]), 'needs_response', ['disp_withdrawn PP-D-27803 2000']],
    [
      'its fee is no part of it',
      disputeOf('UNDER_REVIEW', [taken, { type: 'DEBIT', value: '14.00', reason: 'CHARGEBACK_FEE' }]),
      'under_review',
      ['disp_withdrawn PP-D-27803 2000'],
    ],
    [
      'nor what the buyer gets',
      disputeOf('UNDER_REVIEW', [taken, { type: 'CREDIT', value: '20.00', party: 'BUYER' }]),
      'under_review',
      ['disp_withdrawn PP-D-27803 2000'],
    ],
    [
      'won',
      disputeOf('RESOLVED', [taken, { type: 'CREDIT', value: '20.00' }], outcome('RESOLVED_SELLER_FAVOUR')),
      'won',
      ['disp_withdrawn PP-D-27803 2000', 'disp_reinstated PP-D-27803 2000'],
    ],
    [
      'lost',
      disputeOf('RESOLVED', [taken], outcome('RESOLVED_BUYER_FAVOUR')),
      'lost',
      ['disp_withdrawn PP-D-27803 2000', 'disp_lost PP-D-27803 2000'],
    ],
    ['PayPal pays', disputeOf('RESOLVED', [], outcome('RESOLVED_WITH_PAYOUT')), 'won', []],
    ['canceled', disputeOf('RESOLVED', [], outcome('CANCELED_BY_BUYER')), 'closed', []],
    [
      'taken twice',
      disputeOf('UNDER_REVIEW', [taken, { type: 'CREDIT', value: '20.00' }, taken]),
      'under_review',
      ['disp_withdrawn PP-D-27803 2000', 'disp_reinstated PP-D-27803 2000', 'disp_withdrawn PP-D-27803:2 2000'],
    ],
  ]
  for (const [name, dispute, status, facts] of rows) {
    const view = await seen(orderOf('COMPLETED', { captures: [operation('CAP1', 'COMPLETED', '20.00')] }), {
      'GET /v1/customer/disputes': { body: { items: [{ dispute_id: 'PP-D-27803' }] } },
      'GET /v1/customer/disputes/PP-D-27803': { body: dispute },
    })
    assert.deepEqual(factsOf(view), ['cap_ok CAP1 2000', ...facts], name)
    assert.deepEqual(
      view.disputes,
      [
        {
          ref: 'PP-D-27803',
          status,
          amount: euros(2000),
          reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
          evidenceDueAt: Date.parse('2026-12-11T10:00:00Z'),
        },
      ],
      name,
    )
  }
})

test('what a dispute took is no refund besides, whichever of the two records says it first', async () => {
  const reversal = operation('R9', 'COMPLETED', '20.00', { note_to_payer: 'Payment reversed', ...ofCapture('CAP1') })
  const order = orderOf('COMPLETED', { captures: [operation('CAP1', 'REFUNDED', '20.00')], refunds: [reversal] })
  for (const moves of [[], [{ type: 'DEBIT', value: '20.00' }]]) {
    const view = await seen(order, {
      'GET /v1/customer/disputes': { body: { items: [{ dispute_id: 'PP-D-27803' }] } },
      'GET /v1/customer/disputes/PP-D-27803': { body: disputeOf('UNDER_REVIEW', moves) },
    })
    assert.deepEqual(factsOf(view), ['cap_ok CAP1 2000', 'disp_withdrawn PP-D-27803 2000'])
  }
})

test('an app that may not see disputes says nothing of them; when they cannot be had, nothing is known', async () => {
  const order = orderOf('COMPLETED', { captures: [operation('CAP1', 'COMPLETED', '20.00')] })
  const denied = { status: 403, body: { name: 'NOT_AUTHORIZED', message: 'Permission denied.' } }
  assert.equal((await seen(order, { 'GET /v1/customer/disputes': denied })).disputes, undefined)
  const { provider } = payPalDouble({ [`GET ${path}`]: { body: order }, 'GET /v1/customer/disputes': { status: 500, body: '' } })
  assert.equal((await provider.fetch(look)).result, 'uncertain')
})

test('what the buyer agreed to is taken once, and the way that the order was made for', async () => {
  for (const [intent, step] of [
    ['CAPTURE', 'capture'],
    ['AUTHORIZE', 'authorize'],
  ] as const) {
    const done =
      step === 'capture'
        ? { captures: [operation('CAP1', 'COMPLETED', '20.00')] }
        : { authorizations: [operation('AUTH1', 'CREATED', '20.00')] }
    const { provider, asked, calls } = payPalDouble({
      [`GET ${path}`]: { body: orderOf('APPROVED', {}, { intent }) },
      [`POST ${path}/${step}`]: { status: 201, body: orderOf('COMPLETED', done, { intent }) },
    })
    const view = okOf(await provider.resume!({ ...call, capture: 'now' }))
    assert.deepEqual(factsOf(view), [step === 'capture' ? 'cap_ok CAP1 2000' : 'auth_ok AUTH1 2000'])
    assert.deepEqual(calls(), [`GET ${path}`, `POST ${path}/${step}`])
    assert.equal(asked.at(-1)!.headers!['paypal-request-id'], 'k')
  }
})

test('nothing is taken of an order that nobody agreed to, or that was taken already', async () => {
  for (const order of [
    orderOf('CREATED'),
    orderOf('COMPLETED', { captures: [operation('CAP1', 'PENDING', '20.00')] }),
    orderOf('VOIDED'),
  ]) {
    const { provider, calls } = payPalDouble({ [`GET ${path}`]: { body: order } })
    okOf(await provider.resume!({ ...call, capture: 'now' }))
    assert.deepEqual(calls(), [`GET ${path}`])
  }
})

test('a decline ends the attempt with a reason for its buyer; where another call was first, the record counts', async () => {
  const no = (issue: string) => ({
    status: 422,
    body: { name: 'UNPROCESSABLE_ENTITY', message: 'No.', details: [{ issue, description: 'So it is.' }] },
  })
  const declined = payPalDouble({ [`GET ${path}`]: { body: orderOf('APPROVED') }, [`POST ${path}/capture`]: no('INSTRUMENT_DECLINED') })
  const view = okOf(await declined.provider.resume!({ ...call, capture: 'now' }))
  assert.deepEqual(factsOf(view), ['auth_fail 5O190127TN364715T 2000'])
  assert.equal(view.declineReason, 'The card or account at PayPal was declined. Choose another one there.')

  let looks = 0
  const raced = payPalDouble({
    [`GET ${path}`]: () => ({
      body: looks++ === 0 ? orderOf('APPROVED') : orderOf('COMPLETED', { captures: [operation('CAP1', 'COMPLETED', '20.00')] }),
    }),
    [`POST ${path}/capture`]: no('ORDER_ALREADY_CAPTURED'),
  })
  assert.deepEqual(factsOf(okOf(await raced.provider.resume!({ ...call, capture: 'now' }))), ['cap_ok CAP1 2000'])

  const refused = payPalDouble({ [`GET ${path}`]: { body: orderOf('APPROVED') }, [`POST ${path}/capture`]: no('DUPLICATE_INVOICE_ID') })
  assert.deepEqual(await refused.provider.resume!({ ...call, capture: 'now' }), {
    result: 'refused',
    reason: 'PayPal refuses it: So it is. (DUPLICATE_INVOICE_ID)',
  })
})

const authorizedOrder = (status: string, captures: object[] = []) =>
  orderOf('COMPLETED', { authorizations: [operation('AUTH1', status, '20.00')], captures }, { intent: 'AUTHORIZE' })

test('a capture names ours, and is told though the order does not say it yet; asked again it is not sent again', async () => {
  const made = operation('CAP1', 'COMPLETED', '5.00', { invoice_id: 'cap_7', final_capture: false })
  let order = authorizedOrder('CREATED')
  const { provider, asked, calls } = payPalDouble({
    [`GET ${path}`]: () => ({ body: order }),
    'POST /v2/payments/authorizations/AUTH1/capture': { status: 201, body: made },
  })
  const request = { ...call, reference: 'cap_7', amount: euros(500), isFinal: false }
  assert.deepEqual(factsOf(okOf(await provider.capture!(request))), ['auth_ok AUTH1 2000', 'cap_ok CAP1 500 cap_7'])
  const sent = asked.find(({ url }) => url.endsWith('/capture'))!
  assert.deepEqual(JSON.parse(sent.body!), { amount: eur('5.00'), invoice_id: 'cap_7', final_capture: false })
  assert.equal(sent.headers!['paypal-request-id'], 'k')
  order = authorizedOrder('PARTIALLY_CAPTURED', [made])
  const before = calls().length
  assert.deepEqual(factsOf(okOf(await provider.capture!(request))), ['auth_ok AUTH1 2000', 'cap_ok CAP1 500 cap_7'])
  assert.deepEqual(calls().slice(before), [`GET ${path}`])
})

test('what waits is given up without a call, an authorization by one, and what was taken meanwhile is told', async () => {
  for (const status of ['PAYER_ACTION_REQUIRED', 'APPROVED']) {
    const { provider, calls } = payPalDouble({ [`GET ${path}`]: { body: orderOf(status) } })
    const view = okOf(await provider.cancel(call))
    assert.deepEqual([factsOf(view), view.phase, view.action], [['void_ok 5O190127TN364715T 2000'], 'closed', null])
    assert.deepEqual(calls(), [`GET ${path}`])
  }
  let isVoid = false
  const authorized = payPalDouble({
    [`GET ${path}`]: () => ({ body: authorizedOrder(isVoid ? 'VOIDED' : 'CREATED') }),
    'POST /v2/payments/authorizations/AUTH1/void': () => ((isVoid = true), { status: 204, body: '' }),
  })
  assert.deepEqual(factsOf(okOf(await authorized.provider.cancel(call))), ['auth_ok AUTH1 2000', 'void_ok AUTH1 2000'])
  const paid = payPalDouble({ [`GET ${path}`]: { body: orderOf('COMPLETED', { captures: [operation('CAP1', 'COMPLETED', '20.00')] }) } })
  assert.deepEqual(factsOf(okOf(await paid.provider.cancel(call))), ['cap_ok CAP1 2000'])
})

test('a refund goes to the capture that has just enough left, and one that PayPal knows is not sent again', async () => {
  const captures = [operation('CAP1', 'COMPLETED', '12.00'), operation('CAP2', 'PARTIALLY_REFUNDED', '8.00')]
  const earlier = operation('R1', 'COMPLETED', '3.00', { custom_id: 'ref_1', ...ofCapture('CAP2') })
  const made = operation('R2', 'PENDING', '5.00', { custom_id: 'ref_2', ...ofCapture('CAP2') })
  const { provider, asked, calls } = payPalDouble({
    [`GET ${path}`]: { body: orderOf('COMPLETED', { captures, refunds: [earlier] }) },
    'POST /v2/payments/captures/CAP2/refund': { status: 201, body: made },
    'POST /v2/payments/captures/CAP1/refund': { status: 201, body: { ...made, ...ofCapture('CAP1'), status: 'COMPLETED' } },
  })
  const request = (reference: string, amount: number) => provider.refund({ ...call, reference, amount: euros(amount) })
  assert.equal(okOf(await request('ref_2', 500)).phase, 'processing')
  assert.deepEqual(JSON.parse(asked.find(({ url }) => url.endsWith('/refund'))!.body!), { amount: eur('5.00'), custom_id: 'ref_2' })
  assert.ok(factsOf(okOf(await request('ref_3', 501))).includes('ref_ok R2 500 ref_2'))
  const before = calls().length
  assert.ok(factsOf(okOf(await request('ref_1', 300))).includes('ref_ok R1 300 ref_1'))
  assert.deepEqual(calls().slice(before), [`GET ${path}`])
  const tooMuch = await request('ref_4', 1201)
  assert.ok(tooMuch.result === 'refused' && /No capture of this payment has so much left/.test(tooMuch.reason))
})

// A payment of ours that began a year before the double's noon.
const reference = 'pay_01kbaa4ng0e00b8vp57rbe3ax6'
const search = 'GET /v1/reporting/transactions'
const transaction = (info: object) => ({
  transaction_info: {
    transaction_id: 'CAP1',
    transaction_event_code: 'T0006',
    transaction_initiation_date: '2025-11-30T12:10:00Z',
    transaction_amount: eur('20.00'),
    ...info,
  },
})

test('an order whose name is lost is found among the transactions of the account', async () => {
  const known = orderOf('COMPLETED', { captures: [operation('CAP1', 'PENDING', '20.00')] })
  const byOrder = transaction({ custom_field: reference, paypal_reference_id: providerRef, paypal_reference_id_type: 'ODR' })
  const direct = payPalDouble({ [search]: { body: { transaction_details: [byOrder] } }, [`GET ${path}`]: { body: known } })
  assert.equal(okOf(await direct.provider.fetch({ reference, providerRef: null }))?.providerRef, providerRef)

  const byCapture = transaction({ custom_field: reference })
  const related = { ...operation('CAP1', 'COMPLETED', '20.00'), supplementary_data: { related_ids: { order_id: providerRef } } }
  const through = payPalDouble({
    [search]: { body: { transaction_details: [byCapture] } },
    'GET /v2/payments/captures/CAP1': { body: related },
    [`GET ${path}`]: { body: known },
  })
  assert.equal(okOf(await through.provider.fetch({ reference, providerRef: null }))?.providerRef, providerRef)
})

test('it is answered that there is none only when PayPal has listed all of the time in which it could be paid', async () => {
  const until = (last: string | undefined, pages = 1) => ({
    [search]: { body: { ...(last ? { last_refreshed_datetime: last } : {}), total_pages: pages } },
  })
  const asked = async (answers: Answers, ref = reference) =>
    (await payPalDouble(answers).provider.fetch({ reference: ref, providerRef: null })) as ProviderResult<null>
  assert.deepEqual(await asked(until('2026-11-30T09:00:00Z')), { result: 'ok', value: null })
  for (const answers of [
    until('2025-12-01T09:00:00Z'),
    until(undefined),
    until('2026-11-30T09:00:00Z', 11),
    { [search]: { status: 403, body: { name: 'NOT_AUTHORIZED', message: 'No.' } } },
    { [search]: { status: 500 } },
    { [search]: { body: '<html>' } },
  ])
    assert.equal((await asked(answers)).result, 'uncertain', JSON.stringify(answers))
  // Of a name that is none of ours nothing is known.
  assert.equal((await asked(until('2026-11-30T09:00:00Z'), 'pay_1')).result, 'uncertain')
})

test('an order that PayPal does not know any more is looked for before it is said that there is none', async () => {
  const { provider, calls } = payPalDouble({
    [`GET ${path}`]: { status: 404, body: notFound },
    [search]: { body: { last_refreshed_datetime: '2025-12-01T00:00:00Z' } },
  })
  assert.equal((await provider.fetch({ reference, providerRef })).result, 'uncertain')
  assert.deepEqual(calls(), [`GET ${path}`, search])
})

test('the lines of the account are read in windows of 31 days and in pages, with what PayPal kept', async () => {
  const day = 24 * 3_600_000
  const now = Date.parse('2026-11-30T12:00:00Z')
  const lines = [
    transaction({
      transaction_id: 'R1',
      transaction_event_code: 'T1107',
      transaction_amount: eur('-5.00'),
      fee_amount: eur('0.17'),
      custom_field: 'ref_1',
      transaction_initiation_date: '2026-11-02T10:00:00Z',
    }),
    transaction({ fee_amount: eur('-0.89'), custom_field: 'pay_1', transaction_initiation_date: '2026-11-01T10:00:00Z' }),
    transaction({
      transaction_id: 'W1',
      transaction_event_code: 'T0400',
      transaction_amount: eur('-14.00'),
      transaction_initiation_date: '2026-11-03T10:00:00Z',
    }),
  ]
  const { provider, asked } = payPalDouble({
    [search]: ({ url }) => ({
      body: new URL(url).searchParams.get('page') === '2' ? { transaction_details: lines, total_pages: 2 } : { total_pages: 2 },
    }),
  })
  let page = okOf(await provider.list!(now - 40 * day, null))
  assert.deepEqual(page.lines, [])
  page = okOf(await provider.list!(now - 40 * day, page.next))
  assert.deepEqual(
    page.lines.map(({ ref, kind, operationRef, reference, amount, fee }) => [
      ref,
      kind,
      operationRef,
      reference,
      amount.amount,
      fee.amount,
    ]),
    [
      ['CAP1', 'payment', 'CAP1', 'pay_1', 2000, 89],
      ['R1', 'refund', 'R1', null, -500, 0],
      ['R1:fee', 'fee', null, null, 17, 0],
      ['W1', 'payout', null, null, -1400, 0],
    ],
  )
  page = okOf(await provider.list!(now - 40 * day, page.next))
  page = okOf(await provider.list!(now - 40 * day, page.next))
  assert.equal(page.next, null)
  const asks = asked.filter(({ url }) => url.includes('/reporting/')).map(({ url }) => new URL(url).searchParams)
  assert.deepEqual(
    asks.map((one) => [one.get('start_date'), one.get('end_date'), one.get('page')]),
    [
      ['2026-10-21T12:00:00.000Z', '2026-11-21T12:00:00.000Z', '1'],
      ['2026-10-21T12:00:00.000Z', '2026-11-21T12:00:00.000Z', '2'],
      ['2026-11-21T12:00:00.000Z', '2026-11-30T12:00:00.000Z', '1'],
      ['2026-11-21T12:00:00.000Z', '2026-11-30T12:00:00.000Z', '2'],
    ],
  )
})

test('a window that PayPal has no data of yet has no lines', async () => {
  const { provider } = payPalDouble({
    [search]: {
      status: 400,
      body: {
        name: 'INVALID_REQUEST',
        message: 'x',
        details: [{ issue: 'INVALID_DATE', description: 'Data for the given start date is not available.' }],
      },
    },
  })
  assert.deepEqual(await provider.list!(Date.parse('2026-11-30T11:00:00Z'), null), { result: 'ok', value: { lines: [], next: null } })
})
