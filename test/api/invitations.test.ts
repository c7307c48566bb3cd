// Invitations: who may send which, that a link is good once and for nothing else, and what becomes of an account that the address has.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { hashSecret } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { invitations } from '../../src/domains/accounts/invitations.ts'
import { findUnique } from '../../src/storage/find-all.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { createMailbox, type Mail, secretIn } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
let boss: string
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld(mailbox)
  await world.engine.start()
  boss = await person('boss', ['owner'])
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  await world.close()
  assert.deepEqual(errors, [])
})

type Headers = Record<string, string>
const read = () => world.engine.parts.storage.reader
const as = (name: string): Headers => ({ authorization: `Bearer kps_${name}` })
const ask = (method: string, url: string, body?: unknown, headers: Headers = {}) =>
  world.request({ method, url, headers, ...(body === undefined ? {} : { body }) })
const post = (url: string, body: unknown, headers: Headers = {}) => ask('POST', `/api/invitations${url}`, body, headers)
const accept = (token: string, more: object = { password: 'a long one for work' }, headers: Headers = {}) =>
  post('/accept', { token, ...more }, headers)
const account = (email: string) => findUnique(read(), users, eq('email', email))

async function person(name: string, roles: readonly string[], more: { emailVerified?: boolean; disabled?: boolean } = {}) {
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
    const session = { id: world.engine.newId('ses'), user: id, tokenHash: hashSecret(`kps_${name}`), origin: '127.0.0.1', userAgent: null }
    await tx.insert(sessions, { ...session, expiresAt: now + 86_400_000, ways: ['password'], provenAt: now, usedAt: null })
  })
  return id
}
const patch = (id: string, body: unknown, by: string) => ask('PATCH', `/api/users/${id}`, body, as(by))
/** Sends one, and answers its token. */
async function invited(email = 'new@example.com', roles = ['support'], by = 'boss') {
  const answer = await post('', { email, roles }, as(by))
  assert.equal(answer.status, 201, answer.text)
  await work(world)
  // Other mails that are owed may be sent after it.
  const mail = sent.findLast(({ text }) => text.includes('/account/invitation#'))!
  return { id: answer.body.id as string, token: secretIn(mail), answer }
}

test('somebody new gets a mail, sets a password, and is in with the roles and a proven address', async () => {
  const { token, answer } = await invited('New@Example.com', ['support', 'admin'])
  assert.deepEqual([answer.body.email, answer.body.status, answer.body.invitedBy], ['new@example.com', 'pending', boss])
  assert.ok(!answer.text.includes('invite_') && !/hash/i.test(answer.text))
  const mail = sent.at(-1)!
  assert.deepEqual([mail.to, mail.subject], ['new@example.com', 'You are invited to Test shop'])
  assert.match(mail.text, /boss@example\.com invites you.*support, admin/)
  assert.match(mail.text, /http:\/\/shop\.test\/account\/invitation#token=invite_[\w-]{43}/)
  assert.deepEqual((await post('/open', { token })).body, { email: 'new@example.com', roles: ['support', 'admin'], hasAccount: false })
  assert.equal((await accept(token, {})).body.errors[0].path, '/password')
  assert.equal((await accept(token, { password: '12345678' })).body.errors[0].code, 'common')
  const opened = await accept(token, { password: 'a long one for work', name: 'Ann' })
  assert.equal(opened.status, 200, opened.text)
  assert.match(String(opened.headers['set-cookie']), /^kp_session=kps_/)
  assert.deepEqual([opened.body.user.roles, opened.body.user.emailVerified, opened.body.user.name], [['support', 'admin'], true, 'Ann'])
  assert.equal((await ask('GET', '/api/users', undefined, { authorization: `Bearer ${opened.body.token}` })).status, 200)
  const login = { email: 'new@example.com', password: 'a long one for work' }
  assert.equal((await ask('POST', '/api/auth/login', login)).status, 200)
  for (const url of ['/open', '/accept'])
    assert.equal((await post(url, { token, ...(url === '/open' ? {} : { password: 'a long one for work' }) })).body.code, 'link_invalid')
})

describe('a link', () => {
  test('is good once, also for 20 at once', async () => {
    const { token } = await invited()
    const all = await Promise.all(Array.from({ length: 20 }, () => accept(token)))
    assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array.from({ length: 19 }, () => 403)])
    assert.equal(await read().count(users, eq('email', 'new@example.com')), 1)
  })

  test('is dead after a newer one, after it was taken back, and at its time', async () => {
    const first = await invited()
    const second = await invited('new@example.com', ['reader'])
    assert.equal((await accept(first.token)).body.code, 'link_invalid')
    const again = await post(`/${second.id}/resend`, {}, as('boss'))
    assert.deepEqual([again.status, again.body.roles], [200, ['reader']])
    await work(world)
    assert.equal((await accept(second.token)).body.code, 'link_invalid')
    const third = secretIn(sent.at(-1)!)
    assert.equal((await post('/open', { token: third })).status, 200)
    assert.equal((await ask('DELETE', `/api/invitations/${second.id}`, undefined, as('boss'))).status, 204)
    assert.equal((await accept(third)).body.code, 'link_invalid')
    for (const request of [
      ask('DELETE', `/api/invitations/${second.id}`, undefined, as('boss')),
      post(`/${second.id}/resend`, {}, as('boss')),
    ])
      assert.equal((await request).body.code, 'invitation_ended')
    const late = await invited('late@example.com')
    await world.write(async (tx, now) => {
      await tx.update(invitations, (await tx.get(invitations, late.id))!, { set: { expiresAt: now } })
    })
    assert.equal((await accept(late.token)).body.code, 'link_invalid')
    assert.equal(await account('new@example.com'), null)
  })

  test('is dead once whoever sent it may give that no more', async () => {
    const admin = await person('admin', ['admin'])
    const [one, two] = [await invited('one@example.com', ['support'], 'admin'), await invited('two@example.com', ['support'], 'admin')]
    await patch(admin, { roles: ['staff'] }, 'boss')
    assert.equal((await accept(one.token)).body.code, 'link_invalid')
    await patch(admin, { roles: ['admin'] }, 'boss')
    assert.equal((await accept(one.token)).status, 200)
    await patch(admin, { disabled: true }, 'boss')
    assert.equal((await accept(two.token)).body.code, 'link_invalid')
    assert.equal(await account('two@example.com'), null)
  })

  test('is not one of another purpose, nor the other way round', async () => {
    const { token } = await invited('owner@example.com')
    for (const url of ['verify', 'magic/confirm', 'email/confirm', 'email/undo'])
      assert.equal((await ask('POST', `/api/auth/${url}`, { token }, as('owner'))).body.code, 'link_invalid', url)
    await ask('POST', '/api/auth/magic', { email: 'owner@example.com' })
    await work(world)
    assert.equal((await accept(secretIn(sent.at(-1)!))).body.code, 'link_invalid')
    assert.deepEqual((await account('owner@example.com'))!.roles, [])
  })
})

