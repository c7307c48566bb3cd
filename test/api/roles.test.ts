// Roles of people who run it: what each may, that nobody gives more than they have, and that an owner stays.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { hashSecret } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { issueProof } from '../../src/domains/accounts/proofs.ts'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import type { ConfigError } from '../../src/engine/backend.ts'
import { workIn } from '../../src/operation/work.ts'
import { type ApiRequest, checkOut, fillCart, openApi, openWorld, testConfig, type World } from '../support/api-harness.ts'

const roles = { packer: { may: ['orders:read', 'stock.adjustLevel', 'webhooks.create'] } } as const
const config = { ...testConfig, roles, accounts: { secondFactorFor: ['strict'] } }
let world: World
beforeEach(async () => {
  world = await openWorld({ config: { ...config, roles: { ...roles, strict: { may: ['*:read'] } } } })
})
afterEach(() => world.close())

/** Somebody with these roles, signed in. */
async function person(name: string, given: readonly string[], more: { readonly emailVerified?: boolean } = {}) {
  const id = world.engine.newId('usr')
  await world.write(async (tx, now) => {
    await tx.insert(users, {
      id,
      email: `${name}@example.com`,
      name,
      roles: given,
      emailVerified: true,
      disabled: false,
      customerGroup: null,
      ...more,
    })
    await tx.insert(sessions, {
      id: world.engine.newId('ses'),
      user: id,
      tokenHash: hashSecret(`kps_${name}`),
      expiresAt: now + 86_400_000,
      origin: '127.0.0.1',
      userAgent: null,
      ways: ['password'],
      provenAt: now,
      usedAt: null,
    })
  })
  const ask = (method: string, url: string, body?: unknown) =>
    world.request({ method, url, headers: { authorization: `Bearer kps_${name}` }, ...(body === undefined ? {} : { body }) })
  return {
    id,
    ask,
    get: (url: string) => ask('GET', url),
    patch: (user: string, body: unknown) => ask('PATCH', `/api/users/${user}`, body),
  }
}
/** An unpaid order of the owner. */
const anOrder = async () => (await checkOut(world, 'owner', await fillCart(world, 'owner'))).body.order.id as string
let count = 0
const anybody = (given: readonly string[]) => person(`person${++count}`, given)
const rolesOf = async (id: string) => (await world.engine.parts.storage.reader.get(users, id))!.roles
/** As the first start makes one. */
async function anOwner(name = 'boss') {
  const boss = await person(name, [])
  const first = await person(`maker-of-${name}`, ['admin'])
  assert.equal((await first.patch(boss.id, { roles: ['owner'] })).status, 200)
  await first.patch(first.id, { roles: [] })
  return boss
}

