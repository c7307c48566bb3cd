// proves P-033: what goes by mail to an account: each link and code opens what it is for, once, in its time, and only the newest one; nobody
// learns from asking who has an account; and no secret lies anywhere once it was sent.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { always, eq } from '../../src/contract/filter.ts'
import { passwords, sessions, users } from '../../src/domains/accounts/collections.ts'
import { proofs } from '../../src/domains/accounts/proofs.ts'
import { signInTries } from '../../src/domains/accounts/sign-in-tries.ts'
import { rateLimits } from '../../src/operation/rate-limits.ts'
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
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  world.request({ method: 'POST', url: `/api/auth/${url}`, headers, body })
const bearer = { authorization: 'Bearer kps_owner' }
/** By whoever is signed in to the account that moves. */
const confirmMove = (token: string, headers: Record<string, string> = bearer) => post('email/confirm', { token }, headers)
const logIn = (password: string, as = email) => post('login', { email: as, password })
const me = (token: string) => world.request({ method: 'GET', url: '/api/auth/me', headers: { authorization: `Bearer ${token}` } })
const read = () => world.engine.parts.storage.reader

/** What was sent for this request, and its secret. */
async function mailed(url: string, body: unknown = { email }, headers: Record<string, string> = {}) {
  // What is owed already is sent before.
  await work(world)
  const before = sent.length
  const answer = await post(url, body, headers)
  assert.equal(answer.status, 202, answer.text)
  await work(world)
  const mail = sent.slice(before).at(-1)!
  assert.ok(mail, `${url} sent a mail`)
  return { ...mail, secret: secretIn(mail) }
}
/** The owner's address is proven, or not. */
const setVerified = (emailVerified: boolean) =>
  world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { emailVerified } }))
/** As if so long had passed for what was sent: the clock itself would run every schedule of those days. */
const age = (ms: number) =>
  world.write(async (tx) => {
    for (const proof of await tx.find(proofs, { limit: 200 }))
      await tx.touchOrFail(proofs, proof.id, { set: { expiresAt: proof.expiresAt - ms } })
    // Nor has anybody been written to lately.
    await tx.deleteWhere(rateLimits, always)
  })
const isVerified = async (id = world.ids['owner']!) => (await read().get(users, id))!.emailVerified

