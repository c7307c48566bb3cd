// The payment sandbox of a development server: its book in this process, or the one of a `kingpost
// sandbox` that several processes share. It stands for another company, so there is one book, and it is
// never in our database.
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { type Egress, systemEgress } from '../base/egress.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { newSecret } from '../base/secret.ts'
import { eq } from '../contract/filter.ts'
import type { PaymentProvider } from '../domains/payments/provider.ts'
import { createSandboxProvider } from '../domains/payments/provider-sandbox.ts'
import { createSandboxBook, type SandboxBook } from '../sandbox/book.ts'
import { createRemoteDesk } from '../sandbox/desk.ts'
import { createSandboxPages } from '../sandbox/pages.ts'
import { openSandboxStore } from '../sandbox/store.ts'
import type { Model } from '../schema/model.ts'
import { settings as settingsCollection } from '../settings/collections.ts'
import { findUnique } from '../storage/find-all.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

export type Sandbox = {
  readonly provider: PaymentProvider
  /** Its pages, where they are served here. */
  readonly pages: ReturnType<typeof createSandboxPages> | null
  start(): void
  stop(): void
}

/** The book in `folder`, with its desk and pages. */
export function openBook(folder: string, options: { readonly webhookUrls: readonly string[]; readonly secret: string }): SandboxBook {
  return createSandboxBook({
    store: openSandboxStore(join(folder, 'sandbox.db')),
    clock: systemClock,
    random: systemRandom,
    newId: createIdSource(systemClock, systemRandom),
    egress: toTheFirst(options.webhookUrls, systemEgress),
    webhookUrl: options.webhookUrls[0]!,
    secret: options.secret,
  })
}

/** As a load balancer would: to the first address that takes it, so that a process that is down delays no webhook. */
function toTheFirst(urls: readonly string[], egress: Egress): Egress {
  return {
    async request(request) {
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

type Place = { readonly storage: StorageAdapter; readonly model: Model; readonly folder: string; readonly port: number }

/** The provider of a server, by its settings. */
export async function openSandbox(settings: ProcessSettings, publicUrl: string, place: Place): Promise<Sandbox> {
  if (settings.sandboxUrl !== null) return remoteSandbox(settings.sandboxUrl, settings.sandboxSecret)
  const secret = await sandboxSecret(place.storage, place.model)
  const book = openBook(place.folder, { webhookUrls: [`http://127.0.0.1:${place.port}/api/payments/webhooks/sandbox`], secret })
  return {
    provider: createSandboxProvider(book, { secret, pagesUrl: `${publicUrl}/sandbox` }),
    pages: createSandboxPages(book),
    start: book.start,
    stop: book.stop,
  }
}

function remoteSandbox(url: string, secret: string | null): Sandbox {
  if (secret === null)
    throw new UsageError('--sandbox-url needs KINGPOST_SANDBOX_SECRET: the same words that `kingpost sandbox` was started with.')
  const desk = createRemoteDesk({ url: `${url}/sandbox`, secret, egress: systemEgress })
  return { provider: createSandboxProvider(desk, { secret, pagesUrl: `${url}/sandbox` }), pages: null, start() {}, stop() {} }
}

/** Made at first start and kept: webhooks signed before a restart are still good after it. */
export async function sandboxSecret(storage: StorageAdapter, model: Model): Promise<string> {
  const cause = { operation: 'sandbox.secret', actor: 'system', requestId: '' }
  const newId = createIdSource(systemClock, systemRandom)
  return await inTransaction({ storage, model, clock: systemClock, random: systemRandom }, cause, async (tx) => {
    const known = await findUnique(tx, settingsCollection, eq('name', 'sandboxSecret'))
    if (known) return known.value['secret'] as string
    const secret = newSecret(systemRandom, 'sbx')
    // Another process may be first: run again, and take its secret.
    await tx.insert(settingsCollection, { id: newId('set'), name: 'sandboxSecret', value: { secret } }, 'conflict')
    return secret
  })
}