describe('a role of the config', () => {
  test('is staff for what it names, and a customer elsewhere', async () => {
    const packer = await person('packer', ['packer'])
    const customer = await person('customer', [])
    const order = await anOrder()
    assert.equal((await packer.get(`/api/orders/${order}`)).status, 200)
    assert.ok((await packer.get('/api/orders')).body.items.length > 0)
    assert.equal((await packer.get('/api/orders/export?format=csv')).status, 200)
    for (const path of ['emails', 'payments', 'effects', 'users?fields=id,disabled', 'audit'])
      assert.equal(
        (await packer.get(`/api/${path}`)).text.replace(/test-\w+/, ''),
        (await customer.get(`/api/${path}`)).text.replace(/test-\w+/, ''),
        path,
      )
    const level = world.ids['variantLevel']!
    assert.equal((await packer.ask('PATCH', `/api/stockLevels/${level}`, { onHand: 12 })).status, 200)
    assert.ok((await packer.ask('POST', `/api/orders/${order}/cancel`, {})).status >= 403)
    // Named by a role, an operation for admins is for its holders.
    assert.notEqual((await packer.ask('POST', '/api/webhooks', { url: 'x' })).status, 403)
    assert.equal((await packer.ask('POST', '/api/carts', {})).status, 201)
  })

  test('shows nothing through references, streams and aggregates that it does not name', async () => {
    await anOrder()
    const packer = await person('packer', ['packer'])
    const expanded = await packer.get('/api/orders?expand=customer')
    assert.equal(expanded.body.items[0].customer, world.ids['owner'])
    assert.equal((await packer.get('/api/users')).body.items.length, 1)
    assert.equal((await packer.get('/api/orders?filter[customer.disabled]=false')).status, 400)
    assert.deepEqual((await packer.get('/api/orders?filter[customer.email]=owner@example.com')).body.items, [])
    assert.equal((await packer.get('/api/changes?collections=orders')).status, 200)
    assert.equal((await packer.get('/api/changes?collections=emails')).status, 403)
    assert.equal((await packer.get('/api/orders/aggregate?group=status')).status, 200)
    assert.equal((await packer.get('/api/emails/aggregate?group=status')).status, 403)
    const batch = await packer.ask('POST', '/api/batch', {
      operations: [{ method: 'PATCH', path: `/api/stockLevels/${world.ids['variantLevel']}`, body: { onHand: 3 } }],
    })
    assert.equal(batch.status, 200, batch.text)
  })

  test('reads all and changes nothing, or also does what support does', async () => {
    const reader = await person('reader', ['reader'])
    const support = await person('support', ['support'])
    for (const path of ['orders', 'emails', 'payments', 'effects', 'stockLevels', 'audit', 'ledger/balances', 'schema'])
      for (const who of [reader, support]) assert.equal((await who.get(`/api/${path}`)).status, 200, path)
    assert.equal((await reader.get('/api/users')).body.items.length > 3, true)
    assert.equal('disabled' in (await reader.get('/api/users')).body.items[0], true)
    const level = `/api/stockLevels/${world.ids['variantLevel']}`
    for (const who of [reader, support]) {
      assert.equal((await who.ask('PATCH', level, { onHand: 1 })).status, 403)
      assert.equal((await who.patch(world.ids['other']!, { disabled: true })).status, 403)
      assert.equal((await who.ask('POST', '/api/webhooks', { url: 'https://receiver.example' })).status, 403)
      assert.ok((await who.ask('DELETE', `/api/categories/${world.ids['science']}`)).status >= 403)
    }
    const order = `/api/orders/${await anOrder()}`
    assert.equal((await reader.ask('POST', `${order}/cancel`, {})).status, 404)
    assert.equal((await support.ask('POST', `${order}/cancel`, {})).status, 200)
  })

  test('is told what it may, for the console', async () => {
    const may = async (...given: string[]) => new Set((await (await anybody(given)).get('/api/schema')).body.may as string[])
    assert.ok((await may('admin')).has('accounts.updateUser'))
    assert.ok(!(await may('staff')).has('accounts.updateUser'))
    const packer = await may('packer')
    assert.deepEqual([packer.has('stock.adjustLevel'), packer.has('refunds.retry'), packer.has('webhooks.create')], [true, false, true])
    assert.deepEqual(
      [...(await may('reader'))].filter((name) => /\.(retry|cancel|create|update|delete)/i.test(name)),
      [],
    )
    assert.equal((await (await anybody([])).get('/api/schema')).status, 403)
    const schema = (await (await anybody(['packer'])).get('/api/schema')).body.items as { name: string; can: { update: boolean } }[]
    assert.equal(
      schema.some(({ name }) => name === 'emails'),
      false,
    )
    assert.equal(schema.find(({ name }) => name === 'products')!.can.update, false)
    assert.deepEqual(
      [(await (await anybody(['packer'])).get('/api/auth/me')).body.isStaff, (await (await anybody([])).get('/api/auth/me')).body.isStaff],
      [true, false],
    )
  })

  test('gives its rights to the API key of its holder, as far as the key goes', async () => {
    const order = await anOrder()
    const support = await person('support', ['support'])
    const key = (await support.ask('POST', '/api/auth/keys', { name: 'k', scopes: ['orders:read', 'orders.cancel', 'stock.adjustLevel'] }))
      .body.key
    const ask = (request: ApiRequest) => world.request({ ...request, headers: { authorization: `Bearer ${key}` } })
    assert.ok((await ask({ method: 'GET', url: '/api/orders' })).body.items.length > 0)
    assert.equal((await ask({ method: 'GET', url: '/api/emails' })).status, 403)
    assert.equal((await ask({ method: 'PATCH', url: `/api/stockLevels/${world.ids['variantLevel']}`, body: { onHand: 1 } })).status, 403)
    assert.equal((await ask({ method: 'POST', url: `/api/orders/${order}/cancel`, body: {} })).status, 200)
  })

  test('must name what there is', async () => {
    const wrong = async (more: object) => {
      const error: ConfigError | null = await openApi({ config: { ...testConfig, ...more } as never }).then(
        (api) => api.close().then(() => null),
        (cause) => cause,
      )
      return error?.mistakes.map(({ path, message }) => `${path}: ${message}`) ?? []
    }
    assert.deepEqual(await wrong({ roles: { packer: { may: ['order:read', 'orders.cancle', 'accounts.updateUser'] } } }), [
      'roles.packer.may[0]: there is no scope "order:read"; did you mean "orders:read"?',
      'roles.packer.may[1]: there is no scope "orders.cancle"; did you mean "orders.cancel"?',
      'roles.packer.may[2]: there is no scope "accounts.updateUser"',
    ])
    assert.match((await wrong({ roles: { owner: { may: [] } } }))[0]!, /means the same in every project/)
    assert.match((await wrong({ roles: { 'a role': { may: [] } } }))[0]!, /letters, digits/)
    assert.match(
      (await wrong({ accounts: { secondFactorFor: ['amdin'] } }))[0]!,
      /secondFactorFor\[0\]: there is no role "amdin"; did you mean "admin"/,
    )
  })
})

