// What a deletion does to records that refer to what is gone: refused, deleted with it, or set free, and nothing else ever.
import assert from 'node:assert/strict'
import { after, before as beforeAll, test } from 'node:test'
import { actorId, any, anyone, staff, where } from '../../src/access/rule.ts'
import { limits } from '../../src/base/limits.ts'
import { defineErrors } from '../../src/base/project-error.ts'
import { before } from '../../src/extend/hook.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'

const access = { read: staff, create: staff, update: staff, delete: staff }
const teams = collection('teams', {
  fields: { name: field.text() },
  access: { ...access, read: anyone, delete: any(staff, where('name').eq('free')) },
})
const members = collection('members', {
  fields: {
    team: field.ref('teams', { required: true, onDelete: 'cascade' }),
    boss: field.ref('members', { onDelete: 'cascade' }),
    name: field.text(),
    owner: field.ref('users'),
  },
  access: { ...access, read: any(staff, where('owner').eq(actorId)) },
})
const badges = collection('badges', { fields: { member: field.ref('members', { required: true }) }, access })
const plans = collection('plans', {
  fields: { team: field.ref('teams', { onDelete: 'setNull' }), guests: field.refs('members', { onDelete: 'setNull' }), text: field.text() },
  access,
})

const told: string[] = []
const tell = before({
  name: 'members.tell',
  on: members,
  action: ['update', 'delete'],
  run({ before: { name }, action }) {
    if (name === 'Keeper') throw errors.kept()
    told.push(`${action} ${name}`)
  },
})
/** A plan that is nothing without its team. */
const endWithTeam = before({
  name: 'plans.end',
  on: plans,
  action: 'update',
  async run({ record, records }) {
    if (record.text === 'ends' && record.team === null) await records(plans).delete(record.id)
  },
})
const errors = defineErrors({ kept: { status: 409, message: 'They stay.' } })

let world: World
beforeAll(async () => {
  world = await openWorld({
    config: {
      ...testConfig,
      collections: [...testConfig.collections!, teams, members, badges, plans] as never,
      hooks: [tell, endWithTeam],
    },
  })
})
after(() => world.close())

async function make(name: string, body: object): Promise<string> {
  const { status, body: record, text } = await world.call('staff', { method: 'POST', url: `/api/${name}`, body })
  assert.equal(status, 201, text)
  return record.id
}
const read = async (name: string, id: string) => await world.call('staff', { method: 'GET', url: `/api/${name}/${id}` })
const remove = async (name: string, id: string, as: As = 'staff') => await world.call(as, { method: 'DELETE', url: `/api/${name}/${id}` })
async function isThere(name: string, id: string): Promise<boolean> {
  return (await read(name, id)).status === 200
}

test('what goes with it goes, however deep; what loses it keeps the rest; one line of the feed tells all', async () => {
  const team = await make('teams', { name: 'A' })
  const other = await make('members', { team: await make('teams', { name: 'B' }) })
  const boss = await make('members', { team })
  // Of another team: it goes with its boss.
  const clerk = await make('members', { team: await make('teams', { name: 'C' }), boss })
  const plan = await make('plans', { team, guests: [boss, other, clerk], text: 'x' })
  const version = (await read('plans', plan)).headers['etag']
  const position = await world.newest()
  assert.equal((await remove('teams', team)).status, 204)
  assert.deepEqual([await isThere('members', boss), await isThere('members', clerk), await isThere('members', other)], [false, false, true])
  const { body, headers } = await read('plans', plan)
  assert.deepEqual([body.team, body.guests, body.text], [null, [other], 'x'])
  assert.notEqual(headers['etag'], version)
  assert.equal(await world.newest(), position + 1)
})

test('one that still refers keeps all of it', async () => {
  const team = await make('teams', { name: 'D' })
  const member = await make('members', { team })
  const badge = await make('badges', { member })
  const { status, body } = await remove('teams', team)
  assert.deepEqual([status, body.code], [409, 'still_referenced'])
  assert.match(body.detail, /badges still refer to it by member/)
  assert.ok(await isThere('members', member))
  assert.equal((await remove('badges', badge)).status, 204)
  assert.equal((await remove('teams', team)).status, 204)
})

test('a circle ends', async () => {
  const team = await make('teams', { name: 'E' })
  const first = await make('members', { team })
  const second = await make('members', { team, boss: first })
  assert.equal((await world.call('staff', { method: 'PATCH', url: `/api/members/${first}`, body: { boss: second } })).status, 200)
  assert.equal((await remove('members', first)).status, 204)
  assert.deepEqual([await isThere('members', second), await isThere('teams', team)], [false, true])
})

test('more than one transaction should hold are refused, and all stay', async () => {
  const team = await make('teams', { name: 'F' })
  const rows = Array.from({ length: limits.cascadeRecordsMax + 1 }, (_, index) => ({
    id: `member_${String(index).padStart(26, '0')}`,
    team,
    boss: null,
    name: null,
    owner: null,
  }))
  await world.write(async (tx) => void (await tx.insertMany(members, rows)))
  const { status, body } = await remove('teams', team)
  assert.deepEqual([status, body.code], [409, 'cascade_too_large'])
  const count = async () =>
    (await world.call('staff', { method: 'GET', url: `/api/members?filter[team]=${team}&count=true&limit=1` })).body.count
  assert.equal(await count(), rows.length)
  assert.equal((await remove('members', rows[0]!.id)).status, 204)
  assert.equal((await remove('teams', team)).status, 204)
  assert.equal(await count(), 0)
})

test('who may delete the one may delete with it what they do not see, as the model says', async () => {
  const team = await make('teams', { name: 'free' })
  const member = await make('members', { team })
  assert.equal((await world.call('owner', { method: 'GET', url: `/api/members/${member}` })).status, 404)
  assert.equal((await remove('teams', team, 'owner')).status, 204)
  assert.equal(await isThere('members', member), false)
})

test('what a hook deletes since it was set free is gone, and all else happens', async () => {
  const team = await make('teams', { name: 'free' })
  const [ends, stays] = [await make('plans', { team, text: 'ends' }), await make('plans', { team, text: 'stays' })]
  assert.equal((await remove('teams', team)).status, 204)
  assert.deepEqual([await isThere('plans', ends), await isThere('plans', stays), await isThere('teams', team)], [false, true, false])
})

test('hooks of what goes with it run, and may keep it all', async () => {
  const team = await make('teams', { name: 'G' })
  const member = await make('members', { team, name: 'Ann' })
  const keeper = await make('members', { team, name: 'Keeper' })
  told.length = 0
  const { status, body } = await remove('teams', team)
  assert.deepEqual([status, body.code], [409, 'kept'])
  assert.ok(await isThere('members', member))
  await world.write(async (tx) => void (await tx.update(members, (await tx.get(members, keeper))!, { set: { name: 'Bob' } })))
  told.length = 0
  assert.equal((await remove('teams', team)).status, 204)
  assert.deepEqual(told.toSorted(), ['delete Ann', 'delete Bob'])
})
