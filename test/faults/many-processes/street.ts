// The shoppers: people at browsers behind a proxy. A step that gets no answer, or one that says to come
// back, is sent again under its key, to whichever process answers; so each ends with one answer.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../../support/chance.ts'
import { type Body, createHttpClient } from '../../support/http-client.ts'
import { address } from '../../support/shop.ts'
import { createAsker, patienceMs, type Step } from './asker.ts'

export type Bought = {
  readonly order: string
  readonly cart: string
  /** What the shopper meant to end with. */
  readonly end: 'placed' | 'canceled'
  /** The account that they signed in to on the way; null for a guest. */
  readonly customer: string | null
  /** What somebody was to give back in the provider's dashboard meanwhile. */
  readonly dashboardMinor: number
}

export type Street = {
  /** Acknowledged orders. */
  readonly orders: Bought[]
  readonly troubles: string[]
  /** Answers by status, connection failures as 0. */
  readonly counts: Map<number, number>
  /** What was done besides buying, with how often. */
  readonly deeds: Map<string, number>
  /** Buys again and again until the street is closed. */
  shop(index: number): Promise<void>
  close(): void
}

type Account = { readonly id: string; readonly email: string }
type Buyer = { readonly chance: Chance; readonly account: Account | null; cartToken: string; bearer: string | null }
type Held = { readonly id: string; readonly method: string; readonly payment: Body }

const password = 'a long enough one'

