// A whole backend in memory, for the tests of a project: engine, HTTP, payment sandbox and mails, without a socket, a file or
// a network. Callers use the same client as a page does, so a test goes the way of a request. Time stands still until the
// test moves it. Passwords are hashed as cheaply as can be: this serves tests and nothing else.
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { type Client, createClient } from '../../client/src/create-client.ts'
import type { Fetch } from '../../client/src/transport.ts'
import type { AnyBackend } from '../../client/src/typed.ts'
import { createPlainLog } from '../base/plain-log.ts'
import { systemRandom } from '../base/random.ts'
import { createMemoryBlobs } from '../blobs/memory-blobs.ts'
import { readMailFiles } from '../cli/mail-folder.ts'
import { offeredProviders } from '../cli/payment-providers.ts'
import { seedDatabase } from '../cli/seed.ts'
import type { BackendConfig } from '../config/backend-config.ts'
import { eq, oneOf } from '../contract/filter.ts'
import { users } from '../domains/accounts/collections.ts'
import { emails } from '../domains/emails/collections.ts'
import { captureTransport } from '../domains/emails/transport.ts'
import { loadPictureMaker } from '../domains/files/resize-picture.ts'
import { effects } from '../effects/effect.ts'
import { type Backend, createBackend, namedOperations } from '../engine/backend.ts'
import { createEngine, type Engine } from '../engine/create-engine.ts'
import { createServer, type HttpServer } from '../http/server.ts'
import type { Operation, PasswordHasher } from '../operation/define.ts'
import { createSandboxProvider } from '../payment-providers/sandbox/adapter.ts'
import { createSandboxBook, type SandboxBook } from '../sandbox/book.ts'
import { createMemoryStore } from '../sandbox/store.ts'
import { sandboxMethods } from '../sandbox/taking.ts'
import { findAll, findUnique } from '../storage/find-all.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import { openSqlite } from '../storage/sqlite/sqlite-storage.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'

export type TestBackendOptions = {
  /** Loads the seed of the config, as development does. Without it the database is empty. */
  readonly seed?: boolean
  /** That of the config, where its mails lie, and files that the seed names by their paths; the working directory when left out. */
  readonly folder?: string
  /** When the test begins, as a date; now, when left out. */
  readonly now?: Date
  /** Values of the config's secrets. One that is left out has a text of the test's own; the environment is not looked at. */
  readonly secrets?: Readonly<Record<string, string>>
}

/** A mail as its receiver would see it. */
export type TestMail = { readonly to: string; readonly subject: string; readonly text: string; readonly html: string | null }

/** Of a config that is declared: its callers know its collections and operations by name and type. */
export type TestBackend<TBackend extends AnyBackend = AnyBackend> = {
  /** A caller who is not signed in: a new one, with a cart of its own, at each call. */
  guest(): Client<TBackend>
  /** A caller signed in to the account of this address, which is made at its first call. `admin` may do everything. */
  signIn(email: string, options?: { readonly roles?: readonly string[] }): Promise<Client<TBackend>>
  /** Resolves when all that is owed has been carried out: mails, calls to providers, effects of one's own. */
  settle(): Promise<void>
  /** Moves time on, and settles: schedules tick, holds expire, the sandbox tells of its payments. */
  advance(ms: number): Promise<void>
  /** All mails that were sent so far, the oldest first. */
  mails(): Promise<TestMail[]>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const publicUrl = 'http://localhost'
const password = 'a test of one mind'
/** An effect that is still under way after so long is told instead of waited for. */
const settleMs = 10_000

/** @throws ConfigError naming every mistake of the config */
export async function openTestBackend<TBackend extends BackendConfig<Operation> & AnyBackend>(
  config: TBackend,
  options: TestBackendOptions = {},
): Promise<TestBackend<TBackend>> {
  const clock = createManualClock(options.now?.getTime() ?? Date.now(), turns)
  // The methods of the sandbox, which plays all that take money, beside their own.
  const providers = offeredProviders(true).map((one) => ({ ...one, methods: [...new Set([...sandboxMethods, ...one.methods])] }))
  const readSecret = (name: string) => options.secrets?.[name] ?? `${name} of the test`
  const mailFiles = readMailFiles(options.folder ?? process.cwd())
  const backend = createBackend(config, { publicUrl, isDevelopment: true, paymentProviders: providers, readSecret, clock, mailFiles })
  const storage = openSqlite({ path: ':memory:', model: backend.model, clock })
  // Who still follows changes when it closes is cut off, and then told for good, so that nothing keeps the test waiting.
  const closing = new AbortController()
  const fetchInside: Fetch = async (url, init) =>
    closing.signal.aborted ? new Response(null, { status: 410 }) : await inject({ server, closing: closing.signal }, url, init)
  const sandboxes = backend.payments.map(({ id }) => openSandbox(clock, fetchInside, id))
  const log = createPlainLog('error', (text) => void process.stderr.write(`${text}\n`))
  const passwords = cheapHasher
  const services = { passwords }
  const pictureMaker = () => loadPictureMaker().catch(() => null)
  const blobs = createMemoryBlobs()
  const parts = { backend, blobs, storage, clock, random: systemRandom, log, services, pictureMaker, mail: captureTransport }
  const engine = await createEngine({ ...parts, providers: sandboxes.map(({ provider }) => provider) })
  const server = createServer({
    operations: engine.operations,
    named: namedOperations(backend),
    run: engine.run,
    authenticate: engine.authenticate,
    recall: engine.recall,
    onRevoked: engine.onRevoked,
    clock,
    log,
    site: null,
    pages: [],
    isRateLimited: false,
    trustedProxies: [],
    bootId: 'test',
  })
  if (options.seed) await seedDatabase(engine, backend, { blobs, folder: options.folder ?? process.cwd() })
  await server.app.ready()
  await engine.start()
  for (const { book } of sandboxes) book.start()
  const guest = () => createClient({ url: publicUrl, fetch: fetchInside })
  const settle = () => settled(storage)
  const close = async () => {
    closing.abort()
    await closeAll({ server, engine, sandboxes, clock, storage })
  }
  return {
    guest: () => guest() as unknown as Client<TBackend>,
    signIn: async (email, { roles = [] } = {}) => (await signIn({ guest, engine, backend }, email, roles)) as unknown as Client<TBackend>,
    settle,
    async advance(ms) {
      await clock.advance(ms)
      await settle()
    },
    async mails() {
      await settle()
      const all = await findAll(storage.reader, emails, eq('direction', 'out'))
      return all.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ to, subject, text, html }) => ({ to, subject, text, html }))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Who takes money in a test: the payment sandbox under this id, with its book in memory; its webhooks come in as requests. */
function openSandbox(clock: ManualClock, deliver: Fetch, id: string) {
  const ids = { count: 0 }
  const secret = 'sbx_test'
  const book = createSandboxBook({
    store: createMemoryStore(),
    clock,
    random: systemRandom,
    newId: (prefix) => `${prefix}_${String(++ids.count).padStart(26, '0')}`,
    webhookUrl: `${publicUrl}/api/payments/webhooks/${id}`,
    secret,
    egress: {
      async request({ method, url, headers = {}, body }) {
        const answer = await deliver(url, { method, headers, ...(body === undefined ? {} : { body }) })
        return { status: answer.status, body: await answer.text() }
      },
    },
  })
  const provider = createSandboxProvider(book, { secret, pagesUrl: `${publicUrl}/sandbox` })
  const start: typeof provider.start = (request) => provider.start({ ...request, method: isPlayed(request.method) ? request.method : null })
  return { book, provider: { ...provider, id, start } }
}

/** A method that only a real provider knows is paid by at once. */
function isPlayed(method: string | null): boolean {
  return sandboxMethods.some((one) => one === method)
}

type Inside = { readonly server: HttpServer; readonly closing: AbortSignal }

/** `fetch` without a socket. A stream is handed on as it comes. */
async function inject({ server, closing }: Inside, url: string, init: RequestInit): Promise<Response> {
  const { signal } = init
  const body = init.body instanceof Blob ? Buffer.from(await init.body.arrayBuffer()) : init.body
  const headers = Object.fromEntries(new Headers(init.headers))
  const answer = await server.app.inject({
    method: (init.method ?? 'GET') as 'GET',
    url: url.slice(publicUrl.length),
    headers,
    ...(typeof body === 'string' || body instanceof Buffer ? { payload: body } : {}),
    payloadAsStream: true,
  })
  const stream = answer.stream()
  const given = Object.entries(answer.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]))
  const hasBody = ![204, 304].includes(answer.statusCode)
  const content = hasBody ? bodyOf(stream, AbortSignal.any([closing, ...(signal ? [signal] : [])])) : null
  return new Response(content, { status: answer.statusCode, headers: given.map(([name, value]) => [name, value]) })
}

