// proves P-038: signing in by another provider: a real one (oidc-provider) on this machine, with what an attacker or a broken one would send put in
// its place at the network port.
// slow: mysql, mariadb, mongodb
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { type Egress, type EgressAnswer, type EgressRequest, systemEgress } from '../../src/base/egress.ts'
import { always, eq } from '../../src/contract/filter.ts'
import { apiKeys } from '../../src/domains/accounts/api-keys.ts'
import { passwords, sessions, users } from '../../src/domains/accounts/collections.ts'
import { identities } from '../../src/domains/accounts/identities.ts'
import { providerFlows } from '../../src/domains/accounts/provider-flows.ts'
import { defineSecret, oidc } from '../../src/index.ts'
import { openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { createMailbox, type Mail } from '../support/mailbox.ts'
import { type OidcServer, oidcClient, openOidcServer } from '../support/oidc-server.ts'
import { createTrip, type Trip } from '../support/provider-trip.ts'

const origin = 'http://shop.test'
const start = '/api/auth/oauth/corp/start'
const program = 'myapp://signed-in'
let server: OidcServer
before(async () => {
  server = await openOidcServer(['corp', 'other'].map((name) => `${origin}/api/auth/oauth/${name}/callback`))
})
after(() => server.close())

let world: World
let sent: Mail[]
/** What stands in for the network. */
let network: (request: EgressRequest) => Promise<EgressAnswer>
const egress: Egress = { request: (request) => network(request) }
let ada: Trip
beforeEach(async () => {
  network = (request) => systemEgress.request(request)
  server.person = { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada' }
  const mailbox = createMailbox()
  sent = mailbox.sent
  const { clientId } = oidcClient
  const provider = { issuer: server.issuer, clientId, clientSecret: defineSecret('CORP_SECRET'), privateNetwork: true }
  const providers = [oidc({ ...provider, name: 'corp', title: 'Corp' }), oidc({ ...provider, name: 'other' })]
  const accounts = { providers, returnAddresses: [program, 'https://app.example/in'] }
  const secrets = { CORP_SECRET: oidcClient.clientSecret }
  world = await openWorld({ ...mailbox, config: { ...testConfig, accounts }, secrets, egress })
  await world.engine.start()
  ada = browser()
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  await world.close()
  assert.deepEqual(errors, [])
})

const browser = () => createTrip((request) => world.request(request), origin)
const read = () => world.engine.parts.storage.reader
const userBy = async (email: string) => (await read().find(users, { where: eq('email', email), limit: 1 }))[0]
const me = async (trip: Trip) => (await trip.ask('GET', '/api/auth/me')).body
const count = async () => await Promise.all([users, identities, sessions].map((one) => read().count(one)))
const page = { accept: 'text/html' }
const problem = (code: string, next = '%2F') => `/account/sign-in?next=${next}#problem=${code}`
const owner = { authorization: 'Bearer kps_owner' }
/** A browser in which the owner of the harness is signed in. */
function ownersBrowser(): Trip {
  const trip = browser()
  trip.cookies.set('kp_session', 'kps_owner')
  return trip
}

/** Comes back with what is given, and nothing may come of it. */
async function refused(trip: Trip, url: string, code: string): Promise<void> {
  const before = await count()
  const { status, headers, text } = await trip.ask('GET', url, { headers: page })
  assert.deepEqual([status, headers['location']], [303, problem(code)], text)
  assert.deepEqual(await count(), before)
}

describe('the way to a provider and back', () => {
  test('opens an account, and leads into it again when the address has changed there', async () => {
    assert.equal(await ada.signIn(`${start}?next=/checkout`), '/account/sign-in?next=%2Fcheckout#done=true')
    const first = await me(ada)
    assert.deepEqual([first.email, first.name, first.emailVerified], ['ada@example.com', 'Ada', true])
    server.person = { ...server.person, email: 'ada@elsewhere.example', email_verified: false }
    const again = browser()
    assert.equal(await again.signIn(start), '/account/sign-in?next=%2F#done=true')
    assert.deepEqual(await me(again), first)
    const [session] = await read().find(sessions, { where: eq('user', first.id), limit: 1 })
    assert.deepEqual(session!.ways, ['provider'])
    await work(world)
    assert.deepEqual(sent, [])
  })

  test('asks for PKCE, a state and a nonce that are new each time, and the database holds none of them', async () => {
    const urls = [await ada.begin(start), await ada.begin(start)]
    const names = ['state', 'nonce', 'code_challenge']
    for (const url of urls) assert.equal(url.searchParams.get('code_challenge_method'), 'S256')
    const values = urls.flatMap((url) => names.map((name) => url.searchParams.get(name)!))
    assert.equal(new Set(values).size, 6)
    const stored = JSON.stringify(await read().find(providerFlows, { limit: 10 }))
    for (const secret of [...values, ...ada.cookies.values()]) assert.ok(!stored.includes(secret), secret)
    // Two ways of one browser at once: each comes to its end.
    const backs = [await ada.atProvider(urls[0]!), await ada.atProvider(urls[1]!)]
    for (const back of backs)
      assert.equal((await ada.ask('GET', back, { headers: page })).headers['location'], '/account/sign-in?next=%2F#done=true')
  })

  test('goes on to a path of the site, or to a listed address, and nowhere else', async () => {
    const wrong = [
      '//evil.example',
      '/\\evil.example',
      '/..//evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      'myapp://signed-in/..',
      'checkout',
      '/a\nb',
    ]
    for (const next of wrong) {
      const { status, body } = await ada.ask('GET', `${start}?next=${encodeURIComponent(next)}`, { headers: page })
      assert.deepEqual([status, body.errors?.[0]?.path], [400, 'query:next'], next)
    }
    assert.equal(await read().count(providerFlows), 0)
    assert.equal(
      await ada.signIn(`${start}?next=${encodeURIComponent('/books?a=b#c')}`),
      '/account/sign-in?next=%2Fbooks%3Fa%3Db%23c#done=true',
    )
  })

  test('a provider that nobody listed is not there', async () => {
    for (const url of ['/api/auth/oauth/nobody/start', '/api/auth/oauth/nobody/callback?state=a'])
      assert.equal((await ada.ask('GET', url)).status, 404)
  })
})

describe('what comes back wrong', () => {
  test('a state is good once, in the browser that began, at its provider, and for its time', async () => {
    const back = await ada.toCallback(start)
    await refused(browser(), back, 'sign_in_expired')
    await refused(ada, back.replace('/corp/', '/other/'), 'sign_in_expired')
    assert.equal((await ada.ask('GET', back, { headers: page })).headers['location'], '/account/sign-in?next=%2F#done=true')
    await refused(ada, back, 'sign_in_expired')
    const late = await ada.toCallback(start)
    await world.write(async (tx, now) => {
      for (const flow of await tx.find(providerFlows, { limit: 10 })) await tx.update(providerFlows, flow, { set: { expiresAt: now } })
    })
    await refused(ada, late, 'sign_in_expired')
    // A stranger's browser that has begun a way of its own.
    const mallory = browser()
    await mallory.begin(start)
    await refused(mallory, await ada.toCallback(start), 'sign_in_expired')
  })

  test('of two at once one gets in', async () => {
    const back = await ada.toCallback(start)
    const answers = await Promise.all([1, 2].map(() => ada.ask('GET', back, { headers: page })))
    const where = answers.map(({ headers }) => String(headers['location'])).sort()
    assert.deepEqual(where, ['/account/sign-in?next=%2F#done=true', problem('sign_in_expired')])
  })

  test('the code of another way is refused by PKCE', async () => {
    const mine = new URL(await ada.toCallback(start), origin)
    const mallory = browser()
    const theirs = new URL(await mallory.toCallback(start), origin)
    theirs.searchParams.set('code', mine.searchParams.get('code')!)
    await refused(mallory, theirs.pathname + theirs.search, 'sign_in_failed')
  })

  test('another issuer in the answer is refused before anything is sent there (RFC 9207)', async () => {
    for (const change of [
      (url: URL) => url.searchParams.set('iss', 'https://evil.example'),
      (url: URL) => url.searchParams.delete('iss'),
    ]) {
      const url = new URL(await ada.toCallback(start), origin)
      change(url)
      const asked: string[] = []
      network = (request) => {
        asked.push(request.url)
        return systemEgress.request(request)
      }
      await refused(ada, url.pathname + url.search, 'sign_in_failed')
      assert.ok(
        asked.every((one) => !one.endsWith('/token')),
        asked.join(),
      )
    }
  })

  test('a refusal at the provider, and a code that is expired', async () => {
    const url = new URL(await ada.toCallback(start), origin)
    await refused(ada, `${url.pathname}?state=${url.searchParams.get('state')}&error=access_denied`, 'sign_in_refused')
    const other = new URL(await ada.toCallback(start), origin)
    await refused(
      ada,
      `${other.pathname}?state=${other.searchParams.get('state')}&error=server_error&error_description=x`,
      'sign_in_failed',
    )
    const late = new URL(await ada.toCallback(start), origin)
    late.searchParams.set('code', 'one_that_is_no_more')
    await refused(ada, late.pathname + late.search, 'sign_in_failed')
  })

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const tokens: readonly [what: string, change: (claims: Record<string, unknown>) => Record<string, unknown>, key?: () => KeyObject][] = [
    ['wrong nonce', (claims) => ({ ...claims, nonce: 'another' })],
    ['no nonce', ({ nonce: _, ...claims }) => claims],
    ['wrong audience', (claims) => ({ ...claims, aud: 'another' })],
    ['wrong issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['over', (claims) => ({ ...claims, exp: 1_000_000_000 })],
    ['signed by another', (claims) => claims, () => stranger],
  ]
  for (const [what, change, key] of tokens)
    test(`an ID token: ${what}`, async () => {
      const back = await ada.toCallback(start)
      network = async (request) => await withToken(request, change, key?.() ?? server.key())
      await refused(ada, back, 'sign_in_failed')
    })
  test('an ID token that is signed again as it was is good: the cases above fail by what they change', async () => {
    const back = await ada.toCallback(start)
    network = async (request) => await withToken(request, (claims) => claims, server.key())
    assert.equal((await ada.ask('GET', back, { headers: page })).headers['location'], '/account/sign-in?next=%2F#done=true')
  })

  test('keys that the provider has changed are read anew', async () => {
    await ada.signIn(start)
    await server.rotate()
    assert.equal(await browser().signIn(start), '/account/sign-in?next=%2F#done=true')
  })

  test('a discovery document of another issuer leads nowhere', async () => {
    network = async (request) => {
      const answer = await systemEgress.request(request)
      return { ...answer, body: answer.body.replace(`"issuer":"${server.issuer}"`, '"issuer":"https://evil.example"') }
    }
    const { status, headers } = await ada.ask('GET', start, { headers: page })
    assert.deepEqual([status, headers['location']], [303, problem('sign_in_failed')])
  })

  const broken: readonly [what: string, answer: () => Promise<EgressAnswer>, code: string, status: number][] = [
    ['down', () => Promise.reject(new Error('connect ECONNREFUSED')), 'provider_unavailable', 503],
    ['slow', () => Promise.reject(new Error('There was no answer within 5000 ms.')), 'provider_unavailable', 503],
    ['broken', async () => ({ status: 502, body: '<h1>Bad gateway</h1>', type: 'text/html' }), 'provider_unavailable', 503],
    ['no JSON', async () => ({ status: 200, body: '<h1>Hello</h1>', type: 'text/html' }), 'sign_in_failed', 403],
    ['half an answer', async () => ({ status: 200, body: '{"issuer":"htt' }), 'sign_in_failed', 403],
    ['another thing', async () => ({ status: 200, body: '[null]' }), 'sign_in_failed', 403],
    ['a redirect', async () => ({ status: 302, body: '' }), 'sign_in_failed', 403],
    ['nothing', async () => ({ status: 204, body: '' }), 'sign_in_failed', 403],
  ]
  for (const [what, answer, code, status] of broken)
    test(`a provider that answers: ${what}`, async () => {
      const back = await ada.toCallback(start)
      network = answer
      await refused(ada, back, code)
      // The discovery document of the other is not read yet.
      const other = '/api/auth/oauth/other/start'
      assert.equal((await ada.ask('GET', other, { headers: page })).headers['location'], problem(code))
      const { status: told, body } = await ada.ask('GET', other)
      assert.deepEqual([told, body.code], [status, code])
      // The reason is for whoever runs the server. What no page shows is a failed request there.
      assert.ok(world.log.some(({ message, fields }) => message.startsWith('Signing in by other') && fields?.['reason'] !== ''))
      world.log.splice(0)
    })
})

/** The answer of the token endpoint with another ID token in it. */
async function withToken(
  request: EgressRequest,
  change: (claims: Record<string, unknown>) => object,
  key: KeyObject,
): Promise<EgressAnswer> {
  const answer = await systemEgress.request(request)
  if (!request.url.endsWith('/token')) return answer
  const body = JSON.parse(answer.body) as { id_token: string }
  const [header, claims] = body.id_token.split('.') as [string, string]
  const changed = change(JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>)
  const text = `${header}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}`
  return {
    ...answer,
    body: JSON.stringify({ ...body, id_token: `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}` }),
  }
}

describe('whose account it is', () => {
  test('an address that the provider does not vouch for opens nothing, whether or not there is an account', async () => {
    for (const email of ['owner@example.com', 'nobody@example.com']) {
      server.person = { sub: `of ${email}`, email, email_verified: false }
      const trip = browser()
      await refused(trip, await trip.toCallback(start), 'address_unproven')
    }
  })

  test('an account with the same proven address is linked, and its owner hears of it', async () => {
    server.person = { sub: 'o-1', email: 'Owner@Example.com', email_verified: true }
    const trip = browser()
    await trip.signIn(start)
    assert.equal((await me(trip)).id, world.ids['owner'])
    assert.equal((await read().find(passwords, { where: eq('user', world.ids['owner']!), limit: 1 })).length, 1)
    await work(world)
    assert.deepEqual(
      sent.map(({ to }) => to),
      ['owner@example.com'],
    )
  })

  test('what a stranger set at an unproven account with that address goes', async () => {
    await world.request({
      method: 'POST',
      url: '/api/auth/register',
      body: { email: 'ada@example.com', password: 'of a stranger who waits' },
    })
    const login = await world.request({
      method: 'POST',
      url: '/api/auth/login',
      body: { email: 'ada@example.com', password: 'of a stranger who waits' },
    })
    const user = (await userBy('ada@example.com'))!
    await world.write((tx) =>
      tx.insert(identities, { id: world.engine.newId('idn'), user: user.id, provider: 'other', subject: 'of the stranger' }),
    )
    await world.write((tx) =>
      tx.insert(apiKeys, {
        id: world.engine.newId('key'),
        user: user.id,
        name: 'a',
        hash: 'h',
        hint: 'h',
        scopes: ['*:read'],
        expiresAt: null,
        usedAt: null,
      }),
    )
    await ada.signIn(start)
    assert.deepEqual([(await me(ada)).id, (await me(ada)).emailVerified], [user.id, true])
    const of = eq('user', user.id)
    const left = await Promise.all([passwords, identities, apiKeys, sessions].map((one) => read().count(one, of)))
    assert.deepEqual(left, [0, 1, 0, 1])
    const stranger = await world.request({ method: 'GET', url: '/api/auth/me', headers: { authorization: `Bearer ${login.body.token}` } })
    assert.equal(stranger.status, 401)
  })

  test('an account that is shut stays so', async () => {
    await ada.signIn(start)
    const user = (await userBy('ada@example.com'))!
    await world.write((tx) => tx.update(users, user, { set: { disabled: true } }))
    const again = browser()
    await refused(again, await again.toCallback(start), 'sign_in_failed')
    server.person = { ...server.person, sub: 'another' }
    await refused(again, await again.toCallback(start), 'sign_in_failed')
  })

  test('another person of the same provider with the same address is not let in', async () => {
    await ada.signIn(start)
    server.person = { ...server.person, sub: 'another' }
    const trip = browser()
    await refused(trip, await trip.toCallback(start), 'identity_taken')
  })

  test('the subject of another issuer is another person', async () => {
    await ada.signIn(start)
    const [identity] = await read().find(identities, { limit: 1 })
    assert.equal(identity!.subject, `${server.issuer} ada`)
  })
})

describe('linking from the account', () => {
  const link = (trip: Trip) => trip.ask('POST', '/api/auth/oauth/corp/link', { body: {}, headers: { 'sec-fetch-site': 'same-origin' } })
  const list = async () => (await world.request({ method: 'GET', url: '/api/auth/identities', headers: owner })).body
  /** Somebody whose address is another one there. */
  async function linked(): Promise<Trip> {
    const trip = ownersBrowser()
    server.person = { sub: 'o-2', email: 'private@elsewhere.example', email_verified: false }
    const { body } = await link(trip)
    const back = await trip.atProvider(new URL(body.url))
    assert.equal((await trip.ask('GET', back, { headers: page })).headers['location'], '/account#linked=corp')
    return trip
  }

  test('any person there, with a fresh proof here', async () => {
    await linked()
    assert.deepEqual(
      (await list()).items.map(({ provider, title }: { provider: string; title: string }) => [provider, title]),
      [['corp', 'Corp']],
    )
    assert.deepEqual((await list()).others, [{ provider: 'other', title: 'other' }])
    const again = browser()
    await again.signIn(start)
    assert.equal((await me(again)).id, world.ids['owner'])
    // The address of the account is its own still.
    assert.equal((await me(again)).email, 'owner@example.com')
  })

  test('not without one, not by a page of another site, and not by an API key', async () => {
    const trip = ownersBrowser()
    const cross = await trip.ask('POST', '/api/auth/oauth/corp/link', { body: {}, headers: { 'sec-fetch-site': 'cross-site' } })
    assert.equal(cross.body.code, 'cross_site_request')
    await world.write(async (tx, now) => {
      const session = (await tx.get(sessions, world.ids['ownerSession']!))!
      await tx.update(sessions, session, { set: { provenAt: now - 3_600_000 } })
    })
    assert.equal((await link(trip)).body.code, 'proof_needed')
    assert.equal(await read().count(providerFlows), 0)
  })

  test('a link is made by the session that asked for it', async () => {
    const trip = ownersBrowser()
    const { body } = await link(trip)
    const back = await trip.atProvider(new URL(body.url))
    trip.cookies.set('kp_session', 'kps_other')
    assert.equal((await trip.ask('GET', back, { headers: page })).headers['location'], '/account#problem=sign_in_expired')
    assert.equal(await read().count(identities), 0)
  })

  test('one person there is one account here', async () => {
    await linked()
    const trip = browser()
    trip.cookies.set('kp_session', 'kps_other')
    const back = await trip.atProvider(new URL((await link(trip)).body.url))
    assert.equal((await trip.ask('GET', back, { headers: page })).headers['location'], '/account#problem=identity_taken')
  })

  test('unlinking: the last way in stays', async () => {
    await linked()
    const [{ id }] = (await list()).items
    const remove = () => world.request({ method: 'DELETE', url: `/api/auth/identities/${id}`, headers: owner })
    const other = await world.request({
      method: 'DELETE',
      url: `/api/auth/identities/${id}`,
      headers: { authorization: 'Bearer kps_other' },
    })
    assert.equal(other.status, 404)
    await world.write((tx) => tx.deleteWhere(passwords, eq('user', world.ids['owner']!)))
    assert.equal((await remove()).body.code, 'last_way_in')
    await world.write((tx) =>
      tx.insert(identities, { id: world.engine.newId('idn'), user: world.ids['owner']!, provider: 'other', subject: 'x' }),
    )
    assert.equal((await remove()).status, 204)
    await work(world)
    assert.deepEqual(
      sent.map(({ subject }) => subject),
      ['Your account at Test shop can be entered by Corp', 'Your account at Test shop is not linked to Corp any more'],
    )
    const audit = await world.request({
      method: 'GET',
      url: '/api/audit?collection=identities',
      headers: { authorization: 'Bearer kps_staff' },
    })
    // Who linked it and who took it away is told, without who it is there. Other tests of a shared database have lines of their own.
    assert.ok(audit.text.split(id).length > 2, audit.text)
    assert.ok(!audit.text.includes('o-2'), audit.text)
  })
})

describe('what else an account asks for', () => {
  test('a second factor is asked for after it', async () => {
    const { totpCode } = await import('../../src/domains/accounts/totp.ts')
    const post = (url: string, body: object, headers = {}) => world.request({ method: 'POST', url: `/api/auth/${url}`, body, headers })
    const shown = (secret: string, off = 0) => totpCode(secret, Math.floor(world.clock.now() / 30_000) + off)
    const { body: app } = await post('totp/enrol', {}, owner)
    await post('totp/confirm', { code: shown(app.secret, -1) }, owner)
    server.person = { sub: 'o-1', email: 'owner@example.com', email_verified: true }
    const trip = browser()
    const where = new URL(await trip.signIn(start), origin)
    assert.equal(trip.cookies.has('kp_session'), false)
    const pending = new URLSearchParams(where.hash.slice(1)).get('pending')
    const { status } = await trip.ask('POST', '/api/auth/totp/verify', { body: { pending, code: shown(app.secret) } })
    assert.equal(status, 200)
    assert.equal((await me(trip)).id, world.ids['owner'])
  })

  test('who has nothing else shows again who they are by their mailbox', async () => {
    await ada.signIn(start)
    await world.write(async (tx, now) => {
      const [session] = await tx.find(sessions, { where: eq('user', (await userIn(tx))!), limit: 1 })
      await tx.update(sessions, session!, { set: { provenAt: now - 3_600_000 } })
    })
    const { body } = await ada.ask('DELETE', '/api/auth/identities/idn_00000000000000000000000000', {
      headers: { 'sec-fetch-site': 'same-origin' },
    })
    assert.deepEqual([body.code, body.params.ways], ['proof_needed', ['code']])
    async function userIn(tx: { find: (typeof world)['engine']['parts']['storage']['reader']['find'] }) {
      return (await tx.find(users, { where: eq('email', 'ada@example.com'), limit: 1 }))[0]?.id
    }
  })
})

describe('programs', () => {
  const verifier = 'v'.repeat(43)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const begin = `${start}?next=${encodeURIComponent(program)}&codeChallenge=${challenge}`
  const exchange = (code: string | null, codeVerifier = verifier) =>
    world.request({ method: 'POST', url: '/api/auth/oauth/exchange', body: { code, codeVerifier } })

  test('get a code in their address, and a session for it once', async () => {
    const where = new URL(await ada.signIn(begin))
    assert.equal(`${where.protocol}//${where.host}`, program)
    assert.deepEqual([...where.searchParams.keys()], ['code'])
    assert.equal(ada.cookies.has('kp_session'), false)
    assert.equal(await read().count(sessions, eq('user', (await userBy('ada@example.com'))!.id)), 0)
    const code = where.searchParams.get('code')
    assert.equal((await exchange(code, 'w'.repeat(43))).body.code, 'code_invalid')
    const [one, two] = await Promise.all([exchange(code), exchange(code)])
    assert.deepEqual([one.status, two.status].sort(), [200, 401])
    const { body } = one.status === 200 ? one : two
    assert.equal(body.user.email, 'ada@example.com')
    assert.equal(
      (await world.request({ method: 'GET', url: '/api/auth/me', headers: { authorization: `Bearer ${body.token}` } })).status,
      200,
    )
  })

  test('not without a secret of their own, not for long, and not for what is no code', async () => {
    const { body } = await ada.ask('GET', `${start}?next=${encodeURIComponent(program)}`)
    assert.equal(body.errors[0].path, 'query:codeChallenge')
    const code = new URL(await ada.signIn(begin)).searchParams.get('code')
    await world.write(async (tx, now) => {
      for (const flow of await tx.find(providerFlows, { limit: 10 })) await tx.update(providerFlows, flow, { set: { expiresAt: now } })
    })
    assert.equal((await exchange(code)).body.code, 'code_invalid')
    const state = (await ada.begin(begin)).searchParams.get('state')
    assert.equal((await exchange(state)).body.code, 'code_invalid')
  })

  test('are told what went wrong', async () => {
    const url = new URL(await ada.toCallback(begin), origin)
    const { headers } = await ada.ask('GET', `${url.pathname}?state=${url.searchParams.get('state')}&error=access_denied`, {
      headers: page,
    })
    assert.equal(headers['location'], `${program}?error=sign_in_refused`)
  })
})

test('nothing of it stays: what is over is forgotten, and no secret is in the log', async () => {
  const url = await ada.begin(start)
  await ada.signIn(start)
  const secrets = [...ada.cookies.values(), url.searchParams.get('state')!, oidcClient.clientSecret]
  const told = JSON.stringify([world.log, await world.commitsAfter(0), await read().find(providerFlows, { where: always, limit: 10 })])
  for (const secret of secrets) assert.ok(!told.includes(secret))
})
