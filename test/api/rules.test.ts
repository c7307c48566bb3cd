// Rules by HTTP: times and money mean what they say, membership of both kinds, and what `not` leaves a guest.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  actorId,
  all,
  any,
  anyone,
  becomes,
  changed,
  exists,
  not,
  type Rule,
  signedIn,
  staff,
  through,
  was,
  where,
} from '../../src/access/rule.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, everybody, openWorld, testConfig, type World } from '../support/api-harness.ts'

const fields = { title: field.text({ required: true }), members: field.refs('users'), barred: field.refs('users') }
const open = { create: staff, update: staff, delete: staff }
const named = (name: string, read: Rule, more = {}) =>
  collection(name, { prefix: name.slice(0, 6), fields: { ...fields, ...more }, access: { read, ...open } })

const member = where('members').contains(actorId)
const collections = [
  named('aged', where('due').lte('2020-12-31'), { due: field.dateTime({ required: true }) }),
  named('cheap', where('price').lt(1000), { price: field.money() }),
  named('rooms', any(staff, member)),
  named('visits', any(staff, not(where('barred').contains(actorId)))),
  named('foreign', any(staff, where('owner').ne(actorId)), { owner: field.ref('users') }),
  {
    ...named('clubs', any(staff, exists('memberships', 'club', where('user').eq(actorId)))),
    lists: { memberships: { from: 'memberships', by: 'club' } },
  },
  named('lonely', any(staff, not(exists('stays', 'place', where('user').eq(actorId))))),
  named('shelved', any(staff, through('rooms', 'rooms', member)), { rooms: field.refs('rooms') }),
  collection('memberships', {
    prefix: 'member',
    fields: { club: field.ref('clubs', { required: true }), user: field.ref('users') },
    access: { read: staff, ...open },
  }),
  collection('stays', {
    prefix: 'stay',
    fields: { place: field.ref('lonely', { required: true }), user: field.ref('users') },
    access: { read: staff, ...open },
  }),
  collection('posts', {
    prefix: 'post',
    fields: { title: field.text({ required: true }), club: field.ref('clubs', { required: true }) },
    access: {
      read: anyone,
      create: all(signedIn, through('club', 'clubs', exists('memberships', 'club', where('user').eq(actorId)))),
    },
  }),
]

const submits = all(was('status').eq('draft'), becomes('status').eq('submitted'))
const reports = collection('reports', {
  prefix: 'report',
  fields: {
    title: field.text({ required: true, unique: true }),
    owner: field.ref('users', { required: true }),
    club: field.ref('clubs', { onDelete: 'setNull' }),
    readers: field.refs('users'),
    status: field.enum(['draft', 'submitted', 'approved'], { default: 'draft' }),
    hours: field.integer({ default: 0 }),
    scan: field.file(),
    pages: field.files(),
  },
  access: {
    read: signedIn,
    create: staff,
    // Its owner writes while it is a draft and submits it; it stays theirs, in its club, and nobody is taken from its readers.
    update: any(
      staff,
      all(
        where('owner').eq(actorId),
        not(changed('club', 'scan', 'pages')),
        any(submits, not(changed('status'))),
        was('status').eq('draft'),
        becomes('hours').lte(8),
      ),
    ),
  },
})
/** Of a write the new record shows nothing: whether it may be is a matter of the old one alone. */
const seats = collection('seats', {
  prefix: 'seat',
  fields: { title: field.text({ required: true }), holder: field.ref('users') },
  access: {
    read: anyone,
    create: staff,
    update: any(all(was('holder').isNull(), becomes('holder').eq(actorId)), was('holder').eq(actorId)),
  },
})

/** What lets the record of before be changed must hold for this change, and not only for one that might come. */
const bills = collection('bills', {
  prefix: 'bill',
  fields: { title: field.text({ required: true }), owner: field.ref('users'), status: field.enum(['open', 'sent'], { default: 'open' }) },
  access: {
    read: anyone,
    create: staff,
    update: any(all(where('owner').eq(actorId), becomes('status').eq('sent')), where('title').eq('public')),
  },
})

