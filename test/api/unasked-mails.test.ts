// proves P-033: what comes of mails of accounts that their reader did not ask for: a stranger who typed somebody's address gains nothing when
// its owner opens the link, keeps no mail from them, and what sessions had begun ends with them.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { passwords, sessions, users } from '../../src/domains/accounts/collections.ts'
import { proofs } from '../../src/domains/accounts/proofs.ts'
import { openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { createMailbox, type Mail, secretIn } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
const open = async (config = testConfig) => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld({ ...mailbox, config })
  await world.engine.start()
}
beforeEach(() => open())
afterEach(() => world.close())

const victim = 'victim@mail.example'
const password = 'known to the stranger'
const ofOwner = { authorization: 'Bearer kps_owner' }
const ofOther = { authorization: 'Bearer kps_other' }
const read = () => world.engine.parts.storage.reader
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  world.request({ method: 'POST', url: `/api/auth/${url}`, headers, body })
const userOf = async (email: string) => (await read().find(users, { where: eq('email', email), limit: 1 }))[0]!
async function mailed(url: string, body: object, headers: Record<string, string> = {}): Promise<string> {
  // What is owed already is sent before.
  await work(world)
  const before = sent.length
  await post(url, body, headers)
  await work(world)
  const [mail] = sent.slice(before)
  assert.ok(mail, `${url} sent a mail`)
  return secretIn(mail)
}
const register = (email = victim) => mailed('register', { email, password })
const signedIn = async (email = victim) => ({ authorization: `Bearer ${(await post('login', { email, password })).body.token}` })

describe('the link that confirms an address', () => {
  test('proves no account to whoever did not open it, and stays good for who did', async () => {
    const token = await register()
    for (const headers of [{}, ofOwner]) {
      const refused = await post('verify', { token }, headers)
      assert.deepEqual([refused.status, refused.body.errors[0].path, refused.body.errors[0].code], [400, '/password', 'required'])
    }
    const wrong = await post('verify', { token, password: 'a guess of the owner' })
    assert.deepEqual([wrong.status, wrong.body.errors[0].code], [400, 'wrong'])
    assert.equal((await userOf(victim)).emailVerified, false)
    assert.equal((await post('verify', { token, password })).status, 204)
    assert.equal((await userOf(victim)).emailVerified, true)
  })

  test('is enough from a session of the account, but from none that has ended', async () => {
    const token = await register()
    const headers = await signedIn()
    await post('logout', {}, headers)
    assert.equal((await post('verify', { token }, headers)).status, 400)
    assert.equal((await post('verify', { token }, await signedIn())).status, 204)
  })

  test('guesses no password: tries count as those of a sign-in', async () => {
    const token = await register()
    for (let count = 0; count < limits.signInTriesFree; count++)
      assert.equal((await post('verify', { token, password: 'wrong' })).status, 400)
    assert.equal((await post('verify', { token, password })).status, 429)
    assert.equal((await post('login', { email: victim, password })).status, 429)
  })

  test('of an account without a password ends what was open, as a sign-in by mail does', async () => {
    const token = await register()
    const stranger = await signedIn()
    const { id } = await userOf(victim)
    await world.write((tx) => tx.deleteWhere(passwords, eq('user', id)))
    assert.equal((await post('verify', { token })).status, 204)
    assert.equal((await world.request({ method: 'GET', url: '/api/auth/me', headers: stranger })).status, 401)
  })
})

describe('the link that moves an account', () => {
  test('binds no stranger’s account to the address: only a session of that account opens it', async () => {
    const token = await mailed('email', { email: victim }, ofOwner)
    assert.equal((await post('email/confirm', { token })).status, 401)
    assert.equal((await post('email/confirm', { token }, ofOther)).body.code, 'link_invalid')
    assert.equal((await userOf('owner@example.com')).id, world.ids['owner'])
    assert.equal((await post('email/confirm', { token }, ofOwner)).status, 204)
    assert.equal((await userOf(victim)).id, world.ids['owner'])
  })

  for (const [name, end] of [
    ['all others', () => world.request({ method: 'DELETE', url: '/api/auth/sessions', headers: ofOwner })],
    ['one', async () => world.request({ method: 'DELETE', url: `/api/auth/sessions/${await strange()}`, headers: ofOwner })],
    ['all', () => post('logout', { everywhere: true }, ofOwner)],
  ] as const)
    test(`ends with the sessions when its owner ends ${name}`, async () => {
      const thief = {
        authorization: `Bearer ${(await post('login', { email: 'owner@example.com', password: 'password of owner' })).body.token}`,
      }
      const token = await mailed('email', { email: 'thief@mail.example' }, thief)
      assert.equal((await end()).status, 204)
      assert.equal(await read().count(proofs, eq('purpose', 'changeEmail')), 0)
      assert.ok((await post('email/confirm', { token }, ofOwner)).status >= 400)
      assert.equal((await userOf('owner@example.com')).id, world.ids['owner'])
    })

  async function strange(): Promise<string> {
    const found = await read().find(sessions, { where: eq('user', world.ids['owner']!), limit: 10 })
    return found.find(({ ways }) => ways?.includes('password'))!.id
  }
})

