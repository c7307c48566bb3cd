/** Owns the shape of the client: which contract route each method calls. No rule of the shop lives here. */
import { followChanges, type LiveChanges, type LiveOptions } from './live-changes.ts'
import { type ListQuery, renderQuery } from './query-string.ts'
import type {
  Cart,
  CartPatch,
  CheckoutAnswer,
  ClaimedCart,
  Money,
  NewCart,
  Order,
  Page,
  PaymentChoice,
  Session,
  SignIn,
  User,
} from './shapes.ts'
import { type CallOptions, type Credentials, createTransport, type Fetch } from './transport.ts'

export type ClientOptions = {
  /** Origin of the server, e.g. `https://shop.example`. Left out in a page the server itself serves. */
  url?: string
  fetch?: Fetch
  /** A session's token; left out where the session cookie does the job. */
  token?: string
  cartToken?: string
}

export type Client = ReturnType<typeof createClient>

type Identified = { id: string }
type WriteOptions = Pick<CallOptions, 'ifMatch' | 'idempotencyKey' | 'signal'>
/** The address had an account: its old password and sessions have ended. */
type TookOver = { tookOver: boolean }
type ReadOptions = Pick<CallOptions, 'signal'>
/** `{ "$increment": n }` is the contract's atomic addition to a number. */
type Patch<T> = {
  [K in keyof T]?: T[K] | null | (T[K] extends number ? { $increment: number } : never)
}

export function createClient(options: ClientOptions = {}) {
  const credentials: Credentials = { token: options.token, cartToken: options.cartToken }
  const url = (options.url ?? '').replace(/\/$/, '')
  // Called through a closure: a bare `fetch` reference loses its `this` in browsers.
  const fetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const transport = createTransport(url, fetch, credentials)
  const { call } = transport
  const segment = encodeURIComponent

  function collection<T extends Identified>(name: string) {
    const base = `/api/${segment(name)}`
    const at = (id: string, query: Pick<ListQuery<T>, 'expand' | 'fields'> = {}) => `${base}/${segment(id)}${renderQuery(query)}`
    return {
      list: (query: ListQuery<T> = {}, read: ReadOptions = {}) => call<Page<T>>('GET', base + renderQuery(query), read),
      get: (id: string, query?: Pick<ListQuery<T>, 'expand' | 'fields'>, read: ReadOptions = {}) => call<T>('GET', at(id, query), read),
      create: (record: Partial<Omit<T, 'id'>>, write: WriteOptions = {}) => call<T>('POST', base, { ...write, body: record }),
      update: (id: string, patch: Patch<Omit<T, 'id'>>, write: WriteOptions = {}) => call<T>('PATCH', at(id), { ...write, body: patch }),
      delete: (id: string, write: WriteOptions = {}) => call<void>('DELETE', at(id), write),
    }
  }

  /** In its own pages the HttpOnly cookie holds the session, which no script can steal; elsewhere we must. */
  function keepSession<T extends SignIn>(answer: T): T {
    if (url !== '') credentials.token = answer.token
    return answer
  }

  const auth = {
    /** Opens no session: the answer is the same whether or not the address was free. Then `login`. */
    register: (body: { email: string; password: string; name?: string }) =>
      call<{ email: string; name: string | null }>('POST', '/api/auth/register', { body }),
    login: async (body: { email: string; password: string }) => keepSession(await call<SignIn>('POST', '/api/auth/login', { body })),
    /** The first admin, with the one-time token of the link printed at first start. */
    setup: async (body: { token: string; email: string; password: string }) =>
      keepSession(await call<SignIn & TookOver>('POST', '/api/auth/setup', { body })),
    logout: async () => {
      await call<void>('POST', '/api/auth/logout')
      credentials.token = undefined
    },
    me: () => call<User>('GET', '/api/auth/me'),
    /** Signs the account out everywhere else. @throws ApiError with a path: `/current` or `/password` */
    changePassword: (body: { current: string; password: string }) => call<void>('POST', '/api/auth/password', { body }),
    sessions: () => call<{ items: Session[] }>('GET', '/api/auth/sessions'),
    revokeSession: (id: string) => call<void>('DELETE', `/api/auth/sessions/${segment(id)}`),
  }

  const cartAt = (id: string) => `/api/carts/${segment(id)}`
  const lineAt = (id: string, line: string) => `${cartAt(id)}/lines/${segment(line)}`
  /** Every answer is the whole cart with totals computed by the server. */
  const carts = {
    /** The answer's `token` is shown this once; the client sends it from here on. */
    create: async (body: NewCart = {}) => {
      const cart = await call<Cart>('POST', '/api/carts', { body })
      if (cart.token) credentials.cartToken = cart.token
      return cart
    },
    get: (id: string) => call<Cart>('GET', cartAt(id)),
    addLine: (id: string, line: { variant: string; quantity: number }) => call<Cart>('POST', `${cartAt(id)}/lines`, { body: line }),
    changeLine: (id: string, line: string, body: { quantity: number }) => call<Cart>('PATCH', lineAt(id, line), { body }),
    removeLine: (id: string, line: string) => call<Cart>('DELETE', lineAt(id, line)),
    update: (id: string, body: CartPatch) => call<Cart>('PATCH', cartAt(id), { body }),
    /** After signing in, with the guest's token still set: the cart, or the order it became, is the account's. */
    claim: (id: string) => call<ClaimedCart>('POST', `${cartAt(id)}/claim`),
    checkOut: (id: string, body: { payment: PaymentChoice; expectedTotal?: Money }, write: WriteOptions = {}) =>
      call<CheckoutAnswer>('POST', `${cartAt(id)}/checkout`, { ...write, body }),
  }

  const orders = {
    get: (id: string) => call<Order>('GET', `/api/orders/${segment(id)}`),
    /** Another try after a declined or abandoned payment. */
    pay: (id: string, payment: PaymentChoice, write: WriteOptions = {}) =>
      call<CheckoutAnswer>('POST', `/api/orders/${segment(id)}/payments`, {
        ...write,
        body: payment,
      }),
    /** By its owner or staff, while nothing was sent: stock is free again, and money taken goes back. */
    cancel: (id: string, write: WriteOptions = {}) => call<Order>('POST', `/api/orders/${segment(id)}/cancel`, write),
  }

  return {
    collection,
    auth,
    carts,
    orders,
    changes: (live: LiveOptions): LiveChanges => followChanges(transport, live),
    /** Any other route of the contract, with the same errors, keys and retries. */
    call,
    /** The ETag the server sent with a record this client returned, for `ifMatch`. */
    etagOf: transport.etagOf,
    setToken: (token: string | undefined) => {
      credentials.token = token
    },
    setCartToken: (token: string | undefined) => {
      credentials.cartToken = token
    },
  }
}
