// What happens to an order's money, course by course: how it begins, what is asked, and until when it is waited. Each is carried out
// undisturbed and with a death at each of its steps (test/faults/fault-points.test.ts), and must end the same.
import { randomUUID } from 'node:crypto'
import { eq, oneOf } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { captures, disputes, type Payment, payments, refunds } from '../../src/domains/payments/collections.ts'
import { reservations, stockLevels } from '../../src/domains/stock/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { capturedOf, refundedOf, type SandboxPayment, withdrawnOf } from '../../src/sandbox/payment.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { staffActor } from './engines.ts'
import type { MortalShop } from './mortal-shop.ts'

export type Goods = { readonly variant: string; readonly level: string }

export type Course = {
  readonly name: string
  readonly capture?: 'manual'
  /** Before the steps are counted. Answers the order, or the cart of one that is still to be made. */
  readonly prepare: (shop: MortalShop, goods: Goods) => Promise<string>
  /** What happens, up to where nothing is left to be done but by itself. Answers the order. */
  readonly act: (shop: MortalShop, id: string, goods: Goods) => Promise<string>
  /** How the order, its payment and the provider's book stand in the end, in few words. */
  readonly ends: string
}

export const staff = { actor: { ...staffActor, provenAgoMs: 0 } }
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const minute = 60_000
const priceMinor = 1_000
const units = 2

export async function makeGoods(shop: MortalShop, onHand = 10_000): Promise<Goods> {
  const ask = async (name: string, input: unknown) => (await shop.insist(name, { ...staff, input })).output as { id: string }
  const product = await ask('products.create', { slug: `cup-${randomUUID()}`, title: 'Cup', status: 'active' })
  const variant = await ask('variants.create', { product: product.id, sku: randomUUID(), title: 'plain', price: eur(priceMinor) })
  const [level] = await shop.storage.reader.find(stockLevels, { where: eq('variant', variant.id), limit: 1 })
  await ask('stock.adjustLevel', { id: level!.id, onHand })
  return { variant: variant.id, level: level!.id }
}

/** What other orders hold or have bought stays. */
export async function setOnHand(shop: MortalShop, { level: id }: Goods, left: 'nothing' | 'plenty'): Promise<void> {
  const { held, committed } = (await shop.storage.reader.get(stockLevels, id))!
  const onHand = held + committed + (left === 'nothing' ? 0 : 10_000)
  await shop.insist('stock.adjustLevel', { ...staff, input: { id, onHand } })
}

export async function fillCart(shop: MortalShop, { variant }: Goods): Promise<string> {
  const ask = async (name: string, input: unknown) => (await shop.insist(name, { ...staff, input })).output as { id: string }
  // One address gets so many mails an hour.
  const { id } = await ask('carts.create', { email: `${randomUUID()}@mail.example` })
  await ask('carts.addLine', { id, variant, quantity: units })
  const shippingAddress = { name: 'Ada', line1: '1 Street', city: 'London', postalCode: 'SW1', country: 'GB' }
  await ask('carts.update', { id, shippingAddress })
  return id
}

export async function checkOut(shop: MortalShop, cart: string, method: string, more: object = {}): Promise<string> {
  const input = { id: cart, payment: { provider: 'sandbox', method }, ...more }
  const { output } = await shop.insist('orders.checkOut', { ...staff, input, key: `check-out-${cart}-once` })
  return (output as { order: { id: string } }).order.id
}

export const ordered = (method: string) => async (shop: MortalShop, goods: Goods) => {
  const order = await checkOut(shop, await fillCart(shop, goods), method)
  await rest(shop)
  return order
}

/** Its one payment, by the name that it has at the provider. */
export async function theirs(shop: MortalShop, order: string): Promise<string> {
  const [payment] = await findAll(shop.storage.reader, payments, eq('order', order))
  return payment!.providerRef!
}

async function paymentOf(shop: MortalShop, order: string): Promise<string> {
  const [payment] = await findAll(shop.storage.reader, payments, eq('order', order))
  return payment!.id
}

const asked = (operation: string, input: (id: string) => object, of: 'order' | 'payment') => async (shop: MortalShop, order: string) => {
  const id = of === 'order' ? order : await paymentOf(shop, order)
  await shop.insist(operation, { ...staff, input: { id, ...input(id) }, key: `${operation}-${order}-once` })
  await rest(shop)
  return order
}