test('a new account is written to at once, and its address confirmed by the link and by nothing else', async () => {
  await post('register', { email: 'New@mail.example', password: 'long enough' })
  await work(world)
  const [mail] = sent
  assert.deepEqual([mail!.to, mail!.subject], ['new@mail.example', 'Confirm your address at Test shop'])
  const link = /http:\/\/shop\.test\/account\/verify#token=verify_[\w-]{43}/.exec(mail!.text)![0]
  assert.ok(mail!.html!.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=').includes(`href="${link}"`))
  const token = secretIn(mail!)
  const [user] = await read().find(users, { where: eq('email', 'new@mail.example'), limit: 1 })
  assert.equal(await isVerified(user!.id), false)
  const password = 'long enough'
  assert.equal((await post('verify', { token, password })).status, 204)
  assert.equal(await isVerified(user!.id), true)
  assert.equal((await post('verify', { token, password })).body.code, 'link_invalid')
  assert.equal((await logIn('long enough', 'new@mail.example')).body.user.emailVerified, true)
  // Whoever is confirmed is not written to again; whoever is not gets another one.
  const count = sent.length
  await post('verify/resend', { email: 'new@mail.example' })
  await work(world)
  assert.equal(sent.length, count)
  await setVerified(false)
  assert.match((await mailed('verify/resend')).secret, /^verify_/)
})

test('a forgotten password: a new one by the link, every session ends, and so does every other link', async () => {
  const magic = await mailed('magic')
  const { secret, subject } = await mailed('reset')
  assert.equal(subject, 'Set a new password at Test shop')
  const before = (await logIn('password of owner')).body.token
  // One that is refused does not use the link up.
  for (const password of ['short', 'password1', email])
    assert.deepEqual((await post('reset/confirm', { token: secret, password })).body.errors[0].path, '/password')
  assert.equal((await post('reset/confirm', { token: secret, password: 'a new long one' })).status, 204)
  assert.equal((await me(before)).status, 401)
  assert.equal((await logIn('password of owner')).status, 401)
  assert.equal((await logIn('a new long one')).status, 200)
  assert.equal((await post('reset/confirm', { token: secret, password: 'one more long one' })).status, 403)
  assert.equal((await post('magic/confirm', { token: magic.secret })).status, 403)
  await work(world)
  assert.equal(sent.at(-1)!.subject, 'Your password at Test shop was changed')
})

test('signing in by a link, and by a code', async () => {
  const magic = await mailed('magic')
  const signedIn = await post('magic/confirm', { token: magic.secret })
  assert.deepEqual([signedIn.status, signedIn.body.user.email, signedIn.body.user.emailVerified], [200, email, true])
  assert.match(String(signedIn.headers['set-cookie']), /^kp_session=kps_/)
  assert.equal((await me(signedIn.body.token)).status, 200)
  const code = await mailed('code')
  assert.match(code.text, /^\d{6}$/m)
  assert.doesNotMatch(code.text, /http/)
  assert.equal((await post('code/confirm', { email: ' OWNER@example.com ', code: code.secret })).status, 400)
  assert.equal((await post('code/confirm', { email: 'OWNER@example.com', code: code.secret })).status, 200)
  assert.equal((await post('code/confirm', { email, code: code.secret })).body.code, 'code_invalid')
})

test('a code has five tries, many at once included, and a newer one begins anew', async () => {
  const code = await mailed('code')
  const wrong = code.secret === '111111' ? '222222' : '111111'
  const guesses = await Promise.all(Array.from({ length: 12 }, () => post('code/confirm', { email, code: wrong })))
  assert.ok(guesses.every(({ status }) => status === 401 || status === 429))
  // However long they wait.
  await world.clock.advance(10_000)
  assert.equal((await post('code/confirm', { email, code: code.secret })).status, 401)
  await world.write((tx) => tx.deleteWhere(signInTries, always))
  const newer = await mailed('code')
  for (let count = 0; count < limits.codeTriesMax - 1; count++) await post('code/confirm', { email, code: wrong })
  assert.equal((await post('code/confirm', { email, code: newer.secret })).status, 200)
})

test('each is over in its time, dead after a newer one, and for one purpose', async () => {
  const times = [
    ['magic', limits.magicLinkMs],
    ['reset', limits.resetLinkMs],
    ['verify/resend', limits.verifyLinkMs],
  ] as const
  const confirm = (kind: string, token: string) => {
    if (kind === 'reset') return post('reset/confirm', { token, password: 'a new long one' })
    return kind === 'magic' ? post('magic/confirm', { token }) : post('verify', { token, password: 'password of owner' })
  }
  for (const [kind, ms] of times) {
    await setVerified(false)
    const first = await mailed(kind)
    const second = await mailed(kind)
    assert.equal((await confirm(kind, first.secret)).status, 403, `${kind}: an older one`)
    for (const other of ['magic', 'reset', 'verify'])
      if (!kind.startsWith(other)) assert.equal((await confirm(other, second.secret)).status, 403, `${kind} as ${other}`)
    assert.equal((await confirmMove(second.secret)).status, 403)
    await age(ms)
    assert.equal((await confirm(kind, second.secret)).status, 403, `${kind}: too late`)
  }
  const code = await mailed('code')
  await age(limits.signInCodeMs)
  assert.equal((await post('code/confirm', { email, code: code.secret })).status, 401)
})

test('of twenty uses at once one passes', async () => {
  for (const [kind, url] of [
    ['magic', 'magic/confirm'],
    ['verify/resend', 'verify'],
  ] as const) {
    await setVerified(false)
    const { secret } = await mailed(kind)
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(url, { token: secret }, kind === 'magic' ? {} : bearer)))
    assert.equal(answers.filter(({ status }) => status < 300).length, 1, url)
  }
})

