// News of money that comes when nobody expects it, one row each: how things stood, what arrives, and all that is so afterwards: the
// order, its payments, refunds and disputes, what it holds of the stock, the ledger, the mails, and the provider's own book.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEngineError } from '../../src/base/engine-error.ts'
import { signHmac } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { type Payment, paymentFacts, payments, webhookInbox } from '../../src/domains/payments/collections.ts'
import type { PaymentProvider } from '../../src/domains/payments/provider.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { checkBooks, violations } from '../support/dies-at-each.ts'
import {
  checkOut,
  endOf,
  expiredOnTheWay,
  fillCart,
  type Goods,
  makeGoods,
  ordered,
  rest,
  setOnHand,
  staff,
  theirs,
} from '../support/money-courses.ts'
import { type MortalOptions, type MortalShop, openMortalShop } from '../support/mortal-shop.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const minute = 60_000
const silence = { result: 'uncertain', reason: 'timeout' } as const

type Row = {
  readonly name: string
  readonly options?: MortalOptions
  /** Answers the order as it is before the news. */
  readonly before: (shop: MortalShop, goods: Goods) => Promise<string>
  readonly news: (shop: MortalShop, order: string, goods: Goods) => Promise<void>
  readonly ends: readonly string[]
}

const attemptsOf = async ({ storage }: MortalShop, order: string): Promise<Payment[]> =>
  (await findAll(storage.reader, payments, eq('order', order))).toSorted((a, b) => a.sequence - b.sequence)
const ask = async (shop: MortalShop, operation: string, input: object) => (await shop.insist(operation, { ...staff, input })).output
const check = async (shop: MortalShop, order: string) => {
  for (const { id } of await attemptsOf(shop, order)) await ask(shop, 'payments.check', { id })
}
const payAgain = async (shop: MortalShop, order: string, method = 'card_success') =>
  await ask(shop, 'orders.pay', { id: order, provider: 'sandbox', method })

function signedBySandbox(shop: MortalShop, rawBody: string) {
  const time = Math.floor(shop.now() / 1_000)
  const headers = { 'sandbox-signature': `t=${time},v1=${signHmac('sbx_test', `${time}.${rawBody}`)}` }
  return { input: { provider: 'sandbox' }, rawBody, headers }
}

/** A provider that behaves so while `is` says so. */
type Moody = { is: boolean; readonly provider: (real: PaymentProvider) => PaymentProvider }
function moody(change: (real: PaymentProvider, mood: { is: boolean }) => Partial<PaymentProvider>): Moody {
  const mood: Moody = { is: true, provider: (real) => ({ ...real, ...change(real, mood) }) }
  return mood
}

/** The provider has it, and its answer is lost each time. */
const answersLost = moody((real, mood) => ({
  async start(request) {
    const answer = await real.start(request)
    return mood.is ? silence : answer
  },
  fetch: async (by) => (mood.is ? silence : await real.fetch(by)),
}))
const deafToCaptures = moody((real, mood) => ({
  async verifyWebhook(webhook) {
    const events = await real.verifyWebhook(webhook)
    if (!mood.is || events === null) return events
    return events.map(({ told, ...event }) =>
      told ? { ...event, told: { ...told, facts: told.facts.filter(({ kind }) => kind !== 'cap_ok') } } : event,
    )
  },
}))
const taking = (amount: { amount: number; currency: string }) => ({
  provider: (real: PaymentProvider): PaymentProvider => ({ ...real, start: (request) => real.start({ ...request, amount }) }),
})
let slowShop: MortalShop | null = null
const slowAnswer = (real: PaymentProvider): PaymentProvider => ({
  ...real,
  async start(request) {
    const answer = await real.start(request)
    await slowShop!.wait(5_000)
    return answer
  },
})

async function arrives(shop: MortalShop): Promise<void> {
  shop.arrive()
  await rest(shop)
}

async function expiredAndSoldOut(shop: MortalShop, goods: Goods): Promise<string> {
  const order = await expiredOnTheWay(shop, goods)
  await setOnHand(shop, goods, 'nothing')
  return order
}

/** As if nothing odd had happened. */
const asPaid = [
  'A:psp:sandbox 2000',
  'I:sales:GB:190000 -1681',
  'L:tax:GB:190000 -319',
  'mail order_receipt',
  'payment captured: captured 2000',
  'placed paid, captured 2000; the provider took 2000',
  'stock committed 2',
  'theirs succeeded, captures 1, refunds 0, given up 0',
]

