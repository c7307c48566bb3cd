// One order, walked at random through every operation that there is on orders, with a model beside it: what may be done now, and how many
// units of each line are where. Whatever the model refuses must be refused with the state that the order is in and change nothing; whatever
// it allows must be done; and the order may only go along the edges of its machine.
import assert from 'node:assert/strict'
import { eq } from '../../src/contract/filter.ts'
import { fulfillments } from '../../src/domains/fulfillment/collections.ts'
import { type Order, orders } from '../../src/domains/orders/collections.ts'
import { unitsOf } from '../../src/domains/orders/order-standing.ts'
import { captures, disputes, payments, refunds } from '../../src/domains/payments/collections.ts'
import { returns } from '../../src/domains/returns/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type ApiAnswer, type As, checkOut, fillCart, type World, work } from '../support/api-harness.ts'
import type { Chance } from '../support/chance.ts'
import { edges } from './audit-commits.ts'

const steps = 16
const methods = ['card_success', 'card_success', 'card_success', 'delayed_success', 'card_challenge', 'card_declined'] as const

/** What became of it, for the sums of a run. */
export type Walked = { readonly done: Readonly<Record<string, number>>; readonly refused: Readonly<Record<string, number>> }

type Walk = {
  readonly world: World
  readonly chance: Chance
  readonly order: string
  readonly done: Record<string, number>
  readonly refused: Record<string, number>
}
type Asked = { readonly name: string; readonly path: string; readonly body?: object; readonly as?: As }
/** Codes that it may be refused with now; none: it must be done. `maybe`: money decides, which the model does not count. */
type Expected = { readonly refusals: readonly string[]; readonly maybe?: readonly string[] }

export async function walkOrder(world: World, chance: Chance): Promise<Walked> {
  const lines = [
    { variant: 'variant', quantity: chance.between(1, 4) },
    ...(chance.below(2) === 0 ? [{ variant: 'hardcover', quantity: chance.between(1, 3) }] : []),
  ]
  const cart = await fillCart(world, 'owner', lines)
  const { status, body } = await checkOut(world, 'owner', cart, chance.pick(methods))
  assert.equal(status, 201, JSON.stringify(body))
  const walk: Walk = { world, chance, order: body.order.id, done: {}, refused: {} }
  await work(world, chance.pick([50, 1_500]))
  for (let step = 0; step < steps; step++) await takeStep(walk)
  return walk
}

const reader = ({ world }: Walk) => world.engine.parts.storage.reader
const orderNow = async (walk: Walk) => (await reader(walk).get(orders, walk.order))!

/** Once nothing is under way any more, not even a webhook that was just sent. */
async function orderAtRest(walk: Walk): Promise<Order> {
  let [before, same] = [await orderNow(walk), 0]
  while (same < 3) {
    await work(walk.world, 1)
    const after = await orderNow(walk)
    same = after.version === before.version ? same + 1 : 0
    before = after
  }
  return before
}

async function takeStep(walk: Walk): Promise<void> {
  const [before, [asked, expected]] = await nextStep(walk)
  const { name, path, body = {}, as = 'staff' } = asked
  const position = await walk.world.newest()
  const answer = await walk.world.call(as, { method: name === 'track' ? 'PATCH' : 'POST', url: `/api/${path}`, body })
  const said = `${name} ${JSON.stringify(body)} of ${before.status}, ${before.fulfillmentStatus}, ${before.holds.join()}: ${answer.status} ${answer.text}`
  const counted = answer.status < 400 ? walk.done : walk.refused
  counted[name] = (counted[name] ?? 0) + 1
  if (answer.status < 400) assert.deepEqual(expected.refusals, [], `should be refused: ${said}`)
  else {
    const code = answer.body.code as string
    assert.ok([...expected.refusals, ...(expected.maybe ?? [])].includes(code), `refused otherwise: ${said}`)
    checkRefusal(before, answer, said)
    // Its money may be on the move meanwhile; its units move by requests alone.
    assert.deepEqual((await orderNow(walk)).lines, before.lines, `refused, and changed: ${said}`)
  }
  await work(walk.world, walk.chance.pick([20, 20, 1_500, 6_000]))
  await checkEdges(walk, before, position)
  await checkUnits(walk)
}