describe('who gives roles', () => {
  test('gives at most their own: only an owner makes, changes and shuts an owner', async () => {
    const boss = await anOwner()
    const admin = await person('admin', ['admin'])
    const other = await person('somebody', [])
    assert.equal((await admin.patch(other.id, { roles: ['owner'] })).status, 403)
    assert.equal((await admin.patch(admin.id, { roles: ['admin', 'owner'] })).status, 403)
    for (const body of [{ roles: [] }, { roles: ['owner', 'staff'] }, { disabled: true }])
      assert.equal((await admin.patch(boss.id, body)).status, 403, JSON.stringify(body))
    assert.equal((await admin.ask('DELETE', `/api/users/${boss.id}/factors`)).status, 403)
    assert.deepEqual(await rolesOf(boss.id), ['owner'])
    assert.equal((await admin.patch(other.id, { roles: ['admin', 'support'] })).status, 200)
    assert.equal((await boss.patch(other.id, { roles: ['owner'] })).status, 200)
    for (const role of ['staff', 'support', 'packer'])
      assert.equal((await (await anybody([role])).patch(other.id, { roles: [] })).status, 403)
  })

  test('keeps an owner, also of two who shut each other at once', async () => {
    const boss = await anOwner()
    for (const body of [{ roles: [] }, { roles: ['admin'] }, { disabled: true }])
      assert.equal((await boss.patch(boss.id, body)).body.code, 'last_owner', JSON.stringify(body))
    const second = await person('second', [])
    await boss.patch(second.id, { roles: ['owner'] })
    const both = await Promise.all([boss.patch(second.id, { roles: [] }), second.patch(boss.id, { disabled: true })])
    const [done, refused] = both.map(({ status }) => status).sort()
    // 401: of whoever was shut out before their request was looked at.
    assert.ok(done === 200 && [409, 403, 401].includes(refused!), `${done} and ${refused}`)
    const all = await world.engine.parts.storage.reader.find(users, { limit: 100 })
    assert.equal(all.filter(({ roles, disabled }) => roles.includes('owner') && !disabled).length, 1)
  })

  test('gives none to an account whose address nobody has shown to be theirs', async () => {
    const boss = await anOwner()
    const typed = await person('typed', [], { emailVerified: false })
    assert.equal((await boss.patch(typed.id, { roles: ['staff'] })).body.code, 'address_not_proven')
    assert.deepEqual(await rolesOf(typed.id), [])
    assert.equal((await boss.patch(typed.id, { disabled: true })).status, 200)
  })
})

