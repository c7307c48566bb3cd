// The audit when all has come to rest: our books against those of the provider and of the mail server,
// and against what every shopper was promised.
import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import { type Body, createHttpClient, expectStatus, type HttpClient } from '../../support/http-client.ts'
import { ledgerSums } from '../../support/shop.ts'
import type { SmtpPeer } from '../../support/smtp-peer.ts'
import type { Street } from './street.ts'

/** A lease that was killed must pass, and a provider that stayed silent be asked: minutes, on a slow machine. */
const restWithinMs = 240_000

/** Nothing is owed to the outside and nobody waits for money. */
export async function atRest(staff: HttpClient): Promise<void> {
  const none = async (path: string) => expectStatus(await staff.get(`${path}&limit=1`), 200).body.items.length === 0
  await eventually(
    'no order waits for its payment, and every effect has its end',
    async () => {
      const isPaid = await none('/api/orders?filter[status]=pending_payment')
      // A look at a payment that is due later is for what is told meanwhile; who waits for it is asked below.
      const due = `filter[or][0][kind][ne]=payment.follow&filter[or][1][dueAt][lte]=${new Date(Date.now() + 1_000).toISOString()}`
      const isDone = isPaid && (await none(`/api/effects?filter[state][in]=ready,running&${due}`))
      const isBack = isDone && (await none('/api/refunds?filter[status][in]=wanted,pending'))
      return isBack ? true : null
    },
    restWithinMs,
  )
}

type Staff = { readonly staff: HttpClient; readonly sandbox: string; readonly say: (line: string) => void }

/**
 * What staff do at the end of a day: payments whose provider says something else are asked for (their webhooks were
 * lost, and the next look is not for hours), and refunds that failed are tried again, those of the dashboard too.
 */
export async function putRight({ staff, sandbox, say }: Staff): Promise<void> {
  const differing = async () => {
    const theirs = await bookOf(sandbox)
    const known = new Set((await staff.all('/api/refunds')).map(({ providerRef }) => providerRef))
    return (await staff.all('/api/payments')).filter((payment) => {
      const { refunds } = theirs.get(payment.id) ?? { refunds: [] }
      return refunds.some(({ id }: Body) => !known.has(id)) || payment.refunded.amount !== returnedOf({ refunds })
    })
  }
  const lost = await differing()
  say(`${lost.length} payments were refunded and nobody told us: staff ask for them`)
  for (const { id } of lost) expectStatus(await staff.post(`/api/payments/${id}/check`), 200)
  await atRest(staff)
  const failed = await staff.all('/api/refunds?filter[status]=failed')
  say(`${failed.length} refunds failed: staff have them tried again`)
  for (const { id } of failed) expectStatus(await staff.post(`/api/refunds/${id}/retry`), 201)
  await atRest(staff)
}

async function bookOf(sandbox: string): Promise<Map<string, Body>> {
  const { payments } = expectStatus(await createHttpClient(sandbox).get('/sandbox/book'), 200).body
  return new Map(payments.map((payment: Body) => [payment.reference, payment]))
}

export function returnedOf({ refunds }: Body): number {
  return refunds.reduce((sum: number, { amountMinor, state }: Body) => sum + (state === 'succeeded' ? amountMinor : 0), 0)
}

type Books = { readonly staff: HttpClient; readonly street: Street; readonly sandbox: string; readonly peer: SmtpPeer }

