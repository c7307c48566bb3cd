// proves P-040: passkeys over the API, by an authenticator in software: they sign in alone, end a sign-in that waits and prove again; each thing
// that an attacker could send is refused, alike and without a trace; and no way around them opens an account that has one.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { passkeyChallenges, passkeys } from '../../src/domains/accounts/passkeys.ts'
import { recoveryCodes } from '../../src/domains/accounts/second-factor.ts'
import { issueSetUpToken } from '../../src/domains/accounts/set-up.ts'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import { workIn } from '../../src/operation/work.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { type Authenticator, createAuthenticator, type Lies } from '../support/authenticator.ts'
import { createMailbox, type Mail, secretIn } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld(mailbox)
  await world.engine.start()
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  await world.close()
  assert.deepEqual(errors, [])
})

const email = 'owner@example.com'
const origin = 'http://shop.test'
type Headers = Record<string, string>
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })
const owner = bearer('kps_owner')
const ask = (method: string, url: string, body?: unknown, headers: Headers = {}) =>
  world.request({
    method,
    url,
    headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', ...headers },
    ...(body === undefined ? {} : { body }),
  })
const post = (url: string, body: unknown, headers: Headers = {}) => ask('POST', `/api/auth/${url}`, body, headers)
const read = () => world.engine.parts.storage.reader
const factors = async (headers = owner) => (await ask('GET', '/api/auth/factors', undefined, headers)).body
const logIn = () => post('login', { email, password: 'password of owner' })
const pendingOf = async () => (await logIn()).body.pending as string
const subjects = () => sent.map(({ subject }) => subject)

/** Adds a passkey to the account of a session. */
async function add(authenticator: Authenticator, headers = owner, lies: Lies = {}) {
  const { body: options } = await post('passkeys/register/start', {}, headers)
  return await post('passkeys/register/finish', authenticator.create(options, lies), headers)
}
async function added(options: Parameters<typeof createAuthenticator>[1] = {}, headers = owner) {
  const authenticator = createAuthenticator(origin, options)
  const { status, text, body } = await add(authenticator, headers)
  assert.equal(status, 201, text)
  return { authenticator, codes: body.recoveryCodes as string[] | null, id: body.passkey.id as string }
}
/** What a browser would send, for a sign-in by the passkey alone or for one that waits. */
async function use(authenticator: Authenticator, { pending, lies = {} }: { pending?: string; lies?: Lies } = {}) {
  const waits = pending === undefined ? {} : { pending }
  const { body: options } = await post('passkeys/login/start', waits)
  return { ...authenticator.get(options, lies), ...waits }
}
const finish = (body: unknown, headers: Headers = {}) => post('passkeys/login/finish', body, headers)
const signIn = async (authenticator: Authenticator, more: Parameters<typeof use>[1] = {}) => await finish(await use(authenticator, more))
const waysOf = async (token: string) =>
  (await ask('GET', '/api/auth/sessions', undefined, bearer(token))).body.items.find(({ isCurrent }: { isCurrent: boolean }) => isCurrent)
    .ways
/** As if every session had been proven an hour ago. */
const later = () =>
  world.write(async (tx) => {
    for (const session of await tx.find(sessions, { limit: 100 }))
      await tx.update(sessions, session, { set: { provenAt: world.clock.now() - 3_600_000 } })
  })
async function mailed(url: string) {
  // What is owed already is sent before.
  await work(world)
  await post(url, { email })
  await work(world)
  return secretIn(sent.at(-1)!)
}

