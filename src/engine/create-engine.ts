// The engine: all parts wired by hand, in one place. It knows neither sockets nor files: those are given
// to it as ports, by the command line for a real process and by the simulator for a thousand virtual ones.
import type { Actor, Credentials, Recalled } from '../access/actor.ts'
import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import { createIdSource, type NewId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { newSecret as makeSecret } from '../base/secret.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { createMemoryBlobs } from '../blobs/memory-blobs.ts'
import { createFanOut } from '../changes/fan-out.ts'
import { createFeed, type Feed, renamedFeed } from '../changes/feed.ts'
import { createPlacesKey } from '../changes/places-key.ts'
import type { RenderDocument } from '../documents/render-document.ts'
import { createAuthenticator, watchRevocations } from '../domains/accounts/authenticate.ts'
import type { IdentityProviders } from '../domains/accounts/identity-provider.ts'
import { createIdentityProvider } from '../domains/accounts/provider-client.ts'
import { sendProof } from '../domains/accounts/send-proof.ts'
import { createUses } from '../domains/accounts/uses.ts'
import { waysToProve } from '../domains/accounts/ways-to-prove.ts'
import { answerable } from '../domains/emails/answerable.ts'
import type { AuthenticateMail } from '../domains/emails/authentication.ts'
import { sendEmail } from '../domains/emails/send-email.ts'
import { type AddressKey, createAddressKey } from '../domains/emails/signed-address.ts'
import { spareTransport } from '../domains/emails/spare-transport.ts'
import type { MailTransport } from '../domains/emails/transport.ts'
import { createUnsubscribeLinks } from '../domains/emails/unsubscribe-link.ts'
import { createFileLinkKey } from '../domains/files/file-link.ts'
import { createPictureSizes, type PictureMaker, type PictureParts, type PictureSizes } from '../domains/files/picture-sizes.ts'
import { removeFilesEffect } from '../domains/files/remove-files.ts'
import { isKnownAddress } from '../domains/inbound/known-address.ts'
import type { MailHooks } from '../domains/inbound/mail-hook.ts'
import { mailboxFigures } from '../domains/inbound/mailbox-figures.ts'
import type { MailReader } from '../domains/inbound/parse-mail.ts'
import { readEffect } from '../domains/inbound/read-effect.ts'
import { createMailReceiving, type ReceiveMail } from '../domains/inbound/receive-mail.ts'
import { attachInvoices } from '../domains/invoices/attach-invoices.ts'
import { issueInvoiceEffects } from '../domains/invoices/issue-effect.ts'
import { sendOrderLink } from '../domains/orders/look-up-order.ts'
import { findLinkedOrder } from '../domains/orders/order-links.ts'
import { cancelPaymentEffect } from '../domains/payments/cancel-payment.ts'
import { capturePaymentEffect } from '../domains/payments/capture-payment.ts'
import { followPaymentEffect } from '../domains/payments/follow-payment.ts'
import type { PaymentProvider } from '../domains/payments/provider.ts'
import { explainAccountEffect, readAccountEffect } from '../domains/payments/read-account.ts'
import { refundPaymentEffect } from '../domains/payments/refund-payment.ts'
import { resumePaymentEffect } from '../domains/payments/resume-payment.ts'
import { returnLineEffect } from '../domains/payments/return-line.ts'
import { startPaymentEffect } from '../domains/payments/start-payment.ts'
import { type ErasedList, erasePerson } from '../domains/personal/erase-person.ts'
import { exportPerson } from '../domains/personal/export-person.ts'
import { removeExportEffect } from '../domains/personal/exports.ts'
import { idleMeter, type Measured, type RuntimeMeter } from '../domains/running/read-metrics.ts'
import { deliverWebhook, type WebhookPorts } from '../domains/webhooks/deliver-webhook.ts'
import type { EffectHandler } from '../effects/effect.ts'
import { createEffectRunner, type EffectRunner } from '../effects/runner.ts'
import { createScheduler, type Schedule } from '../effects/schedule.ts'
import { extensionHandlers, extensionSchedules } from '../extend/extension.ts'
import { followLetters } from '../extend/letters.ts'
import { throwAsTold } from '../extend/own-code.ts'
import { eventHooks } from '../extend/run-hooks.ts'
import type { Operation, Services } from '../operation/define.ts'
import { type Call, type OperationParts, type Reply, runOperation } from '../operation/run-operation.ts'
import { type Work, type WorkParts, workIn } from '../operation/work.ts'
import type { HooksOf } from '../records/record-hooks.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import type { Backend } from './backend.ts'
import { checkAnswers } from './check-answers.ts'
import { idleMailPorts, type MailPorts } from './mail-operations.ts'
import { operationsOf } from './operations.ts'
import { createReact } from './reactions.ts'
import { watchRecovery } from './recovery.ts'
import { allRoles, type Role } from './roles.ts'
import { schedulesOf } from './schedules.ts'
import { type SparedProviders, spareProviders } from './spare-providers.ts'
import { createWebhookEvents } from './webhook-events.ts'

export type EngineOptions = {
  readonly backend: Backend
  readonly storage: StorageAdapter
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly services: Services
  readonly providers: readonly PaymentProvider[]
  readonly mail: MailTransport
  /** Reads what comes in. By itself, beside whatever else is done, when left out. */
  readonly mailReader?: MailReader
  /** Looks up who vouches for what comes in. Nobody looks when left out. */
  readonly authenticateMail?: AuthenticateMail
  /** Providers of mail that tell by webhooks what became of it. None when left out. */
  readonly mailHooks?: MailHooks
  /** Looks whether the DNS fits the domains of mail. Left out where nobody is asked. */
  readonly lookAtMail?: MailPorts['lookAtMail']
  /** The way to the receivers of webhooks. Left out where there is none. */
  readonly webhooks?: WebhookPorts
  /** The way to providers that sign people in. Left out where there is none. */
  readonly egress?: Egress
  /** Where the bytes of files are. In memory when left out. */
  readonly blobs?: BlobStore
  /** What makes pictures smaller. Where there is none, they are shown as they are. */
  readonly pictureMaker?: () => Promise<PictureMaker | null>
  /** Draws documents. By itself, beside whatever else is done, when left out. */
  readonly renderDocument?: RenderDocument
  /** Where accounts that were erased are noted for a restore. Nowhere when left out. */
  readonly erasedList?: ErasedList
  /** Left out where there is no process to measure. */
  readonly meter?: RuntimeMeter
  /** The simulator plants a broken part here to see it caught. */
  readonly replace?: Replacements
}

/** Each is given the real part and answers what stands in for it. */
export type Replacements = {
  readonly react?: (real: OperationParts['react']) => OperationParts['react']
  readonly operations?: (all: Operation[]) => Operation[]
  readonly schedules?: (all: Schedule[]) => Schedule[]
}

export type Engine = {
  readonly operations: readonly Operation[]
  readonly parts: OperationParts
  readonly feed: Feed
  readonly newId: NewId
  run(operation: Operation, call: Call): Promise<Reply>
  authenticate(credentials: Credentials): Promise<Actor>
  /** Who they were a moment ago, where looking whether they still are can travel with what is read for them. */
  recall(credentials: Credentials): Recalled | null
  /** Tells the id of each session and account whose rights were taken. */
  onRevoked(tell: (id: string) => void): void
  /** The way in for mail, for whatever brings it. */
  readonly receiveMail: ReceiveMail
  /** Whether mail to an address is taken. */
  readonly isMailTaken: (address: string) => Promise<boolean>
  /** Begins the work of these roles, all of them when left out. */
  start(roles?: readonly Role[]): Promise<void>
  /** Stops claiming and waits for what is under way. The storage stays open: it was given. */
  stop(): Promise<void>
}

export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { backend, storage, clock, random, log, blobs = createMemoryBlobs(), replace = {} } = options
  const { model, project } = backend
  const newId = createIdSource(clock, random)
  const newSecret = (prefix: string) => makeSecret(random, prefix)
  const providers = spareProviders(options.providers.map(checkAnswers), { clock, log })
  const feed = await createFeed(storage)
  const fanOut = createFanOut({ feed: renamedFeed(feed, model), read: storage.reader, clock })
  const extension = { ...backend.extension, clock, project }
  const webhooks = createWebhookEvents({ model, storage, newId })
  const reactTo = createReact([eventHooks(extension.hooks, { ...extension, log }), followLetters, webhooks.followEvent], providers)
  const react = replace.react?.(reactTo) ?? reactTo
  const workerId = newId('wrk')
  const recovery = await watchRecovery({ storage, clock, log })
  const worker = () => ({ id: workerId, carriesOut: runner.carriesOut, restoredAt: recovery.restoredAt() })
  const common = { storage, model, clock, random, log, newId, newSecret, project, react, worker, followChanges: webhooks.followChanges }
  const mailIn = createMailIn(common, options)
  const handlers = [...effectHandlers({ ...options, blobs, providers, extension, mailIn }, common), ...extensionHandlers(extension)]
  const runner: EffectRunner = createEffectRunner({ ...common, workerId, handlers })
  const schedules = [...schedulesOf({ ...backend, hooksOf: extension.hooksOf, providers }), ...extensionSchedules(extension)]
  const scheduler = createScheduler({ ...common, schedules: replace.schedules?.(schedules) ?? schedules })
  const parts: OperationParts = {
    ...common,
    services: options.services,
    effects: runner,
    waysToProve: ({ id }) => waysToProve(storage.reader, id ?? ''),
  }
  const all = operationsOf(
    { ...backend, hooksOf: extension.hooksOf, mails: extension.mails },
    {
      changes: { feed, fanOut, random, clock, placesKey: createPlacesKey(common) },
      providers,
      oauth: { providers: identityProvidersOf(options), log },
      files: { blobs, random, linkKey: createFileLinkKey(common), pictures: picturesOf({ ...common, blobs }, options) },
      ...{ handlers, mail: mailIn.ports, renderDocument: options.renderDocument ?? drawHere },
      measured: measuredIn(options, { live: fanOut.counts, pausedProviders: providers.paused }),
      react,
    },
  )
  const operations = replace.operations?.(all) ?? all
  const sweep = createFeedSweep(common)

  return {
    operations,
    parts,
    feed,
    newId,
    run: (operation, call) => runOperation(parts, operation, call).catch(throwAsTold),
    ...createAuthenticator({
      project,
      storage,
      clock,
      findLinkedOrder: async (tokenHash) => (project.shop === null ? null : await findLinkedOrder(storage.reader, tokenHash, clock.now())),
      noteUse: createUses(common),
    }),
    ...{ onRevoked: (tell: (id: string) => void) => watchRevocations(storage, tell), ...mailIn },
    async start(roles = allRoles) {
      await webhooks.start()
      if (roles.includes('worker')) await scheduler.start()
      await runner.start(roles.filter((role) => role !== 'api'))
      if (roles.includes('worker')) sweep.start()
    },
    async stop() {
      sweep.stop()
      recovery.stop()
      await scheduler.stop()
      await runner.stop()
    },
  }
}

