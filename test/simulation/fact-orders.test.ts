// What a provider tells of a payment, in every order and several times over, through the engine's own way of recording it: each
// history of a payment that the sandbox can have is told in all orders (up to six facts) or in many (beyond), with repeats, and what
// comes of it is compared to the letter. Each order is told in one transaction, which is then undone, so that one shop serves all.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { and, eq, not } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { type Order, orders } from '../../src/domains/orders/collections.ts'
import { disputes, type Payment, payments, refunds } from '../../src/domains/payments/collections.ts'
import type { ProviderFact } from '../../src/domains/payments/provider.ts'
import { recordTold } from '../../src/domains/payments/record-facts.ts'
import { startPayment } from '../../src/domains/payments/start-payment.ts'
import { reservations } from '../../src/domains/stock/collections.ts'
import type { Engine } from '../../src/engine/create-engine.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { stockInvariants } from '../../src/observe/invariants/stock.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { workIn } from '../../src/operation/work.ts'
import { disputesOf, factsOf } from '../../src/payment-providers/sandbox/view.ts'
import type { SandboxPayment } from '../../src/sandbox/payment.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import type { Transaction } from '../../src/storage/transaction.ts'
import { call, openEngines, staffActor } from '../support/engines.ts'
import { openBookOnClock } from '../support/sandbox-book.ts'
import { unlessRefused } from './money-plan.ts'
import { createDice, type Dice } from './world.ts'

const total = 2_000
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const cause = { operation: 'test', actor: 'test', requestId: '' }
const hour = 3_600_000

/** One thing that a provider says of one of the order's attempts. */
type News = { readonly attempt: number; readonly fact: ProviderFact }

type History = { readonly news: readonly News[]; readonly theirs: readonly SandboxPayment[] }

/** A history of up to two payments, made by buyers, banks and staff in the provider's dashboard. */
function historyOf(dice: Dice): History {
  const { book, pass } = openBookOnClock({ settings: { cardMs: 0, captureFailures: dice.pick([0, 0, 0.3]), captureMs: 0 } })
  const count = dice.chance(0.3) ? 2 : 1
  for (let attempt = 0; attempt < count; attempt++) {
    const captureMethod = dice.chance(0.4) ? 'later' : 'now'
    const method = dice.chance(0.1) ? 'card_declined' : 'card_success'
    const request = {
      key: `key ${attempt}`,
      reference: `attempt ${attempt}`,
      returnUrl: 'http://shop.example',
      captureMethod,
      method,
    } as const
    book.create({ ...request, amountMinor: total, currency: 'EUR' })
    pass(10)
  }
  for (let turn = dice.between(0, 6); turn > 0; turn--) {
    const { id, captures, refunds: back, disputes: atStake } = dice.pick(book.all())
    const some = () => dice.between(1, total)
    const act = dice.weighted({ capture: 3, refund: 2, back: 2, dispute: 2, step: 3, cancel: 1 })
    unlessRefused(() => {
      if (act === 'capture') book.capture(id, { amountMinor: dice.between(1, total), isFinal: dice.chance(0.3) })
      if (act === 'refund' && captures.length > 0) book.refundInDashboard(id, dice.chance(0.3) ? undefined : some())
      if (act === 'back' && back.length > 0) book.returnRefund(id, dice.pick(back).id)
      if (act === 'dispute') book.dispute(id, dice.chance(0.5) ? {} : { amountMinor: some() })
      if (act === 'step' && atStake.length > 0) book.moveDispute(dice.pick(atStake).id, dice.pick(['win', 'lose', 'reinstate'] as const))
      if (act === 'cancel') book.cancel(id)
    })
    pass(10)
  }
  const theirs = book.all()
  return { theirs, news: theirs.flatMap((one) => factsOf(one).map((fact) => ({ attempt: Number(one.reference.split(' ')[1]), fact }))) }
}

type Written = readonly [kind: ProviderFact['kind'], operationRef: string, amount: number, currency?: string, attempt?: number]

