// proves P-030: every answer is in the document, and what fits it is not refused without a stated reason.
/**
 * `node test/outside/schemathesis.ts`: Schemathesis against both examples, with all checks, as nobody in particular, as a
 * customer or member and as an admin. Operations of the bookshop are not attacked in the clubhouse again, and
 * of what is alike in all collections, aggregates and exports, only those of a few. Exit 1 when an answer is a 5xx or is not in the
 * document, when a request that fits the document is refused without a stated reason, or when one that does not fit is taken.
 *
 *   --seed N        other requests; 1 when left out, so that a run in the gate is the same each time
 *   --examples N    requests per operation in the phase of random ones; 6 when left out
 *   --of EXAMPLE    bookshop or clubhouse alone
 *   --as WHO        guest, account or admin alone
 *   --plant         answers what the document does not say, to see that it is found: then exit 0 means that it was
 *
 * It needs `schemathesis` on the path: `pip install --no-deps -r test/outside/python-tools.txt`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createHttpClient, expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { address, signInAdmin, signUp } from '../support/shop.ts'

const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    examples: { type: 'string' },
    of: { type: 'string' },
    as: { type: 'string' },
    plant: { type: 'boolean' },
  },
})
const seed = Number(values.seed ?? 1)
const tries = values.examples ?? '6'

type OpenApi = { readonly paths: Readonly<Record<string, object>> }
type Who = 'guest' | 'account' | 'admin'
type Caller = { readonly who: Who; readonly token: string | null; readonly client: HttpClient }
/** Things that are there, for requests to be about: `ids` by collection. */
type World = { readonly ids: Readonly<Record<string, string>>; readonly line?: string; readonly cartToken?: string }
type Example = {
  readonly name: string
  readonly worldOf: (callers: { readonly admin: HttpClient; readonly own: HttpClient }) => Promise<World>
}

const examples: readonly Example[] = [
  { name: 'bookshop', worldOf: async ({ own }) => await bookshopWorld(own) },
  { name: 'clubhouse', worldOf: async ({ admin }) => await clubhouseWorld(admin) },
]
/** What each caller has attacked: paths, with their operations. */
const attacked = new Map<string, Set<string>>()
const spare = { email: 'spare@example.com', password: 'a long enough one' }
const steps: (() => unknown)[] = []
const scope = { after: (step: () => unknown) => void steps.push(step) }
process.exitCode = 1
try {
  const names = values.plant ? ['bookshop'] : examples.map(({ name }) => name)
  const asked = examples.filter(({ name }) => names.includes(name) && (values.of ?? name) === name)
  // What an admin may ask is most of it: the other two together take less.
  const shares = ([['admin'], ['guest', 'account']] as const).map((share) => share.filter((who: Who) => (values.as ?? who) === who))
  const found = await Promise.all(shares.map((share) => attackAs(share, asked)))
  const isClean = found.every((one) => one)
  console.log(isClean ? 'Nothing found.' : `Found something: node test/outside/schemathesis.ts --seed ${seed} finds it again.`)
  process.exitCode = isClean === (values.plant === true) ? 1 : 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
} finally {
  for (const step of steps.reverse()) await step()
}

/** One caller after the other, each in every example. */
async function attackAs(share: readonly Who[], asked: readonly Example[]): Promise<boolean> {
  let isClean = true
  for (const who of share) for (const example of asked) isClean = (await attackExample(example, who)) && isClean
  return isClean
}

/** On a server of their own. */
async function attackExample(example: Example, who: Who): Promise<boolean> {
  const config = values.plant ? plantedConfig() : join(root, 'examples', example.name, 'kingpost.config.ts')
  const server = await startServer(scope as never, { config })
  const admin = await signInAdmin(server)
  const account = await signUp(server.guest, 'somebody@example.com')
  await signUp(server.guest, spare.email)
  const callers: Readonly<Record<Who, Caller>> = {
    guest: { who, token: null, client: server.guest },
    account: { who, token: account.token, client: account },
    admin: { who, token: admin.headers['authorization']!.slice('Bearer '.length), client: admin },
  }
  const caller = callers[who]
  const world = { ...(await example.worldOf({ admin, own: caller.client })), url: server.url, spare, methods: await methodsOf(admin) }
  const isClean = await attack(server, caller, { ...world, title: `the ${example.name} as ${who}` })
  const problems = server
    .stderr()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))
  for (const line of problems) console.log(`The server logged an error: ${line.slice(0, 1_000)}`)
  await server.stop()
  return isClean && problems.length === 0
}

/** Those of the whole document, by path: what an admin is told. */
async function methodsOf(admin: HttpClient): Promise<Record<string, readonly string[]>> {
  const { paths } = expectStatus(await admin.get('/api/openapi.json'), 200).body as { paths: Record<string, object> }
  return Object.fromEntries(Object.entries(paths).map(([path, operations]) => [path, Object.keys(operations)]))
}

/** One piece of code answers them for each collection. */
function isAlike(path: string): boolean {
  const [, collection] = /^\/api\/(\w+)\/(?:aggregate|export)$/.exec(path) ?? []
  return collection !== undefined && !['products', 'orders', 'emails', 'figures', 'ledger'].includes(collection)
}

/** The document without the paths whose operations this caller has attacked before, in another example. */
function withoutAttacked(who: string, document: OpenApi): OpenApi {
  const before = attacked.get(who) ?? new Set()
  const keyOf = ([path, operations]: [string, object]) =>
    [path, ...Object.values(operations).map(({ operationId }: { readonly operationId: string }) => operationId)].join(' ')
  const paths = Object.entries(document.paths)
  attacked.set(who, new Set([...before, ...paths.map(keyOf)]))
  return { ...document, paths: Object.fromEntries(paths.filter((path) => !before.has(keyOf(path)) && !isAlike(path[0]))) }
}

