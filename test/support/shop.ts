// What most tests need of a shop: an admin, something to sell, a cart, an order. All of it through the
// public API, each step checked.
import { eventually } from './eventually.ts'
import { type Body, createHttpClient, expectStatus, type HttpClient } from './http-client.ts'
import type { ServerProcess } from './server-process.ts'

export const address = { name: 'Ada Lovelace', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' } as const
const admin = { email: 'admin@shop.example', password: 'correct horse battery' } as const

/** The first admin, by the link that the server printed; later ones of a restarted server by signing in. */
export async function signInAdmin(server: Pick<ServerProcess, 'links' | 'guest'>): Promise<HttpClient> {
  const { firstAdmin } = server.links
  const answer =
    firstAdmin === undefined
      ? expectStatus(await server.guest.post('/api/auth/login', admin), 200)
      : expectStatus(await server.guest.post('/api/auth/setup', { ...admin, token: new URL(firstAdmin).hash.slice('#setup='.length) }), 201)
  return asUser(server.guest, answer.body.token)
}

/** A new account, signed in. */
export async function signUp(guest: HttpClient, email: string): Promise<HttpClient & { readonly token: string }> {
  const password = 'a long enough one'
  expectStatus(await guest.post('/api/auth/register', { email, password }), 201)
  const { token } = expectStatus(await guest.post('/api/auth/login', { email, password }), 200).body
  return { ...asUser(guest, token), token }
}

/** The account's address is its owner's, by the link of the mail that registering sent: staff see it. */
export async function proveAddress(staff: HttpClient, owner: HttpClient, email: string): Promise<void> {
  const text = await eventually(`a mail to ${email}`, async () => {
    const [mail] = await staff.all(`/api/emails?filter[to]=${email}&filter[template]=account_verify`)
    return mail?.status === 'captured' ? (mail.text as string) : undefined
  })
  expectStatus(await owner.post('/api/auth/verify', { token: /#token=([\w-]+)/.exec(text)![1] }), 204)
}

function asUser(guest: HttpClient, token: string): HttpClient {
  return guest.with({ authorization: `Bearer ${token}` })
}

export type Article = { readonly product: string; readonly variant: string; readonly stockLevel: string }

/** An active product with one variant and units of it. */
export async function makeArticle(
  staff: HttpClient,
  given: { readonly slug: string; readonly onHand: number; readonly priceMinor?: number },
): Promise<Article> {
  const { slug, onHand, priceMinor = 1_999 } = given
  const product = expectStatus(await staff.post('/api/products', { slug, title: `The ${slug}`, status: 'active' }), 201).body.id as string
  const price = { amount: priceMinor, currency: 'EUR' }
  const variant = expectStatus(await staff.post('/api/variants', { product, sku: slug.toUpperCase(), title: 'Paperback', price }), 201).body
    .id as string
  const [level] = expectStatus(await staff.get(`/api/stockLevels?filter[variant]=${variant}`), 200).body.items
  expectStatus(await staff.patch(`/api/stockLevels/${level.id}`, { onHand }), 200)
  return { product, variant, stockLevel: level.id }
}

export type HeldCart = { readonly id: string; readonly token: string; readonly holder: HttpClient }

/** A guest's cart, ready for checkout. */
export async function makeCart(
  guest: HttpClient,
  lines: readonly { readonly variant: string; readonly quantity?: number }[],
): Promise<HeldCart> {
  const cart = expectStatus(await guest.post('/api/carts', { email: 'guest@mail.example' }), 201).body
  const holder = guest.with({ 'cart-token': cart.token })
  for (const line of lines) expectStatus(await holder.post(`/api/carts/${cart.id}/lines`, line), 201)
  expectStatus(await holder.patch(`/api/carts/${cart.id}`, { shippingAddress: address }), 200)
  return { id: cart.id, token: cart.token, holder }
}

/** Checks a cart out in the sandbox. @returns `{ order, payment }` */
export async function checkOut({ id, holder }: HeldCart, method = 'card_success', headers: Record<string, string> = {}): Promise<Body> {
  return expectStatus(await holder.post(`/api/carts/${id}/checkout`, { payment: { provider: 'sandbox', method } }, headers), 201).body
}

/** The order once it has come this far. */
export async function orderWhen(holder: HttpClient, id: string, is: (order: Body) => boolean, withinMs?: number): Promise<Body> {
  return await eventually(
    `order ${id} is as expected`,
    async () => {
      const order = expectStatus(await holder.get(`/api/orders/${id}`), 200).body
      return is(order) ? order : null
    },
    withinMs,
  )
}

/** Waits until nothing is owed to the outside any more, and answers every effect there ever was. */
export async function effectsAtRest(staff: HttpClient, withinMs = 20_000): Promise<Body[]> {
  await eventually(
    'every effect has an end',
    async () => {
      const { items } = expectStatus(await staff.get('/api/effects?filter[state][in]=ready,running&limit=1'), 200).body
      return items.length === 0 ? true : null
    },
    withinMs,
  )
  return await staff.all('/api/effects')
}

/** The sum of all ledger accounts, per currency. Zero, always. */
export async function ledgerSums(staff: HttpClient): Promise<Record<string, number>> {
  const { totals } = expectStatus(await staff.get('/api/ledger/balances'), 200).body
  return Object.fromEntries(totals.map(({ currency, sum }: Body) => [currency, sum.amount]))
}

/** The payment sandbox's knobs and its own book: another company's site, on the same address. */
export function sandboxOf(server: Pick<ServerProcess, 'url'>) {
  const client = createHttpClient(`${server.url}/sandbox`)
  return {
    set: async (settings: Record<string, number>) => void expectStatus(await client.put('/settings', settings), 200),
    payments: async (): Promise<Body[]> => expectStatus(await client.get('/book'), 200).body.payments,
    /** The customer's word on the page the bank shows. */
    answer: async (payment: string, word: 'approve' | 'decline') =>
      await client.post(`/challenge/${payment}`, `answer=${word}`, { 'content-type': 'application/x-www-form-urlencoded' }),
  }
}