/** What came out wrong once, and what the sandbox never tells: banks that take a capture back, money in another currency. */
const written: readonly (readonly Written[])[] = [
  [
    ['auth_ok', 'p', total],
    ['cap_ok', 'c1', 500],
    ['cap_fail', 'c2', 700],
    ['cap_ok', 'c3', 1_500],
    ['ref_ok', 'r1', 300],
    ['ref_fail', 'r1', 300],
  ],
  // Taken back before we hear that it was taken: it is not authorized any more.
  [
    ['cap_ok', 'c1', total],
    ['cap_reversed', 'b1', total],
    ['ref_ok', 'r1', 400],
  ],
  [
    ['cap_ok', 'c1', total],
    ['cap_ok', 'c2', 900, 'JPY'],
    ['disp_withdrawn', 'd1', 600],
    ['disp_lost', 'd1', 600],
    ['disp_reinstated', 'd1', 600],
  ],
  // Paid twice, and a bank takes what is too much: it is no sale.
  [
    ['cap_ok', 'c1', total],
    ['cap_ok', 'c2', total, 'EUR', 1],
    ['disp_withdrawn', 'd1', 1_600, 'EUR', 1],
    ['disp_lost', 'd1', 1_600, 'EUR', 1],
  ],
  // Placed when a refund has failed, which is owed and has left the deposit.
  [
    ['ref_ok', 'r1', 488],
    ['ref_fail', 'r1', 488],
    ['cap_ok', 'c1', total],
    ['disp_withdrawn', 'd1', total],
  ],
  // What goes back before we hear that it was taken leaves what is owed as it is.
  [
    ['ref_ok', 'r1', 110],
    ['ref_fail', 'r1', 110],
    ['ref_ok', 'r2', 1_890],
    ['cap_ok', 'c1', total],
  ],
]

function writtenHistory(at: number): History {
  const { book } = openBookOnClock()
  const request = { returnUrl: 'http://shop.example', method: 'card_challenge', currency: 'EUR', amountMinor: total } as const
  const theirs = [0, 1].map((attempt) => book.create({ ...request, reference: `attempt ${attempt}` }))
  const news = written[at]!.map(([kind, operationRef, amount, currency = 'EUR', attempt = 0]) => ({
    attempt,
    fact: { kind, operationRef: `${operationRef}-${attempt}`, amount: { amount, currency }, providerTime: 1 },
  }))
  return { news, theirs }
}

function* permutations<T>(of: readonly T[]): Generator<T[]> {
  if (of.length <= 1) yield [...of]
  for (const [index, one] of of.entries()) for (const rest of permutations(of.toSpliced(index, 1))) yield [one, ...rest]
}

function shuffled<T>(of: readonly T[], dice: Dice): T[] {
  const left = [...of]
  return of.map(() => left.splice(dice.between(0, left.length - 1), 1)[0]!)
}

const allUpTo = 6
const orderingsBeyond = 24

function* orderingsOf(news: readonly News[], dice: Dice): Generator<News[]> {
  if (news.length <= allUpTo) yield* permutations(news)
  else for (let count = 0; count < orderingsBeyond; count++) yield shuffled(news, dice)
}

/** Some of what was said is said again, later on. */
function withRepeats(news: readonly News[], dice: Dice): News[] {
  const all = [...news]
  for (const [index, one] of news.entries()) if (dice.chance(0.4)) all.splice(dice.between(index + 1, all.length), 0, one)
  return all
}

type Shop = { readonly engine: Engine; readonly order: string; readonly attempts: readonly string[] }

