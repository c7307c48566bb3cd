// Signing in by another provider on three processes over one database: each way is begun at one and ended at another.
// databases: server
// slow: mysql, mongodb, mariadb
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ApiAnswer, ApiRequest } from '../support/api-harness.ts'
import { testDatabase } from '../support/databases.ts'
import { oidcClient, openOidcServer } from '../support/oidc-server.ts'
import { createTrip } from '../support/provider-trip.ts'
import { freePort, startServer } from '../support/server-process.ts'

const origin = 'http://shop.test'
const start = '/api/auth/oauth/corp/start'

// proves P-038
test('signing in, linking and the code of a program are begun at one of three processes and ended at another', async (t) => {
  const provider = await openOidcServer([`${origin}/api/auth/oauth/corp/callback`])
  t.after(() => provider.close())
  const database = await testDatabase().url()
  const env = { TEST_ISSUER: provider.issuer, CORP_SECRET: oidcClient.clientSecret, KINGPOST_PUBLIC_URL: origin }
  const config = join(import.meta.dirname, '../support/providers.config.ts')
  const servers: string[] = []
  while (servers.length < 3) {
    // All tell the same address, which says nothing of where each is.
    const port = await freePort()
    await startServer(t, { config, database, env, args: ['--port', String(port)] })
    servers.push(`http://127.0.0.1:${port}`)
  }
  const asked: number[] = []
  /** The next of the three, with each call. */
  const ask = async ({ method, url, headers = {}, body }: ApiRequest): Promise<ApiAnswer> => {
    const at = asked.length % servers.length
    asked.push(at)
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await fetch(servers[at]! + url, { method, headers: { ...headers, ...type }, redirect: 'manual', ...sent })
    const text = await answer.text()
    const isJson = /json/.test(answer.headers.get('content-type') ?? '') && text !== ''
    const told = { ...Object.fromEntries(answer.headers), 'set-cookie': answer.headers.getSetCookie() }
    return { status: answer.status, headers: told, text, bytes: Buffer.from(text), body: isJson ? JSON.parse(text) : undefined }
  }
  const page = { accept: 'text/html' }
  const own = { 'sec-fetch-site': 'same-origin' }

  const ada = createTrip(ask, origin)
  assert.equal(await ada.signIn(start), '/account/sign-in?next=%2F#done=true')
  assert.equal((await ada.ask('GET', '/api/auth/me')).body.email, provider.person.email)

  // A state that was used at one process is used at all.
  const back = await ada.toCallback(start)
  const answers = await Promise.all(servers.map(() => ada.ask('GET', back, { headers: page })))
  const done = answers.filter(({ headers }) => String(headers['location']).endsWith('#done=true'))
  assert.equal(done.length, 1)

  const grace = createTrip(ask, origin)
  const account = { email: 'grace@mail.example', password: 'a long enough one' }
  await grace.ask('POST', '/api/auth/register', { body: account, headers: own })
  assert.equal((await grace.ask('POST', '/api/auth/login', { body: account, headers: own })).status, 200)
  provider.person = { sub: 'grace', email: 'grace@elsewhere.example', email_verified: false }
  const { body } = await grace.ask('POST', '/api/auth/oauth/corp/link', { body: {}, headers: own })
  const linked = await grace.ask('GET', await grace.atProvider(new URL(body.url)), { headers: page })
  assert.equal(linked.headers['location'], '/account#linked=corp')

  const codeVerifier = 'v'.repeat(43)
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
  const app = createTrip(ask, origin)
  const where = new URL(await app.signIn(`${start}?next=${encodeURIComponent('myapp://signed-in')}&codeChallenge=${codeChallenge}`))
  const code = where.searchParams.get('code')
  const exchanged = await Promise.all(
    servers.map(() => app.ask('POST', '/api/auth/oauth/exchange', { body: { code, codeVerifier }, headers: own })),
  )
  assert.deepEqual(exchanged.map(({ status }) => status).sort(), [200, 401, 401])
  assert.equal(exchanged.find(({ status }) => status === 200)!.body.user.email, account.email)
})
