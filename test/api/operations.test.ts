// The operations as a table: names and routes are unique, what an operation declares is well-formed, and
// the codes its source throws are the ones it declares.
// slow: mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { errorCodes } from '../../src/contract/error-codes.ts'
import type { Operation } from '../../src/operation/define.ts'
import { openWorld, type World } from '../support/api-harness.ts'

let world: World
let operations: readonly Operation[]
before(async () => {
  world = await openWorld()
  operations = world.engine.operations
})
after(() => world.close())

test('names and routes are unique, and two routes never answer one address', () => {
  assert.equal(new Set(operations.map(({ name }) => name)).size, operations.length)
  const shapes = operations.map(({ route }) => route.replace(/:\w+/g, ':'))
  assert.deepEqual(
    shapes.filter((shape, index) => shapes.indexOf(shape) !== index),
    [],
  )
})

test('an id says of which collection it is', () => {
  const prefixes = [...world.engine.parts.model.collections.values()].map(({ prefix }) => prefix)
  assert.deepEqual(
    prefixes.filter((prefix, index) => prefixes.indexOf(prefix) !== index),
    [],
  )
})

/** Where a browser is sent by a link and comes back from another site: that must be a GET, it keeps what it began, and whoever sends it adds words. */
const ofProviders = ['accounts.startOAuth', 'accounts.finishOAuth']

test('names are noun.verb, routes are under /api, reads are GET and changes are not', () => {
  for (const { name, route, kind, summary } of operations) {
    assert.match(name, /^[a-z][a-zA-Z]*\.[a-z][a-zA-Z]*$/)
    if (ofProviders.includes(name)) continue
    assert.match(route, /^((GET|POST|PATCH|DELETE) \/api\/[\w/:.-]+|GET \/metrics)$/)
    // A link in a mail or on a page is opened by GET, and its use is counted.
    const isCounted = name === 'orders.download'
    assert.equal(kind === 'query' || isCounted, route.startsWith('GET '), name)
    assert.match(summary, /^[A-Z].*[^.]$/, name)
  }
})

test('inputs refuse what they do not know, and hold every parameter of the address', () => {
  for (const { name, route, input } of operations) {
    const {
      additionalProperties,
      properties = {},
      required = [],
    } = input as { additionalProperties?: unknown; properties?: object; required?: string[] }
    assert.equal(additionalProperties, name === 'accounts.finishOAuth', name)
    for (const [, parameter] of route.matchAll(/:(\w+)/g)) {
      assert.ok(Object.hasOwn(properties, parameter!), `${name} has no ${parameter}`)
      assert.ok(required.includes(parameter!), `${name} does not require ${parameter}`)
    }
  }
})

test('declared errors are codes of the table, each once', () => {
  for (const { name, errors = [] } of operations) {
    assert.equal(new Set(errors).size, errors.length, name)
    for (const code of errors) assert.ok(Object.hasOwn(errorCodes, String(code)), `${name}: ${code}`)
  }
})

test('operations on one record declare that there may be none', () => {
  for (const { name, route, errors = [] } of operations) if (/\/:id/.test(route)) assert.ok(errors.includes('not_found'), name)
})
