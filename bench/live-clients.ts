/**
 * The process of the live clients: opens their streams on sockets of its own, writes changes at a steady pace and prints, as
 * JSON, how long each delivery took and what it cost the server. A change is timed from the moment at which it was to be sent,
 * whatever held it up. Run by `bench/live.ts`.
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { sleep } from './children.ts'
import { HttpConnection, renderRequest } from './http-connection.ts'
import type { Account } from './kingpost/live-world.ts'
import { type MixName, mixOf } from './live-mixes.ts'
import { readResidentMb, readUsage } from './proc.ts'
import { percentile } from './stats.ts'

export type LiveTask = {
  readonly port: number
  readonly pid: number
  readonly accounts: string
  readonly mix: MixName
  readonly clients: number
  readonly rate: number
  readonly seconds: number
  /** Another program, which has the collection `messages` alone. */
  readonly peer?: 'pocketbase'
}
export type LiveResult = {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly deliveries: number
  readonly missing: number
  readonly cutOff: number
  readonly bytesPerClient: number
  readonly bytesPerClientAfter: number
  readonly serverCpu: number
  /** Of CPU, from the first write until all was delivered. */
  readonly serverUs: number
  readonly clientsCpu: number
  readonly writesMs: number
  readonly connectMs: number
}

const OPENING_TOGETHER = 100
/** Ports of one address are some 28,000; those of connections that ended are held back for a minute. */
const ADDRESSES = 20
const REST_MS = 3_000
const SETTLE_MS = 15_000
const WRITERS = 16
/** Where everybody is told of everything, so many are timed: to time a million deliveries a second would be what is measured. */
const SAMPLED_CLIENTS = 500

const task = JSON.parse(process.argv[2]!) as LiveTask
const accounts = JSON.parse(readFileSync(task.accounts, 'utf8')) as Account[]
const mix = mixOf(task.mix, accounts)
const latencies: number[] = []
/** Changes that each client was told of. */
const told = new Uint32Array(task.clients)
let cutOff = 0
const isSampled = (client: number) => task.mix !== 'one' || client % Math.ceil(task.clients / SAMPLED_CLIENTS) === 0

const before = readResidentMb(task.pid)!
const connectedFrom = performance.now()
const sockets: Socket[] = []
for (let first = 0; first < task.clients; first += OPENING_TOGETHER)
  sockets.push(
    ...(await Promise.all(Array.from({ length: Math.min(OPENING_TOGETHER, task.clients - first) }, (_, index) => open(first + index)))),
  )
const connectMs = performance.now() - connectedFrom
await sleep(REST_MS)
const connected = readResidentMb(task.pid)!
const perClient = (residentMb: number) => ((residentMb - before) * 1e6) / task.clients

const [cpuFrom, ownFrom, from] = [readUsage(task.pid)!.cpuUs, process.cpuUsage(), performance.now()]
const writes = await writeAll()
const expected = await settled(writes.length)
const [cpuTo, own] = [readUsage(task.pid)!.cpuUs, process.cpuUsage(ownFrom)]
const seconds = (performance.now() - from) / 1e3
const deliveries = told.reduce((sum, count) => sum + count, 0)
await sleep(REST_MS)
const result: LiveResult = {
  p50Ms: percentile(latencies, 50),
  p99Ms: percentile(latencies, 99),
  maxMs: percentile(latencies, 100),
  deliveries,
  missing: expected - deliveries,
  cutOff,
  bytesPerClient: perClient(connected),
  bytesPerClientAfter: perClient(readResidentMb(task.pid)!),
  serverCpu: (cpuTo - cpuFrom) / 1e6 / seconds,
  serverUs: cpuTo - cpuFrom,
  clientsCpu: (own.user + own.system) / 1e6 / seconds,
  writesMs: percentile(writes.tookMs, 50),
  connectMs,
}
console.log(JSON.stringify(result))
process.exit(0)

