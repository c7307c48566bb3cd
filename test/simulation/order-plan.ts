// What becomes of orders in a run besides being placed, paid and canceled: discounts, parcels, parts that are canceled, returns, holds,
// lines added later, drafts. It has dice of its own, so that runs without any of it stay as they are.
import type { Actor } from '../../src/access/actor.ts'
import type { Cluster, Request, Result } from './cluster.ts'
import type { Store } from './store.ts'
import { deedNames, type Tally } from './tally.ts'
import { createDice, type Dice, type World } from './world.ts'

export type OrderPlan = {
  readonly dice: Dice
  /** What was only authorized is taken when it is sent. */
  readonly isCapturedBySending: boolean
  readonly hasCodes: boolean
  readonly hasAutomatic: boolean
}

const enabledShare = 0.3

/** Null: all that becomes of orders is what becomes of them in every run. */
export function planOrders(seed: number): OrderPlan | null {
  const dice = createDice(seed + 33_000_001)
  if (!dice.chance(enabledShare)) return null
  return { dice, isCapturedBySending: dice.chance(0.5), hasCodes: dice.chance(0.6), hasAutomatic: dice.chance(0.3) }
}

const euro = (amount: number) => ({ amount, currency: 'EUR' })

/** Paused until a run wants them. Each can be used so often that somebody is refused now and then. */
export const discountRecords = [
  { title: 'A tenth off', code: 'TENTH', kind: 'percent', value: 10, usesMax: 2, combines: true },
  { title: 'Three off', code: 'THREE', kind: 'fixed', value: euro(333), usesPerCustomerMax: 1, combines: true },
  { title: 'Half for the first', code: 'FIRST', kind: 'percent', value: 50, per: 'line', firstOrder: true },
  { title: 'Sent for nothing', code: 'SENT', kind: 'free_shipping', usesMax: 1, combines: true },
  { title: 'One for two', code: 'PAIR', kind: 'buy_x_get_y', value: { buy: 1, get: 1 } },
  { title: 'Seven off for all', kind: 'percent', value: 7, per: 'unit', minimumSum: euro(1_200), combines: true },
].map((record) => ({ ...record, active: false }))
const codes = discountRecords.flatMap(({ code }) => code ?? [])

export function plantDiscounts(store: Store, plan: OrderPlan | null): void {
  store.discountAll(plan?.hasAutomatic === true)
  if (plan?.hasCodes || plan?.hasAutomatic) store.sql('update "discounts" set "active"=1').run()
}

/** What a buyer types in. */
export function codesOf({ dice, hasCodes }: OrderPlan): readonly string[] {
  if (!hasCodes || dice.chance(0.2)) return []
  const typed = dice.chance(0.1) ? ['NOTHING'] : [dice.pick(codes)]
  return dice.chance(0.3) ? [...new Set([...typed, dice.pick(codes)])] : typed
}

type Line = {
  readonly id: string
  readonly quantity: number
  readonly shipped?: number
  readonly canceled?: number
  readonly returning?: number
  readonly returned?: number
}
export type Seen = { readonly id: string; readonly status: string; readonly holds: readonly string[]; readonly lines: readonly Line[] }

/** Units of some lines, as whoever looked at the order a moment ago believes that they are there. */
export function someUnits(dice: Dice, { lines }: Seen, can: 'open' | 'returnable') {
  const left = ({ quantity, shipped = 0, canceled = 0, returning = 0, returned = 0 }: Line) =>
    can === 'open' ? quantity - shipped - canceled : shipped - returning - returned
  const named = lines.filter((line) => left(line) > 0 && dice.chance(0.7))
  return named.map((line) => ({ line: line.id, quantity: dice.chance(0.9) ? dice.between(1, left(line)) : line.quantity }))
}

const staff: Actor = {
  ...{ kind: 'user', id: 'usr_staff', email: 'staff@shop.example', roles: ['admin'], session: null, provenAgoMs: 0 },
  ...{ cartTokenHash: null, linkedOrder: null, origin: 'office' },
}
const workMs = 4 * 60_000
const deedsMax = 30