/** Two references to one collection, each looked through by itself. */
const letters = collection('letters', {
  prefix: 'letter',
  fields: {
    title: field.text({ required: true }),
    from: field.ref('rooms', { required: true }),
    to: field.ref('rooms', { required: true }),
  },
  access: {
    read: any(staff, all(through('from', 'rooms', where('title').eq('a')), through('to', 'rooms', where('title').eq('b')))),
    ...open,
  },
})

let world: World
before(async () => {
  world = await openWorld({
    config: { ...testConfig, collections: [...testConfig.collections!, ...collections, reports, seats, bills, letters] as never },
  })
})
after(() => world.close())

async function made(name: string, body: object): Promise<string> {
  const { status, text, body: record } = await world.call('staff', { method: 'POST', url: `/api/${name}`, body })
  assert.equal(status, 201, text)
  return record.id
}

/** Titles that each of the four is listed, and gets one by one. */
async function assertSeen(name: string, expected: Readonly<Record<As, readonly string[]>>): Promise<void> {
  const { body: whole } = await world.call('staff', { method: 'GET', url: `/api/${name}` })
  for (const as of everybody) {
    const { status, body } = await world.call(as, { method: 'GET', url: `/api/${name}?count=true&sort=title` })
    assert.equal(status, 200)
    assert.deepEqual(
      body.items.map(({ title }: { title: string }) => title),
      expected[as],
      `${name} as ${as}`,
    )
    assert.equal(body.count, expected[as].length)
    for (const { id, title } of whole.items) {
      const one = await world.call(as, { method: 'GET', url: `/api/${name}/${id}` })
      assert.equal(one.status, expected[as].includes(title) ? 200 : 404, `${name} ${title} as ${as}`)
    }
  }
}

test('a time in a rule is a time, and money is minor units', async () => {
  await made('aged', { title: 'old', due: '2020-05-05T00:00:00Z' })
  const hidden = await made('aged', { title: 'new', due: '2026-05-05T00:00:00Z' })
  const old = ['old']
  await assertSeen('aged', { guest: old, other: old, owner: old, staff: old })
  assert.equal((await world.call('staff', { method: 'GET', url: `/api/aged/${hidden}` })).status, 404)
  await made('cheap', { title: 'low', price: { amount: 999, currency: 'EUR' } })
  await made('cheap', { title: 'high', price: { amount: 1000, currency: 'EUR' } })
  await made('cheap', { title: 'none' })
  const low = ['low']
  await assertSeen('cheap', { guest: low, other: low, owner: low, staff: low })
})

test('a list of references makes members, and its negation excludes without letting a guest in', async () => {
  const { owner, other } = world.ids
  await made('rooms', { title: 'both', members: [owner, other] })
  await made('rooms', { title: 'empty' })
  await made('rooms', { title: 'owners', members: [owner] })
  const rooms = ['both', 'empty', 'owners']
  await assertSeen('rooms', { guest: [], other: ['both'], owner: ['both', 'owners'], staff: rooms })
  await made('visits', { title: 'all' })
  await made('visits', { title: 'not for owner', barred: [owner] })
  await assertSeen('visits', { guest: [], other: ['all', 'not for owner'], owner: ['all'], staff: ['all', 'not for owner'] })
  await made('foreign', { title: 'nobodys' })
  await made('foreign', { title: 'owners', owner })
  await assertSeen('foreign', { guest: [], other: ['owners'], owner: [], staff: ['nobodys', 'owners'] })
})

test('a collection of memberships makes members', async () => {
  const { owner, other } = world.ids
  const club = await made('clubs', { title: 'club' })
  await made('clubs', { title: 'other club' })
  const membership = await made('memberships', { club, user: owner })
  await assertSeen('clubs', { guest: [], other: [], owner: ['club'], staff: ['club', 'other club'] })
  const post = (as: As) => world.call(as, { method: 'POST', url: '/api/posts', body: { title: 'Hello', club } })
  assert.equal((await post('owner')).status, 201)
  assert.ok((await post('other')).status >= 400)
  assert.ok((await post('guest')).status >= 400)
  assert.equal((await world.call('staff', { method: 'DELETE', url: `/api/memberships/${membership}` })).status, 204)
  await assertSeen('clubs', { guest: [], other: [], owner: [], staff: ['club', 'other club'] })
  assert.ok((await post('owner')).status >= 400)

  const place = await made('lonely', { title: 'taken' })
  await made('lonely', { title: 'free' })
  await made('stays', { place, user: other })
  // Who stays there is not known to be somebody else than the guest who asks.
  await assertSeen('lonely', { guest: ['free'], other: ['free'], owner: ['free', 'taken'], staff: ['free', 'taken'] })
})

