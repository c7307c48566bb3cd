// What people have reported of other products, tried here: each test names where. What was asked before by other tests is not asked again.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { hashSecret } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import { erasures } from '../../src/domains/personal/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { eventually } from '../support/eventually.ts'
import { createMailbox, type Mail, secretIn } from '../support/mailbox.ts'

type Headers = Record<string, string>
let world: World
let sent: Mail[]
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld({ ...mailbox, config: { ...testConfig, accounts: { ...testConfig.accounts, secondFactorFor: ['admin'] } } })
  await world.engine.start()
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  await world.close()
  assert.deepEqual(errors, [])
})

const email = 'owner@example.com'
const password = 'password of owner'
const as = (name: string): Headers => ({ authorization: `Bearer kps_${name}` })
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })
const ask = (method: string, url: string, body?: unknown, headers: Headers = {}) =>
  world.request({ method, url, headers, ...(body === undefined ? {} : { body }) })
const post = (url: string, body: unknown, headers: Headers = {}) => ask('POST', `/api/auth/${url}`, body, headers)
const read = () => world.engine.parts.storage.reader
const me = async (headers: Headers) => (await ask('GET', '/api/auth/me', undefined, headers)).status
const shown = (secret: string, off = 0) => totpCode(secret, Math.floor(world.clock.now() / 30_000) + off)
const logIn = () => post('login', { email, password })

async function mailed(url: string) {
  // What is owed already is sent before.
  await work(world)
  assert.equal((await post(url, { email })).status, 202)
  await work(world)
  return secretIn(sent.at(-1)!)
}

/** An admin without a second factor, which their role asks for, or with an app. */
async function addBoss(): Promise<Headers> {
  await world.write(async (tx, now) => {
    const id = world.engine.newId('usr')
    await tx.insert(users, {
      id,
      email: 'boss@example.com',
      name: 'Boss',
      roles: ['owner'],
      emailVerified: true,
      disabled: false,
      customerGroup: null,
    })
    const session = { id: world.engine.newId('ses'), user: id, tokenHash: hashSecret('kps_boss'), origin: '127.0.0.1', userAgent: null }
    await tx.insert(sessions, { ...session, expiresAt: now + 86_400_000, ways: ['password'], provenAt: now, usedAt: null })
  })
  return as('boss')
}

async function addApp(headers: Headers) {
  const { secret } = (await post('totp/enrol', {}, headers)).body
  const { body, status, text } = await post('totp/confirm', { code: shown(secret) }, headers)
  assert.equal(status, 200, text)
  return { secret: secret as string, codes: body.recoveryCodes as string[] }
}

async function addPasskey(headers: Headers, options = {}) {
  const device = createAuthenticator(world.engine.parts.project.publicUrl, options)
  const made = device.create((await post('passkeys/register/start', {}, headers)).body)
  const { status, text } = await post('passkeys/register/finish', made, headers)
  assert.equal(status, 201, text)
  return device
}
type Device = ReturnType<typeof createAuthenticator>
const signIn = async (device: Device, lies = {}) =>
  await post('passkeys/login/finish', device.get((await post('passkeys/login/start', {})).body, lies))

test('Keycloak 29586: a device that still has the passkey of somebody who was erased is refused as any other', async () => {
  const device = await addPasskey(as('owner'))
  const waiting = device.get((await post('passkeys/login/start', {})).body)
  assert.equal((await ask('DELETE', '/api/auth/me', undefined, as('owner'))).status, 202)
  assert.equal((await post('passkeys/login/finish', waiting)).body.code, 'passkey_invalid')
  await world.write(async (tx, now) => {
    await tx.touchAll(erasures, eq('state', 'waiting'), { set: { dueAt: now } })
    await tx.touchAll(effects, eq('kind', 'personal.erase'), { set: { dueAt: now } })
  })
  await work(world)
  await eventually('it is over', async () => ((await read().count(erasures, eq('state', 'done'))) === 1 ? true : null))
  const answer = await signIn(device)
  assert.deepEqual([answer.status, answer.body.code], [401, 'passkey_invalid'])
})

