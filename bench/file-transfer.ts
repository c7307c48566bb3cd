/**
 * A large file sent and read back, beside a Node server that does nothing but pipe it to the disk and from it. Prints seconds,
 * processor time of the server, its memory at most, and the ratios of rounds that took turns. What comes back is compared by its hash.
 * Run it: `node bench/file-transfer.ts [--megabytes 1024] [--rounds 3]`.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { killChildren, type Server, startServer } from './children.ts'
import type { Program } from './contender.ts'
import { programOf, signInStaff } from './kingpost/ours.ts'
import { integerOption } from './options.ts'
import { readResidentMb, readUsage } from './proc.ts'
import { median, pairedRatio } from './stats.ts'
import { formatDecimal, renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const CONFIG = 'bench/kingpost/data.config.ts'
const WATCH_MS = 50
const PART_BYTES = 1_048_576

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '1024' }, rounds: { type: 'string', default: '3' } } })
const megabytes = integerOption('megabytes', values.megabytes, { min: 1, max: 4_000 })
const rounds = integerOption('rounds', values.rounds, { min: 1, max: 21 })

const part = Buffer.alloc(PART_BYTES, 'What a film is made of, as far as anybody can tell. ')
const sentHash = createHash('sha256')
for (let count = 0; count < megabytes; count++) sentHash.update(part)
const wanted = sentHash.digest('hex')

const plain: Program = {
  name: 'plain',
  command: ({ port, dataDir }) => ({ args: ['bench/plain-files.ts', String(port), dataDir], env: {} }),
}

type Cost = { readonly seconds: number; readonly cpuSeconds: number; readonly mostMb: number }
type Costs = Record<'upload' | 'download', Cost[]>

try {
  const [theirs, ours] = [await startServer(plain, freshDir('plain')), await startServer(programOf(CONFIG), freshDir('files'))]
  const headers = await signInStaff(ours.place, CONFIG)
  const costs: Record<'plain' | 'ours', Costs> = { plain: { upload: [], download: [] }, ours: { upload: [], download: [] } }
  for (let round = 0; round < rounds; round++) {
    await turn(theirs, costs.plain, { path: '/', headers: {} })
    await turn(ours, costs.ours, { path: '/api/files', headers })
  }
  console.log(`${megabytes} MiB, ${rounds} rounds; load average at the end ${loadavg()[0]!.toFixed(1)}`)
  console.log(
    renderTable(['plain Node / ours', 'seconds', 'ratio', 'CPU seconds', 'ratio', 'MB at most'], [row('upload'), row('download')]),
  )

  function row(work: 'upload' | 'download'): string[] {
    const pairOf = (field: keyof Cost) =>
      [costs.plain[work].map((cost) => cost[field]), costs.ours[work].map((cost) => cost[field])] as const
    const both = (field: keyof Cost, decimals: number) =>
      pairOf(field)
        .map((all) => formatDecimal(median(all), decimals))
        .join(' / ')
    const ratio = (field: keyof Cost) => formatDecimal(pairedRatio(pairOf(field)[1], pairOf(field)[0]), 2)
    return [work, both('seconds', 2), ratio('seconds'), both('cpuSeconds', 2), ratio('cpuSeconds'), both('mostMb', 0)]
  }
} finally {
  killChildren()
}

type Door = { readonly path: string; readonly headers: Readonly<Record<string, string>> }

async function turn(server: Server, costs: Costs, { path, headers }: Door): Promise<void> {
  let read = path
  const { port } = server.place
  costs.upload.push(
    await costOf(server, async () => {
      const answer = await send(port, { path, headers })
      read = (JSON.parse(answer) as { url?: string }).url ?? path
    }),
  )
  costs.download.push(
    await costOf(server, async () => {
      const hash = createHash('sha256')
      const answer = await open(port, { method: 'GET', path: read, headers })
      for await (const bytes of answer) hash.update(bytes as Buffer)
      assert.equal(hash.digest('hex'), wanted, 'what comes back is what was sent')
    }),
  )
}

async function costOf({ pid }: Server, work: () => Promise<void>): Promise<Cost> {
  const [from, cpuFrom] = [performance.now(), readUsage(pid)!.cpuUs]
  let mostMb = 0
  const watcher = setInterval(() => {
    mostMb = Math.max(mostMb, readResidentMb(pid) ?? 0)
  }, WATCH_MS)
  await work()
  clearInterval(watcher)
  return { seconds: (performance.now() - from) / 1_000, cpuSeconds: (readUsage(pid)!.cpuUs - cpuFrom) / 1e6, mostMb }
}

async function send(port: number, { path, headers }: Door): Promise<string> {
  const length = String(megabytes * PART_BYTES)
  const more = { ...headers, 'content-type': 'application/octet-stream', 'content-length': length, 'file-name': 'film.bin' }
  const answer = await open(port, { method: 'POST', path, headers: more }, megabytes)
  let text = ''
  for await (const bytes of answer) text += String(bytes)
  return text
}

/** Sends so many parts, waits for the answer's head. @throws unless it is 2xx */
function open(port: number, request: Door & { readonly method: string }, parts = 0): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, ...request, agent: false }, (answer) => {
      if ((answer.statusCode ?? 500) < 300) return resolve(answer)
      reject(new Error(`${request.method} ${request.path} was answered with ${answer.statusCode}`))
    })
    outgoing.on('error', reject)
    let left = parts
    const write = (): void => {
      while (left > 0) {
        left--
        if (!outgoing.write(part)) return void outgoing.once('drain', write)
      }
      outgoing.end()
    }
    write()
  })
}
