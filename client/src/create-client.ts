/** Owns how a client is put together: who it speaks for, and what goes by which name. */
import { accountCalls, type BaseClient, recordsOf, shopCalls, type WriteOptions } from './calls.ts'
import { followChanges } from './live-changes.ts'
import type { BatchResult } from './shapes.ts'
import { type Credentials, createTransport, type Fetch } from './transport.ts'
import type { AnyBackend, ClientOf, Untyped } from './typed.ts'
import { fileCalls } from './upload.ts'

export type ClientOptions = {
  /** Origin of the server, e.g. `https://shop.example`. Left out in a page the server itself serves. */
  url?: string
  fetch?: Fetch
  /** A session's token; left out where the session cookie does the job. */
  token?: string
  cartToken?: string
}

/** A client of the project whose config exports this: `Client<typeof backend>`. */
export type Client<TBackend extends AnyBackend | Untyped = Untyped> = ClientOf<TBackend>

/**
 * A client of one server. `createClient<typeof backend>()` knows the project's collections, filters and operations by their
 * declarations: types alone, nothing of the server is loaded.
 */
export function createClient<TBackend extends AnyBackend | Untyped = Untyped>(options: ClientOptions = {}): Client<TBackend> {
  const credentials: Credentials = { token: options.token, cartToken: options.cartToken }
  /** `isOther`: a cookie says who it is, which no script sees. */
  function speakFor(next: Pick<Credentials, 'token' | 'cartToken'>, isOther = false): void {
    const { token, cartToken } = credentials
    Object.assign(credentials, next)
    if (isOther || credentials.token !== token || credentials.cartToken !== cartToken) for (const tell of transport.others) tell()
  }
  const url = (options.url ?? '').replace(/\/$/, '')
  // Called through a closure: a bare `fetch` reference loses its `this` in browsers.
  const fetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const transport = createTransport(url, fetch, credentials)
  const collections = new Map<string, object>()
  const parts = new Map<string, object>()
  const special: Readonly<Record<string, object>> = {
    ...shopCalls(transport, (cartToken) => speakFor({ cartToken })),
    files: fileCalls(transport),
  }

  const base: BaseClient & { collection(name: string): object } = {
    collection(name) {
      // The same one each time: hooks take another one for another question.
      const calls = collections.get(name) ?? recordsOf(transport, name)
      collections.set(name, calls)
      return calls
    },
    auth: accountCalls(transport, (token) => {
      // In its own pages the HttpOnly cookie holds the session, which no script can steal; elsewhere we must.
      speakFor(url !== '' || token === undefined ? { token } : {}, true)
    }),
    changes: (live) => followChanges(transport, live),
    batch: async (operations, write = {}) =>
      (await transport.call<{ results: BatchResult[] }>('POST', '/api/batch', { ...write, body: { operations } })).results,
    call: transport.call,
    etagOf: transport.etagOf,
    setToken: (token) => speakFor({ token }),
    setCartToken: (cartToken) => speakFor({ cartToken }),
  }

  /** What goes by one name: the collection, and the operations whose names begin so. */
  function partOf(noun: string): object {
    let part = parts.get(noun)
    if (!part) {
      const known: object = { ...recordsOf(transport, noun), ...special[noun] }
      part = namesIn(
        known,
        (verb) =>
          (input: unknown = {}, write: WriteOptions = {}) =>
            transport.call('POST', `/api/operations/${noun}.${verb}`, { ...write, body: input }),
      )
      parts.set(noun, part)
    }
    return part
  }

  return namesIn(base, partOf) as Client<TBackend>
}

/** Asked of any value by whoever waits for it or writes it as JSON, and called where it is a function. */
const askedOfAll = ['then', 'toJSON']

/** Names that `known` does not have are answered by `make`. */
function namesIn(known: object, make: (name: string) => unknown): object {
  return new Proxy(known, {
    get: (target, name, self) =>
      typeof name !== 'string' || askedOfAll.includes(name) || name in target ? Reflect.get(target, name, self) : make(name),
  })
}