test('the first passkey comes with recovery codes, a mail, and the end of other sessions; further ones with a mail', async () => {
  const elsewhere = (await logIn()).body.token
  const { body: options } = await post('passkeys/register/start', {}, owner)
  assert.deepEqual([options.rp, options.attestation], [{ id: 'shop.test', name: 'Test shop' }, 'none'])
  assert.equal(Buffer.from(options.user.id, 'base64url').toString(), world.ids['owner'])
  assert.equal(Buffer.from(options.challenge, 'base64url').length, 32)
  const { authenticator, codes } = await added()
  assert.equal(codes?.length, limits.recoveryCodes)
  assert.equal((await ask('GET', '/api/auth/me', undefined, bearer(elsewhere))).status, 401)
  const second = await added({ isSynced: true })
  assert.equal(second.codes, null)
  const { body: further } = await post('passkeys/register/start', {}, owner)
  assert.deepEqual(
    further.excludeCredentials.map(({ id, transports }: { id: string; transports: string[] }) => [id, transports]),
    [authenticator.id, second.authenticator.id].map((id) => [id, ['internal']]),
  )
  await work(world)
  assert.deepEqual(
    subjects(),
    Array.from({ length: 2 }, () => 'Your account at Test shop has a new passkey'),
  )
  const { passkeys: listed, recoveryCodesLeft, totp } = await factors()
  assert.deepEqual([listed.length, recoveryCodesLeft, totp], [2, limits.recoveryCodes, null])
  assert.deepEqual(
    listed.map(({ name, isSynced, usedAt, copySeenAt }: Record<string, unknown>) => [name, isSynced, usedAt, copySeenAt]),
    [
      ['Firefox 144, Linux', false, null, null],
      ['Firefox 144, Linux', true, null, null],
    ],
  )
})

for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const)
  test(`one by ${algorithm} signs in by itself, with nobody named, and counts as both factors`, async () => {
    const { authenticator } = await added({ algorithm, isCounting: algorithm === 'RS256' })
    const { body: options } = await post('passkeys/login/start', {})
    assert.deepEqual([options.rpId, options.allowCredentials, options.userVerification], ['shop.test', [], 'required'])
    for (let count = 0; count < 2; count++) {
      const { status, body, text, headers } = await signIn(authenticator)
      assert.equal(status, 200, text)
      assert.equal(body.user.email, email)
      assert.match(String(headers['set-cookie']), /^kp_session=kps_/)
      assert.deepEqual(await waysOf(body.token), ['passkey'])
      // It is a fresh proof as well.
      assert.equal((await post('passkeys/register/start', {}, bearer(body.token))).status, 200)
    }
    assert.notEqual((await factors()).passkeys[0].usedAt, null)
    assert.equal(await read().count(passkeyChallenges), 3)
  })

test('an account that has one is asked for it after a password, a link and a code, which open nothing alone', async () => {
  const { authenticator, codes } = await added()
  const ways = {
    password: logIn,
    magic: async () => post('magic/confirm', { token: await mailed('magic') }),
    code: async () => post('code/confirm', { email, code: await mailed('code') }),
  }
  for (const [way, begin] of Object.entries(ways)) {
    const { body, headers } = await begin()
    assert.deepEqual(
      [Object.keys(body).sort(), body.factors],
      [
        ['factors', 'pending'],
        ['passkey', 'recovery'],
      ],
      way,
    )
    assert.equal(headers['set-cookie'], undefined)
    const { body: options } = await post('passkeys/login/start', { pending: body.pending })
    assert.deepEqual(
      options.allowCredentials.map(({ id }: { id: string }) => id),
      [authenticator.id],
    )
    const { status, body: opened, text } = await signIn(authenticator, { pending: body.pending })
    assert.equal(status, 200, text)
    assert.deepEqual(await waysOf(opened.token), [way, 'passkey'])
  }
  // Nor does a new password by mail change that; a recovery code does in its place.
  assert.equal((await post('reset/confirm', { token: await mailed('reset'), password: 'a new long one' })).status, 204)
  const { body } = await post('login', { email, password: 'a new long one' })
  assert.equal(body.token, undefined)
  const recovered = await post('totp/verify', { pending: body.pending, code: codes![0] })
  assert.equal(recovered.status, 200, recovered.text)
  await work(world)
  assert.ok(subjects().includes('A recovery code of your account at Test shop was used'))
})

