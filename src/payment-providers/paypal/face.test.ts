// The adapter and the sandbox's face of PayPal over real sockets. Every request and every answer is held against what PayPal
// publishes, every webhook is signed and read.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { fitsPublishedEvent, watched } from '../../../test/support/published-paypal.ts'
import { type BookOnClock, openBookOnClock } from '../../../test/support/sandbox-book.ts'
import { systemClock } from '../../base/clock.ts'
import { systemEgress } from '../../base/egress.ts'
import type { PaymentProvider, ProviderResult, ProviderView, WebhookEvent } from '../../domains/payments/provider.ts'
import { payPalClientId, payPalFace } from '../../sandbox/faces/paypal.ts'
import { payPalSigner, payPalWebhookId } from '../../sandbox/faces/paypal-webhooks.ts'
import { createFacePages, namingOf } from '../../sandbox/faces/serve-face.ts'
import { createPayPalProvider } from './adapter.ts'

const secret = 'sbx_paypal'
let open: BookOnClock
let pages: ReturnType<typeof createFacePages>
let provider: PaymentProvider
const server = createServer((request, response) => pages(request, response)).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
after(() => server.close().closeAllConnections())
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox/paypal`

beforeEach(() => {
  open = openBookOnClock({
    dialect: payPalFace.webhooks({ url, secret }),
    settings: { ...payPalFace.settings, cardMs: 0, delayedMs: 1_000 },
    naming: (clock, random) => namingOf(payPalFace, clock, random),
  })
  pages = createFacePages({ face: payPalFace, book: open.book, url, secret, clock: systemClock, random: { fraction: () => 0.5 } })
  provider = createPayPalProvider({
    id: 'paypal',
    egress: watched(systemEgress),
    clock: { now: open.book.now },
    place: { apiUrl: url, certificateUrls: [`${url}/v1/notifications/certs/`], signer: payPalSigner, isPublic: false },
    keys: () => ({ clientId: payPalClientId, clientSecret: secret, webhookIds: [payPalWebhookId] }),
  })
})

function okOf<T>(answer: ProviderResult<T>): T {
  assert.equal(answer.result, 'ok', JSON.stringify(answer))
  return (answer as { value: T }).value
}
const factsOf = ({ facts }: ProviderView) =>
  facts.map(({ kind, amount, reference }) => `${kind} ${amount.amount}${reference ? ` ${reference}` : ''}`)
const euros = (amount: number) => ({ amount, currency: 'EUR' })
const reference = 'pay_01kbaa4ng0e00b8vp57rbe3ax6'

async function start(capture: 'now' | 'later' = 'now', amount = euros(2_000)): Promise<ProviderView> {
  const request = {
    key: 'payment.start:pay_1',
    reference,
    method: null,
    returnUrl: 'http://shop.test/orders/1',
    description: 'Order 1',
    webhookUrl: '',
  }
  return okOf(await provider.start({ ...request, amount, capture }))
}
const press = (view: ProviderView, answer: string) =>
  fetch((view.action as { url: string }).url, { method: 'POST', body: `answer=${answer}`, redirect: 'manual' })
const callOf = ({ providerRef }: ProviderView, key = 'k') => ({ key, payment: reference, providerRef })
const fetched = async (view: ProviderView) => okOf(await provider.fetch({ reference, providerRef: view.providerRef }))!
async function paid(capture: 'now' | 'later' = 'now', amount = euros(2_000)): Promise<ProviderView> {
  const view = await start(capture, amount)
  await press(view, 'approve')
  return okOf(await provider.resume!({ ...callOf(view), capture }))
}

let read = 0
/** The webhooks since the last look, as the adapter reads them: each of our payment. */
async function told(): Promise<string[]> {
  const types: string[] = []
  for (const { body, headers } of open.told.slice(read)) {
    fitsPublishedEvent(body!)
    const events = await provider.verifyWebhook({ body: Buffer.from(body!), headers: headers!, now: open.book.now() })
    const [event] = events as WebhookEvent[]
    assert.deepEqual([event!.reference, event!.providerRef, event!.told], [reference, open.book.all()[0]!.id, undefined])
    types.push((JSON.parse(body!) as { event_type: string }).event_type)
  }
  read = open.told.length
  return types
}
beforeEach(() => (read = 0))

test('approved on PayPal’s page and taken', async () => {
  const view = await start()
  assert.match(view.providerRef, /^[A-Z0-9]{17}$/)
  assert.equal(view.phase, 'open')
  const pressed = await press(view, 'approve')
  assert.equal(pressed.headers.get('location'), `http://shop.test/orders/1?token=${view.providerRef}`)
  open.pass(0)
  assert.deepEqual(await told(), ['CHECKOUT.ORDER.APPROVED'])
  assert.equal((await fetched(view)).phase, 'approved')
  const taken = okOf(await provider.resume!({ ...callOf(view), capture: 'now' }))
  assert.deepEqual([factsOf(taken), taken.phase], [['cap_ok 2000'], 'closed'])
  open.pass(0)
  assert.deepEqual(await told(), ['PAYMENT.CAPTURE.COMPLETED'])
  assert.deepEqual(okOf(await provider.resume!({ ...callOf(view, 'again'), capture: 'now' })), taken)
  assert.deepEqual((await fetched(view)).facts, taken.facts)
})

