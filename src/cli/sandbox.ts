// `kingpost sandbox`: the payment sandbox as a process of its own, for several servers over one database.
// It is the other company: it has its book, its pages and its desk, and knows shops by their webhooks alone.
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { systemRandom } from '../base/random.ts'
import { faces } from '../sandbox/faces/all.ts'
import { createFaultyDesk } from '../sandbox/faulty-desk.ts'
import { createSandboxPages } from '../sandbox/pages.ts'
import { openFaceBook } from './open-face.ts'
import { openBook } from './open-sandbox.ts'
import { explainListen, freePort } from './serve.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Runs until it is told to stop. */
export async function runSandbox(settings: ProcessSettings): Promise<number> {
  const { sandboxSecret: secret, webhookUrls } = settings
  if (secret === null) throw new UsageError('Set KINGPOST_SANDBOX_SECRET to words of your own, the same here and for every kingpost start.')
  if (webhookUrls.length === 0)
    throw new UsageError('--webhook-url URL is missing: http://HOST:PORT/api/payments/webhooks/sandbox of a server, several with commas.')
  const port = settings.port === 0 ? await freePort(settings.host) : settings.port
  const url = settings.publicUrl ?? `http://${settings.host}:${port}`
  const { pages, start, stop: stopBooks } = openAll(settings, { url, webhookUrls, secret })
  const server = createServer(pages)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, port)))
    server.listen(port, settings.host, resolve)
  })
  start()
  process.stdout.write(
    settings.isJson ? `${JSON.stringify({ sandbox: url })}\n` : `\nThe payment sandbox is at ${url}\n\nCtrl-C stops it.\n`,
  )

  const stop = () => {
    server.close(() => {
      stopBooks()
      process.exit(0)
    })
    server.closeIdleConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  return -1
}

type Place = { readonly url: string; readonly webhookUrls: readonly string[]; readonly secret: string }
type Pages = ReturnType<typeof createSandboxPages>

type Account = ReturnType<typeof openFaceBook>

/** Of a second account: `stripe-eu`. A name that no config could have is not one. */
const accountPath = /^\/sandbox\/([a-z][a-z0-9-]{0,39})(?:[/?]|$)/
/** Whoever can call the sandbox can make up names: not so many that the disk fills with books. */
const accountsMax = 30

/** The sandbox's own book and that of each account, each with its webhooks: `…/webhooks/sandbox` is `…/webhooks/stripe` for Stripe's. */
function openAll({ dataFolder }: ProcessSettings, { url, webhookUrls, secret }: Place): { pages: Pages; start(): void; stop(): void } {
  const book = openBook(dataFolder, { webhookUrls, secret })
  const ownPages = createSandboxPages(book, { secret, desk: createFaultyDesk(book, systemRandom) })
  const accounts = new Map<string, Account>()
  const open = (name: string): Account | undefined => {
    const face = faces.find((one) => name === one.name || name.startsWith(`${one.name}-`))
    if (face === undefined || accounts.size >= accountsMax) return undefined
    const urls = webhookUrls.map((one) => one.replace(/\/sandbox\/?$/, `/${name}`))
    const account = openFaceBook(face, { name, dataFolder, url: `${url}/sandbox/${name}`, webhookUrls: urls, secret })
    accounts.set(name, account)
    return account
  }
  // A second account is there from its first call on, and again after a restart: it may have webhooks to send.
  for (const { name } of faces) open(name)
  for (const name of keptAccounts(dataFolder)) if (!accounts.has(name)) open(name)
  const findOrOpen = (name: string): Account | undefined => {
    const known = accounts.get(name)
    if (known !== undefined) return known
    const opened = open(name)
    opened?.book.start()
    return opened
  }
  const books = () => [book, ...[...accounts.values()].map((one) => one.book)]
  return {
    pages(request, response) {
      const [, name] = accountPath.exec(request.url ?? '') ?? []
      const account = name === undefined ? undefined : findOrOpen(name)
      ;(account?.pages ?? ownPages)(request, response)
    },
    start() {
      for (const one of books()) one.start()
    },
    stop() {
      for (const one of books()) one.stop()
    },
  }
}

function keptAccounts(dataFolder: string): string[] {
  return readdirSync(dataFolder).flatMap((file) => /^sandbox-([a-z][a-z0-9-]{0,39})\.db$/.exec(file)?.[1] ?? [])
}