type MailIn = Pick<Engine, 'receiveMail' | 'isMailTaken'> & {
  readonly addressKey: AddressKey
  readonly ports: MailPorts
  readonly answerable: (transport: MailTransport) => MailTransport
}

function createMailIn(
  parts: TransactionParts & WorkParts,
  {
    mailReader: reader = readHere,
    mailHooks: hooks = new Map(),
    lookAtMail = idleMailPorts.lookAtMail,
  }: Pick<EngineOptions, 'mailReader' | 'mailHooks' | 'lookAtMail'>,
): MailIn {
  const addressKey = createAddressKey(parts)
  const { inbound } = parts.project.mail
  return {
    addressKey,
    ports: { reader, hooks, lookAtMail, unsubscribeLinks: createUnsubscribeLinks(parts) },
    answerable: (transport) => (inbound === null ? transport : answerable(transport, addressKey, inbound.domain)),
    receiveMail: createMailReceiving(parts),
    isMailTaken: async (address) => inbound !== null && (await isKnownAddress(addressKey, inbound, address)),
  }
}

/** Loaded with the first message: a start need not read it. */
const readHere: MailReader = {
  read: async (raw) => (await import('../domains/inbound/parse-mail.ts')).parseMail(raw),
  readEnclosed: async (raw, place) => (await import('../domains/inbound/parse-mail.ts')).parseEnclosed(raw, place),
}

