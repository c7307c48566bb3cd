// proves P-006: each way by which a hidden value could once be learned, asked as it was found. The generator of
// hidden-data.test.ts looks for others of the kind.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { actorId, any, anyone, signedIn, staff, through, where } from '../../src/access/rule.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { checkProblem } from '../support/scenario.ts'

const ledByCaller = through('project', 'projects', where('lead').eq(actorId))
const projects = collection('projects', {
  prefix: 'proj',
  fields: { title: field.text(), lead: field.ref('users'), sponsor: field.ref('users', { read: staff }) },
  lists: { tasks: { from: 'tasks', by: 'project' }, audits: { from: 'audits', by: 'about' } },
  access: { read: anyone, create: staff, update: staff, delete: staff },
})
const tasks = collection('tasks', {
  prefix: 'task',
  fields: {
    project: field.ref('projects', { required: true }),
    code: field.text({ unique: true }),
    batch: field.text({ read: staff, default: 'first' }),
    /** No rule says who sets it. */
    pin: field.integer({ read: staff, max: 1_000_000_000 }),
    /** A letter box: everybody puts in, staff read. */
    /** As large as a body. */
    sealed: field.json({ read: staff }),
    tip: field.integer({ read: staff, write: signedIn, min: -5, max: 5 }),
  },
  unique: [['project', 'batch']],
  access: { read: anyone, create: any(staff, ledByCaller), update: any(staff, ledByCaller), delete: staff },
})
const audits = collection('audits', {
  prefix: 'aud',
  fields: { about: field.ref('projects', { read: staff }), result: field.text(), isOpen: field.boolean({ default: true }) },
  access: { read: any(staff, where('isOpen').eq(true)), create: staff },
})
const config = { ...testConfig, collections: [...testConfig.collections!, projects, tasks, audits] as never }

let world: World
const ids: Record<string, string> = {}
beforeEach(async () => {
  world = await openWorld({ config })
  const { owner, other } = world.ids
  const make = async (url: string, body: object) => (await ask('staff', 'POST', url, body)).body.id as string
  ids['own'] = await make('/api/projects', { title: 'Own', lead: owner, sponsor: other })
  ids['foreign'] = await make('/api/projects', { title: 'Foreign', lead: other, sponsor: owner })
  ids['audit'] = await make('/api/audits', { about: ids['own'], result: 'clean' })
  const task = await ask('owner', 'POST', '/api/tasks', { project: ids['own'], code: 'taken' })
  assert.equal(task.status, 201)
  ids['task'] = task.body.id
  await world.write(async (tx) => {
    await tx.update(tasks, (await tx.get(tasks, ids['task']!))!, { set: { pin: 4711, tip: 3 } })
  })
})
afterEach(() => world.close())

const ask = (as: As, method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  world.call(as, { method, url, headers, ...(body === undefined ? {} : { body }) })
const publicNote = () => `/api/notes/${world.ids['publicNote']}`

describe('validators', () => {
  test('a change of hidden fields alone moves nothing that others see', async () => {
    const before = await ask('owner', 'GET', publicNote())
    await world.clock.advance(5_000)
    const changed = await ask('staff', 'PATCH', publicNote(), { score: 8 })
    assert.equal(changed.body.score, 8)
    for (const as of ['guest', 'other', 'owner'] as const) {
      const after = await ask(as, 'GET', publicNote())
      assert.deepEqual([after.text, after.headers['etag']], [before.text, before.headers['etag']], as)
    }
    const etag = String(before.headers['etag'])
    assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: 1 }, { 'if-match': etag })).status, 200)
    assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: 2 }, { 'if-match': etag })).status, 412)
  })

  test('staff are told of it, and nobody is told how often', async () => {
    const before = await ask('staff', 'GET', publicNote())
    await world.clock.advance(5_000)
    await ask('staff', 'PATCH', publicNote(), { score: 8 })
    const after = await ask('staff', 'GET', publicNote())
    assert.notEqual(after.headers['etag'], before.headers['etag'])
    assert.notEqual(after.body.updatedAt, before.body.updatedAt)
    for (const as of ['guest', 'staff'] as const)
      for (const query of ['?sort=version', '?filter[version]=1', '?fields=version'])
        assert.equal((await ask(as, 'GET', `/api/notes${query}`)).body.errors[0].code, 'unknown_field')
    for (const query of ['?sort=updatedAt', '?filter[updatedAt][gte]=2026-01-01', '?fields=updatedAt']) {
      assert.equal((await ask('other', 'GET', `/api/notes${query}`)).body.errors[0].code, 'unknown_field')
      assert.equal((await ask('staff', 'GET', `/api/notes${query}`)).status, 200)
    }
  })

  test('what one caller has is not said to be good for another', async () => {
    const { headers } = await ask('staff', 'GET', publicNote())
    assert.equal((await ask('other', 'GET', publicNote(), undefined, { 'if-none-match': String(headers['etag']) })).status, 200)
    assert.equal((await ask('staff', 'GET', publicNote(), undefined, { 'if-none-match': String(headers['etag']) })).status, 304)
    for (const name of ['authorization', 'cookie', 'cart-token'])
      assert.ok(String(headers['vary']).toLowerCase().split(', ').includes(name), String(headers['vary']))
    assert.equal(headers['cache-control'], 'private, no-cache')
    assert.equal((await ask('owner', 'POST', '/api/carts', {})).headers['cache-control'], 'no-store')
  })

  test('If-Match takes the tag of any selection of fields', async () => {
    for (const query of ['?fields=title', '?expand=parent', '']) {
      const etag = String((await ask('owner', 'GET', `${publicNote()}${query}`)).headers['etag'])
      assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: query.length }, { 'if-match': etag })).status, 200, query)
      assert.equal((await ask('owner', 'PATCH', publicNote(), { rank: 99 }, { 'if-match': etag })).status, 412, query)
    }
  })
})

