// Stopping on request, one process after another, under load: a proxy that asks /readyz loses nothing, and
// what a stopped process had taken is handed back at once. On SQLite there is one process to stop.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createHttpClient, expectStatus } from '../support/http-client.ts'
import { freePort, type ServerOptions, type ServerProcess, startCommand, startServer, temporaryFolder } from '../support/server-process.ts'
import { effectsAtRest, makeArticle, makeCart, signInAdmin } from '../support/shop.ts'
import { startSmtpPeer } from '../support/smtp-peer.ts'

const database = testDatabase()
const drain = { KINGPOST_DRAIN_SECONDS: '2' }
const pollMs = 100

type Proxy = { readonly counts: { answered: number; failed: string[] }; stop(): Promise<void> }

/** Clients behind a proxy that sends to whoever has just said to be ready, and never sends twice. */
function startProxy(t: TestContext, servers: () => readonly ServerProcess[], request: (url: string) => Promise<void>): Proxy {
  const counts: Proxy['counts'] = { answered: 0, failed: [] }
  let isOn = true
  let ready: readonly string[] = servers().map(({ url }) => url)
  const polling = (async () => {
    while (isOn) {
      const asked = await Promise.all(servers().map(async ({ url }) => ((await isReady(url)) ? [url] : [])))
      ready = asked.flat()
      await sleep(pollMs)
    }
  })()
  const clients = Array.from({ length: 8 }, async (_, index) => {
    for (let turn = index; isOn; turn++) {
      const url = ready[turn % Math.max(1, ready.length)]
      if (url === undefined) {
        await sleep(pollMs)
        continue
      }
      await request(url).then(
        () => void counts.answered++,
        (error: unknown) => void counts.failed.push(`${url}: ${String(error)} ${String((error as Error).cause ?? '')}`),
      )
    }
  })
  const stop = async () => {
    isOn = false
    await Promise.all([polling, ...clients])
  }
  cleanUp(t, stop)
  return { counts, stop }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await createHttpClient(url).get('/readyz')).status === 200
  } catch {
    return false
  }
}

async function writeNote(url: string): Promise<void> {
  expectStatus(await createHttpClient(url).post('/api/notes', { text: 'a note' }), 201)
}

// proves P-005 P-013
if (database.isServer)
  test('processes that are stopped and started one by one fail no request and leave no lease', { timeout: 240_000 }, async (t) => {
    const url = await database.url()
    const peer = await startSmtpPeer(t)
    const secret = { KINGPOST_SANDBOX_SECRET: 'words of our own' }
    const ports = [await freePort(), await freePort()]
    const webhooks = ports.map((port) => `http://127.0.0.1:${port}/api/payments/webhooks/sandbox`).join(',')
    const words = ['sandbox', '--json', '--port', '0', '--data-dir', temporaryFolder(t), '--webhook-url', webhooks]
    const sandbox = await startCommand(t, words, secret)
    const folder = temporaryFolder(t)
    const start = (role: string, port: number) => {
      const args = ['--database', url, '--role', role, '--port', String(port), '--sandbox-url', sandbox.links['sandbox']!]
      const options: ServerOptions = { dataFolder: folder, args, env: { ...secret, ...drain, KINGPOST_SMTP_URL: peer.url } }
      return startServer(t, options)
    }
    const apis = [await start('api', ports[0]!)]
    const admin = await signInAdmin(apis[0]!)
    const { variant } = await makeArticle(admin, { slug: 'rolling', onHand: 100_000 })
    apis.push(await start('api', ports[1]!))
    let worker = await start('worker,mail', await freePort())

    const proxy = startProxy(
      t,
      () => apis,
      async (to) => {
        const client = createHttpClient(to)
        const cart = await makeCart(client, [{ variant }])
        expectStatus(
          await cart.holder.post(`/api/carts/${cart.id}/checkout`, { payment: { provider: 'sandbox', method: 'card_success' } }),
          201,
        )
      },
    )
    const going = async (count: number) =>
      await eventually(
        `${count} more orders`,
        async () => (proxy.counts.answered + proxy.counts.failed.length >= count ? true : null),
        60_000,
      )
    await going(10)
    for (const [index, api] of apis.entries()) {
      assert.equal((await api.stop()).code, 0)
      apis[index] = await start('api', ports[index]!)
      await going(proxy.counts.answered + 10)
    }
    const ended = await worker.stop()
    assert.equal(ended.code, 0, ended.stderr)
    await proxy.stop()
    const staff = createHttpClient(apis[0]!.url, { ...admin.headers })
    // All that runs is what the api processes call for their own callers, who have gone.
    const { items } = expectStatus(await staff.get('/api/effects?filter[state]=running&limit=10'), 200).body
    assert.deepEqual(items, [], 'a lease was left behind')
    assert.deepEqual(proxy.counts.failed, [])
    worker = await start('worker,mail', await freePort())
    await effectsAtRest(staff, 60_000)
    t.diagnostic(`${proxy.counts.answered} orders while two processes were restarted`)
  })
else
  test('a process that drains says so to proxies, and answers whatever still comes', async (t) => {
    const server = await startServer(t, { env: drain })
    const proxy = startProxy(
      t,
      () => [server],
      (url) => writeNote(url),
    )
    await eventually('requests', async () => (proxy.counts.answered > 50 ? true : null))
    const stopping = server.stop()
    await eventually('it says that it stops', async () => ((await isReady(server.url)) ? null : true))
    // One that has not heard of it yet.
    await writeNote(server.url)
    assert.equal((await stopping).code, 0)
    await proxy.stop()
    assert.deepEqual(proxy.counts.failed, [])
  })
