// What code of a project leaves out when it makes a record: the caller is the one who asked, and where nobody did, it is told which
// field is missing.
import assert from 'node:assert/strict'
import { after as afterAll, before as beforeAll, test } from 'node:test'
import { anyone, before, collection, command, field, signedIn, staff, Type } from '../../src/index.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'

const access = { read: anyone, create: signedIn }
const tickets = collection('tickets', {
  fields: { owner: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }), text: field.text() },
  access,
})
const posts = collection('posts', { fields: { text: field.text() }, access: { ...access, create: anyone } })

const open = command({
  name: 'tickets.open',
  route: 'POST /api/tickets/open',
  summary: 'Open a ticket',
  input: Type.Object({ owner: Type.Optional(Type.String()) }, { additionalProperties: false }),
  output: Type.Object({ owner: Type.String() }),
  access: anyone,
  async run({ records, input }) {
    const { owner } = await records(tickets).create({ text: 'Open', ...(input.owner === undefined ? {} : { owner: input.owner }) })
    return { output: { owner } }
  },
})
const follow = before({
  name: 'posts.follow',
  on: posts,
  action: 'create',
  run: async ({ records }) => void (await records(tickets).create({ text: 'Follow' })),
})

let world: World
beforeAll(async () => {
  world = await openWorld({
    config: {
      ...testConfig,
      collections: [...testConfig.collections!, tickets, posts] as never,
      operations: [open],
      hooks: [follow],
    } as never,
  })
})
afterAll(() => world.close())

const ask = (as: As, body: object = {}) => world.call(as, { method: 'POST', url: '/api/tickets/open', body })

test('the caller of an operation and of a write that a hook follows', async () => {
  assert.deepEqual((await ask('owner')).body, { owner: world.ids['owner'] })
  assert.deepEqual((await ask('owner', { owner: world.ids['other'] })).body, { owner: world.ids['other'] })
  assert.deepEqual((await ask('guest', { owner: world.ids['other'] })).body, { owner: world.ids['other'] })
  assert.equal((await world.call('other', { method: 'POST', url: '/api/posts', body: { text: 'Hello' } })).status, 201)
  const { body } = await world.call('staff', { method: 'GET', url: '/api/tickets?filter[text]=Follow' })
  assert.equal(body.items[0].owner, world.ids['other'])
})

test('where nobody has called the field is named, and the request is not told to sign in', async () => {
  world.log.splice(0)
  assert.deepEqual(
    [(await ask('guest')).status, (await world.call('guest', { method: 'POST', url: '/api/posts', body: {} })).status],
    [500, 500],
  )
  const told = world.log.filter(({ level }) => level === 'error').map(({ fields }) => String(fields?.['error']))
  assert.equal(told.length, 2)
  for (const line of told) assert.match(line, /owner is missing, for nobody has called: give it/)
})
