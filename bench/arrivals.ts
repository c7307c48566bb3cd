/**
 * Owns shoppers who come at a fixed rate, whatever the server does: each buys once, as `shopOnce` in two requests, and is timed from the
 * moment at which they were to come. Prints, as JSON, how many orders were placed, refused and late. Run by `bench/overload.ts`.
 */
import { connect } from 'node:net'
import { sleep } from './children.ts'
import { HttpConnection, renderRequest } from './http-connection.ts'
import { purchaseOf, type Shop } from './kingpost/purchase.ts'
import { percentile } from './stats.ts'

export type ArrivalsTask = {
  readonly port: number
  readonly shop: Shop
  readonly rate: number
  readonly seconds: number
  readonly from: number
}
export type ArrivalsResult = {
  /** A second: as many as were to come, or as many as this process could send. */
  readonly offered: number
  readonly placed: number
  readonly refused: number
  /** Not answered in time, or by something that is neither. */
  readonly late: number
  readonly other: number
  readonly withoutRetryAfter: number
  readonly placedP50Ms: number
  readonly placedP99Ms: number
  readonly refusedP99Ms: number
  /** Of `/livez`, asked ten times a second. */
  readonly healthP99Ms: number
  readonly healthMissing: number
  /** How late this process itself sent a first request: where it is much, the figures say more about it than about the server. */
  readonly sentLateP99Ms: number
}

const LATE_MS = 5_000
/** Callers come from so many addresses. */
const ADDRESSES = 20

const task = JSON.parse(process.argv[2]!) as ArrivalsTask
const free: HttpConnection[] = []
const placed: number[] = []
const refused: number[] = []
const health: number[] = []
const sentLate: number[] = []
const counts = { late: 0, other: 0, withoutRetryAfter: 0, healthMissing: 0, opened: 0 }

const startedAt = performance.now()
const endAt = startedAt + task.seconds * 1_000
const visits: Promise<void>[] = []
void askHealth()
while (performance.now() < endAt) {
  const due = Math.floor(((performance.now() - startedAt) / 1_000) * task.rate)
  while (visits.length < due) visits.push(visit(visits.length, startedAt + (visits.length * 1_000) / task.rate))
  await sleep(1)
}
const lasted = (performance.now() - startedAt) / 1_000
await Promise.race([Promise.all(visits), sleep(2 * LATE_MS)])
const result: ArrivalsResult = {
  offered: visits.length / lasted,
  placed: placed.length,
  refused: refused.length,
  late: visits.length - placed.length - refused.length - counts.other,
  other: counts.other,
  withoutRetryAfter: counts.withoutRetryAfter,
  placedP50Ms: percentile(placed, 50),
  placedP99Ms: percentile(placed, 99),
  refusedP99Ms: percentile(refused, 99),
  healthP99Ms: percentile(health, 99),
  healthMissing: counts.healthMissing,
  sentLateP99Ms: percentile(sentLate, 99),
}
console.log(JSON.stringify(result))
process.exit(0)

async function visit(number: number, dueAt: number): Promise<void> {
  const connection = free.pop() ?? (await HttpConnection.open(task.port, `127.0.0.${2 + (counts.opened++ % ADDRESSES)}`).catch(() => null))
  if (connection === null) return void counts.other++
  const { cart, checkout } = purchaseOf(task.shop, { number: task.from + number, flow: 'one' })
  sentLate.push(performance.now() - dueAt)
  try {
    const made = await connection.send(renderRequest(cart))
    if (isRefused(made, dueAt)) return
    const { id, token } = JSON.parse(made.body.toString())
    const answer = await connection.send(renderRequest(checkout({ id, token })))
    if (isRefused(answer, dueAt)) return
    const tookMs = performance.now() - dueAt
    if (tookMs <= LATE_MS) placed.push(tookMs)
  } catch {
    counts.other++
  } finally {
    if (connection.isOpen) free.push(connection)
  }
}

/** Counts what is no success. */
function isRefused({ status, head }: { readonly status: number; readonly head: string }, dueAt: number): boolean {
  if (status < 300) return false
  if (status !== 503 && status !== 429) {
    counts.other++
    return true
  }
  refused.push(performance.now() - dueAt)
  if (!/\r\nretry-after: \d/i.test(head)) counts.withoutRetryAfter++
  return true
}

async function askHealth(): Promise<void> {
  for (let at = startedAt; at < endAt; at += 100) {
    const waitMs = at - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    void askOnce(at)
  }
}

/** On a connection of its own, as a supervisor does. */
function askOnce(at: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: task.port })
    const end = (tookMs: number | null) => {
      if (tookMs === null) counts.healthMissing++
      else health.push(tookMs)
      socket.removeAllListeners().on('error', () => {})
      socket.destroy()
      resolve()
    }
    socket.setTimeout(LATE_MS, () => end(null))
    socket.on('error', () => end(null))
    socket.on('data', () => end(performance.now() - at))
    socket.write(renderRequest({ method: 'GET', path: '/livez' }))
  })
}