test('Zitadel 12473: a passkey alone signs in where there is an app as well, and all of it is open then', async () => {
  await addApp(as('owner'))
  const device = await addPasskey(as('owner'))
  const { status, body } = await signIn(device)
  assert.equal(status, 200)
  assert.deepEqual([await me(bearer(body.token)), (await post('totp/recovery', {}, bearer(body.token))).status], [200, 200])
})

test('securo 534: a passkey that its maker syncs is taken from each of its devices, whatever each has counted', async () => {
  const device = await addPasskey(as('owner'), { isSynced: true })
  for (const count of [10, 3, 3, 0, 11]) assert.equal((await signIn(device, { count })).status, 200, String(count))
  const [{ copySeenAt }] = (await ask('GET', '/api/auth/factors', undefined, as('owner'))).body.passkeys
  assert.equal(copySeenAt, null)
})

test('Zitadel 10307: an account that is shut between password and second step is not entered by it', async () => {
  const boss = await addBoss()
  const { secret } = await addApp(as('owner'))
  const { pending } = (await logIn()).body
  const id = world.ids['owner']!
  const shut = (disabled: boolean) => ask('PATCH', `/api/users/${id}`, { disabled }, boss)
  assert.equal((await shut(true)).status, 200)
  assert.equal((await post('totp/verify', { pending, code: shown(secret, 1) })).status, 403)
  // Nor does it go on once the account is open again: no loop, a sign-in from its beginning.
  assert.equal((await shut(false)).status, 200)
  assert.equal((await post('totp/verify', { pending, code: shown(secret, 1) })).body.code, 'pending_invalid')
  const again = (await logIn()).body
  assert.equal((await post('totp/verify', { pending: again.pending, code: shown(secret, 1) })).status, 200)
})

test('contao 7510: a link to reset the password is dead once its owner has changed the password', async () => {
  const token = await mailed('reset')
  assert.equal((await post('password', { current: password, password: 'another long one' }, as('owner'))).status, 204)
  assert.equal((await post('reset/confirm', { token, password: 'of a thief, long' })).body.code, 'link_invalid')
  assert.equal((await post('login', { email, password: 'another long one' })).status, 200)
})

test('itch.io 676, parse-server 5104: a link to the address before opens nothing once the account has another', async () => {
  const tokens = { 'reset/confirm': await mailed('reset'), 'magic/confirm': await mailed('magic') }
  assert.equal((await post('email', { email: 'new@example.com' }, as('owner'))).status, 202)
  await work(world)
  const change = sent.findLast(({ to }) => to === 'new@example.com')!
  assert.equal((await post('email/confirm', { token: secretIn(change) }, as('owner'))).status, 204)
  for (const [url, token] of Object.entries(tokens))
    assert.equal(
      (await post(url, { token, ...(url === 'reset/confirm' ? { password: 'of a thief, long' } : {}) })).body.code,
      'link_invalid',
      url,
    )
})

test('authentik 16587: to look at an invitation does not use it up, however often; of two who accept at once it is one', async () => {
  const boss = await addBoss()
  assert.equal((await ask('POST', '/api/invitations', { email: 'new@example.com', roles: ['reader'] }, boss)).status, 201)
  await work(world)
  const token = secretIn(sent.at(-1)!)
  for (let count = 0; count < 3; count++) assert.equal((await ask('POST', '/api/invitations/open', { token })).status, 200)
  const accept = (more: string) => ask('POST', '/api/invitations/accept', { token, password: `a long one for ${more}` })
  const answers = await Promise.all([accept('ann'), accept('bob')])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403])
  assert.equal((await ask('POST', '/api/invitations/open', { token })).body.code, 'link_invalid')
})

