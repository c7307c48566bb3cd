// Accounts under attack: enumeration, single use, sessions that must end, secrets that must not be found.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { createIdSource } from '../../src/base/ids.ts'
import { limits } from '../../src/base/limits.ts'
import { systemRandom } from '../../src/base/random.ts'
import { hashSecret } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { createArgon2Hasher } from '../../src/domains/accounts/argon2-hasher.ts'
import { passwords, sessions, users } from '../../src/domains/accounts/collections.ts'
import { proofs } from '../../src/domains/accounts/proofs.ts'
import { issueSetUpToken } from '../../src/domains/accounts/set-up.ts'
import { workIn } from '../../src/operation/work.ts'
import { settings } from '../../src/settings/collections.ts'
import { findUnique } from '../../src/storage/find-all.ts'
import { type ApiAnswer, createTestRandom, openWorld, type World, work } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { checkProblem } from '../support/scenario.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const post = (url: string, body: unknown, headers: Record<string, string> = {}) => world.request({ method: 'POST', url, headers, body })
const logIn = (email = 'owner@example.com', password = 'password of owner') => post('/api/auth/login', { email, password })
const me = (headers: Record<string, string>) => world.request({ method: 'GET', url: '/api/auth/me', headers })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Status, headers and body without what is made anew for each answer. */
function plain({ status, headers, text }: ApiAnswer): string {
  const { date: _date, 'content-length': _length, ...rest } = headers
  return JSON.stringify({ status, rest, text: text.replace(/"requestId":"[^"]*"/, '') })
}

describe('nobody can find out who has an account', () => {
  test('by registering: one answer and one hash, whoever has the address', async () => {
    const ask = async (email: string) => {
      world.passwords.calls.length = 0
      const answer = await post('/api/auth/register', { email, password: 'long enough', name: 'X' })
      return plain(answer).replaceAll(email, '*') + world.passwords.calls
    }
    const unknown = await ask('nobodyhere@example.com')
    assert.equal(await ask('owner@example.com'), unknown)
    assert.equal(await ask('nobodyhere@example.com'), unknown)
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['other']!))!, { set: { disabled: true } }))
    assert.equal(await ask('other@example.com'), unknown)
  })

  test('by signing in: one answer and one check, for unknown, wrong and disabled', async () => {
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['other']!))!, { set: { disabled: true } }))
    const ask = async (email: string, password: string) => {
      world.passwords.calls.length = 0
      return plain(await logIn(email, password)) + world.passwords.calls
    }
    const unknown = await ask('nobodyhere@example.com', 'wrong')
    assert.match(unknown, /login_failed/)
    assert.equal(await ask('owner@example.com', 'wrong'), unknown)
    assert.equal(await ask('other@example.com', 'password of other'), unknown)
    assert.equal(await ask('other@example.com', 'wrong'), unknown)
  })

  test('and the owner of an address is told by mail, once a day', async () => {
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { emailVerified: true } }))
    await world.engine.start()
    for (let turn = 0; turn < 3; turn++) await post('/api/auth/register', { email: 'owner@example.com', password: 'long enough' })
    await work(world)
    const { body } = await world.call('staff', { method: 'GET', url: '/api/emails?filter[to]=owner@example.com' })
    assert.deepEqual(
      body.items.map(({ template }: { template: string }) => template),
      ['account_exists'],
    )
  })
})