async function attack(
  { url }: ServerProcess,
  { who, token }: Caller,
  { title, ...world }: World & { readonly title: string },
): Promise<boolean> {
  const headers = {
    ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    ...(world.cartToken === undefined ? {} : { 'Cart-Token': world.cartToken }),
  }
  // The address in the document is the one that people are told; requests go where the server is.
  const document = await createHttpClient(url, token === null ? {} : { authorization: `Bearer ${token}` }).get('/api/openapi.json')
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-schemathesis-'))
  steps.push(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'openapi.json')
  writeFileSync(file, JSON.stringify(withoutAttacked(who, document.body as OpenApi)))
  const words = ['--config-file', join(import.meta.dirname, 'schemathesis.toml'), 'run', file, '--url', url, '--checks', 'all']
  words.push('--phases', 'coverage,fuzzing,stateful', '--max-examples', tries, '--seed', String(seed), '--no-color', '--warnings', 'off')
  // In their places are those of schemathesis_hooks.py: they know the stated reasons for a refusal, and the methods of staff.
  words.push('--exclude-checks', 'positive_data_acceptance,negative_data_rejection,allow_header_conformance,unsupported_method')
  const child = spawn('schemathesis', words, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KINGPOST_WORLD: JSON.stringify({ ...world, headers }),
      SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'schemathesis_hooks.py'),
    },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (said += part))
  console.log(`Schemathesis against ${title}, seed ${seed}`)
  const [code] = await once(child, 'close').catch((error) => {
    throw new Error(`schemathesis cannot be run (${error.code}): pip install --no-deps -r test/outside/python-tools.txt`)
  })
  // Two run at once: each is told when it has ended.
  console.log(`What Schemathesis said of ${title}:\n${said}`)
  // 1 is a finding; anything else, and nothing was tried.
  if (code !== 0 && code !== 1) throw new Error(`Schemathesis ended with ${code}.`)
  return code === 0
}

async function bookshopWorld(client: HttpClient): Promise<World> {
  const names = ['products', 'variants', 'categories', 'shippingMethods']
  const ids: Record<string, string> = {}
  for (const name of names) ids[name] = expectStatus(await client.get(`/api/${name}?limit=1`), 200).body.items[0].id
  const cart = expectStatus(await client.post('/api/carts', { email: 'reader@example.com' }), 201).body
  const holder = client.with({ 'cart-token': cart.token })
  const { lines } = expectStatus(await holder.post(`/api/carts/${cart.id}/lines`, { variant: ids['variants'] }), 201).body
  const patch = { shippingAddress: address, shippingMethod: ids['shippingMethods'] }
  expectStatus(await holder.patch(`/api/carts/${cart.id}`, patch), 200)
  ids['carts'] = cart.id
  // Another cart's order, for what is asked of orders.
  const other = expectStatus(await holder.post('/api/carts', { email: 'reader@example.com' }), 201).body
  const its = client.with({ 'cart-token': other.token })
  expectStatus(await its.post(`/api/carts/${other.id}/lines`, { variant: ids['variants'] }), 201)
  expectStatus(await its.patch(`/api/carts/${other.id}`, patch), 200)
  const payment = { provider: 'sandbox', method: 'card_success' }
  const answer = expectStatus(await its.post(`/api/carts/${other.id}/checkout`, { payment }), 201).body
  ids['orders'] = answer.order.id
  ids['payments'] = answer.payment.id
  return { ids, line: lines[0].id, cartToken: cart.token }
}

async function clubhouseWorld(admin: HttpClient): Promise<World> {
  const first = async (name: string) => expectStatus(await admin.get(`/api/${name}?limit=1`), 200).body.items[0]?.id as string | undefined
  const made = async (name: string, body: object) => expectStatus(await admin.post(`/api/${name}`, body), 201).body.id as string
  const [teams, events] = [(await first('teams'))!, (await first('events'))!]
  const members = (await first('members')) ?? (await made('members', { name: 'Ada', team: teams }))
  const comments = await made('comments', { event: events, author: members, text: 'I bring cake.' })
  const { id: memberships, group: groups } = expectStatus(await admin.post('/api/groups/found', { title: 'Early rowers' }), 201).body
  const notices = await made('notices', { group: groups, text: 'At six.' })
  const groupInvitations = await made('groupInvitations', { group: groups, email: 'guest@club.example' })
  return { ids: { teams, events, members, comments, groups, memberships, notices, groupInvitations } }
}

/** The bookshop with one operation that answers otherwise than it says. */
function plantedConfig(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-planted-'))
  steps.push(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'kingpost.config.ts')
  writeFileSync(
    path,
    `import { anyone, defineBackend, query } from '${root}/src/index.ts'
     import { backend as bookshop } from '${root}/examples/bookshop/kingpost.config.ts'
     const planted = query({
       name: 'planted.ask', route: 'GET /api/planted', summary: 'Planted', access: anyone, isPresented: true,
       input: { type: 'object', properties: {}, additionalProperties: false } as never,
       output: { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] } as never,
       run: async () => ({ status: 202, output: { count: 1 } }),
     })
     const { storefront: _, ...rest } = bookshop
     export const backend = defineBackend({ ...rest, operations: [planted] })
    `,
  )
  return path
}