test('a start that is repeated answers the same order; one that was forgotten makes another', async () => {
  const first = await start()
  assert.equal((await start()).providerRef, first.providerRef)
  open.pass(7 * 3_600_000)
  const second = await start()
  assert.notEqual(second.providerRef, first.providerRef)
  // The first waited three hours for its buyer, and is gone.
  // Of a payment that began a year ago all is listed: it is none of PayPal's.
  assert.deepEqual(await provider.fetch({ reference, providerRef: first.providerRef }), { result: 'ok', value: null })
})

test('a declined card, a buyer who turns back, and one whose money takes a while', async () => {
  const declined = await start()
  await press(declined, 'decline')
  const refused = okOf(await provider.resume!({ ...callOf(declined), capture: 'now' }))
  assert.deepEqual(
    [factsOf(refused), refused.declineReason],
    [['auth_fail 2000'], 'The card or account at PayPal was declined. Choose another one there.'],
  )

  beforeNext()
  const left = await start()
  const back = await press(left, 'cancel')
  assert.equal(back.headers.get('location'), `http://shop.test/orders/1?token=${left.providerRef}`)
  assert.deepEqual(factsOf(await fetched(left)), ['void_ok 2000'])
  open.pass(0)
  assert.deepEqual(await told(), ['CHECKOUT.ORDER.VOIDED'])

  for (const [answer, kind, type] of [
    ['delayed_success', 'cap_ok', 'COMPLETED'],
    ['delayed_failure', 'auth_fail', 'DENIED'],
  ] as const) {
    beforeNext()
    const view = await start()
    await press(view, answer)
    const pending = okOf(await provider.resume!({ ...callOf(view), capture: 'now' }))
    assert.deepEqual([pending.facts, pending.phase], [[], 'processing'])
    open.pass(1_000)
    assert.deepEqual(factsOf(await fetched(view)), [`${kind} 2000`])
    assert.deepEqual(await told(), ['CHECKOUT.ORDER.APPROVED', 'PAYMENT.CAPTURE.PENDING', `PAYMENT.CAPTURE.${type}`])
  }
})

/** Another payment in a book of its own. */
function beforeNext(): void {
  for (const { id } of open.book.all()) open.book.forget(id)
  open.pass(24 * 3_600_000)
  read = open.told.length
}

test('authorized, captured in parts, and the rest given up', async () => {
  const view = await paid('later')
  assert.deepEqual(factsOf(view), ['auth_ok 2000'])
  assert.equal(view.capturableUntil, open.book.now() + 29 * 24 * 3_600_000)
  const capture = (ours: string, amount: number, isFinal = false) =>
    provider.capture!({ ...callOf(view, ours), reference: ours, amount: euros(amount), isFinal })
  assert.deepEqual(factsOf(okOf(await capture('cap_1', 500))), ['auth_ok 2000', 'cap_ok 500 cap_1'])
  assert.deepEqual(factsOf(okOf(await capture('cap_1', 500))), ['auth_ok 2000', 'cap_ok 500 cap_1'])
  const tooMuch = await capture('cap_2', 1_501)
  assert.ok(tooMuch.result === 'refused' && tooMuch.reason.endsWith('(MAX_CAPTURE_AMOUNT_EXCEEDED)'), JSON.stringify(tooMuch))
  assert.deepEqual(factsOf(okOf(await capture('cap_3', 700, true))), [
    'auth_ok 2000',
    'void_ok 800',
    'cap_ok 500 cap_1',
    'cap_ok 700 cap_3',
  ])
  // Each capture is refunded by itself.
  const refunded = okOf(await provider.refund({ ...callOf(view, 'r'), reference: 'ref_1', amount: euros(600) }))
  assert.ok(factsOf(refunded).includes('ref_ok 600 ref_1'))
  assert.equal((await provider.refund({ ...callOf(view, 's'), reference: 'ref_2', amount: euros(600) })).result, 'refused')
  open.pass(0)
  assert.deepEqual(await told(), [
    'CHECKOUT.ORDER.APPROVED',
    'PAYMENT.AUTHORIZATION.CREATED',
    'PAYMENT.CAPTURE.COMPLETED',
    'PAYMENT.CAPTURE.COMPLETED',
    'PAYMENT.CAPTURE.REFUNDED',
  ])
})