describe('whoever opened an account with an address that is not theirs', () => {
  test('is out once its owner signs in by a mail', async () => {
    await post('register', { email: 'victim@mail.example', password: 'known to the attacker' })
    const { token } = (await logIn('known to the attacker', 'victim@mail.example')).body
    const magic = await mailed('magic', { email: 'victim@mail.example' })
    assert.equal((await post('magic/confirm', { token: magic.secret })).status, 200)
    assert.equal((await me(token)).status, 401)
    assert.equal((await logIn('known to the attacker', 'victim@mail.example')).status, 401)
    const [user] = await read().find(users, { where: eq('email', 'victim@mail.example'), limit: 1 })
    assert.equal(await read().count(passwords, eq('user', user!.id)), 0)
    assert.equal(await read().count(sessions, eq('user', user!.id)), 1)
  })

  test('does not get it by a link to an address of theirs that they asked for before, by whatever way its owner came', async () => {
    for (const [way, isLate] of [
      ['magic', false],
      ['magic', true],
      ['code', false],
    ] as const) {
      const address = `${way}-${isLate}@mail.example`
      await post('register', { email: address, password: 'known to the attacker' })
      const { token } = (await logIn('known to the attacker', address)).body
      const own = await mailed(way, { email: address })
      const ask = { email: `thief-${address}` }
      if (isLate) await world.engine.stop()
      const link = isLate
        ? await post('email', ask, { authorization: `Bearer ${token}` })
        : await mailed('email', ask, { authorization: `Bearer ${token}` })
      const body = way === 'magic' ? { token: own.secret } : { email: address, code: own.secret }
      assert.equal((await post(`${way}/confirm`, body)).status, 200)
      if ('secret' in link) assert.ok((await confirmMove(link.secret, { authorization: `Bearer ${token}` })).status >= 400)
      if (isLate) await world.engine.start()
      await work(world)
      assert.equal(await read().count(proofs, eq('purpose', 'changeEmail')), 0)
    }
  })
})