/** An order that waits for its payment, or was canceled meanwhile, with attempts of which nothing is known yet. */
async function openShop(t: TestContext, isCanceled: boolean): Promise<Shop> {
  const engine = await openEngines(t).add('one')
  const ask = async (name: string, input: unknown) => (await call(engine, name, { input, actor: staffActor })).output as { id: string }
  const { id: product } = await ask('products.create', { slug: 'cup', title: 'Cup', status: 'active' })
  const { id: variant } = await ask('variants.create', { product, sku: 'cup', title: 'plain', price: eur(total) })
  const level = (await engine.parts.storage.reader.find({ name: 'stockLevels' }, { limit: 1 }))[0] as { id: string }
  await ask('stock.adjustLevel', { id: level.id, onHand: 10 })
  const { id: cart } = await ask('carts.create', { email: 'guest@mail.example' })
  await ask('carts.addLine', { id: cart, variant })
  const shippingAddress = { name: 'Ada', line1: '1 Street', city: 'London', postalCode: 'SW1', country: 'GB' }
  await ask('carts.update', { id: cart, shippingAddress })
  const made = (await ask('orders.checkOut', { id: cart, payment: { provider: 'sandbox', method: 'card_declined' } })) as unknown
  const order = (made as { order: Order }).order.id
  const attempts: string[] = []
  for (const sequence of [2, 3])
    await inTransaction(engine.parts, cause, async (tx, now) => {
      const given = { order, sequence, amount: eur(total), provider: 'sandbox', method: null, returnUrl: 'http://shop.example' }
      // Nobody carries its effect out within the test.
      attempts.push((await startPayment(workIn(engine.parts, tx, now + hour), given)).payment.id)
    })
  if (isCanceled) await ask('orders.cancel', { id: order })
  return { engine, order, attempts }
}

class Undone extends Error {}
/** What was found to be sound already. */
const verified = new Set<string>()

async function verify({ parts }: Engine, { read, now, where }: { read: Transaction; now: number; where: string }): Promise<void> {
  const groups = [ledgerInvariants, paymentInvariants, orderInvariants, stockInvariants]
  const found = await verifyDatabase({ read, model: parts.model, commitsAfter: parts.storage.commitsAfter, now, groups })
  // What is owed is carried out by nobody here.
  const wrong = found
    .filter(({ invariant }) => invariant !== 'refunds.not_stuck')
    .map(({ invariant, found: what }) => `${invariant}: ${what}`)
  assert.deepEqual(wrong, [], `${wrong.join()} after ${where}`)
}

/** Tells it and answers what comes of it; nothing of that stays. */
async function comesTo({ engine, order, attempts }: Shop, told: readonly News[], theirs: readonly SandboxPayment[]): Promise<string[]> {
  let found: string[] = []
  const work = async (tx: Transaction, now: number) => {
    const work = workIn(engine.parts, tx, now)
    for (const { attempt, fact } of told) {
      const payment = (await tx.get(payments, attempts[attempt]!))!
      const one = theirs.find(({ reference }) => reference === `attempt ${attempt}`)!
      const { events } = await recordTold(work, payment, {
        providerRef: one.id,
        facts: [fact],
        declineReason: one.declineReason,
        disputes: disputesOf(one),
      })
      await engine.parts.react(work, events)
    }
    found = await projectionOf(tx, order)
    if (!verified.has(found.join())) await verify(engine, { read: tx, now, where: wordsOf(told).join(', ') })
    verified.add(found.join())
    throw new Undone()
  }
  await inTransaction(engine.parts, cause, work).catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error
  })
  return found
}

/** Once raised, they stay until somebody has looked: also where what came later put it right. */
const alarms = ['payment_taken_back', 'payment_incomplete', 'given_back_twice']

