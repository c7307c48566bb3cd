/**
 * Whether the time of an answer tells who has an account: each flow asked so many times with and without one, in turn. By itself:
 * `node test/attacks/timing.ts --tries 2000`. `--only login` asks one. `--argon2` hashes as a server does; without it hashing costs next to nothing, so that it
 * hides no other difference.
 */
import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { systemRandom } from '../../src/base/random.ts'
import { hashSecret } from '../../src/base/secret.ts'
import { createArgon2Hasher } from '../../src/domains/accounts/argon2-hasher.ts'
import { passwords, users } from '../../src/domains/accounts/collections.ts'
import { passkeys } from '../../src/domains/accounts/passkeys.ts'
import { issueProof } from '../../src/domains/accounts/proofs.ts'
import { passkeyOfNobody } from '../../src/domains/accounts/webauthn.ts'
import { workIn } from '../../src/operation/work.ts'
import { openWorld, type World } from '../support/api-harness.ts'
import { createAuthenticator } from '../support/authenticator.ts'

export type Flow = {
  readonly name: string
  readonly url: string
  readonly body: (email: string, world: World) => object | Promise<object>
  /** Of whom it is asked, where that is not anybody. */
  readonly headers?: Readonly<Record<string, string>>
  /** Once. */
  readonly before?: (world: World) => Promise<void>
  /** Before it is asked, of an address that has an account. */
  readonly given?: (world: World, user: string, email: string) => Promise<void>
}

const password = 'a password to find out'
const stranger = createAuthenticator('http://shop.test')

/** The id of a passkey, as if it were of this address. */
function named(email: string) {
  const id = createHash('sha256').update(email).digest('base64url')
  return { id, rawId: id }
}

export const flows: readonly Flow[] = [
  { name: 'register', url: '/api/auth/register', body: (email) => ({ email, password }) },
  { name: 'login', url: '/api/auth/login', body: (email) => ({ email, password }) },
  { name: 'reset', url: '/api/auth/reset', body: (email) => ({ email }) },
  { name: 'magic', url: '/api/auth/magic', body: (email) => ({ email }) },
  { name: 'code', url: '/api/auth/code', body: (email) => ({ email }) },
  { name: 'verify/resend', url: '/api/auth/verify/resend', body: (email) => ({ email }) },
  {
    name: 'code/confirm',
    url: '/api/auth/code/confirm',
    body: (email) => ({ email, code: '000000' }),
    given: (world, id, email) =>
      world.write(
        async (tx, now) => void (await issueProof(workIn(world.engine.parts, tx, now), { purpose: 'code', user: { id }, email })),
      ),
  },
  // Of a passkey that somebody has, and of one that nobody has, signed by neither's key.
  {
    name: 'passkeys/login/finish',
    url: '/api/auth/passkeys/login/finish',
    body: async (email, world) => {
      const options = await world.request({ method: 'POST', url: '/api/auth/passkeys/login/start', body: {} })
      return { ...stranger.get(options.body, { userHandle: Buffer.from(email).toString('base64url') }), ...named(email) }
    },
    given: (world, user, email) =>
      world.write(async (tx) => {
        const { id } = named(email)
        const fields = {
          device: null,
          credential: id,
          publicKey: passkeyOfNobody(id).publicKey,
          transports: [],
          signCount: 0,
          isSynced: false,
        }
        const times = { usedAt: null, copySeenAt: null, recoveryCodesAt: null }
        await tx.insert(passkeys, { id: `psk_${user}`, user, name: 'Key', idHash: hashSecret(id), ...fields, ...times })
      }),
  },
  {
    name: 'invitations',
    url: '/api/invitations',
    headers: { authorization: 'Bearer kps_staff' },
    before: (world) =>
      world.write(async (tx) => void (await tx.update(users, (await tx.get(users, world.ids['staff']!))!, { set: { roles: ['admin'] } }))),
    body: (email) => ({ email, roles: ['reader'] }),
  },
]

/** Accounts with a password, and as many addresses without one of the same length. */
export async function addresses(world: World, count: number, flow: Flow): Promise<{ readonly with: string[]; readonly without: string[] }> {
  await flow.before?.(world)
  const made = { with: [] as string[], without: [] as string[] }
  for (let index = 0; index < count; index++) {
    const end = `${flow.name.replaceAll('/', '-')}-${String(index).padStart(5, '0')}@mail.example`
    const user = {
      id: `usr_${flow.name.replaceAll('/', '')}${String(index).padStart(8, '0')}`,
      email: `known-${end}`,
      name: null,
      roles: [],
    }
    await world.write(async (tx) => {
      await tx.insert(users, { ...user, emailVerified: true, disabled: false } as never)
      await tx.insert(passwords, { id: `pwd_${user.id}`, user: user.id, hash: 'a'.repeat(64) })
    })
    await flow.given?.(world, user.id, user.email)
    made.with.push(user.email)
    made.without.push(`nomad-${end}`)
  }
  return made
}

/** In microseconds. */
export type Timed = { readonly median: number; readonly spread: number }

export async function timeFlow(world: World, flow: Flow, tries: number): Promise<{ readonly with: Timed; readonly without: Timed }> {
  const of = await addresses(world, tries, flow)
  const times = { with: [] as number[], without: [] as number[] }
  const { app } = world.server
  const ask = async (kind: 'with' | 'without', count: number) => {
    const payload = await flow.body(of[kind][count]!, world)
    const at = performance.now()
    await app.inject({ method: 'POST', url: flow.url, payload, headers: { ...flow.headers } })
    times[kind].push((performance.now() - at) * 1_000)
  }
  for (let count = 0; count < tries; count++) {
    // Whoever comes first may pay for what both need.
    const order = count % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)
    for (const kind of order) await ask(kind, count)
  }
  return { with: timed(times.with), without: timed(times.without) }
}

/** Half of them lie within the spread. */
function timed(times: number[]): Timed {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]!
  return { median: at(0.5), spread: at(0.75) - at(0.25) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const at = process.argv.indexOf('--tries')
  const tries = at < 0 ? 2_000 : Number(process.argv[at + 1])
  const isReal = process.argv.includes('--argon2')
  const write = (text: string) => process.stdout.write(`${text}\n`)
  write(
    `${tries} tries each, in microseconds\n| flow | with an account | without | difference | spread (half of all) |\n|---|---|---|---|---|`,
  )
  const only = process.argv.indexOf('--only')
  for (const flow of flows.filter(({ name }) => only < 0 || name === process.argv[only + 1])) {
    const world = await openWorld(isReal ? { hasher: createArgon2Hasher(systemRandom) } : {})
    const { with: known, without } = await timeFlow(world, flow, tries)
    await world.close()
    const round = (us: number) => Math.round(us).toLocaleString('en')
    const difference = round(Math.abs(known.median - without.median))
    write(
      `| ${flow.name} | ${round(known.median)} | ${round(without.median)} | ${difference} | ${round(known.spread)}, ${round(without.spread)} |`,
    )
  }
}