describe('an address with an account', () => {
  test('is answered alike, and its owner signs in and accepts', async () => {
    const known = await invited('owner@example.com', ['support'])
    const other = await invited('nobody@example.com', ['support'])
    const shape = ({ body }: typeof known.answer) => ({ ...body, id: '', email: '', createdAt: '', expiresAt: '' })
    assert.deepEqual(shape(known.answer), shape(other.answer))
    assert.equal((await post('/open', { token: known.token })).body.hasAccount, true)
    for (const headers of [{}, as('other'), as('boss')])
      assert.equal((await accept(known.token, { password: 'a long one for work' }, headers)).body.code, 'invitation_for_account')
    assert.equal((await ask('POST', '/api/auth/login', { email: 'owner@example.com', password: 'a long one for work' })).status, 401)
    const accepted = await accept(known.token, {}, as('owner'))
    assert.deepEqual([accepted.status, accepted.body.user.roles, accepted.body.token], [200, ['support'], undefined])
    assert.equal((await ask('GET', '/api/orders', undefined, as('owner'))).status, 200)
    assert.equal((await ask('POST', '/api/auth/login', { email: 'owner@example.com', password: 'password of owner' })).status, 200)
  })

  test('that somebody only typed in is taken over, with all that let them in', async () => {
    await ask('POST', '/api/auth/register', { email: 'new@example.com', password: 'a squatter was here', name: 'Squatter' })
    const squatter = (await ask('POST', '/api/auth/login', { email: 'new@example.com', password: 'a squatter was here' })).body.token
    const { token } = await invited()
    assert.equal((await accept(token, {}, { authorization: `Bearer ${squatter}` })).status, 400)
    assert.equal((await accept(token)).status, 200)
    assert.equal((await ask('GET', '/api/auth/me', undefined, { authorization: `Bearer ${squatter}` })).status, 401)
    assert.equal((await ask('POST', '/api/auth/login', { email: 'new@example.com', password: 'a squatter was here' })).status, 401)
    assert.deepEqual([(await account('new@example.com'))!.roles, (await account('new@example.com'))!.name], [['support'], null])
  })

  test('that was shut stays shut', async () => {
    await person('gone', [], { disabled: true })
    const { token } = await invited('gone@example.com')
    assert.equal((await accept(token)).body.code, 'link_invalid')
    assert.deepEqual([(await account('gone@example.com'))!.disabled, (await account('gone@example.com'))!.roles], [true, []])
  })
})

test('nobody invites to more than they may give, without a fresh proof, or to what there is not', async () => {
  await person('admin', ['admin'])
  await person('support', ['support'])
  for (const [by, roles, status] of [
    ['admin', ['owner'], 403],
    ['admin', ['support', 'owner'], 403],
    ['admin', ['admin'], 201],
    ['boss', ['owner'], 201],
    ['support', ['support'], 403],
    ['staff', ['reader'], 403],
    ['other', ['reader'], 403],
    ['boss', ['suport'], 400],
    ['boss', [], 400],
  ] as const)
    assert.equal((await post('', { email: 'x@example.com', roles }, as(by))).status, status, `${by}: ${roles}`)
  // What an owner began is not gone on with by somebody who may give less.
  const { id } = (await post('', { email: 'x@example.com', roles: ['owner'] }, as('boss'))).body
  assert.equal((await post(`/${id}/resend`, {}, as('admin'))).status, 403)
  await world.write(async (tx, now) => {
    const session = (await findUnique(tx, sessions, eq('tokenHash', hashSecret('kps_boss'))))!
    await tx.update(sessions, session, { set: { provenAt: now - limits.freshProofMs - 1 } })
  })
  assert.equal((await post('', { email: 'x@example.com', roles: ['admin'] }, as('boss'))).body.code, 'proof_needed')
  assert.deepEqual((await ask('GET', '/api/invitations', undefined, as('staff'))).body.items, [])
  const listed = await ask('GET', '/api/invitations', undefined, as('admin'))
  assert.deepEqual([listed.status, listed.body.items.length, /hash/i.test(listed.text)], [200, 1, false])
})
