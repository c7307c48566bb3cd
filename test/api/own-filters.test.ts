// What code of a project asks the database for by mistake is told it, in the same words on every database, with file and line: what
// is undefined matches not everything, what is no value of a field is no failure of the database.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { and, anyone, collection, command, compare, eq, field, has, not, oneOf, or, query, Type } from '../../src/index.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

const things = collection('things', {
  fields: {
    n: field.integer(),
    text: field.text(),
    more: field.longText(),
    isDone: field.boolean(),
    due: field.dateTime(),
    price: field.money(),
    tags: field.texts(),
    any: field.json(),
    half: field.decimal({ scale: 2 }),
  },
  access: { read: anyone },
})

type Asking = Parameters<NonNullable<Parameters<typeof command>[0]['run']>>[0]
type Given = Pick<Asking, 'records'> & { readonly tx: Asking['tx'] }
const list = (asked: object) => (given: Given) => given.records(things).list(asked as never)
const inTx = (filter: unknown) => (given: Given) => given.tx.count(things, filter as never)
const none = undefined as never
const nul = 'a\0b'
const tooMany = Array.from({ length: limits.ownListMax + 1 }, (_, n) => n)
const deep = (levels: number) => {
  let filter = eq('n', 1)
  for (let level = 0; level < levels; level++) filter = { op: 'not', of: filter }
  return filter
}