describe('refused, and nothing is stored:', () => {
  let authenticator: Authenticator
  let codes: readonly string[]
  beforeEach(async () => {
    const made = await added({ isCounting: true })
    authenticator = made.authenticator
    codes = made.codes!
  })
  /** None of these opens a session, alone or for a sign-in that waits, and none proves anything. */
  async function refused(lies: Lies, by = authenticator): Promise<void> {
    const before = await read().count(sessions)
    const pending = await pendingOf()
    for (const body of [await use(by, { lies }), await use(by, { lies, pending })]) {
      const answer = await finish(body)
      assert.deepEqual([answer.status, answer.body.code], [401, 'passkey_invalid'], answer.text)
    }
    const { body: options } = await post('passkeys/prove/start', {}, owner)
    const answer = await post('prove', { passkey: by.get(options, lies) }, owner)
    assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, '/passkey'], answer.text)
    assert.equal(await read().count(sessions), before)
  }

  const lies: Readonly<Record<string, Lies>> = {
    'another origin': { origin: 'http://shop.test.evil.example' },
    'another port': { origin: 'http://shop.test:8080' },
    'a frame of another site': { crossOrigin: true },
    'another site': { rpId: 'evil.example' },
    'a challenge that nobody gave': { challenge: Buffer.alloc(32, 7).toString('base64url') },
    'what was signed for a registration': { type: 'webauthn.create' },
    'a user whom it did not verify': { isVerified: false },
    'nobody present': { isPresent: false },
    'the handle of another account': { userHandle: Buffer.from('usr_other').toString('base64url') },
    'the key of another': { signedBy: createAuthenticator(origin) },
  }
  for (const [name, lie] of Object.entries(lies)) test(name, () => refused(lie))

  test('a passkey that is not known', () => refused({}, createAuthenticator(origin)))

  test('without the handle of its account, where it signs in alone', async () => {
    assert.equal((await signIn(authenticator, { lies: { userHandle: null } })).body.code, 'passkey_invalid')
    assert.equal((await signIn(authenticator, { pending: await pendingOf(), lies: { userHandle: null } })).status, 200)
  })

  test('the same answer twice, also 20 at once', async () => {
    // One that counts nothing: only the challenge tells.
    const { authenticator: synced } = await added({ isSynced: true })
    const used = await use(synced)
    const answers = await Promise.all(Array.from({ length: 20 }, () => finish(used)))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array.from({ length: 19 }, () => 401)])
    assert.equal((await finish(used)).body.code, 'passkey_invalid')
    const pending = await pendingOf()
    const waiting = await use(synced, { pending })
    const ended = await Promise.all(Array.from({ length: 20 }, () => finish(waiting)))
    assert.equal(ended.filter(({ status }) => status === 200).length, 1)
    assert.ok(ended.every(({ status }) => status === 200 || status === 401 || status === 403))
  })

  test('a challenge that was given for something else, or to somebody else', async () => {
    const other = bearer('kps_other')
    const { body: toAdd } = await post('passkeys/register/start', {}, owner)
    const { body: toProve } = await post('passkeys/prove/start', {}, owner)
    const pending = await pendingOf()
    const { body: toEnd } = await post('passkeys/login/start', { pending })
    const { body: toEnter } = await post('passkeys/login/start', {})
    const answer = (options: { challenge: string }) => authenticator.get({ challenge: options.challenge, rpId: 'shop.test' })
    for (const options of [toAdd, toProve, toEnd]) assert.equal((await finish(answer(options))).body.code, 'passkey_invalid')
    for (const options of [toAdd, toProve, toEnter])
      assert.equal((await finish({ ...answer(options), pending })).body.code, 'passkey_invalid')
    // A sign-in of the same account that waits as well.
    assert.equal((await finish({ ...answer(toEnd), pending: await pendingOf() })).body.code, 'passkey_invalid')
    for (const options of [toAdd, toEnd, toEnter])
      assert.equal((await post('prove', { passkey: answer(options) }, owner)).body.errors[0].path, '/passkey')
    // Another session of the account, and another account, which has a passkey as well.
    const elsewhere = bearer((await signIn(authenticator)).body.token)
    assert.equal((await post('prove', { passkey: answer(toProve) }, elsewhere)).body.errors[0].path, '/passkey')
    const theirs = await added({}, other)
    const own = { rp: { id: 'shop.test' }, user: { id: '' } }
    for (const [options, headers] of [
      [toAdd, other],
      [toAdd, elsewhere],
      [toProve, owner],
      [toEnter, owner],
    ] as const) {
      const made = createAuthenticator(origin).create({ ...own, challenge: options.challenge })
      assert.deepEqual((await post('passkeys/register/finish', made, headers)).body.errors?.[0], {
        path: '/response',
        code: 'wrong',
        message: 'is no new passkey for this site, or took too long; start again',
      })
    }
    // Another's passkey proves nothing, and ends no sign-in of this account.
    const { body: again } = await post('passkeys/prove/start', {}, owner)
    assert.equal((await post('prove', { passkey: theirs.authenticator.get(again) }, owner)).status, 400)
    assert.equal((await finish({ ...theirs.authenticator.get(toEnd), pending })).body.code, 'passkey_invalid')
    // What each was given for is taken.
    assert.equal((await finish({ ...answer(toEnd), pending })).status, 200)
    assert.equal((await post('prove', { passkey: answer(toProve) }, owner)).status, 200)
  })

  test('after its ten minutes', async () => {
    const used = await use(authenticator)
    const { body: options } = await post('passkeys/register/start', {}, owner)
    await world.write(async (tx) => {
      for (const { id, expiresAt } of await tx.find(passkeyChallenges, { limit: 10 }))
        await tx.touchOrFail(passkeyChallenges, id, { set: { expiresAt: expiresAt - limits.passkeyChallengeMs } })
    })
    assert.equal((await finish(used)).body.code, 'passkey_invalid')
    assert.equal((await post('passkeys/register/finish', createAuthenticator(origin).create(options), owner)).status, 400)
  })

  test('a count that goes back: its owner sees that there may be a copy', async () => {
    assert.equal((await signIn(authenticator, { lies: { count: 10 } })).status, 200)
    for (const count of [10, 9, 0])
      assert.equal((await signIn(authenticator, { lies: { count } })).body.code, 'passkey_invalid', String(count))
    const [seen] = (await factors()).passkeys
    assert.notEqual(seen.copySeenAt, null)
    // Who cannot sign does not cause that.
    await world.write(async (tx) => tx.update(passkeys, (await tx.get(passkeys, seen.id))!, { set: { copySeenAt: null } }))
    await signIn(authenticator, { lies: { count: 1, signedBy: createAuthenticator(origin) } })
    assert.equal((await factors()).passkeys[0].copySeenAt, null)
    assert.equal((await signIn(authenticator, { lies: { count: 11 } })).status, 200)
  })

  test('two uses of a copy at once: one of them', async () => {
    const [first, second] = [await use(authenticator, { lies: { count: 7 } }), await use(authenticator, { lies: { count: 7 } })]
    const answers = await Promise.all([finish(first), finish(second)])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 401])
  })

  test('a passkey that was removed, also while it is used, and an account that was shut', async () => {
    const { authenticator: left } = await added()
    const [{ id }] = (await factors()).passkeys
    const used = await use(authenticator)
    assert.equal((await ask('DELETE', `/api/auth/passkeys/${id}`, undefined, owner)).status, 204)
    assert.equal((await finish(used)).body.code, 'passkey_invalid')
    assert.equal((await signIn(authenticator)).body.code, 'passkey_invalid')
    assert.equal((await signIn(left)).status, 200)
    const pending = await pendingOf()
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { disabled: true } }))
    assert.equal((await signIn(left)).body.code, 'passkey_invalid')
    assert.equal((await signIn(left, { pending })).body.code, 'passkey_invalid')
  })

  test('a sign-in that waits no more', async () => {
    const pending = await pendingOf()
    const used = await use(authenticator, { pending })
    assert.equal((await post('totp/verify', { pending, code: codes[0] })).status, 200)
    assert.equal((await finish(used)).body.code, 'pending_invalid')
    for (const none of [pending, 'secondfactor_guess', ''])
      assert.equal((await post('passkeys/login/start', { pending: none })).body.code, 'pending_invalid')
  })
})

