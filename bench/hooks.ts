/**
 * What hooks cost a write: records made in one process, on SQLite in memory, so that the disk does not hide it. Prints microseconds a
 * record for a collection without hooks, with one before and with one after; rounds take turns, medians are told.
 * Run it: `node bench/hooks.ts [--rounds 7]`.
 */

import assert from 'node:assert/strict'
import { systemActor } from '../src/access/actor.ts'
import { systemClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { systemRandom } from '../src/base/random.ts'
import { createArgon2Hasher } from '../src/domains/accounts/argon2-hasher.ts'
import { captureTransport } from '../src/domains/emails/transport.ts'
import { createBackend } from '../src/engine/backend.ts'
import { createEngine } from '../src/engine/create-engine.ts'
import { after, anyone, before, collection, command, field, Type } from '../src/index.ts'
import type { AnyRecord } from '../src/schema/collection.ts'
import { openSqlite } from '../src/storage/sqlite/sqlite-storage.ts'
import { median } from './stats.ts'

const roundsAsked = process.argv.indexOf('--rounds')
const rounds = roundsAsked < 0 ? 7 : Number(process.argv[roundsAsked + 1])
const writes = 4_000
const together = 64

const notes = <const TName extends string>(name: TName) =>
  collection(name, {
    fields: { title: field.text({ required: true }), body: field.text({ required: true }), words: field.integer() },
    access: { read: anyone, create: anyone },
  })
const [plain, hooked, looked, told] = [notes('plainNotes'), notes('hookedNotes'), notes('lookedNotes'), notes('toldNotes')]

const hooks = [
  before({ name: 'notes.count', on: hooked, action: 'create', run: ({ record, set }) => set({ words: record.body.length }) }),
  before({
    name: 'notes.look',
    on: looked,
    action: 'create',
    async run({ records, set }) {
      set({ words: (await records(plain).get('none')) === null ? 0 : 1 })
    },
  }),
  after({ name: 'notes.tell', on: told, action: 'create', run: () => {} }),
]
const own = command({
  name: 'notes.make',
  route: 'POST /api/notes/make',
  summary: 'Make a note',
  input: Type.Object({ title: Type.String(), body: Type.String() }, { additionalProperties: false }),
  output: Type.Object({ id: Type.String() }),
  access: anyone,
  run: async ({ tx, newId, input }) => ({ output: await tx.insert(plain, { id: newId('note'), ...input, words: null }) }),
})

const config = { name: 'Hooks', collections: [plain, hooked, looked, told], hooks, operations: [own] }
const backend = createBackend(config as never, { publicUrl: 'http://localhost', isDevelopment: false, paymentProviders: [] })
const storage = openSqlite({ path: ':memory:', model: backend.model, clock: systemClock })
const services = { passwords: createArgon2Hasher(systemRandom) }
const ports = { clock: systemClock, random: systemRandom, log: silentLog, services, providers: [], mail: captureTransport }
const engine = await createEngine({ backend, storage, ...ports })
const request = { id: 'req_1', ifMatch: null, ifNoneMatch: null, rawBody: null, headers: {} }
const input = { title: 'A title', body: 'The body of a note, some forty letters.' }

const works: Readonly<Record<string, string>> = {
  'no hook': 'plainNotes.create',
  'one before': 'hookedNotes.create',
  'one before that reads': 'lookedNotes.create',
  'one after (owed, not carried out)': 'toldNotes.create',
  'an operation of its own, one insert': 'notes.make',
}

/** Microseconds of processor a write. */
async function turn(name: string): Promise<number> {
  const operation = engine.operations.find((one) => one.name === name)!
  const call = { input, actor: systemActor, idempotencyKey: null, request }
  const began = process.cpuUsage()
  for (let made = 0; made < writes; made += together) await Promise.all(Array.from({ length: together }, () => engine.run(operation, call)))
  const { user, system } = process.cpuUsage(began)
  return (user + system) / writes
}

const figures = new Map(Object.keys(works).map((what) => [what, [] as number[]]))
for (let round = 0; round <= rounds; round++)
  for (const [what, name] of Object.entries(works)) {
    const cost = await turn(name)
    // The first round warms up.
    if (round > 0) figures.get(what)!.push(cost)
  }
for (const [{ name }, words] of [
  [hooked, input.body.length],
  [looked, 0],
] as const)
  assert.equal((await storage.reader.find<AnyRecord>({ name }, { limit: 1 }))[0]!['words'], words, `the hook of ${name} did not run`)
for (const [what, costs] of figures) console.log(`${median(costs).toFixed(1).padStart(7)} us  ${what}`)
await engine.stop()
await storage.close()