/** A refusal for the state of the order says which that is. */
function checkRefusal({ status, fulfillmentStatus }: Order, { body }: ApiAnswer, said: string): void {
  if (body.code !== 'order_state_conflict') return
  assert.equal(body.params?.status, status, said)
  if (body.params.fulfillmentStatus !== undefined) assert.equal(body.params.fulfillmentStatus, fulfillmentStatus, said)
}

/** Each commit moved the order along an edge of its machine. */
async function checkEdges(walk: Walk, before: Order, position: number): Promise<void> {
  await walk.world.newest()
  let { status } = before
  const commits = await walk.world.engine.parts.storage.commitsAfter(position, 1_000)
  for (const { changes } of commits)
    for (const { collection, id, record } of changes) {
      if (collection !== 'orders' || id !== walk.order) continue
      const next = String((record as { status?: unknown }).status) as Order['status']
      assert.ok(next === status || edges['orders']![status]!.includes(next), `${status} became ${next}`)
      status = next
    }
  assert.equal((await orderNow(walk)).status, status)
}

/** The units of each line are those of the records beside it. */
async function checkUnits(walk: Walk): Promise<void> {
  const order = await orderNow(walk)
  const of = eq('order', order.id)
  const sent = (await findAll(reader(walk), fulfillments, of)).filter(({ status }) => status !== 'canceled')
  for (const line of order.lines) {
    const { shipped, open, returnable } = unitsOf(line)
    const units = sent.flatMap(({ lines }) => lines.filter((one) => one.line === line.id)).reduce((sum, { quantity }) => sum + quantity, 0)
    assert.equal(shipped, units)
    assert.ok(open >= 0 && returnable >= 0, JSON.stringify(line))
  }
}

/** Units of some lines: mostly those that there are, now and then more. */
function someLines({ chance }: Walk, order: Order, can: 'open' | 'returnable') {
  const named = order.lines.filter(() => chance.below(3) > 0)
  return (named.length === 0 ? order.lines.slice(0, 1) : named).map((line) => {
    const left = unitsOf(line)[can]
    const quantity = chance.below(8) === 0 ? line.quantity + chance.between(0, 2) : chance.between(1, Math.max(2, left + 1))
    return { line: line.id, quantity }
  })
}

/** What the model says of these units. */
function refusalOf(
  order: Order,
  lines: readonly { readonly line: string; readonly quantity: number }[],
  can: 'open' | 'returnable',
): string[] {
  const of = lines.map(({ line, quantity }) => ({ quantity, line: order.lines.find(({ id }) => id === line)! }))
  if (of.some(({ quantity, line }) => quantity > line.quantity)) return ['validation_failed']
  return of.some(({ quantity, line }) => quantity > unitsOf(line)[can]) ? ['order_state_conflict'] : []
}

type Step = readonly [Asked, Expected]
const at = (walk: Walk, rest: string) => `orders/${walk.order}/${rest}`
const only = (is: boolean, code: string): Expected => ({ refusals: is ? [] : [code] })

/** What is asked, and the order as it is then: what happens outside is no question, and another follows it. */
async function nextStep(walk: Walk): Promise<readonly [Order, Step]> {
  const order = await orderAtRest(walk)
  const isHeld = order.holds.length > 0 && walk.chance.below(2) === 0
  const step = await (isHeld ? release : walk.chance.pick(questions))(walk, order)
  if (step !== null) return [order, step]
  const after = await orderAtRest(walk)
  return [after, await sendSome(walk, after)]
}

function cancelAll(walk: Walk, { status, lines }: Order): Step {
  const canBe = (status === 'pending_payment' || status === 'placed') && lines.every((line) => unitsOf(line).shipped === 0)
  return [{ name: 'cancel', path: at(walk, 'cancel'), as: walk.chance.pick(['owner', 'staff']) }, only(canBe, 'order_state_conflict')]
}

/** None: there is nothing to ask it of. */
type Question = (walk: Walk, order: Order) => Promise<Step | null> | Step | null