export function createStreet(
  urls: readonly string[],
  shop: { readonly variant: string; readonly sandbox: string; readonly chance: Chance },
): Street {
  const { take, counts, troubles } = createAsker(urls, shop.chance.fork('doors'))
  const orders: Bought[] = []
  const street: Street = { orders, troubles, counts, deeds: new Map(), shop: shopOn, close: () => void (isOpen = false) }
  const provider = createHttpClient(shop.sandbox)
  let isOpen = true

  const note = (deed: string) => void street.deeds.set(deed, (street.deeds.get(deed) ?? 0) + 1)

  async function shopOn(index: number): Promise<void> {
    const chance = shop.chance.fork(`client ${index}`)
    try {
      // Every fourth has an account: hashing a password costs as much as many orders.
      const account = index % 4 === 0 ? await register(`customer${index}@mail.example`) : null
      for (let round = 1; isOpen; round++)
        await buy({ chance, account, cartToken: '', bearer: null }, `client${index}-${round}@mail.example`)
    } catch (error) {
      street.troubles.push(`client ${index}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async function register(email: string): Promise<Account> {
    await take({ method: 'post', path: '/api/auth/register', body: { email, password } }, 201)
    const { body } = await take({ method: 'post', path: '/api/auth/login', body: { email, password } }, 200)
    return { id: body.user.id, email }
  }

  async function buy(buyer: Buyer, email: string): Promise<void> {
    const { chance } = buyer
    const cart = (await take({ method: 'post', path: '/api/carts', body: { email } }, 201)).body
    buyer.cartToken = cart.token
    const path = `/api/carts/${cart.id}`
    const line = { variant: shop.variant, quantity: 1 + chance.below(3) }
    await take({ method: 'post', path: `${path}/lines`, body: line, buyer }, 201)
    if (buyer.account !== null && chance.below(100) < 30) await signIn(buyer, buyer.account)
    await take({ method: 'patch', path, body: { shippingAddress: address }, buyer }, 200)
    const method = methodOf(chance.below(100))
    const checkout: Step = { method: 'post', path: `${path}/checkout`, body: { payment: { provider: 'sandbox', method } }, buyer }
    const key = randomUUID()
    const { body, text } = await take(checkout, 201, key)
    const order: Held = { id: body.order.id, method, payment: body.payment }
    // The same key again, to another process as it comes: the same bytes.
    const again = await take(checkout, 201, key)
    if (again.text !== text) street.troubles.push(`order ${order.id}: its key answered\n${text}\nand then\n${again.text}`)
    const customer = buyer.bearer === null ? null : buyer.account!.id
    const bought = { order: order.id, cart: cart.id, customer, end: 'placed', dashboardMinor: 0 } as const
    // What is acknowledged must be there, whatever becomes of it after this.
    street.orders.push(bought)
    street.orders[street.orders.indexOf(bought)] = { ...bought, ...(await afterCheckout(buyer, order, body.order.total.amount)) }
  }

  /** What was bought is paid and kept, or not, and somebody may give it back without the shop. */
  async function afterCheckout(buyer: Buyer, order: Held, totalMinor: number): Promise<Pick<Bought, 'end' | 'dashboardMinor'>> {
    const { chance } = buyer
    const cancel = () => take({ method: 'post', path: `/api/orders/${order.id}/cancel`, body: {}, buyer }, 200)
    if (order.method === 'card_declined' && chance.below(100) < 5) {
      await tryCards(buyer, order)
      await cancel()
      return { end: 'canceled', dashboardMinor: 0 }
    }
    await payFor(buyer, order)
    const end = chance.below(100) < 6 ? 'canceled' : 'placed'
    const isGivenBack = chance.below(100) < 12
    if (!isGivenBack) {
      if (end === 'canceled') await cancel()
      return { end, dashboardMinor: 0 }
    }
    await eventuallyPlaced(buyer, order.id)
    const amountMinor = chance.below(3) === 0 ? totalMinor : 1 + chance.below(totalMinor - 1)
    // Beside our own refund of a canceled order: one of the two comes first, and the other finds less than it wants.
    const [dashboardMinor] = await Promise.all([giveBack(buyer, order.id, amountMinor), end === 'canceled' ? cancel() : null])
    return { end, dashboardMinor }
  }

  /** On the way to checkout, as people do: the guest's cart becomes the account's. */
  async function signIn(buyer: Buyer, { email }: Account): Promise<void> {
    const { body } = await take({ method: 'post', path: '/api/auth/login', body: { email, password }, buyer }, 200)
    buyer.bearer = body.token
    note('sign-ins on the way')
  }

  /** Somebody who wants to know which cards are good: until the shop takes no more of them. */
  async function tryCards(buyer: Buyer, { id }: Held): Promise<void> {
    const payment = { provider: 'sandbox', method: 'card_declined' }
    for (let tries = 0; tries < 40; tries++) {
      const answer = await take({ method: 'post', path: `/api/orders/${id}/payments`, body: payment, buyer }, [201, 409], undefined, [
        'payment_in_progress',
      ])
      note('declined attempts')
      if (answer.status === 201) continue
      if (answer.body.code !== 'too_many_attempts') throw new Error(`order ${id}: ${answer.text}`)
      return note('orders with too many attempts')
    }
    street.troubles.push(`order ${id} took more than 40 attempts`)
  }

  /** Sees that the order is paid in the end, as a customer who wants the goods. */
  async function payFor(buyer: Buyer, order: Held): Promise<void> {
    const path = `/api/orders/${order.id}`
    if (order.method === 'card_declined') {
      const again = async (method: string) => {
        const payment = { provider: 'sandbox', method }
        // A decline that is not heard of yet is a payment under way.
        await take({ method: 'post', path: `${path}/payments`, body: payment, buyer }, 201, undefined, ['payment_in_progress'])
      }
      for (let declines = buyer.chance.below(5); declines > 0; declines--) {
        await again('card_declined')
        note('declined attempts')
      }
      return await again('card_success')
    }
    if (order.method !== 'card_challenge') return
    const deadline = performance.now() + patienceMs
    for (let { payment } = order; ; ) {
      if (payment.action) return await approve(payment.action.url)
      if (performance.now() > deadline) throw new Error(`order ${order.id}: the bank's page did not come: ${JSON.stringify(payment)}`)
      await sleep(500)
      payment = await paymentOf(buyer, order.id)
    }
  }

  async function eventuallyPlaced(buyer: Buyer, order: string): Promise<void> {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const { body } = await take({ method: 'get', path: `/api/orders/${order}`, buyer }, 200)
      if (body.status === 'placed') return
      if (performance.now() > deadline) throw new Error(`order ${order} is ${body.status} after all this time`)
      await sleep(300)
    }
  }

  /** The attempt that paid; the newest while none has. */
  async function paymentOf(buyer: Buyer, order: string): Promise<Body> {
    const { items } = (await take({ method: 'get', path: `/api/payments?filter[order]=${order}&limit=50`, buyer }, 200)).body
    const newest = items.toSorted((a: Body, b: Body) => b.sequence - a.sequence)
    return newest.find(({ status }: Body) => status === 'captured') ?? newest[0]
  }

  /** In the provider's dashboard. Answers what was given back: nothing where another refund was there first. */
  async function giveBack(buyer: Buyer, order: string, amountMinor: number): Promise<number> {
    const { providerRef } = await paymentOf(buyer, order)
    const answer = await provider.post(`/sandbox/dashboard/${providerRef}/refund`, { amountMinor })
    if (answer.status !== 200 && answer.status !== 409) throw new Error(`the dashboard answered ${answer.status} ${answer.text}`)
    note(answer.status === 200 ? 'dashboard refunds' : 'dashboard refunds that came second')
    return answer.status === 200 ? amountMinor : 0
  }

  async function approve(url: string): Promise<void> {
    const answer = await createHttpClient(url).post('', 'answer=approve', { 'content-type': 'application/x-www-form-urlencoded' })
    if (answer.status !== 303) throw new Error(`the bank answered ${answer.status}`)
  }

  return street
}

function methodOf(chance: number): string {
  if (chance < 60) return 'card_success'
  if (chance < 80) return 'card_declined'
  return chance < 90 ? 'delayed_success' : 'card_challenge'
}
