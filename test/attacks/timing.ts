/**
 * Whether the time of an answer tells who has an account: each flow asked so many times with and without one, in turn. By itself:
 * `node test/attacks/timing.ts --tries 2000`. `--only login` asks one. `--argon2` hashes as a server does; without it hashing costs next to nothing, so that it
 * hides no other difference.
 */
import { pathToFileURL } from 'node:url'
import { systemRandom } from '../../src/base/random.ts'
import { createArgon2Hasher } from '../../src/domains/accounts/argon2-hasher.ts'
import { passwords, users } from '../../src/domains/accounts/collections.ts'
import { issueProof } from '../../src/domains/accounts/proofs.ts'
import { workIn } from '../../src/operation/work.ts'
import { openWorld, type World } from '../support/api-harness.ts'

export type Flow = {
  readonly name: string
  readonly url: string
  readonly body: (email: string, count: number) => object
  /** Before it is asked, of an address that has an account. */
  readonly given?: (world: World, user: string, email: string) => Promise<void>
}

const password = 'a password to find out'

export const flows: readonly Flow[] = [
  { name: 'register', url: 'register', body: (email) => ({ email, password }) },
  { name: 'login', url: 'login', body: (email) => ({ email, password }) },
  { name: 'reset', url: 'reset', body: (email) => ({ email }) },
  { name: 'magic', url: 'magic', body: (email) => ({ email }) },
  { name: 'code', url: 'code', body: (email) => ({ email }) },
  { name: 'verify/resend', url: 'verify/resend', body: (email) => ({ email }) },
  {
    name: 'code/confirm',
    url: 'code/confirm',
    body: (email) => ({ email, code: '000000' }),
    given: (world, id, email) =>
      world.write(
        async (tx, now) => void (await issueProof(workIn(world.engine.parts, tx, now), { purpose: 'code', user: { id }, email })),
      ),
  },
]

/** Accounts with a password, and as many addresses without one of the same length. */
export async function addresses(world: World, count: number, flow: Flow): Promise<{ readonly with: string[]; readonly without: string[] }> {
  const made = { with: [] as string[], without: [] as string[] }
  for (let index = 0; index < count; index++) {
    const end = `${flow.name.replace('/', '-')}-${String(index).padStart(5, '0')}@mail.example`
    const user = { id: `usr_${flow.name.replace('/', '')}${String(index).padStart(8, '0')}`, email: `known-${end}`, name: null, roles: [] }
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
    const payload = flow.body(of[kind][count]!, count)
    const at = performance.now()
    await app.inject({ method: 'POST', url: `/api/auth/${flow.url}`, payload })
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