const questions: readonly Question[] = [
  (walk, order) => (walk.chance.below(3) === 0 ? cancelAll(walk, order) : sendSome(walk, order)),
  (walk, order) => cancelSome(walk, order),
  (walk, order) => sendSome(walk, order),
  (walk, order) => sendSome(walk, order),
  (walk, order) => askBack(walk, order),
  (walk, order) => askBack(walk, order),
  judgeBack,
  judgeBack,
  judgeBack,
  judgeParcel,
  (walk, { status }) =>
    walk.chance.below(3) > 0
      ? null
      : [
          { name: 'hold', path: at(walk, 'hold'), body: { hold: walk.chance.pick(['fraud', 'address']) } },
          only(status === 'placed' || status === 'pending_payment', 'order_state_conflict'),
        ],
  release,
  (walk, { status, total }) => {
    const amount = { amount: walk.chance.between(1, total.amount + 1), currency: total.currency }
    const isOpen = status === 'pending_payment'
    const body = walk.chance.below(3) === 0 ? {} : { amount }
    return [
      { name: 'refund', path: at(walk, 'refunds'), body },
      isOpen ? only(false, 'order_state_conflict') : { refusals: [], maybe: ['refund_too_large'] },
    ]
  },
  (walk, order) => {
    const lines = someLines(walk, order, 'returnable')
    const body = { lines }
    const maybe = ['refund_too_large', 'validation_failed']
    return [
      { name: 'refund', path: at(walk, 'refunds'), body },
      order.status === 'pending_payment' ? only(false, 'order_state_conflict') : { refusals: [], maybe },
    ]
  },
  addSome,
  exchangeSome,
  payOpen,
  payAgain,
  moveMoney,
  dispute,
  letExpire,
  (walk) => {
    walk.world.book.faults.plan({ call: walk.chance.pick(['capture', 'refund']), kind: 'decline', count: 1 })
    return null
  },
]

function release(walk: Walk, { holds }: Order): Step {
  const hold = walk.chance.pick([...holds, ...(holds.length === 0 || walk.chance.below(4) === 0 ? ['stock'] : [])])
  const isAllowed = holds.includes(hold) && hold !== 'disputed'
  return [{ name: 'release', path: at(walk, 'release'), body: { hold } }, only(isAllowed, 'order_state_conflict')]
}

function cancelSome(walk: Walk, order: Order): Step {
  const lines = someLines(walk, order, 'open')
  const left = order.lines.filter((line) => unitsOf(line).open > 0)
  const isAll =
    order.lines.every((line) => unitsOf(line).shipped === 0) &&
    lines.length === left.length &&
    left.every((line) => lines.some((one) => one.line === line.id && one.quantity === unitsOf(line).open))
  const [asked, expected] = cancelAll(walk, order)
  const body = { lines }
  if (isAll) return [{ ...asked, body }, expected]
  const path = at(walk, 'cancel')
  const refusals = order.status !== 'placed' ? ['order_state_conflict'] : refusalOf(order, lines, 'open')
  return [
    { name: 'cancelLines', path, body },
    { refusals, maybe: ['payment_in_progress'] },
  ]
}

async function sendSome(walk: Walk, order: Order): Promise<Step> {
  const isAll = walk.chance.below(4) === 0
  const lines = someLines(walk, order, 'open')
  const hasMoney = order.paymentStatus !== 'refunded'
  const isOpen = order.status === 'placed' && hasMoney && order.lines.some((line) => unitsOf(line).open > 0)
  const units = isAll ? [] : refusalOf(order, lines, 'open')
  const held = order.holds.length > 0 ? ['order_held'] : []
  const refusals = !isOpen ? ['order_state_conflict'] : units.length > 0 ? units : held
  // Where none are named, units that were given back are not sent, and there may be no others.
  const given = [...(order.allowances ?? []), ...(order.uncharged ?? []), ...(await findAll(reader(walk), refunds, eq('order', order.id)))]
  const maybe = isAll && given.length > 0 ? ['order_state_conflict'] : []
  return [
    { name: 'fulfill', path: at(walk, 'fulfillments'), body: isAll ? {} : { lines } },
    { refusals, maybe },
  ]
}

