/**
 * The same work asked of Kingpost and of PocketBase (its own program, built beside): a get, a list and a create by their CPU, and live
 * clients by what a delivery takes. Rules alike: a record is read by everybody while it is active, and by its owner.
 * Run it: `node bench/pocketbase.ts --program FILE [--only items,live] [--clients 2000] [--rate 50] [--seconds 5] [--rows 10000]`.
 */
import assert from 'node:assert/strict'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killChildren, runProgram, type Server, startServer } from './children.ts'
import type { Program } from './contender.ts'
import type { Request } from './http-connection.ts'
import { newItem } from './items.ts'
import { type Json, type Send, withConnections } from './json-client.ts'
import { liveServer, makeLiveWorld } from './kingpost/live-world.ts'
import { ours } from './kingpost/ours.ts'
import type { LiveResult, LiveTask } from './live-clients.ts'
import { mixOf } from './live-mixes.ts'
import { CONNECTIONS } from './load.ts'
import { integerOption, UsageError } from './options.ts'
import { readCpuUs, readResidentMb } from './proc.ts'
import { median } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const STAFF = { identity: 'staff@example.com', password: 'bench-only-password-7f3a' }
const CUSTOMER = { email: 'customer@example.com', password: 'bench-only-password-19c4' }
const REQUESTS = 5_000
const ROUNDS = 5
const WITHIN_MS = 280_000
const LIVE_MIXES = ['hundred', 'one'] as const

const option = { type: 'string' } as const
const { values } = parseArgs({
  options: { program: option, only: option, clients: option, rate: option, seconds: option, rows: option },
})
const program = values.program ?? ''
const only = (values.only ?? 'items,live').split(',')
const clients = integerOption('clients', values.clients ?? '2000', { min: 10, max: 10_000 })
const rate = integerOption('rate', values.rate ?? '50', { min: 1, max: 1_000 })
const seconds = integerOption('seconds', values.seconds ?? '5', { min: 1, max: 60 })
const rows = integerOption('rows', values.rows ?? '10000', { min: 100, max: 1_000_000 })

const pocketbase: Program = {
  name: 'PocketBase',
  readyPath: '/api/health',
  program,
  command: ({ port, dataDir }) => ({ args: ['serve', '--automigrate=false', '--http', `127.0.0.1:${port}`, '--dir', dataDir], env: {} }),
}

/** One server with its items, and how its API spells what is asked. */
type Side = {
  readonly name: string
  readonly server: Server
  readonly headers: Readonly<Record<string, string>>
  readonly records: string
  readonly list: string
  readonly ids: readonly string[]
}

try {
  if (program === '') throw new UsageError('--program says where the program of PocketBase is')
  if (only.includes('items')) await compareItems([await ourItems(), await theirItems()])
  if (only.includes('live')) await compareLive()
} finally {
  killChildren()
}

/** Puts the rows in as an ordinary caller would. */
async function fill(server: Server, headers: Side['headers'], path: string): Promise<string[]> {
  const ids: string[] = []
  let number = 0
  await withConnections({ port: server.place.port, headers }, CONNECTIONS, async (send) => {
    while (number < rows) ids.push((await send({ method: 'POST', path, body: newItem(number++) })).id)
  })
  return ids
}

async function ourItems(): Promise<Side> {
  const server = await startServer(ours, freshDir('beside-ours'))
  const headers = await ours.signIn(server.place)
  const list = `/api/items?${encodeURIComponent('filter[category]')}=c07&sort=-createdAt&limit=30`
  return { name: 'Kingpost', server, headers, records: '/api/items', list, ids: await fill(server, headers, '/api/items') }
}

