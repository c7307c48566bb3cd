/**
 * What the export and the erasure of one person cost who has many rows, while others write: time, memory, and how long a write of others took at
 * most. A real server with sockets: `DATABASES=postgres node bench/person.ts 100000`, with how many rows.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cleanable } from '../test/support/clean-up.ts'
import { testDatabase } from '../test/support/databases.ts'
import { expectStatus, type HttpClient } from '../test/support/http-client.ts'
import { type ServerProcess, startServer } from '../test/support/server-process.ts'
import { signInAdmin, signUp } from '../test/support/shop.ts'
import { readCpuUs, readResidentMb } from './proc.ts'

const cleanups: (() => unknown)[] = []
const asTest = { after: (clean: () => unknown) => void cleanups.unshift(clean) } as unknown as Cleanable

async function addRows({ url }: ServerProcess, admin: HttpClient, owner: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => `what I noted on day ${index} of the year,${owner},${index}`)
  const headers = { ...admin.headers, 'content-type': 'text/csv' }
  const answer = await fetch(`${url}/api/notes/import`, { method: 'POST', headers, body: ['text,owner,number', ...rows].join('\n') })
  const { created } = (await answer.json()) as { created: number }
  if (created !== count) throw new Error(`${created} of ${count} rows were made.`)
}

type Measured = { readonly seconds: number; readonly cpuSeconds: number; readonly residentMb: number; readonly waits: readonly number[] }

/** While `work` goes on, somebody else writes and reads every 20 ms, one after another. */
async function beside({ pid }: ServerProcess, others: HttpClient, work: () => Promise<void>): Promise<Measured> {
  const waits: number[] = []
  let isOver = false
  let residentMb = 0
  const writing = async () => {
    while (!isOver) {
      const at = performance.now()
      expectStatus(await others.post('/api/notes', { text: 'of somebody else' }), 201)
      waits.push(performance.now() - at)
      await sleep(20)
    }
  }
  const looking = async () => {
    while (!isOver) {
      residentMb = Math.max(residentMb, readResidentMb(pid) ?? 0)
      await sleep(50)
    }
  }
  const [from, cpuUs] = [performance.now(), readCpuUs(pid) ?? 0]
  const all = Promise.all([writing(), looking()])
  await work()
  const [seconds, cpuSeconds] = [(performance.now() - from) / 1_000, ((readCpuUs(pid) ?? 0) - cpuUs) / 1e6]
  isOver = true
  await all
  return { seconds, cpuSeconds, residentMb, waits: waits.toSorted((a, b) => a - b) }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(100)
}

const count = Number(process.argv[2] ?? 100_000)
const write = (text: string) => process.stdout.write(`${text}\n`)
const tell = (name: string, { seconds, cpuSeconds, residentMb, waits }: Measured) => {
  const at = (part: number) => waits[Math.floor(part * (waits.length - 1))]!.toFixed(0)
  write(
    `| ${name} | ${seconds.toFixed(1)} s | ${cpuSeconds.toFixed(1)} s | ${residentMb.toFixed(0)} MB | ${at(0.5)} | ${at(0.99)} | ${at(1)} | ${waits.length} |`,
  )
}

try {
  const server = await startServer(asTest)
  const admin = await signInAdmin(server)
  const email = 'ada@byron.example'
  const ada = await signUp(server.guest, email)
  const { id } = expectStatus(await ada.get('/api/auth/me'), 200).body
  write(
    `${testDatabase().name}, ${count} rows\n| | took | CPU | memory | write p50 ms | p99 | longest | writes |\n|---|---|---|---|---|---|---|---|`,
  )
  tell('nothing else', await beside(server, admin, () => sleep(5_000)))
  tell('rows made', await beside(server, admin, () => addRows(server, admin, id, count)))
  expectStatus(await ada.post('/api/auth/me/export', {}), 202)
  const isReady = async () => expectStatus(await ada.get('/api/auth/me/export'), 200).body.state === 'ready'
  tell('export', await beside(server, admin, () => until(isReady)))
  expectStatus(await admin.post(`/api/users/${id}/erase`, { now: true }), 202)
  const state = async () => expectStatus(await admin.get('/api/erasures'), 200).body.items[0].state
  await until(async () => (await state()) !== 'waiting')
  tell('erasure', await beside(server, admin, () => until(async () => (await state()) === 'done')))
} finally {
  for (const clean of cleanups) await clean()
}