/** Everything of an answer but its own id. */
const plain = ({ status, text }: { status: number; text: string }) => `${status} ${text.replace(/"requestId":"[^"]*"/, '')}`

describe('writes', () => {
  test('a field that one may not see is not set, not counted up, and not told from one that does not exist', async () => {
    for (const value of [1, 1_000_000_000, 'x', null, { $increment: 999_995_290 }, { $increment: 1 }, { $increment: -1 }])
      for (const as of ['owner', 'other', 'guest'] as const)
        for (const [method, url, more] of [
          ['PATCH', `/api/tasks/${ids['task']}`, {}],
          ['POST', '/api/tasks', { project: ids['own'] }],
        ] as const) {
          const hidden = await ask(as, method, url, { ...more, pin: value })
          const unknown = await ask(as, method, url, { ...more, nip: value })
          assert.equal(hidden.status, 400)
          assert.equal(plain(hidden), plain(unknown).replaceAll('nip', 'pin'))
        }
    assert.equal((await ask('staff', 'PATCH', `/api/tasks/${ids['task']}`, { pin: { $increment: 1 } })).body.pin, 4712)
  })

  test('a field that one may set without seeing it is replaced, never added to', async () => {
    const url = `/api/tasks/${ids['task']}`
    const outside = await ask('owner', 'PATCH', url, { tip: { $increment: 3 } })
    const inside = await ask('owner', 'PATCH', url, { tip: { $increment: 1 } })
    assert.equal(outside.status, 400)
    assert.equal(plain(inside), plain(outside))
    const set = await ask('owner', 'PATCH', url, { tip: 5 })
    assert.deepEqual([set.status, 'tip' in set.body], [200, false])
    assert.equal((await ask('staff', 'GET', url)).body.tip, 5)
  })

  test('who may not create or change is told so, whatever is taken', async () => {
    const codes = ['taken', 'free']
    const answers = async (make: (code: string) => Promise<{ status: number; text: string }>) =>
      (await Promise.all(codes.map(make))).map(plain)
    for (const as of ['guest', 'owner'] as const) {
      const [taken, free] = await answers((code) => ask(as, 'POST', '/api/tasks', { project: ids['foreign'], code }))
      assert.match(taken!, as === 'guest' ? /^401/ : /^403/)
      assert.equal(taken, free)
    }
    const second = await ask('other', 'POST', '/api/tasks', { project: ids['foreign'], code: 'second' })
    assert.equal(second.status, 201)
    const [taken, free] = await answers((code) => ask('owner', 'PATCH', `/api/tasks/${second.body.id}`, { code }))
    assert.match(taken!, /^403/)
    assert.equal(taken, free)
    const own = `/api/tasks/${ids['task']}`
    const [away, off] = [
      await ask('owner', 'PATCH', own, { project: ids['foreign'], code: 'second' }),
      await ask('owner', 'PATCH', own, { project: ids['foreign'], code: 'third' }),
    ]
    assert.equal(away.status, 403)
    assert.equal(plain(away), plain(off))
    assert.equal((await ask('other', 'POST', '/api/tasks', { project: ids['foreign'], code: 'taken' })).status, 409)
  })

  test('a taken value is named by the fields one may see', async () => {
    const again = { project: ids['own'], code: 'another' }
    const answer = await ask('owner', 'POST', '/api/tasks', again)
    assert.equal(answer.body.code, 'already_exists')
    assert.deepEqual(answer.body.errors, [{ path: '/project', code: 'already_exists', message: 'is taken' }])
    assert.doesNotMatch(answer.text, /batch/)
    checkProblem(answer)
  })

  test('what still refers to a record is named to who may see it', async () => {
    const refused = async (as: As) => (await ask(as, 'DELETE', `/api/notes/${world.ids['publicNote']}`)).body.detail as string
    const child = await ask('staff', 'POST', '/api/notes', { title: 'Child', parent: world.ids['publicNote'], owner: world.ids['other'] })
    assert.equal(await refused('owner'), 'Other records still refer to this one.')
    assert.equal(await refused('staff'), 'Records of notes still refer to it by parent.')
    await ask('other', 'PATCH', `/api/notes/${child.body.id}`, { isPublic: true })
    assert.equal(await refused('owner'), 'Records of notes still refer to it by parent.')
  })
})

describe('reads', () => {
  test('a page is as long as what is seen of its records', async () => {
    const sealed = { text: 'x'.repeat(1_000_000) }
    const codes = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const code of codes) {
      const made = await ask('staff', 'POST', '/api/tasks', { project: ids['own'], code, batch: code, sealed })
      assert.equal(made.status, 201)
    }
    const { body } = await ask('other', 'GET', '/api/tasks')
    assert.deepEqual([body.items.length, body.next], [1 + codes.length, null])
    assert.ok((await ask('staff', 'GET', '/api/tasks')).body.items.length < codes.length)
  })

  test('a list made by a reference that one may not see is none', async () => {
    const asked = (as: As, query: string) => ask(as, 'GET', `/api/projects?${query}`)
    for (const query of ['expand=audits', 'filter[audits.result]=clean', 'expand=sponsor', 'filter[sponsor.name]=other'])
      for (const as of ['guest', 'owner'] as const)
        assert.equal(
          plain(await asked(as, query)),
          plain(await asked(as, query.replace(/audits|sponsor/, 'nothing'))).replaceAll('nothing', /audits|sponsor/.exec(query)![0]),
        )
    assert.equal((await asked('staff', 'filter[audits.result]=clean')).body.items.length, 1)
    assert.equal((await asked('staff', 'expand=audits&sort=title')).body.items[1].audits.length, 1)
  })
})