describe('another address', () => {
  const change = async (to: string) => await mailed('email', { email: to }, bearer)

  test('is the account’s once confirmed there; the old one is told, and takes it back within seven days', async () => {
    const { secret, to } = await change('new@mail.example')
    assert.equal(to, 'new@mail.example')
    assert.equal((await logIn('password of owner')).status, 200)
    assert.equal((await confirmMove(secret)).status, 204)
    await work(world)
    const told = sent.at(-1)!
    assert.deepEqual([told.to, told.subject], [email, 'Your address at Test shop was changed'])
    assert.match(told.text, /http:\/\/shop\.test\/account\/undo#token=undoemail_/)
    assert.equal((await logIn('password of owner')).status, 401)
    assert.equal((await logIn('password of owner', 'new@mail.example')).status, 200)
    // Nobody else can have the old one meanwhile, and the answer does not tell.
    assert.equal((await post('register', { email, password: 'long enough' })).status, 201)
    assert.equal(await read().count(users, eq('email', email)), 0)
    await age(limits.undoEmailLinkMs - 60_000)
    assert.equal((await post('email/undo', { token: secretIn(told) })).status, 204)
    const user = (await read().get(users, world.ids['owner']!))!
    assert.deepEqual([user.email, user.emailVerified], [email, true])
    // Whoever moved it is out, by each way.
    assert.equal((await logIn('password of owner')).status, 401)
    assert.equal((await me('kps_owner')).status, 401)
    const reset = await mailed('reset')
    assert.equal((await post('reset/confirm', { token: reset.secret, password: 'a new long one' })).status, 204)
    assert.equal((await logIn('a new long one')).status, 200)
  })

  test('moved on twice still comes back to the first, and the one in between is no way in any more', async () => {
    await confirmMove((await change('thief@mail.example')).secret)
    await work(world)
    const first = secretIn(sent.at(-1)!)
    await confirmMove((await change('thief2@mail.example')).secret)
    await work(world)
    const second = secretIn(sent.at(-1)!)
    assert.equal(sent.at(-1)!.to, 'thief@mail.example')
    assert.equal((await post('email/undo', { token: first })).status, 204)
    assert.equal((await post('email/undo', { token: second })).status, 403)
    assert.equal((await read().get(users, world.ids['owner']!))!.email, email)
  })

  test('is not moved to by a link of before a new password', async () => {
    const { secret } = await change('thief@mail.example')
    const { token } = (await logIn('password of owner')).body
    const body = { current: 'password of owner', password: 'a new long one' }
    const fresh = { authorization: `Bearer ${token}` }
    assert.equal((await post('password', body, fresh)).status, 204)
    assert.equal((await confirmMove(secret, fresh)).body.code, 'link_invalid')
  })

  test('after seven days it is free for others', async () => {
    await confirmMove((await change('new@mail.example')).secret)
    await work(world)
    const undo = secretIn(sent.at(-1)!)
    await age(limits.undoEmailLinkMs)
    assert.equal((await post('email/undo', { token: undo })).status, 403)
    await post('register', { email, password: 'long enough' })
    assert.equal(await read().count(users, eq('email', email)), 1)
  })

  test('that is another’s by then goes back to them, and takes nobody along who had it before', async () => {
    await confirmMove((await change('new@mail.example')).secret)
    await age(limits.undoEmailLinkMs)
    await post('register', { email, password: 'long enough' })
    const { token } = (await post('magic/confirm', { token: (await mailed('magic')).secret })).body
    const theirs = { authorization: `Bearer ${token}` }
    await confirmMove((await mailed('email', { email: 'elsewhere@mail.example' }, theirs)).secret, theirs)
    await work(world)
    assert.equal((await post('email/undo', { token: secretIn(sent.at(-1)!) })).status, 204)
    assert.equal((await read().get(users, world.ids['owner']!))!.email, 'new@mail.example')
    const [other] = await read().find(users, { where: eq('email', email), limit: 2 })
    assert.notEqual(other!.id, world.ids['owner'])
  })

  test('that is somebody’s is not taken, nobody learns of it, and its owner does', async () => {
    const free = await post('email', { email: 'free@mail.example' }, bearer)
    const taken = await post('email', { email: 'other@example.com' }, bearer)
    assert.deepEqual([taken.status, taken.text], [free.status, free.text.replace('free@mail.example', 'other@example.com')])
    await work(world)
    assert.deepEqual(sent.map(({ to, subject }) => [to, subject]).toSorted(), [
      ['free@mail.example', 'Confirm your new address at Test shop'],
      ['other@example.com', 'You already have an account at Test shop'],
    ])
    assert.equal((await post('email', { email: 'OWNER@example.com' }, bearer)).body.errors[0].path, '/email')
  })

  test('of somebody who registered it in between is refused', async () => {
    const { secret } = await change('new@mail.example')
    await post('register', { email: 'new@mail.example', password: 'long enough' })
    assert.equal((await confirmMove(secret)).body.code, 'email_taken')
  })
})

describe('asking', () => {
  const kinds = ['verify/resend', 'reset', 'magic', 'code']

  test('is answered and stored alike, whoever has the address', async () => {
    for (const kind of kinds) {
      const seen = new Set<string>()
      for (const address of ['other@example.com', 'nobody@mail.example']) {
        const position = await world.newest()
        const { status, text, headers } = await post(kind, { email: address })
        const { date: _date, 'content-length': _length, ...rest } = headers
        const [line] = await world.commitsAfter(position)
        seen.add(JSON.stringify([status, text.replace(address, '*'), rest, line]))
        await work(world)
      }
      assert.equal(seen.size, 1, [...seen].join('\n'))
    }
  })

  test('sends nothing to nobody, and a bounded number to somebody', async () => {
    for (const kind of kinds) await post(kind, { email: 'nobody@mail.example' })
    await work(world)
    assert.deepEqual(sent, [])
    for (let count = 0; count < 12; count++) assert.equal((await post('magic', { email })).status, 202)
    await work(world, 10_000)
    // And one for the network that asked.
    assert.equal(sent.length, limits.strangerMailsAtOnce + 1)
  })

  test('for what leads to no mail keeps none from its owner', async () => {
    for (let count = 0; count <= limits.strangerMailsAtOnce; count++) {
      assert.equal((await post('verify/resend', { email })).status, 202)
      assert.equal((await post('register', { email, password: 'long enough' })).status, 201)
      assert.equal((await post('reset', { email: `owner+${count}@example.com` })).status, 202)
    }
    assert.match((await mailed('reset')).secret, /^reset_/)
  })

  test('for accounts that anybody opened with spellings of one mailbox fills it no more than for one', async () => {
    for (let count = 0; count < 4; count++) {
      const address = `ann+${count}@mail.example`
      await post('register', { email: address, password: 'long enough' })
      for (const kind of ['reset', 'magic', 'code']) await post(kind, { email: address })
    }
    await work(world, 10_000)
    assert.equal(sent.length, limits.strangerMailsAtOnce + 1)
  })

  test('opens nothing of an account that is shut, nor one that is shut meanwhile', async () => {
    const shut = (disabled: boolean) =>
      world.write(async (tx) => tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { disabled } }))
    const magic = await mailed('magic')
    const code = await mailed('code')
    await shut(true)
    assert.equal((await post('magic/confirm', { token: magic.secret })).status, 403)
    assert.equal((await post('code/confirm', { email, code: code.secret })).status, 401)
    const count = sent.length
    await post('reset', { email })
    await work(world)
    assert.equal(sent.length, count)
  })

  test('is written in German to whoever reads German', async () => {
    await setVerified(false)
    for (const kind of kinds) {
      const mail = await mailed(kind, { email }, { 'accept-language': 'de-DE,de;q=0.9,en;q=0.5' })
      assert.match(mail.html!, /<html lang="de" dir="ltr">/)
      assert.match(mail.text, /Sie/)
    }
  })
})