async function projectionOf(tx: Transaction, id: string): Promise<string[]> {
  const of = eq('order', id)
  const { status, paymentStatus, holds } = (await tx.get(orders, id))!
  const balances = new Map<string, number>()
  for (const { account, amount } of await findAll(tx, ledgerEntries, of)) {
    const name = account.replace(/ord_\w+/, 'order').replace(/ref_\w+/, 'refund')
    balances.set(name, (balances.get(name) ?? 0) + amount.amount)
  }
  const moneyOf = (one: Payment) =>
    [one.authorized, one.captured, one.refunded, one.disputed, one.capturable].map((amount) => amount?.amount ?? 0)
  return [
    `order ${status} ${paymentStatus} ${holds
      .filter((hold) => !alarms.includes(hold))
      .toSorted()
      .join()}`,
    ...(await findAll(tx, payments, of)).map((one) => `payment ${one.sequence} ${one.status} ${moneyOf(one).join()} facts ${one.facts}`),
    ...(await findAll(tx, refunds, of)).map((one) => `refund ${one.reason} ${one.status} ${one.amount.amount}`),
    ...(await findAll(tx, disputes, of)).map((one) => `dispute ${one.status} ${one.amount.amount}`),
    ...(await findAll(tx, reservations, of)).map((one) => `stock ${one.state} ${one.quantity}`),
    // Whether a customer is told that money went back follows from who sent it first.
    ...(await findAll(tx, emails, and(eq('record', id), not(eq('template', 'order_unmatched'))))).map(({ template }) => `mail ${template}`),
    ...[...balances].filter(([, amount]) => amount !== 0).map(([account, amount]) => `${account} ${amount}`),
  ].toSorted()
}

/** What a history comes to is the provider's alone, whatever the shop decided on the way. */
const isTheirs = (line: string) => /^(?:payment|dispute|A:psp|A:dispute) ?/.test(line)
/**
 * What the shop decided when it knew a part of it: whether it sold, and which refunds it asked for. Who hears of a refund before the
 * payment sells nothing, and money that was sent back is not held when a bank takes it afterwards. All else follows from both.
 */
const isDecided = (line: string) => line.startsWith('order placed') || (line.startsWith('refund ') && !line.startsWith('refund external'))
const decisionIn = (lines: readonly string[]) =>
  lines
    .filter(isDecided)
    .map((line) => line.replace(/^order placed.*/, 'sold'))
    .join()
/** Where nothing goes back or is given up, there is nothing to decide. */
const onlyTaken = ({ fact: { kind } }: News) => ['auth_ok', 'auth_fail', 'cap_ok', 'cap_fail'].includes(kind)

const histories = Number(process.env['KINGPOST_HISTORIES'] ?? 12)
const wordsOf = (told: readonly News[]) =>
  told.map(({ attempt, fact }) => `${attempt} ${fact.kind} ${fact.amount.amount} ${fact.operationRef.slice(-4)}`)

// proves P-002
test('the history of an order that waits comes to the same in any order, and told several times', async (t) => {
  await tellInAnyOrder(t, await openShop(t, false))
})

// proves P-002
test('the history of a canceled order comes to the same in any order, and told several times', async (t) => {
  await tellInAnyOrder(t, await openShop(t, true))
})

async function tellInAnyOrder(t: TestContext, shop: Shop): Promise<void> {
  const seed = Number(process.env['KINGPOST_SEED'] ?? Math.floor(Date.now() / 1_000) % 1_000_000)
  t.diagnostic(`seed ${seed}`)
  const kinds = new Set<string>()
  let orderings = 0
  for (let count = 0; count < histories; count++) {
    const dice = createDice(seed * 1_000 + count)
    const { news, theirs } = count < written.length ? writtenHistory(count) : historyOf(dice)
    for (const { fact } of news) kinds.add(fact.kind)
    let money: string[] | null = null
    const ends = new Map<string, string[]>()
    for (const ordering of orderingsOf(news, dice)) {
      const told = withRepeats(ordering, dice)
      const found = await comesTo(shop, told, theirs)
      const where = `history ${count} of KINGPOST_SEED=${seed}: ${wordsOf(told).join(', ')}`
      orderings++
      const own = found.filter(isTheirs)
      assert.deepEqual(own, (money ??= own), where)
      const decision = decisionIn(found)
      const end = ends.get(decision) ?? found
      assert.deepEqual(found, end, where)
      ends.set(decision, end)
    }
    if (news.every(onlyTaken)) assert.ok(ends.size <= 1, `history ${count} of KINGPOST_SEED=${seed} ends in ${ends.size} ways`)
  }
  assert.ok(kinds.size >= 8, `of all kinds of facts only ${[...kinds].join()}`)
  t.diagnostic(`${orderings} orders of ${histories} histories, of ${[...kinds].toSorted().join()}`)
}
