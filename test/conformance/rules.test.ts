// Random access rules on random records, read by the database of this run, in memory, and by a plain reading of the
// rule that knows three truth values: all find the same records, for a guest, for accounts and under `not`.
// RULES_SEED=n repeats a run; a failure prints the seed it had.
// proves P-014
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Actor, guestActor } from '../../src/access/actor.ts'
import { actorId, all, any, anyone, exists, nobody, not, type Rule, ruleFilter, signedIn, through, where } from '../../src/access/rule.ts'
import { systemClock } from '../../src/base/clock.ts'
import { matches } from '../../src/contract/filter.ts'
import { type AnyRecord, type Collection, collection } from '../../src/schema/collection.ts'
import { compileRule, ruleFieldsOf } from '../../src/schema/compile-rule.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel, valueAtPath } from '../../src/schema/model.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type { StorageAdapter } from '../../src/storage/storage.ts'
import { testDatabase } from '../support/databases.ts'

const people = collection('users', { prefix: 'usr', fields: { name: field.text({ required: true }) } })
const folders = collection('folders', { prefix: 'fold', fields: { state: field.enum(['open', 'shut']), lead: field.ref('users') } })
const papers = collection('papers', {
  prefix: 'pap',
  fields: {
    owner: field.ref('users'),
    state: field.enum(['open', 'shut']),
    rank: field.integer(),
    due: field.dateTime(),
    isPublic: field.boolean(),
    price: field.money(),
    members: field.refs('users', { default: null }),
    folder: field.ref('folders'),
    shelves: field.refs('folders', { default: null }),
  },
})
const memberships = collection('memberships', {
  prefix: 'mem',
  fields: { paper: field.ref('papers'), user: field.ref('users'), until: field.dateTime() },
})
const sources = [people, folders, papers, memberships] as unknown as readonly Collection[]
const model = compileModel(sources)

const userIds = ['usr_1', 'usr_2', 'usr_3']
const folderIds = ['fold_1', 'fold_2']
const paperIds = ['pap_1', 'pap_2', 'pap_3', 'pap_4']
const times = ['2020-01-01T00:00:00Z', '2026-11-24T12:00:00Z']
const some = <T>(...values: readonly T[]) => fc.option(fc.constantFrom(...values))
const dues = times.map((time) => Date.parse(time))
const states = ['open', 'shut']

// One reference in six leads nowhere: a record may be gone whose id is still in a feed's old line.
const someFolder = fc.constantFrom(...folderIds, 'fold_gone')
const someFolders = fc.uniqueArray(someFolder, { maxLength: 2 })
const world = fc.record({
  folders: fc.tuple(...folderIds.map(() => fc.record({ state: some(...states), lead: some(...userIds) }))),
  papers: fc.tuple(
    ...paperIds.map(() =>
      fc.record({
        owner: some(...userIds),
        state: some(...states),
        rank: some(-1, 0, 1),
        due: some(...dues),
        isPublic: fc.option(fc.boolean()),
        price: fc.option(fc.record({ amount: fc.constantFrom(0, 5), currency: fc.constantFrom('EUR', 'USD') })),
        members: fc.option(fc.uniqueArray(fc.constantFrom(...userIds), { maxLength: 2 })),
        folder: fc.option(someFolder),
        shelves: fc.option(someFolders),
      }),
    ),
  ),
  memberships: fc.array(fc.record({ paper: some(...paperIds), user: some(...userIds), until: some(...dues) }), { maxLength: 4 }),
})
type World = { readonly [name: string]: readonly AnyRecord[] }

const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const
const same = ['eq', 'ne'] as const
const compared = (path: string, ops: readonly (typeof operators)[number][], values: readonly (string | number | boolean)[]) =>
  fc.tuple(fc.constantFrom(...ops), fc.constantFrom(...values)).map(([op, value]) => where(path)[op](value))
const byCaller = (path: string) => fc.constantFrom(...same).map((op) => where(path)[op](actorId))
const constants = fc.constantFrom(anyone, nobody, signedIn)

/** `leaves` and, over them, `all`, `any` and `not`. */
const ruleOver = (leaves: fc.Arbitrary<Rule>): fc.Arbitrary<Rule> =>
  fc.letrec<{ rule: Rule }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaves,
      fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((of) => all(...of)),
      fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((of) => any(...of)),
      tie('rule').map(not),
      tie('rule').map(not),
    ),
  })).rule

const folderRule = ruleOver(
  fc.oneof(
    constants,
    compared('state', same, states),
    byCaller('lead'),
    compared('id', same, folderIds),
    fc.constant(where('lead').isNull()),
  ),
)
const membershipRule = ruleOver(fc.oneof(byCaller('user'), compared('until', operators, times), constants))
const paperRule = ruleOver(
  fc.oneof(
    constants,
    byCaller('owner'),
    compared('state', same, states),
    compared('rank', operators, [-1, 0, 1]),
    compared('due', operators, times),
    compared('isPublic', same, [true, false]),
    compared('price', operators, [0, 5]),
    compared('price.currency', same, ['EUR']),
    fc.constantFrom('owner', 'rank', 'price', 'members', 'folder').map((path) => where(path).isNull()),
    fc.constantFrom(actorId, ...userIds).map((value) => where('members').contains(value)),
    folderRule.map((of) => through('folder', 'folders', of)),
    folderRule.map((of) => through('shelves', 'folders', of)),
    membershipRule.map((of) => exists('memberships', 'paper', of)),
  ),
)

