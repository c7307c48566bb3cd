/**
 * What an operation costs as its collection grows: get, create, an indexed list, a list and a get under a rule through many records,
 * and the thousandth page, each at several sizes in one process on files. Rows are put in as a move does it. Prints microseconds
 * of processor time an operation, without HTTP, and how the largest compares with the smallest.
 * Run it: `node bench/growth.ts [--sizes 10000,100000,1000000] [--rounds 5]`.
 */
import { rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Actor, guestActor } from '../src/access/actor.ts'
import { type Clock, systemClock } from '../src/base/clock.ts'
import { createIdSource } from '../src/base/ids.ts'
import { silentLog } from '../src/base/log.ts'
import { systemRandom } from '../src/base/random.ts'
import { createArgon2Hasher } from '../src/domains/accounts/argon2-hasher.ts'
import { captureTransport } from '../src/domains/emails/transport.ts'
import { createBackend } from '../src/engine/backend.ts'
import { createEngine, type Engine } from '../src/engine/create-engine.ts'
import { actorId, anyone, collection, exists, field, where } from '../src/index.ts'
import type { AnyRecord } from '../src/schema/collection.ts'
import { openSqlite } from '../src/storage/sqlite/sqlite-storage.ts'
import type { WholeStorage } from '../src/storage/storage.ts'
import { median } from './stats.ts'
import { formatDecimal, renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const { values } = parseArgs({
  options: { sizes: { type: 'string', default: '10000,100000,1000000' }, rounds: { type: 'string', default: '5' } },
})
const sizes = values.sizes.split(',').map(Number)
const rounds = Number(values.rounds)

const CATEGORY_ROWS = 200
const MEMBER_PROJECTS = 40
const PAGE = 10
const PAGES_BEFORE = 999
/** Records that are asked for, spread evenly over all: the bench itself then holds as much at each size. */
const KEPT_IDS = 10_000
const ROWS_PER_LOAD = 20_000
const TOGETHER = 64
const OPERATIONS = 1_280

const items = collection('items', {
  fields: { category: field.text({ required: true }), title: field.text({ required: true }), body: field.text({ required: true }) },
  indexes: [['category', '-createdAt']],
  access: { read: anyone, create: anyone },
})
const projects = collection('projects', {
  fields: { title: field.text({ required: true }) },
  access: { read: exists('memberships', 'project', where('user').eq(actorId)) },
})
const memberships = collection('memberships', {
  fields: { project: field.ref('projects', { required: true }), user: field.ref('users', { required: true }) },
  indexes: [['user', 'project']],
  access: { read: where('user').eq(actorId) },
})
const config = { name: 'Growth', collections: [items, projects, memberships] }
const backend = createBackend(config as never, { publicUrl: 'http://localhost', isDevelopment: true, paymentProviders: [] })

type Size = {
  readonly rows: number
  readonly engine: Engine
  readonly storage: WholeStorage
  readonly itemIds: readonly string[]
  readonly projectIds: readonly string[]
  readonly cursor: string
}
type Work = { readonly name: string; readonly call: (size: Size, number: number) => Call }
type Call = { readonly operation: string; readonly input: object; readonly actor: Actor }

const guest = guestActor('bench')
const member = (size: Size, number: number): Actor => ({ ...guest, kind: 'user', id: userOf((number * 7_919) % size.rows, size.rows) })
const userOf = (row: number, rows: number) => `usr_${row % (rows / MEMBER_PROJECTS)}`
const categoryOf = (row: number, rows: number) => `category-${row % (rows / CATEGORY_ROWS)}`
/** A prime step walks over all without any order: neighbours in time are not neighbours in the tree. */
const someOf = (ids: readonly string[], number: number) => ids[(number * 7_919) % ids.length]!

const works: readonly Work[] = [
  { name: 'get', call: ({ itemIds }, number) => ({ operation: 'items.get', input: { id: someOf(itemIds, number) }, actor: guest }) },
  {
    name: 'create',
    call: ({ rows }, number) => ({ operation: 'items.create', input: item(number, rows), actor: guest }),
  },
  {
    name: 'list of 30 by an index',
    call: ({ rows }, number) => ({
      operation: 'items.list',
      input: { filter: { category: categoryOf(number * 7_919, rows) }, sort: '-createdAt', limit: 30 },
      actor: guest,
    }),
  },
  {
    name: 'get under a to-many rule',
    call: (size, number) => {
      const kept = (number * 7_919) % KEPT_IDS
      const id = userOf(kept * (size.rows / KEPT_IDS), size.rows)
      return { operation: 'projects.get', input: { id: size.projectIds[kept]! }, actor: { ...guest, kind: 'user', id } }
    },
  },
  {
    name: 'list of 30 under a to-many rule',
    call: (size, number) => ({ operation: 'projects.list', input: { limit: 30 }, actor: member(size, number) }),
  },
  {
    name: 'page 1,000 of 10',
    call: ({ cursor }) => ({ operation: 'items.list', input: { limit: PAGE, cursor }, actor: guest }),
  },
]

function item(number: number, rows: number) {
  return { category: categoryOf(number * 7_919, rows), title: `A thing, number ${number}`, body: 'Words about the thing. '.repeat(6) }
}

const open: Size[] = []
for (const rows of sizes) open.push(await fill(rows))
const costs = new Map<string, number[]>()
for (let round = 0; round <= rounds; round++)
  for (const work of works)
    for (const size of open) {
      const cost = await measure(work, size)
      const key = `${work.name} ${size.rows}`
      // The first round warms up.
      if (round > 0) costs.set(key, [...(costs.get(key) ?? []), cost])
    }
const table = works.map(({ name }) => {
  const medians = open.map(({ rows }) => median(costs.get(`${name} ${rows}`)!))
  return [name, ...medians.map((cost) => formatDecimal(cost, 1)), formatDecimal(medians.at(-1)! / medians[0]!, 2)]
})
console.log(`${rounds} rounds of ${OPERATIONS} operations; load average at the end ${loadavg()[0]!.toFixed(1)}`)
console.log(renderTable(['us of CPU', ...sizes.map((rows) => rows.toLocaleString('en-US')), 'largest / smallest'], table))
for (const { engine, storage } of open) {
  await engine.stop()
  await storage.close()
}

async function measure({ name, call }: Work, size: Size): Promise<number> {
  const run = (number: number) => {
    const { operation, input, actor } = call(size, number)
    return callOf(size.engine, operation, input, actor)
  }
  const began = process.cpuUsage()
  for (let done = 0; done < OPERATIONS; done += TOGETHER) {
    const answers = await Promise.all(Array.from({ length: TOGETHER }, (_, index) => run(done + index)))
    if (done === 0) check(name, answers[0])
  }
  const { user, system } = process.cpuUsage(began)
  return (user + system) / OPERATIONS
}

function check(name: string, answer: unknown): void {
  const { items: found } = answer as { items?: readonly unknown[] }
  const wanted = name.startsWith('list') ? 30 : name.startsWith('page') ? PAGE : undefined
  if (wanted !== undefined && found?.length !== wanted) throw new Error(`${name}: ${found?.length} records instead of ${wanted}`)
}

async function callOf(engine: Engine, name: string, input: object, actor: Actor): Promise<unknown> {
  const operation = engine.operations.find((one) => one.name === name)!
  const request = { id: 'req_1', ifMatch: null, ifNoneMatch: null, rawBody: null, headers: {} }
  const { output } = await engine.run(operation, { input, actor, idempotencyKey: null, request })
  return output
}

async function fill(rows: number): Promise<Size> {
  const folder = freshDir(`growth-${rows}`)
  const path = join(folder, 'kingpost.db')
  const storage = openSqlite({ path, model: backend.model, clock: systemClock })
  // Ids and times as of a row a second.
  let now = Date.parse('2020-01-01T00:00:00Z')
  const clock: Clock = { ...systemClock, now: () => now }
  const newId = createIdSource(clock, systemRandom)
  const itemIds: string[] = []
  const projectIds: string[] = []
  for (let first = 0; first < rows; first += ROWS_PER_LOAD) {
    const records: Record<'items' | 'projects' | 'memberships', AnyRecord[]> = { items: [], projects: [], memberships: [] }
    for (let row = first; row < Math.min(rows, first + ROWS_PER_LOAD); row++) {
      now += 1_000
      const common = { version: 1, createdAt: now, updatedAt: now }
      const [id, project] = [newId('item'), newId('proj')]
      if (row % (rows / KEPT_IDS) === 0) {
        itemIds.push(Buffer.from(id).toString())
        projectIds.push(Buffer.from(project).toString())
      }
      records.items.push({ id, ...common, ...item(row, rows) })
      records.projects.push({ id: project, ...common, title: `Project ${row}` })
      records.memberships.push({ id: newId('memb'), ...common, project, user: userOf(row, rows) })
    }
    for (const [name, some] of Object.entries(records)) await storage.load({ records: { collection: { name }, records: some } })
  }
  const services = { passwords: createArgon2Hasher(systemRandom) }
  const ports = { clock: systemClock, random: systemRandom, log: silentLog, services, providers: [], mail: captureTransport }
  const engine = await createEngine({ backend, storage, ...ports })
  let cursor: string | undefined
  for (let page = 0; page < PAGES_BEFORE; page++) {
    const input: object = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }
    cursor = ((await callOf(engine, 'items.list', input, guest)) as { next: string }).next
  }
  console.error(`${rows} rows are in`)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return { rows, engine, storage, itemIds, projectIds, cursor: cursor! }
}