test('an authorization is voided, by us or by time', async () => {
  const voided = await paid('later')
  assert.deepEqual(factsOf(okOf(await provider.cancel(callOf(voided)))), ['auth_ok 2000', 'void_ok 2000'])
  assert.deepEqual(factsOf(okOf(await provider.cancel(callOf(voided)))), ['auth_ok 2000', 'void_ok 2000'])
  beforeNext()
  const expired = await paid('later')
  open.pass(0)
  await told()
  open.pass(29 * 24 * 3_600_000)
  assert.deepEqual(factsOf(await fetched(expired)), ['auth_ok 2000', 'void_ok 2000'])
  assert.deepEqual((await told()).at(-1), 'PAYMENT.AUTHORIZATION.VOIDED')
})

test('refunds: ours, slow ones, one that fails, and one of the dashboard', async () => {
  const view = await paid()
  const refund = (ours: string, amount: number) => provider.refund({ ...callOf(view, ours), reference: ours, amount: euros(amount) })
  assert.deepEqual(factsOf(okOf(await refund('ref_1', 100))), ['cap_ok 2000', 'ref_ok 100 ref_1'])
  assert.deepEqual(factsOf(okOf(await refund('ref_1', 100))), ['cap_ok 2000', 'ref_ok 100 ref_1'])
  open.book.set({ refundMs: 500 })
  assert.equal(okOf(await refund('ref_2', 200)).phase, 'processing')
  open.book.set({ refundFailures: 1 })
  assert.equal(okOf(await refund('ref_3', 300)).phase, 'processing')
  open.pass(500)
  open.book.set({ refundMs: 0, refundFailures: 0 })
  open.book.refundInDashboard(view.providerRef, 400)
  assert.deepEqual(factsOf(await fetched(view)), [
    'cap_ok 2000',
    'ref_ok 100 ref_1',
    'ref_ok 200 ref_2',
    'ref_fail 300 ref_3',
    'ref_ok 400',
  ])
  assert.equal((await refund('ref_4', 1_301)).result, 'refused')
  open.pass(0)
  const types = await told()
  assert.deepEqual(
    types.filter((type) => type.includes('REFUND')),
    [
      'PAYMENT.CAPTURE.REFUNDED',
      'PAYMENT.REFUND.PENDING',
      'PAYMENT.REFUND.PENDING',
      'PAYMENT.CAPTURE.REFUNDED',
      'PAYMENT.REFUND.FAILED',
      'PAYMENT.CAPTURE.REFUNDED',
    ],
  )
})

test('a dispute: asked, taken, and lost or won', async () => {
  const view = await paid()
  const disputed = open.book.dispute(view.providerRef, { amountMinor: 1_500, isWarning: true })
  const { id } = disputed.disputes[0]!
  const seen = async () => {
    const now = await fetched(view)
    return [now.disputes!.map(({ ref, status, amount }) => `${ref} ${status} ${amount.amount}`), factsOf(now).slice(1)]
  }
  assert.deepEqual(await seen(), [[`${id} warning 1500`], []])
  open.book.moveDispute(id, 'withdraw')
  assert.deepEqual(await seen(), [[`${id} needs_response 1500`], ['disp_withdrawn 1500']])
  open.book.moveDispute(id, 'respond')
  open.book.moveDispute(id, 'lose')
  assert.deepEqual(await seen(), [[`${id} lost 1500`], ['disp_withdrawn 1500', 'disp_lost 1500']])
  open.book.moveDispute(id, 'win')
  assert.deepEqual(await seen(), [[`${id} won 1500`], ['disp_withdrawn 1500', 'disp_reinstated 1500']])
  open.pass(0)
  const types = new Set(await told())
  for (const type of ['CUSTOMER.DISPUTE.CREATED', 'CUSTOMER.DISPUTE.UPDATED', 'CUSTOMER.DISPUTE.RESOLVED', 'PAYMENT.CAPTURE.REVERSED'])
    assert.ok(types.has(type), type)
})

