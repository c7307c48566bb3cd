/**
 * What accounts cost: sign-ins a second with Argon2id and without, of one engine in this process; and how much CPU a request takes more when
 * it comes with a session or a key, of a server in a process of its own. `DATABASES=sqlite node bench/accounts.ts`, with how many rounds of
 * 250 gets; `--gets` leaves sign-ins out.
 */

import { systemRandom } from '../src/base/random.ts'
import { createArgon2Hasher } from '../src/domains/accounts/argon2-hasher.ts'
import { passwords, users } from '../src/domains/accounts/collections.ts'
import { openWorld } from '../test/support/api-harness.ts'
import { createDatabaseOf, testDatabase } from '../test/support/databases.ts'
import { startServer } from './children.ts'
import type { Place } from './contender.ts'
import { HttpConnection, type Request, renderRequest } from './http-connection.ts'
import { createSend, type Json } from './json-client.ts'
import { ours, programOf, signInStaff } from './kingpost/ours.ts'
import { readCpuUs } from './proc.ts'
import { freshDir } from './workspace.ts'

/** Has a collection that everybody reads alike. */
const CONFIG = 'bench/kingpost/data.config.ts'
const GETS = 250
const WARM_UP = 10
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

type Caller = { readonly name: string; readonly headers: Readonly<Record<string, string>> }

/** A customer's session and key, made as everybody makes them. */
async function callersOf(place: Place): Promise<Caller[]> {
  const signedIn = await ours.signIn(place)
  const { key } = await post(place, signedIn, { path: '/api/auth/keys', body: { name: 'bench', scopes: ['stamps:read'] } })
  return [
    { name: 'nobody', headers: {} },
    { name: 'session, by cookie', headers: { cookie: `kp_session=${signedIn.authorization!.split(' ')[1]}` } },
    { name: 'session, by bearer', headers: signedIn },
    { name: 'API key', headers: { authorization: `Bearer ${key}` } },
  ]
}

async function post({ port }: Place, headers: Readonly<Record<string, string>>, request: Pick<Request, 'path' | 'body'>): Promise<Json> {
  const connection = await HttpConnection.open(port)
  try {
    return await createSend(connection, headers)({ method: 'POST', ...request })
  } finally {
    connection.close()
  }
}

/** Microseconds of CPU a get, of the server's process with all its threads: the least of many short rounds, which are taken in turn. */
async function cpuPerGet(rounds: number): Promise<Map<string, number>> {
  const { name, isServer } = testDatabase()
  const database = isServer ? await createDatabaseOf(name).startServer() : null
  const url = await database?.createDatabase()
  const server = await startServer(programOf(CONFIG), freshDir('accounts'), url === undefined ? {} : { database: url })
  const { pid, place } = server
  const callers = await callersOf(place)
  await post(place, await signInStaff(place, CONFIG), { path: '/api/stamps', body: { code: 'one' } })
  const connection = await HttpConnection.open(place.port)
  const least = new Map<string, number>()
  for (let round = 0; round < rounds + WARM_UP; round++)
    for (const { name: caller, headers } of callers) {
      const request = renderRequest({ method: 'GET', path: '/api/stamps?limit=1', headers })
      const before = readCpuUs(pid)!
      for (let count = 0; count < GETS; count++) {
        const { status } = await connection.send(request)
        if (status !== 200) throw new Error(`a get was answered with ${status}`)
      }
      const us = (readCpuUs(pid)! - before) / GETS
      if (round >= WARM_UP) least.set(caller, Math.min(least.get(caller) ?? Number.POSITIVE_INFINITY, us))
    }
  connection.close()
  await server.stop()
  await database?.stop()
  return least
}

const write = (text: string) => process.stdout.write(`${text}\n`)
write(`${testDatabase().name}, ${atOnce} sign-ins at once`)
for (const isReal of process.argv.includes('--gets') ? [] : [true, false]) {
  const rate = await signInsPerSecond(isReal, 5)
  write(`| sign-ins ${isReal ? 'with Argon2id' : 'without hashing'} | ${rate.toFixed(0)} a second |`)
}
const costs = await cpuPerGet(Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 60))
const nobody = costs.get('nobody')!
for (const [name, us] of costs)
  write(
    `| a get by ${name} | ${us.toFixed(1)} us of CPU | ${name === 'nobody' ? '' : `${us < nobody ? '' : '+'}${(us - nobody).toFixed(1)}`} |`,
  )
// The servers of the tests are ended as the process exits, and keep it until then.
process.exit()
