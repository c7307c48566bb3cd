// The OpenAPI document: valid, and about every route there is and no other. That bodies fit it is
// asserted in each scenario row and for each refusal (support/fits-document.ts).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setMetaSchemaOutputFormat } from '@hyperjump/json-schema'
import { validate } from '@hyperjump/json-schema/openapi-3-1'
import { openWorld, type World } from '../support/api-harness.ts'

type Document = {
  openapi: string
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, unknown>; parameters?: { name: string; in: string }[] }>
  >
  components: { schemas: Record<string, unknown> }
}

let world: World
let document: Document
before(async () => {
  world = await openWorld()
  document = (await world.request({ method: 'GET', url: '/api/openapi.json' })).body
})
after(() => world.close())

test('is valid OpenAPI 3.1', async () => {
  setMetaSchemaOutputFormat('BASIC')
  const result = await validate('https://spec.openapis.org/oas/3.1/schema-base', document as never, 'BASIC')
  assert.ok(result.valid, JSON.stringify(result).slice(0, 2_000))
  assert.equal(document.openapi, '3.1.0')
})

test('describes every route of the router and no other', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const { app } = world.server
  for (const route of described) {
    const [method, path] = route.split(' ') as [string, string]
    assert.ok(app.hasRoute({ method: method as 'GET', url: path.replaceAll(/\{(\w+)\}/g, ':$1') }), `${route} is described and not served`)
  }
  assert.deepEqual(routesOf(app.printRoutes({ commonPrefix: false })).toSorted(), described.toSorted())
})

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
    const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name)
    assert.deepEqual(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
      operationId,
    )
  }
  assert.doesNotMatch(JSON.stringify(document), /tokenHash|passwords|idempotencyKeys|\$id/)
})

test('has one Money, for amounts of either sign', () => {
  const money = document.components.schemas['Money'] as { properties: { amount: { minimum: number } } }
  assert.equal(money.properties.amount.minimum, Number.MIN_SAFE_INTEGER)
})
