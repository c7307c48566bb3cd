// A whole server in one process: storage, engine, payment providers, sockets. Everything that is real (files,
// network, clock) is handed to the engine here.
import { readFileSync } from 'node:fs'
import { createServer as createNetServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Clock, sleep, systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { createArgon2Hasher } from '../domains/accounts/argon2-hasher.ts'
import { issueSetUpToken } from '../domains/accounts/set-up.ts'
import { type Backend, namedOperations } from '../engine/backend.ts'
import { unlistedIn } from '../engine/config-check/unlisted.ts'
import { createEngine, type Engine } from '../engine/create-engine.ts'
import { allRoles } from '../engine/roles.ts'
import { hasOwnCode } from '../extend/extension.ts'
import { type Admission, createAdmission } from '../http/admission.ts'
import { healthPaths } from '../http/health.ts'
import { systemPages } from '../http/pages.ts'
import { createRateLimiter } from '../http/rate-limit.ts'
import { createServer } from '../http/server.ts'
import { createSharedRateLimiter } from '../http/shared-rate-limit.ts'
import { createStaticSite } from '../http/static-files.ts'
import type { Services } from '../operation/define.ts'
import { workIn } from '../operation/work.ts'
import { followDatabaseClock } from '../storage/database-clock.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import type { WholeStorage } from '../storage/storage.ts'
import { type Part, takePart } from './database.ts'
import { createDocumentThread } from './document-thread.ts'
import { openErasedList } from './erased-list.ts'
import { createExchangeRates } from './exchange-rates.ts'
import { compileConfig, type LoadedConfig, loadConfig } from './load-config.ts'
import { compileMails } from './mail-folder.ts'
import { openMailHooks } from './mail-hooks.ts'
import { openMailReceiver } from './mail-receiver.ts'
import { createMailThread } from './mail-thread.ts'
import { openMailTransport } from './mail-transport.ts'
import { openMailboxes } from './mailboxes.ts'
import { lookAtStore, openBlobs } from './open-blobs.ts'
import { checkFits, lockFolder, openStorage } from './open-storage.ts'
import { openProviders, type PaymentProviders } from './payment-providers.ts'
import { createPictureProcesses, hasPictureLibrary, type PictureProcesses } from './picture-processes.ts'
import { prepareFolder } from './private-files.ts'
import { createProcessLog } from './process-log.ts'
import { createPwnedPasswords } from './pwned-passwords.ts'
import { recoveryNotice } from './recovery-notice.ts'
import { createRuntimeMeter } from './runtime-meter.ts'
import { seedDatabase } from './seed.ts'
import { type ProcessSettings, UsageError } from './settings.ts'
import { mountsOf } from './site.ts'
import { createTaxService } from './tax-service.ts'
import { root, version } from './version.ts'
import { createVies } from './vies.ts'

export type Running = {
  readonly url: string
  readonly engine: Engine
  /** The one-time link, when there is no admin yet. */
  readonly setUpLink: string | null
  readonly hasStorefront: boolean
  /** In development alone. */
  readonly hasSeed: boolean
  /** Whom payments go to, as whoever starts it reads it. */
  readonly paidBy: readonly string[]
  /** Where mail is taken in: `127.0.0.1:2525`. */
  readonly mailPlace: string | null
  /** What whoever starts it must know. */
  readonly notices: readonly string[]
  /** Resolves when it must stop: its database is no longer its to serve. */
  readonly refused: Promise<Error>
  close(): Promise<void>
}

export type ServeOptions = {
  /** Called when the config is read; it may still be wrong. */
  readonly onRead?: (loaded: LoadedConfig) => void
  /** Called when the config is known to be good and to fit the data, which is opened when this has ended. */
  readonly whenLoaded?: () => Promise<{
    /** Whether it goes on for one that has told its links. */
    readonly isAgain: boolean
  }>
  /** What is wrong with the project's pages, for whoever writes them. */
  readonly faultsOfPages?: (loaded: LoadedConfig) => string | null
}

/** @throws Error with sentences for people */
export async function serve(settings: ProcessSettings, { onRead, whenLoaded, faultsOfPages }: ServeOptions = {}): Promise<Running> {
  const log = createProcessLog(settings)
  const loaded = await loadConfig(settings.configPath)
  onRead?.(loaded)
  const port = settings.port === 0 ? await freePort(settings.host) : settings.port
  const publicUrl = settings.publicUrl ?? `http://localhost:${port}`
  if (settings.isDevelopment) await compileMails(loaded.folder)
  const backend = compileConfig(loaded, { publicUrl, isDevelopment: settings.isDevelopment, readSecret: settings.readSecret })
  let isAgain = false
  if (whenLoaded !== undefined) {
    await checkFits(settings, backend.model)
    isAgain = (await whenLoaded()).isAgain
  }
  const faults = faultsOfPages?.(loaded) ?? null
  const unlock = takeFolder(settings)
  const storage = await openStorage(settings, backend.model, log)
  let part: Part | null = null
  let payments: PaymentProviders | null = null
  try {
    part = await takePart(storage)
    checkRoles(settings, storage.capabilities.isShared)
    payments = await openProviders(backend.payments, { settings, publicUrl, port, storage, model: backend.model })
    return await serveOn({ settings, loaded, backend, log, port, publicUrl, storage, part, payments, unlock, faults, isAgain })
  } catch (error) {
    payments?.stop()
    await part?.leave()
    await storage.close()
    unlock()
    throw error
  }
}

type Place = {
  readonly settings: ProcessSettings
  readonly loaded: LoadedConfig
  readonly backend: Backend
  readonly log: Log
  readonly port: number
  readonly publicUrl: string
  readonly storage: WholeStorage
  readonly part: Part
  readonly payments: PaymentProviders
  readonly unlock: () => void
  readonly faults: string | null
  readonly isAgain: boolean
}

function servicesOf({ clock, log, backend, settings }: Pick<Place, 'log' | 'backend' | 'settings'> & { readonly clock: Clock }): Services {
  const { shop } = backend.config
  const tax = shop ? shop.tax?.service : undefined
  const rates = shop ? shop.invoices?.exchangeRates : undefined
  const secretOf = (of: typeof tax) => (of?.secret === undefined ? null : (settings.readSecret(of.secret.name) ?? null))
  return {
    passwords: createArgon2Hasher(systemRandom, undefined, Math.max(1, availableParallelism() - 1)),
    breaches: createPwnedPasswords({ egress: systemEgress, clock, log }),
    vatRegister: createVies({ egress: systemEgress, clock, log }),
    ...(tax && { taxService: createTaxService({ egress: systemEgress, log, url: tax.url, secret: secretOf(tax) }) }),
    ...(rates && { exchangeRates: createExchangeRates({ egress: systemEgress, log, url: rates.url, secret: secretOf(rates) }) }),
  }
}

/** One thread reads, and one looks up who vouches for a letter: whose domain answers slowly keeps nobody waiting who reads another. */
function openMailParts({ settings, loaded, backend: { project } }: Pick<Place, 'settings' | 'loaded' | 'backend'>) {
  const { inbound, mailboxes, from } = project.mail
  const reader = createMailThread()
  const ports = {
    mailReader: reader,
    lookAtMail: async () => await (await import('./mail-facts.ts')).lookAtMail({ settings, loaded, project }),
  }
  if (inbound === null && mailboxes.length === 0) return { ports, stop: reader.stop }
  const name = inbound?.domain ?? from.address.slice(from.address.indexOf('@') + 1)
  const vouching = createMailThread({ readMs: limits.mailAuthenticateMs, dns: settings.dnsServers, name })
  return {
    ports: { ...ports, authenticateMail: vouching.authenticate },
    stop() {
      reader.stop()
      vouching.stop()
    },
  }
}

/** To receivers of webhooks, and to providers that sign people in. */
const network = { webhooks: { egress: systemEgress }, egress: systemEgress }

async function serveOn(place: Place): Promise<Running> {
  const { settings, loaded, backend, log, port, publicUrl, storage, part, payments, unlock, faults, isAgain } = place
  const [mail, mailHooks] = [await openMailTransport(settings, backend.project), await openMailHooks(settings, backend.project)]
  const shared = storage.capabilities.isShared ? await followDatabaseClock(storage, systemClock) : null
  const clock = shared ?? systemClock
  const blobs = openBlobs(settings)
  if (settings.filesUrl !== null) void lookAtStore(blobs, log)
  const pictures = openPictures(settings, backend, log)
  const [documents, mails, admission] = [createDocumentThread(), openMailParts(place), admissionOf(storage, log)]
  const engine = await createEngine({
    backend,
    storage,
    clock,
    random: systemRandom,
    log,
    services: servicesOf({ clock, log, backend, settings }),
    providers: payments.all,
    ...{ mail, mailHooks, ...mails.ports, ...network },
    ...{ blobs, erasedList: openErasedList(settings.dataFolder), renderDocument: documents.render },
    ...(pictures === null ? {} : { pictureMaker: pictures.maker }),
    meter: createRuntimeMeter(admission.counts),
  })
  if (settings.isDevelopment) await seedDatabase(engine, backend, { blobs, folder: loaded.folder })
  const watch = hasOwnCode(backend.extension) ? (await import('./own-code-watch.ts')).watchOwnCode(endOf(settings)) : null
  let closing: Promise<void> | null = null
  const isStopping = () => closing !== null
  const server = openServer({ settings, loaded, backend, engine, log, payments, faults, isStopping, admission })
  await server.listen(port, settings.host).catch((error) => {
    throw explainListen(error, port)
  })
  await engine.start(settings.roles)
  payments.start()
  const mailIn = await openMailIn({ settings, loaded, engine, log })
  const isApi = settings.roles.includes('api')
  // The link that was told before is good for a day, unless newer ones take its place.
  const token = isApi && !isAgain ? await issueToken(engine) : null
  return {
    url: publicUrl,
    engine,
    setUpLink: token === null ? null : `${publicUrl}/console#setup=${token}`,
    hasStorefront: isApi && loaded.config.storefront !== undefined,
    hasSeed: settings.isDevelopment && loaded.config.seed !== undefined,
    ...{ paidBy: payments.titles, mailPlace: mailIn.place },
    notices: [
      await recoveryNotice(storage),
      isMailKept(settings, backend) ? mailNotice : null,
      canBePaid(backend) ? null : paymentNotice(settings),
      ...unlistedIn(loaded.config),
      faults,
    ].filter((notice) => notice !== null),
    refused: part.refused,
    close() {
      // The proxy first, which asks /readyz; then requests, letters that wait to be read, effects, and what all write to.
      closing ??= (async () => {
        if (isApi && settings.drainMs > 0) await sleep(systemClock, settings.drainMs)
        await Promise.all([server.close(), mailIn.close()])
        mails.stop()
        await engine.stop()
        for (const others of [payments, pictures, documents]) others?.stop()
        shared?.stop()
        watch?.close()
        await mail.close()
        await part.leave()
        await storage.close()
        unlock()
      })()
      return closing
    },
  }
}

/** Where mail is brought to, and the mailboxes that it is read from. */
async function openMailIn(parts: Pick<Place, 'settings' | 'loaded' | 'log'> & { readonly engine: Engine }) {
  const receiver = await openMailReceiver(parts)
  const mailboxes = await openMailboxes(parts)
  return { place: receiver?.place ?? null, close: async () => await Promise.all([receiver?.close(), mailboxes?.stop()]) }
}

/** What follows when code of the project never returns: `kingpost dev` waits for a change, in production somebody starts it again. */
function endOf({ command }: ProcessSettings): string {
  return command === 'dev' ? '.' : ': the process is ended, to be started again.'
}

/** Null where nobody asks this process for pictures. */
function openPictures({ roles }: ProcessSettings, { model }: Backend, log: Log): PictureProcesses | null {
  if (!roles.includes('api') || model.find('files') === undefined) return null
  const pictures = createPictureProcesses(log)
  // Where the system may have nothing that makes them smaller, the start says so.
  if (!hasPictureLibrary()) void pictures.maker().catch(() => {})
  return pictures
}

/** SQLite's folder belongs to one process. Over a database server any number of processes may name the same. */
function takeFolder({ databaseUrl, dataFolder }: ProcessSettings): () => void {
  return databaseUrl === null ? lockFolder(prepareFolder(dataFolder)) : () => {}
}

/** @throws UsageError */
function checkRoles(settings: ProcessSettings, isShared: boolean): void {
  if (settings.roles.length < allRoles.length && !isShared)
    throw new UsageError('SQLite is for one process, which has all roles: leave --role out, or take a database server with --database URL.')
}

/** In development that is what people want. */
function isMailKept({ isDevelopment, smtpUrl, mail, roles }: ProcessSettings, { project }: Backend): boolean {
  const hasWay = smtpUrl !== null || project.mail.provider !== null
  return !isDevelopment && (!hasWay || mail.mode === 'capture') && roles.includes('mail')
}

const mailNotice = `No mail server is set, so mails to customers and staff are kept in the console and sent to nobody.
Set KINGPOST_SMTP_URL=smtp://USER:PASSWORD@HOST:587 (or --smtp-url) and start again.`

/** True as well of what sells nothing. */
function canBePaid({ project }: Backend): boolean {
  return project.shop === null || project.paymentProviders.length > 0
}

const paymentNotice = ({ isDevelopment }: ProcessSettings): string =>
  isDevelopment
    ? "Nobody can pay in this shop: its config names no payment provider. Write shop: { payments: [{ provider: 'sandbox' }] }, or leave payments out."
    : 'Nobody can pay in this shop: in production there is no payment sandbox. Name a payment provider in shop.payments, such as stripe(…).'

type ServerFacts = {
  readonly settings: ProcessSettings
  readonly loaded: LoadedConfig
  readonly backend: Backend
  readonly engine: Engine
  readonly log: Log
  readonly payments: PaymentProviders
  readonly faults: string | null
  readonly isStopping: () => boolean
  readonly admission: Admission
}

/** Measured by this process's own clock: that of a database may jump. */
function admissionOf(storage: WholeStorage, log: Log): Admission {
  return createAdmission({
    clock: systemClock,
    waitedMs: () => storage.waitedMs?.() ?? 0,
    onRefused: (count) => log.write('warn', 'More comes than this process can answer in time: requests were refused with 503.', { count }),
  })
}

function openServer({ settings, loaded, backend, engine, log, payments, faults, isStopping, admission }: ServerFacts) {
  const isApi = settings.roles.includes('api')
  const site = createStaticSite(mountsOf(loaded, faults))
  const pages = systemPages({
    name: backend.project.name,
    version,
    publicUrl: backend.project.publicUrl,
    operations: engine.operations,
    storage: engine.parts.storage,
    isStopping,
    isMailKept: isMailKept(settings, backend),
    canBePaid: canBePaid(backend),
    referencePage: site.versioned(readFileSync(join(root, 'console/reference.html'), 'utf8')),
    ...(loaded.config.storefront === undefined ? { homePage: readFileSync(join(root, 'console/home.html'), 'utf8') } : {}),
  })
  const { clock, storage } = engine.parts
  return createServer({
    // A process without the role shows its health and nothing else.
    operations: isApi ? engine.operations : [],
    named: isApi ? namedOperations(backend) : [],
    run: engine.run,
    authenticate: engine.authenticate,
    recall: engine.recall,
    onRevoked: engine.onRevoked,
    clock,
    log,
    ...(settings.isDevelopment ? { brokenHint } : {}),
    site: isApi ? site : null,
    pages: isApi ? pages : pages.filter(({ path }) => healthPaths.includes(path)),
    isRateLimited: settings.isRateLimited,
    admission,
    ...(storage.capabilities.isShared ? { limiter: createSharedRateLimiter(engine.parts, createRateLimiter(clock)) } : {}),
    origins: new Set(loaded.config.http?.cors?.origins),
    trustedProxies: settings.trustedProxies,
    bootId: engine.newId('req').slice(0, 24),
    // Another company's site in the same process: it never reaches our router.
    inFront: (listener) => (request, response) => (payments.pagesAt(request.url ?? '') ?? listener)(request, response),
  })
}

const brokenHint = 'Something broke on our side. The terminal in which the server runs says what.'

async function issueToken({ parts }: Engine): Promise<string | null> {
  const cause = { operation: 'accounts.issueSetUpToken', actor: 'system', requestId: '' }
  return await inTransaction(parts, cause, (tx, now) => issueSetUpToken(workIn(parts, tx, now)))
}

/** What went wrong with a port, for people. */
export function explainListen(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return new Error(`Port ${port} is taken. Stop what uses it, or choose another: --port ${port + 1}.`)
  if (code === 'EACCES') return new Error(`Port ${port} needs more rights than this user has. Choose one above 1023: --port 8090.`)
  return error
}

export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createNetServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
