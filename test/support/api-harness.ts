// A whole engine behind its real HTTP server, without sockets: requests go in by `app.inject`. Storage is an
// empty database of this run (SQLite's in memory), passwords are hashed cheaply and counted, time moves only
// when a test moves it.
import { createHash } from 'node:crypto'
import { actorId, all, any, anyone, signedIn, staff, where } from '../../src/access/rule.ts'
import type { Clock } from '../../src/base/clock.ts'
import type { Egress } from '../../src/base/egress.ts'
import type { LogFields, LogLevel } from '../../src/base/log.ts'
import type { Random } from '../../src/base/random.ts'
import { hashSecret } from '../../src/base/secret.ts'
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { createPlacesKey } from '../../src/changes/places-key.ts'
import type { BackendConfig } from '../../src/config/backend-config.ts'
import type { ExchangeRates } from '../../src/config/exchange-rates.ts'
import { oidc } from '../../src/config/sign-in-providers.ts'
import type { TaxService } from '../../src/config/tax-service.ts'
import { passwords, sessions, users } from '../../src/domains/accounts/collections.ts'
import { categories } from '../../src/domains/catalog/categories.ts'
import { shippingMethods } from '../../src/domains/catalog/collections.ts'
import { products } from '../../src/domains/catalog/products.ts'
import { variants } from '../../src/domains/catalog/variants.ts'
import type { AuthenticateMail } from '../../src/domains/emails/authentication.ts'
import type { MailFile } from '../../src/domains/emails/mail-files.ts'
import type { MailTransport } from '../../src/domains/emails/transport.ts'
import type { PictureMaker } from '../../src/domains/files/picture-sizes.ts'
import type { MailHooks } from '../../src/domains/inbound/mail-hook.ts'
import type { PaymentProvider } from '../../src/domains/payments/provider.ts'
import { createStockLevel, stockLevels } from '../../src/domains/stock/collections.ts'
import type { WebhookPorts } from '../../src/domains/webhooks/deliver-webhook.ts'
import { type Backend, createBackend, namedOperations } from '../../src/engine/backend.ts'
import { createEngine, type Engine, type Replacements } from '../../src/engine/create-engine.ts'
import { hasOwnCode } from '../../src/extend/extension.ts'
import type { Admission } from '../../src/http/admission.ts'
import { systemPages } from '../../src/http/pages.ts'
import { createServer, type HttpServer } from '../../src/http/server.ts'
import type { Breaches, Operation, PasswordHasher, VatRegister } from '../../src/operation/define.ts'
import { createSandboxProvider } from '../../src/payment-providers/sandbox/adapter.ts'
import { createSandboxBook, type SandboxBook } from '../../src/sandbox/book.ts'
import { createMemoryStore } from '../../src/sandbox/store.ts'
import { sandboxMethods } from '../../src/sandbox/taking.ts'
import { type AnyRecord, collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import type { Model } from '../../src/schema/model.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type { StorageAdapter } from '../../src/storage/storage.ts'
import type { Transaction } from '../../src/storage/transaction.ts'
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.ts'
import { eventually } from './eventually.ts'
import { openEmpty } from './reused-storage.ts'
import { counted, settled } from './settled.ts'
import { watchWrites } from './watch-writes.ts'

export const startMs = Date.parse('2026-11-24T12:00:00Z')

export type TestClock = ManualClock

export const createTestClock = (start = startMs): TestClock => createManualClock(start, settled)

/** Bytes that are a function of the seed (xorshift32): two worlds with one seed have the same ids. */
export function createTestRandom(seed = 1): Random {
  let state = seed | 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  return { bytes: (count) => Uint8Array.from({ length: count }, () => next() & 255), fraction: () => next() / 2 ** 32 }
}

export type CountingHasher = PasswordHasher & { readonly calls: string[] }

export function createCountingHasher(): CountingHasher {
  const calls: string[] = []
  const digest = (password: string) => createHash('sha256').update(password).digest('hex')
  return {
    calls,
    async hash(password) {
      calls.push('hash')
      return digest(password)
    },
    async verify(password, hash) {
      calls.push('verify')
      return digest(password) === hash
    },
    isCurrent: () => true,
    async stretch(text, salt) {
      calls.push('stretch')
      return createHash('sha256').update(salt).update(`slow\n${text}`).digest()
    },
  }
}

const own = where('owner').eq(actorId)

/** One user collection with a field of every kind, private records and a hidden field. */
export const notes = collection('notes', {
  prefix: 'note',
  fields: {
    owner: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
    title: field.text({ required: true, min: 1, max: 100, search: true }),
    body: field.longText({ search: true }),
    slug: field.text({ unique: true, max: 50 }),
    tag: field.text({ unique: true, max: 640 }),
    isPublic: field.boolean({ default: false }),
    views: field.integer({ default: 0, min: 0, max: 1_000_000 }),
    rank: field.integer(),
    due: field.dateTime(),
    day: field.date(),
    kind: field.enum(['idea', 'task']),
    contact: field.email(),
    link: field.url(),
    price: field.money(),
    budget: field.money({ min: 0, max: 100_000 }),
    meta: field.json(),
    size: field.json({
      schema: { type: 'object', properties: { width: { type: 'integer' }, height: { type: 'integer' } }, required: ['width', 'height'] },
    }),
    tags: field.refs('categories'),
    cover: field.file({ accept: ['image/*'], maxBytes: 1_000_000 }),
    papers: field.files(),
    parent: field.ref('notes'),
    /** Seen by staff alone. */
    score: field.integer({ read: staff, write: staff }),
    scored: field.text({ read: staff, write: staff, search: true }),
  },
  indexes: [['owner', '-createdAt']],
  lists: { children: { from: 'notes', by: 'parent' } },
  access: {
    read: any(staff, own, where('isPublic').eq(true)),
    create: all(signedIn, any(staff, own)),
    update: any(staff, own),
    delete: any(staff, own),
  },
})

export const reviews = collection('reviews', {
  prefix: 'rev',
  fields: {
    book: field.ref('products', { required: true }),
    author: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
    stars: field.integer({ required: true, min: 1, max: 5 }),
    text: field.longText({ max: 5_000, search: true }),
  },
  unique: [['book', 'author']],
  access: {
    read: anyone,
    create: signedIn,
    update: any(staff, where('author').eq(actorId)),
    delete: any(staff, where('author').eq(actorId)),
  },
})

export const testConfig: BackendConfig<Operation> = {
  name: 'Test shop',
  collections: [notes, reviews] as never,
  shop: {
    currency: 'EUR',
    tax: { prices: 'included', ratesPpm: { DE: 70_000, '*': 0 } },
    seller: {
      name: 'Test Shop GmbH',
      address: { line1: 'Torstraße 1', postalCode: '10119', city: 'Berlin', country: 'DE' },
      vatId: 'DE136695976',
    },
    // Nothing follows from an order that a test does not ask for.
    invoices: { issue: 'asked', mail: false },
    cartFields: { giftFrom: field.text({ max: 80, personal: true }) },
    orderFields: { giftFrom: field.text({ max: 80, personal: true }), costCenter: field.text({ max: 40, search: true }) },
  },
  accounts: { providers: [oidc({ name: 'corp', title: 'Corp', issuer: 'https://id.corp.example', clientId: 'shop' })] },
}

/** Of the provider in `testConfig`: it says where it is, and nobody can sign in there. */
const idleProvider: Egress = {
  async request({ url }) {
    const { origin, pathname } = new URL(url)
    if (pathname !== '/.well-known/openid-configuration') return { status: 400, body: '{"error":"invalid_request"}' }
    const at = (path: string) => `${origin}/${path}`
    const body = { issuer: origin, authorization_endpoint: at('auth'), token_endpoint: at('token'), jwks_uri: at('keys') }
    return { status: 200, body: JSON.stringify(body) }
  },
}

export type As = 'guest' | 'other' | 'owner' | 'staff'
export const everybody: readonly As[] = ['guest', 'other', 'owner', 'staff']

export type ApiRequest = {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a string or buffer is sent as it is. */
  readonly body?: unknown
}
export type ApiAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  readonly bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
  readonly body: any
}