test('through a list of references one that fits is enough', async () => {
  const { owner } = world.ids
  const seen = await made('rooms', { title: 'a', members: [owner] })
  const unseen = await made('rooms', { title: 'b' })
  await made('shelved', { title: 'in both', rooms: [unseen, seen] })
  await made('shelved', { title: 'in none', rooms: [] })
  await made('shelved', { title: 'in the other', rooms: [unseen] })
  await assertSeen('shelved', { guest: [], other: [], owner: ['in both'], staff: ['in both', 'in none', 'in the other'] })
})

test('who is refused is told by which rule, and not what it is', async () => {
  const club = await made('clubs', { title: 'closed' })
  const body = { title: 'x', club }
  const detailOf = async (as: As, method: 'POST' | 'DELETE', url: string, given: object) => {
    const { body } = await world.call(as, { method, url, ...(method === 'POST' ? { body: given } : {}) })
    return [body.code, body.detail]
  }
  const may = 'You may not do this'
  assert.deepEqual(await detailOf('owner', 'POST', '/api/posts', body), ['forbidden', `${may}: the rule of posts.create says no.`])
  assert.deepEqual(await detailOf('guest', 'POST', '/api/posts', body), [
    'unauthenticated',
    'Sign in first: the rule of posts.create says no.',
  ])
  const id = await made('aged', { title: 'x', due: '2020-01-01T00:00:00Z' })
  assert.deepEqual(await detailOf('owner', 'DELETE', `/api/aged/${id}`, {}), ['forbidden', `${may}: the rule of aged.delete says no.`])
  const batch = { operations: [{ method: 'POST', path: '/api/posts', body }] }
  assert.deepEqual(await detailOf('owner', 'POST', '/api/batch', batch), ['forbidden', `${may}: the rule of posts.create says no.`])
  // Its address does not hold the name of an operation.
  assert.deepEqual(await detailOf('owner', 'POST', '/api/clubs/import', {}), ['forbidden', `${may}.`])
})

test('a rule of updates asks what was and what becomes, and no way of writing goes around it', async () => {
  const { owner, other } = world.ids
  const club = await made('clubs', { title: 'of reports' })
  const id = await made('reports', { title: 'first', owner, club })
  const patch = (body: object, as: As = 'owner') => world.call(as, { method: 'PATCH', url: `/api/reports/${id}`, body })
  const refused: readonly object[] = [
    { status: 'approved' },
    { owner: other },
    { club: null },
    { title: 'more', club: null },
    { hours: 9 },
    { hours: { $increment: 9 } },
    { status: 'submitted', hours: 9 },
  ]
  for (const body of refused) assert.equal((await patch(body)).status, 403, JSON.stringify(body))
  assert.equal((await patch({ title: 'mine' }, 'other')).status, 403)
  const operations = [
    { method: 'PATCH', path: `/api/reports/${id}`, body: { hours: { $increment: 5 } } },
    { method: 'PATCH', path: `/api/reports/${id}`, body: { hours: { $increment: 5 } } },
  ]
  assert.equal((await world.call('owner', { method: 'POST', url: '/api/batch', body: { operations } })).status, 403)
  for (const body of [{ hours: { $increment: 8 } }, { readers: { $push: owner } }, { status: 'draft' }, {}])
    assert.equal((await patch(body)).status, 200, JSON.stringify(body))
  // In a batch each step sees what the one before it made of the record.
  const again = [{ status: 'submitted' }, { title: 'too late' }].map((body) => ({ method: 'PATCH', path: `/api/reports/${id}`, body }))
  assert.equal((await world.call('owner', { method: 'POST', url: '/api/batch', body: { operations: again } })).status, 403)
  assert.equal((await patch({ status: 'submitted' })).status, 200)
  for (const body of [{ status: 'submitted' }, { status: 'draft' }, { hours: { $increment: -1 } }, { readers: { $pull: owner } }, {}])
    assert.equal((await patch(body)).status, 403, JSON.stringify(body))
  assert.equal((await patch({ status: 'approved' }, 'staff')).status, 200)
  // What a deletion does to what refers to it is said by the field, not by who may change the record.
  assert.equal((await world.call('staff', { method: 'DELETE', url: `/api/clubs/${club}` })).status, 204)
  assert.equal((await world.call('owner', { method: 'GET', url: `/api/reports/${id}` })).body.club, null)

  const bill = await made('bills', { title: 'mine', owner })
  const change = async (body: object) => (await world.call('owner', { method: 'PATCH', url: `/api/bills/${bill}`, body })).status
  assert.deepEqual([await change({ title: 'public' }), await change({ status: 'sent' })], [403, 200])

  const seat = await made('seats', { title: 'window' })
  const hold = (holder: string | null, as: As) => world.call(as, { method: 'PATCH', url: `/api/seats/${seat}`, body: { holder } })
  assert.deepEqual([(await hold(owner!, 'guest')).status, (await hold(owner!, 'other')).status], [401, 403])
  // Of two who ask at once, one has it.
  const both = await Promise.all([hold(owner!, 'owner'), hold(other!, 'other')])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 403])
  const winner = both[0].status === 200 ? 'owner' : 'other'
  assert.equal((await hold(null, winner)).status, 200)
  assert.equal((await hold(world.ids[winner]!, winner)).status, 200)
})