type Truth = boolean | null
const noneIs = (truths: readonly Truth[], stop: boolean): Truth => (truths.includes(stop) ? stop : truths.includes(null) ? null : !stop)

/** The rule as its documentation reads, record by record. */
function truthOf(rule: Rule, record: AnyRecord, actor: Actor, all: World): Truth {
  const given = (value: unknown) => (typeof value === 'object' && value !== null ? actor.id : value)
  switch (rule.rule) {
    case 'anyone':
      return true
    case 'nobody':
      return false
    case 'signedIn':
      return actor.kind !== 'guest'
    case 'all':
    case 'any':
      return noneIs(
        rule.of.map((part) => truthOf(part, record, actor, all)),
        rule.rule === 'any',
      )
    case 'not': {
      const truth = truthOf(rule.of, record, actor, all)
      return truth === null ? null : !truth
    }
    case 'null':
      return (valueAtPath(record, rule.path) === null) === rule.value
    case 'contains': {
      const value = given(rule.value)
      return value === null ? null : ((record[rule.path] ?? []) as unknown[]).includes(value)
    }
    case 'compare': {
      const [value, to] = [valueAtPath(record, rule.path), given(rule.value)] as (string | number)[]
      if (value === null || to === null) return null
      const difference = value === to ? 0 : value! < to! ? -1 : 1
      const signs = { eq: [0], ne: [-1, 1], lt: [-1], lte: [-1, 0], gt: [1], gte: [0, 1] }
      return signs[rule.op].includes(difference)
    }
    case 'through': {
      const ids = [record[rule.path] ?? []].flat()
      const targets = all[rule.collection]!.filter(({ id }) => ids.includes(id))
      return noneIs(
        targets.map((target) => truthOf(rule.of, target, actor, all)),
        true,
      )
    }
    case 'exists': {
      const others = all[rule.collection]!.filter((other) => other[rule.by] === record.id)
      return noneIs(
        others.map((other) => truthOf(rule.of, other, actor, all)),
        true,
      )
    }
    default:
      throw new Error(`no ${rule.rule} is made here`)
  }
}

const guest = guestActor('127.0.0.1')
const actors: readonly Actor[] = [guest, ...['usr_1', 'usr_2'].map((id) => ({ ...guest, kind: 'user' as const, id }))]
const collections = new Map(sources.map((source) => [source.name, ruleFieldsOf(source)]))
const fail = (path: string, message: string) => assert.fail(`${path}: ${message}`)
const compiled = (rule: Rule) => compileRule(rule, { collections, collection: 'papers', path: 'rule', add: fail })

const database = testDatabase()
let storage: StorageAdapter
before(async () => {
  storage = database.isServer ? await database.open(model) : openSqlite({ path: ':memory:', model, clock: systemClock })
})
after(() => storage.close())

test('a rule finds the same records in the database, in memory and read plainly', async () => {
  const seed = process.env['RULES_SEED']
  await fc.assert(
    fc.asyncProperty(world, fc.array(paperRule, { minLength: 1, maxLength: 12 }), async (made, rules) => {
      const all = await store(made as never)
      for (const rule of rules.map(compiled))
        for (const actor of actors) {
          const filter = ruleFilter(rule, actor)
          const expected = all['papers']!.filter((record) => truthOf(rule, record, actor, all) === true).map(({ id }) => id)
          const found = await storage.reader.find<AnyRecord>(papers as never, { where: filter, limit: 10 })
          const about = `${JSON.stringify(rule)} for ${actor.id ?? 'a guest'}`
          assert.deepEqual(found.map(({ id }) => id).toSorted(), expected, about)
          for (const record of all['papers']!) {
            const answer = matches(filter, record)
            if (answer !== 'ask') assert.equal(answer, expected.includes(record.id), `${about} in memory`)
          }
        }
    }),
    { numRuns: Number(process.env['RULES_RUNS'] ?? 60), ...(seed ? { seed: Number(seed) } : {}) },
  )
})

/** Everything there is, and nothing else. */
async function store(made: { readonly [name: string]: readonly object[] }): Promise<World> {
  const head = { version: 1, createdAt: 1, updatedAt: 1 }
  const all: Record<string, AnyRecord[]> = {
    users: userIds.map((id) => ({ id, ...head, name: id })),
    folders: made['folders']!.map((fields, index) => ({ id: folderIds[index]!, ...head, ...fields })),
    papers: made['papers']!.map((fields, index) => ({ id: paperIds[index]!, ...head, ...fields })),
    memberships: made['memberships']!.map((fields, index) => ({ id: `mem_${index}`, ...head, ...fields })),
  }
  await storage.transaction(async (tx) => {
    for (const { name } of sources) {
      await tx.remove({ name }, { op: 'true' })
      if (all[name]!.length > 0) await tx.insert({ name }, all[name]!)
    }
  })
  return all
}
