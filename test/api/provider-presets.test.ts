// Google, Microsoft, Apple and GitHub, which a test cannot reach: a book of what they send, as their documents have it, stands in for the
// network. The forms are those of 2026-11.
// databases: sqlite
// Google: https://developers.google.com/identity/openid-connect/openid-connect
// Microsoft: https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference
// Apple: https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple
// GitHub: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps and /rest/users/emails
import assert from 'node:assert/strict'
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { EgressAnswer, EgressRequest } from '../../src/base/egress.ts'
import type { SignInProvider } from '../../src/config/sign-in-providers.ts'
import { eq } from '../../src/contract/filter.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import { identities } from '../../src/domains/accounts/identities.ts'
import { apple, defineSecret, github, google, microsoft } from '../../src/index.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { createTrip, type Trip } from '../support/provider-trip.ts'

const origin = 'https://shop.example'
const signing = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const jwk = { ...createPublicKey(signing).export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }
const appleKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const json = (body: unknown): EgressAnswer => ({ status: 200, body: JSON.stringify(body), type: 'application/json; charset=utf-8' })
const page = { accept: 'text/html' }
const directory = '11111111-2222-3333-4444-555555555555'

let world: World
let ada: Trip
/** What was asked for, and with which body. */
let asked: EgressRequest[]
let answers: (request: EgressRequest) => EgressAnswer
beforeEach(async () => {
  asked = []
  const clientSecret = defineSecret('CLIENT_SECRET')
  const providers: SignInProvider[] = [
    google({ clientId: 'g', clientSecret }),
    microsoft({ clientId: 'm', clientSecret }),
    apple({ clientId: 'a', teamId: 'TEAM', keyId: 'KEY', privateKey: defineSecret('APPLE_KEY') }),
    github({ clientId: 'h', clientSecret }),
  ]
  const pem = appleKey.export({ format: 'pem', type: 'pkcs8' }).toString().replaceAll('\n', '\\n')
  const egress = {
    async request(request: EgressRequest) {
      asked.push(request)
      return answers(request)
    },
  }
  const secrets = { CLIENT_SECRET: 'of the client', APPLE_KEY: pem }
  world = await openWorld({ config: { ...testConfig, accounts: { providers } }, publicUrl: origin, secrets, egress })
  ada = createTrip((request) => world.request(request), origin)
})
afterEach(() => world.close())

/** A provider of OpenID Connect at this address, whose ID tokens have these claims. */
function oidcBook(issuer: string, claims: (nonce: string) => Record<string, unknown>, metadata: Record<string, unknown> = {}) {
  const at = (path: string) => `${new URL(issuer).origin}/${path}`
  let nonce = ''
  answers = ({ url }) => {
    if (url.endsWith('/.well-known/openid-configuration'))
      return json({ issuer, authorization_endpoint: at('authorize'), token_endpoint: at('token'), jwks_uri: at('keys'), ...metadata })
    if (url === at('keys')) return json({ keys: [jwk] })
    assert.equal(url, at('token'))
    const iat = Math.floor(Date.now() / 1_000)
    return json({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 3600,
      id_token: idToken({ iat, exp: iat + 600, ...claims(nonce) }),
    })
  }
  return (url: URL) => {
    nonce = url.searchParams.get('nonce')!
    return url.searchParams.get('state')!
  }
}

