// Support acts as a customer: sees what they see, changes nothing unless that was asked for, never who they are, and stands beside each line that
// it causes. It ends with whatever made it possible.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { hashSecret } from '../../src/base/secret.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { routeOf } from '../../src/operation/routes.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { createHttpClient } from '../support/http-client.ts'
import { openLive } from '../support/live-client.ts'
import { createMailbox, type Mail } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
let support: string
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld(mailbox)
  await world.engine.start()
  await person('boss', ['owner'])
  support = await person('support', ['support'])
})
afterEach(() => world.close())

type Headers = Record<string, string>
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })
const as = (name: string) => bearer(`kps_${name}`)
const ask = (method: string, url: string, body?: unknown, headers: Headers = {}) =>
  world.request({ method, url, headers, ...(body === undefined ? {} : { body }) })
const me = (headers: Headers) => ask('GET', '/api/auth/me', undefined, headers)

async function person(name: string, roles: readonly string[], more: { disabled?: boolean } = {}) {
  const id = world.engine.newId('usr')
  await world.write(async (tx, now) => {
    await tx.insert(users, {
      id,
      email: `${name}@example.com`,
      name,
      roles,
      emailVerified: true,
      disabled: false,
      customerGroup: null,
      ...more,
    })
    const session = { id: `ses_${name}`, user: id, tokenHash: hashSecret(`kps_${name}`), origin: '127.0.0.1', userAgent: null }
    await tx.insert(sessions, { ...session, expiresAt: now + 86_400_000, ways: ['password'], provenAt: now, usedAt: null })
  })
  return id
}
const begin = (user: string, body: object = {}, headers = as('support')) => ask('POST', `/api/users/${user}/impersonate`, body, headers)
async function acting(body: object = {}, headers = as('support')) {
  const answer = await begin(world.ids['owner']!, body, headers)
  assert.equal(answer.status, 201, answer.text)
  return { ...answer.body, headers: bearer(answer.body.token), cookie: /kp_as=([^;]+)/.exec(String(answer.headers['set-cookie']))![1]! }
}
/** What they may do, and what a form of another site asks for, which brings no cookie. */
// That of a mail's link asks nobody who they are.
const besides = ['accounts.me', 'accounts.logOut', 'accounts.endImpersonation', 'accounts.receiveOAuth', 'emails.unsubscribe']
const aNote = { title: 'By support' }

test('who acts sees what the customer sees, and it says so', async () => {
  const { headers, token, user, mayWrite } = await acting()
  assert.match(token, /^kpi_[\w-]{43}$/)
  assert.deepEqual([user.email, mayWrite], ['owner@example.com', false])
  const { body } = await me(headers)
  assert.deepEqual(
    [body.email, body.isStaff, body.impersonatedBy.email, body.impersonatedBy.mayWrite],
    ['owner@example.com', false, 'support@example.com', false],
  )
  assert.equal((await me(as('owner'))).body.impersonatedBy, null)
  assert.deepEqual((await ask('GET', '/api/notes', undefined, headers)).body, (await ask('GET', '/api/notes', undefined, as('owner'))).body)
  assert.deepEqual((await ask('GET', '/api/emails', undefined, headers)).body.items, [])
  const listed = await ask('GET', '/api/impersonations', undefined, as('boss'))
  assert.deepEqual([listed.body.items.length, listed.body.items[0].by, listed.text.includes('Hash')], [1, support, false])
  assert.deepEqual((await ask('GET', '/api/impersonations', undefined, as('staff'))).body.items, [])
  await work(world)
  assert.deepEqual(sent, [])
})