async function theirItems(): Promise<Side> {
  const { server, asStaff } = await startTheirs('beside-pocketbase')
  const text = (name: string) => ({ name, type: 'text', required: true })
  const stamps = [
    { name: 'created', type: 'autodate', onCreate: true },
    { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
  ]
  const number = (name: string) => ({ name, type: 'number', onlyInt: true, min: 0 })
  const read = 'active = true || owner = @request.auth.id'
  await asStaff((send) =>
    send({
      method: 'POST',
      path: '/api/collections',
      body: {
        name: 'items',
        type: 'base',
        fields: [
          text('category'),
          text('title'),
          text('body'),
          number('price'),
          number('stock'),
          { name: 'active', type: 'bool' },
          { ...text('owner'), required: false },
          ...stamps,
        ],
        indexes: ['create index items_category on items (category, created desc)'],
        listRule: read,
        viewRule: read,
        createRule: "@request.auth.id != ''",
      },
    }),
  )
  let token = ''
  await withConnections({ port: server.place.port, headers: {} }, 1, async (send) => {
    await send({ method: 'POST', path: '/api/collections/users/records', body: { ...CUSTOMER, passwordConfirm: CUSTOMER.password } })
    const body = { identity: CUSTOMER.email, password: CUSTOMER.password }
    token = (await send({ method: 'POST', path: '/api/collections/users/auth-with-password', body })).token
  })
  const headers = { authorization: token }
  const records = '/api/collections/items/records'
  const list = `${records}?filter=${encodeURIComponent("category='c07'")}&sort=-created&perPage=30&skipTotal=1`
  return { name: 'PocketBase', server, headers, records, list, ids: await fill(server, headers, records) }
}

async function startTheirs(
  folder: string,
): Promise<{ server: Server; asStaff: (work: (send: Send) => Promise<unknown>) => Promise<void> }> {
  const dataDir = freshDir(folder)
  await runProgram(program, ['superuser', 'upsert', STAFF.identity, STAFF.password, '--dir', dataDir], { withinMs: 30_000 })
  const server = await startServer(pocketbase, dataDir)
  const { port } = server.place
  let token = ''
  await withConnections({ port, headers: {} }, 1, async (send) => {
    token = (await send({ method: 'POST', path: '/api/collections/_superusers/auth-with-password', body: STAFF })).token
  })
  const asStaff = (work: (send: Send) => Promise<unknown>) =>
    withConnections({ port, headers: { authorization: token } }, 1, async (send) => void (await work(send)))
  return { server, asStaff }
}

async function compareItems(sides: readonly Side[]): Promise<void> {
  const works: Readonly<Record<string, (side: Side, number: number) => Request>> = {
    'get one record': ({ records, ids }, number) => ({ method: 'GET', path: `${records}/${ids[(number * 7_919) % ids.length]}` }),
    'list 30 of a category, newest first': ({ list }) => ({ method: 'GET', path: list }),
    create: ({ records }, number) => ({ method: 'POST', path: records, body: newItem(number) }),
  }
  const table: string[][] = []
  for (const [name, request] of Object.entries(works)) {
    const costs = new Map(sides.map((side) => [side, [] as number[]]))
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++)
      for (const side of sides) {
        const cost = await cpuOf(side, (number) => request(side, round * REQUESTS + number))
        if (round > 0) costs.get(side)!.push(cost)
      }
    table.push([name, ...sides.map((side) => formatDecimal(median(costs.get(side)!), 1))])
  }
  table.push(['MB of memory at the end', ...sides.map(({ server }) => formatDecimal(readResidentMb(server.pid)!, 0))])
  console.log(
    `${formatCount(rows)} rows, ${ROUNDS} rounds of ${formatCount(REQUESTS)}; load average at the end ${loadavg()[0]!.toFixed(1)}`,
  )
  console.log(renderTable(['us of CPU a request', ...sides.map(({ name }) => name)], table))
  for (const { server } of sides) await server.stop()
}

async function cpuOf({ server, headers }: Side, request: (number: number) => Request): Promise<number> {
  let next = 0
  const before = readCpuUs(server.pid)!
  await withConnections({ port: server.place.port, headers }, CONNECTIONS, async (send) => {
    while (next < REQUESTS) {
      const asked = request(next++)
      const answer: Json = await send(asked)
      if (asked.path.includes('?')) assert.equal(answer.items.length, 30, 'a list is full')
    }
  })
  return (readCpuUs(server.pid)! - before) / REQUESTS
}

async function compareLive(): Promise<void> {
  const accounts = join(freshDir('beside-accounts'), 'accounts.json')
  const dataDir = freshDir('beside-live')
  await makeLiveWorld(dataDir, clients, accounts)
  const table: string[][] = []
  for (const mix of LIVE_MIXES) {
    const mine = await startServer(liveServer, dataDir)
    table.push(await watched('Kingpost', mine, { accounts, mix }))
    const { server, asStaff } = await startTheirs(`beside-pocketbase-${mix}`)
    const fields = ['text', 'room'].map((name) => ({ name, type: 'text', required: true }))
    const body = { name: 'messages', type: 'base', fields, listRule: '', viewRule: '', createRule: '' }
    await asStaff((send) => send({ method: 'POST', path: '/api/collections', body }))
    table.push(await watched('PocketBase', server, { accounts, mix, peer: 'pocketbase' }))
  }
  console.log(`${clients} clients, ${rate} changes/s for ${seconds} s; load average at the end ${loadavg()[0]!.toFixed(1)}`)
  const heading = ['clients watch', '', 'deliveries', 'missing', 'p50 ms', 'p99 ms', 'bytes a client', 'after', 'CPU us a delivery']
  console.log(renderTable(heading, table))
}

async function watched(name: string, server: Server, what: Pick<LiveTask, 'accounts' | 'mix' | 'peer'>): Promise<string[]> {
  const task: LiveTask = { port: server.place.port, pid: server.pid, clients, rate, seconds, ...what }
  const printed = await runProgram(process.execPath, ['bench/live-clients.ts', JSON.stringify(task)], { withinMs: WITHIN_MS })
  console.error(`${name}, ${what.mix}: ${printed}`)
  const result = JSON.parse(printed) as LiveResult
  await server.stop()
  const { deliveries, missing, p50Ms, p99Ms, bytesPerClient, bytesPerClientAfter, serverUs } = result
  const counts = [deliveries, missing].map(formatCount)
  const times = [p50Ms, p99Ms].map((ms) => formatDecimal(ms, 1))
  const bytes = [bytesPerClient, bytesPerClientAfter].map(formatCount)
  return [mixOf(what.mix, []).title, name, ...counts, ...times, ...bytes, formatDecimal(serverUs / Math.max(1, deliveries), 1)]
}