const arrivals: readonly Row[] = [
  {
    name: 'a success that was told before, of a placed order',
    before: ordered('card_success'),
    async news(shop, order) {
      const inbox = await findAll(shop.storage.reader, webhookInbox, { op: 'true' })
      assert.ok(inbox.length > 0)
      for (const { body } of inbox) await shop.insist('payments.receiveWebhook', signedBySandbox(shop, body))
      await check(shop, order)
      await rest(shop)
      assert.equal(await shop.storage.reader.count(webhookInbox), inbox.length)
    },
    ends: asPaid,
  },
  {
    name: 'a success by webhook, while the call that began the payment has no answer yet',
    options: { provider: slowAnswer },
    before: async (shop, goods) => {
      slowShop = shop
      return await ordered('card_success')(shop, goods)
    },
    async news(shop, order) {
      const facts = await findAll(shop.storage.reader, paymentFacts, eq('order', order))
      assert.deepEqual(
        facts.map(({ source }) => source),
        ['webhook'],
      )
    },
    ends: asPaid,
  },
  {
    name: 'a failure of an older attempt, of an order that another has paid',
    async before(shop, goods) {
      const order = await ordered('card_challenge')(shop, goods)
      shop.book.set({ webhookLoss: 1 })
      shop.book.challenge(await theirs(shop, order), false)
      shop.book.set({ webhookLoss: 0 })
      await payAgain(shop, order)
      await shop.leap(600)
      return order
    },
    async news(shop, order) {
      await check(shop, order)
      await rest(shop)
    },
    ends: [
      'A:psp:sandbox 2000',
      'I:sales:GB:190000 -1681',
      'L:tax:GB:190000 -319',
      'mail order_receipt',
      'payment captured: captured 2000',
      'payment failed',
      'placed paid, failed 0,captured 2000; the provider took 2000',
      'stock committed 2',
      'theirs failed, captures 0, refunds 0, given up 0',
      'theirs succeeded, captures 1, refunds 0, given up 0',
    ],
  },
  {
    name: 'a success by webhook, of an attempt of which nobody knows',
    options: answersLost,
    async before(shop, goods) {
      answersLost.is = true
      shop.book.set({ webhookMs: 20_000 })
      const order = await checkOut(shop, await fillCart(shop, goods), 'card_success')
      await shop.leap(3_000)
      assert.deepEqual(
        (await attemptsOf(shop, order)).map(({ status }) => status),
        ['unknown'],
      )
      return order
    },
    async news(shop) {
      await shop.leap(20_000)
      answersLost.is = false
      await rest(shop)
    },
    ends: asPaid,
  },
  {
    name: 'a success after the order has expired, and its goods are there',
    before: expiredOnTheWay,
    news: arrives,
    ends: [
      'A:psp:sandbox 2000',
      'I:sales:GB:190000 -1681',
      'L:tax:GB:190000 -319',
      'mail order_expired',
      'mail order_receipt',
      'payment captured: captured 2000',
      'placed paid late_payment, captured 2000; the provider took 2000',
      'stock committed 2',
      'stock expired 2',
      'theirs succeeded, captures 1, refunds 0, given up 0',
    ],
  },
  {
    name: 'a success after the order has expired, and its goods are gone',
    before: expiredAndSoldOut,
    news: arrives,
    ends: [
      'expired refunded, captured 2000; the provider took 2000 and gave back 2000',
      'mail order_expired',
      'mail order_unmatched',
      'payment captured: captured 2000, refunded 2000',
      'refund succeeded 2000 order_expired',
      'stock expired 2',
      'theirs succeeded, captures 1, refunds 1, given up 0',
    ],
  },
  {
    name: 'an authorization after the order has expired, and its goods are gone',
    options: { capture: 'manual' },
    before: expiredAndSoldOut,
    news: arrives,
    ends: [
      'expired voided, canceled 0; the provider took 0',
      'mail order_expired',
      'payment canceled',
      'stock expired 2',
      'theirs canceled, captures 0, refunds 0, given up 2000',
    ],
  },
  {
    name: 'a success after the customer has canceled the order',
    async before(shop, goods) {
      shop.delay(true)
      const order = await checkOut(shop, await fillCart(shop, goods), 'card_success')
      await ask(shop, 'orders.cancel', { id: order })
      shop.delay(false)
      return order
    },
    news: arrives,
    ends: [
      'canceled refunded, captured 2000; the provider took 2000 and gave back 2000',
      'mail order_unmatched',
      'payment captured: captured 2000, refunded 2000',
      'refund succeeded 2000 order_canceled',
      'stock released 2',
      'theirs succeeded, captures 1, refunds 1, given up 0',
    ],
  },
  {
    name: 'a second success, of an order that is paid',
    async before(shop, goods) {
      const order = await ordered('card_challenge')(shop, goods)
      shop.book.set({ webhookLoss: 1 })
      shop.book.challenge(await theirs(shop, order), true)
      shop.book.set({ webhookLoss: 0 })
      await payAgain(shop, order)
      await shop.leap(600)
      return order
    },
    async news(shop, order) {
      await check(shop, order)
      await rest(shop)
    },
    ends: [
      'A:psp:sandbox 2000',
      'I:sales:GB:190000 -1681',
      'L:tax:GB:190000 -319',
      'mail order_receipt',
      'payment captured: captured 2000',
      'payment captured: captured 2000, refunded 2000',
      'placed paid, captured 2000,captured 2000; the provider took 4000 and gave back 2000',
      'refund succeeded 2000 surplus',
      'stock committed 2',
      'theirs succeeded, captures 1, refunds 0, given up 0',
      'theirs succeeded, captures 1, refunds 1, given up 0',
    ],
  },
  ...(
    [
      [
        'less than was asked for',
        eur(1_500),
        [
          'A:psp:sandbox 1500',
          'L:deposit:order -1500',
          'payment captured: captured 1500',
          'pending_payment partially_paid, captured 1500; the provider took 1500',
          'stock held 2',
          'theirs succeeded, captures 1, refunds 0, given up 0',
        ],
      ],
      [
        'more than was asked for',
        eur(2_600),
        [
          'A:psp:sandbox 2000',
          'I:sales:GB:190000 -1681',
          'L:tax:GB:190000 -319',
          'mail order_receipt',
          'payment captured: captured 2600, refunded 600',
          'placed paid, captured 2600; the provider took 2600 and gave back 600',
          'refund succeeded 600 surplus',
          'stock committed 2',
          'theirs succeeded, captures 1, refunds 1, given up 0',
        ],
      ],
      [
        'another currency than was asked for',
        { amount: 2_000, currency: 'USD' },
        [
          'mail payment_failed',
          'payment failed',
          'pending_payment none, failed 0; the provider took 2000 and gave back 2000',
          'refund succeeded 2000 other_currency',
          'stock held 2',
          'theirs succeeded, captures 1, refunds 1, given up 0',
        ],
      ],
    ] as const
  ).map(
    ([what, amount, ends]): Row => ({
      name: `a success that took ${what}`,
      options: taking(amount),
      before: async (shop, goods) => await checkOut(shop, await fillCart(shop, goods), 'card_success'),
      news: async (shop) => await rest(shop),
      ends,
    }),
  ),
  {
    name: 'a capture of a part, of a placed order',
    options: { capture: 'manual' },
    before: ordered('card_success'),
    async news(shop, order) {
      shop.book.capture(await theirs(shop, order), { amountMinor: 900, isFinal: false })
      await rest(shop)
    },
    ends: [
      'A:psp:sandbox 900',
      'A:receivable:order 1100',
      'I:sales:GB:190000 -1681',
      'L:tax:GB:190000 -319',
      'mail order_receipt',
      'payment captured: captured 900, capturable 1100',
      'placed partially_paid, captured 900; the provider took 900',
      'stock committed 2',
      'theirs authorized, captures 1, refunds 0, given up 0',
    ],
  },
  {
    name: 'the end of an authorization of which a part was captured',
    options: { capture: 'manual' },
    async before(shop, goods) {
      const order = await ordered('card_success')(shop, goods)
      shop.book.capture(await theirs(shop, order), { amountMinor: 900, isFinal: false })
      await rest(shop)
      return order
    },
    async news(shop) {
      await shop.leap(8 * 24 * 60 * minute)
      await rest(shop)
    },
    ends: [
      'A:psp:sandbox 900',
      'A:receivable:order 1100',
      'I:sales:GB:190000 -1681',
      'L:tax:GB:190000 -319',
      'mail order_receipt',
      'payment captured: captured 900',
      'placed partially_paid payment_incomplete, captured 900; the provider took 900',
      'stock committed 2',
      'theirs succeeded, captures 1, refunds 0, given up 1100',
    ],
  },
  {
    name: 'a refund that was made in the dashboard',
    before: ordered('card_success'),
    async news(shop, order) {
      shop.book.refundInDashboard(await theirs(shop, order), 700)
      await rest(shop)
    },
    ends: [
      'A:psp:sandbox 1300',
      'I:sales:GB:190000 -1093',
      'L:tax:GB:190000 -207',
      'mail order_receipt',
      'payment captured: captured 2000, refunded 700',
      'placed partially_refunded, captured 2000; the provider took 2000 and gave back 700',
      'refund succeeded 700 external',
      'stock committed 2',
      'theirs succeeded, captures 1, refunds 1, given up 0',
    ],
  },
  {
    name: 'a refund that fails after it had succeeded',
    async before(shop, goods) {
      const order = await ordered('card_success')(shop, goods)
      await ask(shop, 'orders.refund', { id: order, amount: eur(700) })
      await rest(shop)
      return order
    },
    async news(shop, order) {
      const id = await theirs(shop, order)
      shop.book.returnRefund(id, shop.book.get(id)!.refunds[0]!.id)
      await rest(shop)
    },
    ends: [
      'A:psp:sandbox 2000',
      'I:sales:GB:190000 -1093',
      'L:refund_payable:refund -700',
      'L:tax:GB:190000 -207',
      'mail order_receipt',
      'mail order_refunded',
      'payment captured: captured 2000',
      'placed paid, captured 2000; the provider took 2000',
      'refund failed 700 requested',
      'stock committed 2',
      'theirs succeeded, captures 1, refunds 1, given up 0',
    ],
  },
  {
    name: 'money that a bank takes for a dispute, before anybody knows that it was paid',
    options: deafToCaptures,
    async before(shop, goods) {
      deafToCaptures.is = true
      const order = await checkOut(shop, await fillCart(shop, goods), 'card_success')
      await shop.leap(600)
      return order
    },
    async news(shop, order) {
      shop.book.dispute(await theirs(shop, order), { amountMinor: 900 })
      await shop.leap(600)
      const [payment] = await attemptsOf(shop, order)
      assert.deepEqual([payment!.captured.amount, payment!.disputed?.amount], [0, 900])
      deafToCaptures.is = false
      await rest(shop)
    },
    ends: [
      'A:dispute:sandbox 900',
      'A:psp:sandbox 1100',
      'I:sales:GB:190000 -1681',
      'L:tax:GB:190000 -319',
      'dispute needs_response 900',
      'mail order_receipt',
      'payment captured: captured 2000, disputed 900',
      'placed paid disputed, captured 2000; the provider took 2000 and banks hold 900',
      'stock committed 2',
      'theirs succeeded, captures 1, refunds 0, given up 0',
    ],
  },
  {
    name: 'nothing at all, for longer than an order waits',
    options: answersLost,
    async before(shop, goods) {
      answersLost.is = true
      shop.book.set({ webhookLoss: 1 })
      return await checkOut(shop, await fillCart(shop, goods), 'card_success')
    },
    async news(shop, order) {
      for (let turns = 0; turns < 9; turns++) await shop.leap(5 * minute)
      // It keeps its goods, and nobody pays it twice, until the provider has spoken.
      assert.deepEqual(
        (await attemptsOf(shop, order)).map(({ status }) => status),
        ['unknown'],
      )
      await assert.rejects(payAgain(shop, order), (error) => isEngineError(error, 'payment_in_progress'))
      answersLost.is = false
      for (let turns = 0; turns < 4; turns++) await shop.leap(40 * minute)
      await rest(shop)
    },
    ends: asPaid,
  },
]

// proves P-002
for (const { name, options, before, news, ends } of arrivals)
  test(name, async () => {
    const shop = await openMortalShop(options)
    try {
      const goods = await makeGoods(shop)
      const order = await before(shop, goods)
      await news(shop, order, goods)
      const { rows } = await endOf(shop, order)
      assert.deepEqual(rows, ends)
      assert.deepEqual(await violations(shop), [])
      await checkBooks(shop)
    } finally {
      await shop.close()
    }
  })
