/**
 * Owns whole orders by who takes the money: the plain sandbox at once, the plain sandbox with a page that the customer confirms, and
 * Stripe's face with its page, each in a process of its own beside the shop. In turns, so that a busy machine is busy for all of them.
 *
 * Usage: node bench/paid-by.ts [--seconds 5] [--rounds 3]
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { killChildren, sleep, startServer } from './children.ts'
import { HttpConnection } from './http-connection.ts'
import { createSend, type Send, withConnections } from './json-client.ts'
import { countWholeOrders, openShop, programOf, signInStaff } from './kingpost/ours.ts'
import { purchaseOf, type Shop } from './kingpost/purchase.ts'
import { startSandbox } from './kingpost/sandbox.ts'
import { percentile } from './stats.ts'
import { freshDir } from './workspace.ts'

const config = 'bench/kingpost/paid-by.config.ts'
const shoppers = 32
const settledWithinMs = 60_000
const ways = [
  { name: 'sandbox, at once', payment: { provider: 'sandbox', method: 'card_success' } },
  { name: 'sandbox, with its page', payment: { provider: 'sandbox', method: 'card_challenge' } },
  { name: "Stripe's face, with its page", payment: { provider: 'stripe' } },
] as const
type Way = (typeof ways)[number]
type Measured = { readonly rate: number; readonly p50Ms: number; readonly settleMs: number }

let number = 0

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '3' } } })
try {
  await measureAll(Number(values.seconds), Number(values.rounds))
} finally {
  killChildren()
}

async function measureAll(seconds: number, rounds: number): Promise<void> {
  const sandbox = await startSandbox('paid-by')
  const server = await startServer(programOf(config), freshDir('paid-by'), { port: sandbox.shopPort, sandboxUrl: sandbox.url })
  const { port } = server.place
  const staff = await signInStaff(server.place, config)
  let shop: Shop | undefined
  await withConnections({ port, headers: staff }, 1, async (send) => {
    shop = await openShop(send)
  })
  const results = new Map<string, Measured[]>(ways.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++)
    for (const way of ways) {
      const measured = await measure({ port, staff, shop: shop!, way }, round === 0 ? 1 : seconds)
      // The first round warms up.
      if (round > 0) results.get(way.name)!.push(measured)
    }
  for (const [name, all] of results) {
    const median = (of: (one: Measured) => number) => percentile(all.map(of), 50)
    console.log(
      `${name.padEnd(30)} ${median((one) => one.rate).toFixed(0)} orders/s, ${median((one) => one.p50Ms).toFixed(1)} ms a purchase, ` +
        `${median((one) => one.settleMs).toFixed(0)} ms until the last was settled`,
    )
  }
  await server.stop()
  await sandbox.server.stop()
}

type Place = { readonly port: number; readonly staff: Readonly<Record<string, string>>; readonly shop: Shop; readonly way: Way }

async function measure({ port, staff, shop, way }: Place, seconds: number): Promise<Measured> {
  const counting = await HttpConnection.open(port)
  const asStaff = createSend(counting, staff)
  const before = await countWholeOrders(asStaff)
  const times: number[] = []
  const startedMs = performance.now()
  const guests = Array.from({ length: shoppers }, async () => {
    const connection = await HttpConnection.open(port)
    const send = createSend(connection, {})
    while (performance.now() - startedMs < seconds * 1_000) {
      const fromMs = performance.now()
      await buy(send, { shop, way })
      times.push(performance.now() - fromMs)
    }
    connection.close()
  })
  await Promise.all(guests)
  const shoppedMs = performance.now()
  while ((await countWholeOrders(asStaff)) - before < times.length) {
    assert.ok(performance.now() - shoppedMs < settledWithinMs, 'orders stay unpaid or without a receipt')
    await sleep(50)
  }
  const settledMs = performance.now()
  counting.close()
  return { rate: (times.length * 1_000) / (settledMs - startedMs), p50Ms: percentile(times, 50), settleMs: settledMs - shoppedMs }
}

async function buy(send: Send, { shop, way }: { readonly shop: Shop; readonly way: Way }): Promise<void> {
  const { cart: opening, checkout } = purchaseOf(shop, { number: number++, flow: 'one' })
  const cart = await send(opening)
  const { payment } = await send({ ...checkout(cart), body: { payment: way.payment } })
  if (payment.action === null) return
  const answer = await fetch(payment.action.url, { method: 'POST', body: new URLSearchParams({ answer: 'approve' }), redirect: 'manual' })
  assert.equal(answer.status, 303)
  await answer.arrayBuffer()
}