describe('an account', () => {
  test('is made without rights, whatever is asked for', async () => {
    for (const field of ['roles', 'disabled', 'emailVerified', 'id', 'createdAt', 'hash', 'version'])
      assert.equal(
        (await post('/api/auth/register', { email: 'new@example.com', password: 'long enough', [field]: ['admin'] })).status,
        400,
      )
    await post('/api/auth/register', { email: 'New@Example.com', password: 'long enough' })
    const { body } = await logIn('nEW@example.com', 'long enough')
    assert.deepEqual([body.user.roles, body.user.emailVerified, body.user.email], [[], false, 'new@example.com'])
  })

  test('takes no short password and says so, but any long one', async () => {
    const short = await post('/api/auth/register', { email: 'new@example.com', password: '1234567' })
    assert.equal(short.status, 400)
    assert.equal(short.body.errors[0].path, '/password')
    assert.equal((await post('/api/auth/register', { email: 'new@example.com', password: 'é'.repeat(1_000) })).status, 201)
    assert.equal((await logIn('new@example.com', `${'é'.repeat(999)}e`)).status, 401)
    assert.equal((await post('/api/auth/register', { email: 'new2@example.com', password: 'x'.repeat(100_000) })).status, 400)
  })

  test('of one address is made once by 20 calls at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => post('/api/auth/register', { email: 'new@example.com', password: 'long enough' })))
    assert.equal(await world.engine.parts.storage.reader.count(users, eq('email', 'new@example.com')), 1)
  })

  test('cannot give itself roles', async () => {
    for (const body of [{ roles: ['admin'] }, { email: 'x@example.com' }, { emailVerified: true }])
      assert.equal((await world.call('owner', { method: 'PATCH', url: '/api/auth/me', body })).status, 400)
    assert.equal(
      (await world.call('owner', { method: 'PATCH', url: `/api/users/${world.ids['owner']}`, body: { roles: ['admin'] } })).status,
      403,
    )
  })
})