test('Kratos 1548, 2034: a link to reset works in a browser that is signed in, or was', async () => {
  const { headers } = await logIn()
  const cookie = String(headers['set-cookie']).split(';', 1)[0]!
  const own = { cookie, 'sec-fetch-site': 'same-origin' }
  assert.equal((await post('reset/confirm', { token: await mailed('reset'), password: 'the second long one' }, own)).status, 204)
  assert.equal(await me(own), 401)
  assert.equal((await post('reset/confirm', { token: await mailed('reset'), password: 'the third long one' }, own)).status, 204)
  assert.equal((await post('login', { email, password: 'the third long one' })).status, 200)
})

test('Supabase 2607: what a second factor opens is closed once an admin has removed it, in sessions that have shown it too', async () => {
  const boss = await addBoss()
  const id = world.ids['staff']!
  await addApp(as('staff'))
  assert.equal((await ask('PATCH', `/api/users/${id}`, { roles: ['admin'] }, boss)).status, 200)
  const emails = () => ask('GET', '/api/emails', undefined, as('staff'))
  assert.equal((await emails()).status, 200)
  assert.equal((await ask('DELETE', `/api/users/${id}/factors`, undefined, boss)).status, 204)
  assert.ok([401, 403].includes((await emails()).status), 'closed')
  assert.ok([401, 403].includes((await ask('PATCH', `/api/users/${world.ids['other']}`, { disabled: true }, as('staff'))).status))
})

test('Supabase 2801: showing a second factor ends nothing that programs have', async () => {
  const made = await post('keys', { name: 'a program', scopes: ['notes:read'] }, as('owner'))
  assert.equal(made.status, 201, made.text)
  const { codes } = await addApp(as('owner'))
  const { pending } = (await logIn()).body
  assert.equal((await post('totp/verify', { pending, code: codes[0] })).status, 200)
  assert.equal((await ask('GET', '/api/notes', undefined, bearer(made.body.key))).status, 200)
})

test('Jetty 228, Lucia: whoever signs out everywhere while other requests are under way is signed out, and no session comes back', async () => {
  const { token } = (await logIn()).body
  const all = [
    ...Array.from({ length: 10 }, () => ask('GET', '/api/notes', undefined, bearer(token))),
    post('prove', { password }, bearer(token)),
    post('logout', { everywhere: true }, bearer(token)),
    ...Array.from({ length: 10 }, () => ask('GET', '/api/notes', undefined, bearer(token))),
  ]
  const answers = await Promise.all(all)
  assert.ok(answers.every(({ status }) => status < 500))
  await work(world, 10_000)
  assert.equal(await me(bearer(token)), 401)
  // A proof that came later found no session. One that came first gave a new one, which the end of all ended, unless it was asked for by the
  // former token after that was replaced: with it nobody is signed in, so nobody was signed out.
  const proven = answers[10]!
  if (proven.status === 200 && (await me(bearer(proven.body.token))) === 200)
    assert.equal((await post('logout', { everywhere: true }, bearer(proven.body.token))).status, 204)
  assert.equal(await read().count(sessions, eq('user', world.ids['owner']!)), 0)
})

test('Directus 8545: an admin exports the accounts, with nothing that opens any; others their own alone', async () => {
  await addApp(as('staff'))
  await world.write(async (tx) => void (await tx.adjust(users, world.ids['staff']!, { set: { roles: ['admin'] } })))
  const list = await ask('GET', '/api/users?limit=200', undefined, as('staff'))
  const exported = await ask('GET', '/api/users/export?format=jsonl', undefined, as('staff'))
  assert.deepEqual([list.status, exported.status], [200, 200], exported.text)
  assert.equal(exported.text.trim().split('\n').length, list.body.items.length)
  assert.doesNotMatch(exported.text, /hash|secret|token|kps_/i)
  const own = await ask('GET', '/api/users?limit=200', undefined, as('owner'))
  assert.deepEqual(
    own.body.items.map(({ id }: { id: string }) => id),
    [world.ids['owner']],
  )
  assert.ok([401, 403].includes((await ask('GET', '/api/users/export?format=jsonl', undefined, as('owner'))).status))
})