describe('what asks for a fresh proof', () => {
  const later = () => world.clock.advance(limits.freshProofMs + 1)
  const change = (headers: Record<string, string>) => post('email', { email: 'new@mail.example' }, headers)

  test('is refused to an old session with the ways to give one, and let through after it, by a new token', async () => {
    await later()
    const refused = await change(bearer)
    assert.deepEqual([refused.status, refused.body.code, refused.body.params], [403, 'proof_needed', { ways: ['password'] }])
    for (const [body, path] of [
      [{ password: 'wrong' }, '/password'],
      [{}, ''],
      [{ code: '123456' }, ''],
    ] as const)
      assert.deepEqual([(await post('prove', body, bearer)).status, (await post('prove', body, bearer)).body.errors[0].path], [400, path])
    const proven = await post('prove', { password: 'password of owner' }, bearer)
    assert.equal(proven.status, 200)
    assert.equal((await me('kps_owner')).status, 401)
    const fresh = { authorization: `Bearer ${proven.body.token}` }
    assert.equal((await change(fresh)).status, 202)
    await later()
    assert.equal((await change(fresh)).body.code, 'proof_needed')
  })

  test('takes a code by mail of an account without a password', async () => {
    await world.write(async (tx) => {
      const [password] = await tx.find(passwords, { where: eq('user', world.ids['owner']!), limit: 1 })
      await tx.delete(passwords, password!)
    })
    await later()
    assert.deepEqual((await change(bearer)).body.params, { ways: ['code'] })
    const { secret } = await mailed('code')
    const other = secret === '111111' ? '222222' : '111111'
    assert.equal((await post('prove', { code: other }, bearer)).body.code, 'code_invalid')
    const proven = await post('prove', { code: secret }, bearer)
    assert.equal((await change({ authorization: `Bearer ${proven.body.token}` })).status, 202)
  })

  test('is still refused for what its rule refuses, and to guests', async () => {
    assert.equal((await change({})).body.code, 'unauthenticated')
    await later()
    const refund = (as: 'owner' | 'staff') => world.call(as, { method: 'POST', url: '/api/refunds/ref_1/retry' })
    assert.equal((await refund('owner')).body.code, 'forbidden')
    assert.equal((await refund('staff')).body.code, 'proof_needed')
  })
})

// proves P-029
test('once sent, no secret lies anywhere; before that, staff do not see it', async () => {
  await setVerified(false)
  const secrets = [(await mailed('magic')).secret, (await mailed('reset')).secret, (await mailed('verify/resend')).secret]
  const { storage, model } = world.engine.parts
  const texts = [...model.collections.keys()].map(async (name) =>
    (await storage.reader.find({ name }, { limit: 10_000 })).map((record) => lineOf(model, name)(record as never)).join('\n'),
  )
  const all = [...(await Promise.all(texts)), JSON.stringify(await storage.commitsAfter(0, 10_000)), JSON.stringify(world.log)].join('\n')
  assert.ok(all.includes('#token=~secret~'))
  for (const secret of secrets) assert.ok(!all.includes(secret))
  assert.equal(await storage.reader.count(proofs), 3)

  await world.engine.stop()
  await post('code', { email: 'other@example.com' })
  const { body } = await world.call('staff', { method: 'GET', url: '/api/emails' })
  assert.ok(body.items.length > 0 && body.items.every((item: object) => !('secret' in item)))
})