describe('a session', () => {
  test('comes in a cookie that scripts and other sites cannot use', async () => {
    const { headers, body } = await logIn()
    assert.equal(headers['set-cookie'], `kp_session=${body.token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=15552000`)
    assert.match(body.token, /^kps_[\w-]{43}$/)
    assert.equal((await me({ cookie: `theme=dark; kp_session=${body.token}` })).status, 200)
    const secure = await openWorld({ publicUrl: 'https://shop.test' })
    const answer = await secure.request({
      method: 'POST',
      url: '/api/auth/login',
      body: { email: 'owner@example.com', password: 'password of owner' },
    })
    assert.match(String(answer.headers['set-cookie']), /; Secure$/)
    await secure.close()
  })

  test('is new at every sign-in, and signing in ends no other', async () => {
    const [one, two] = [await logIn(), await logIn()]
    assert.notEqual(one.body.token, two.body.token)
    for (const { body } of [one, two]) assert.equal((await me(bearer(body.token))).status, 200)
  })

  test('of the header counts, not the cookie beside it', async () => {
    const answer = await me({ ...bearer('kps_other'), cookie: 'kp_session=kps_owner' })
    assert.equal(answer.body.email, 'other@example.com')
    assert.equal((await me({ ...bearer('kps_wrong'), cookie: 'kp_session=kps_owner' })).status, 401)
  })

  test('ends by signing out, at once and for good', async () => {
    const { body } = await logIn()
    assert.equal((await me(bearer(body.token))).status, 200)
    const out = await world.request({ method: 'POST', url: '/api/auth/logout', headers: { cookie: `kp_session=${body.token}` } })
    assert.equal(out.status, 204)
    assert.match(String(out.headers['set-cookie']), /^kp_session=; .*Max-Age=0/)
    // A form of another site sends no cookie: nor may its answer take the browser's.
    const crossSite = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' }
    const forced = await world.request({ method: 'POST', url: '/api/auth/logout', headers: crossSite })
    assert.deepEqual([forced.status, forced.headers['set-cookie']], [204, undefined])
    assert.equal((await me(bearer(body.token))).status, 401)
    assert.equal((await me(bearer('kps_owner'))).status, 200)
  })

  test('ends when the account is disabled, and lives again with it', async () => {
    assert.equal((await me(bearer('kps_owner'))).status, 200)
    const set = (disabled: boolean) =>
      world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { disabled } }))
    await set(true)
    assert.equal((await me(bearer('kps_owner'))).status, 401)
    assert.equal((await logIn()).status, 401)
    await set(false)
    assert.equal((await me(bearer('kps_owner'))).status, 200)
  })

  test('has the roles of now, not of its beginning', async () => {
    const ask = () => world.call('owner', { method: 'GET', url: '/api/schema' })
    assert.equal((await ask()).status, 403)
    const set = (roles: string[]) =>
      world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { roles } }))
    await set(['staff'])
    assert.equal((await ask()).status, 200)
    await set([])
    assert.equal((await ask()).status, 403)
  })

  test('ends by itself', async () => {
    await world.clock.advance(86_400_000)
    assert.equal((await me(bearer('kps_owner'))).status, 401)
  })

  test('is listed and ended by its owner alone', async () => {
    const { body } = await logIn()
    const list = async () => (await world.call('owner', { method: 'GET', url: '/api/auth/sessions' })).body.items
    const items = await list()
    assert.deepEqual(items.map(({ isCurrent }: { isCurrent: boolean }) => isCurrent).sort(), [false, true])
    for (const item of items)
      assert.deepEqual(Object.keys(item).sort(), ['createdAt', 'device', 'expiresAt', 'id', 'isCurrent', 'origin', 'usedAt', 'ways'])
    const theirs = items.find(({ isCurrent }: { isCurrent: boolean }) => !isCurrent).id
    assert.equal((await world.call('other', { method: 'DELETE', url: `/api/auth/sessions/${theirs}` })).status, 404)
    assert.equal((await world.call('owner', { method: 'DELETE', url: '/api/auth/sessions' })).status, 204)
    assert.equal((await list()).length, 1)
    assert.equal((await me(bearer(body.token))).status, 401)
    assert.equal((await me(bearer('kps_other'))).status, 200)
  })

  test('says where it is used, goes on while it is, and ends a month after', async () => {
    const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
    const { body } = await post('/api/auth/login', { email: 'owner@example.com', password: 'password of owner' }, { 'user-agent': agent })
    const { reader } = world.engine.parts.storage
    const session = (await findUnique(reader, sessions, eq('tokenHash', hashSecret(body.token))))!
    const age = (ms: number) =>
      world.write((tx, now) => tx.touch(sessions, session.id, { set: { usedAt: now - ms, expiresAt: now + limits.sessionMs } }))
    const listed = async () => {
      await world.clock.advance(limits.sessionRememberedMs)
      const { body: found } = await world.call('owner', { method: 'GET', url: '/api/auth/sessions' })
      return found.items.find(({ id }: { id: string }) => id === session.id)
    }
    const first = await listed()
    assert.deepEqual([first.device, first.origin, first.ways], ['Chrome 142, Windows', '127.0.0.0/24', ['password']])
    assert.equal(first.expiresAt, new Date(session.createdAt + limits.sessionIdleMs).toISOString())

    // A use is written once it tells something new, and in no request.
    const newest = await world.newest()
    await age(limits.useNotedMs - 60_000)
    const { usedAt } = await listed()
    assert.equal((await me(bearer(body.token))).status, 200)
    assert.equal((await listed()).usedAt, usedAt)
    await age(limits.sessionIdleMs - 60_000)
    await world.clock.advance(limits.sessionRememberedMs)
    assert.equal((await me(bearer(body.token))).status, 200)
    await world.clock.advance(limits.usesWrittenMs)
    await eventually('the use is written', async () => (await listed()).usedAt > usedAt)
    assert.equal(await world.newest(), newest, 'it is in no feed')

    await age(limits.sessionIdleMs)
    assert.equal(await listed(), undefined)
    assert.equal((await me(bearer(body.token))).status, 401)
  })

  test('ends with all others of its account, where its owner wants that', async () => {
    const { body } = await logIn()
    const answer = await post('/api/auth/logout', { everywhere: true }, bearer(body.token))
    assert.equal(answer.status, 204)
    assert.deepEqual(
      await Promise.all([body.token, 'kps_owner', 'kps_other'].map(async (token) => (await me(bearer(token))).status)),
      [401, 401, 200],
    )
    // Of a guest there is nothing to end.
    assert.equal((await post('/api/auth/logout', { everywhere: true })).status, 204)
  })

  test('by cookie changes nothing for another site', async () => {
    const attempt = (headers: Record<string, string>) =>
      world.request({
        method: 'PATCH',
        url: '/api/auth/me',
        headers: { cookie: 'kp_session=kps_owner', host: 'shop.test', ...headers },
        body: { name: 'X' },
      })
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.test' },
      { origin: 'null' },
      { origin: 'http://shop.test.evil.test' },
    ] as Record<string, string>[]) {
      const answer = await attempt(headers)
      assert.equal(answer.status, 403, JSON.stringify(headers))
      assert.equal(answer.body.code, 'cross_site_request')
      checkProblem(answer)
    }
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }, { origin: 'http://shop.test' }, {}] as Record<
      string,
      string
    >[])
      assert.equal((await attempt(headers)).status, 200, JSON.stringify(headers))
    // A token in a header is sent by nobody on its own.
    assert.equal((await attempt({ ...bearer('kps_owner'), 'sec-fetch-site': 'cross-site' })).status, 200)
  })
})

