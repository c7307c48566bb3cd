// API keys: what a key lets a program do, which is never more than its scopes name and never more than its maker may.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { limits } from '../../src/base/limits.ts'
import { hashSecret } from '../../src/base/secret.ts'
import { type ApiKey, apiKeys } from '../../src/domains/accounts/api-keys.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { keyOf } from '../../src/domains/accounts/key-form.ts'
import { forgetWayIn } from '../../src/domains/accounts/sign-in.ts'
import { categories } from '../../src/domains/catalog/categories.ts'
import { isClosedToKeys, scopeOf } from '../../src/operation/key-scope.ts'
import { routeOf } from '../../src/operation/routes.ts'
import { workIn } from '../../src/operation/work.ts'
import type { AnyRecord } from '../../src/schema/collection.ts'
import { type ApiRequest, openWorld, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const keysUrl = '/api/auth/keys'
const get = (url: string): ApiRequest => ({ method: 'GET', url })
const ask = (key: string, request: ApiRequest) =>
  world.request({ ...request, headers: { ...request.headers, authorization: `Bearer ${key}` } })
const make = async (as: 'owner' | 'other' | 'staff', scopes: readonly string[], more: object = {}) => {
  const answer = await world.call(as, { method: 'POST', url: keysUrl, body: { name: 'A program', scopes, ...more } })
  assert.equal(answer.status, 201, answer.text)
  return answer.body as { id: string; key: string; hint: string }
}
/** One that no request could make: with no scope, or with those of all. */
const plant = async (user: string, scopes: readonly string[]) => {
  const key = keyOf(world.engine.parts.newSecret('kp'))
  await world.write((tx) =>
    tx.insert(apiKeys, {
      id: world.engine.newId('key'),
      user,
      name: 'Planted',
      hash: hashSecret(key),
      hint: '',
      scopes,
      expiresAt: null,
      usedAt: null,
    }),
  )
  return key
}
const makeAdmin = () =>
  world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['staff']!))!, { set: { roles: ['admin', 'staff'] } }))

/** A request that reaches the operation: what it holds is wrong, and looked at later. */
function requestOf(operation: World['engine']['operations'][number]): ApiRequest {
  const { method, path } = routeOf(operation.route)
  return { method, url: path.replaceAll(/:\w+/g, 'x'), ...(method === 'GET' ? {} : { body: {} }) }
}

