// The shoppers: people at browsers behind a proxy. A step that gets no answer, or one that says to come
// back, is sent again under its key, to whichever process answers; so each ends with one answer.
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Body, createHttpClient, type HttpAnswer, type HttpClient } from '../../support/http-client.ts'
import { address } from '../../support/shop.ts'

export type Bought = {
  readonly order: string
  readonly cart: string
  /** What the shopper meant to end with. */
  readonly end: 'placed' | 'canceled'
}

export type Street = {
  /** Acknowledged orders. */
  readonly orders: Bought[]
  readonly troubles: string[]
  /** Answers by status, connection failures as 0. */
  readonly counts: Map<number, number>
  /** Buys again and again until the street is closed. */
  shop(index: number): Promise<void>
  close(): void
}

/** One step may take this long over all its tries: a database that restarts, a lease that must pass. */
const patienceMs = 90_000

type Step = {
  readonly method: 'post' | 'patch'
  readonly path: string
  readonly body: unknown
  readonly cartToken?: string
}

export function createStreet(urls: readonly string[], shop: { readonly variant: string; readonly sandbox: string }): Street {
  const doors = urls.map((url) => createHttpClient(url))
  const street: Street = { orders: [], troubles: [], counts: new Map(), shop: shopOn, close: () => void (isOpen = false) }
  let isOpen = true

  async function shopOn(index: number): Promise<void> {
    for (let round = 1; isOpen; round++) {
      try {
        await buy(`client${index}-${round}@mail.example`)
      } catch (error) {
        street.troubles.push(`client ${index}: ${error instanceof Error ? error.message : String(error)}`)
        return
      }
    }
  }

  async function buy(email: string): Promise<void> {
    const cart = (await take({ method: 'post', path: '/api/carts', body: { email } }, 201)).body
    const cartToken = cart.token as string
    const path = `/api/carts/${cart.id}`
    const line = { variant: shop.variant, quantity: 1 + randomInt(3) }
    await take({ method: 'post', path: `${path}/lines`, body: line, cartToken }, 201)
    await take({ method: 'patch', path, body: { shippingAddress: address }, cartToken }, 200)
    const method = methodOf(randomInt(100))
    const checkout: Step = { method: 'post', path: `${path}/checkout`, body: { payment: { provider: 'sandbox', method } }, cartToken }
    const key = randomUUID()
    const { body, text } = await take(checkout, 201, key)
    const order = body.order.id as string
    const end = randomInt(100) < 5 ? 'canceled' : 'placed'
    street.orders.push({ order, cart: cart.id, end })
    // The same key again, to another process as it comes: the same bytes.
    const again = await take(checkout, 201, key)
    if (again.text !== text) street.troubles.push(`order ${order}: its key answered\n${text}\nand then\n${again.text}`)
    await payFor({ id: order, cartToken, method, payment: body.payment })
    if (end === 'canceled') await take({ method: 'post', path: `/api/orders/${order}/cancel`, body: {}, cartToken }, 200)
  }

  /** Sees that the order is paid in the end, as a customer who wants the goods. */
  async function payFor(order: { id: string; cartToken: string; method: string; payment: Body }): Promise<void> {
    const path = `/api/orders/${order.id}`
    if (order.method === 'card_declined') {
      const payment = { provider: 'sandbox', method: 'card_success' }
      // A decline that is not heard of yet is a payment under way.
      await take({ method: 'post', path: `${path}/payments`, body: payment, cartToken: order.cartToken }, 201, undefined, [
        'payment_in_progress',
      ])
      return
    }
    if (order.method !== 'card_challenge') return
    const deadline = performance.now() + patienceMs
    for (let { payment } = order; ; ) {
      if (payment.action) return await approve(payment.action.url)
      if (performance.now() > deadline) throw new Error(`order ${order.id}: the bank's page did not come: ${JSON.stringify(payment)}`)
      await sleep(500)
      const found = await take(
        { method: 'get' as 'post', path: `/api/payments?filter[order]=${order.id}`, body: undefined, cartToken: order.cartToken },
        200,
      )
      ;[payment] = found.body.items
    }
  }

  async function approve(url: string): Promise<void> {
    const answer = await createHttpClient(url).post('', 'answer=approve', { 'content-type': 'application/x-www-form-urlencoded' })
    if (answer.status !== 303) throw new Error(`the bank answered ${answer.status}`)
  }

  /** The step's one answer, of this status. Errors that the contract calls passing are waited for. */
  async function take(step: Step, status: number, key: string = randomUUID(), passing: readonly string[] = []): Promise<HttpAnswer> {
    const deadline = performance.now() + patienceMs
    let last = 'nothing'
    for (let pauseMs = 50; performance.now() < deadline; pauseMs = Math.min(1_000, pauseMs * 2)) {
      const answer = await send(step, key)
      if (answer?.status === status) return answer
      if (answer !== null) {
        last = `${answer.status} ${answer.text.slice(0, 300)}`
        const code = answer.body?.code as string
        const isPassing = answer.status === 503 || code === 'conflict' || code === 'idempotency_in_flight'
        if (answer.status >= 500 && answer.status !== 503) street.troubles.push(`${step.method} ${step.path}: ${last}`)
        // A refusal leaves its key free; another try is another call all the same.
        if (passing.includes(code)) key = randomUUID()
        else if (!isPassing && answer.status !== 500) throw new Error(`${step.method} ${step.path}: ${last}`)
      }
      await sleep(pauseMs)
    }
    throw new Error(`${step.method} ${step.path}: no answer in ${patienceMs} ms, the last was ${last}`)
  }

  /** Null when the connection broke or could not be made. */
  async function send({ method, path, body, cartToken }: Step, key: string): Promise<HttpAnswer | null> {
    const door = doors[randomInt(doors.length)]! as HttpClient & Record<string, HttpClient['post']>
    const headers = { 'idempotency-key': key, ...(cartToken === undefined ? {} : { 'cart-token': cartToken }) }
    const count = (status: number) => void street.counts.set(status, (street.counts.get(status) ?? 0) + 1)
    try {
      const answer = (method as string) === 'get' ? await door.get(path, headers) : await door[method](path, body, headers)
      count(answer.status)
      return answer
    } catch (error) {
      if (!(error instanceof TypeError) && (error as Error).name !== 'TimeoutError') throw error
      count(0)
      return null
    }
  }

  return street
}

function methodOf(chance: number): string {
  if (chance < 70) return 'card_success'
  if (chance < 80) return 'card_declined'
  return chance < 90 ? 'delayed_success' : 'card_challenge'
}