describe('the first admin', () => {
  const issue = () =>
    world.write((tx, now) =>
      issueSetUpToken({ ...workIn(world.engine.parts, tx, now), newId: createIdSource(world.clock, createTestRandom(99)) }),
    )
  const setUp = (token: string, email = 'boss@example.com') => post('/api/auth/setup', { token, email, password: 'long enough' })

  test('is made by the link once, though it is used 20 times at once', async () => {
    const token = (await issue())!
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => setUp(token, `boss${index}@example.com`)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.equal(answers.filter(({ body }) => body.code === 'setup_link_invalid').length, 19)
    const all = await world.engine.parts.storage.reader.find(users, { limit: 100 })
    assert.equal(all.filter(({ roles }) => roles.includes('admin')).length, 1)
    assert.equal(await issue(), null)
  })

  test('is not made by a guess or an old link', async () => {
    const token = (await issue())!
    for (const guess of ['', 'setup_x', `${token} `, token.toUpperCase()]) assert.equal((await setUp(guess)).status, 403)
    await world.clock.advance(86_400_001)
    assert.equal((await setUp(token)).status, 403)
  })

  test('is made by the link of any process that started, and one use ends them all', async () => {
    const first = (await issue())!
    const second = (await issue())!
    assert.equal((await setUp(first)).status, 201)
    assert.equal((await setUp(second, 'other@example.com')).status, 403)
  })

  test('takes over the account that somebody opened with the address before', async () => {
    await world.engine.start()
    await post('/api/auth/register', { email: 'boss@example.com', password: 'a squatter was here', name: 'Click here' })
    const squatter = await logIn('boss@example.com', 'a squatter was here')
    assert.equal(squatter.status, 200)
    const as = bearer(squatter.body.token)
    const body = { name: 'Waits', scopes: ['accounts.me', '*:write'] }
    const { key } = (await world.request({ method: 'POST', url: '/api/auth/keys', headers: as, body })).body
    assert.equal((await me(bearer(key))).status, 200)
    assert.equal((await post('/api/auth/email', { email: 'squatter@mail.example' }, as)).status, 202)
    await work(world)
    assert.equal(await world.engine.parts.storage.reader.count(proofs, eq('purpose', 'changeEmail')), 1)
    const made = await setUp((await issue())!)
    assert.equal(made.status, 201)
    assert.deepEqual([made.body.tookOver, made.body.user.id], [true, squatter.body.user.id])
    assert.deepEqual([made.body.user.roles, made.body.user.emailVerified, made.body.user.name], [['admin', 'owner'], true, null])
    for (const token of [squatter.body.token, key]) assert.equal((await me(bearer(token))).status, 401)
    assert.equal(await world.engine.parts.storage.reader.count(proofs), 0)
    assert.equal((await logIn('boss@example.com', 'a squatter was here')).status, 401)
    assert.equal((await me(bearer(made.body.token))).status, 200)
    assert.equal((await logIn('boss@example.com', 'long enough')).status, 200)
  })
})