describe('what is added', () => {
  for (const [name, lie] of Object.entries({
    'from another origin': { origin: 'http://evil.example' },
    'for another site': { rpId: 'evil.example' },
    'without a verified user': { isVerified: false },
    'in a frame of another site': { crossOrigin: true },
    'by what was signed for a sign-in': { type: 'webauthn.get' },
  } satisfies Record<string, Lies>))
    test(`${name} is refused`, async () => {
      const answer = await add(createAuthenticator(origin), owner, lie)
      assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, '/response'])
      assert.equal(await read().count(passkeys), 0)
    })

  test('is added once, of 20 at once, and is of one account', async () => {
    const authenticator = createAuthenticator(origin)
    const { body: options } = await post('passkeys/register/start', {}, owner)
    const made = authenticator.create(options)
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('passkeys/register/finish', made, owner)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.equal(await read().count(passkeys), 1)
    assert.equal(await read().count(recoveryCodes), limits.recoveryCodes)
    const again = await add(authenticator, bearer('kps_other'))
    assert.deepEqual([again.status, again.body.errors?.[0].path], [400, '/id'])
  })

  test('needs a fresh proof, and so does taking it away; not its name', async () => {
    const { authenticator, id } = await added()
    const { body: options } = await post('passkeys/register/start', {}, owner)
    assert.equal((await ask('DELETE', `/api/auth/passkeys/${id}`, undefined, bearer('kps_other'))).status, 404)
    await later()
    for (const [method, url, body] of [
      ['POST', '/api/auth/passkeys/register/start', {}],
      ['POST', '/api/auth/passkeys/register/finish', createAuthenticator(origin).create(options)],
      ['DELETE', `/api/auth/passkeys/${id}`, undefined],
      ['POST', '/api/auth/totp/recovery', {}],
    ] as const) {
      const { body: answer } = await ask(method, url, body, owner)
      assert.deepEqual([answer.code, answer.params], ['proof_needed', { ways: ['passkey', 'recovery'] }], url)
    }
    const named = await ask('PATCH', `/api/auth/passkeys/${id}`, { name: ' My telephone ' }, owner)
    assert.deepEqual([named.status, named.body.name], [200, 'My telephone'])
    for (const name of ['', ' ']) assert.equal((await ask('PATCH', `/api/auth/passkeys/${id}`, { name }, owner)).status, 400)
    assert.equal((await ask('PATCH', `/api/auth/passkeys/${id}`, { name: 'Mine' }, bearer('kps_other'))).status, 404)
    // A password proves nothing any more; the passkey does, and the session gets another token.
    assert.equal((await post('prove', { password: 'password of owner' }, owner)).status, 400)
    const { body: asked } = await post('passkeys/prove/start', {}, owner)
    const proven = await post('prove', { passkey: authenticator.get(asked) }, owner)
    assert.equal(proven.status, 200, proven.text)
    assert.equal((await ask('GET', '/api/auth/me', undefined, owner)).status, 401)
    assert.equal((await ask('DELETE', `/api/auth/passkeys/${id}`, undefined, bearer(proven.body.token))).status, 204)
    await work(world)
    assert.equal(sent.at(-1)!.subject, 'A passkey of your account at Test shop was removed')
    // It was the only factor: the codes are gone with it, and a password is enough.
    assert.equal(await read().count(recoveryCodes), 0)
    assert.equal((await logIn()).body.user.email, email)
    assert.equal((await post('passkeys/prove/start', {}, bearer(proven.body.token))).status, 404)
  })

  test('comes to so many, of many at once', async () => {
    const asked = await Promise.all(Array.from({ length: limits.passkeysMax + 2 }, () => post('passkeys/register/start', {}, owner)))
    const answers = await Promise.all(
      asked.map(({ body }) => post('passkeys/register/finish', createAuthenticator(origin).create(body), owner)),
    )
    assert.equal(answers.filter(({ body }) => body.code === 'too_many_passkeys').length, 2)
    assert.equal(await read().count(passkeys), limits.passkeysMax)
    assert.equal((await post('passkeys/register/start', {}, owner)).body.code, 'too_many_passkeys')
  })

  test('and an app beside it: either goes alone, and the codes with the last', async () => {
    const { id } = await added()
    const { secret } = (await post('totp/enrol', {}, owner)).body
    const { body } = await post('totp/confirm', { code: totpCode(secret, Math.floor(world.clock.now() / 30_000)) }, owner)
    assert.deepEqual((await logIn()).body.factors, ['passkey', 'totp', 'recovery'])
    assert.equal((await ask('DELETE', '/api/auth/totp', undefined, owner)).status, 204)
    assert.equal((await factors()).recoveryCodesLeft, limits.recoveryCodes)
    assert.equal((await post('totp/verify', { pending: await pendingOf(), code: body.recoveryCodes[0] })).status, 200)
    const renewed = await post('totp/recovery', {}, owner)
    assert.equal(renewed.body.recoveryCodes.length, limits.recoveryCodes)
    assert.equal((await post('totp/verify', { pending: await pendingOf(), code: body.recoveryCodes[1] })).body.code, 'code_invalid')
    const waiting = await pendingOf()
    assert.equal((await ask('DELETE', `/api/auth/passkeys/${id}`, undefined, owner)).status, 204)
    assert.equal((await factors()).recoveryCodesLeft, 0)
    assert.equal((await post('totp/verify', { pending: waiting, code: renewed.body.recoveryCodes[0] })).body.code, 'pending_invalid')
    assert.equal((await logIn()).body.user.email, email)
  })
})

