// `kingpost sandbox`: the payment sandbox as a process of its own, for several servers over one database.
// It is the other company: it has its book, its pages and its desk, and knows shops by their webhooks alone.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSandboxPages } from '../sandbox/pages.ts'
import { openBook } from './open-sandbox.ts'
import { explainListen } from './serve.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Runs until it is told to stop. */
export async function runSandbox(settings: ProcessSettings): Promise<number> {
  const { sandboxSecret: secret, webhookUrls } = settings
  if (secret === null) throw new UsageError('Set KINGPOST_SANDBOX_SECRET to words of your own, the same here and for every kingpost start.')
  if (webhookUrls.length === 0)
    throw new UsageError('--webhook-url URL is missing: http://HOST:PORT/api/payments/webhooks/sandbox of a server, several with commas.')
  const book = openBook(settings.dataFolder, { webhookUrls, secret })
  const server = createServer(createSandboxPages(book, secret))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, settings.port)))
    server.listen(settings.port, settings.host, resolve)
  })
  book.start()
  const url = settings.publicUrl ?? `http://${settings.host}:${(server.address() as AddressInfo).port}`
  process.stdout.write(
    settings.isJson ? `${JSON.stringify({ sandbox: url })}\n` : `\nThe payment sandbox is at ${url}\n\nCtrl-C stops it.\n`,
  )

  const stop = () => {
    server.close(() => {
      book.stop()
      process.exit(0)
    })
    server.closeIdleConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  return -1
}
