// A19 to A31: at records, functions and fields that are somebody else's, and at fields that nobody gives.
import assert from 'node:assert/strict'
import { limits } from '../../../src/base/limits.ts'
import type { Twins } from '../../support/two-worlds/twins.ts'
import { both, carryOut } from './arena.ts'
import {
  type Ask,
  type Attack,
  ask,
  atRecord,
  attack,
  type Expected,
  imported,
  importedCsv,
  inQueries,
  inQuery,
  inWrites,
  type Written,
  written,
} from './asks.ts'
import { hiddenBodies } from './hidden-data.ts'

const all = '/api/papers'
const paper = `${all}/‹paper›`
const refusedTo = (as: 'guest' | 'other' | 'staff', more: Expected = {}): Expected => ({ status: as === 'guest' ? 401 : 403, ...more })
const strangers = ['guest', 'other'] as const
const inBatch = (method: string, path: string, body?: object) => ({ body: { operations: [{ method, path, ...(body ? { body } : {}) }] } })
const steps = (...operations: object[]) => ({ body: { operations } })

/** As everybody sees it who is nobody: by a session of an account that is switched off. */
const gone = { authorization: 'Bearer kps_gone' }
const asGuest = (method: string, url: string, more: { body?: unknown; headers?: Record<string, string> } = {}): Ask =>
  ask('guest', method, url, { like: { kps_gone: 'kps_none' } }, { ...more, headers: { ...gone, ...more.headers } })

