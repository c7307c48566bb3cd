/**
 * Owns the visitor's cart: its id and secret in localStorage, its last known state in memory. Every total shown comes
 * from the server. Invariant: a cart that was ordered is let go, and its secret stays with the order it became.
 */
import { ApiError, type Cart, type CartPatch, type Order } from 'kingpost/client'
import { byId, showToast } from './dom.ts'
import { client, clientWith } from './shop.ts'

type Kept = { id: string; token: string }

/** Under this name the pages of accounts find it, too: signing in there takes it along. */
const CART = 'kingpost.cart'
const ORDERS = 'bookshop.orders'
/** The mark of a session, which every page that signs somebody in leaves. */
const SIGNED_IN = 'kingpost.signedIn'
/** Old orders stay reachable through an account; a guest keeps the secrets of this many. */
const ORDERS_MAX = 20

let current: Cart | null = null

/** The open cart, or null when the visitor has none (yet, or any more). Whoever signed in on the default pages has the account's. */
export async function findCart(): Promise<Cart | null> {
  const kept = readKept()
  if (kept === null) return localStorage.getItem(SIGNED_IN) === null ? show(null) : await findAccountCart()
  use(kept)
  try {
    const cart = await client.carts.get(kept.id)
    if (cart.status === 'open') return show(cart)
  } catch (error) {
    if (!isGone(error)) throw error
  }
  return letGo()
}

export async function addToCart(variant: string, quantity = 1): Promise<Cart> {
  const line = { variant, quantity }
  const kept = readKept() ?? (await startCart())
  use(kept)
  try {
    return show(await client.carts.addLine(kept.id, line))
  } catch (error) {
    if (!isGone(error)) throw error
    const fresh = await startCart()
    return show(await client.carts.addLine(fresh.id, line))
  }
}

export function changeLine(line: string, quantity: number): Promise<Cart> {
  return change((id) => client.carts.changeLine(id, line, { quantity }))
}

export function removeLine(line: string): Promise<Cart> {
  return change((id) => client.carts.removeLine(id, line))
}

export function updateCart(patch: CartPatch): Promise<Cart> {
  return change((id) => client.carts.update(id, patch))
}

async function change(work: (id: string) => Promise<Cart>): Promise<Cart> {
  try {
    return show(await work(readKept()?.id ?? current?.id ?? ''))
  } catch (error) {
    if (isGone(error)) letGo()
    throw error
  }
}

async function startCart(): Promise<Kept> {
  client.setCartToken(undefined)
  const cart = await client.carts.create()
  show(cart)
  return keep(cart)
}

function keep(cart: Cart): Kept {
  const kept = { id: cart.id, token: cart.token ?? '' }
  localStorage.setItem(CART, JSON.stringify(kept))
  return kept
}

/** The cart of an account needs no secret. */
function use({ token }: Kept): void {
  client.setCartToken(token === '' ? undefined : token)
}

/**
 * After signing in: the cart of this browser and the orders it knows are the account's now. A browser without a cart goes
 * on with the one that the account has open.
 */
export async function takeAlong(customer: string): Promise<void> {
  const kept = readKept()
  if (kept !== null) await claimKept(kept)
  else await findOpenCart(customer)
  // What a mail's link opens was ordered elsewhere, perhaps by somebody else.
  for (const [id, token] of readOrders()) if (token.startsWith('cart_')) await claimOrder(id, token)
}

async function claimKept(kept: Kept): Promise<void> {
  use(kept)
  try {
    const { leftOut, ...cart } = await client.carts.claim(kept.id)
    show(cart)
    const names = new Intl.ListFormat('en').format(leftOut.map(({ title }) => `“${title}”`))
    if (leftOut.length > 0) showToast(`Your cart cannot take more of ${names}.`)
  } catch (error) {
    if (!isGone(error)) throw error
    letGo()
  }
}