export type ApiHarnessOptions = {
  readonly config?: BackendConfig<Operation>
  readonly path?: string
  readonly isRateLimited?: boolean
  /** Everybody is let in when left out. */
  readonly admission?: Admission
  readonly publicUrl?: string
  readonly seed?: number
  readonly clock?: TestClock
  readonly mail?: MailTransport
  /** What lies in `mails` beside the config. */
  readonly mailFiles?: readonly MailFile[]
  /** Where the bytes of files are; in memory when left out. */
  readonly blobs?: BlobStore
  /** Makes pictures smaller; none when left out. */
  readonly pictureMaker?: () => Promise<PictureMaker | null>
  /** Providers of mail whose webhooks are taken; none when left out. */
  readonly mailHooks?: MailHooks
  /** The way to receivers of webhooks; none when left out. */
  readonly webhooks?: WebhookPorts
  /** Looks up who vouches for letters; nobody when left out. */
  readonly authenticateMail?: AuthenticateMail
  /** The way to providers that sign people in. */
  readonly egress?: Egress
  /** Parts that stand in for the engine's own. */
  readonly replace?: Replacements
  /** Instead of the cheap one that counts. */
  readonly hasher?: PasswordHasher
  /** Of passwords that were found elsewhere; none when left out. */
  readonly breaches?: Breaches
  readonly vatRegister?: VatRegister
  readonly taxService?: TaxService
  readonly exchangeRates?: ExchangeRates
  /** Every call to the sandbox's book; may lose or delay it. */
  readonly call?: <T>(name: string, work: () => T) => Promise<T>
  /** Stands in for the payment provider, which it is given. */
  readonly provider?: (real: PaymentProvider) => PaymentProvider
  /** Values of the config's secrets. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Others that take money, beside the sandbox. */
  readonly payments?: readonly PaymentProvider[]
  /** Webhooks are delivered to the server. */
  readonly hasWebhooks?: boolean
}

