// proves P-034: guessing. An account's tries wait longer and longer, wherever they come from and however many at once, whether or not there is
// such an account; and whoever is known to it, or reads its mail, still gets in.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { type ApiAnswer, openWorld, type World } from '../support/api-harness.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const email = 'owner@example.com'
const browser = { 'sec-fetch-site': 'same-origin' }
const logIn = (password: string, headers: Record<string, string> = {}, as = email) =>
  world.request({ method: 'POST', url: '/api/auth/login', headers, body: { email: as, password } })
const guess = () => logIn('wrong')
const cookies = ({ headers }: ApiAnswer) => [headers['set-cookie']].flat().map((cookie) => String(cookie).split(';', 1)[0])

test('five wrong passwords are free; then each try waits twice as long, and the right one waits too', async () => {
  for (let count = 0; count < limits.signInTriesFree; count++) assert.equal((await guess()).status, 401)
  for (const seconds of [1, 2, 4, 8]) {
    const refused = await logIn('password of owner')
    assert.deepEqual([refused.status, refused.body.code, refused.headers['retry-after']], [429, 'rate_limited', String(seconds)])
    await world.clock.advance(seconds * 1_000)
    if (seconds < 8) assert.equal((await guess()).status, 401)
  }
  assert.equal((await logIn('password of owner')).status, 200)
  // It was the owner: the count begins anew.
  for (let count = 0; count < limits.signInTriesFree; count++) assert.equal((await guess()).status, 401)
})

test('many at once are as many as one after the other, and cost no hash beyond', async () => {
  world.passwords.calls.length = 0
  const answers = await Promise.all(Array.from({ length: 40 }, guess))
  assert.equal(answers.filter(({ status }) => status === 401).length, limits.signInTriesFree)
  assert.equal(world.passwords.calls.length, limits.signInTriesFree)
})

test('it is the same for an address without an account', async () => {
  const seen = async (as: string) => {
    const answers: string[] = []
    for (let count = 0; count < limits.signInTriesFree + 2; count++) {
      const { status, body } = await logIn('wrong', {}, as)
      answers.push(`${status} ${body.code} ${body.detail}`)
    }
    return answers
  }
  assert.deepEqual(await seen('nobody@example.com'), await seen(email))
})

test('a browser that the owner signed in with before does not wait for a stranger, and guesses no more than one', async () => {
  const first = await logIn('password of owner', browser)
  const [session, device] = cookies(first)
  assert.match(device!, /^kp_device=device_[\w-]{43}$/)
  assert.match(String([first.headers['set-cookie']].flat()[1]), /; Path=\/; HttpOnly; SameSite=Lax; Max-Age=34560000$/)
  for (let count = 0; count < limits.signInTriesFree + 1; count++) await guess()
  assert.equal((await logIn('password of owner')).status, 429)
  const known = { ...browser, cookie: device! }
  const again = await logIn('password of owner', known)
  assert.equal(again.status, 200)
  assert.equal(cookies(again)[1], device)
  // It is known to this account alone, and proves nothing.
  for (let count = 0; count < limits.signInTriesFree; count++) assert.equal((await logIn('wrong', known)).status, 401)
  assert.equal((await logIn('password of owner', known)).status, 429)
  assert.equal((await world.request({ method: 'GET', url: '/api/auth/me', headers: { cookie: device! } })).status, 401)
  for (let count = 0; count < limits.signInTriesFree + 1; count++) await logIn('wrong', {}, 'other@example.com')
  assert.equal((await logIn('password of other', known, 'other@example.com')).status, 429)
  assert.ok(session)
})

test('a program gets no such cookie, and whoever makes one up gains nothing', async () => {
  assert.equal(cookies(await logIn('password of owner')).length, 1)
  for (let count = 0; count < limits.signInTriesFree + 1; count++) await guess()
  for (const cookie of [`kp_device=device_${'x'.repeat(43)}`, 'kp_device=', 'kp_device=a; kp_device=b'])
    assert.equal((await logIn('password of owner', { ...browser, cookie })).status, 429, cookie)
})

test('codes are tries of the account as well, and a session guesses no password of its owner', async () => {
  const code = () => world.request({ method: 'POST', url: '/api/auth/code/confirm', body: { email, code: '000000' } })
  for (let count = 0; count < 3; count++) assert.equal((await code()).status, 401)
  for (let count = 3; count < limits.signInTriesFree; count++) assert.equal((await guess()).status, 401)
  assert.equal((await code()).status, 429)
  const asOwner = (url: string, body: object) => world.call('owner', { method: 'POST', url, body })
  for (let count = 0; count < limits.signInTriesFree; count++)
    assert.equal((await asOwner('/api/auth/password', { current: 'wrong', password: 'a new long one' })).status, 400)
  assert.equal((await asOwner('/api/auth/password', { current: 'password of owner', password: 'a new long one' })).status, 429)
  assert.equal((await asOwner('/api/auth/prove', { password: 'password of owner' })).status, 429)
})

test('a day of guessing without end is some forty tries', async () => {
  let tries = 0
  for (let waited = 0; waited < 24 * 3_600_000; ) {
    const { status, headers } = await guess()
    if (status === 401) tries++
    const seconds = Number(headers['retry-after'] ?? 0)
    waited += seconds * 1_000
    await world.clock.advance(seconds * 1_000)
  }
  assert.ok(tries > 30 && tries < 45, `${tries} tries`)
})