test('files that are named again are no change, and others are one', async () => {
  const send = async () => {
    const headers = { 'content-type': 'text/plain', 'file-name': 'scan.txt' }
    return (await world.call('staff', { method: 'POST', url: '/api/files', headers, body: 'words' })).body
  }
  const [scan, one, two] = [await send(), await send(), await send()]
  const id = await made('reports', { title: 'with files', owner: world.ids['owner'], scan, pages: [one, two] })
  const patch = async (body: object) => (await world.call('owner', { method: 'PATCH', url: `/api/reports/${id}`, body })).status
  for (const body of [{ scan }, { scan: { id: scan.id } }, { pages: [{ id: one.id }, { id: two.id }], title: 'same files' }])
    assert.equal(await patch(body), 200, JSON.stringify(body))
  for (const body of [{ scan: null }, { scan: { id: one.id } }, { pages: [] }, { pages: [two, one] }, { pages: [one] }])
    assert.equal(await patch(body), 403, JSON.stringify(body))
  const { body } = await world.call('owner', { method: 'GET', url: `/api/reports/${id}` })
  assert.deepEqual([body.scan, body.pages, body.title], [scan, [one, two], 'same files'])
})

test('two references to one collection are two, and one that is hidden is not there for a filter, whichever way it asks', async () => {
  const { owner } = world.ids
  const rooms = Object.fromEntries(await Promise.all(['a', 'b'].map(async (title) => [title, await made('rooms', { title })])))
  await made('letters', { title: 'there', from: rooms['a'], to: rooms['b'] })
  await made('letters', { title: 'back', from: rooms['b'], to: rooms['a'] })
  await made('letters', { title: 'round', from: rooms['a'], to: rooms['a'] })
  const [there, every] = [['there'], ['back', 'round', 'there']]
  await assertSeen('letters', { guest: there, other: there, owner: there, staff: every })

  const club = await made('clubs', { title: 'hidden members' })
  await made('memberships', { club, user: owner })
  const found = async (as: As, filter: string) =>
    (await world.call(as, { method: 'GET', url: `/api/clubs?filter[id]=${club}&${filter}&count=true` })).body.count
  for (const way of ['memberships.user', 'memberships][user']) {
    assert.deepEqual([await found('staff', `filter[${way}]=${owner}`), await found('staff', `filter[not][${way}]=${owner}`)], [1, 0])
    // Its member sees the club and not who is a member: no filter tells.
    assert.deepEqual([await found('owner', `filter[${way}]=${owner}`), await found('owner', `filter[not][${way}]=${owner}`)], [0, 1])
    assert.deepEqual([await found('owner', `filter[${way}]=x`), await found('owner', `filter[not][${way}]=x`)], [0, 1])
  }
})
