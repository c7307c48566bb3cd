// proves P-029: whoever reads the database, its backups and the log finds no secret of a caller, and nothing by
// which a password could be tried faster than by its argon2id hash. The attacker here knows every password's
// candidates, every client key and every stored value, and tries them all, under every hash they can think of.
// slow: mysql
import assert from 'node:assert/strict'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, test } from 'node:test'
import { guestActor } from '../../src/access/actor.ts'
import { systemRandom } from '../../src/base/random.ts'
import { createArgon2Hasher } from '../../src/domains/accounts/argon2-hasher.ts'
import { issueSetUpToken } from '../../src/domains/accounts/set-up.ts'
import { claimOf, idempotencyClaim, idempotencyKeys } from '../../src/operation/idempotency.ts'
import { workIn } from '../../src/operation/work.ts'
import { lineOf, logSection } from '../../src/storage/archive/contents.ts'
import { openWorld, type World } from '../support/api-harness.ts'

let world: World
beforeEach(async () => {
  // The real hash, made cheap: what the harness takes instead is a plain one.
  world = await openWorld({ hasher: createArgon2Hasher(systemRandom, { memoryKib: 64, passes: 1 }) })
})
afterEach(() => world.close())

const post = (url: string, body: unknown, headers: Record<string, string> = {}) => world.request({ method: 'POST', url, headers, body })

/** What lies on the disk, line by line as a backup holds it, and what was logged. */
async function readAtRest(): Promise<string> {
  const { storage, model } = world.engine.parts
  const sections = [...model.collections.keys()].map(async (name) => {
    const records = await storage.reader.find({ name }, { limit: 100_000 })
    return records.map((record) => lineOf(model, name)(record as never))
  })
  await world.newest()
  const commits = (await storage.commitsAfter(0, 100_000)).map((commit) => lineOf(model, logSection)(commit))
  return [...(await Promise.all(sections)).flat(), ...commits, JSON.stringify(world.log)].join('\n')
}

const known = {
  /** In every list of the most common ones. */
  passwords: ['sunshine-2024', 'sunshine-2025', 'a typo of another site', 'sunshine-2026'],
  emails: ['ann@example.com', 'first@example.com', 'nobody@example.com'],
  keys: ['11111111111111111111', randomUUID(), randomUUID(), randomUUID()],
}

/** Everything that takes a password or gives a token, with a key and without. */
async function useSecrets(): Promise<string[]> {
  const [password, ownerPassword, typo, next] = known.passwords as [string, string, string, string]
  const [email, ownerEmail, nobody] = known.emails as [string, string, string]
  const [weak, one, two, three] = known.keys as [string, string, string, string]
  const key = (value: string) => ({ 'idempotency-key': value })
  const setUpToken = await world.write((tx, now) => issueSetUpToken(workIn(world.engine.parts, tx, now)))
  const given = [
    await post('/api/auth/register', { email, password, name: 'Ann' }, key(weak)),
    await post('/api/auth/login', { email, password }, key(weak)),
    await post('/api/auth/login', { email, password }),
    await post('/api/auth/login', { email, password: typo }, key(one)),
    await post('/api/auth/login', { email: nobody, password: typo }, key(two)),
    await post('/api/auth/setup', { token: setUpToken, email: ownerEmail, password: ownerPassword }, key(three)),
    await post('/api/auth/login', { email, password, more: typo }, key(weak)),
    await post('/api/auth/login', `{"email":"${email}","password":"${password}"`, { 'content-type': 'application/json' }),
    await post('/api/carts', {}, key(weak)),
    await post('/api/carts', {}, { 'cart-token': 'undefined' }),
  ]
  const signedIn = { authorization: `Bearer ${given[1]!.body.token}`, ...key(weak) }
  given.push(await post('/api/auth/password', { current: password, password: next }, signedIn))
  assert.deepEqual(
    given.map(({ status }) => status),
    [201, 200, 200, 401, 401, 201, 400, 400, 201, 201, 204],
  )
  return [setUpToken!, ...given.flatMap(({ body }) => (typeof body?.token === 'string' ? [body.token] : []))]
}

/** What could have been hashed: the password alone, or the input as it was written, under what a caller is known by. */
function guesses(): string[] {
  const inputs = known.passwords.flatMap((password) => [
    password,
    ...known.emails.flatMap((email) => [
      `${email}:${password}`,
      `${email}\n${password}`,
      JSON.stringify({ email, password }),
      JSON.stringify({ password, email }),
      JSON.stringify({ email, password, name: 'Ann' }),
    ]),
    JSON.stringify(password),
    JSON.stringify({ password }),
    ...known.passwords.map((current) => JSON.stringify({ current, password })),
  ])
  const operations = ['accounts.register', 'accounts.logIn', 'accounts.setUp', 'accounts.changePassword']
  const callers = known.keys.flatMap((key) => [key, ...operations.map((name) => `guest\n${name}\n${key}`)])
  return inputs.flatMap((input) => [
    input,
    ...callers.flatMap((prefix) => [`${prefix}${input}`, `${prefix}\n${input}`, `${prefix}:${input}`]),
  ])
}

