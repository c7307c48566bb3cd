/**
 * Owns the payment provider of the whole-order benchmarks: `kingpost sandbox` in a process of its own, as it is another
 * company. It calls a shop's webhook over HTTP, whoever the shop is: Kingpost, or the same purchase written by hand.
 */
import { freePort, type Server, startServer } from '../children.ts'
import { freshDir } from '../workspace.ts'

export const SANDBOX_SECRET = 'bench-only-sandbox-secret-41d8'
/** Where a shop of the benchmarks takes the sandbox's webhooks. */
export const WEBHOOK_PATH = '/api/payments/webhooks/sandbox'

export type SandboxProcess = { readonly server: Server; readonly url: string; readonly shopPort: number }

/** Starts the sandbox, with a free port for its shop to listen on. */
export async function startSandbox(shopName: string): Promise<SandboxProcess> {
  const shopPort = await freePort()
  const webhookUrl = `http://127.0.0.1:${shopPort}${WEBHOOK_PATH}`
  const server = await startServer(
    {
      name: 'sandbox',
      readyPath: '/sandbox/settings',
      command: ({ port, dataDir }) => ({
        args: ['src/cli/kingpost.js', 'sandbox', '--port', String(port), '--data-dir', dataDir, '--webhook-url', webhookUrl],
        env: { KINGPOST_SANDBOX_SECRET: SANDBOX_SECRET },
      }),
    },
    freshDir(`sandbox-${shopName}`),
  )
  return { server, url: `http://127.0.0.1:${server.place.port}`, shopPort }
}