/** Ends when the answer does, or when nobody waits for it any more. */
function bodyOf(stream: Readable, ending: AbortSignal): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      let isOpen = true
      const end = () => {
        if (isOpen) controller.close()
        isOpen = false
        stream.destroy()
      }
      stream.on('data', (part: Uint8Array) => isOpen && controller.enqueue(part))
      stream.once('end', end).once('close', end).on('error', end)
      if (ending.aborted) end()
      else ending.addEventListener('abort', end)
    },
    cancel: () => void stream.destroy(),
  })
}

type Doors = { readonly guest: () => Client; readonly engine: Engine; readonly backend: Backend }

async function signIn({ guest, engine, backend }: Doors, email: string, roles: readonly string[]): Promise<Client> {
  const { parts } = engine
  const client = guest()
  await client.auth.register({ email, password })
  if (roles.length > 0)
    await inTransaction(parts, { operation: 'test.signIn', actor: 'test', requestId: '' }, async (tx) => {
      const user = await findUnique(tx, users, eq('email', email.toLowerCase()))
      if (user === null) throw new Error(`No account of ${email} can be made in ${backend.project.name}.`)
      await tx.update(users, user, { set: { roles: [...roles] } })
    })
  await client.auth.login({ email, password })
  return client
}

/** Lets everything run that is ready to. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** @throws Error naming what does not end */
async function settled(storage: StorageAdapter): Promise<void> {
  const until = performance.now() + settleMs
  for (;;) {
    await turns()
    const now = await storage.now()
    const open = await findAll(storage.reader, effects, oneOf('state', ['ready', 'running']))
    const due = open.filter(({ state, dueAt }) => state === 'running' || dueAt <= now)
    if (due.length === 0) return
    if (performance.now() > until) throw new Error(`Still under way after ${settleMs / 1000} s: ${due.map(({ key }) => key).join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

type Opened = {
  readonly server: HttpServer
  readonly engine: Engine
  readonly sandboxes: readonly { readonly book: SandboxBook }[]
  readonly clock: ManualClock
  readonly storage: StorageAdapter
}

async function closeAll({ server, engine, sandboxes, clock, storage }: Opened): Promise<void> {
  for (const { book } of sandboxes) book.stop()
  await engine.stop()
  await server.close()
  clock.clear()
  await storage.close()
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

const cheapHasher: PasswordHasher = {
  hash: async (text) => digest(text),
  verify: async (text, hash) => digest(text) === hash,
  isCurrent: () => true,
  stretch: async (text, salt) => createHash('sha256').update(salt).update(text).digest(),
}
