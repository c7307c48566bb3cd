// An account with a second factor: no way of signing in goes around it, no code works twice, guessing is slow, and its owner
// gets in again without the telephone. The codes are those of src/domains/accounts/totp.test.ts, which holds them against others.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { always, eq } from '../../src/contract/filter.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { proofs } from '../../src/domains/accounts/proofs.ts'
import { recoveryCodes, totpFactors } from '../../src/domains/accounts/second-factor.ts'
import { issueSetUpToken } from '../../src/domains/accounts/set-up.ts'
import { signInTries } from '../../src/domains/accounts/sign-in-tries.ts'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import { workIn } from '../../src/operation/work.ts'
import { lineOf } from '../../src/storage/archive/contents.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
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
const owner = { authorization: 'Bearer kps_owner' }
const ask = (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  world.request({ method, url, headers, ...(body === undefined ? {} : { body }) })
const post = (url: string, body: unknown, headers: Record<string, string> = {}) => ask('POST', `/api/auth/${url}`, body, headers)
const logIn = (headers: Record<string, string> = {}) => post('login', { email, password: 'password of owner' }, headers)
const verify = (pending: string, code: string, headers: Record<string, string> = {}) => post('totp/verify', { pending, code }, headers)
const pendingOf = async () => (await logIn()).body.pending as string
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const read = () => world.engine.parts.storage.reader
const factors = (headers: Record<string, string>) => ask('GET', '/api/auth/factors', undefined, headers)
/** What the app shows, some steps off. */
const shown = (secret: string, off = 0) => totpCode(secret, Math.floor(world.clock.now() / 30_000) + off)
/** Nobody waits for what was tried before. */
const forgetTries = () => world.write((tx) => tx.deleteWhere(signInTries, always))

/** The owner's app, as it is set up by the page. */
async function enrol(headers = owner) {
  const { body, status } = await post('totp/enrol', {}, headers)
  assert.equal(status, 200, JSON.stringify(body))
  const confirmed = await post('totp/confirm', { code: shown(body.secret, -1) }, headers)
  assert.equal(confirmed.status, 200, confirmed.text)
  return { secret: body.secret as string, uri: body.uri as string, codes: confirmed.body.recoveryCodes as string[] }
}
/** The secret of the newest mail that this sends. */
async function mailed(url: string) {
  // What is owed already is sent before.
  await work(world)
  await post(url, { email })
  await work(world)
  return secretIn(sent.at(-1)!)
}

test('an app counts once a code of it was shown; then its owner is told, and signed out everywhere else', async () => {
  const elsewhere = (await logIn()).body.token
  const first = await post('totp/enrol', {}, owner)
  assert.match(first.body.secret, /^[A-Z2-7]{32}$/)
  assert.equal(
    first.body.uri,
    `otpauth://totp/Test%20shop:owner%40example.com?secret=${first.body.secret}&issuer=Test%20shop&algorithm=SHA1&digits=6&period=30`,
  )
  assert.equal((await logIn()).status, 200)
  assert.deepEqual((await factors(owner)).body, { totp: null, passkeys: [], recoveryCodesLeft: 0 })
  const second = await post('totp/enrol', {}, owner)
  assert.notEqual(second.body.secret, first.body.secret)
  for (const code of [shown(first.body.secret), shown(second.body.secret, 2), shown(second.body.secret, -2)])
    assert.deepEqual((await post('totp/confirm', { code }, owner)).body.errors[0].path, '/code')
  const { status, body } = await post('totp/confirm', { code: shown(second.body.secret) }, owner)
  assert.deepEqual([status, body.recoveryCodes.length, new Set(body.recoveryCodes).size], [200, 10, 10])
  for (const code of body.recoveryCodes) assert.match(code, /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
  assert.equal((await ask('GET', '/api/auth/me', undefined, bearer(elsewhere))).status, 401)
  assert.equal((await factors(owner)).body.recoveryCodesLeft, 10)
  for (const url of ['totp/enrol', 'totp/confirm'])
    assert.equal((await post(url, url === 'totp/enrol' ? {} : { code: '000000' }, owner)).body.code, 'second_factor_exists')
  await work(world)
  assert.deepEqual([sent.at(-1)!.to, sent.at(-1)!.subject], [email, 'Your account at Test shop has a second factor'])
})

test('each way of signing in ends in a wait, which a code of the app ends, and the session says what was shown', async () => {
  const { secret } = await enrol()
  const ways = {
    password: () => logIn(),
    magic: async () => await post('magic/confirm', { token: await mailed('magic') }),
    code: async () => await post('code/confirm', { email, code: await mailed('code') }),
  }
  let off = 0
  for (const [way, begin] of Object.entries(ways)) {
    const { status, body, headers } = await begin()
    assert.deepEqual([status, Object.keys(body), body.factors], [200, ['pending', 'factors'], ['totp', 'recovery']])
    assert.match(body.pending, /^secondfactor_[\w-]{43}$/)
    assert.equal(headers['set-cookie'], undefined)
    assert.equal((await ask('GET', '/api/auth/me', undefined, bearer(body.pending))).status, 401)
    const opened = await verify(body.pending, shown(secret, off))
    assert.deepEqual([opened.status, opened.body.user?.email], [200, email], opened.text)
    assert.match(String(opened.headers['set-cookie']), /^kp_session=kps_/)
    const [session] = await read().find(sessions, {
      where: eq('user', world.ids['owner']!),
      sort: [{ path: 'createdAt', descending: true }],
      limit: 1,
    })
    assert.deepEqual(session!.ways, [way, 'totp'])
    off = 1
    if (way === 'magic') await world.clock.advance(30_000)
  }
  assert.equal(await read().count(proofs), 0)
})

test('who signs in while it is added is out, or is asked for it; and 20 confirmations at once answer codes once', async () => {
  const { secret } = (await post('totp/enrol', {}, owner)).body
  const code = shown(secret)
  const [confirmed, signedIn] = await Promise.all([
    Promise.all(Array.from({ length: 20 }, () => post('totp/confirm', { code }, owner))),
    Promise.all(Array.from({ length: limits.signInTriesFree }, () => logIn())),
  ])
  assert.equal(confirmed.filter(({ status }) => status === 200).length, 1)
  assert.equal(await read().count(recoveryCodes), limits.recoveryCodes)
  for (const { body } of signedIn)
    if (body.token !== undefined) assert.equal((await ask('GET', '/api/auth/me', undefined, bearer(body.token))).status, 401)
})

test('a new password by mail does not take it away', async () => {
  const { secret } = await enrol()
  const waiting = await pendingOf()
  assert.equal((await post('reset/confirm', { token: await mailed('reset'), password: 'a new long one' })).status, 204)
  assert.equal((await verify(waiting, shown(secret))).body.code, 'pending_invalid')
  const { body } = await post('login', { email, password: 'a new long one' })
  assert.equal((await verify(body.pending, shown(secret))).status, 200)
})

describe('no code works twice', () => {
  test('of 20 sign-ins at once one gets in with it, and none afterwards', async () => {
    const { secret } = await enrol()
    const waiting: string[] = []
    for (let count = 0; count < 20; count++) waiting.push(await pendingOf())
    assert.equal(new Set(waiting).size, 20)
    const code = shown(secret)
    const answers = await Promise.all(waiting.map((pending) => verify(pending, code)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(answers.every(({ status }) => status === 200 || status === 401 || status === 429))
    await forgetTries()
    assert.equal((await verify(await pendingOf(), code)).body.code, 'code_invalid')
    assert.equal((await verify(await pendingOf(), shown(secret, -1))).body.code, 'code_invalid')
    assert.equal((await verify(await pendingOf(), shown(secret, 1))).status, 200)
  })

  test('nor does a sign-in that waits, nor a recovery code, of which 20 at once open one session', async () => {
    const { codes } = await enrol()
    const pending = await pendingOf()
    const before = await read().count(sessions, eq('user', world.ids['owner']!))
    const answers = await Promise.all(codes.map((code) => verify(pending, code)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    await forgetTries()
    const waiting: string[] = []
    for (let count = 0; count < 20; count++) waiting.push(await pendingOf())
    const left = codes.filter((_, index) => answers[index]!.status !== 200)
    const again = await Promise.all(waiting.map((one) => verify(one, left[0]!)))
    assert.equal(again.filter(({ status }) => status === 200).length, 1)
    assert.equal(await read().count(sessions, eq('user', world.ids['owner']!)), before + 2)
    assert.equal((await factors(owner)).body.recoveryCodesLeft, 8)
  })
})

test('a recovery code opens the account as it is typed from paper, its owner is told, and new ones end the old', async () => {
  const { codes } = await enrol()
  const opened = await verify(await pendingOf(), ` ${codes[0]!.toUpperCase().replaceAll('-', ' ')} `)
  assert.equal(opened.status, 200, opened.text)
  await work(world)
  assert.equal(sent.at(-1)!.subject, 'A recovery code of your account at Test shop was used')
  assert.equal((await verify(await pendingOf(), codes[0]!)).body.code, 'code_invalid')
  const renewed = await post('totp/recovery', {}, bearer(opened.body.token))
  assert.equal(renewed.body.recoveryCodes.length, 10)
  assert.equal((await verify(await pendingOf(), codes[1]!)).body.code, 'code_invalid')
  assert.equal((await verify(await pendingOf(), renewed.body.recoveryCodes[1])).status, 200)
})

test('guesses: five for each sign-in that waits, and fewer and fewer for the account, whoever knows the password', async () => {
  const { secret } = await enrol()
  const wrong = ['000000', '000001', '000002', '000003', '000004', '000005', '000006'].filter(
    (code) => ![-1, 0, 1].some((off) => shown(secret, off) === code),
  )
  const pending = await pendingOf()
  for (const code of wrong.slice(0, 2)) assert.equal((await verify(pending, code)).body.code, 'code_invalid')
  for (let turn = 0; turn < 2; turn++) {
    await forgetTries()
    const answers = await Promise.all(Array.from({ length: 5 }, () => verify(pending, wrong[turn]!)))
    assert.ok(answers.every(({ status }) => status === 401 || status === 403))
  }
  // It was tried too often, however long its owner waits.
  await forgetTries()
  assert.equal((await verify(pending, shown(secret))).body.code, 'pending_invalid')
  await forgetTries()
  // A right password does not begin the count anew.
  for (let count = 0; count < limits.signInTriesFree; count++) assert.equal((await verify(await pendingOf(), wrong[0]!)).status, 401)
  const waits = await verify(await pendingOf(), shown(secret))
  assert.deepEqual([waits.status, waits.headers['retry-after']], [429, '1'])
  assert.doesNotMatch(waits.body.detail, /magic/)
  // Who does not know the password takes none of these tries.
  await forgetTries()
  for (let count = 0; count < limits.signInTriesFree + 2; count++) await post('login', { email, password: 'wrong' })
  await world.clock.advance(4_000)
  assert.equal((await verify(await pendingOf(), shown(secret))).status, 200)
})

test('what waits is good for ten minutes, for this alone, and not after a new password or a shut account', async () => {
  const { secret } = await enrol()
  const pending = await pendingOf()
  for (const url of ['verify', 'magic/confirm', 'email/undo', 'email/confirm'])
    assert.equal((await post(url, { token: pending }, owner)).body.code, 'link_invalid', url)
  assert.equal((await post('reset/confirm', { token: pending, password: 'a new long one' })).body.code, 'link_invalid')
  const magic = await mailed('magic')
  for (const token of [magic, 'secondfactor_guess', '']) assert.equal((await verify(token, shown(secret))).status, 403)
  const age = (ms: number) =>
    world.write(async (tx) => {
      for (const proof of await tx.find(proofs, { limit: 10 }))
        await tx.touchOrFail(proofs, proof.id, { set: { expiresAt: proof.expiresAt - ms } })
    })
  await age(limits.pendingSignInMs)
  assert.equal((await verify(pending, shown(secret))).body.code, 'pending_invalid')
  const waiting = await pendingOf()
  await post('password', { current: 'password of owner', password: 'a new long one' }, owner)
  assert.equal((await verify(waiting, shown(secret))).body.code, 'pending_invalid')
  const { body } = await post('login', { email, password: 'a new long one' })
  await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { disabled: true } }))
  assert.equal((await verify(body.pending, shown(secret))).body.code, 'pending_invalid')
})

describe('to change it', () => {
  /** As if the session had been proven an hour ago. */
  const later = () =>
    world.write(async (tx) => {
      for (const session of await tx.find(sessions, { limit: 100 }))
        await tx.update(sessions, session, { set: { provenAt: world.clock.now() - 3_600_000 } })
    })

  test('its owner shows it, or a recovery code: a password is not enough any more', async () => {
    const { secret, codes } = await enrol()
    await later()
    const changes = [
      ['POST', '/api/auth/totp/enrol'],
      ['POST', '/api/auth/totp/recovery'],
      ['DELETE', '/api/auth/totp'],
    ] as const
    for (const [method, url] of changes) {
      const { body } = await ask(method, url, method === 'POST' ? {} : undefined, owner)
      assert.deepEqual([body.code, body.params], ['proof_needed', { ways: ['totp', 'recovery'] }], url)
    }
    for (const [given, path] of [
      [{ password: 'password of owner' }, ''],
      [{ totp: shown(secret, -1) }, '/totp'],
      [{ recovery: 'aaaa-aaaa-aaaa-aaaa' }, '/recovery'],
    ] as const)
      assert.deepEqual([(await post('prove', given, owner)).status, (await post('prove', given, owner)).body.errors?.[0].path], [400, path])
    await forgetTries()
    const proven = await post('prove', { totp: shown(secret) }, owner)
    assert.equal(proven.status, 200, proven.text)
    await later()
    const again = await post('prove', { recovery: codes[0]! }, bearer(proven.body.token))
    assert.equal(again.status, 200)
    const removed = await ask('DELETE', '/api/auth/totp', undefined, bearer(again.body.token))
    assert.equal(removed.status, 204)
    await work(world)
    assert.deepEqual(
      sent.slice(-2).map(({ subject }) => subject),
      ['A recovery code of your account at Test shop was used', 'The second factor of your account at Test shop was removed'],
    )
    assert.equal((await ask('DELETE', '/api/auth/totp', undefined, bearer(again.body.token))).status, 404)
    assert.equal((await logIn()).body.user.email, email)
    assert.deepEqual([await read().count(totpFactors), await read().count(recoveryCodes)], [0, 0])
  })

  test('an admin takes it away, which the audit tells and a mail its owner', async () => {
    const { secret } = await enrol()
    const waiting = await pendingOf()
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['staff']!))!, { set: { roles: ['admin'] } }))
    const take = () => world.call('staff', { method: 'DELETE', url: `/api/users/${world.ids['owner']}/factors` })
    await later()
    assert.equal((await take()).body.code, 'proof_needed')
    await world.write(async (tx) => {
      for (const session of await tx.find(sessions, { limit: 100 }))
        await tx.update(sessions, session, { set: { provenAt: world.clock.now() } })
    })
    assert.equal((await take()).status, 204)
    const { body } = await world.call('staff', { method: 'GET', url: '/api/audit?collection=totpFactors' })
    assert.deepEqual(
      [body.items[0].operation, body.items[0].actor, body.items[0].action],
      ['accounts.removeUserFactors', world.ids['staff'], 'deleted'],
    )
    assert.ok(JSON.stringify(body.items[0]).includes(world.ids['owner']!))
    await work(world)
    assert.deepEqual([sent.at(-1)!.to, sent.at(-1)!.subject], [email, 'The second factor of your account at Test shop was removed'])
    assert.equal((await verify(waiting, shown(secret))).body.code, 'pending_invalid')
    assert.equal((await take()).status, 404)
    assert.equal((await logIn()).status, 200)
  })

  test('an account that was opened with an address of somebody else keeps none when its owner signs in by a mail', async () => {
    await enrol()
    await world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { emailVerified: false } }))
    const { status, body } = await post('magic/confirm', { token: await mailed('magic') })
    assert.deepEqual([status, body.user?.email], [200, email])
    assert.deepEqual(await factors(bearer(body.token)).then(({ body: { totp } }) => totp), null)
  })
})