export type ApiHarness = {
  readonly engine: Engine
  readonly server: HttpServer
  readonly clock: TestClock
  readonly book: SandboxBook
  readonly passwords: CountingHasher
  readonly webhookSecret: string
  readonly log: { level: LogLevel; message: string; fields: LogFields | undefined }[]
  readonly routes: readonly { method: string; url: string }[]
  request(request: ApiRequest): Promise<ApiAnswer>
  /** The commit log after `position`: `operation: collections changed`. */
  commitsAfter(position: number): Promise<string[]>
  newest(): Promise<number>
  /** All records of all collections, for "nothing was stored". */
  snapshot(): Promise<string>
  write<T>(work: (tx: Transaction, now: number) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A request that is refused leaves its key, and a wrong password its try. */
const uncounted: readonly string[] = ['idempotencyKeys', 'signInTries']

export async function openApi(options: ApiHarnessOptions = {}): Promise<ApiHarness> {
  const clock = options.clock ?? createTestClock()
  const random = createTestRandom(options.seed)
  const publicUrl = options.publicUrl ?? 'http://shop.test'
  const log: ApiHarness['log'] = []
  const backend = backendOf(options, { publicUrl, clock })
  /** Each collection as it was read last, as JSON, unless it was written to since. */
  const kept = new Map<string, string>()
  let writes = 0
  /** All of them, after so many writes. */
  let whole: { readonly text: string; readonly writes: number } | null = null
  const storage = watchWrites(await openStorage(options.path, backend.model, clock), (collection) => {
    writes++
    kept.delete(collection)
  })
  const newest = await watchNewest(storage)
  const webhookSecret = 'sbx_test'
  const sandboxIds = { count: 0 }
  /** Webhooks on their way: each is a request of its own, and may run again after a conflict. */
  const delivering = new Set<Promise<unknown>>()
  const book = createSandboxBook({
    store: createMemoryStore(),
    clock,
    random,
    newId: (prefix) => `${prefix}_${String(++sandboxIds.count).padStart(26, '0')}`,
    webhookUrl: '/api/payments/webhooks/sandbox',
    secret: webhookSecret,
    egress: {
      async request({ method, url, headers = {}, body }) {
        if (options.hasWebhooks === false) throw new Error('no way there')
        const payload = body === undefined ? {} : { payload: body }
        const delivery = server.app.inject({ method, url, headers: { ...headers }, ...payload })
        delivering.add(delivery)
        const answer = await delivery.finally(() => delivering.delete(delivery))
        return { status: answer.statusCode, body: answer.body }
      },
    },
  })
  const sandbox = createSandboxProvider(book, {
    secret: webhookSecret,
    pagesUrl: `${publicUrl}/sandbox`,
    ...(options.call ? { call: options.call } : {}),
  })
  const hasher = createCountingHasher()
  const engine = await createEngine({
    backend,
    storage,
    clock,
    random,
    log: { write: (level, message, fields) => void log.push({ level, message, fields }) },
    ...(options.replace ? { replace: options.replace } : {}),
    services: {
      passwords: options.hasher ?? hasher,
      ...(options.breaches && { breaches: options.breaches }),
      ...(options.vatRegister && { vatRegister: options.vatRegister }),
      ...(options.taxService && { taxService: options.taxService }),
      ...(options.exchangeRates && { exchangeRates: options.exchangeRates }),
    },
    providers: [(options.provider ?? ((real) => real))(sandbox), ...(options.payments ?? [])],
    ...(options.mailHooks ? { mailHooks: options.mailHooks } : {}),
    ...(options.webhooks ? { webhooks: options.webhooks } : {}),
    ...(options.authenticateMail && { authenticateMail: options.authenticateMail }),
    egress: options.egress ?? idleProvider,
    ...(options.blobs ? { blobs: options.blobs } : {}),
    ...(options.pictureMaker ? { pictureMaker: options.pictureMaker } : {}),
    mail: options.mail ?? { send: async () => ({ status: 'captured', reply: '' }), close: async () => {} },
  })
  const server = createServer({
    operations: engine.operations,
    named: namedOperations(backend),
    run: engine.run,
    authenticate: engine.authenticate,
    recall: engine.recall,
    onRevoked: engine.onRevoked,
    clock,
    log: { write: (level, message, fields) => void log.push({ level, message, fields }) },
    site: null,
    origins: new Set((options.config ?? testConfig).http?.cors?.origins),
    pages: systemPages({
      name: 'Test shop',
      version: '0.0.0',
      publicUrl,
      operations: engine.operations,
      storage,
      referencePage: '<!doctype html>',
    }),
    isRateLimited: options.isRateLimited ?? false,
    ...(options.admission ? { admission: options.admission } : {}),
    trustedProxies: [],
    bootId: 'test',
  })
  await server.app.ready()
  // The first reader of the feed would make it, and a read that stores something be no read any more.
  await createPlacesKey(engine.parts)()

  return {
    engine,
    server,
    clock,
    book,
    passwords: hasher,
    webhookSecret,
    log,
    routes: [],
    async request({ method, url, headers = {}, body }) {
      if (method === 'GET' && url.startsWith('/api/changes')) return await openStream(server, url, headers)
      const isPlain = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
      const answer = await server.app.inject({
        method: method as 'GET',
        url,
        headers: { ...(body !== undefined && !isPlain ? { 'content-type': 'application/json' } : {}), ...headers },
        ...(body === undefined ? {} : { payload: isPlain ? (body as string) : JSON.stringify(body) }),
      })
      const isJson = /^application\/([a-z]+\+)?json\b/.test(String(answer.headers['content-type'] ?? ''))
      return {
        status: answer.statusCode,
        headers: answer.headers as ApiAnswer['headers'],
        text: answer.body,
        bytes: answer.rawPayload,
        body: isJson && answer.body !== '' ? JSON.parse(answer.body) : undefined,
      }
    },
    async commitsAfter(position) {
      await newest()
      const commits = await storage.commitsAfter(position, 1_000)
      return commits.map(
        ({ operation, changes }) => `${operation}: ${[...new Set(changes.map((change) => change.collection))].sort().join(', ')}`,
      )
    },
    newest,
    async snapshot() {
      if (whole?.writes === writes) return whole.text
      const begun = writes
      const models = [...backend.model.collections.values()].filter(({ name }) => !uncounted.includes(name))
      const all = models.map(async (model) => {
        const { name } = model
        const known = kept.get(name)
        if (known !== undefined) return known
        const before = writes
        const text = JSON.stringify([name, await storage.reader.find(model, { limit: 100_000 })])
        if (writes === before) kept.set(name, text)
        return text
      })
      const text = `[${(await Promise.all(all)).join()}]`
      if (writes === begun) whole = { text, writes }
      return text
    },
    write: (work) => inTransaction(engine.parts, { operation: 'test.write', actor: 'test', requestId: '' }, work),
    async close() {
      book.stop()
      // What waits to run again does so by the clock, and would wait for ever without it.
      await Promise.allSettled(delivering)
      await engine.stop()
      await server.close()
      clock.clear()
      await storage.close()
    },
  }
}

/** Worlds of one config share what is compiled of it. Code of a project has the clock of its world: each has its own then. */
const backends = new WeakMap<BackendConfig<Operation>, Backend>()

function backendOf(options: ApiHarnessOptions, { publicUrl, clock }: { readonly publicUrl: string; readonly clock: Clock }): Backend {
  const { config = testConfig, payments = [], secrets, mailFiles } = options
  const make = () =>
    createBackend(config, {
      publicUrl,
      isDevelopment: false,
      paymentProviders: [{ id: 'sandbox', methods: sandboxMethods }, ...payments],
      readSecret: (name) => secrets?.[name],
      clock,
      ...(mailFiles && { mailFiles }),
    })
  if (payments.length > 0 || secrets !== undefined || mailFiles !== undefined || options.publicUrl !== undefined) return make()
  const known = backends.get(config) ?? make()
  if (!hasOwnCode(known.extension)) backends.set(config, known)
  return known
}

async function openStorage(path: string | undefined, model: Model, clock: Clock): Promise<StorageAdapter> {
  if (path !== undefined) return openSqlite({ path, model, clock })
  const storage = await openEmpty(model, clock)
  return storage.capabilities.isShared ? counted(storage) : storage
}

/** The newest position, once every line has one that was committed since the beginning: a database of many gives it soon after. */
async function watchNewest(storage: StorageAdapter): Promise<() => Promise<number>> {
  const { newest: first } = await storage.commitRange()
  let lines = 0
  storage.onCommit(() => void lines++)
  return async () =>
    await eventually('every commit has its position', async () => {
      const { newest } = await storage.commitRange()
      return !storage.capabilities.isShared || newest >= first + lines ? newest : null
    })
}

/** What a live stream begins with; then it is left. A refusal is read to its end. */
async function openStream(server: HttpServer, url: string, headers: Readonly<Record<string, string>>): Promise<ApiAnswer> {
  const answer = await server.app.inject({ method: 'GET', url, headers: { ...headers }, payloadAsStream: true })
  const stream = answer.stream()
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (answer.statusCode === 200) break
  }
  stream.destroy()
  return {
    status: answer.statusCode,
    headers: answer.headers as ApiAnswer['headers'],
    text,
    bytes: Buffer.from(text),
    body: answer.statusCode === 200 ? undefined : JSON.parse(text),
  }
}

export type World = ApiHarness & {
  readonly tokens: Readonly<Record<As, string | null>>
  readonly ids: Readonly<Record<string, string>>
  readonly cartToken: string
  /** The request as one of the four sees themselves. */
  call(as: As, request: ApiRequest): Promise<ApiAnswer>
}

export const address = { name: 'Ann Lee', line1: 'Main Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' }

/** A small shop: people, a catalogue with a draft, private notes, one cart and one paid order of the owner. */
export async function openWorld(options: ApiHarnessOptions = {}): Promise<World> {
  const api = await openApi(options)
  const { newId } = api.engine
  const ids: Record<string, string> = {}
  const tokens: Record<As, string | null> = { guest: null, other: 'kps_other', owner: 'kps_owner', staff: 'kps_staff' }

  await api.write(async (tx, now) => {
    for (const [name, roles] of [
      ['owner', []],
      ['other', []],
      ['staff', ['staff']],
    ] as const) {
      const id = newId('usr')
      ids[name] = id
      await tx.insert(users, { id, email: `${name}@example.com`, name, roles, emailVerified: true, disabled: false, customerGroup: null })
      await tx.insert(passwords, { id: newId('pwd'), user: id, hash: await createCountingHasher().hash(`password of ${name}`) })
      ids[`${name}Session`] = newId('ses')
      const session = {
        id: ids[`${name}Session`]!,
        user: id,
        tokenHash: hashSecret(`kps_${name}`),
        expiresAt: now + 86_400_000,
        origin: '127.0.0.1',
        userAgent: null,
        ways: ['password'],
        provenAt: now,
        usedAt: null,
      } as const
      await tx.insert(sessions, session)
    }
    const insert = async (name: string, ref: { name: string; prefix?: string }, fields: Record<string, unknown>) => {
      const id = newId(ref.prefix!)
      ids[name] = id
      return await tx.insert<AnyRecord>({ name: ref.name }, { id, ...fields } as never)
    }
    await insert('fiction', categories, { slug: 'fiction', title: 'Fiction', position: 0 })
    await insert('science', categories, { slug: 'science', title: 'Science', position: 1 })
    const product = { description: 'A book', pictures: [], related: [], onSale: false, price: { amount: 1000, currency: 'EUR' } }
    await insert('product', products, { ...product, slug: 'emma', title: 'Emma', status: 'active', categories: [ids['fiction']] })
    await insert('draft', products, { ...product, slug: 'secret-plans', title: 'Secret plans', status: 'draft', categories: [] })
    const stocked = async (name: string, fields: Record<string, unknown>, onHand: number) => {
      await insert(name, variants, { position: 0, title: 'Paperback', downloads: [], ...fields })
      const level = await createStockLevel(tx, newId, ids[name]!)
      ids[`${name}Level`] = level.id
      await tx.update(stockLevels, level, { add: { onHand, available: onHand } })
    }
    await stocked('variant', { product: ids['product'], sku: 'EMMA-P', price: { amount: 1000, currency: 'EUR' } }, 10)
    await stocked('hardcover', { product: ids['product'], sku: 'EMMA-H', title: 'Hardcover', price: { amount: 2500, currency: 'EUR' } }, 3)
    await stocked('free', { product: ids['product'], sku: 'EMMA-S', title: 'Sample', price: { amount: 0, currency: 'EUR' } }, 5)
    await stocked('draftVariant', { product: ids['draft'], sku: 'SECRET-P', price: { amount: 900, currency: 'EUR' } }, 10)
    await insert('shipping', shippingMethods, {
      title: 'Standard',
      price: { amount: 390, currency: 'EUR' },
      countries: null,
      active: true,
      position: 0,
    })
    const note = {
      body: null,
      slug: null,
      views: 0,
      rank: null,
      due: null,
      day: null,
      kind: null,
      contact: null,
      link: null,
      price: null,
      meta: null,
      tags: [],
      cover: null,
      papers: [],
      parent: null,
      score: null,
      scored: null,
    }
    await insert('note', notes, { ...note, owner: ids['owner'], title: 'Private thoughts', isPublic: false, score: 7, scored: 'hush' })
    await insert('publicNote', notes, {
      ...note,
      owner: ids['owner'],
      title: 'Public thoughts',
      isPublic: true,
      score: 3,
      tags: [ids['fiction']],
    })
    await insert('review', reviews, { book: ids['product'], author: ids['owner'], stars: 4, text: 'Good' })
  })

  const world: World = {
    ...api,
    tokens,
    ids,
    cartToken: '',
    call: (as, { headers, ...request }) =>
      api.request({ ...request, headers: { ...(tokens[as] === null ? {} : { authorization: `Bearer ${tokens[as]}` }), ...headers } }),
  }
  return world
}

/** A cart of `as`, ready for checkout. The guest's is held by its token alone. */
export async function fillCart(
  world: World,
  as: As,
  lines: readonly { variant: string; quantity: number }[] = [{ variant: 'variant', quantity: 1 }],
) {
  const made = await world.call(as, { method: 'POST', url: '/api/carts', body: { email: `${as}@example.com` } })
  const { id, token } = made.body as { id: string; token: string }
  const headers = { 'cart-token': token }
  for (const { variant, quantity } of lines)
    await world.call(as, { method: 'POST', url: `/api/carts/${id}/lines`, headers, body: { variant: world.ids[variant], quantity } })
  await world.call(as, {
    method: 'PATCH',
    url: `/api/carts/${id}`,
    headers,
    body: { shippingAddress: address, shippingMethod: world.ids['shipping'] },
  })
  return { id, token, headers }
}

export async function checkOut(
  world: World,
  as: As,
  cart: { id: string; headers: Record<string, string> },
  method = 'card_success',
  provider = 'sandbox',
) {
  return await world.call(as, {
    method: 'POST',
    url: `/api/carts/${cart.id}/checkout`,
    headers: cart.headers,
    body: { payment: { provider, method } },
  })
}

/** Runs effects, schedules and the sandbox until everything due within `ms` has happened. */
export async function work(world: ApiHarness, ms = 1_500): Promise<void> {
  await world.clock.advance(ms)
}