/** Each with what is said of it. Those that a reader can make as well are asked by a query too. */
const mistakes: Readonly<Record<string, readonly [(given: Given) => Promise<unknown>, string]>> = {
  'nothing for a field': [list({ where: { n: none } }), 'records(things).list: where.n is undefined'],
  'nothing for a comparison': [list({ where: { n: { gt: none } } }), 'records(things).list: where.n.gt is undefined'],
  'nothing in a list': [list({ where: { n: { in: [1, none] } } }), 'records(things).list: where.n.in[1] is undefined'],
  'nothing as a list': [list({ where: { n: { nin: none } } }), 'records(things).list: where.n.nin is undefined'],
  'no comparison': [list({ where: { n: {} } }), 'records(things).list: where.n is an object, and must be a value, or comparisons'],
  'a list for a value': [list({ where: { n: [] } }), 'records(things).list: where.n is a list'],
  'a Date': [list({ where: { due: new Date(0) } }), 'records(things).list: where.due is an object'],
  'no where': [list({ where: none }), 'records(things).list: where is undefined'],
  'no filter': [list({ filter: none }), 'records(things).list: filter is undefined'],
  'no limit': [list({ limit: none }), 'records(things).list: limit is undefined'],
  'a limit that is none': [list({ limit: Number.NaN }), 'records(things).list: limit is NaN, and must be a whole number from 1'],
  'no sort': [list({ sort: none }), 'records(things).list: sort is undefined'],
  'nothing in sort': [list({ sort: ['n', none] }), 'records(things).list: sort is undefined, and must be a field'],
  'a sort by no field': [list({ sort: '-m' }), 'records(things).list: sort: things has no field "m"'],
  'another name': [list({ were: { n: 1 } }), 'records(things).list: there is no were; there are where, filter, sort, limit'],
  'a word for a number': [list({ where: { n: 'abc' } }), 'records(things).list: where.n is "abc", and must be a whole number'],
  'no number': [list({ where: { n: { lt: Number.NaN } } }), 'records(things).list: where.n.lt is NaN, and must be a whole number'],
  'no end': [list({ where: { n: Number.POSITIVE_INFINITY } }), 'records(things).list: where.n is Infinity'],
  'a part of a number': [list({ where: { n: 1.5 } }), 'records(things).list: where.n is 1.5'],
  'no time': [
    list({ where: { due: { gte: Number.NaN } } }),
    'records(things).list: where.due.gte is NaN, and must be a time in whole milli',
  ],
  'no decimal': [list({ where: { half: '1.50' } }), 'records(things).list: where.half is "1.50"'],
  'a word for yes': [list({ where: { isDone: 'yes' } }), 'records(things).list: where.isDone is "yes", and must be true or false'],
  'a number for a text': [list({ where: { text: 5 } }), 'records(things).list: where.text is 5, and must be a text'],
  'null in a comparison': [list({ where: { text: { ne: null } } }), 'records(things).list: where.text.ne is null, and must be a text'],
  'a null character': [list({ where: { text: nul } }), 'records(things).list: where.text holds a null character'],
  'a null character in a part': [
    list({ where: { text: { contains: nul } } }),
    'records(things).list: where.text.contains holds a null character',
  ],
  'a null character in a tag': [list({ where: { tags: { has: nul } } }), 'records(things).list: where.tags.has holds a null character'],
  'half of a pair': [list({ where: { text: '\ud800' } }), 'records(things).list: where.text holds a null character or half'],
  'a part of a number field': [list({ where: { n: { contains: '1' } } }), 'records(things).list: where.n.contains: contains needs a text'],
  'a long part': [
    list({ where: { text: { startsWith: 'x'.repeat(60_000) } } }),
    'where.text.startsWith: it looks for more than 200 characters',
  ],
  'JSON for its value': [list({ where: { any: 'x' } }), 'records(things).list: where.any: any cannot be compared so'],
  'no field': [list({ where: { m: 1 } }), 'records(things).list: where.m: things has no field "m"'],
  'more values than a statement has': [
    list({ where: { n: { in: tooMany } } }),
    `where.n.in: it lists more than ${limits.ownListMax} values`,
  ],
  'nothing in a filter': [list({ filter: eq('n', none) }), 'records(things).list: filter, n is undefined'],
  'nothing in a part of it': [list({ filter: or(eq('n', 1), eq('n', none)) }), 'records(things).list: filter.of[1], n is undefined'],
  'nothing in what it is not': [list({ filter: not(oneOf('n', [none])) }), 'records(things).list: filter.of, n[0] is undefined'],
  'no part of and': [async () => list({ filter: and(none) }), 'and(…): part 1 is undefined, and must be a filter'],
  'no part of or': [async () => list({ filter: or(eq('n', 1), none) }), 'or(…): part 2 is undefined, and must be a filter'],
  'a rule of nothing': [list({ filter: not(none) }), 'records(things).list: filter is an object, and must be a filter'],
  'very many conditions': [
    list({ filter: { op: 'or', of: Array.from({ length: 5_000 }, (_, n) => eq('n', n)) } }),
    `there are more than ${limits.ownConditionsMax} conditions`,
  ],
  'a deep filter': [list({ filter: deep(5_000) }), `it nests deeper than ${limits.ownFilterDepthMax}`],
  'a count of nothing': [({ records }) => records(things).count({ where: { n: none } }), 'records(things).count: where.n is undefined'],
  'a first of nothing': [({ records }) => records(things).first({ where: { n: none } }), 'records(things).first: where.n is undefined'],
  'no id': [({ records }) => records(things).get(none), 'records(things).get: the id must be a text, and is undefined'],
  'an odd id': [({ records }) => records(things).get(nul), 'records(things).get: the id holds a null character'],
  'a transaction, of nothing': [inTx(eq('n', none)), 'a filter of things, n is undefined'],
  'a transaction, of no number': [inTx(compare('n', 'gt', Number.NaN)), 'a filter of things, n is NaN, and must be a whole number'],
  'a transaction, of a null character': [inTx(and(has('tags', nul), eq('n', 1))), 'a filter of things.of[0], tags holds a null character'],
  'a transaction, of an odd id': [({ tx }) => tx.get(things, nul), 'get(things): the id holds a null character'],
  'a transaction, of no where': [({ tx }) => tx.find(things, { where: none, limit: 5 }), 'a filter of things is undefined'],
}
const writes: Readonly<Record<string, readonly [(given: Asking) => Promise<unknown>, string]>> = {
  'a lock of an odd id': [({ records }) => records(things).lock(nul), 'records(things).lock: the id holds a null character'],
  'a deletion of nothing': [
    ({ records }) => records(things).delete(none),
    'records(things).delete: the id must be a text, and is undefined',
  ],
  'an update of an odd id': [({ records }) => records(things).update(nul, {}), 'records(things).update: the id holds a null character'],
  'a long text with a null character': [
    ({ records }) => records(things).create({ more: nul }),
    'records(things).create: more holds a null',
  ],
  'JSON with a null character': [
    ({ records }) => records(things).create({ any: { a: [nul] } }),
    'records(things).create: any/a/0 holds a null character',
  ],
  'a touch by no filter': [({ tx }) => tx.touchAll(things, none, { set: { n: 1 } }), 'a filter of things is undefined'],
  'a change guarded by nothing': [
    ({ tx }) => tx.touch(things, 'thing_1', { set: { n: 1 } }, eq('n', none)),
    'a filter of things, n is undefined',
  ],
}