function askBack(walk: Walk, order: Order): Step {
  const lines = someLines(walk, order, 'returnable')
  const isSold = order.status === 'placed' || order.status === 'completed'
  const body = { lines: lines.map((line) => ({ ...line, reason: 'other' })) }
  return [
    { name: 'return', path: at(walk, 'returns'), body, as: walk.chance.pick(['owner', 'staff']) },
    { refusals: isSold ? refusalOf(order, lines, 'returnable') : ['order_state_conflict'] },
  ]
}

async function judgeBack(walk: Walk): Promise<Step | null> {
  const { chance } = walk
  const all = await findAll(reader(walk), returns, eq('order', walk.order))
  if (all.length === 0) return null
  const one = chance.below(4) === 0 ? chance.pick(all) : all.at(-1)!
  const { status, lines } = one
  const path = (verb: string) => `returns/${one.id}/${verb}`
  const is = (...statuses: readonly string[]) => only(statuses.includes(status), 'return_state_conflict')
  const next = { requested: 0, approved: 3, received: lines.some(({ quantity, received }) => quantity > received) ? 3 : 5 }[
    status as string
  ]
  switch (chance.below(3) > 0 && next !== undefined ? next : chance.below(6)) {
    case 0:
    case 1:
      return [{ name: 'approve', path: path('approve') }, is('requested')]
    case 2:
      return [{ name: 'reject', path: path('reject') }, is('requested', 'approved')]
    case 3:
    case 4: {
      const left = lines.filter(({ quantity, received }) => quantity > received)
      if (chance.below(2) === 0 || left.length === 0)
        return [{ name: 'receive', path: path('receive') }, left.length === 0 ? is() : is('approved', 'received')]
      const { line, quantity, received } = chance.pick(left)
      const given = { line, quantity: chance.between(1, quantity - received + 1), restock: chance.below(3) > 0 }
      return [{ name: 'receive', path: path('receive'), body: { lines: [given] } }, is('approved', 'received')]
    }
    default: {
      const deduction = { amount: chance.pick([0, 0, 100]), currency: 'EUR' }
      const body = { deduction, to: chance.pick(['payment', 'payment', 'store_credit']) }
      return [
        { name: 'complete', path: path('complete'), body },
        // More may be deducted than is left of what the units were worth.
        { ...is('received'), maybe: ['payment_in_progress', ...(deduction.amount > 0 ? ['validation_failed'] : [])] },
      ]
    }
  }
}

async function judgeParcel(walk: Walk, order: Order): Promise<Step | null> {
  const { chance } = walk
  const all = await findAll(reader(walk), fulfillments, eq('order', walk.order))
  if (all.length === 0) return null
  const { id, status, lines } = chance.pick(all)
  const isShipped = only(status === 'shipped', 'fulfillment_state_conflict')
  const tracking = [{ carrier: 'DHL', number: String(chance.below(1_000)) }]
  switch (chance.below(3)) {
    case 0:
      return [{ name: 'track', path: `fulfillments/${id}`, body: { tracking } }, only(status !== 'canceled', 'fulfillment_state_conflict')]
    case 1:
      return [{ name: 'deliver', path: `fulfillments/${id}/deliver` }, isShipped]
    default: {
      const isHere = lines.every(({ line, quantity }) => unitsOf(order.lines.find((one) => one.id === line)!).returnable >= quantity)
      return [{ name: 'cancelParcel', path: `fulfillments/${id}/cancel` }, isHere ? isShipped : only(false, 'fulfillment_state_conflict')]
    }
  }
}

/** Lines are added, mostly of a price that they bring with them: its cents go nowhere else. */
function addSome({ chance, world, order }: Walk, { status }: Order): Step | null {
  if (chance.below(2) === 0) return null
  const unitPrice = { amount: chance.pick([0, 1, 333, 999]), currency: 'EUR' }
  const line = { variant: world.ids[chance.pick(['variant', 'hardcover'])], quantity: chance.between(1, 3) }
  const body = { add: [{ ...line, ...(chance.below(4) > 0 && { unitPrice }) }] }
  return [
    { name: 'edit', path: `orders/${order}/edits`, body },
    only(status === 'placed' || status === 'completed', 'order_state_conflict'),
  ]
}