describe('a key', () => {
  test('is shown once, is found by scanners, and lies nowhere', async () => {
    const made = await make('owner', ['reviews:read'])
    assert.match(made.key, /^kp_[0-9A-Za-z]{49}$/)
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    const check = [...made.key.slice(-6)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
    assert.equal(check, crc32(made.key.slice(0, -6)))
    assert.equal((await ask(made.key, get('/api/reviews'))).status, 200)

    const listed = await world.call('owner', get(keysUrl))
    assert.deepEqual(
      listed.body.items.map(({ id, hint }: ApiKey) => [id, hint]),
      [[made.id, `kp_…${made.key.slice(-4)}`]],
    )
    assert.deepEqual((await world.call('other', get(keysUrl))).body.items, [])
    const { storage, model } = world.engine.parts
    await world.newest()
    const all = [...model.collections.values()].map((one) => storage.reader.find(one, { limit: 10_000 }))
    const atRest = JSON.stringify([...(await Promise.all(all)), await storage.commitsAfter(0, 10_000), world.log])
    assert.ok(atRest.includes(hashSecret(made.key)) && !atRest.includes(made.key) && !listed.text.includes(made.key))
    assert.ok(!JSON.stringify(await storage.commitsAfter(0, 10_000)).includes(hashSecret(made.key)), 'the log outlives the key')
  })

  test('that was cut, changed or sent as a cookie is nobody', async () => {
    const { key } = await make('owner', ['accounts.me'])
    const other = key.at(-1) === 'a' ? 'b' : 'a'
    assert.equal((await ask(key, get('/api/auth/me'))).status, 200)
    for (const wrong of [key.slice(0, -1), key.slice(0, -1) + other, key.toUpperCase(), key.replace('kp_', 'kps_')])
      assert.equal((await ask(wrong, get('/api/auth/me'))).status, 401, wrong)
    const cookie = { cookie: `kp_session=${key}` }
    assert.equal((await world.request({ ...get('/api/auth/me'), headers: cookie })).status, 401)
  })

  test('asks for a fresh proof to be made and for none to be ended, by its maker alone', async () => {
    const { id, key } = await make('owner', ['reviews:read', 'accounts.me'])
    await world.write((tx, now) => tx.touch(sessions, world.ids['ownerSession']!, { set: { provenAt: now - limits.freshProofMs - 1 } }))
    await world.clock.advance(limits.sessionRememberedMs)
    const again = await world.call('owner', { method: 'POST', url: keysUrl, body: { name: 'x', scopes: ['*:read'] } })
    assert.deepEqual([again.status, again.body.code], [403, 'proof_needed'])
    const end = (as: 'owner' | 'other') => world.call(as, { method: 'DELETE', url: `${keysUrl}/${id}` })
    assert.equal((await end('other')).status, 404)
    assert.equal((await ask(key, get('/api/auth/me'))).status, 200)
    assert.equal((await end('owner')).status, 204)
    assert.equal((await ask(key, get('/api/auth/me'))).status, 401)
  })

  test('ends at its time, with its maker, and is no more than they are', async () => {
    const soon = new Date(world.clock.now() + 60_000).toISOString()
    const past = await world.call('owner', {
      method: 'POST',
      url: keysUrl,
      body: { name: 'x', scopes: ['*:read'], expiresAt: soon.replace('2026', '2025') },
    })
    assert.deepEqual([past.status, past.body.errors[0].path], [400, '/expiresAt'])
    const { key } = await make('staff', ['accounts.me', 'audit.read'], { expiresAt: soon })
    const change = (set: Readonly<Record<string, unknown>>) =>
      world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['staff']!))!, { set }))
    const statuses = async () => [(await ask(key, get('/api/auth/me'))).status, (await ask(key, get('/api/audit'))).status]
    assert.deepEqual(await statuses(), [200, 200])
    await change({ roles: [] })
    assert.deepEqual(await statuses(), [200, 403])
    await change({ roles: ['staff'], disabled: true })
    assert.deepEqual(await statuses(), [401, 401])
    await change({ disabled: false })
    assert.deepEqual(await statuses(), [200, 200])
    await world.clock.advance(60_000)
    assert.deepEqual(await statuses(), [401, 401])
  })

  test('has names of scopes that there are, and there are only so many', async () => {
    const wrong = await world.call('owner', { method: 'POST', url: keysUrl, body: { name: 'x', scopes: ['*:read', 'review:read'] } })
    assert.deepEqual([wrong.status, wrong.body.errors[0].path], [400, '/scopes/1'])
    assert.match(wrong.body.errors[0].message, /reviews:read/)
    for (const scope of ['accounts.createKey', 'accounts.updateUser', 'accounts.logIn', 'batch.run', '*', 'passwords:read'])
      assert.equal((await world.call('owner', { method: 'POST', url: keysUrl, body: { name: 'x', scopes: [scope] } })).status, 400, scope)
    const keep = limits.apiKeysMax - 1
    for (let count = 0; count < keep; count++) await plant(world.ids['owner']!, [])
    const two = await Promise.all(
      [1, 2].map(() => world.call('owner', { method: 'POST', url: keysUrl, body: { name: 'x', scopes: ['*:read'] } })),
    )
    assert.deepEqual(two.map(({ status }) => status).sort(), [201, 409])
  })

  test('says when it was last used, and its maker is known by it in the audit trail', async () => {
    const { id, key } = await make('owner', ['accounts.me', 'notes:write'])
    const note = await ask(key, { method: 'POST', url: '/api/notes', body: { title: 'By a program' } })
    assert.equal(note.status, 201, note.text)
    const used = async () => (await world.call('owner', get(keysUrl))).body.items[0].usedAt
    assert.equal(await used(), null)
    await world.write((tx, now) => tx.touch(apiKeys, id, { set: { usedAt: now - limits.useNotedMs } }))
    await world.clock.advance(limits.sessionRememberedMs)
    const before = await used()
    assert.equal((await ask(key, get('/api/auth/me'))).status, 200)
    await world.clock.advance(limits.usesWrittenMs)
    await eventually('the use is written', async () => (await used()) > before)
    for (const actor of [id, world.ids['owner']]) {
      const { body } = await world.call('staff', get(`/api/audit?collection=notes&record=${note.body.id}&actor=${actor}`))
      assert.deepEqual([body.items[0].actor, body.items[0].key, body.items[0].operation], [world.ids['owner'], id, 'notes.create'])
    }
  })

  test('has a pace of its own', async () => {
    const limited = await openWorld({ isRateLimited: true })
    try {
      const made = await limited.call('owner', { method: 'POST', url: keysUrl, body: { name: 'x', scopes: ['reviews:read'] } })
      const headers = { authorization: `Bearer ${made.body.key}` }
      const left = (answer: { headers: object }) => /r=(\d+)/.exec(String((answer.headers as Record<string, unknown>)['ratelimit']))?.[1]
      const list = () => limited.call('owner', get('/api/reviews'))
      await list()
      assert.equal(left(await list()), '1198')
      assert.equal(left(await limited.request({ ...get('/api/reviews'), headers })), '1199')
    } finally {
      await limited.close()
    }
  })

  test('ends with every way into an account whose address somebody else shows to be theirs', async () => {
    const { key } = await make('owner', ['accounts.me'])
    await world.write((tx, now) => forgetWayIn(workIn(world.engine.parts, tx, now), world.ids['owner']!))
    assert.equal((await ask(key, get('/api/auth/me'))).status, 401)
  })

  test('shares no answer kept for an Idempotency-Key with its maker', async () => {
    const { key } = await make('owner', ['notes:write'])
    const request: ApiRequest = {
      method: 'POST',
      url: '/api/notes',
      body: { title: 'Once' },
      headers: { 'idempotency-key': 'of-one-caller' },
    }
    const [first, second] = [await ask(key, request), await world.call('owner', request)]
    assert.deepEqual([first.status, second.status], [201, 201])
    assert.notEqual(first.body.id, second.body.id)
  })
})

