/** Owns which contract route each method calls: of collections, accounts and the shop. No rule of the project lives here. */
import { SecondFactorNeeded } from './api-error.ts'
import type { News } from './kept-list.ts'
import type { LiveChanges, LiveOptions } from './live-changes.ts'
import { followQuery, type Live, type LiveQueryOptions } from './live-query.ts'
import { type AggregateQuery, type ListQuery, renderQuery } from './query-string.ts'
import type {
  ApiKey,
  BatchResult,
  BatchStep,
  Cart,
  CartPatch,
  CheckoutAnswer,
  CheckoutBody,
  ClaimedCart,
  DeletedRecord,
  Groups,
  NewCart,
  Order,
  OrderPayment,
  Page,
  Session,
  SignIn,
  Time,
  User,
} from './shapes.ts'
import type { CallOptions, Transport } from './transport.ts'
import type { fileCalls } from './upload.ts'

type Identified = { readonly id: string }
export type WriteOptions = Pick<CallOptions, 'ifMatch' | 'idempotencyKey' | 'signal'>
export type ReadOptions = Pick<CallOptions, 'signal'>
/** The address had an account: its old password, sessions and API keys have ended. */
type TookOver = { tookOver: boolean }
type Waiting = Pick<SecondFactorNeeded, 'pending' | 'factors'>
/** `{ "$increment": n }` is the contract's atomic addition to a number. */
type Patch<T> = {
  [K in keyof T]?: T[K] | null | (T[K] extends number ? { $increment: number } : never)
}

const segment = encodeURIComponent

export function recordsOf<T extends Identified>(transport: Transport, name: string) {
  const { call } = transport
  const base = `/api/${segment(name)}`
  const at = (id: string, query: Pick<ListQuery<T>, 'expand' | 'fields'> = {}) => `${base}/${segment(id)}${renderQuery(query)}`
  const list = (query: ListQuery<T> = {}, read: ReadOptions = {}) => call<Page<T>>('GET', base + renderQuery(query), read)
  return {
    list,
    /** Page after page, each asked for when it is wanted. */
    async *pages(query: ListQuery<T> = {}, read: ReadOptions = {}): AsyncGenerator<Page<T>, void> {
      for (let next: string | null | undefined = query.cursor; next !== null; ) {
        const page: Page<T> = await list(next === undefined ? query : { ...query, cursor: next }, read)
        yield page
        next = page.next
      }
    },
    get: (id: string, query?: Pick<ListQuery<T>, 'expand' | 'fields'>, read: ReadOptions = {}) => call<T>('GET', at(id, query), read),
    aggregate: (query: AggregateQuery<T> = {}, read: ReadOptions = {}) =>
      call<Groups>('GET', `${base}/aggregate${renderQuery(query)}`, read),
    create: (record: Partial<Omit<T, 'id'>>, write: WriteOptions = {}) => call<T>('POST', base, { ...write, body: record }),
    update: (id: string, patch: Patch<Omit<T, 'id'>>, write: WriteOptions = {}) => call<T>('PATCH', at(id), { ...write, body: patch }),
    delete: (id: string, write: WriteOptions = {}) => call<void>('DELETE', at(id), write),
    deleted: (query: Pick<ListQuery<T>, 'limit' | 'cursor'> = {}, read: ReadOptions = {}) =>
      call<Page<DeletedRecord<T>>>('GET', `${base}/deleted${renderQuery(query)}`, read),
    restore: (id: string, write: WriteOptions = {}) => call<T>('POST', `${at(id)}/restore`, write),
    purge: (id: string, write: WriteOptions = {}) => call<void>('DELETE', `${base}/deleted/${segment(id)}`, write),
    live: (
      query: Pick<ListQuery<T>, 'filter' | 'sort' | 'limit'>,
      onChange: (records: readonly T[], news: News<T>) => void,
      options: LiveQueryOptions = {},
    ): Live => followQuery<T>(transport, { collection: name, query, list, onChange, options }),
  }
}