test('nobody keeps an owner out by guessing, a password or codes: a passkey waits for no other', async () => {
  const { authenticator } = await added()
  const pending = await pendingOf()
  for (let count = 0; count < limits.signInTriesFree + 3; count++) {
    await post('login', { email, password: 'wrong' })
    await post('totp/verify', { pending, code: '000000' })
  }
  assert.deepEqual([(await logIn()).status, (await post('totp/verify', { pending, code: '000000' })).status], [429, 429])
  assert.equal((await signIn(authenticator, { pending })).status, 200)
  assert.equal((await signIn(authenticator)).status, 200)
})

describe('who takes the account over, or back,', () => {
  test('signs in by a mail where nobody had shown that the address is theirs: a passkey of before is gone', async () => {
    const { authenticator } = await added()
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { emailVerified: false } }))
    const { status, body } = await post('magic/confirm', { token: await mailed('magic') })
    assert.deepEqual([status, body.user?.email], [200, email])
    assert.equal((await signIn(authenticator)).body.code, 'passkey_invalid')
    assert.deepEqual([await read().count(passkeys), await read().count(recoveryCodes)], [0, 0])
  })

  test('after it was moved is rid of one that was added since, and of no other', async () => {
    const { authenticator: before, codes } = await added()
    await world.clock.advance(1_000)
    await post('email', { email: 'new@mail.example' }, owner)
    await work(world)
    await post('email/confirm', { token: /#token=([\w-]+)/.exec(sent.at(-1)!.text)![1] }, owner)
    await work(world)
    const back = /#token=(undoemail_[\w-]+)/.exec(sent.at(-1)!.text)![1]!
    const { authenticator: since } = await added()
    assert.equal((await post('email/undo', { token: back })).status, 204)
    assert.equal((await signIn(since)).body.code, 'passkey_invalid')
    assert.equal((await signIn(before)).status, 200)
    await post('reset/confirm', { token: await mailed('reset'), password: 'a new long one' })
    const { body } = await post('login', { email, password: 'a new long one' })
    assert.deepEqual(body.factors, ['passkey', 'recovery'])
    assert.equal((await post('totp/verify', { pending: body.pending, code: codes![0] })).status, 200)
  })

  test('is an admin, or whoever runs the installation: each takes all of them away', async () => {
    const { authenticator } = await added()
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['staff']!))!, { set: { roles: ['admin'] } }))
    assert.equal((await world.call('staff', { method: 'DELETE', url: `/api/users/${world.ids['owner']}/factors` })).status, 204)
    assert.equal((await signIn(authenticator)).body.code, 'passkey_invalid')
    const { body } = await world.call('staff', { method: 'GET', url: '/api/audit?collection=passkeys' })
    assert.deepEqual(
      [body.items[0].operation, body.items[0].actor, body.items[0].action],
      ['accounts.removeUserFactors', world.ids['staff'], 'deleted'],
    )
    const { authenticator: next } = await added()
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['staff']!))!, { set: { roles: [] } }))
    const token = await world.write((tx, now) => issueSetUpToken(workIn(world.engine.parts, tx, now)))
    assert.equal((await post('setup', { token, email, password: 'a new long one' })).body.tookOver, true)
    assert.equal((await signIn(next)).body.code, 'passkey_invalid')
  })
})

test('a use leaves no key, no id and no challenge in the log of changes or the audit trail', async () => {
  const { authenticator } = await added()
  const used = await use(authenticator)
  assert.equal((await finish(used)).status, 200)
  const logs = [JSON.stringify(await world.engine.parts.storage.commitsAfter(0, 10_000)), JSON.stringify(world.log)].join('\n')
  const [stored] = await read().find(passkeys, { limit: 1 })
  const challenge = JSON.parse(Buffer.from(String(used.response['clientDataJSON']), 'base64url').toString()).challenge as string
  for (const text of [authenticator.id, stored!.publicKey, stored!.idHash, challenge]) assert.equal(logs.includes(text), false)
  assert.ok(logs.includes(stored!.id))
  assert.equal((await world.call('staff', { method: 'GET', url: '/api/passkeys' })).status, 404)
})