test('looking changes nothing, by no operation and no way round', async () => {
  const { headers } = await acting()
  const before = await world.snapshot()
  const commands = world.engine.operations.filter(({ kind, name }) => kind === 'command' && !besides.includes(name))
  assert.ok(commands.length > 40)
  for (const { route, name, tag } of commands) {
    const { method, path } = routeOf(route)
    const { status, body } = await ask(method, path.replaceAll(/:\w+/g, 'x'), {}, { ...headers, 'idempotency-key': `k-${name}` })
    // What is wrong with the request itself is told first, to anybody.
    if (status !== 415) assert.equal(body.code, tag === 'Accounts' ? 'forbidden' : 'impersonation_reads_only', `${name}: ${status}`)
  }
  const operations = [{ method: 'POST', path: '/api/notes', body: aNote }]
  assert.equal((await ask('POST', '/api/batch', { operations }, headers)).body.code, 'impersonation_reads_only')
  assert.equal(await world.snapshot(), before)
})

test('with write things are done in the name of the customer, who is told, and both stand in the audit trail', async () => {
  const { headers, id } = await acting({ write: true })
  await work(world)
  assert.deepEqual([sent.at(-1)!.to, sent.at(-1)!.subject], ['owner@example.com', 'Our support works in your account at Test shop'])
  const made = await ask('POST', '/api/notes', aNote, headers)
  assert.equal(made.status, 201, made.text)
  const batch = [{ method: 'PATCH', path: `/api/notes/${made.body.id}`, body: { title: 'In a batch' } }]
  assert.equal((await ask('POST', '/api/batch', { operations: batch }, headers)).status, 200)
  await world.newest()
  for (const actor of [world.ids['owner'], support]) {
    const { items } = (await ask('GET', `/api/audit?record=${made.body.id}&actor=${actor}`, undefined, as('boss'))).body
    assert.deepEqual(
      items.map(({ actor, impersonator, key }: { actor: string; impersonator: string; key: string | null }) => [actor, impersonator, key]),
      [
        [world.ids['owner'], support, null],
        [world.ids['owner'], support, null],
      ],
    )
  }
  // The newest: a database on a server has the lines of the tests before, whose ids are the same.
  const started = (await ask('GET', `/api/audit?collection=impersonations&record=${id}&limit=1`, undefined, as('boss'))).body.items
  assert.deepEqual([started.length, started[0].actor, started[0].impersonator], [1, support, null])
})

test('who somebody is stays theirs: password, address, factors, keys, sessions and roles', async () => {
  const { headers } = await acting({ write: true })
  const ofAccounts = world.engine.operations.filter(({ tag, name }) => tag === 'Accounts' && !besides.includes(name))
  assert.ok(ofAccounts.length > 30)
  for (const { route, name } of ofAccounts) {
    const { method, path } = routeOf(route)
    const { status } = await ask(method, path.replaceAll(/:\w+/g, 'x'), method === 'GET' ? undefined : {}, headers)
    assert.equal(status, 403, name)
  }
  const operations = [{ method: 'PATCH', path: `/api/auth/me`, body: { name: 'X' } }]
  assert.equal((await ask('POST', '/api/batch', { operations }, headers)).status, 403)
  assert.equal((await begin(world.ids['other']!, {}, headers)).status, 403, 'never one within another')
})

describe('nobody acts', () => {
  test('as somebody who runs it, who may what they may not, who is shut, or as themselves', async () => {
    const member = await person('member', ['bygone'])
    for (const [by, user, status] of [
      ['support', await person('reader', ['reader']), 403],
      ['support', world.ids['staff']!, 403],
      ['support', await person('admin', ['admin']), 403],
      ['boss', await person('boss2', ['owner']), 403],
      ['boss', await person('admin2', ['admin']), 403],
      ['support', support, 403],
      ['support', await person('shut', [], { disabled: true }), 403],
      ['support', member, 403],
      ['boss', member, 201],
      ['support', 'usr_nobody', 404],
    ] as const)
      assert.equal((await begin(user, {}, as(by))).status, status, `${by} as ${user}`)
  })

  test('without the role, by an API key, or without a fresh proof', async () => {
    await person('reader', ['reader'])
    for (const by of ['reader', 'staff', 'other']) assert.equal((await begin(world.ids['owner']!, {}, as(by))).status, 403, by)
    assert.equal((await begin(world.ids['owner']!, {}, {})).status, 401)
    const { key } = (await ask('POST', '/api/auth/keys', { name: 'k', scopes: ['*:write'] }, as('boss'))).body
    assert.equal((await begin(world.ids['owner']!, {}, bearer(key))).status, 403)
    await world.write(async (tx, now) => {
      await tx.update(sessions, (await tx.get(sessions, 'ses_support'))!, { set: { provenAt: now - limits.freshProofMs - 1 } })
    })
    assert.equal((await begin(world.ids['owner']!)).body.code, 'proof_needed')
  })
})