export function accountCalls({ call }: Transport, keepSession: (token?: string) => void) {
  async function signIn<T extends SignIn>(path: string, body: object): Promise<T> {
    const answer = await call<T | Waiting>('POST', `/api/auth/${path}`, { body })
    if ('pending' in answer) throw new SecondFactorNeeded(answer)
    keepSession(answer.token)
    return answer
  }
  return {
    /** Opens no session: the answer is the same whether or not the address was free. Then `login`. */
    register: (body: { email: string; password: string; name?: string }) =>
      call<{ email: string; name: string | null }>('POST', '/api/auth/register', { body }),
    /** @throws SecondFactorNeeded where the account has one: then `verifyTotp` */
    login: (body: { email: string; password: string }) => signIn('login', body),
    /** `code`: of the authenticator app, or a recovery code. @throws ApiError `code_invalid`; `pending_invalid`: sign in anew */
    verifyTotp: (body: { pending: string; code: string }) => signIn('totp/verify', body),
    /** The first admin, with the one-time token of the link printed at first start. */
    setup: (body: { token: string; email: string; password: string }) => signIn<SignIn & TookOver>('setup', body),
    logout: async (body: { everywhere?: boolean } = {}) => {
      await call<void>('POST', '/api/auth/logout', { body })
      keepSession()
    },
    me: () => call<User>('GET', '/api/auth/me'),
    /** Signs the account out everywhere else. @throws ApiError with a path: `/current` or `/password` */
    changePassword: (body: { current: string; password: string }) => call<void>('POST', '/api/auth/password', { body }),
    sessions: () => call<{ items: Session[] }>('GET', '/api/auth/sessions'),
    revokeSession: (id: string) => call<void>('DELETE', `/api/auth/sessions/${segment(id)}`),
    /** With every scope that a new one could be given. */
    keys: () => call<{ items: ApiKey[]; scopes: string[] }>('GET', '/api/auth/keys'),
    /** The answer's `key` is shown this once: it is the `token` of a client elsewhere. @throws ApiError `proof_needed` */
    createKey: (body: { name: string; scopes: readonly string[]; expiresAt?: Time | null }) =>
      call<ApiKey & { key: string }>('POST', '/api/auth/keys', { body }),
    revokeKey: (id: string) => call<void>('DELETE', `/api/auth/keys/${segment(id)}`),
  }
}

/** Calls of a shop beside those of its collections. Every answer of a cart is the whole cart, with totals computed by the server. */
export function shopCalls({ call }: Transport, keepCart: (token: string) => void) {
  const cartAt = (id: string) => `/api/carts/${segment(id)}`
  const lineAt = (id: string, line: string) => `${cartAt(id)}/lines/${segment(line)}`
  const orderAt = (id: string) => `/api/orders/${segment(id)}`
  return {
    carts: {
      /** The answer's `token` is shown this once; the client sends it from here on. */
      create: async (body: NewCart = {}) => {
        const cart = await call<Cart>('POST', '/api/carts', { body })
        if (cart.token) keepCart(cart.token)
        return cart
      },
      get: (id: string) => call<Cart>('GET', cartAt(id)),
      addLine: (id: string, line: { variant: string; quantity: number }) => call<Cart>('POST', `${cartAt(id)}/lines`, { body: line }),
      changeLine: (id: string, line: string, body: { quantity: number }) => call<Cart>('PATCH', lineAt(id, line), { body }),
      removeLine: (id: string, line: string) => call<Cart>('DELETE', lineAt(id, line)),
      update: (id: string, body: CartPatch) => call<Cart>('PATCH', cartAt(id), { body }),
      /** After signing in, with the guest's token still set: the cart, or the order it became, is the account's. */
      claim: (id: string) => call<ClaimedCart>('POST', `${cartAt(id)}/claim`),
      checkOut: (id: string, body: CheckoutBody, write: WriteOptions = {}) =>
        call<CheckoutAnswer>('POST', `${cartAt(id)}/checkout`, { ...write, body }),
    },
    orders: {
      get: (id: string) => call<Order>('GET', orderAt(id)),
      /** Another try after a declined or abandoned payment. */
      pay: (id: string, payment: OrderPayment, write: WriteOptions = {}) =>
        call<CheckoutAnswer>('POST', `${orderAt(id)}/payments`, { ...write, body: payment }),
      /** By its owner or staff, while nothing was sent: stock is free again, and money taken goes back. */
      cancel: (id: string, write: WriteOptions = {}) => call<Order>('POST', `${orderAt(id)}/cancel`, write),
    },
  }
}

export type ShopClient = ReturnType<typeof shopCalls>
export type FilesClient = { readonly files: ReturnType<typeof fileCalls> }

export type BaseClient = {
  readonly auth: ReturnType<typeof accountCalls>
  /** News of several collections, one by one. The list of one is kept by its `live`. */
  changes(live: LiveOptions): LiveChanges
  /** Up to 100 operations in one transaction, all or none. `{ $result: '/0/id' }` stands for what the first one answered. */
  batch(operations: readonly BatchStep[], write?: WriteOptions): Promise<BatchResult[]>
  /** Any route, with the same errors, keys and retries. */
  readonly call: Transport['call']
  /** The ETag the server sent with a record this client returned, for `ifMatch`. */
  readonly etagOf: Transport['etagOf']
  setToken(token: string | undefined): void
  setCartToken(token: string | undefined): void
}

/** Where nothing is known of the server but the contract: names and types are given by hand. */
export type UntypedClient = BaseClient &
  ShopClient &
  FilesClient & { collection<T extends Identified>(name: string): ReturnType<typeof recordsOf<T>> }
