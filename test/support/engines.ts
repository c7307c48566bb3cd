// Several engines over one database, as several processes would be, without sockets: real engines, a
// cheap password hasher, a sandbox with a book in memory, and mail that is only counted.
import { type Actor, guestActor } from '../../src/access/actor.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { createIdSource } from '../../src/base/ids.ts'
import type { Log } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { Message } from '../../src/domains/emails/transport.ts'
import { type Backend, createBackend } from '../../src/engine/backend.ts'
import { createEngine, type Engine, type Replacements } from '../../src/engine/create-engine.ts'
import type { Reply } from '../../src/operation/run-operation.ts'
import { createSandboxProvider } from '../../src/payment-providers/sandbox/adapter.ts'
import { createSandboxBook, type SandboxBook } from '../../src/sandbox/book.ts'
import { createMemoryStore } from '../../src/sandbox/store.ts'
import { sandboxMethods } from '../../src/sandbox/taking.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type { StorageAdapter } from '../../src/storage/storage.ts'
import { createCountingHasher } from './api-harness.ts'
import { type Cleanable, cleanUp } from './clean-up.ts'
import { shareStorage } from './shared-storage.ts'
import { backend as config } from './shop.config.ts'

export type EngineOptions = { readonly clock?: Clock; readonly replace?: Replacements }

export type Call = {
  readonly input?: unknown
  readonly actor?: Actor
  readonly key?: string
  readonly rawBody?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly ifMatch?: string
}

export type Engines = {
  readonly backend: Backend
  readonly book: SandboxBook
  /** What was sent, by whom. */
  readonly sent: { readonly by: string; readonly message: Message }[]
  readonly logged: string[]
  /** One more process. It is stopped with the test. */
  add(name: string, options?: EngineOptions): Promise<Engine>
}

export const staffActor: Actor = { ...guestActor('test'), kind: 'user', id: 'usr_staff', roles: ['admin'] }

/** Engines on a database of the test's own; SQLite in memory when none is given. `connect` opens it once more. */
export function openEngines(t: Cleanable, connect?: (backend: Backend) => StorageAdapter | Promise<StorageAdapter>): Engines {
  const backend = createBackend(config, {
    publicUrl: 'http://shop.example',
    isDevelopment: true,
    paymentProviders: [{ id: 'sandbox', methods: sandboxMethods }],
  })
  const open = connect ?? shareStorage(inMemory(t, backend))
  const sent: Engines['sent'] = []
  const logged: string[] = []
  const secret = 'sbx_test'
  const engines: Engine[] = []
  const book = createSandboxBook({
    store: createMemoryStore(),
    clock: systemClock,
    random: systemRandom,
    newId: createIdSource(systemClock, systemRandom),
    webhookUrl: 'sandbox',
    secret,
    egress: {
      async request({ body = '', headers = {} }) {
        const { status } = await call(engines[0]!, 'payments.receiveWebhook', { input: { provider: 'sandbox' }, rawBody: body, headers })
        return { status, body: '' }
      },
    },
  })
  cleanUp(t, () => book.stop())

  return {
    backend,
    book,
    sent,
    logged,
    async add(name, { clock = systemClock, replace } = {}) {
      const storage = await open(backend)
      const log: Log = {
        write: (level, message, fields) => void logged.push(`${name} ${level}: ${message} ${String(fields?.['error'] ?? '')}`),
      }
      const engine = await createEngine({
        backend,
        storage,
        clock,
        random: systemRandom,
        log,
        services: { passwords: createCountingHasher() },
        providers: [createSandboxProvider(book, { secret, pagesUrl: 'http://shop.example/sandbox' })],
        mail: {
          async send(message) {
            sent.push({ by: name, message })
            return { status: 'accepted', reply: '250' }
          },
          close: async () => {},
        },
        ...(replace ? { replace } : {}),
      })
      engines.push(engine)
      cleanUp(t, async () => {
        await engine.stop()
        await storage.close()
      })
      return engine
    },
  }
}

function inMemory(t: Cleanable, { model }: Backend): StorageAdapter {
  const storage = openSqlite({ path: ':memory:', model, clock: systemClock })
  cleanUp(t, () => storage.close())
  return storage
}

let requests = 0

/** Calls an operation by its name, as a guest unless said. @throws what it refuses with */
export async function call(engine: Engine, name: string, given: Call = {}): Promise<Reply> {
  const operation = engine.operations.find((one) => one.name === name)
  if (!operation) throw new Error(`There is no operation ${name}.`)
  const { input = {}, actor = guestActor('test'), key = null, rawBody = null, headers = {}, ifMatch = null } = given
  requests += 1
  return await engine.run(operation, {
    input,
    actor,
    idempotencyKey: key,
    request: { id: `req_${requests}`, ifMatch, ifNoneMatch: null, rawBody: rawBody === null ? null : Buffer.from(rawBody), headers },
  })
}
