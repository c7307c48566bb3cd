// When all has come to rest: the provider's book, ours, the mail server's, and what every shopper was told must agree.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/eventually.ts'
import { type Body, createHttpClient, expectStatus, type HttpClient } from '../../support/http-client.ts'
import { ledgerSums } from '../../support/shop.ts'
import type { SmtpPeer } from '../../support/smtp-peer.ts'
import { checkEffects, checkMail, returnedOf } from '../many-processes/books.ts'
import type { Crowd } from './crowd.ts'

export type Judged = {
  readonly staff: HttpClient
  readonly crowd: Crowd
  readonly provider: string
  /** The provider's site. */
  readonly site: string
  readonly peer: SmtpPeer
  readonly stockLevel: string
  readonly onHand: number
  readonly say: (line: string) => void
}
type Theirs = { readonly payments: readonly Body[]; readonly balances: Readonly<Record<string, number>> }

const decidedWithinMs = 60_000

/** What is under way comes to its end; then staff cancel what nobody has paid, as the shop would after half an hour. */
export async function drain({ staff, say }: Judged): Promise<void> {
  const pending = async () => await staff.all('/api/orders?filter[status]=pending_payment')
  const live = async () => await staff.all('/api/payments?filter[status][in]=sending,unknown,processing')
  await eventually('no payment is under way', async () => ((await live()).length === 0 ? true : null), decidedWithinMs).catch(async () =>
    say(`${(await live()).length} payments are under way still: their orders are canceled all the same`),
  )
  const left = await pending()
  say(`${left.length} orders were never paid: staff cancel them`)
  for (const { id } of left) {
    const { status, text } = await staff.post(`/api/orders/${id}/cancel`, {})
    // One that was paid meanwhile is placed.
    assert.ok(status === 200 || status === 409, `cancel of order ${id}: ${status} ${text}`)
  }
  await rest({ staff, say })
}

const restWithinMs = 240_000
const tellEveryMs = 15_000
/** Looks that are planned, for what is told meanwhile; and the account, which is read by the judge. */
const planned = ['payment.follow', 'payments.explainAccount', 'payments.readAccount']

/** Nothing is owed to the outside, and nobody waits for money. Says now and then what it is that is waited for. */
async function rest({ staff, say }: Pick<Judged, 'staff' | 'say'>): Promise<void> {
  let toldAt = performance.now()
  await eventually(
    'all is done',
    async () => {
      const effects = await staff.all('/api/effects?filter[state][in]=ready,running')
      const refunds = await staff.all('/api/refunds?filter[status][in]=wanted,pending')
      const due = effects.filter(({ kind, dueAt }) => !planned.includes(kind) || Date.parse(dueAt) <= Date.now() + 1_000)
      if (due.length + refunds.length === 0) return true
      if (performance.now() - toldAt > tellEveryMs) {
        toldAt = performance.now()
        const kinds = Map.groupBy(due, ({ kind, state }) => `${state} ${kind}`)
        say(`waiting for ${refunds.length} refunds, ${[...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(', ')}`)
      }
      await sleep(200)
      return null
    },
    restWithinMs,
  )
}