/** Loaded with the first document: a start need not read it. */
const drawHere: RenderDocument = async (document) => (await import('../documents/render-pdf.ts')).renderPdf(document)

function measuredIn({ meter = idleMeter, storage, backend }: EngineOptions, rest: Pick<Measured, 'live' | 'pausedProviders'>) {
  const hasMailboxes = backend.project.mail.mailboxes.length > 0
  return { meter, traffic: () => storage.traffic?.() ?? null, mailboxes: hasMailboxes ? mailboxFigures : async () => null, ...rest }
}

/** Old lines of the commit log go by the hour. */
function createFeedSweep({ storage, clock, log }: Pick<EngineOptions, 'storage' | 'clock' | 'log'>) {
  let stop = () => {}
  function start(): void {
    stop = clock.after(3_600_000, () => {
      storage
        .forgetCommits(clock.now() - limits.commitsKeepMs)
        .catch((error) => log.write('error', 'Old changes could not be dropped.', { error }))
        .finally(start)
    })
  }
  return { start, stop: () => stop() }
}

function picturesOf(parts: Omit<PictureParts, 'pictureMaker'>, { pictureMaker }: EngineOptions): PictureSizes | null {
  return pictureMaker === undefined ? null : createPictureSizes({ ...parts, pictureMaker })
}