const spec = { input: Type.Object({ how: Type.String() }), output: Type.Object({}), access: anyone }
const write = command({
  ...spec,
  name: 'things.write',
  route: 'POST /api/ask-things',
  summary: 'Ask',
  async run(context) {
    await context.records(things).create({ n: 2 })
    await { ...mistakes, ...writes }[context.input.how]![0](context as never)
    return { output: {} }
  },
})
const look = query({
  ...spec,
  name: 'things.look',
  route: 'GET /api/ask-things',
  summary: 'Ask',
  async run({ input, records, read }) {
    await mistakes[input.how]![0]({ records, tx: read } as never)
    return { output: {} }
  },
})
const fine = query({
  name: 'things.fine',
  route: 'GET /api/fine-things',
  summary: 'Ask',
  input: Type.Object({}),
  output: Type.Object({ found: Type.Array(Type.Integer()) }),
  access: anyone,
  async run({ records, read }) {
    const asked = records(things)
    const values = tooMany.slice(1)
    const found = [
      await asked.count({ where: { n: { in: values } } }),
      await asked.count({ where: { n: { nin: [] }, price: null, text: null } }),
      await asked.count({ filter: { op: 'or', of: Array.from({ length: limits.ownConditionsMax - 1 }, (_, n) => eq('n', n)) } }),
      await asked.count({ filter: deep(limits.ownFilterDepthMax) }),
      await asked.count({ where: { n: { gte: 1, lt: 9 }, due: { null: true } }, filter: and() }),
      await read.count(things, not(oneOf('n', values))),
      (await asked.list({ sort: ['-price', 'n'], limit: 5 })).length,
    ]
    return { output: { found } }
  },
})

let world: World
before(async () => {
  const collections = [...testConfig.collections!, things] as never
  world = await openWorld({ config: { ...testConfig, collections, operations: [write, look, fine] } })
  const empty = { text: null, more: null, isDone: null, due: null, price: null, any: null, half: null }
  await world.write((tx) => tx.insert(things, { ...empty, id: 'thing_1', n: 1, tags: [] }))
})
after(() => world.close())

const failed = () => String(world.log.splice(0).find(({ level }) => level === 'error')?.fields?.['error'])

for (const [how, [, says]] of Object.entries({ ...mistakes, ...writes }))
  test(`code of a project that asks for ${how} is told it, with its file and line, and nothing is stored`, async () => {
    const position = await world.newest()
    for (const method of ['GET', 'POST'] as const) {
      if (method === 'GET' && !(how in mistakes)) continue
      world.log.splice(0)
      const url = `/api/ask-things${method === 'GET' ? `?how=${encodeURIComponent(how)}` : ''}`
      checkRefusal(await world.call('guest', { method, url, ...(method === 'POST' && { body: { how } }) }), 500, 'internal')
      const told = failed()
      assert.ok(told.includes(says), told)
      assert.match(told, /The operation things\.(look|write) \(.*own-filters\.test\.ts:\d+:\d+\) failed: /)
    }
    assert.deepEqual(await world.commitsAfter(position), [])
  })

test('what may be asked for is answered, up to the bounds', async () => {
  const { status, body, text } = await world.call('guest', { method: 'GET', url: '/api/fine-things' })
  assert.equal(status, 200, text + failed())
  assert.deepEqual(body.found, [1, 1, 1, 1, 1, 0, 1])
})
