// The shoppers, and the staff behind them: people who decline, walk away, come back, pay in two tabs and change their minds, and others
// who give money back, in the shop or in the provider's own dashboard. What they were told is kept, to be held against the books.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../../support/chance.ts'
import { type Body, createHttpClient } from '../../support/http-client.ts'
import { address } from '../../support/shop.ts'
import { type Asker, createAsker } from '../many-processes/asker.ts'

export type Bought = {
  readonly order: string
  readonly cart: string
  readonly totalMinor: number
  /** They saw that it was placed. */
  isPlaced: boolean
  isCanceled: boolean
  /** What staff gave back, and what was given back in the dashboard: null where that is not known. */
  refundedMinor: number
  dashboardMinor: number | null
}

export type Crowd = Pick<Asker, 'counts' | 'troubles' | 'take'> & {
  readonly orders: Bought[]
  /** What was done, with how often. */
  readonly deeds: Map<string, number>
  shop(index: number): Promise<void>
  close(): void
}

type Place = {
  readonly urls: readonly string[]
  readonly provider: string
  readonly variant: string
  /** The provider's site: `http://127.0.0.1:8091/sandbox/stripe`. */
  readonly site: string
  readonly staffToken: string
  readonly chance: Chance
}
type Buyer = { readonly chance: Chance; cartToken: string }
type Way = (typeof ways)[number]['way']

/** On the provider's page. Of a hundred. */
const ways = [
  { way: 'approve', share: 54 },
  { way: 'decline, then approve', share: 10 },
  { way: 'walk away', share: 8 },
  { way: 'come back', share: 8 },
  { way: 'two tabs', share: 10 },
  { way: 'take a while', share: 6 },
  { way: 'turn back', share: 4 },
] as const

const attemptsMax = 8
const followMs = 40_000

