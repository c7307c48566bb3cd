// Accounts on three processes over one database: whatever is begun at one is ended at another, and what is ended at one is ended at all.
// databases: server
// slow: mysql, mongodb, mariadb
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus, type HttpClient } from '../support/http-client.ts'
import { openLive } from '../support/live-client.ts'
import { startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'

const email = 'ada@mail.example'
const password = 'a long enough one'

// proves P-033
test('each flow that is begun at one of three processes is ended at another, and revocations and waits hold at all', async (t) => {
  const database = await testDatabase().url()
  const first = await startServer(t, { database })
  const admin = await signInAdmin(first)
  const guests = [first, await startServer(t, { database }), await startServer(t, { database })].map(({ guest }) => guest)
  let turn = 0
  /** The next of the three, with each call. */
  const at = () => guests[turn++ % guests.length]!
  const post = async (url: string, body: object, status: number, headers = {}) =>
    expectStatus(await at().post(`/api/auth/${url}`, body, headers), status).body
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  /** The secret of the newest mail of its kind. */
  const mailed = async (template: string, to = email): Promise<string> => {
    const text = await eventually(`${template} for ${to}`, async () => {
      const [mail] = await admin.all(`/api/emails?filter[to]=${to}&filter[template]=${template}&sort=-createdAt`)
      return mail?.status === 'captured' ? (mail.text as string) : null
    })
    return /#token=([\w-]+)/.exec(text)?.[1] ?? /^\d{6}$/m.exec(text)![0]
  }

  await post('register', { email, password, name: 'Ada' }, 201)
  await post('verify', { token: await mailed('account_verify'), password }, 204)
  await post('magic', { email }, 202)
  await post('magic/confirm', { token: await mailed('account_magic') }, 200)
  await post('code', { email }, 202)
  await post('code/confirm', { email, code: await mailed('account_code') }, 200)
  await post('reset', { email }, 202)
  await post('reset/confirm', { token: await mailed('account_reset'), password: 'quite another one' }, 204)

  // An address, there and back.
  let { token } = await post('login', { email, password: 'quite another one' }, 200)
  await post('email', { email: 'ada@tea.example' }, 202, bearer(token))
  await post('email/confirm', { token: await mailed('account_change_email', 'ada@tea.example') }, 204, bearer(token))
  await post('email/undo', { token: await mailed('account_email_changed') }, 204)
  expectStatus(await at().get('/api/auth/me', bearer(token)), 401)
  await post('reset', { email }, 202)
  const again = await eventually('another link', async () => {
    const secret = await mailed('account_reset')
    const answer = await at().post('/api/auth/reset/confirm', { token: secret, password })
    return answer.status === 204 ? true : null
  })
  assert.ok(again)

  // An app: set up at one, confirmed at the next, asked for at the third; a code works once, wherever.
  token = (await post('login', { email, password }, 200)).token
  const { secret } = await post('totp/enrol', {}, 200, bearer(token))
  const codeOf = (off: number) => totpCode(secret, Math.floor(Date.now() / 30_000) + off)
  const { recoveryCodes } = await post('totp/confirm', { code: codeOf(0) }, 200, bearer(token))
  const { pending } = await post('login', { email, password }, 200)
  const used = codeOf(1)
  token = (await post('totp/verify', { pending, code: used }, 200)).token
  const next = await post('login', { email, password }, 200)
  await post('totp/verify', { pending: next.pending, code: used }, 401)
  await post('totp/verify', { pending, code: recoveryCodes[0] }, 403)
  const proven = await post('prove', { recovery: recoveryCodes[1] }, 200, bearer(token))
  for (const guest of guests) expectStatus(await guest.get('/api/auth/me', bearer(token)), 401)
  token = proven.token
  await post('prove', { recovery: recoveryCodes[1] }, 400, bearer(token))

  // The live streams of a session on all three end with it; what comes later is told to others alone.
  const streams = await Promise.all(guests.map((guest) => openLive(guest.with(bearer(token)), '/api/changes?collections=notes')))
  const watchers = await Promise.all(guests.map((guest) => openLive(guest, '/api/changes?collections=notes')))
  for (const stream of [...streams, ...watchers]) await eventually('ready', async () => stream.events[0])
  const endedAt = performance.now()
  await post('logout', { everywhere: true }, 204, bearer(token))
  const later = expectStatus(await at().post('/api/notes', { text: 'later', number: 2 }), 201).body.id
  const took = await Promise.all(streams.map(async (stream) => stream.ended.then(() => performance.now() - endedAt)))
  for (const watcher of watchers) {
    await eventually('others are told', async () => watcher.events.find(({ data }) => data.id === later))
    watcher.cut()
  }
  for (const stream of streams) assert.ok(!stream.events.some(({ data }) => data.id === later))
  for (const guest of guests) expectStatus(await guest.get('/api/auth/me', bearer(token)), 401)
  t.diagnostic(`streams on three processes ended ${took.map((ms) => Math.round(ms)).join(', ')} ms after the session was ended`)

  const waiting = await post('login', { email, password }, 200)
  await byPasskey({ at, post, bearer }, (await post('totp/verify', { pending: waiting.pending, code: recoveryCodes[2] }, 200)).token)
  await sharedWaits(at)
})

type Asking = {
  readonly at: () => HttpClient
  readonly post: (url: string, body: object, status: number, headers?: Record<string, string>) => Promise<Body>
  readonly bearer: (token: string) => Record<string, string>
}

/** A passkey is made, signs in alone, ends a sign-in that waits and proves again: each begun at one process and ended at the next. */
async function byPasskey({ at, post, bearer }: Asking, opened: string): Promise<void> {
  const device = createAuthenticator('http://localhost')
  const made = device.create(await post('passkeys/register/start', {}, 200, bearer(opened)))
  const { passkey } = await post('passkeys/register/finish', made, 201, bearer(opened))
  await post('passkeys/register/finish', made, 400, bearer(opened))

  // Of one answer at three processes at once, one opens a session.
  const answer = device.get(await post('passkeys/login/start', {}, 200))
  const answers = await Promise.all([1, 2, 3].map(() => at().post('/api/auth/passkeys/login/finish', answer)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401])
  const { token } = answers.find(({ status }) => status === 200)!.body

  const { pending } = await post('login', { email, password }, 200)
  const second = { ...device.get(await post('passkeys/login/start', { pending }, 200)), pending }
  await post('passkeys/login/finish', second, 200)
  await post('passkeys/login/finish', second, 403)

  const shown = { passkey: device.get(await post('passkeys/prove/start', {}, 200, bearer(token))) }
  const proven = await post('prove', shown, 200, bearer(token))
  for (let count = 0; count < 3; count++) expectStatus(await at().get('/api/auth/me', bearer(token)), 401)
  await post('prove', shown, 400, bearer(proven.token))

  // Removed at one, it opens nothing at another, also where it was asked for before.
  const late = device.get(await post('passkeys/login/start', {}, 200))
  expectStatus(await at().delete(`/api/auth/passkeys/${passkey.id}`, bearer(proven.token)), 204)
  for (let count = 0; count < 3; count++) await post('passkeys/login/finish', late, 401)
}

/** Tries at three processes are tries of one account, with and without an account. */
async function sharedWaits(at: () => HttpClient): Promise<void> {
  for (const one of [email, 'nobody@mail.example']) {
    const statuses: number[] = []
    for (let count = 0; count <= limits.signInTriesFree; count++)
      statuses.push((await at().post('/api/auth/login', { email: one, password: 'a guess' })).status)
    assert.deepEqual(statuses, [...Array(limits.signInTriesFree).fill(401), 429], one)
  }
}