/** Somebody who may give roles. */
async function anAdmin(): Promise<{ id: string; headers: Record<string, string> }> {
  const token = await world.write((tx, now) => issueSetUpToken(workIn(world.engine.parts, tx, now)))
  const { body } = await post('/api/auth/setup', { token, email: 'boss@example.com', password: 'long enough' })
  assert.equal(body.tookOver, false)
  return { id: body.user.id, headers: bearer(body.token) }
}
const patch = (user: string, body: unknown, headers: Record<string, string>) =>
  world.request({ method: 'PATCH', url: `/api/users/${user}`, headers, body })

describe('an admin', () => {
  test('gives roles and takes them, from the next request on, and it is written down', async () => {
    const { headers } = await anAdmin()
    const [owner, staffOnly] = [world.ids['owner']!, () => world.call('owner', { method: 'GET', url: '/api/schema' })]
    assert.equal((await staffOnly()).status, 403)
    const position = await world.newest()
    const given = await patch(owner, { roles: ['staff', 'admin'] }, headers)
    assert.deepEqual([given.status, given.body.roles, given.body.disabled], [200, ['staff', 'admin'], false])
    assert.equal((await staffOnly()).status, 200)
    assert.deepEqual(await world.commitsAfter(position), ['accounts.updateUser: users'])
    assert.equal((await patch(owner, { roles: [] }, { ...headers, 'if-match': given.headers['etag'] as string })).status, 200)
    assert.equal((await staffOnly()).status, 403)
    assert.equal((await patch(owner, { roles: ['staff'] }, { ...headers, 'if-match': given.headers['etag'] as string })).status, 412)
    const [line] = await world.engine.parts.storage.commitsAfter(position, 1)
    assert.deepEqual(line!.changes[0]!.before!['roles'], [])
    // Else a session that was stolen makes an admin of whoever stole it, who then proves what is asked.
    await world.clock.advance(limits.freshProofMs + 1)
    assert.equal((await patch(owner, { roles: ['admin'] }, headers)).body.code, 'proof_needed')
  })

  test('gives only roles that something asks for; one that is had already stays', async () => {
    const { headers } = await anAdmin()
    const owner = world.ids['owner']!
    const refused = await patch(owner, { roles: ['admin', 'stafff'] }, headers)
    const message = '"stafff" is no role here; did you mean "staff"?; there are owner, admin, staff, support, reader'
    assert.deepEqual([refused.status, refused.body.errors], [400, [{ path: '/roles/1', code: 'enum', message }]])
    checkProblem(refused)
    assert.deepEqual((await world.call('staff', { method: 'GET', url: '/api/schema' })).body.roles, [
      'owner',
      'admin',
      'staff',
      'support',
      'reader',
    ])
    await world.write(async (tx) => {
      await tx.update(users, (await tx.get(users, owner))!, { set: { roles: ['bygone'] } })
    })
    assert.deepEqual((await patch(owner, { roles: ['bygone', 'staff'] }, headers)).body.roles, ['bygone', 'staff'])
    assert.equal((await patch(world.ids['other']!, { roles: ['bygone'] }, headers)).status, 400)
  })

  test('disables an account, which is signed out for good', async () => {
    const { headers } = await anAdmin()
    const other = await logIn('other@example.com', 'password of other')
    assert.equal((await patch(world.ids['other']!, { disabled: true }, headers)).status, 200)
    assert.equal((await me(bearer(other.body.token))).status, 401)
    assert.equal((await logIn('other@example.com', 'password of other')).status, 401)
    assert.equal((await patch(world.ids['other']!, { disabled: false }, headers)).status, 200)
    assert.equal((await me(bearer(other.body.token))).status, 401, 'an old session does not come back')
    assert.equal((await logIn('other@example.com', 'password of other')).status, 200)
  })

  test('is always left: the last one cannot be taken away, nor the last two at once', async () => {
    const { id, headers } = await anAdmin()
    for (const body of [{ roles: [] }, { roles: ['staff'] }, { disabled: true }, { roles: [], disabled: true }]) {
      const refused = await patch(id, body, headers)
      assert.deepEqual([refused.status, refused.body.code], [409, 'last_owner'], JSON.stringify(body))
      checkProblem(refused)
    }
    assert.equal((await patch(world.ids['owner']!, { roles: ['owner'] }, headers)).status, 200)
    const second = bearer((await logIn()).body.token)
    const both = await Promise.all([patch(world.ids['owner']!, { roles: [] }, headers), patch(id, { disabled: true }, second)])
    // Whoever asks after the other has been answered is no admin any more, and is told that.
    const [done, refused] = both.map(({ status }) => status).sort()
    assert.ok(done === 200 && (refused === 409 || refused === 403), `${done} and ${refused}`)
    const all = await world.engine.parts.storage.reader.find(users, { limit: 100 })
    assert.equal(all.filter(({ roles, disabled }) => roles.includes('owner') && !disabled).length, 1)
  })

  test('of a database that does not list them is found among the accounts', async () => {
    const { id, headers } = await anAdmin()
    await world.write(async (tx) => {
      const setting = (await findUnique(tx, settings, eq('name', 'hasAdmin')))!
      await tx.update(settings, setting, { set: { value: { since: 1 } } })
    })
    assert.equal((await patch(id, { roles: [] }, headers)).body.code, 'last_owner')
    await patch(world.ids['owner']!, { roles: ['owner'] }, headers)
    assert.equal((await patch(id, { roles: [] }, headers)).status, 200)
    assert.equal((await patch(world.ids['owner']!, { roles: [] }, bearer((await logIn()).body.token))).body.code, 'last_owner')
  })

  test('gives nothing else, and to nobody who is not there', async () => {
    const { headers } = await anAdmin()
    const { owner } = world.ids
    for (const body of [
      { email: 'x@example.com' },
      { emailVerified: true },
      { name: 'X' },
      { roles: 'admin' },
      { roles: ['Admin'] },
      { roles: ['a', 'a'] },
      { roles: null },
      { disabled: null },
      { roles: Array.from({ length: 21 }, (_, index) => `r${index}`) },
    ])
      assert.equal((await patch(owner!, body, headers)).status, 400, JSON.stringify(body))
    assert.equal((await patch('usr_nobody', { roles: [] }, headers)).status, 404)
  })
})

