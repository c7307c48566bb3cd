// The payment sandbox of a development server: its book in this process, or the one of a `kingpost
// sandbox` that several processes share. It stands for another company, so there is one book, and it is
// never in our database.
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { type Egress, systemEgress } from '../base/egress.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { newSecret } from '../base/secret.ts'
import { allRoles } from '../engine/roles.ts'
import { createSandboxProvider } from '../payment-providers/sandbox/adapter.ts'
import { createSandboxBook, type SandboxBook } from '../sandbox/book.ts'
import { createRemoteDesk } from '../sandbox/desk.ts'
import { createFaultyDesk } from '../sandbox/faulty-desk.ts'
import { createSandboxPages } from '../sandbox/pages.ts'
import { openSandboxStore } from '../sandbox/sqlite-store.ts'
import type { Model } from '../schema/model.ts'
import { keptSetting } from '../settings/kept-setting.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'
import { tryLockFolder } from './open-storage.ts'
import { prepareFolder } from './private-files.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** The folder of a book, which nobody else has open until it is unlocked. */
export function lockBook(dataFolder: string, name: string): { readonly folder: string; readonly unlock: () => void } {
  const folder = prepareFolder(dataFolder)
  const unlock = tryLockFolder(folder, name)
  if (unlock === null)
    throw new Error(
      `Another payment sandbox has its book in ${folder}. Stop it; or let several servers share one: ` +
        'run `kingpost sandbox` by itself, and give its address to each with --sandbox-url URL.',
    )
  return { folder, unlock }
}

/** The book in `dataFolder`, which nobody else has open until it stops. */
export function openBook(dataFolder: string, options: { readonly webhookUrls: readonly string[]; readonly secret: string }): SandboxBook {
  const { folder, unlock } = lockBook(dataFolder, 'sandbox')
  const book = createSandboxBook({
    store: openSandboxStore(join(folder, 'sandbox.db')),
    clock: systemClock,
    random: systemRandom,
    newId: createIdSource(systemClock, systemRandom),
    egress: toTheFirst(options.webhookUrls, systemEgress),
    webhookUrl: options.webhookUrls[0]!,
    secret: options.secret,
  })
  return {
    ...book,
    stop() {
      book.stop()
      unlock()
    },
  }
}

/** As a load balancer would: to the first address that takes it, so that a process that is down delays no webhook. */
export function toTheFirst(urls: readonly string[], egress: Egress): Egress {
  return {
    async request(request) {
      // One that goes somewhere else, because its payment says so, goes there alone.
      if (!urls.includes(request.url)) return await egress.request(request)
      let failure: unknown
      for (const url of urls) {
        try {
          return await egress.request({ ...request, url })
        } catch (error) {
          failure = error
        }
      }
      throw failure
    },
  }
}

/** The provider of a server, by its settings. */
export async function openSandbox({ settings, publicUrl, port, storage, model }: ProviderPlace): Promise<OpenProvider> {
  const { sandboxUrl, dataFolder } = settings
  if (sandboxUrl !== null) return remoteSandbox(sandboxUrl, remoteSecret(settings))
  checkOneSandbox(settings)
  const secret = await sandboxSecret(storage, model)
  const book = openBook(dataFolder, { webhookUrls: [`http://127.0.0.1:${port}/api/payments/webhooks/sandbox`], secret })
  return {
    provider: createSandboxProvider(createFaultyDesk(book, systemRandom), { secret, pagesUrl: `${publicUrl}/sandbox` }),
    pages: createSandboxPages(book),
    start: book.start,
    stop: book.stop,
  }
}

/** @throws UsageError */
export function checkOneSandbox({ roles }: ProcessSettings): void {
  if (roles.length < allRoles.length)
    throw new UsageError(
      'Several processes need one payment sandbox: run `kingpost sandbox`, and give its address to each with --sandbox-url URL.',
    )
}

/** @throws UsageError */
export function remoteSecret({ sandboxSecret: secret }: ProcessSettings): string {
  if (secret === null)
    throw new UsageError('--sandbox-url needs KINGPOST_SANDBOX_SECRET: the same words that `kingpost sandbox` was started with.')
  return secret
}

function remoteSandbox(url: string, secret: string): OpenProvider {
  const desk = createRemoteDesk({ url: `${url}/sandbox`, secret, egress: systemEgress })
  return { provider: createSandboxProvider(desk, { secret, pagesUrl: `${url}/sandbox` }), pages: null, start() {}, stop() {} }
}

/** Made at first start and kept: webhooks signed before a restart are still good after it. */
export async function sandboxSecret(storage: StorageAdapter, model: Model): Promise<string> {
  const newId = createIdSource(systemClock, systemRandom)
  const make = () => ({ secret: newSecret(systemRandom, 'sbx') })
  const parts = { storage, model, clock: systemClock, random: systemRandom, newId }
  return (await keptSetting(parts, { name: 'sandboxSecret', operation: 'sandbox.secret', make }))['secret'] as string
}