/** What was compared, in sentences. @throws AssertionError */
export async function checkBooks({ staff, street, sandbox, peer }: Books): Promise<string[]> {
  const orders = new Map((await staff.all('/api/orders')).map((order) => [order.id, order]))
  checkPromises(street, orders)
  const money = await checkProvider(staff, sandbox)
  await checkKept(staff, street, orders)
  const mail = await checkMail(staff, peer, [...orders.values()])
  const ticks = await checkTicks(staff)
  assert.deepEqual(await ledgerSums(staff), { EUR: 0 })
  await checkEffects(staff)
  const answers = [...street.counts].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status || 'no answer'}: ${count}`)
  const deeds = [...street.deeds].map(([deed, count]) => `${count} ${deed}`)
  return [`${orders.size} orders, answers ${answers.join(', ')}`, deeds.join(', '), money, mail, ticks]
}

/** Every effect is done, but for those of `others`, and calls that sent a refund which was then refused: another refund has taken its place. */
export async function checkEffects(staff: HttpClient, others: readonly string[] = []): Promise<void> {
  const replaced = new Set((await staff.all('/api/refunds?filter[status]=canceled')).map(({ id }) => `payment.refund:${id}`))
  const ended = await staff.all('/api/effects?filter[state][in]=dead,unknown,canceled')
  const left = ended.filter(({ key }) => !replaced.has(key) && !others.includes(key))
  assert.deepEqual(
    left.map(({ kind, state, lastError }) => `${kind} ${state}: ${lastError}`),
    [],
    'every effect is done',
  )
}

/** Of a placed order all is kept but what was given back in the dashboard; of a canceled one nothing. */
async function checkKept(staff: HttpClient, street: Street, orders: ReadonlyMap<string, Body>): Promise<void> {
  const payments = Map.groupBy(await staff.all('/api/payments'), ({ order }) => order as string)
  for (const { order, end, dashboardMinor } of street.orders) {
    const kept = payments.get(order)!.reduce((sum, { captured, refunded }) => sum + captured.amount - refunded.amount, 0)
    const { total, paymentStatus } = orders.get(order)!
    const wanted = end === 'placed' ? total.amount - dashboardMinor : 0
    assert.equal(kept, wanted, `order ${order}, ${end}, ${paymentStatus}: of ${total.amount} ${dashboardMinor} was given back by hand`)
  }
}

/** No acknowledged order is missing, each is of its cart and alone, and ended as its shopper wanted. */
function checkPromises(street: Street, orders: ReadonlyMap<string, Body>): void {
  for (const { order, cart, end, customer } of street.orders) {
    const found = orders.get(order)
    assert.equal(found?.customer ?? null, customer, `order ${order} is of the account that was signed in to`)
    assert.equal(found?.cart, cart, `order ${order} was acknowledged`)
    assert.equal(found.status, end, `order ${order}: ${found.paymentStatus}`)
  }
  const carts = [...orders.values()].map(({ cart }) => cart)
  assert.equal(new Set(carts).size, carts.length, 'a cart is one order')
}

async function checkProvider(staff: HttpClient, sandbox: string): Promise<string> {
  const theirs = await bookOf(sandbox)
  const ours = await staff.all('/api/payments')
  const stateOf: Record<string, string> = { succeeded: 'captured', failed: 'failed', canceled: 'canceled' }
  assert.deepEqual([...theirs.keys()].toSorted(), ours.map(({ id }) => id).toSorted(), 'each payment is known to both')
  let captured = 0
  let refunded = 0
  for (const payment of ours) {
    const their = theirs.get(payment.id)!
    const back = returnedOf(their)
    const taken = their.state === 'succeeded' ? their.amountMinor : 0
    assert.deepEqual(
      [payment.status, payment.captured.amount, payment.refunded.amount],
      [stateOf[their.state], taken, back],
      `payment ${payment.id}`,
    )
    captured += taken
    refunded += back
  }
  return `${ours.length} payments equal the provider's book: ${captured} taken, ${refunded} returned`
}

/** Each sold order has its receipt at the mail server; what came twice came under the same Message-ID. */
export async function checkMail(staff: HttpClient, peer: SmtpPeer, orders: readonly Body[]): Promise<string> {
  const emails = await staff.all('/api/emails')
  const taken = Map.groupBy(peer.taken, ({ headers }) => headers.get('message-id')!)
  const known = new Set(emails.map(({ messageId }) => messageId))
  for (const [id] of taken) assert.ok(known.has(id), `${id} was sent and is owed by nobody`)
  for (const email of emails) {
    assert.equal(email.status, 'sent', `${email.template} for ${email.record}: ${email.lastError}`)
    const copies = taken.get(email.messageId) ?? []
    assert.ok(copies.length >= 1, `${email.template} for ${email.record} is sent, and the mail server has not got it`)
    assert.equal(new Set(copies.map(({ to, body }) => `${to}\n${body}`)).size, 1, `copies of ${email.messageId} differ`)
  }
  const receipts = Map.groupBy(
    emails.filter(({ template }) => template === 'order_receipt'),
    ({ record }) => record,
  )
  for (const { id, status, placedAt } of orders) {
    const isSold = status === 'placed' || placedAt !== null
    assert.equal(receipts.get(id)?.length ?? 0, isSold ? 1 : 0, `receipts of order ${id}`)
  }
  return `${emails.length} messages equal the mail server's book, ${peer.taken.length - emails.length} of them came again`
}

/** `kingpost verify` looks at each tick; here, that there were about as many as the time allows. */
async function checkTicks(staff: HttpClient): Promise<string> {
  const ticks = Map.groupBy(await staff.all('/api/scheduleTicks'), ({ schedule }) => schedule as string)
  const lines = [...ticks].map(([schedule, all]) => {
    const numbers = all.map(({ tick }) => tick).toSorted((a, b) => a - b)
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
      `ticks of ${schedule}`,
    )
    return `${schedule} ${numbers.length}`
  })
  return `ticks, each once: ${lines.join(', ')}`
}
