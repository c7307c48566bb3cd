/**
 * Owns the shoppers of the whole-order benchmark: 32 guests who each buy again as soon as they have checked out, for
 * some seconds; then it waits until every order of theirs is paid and has its receipt. The rate counts whole orders
 * over the whole time, waiting included, so a backlog of unsettled payments cannot pass for speed.
 *
 * Usage: BENCH_SHOP=FILE node bench/shoppers.ts PORT SECONDS
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { sleep } from './children.ts'
import { HttpConnection } from './http-connection.ts'
import { createSend } from './json-client.ts'
import { countWholeOrders } from './kingpost/ours.ts'
import { type Basket, type Flow, type Shop, shopOnce, withKeys } from './kingpost/purchase.ts'
import { percentile } from './stats.ts'

const SHOPPERS = 32
const ORDERS_MAX = 20_000
const COUNT_EVERY_MS = 50
/** No order may take longer than this to turn whole after the last checkout; then something is broken. */
const SETTLED_WITHIN_MS = 60_000

export type ShoppersResult = {
  readonly orders: number
  readonly rate: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** From the last checkout until the last order was whole. */
  readonly settleMs: number
  /** Of one core, while shopping. */
  readonly cpuShare: number
}

/** How they buy. `hasKeys` sends an `Idempotency-Key` with each change. */
export type Way = { readonly flow: Flow; readonly hasKeys: boolean; readonly basket?: Basket | undefined }
export type ShopForShoppers = Way & { readonly shop: Shop; readonly staff: Readonly<Record<string, string>> }

if (import.meta.main) console.log(JSON.stringify(await shopUntilSettled()))

async function shopUntilSettled(): Promise<ShoppersResult> {
  const [port, seconds] = process.argv.slice(2, 4).map(Number)
  assert.ok(port && seconds, 'usage: BENCH_SHOP=FILE node bench/shoppers.ts PORT SECONDS')
  const { shop, staff, flow, hasKeys, basket }: ShopForShoppers = JSON.parse(readFileSync(process.env.BENCH_SHOP ?? '', 'utf8'))
  const counting = await HttpConnection.open(port)
  const asStaff = createSend(counting, staff)
  const wholeBefore = await countWholeOrders(asStaff)
  const checkoutsMs: number[] = []
  let started = 0

  const connections = await Promise.all(Array.from({ length: SHOPPERS }, () => HttpConnection.open(port)))
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      const send = hasKeys ? withKeys(createSend(connection, {})) : createSend(connection, {})
      while (performance.now() - startedMs < seconds * 1_000 && started < ORDERS_MAX) {
        const fromMs = performance.now()
        await shopOnce(send, shop, { number: wholeBefore + started++, flow, basket })
        checkoutsMs.push(performance.now() - fromMs)
      }
      connection.close()
    }),
  )
  const shoppedMs = performance.now()
  const cpu = process.cpuUsage(cpuBefore)
  while ((await countWholeOrders(asStaff)) - wholeBefore < started) {
    assert.ok(performance.now() - shoppedMs < SETTLED_WITHIN_MS, 'orders stay unpaid or without a receipt')
    await sleep(COUNT_EVERY_MS)
  }
  const settledMs = performance.now()
  // Kept open by the server for long: it would keep this process alive.
  counting.close()
  return {
    orders: started,
    rate: (started * 1_000) / (settledMs - startedMs),
    p50Ms: percentile(checkoutsMs, 50),
    p95Ms: percentile(checkoutsMs, 95),
    p99Ms: percentile(checkoutsMs, 99),
    settleMs: settledMs - shoppedMs,
    cpuShare: (cpu.user + cpu.system) / 1_000 / (shoppedMs - startedMs),
  }
}