async function findAccountCart(): Promise<Cart | null> {
  try {
    return await findOpenCart((await client.auth.me()).id)
  } catch (error) {
    // The session has ended, which the page of the account tells.
    if (error instanceof ApiError && error.status === 401) return show(null)
    throw error
  }
}

/** Staff may read the carts of all. */
async function findOpenCart(customer: string): Promise<Cart | null> {
  const query = { filter: { status: 'open', customer }, sort: '-updatedAt', limit: 1 } as const
  const [open] = (await client.carts.list(query)).items
  if (open === undefined) return show(null)
  const cart = await client.carts.get(open.id)
  keep(cart)
  return show(cart)
}

/** From here on the account shows it, and its secret is not needed any more. */
async function claimOrder(id: string, token: string): Promise<void> {
  const holder = clientWith(token)
  try {
    const order = await holder.orders.get(id)
    await holder.carts.claim(order.cart)
  } catch (error) {
    if (!isGone(error)) throw error
  }
  localStorage.setItem(ORDERS, JSON.stringify(readOrders().filter(([other]) => other !== id)))
}

/** The cart has become this order: the secret moves over, and the next book starts a new cart. */
export function turnIntoOrder(order: Order): void {
  // An account's order needs no secret, and its cart's opens it no more.
  const token = order.customer === null ? (readKept()?.token ?? '') : ''
  const others = readOrders().filter(([id]) => id !== order.id)
  localStorage.setItem(ORDERS, JSON.stringify([[order.id, token], ...others].slice(0, ORDERS_MAX)))
  letGo()
}

/** A mail's link brings the secret of its order to another browser, in the fragment, which is no part of what is sent for. */
export function keepLinkedOrder(orderId: string, hash: string): boolean {
  const token = new URLSearchParams(hash.slice(1)).get('token')
  if (token === null) return false
  if (findOrderToken(orderId) === undefined)
    localStorage.setItem(ORDERS, JSON.stringify([[orderId, token], ...readOrders()].slice(0, ORDERS_MAX)))
  return true
}

/** The guest's secret for an order placed in this browser, or opened from its mail. */
export function findOrderToken(orderId: string): string | undefined {
  return readOrders().find(([id]) => id === orderId)?.[1]
}

/** Where a payment page sends the customer back to when it does not say for which order. */
export function findLastOrderId(): string | undefined {
  return readOrders()[0]?.[0]
}

/** The last order of this browser, or of who is signed in; null when there is none that may be seen. */
export async function findLastOrder(isSignedIn: boolean): Promise<Order | null> {
  const [kept] = readOrders()
  try {
    if (kept && kept[1] !== '') return await clientWith(kept[1]).orders.get(kept[0])
    if (!isSignedIn) return null
    const { items } = await client.orders.list({ sort: '-createdAt', limit: 1 })
    return items[0] ?? null
  } catch (error) {
    if (error instanceof ApiError) return null
    throw error
  }
}

/** This browser has no cart any more. */
export function letGo(): null {
  localStorage.removeItem(CART)
  client.setCartToken(undefined)
  return show(null)
}

/** Ordered in another tab, cleaned up by the server, or a secret it does not know. */
function isGone(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  return error.code === 'cart_not_open' || [401, 403, 404, 410].includes(error.status)
}

function readKept(): Kept | null {
  return readJson<Kept>(CART)
}

function readOrders(): (readonly [string, string])[] {
  return readJson<(readonly [string, string])[]>(ORDERS) ?? []
}

function readJson<T>(key: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as T | null
  } catch {
    return null
  }
}

function show<C extends Cart | null>(cart: C): C {
  current = cart
  const count = cart?.lines.reduce((sum, line) => sum + (line.available ? line.quantity : 0), 0) ?? 0
  const badge = byId('cart-count')
  badge.hidden = count === 0
  badge.textContent = String(count)
  byId('cart-link').setAttribute('aria-label', count === 0 ? 'Cart, empty' : `Cart, ${count === 1 ? '1 book' : `${count} books`}`)
  return cart
}