const unknownField = (name: string): Expected => ({ status: 400, code: 'unknown_field', path: `/${name}` })
const notTheirs = (name: string): Expected => ({ status: 403, code: 'forbidden', path: `/${name}` })
const given = (name: string, value: unknown, expect: Expected): Written => ({
  members: `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  expect,
})
/** What no writer gives: the engine makes it. */
const made: readonly Written[] = [
  ...[
    'createdAt',
    'updatedAt',
    'version',
    'twice',
    'deletedAt',
    'words_',
    'title_words',
    'role',
    'roles',
    'isAdmin',
    'verified',
    'balance',
    'tokenHash',
    'passwordHash',
  ].map((name) => given(name, name.endsWith('At') ? '2020-01-01T00:00:00Z' : 1, unknownField(name))),
  given('price.amount', 1, unknownField('price.amount')),
  given('meta/a', 1, unknownField('meta~1a')),
  given('a~b', 1, unknownField('a~0b')),
]
const madeInWrites = inWrites(made)
const hiddenInWrites = inWrites(hiddenBodies)
const isIgnored = (name: string): Expected => ({
  status: 200,
  check: ({ body }) => assert.deepEqual([body.ignored, body.created, body.changed], [[name], 0, 0]),
})
const nested = inWrites([
  written({ folder: { title: 'Made on the way' } }, { status: [400, 422], path: '/folder' }),
  written({ folder: { id: '‹openFolder›', title: 'Changed on the way' } }, { status: [400, 422], path: '/folder' }),
  written({ kin: [{ title: 'Made on the way' }] }, { status: [400, 422], path: '/kin/0' }),
  written({ scan: { id: '‹otherFile›', name: 'x', key: 'k' } }, { status: [400, 422] }),
])

const oddNames = [
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '$where',
  '$set',
  'a.b',
  'price.currency',
  '',
  ' title',
  'title ',
  'TITLE',
  '__defineGetter__',
]
const named: readonly Written[] = [
  ...oddNames.map((name) => given(name, 1, { status: 400, code: 'unknown_field' })),
  { members: '"__proto__":{"isOpen":true}', expect: { status: 400, code: 'name' } },
  { members: '"meta":{"__proto__":{"a":1}}', expect: { status: 400, code: 'name' } },
  { members: '"pages":1,"pages":2', expect: { status: 400, code: 'repeated' } },
  { members: '"meta":{"a":1,"a":2}', expect: { status: 400, code: 'repeated' } },
  { members: '"a\\u0000b":1', expect: { status: 400 } },
  { members: '"meta":{"a\\u0000b":1}', expect: { status: 400, code: 'characters' } },
  { members: '"\\ud800":1', expect: { status: 400 } },
]
const namedInWrites = inWrites(named)
const oddQueries = [
  '__proto__',
  'constructor',
  'toString',
  '__proto__.title',
  'constructor.name',
  'title.length',
  'title.constructor',
  'folder.__proto__',
  '$where',
  'title%00',
].flatMap((name) => [`filter[${name}]=1`, `filter[title][${name}]=1`])
const numbers: readonly Written[] = [
  ...[-1, 0.5, 1.5, 1e308, '1', '', true, [], {}, [1], 1_001, { $increment: '1' }, { $increment: 1e308 }, { $set: 1 }].map((value) =>
    given('pages', value, { status: 400 }),
  ),
  ...['1e400', '-1e400', '9007199254740993', '0.1e1000'].map((text) => ({ members: `"pages":${text}`, expect: { status: 400 } })),
  ...[
    { amount: -1, currency: 'EUR' },
    { amount: 1.5, currency: 'EUR' },
    { amount: 1, currency: 'XXX1' },
    { amount: 1 },
    { amount: '1', currency: 'EUR' },
    { amount: 1, currency: 'EUR', tax: 0 },
    1,
  ].map((value) => given('price', value, { status: 400 })),
  ...['1e3', '1.005', 'NaN', 'Infinity', '0x10', '1,5', 1.5, '99999999999999999999'].map((value) =>
    given('weight', value, { status: 400 }),
  ),
  ...[{ lat: 91, lng: 0 }, { lat: 0, lng: 181 }, { lat: '1', lng: 1 }, { lat: 1 }, [1, 1]].map((value) =>
    given('spot', value, { status: 400 }),
  ),
]
const numbersInWrites = inWrites(numbers)
const oddNumbers = ['-1.5', '1e3', '0x1', 'NaN', 'Infinity', '1,,2', '', '9007199254740993', '99999999999999999999999999']

/** A link that was signed before leads nowhere either, until the record is there again. */
async function deletedFiles(twins: Twins): Promise<void> {
  const expect: Expected = { status: 404, like: { '‹deletedFile›': '‹none file›' } }
  const asks = (['guest', 'other', 'staff'] as const).flatMap((as) => [
    ask(as, 'GET', '/api/files/‹deletedFile›/content', expect),
    ask(as, 'POST', '/api/files/‹deletedFile›/link', expect, { body: {} }),
  ])
  await carryOut(twins, asks)
  const call = async (method: string, url: string, status: number, body?: unknown) =>
    await both(twins, method === 'GET' ? 'guest' : 'other', { method, url, ...(body === undefined ? {} : { body }) }, { status })
  await call('POST', '/api/files', 201, 'some words')
  const file = twins.shown('file').at(-1)!
  await call('POST', all, 201, { title: 'With a link', scan: { id: file } })
  const kept = twins.shown('papr').at(-1)!
  await call('POST', `/api/files/${file}/link`, 200, {})
  const expires = String(twins.worlds.left.clock.now() + limits.fileLinkSecondsDefault * 1_000)
  const link = `/api/files/${file}/content?expires=${expires}&signature=${twins.shown('signature').at(-1)}`
  await call('GET', link, 200)
  await call('DELETE', `${all}/${kept}`, 204)
  await call('GET', link, 404)
  await call('POST', `${all}/${kept}/restore`, 200)
  await call('GET', link, 200)
  await call('DELETE', `${all}/${kept}`, 204)
  await call('DELETE', `${all}/deleted/${kept}`, 204)
}

const locked = `${all}/‹locked›`
const record = atRecord('‹deleted›', '‹none papr›')
const elsewhere = (test: string) => `Is of ${test}`

export const objects: readonly Attack[] = [
  attack('A19', 'what staff may do, asked by a guest and by a customer', 'is refused before anything is looked at', {
    create: strangers.map((as) => ask(as, 'POST', '/api/folders', refusedTo(as), { body: { title: 'T' } })),
    update: strangers.flatMap((as) => [
      ask(as, 'PATCH', '/api/folders/‹openFolder›', refusedTo(as), { body: { title: 'T' } }),
      ask(as, 'DELETE', '/api/folders/‹openFolder›', refusedTo(as)),
      ask(as, 'POST', '/api/effects/eff_x/retry', refusedTo(as), { body: {} }),
      ask(as, 'POST', '/api/webhooks', refusedTo(as), { body: {} }),
    ]),
    get: strangers.flatMap((as) =>
      ['/api/schema', '/api/audit', '/metrics', '/api/ledger/balances'].map((url) => ask(as, 'GET', url, refusedTo(as))),
    ),
    list: strangers.flatMap((as) =>
      ['/api/effects', '/api/emails', '/api/webhooks', '/api/stockLevels'].map((url) =>
        ask(as, 'GET', url, { status: 200, check: ({ body }) => assert.deepEqual(body.items, []) }),
      ),
    ),
    batch: strangers.flatMap((as) => [
      ask(as, 'POST', '/api/batch', refusedTo(as, { path: '/operations/0' }), inBatch('POST', '/api/folders', { title: 'T' })),
      ask(as, 'POST', '/api/batch', refusedTo(as), inBatch('PATCH', '/api/folders/‹openFolder›', { title: 'T' })),
      ask(as, 'POST', '/api/batch', refusedTo(as), inBatch('DELETE', '/api/folders/‹openFolder›')),
    ]),
    aggregate: strangers.flatMap((as) =>
      ['folders', 'seats', 'vaults', 'users', 'files'].map((name) => ask(as, 'GET', `/api/${name}/aggregate?sum=nothing`, refusedTo(as))),
    ),
    live: strangers.map((as) => ask(as, 'GET', '/api/changes?collections=effects', refusedTo(as))),
    export: strangers.flatMap((as) =>
      ['papers', 'folders', 'vaults', 'users'].map((name) => ask(as, 'GET', `/api/${name}/export?format=x`, refusedTo(as))),
    ),
    import: strangers.flatMap((as) =>
      ['papers', 'folders', 'vaults'].map((name) =>
        ask(as, 'POST', `/api/${name}/import?by=nothing`, refusedTo(as), { headers: { 'content-type': 'text/csv' }, body: 'title\nT\n' }),
      ),
    ),
    files: [
      ask('guest', 'POST', '/api/files', { status: 401 }, { body: 'x' }),
      ask('guest', 'POST', '/api/uploads', { status: 401 }, { headers: { 'tus-resumable': '1.0.0', 'upload-length': '1' } }),
    ],
  }),
  attack(
    'A20',
    'another method by a header, a parameter or its case; HEAD and OPTIONS',
    'is the method it came with, and HEAD says what GET would',
    {
      get: [
        ask('other', 'HEAD', `${all}/‹hidden›`, { status: 404, like: { '‹hidden›': '‹none papr›' } }),
        ask('other', 'GET', `${paper}?_method=DELETE`, { status: 400 }),
        ask('other', 'GET', paper, { status: 200 }, { headers: { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' } }),
      ],
      list: [
        ask('other', 'HEAD', all, { status: 200 }),
        ask('other', 'GET', `${all}?_method=POST`, { status: 400 }),
        ask('guest', 'OPTIONS', all, { status: [200, 204, 404] }),
      ],
      create: [
        ask('guest', 'POST', all, { status: 401 }, { headers: { 'x-http-method-override': 'GET' }, body: { title: 'T' } }),
        ask('other', 'PUT', all, { status: 405 }, { body: { title: 'T' } }),
      ],
      update: ['PUT', 'POST'].map((method) =>
        ask('other', method, paper, { status: 405 }, { headers: { 'x-http-method-override': 'PATCH' }, body: { title: 'T' } }),
      ),
      batch: ['patch', 'GET', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'PATCH '].map((method) =>
        ask('other', 'POST', '/api/batch', { status: 400 }, inBatch(method, paper, { title: 'T' })),
      ),
      aggregate: ['POST', 'DELETE'].map((method) => ask('other', method, `${all}/aggregate`, { status: [404, 405] })),
      live: ['POST', 'DELETE'].map((method) => ask('other', method, '/api/changes', { status: 405 })),
      export: [
        ask('staff', 'HEAD', `${all}/export`, { status: 200 }),
        ask('staff', 'POST', `${all}/export`, { status: [404, 405] }),
        ask('other', 'HEAD', `${all}/export`, { status: 403 }),
      ],
      import: ['GET', 'PUT', 'HEAD'].map((method) => ask('staff', method, `${all}/import`, { status: [404, 405] })),
      files: [
        ask('other', 'POST', '/api/files/‹otherFile›', { status: [404, 405] }, { headers: { 'x-http-method-override': 'DELETE' } }),
        ask('other', 'HEAD', '/api/files/‹hiddenFile›/content', { status: 404 }),
      ],
    },
  ),
  attack('A21', 'the records by which others see something, written directly', 'are written by whom their own rules let', {
    create: strangers
      .concat('other')
      .map((as) => ask(as, 'POST', '/api/seats', refusedTo(as), { body: { folder: '‹hiddenFolder›', user: '‹other›' } }))
      .concat(ask('staff', 'POST', '/api/seats', { status: 403 }, { body: { folder: '‹hiddenFolder›', user: '‹clerk›' } })),
    update: [
      ask('other', 'PATCH', '/api/seats/‹seat›', { status: 403 }, { body: { folder: '‹hiddenFolder›' } }),
      ask(
        'staff',
        'PATCH',
        '/api/seats/‹hiddenSeat›',
        { status: 404, like: { '‹hiddenSeat›': '‹none seat›' } },
        { body: { user: '‹clerk›' } },
      ),
      ask('other', 'PATCH', '/api/folders/‹hiddenFolder›', { status: 404 }, { body: { isOpen: true } }),
    ],
    batch: [
      ask('other', 'POST', '/api/batch', { status: 403 }, inBatch('POST', '/api/seats', { folder: '‹hiddenFolder›', user: '‹other›' })),
      ask(
        'staff',
        'POST',
        '/api/batch',
        { status: 403, path: '/operations/1' },
        steps(
          { method: 'POST', path: all, body: { title: 'T' } },
          { method: 'POST', path: '/api/seats', body: { folder: '‹openFolder›', user: '‹clerk›' } },
        ),
      ),
    ],
    import: [
      ask(
        'staff',
        'POST',
        '/api/seats/import',
        { status: 200, code: 'forbidden', check: ({ body }) => assert.equal(body.created, 0) },
        { headers: { 'content-type': 'application/jsonl' }, body: '{"folder":"‹openFolder›","user":"‹clerk›"}' },
      ),
    ],
    get: [ask('staff', 'GET', '/api/seats/‹hiddenSeat›', { status: 404, like: { '‹hiddenSeat›': '‹none seat›' } })],
    list: [ask('staff', 'GET', '/api/seats?count=true', { status: 200, check: ({ body }) => assert.equal(body.count, 0) })],
    live: [ask('guest', 'GET', '/api/changes?collections=seats', { status: 401 })],
    export: [ask('staff', 'GET', '/api/seats/export?format=jsonl', { status: 200, check: ({ text }) => assert.equal(text, '') })],
    aggregate: [
      ask('staff', 'GET', '/api/seats/aggregate', { status: 200, check: ({ body }) => assert.equal(body.items[0]?.count ?? 0, 0) }),
    ],
    files: 'Have no rows of their own that anybody writes.',
  }),
  attack('A22', 'a record moved to another owner, or made in the name of another', 'is refused: the field is not theirs to set', {
    create: [ask('other', 'POST', all, notTheirs('owner'), { body: { title: 'T', owner: '‹owner›' } })],
    update: [
      ask('other', 'PATCH', paper, notTheirs('owner'), { body: { owner: '‹owner›' } }),
      ask('other', 'PATCH', paper, notTheirs('owner'), { body: { owner: '‹other›' } }),
      ask('other', 'PATCH', paper, { status: [400, 403] }, { body: { owner: null } }),
    ],
    batch: [
      ask('other', 'POST', '/api/batch', { status: 403, path: '/operations/0/body/owner' }, inBatch('PATCH', paper, { owner: '‹owner›' })),
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: 403, path: '/operations/0/body/owner' },
        inBatch('POST', all, { title: 'T', owner: '‹owner›' }),
      ),
    ],
    import: strangers.map((as) =>
      ask(as, 'POST', `${all}/import`, refusedTo(as), { headers: { 'content-type': 'text/csv' }, body: 'title,owner\nT,‹owner›\n' }),
    ),
    files: [ask('other', 'POST', '/api/files?uploadedBy=‹owner›', { status: 400 }, { body: 'x' })],
    rest: 'Moves nothing.',
  }),
  attack(
    'A23',
    'a change that makes its own rule true, alone and by several steps',
    'is judged by the record as it was, and by all of it',
    {
      update: [
        ask('other', 'PATCH', locked, { status: 403 }, { body: { isLocked: false } }),
        ask('staff', 'PATCH', locked, { status: 403 }, { body: { isLocked: false, pages: 2 } }),
        ask('other', 'PATCH', locked, { status: 403 }, { body: {} }),
        ask('other', 'PATCH', locked, { status: 403 }, { body: { pages: { $increment: 1 } } }),
      ],
      batch: [
        ask(
          'other',
          'POST',
          '/api/batch',
          { status: 403, path: '/operations/0' },
          steps({ method: 'PATCH', path: locked, body: { isLocked: false } }, { method: 'PATCH', path: locked, body: { pages: 2 } }),
        ),
        ask(
          'other',
          'POST',
          '/api/batch',
          { status: 403, path: '/operations/1' },
          steps({ method: 'PATCH', path: paper, body: { isLocked: true } }, { method: 'PATCH', path: paper, body: { isLocked: false } }),
        ),
        ask(
          'other',
          'POST',
          '/api/batch',
          { status: 403, path: '/operations/2' },
          steps(
            { method: 'POST', path: all, body: { title: 'T', isLocked: true } },
            { method: 'PATCH', path: paper, body: { pages: 9 } },
            { method: 'PATCH', path: '/api/papers/{/0/id}', body: { isLocked: false } },
          ),
        ),
      ],
      import: [
        imported('{"id":"‹locked›","isLocked":false}', { code: 'forbidden' }),
        imported('{"id":"‹locked›","pages":2}', { code: 'forbidden' }),
      ],
      create: [ask('guest', 'POST', all, { status: 401 }, { body: { title: 'T', isOpen: true } })],
      rest: 'Changes nothing.',
      files: 'Have no rule of their own.',
    },
  ),
  attack(
    'A24',
    'a deleted record, by each way to a record, and its file',
    'is a record that there is not; among the deleted it is who may read and restore it that see it',
    {
      ...(record as Required<typeof record>),
      files: deletedFiles,
      update: [
        ...record.update!,
        ...(['guest', 'other', 'staff'] as const).flatMap((as) => [
          ask(as, 'POST', `${all}/‹deleted›/restore`, { like: { '‹deleted›': '‹none papr›' } }),
          ask(as, 'DELETE', `${all}/deleted/‹deleted›`, { like: { '‹deleted›': '‹none papr›' } }),
        ]),
      ],
      list: [
        ...record.list!,
        ask('guest', 'GET', `${all}/deleted`, { status: 401 }),
        ask('other', 'GET', `${all}/deleted?limit=1`, {
          status: 200,
          check: ({ body }) => assert.deepEqual([body.items.length, body.next], [1, null]),
        }),
        ask('staff', 'GET', `${all}/deleted`, {
          status: 200,
          check: ({ body }) => assert.deepEqual([body.items.length, body.next], [0, null]),
        }),
      ],
    },
  ),
  attack('A25', 'an account that is switched off, on every way', 'is nobody: it is answered as a token that there is not', {
    create: [asGuest('POST', all, { body: { title: 'T' } })],
    update: [asGuest('PATCH', paper, { body: { pages: 1 } }), asGuest('DELETE', paper)],
    get: [asGuest('GET', paper), asGuest('GET', '/api/schema'), asGuest('GET', '/api/audit')],
    list: [asGuest('GET', all), asGuest('GET', '/api/users'), asGuest('GET', `${all}/deleted`)],
    batch: [asGuest('POST', '/api/batch', inBatch('PATCH', paper, { pages: 1 }))],
    aggregate: [asGuest('GET', `${all}/aggregate`), asGuest('GET', '/api/folders/aggregate')],
    live: [asGuest('GET', '/api/changes?collections=papers'), asGuest('GET', '/api/changes?collections=effects')],
    export: [asGuest('GET', `${all}/export`)],
    import: [asGuest('POST', `${all}/import`, { headers: { 'content-type': 'text/csv' }, body: 'title\nT\n' })],
    files: [
      asGuest('POST', '/api/files', { body: 'x' }),
      asGuest('GET', '/api/files/‹otherFile›/content'),
      asGuest('POST', '/api/files/‹otherFile›/link', { body: {} }),
    ],
  }),
  attack('A26', 'a role that is given to oneself, and accounts that are changed', 'is refused by everything but the operation for it', {
    create: [ask('staff', 'POST', '/api/users', { status: [404, 405] }, { body: { email: 'a@example.com', roles: ['admin'] } })],
    update: [
      ask('other', 'PATCH', '/api/users/‹other›', { status: 403 }, { body: { roles: ['admin'] } }),
      ask('other', 'PATCH', '/api/auth/me', { status: 400, path: '/roles' }, { body: { name: 'x', roles: ['admin'] } }),
      ask('staff', 'PATCH', '/api/users/‹clerk›', { status: 403 }, { body: { roles: ['admin'] } }),
    ],
    batch: [
      ask('other', 'POST', '/api/batch', { status: [400, 403, 404] }, inBatch('PATCH', '/api/users/‹other›', { roles: ['admin'] })),
      ask('other', 'POST', '/api/batch', { status: [400, 404] }, inBatch('PATCH', '/api/auth/me', { roles: ['admin'] })),
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: [400, 404] },
        inBatch('POST', '/api/auth/register', { email: 'a@example.com', password: 'a password of mine', roles: ['admin'] }),
      ),
    ],
    import: [
      ask(
        'staff',
        'POST',
        '/api/users/import',
        { status: [404, 405] },
        { headers: { 'content-type': 'text/csv' }, body: 'email,roles\na@example.com,admin\n' },
      ),
    ],
    get: [ask('other', 'GET', '/api/users/‹clerk›', { status: 404, like: { '‹clerk›': '‹none usr›' } })],
    list: [
      ask('other', 'GET', '/api/users?filter[roles]=staff', {
        status: [200, 400],
        check: ({ body }) => assert.ok(!(body.items ?? []).some(({ roles }: { roles: string[] }) => roles.length > 0)),
      }),
    ],
    live: [ask('guest', 'GET', '/api/changes?collections=users', { status: 401 })],
    export: [ask('other', 'GET', '/api/users/export', { status: 403 })],
    aggregate: [ask('other', 'GET', '/api/users/aggregate?group=roles', { status: 403 })],
    files: 'Have no roles.',
  }),
  attack('A27', 'fields that are not given: what the engine makes, what is hidden, what is staff’s', 'are unknown, or refused by name', {
    create: [
      ...madeInWrites.create,
      ...hiddenInWrites.create,
      ask('other', 'POST', all, unknownField('id'), { body: { title: 'T', id: '‹none papr›' } }),
    ],
    update: [
      ...madeInWrites.update,
      ...hiddenInWrites.update,
      ask('other', 'PATCH', paper, { status: 400, path: '/id' }, { body: { id: '‹none papr›' } }),
    ],
    batch: [...madeInWrites.batch, ...hiddenInWrites.batch],
    import: [
      ...madeInWrites.import.filter(({ request }) => !/createdAt|twice/.test(String(request.body))),
      ...hiddenInWrites.import,
      ...['createdAt', 'twice'].map((name) => importedCsv(`${name}\n`, isIgnored(name))),
      ...['version', 'owner.name', 'secretText'].map((name) => importedCsv(`title,${name}\nT,1\n`, { status: 400 })),
    ],
    files: ['key', 'sender', 'state', 'collection', 'record'].map((name) =>
      ask('other', 'POST', `/api/files?${name}=x`, { status: 400 }, { body: 'x' }),
    ),
    rest: 'Gives no field.',
  }),
  attack('A28', 'a record made or changed on the way, inside of another', 'is refused: a reference is an id, a file is what was sent', {
    ...nested,
    files: 'Name no records.',
    rest: 'Writes nothing.',
  }),
  attack(
    'A29',
    'names of prototypes, names twice, names with dots, dollars and null characters',
    'are unknown or refused, and change no program',
    {
      ...namedInWrites,
      // What an earlier step answered has names of its own and no others.
      batch: [
        ...namedInWrites.batch,
        ...[
          '/0/constructor/name',
          '/0/__proto__/constructor/name',
          '/0/toString/name',
          '/constructor/name',
          '/0/kin/length',
          '/length',
        ].map(($result) =>
          ask(
            'other',
            'POST',
            '/api/batch',
            { status: 400, path: '/operations/1/body/title' },
            steps({ method: 'POST', path: all, body: { title: 'T' } }, { method: 'POST', path: all, body: { title: { $result } } }),
          ),
        ),
        ask(
          'other',
          'POST',
          '/api/batch',
          { status: 400, path: '/operations/1/body/meta' },
          steps(
            { method: 'POST', path: all, body: { title: 'T' } },
            { method: 'PATCH', path: paper, body: { meta: { $result: '/0/__proto__' } } },
          ),
        ),
        ask(
          'other',
          'POST',
          '/api/batch',
          { status: 400, path: '/operations/0/body/meta/a~1b' },
          inBatch('PATCH', paper, { meta: { 'a/b': { $result: '/9/id' } } }),
        ),
      ],
      ...inQueries(['list', 'aggregate', 'live', 'export'], oddQueries, { status: 400 }),
      get: inQuery('get', ['fields=__proto__', 'expand=__proto__', 'expand=constructor', '__proto__=1', 'fields[__proto__]=1'], {
        status: 400,
      }),
      files: ['__proto__', 'constructor', 'w[__proto__]'].map((name) =>
        ask('other', 'GET', `/api/files/‹otherFile›/content?${name}=1`, { status: 400 }),
      ),
    },
  ),
  attack('A30', 'numbers, amounts and places that are out of range, broken, or of another type', 'are refused with their path', {
    ...numbersInWrites,
    // It would be added again when the file is sent again.
    import: [
      ...numbersInWrites.import,
      imported('{"id":"‹paper›","pages":{"$increment":1}}', { code: 'not_taken', path: '/pages' }),
      imported('{"id":"‹paper›","words":{"$push":"a"}}', { code: 'not_taken', path: '/words' }),
    ],
    ...inQueries(
      ['list', 'aggregate', 'live', 'export'],
      oddNumbers.flatMap((text) => [`filter[pages]=${text}`, `filter[price.amount][gte]=${text}`]),
      { status: 400 },
    ),
    get: 'Takes no numbers.',
    files: [
      ...['0', '-1', '1.5', '1e9', '99999', 'x', ''].flatMap((text) => [`w=${text}`, `h=${text}`]),
      'fit=x',
      'fit=cover',
      'expires=-1&signature=x',
      'expires=x',
    ].map((query) => ask('other', 'GET', `/api/files/‹otherFile›/content?${query}`, { status: [400, 403] })),
  }),
  attack('A31', 'a session or a key made for another account', 'is asked where accounts are', {
    create: [ask('other', 'POST', '/api/sessions', { status: 404 }, { body: { user: '‹owner›' } })],
    update: [ask('other', 'DELETE', '/api/auth/sessions/ses_01k5xrz2g5f1q8m4w3v7b6n9ta', { status: 404 })],
    batch: [
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: [400, 404] },
        inBatch('POST', '/api/auth/login', { email: 'owner@example.com', password: 'password of owner' }),
      ),
    ],
    rest: elsewhere('accounts.test.ts: these make no session.'),
  }),
]