test('the lines of the account come to what the book holds', async () => {
  const view = await paid()
  okOf(await provider.refund({ ...callOf(view, 'r'), reference: 'ref_1', amount: euros(500) }))
  const { id } = open.book.dispute(view.providerRef, { amountMinor: 300 }).disputes[0]!
  open.book.moveDispute(id, 'win')
  open.book.payOut('EUR', 10)
  open.pass(1)
  const { lines, next } = okOf(await provider.list!(open.book.now() - 1_000, null))
  assert.equal(next, null)
  assert.equal(
    lines.reduce((sum, { amount, fee }) => sum + amount.amount - fee.amount, 0),
    0,
  )
  assert.deepEqual(
    lines.map(({ kind, amount, fee }) => `${kind} ${amount.amount} ${fee.amount}`),
    ['payment 2000 85', 'refund -500 0', 'dispute -300 0', 'dispute_reversal 300 0', 'fee -10 0', 'payout -1405 0'],
  )
  const [payment, refund] = lines
  const facts = new Map((await fetched(view)).facts.map(({ kind, operationRef }) => [kind, operationRef]))
  assert.deepEqual([payment!.operationRef, payment!.reference, refund!.operationRef], [facts.get('cap_ok'), reference, facts.get('ref_ok')])
})

test('an order whose name was lost is found among the transactions, authorized or captured', async () => {
  for (const capture of ['now', 'later'] as const) {
    beforeNext()
    const at = open.book.now()
    // Our name of it says when it was made.
    const ours = `pay_${timeText(at)}0000000000000000`
    const request = {
      key: `start:${capture}`,
      reference: ours,
      method: null,
      returnUrl: 'http://shop.test',
      description: 'x',
      webhookUrl: '',
      amount: euros(2_000),
    }
    const view = okOf(await provider.start({ ...request, capture }))
    const lost = () => provider.fetch({ reference: ours, providerRef: null })
    open.pass(1)
    assert.equal((await lost()).result, 'uncertain')
    await press(view, 'approve')
    okOf(await provider.resume!({ ...callOf(view, `k:${capture}`), capture }))
    open.pass(1)
    assert.equal(okOf(await lost())?.providerRef, view.providerRef)
  }
  const none = await provider.fetch({
    reference: `pay_${timeText(open.book.now() - 6 * 24 * 3_600_000)}0000000000000000`,
    providerRef: null,
  })
  assert.deepEqual(none, { result: 'ok', value: null })
})

function timeText(time: number): string {
  let text = ''
  for (let rest = time; text.length < 10; rest = Math.floor(rest / 32)) text = '0123456789abcdefghjkmnpqrstvwxyz'[rest % 32]! + text
  return text
}

test('an answer that is lost or spoiled is uncertain, and a repeat acts once', async () => {
  for (const kind of [
    'effect_no_answer',
    'effect_500',
    'half_body',
    'html',
    'redirect',
    'rate_limit',
    'key_in_use',
    'no_effect_500',
  ] as const) {
    beforeNext()
    const view = await start()
    await press(view, 'approve')
    // Where a kept connection is cut, the call goes out once more by itself.
    open.book.faults.plan({ call: 'resume', kind, count: kind === 'effect_no_answer' ? 2 : 1 })
    const unwatched = createPayPalProvider({
      id: 'paypal',
      egress: systemEgress,
      clock: { now: open.book.now },
      place: { apiUrl: url, certificateUrls: [], signer: '', isPublic: false },
      keys: () => ({ clientId: payPalClientId, clientSecret: secret, webhookIds: [] }),
    })
    assert.equal((await unwatched.resume!({ ...callOf(view), capture: 'now' })).result, 'uncertain', kind)
    assert.deepEqual(factsOf(okOf(await provider.resume!({ ...callOf(view), capture: 'now' }))), ['cap_ok 2000'], kind)
    assert.equal(open.book.get(view.providerRef)!.captures.length, 1)
  }
})

test('amounts without decimals, and keys that PayPal does not know', async () => {
  const view = await paid('now', { amount: 1_500_00, currency: 'HUF' })
  assert.deepEqual(
    view.facts.map(({ amount }) => amount),
    [{ amount: 1_500_00, currency: 'HUF' }],
  )
  const stranger = createPayPalProvider({
    id: 'paypal',
    egress: watched(systemEgress),
    clock: { now: open.book.now },
    place: { apiUrl: url, certificateUrls: [], signer: '', isPublic: false },
    keys: () => ({ clientId: payPalClientId, clientSecret: 'wrong', webhookIds: [] }),
  })
  const answer = await stranger.resume!({ ...callOf(view), capture: 'now' })
  assert.ok(answer.result === 'uncertain' && answer.isAnswered && /does not accept the client id/.test(answer.reason))
})

test('a webhook that is badly signed is refused', async () => {
  open.book.faults.plan({ call: 'webhook', kind: 'bad_signature', count: 1 })
  await press(await start(), 'approve')
  open.pass(0)
  const [{ body, headers }] = open.told as unknown as [{ body: string; headers: Record<string, string> }]
  assert.equal(await provider.verifyWebhook({ body: Buffer.from(body), headers, now: open.book.now() }), null)
})