describe('a password', () => {
  const change = (headers: Record<string, string>, current: string, password: string) =>
    post('/api/auth/password', { current, password }, headers)

  test('is none that is tried first, that repeats itself, or that the account gives away', async () => {
    const register = (password: string, name = 'Ada Lovelace') =>
      post('/api/auth/register', { email: 'ada.lovelace@math.example', password, name })
    for (const [password, code] of [
      ['12345678', 'common'],
      ['        ', 'common'],
      ['\u3000'.repeat(8), 'common'],
      ['PassWord1', 'common'],
      [' iloveyou ', 'common'],
      ['ｐａｓｓｗｏｒｄ', 'common'],
      ['aaaaaaaaaaaa', 'common'],
      ['12121212', 'common'],
      ['abcdefghijk', 'common'],
      ['hgfedcba', 'common'],
      ['ada.lovelace@math.example', 'personal'],
      ['Ada.Lovelace', 'personal'],
      ['AdaLovelace', 'personal'],
      ['math.example', 'personal'],
      ['Test shop', 'personal'],
      ['short', 'minLength'],
      ['éééé', 'minLength'],
      ['e\u0301'.repeat(4), 'minLength'],
    ] as const) {
      const refused = await register(password)
      assert.equal(refused.status, 400, password)
      assert.deepEqual([refused.body.errors[0].path, refused.body.errors[0].code], ['/password', code], password)
    }
    for (const password of ['long enough', 'ada.lovelace 1815', 'nur kleine wörter', '🐙🦑🐠🐡🐚🦐🦞🦀'])
      assert.equal((await register(password)).status, 201, password)
  })

  test('is changed by who knows it: other sessions end, and its owner hears of it', async () => {
    const [here, there] = [await logIn(), await logIn()]
    const headers = bearer(here.body.token)
    const wrong = await change(headers, 'password of other', 'another long one')
    assert.deepEqual([wrong.status, wrong.body.errors[0].path], [400, '/current'])
    assert.equal((await change(headers, 'password of owner', '12345678')).body.errors[0].path, '/password')
    assert.equal((await me(bearer(there.body.token))).status, 200)
    assert.equal((await change(headers, 'password of owner', 'another long one')).status, 204)
    assert.equal((await me(headers)).status, 200)
    assert.equal((await me(bearer(there.body.token))).status, 401)
    assert.equal((await me(bearer('kps_owner'))).status, 401)
    assert.equal((await logIn()).status, 401)
    assert.equal((await logIn('owner@example.com', 'another long one')).status, 200)
    const { body } = await world.call('staff', { method: 'GET', url: '/api/emails?filter[to]=owner@example.com' })
    assert.deepEqual(
      body.items.map(({ template }: { template: string }) => template),
      ['account_password'],
    )
    assert.equal((await change({}, 'another long one', 'yet another one')).status, 401)
  })

  test('of two changes at once is one of theirs, and the other is told', async () => {
    const headers = bearer('kps_owner')
    const both = await Promise.all(['first of two', 'second of two'].map((password) => change(headers, 'password of owner', password)))
    assert.deepEqual(both.map(({ status }) => status).sort(), [204, 400])
  })

  test('once changed leaves nobody in who signed in by the old one at that moment', async () => {
    const [changed, ...signedIn] = await Promise.all([
      change(bearer('kps_owner'), 'password of owner', 'another long one'),
      ...Array.from({ length: limits.signInTriesFree }, () => logIn()),
    ])
    assert.equal(changed.status, 204)
    for (const { status, body } of signedIn) if (status === 200) assert.equal((await me(bearer(body.token))).status, 401)
  })

  test('is not guessed without end by who has the session', async () => {
    const statuses: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      const body = { current: `guess ${turn}`, password: 'another long one' }
      statuses.push((await world.call('owner', { method: 'POST', url: '/api/auth/password', body })).status)
    }
    assert.deepEqual(statuses.slice(-2), [400, 429])
  })
})

