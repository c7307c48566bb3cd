// proves P-006: each way by which a hidden value could once be learned, asked as it was found. The generator of
// hidden-data.test.ts looks for others of the kind.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type As, openWorld, type World } from '../support/api-harness.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const ask = (as: As, method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  world.call(as, { method, url, headers, ...(body === undefined ? {} : { body }) })
const publicNote = () => `/api/notes/${world.ids['publicNote']}`

describe('validators', () => {
  test('a change of hidden fields alone moves nothing that others see', async () => {
    const before = await ask('owner', 'GET', publicNote())
    await world.clock.advance(5_000)
    const changed = await ask('staff', 'PATCH', publicNote(), { score: 8 })
    assert.equal(changed.body.score, 8)
    for (const as of ['guest', 'other', 'owner'] as const) {
      const after = await ask(as, 'GET', publicNote())
      assert.deepEqual([after.text, after.headers['etag']], [before.text, before.headers['etag']], as)
    }
    const etag = String(before.headers['etag'])
    assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: 1 }, { 'if-match': etag })).status, 200)
    assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: 2 }, { 'if-match': etag })).status, 412)
  })

  test('staff are told of it, and nobody is told how often', async () => {
    const before = await ask('staff', 'GET', publicNote())
    await world.clock.advance(5_000)
    await ask('staff', 'PATCH', publicNote(), { score: 8 })
    const after = await ask('staff', 'GET', publicNote())
    assert.notEqual(after.headers['etag'], before.headers['etag'])
    assert.notEqual(after.body.updatedAt, before.body.updatedAt)
    for (const as of ['guest', 'staff'] as const)
      for (const query of ['?sort=version', '?filter[version]=1', '?fields=version'])
        assert.equal((await ask(as, 'GET', `/api/notes${query}`)).body.errors[0].code, 'unknown_field')
    for (const query of ['?sort=updatedAt', '?filter[updatedAt][gte]=2026-01-01', '?fields=updatedAt']) {
      assert.equal((await ask('other', 'GET', `/api/notes${query}`)).body.errors[0].code, 'unknown_field')
      assert.equal((await ask('staff', 'GET', `/api/notes${query}`)).status, 200)
    }
  })

  test('what one caller has is not said to be good for another', async () => {
    const { headers } = await ask('staff', 'GET', publicNote())
    assert.equal((await ask('other', 'GET', publicNote(), undefined, { 'if-none-match': String(headers['etag']) })).status, 200)
    assert.equal((await ask('staff', 'GET', publicNote(), undefined, { 'if-none-match': String(headers['etag']) })).status, 304)
    for (const name of ['authorization', 'cookie', 'cart-token'])
      assert.ok(String(headers['vary']).toLowerCase().split(', ').includes(name), String(headers['vary']))
    assert.equal(headers['cache-control'], 'private, no-cache')
    assert.equal((await ask('owner', 'POST', '/api/carts', {})).headers['cache-control'], 'no-store')
  })

  test('If-Match takes the tag of any selection of fields', async () => {
    for (const query of ['?fields=title', '?expand=parent', '']) {
      const etag = String((await ask('owner', 'GET', `${publicNote()}${query}`)).headers['etag'])
      assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: query.length }, { 'if-match': etag })).status, 200, query)
      assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: 99 }, { 'if-match': etag })).status, 412, query)
    }
  })
})