/** Units come back, and others are sent for them. */
function exchangeSome(walk: Walk, order: Order): Step | null {
  const { chance, world } = walk
  if (chance.below(2) === 0) return null
  const lines = someLines(walk, order, 'returnable').map((line) => ({ ...line, reason: 'other' }))
  const add = [{ variant: world.ids[chance.pick(['variant', 'hardcover'])], quantity: chance.between(1, 2) }]
  const isSold = order.status === 'placed' || order.status === 'completed'
  return [
    { name: 'exchange', path: at(walk, 'exchanges'), body: { lines, add } },
    { refusals: isSold ? refusalOf(order, lines, 'returnable') : ['order_state_conflict'] },
  ]
}

/** Whoever has the link pays what is open. */
async function payOpen(walk: Walk, { status }: Order): Promise<Step | null> {
  if (status === 'expired' || status === 'canceled') return null
  const made = await walk.world.call('staff', { method: 'POST', url: `/api/${at(walk, 'payment-link')}`, body: {} })
  if (made.status !== 201) return null
  const token = (made.body.url as string).split('#token=')[1]
  const body = { token, provider: 'sandbox', method: walk.chance.pick(methods) }
  const maybe = ['payment_in_progress', 'too_many_attempts']
  return [
    { name: 'payByLink', path: 'paymentLinks/pay', body, as: 'guest' },
    { refusals: [], maybe },
  ]
}

function payAgain(walk: Walk, { status }: Order): Step {
  const body = { provider: 'sandbox', method: walk.chance.pick(methods) }
  const maybe = ['payment_in_progress', 'payment_not_needed', 'too_many_attempts']
  return [
    { name: 'pay', path: at(walk, 'payments'), body, as: 'owner' },
    status === 'pending_payment' ? { refusals: [], maybe } : { refusals: ['order_state_conflict', 'payment_not_needed'] },
  ]
}

async function moveMoney(walk: Walk): Promise<Step | null> {
  const all = await findAll(reader(walk), payments, eq('order', walk.order))
  const { id, amount } = walk.chance.pick(all)
  const open = await findAll(reader(walk), captures, eq('payment', id))
  const part = { amount: { amount: walk.chance.between(1, amount.amount + 1), currency: 'EUR' } }
  const body = walk.chance.below(2) === 0 ? {} : part
  const maybe = ['payment_state_conflict', 'capture_too_large']
  if (walk.chance.below(4) > 0 || open.length > 0)
    return [
      { name: 'capture', path: `payments/${id}/capture`, body },
      { refusals: [], maybe },
    ]
  return [
    { name: 'void', path: `payments/${id}/void` },
    { refusals: [], maybe },
  ]
}

/** At the bank: nothing is asked of us. */
async function dispute(walk: Walk): Promise<null> {
  const [open] = (await findAll(reader(walk), disputes, eq('order', walk.order))).filter(({ status }) => status === 'needs_response')
  const { book } = walk.world
  if (open) book.moveDispute(open.providerRef, walk.chance.pick(['win', 'lose']))
  else {
    const all = await findAll(reader(walk), payments, eq('order', walk.order))
    const own = all.find(({ captured, refunded, disputed }) => captured.amount > refunded.amount + (disputed?.amount ?? 0))
    // The bank may know of more that went back by now.
    const isLeft = own !== undefined && book.get(own.providerRef!)!.refunds.length === 0
    if (isLeft && walk.chance.below(2) === 0) book.dispute(own.providerRef!)
  }
  await work(walk.world, 10_000)
  return null
}

async function letExpire(walk: Walk, order: Order): Promise<null> {
  if (order.status !== 'pending_payment' || walk.chance.below(2) === 0) return null
  await walk.world.write(async (tx, now) => {
    const own = (await tx.get(orders, order.id))!
    if (own.status === 'pending_payment') await tx.update(orders, own, { set: { expiresAt: now - 1 } })
  })
  await work(walk.world, 16_000)
  return null
}