test('whoever an admin signs out or shuts has nothing left that they began, such as a sign-in that waits', async () => {
  const boss = await anOwner()
  for (const end of [(id: string) => boss.ask('DELETE', `/api/users/${id}/sessions`), (id: string) => boss.patch(id, { disabled: true })]) {
    const { id } = await anybody([])
    const user = (await world.engine.parts.storage.reader.get(users, id))!
    const pending = await world.write(
      async (tx, now) =>
        await issueProof(workIn(world.engine.parts, tx, now), { purpose: 'secondFactor', user, email: user.email, way: 'magic' }),
    )
    assert.ok((await end(id)).status < 300)
    await boss.patch(id, { disabled: false })
    const body = { pending, code: '000000' }
    assert.equal((await world.request({ method: 'POST', url: '/api/auth/totp/verify', body })).body.code, 'pending_invalid')
    assert.equal(await world.engine.parts.storage.reader.count(sessions, eq('user', id)), 0)
  }
})

test('a role that asks for a second factor lets its holder add one, and nothing else until then', async () => {
  const strict = await person('strict', ['strict'])
  for (const [method, url] of [
    ['GET', '/api/orders'],
    ['GET', '/api/products'],
    ['GET', '/api/auth/sessions'],
    ['POST', '/api/auth/keys'],
    ['POST', '/api/auth/password'],
    ['POST', '/api/batch'],
    ['GET', '/api/changes?collections=orders'],
  ] as const)
    assert.equal((await strict.ask(method, url, method === 'POST' ? {} : undefined)).body.code, 'second_factor_required', url)
  // Nor what staff is told of the API.
  const told = async (ask: typeof strict.ask) => (await ask('GET', '/api/openapi.json')).text.includes('"/api/emails"')
  assert.deepEqual([await told(strict.ask), await told((await person('lax', ['reader'])).ask)], [false, true])
  assert.deepEqual([(await strict.get('/api/auth/me')).body.lacksFactor, (await strict.get('/api/auth/factors')).status], [true, 200])
  const { secret } = (await strict.ask('POST', '/api/auth/totp/enrol', {})).body
  const code = totpCode(secret, Math.floor(world.clock.now() / 30_000))
  assert.equal((await strict.ask('POST', '/api/auth/totp/confirm', { code })).status, 200)
  assert.equal((await strict.get('/api/orders')).status, 200)
  assert.equal((await strict.get('/api/auth/me')).body.lacksFactor, false)
})

test('whoever has a role is listed as one who does, from the moment that it is given until it is taken', async () => {
  const boss = await anOwner()
  const ann = await anybody([])
  const listed = async (hasRole: boolean) => {
    const answer = await boss.get(`/api/users?filter[hasRole]=${hasRole}&sort=email&limit=100`)
    assert.equal(answer.status, 200)
    return (answer.body.items as { id: string; hasRole: boolean }[]).map((one) => {
      assert.equal(one.hasRole, hasRole)
      return one.id
    })
  }
  assert.deepEqual([(await listed(true)).includes(boss.id), (await listed(true)).includes(ann.id)], [true, false])
  assert.ok((await listed(false)).includes(ann.id))
  assert.equal((await boss.patch(ann.id, { roles: ['packer'] })).status, 200)
  assert.ok((await listed(true)).includes(ann.id))
  assert.equal((await boss.patch(ann.id, { roles: [] })).status, 200)
  assert.ok(!(await listed(true)).includes(ann.id))
})
