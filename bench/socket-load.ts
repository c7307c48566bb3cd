/**
 * Owns the load generator for machines without wrk. Says what `wrk/requests.lua` says.
 *
 * Usage: BENCH_REQUESTS=file node bench/socket-load.ts PORT SECONDS
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { HttpConnection } from './http-connection.ts'
import { CONNECTIONS, type LoadResult } from './load.ts'
import { percentile } from './stats.ts'

const [port, seconds] = process.argv.slice(2).map(Number)
const file = process.env.BENCH_REQUESTS
assert.ok(port && seconds && file, 'usage: BENCH_REQUESTS=file node bench/socket-load.ts PORT SECONDS')

const requests = readFileSync(file, 'utf8')
  .split('\0')
  .filter((request) => request !== '')
const latenciesMs: number[] = []
let position = 0
let bytes = 0
let errors = 0

const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => HttpConnection.open(port)))
const startedMs = performance.now()
const endMs = startedMs + seconds * 1_000
await Promise.all(connections.map(keepAsking))
const result: LoadResult = {
  requests: latenciesMs.length,
  seconds: (performance.now() - startedMs) / 1_000,
  bytes,
  errors,
  p50Ms: percentile(latenciesMs, 50),
  p99Ms: percentile(latenciesMs, 99),
}
console.log(JSON.stringify(result))

async function keepAsking(connection: HttpConnection): Promise<void> {
  for (let sentMs = performance.now(); sentMs < endMs; sentMs = performance.now()) {
    const { status, body } = await connection.send(requests[position++ % requests.length]!)
    latenciesMs.push(performance.now() - sentMs)
    bytes += body.length
    if (status >= 400) errors++
  }
  connection.close()
}