describe('it ends', () => {
  const patch = (id: string, body: object) => ask('PATCH', `/api/users/${id}`, body, as('boss'))
  const ends: Record<string, (headers: Headers) => Promise<unknown>> = {
    'by one call': (headers) => ask('POST', '/api/auth/impersonation/end', {}, headers),
    'by signing out': (headers) => ask('POST', '/api/auth/logout', {}, headers),
    'when whoever acts signs out': () => ask('POST', '/api/auth/logout', {}, as('support')),
    'when whoever acts is shut': () => patch(support, { disabled: true }),
    'when whoever acts loses the role': () => patch(support, { roles: ['reader'] }),
    'when the customer is shut': () => patch(world.ids['owner']!, { disabled: true }),
    'when the customer becomes staff': () => patch(world.ids['owner']!, { roles: ['reader'] }),
    'after half an hour': () => world.clock.advance(limits.impersonationMs),
  }
  for (const [name, end] of Object.entries(ends))
    test(name, { timeout: 20_000 }, async () => {
      const { headers, cookie } = await acting({ write: true })
      assert.equal((await me(headers)).status, 200)
      const url = `http://127.0.0.1:${await world.server.listen(0, '127.0.0.1')}`
      const watch = (by: Headers) => openLive(createHttpClient(url, by), '/api/changes?collections=notes')
      const [stream, theirOwn] = [await watch(headers), await watch(as('owner'))]
      assert.deepEqual([stream.status, theirOwn.status], [200, 200])
      await end(headers)
      // But for the last one the clock stands still: no heartbeat has ended it.
      await stream.ended
      theirOwn.cut()
      assert.equal((await me(headers)).status, 401)
      assert.notEqual((await me({ cookie: `kp_session=kps_support; kp_as=${cookie}` })).body.email, 'owner@example.com')
    })

  test('and leaves whoever acted signed in as themselves', async () => {
    const { cookie, id } = await acting()
    const browser = { cookie: `kp_session=kps_support; kp_as=${cookie}` }
    assert.equal((await me(browser)).body.impersonatedBy.id, support)
    const ended = await ask('POST', '/api/auth/logout', {}, browser)
    await world.newest()
    const [line] = (await ask('GET', `/api/audit?collection=impersonations&record=${id}&limit=1`, undefined, as('boss'))).body.items
    assert.deepEqual([line.action, line.actor, line.impersonator], ['updated', world.ids['owner'], support])
    assert.match(String(ended.headers['set-cookie']), /^kp_as=; .*Max-Age=0/)
    assert.equal((await me(browser)).body.email, 'support@example.com')
  })
})

test('a cookie is worth nothing without the session that it was made in', async () => {
  const { cookie } = await acting()
  for (const [session, email] of [
    ['kps_support', 'owner@example.com'],
    ['kps_boss', 'boss@example.com'],
    ['kps_other', 'other@example.com'],
    ['kps_nobody', undefined],
  ])
    assert.equal((await me({ cookie: `kp_session=${session}; kp_as=${cookie}` })).body.email, email)
  assert.equal((await me({ cookie: `kp_as=${cookie}` })).status, 401)
})
