// Numbers that a project's own operation makes: what no number holds exactly is refused and not stored, by every way of writing.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anyone, collection, command, field, Type } from '../../src/index.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'

const max = Number.MAX_SAFE_INTEGER
const meters = collection('meters', {
  prefix: 'mtr',
  fields: { count: field.integer({ required: true }), price: field.money(), free: field.json() },
  access: { read: anyone, create: anyone },
})
const add = command({
  name: 'meters.add',
  route: 'POST /api/meters/:id/add',
  summary: 'Add to a meter',
  input: Type.Object({ id: Type.String(), how: Type.String(), by: Type.Number() }, { additionalProperties: false }),
  output: Type.Object({ count: Type.Integer() }),
  errors: ['not_found', 'conflict'],
  access: anyone,
  async run({ tx, input: { id, how, by }, newId }) {
    const meter = (await tx.get(meters, id))!
    if (how === 'set') return { output: await tx.update(meters, meter, { set: { count: meter.count + by } }) }
    if (how === 'money')
      return { output: await tx.update(meters, meter, { set: { price: { amount: meter.count + by, currency: 'EUR' } } }) }
    if (how === 'json') return { output: await tx.update(meters, meter, { set: { free: by } }) }
    if (how === 'insert') return { output: await tx.insert(meters, { id: newId('mtr'), count: meter.count + by, price: null, free: null }) }
    const after = await tx.adjust(meters, id, { add: { count: by } })
    return { output: after ?? { count: 0 } }
  },
})

let world: World
before(async () => {
  const collections = [...testConfig.collections!, meters] as never
  world = await openWorld({ config: { ...testConfig, collections, operations: [add] } })
})
after(() => world.close())

test('a sum beyond what is exact is refused with its field, and nothing is stored', async () => {
  const made = await world.call('owner', { method: 'POST', url: '/api/meters', body: { count: max } })
  const { id } = made.body
  const call = (how: string, by: number) => world.call('owner', { method: 'POST', url: `/api/meters/${id}/add`, body: { how, by } })
  for (const [how, by, path] of [
    ['set', 1, '/count'],
    ['insert', 1, '/count'],
    ['money', 1, '/price/amount'],
  ] as const) {
    const answer = await call(how, by)
    assert.deepEqual([answer.status, answer.body.code, answer.body.errors?.[0]?.path], [400, 'validation_failed', path], how)
  }
  assert.deepEqual([(await call('adjust', 1)).body, (await call('adjust', -1)).body], [{ count: 0 }, { count: max - 1 }])
  assert.equal((await call('json', 1.5)).status, 200)
  const { status, body } = await world.call('owner', { method: 'GET', url: '/api/meters' })
  assert.deepEqual([status, body.items.map(({ count }: { count: number }) => count)], [200, [max - 1]])
})
