// proves P-033: attacks on accounts (A35, A36, A47 to A49 of docs/reference/attacks.md): a session that was planted, pages of other sites, hosts that a
// request claims, line breaks in names, and spellings of an address.
// databases: sqlite
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { eq } from '../../src/contract/filter.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { createMailbox, type Mail } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  world = await openWorld(mailbox)
  await world.engine.start()
})
afterEach(() => world.close())

const account = { email: 'owner@example.com', password: 'password of owner' }
const read = () => world.engine.parts.storage.reader
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  world.request({ method: 'POST', url: `/api/auth/${url}`, headers, body })
const me = (token: string) => world.request({ method: 'GET', url: '/api/auth/me', headers: { cookie: `kp_session=${token}` } })

test('A47: a session that somebody planted before a sign-in is not the one after it', async () => {
  const planted = `kps_${'x'.repeat(43)}`
  const { body, headers } = await post('login', account, { cookie: `kp_session=${planted}`, 'sec-fetch-site': 'same-origin' })
  assert.notEqual(body.token, planted)
  assert.match(String([headers['set-cookie']].flat()[0]), new RegExp(`^kp_session=${body.token};`))
  assert.equal((await me(planted)).status, 401)
  // Nor is that of another account, which whoever planted it could go on using.
  const stranger = (await post('login', { email: 'other@example.com', password: 'password of other' })).body.token
  const own = await post('login', account, { cookie: `kp_session=${stranger}`, 'sec-fetch-site': 'same-origin' })
  assert.notEqual(own.body.token, stranger)
  assert.equal((await me(stranger)).body.email, 'other@example.com')
})

test('A47: no change that a session can make is made by a page of another site', async () => {
  const changes = world.engine.operations
    // The page of a provider leads there: what binds it to a browser is its state. And a signed link is good for whoever has it, as told, from wherever.
    .filter(
      ({ kind, route }) =>
        kind === 'command' &&
        !route.includes('/oauth/:provider/') &&
        !route.endsWith('/downloads/:file') &&
        !route.endsWith('/mail/unsubscribe'),
    )
    .map(({ route }) => {
      const [method = '', url = ''] = route.split(' ')
      return { method, url }
    })
  assert.ok(changes.length > 50, `${changes.length} routes`)
  const before = await world.snapshot()
  const odd: string[] = []
  for (const { method, url } of changes)
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'http://evil.test', host: 'shop.test' }] as Record<
      string,
      string
    >[]) {
      const path = url.replaceAll(/:\w+/g, 'x')
      const answer = await world.request({ method, url: path, headers: { ...headers, cookie: 'kp_session=kps_owner' }, body: {} })
      if (answer.body?.code !== 'cross_site_request') odd.push(`${method} ${url}: ${answer.status} ${answer.body?.code}`)
      assert.equal(answer.headers['set-cookie'], undefined, path)
    }
  assert.deepEqual(odd, [])
  assert.equal(await world.snapshot(), before)
})

test('A47: a form of another site signs nobody in', async () => {
  const form = new URLSearchParams(account).toString()
  const types = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']
  const before = await read().count(sessions)
  for (const url of ['login', 'code/confirm', 'magic/confirm', 'totp/verify', 'verify', 'setup', 'register'])
    for (const type of types)
      for (const body of [form, JSON.stringify(account)]) {
        const answer = await post(url, body, { 'content-type': type, 'sec-fetch-site': 'cross-site' })
        assert.equal(answer.status, 415, `${url} as ${type}: ${answer.text}`)
        assert.equal(answer.headers['set-cookie'], undefined)
      }
  assert.equal(await read().count(sessions), before)
})

test('A48: links in mails lead to the address of the config, whatever host a request claims', async () => {
  const claims = {
    host: 'evil.test',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.test',
    origin: 'http://evil.test',
  }
  await post('register', { email: 'new@mail.example', password: 'long enough' }, claims)
  for (const url of ['reset', 'magic', 'verify/resend'])
    await post(url, { email: url === 'verify/resend' ? 'new@mail.example' : account.email }, claims)
  await work(world)
  assert.equal(sent.length, 4)
  for (const { text, html, subject } of sent) {
    assert.ok(!`${text}${html}${subject}`.includes('evil'), subject)
    assert.match(text, /http:\/\/shop\.test\/account\//)
  }
})

test('A35: a name or an address with a line break is refused, and none is in a header of a mail', async () => {
  const breaks = ['\r\nBcc: all@mail.example', '\nBcc: all@mail.example', '\u2028Bcc: x', '\u0000']
  for (const end of breaks) {
    assert.equal(
      (await post('register', { email: 'new@mail.example', password: 'long enough', name: `Ada${end}` })).status,
      400,
      JSON.stringify(end),
    )
    for (const url of ['register', 'reset', 'magic', 'code']) {
      const body = { email: `new@mail.example${end}`, ...(url === 'register' ? { password: 'long enough' } : {}) }
      assert.equal((await post(url, body)).status, 400, `${url} ${JSON.stringify(end)}`)
    }
  }
  await work(world)
  assert.deepEqual(sent, [])
})

test('A49: capitals and blanks around it are one address; plus, dots and letters that look alike are others', async () => {
  const accounts = async (email: string) => await read().count(users, eq('email', email))
  assert.equal((await post('login', { ...account, email: 'OWNER@Example.COM' })).status, 200)
  for (const email of ['Owner@example.com', 'OWNER@EXAMPLE.COM']) await post('register', { email, password: 'long enough' })
  assert.equal(await accounts('owner@example.com'), 1)
  assert.equal(await read().count(users, eq('email', 'Owner@example.com')), 0)
  // Another mailbox, or perhaps one: no account is taken over by it, and each has its own password.
  for (const email of ['owner+x@example.com', 'own.er@example.com']) {
    await post('register', { email, password: 'long enough' })
    assert.equal((await post('login', { email, password: account.password })).status, 401)
    assert.equal(await accounts(email), 1)
  }
  // One domain, by its capitals, full-width letters and another full stop.
  for (const email of ['owner@EXAMPLE.com', 'owner@\uff45xample.com', 'owner@example\u3002com'])
    assert.equal((await post('login', { ...account, email })).body.user.email, account.email, email)
  // A domain with a Cyrillic а is another one, and is kept in the letters of the DNS, where it looks like no other.
  for (const email of ['owner@ex\u0430mple.com', 'owner@EX\u0410MPLE.com', 'owner@xn--exmple-4nf.com'])
    await post('register', { email, password: 'long enough' })
  assert.equal(await accounts('owner@xn--exmple-4nf.com'), 1)
  assert.equal((await post('login', { email: 'owner@ex\u0430mple.com', password: account.password })).status, 401)
  assert.equal(await accounts('owner@ex\u0430mple.com'), 0)
  // Cyrillic о, full-width letters, dots at an end or two in a row, quotes: not of the form of an address.
  for (const email of [
    '\u043ewner@example.com',
    '\uff4fwner@example.com',
    'owner@example.com.',
    '.owner@example.com',
    'own..er@example.com',
    '"owner"@example.com',
  ])
    for (const url of ['register', 'reset', 'login'])
      assert.equal((await post(url, { email, ...(url === 'reset' ? {} : { password: 'long enough' }) })).status, 400, `${url} ${email}`)
})