async function untilExpired(shop: MortalShop, order: string, stepMs: number): Promise<void> {
  const statusOf = async () => (await shop.storage.reader.get(orders, order))!.status
  for (let turns = 0; turns < 60 && (await statusOf()) !== 'expired'; turns++) await shop.leap(stepMs)
}

/** The request to take the money is on its way for so long that the order has expired when it arrives. */
export async function expiredOnTheWay(shop: MortalShop, goods: Goods): Promise<string> {
  shop.delay(true)
  const order = await checkOut(shop, await fillCart(shop, goods), 'card_success')
  await untilExpired(shop, order, 5 * minute)
  shop.delay(false)
  return order
}

async function arrivesLate(shop: MortalShop, order: string): Promise<string> {
  shop.arrive()
  await rest(shop)
  return order
}

export const courses: readonly Course[] = [
  {
    name: 'an order is checked out, paid and placed',
    prepare: fillCart,
    async act(shop, cart) {
      const order = await checkOut(shop, cart, 'card_success')
      await rest(shop)
      return order
    },
    ends: 'placed paid, captured 2000; the provider took 2000',
  },
  {
    name: 'an order is paid by a gift card and by the provider, and canceled',
    prepare: async (shop, goods) => `${await fillCart(shop, goods)} ${await giftCard(shop)}`,
    async act(shop, prepared) {
      const [cart, code] = prepared.split(' ') as [string, string]
      const order = await checkOut(shop, cart, 'card_success', { giftCards: [code] })
      await rest(shop)
      await shop.insist('orders.cancel', { ...staff, input: { id: order }, key: `cancel-${order}-once` })
      await rest(shop)
      return order
    },
    ends: 'canceled refunded, captured 500,captured 1500; the provider took 1500 and gave back 1500',
  },
  {
    name: 'an order that nobody pays expires',
    async prepare(shop, goods) {
      const order = await ordered('card_challenge')(shop, goods)
      await shop.leap(29 * minute)
      await rest(shop)
      return order
    },
    async act(shop, order) {
      await shop.leap(2 * minute)
      await rest(shop)
      // Its payment is given up at the provider first, and the order is looked at again after that.
      await untilExpired(shop, order, 2 * minute)
      await rest(shop)
      return order
    },
    ends: 'expired voided, canceled 0; the provider took 0',
  },
  {
    name: 'money that comes after the end revives its order',
    prepare: expiredOnTheWay,
    act: arrivesLate,
    ends: 'placed paid late_payment, captured 2000; the provider took 2000',
  },
  {
    name: 'money that comes after the end, and finds no goods, goes back',
    async prepare(shop, goods) {
      const order = await expiredOnTheWay(shop, goods)
      await setOnHand(shop, goods, 'nothing')
      return order
    },
    async act(shop, order, goods) {
      await arrivesLate(shop, order)
      await setOnHand(shop, goods, 'plenty')
      return order
    },
    ends: 'expired refunded, captured 2000; the provider took 2000 and gave back 2000',
  },
  {
    name: 'staff give a part back',
    prepare: ordered('card_success'),
    act: asked('orders.refund', () => ({ amount: eur(700) }), 'order'),
    ends: 'placed partially_refunded, captured 2000; the provider took 2000 and gave back 700',
  },
  {
    name: 'a paid order is canceled',
    prepare: ordered('card_success'),
    act: asked('orders.cancel', () => ({}), 'order'),
    ends: 'canceled refunded, captured 2000; the provider took 2000 and gave back 2000',
  },
  {
    name: 'staff capture a part',
    capture: 'manual',
    prepare: ordered('card_success'),
    act: asked('payments.capture', () => ({ amount: eur(900) }), 'payment'),
    ends: 'placed partially_paid, captured 900; the provider took 900',
  },
  {
    name: 'staff give an authorization up',
    capture: 'manual',
    prepare: ordered('card_success'),
    act: asked('payments.void', () => ({}), 'payment'),
    ends: 'placed voided payment_incomplete, canceled 0; the provider took 0',
  },
  {
    name: 'a customer agrees, and the shop takes the money',
    prepare: ordered('approval'),
    async act(shop, order) {
      shop.book.challenge(await theirs(shop, order), true)
      await rest(shop)
      return order
    },
    ends: 'placed paid, captured 2000; the provider took 2000',
  },
  {
    name: 'a bank takes money back for a dispute, and keeps it',
    prepare: ordered('card_success'),
    async act(shop, order) {
      const dispute = shop.book.dispute(await theirs(shop, order), { amountMinor: 900 }).disputes[0]!
      await rest(shop)
      shop.book.moveDispute(dispute.id, 'lose')
      await rest(shop)
      return order
    },
    ends: 'placed paid dispute_lost, captured 2000; the provider took 2000 and banks hold 900',
  },
]