describe('every operation', () => {
  test('is refused to a key without its scope, which the answer names; those of accounts to every key', async () => {
    await makeAdmin()
    const [none, all] = [await plant(world.ids['staff']!, []), await plant(world.ids['staff']!, ['*:read', '*:write'])]
    const told: string[] = []
    for (const operation of world.engine.operations) {
      // What another site's page sends is nobody's, whatever it shows.
      if (operation.isFromElsewhere) continue
      const needed = scopeOf(operation)
      const { status, body } = await ask(none, requestOf(operation))
      if (isClosedToKeys(operation)) assert.deepEqual([status, body.code], [403, 'forbidden'], operation.name)
      else if (needed === null) told.push(operation.name)
      else assert.deepEqual([status, body?.code, body?.params], [403, 'scope_missing', { scope: needed }], operation.name)
      // What is no collection's is in no `*`.
      const wide = await ask(all, requestOf(operation))
      if (needed !== null && !needed.includes(':')) assert.equal(wide.status, 403, operation.name)
      else if (!isClosedToKeys(operation)) assert.notEqual(wide.body?.code, 'scope_missing', operation.name)
    }
    assert.deepEqual(told.sort(), [
      'batch.run',
      'changes.watch',
      'emails.askUnsubscribe',
      'emails.receiveHook',
      'files.download',
      'files.link',
      'orders.download',
    ])
  })

  test('of accounts is closed to keys, but for their store credit', () => {
    const open = world.engine.operations.filter(
      (operation) =>
        /\/api\/(auth|users|invitations)\b/.test(operation.route) &&
        !isClosedToKeys(operation) &&
        !['users:read', 'invitations:read'].includes(String(scopeOf(operation))),
    )
    assert.deepEqual(
      open.map(({ name }) => name),
      ['accounts.me', 'credit.give', 'credit.mine'],
    )
  })
})