/** By the names in the config. */
function identityProvidersOf({ backend, clock, egress = noEgress }: EngineOptions): IdentityProviders {
  const { isDevelopment: reachesPrivate } = backend.project
  return new Map(
    backend.signIn.map(({ secret, ...one }) => [one.name, createIdentityProvider(one, { egress, clock, reachesPrivate, secret })]),
  )
}

const noEgress: Egress = { request: () => Promise.reject(new Error('There is no way out here.')) }

type HasHooks = { readonly extension: { readonly hooksOf: HooksOf } }

/** What is owed to one person. No webhook is told of each record: it would be handed what is to be gone. */
function personalHandlers(
  {
    storage,
    clock,
    blobs,
    backend: { model },
    erasedList = { add: async () => {} },
    extension: { hooksOf },
    log,
  }: Pick<EngineOptions, 'storage' | 'clock' | 'log' | 'backend' | 'erasedList'> & { readonly blobs: BlobStore } & HasHooks,
  { followChanges: _, ...common }: TransactionParts & WorkParts,
): EffectHandler[] {
  const writeAs = (operation: string) => {
    const cause = { operation, actor: 'system', requestId: '' }
    return <T>(work: (work: Work) => Promise<T>) => inTransaction(common, cause, (tx, now) => work(workIn(common, tx, now)))
  }
  return [
    erasePerson({ storage, model, clock, log, hooksOf, write: writeAs('effects.personal.erase'), list: erasedList }),
    exportPerson({ storage, model, clock, blobs, write: writeAs('effects.personal.export') }),
    removeExportEffect(blobs),
  ]
}

function effectHandlers(
  options: Omit<EngineOptions, 'providers'> & {
    readonly blobs: BlobStore
    readonly providers: SparedProviders
    readonly mailIn: MailIn
  } & HasHooks,
  common: TransactionParts & WorkParts,
): EffectHandler[] {
  const { mail, webhooks, clock, log, blobs, backend, providers, renderDocument = drawHere, mailIn, authenticateMail } = options
  const { reader, unsubscribeLinks } = mailIn.ports
  return [
    ...personalHandlers(options, common),
    sendEmail({
      transport: spareTransport(mailIn.answerable(mail), { clock, log, perDomain: backend.project.mail.perDomain }),
      attach: attachInvoices(renderDocument),
      unsubscribeLinks,
    }),
    readEffect({ reader, addressKey: mailIn.addressKey, log, ...(authenticateMail && { authenticate: authenticateMail }) }),
    ...(backend.project.shop === null ? [] : issueInvoiceEffects(options.services)),
    sendProof(),
    ...(backend.project.shop ? [sendOrderLink()] : []),
    startPaymentEffect(providers),
    followPaymentEffect(providers),
    refundPaymentEffect(providers),
    cancelPaymentEffect(providers),
    resumePaymentEffect(providers),
    capturePaymentEffect(providers),
    readAccountEffect(providers),
    explainAccountEffect(),
    returnLineEffect(providers),
    ...(backend.model.find('files') === undefined ? [] : [removeFilesEffect(blobs)]),
    ...(webhooks === undefined ? [] : [deliverWebhook(webhooks, clock)]),
  ]
}
