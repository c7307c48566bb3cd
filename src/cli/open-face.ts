// The sandbox's face of a real provider, for an adapter that speaks to it in development: in this process, or in the
// `kingpost sandbox` that several processes share.
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { systemRandom } from '../base/random.ts'
import { createSandboxBook, type SandboxBook } from '../sandbox/book.ts'
import type { Face } from '../sandbox/faces/face.ts'
import { createFacePages, type FacePages, namingOf } from '../sandbox/faces/serve-face.ts'
import { calmSettings } from '../sandbox/settings.ts'
import { openSandboxStore } from '../sandbox/sqlite-store.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'
import { checkOneSandbox, lockBook, remoteSecret, sandboxSecret, toTheFirst } from './open-sandbox.ts'

/** What an adapter needs to speak to a face, and what the server does for it. */
export type OpenFace = Pick<OpenProvider, 'pages' | 'start' | 'stop'> & {
  /** Where it answers: `http://127.0.0.1:8090/sandbox/stripe`. */
  readonly url: string
  /** API keys and webhook secrets are made of it, as the face says how. */
  readonly secret: string
}

/** The book of a face in `dataFolder`, and its pages. `name`: of the account, `stripe` or `stripe-eu`. */
export function openFaceBook(
  face: Face,
  options: {
    readonly name: string
    readonly dataFolder: string
    readonly url: string
    readonly webhookUrls: readonly string[]
    readonly secret: string
  },
): { readonly book: SandboxBook; readonly pages: FacePages } {
  const { name, dataFolder, url, webhookUrls } = options
  const secret = secretOf(face, name, options.secret)
  const { folder, unlock } = lockBook(dataFolder, `sandbox-${name}`)
  const book = createSandboxBook(
    {
      store: openSandboxStore(join(folder, `sandbox-${name}.db`)),
      clock: systemClock,
      random: systemRandom,
      newId: namingOf(face, systemClock, systemRandom),
      egress: toTheFirst(webhookUrls, systemEgress),
      webhookUrl: webhookUrls[0]!,
      secret,
      dialect: face.webhooks({ url, secret }),
    },
    { ...calmSettings, ...face.settings },
  )
  const stop = () => {
    book.stop()
    unlock()
  }
  return { book: { ...book, stop }, pages: createFacePages({ face, name, book, url, secret, clock: systemClock, random: systemRandom }) }
}

/** Keys of each account are its own: a webhook of one is not signed for another. */
export function secretOf(face: Face, name: string, secret: string): string {
  return name === face.name ? secret : createHmac('sha256', secret).update(name).digest('hex')
}

/** @throws UsageError */
export async function openFace(face: Face, { config, settings, publicUrl, port, storage, model }: ProviderPlace): Promise<OpenFace> {
  const { sandboxUrl, dataFolder } = settings
  const { id: name } = config
  if (sandboxUrl !== null) {
    const secret = secretOf(face, name, remoteSecret(settings))
    return { url: `${sandboxUrl}/sandbox/${name}`, secret, pages: null, start() {}, stop() {} }
  }
  checkOneSandbox(settings)
  const secret = await sandboxSecret(storage, model)
  const { book, pages } = openFaceBook(face, {
    name,
    dataFolder,
    url: `${publicUrl}/sandbox/${name}`,
    webhookUrls: [`http://127.0.0.1:${port}/api/payments/webhooks/${name}`],
    secret,
  })
  const own = secretOf(face, name, secret)
  return { url: `http://127.0.0.1:${port}/sandbox/${name}`, secret: own, pages, start: book.start, stop: book.stop }
}
