/**
 * What a request costs as its collection grows: get, create, an indexed list, a get and a list under a rule through many records, and
 * the thousandth page, each of servers that stand on databases of several sizes. The same number of requests goes to each in turn over
 * 64 connections; what is told is the processor time of the server's process for one of them, all threads included. Of each size as
 * many records are asked for, spread evenly over all: 10,000 items, and the lists of 50 categories and 250 accounts, or `--spread` times.
 * Run it: `node bench/growth.ts [--sizes 10000,100000,1000000] [--rounds 5] [--spread 10000] [--keep FOLDER]`. Databases in FOLDER are
 * used again; ten million rows take 8 GB of disk, 5 GB of memory and four minutes.
 */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killChildren, type Server, startServer } from './children.ts'
import type { Request } from './http-connection.ts'
import { type Json, withConnections } from './json-client.ts'
import {
  CATEGORY_ROWS,
  categoryOf,
  type GrowthWorld,
  growthServer,
  growthWorld,
  MEMBER_PROJECTS,
  newItem,
} from './kingpost/growth-world.ts'
import { CONNECTIONS } from './load.ts'
import { integerOption } from './options.ts'
import { readCpuUs, readResidentMb } from './proc.ts'
import { median, pairedRatio } from './stats.ts'
import { formatDecimal, renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const PAGE = 10
const PAGES_BEFORE = 999
const LIST = 30
/** A prime: neighbours in time are not neighbours in the tree. */
const STEP = 7_919

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    rounds: { type: 'string', default: '5' },
    spread: { type: 'string', default: '10000' },
    keep: { type: 'string' },
  },
})
const sizes = values.sizes.split(',').map((size) => integerOption('sizes', size, { min: 10_000, max: 10_000_000 }))
const spread = integerOption('spread', values.spread, { min: 10_000, max: 100_000 })
const rounds = integerOption('rounds', values.rounds, { min: 1, max: 21 })

const chosen = new Map<readonly unknown[], readonly unknown[]>()

type Size = { readonly world: GrowthWorld; readonly server: Server; readonly cursor: string }
type Work = { readonly name: string; readonly requests: number; readonly request: (size: Size, number: number) => Request }

const works: readonly Work[] = [
  {
    name: 'get',
    requests: 20_000,
    request: ({ world }, number) => ({ method: 'GET', path: `/api/items/${some(among(world.itemIds, spread), number)}` }),
  },
  {
    name: `list of ${LIST} by an index`,
    requests: 5_000,
    request: ({ world }, number) => ({
      method: 'GET',
      path: `/api/items?filter%5Bcategory%5D=${someCategory(world.rows, number)}&sort=-createdAt&limit=${LIST}`,
    }),
  },
  {
    name: 'get under a to-many rule',
    requests: 20_000,
    request: ({ world }, number) => {
      const { token, projects } = some(among(world.accounts, spread / MEMBER_PROJECTS), number)
      return { method: 'GET', path: `/api/projects/${some(projects, number)}`, headers: { authorization: `Bearer ${token}` } }
    },
  },
  {
    name: `list of ${LIST} under a to-many rule`,
    requests: 5_000,
    request: ({ world }, number) => ({
      method: 'GET',
      path: `/api/projects?limit=${LIST}`,
      headers: { authorization: `Bearer ${some(among(world.accounts, spread / MEMBER_PROJECTS), number).token}` },
    }),
  },
  {
    name: `page 1,000 of ${PAGE}`,
    requests: 5_000,
    request: ({ cursor }) => ({ method: 'GET', path: `/api/items?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}` }),
  },
  {
    name: 'create',
    requests: 5_000,
    request: ({ world }, number) => ({ method: 'POST', path: '/api/items', body: newItem(number * STEP, world.rows) }),
  },
]

function some<T>(all: readonly T[], number: number): T {
  return all[(number * STEP) % all.length]!
}

/** So many of them, or all, evenly. */
function among<T>(all: readonly T[], count: number): readonly T[] {
  const known = chosen.get(all)
  if (known !== undefined) return known as readonly T[]
  const some = all.length <= count ? all : Array.from({ length: count }, (_, place) => all[Math.floor((place * all.length) / count)]!)
  chosen.set(all, some)
  return some
}

function someCategory(rows: number, number: number): string {
  const step = Math.max(1, rows / spread)
  return categoryOf(((number * STEP) % (spread / CATEGORY_ROWS)) * step, rows)
}

try {
  const open: Size[] = []
  for (const rows of sizes) open.push(await start(rows))
  const costs = new Map<Work, number[][]>(works.map((work) => [work, sizes.map(() => [])]))
  // The first round warms up.
  for (let round = 0; round <= rounds; round++)
    for (const work of works)
      for (const [place, size] of open.entries()) {
        const cost = await measure(work, size, round)
        if (round > 0) costs.get(work)![place]!.push(cost)
      }
  const table = [...costs].map(([{ name }, bySize]) => [
    name,
    ...bySize.map((all) => formatDecimal(median(all), 1)),
    formatDecimal(pairedRatio(bySize.at(-1)!, bySize[0]!), 2),
    formatDecimal(Math.max(...bySize.map(median)) / Math.min(...bySize.map(median)), 2),
  ])
  const counts = sizes.map((rows) => rows.toLocaleString('en-US'))
  console.log(`${rounds} rounds; load average at the end ${loadavg()[0]!.toFixed(1)}`)
  console.log(renderTable(['us of CPU a request', ...counts, 'last / first', 'most / least'], table))
  const memory = open.map(({ server }) => formatDecimal(readResidentMb(server.pid)!, 0))
  console.log(`MB of the server's memory at the end: ${memory.join(', ')}`)
} finally {
  killChildren()
}

async function start(rows: number): Promise<Size> {
  const dataDir = values.keep === undefined ? freshDir(`growth-${rows}`) : join(values.keep, String(rows))
  mkdirSync(dataDir, { recursive: true })
  const world = await growthWorld(dataDir, rows)
  const server = await startServer(growthServer, dataDir)
  let cursor = ''
  await withConnections({ port: server.place.port, headers: {} }, 1, async (send) => {
    for (let page = 0; page < PAGES_BEFORE; page++) {
      const from = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      cursor = (await send({ method: 'GET', path: `/api/items?limit=${PAGE}${from}` })).next
    }
  })
  console.error(`${rows} rows are in`)
  return { world, server, cursor }
}

/** Processor time of one request. What a create has made is taken away again, so that a small table stays small. */
async function measure({ name, requests, request }: Work, size: Size, round: number): Promise<number> {
  const { pid, place } = size.server
  const caller = { port: place.port, headers: {} }
  const wanted = name.startsWith('list') ? LIST : name.startsWith('page') ? PAGE : undefined
  const made: string[] = []
  let next = 0
  const before = readCpuUs(pid)!
  await withConnections(caller, CONNECTIONS, async (send) => {
    while (next < requests) {
      const answer: Json = await send(request(size, round * requests + next++))
      if (wanted !== undefined) assert.equal(answer.items.length, wanted, `${name} answers a full page`)
      if (name === 'create') made.push(answer.id)
    }
  })
  const cost = (readCpuUs(pid)! - before) / requests
  await withConnections(caller, CONNECTIONS, async (send) => {
    for (let id = made.pop(); id !== undefined; id = made.pop()) await send({ method: 'DELETE', path: `/api/items/${id}` })
  })
  return cost
}