/** The provider's account is read until it is explained whole. */
export async function reconcile({ staff, provider, say }: Judged): Promise<void> {
  let last = ''
  const told = await eventually(
    "the provider's account is explained",
    async () => {
      const [account] = expectStatus(await staff.post('/api/payments/reconcile', { provider }), 200).body.items
      last = JSON.stringify(account.differences.slice(0, 3))
      return account.isComplete && account.differenceCount === 0 ? (account as Body) : null
    },
    60_000,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${last}`)
  })
  await rest({ staff, say })
  say(`${told.lines} lines of the provider's account are explained, ${told.matched} by facts of ours or by what they are`)
}

/** What was compared, in sentences. @throws AssertionError */
export async function judge(judged: Judged): Promise<string[]> {
  const { staff, crowd, peer } = judged
  const orders = new Map((await staff.all('/api/orders')).map((order) => [order.id as string, order]))
  const theirs = expectStatus(await createHttpClient(judged.site).get('/book'), 200).body as Theirs
  const lines = [
    checkPromises(crowd, orders),
    await checkMoney(judged, orders, theirs),
    await checkClearing(judged, theirs),
    await checkMail(staff, peer, [...orders.values()]),
    await checkStock(judged, orders),
  ]
  await checkEffects(staff, await refusedStarts(staff))
  return lines
}

/** Starts that were never sent, or never heard of: their payments have failed, and their shoppers were told. */
async function refusedStarts(staff: HttpClient): Promise<readonly string[]> {
  const decided = await staff.all('/api/payments?filter[status][in]=failed,canceled')
  return decided.map(({ id }) => `payment.start:${id}`)
}

/** Who was told of an order, that it is placed or canceled, was told the truth. */
function checkPromises({ orders: told }: Crowd, orders: ReadonlyMap<string, Body>): string {
  for (const { order, cart, isPlaced, isCanceled } of told) {
    const found = orders.get(order)
    assert.equal(found?.cart, cart, `order ${order} was acknowledged`)
    if (isCanceled) assert.equal(found.status, 'canceled', `order ${order} was canceled`)
    else if (isPlaced) assert.equal(found.status, 'placed', `order ${order} was seen as placed`)
  }
  const carts = [...orders.values()].map(({ cart }) => cart)
  assert.equal(new Set(carts).size, carts.length, 'a cart is one order')
  const of = (is: string) => [...orders.values()].filter(({ status }) => status === is).length
  assert.equal(of('placed') + of('canceled'), orders.size, 'every order has its end')
  return `${orders.size} orders, ${told.length} of them acknowledged: ${of('placed')} placed, ${of('canceled')} canceled`
}

/** Each payment as the provider has it; of a placed order the money is kept once, of any other not at all. */
async function checkMoney({ staff, crowd }: Judged, orders: ReadonlyMap<string, Body>, { payments: theirs }: Theirs): Promise<string> {
  const ours = new Map((await staff.all('/api/payments')).map((payment) => [payment.id as string, payment]))
  const kept = new Map<string, number>()
  let [taken, returned, twice] = [0, 0, 0]
  for (const their of theirs) {
    const payment = ours.get(their.reference)
    assert.ok(payment, `the provider's payment ${their.id} is one of ours`)
    const captured = their.captures.reduce((sum: number, one: Body) => sum + (one.state === 'succeeded' ? one.amountMinor : 0), 0)
    const back = returnedOf(their)
    assert.deepEqual([payment.captured.amount, payment.refunded.amount], [captured, back], `payment ${payment.id}`)
    if (captured > 0 && kept.has(payment.order)) twice++
    if (captured > 0) kept.set(payment.order, (kept.get(payment.order) ?? 0) + captured - back)
    taken += captured
    returned += back
  }
  const inBook = new Set(theirs.map(({ reference }) => reference))
  for (const { id, captured } of ours.values())
    assert.ok(inBook.has(id) || captured.amount === 0, `payment ${id} is in the provider's book`)
  assert.equal(new Set(theirs.map(({ reference }) => reference)).size, theirs.length, 'none of ours was made twice')
  const told = new Map(crowd.orders.map((bought) => [bought.order, bought]))
  for (const { id, status, total } of orders.values()) {
    const { refundedMinor = 0, dashboardMinor = 0 } = told.get(id) ?? {}
    const wanted = status === 'placed' ? total.amount - refundedMinor - (dashboardMinor ?? 0) : 0
    if (dashboardMinor !== null) assert.equal(kept.get(id) ?? 0, wanted, `what is kept of order ${id}, which is ${status}`)
  }
  return `${theirs.length} payments equal the provider's book: ${taken} taken, ${returned} returned; ${twice} orders were paid twice, and once of it went back`
}

/** To the cent. */
async function checkClearing({ staff, provider }: Judged, { balances }: Theirs): Promise<string> {
  const { items } = expectStatus(await staff.get('/api/ledger/balances'), 200).body
  const held = items.find(({ account }: Body) => account === `A:psp:${provider}`)?.balance.amount ?? 0
  assert.equal(held, balances['EUR'] ?? 0, "the clearing account equals the provider's account")
  assert.deepEqual(await ledgerSums(staff), { EUR: 0 })
  return `the clearing account and the provider's account hold ${held} cents each`
}

async function checkStock({ staff, stockLevel, onHand }: Judged, orders: ReadonlyMap<string, Body>): Promise<string> {
  const sold = [...orders.values()].filter(({ status }) => status === 'placed').reduce((sum, { lines }) => sum + lines[0].quantity, 0)
  const level = expectStatus(await staff.get(`/api/stockLevels/${stockLevel}`), 200).body
  assert.deepEqual([level.onHand, level.held, level.committed, level.available], [onHand, 0, sold, onHand - sold], 'the stock')
  return `${sold} units are sold, and none is held`
}