/** Resolves when the stream says that it is ready. */
function open(client: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const localAddress = `127.0.0.${2 + (client % ADDRESSES)}`
    const socket = connect({ host: '127.0.0.1', port: task.port, localAddress })
    const token = mix.tokenOf(client)
    const headers = { accept: 'text/event-stream', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
    const isPeer = task.peer !== undefined
    socket.write(renderRequest({ method: 'GET', path: isPeer ? '/api/realtime' : encodeURI(mix.path(client)), headers }))
    let head = ''
    const whenOpen = (chunk: Buffer | string) => {
      head += chunk.toString('latin1')
      if (isPeer ? !/"clientId":"\w+"/.test(head) : !head.includes('event: ready')) {
        if (/^HTTP\/1.1 (?!200)/.test(head)) reject(new Error(head))
        return
      }
      socket.off('data', whenOpen)
      socket.on('data', (bytes) => take(client, bytes as Buffer))
      if (isPeer) subscribe(client, /"clientId":"(\w+)"/.exec(head)![1]!).then(() => resolve(socket), reject)
      else resolve(socket)
    }
    socket.on('data', whenOpen)
    socket.on('error', reject)
    socket.on('close', () => cutOff++)
  })
}

/** PocketBase is told what a stream is to be told of once it is open. */
async function subscribe(client: number, clientId: string): Promise<void> {
  const room = new URL(mix.path(client), 'http://localhost').searchParams.get('filter[room]')
  const options = encodeURIComponent(JSON.stringify({ query: { filter: `room='${room}'` } }))
  const connection = await HttpConnection.open(task.port, `127.0.0.${2 + (client % ADDRESSES)}`)
  const body = { clientId, subscriptions: [`messages/*?options=${options}`] }
  const { status } = await connection.send(renderRequest({ method: 'POST', path: '/api/realtime', body }))
  connection.close()
  if (status !== 204) throw new Error(`a subscription was answered with ${status}`)
}

/** The text of a change is its number and its time; both have their place behind a word that stands nowhere else. */
function take(client: number, bytes: Buffer): void {
  const now = performance.now()
  for (let at = bytes.indexOf('sentAt='); at >= 0; at = bytes.indexOf('sentAt=', at + 7)) {
    told[client]!++
    if (!isSampled(client)) continue
    const sentAt = Number(bytes.toString('latin1', at + 7, at + 7 + 12))
    if (Number.isFinite(sentAt)) latencies.push(now - sentAt)
  }
}

async function writeAll(): Promise<{ length: number; tookMs: number[] }> {
  const count = task.rate * task.seconds
  const connections = await Promise.all(Array.from({ length: WRITERS }, () => HttpConnection.open(task.port)))
  const tookMs: number[] = []
  const startedAt = performance.now()
  let next = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) {
        const number = next++
        const dueAt = startedAt + (number * 1e3) / task.rate
        const waitMs = dueAt - performance.now()
        if (waitMs > 0) await sleep(waitMs)
        const { path: ownPath, body } = mix.change(number)
        const [path, created] = task.peer === undefined ? [ownPath, 201] : ['/api/collections/messages/records', 200]
        const text = `sentAt=${dueAt.toFixed(3).padStart(12, '0')}`
        const { status } = await connection.send(renderRequest({ method: 'POST', path, body: { ...body, text } }))
        if (status !== created) throw new Error(`a write was answered with ${status}`)
        tookMs.push(performance.now() - dueAt)
      }
    }),
  )
  return { length: count, tookMs }
}

/** Waits until everybody was told of everything, or of nothing more for a while. Answers how many deliveries there should be. */
async function settled(changes: number): Promise<number> {
  let expected = 0
  for (let number = 0; number < changes; number++)
    for (let client = 0; client < task.clients; client++) if (mix.isTold(client, number)) expected++
  const sum = () => told.reduce((all, count) => all + count, 0)
  for (let last = -1, quietFrom = performance.now(); sum() < expected; ) {
    const count = sum()
    if (count !== last) quietFrom = performance.now()
    if (performance.now() - quietFrom > SETTLE_MS) break
    last = count
    await sleep(50)
  }
  return expected
}