function idToken(claims: object): string {
  const text = [{ alg: 'RS256', kid: 'one' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${sign('sha256', Buffer.from(text), signing).toString('base64url')}`
}

const back = async (provider: string, state: string, more = '') =>
  String((await ada.ask('GET', `/api/auth/oauth/${provider}/callback?code=c&state=${state}${more}`, { headers: page })).headers['location'])
const done = '/account/sign-in?next=%2F#done=true'
const problem = (code: string) => `/account/sign-in?next=%2F#problem=${code}`
const identity = async () => (await world.engine.parts.storage.reader.find(identities, { limit: 1 }))[0]
const user = async (email: string) => (await world.engine.parts.storage.reader.find(users, { where: eq('email', email), limit: 1 }))[0]
const tokenBody = () => new URLSearchParams(asked.find(({ method }) => method === 'POST')!.body)

describe('Google', () => {
  test('is asked as it says, over TLS and the public network alone', async () => {
    const claims = {
      iss: 'https://accounts.google.com',
      aud: 'g',
      azp: 'g',
      sub: '1078',
      hd: 'example.com',
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada',
    }
    const read = oidcBook(claims.iss, (nonce) => ({ ...claims, nonce }), { authorization_response_iss_parameter_supported: true })
    const url = await ada.begin('/api/auth/oauth/google/start')
    assert.equal(url.searchParams.get('scope'), 'openid email profile')
    assert.equal(url.searchParams.get('redirect_uri'), `${origin}/api/auth/oauth/google/callback`)
    // It sends more along than the protocol has.
    assert.equal(
      await back('google', read(url), '&scope=email&authuser=0&hd=example.com&prompt=consent&iss=https://accounts.google.com'),
      done,
    )
    assert.equal((await identity())!.subject, 'https://accounts.google.com 1078')
    assert.ok(asked.every(({ isPublicOnly, withinMs }) => isPublicOnly === true && withinMs === 5_000))
    assert.ok([...ada.cookies.keys()].includes('__Host-kp_provider'))
    const challenge = createHash('sha256').update(tokenBody().get('code_verifier')!).digest('base64url')
    assert.equal(url.searchParams.get('code_challenge'), challenge)
  })
})

describe('Microsoft', () => {
  const shared = 'https://login.microsoftonline.com/{tenantid}/v2.0'
  const claims = {
    iss: shared.replace('{tenantid}', directory),
    aud: 'm',
    tid: directory,
    sub: 'AAA',
    name: 'Ada',
    email: 'ada@example.com',
  }

  test('names a directory for each person', async () => {
    const read = oidcBook(shared, (nonce) => ({ ...claims, xms_edov: true, nonce }))
    assert.equal(await back('microsoft', read(await ada.begin('/api/auth/oauth/microsoft/start'))), done)
    assert.equal((await identity())!.subject, `https://login.microsoftonline.com/${directory}/v2.0 AAA`)
  })
  test('an ID token that names one directory and comes from another is refused', async () => {
    const read = oidcBook(shared, (nonce) => ({ ...claims, tid: directory.replaceAll('1', '9'), xms_edov: true, nonce }))
    assert.equal(await back('microsoft', read(await ada.begin('/api/auth/oauth/microsoft/start'))), problem('sign_in_failed'))
  })
  test('an address that any admin can have written opens nothing', async () => {
    const read = oidcBook(shared, (nonce) => ({ ...claims, email_verified: true, nonce }))
    assert.equal(await back('microsoft', read(await ada.begin('/api/auth/oauth/microsoft/start'))), problem('address_unproven'))
  })
})

describe('Apple', () => {
  const claims = {
    iss: 'https://appleid.apple.com',
    aud: 'a',
    sub: '001.abc',
    email: 'x1@privaterelay.appleid.com',
    email_verified: 'true',
    is_private_email: 'true',
  }
  const post = (body: URLSearchParams, headers: Record<string, string> = {}) =>
    world.request({
      method: 'POST',
      url: '/api/auth/oauth/apple/callback',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://appleid.apple.com',
        'sec-fetch-site': 'cross-site',
        ...headers,
      },
      body: body.toString(),
    })

  test('comes back by a form without our cookies, tells the name once, and takes a token as the secret', async () => {
    const read = oidcBook(claims.iss, (nonce) => ({ ...claims, nonce }))
    const url = await ada.begin('/api/auth/oauth/apple/start?next=/books')
    assert.equal(url.searchParams.get('response_mode'), 'form_post')
    const state = read(url)
    const form = new URLSearchParams({
      state,
      code: 'c',
      user: '{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"x1@privaterelay.appleid.com"}',
    })
    // Another cookie of the site's own may come along: what is posted takes nothing from it.
    const posted = await post(form, { cookie: 'other=1; kp_session=kps_owner' })
    assert.equal(posted.status, 303, posted.text)
    const location = String(posted.headers['location'])
    assert.ok(!location.includes('privaterelay'), location)
    const where = (await ada.ask('GET', location, { headers: page })).headers['location']
    assert.equal(where, '/account/sign-in?next=%2Fbooks#done=true')
    assert.equal((await user('x1@privaterelay.appleid.com'))!.name, 'Ada Lovelace')
    const [head, body, signature] = tokenBody().get('client_secret')!.split('.') as [string, string, string]
    const key = { key: createPublicKey(appleKey), dsaEncoding: 'ieee-p1363' } as const
    assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
    const told = JSON.parse(Buffer.from(body, 'base64url').toString())
    assert.deepEqual([told.iss, told.sub, told.aud], ['TEAM', 'a', 'https://appleid.apple.com'])
  })
  test('a form that is no way back leads to the page that says so', async () => {
    oidcBook(claims.iss, () => claims)
    for (const body of ['', 'state=a&user={', 'state=a&state=b', 'user=[]&code=%ff']) {
      const { status, headers } = await post(new URLSearchParams(body))
      assert.equal(status, 303)
      const answer = await ada.ask('GET', String(headers['location']), { headers: page })
      assert.equal(answer.headers['location'], problem('sign_in_expired'))
    }
  })
})

describe('GitHub', () => {
  const emails = [
    { email: 'ada@users.noreply.github.com', primary: false, verified: true, visibility: null },
    { email: 'Ada@Example.com', primary: true, verified: true, visibility: 'private' },
  ]
  function book(
    person: unknown,
    all: unknown,
    token: unknown = { access_token: 'gho_x', scope: 'read:user,user:email', token_type: 'bearer' },
  ) {
    answers = ({ url, headers = {} }) => {
      if (url === 'https://github.com/login/oauth/access_token') return json(token)
      assert.equal(headers['authorization'], 'Bearer gho_x')
      assert.notEqual(headers['user-agent'], undefined)
      if (url === 'https://api.github.com/user') return json(person)
      assert.equal(url, 'https://api.github.com/user/emails')
      return json(all)
    }
  }
  const come = async () => await back('github', (await ada.begin('/api/auth/oauth/github/start')).searchParams.get('state')!)

  test('says who somebody is by a number, and which address is theirs', async () => {
    book({ id: 583_231, login: 'ada', name: 'Ada', email: null }, emails)
    assert.equal(await come(), done)
    assert.equal((await identity())!.subject, '583231')
    assert.equal((await user('ada@example.com'))!.emailVerified, true)
    assert.equal(tokenBody().get('code_verifier')!.length, 43)
  })
  const others: readonly [what: string, person: unknown, emails: unknown, code: string, token?: unknown][] = [
    ['a primary address that is not verified', { id: 1 }, [{ ...emails[1], verified: false }, emails[0]], 'address_unproven'],
    ['no primary address', { id: 1 }, [emails[0]], 'address_unproven'],
    ['no number', { login: 'ada' }, emails, 'sign_in_failed'],
    ['no list', { id: 1 }, { message: 'Not Found' }, 'sign_in_failed'],
    ['nothing', null, [null], 'sign_in_failed'],
    // With the status 200.
    ['a code that is used', { id: 1 }, emails, 'sign_in_failed', { error: 'bad_verification_code', error_description: 'x' }],
  ]
  for (const [what, person, all, code, token] of others)
    test(`what opens nothing: ${what}`, async () => {
      book(person, all, token)
      assert.equal(await come(), problem(code))
    })
})
