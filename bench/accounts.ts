/**
 * What accounts cost: sign-ins a second with Argon2id and without, and how much CPU a request takes more when it comes with a session or a
 * key. One engine in this process, requests without sockets: `DATABASES=sqlite node bench/accounts.ts`,
 * with how many gets a round; `--gets` leaves sign-ins out.
 */
import { systemRandom } from '../src/base/random.ts'
import { hashSecret } from '../src/base/secret.ts'
import { apiKeys } from '../src/domains/accounts/api-keys.ts'
import { createArgon2Hasher } from '../src/domains/accounts/argon2-hasher.ts'
import { passwords, users } from '../src/domains/accounts/collections.ts'
import { keyOf } from '../src/domains/accounts/key-form.ts'
import { openWorld, type World } from '../test/support/api-harness.ts'
import { testDatabase } from '../test/support/databases.ts'

const password = 'a long enough password'
const atOnce = 16

async function signInsPerSecond(isReal: boolean, seconds: number): Promise<number> {
  const hasher = createArgon2Hasher(systemRandom)
  const world = await openWorld(isReal ? { hasher } : {})
  try {
    const hash = isReal ? await hasher.hash(password) : await world.passwords.hash(password)
    await world.write(async (tx) => {
      for (let index = 0; index < atOnce; index++) {
        const user = { id: `usr_bench${index}`, email: `bench${index}@mail.example`, name: null, roles: [] }
        await tx.insert(users, { ...user, emailVerified: true, disabled: false } as never)
        await tx.insert(passwords, { id: `pwd_bench${index}`, user: user.id, hash })
      }
    })
    const { app } = world.server
    let count = 0
    const endAt = performance.now() + seconds * 1_000
    const started = performance.now()
    await Promise.all(
      Array.from({ length: atOnce }, async (_, index) => {
        while (performance.now() < endAt) {
          const payload = { email: `bench${index}@mail.example`, password }
          const answer = await app.inject({ method: 'POST', url: '/api/auth/login', payload })
          if (answer.statusCode !== 200) throw new Error(answer.body)
          count++
        }
      }),
    )
    return (count / (performance.now() - started)) * 1_000
  } finally {
    await world.close()
  }
}

type Caller = { readonly name: string; readonly headers: Record<string, string> }

async function callersOf(world: World): Promise<Caller[]> {
  const key = keyOf('kp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
  await world.write((tx) =>
    tx.insert(apiKeys, {
      id: 'key_bench',
      user: world.ids['owner']!,
      name: 'bench',
      hash: hashSecret(key),
      hint: 'kp_…',
      scopes: ['*:read'],
      expiresAt: null,
      usedAt: null,
    }),
  )
  return [
    { name: 'nobody', headers: {} },
    { name: 'session, by cookie', headers: { cookie: 'kp_session=kps_owner' } },
    { name: 'session, by bearer', headers: { authorization: 'Bearer kps_owner' } },
    { name: 'API key', headers: { authorization: `Bearer ${key}` } },
  ]
}

/** Microseconds of CPU a get, of this whole process; the least of the rounds, which are taken in turn. */
async function cpuPerGet(rounds: number, gets: number): Promise<Map<string, number>> {
  const world = await openWorld()
  try {
    const callers = await callersOf(world)
    const { app } = world.server
    const least = new Map<string, number>()
    for (let round = 0; round < rounds; round++)
      for (const { name, headers } of callers) {
        const before = process.cpuUsage()
        for (let count = 0; count < gets; count++) {
          const answer = await app.inject({ method: 'GET', url: '/api/reviews?limit=1', headers })
          if (answer.statusCode !== 200) throw new Error(answer.body)
        }
        const { user, system } = process.cpuUsage(before)
        const us = (user + system) / gets
        // The first round warms up.
        if (round > 0) least.set(name, Math.min(least.get(name) ?? Number.POSITIVE_INFINITY, us))
      }
    return least
  } finally {
    await world.close()
  }
}

const write = (text: string) => process.stdout.write(`${text}\n`)
write(`${testDatabase().name}, ${atOnce} sign-ins at once`)
for (const isReal of process.argv.includes('--gets') ? [] : [true, false]) {
  const rate = await signInsPerSecond(isReal, 5)
  write(`| sign-ins ${isReal ? 'with Argon2id' : 'without hashing'} | ${rate.toFixed(0)} a second |`)
}
const gets = Number(process.argv[2] ?? 3_000)
const costs = await cpuPerGet(8, gets)
const nobody = costs.get('nobody')!
for (const [name, us] of costs)
  write(
    `| a get by ${name} | ${us.toFixed(1)} us of CPU | ${name === 'nobody' ? '' : `${us < nobody ? '' : '+'}${(us - nobody).toFixed(1)}`} |`,
  )
// The servers of the tests are ended as the process exits, and keep it until then.
process.exit()