test('where sign-in needs a confirmed address, registering and signing in tells of nobody', async () => {
  await world.close()
  await open({ ...testConfig, accounts: { requireVerifiedEmail: true } })
  await register('taken-unproven@mail.example')
  const answers: string[] = []
  for (const email of ['free@mail.example', 'owner@example.com', 'taken-unproven@mail.example']) {
    const at = await world.newest()
    world.passwords.calls.length = 0
    const registered = await post('register', { email, password: 'a password to find out' })
    const { status, text } = await post('login', { email, password: 'a password to find out' })
    const lines = (await world.commitsAfter(at)).filter((line) => line.startsWith('accounts.logIn'))
    answers.push(
      JSON.stringify([registered.status, registered.text.replace(email, ''), status, JSON.parse(text).code, world.passwords.calls, lines]),
    )
  }
  assert.equal(new Set(answers).size, 1, answers.join('\n'))
  const token = await mailed('verify/resend', { email: 'free@mail.example' })
  const body = { email: 'free@mail.example', password: 'a password to find out' }
  assert.equal((await post('verify', { token, password: body.password })).status, 204)
  assert.equal((await post('login', body)).status, 200)
})

describe('a stranger who asks for mails without end', () => {
  const ask = async (url: string, body: object, remoteAddress: string) => {
    const { statusCode } = await world.server.app.inject({ method: 'POST', url: `/api/auth/${url}`, remoteAddress, payload: body })
    assert.ok(statusCode < 300, `${url}: ${statusCode}`)
  }
  const count = async (to = victim) => {
    await work(world, 10_000)
    return sent.filter((mail) => mail.to === to).length
  }
  const stranger = '203.0.113.7'

  for (const isProven of [false, true])
    test(`keeps none from an owner elsewhere, whose account is ${isProven ? '' : 'not '}proven`, async () => {
      await register()
      const user = await userOf(victim)
      await world.write((tx) => tx.update(users, user, { set: { emailVerified: isProven } }))
      for (let round = 0; round < limits.strangerMailsAtOnce + 3; round++) {
        for (const url of ['magic', 'verify/resend']) await ask(url, { email: victim }, stranger)
        await ask('register', { email: `victim+${round}@mail.example`, password }, stranger)
      }
      const before = await count()
      await ask('magic', { email: victim }, stranger)
      assert.equal(await count(), before, 'the stranger has none left')
      await ask('magic', { email: victim }, '198.51.100.20')
      assert.equal(await count(), before + 1)
      await ask('magic', { email: victim }, '198.51.100.21')
      assert.equal(await count(), before + 1, 'the same block of addresses')
    })

  test('from a thousand networks fills no mailbox', async () => {
    await register()
    for (let network = 0; network < limits.strangerMailNetworksMax + 10; network++)
      for (let round = 0; round < 3; round++) await ask('reset', { email: victim }, `10.0.${network}.1`)
    assert.ok((await count()) <= 2 * limits.strangerMailsAtOnce + limits.strangerMailNetworksMax)
  })

  test('ends no link by asking for one that is not sent', async () => {
    await register()
    for (let round = 0; round < limits.strangerMailsAtOnce - 1; round++) await ask('magic', { email: victim }, stranger)
    await count()
    const token = secretIn(sent.findLast(({ text }) => text.includes('/account/magic'))!)
    for (let round = 0; round < 4; round++) await ask('register', { email: `victim+${round}@mail.example`, password }, stranger)
    const before = await count()
    await ask('magic', { email: victim }, stranger)
    assert.equal(await count(), before)
    assert.equal((await post('magic/confirm', { token })).status, 200)
  })
})

test('mails have the colour of the project, and text on it that can be read', async () => {
  await register()
  assert.match(sent.at(-1)!.html!, /background:#1f4d3a;color:#ffffff/)
  await world.close()
  await open({ ...testConfig, accounts: { accent: '#ffd400' } })
  await register()
  assert.match(sent.at(-1)!.html!, /background:#ffd400;color:#000000/)
})
