// proves P-030: the document is valid, and about every route, header and answer there is.
// The OpenAPI document: valid, and about every route there is and no other. That bodies fit it is
// asserted in each scenario row and for each refusal (support/fits-document.ts).
// slow: mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setMetaSchemaOutputFormat } from '@hyperjump/json-schema'
import { validate } from '@hyperjump/json-schema/openapi-3-1'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApiDocument } from '../../src/http/openapi.ts'
import { type As, openWorld, type World } from '../support/api-harness.ts'

type Document = {
  openapi: string
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, Response>; parameters?: { $ref: string }[]; requestBody?: Body }>
  >
  components: {
    schemas: Record<string, { properties: Record<string, unknown> }>
    parameters: Record<string, { name: string; in: string }>
    responses: Record<string, Response>
  }
}
type Response = { $ref?: string; headers?: object }
type Body = { required: boolean; content: Record<string, { schema: { properties: object } }> }

let world: World
let document: Document
let publicDocument: Document
const read = async (as: As): Promise<Document> => (await world.call(as, { method: 'GET', url: '/api/openapi.json' })).body
before(async () => {
  world = await openWorld()
  document = await read('staff')
  publicDocument = await read('guest')
})
after(() => world.close())

test('is valid OpenAPI 3.1', async () => {
  setMetaSchemaOutputFormat('BASIC')
  for (const one of [document, publicDocument]) {
    const result = await validate('https://spec.openapis.org/oas/3.1/schema-base', one as never, 'BASIC')
    assert.ok(result.valid, JSON.stringify(result).slice(0, 2_000))
  }
  assert.equal(document.openapi, '3.1.0')
})

test('describes every route of the router and no other', () => {
  // The pages of any reader, and the operations of a reader to whom nothing is closed.
  const whole = openApiDocument(world.engine.operations, [], { name: '', version: '', publicUrl: '' }) as unknown as Document
  const described = Object.entries({ ...publicDocument.paths, ...whole.paths }).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const { app } = world.server
  for (const route of described) {
    const [method, path] = route.split(' ') as [string, string]
    assert.ok(app.hasRoute({ method: method as 'GET', url: path.replaceAll(/\{(\w+)\}/g, ':$1') }), `${route} is described and not served`)
  }
  assert.deepEqual(routesOf(app.printRoutes({ commonPrefix: false })).toSorted(), described.toSorted())
})

function parameterAt({ $ref }: { $ref: string }): { name: string; in: string } {
  return document.components.parameters[$ref.split('/').at(-1)!]!
}
const parametersOf = (method: string, path: string, of = document) =>
  (of.paths[path]![method]!.parameters ?? []).map(parameterAt).map(({ name }) => name)

/** Fastify's tree of routes as lines `GET /api/notes/{id}`. */
function routesOf(tree: string): string[] {
  const routes: string[] = []
  const parts: string[] = []
  for (const line of tree.split('\n')) {
    const match = /^([│ ]*)(?:├|└)── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line)
    if (!match) continue
    const depth = match[1]!.length / 4
    parts.length = depth
    parts.push(match[2]!)
    const path = parts.join('').replaceAll(/:(\w+)/g, '{$1}')
    // HEAD is wherever GET is: HTTP says so, and a document need not.
    for (const method of (match[3]?.split(', ') ?? []).filter((one) => one !== 'HEAD')) routes.push(`${method} ${path}`)
  }
  return routes
}

test('names each operation once, every parameter of its address, and no hidden field', () => {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  )
  assert.equal(new Set(all.map(({ operationId }) => operationId)).size, all.length)
  for (const { path, parameters = [], operationId } of all) {
    const inPath = parameters
      .map(parameterAt)
      .filter((one) => one.in === 'path')
      .map(({ name }) => name)
    assert.deepEqual(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
      operationId,
    )
  }
  assert.doesNotMatch(JSON.stringify(document), /tokenHash|passwords|idempotencyKeys|\$id/)
})

test('has one Money, for amounts of either sign', () => {
  const money = document.components.schemas['Money'] as unknown as { properties: { amount: { minimum: number } } }
  assert.equal(money.properties.amount.minimum, Number.MIN_SAFE_INTEGER)
})