export type OrderParts = { readonly world: World; readonly cluster: Cluster; readonly store: Store; readonly tally: Tally }
type Desk = OrderParts & {
  readonly dice: Dice
  ask(operation: string, input: unknown): Promise<Result>
  some(sql: string): Readonly<Record<string, unknown>> | null
}

/** Staff at their desk: one thing after another, of whatever there is then. Twice, now and then, at the same moment. */
export async function workOnOrders(parts: OrderParts, { dice }: OrderPlan): Promise<void> {
  const { world, cluster, store, tally } = parts
  const asking = async (request: Request, key: string) => {
    const isTwice = dice.chance(0.1)
    const results = await Promise.all([
      cluster.send({ ...request, key }),
      ...(isTwice ? [cluster.send({ ...request, key: `${key}-2` })] : []),
    ])
    for (const { end } of results) {
      const name = deedNames.find((one) => one === request.operation)
      if (end === 'answered' && name !== undefined) tally.add(name)
    }
    return results[0]!
  }
  let count = 0
  const desk: Desk = {
    ...parts,
    dice,
    ask(operation, input) {
      count += 1
      return asking({ operation, input, actor: staff }, `orders-${count}`)
    },
    some(sql) {
      const rows = store.sql(sql).all()
      return rows.length === 0 ? null : dice.pick(rows)
    },
  }
  while (world.elapsed() < workMs && count < deedsMax) {
    await new Promise<void>((resolve) => void world.at(dice.between(500, 12_000), null, 'wait', resolve))
    const deed = dice.weighted({
      send: 5,
      parcel: 1.5,
      cancel: 1,
      hold: 1,
      judge: 4,
      ask: 0.5,
      add: 0.7,
      draft: 0.25,
      offer: 1,
      refund: 0.5,
    })
    await deeds[deed](desk)
  }
}