const spellings = ['hex', 'base64', 'base64url'] as const
/** Some 60 bits of base64: what is cut shorter tells nothing apart. */
const pieceLength = 10

/** Hashes of guesses that lie in the text, cut short or whole, plain or keyed by something that lies there too. */
function findGuessable(text: string): string[] {
  const pieces = new Set<string>()
  const words = new Set<string>()
  for (const [run] of text.matchAll(/[\w+/=.-]{10,}/g)) {
    for (let at = 0; at + pieceLength <= run.length; at++) pieces.add(run.slice(at, at + pieceLength))
    for (const part of [run, ...run.split('.')]) if (part.length <= 64) words.add(part)
  }
  const found: string[] = []
  const look = (digest: Buffer, what: string) => {
    if (spellings.some((spelling) => pieces.has(digest.toString(spelling).slice(0, pieceLength)))) found.push(what)
  }
  const all = guesses()
  for (const guess of all)
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'])
      look(createHash(algorithm).update(guess).digest(), `${algorithm} of ${guess}`)
  // Keyed by what is stored beside it (a salt, an id) or by what the client said.
  const short = all.filter((guess) => !guess.includes('\n') && !known.keys.some((key) => guess.startsWith(key)))
  for (const key of [...words, ...known.keys])
    for (const guess of short) look(createHmac('sha256', key).update(guess).digest(), `HMAC under ${key} of ${guess}`)
  return found
}

test('no secret lies at rest, and no password can be tried but at the price of its hash', async () => {
  const tokens = await useSecrets()
  const text = await readAtRest()
  assert.ok(text.includes('ann@example.com') && text.includes('argon2id'), 'the text holds the data')
  assert.equal(new Set(tokens).size, 6)
  for (const secret of [...tokens, ...known.passwords, ...known.keys]) assert.ok(!text.includes(secret), `${secret} lies in the text`)
  assert.deepEqual(findGuessable(text), [])
})

test('what was kept for a key is opened by no fast hash of key, salt and input together', async () => {
  await useSecrets()
  const kept = await world.engine.parts.storage.reader.find(idempotencyKeys, { limit: 1_000 })
  const tried = [
    ['accounts.register', { email: known.emails[0], password: known.passwords[0], name: 'Ann' }],
    ['accounts.logIn', { email: known.emails[0], password: known.passwords[0] }],
    ['carts.create', {}],
  ] as const
  const isOpen = tried.map(async ([operation, input]) => {
    const claim = idempotencyClaim(guestActor(''), operation, known.keys[0]!, input)
    const row = kept.find(({ id }) => id === claim.id)
    assert.ok(row, `${operation} kept its answer`)
    return await claimOf(claim, row, null).then(
      () => true,
      () => false,
    )
  })
  assert.deepEqual(
    await Promise.all(isOpen),
    [false, false, true],
    'the last has no secret for input: its row shows that this test can see',
  )
})

test('a fingerprint as it once was is found, cut short or keyed by its neighbour', async () => {
  await useSecrets()
  const text = await readAtRest()
  const input = JSON.stringify({ email: known.emails[0], password: known.passwords[0] })
  const digest = createHash('sha256').update(input).digest()
  const salt = 'Zm9yIG9uZSByb3cgYWxvbmU'
  const planted = [
    digest.toString('base64url'),
    digest.toString('hex').slice(0, 16),
    createHash('sha1').update(`${known.keys[1]}${known.passwords[2]}`).digest('hex'),
    `${salt}.${createHmac('sha256', salt).update(input).digest('base64url')}`,
  ]
  for (const one of planted) assert.equal(findGuessable(`${text}\n{"fingerprint":"${one}"}`).length, 1, one)
})

test('every operation that takes a password, token or code says so', () => {
  const silent = world.engine.operations.filter(({ name, kind, input, hasSecretInput }) => {
    const names = Object.keys((input as { properties?: object }).properties ?? {})
    // The code of a discount stands in advertisements, and in its record.
    if (name.startsWith('discounts.')) return false
    return kind === 'command' && names.some((name) => /password|passphrase|secret|token|^code$|^current$/i.test(name)) && !hasSecretInput
  })
  assert.deepEqual(
    silent.map(({ name }) => name),
    [],
  )
})