test('is, for who is no staff, about what they may come to use', async () => {
  assert.deepEqual(await read('other'), publicDocument)
  const hidden = ['/metrics', '/api/schema', '/api/effects', '/api/stockLevels', '/api/ledgerEntries', '/api/webhookInbox']
  for (const path of hidden) assert.ok(document.paths[path] && !publicDocument.paths[path], path)
  assert.deepEqual(Object.keys(publicDocument.paths['/api/products']!), ['get'])
  assert.deepEqual(Object.keys(document.paths['/api/products']!), ['get', 'post'])
  assert.deepEqual(Object.keys(publicDocument.paths['/api/notes/{id}']!), ['get', 'patch', 'delete'])
  assert.doesNotMatch(JSON.stringify(publicDocument), /stockLevels|webhookInbox|"score|\[scored?\]|"disabled"/)
  assert.ok(document.components.schemas['notes']!.properties['score'])
  assert.ok(parametersOf('get', '/api/notes').includes('filter[score][gte]'))
})

test('has what asks for a fresh proof of who somebody is, and says so', () => {
  for (const one of [document, publicDocument]) {
    const { $ref } = one.paths['/api/auth/keys']!['post']!.responses['403']!
    assert.match(JSON.stringify(one.components.responses[$ref!.split('/').at(-1)!]), /proof_needed/)
  }
  const { $ref } = document.paths['/api/auth/me']!['get']!.responses['403']!
  const text = JSON.stringify(document.components.responses[$ref!.split('/').at(-1)!])
  assert.match(text, /scope_missing/)
  assert.doesNotMatch(text, /proof_needed/)
})

test('is told anew to whom became staff, and no cache gives it to another', async () => {
  const [guest, staff] = await Promise.all(
    (['guest', 'staff'] as const).map((as) => world.call(as, { method: 'GET', url: '/api/openapi.json' })),
  )
  assert.notEqual(guest!.headers['etag'], staff!.headers['etag'])
  assert.match(String(staff!.headers['vary']), /Authorization, Cookie/)
  assert.equal(staff!.headers['cache-control'], 'private, no-cache')
})

test('names filters one by one, search where there is something to search, and both media types of a patch', () => {
  const filters = parametersOf('get', '/api/notes').filter((name) => name.startsWith('filter'))
  for (const name of [
    '[id]',
    '[id][in]',
    '[title][contains]',
    '[rank][gte]',
    '[rank][null]',
    '[due][lt]',
    '[isPublic]',
    '[kind][in]',
    '[tags]',
  ])
    assert.ok(filters.includes(`filter${name}`), name)
  for (const name of ['filter', 'filter[meta]', 'filter[version]', 'filter[title][null]']) assert.ok(!filters.includes(name), name)
  assert.ok(parametersOf('get', '/api/products').includes('search'))
  assert.ok(!parametersOf('get', '/api/payments').includes('search'))
  const body = document.paths['/api/notes/{id}']!['patch']!.requestBody!
  assert.deepEqual([body.required, Object.keys(body.content)], [true, ['application/json', 'application/merge-patch+json']])
})

test('every body has an example that fits it, and every object with parts has a name', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'document')
  let count = 0
  const bodies = (part: unknown, at: string): void => {
    if (typeof part !== 'object' || part === null) return
    const { schema, example } = part as { schema?: object; example?: unknown }
    if (example !== undefined) {
      count++
      const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'))
      assert.ok(ajv.validate(rooted, example), `${at}: ${ajv.errorsText()} in ${JSON.stringify(example)}`)
    }
    for (const [key, inner] of Object.entries(part)) if (key !== 'example') bodies(inner, `${at}/${key}`)
  }
  bodies(document, '')
  assert.ok(count > 100, `${count} examples`)
  const nameless = (part: unknown, at: string): string[] => {
    if (typeof part !== 'object' || part === null) return []
    const { type, properties } = part as { type?: unknown; properties?: unknown }
    const isNamed = /^\/components\/schemas\/\w+$/.test(at)
    const own = type === 'object' && properties !== undefined && !isNamed ? [at] : []
    return [...own, ...Object.entries(part).flatMap(([key, inner]) => (key === 'example' ? [] : nameless(inner, `${at}/${key}`)))]
  }
  assert.deepEqual(nameless(document, ''), [])
})

test('names the headers that calls turn on', () => {
  const named = new Set(
    Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).flatMap((method) => parametersOf(method, path))),
  )
  for (const name of ['Idempotency-Key', 'If-Match', 'If-None-Match', 'Last-Event-ID']) assert.ok(named.has(name), name)
  assert.ok(parametersOf('patch', '/api/carts/{id}').includes('If-Match'))
  assert.ok(parametersOf('get', '/api/changes').includes('Last-Event-ID'))
  const created = document.paths['/api/notes']!['post']!.responses
  assert.deepEqual(Object.keys(created['201']!.headers!), ['ETag', 'Location', 'Idempotent-Replayed'])
  const limited = document.components.responses[created['429']!.$ref!.split('/').at(-1)!]!
  assert.deepEqual(Object.keys(limited.headers!), ['Retry-After'])
})

test('a field that the caller cannot set is offered neither in the document nor in the schema', async () => {
  const offered = (name: string) => document.components.schemas[name]!.properties
  for (const given of [offered('ProductsCreate'), offered('ProductsUpdate')])
    assert.deepEqual(['price' in given, 'title' in given], [false, true])
  const { items } = (await world.call('staff', { method: 'GET', url: '/api/schema' })).body
  const fieldOf = (collection: string, field: string) =>
    items.find(({ name }: { name: string }) => name === collection).fields.find(({ name }: { name: string }) => name === field)
  assert.equal(fieldOf('products', 'price').writable, false)
  assert.equal(fieldOf('products', 'title').writable, true)
  assert.equal(fieldOf('variants', 'available').writable, false)
  assert.equal(items.find(({ name }: { name: string }) => name === 'orders').prefix, 'ord')
  assert.deepEqual([fieldOf('variants', 'price').writable, fieldOf('variants', 'price').currency], [true, 'EUR'])
  assert.equal(fieldOf('orders', 'email').writable, false)
})