describe('a batch', () => {
  test('holds each of its steps to the scopes', async () => {
    const { key } = await make('owner', ['notes:write'])
    const step = (path: string) => ({ method: 'POST', path, body: { title: 'In a batch' } })
    const run = (...operations: object[]) => ask(key, { method: 'POST', url: '/api/batch', body: { operations } })
    assert.equal((await run(step('/api/notes'))).status, 200)
    const refused = await run(step('/api/notes'), { method: 'POST', path: '/api/reviews', body: {} })
    assert.deepEqual([refused.status, refused.body.code, refused.body.params], [403, 'scope_missing', { scope: 'reviews:write' }])
    assert.equal(refused.body.errors[0].path, '/operations/1')
  })
})

describe('what is out of scope', () => {
  /** With other rows where the key may not look. */
  const differing = async (differ: boolean) => {
    const own = await openWorld({ seed: 7 })
    await own.write(async (tx) => {
      const tag = (await tx.get(categories, own.ids['fiction']!))!
      const note = (await tx.find<AnyRecord>({ name: 'notes' }, { sort: [{ path: 'id', descending: false }], limit: 1 }))[0]!
      await tx.update<AnyRecord>({ name: 'notes' }, note, { set: { tags: [tag.id] } })
      if (differ) await tx.update(categories, tag, { set: { title: 'Hidden', slug: 'hidden' } })
    })
    return own
  }
  const questions = [
    '/api/notes',
    '/api/notes?expand=tags,owner',
    '/api/notes?expand=children',
    '/api/notes?filter[tags.title]=Hidden',
    '/api/notes?filter[tags.slug]=hidden',
    '/api/notes?sort=tags.title',
    '/api/notes/aggregate?group=tags.title',
    '/api/categories',
    '/api/categories/‹fiction›',
    '/api/changes?collections=categories',
    '/api/changes?collections=notes,categories',
    '/api/changes?collections=notes&filter[tags.title]=Hidden',
  ]

  test('is hidden as what a rule hides: two worlds that differ only there answer alike', async () => {
    const worlds = [await differing(false), await differing(true)]
    try {
      const answers = await Promise.all(
        worlds.map(async (one) => {
          const answer = await one.call('staff', { method: 'POST', url: keysUrl, body: { name: 'x', scopes: ['notes:read'] } })
          const headers = { authorization: `Bearer ${answer.body.key}` }
          const told: string[] = []
          for (const url of questions) {
            const { status, text } = await one.request({ method: 'GET', url: url.replace('‹fiction›', one.ids['fiction']!), headers })
            told.push(`${url} ${status} ${text.replace(/"requestId":"[^"]*"|^id: .*/gm, '')}`)
          }
          // A place in the feed is sealed, and on a server one transaction may come before another.
          // The session of its maker tells them apart.
          assert.match((await one.call('staff', get('/api/notes?expand=tags'))).text, one === worlds[1] ? /Hidden/ : /Fiction/)
          return told
        }),
      )
      assert.deepEqual(answers[0], answers[1])
      assert.match(answers[0]![0]!, / 200 /)
      assert.ok(!answers[0]!.some((one) => / 500 |Fiction/.test(one)), answers[0]!.join('\n'))
    } finally {
      for (const one of worlds) await one.close()
    }
  })
})