test('secrets are in no log and no answer but their own', async () => {
  const { body } = await logIn()
  const snapshot = await world.snapshot()
  for (const secret of [body.token, 'password of owner', 'kps_owner']) {
    assert.ok(!snapshot.includes(secret))
    assert.ok(!JSON.stringify(world.log).includes(secret))
    assert.ok(!(await world.call('owner', { method: 'GET', url: '/api/auth/sessions' })).text.includes(secret))
  }
})

test('a password that another system hashed, or that was hashed for less, is stored anew when it is typed', async () => {
  const hasher = createArgon2Hasher(systemRandom, { memoryKib: 64, passes: 2 })
  const other = await openWorld({ hasher })
  try {
    const stored = async () =>
      (await other.engine.parts.storage.reader.find(passwords, { where: eq('user', other.ids['owner']!), limit: 1 }))[0]!
    const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
    for (const hash of [bcrypt, await createArgon2Hasher(systemRandom, { memoryKib: 64, passes: 1 }).hash('U*U')]) {
      const before = await stored()
      await other.write(async (tx) => tx.update(passwords, before, { set: { hash } }))
      const logIn = (password: string) =>
        other.request({ method: 'POST', url: '/api/auth/login', body: { email: 'owner@example.com', password } })
      assert.equal((await logIn('u*u')).status, 401)
      assert.equal((await stored()).hash, hash)
      assert.equal((await logIn('U*U')).status, 200)
      assert.match((await stored()).hash, /^\$argon2id\$v=19\$m=64,t=2,/)
      assert.equal((await logIn('U*U')).status, 200)
    }
  } finally {
    await other.close()
  }
})