const deeds = {
  async send(desk: Desk) {
    const order = pickOrder(desk, `"status"='placed'`)
    if (order === null) return
    const lines = desk.dice.chance(0.4) ? [] : someUnits(desk.dice, order, 'open')
    await desk.ask('orders.fulfill', { id: order.id, ...(lines.length > 0 && { lines }) })
  },
  async parcel({ dice, ask, some }: Desk) {
    const parcel = some(`select "id" from "fulfillments" where "status"<>'canceled'`)
    if (parcel === null) return
    const operation = dice.weighted({ 'fulfillments.deliver': 2, 'fulfillments.cancel': 1, 'fulfillments.track': 1 })
    const tracking = operation === 'fulfillments.track' ? { tracking: [{ carrier: 'DHL', number: '00340434161094042557' }] } : {}
    await ask(operation, { id: parcel['id'], ...tracking })
  },
  async cancel(desk: Desk) {
    const order = pickOrder(desk, `"status"='placed'`)
    const lines = order === null ? [] : someUnits(desk.dice, order, 'open')
    if (lines.length > 0) await desk.ask('orders.cancel', { id: order!.id, lines })
  },
  async hold(desk: Desk) {
    const held = pickOrder(desk, `"holds"<>'[]'`)
    if (held !== null && desk.dice.chance(0.8))
      return void (await desk.ask('orders.release', { id: held.id, hold: desk.dice.pick(held.holds) }))
    const order = pickOrder(desk, '1=1')
    if (order !== null && desk.dice.chance(0.4))
      await desk.ask('orders.hold', { id: order.id, hold: desk.dice.pick(['fraud', 'address'] as const) })
  },
  async judge({ dice, ask, some }: Desk) {
    const one = some(`select "id","status","lines" from "returns" where "status" in ('requested','approved','received')`)
    if (one === null) return
    const { id, status } = one
    if (status === 'requested') return void (await ask(dice.chance(0.85) ? 'returns.approve' : 'returns.reject', { id }))
    if (status === 'received' && dice.chance(0.7)) {
      const deduction = dice.chance(0.3) ? { deduction: euro(dice.between(0, 400)) } : {}
      return void (await ask('returns.complete', { id, ...deduction, ...(dice.chance(0.1) && { refund: false }) }))
    }
    const rest = (JSON.parse(one['lines'] as string) as { line: string; quantity: number; received: number }[]).filter(
      ({ quantity, received }) => quantity > received,
    )
    if (rest.length === 0 || dice.chance(0.4)) return void (await ask('returns.receive', { id }))
    const { line, quantity, received } = dice.pick(rest)
    await ask('returns.receive', { id, lines: [{ line, quantity: dice.between(1, quantity - received), restock: dice.chance(0.6) }] })
  },
  /** For somebody who has telephoned. */
  async ask(desk: Desk) {
    const order = pickOrder(desk, `"fulfillmentStatus"<>'unfulfilled'`)
    const lines = order === null ? [] : someUnits(desk.dice, order, 'returnable')
    if (lines.length > 0) await desk.ask('orders.return', { id: order!.id, lines: lines.map((line) => ({ ...line, reason: 'damaged' })) })
  },
  async add(desk: Desk) {
    const order = pickOrder(desk, `"status" in ('placed','completed','draft')`)
    if (order === null) return
    await desk.ask('orders.edit', { id: order.id, add: [newLine(desk)] })
  },
  async draft(desk: Desk) {
    const { dice, store, ask } = desk
    const shippingAddress = { name: 'Who asked', line1: 'Main street 1', city: 'Berlin', postalCode: '10115', country: 'DE' }
    const lines = dice.chance(0.5) ? [newLine(desk)] : [newLine(desk), newLine(desk)]
    await ask('orders.create', { email: 'who@customers.example', shippingAddress, shippingMethod: store.shippingMethod, lines })
  },
  /** What is open of an order, or a draft, by link; and who has the link pays, or does not. */
  async offer({ dice, ask, some, cluster, world, tally }: Desk) {
    const order = some(`select "id" from "orders" where "status"='draft' or ("status"='placed' and "holds" like '%payment_due%')`)
    if (order === null) return
    if (dice.chance(0.15)) return void (await ask('orders.cancel', { id: order['id'] }))
    const made = await ask('orders.makePaymentLink', {
      id: order['id'],
      expiresAt: new Date(world.now() + 40 * 60_000).toISOString(),
      mail: dice.chance(0.5),
    })
    if (made.end !== 'answered' || dice.chance(0.2)) return
    const [, token] = (made.reply.output as { url: string }).url.split('#token=')
    const method = dice.pick(['card_success', 'card_success', 'delayed_success', 'card_declined'])
    const key = `link-${String(order['id'])}-${world.now()}`
    const paid = await cluster.send({ operation: 'paymentLinks.pay', input: { token, provider: 'sandbox', method }, key })
    if (paid.end === 'answered') tally.add('paid by link')
  },
  async refund(desk: Desk) {
    const order = pickOrder(desk, `"paymentStatus" in ('paid','partially_refunded','partially_paid')`)
    if (order === null) return
    const { id, quantity } = desk.dice.pick(order.lines)
    const part = desk.dice.chance(0.5)
      ? { lines: [{ line: id, quantity: desk.dice.between(1, quantity) }] }
      : { amount: euro(desk.dice.between(1, 900)) }
    await desk.ask('orders.refund', { id: order.id, ...part })
  },
}

function newLine({ dice, store }: Desk) {
  const unitPrice = dice.chance(0.4) ? { unitPrice: euro(dice.pick([1, 333, 999])) } : {}
  return { variant: dice.pick(store.variants), quantity: dice.between(1, 2), ...unitPrice }
}

export function pickOrder({ some }: Pick<Desk, 'some'>, where: string): Seen | null {
  const row = some(`select "id","status","holds","lines" from "orders" where ${where}`)
  if (row === null) return null
  const read = <T>(name: string) => JSON.parse(row[name] as string) as T
  return { id: row['id'] as string, status: row['status'] as string, holds: read('holds'), lines: read('lines') }
}