async function giftCard(shop: MortalShop): Promise<string> {
  const { output } = await shop.insist('giftCards.issue', { ...staff, input: { value: eur(500), isPaid: true } })
  return (output as { code: string }).code
}

const isOpen = oneOf('state', ['ready', 'running'])
/** Longer than a lease: what a process that died had begun is another's then. */
const leapsMs = [600, 600, 1_100, 2_100, 31_000, 2_100, 5_100, 10_100, 31_000, 61_000, 61_000, 61_000] as const

/** Until nothing is left to be carried out, and nothing is undecided. */
export async function rest(shop: MortalShop): Promise<void> {
  for (const ms of leapsMs) {
    await shop.leap(ms)
    if (await isAtRest(shop)) return
  }
}

async function isAtRest({ storage: { reader }, now, hasNews }: MortalShop): Promise<boolean> {
  if (hasNews()) return false
  const due = (await findAll(reader, effects, isOpen)).filter(({ state, dueAt }) => state === 'running' || dueAt <= now() + minute)
  const undecided = await reader.count(payments, oneOf('status', ['created', 'sending', 'processing', 'unknown']))
  return due.length === 0 && undecided === 0
}

export type End = { readonly words: string; readonly rows: readonly string[] }

function paymentIn({ status, captured, refunded, disputed, capturable }: Payment): string {
  const amounts = { captured, refunded, disputed, capturable }
  const said = Object.entries(amounts).flatMap(([name, amount]) =>
    amount === null || amount.amount === 0 ? [] : [`${name} ${amount.amount}`],
  )
  return `payment ${status}${said.length > 0 ? `: ${said.join(', ')}` : ''}`
}

/** How an order stands here and at the provider. `rows`: all of it, without ids and times. */
export async function endOf(shop: MortalShop, order: string): Promise<End> {
  const { reader } = shop.storage
  const of = eq('order', order)
  const { status, paymentStatus, holds } = (await reader.get(orders, order))!
  const own = (await findAll(reader, payments, of)).toSorted((a, b) => a.sequence - b.sequence)
  const back = await findAll(reader, refunds, of)
  const taken = await findAll(reader, captures, of)
  const atStake = await findAll(reader, disputes, of)
  const stock = await findAll(reader, reservations, of)
  const entries = await findAll(reader, ledgerEntries, of)
  const mails = await findAll(reader, emails, eq('record', order))
  const balances = new Map<string, number>()
  for (const { account, amount } of entries) {
    const name = account
      .replaceAll(order, 'order')
      .replace(/ref_\w+/, 'refund')
      .replace(/gft_\w+/, 'card')
    balances.set(name, (balances.get(name) ?? 0) + amount.amount)
  }
  const book = shop.book.all().filter(({ reference }) => own.some(({ id }) => id === reference))
  const sum = (by: (one: SandboxPayment) => number) => book.reduce((all, one) => all + by(one), 0)
  const [tookMinor, gaveMinor, heldMinor] = [sum(capturedOf), sum(refundedOf), sum(withdrawnOf)]
  const moves = [...(gaveMinor > 0 ? [` and gave back ${gaveMinor}`] : []), ...(heldMinor > 0 ? [` and banks hold ${heldMinor}`] : [])]
  const paid = own.map((one) => `${one.status} ${one.captured.amount}`).join()
  const words = `${[status, paymentStatus, ...holds].join(' ')}, ${paid}; the provider took ${tookMinor}${moves.join('')}`
  return {
    words,
    rows: [
      words,
      ...own.map(paymentIn),
      ...back.map((one) => `refund ${one.status} ${one.amount.amount} ${one.reason}`),
      ...taken.map((one) => `capture ${one.status} ${one.amount.amount}`),
      ...atStake.map((one) => `dispute ${one.status} ${one.amount.amount}`),
      ...stock.map((one) => `stock ${one.state} ${one.quantity}`),
      ...[...balances].filter(([, balance]) => balance !== 0).map(([account, balance]) => `${account} ${balance}`),
      ...mails.map(({ template }) => `mail ${template}`),
      ...book.map(
        (one) => `theirs ${one.state}, captures ${one.captures.length}, refunds ${one.refunds.length}, given up ${one.voidedMinor}`,
      ),
    ].toSorted(),
  }
}
