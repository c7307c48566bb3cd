// A whole server in one process: storage, engine, sandbox, sockets. Everything that is real (files,
// network, clock) is handed to the engine here.
import { readFileSync } from 'node:fs'
import { createServer as createNodeServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { createIdSource } from '../base/ids.ts'
import { createLog, type Log } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { newSecret } from '../base/secret.ts'
import { eq } from '../contract/filter.ts'
import { createArgon2Hasher } from '../domains/accounts/argon2-hasher.ts'
import { settings as settingsCollection } from '../domains/accounts/collections.ts'
import { issueSetUpToken } from '../domains/accounts/set-up.ts'
import { captureTransport } from '../domains/emails/transport.ts'
import { createSmtpTransport } from '../domains/emails/transport-smtp.ts'
import { createSandboxProvider } from '../domains/payments/provider-sandbox.ts'
import { createSandboxBook, sandboxMethods } from '../domains/payments/sandbox/book.ts'
import { createSandboxPages } from '../domains/payments/sandbox/pages.ts'
import { openSandboxStore } from '../domains/payments/sandbox/store.ts'
import type { Backend } from '../engine/backend.ts'
import { createEngine, type Engine } from '../engine/create-engine.ts'
import { systemPages } from '../http/pages.ts'
import { createServer } from '../http/server.ts'
import { createStaticSite, type StaticMount } from '../http/static-files.ts'
import type { Model } from '../schema/model.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import { compileConfig, type LoadedConfig, loadConfig } from './load-config.ts'
import { lockFolder, openStorage, prepareFolder } from './open-storage.ts'
import { createRuntimeMeter } from './runtime-meter.ts'
import { seedDatabase } from './seed.ts'
import type { ProcessSettings } from './settings.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

export type Running = {
  readonly url: string
  readonly engine: Engine
  /** The one-time link, when there is no admin yet. */
  readonly setUpLink: string | null
  readonly hasStorefront: boolean
  close(): Promise<void>
}

/** @throws Error with sentences for people */
export async function serve(settings: ProcessSettings): Promise<Running> {
  const log = createLog(systemClock, 'warn', (line) => void process.stderr.write(`${line}\n`))
  const loaded = await loadConfig(settings.configPath)
  const port = settings.port === 0 ? await freePort(settings.host) : settings.port
  const publicUrl = settings.publicUrl ?? `http://localhost:${port}`
  const hasSandbox = settings.isDevelopment && loaded.config.shop !== false && loaded.config.shop !== undefined
  const backend = compileConfig(loaded, {
    publicUrl,
    isDevelopment: settings.isDevelopment,
    paymentProviders: hasSandbox ? [{ id: 'sandbox', methods: sandboxMethods }] : [],
  })
  const folder = prepareFolder(settings.dataFolder)
  const unlock = lockFolder(folder)
  const storage = openStorage(folder, backend.model)
  const sandbox = hasSandbox ? await openSandbox(storage, backend.model, folder, port) : null
  const mail = settings.smtpUrl === null ? captureTransport : createSmtpTransport({ url: settings.smtpUrl, clock: systemClock })
  const engine = await createEngine({
    backend,
    storage,
    clock: systemClock,
    random: systemRandom,
    log,
    services: { passwords: createArgon2Hasher(systemRandom, undefined, Math.max(1, availableParallelism() - 1)) },
    providers: sandbox ? [createSandboxProvider(sandbox.book, { secret: sandbox.secret, pagesUrl: `${publicUrl}/sandbox` })] : [],
    mail,
    meter: createRuntimeMeter(),
  })
  if (settings.isDevelopment) await seedDatabase(engine, backend)
  const server = openServer(settings, loaded, backend, engine, log, sandbox?.pages)
  try {
    await server.listen(port, settings.host)
  } catch (error) {
    await storage.close()
    unlock()
    throw explainListen(error, port)
  }
  await engine.start()
  sandbox?.book.start()
  const token = await issueToken(engine)
  let closing: Promise<void> | null = null
  return {
    url: publicUrl,
    engine,
    setUpLink: token === null ? null : `${publicUrl}/console#setup=${token}`,
    hasStorefront: loaded.config.storefront !== undefined,
    close() {
      // Requests first, then effects, then what both write to.
      closing ??= (async () => {
        await server.close()
        await engine.stop()
        sandbox?.book.stop()
        await mail.close()
        await storage.close()
        unlock()
      })()
      return closing
    },
  }
}

function openServer(
  settings: ProcessSettings,
  loaded: LoadedConfig,
  backend: Backend,
  engine: Engine,
  log: Log,
  sandboxPages: ReturnType<typeof createSandboxPages> | undefined,
) {
  return createServer({
    operations: engine.operations,
    run: engine.run,
    authenticate: engine.authenticate,
    clock: systemClock,
    log,
    site: createStaticSite(mountsOf(loaded)),
    pages: systemPages({
      name: backend.project.name,
      version,
      publicUrl: backend.project.publicUrl,
      operations: engine.operations,
      storage: engine.parts.storage,
      referencePage: readFileSync(join(root, 'console/reference.html'), 'utf8'),
    }),
    isRateLimited: settings.isRateLimited,
    trustedProxies: settings.trustedProxies,
    bootId: engine.newId('req').slice(0, 24),
    // Another company's site in the same process: it never reaches our router.
    ...(sandboxPages
      ? {
          serverFactory: (handler) =>
            createNodeServer((request, response) =>
              request.url?.startsWith('/sandbox/') ? sandboxPages(request, response) : handler(request, response),
            ),
        }
      : {}),
  })
}

function mountsOf(loaded: LoadedConfig): StaticMount[] {
  const htm = fileURLToPath(import.meta.resolve('htm/preact/standalone'))
  return [
    { at: '/console', folder: join(root, 'console'), isApp: true, extra: { 'vendor/htm-preact.js': htm } },
    { at: '/client', folder: join(root, 'client/src') },
    ...(loaded.config.storefront === undefined ? [] : [{ at: '/', folder: resolve(loaded.folder, loaded.config.storefront), isApp: true }]),
  ]
}

async function openSandbox(storage: StorageAdapter, model: Model, folder: string, port: number) {
  const newId = createIdSource(systemClock, systemRandom)
  const secret = await sandboxSecret(storage, model, newId)
  const book = createSandboxBook({
    store: openSandboxStore(join(folder, 'sandbox.db')),
    clock: systemClock,
    random: systemRandom,
    newId,
    egress: systemEgress,
    webhookUrl: `http://127.0.0.1:${port}/api/payments/webhooks/sandbox`,
    secret,
  })
  return { book, secret, pages: createSandboxPages(book) }
}

/** Made at first start and kept: webhooks signed before a restart are still good after it. */
async function sandboxSecret(storage: StorageAdapter, model: Model, newId: (prefix: string) => string): Promise<string> {
  const cause = { operation: 'sandbox.secret', actor: 'system', requestId: '' }
  return await inTransaction({ storage, model, clock: systemClock, random: systemRandom }, cause, async (tx) => {
    const [known] = await tx.find(settingsCollection, { where: eq('name', 'sandboxSecret'), limit: 1 })
    if (known) return known.value['secret'] as string
    const secret = newSecret(systemRandom, 'sbx')
    await tx.insert(settingsCollection, { id: newId('set'), name: 'sandboxSecret', value: { secret } })
    return secret
  })
}

async function issueToken({ parts }: Engine): Promise<string | null> {
  const cause = { operation: 'accounts.issueSetUpToken', actor: 'system', requestId: '' }
  return await inTransaction(parts, cause, (tx, now) => issueSetUpToken(tx, now, parts.newId, parts.newSecret))
}

function explainListen(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return new Error(`Port ${port} is taken. Stop what uses it, or choose another: --port ${port + 1}.`)
  if (code === 'EACCES') return new Error(`Port ${port} needs more rights than this user has. Choose one above 1023: --port 8090.`)
  return error
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createNetServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