export function createCrowd(place: Place): Crowd {
  const { provider, site, staffToken } = place
  const asker = createAsker(place.urls, place.chance.fork('doors'))
  const { take, troubles } = asker
  const orders: Bought[] = []
  const deeds = new Map<string, number>()
  const note = (deed: string) => void deeds.set(deed, (deeds.get(deed) ?? 0) + 1)
  let isOpen = true

  async function shop(index: number): Promise<void> {
    const chance = place.chance.fork(`shopper ${index}`)
    for (let round = 1; isOpen; round++) {
      try {
        await buy({ chance, cartToken: '' }, `shopper${index}-${round}@mail.example`)
      } catch (error) {
        troubles.push(`shopper ${index}: ${error instanceof Error ? error.message : String(error)}`)
        await sleep(1_000)
      }
    }
  }

  async function buy(buyer: Buyer, email: string): Promise<void> {
    const { chance } = buyer
    const line = { variant: place.variant, quantity: 1 + chance.below(3) }
    const isWhole = chance.below(2) === 0
    const cart = { email, shippingAddress: address, ...(isWhole ? { lines: [line] } : {}) }
    const { id, token } = (await take({ method: 'post', path: '/api/carts', body: cart }, 201)).body
    buyer.cartToken = token
    if (!isWhole) await take({ method: 'post', path: `/api/carts/${id}/lines`, body: line, buyer }, 201)
    if (!isOpen) return
    const checkout = { method: 'post', path: `/api/carts/${id}/checkout`, body: { payment: payment(chance) }, buyer } as const
    const key = randomUUID()
    const { body, text } = await take(checkout, 201, key)
    if ((await take(checkout, 201, key)).text !== text) troubles.push(`order ${body.order.id}: its key was answered in two ways`)
    const bought = {
      ...{ order: body.order.id as string, cart: id as string, totalMinor: body.order.total.amount as number },
      ...{ isPlaced: false, isCanceled: false, refundedMinor: 0, dashboardMinor: 0 },
    }
    orders.push(bought)
    await follow(buyer, bought)
    if (bought.isPlaced) await changeMinds(buyer, bought)
  }

  /** The plain sandbox is told at checkout how it ends; a real provider on its page. */
  function payment(chance: Chance): Body {
    if (provider !== 'sandbox') return { provider }
    return { provider, method: chance.pick(['card_success', 'card_challenge', 'card_challenge', 'card_declined', 'delayed_success']) }
  }

  /** Until the order is placed, or its shopper has had enough. */
  async function follow(buyer: Buyer, bought: Bought): Promise<void> {
    const { chance } = buyer
    const endsAt = performance.now() + followMs
    const way = wayOf(chance)
    note(way)
    let attempts = 1
    let isAnswered = false
    while (isOpen && performance.now() < endsAt) {
      await sleep(chance.between(100, 500))
      const order = (await take({ method: 'get', path: `/api/orders/${bought.order}`, buyer }, 200)).body
      bought.isPlaced ||= order.status === 'placed'
      if (order.status !== 'pending_payment') return
      const newest = await newestOf(buyer, bought.order)
      if (newest?.status === 'requires_action' && newest.action !== null && !isAnswered) {
        if (way === 'walk away') return
        isAnswered = await answer(buyer, bought, { way, url: newest.action.url })
      } else if (['failed', 'canceled'].includes(newest?.status) && attempts < attemptsMax) {
        attempts++
        isAnswered = false
        note('another attempt')
        await payAgain(buyer, bought.order)
      }
    }
  }

  async function attemptsOf(buyer: Buyer, order: string): Promise<Body[]> {
    return (await take({ method: 'get', path: `/api/payments?filter[order]=${order}&limit=50`, buyer }, 200)).body.items
  }

  async function newestOf(buyer: Buyer, order: string): Promise<Body> {
    return (await attemptsOf(buyer, order)).toSorted((a: Body, b: Body) => b.sequence - a.sequence)[0]
  }

  async function payAgain(buyer: Buyer, order: string): Promise<Body | null> {
    const body = provider === 'sandbox' ? { provider, method: 'card_challenge' } : { provider }
    const { status, body: made } = await take({ method: 'post', path: `/api/orders/${order}/payments`, body, buyer }, [201, 409])
    return status === 201 ? made : null
  }

  /** Whether the page was answered for good. */
  async function answer(buyer: Buyer, { order }: Bought, { way, url }: { readonly way: Way; readonly url: string }): Promise<boolean> {
    switch (way) {
      case 'decline, then approve':
        await press(url, 'decline')
        if (provider === 'stripe') await press(url, 'approve')
        return provider === 'stripe'
      case 'come back':
        await sleep(buyer.chance.between(3_000, 9_000))
        return await press(url, 'approve')
      case 'take a while':
        return await press(url, provider === 'sandbox' ? 'approve' : 'delayed_success')
      case 'turn back':
        await press(url, 'cancel')
        await sleep(1_000)
        // Where the page stays open they think better of it.
        await press(url, 'approve')
        return true
      case 'two tabs': {
        const second = await payAgain(buyer, order)
        const other = second === null ? null : await actionOf(buyer, order, url)
        if (other !== null) note('paid in two tabs')
        await Promise.all([press(url, 'approve'), ...(other === null ? [] : [press(other, 'approve')])])
        return true
      }
      default:
        return await press(url, 'approve')
    }
  }

  /** Where the second tab pays; null when there is none in time. */
  async function actionOf(buyer: Buyer, order: string, known: string): Promise<string | null> {
    for (let tries = 0; tries < 20 && isOpen; tries++) {
      const url = (await newestOf(buyer, order))?.action?.url as string | undefined
      if (url !== undefined && url !== known) return url
      await sleep(300)
    }
    return null
  }

  /** A button of the provider's page, pressed until the page answers. */
  async function press(url: string, button: string): Promise<boolean> {
    for (let tries = 0; tries < 40; tries++) {
      try {
        const form = new URLSearchParams({ answer: button })
        const pressed = await fetch(url, { method: 'POST', redirect: 'manual', body: form, signal: AbortSignal.timeout(10_000) })
        await pressed.arrayBuffer()
        if (pressed.status < 500) return true
      } catch {}
      await sleep(500)
    }
    return false
  }

  /** What was bought is kept, or given up, or partly given back. */
  async function changeMinds(buyer: Buyer, bought: Bought): Promise<void> {
    const { chance } = buyer
    const staff = { bearer: staffToken }
    const { order, totalMinor } = bought
    const part = 1 + chance.below(totalMinor - 1)
    const drawn = chance.below(100)
    // Of an order that was paid twice the shop gives one back whole: what anybody else gives back meanwhile comes out of that.
    const taken = drawn < 8 || drawn >= 24 ? [] : (await attemptsOf(buyer, order)).filter(({ status }) => status === 'captured')
    if (drawn < 8) {
      note(drawn < 5 ? 'canceled by its customer' : 'canceled by staff')
      await take({ method: 'post', path: `/api/orders/${order}/cancel`, body: {}, buyer: drawn < 5 ? buyer : staff }, 200)
      bought.isCanceled = true
    } else if (taken.length !== 1) return
    else if (drawn < 18) {
      note('refunded by staff')
      const body = { amount: { amount: part, currency: 'EUR' } }
      await take({ method: 'post', path: `/api/orders/${order}/refunds`, body, buyer: staff }, 201)
      bought.refundedMinor = part
    } else bought.dashboardMinor = await giveBack(taken[0].id, part)
  }

  /** In the provider's own dashboard, which is another company's: it may be away, and then nobody knows. Answers what it gave back. */
  async function giveBack(payment: string, amountMinor: number): Promise<number | null> {
    try {
      const { payments } = (await createHttpClient(site).get('/book')).body
      const theirs = payments.find(({ reference }: Body) => reference === payment)
      const { status } = await createHttpClient(site).post(`/dashboard/${theirs.id}/refund`, { amountMinor })
      if (status === 200) note('refunded in the dashboard')
      return status === 200 ? amountMinor : 0
    } catch {
      note('dashboard that did not answer')
      return null
    }
  }

  return { ...asker, orders, deeds, shop, close: () => void (isOpen = false) }
}

function wayOf(chance: Chance): Way {
  let drawn = chance.below(ways.reduce((sum, { share }) => sum + share, 0))
  for (const { way, share } of ways) {
    drawn -= share
    if (drawn < 0) return way
  }
  return 'approve'
}