describe('who takes the account back', () => {
  /** Moves it to another address. Answers the way back. */
  async function move(headers = owner): Promise<string> {
    await post('email', { email: 'new@mail.example' }, headers)
    await work(world)
    await post('email/confirm', { token: /#token=([\w-]+)/.exec(sent.at(-1)!.text)![1] }, headers)
    await work(world)
    return /#token=(undoemail_[\w-]+)/.exec(sent.at(-1)!.text)![1]!
  }

  test('after it was moved is rid of a factor that was added since, and of no other', async () => {
    const back = await move()
    await enrol()
    assert.equal((await post('email/undo', { token: back })).status, 204)
    assert.equal(await read().count(totpFactors), 0)
    await post('reset/confirm', { token: await mailed('reset'), password: 'a new long one' })
    const { token } = (await post('login', { email, password: 'a new long one' })).body
    await enrol(bearer(token))
    await world.clock.advance(1_000)
    assert.equal((await post('email/undo', { token: await move(bearer(token)) })).status, 204)
    assert.equal(await read().count(totpFactors), 1)
  })

  test('by the word of whoever runs the installation does without', async () => {
    await enrol()
    const token = await world.write((tx, now) => issueSetUpToken(workIn(world.engine.parts, tx, now)))
    assert.equal((await post('setup', { token, email, password: 'a new long one' })).body.tookOver, true)
    assert.equal((await post('login', { email, password: 'a new long one' })).body.user?.email, email)
  })
})

test('the document says that a sign-in answers one of two, by each way', async () => {
  const { paths, components } = (await ask('GET', '/api/openapi.json')).body
  for (const url of ['login', 'magic/confirm', 'code/confirm']) {
    const { schema } = paths[`/api/auth/${url}`].post.responses['200'].content['application/json']
    assert.deepEqual(
      schema.anyOf,
      ['SignIn', 'SecondFactorNeeded'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
    )
  }
  assert.deepEqual(components.schemas.SecondFactorNeeded.required, ['pending', 'factors'])
})

// proves P-029
test('at rest lie hashes, and the one secret that codes are made of, which no log of changes has', async () => {
  const { secret, codes } = await enrol()
  const pending = await pendingOf()
  await verify(await pendingOf(), shown(secret))
  await verify(await pendingOf(), codes[0]!)
  const { storage, model } = world.engine.parts
  const rows = await Promise.all(
    [...model.collections.keys()].map(async (name) =>
      (await storage.reader.find({ name }, { limit: 10_000 })).map((record) => [name, lineOf(model, name)(record as never)] as const),
    ),
  )
  const logs = [JSON.stringify(await storage.commitsAfter(0, 10_000)), JSON.stringify(world.log)].join('\n')
  const texts = [...rows.flat(), ['logs', logs] as const]
  const holding = (text: string) => texts.filter(([, line]) => line.includes(text)).map(([name]) => name)
  assert.deepEqual(holding(secret), ['totpFactors'])
  for (const text of [pending, shown(secret), ...codes, ...codes.map((code) => code.replaceAll('-', ''))])
    assert.deepEqual(holding(text), [], text)
  const seen = await world.call('staff', { method: 'GET', url: '/api/totpFactors' })
  assert.equal(seen.status, 404)
})
