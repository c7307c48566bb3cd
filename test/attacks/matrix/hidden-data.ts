// A1 to A18: by every way that takes a name, an id or a word, at what the caller may not see.
import assert from 'node:assert/strict'
import type { ApiAnswer, As } from '../../support/api-harness.ts'
import type { Twins } from '../../support/two-worlds/twins.ts'
import { both, carryOut, listen } from './arena.ts'
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
import { secrets, stir, unknownOf } from './project.ts'

const noQuery = 'Takes no query: any parameter is refused (bad-input.test.ts).'
const noFields = 'Of bytes, not of fields: see A14.'
const oneRecord = 'One record by its id: takes neither filter nor order.'

const likeUnknown = (name: string): Expected => ({ status: 400, like: { [name]: unknownOf(name) } })

/** A value that fits the kind, so that it is the name that is refused. */
const fittingOf: Readonly<Record<string, string>> = {
  integer: '11',
  decimal: '11.50',
  money: '11',
  boolean: 'true',
  date: '2026-01-11',
  dateTime: '2026-01-01T00:00:11Z',
  ref: '‹openFolder›',
  refs: '‹openFolder›',
  geo: '1,1,500000',
}
const operatorsOf = (kind: string) => {
  const text = ['', '[ne]', '[in]', '[contains]', '[startsWith]', '[null]']
  if (kind === 'geo') return ['[near]', '[null]']
  return ['text', 'longText', 'email', 'url'].includes(kind) ? text : ['', '[lt]', '[gte]', '[nin]', '[null]']
}
const named = (queriesOf: (name: string, kind: string) => readonly string[]) =>
  secrets.flatMap(([name, kind]) => queriesOf(name, kind).map((query) => ({ name, query })))
/** On each surface all that name a hidden field, each answered as one that names no field. */
function inNames<T extends Parameters<typeof inQuery>[0]>(
  on: readonly T[],
  all: readonly { name: string; query: string }[],
): Record<T, Ask[]> {
  const expect = (query: string) => likeUnknown(all.find((one) => one.query === query)!.name)
  return inQueries(
    on,
    all.map(({ query }) => query),
    expect,
  )
}

const byFields = named((name, kind) =>
  operatorsOf(kind).map((operator) => `filter[${name}]${operator}=${operator === '[null]' ? 'true' : (fittingOf[kind] ?? 'alpha')}`),
)
const parts: Readonly<Record<string, readonly string[]>> = {
  money: ['.amount', '[amount]', '.currency'],
  geo: ['.lat', '[lng]'],
  json: ['.a', '[a]', '.a.b'],
  ref: ['.id', '.title', '[title]'],
  refs: ['.0', '[0]', '.title', '[title]'],
  texts: ['.0', '[0]'],
  file: ['.name', '[name]', '.id'],
  files: ['.0', '[0]', '.name', '.0.name'],
}
const byParts = named((name, kind) =>
  (parts[kind] ?? ['.length', '[a]']).map((part) => `filter${part.startsWith('.') ? `[${name}${part}]` : `[${name}]${part}`}=alpha`),
)
const nested = named((name) => [
  `filter[or][0][${name}]=alpha&filter[or][1][title]=Open`,
  `filter[not][${name}][null]=true`,
  `filter[and][0][not][or][0][${name}]=alpha`,
  `filter[kin.${name}]=alpha`,
  `filter[kin][${name}]=alpha`,
  `filter[folder.papers.${name}]=alpha`,
])
const refusedBy = (parameter: string): Expected => ({ status: 400, path: `query:${parameter}` })

/** Everybody's view of the visible records, which what is hidden must not move. */
const visible = (more: string) => (answer: ApiAnswer) => {
  assert.equal(answer.status, 200)
  assert.doesNotMatch(answer.text, /alpha|omega|secret/i, more)
}
const shows: Expected = { status: 200, check: visible('a page') }
const finds = (count: number): Expected => ({ status: 200, check: ({ body }) => assert.equal(body.count ?? body.items.length, count) })
const all = '/api/papers'

const cursorOf = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url')
/** What was wrong, and nothing of what is hidden. */
const tells: Expected = { status: 400, check: ({ text }) => assert.doesNotMatch(text, /secret/) }
const foreignCursor: Expected = { status: 400, path: 'query:cursor' }
/** Of another order than the one that is asked for, which a client could write. */
const cursors = [
  `cursor=${cursorOf('secretText', 'alpha', 'papr_x')}`,
  `sort=title&cursor=${cursorOf('secretText', 'alpha', 'papr_x')}`,
  `sort=title&cursor=${cursorOf('-title', 'Open', 'papr_x')}`,
  `sort=pages&cursor=${cursorOf('title', 'Open', 'papr_x')}`,
  `search=Open&cursor=${cursorOf('title', 'Open', 'papr_x')}`,
]

/** A stream is told of what others do while hidden things change, and of none of these. */
const told =
  (as: As, url: string) =>
  async (twins: Twins): Promise<void> => {
    const change = async () => {
      await stir(twins)
      for (const side of ['left', 'right'] as const) {
        const request = twins.render(side, {
          method: 'PATCH',
          url: '/api/papers/‹foreign›',
          body: { pages: { $increment: 1 }, body: `seen by ${as}` },
        })
        const answer = await twins.worlds[side].call('owner', request)
        assert.equal(answer.status, 200, answer.text)
      }
    }
    const text = await listen(twins, { as, url }, { change, until: `seen by ${as}` })
    assert.doesNotMatch(text, /alpha|omega|secret/)
  }

/** Somebody loses their seat: what they saw by it is told as gone, and nothing of it afterwards. */
async function losesSight(twins: Twins): Promise<void> {
  const inBoth = async (method: string, url: string, body?: object) => {
    for (const side of ['left', 'right'] as const) {
      const answer = await twins.worlds[side].call('owner', twins.render(side, { method, url, ...(body ? { body } : {}) }))
      assert.ok(answer.status < 300, answer.text)
      if (url === '/api/seats') made[side] = answer.body.id
    }
  }
  const made = { left: '', right: '' }
  const change = async () => {
    await inBoth('DELETE', '/api/seats/‹seat›')
    await inBoth('PATCH', '/api/folders/‹sharedFolder›', { title: 'Unseen' })
    await inBoth('PATCH', '/api/folders/‹openFolder›', { title: 'The end' })
  }
  const text = await listen(twins, { as: 'other', url: '/api/changes?collections=folders' }, { change, until: 'The end' })
  assert.match(text, /"id":"‹sharedFolder›","action":"deleted"/)
  assert.doesNotMatch(text, /Unseen/)
  await both(twins, 'other', { method: 'GET', url: '/api/folders/‹sharedFolder›' }, { status: 404 })
  await inBoth('PATCH', '/api/folders/‹sharedFolder›', { title: 'Shared' })
  await inBoth('PATCH', '/api/folders/‹openFolder›', { title: 'Open' })
  await inBoth('POST', '/api/seats', { folder: '‹sharedFolder›', user: '‹other›' })
  twins.name('seat', made)
}

/** What is listed of what was: the audit trail, the deleted, and what there is at all. */
const listed: readonly Ask[] = [
  ask('staff', 'GET', '/api/audit?limit=200', {
    status: 200,
    check: ({ text }) => assert.doesNotMatch(text, /alpha|omega|"secret[A-Z]|"after":\{\}/),
  }),
  ask('staff', 'GET', '/api/audit?record=‹hidden›', finds(0)),
  ask('staff', 'GET', '/api/audit?collection=vaults', finds(0)),
  ask('staff', 'GET', '/api/papers/deleted', finds(0)),
  ask('other', 'GET', '/api/papers/deleted', {
    status: 200,
    check: ({ body, text }) => assert.ok(body.items.length === 1 && !/"secret/.test(text), text),
  }),
  ask('staff', 'GET', '/api/schema', { status: 200, check: ({ text }) => assert.doesNotMatch(text, /secret/) }),
]
const callers = ['guest', 'other', 'staff'] as const
/** A hidden field in a body, on each way to write, is answered as one that there is not. */
export const hiddenBodies: readonly Written[] = secrets
  .filter(([, kind]) => kind !== 'computed')
  .flatMap(([name]) => [written({ [name]: 'alpha' }, likeUnknown(name)), written({ [name]: { $increment: 1 } }, likeUnknown(name))])
const internal = ['deletedRecords', 'passwords', 'settings', 'idempotencyKeys', '_commits', 'Papers', 'PAPERS', '__proto__', 'constructor']
const odd = ['/', '//papers', '/papers%2f', '/papers%00', '/papers;a=1']

const files = ['hiddenFile', 'hiddenListed', 'secretFile', 'secretListed', 'deletedFile', 'foreignFile'].map((name) => `‹${name}›`)
const likeNone = (file: string): Expected => ({ status: 404, like: { [file]: '‹none file›' } })
const fileWrites = inWrites(
  files.flatMap((file) => [
    written({ scan: { id: file } }, { code: 'reference_not_found', path: '/scan', like: { [file]: '‹none file›' } }),
    written({ scans: [{ id: file }] }, { code: 'reference_not_found', path: '/scans/0', like: { [file]: '‹none file›' } }),
  ]),
)
const record = atRecord('‹hidden›', '‹none papr›')
const juggled = [1, 0, -1, true, [], ['‹paper›'], {}, { $ne: null }, 'é'.repeat(40), '', ' ‹paper›', '‹paper› ', '\u0000', 'x'.repeat(500)]
const oddIds = [
  '1',
  '0',
  '-1',
  'true',
  '%5B%5D',
  '%7B%22$ne%22:null%7D',
  '%C3%A9',
  '%20‹paper›',
  '‹paper›%20',
  '‹PAPER›',
  '‹paper›%00',
  'x'.repeat(60),
]

export const hiddenData: readonly Attack[] = [
  attack('A1', 'a filter on a hidden field, of each kind and by each operator', 'is answered as one on a field that there is not', {
    ...inNames(['list', 'aggregate', 'live', 'export'], byFields),
    import: secrets.map(([name]) => importedCsv('title\nT\n', likeUnknown(name), `?by=${name}`)),
    create: noQuery,
    update: noQuery,
    batch: ['GET', 'POST'].map((method) =>
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: [400, 404] },
        { body: { operations: [{ method, path: '/api/papers?filter[secretText]=alpha', body: {} }] } },
      ),
    ),
    get: inQuery('get', ['filter[secretText]=alpha', 'sort=secretText'], { status: 400 }),
    files: noFields,
  }),
  attack('A2', 'a hidden field by a dot path, a JSON path, an index', 'is answered as one on a field that there is not', {
    ...inNames(['list', 'aggregate', 'live', 'export'], byParts),
    import: [...secrets.map(([name]) => `${name}.id`), 'secretOne.code', 'secretMany.code', 'secretFee.amount', 'kin.secretUnique'].map(
      (column) => importedCsv(`title,${column}\nT,alpha\n`, likeUnknown(/secret\w+/.exec(column)![0])),
    ),
    rest: noQuery,
    get: oneRecord,
    files: noFields,
  }),
  attack('A3', 'a hidden field inside of and, or, not, and behind references', 'is answered as one on a field that there is not', {
    ...inNames(['list', 'aggregate', 'live', 'export'], nested),
    import: 'Takes no conditions.',
    rest: noQuery,
    get: oneRecord,
    files: noFields,
  }),
  attack('A4', 'an order by a hidden field, and a cursor that was altered to one', 'is answered as one by a field that there is not', {
    list: [
      ...inNames(
        ['list'],
        named((name) => [`sort=${name}`, `sort=-${name}`, `sort=title,${name}`, `sort=${name}.amount`]),
      ).list,
      ...inQuery('list', cursors, foreignCursor),
    ],
    aggregate: inQuery(
      'aggregate',
      secrets.flatMap(([name]) => [`sort=sum.${name}`, `sort=group.${name}`, `sort=-max.${name}`]),
      (query) => ({ status: 400, like: { [/secret\w+/.exec(query)![0]]: unknownOf(/secret\w+/.exec(query)![0]) } }),
    ),
    get: inQuery('get', ['sort=secretText', `cursor=${cursorOf('', 'x')}`], { status: 400 }),
    live: inQuery('live', ['sort=secretText', `cursor=${cursorOf('', 'x')}`], { status: 400 }),
    export: inQuery('export', ['sort=secretText', `cursor=${cursorOf('secretText', 'alpha', 'papr_x')}`], { status: 400 }),
    import: 'Gives no order.',
    rest: noQuery,
    files: [
      ask('other', 'GET', '/api/files?sort=key', { status: 400, like: { key: 'yek' } }),
      ask('staff', 'GET', '/api/files?sort=-sender', { status: 400, like: { sender: 'rednes' } }),
    ],
  }),
  attack('A5', 'groups, sums, averages, least and most of a hidden field', 'is answered as one of a field that there is not', {
    ...inNames(
      ['aggregate'],
      named((name) =>
        ['group', 'sum', 'avg', 'min', 'max']
          .map((word) => `${word}=${name}`)
          .concat(`group=${name}:month`, `group=${name}.currency`, `group=isOpen&sum=pages,${name}`),
      ),
    ),
    list: inQuery('list', ['group=secretText', 'sum=secretCount', 'distinct=secretText'], { status: 400 }),
    live: inQuery('live', ['group=secretText'], { status: 400 }),
    export: inQuery('export', ['group=secretText'], { status: 400 }),
    get: oneRecord,
    import: 'Sums nothing but its own rows.',
    rest: noQuery,
    files: [ask('staff', 'GET', '/api/files/aggregate?group=sender', { status: 400, like: { sender: 'rednes' } })],
  }),
  attack('A6', 'a search for words of hidden fields and of hidden records', 'finds nothing', {
    list: [
      ...inQuery('list', ['search=alpha&count=true', 'search=omega&count=true', 'search=alp', 'search=open+alpha'], finds(0)),
      ask('staff', 'GET', '/api/folders?search=alpha&count=true', finds(0)),
      ask('other', 'GET', '/api/folders?search=omega', finds(0)),
    ],
    aggregate: inQuery('aggregate', ['search=alpha', 'search=omega'], {
      status: 200,
      check: ({ body }) => assert.equal(body.items[0]?.count ?? 0, 0),
    }),
    live: inQuery('live', ['search=alpha'], refusedBy('search')),
    export: inQuery('export', ['search=alpha'], refusedBy('search')),
    get: inQuery('get', ['search=alpha'], { status: 400 }),
    import: 'Searches nothing.',
    rest: noQuery,
    files: [ask('other', 'GET', '/api/files?search=alpha', { status: 400 })],
  }),
  attack(
    'A7',
    'a reference to what is hidden: expanded, followed once and twice, back, and to itself',
    'leads nowhere: what is hidden stays an id or is left out',
    {
      list: [
        ...inQuery('list', ['expand=secretOne', 'expand=secretMany', 'expand=folder.keeper', 'expand=kin.secretOne'], (query) => {
          const [name] = /secret\w+|keeper/.exec(query)!
          return { status: 400, like: { [name]: name === 'keeper' ? 'reepek' : unknownOf(name) } }
        }),
        ...inQuery('list', ['expand=folder,folder.papers,kin', 'expand=kin.kin', 'expand=owner'], shows),
        ...callers.map((as) => ask(as, 'GET', '/api/folders?expand=papers,seats', shows)),
        ask('other', 'GET', '/api/folders?expand=marks', { status: 400, like: { marks: 'skram' } }),
        ask('staff', 'GET', '/api/folders?filter[marks.title]=Open', { status: 400, like: { marks: 'skram' } }),
        ask('other', 'GET', '/api/folders?filter[papers.isOpen]=false&count=true', finds(0)),
        ask('staff', 'GET', '/api/folders?filter[seats.user]=‹owner›&count=true', finds(0)),
        ask('other', 'GET', '/api/papers?filter[kin.kin.isOpen]=false&count=true', finds(0)),
        ask('guest', 'GET', '/api/folders?filter[keeper.email][contains]=o', { status: 400, like: { keeper: 'reepek' } }),
      ],
      get: [
        ...inQuery('get', ['expand=folder.papers,kin', 'expand=folder.seats', 'expand=owner'], shows),
        ...inQuery('get', ['expand=secretOne', 'expand=secretMany'], (query) => likeUnknown(query.slice(7))),
        ...callers.map((as) => ask(as, 'GET', '/api/folders/‹openFolder›?expand=papers', shows)),
      ],
      ...inQueries(
        ['aggregate', 'export', 'live'],
        ['filter[folder.isOpen]=false&filter[folder.papers.isOpen]=false', 'filter[kin.isOpen]=false'],
        shows,
      ),
      ...inWrites([
        written({ folder: '‹hiddenFolder›' }, { code: 'reference_not_found', path: '/folder', like: { '‹hiddenFolder›': '‹none fold›' } }),
        written({ kin: ['‹paper›', '‹hidden›'] }, { code: 'reference_not_found', path: '/kin/1', like: { '‹hidden›': '‹none papr›' } }),
      ]),
      files: noFields,
    },
  ),
  attack('A8', 'counts, totals and lengths of pages', 'count what is seen and nothing else', {
    list: callers.flatMap((as) => [
      ask(as, 'GET', `${all}?count=true&limit=1`, shows),
      ask(as, 'GET', `${all}?filter[folder]=‹openFolder›&count=true`, finds(2)),
      ask(as, 'GET', '/api/vaults?count=true', finds(0)),
    ]),
    aggregate: callers.map((as) =>
      ask(as, 'GET', `${all}/aggregate?group=folder&sum=pages&filter[folder]=‹openFolder›`, {
        status: 200,
        check: ({ body }) => assert.deepEqual([body.groups, body.items[0].count], [1, 2]),
      }),
    ),
    live: callers.map((as) => ask(as, 'GET', '/api/changes?collections=papers&lastEventId=0', { status: 200 })),
    export: ['csv', 'jsonl'].flatMap((format) => [
      ask('staff', 'GET', `${all}/export?format=${format}`, shows),
      ask('staff', 'GET', `/api/vaults/export?format=${format}`, {
        status: 200,
        check: ({ text }) => assert.ok(text.split('\n').length <= 2, text),
      }),
    ]),
    get: [
      ask('other', 'GET', '/api/folders/‹openFolder›?expand=papers', {
        status: 200,
        check: ({ body }) => assert.equal(body.papers.length, 2),
      }),
    ],
    import: [
      importedCsv('id,title\n‹hidden›,Mine\n‹none papr›,Mine\n', {
        status: 200,
        check: ({ body }) => assert.deepEqual([body.rows, body.changed, body.rejected], [2, 0, 2]),
      }),
    ],
    files: callers.map((as) => ask(as, 'GET', '/api/files?count=true', shows)),
    rest: 'Counts nothing: a write answers its own record.',
  }),
  attack('A9', 'a choice of fields: all, hidden ones, one twice, names of prototypes', 'gives what the caller sees', {
    ...inQueries(
      ['get', 'list'],
      ['fields=*', 'fields=constructor', 'fields=__proto__', 'fields=title,toString', 'fields=version', 'fields=updatedAt'],
      refusedBy('fields'),
    ),
    ...(() => {
      const hidden = inNames(
        ['get', 'list'],
        named((name) => [`fields=${name}`, `fields=title,${name}`]),
      )
      const twice = inQueries(['get', 'list'], ['fields=title,title', 'fields=id,id'], shows)
      return { get: [...hidden.get, ...twice.get], list: [...hidden.list, ...twice.list] }
    })(),
    ...inQueries(['aggregate', 'live', 'export'], ['fields=secretText'], refusedBy('fields')),
    import: secrets.map(([name]) => importedCsv(`title,${name}\nT,alpha\n`, likeUnknown(name))),
    rest: noQuery,
    files: [ask('staff', 'GET', '/api/files?fields=key', { status: 400, like: { key: 'yek' } })],
  }),
  attack(
    'A10',
    'a live stream while hidden things change, and while sight is lost',
    'tells only what may be seen, and of what is lost that it is gone',
    {
      live: async (twins) => {
        for (const as of callers) await told(as, '/api/changes?collections=papers')(twins)
        await told('other', '/api/changes?collections=papers&filter[pages][gte]=0')(twins)
        await told('guest', '/api/changes?collections=folders,papers')(twins)
        await losesSight(twins)
        for (const as of callers)
          await both(twins, as, { method: 'GET', url: '/api/changes?collections=vaults' }, { status: as === 'guest' ? 401 : 403 })
      },
      files: async (twins) => await told('staff', '/api/changes?collections=files,papers')(twins),
      rest: 'Answers once: only a stream goes on.',
    },
  ),
  attack('A11', 'hidden data in exports, in the audit trail, in what is deleted, in metrics', 'is in none of them', {
    export: ['csv', 'jsonl'].flatMap((format) =>
      ['papers', 'folders', 'seats', 'vaults', 'files', 'users'].map((name) =>
        ask('staff', 'GET', `/api/${name}/export?format=${format}`, shows),
      ),
    ),
    list: async (twins) => {
      await stir(twins)
      await carryOut(twins, listed)
    },
    files: [
      ask('staff', 'GET', '/api/audit?collection=files', { status: 200, check: ({ text }) => assert.doesNotMatch(text, /alpha|omega/) }),
    ],
    rest: 'Is asked in A1 to A10; this is about what is written down of it.',
  }),
  attack('A12', 'what errors, validators and lengths say', 'says nothing of hidden values', {
    get: async (twins) => {
      for (const as of callers) {
        const { headers } = await both(twins, as, { method: 'GET', url: `${all}/‹paper›` }, shows)
        await stir(twins)
        const tag = String(headers['etag'])
        for (const side of ['left', 'right'] as const) {
          const world = twins.worlds[side]
          const before = await world.call(as, twins.render(side, { method: 'GET', url: `${all}/‹paper›` }))
          if (side === 'left') assert.equal(before.headers['etag'], tag, `${as}: the tag moved with what is hidden`)
        }
      }
    },
    ...inWrites([written({ title: 'a\nb' }, { status: 400, path: '/title' }), written({ pages: 5_000 }, { status: 400, path: '/pages' })]),
    // The tag of what one saw is good as long as that stays as it was, whatever hidden changes there were.
    update: async (twins) => {
      await both(
        twins,
        'other',
        { method: 'PATCH', url: `${all}/‹paper›`, headers: { 'if-match': '"x"' }, body: { pages: 4 } },
        { status: 412 },
      )
      const tags = { left: '', right: '' }
      for (const side of ['left', 'right'] as const) {
        const { headers } = await twins.worlds[side].call('other', twins.render(side, { method: 'GET', url: `${all}/‹paper›` }))
        tags[side] = String(headers['etag']).slice(1, -1)
      }
      twins.name('tag', tags)
      await stir(twins)
      await both(
        twins,
        'other',
        { method: 'PATCH', url: `${all}/‹paper›`, headers: { 'if-match': '"‹tag›"' }, body: { pages: 3 } },
        { status: 200 },
      )
    },
    list: inQuery('list', ['filter[pages]=x', 'cursor=x', 'limit=0', 'sort=nothing', 'filter[nothing]=1', 'fields=nothing'], tells),
    aggregate: inQuery('aggregate', ['sum=nothing', 'group=nothing', 'sum=title', 'filter[nothing]=1'], tells),
    live: inQuery('live', ['filter[pages]=x', 'lastEventId=x', 'filter[nothing]=1'], tells),
    export: inQuery('export', ['filter[pages]=x', 'format=x', 'filter[nothing]=1'], tells),
    files: files.map((file) =>
      ask('other', 'GET', `/api/files/${file}/content`, likeNone(file), { headers: { range: 'bytes=0-0', 'if-none-match': '*' } }),
    ),
  }),
  attack('A13', 'what a write answers', 'shows what its writer may read, and of what they may not, the id alone', {
    create: [
      ask(
        'other',
        'POST',
        '/api/vaults',
        { status: 201, stores: true, check: ({ body }) => assert.deepEqual(Object.keys(body), ['id', 'createdAt']) },
        { body: { title: 'Put in' } },
      ),
      ask(
        'other',
        'POST',
        all,
        { status: 201, stores: true, check: ({ body }) => assert.ok(!Object.keys(body).some((name) => name.startsWith('secret'))) },
        { body: { title: 'Made' } },
      ),
    ],
    update: [ask('other', 'PATCH', `${all}/‹paper›`, { status: 200, stores: true, check: visible('an update') }, { body: { pages: 3 } })],
    batch: [
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: 200, stores: true, check: ({ body }) => assert.deepEqual(Object.keys(body.results[0].body), ['id', 'createdAt']) },
        {
          body: {
            operations: [
              { method: 'POST', path: '/api/vaults', body: { title: 'x' } },
              { method: 'PATCH', path: `${all}/‹paper›`, body: { pages: 3 } },
            ],
          },
        },
      ),
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: 400, path: '/operations/1/body/title' },
        {
          body: {
            operations: [
              { method: 'POST', path: '/api/vaults', body: { title: 'x' } },
              { method: 'POST', path: all, body: { title: { $result: '/0/title' } } },
            ],
          },
        },
      ),
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: 400, path: '/operations/1/body/title' },
        {
          body: {
            operations: [
              { method: 'PATCH', path: `${all}/‹paper›`, body: { pages: 3 } },
              { method: 'POST', path: all, body: { title: { $result: '/0/secretText' } } },
            ],
          },
        },
      ),
    ],
    import: [importedCsv('title\nImported\n', { status: 200, stores: true, check: visible('a report') })],
    files: [
      ask('other', 'GET', '/api/files/‹otherFile›', {
        status: 200,
        check: ({ body }) => assert.ok(!('key' in body) && !('sender' in body)),
      }),
    ],
    rest: 'Writes nothing.',
  }),
  attack('A14', 'files of what is hidden: their bytes, sizes, links, and as values', 'are files that there are not', {
    files: [
      ...files.flatMap((file) =>
        callers.flatMap((as) => [
          ask(as, 'GET', `/api/files/${file}/content`, likeNone(file)),
          ask(as, 'HEAD', `/api/files/${file}/content`, likeNone(file)),
          ask(as, 'GET', `/api/files/${file}/content?w=64&h=64&fit=cover`, likeNone(file)),
          ask(as, 'GET', `/api/files/${file}/content?download=true`, likeNone(file)),
          ask(as, 'GET', `/api/files/${file}`, likeNone(file)),
          ask(as, 'POST', `/api/files/${file}/link`, likeNone(file), { body: {} }),
          ask(
            as,
            'HEAD',
            `/api/uploads/${file}`,
            { status: [401, 404], like: { [file]: '‹none file›' } },
            { headers: { 'tus-resumable': '1.0.0' } },
          ),
          ask(
            as,
            'DELETE',
            `/api/uploads/${file}`,
            { status: [401, 404], like: { [file]: '‹none file›' } },
            { headers: { 'tus-resumable': '1.0.0' } },
          ),
          ask(as, 'GET', `/api/files/${file}/content?expires=8000000000000&signature=${'0'.repeat(64)}`, {
            code: 'file_link_invalid',
            like: { [file]: '‹none file›' },
          }),
        ]),
      ),
    ],
    ...fileWrites,
    // What nobody has claimed staff may claim, by its id.
    import: fileWrites.import.filter(({ request }) => !String(request.body).includes('foreignFile')),
    ...inQueries(
      ['list', 'aggregate', 'live', 'export'],
      ['filter[scan]=‹hiddenFile›', 'filter[scan.id]=‹hiddenFile›', 'filter[scan][name]=alpha-hiddenFile.txt'],
      { status: [200, 400], like: { '‹hiddenFile›': '‹none file›' } },
    ),
    get: [ask('other', 'GET', `${all}/‹paper›`, { status: 200, check: ({ body }) => assert.equal(body.scan.name, 'openFile.txt') })],
  }),
  attack('A15', 'collections of the engine by the routes of records, in any case and encoding', 'are addresses that there are not', {
    list: [...internal.map((name) => `/api/${name}`), ...odd.map((path) => `/api${path}`)].map((url) =>
      ask('staff', 'GET', url, { status: [400, 404] }),
    ),
    get: internal.map((name) => ask('staff', 'GET', `/api/${name}/x`, { status: 404 })),
    create: internal.map((name) => ask('staff', 'POST', `/api/${name}`, { status: [404, 405] }, { body: { title: 'T' } })),
    update: internal.map((name) => ask('staff', 'PATCH', `/api/${name}/x`, { status: [404, 405] }, { body: { title: 'T' } })),
    batch: [
      ...internal.map((name) => `/api/${name}`),
      ...odd.map((path) => `/api${path}`),
      '/api/batch',
      '/metrics',
      'http://127.0.0.1/api/papers',
    ].map((path) =>
      ask(
        'staff',
        'POST',
        '/api/batch',
        { status: [400, 404], path: '/operations/0/path' },
        { body: { operations: [{ method: 'POST', path, body: { title: 'T' } }] } },
      ),
    ),
    aggregate: internal.map((name) => ask('staff', 'GET', `/api/${name}/aggregate`, { status: 404 })),
    export: internal.map((name) => ask('staff', 'GET', `/api/${name}/export`, { status: 404 })),
    import: internal.map((name) =>
      ask('staff', 'POST', `/api/${name}/import`, { status: 404 }, { body: 'a', headers: { 'content-type': 'text/csv' } }),
    ),
    live: [...internal, 'papers,', ',', 'papers,passwords', 'papers/../users', 'papers\u0000'].map((name) =>
      ask('staff', 'GET', `/api/changes?collections=${encodeURIComponent(name)}`, { status: 400 }),
    ),
    files: ['files', 'uploads'].flatMap((name) =>
      ['..%2f..%2fetc%2fpasswd', '%2e%2e', '__proto__', 'constructor'].map((id) =>
        ask('staff', name === 'files' ? 'GET' : 'HEAD', name === 'files' ? `/api/files/${id}/content` : `/api/uploads/${id}`, {
          status: [400, 404],
        }),
      ),
    ),
  }),
  attack('A16', 'the id of a record of another, on every way that takes one', 'is answered as an id of nothing', {
    ...(record as Required<typeof record>),
    files: 'By their own ids: see A14.',
  }),
  attack('A17', 'an id of one kind where another is meant', 'is an id of nothing', {
    get: ['‹openFolder›', '‹other›', '‹otherFile›', '‹product›'].map((id) => ask('staff', 'GET', `${all}/${id}`, { status: 404 })),
    update: ['‹openFolder›', '‹other›'].map((id) => ask('staff', 'PATCH', `${all}/${id}`, { status: 404 }, { body: { title: 'T' } })),
    ...inQueries(['list', 'aggregate', 'live', 'export'], ['filter[id]=‹openFolder›', 'filter[folder]=‹paper›'], {
      status: 200,
      like: { '‹openFolder›': '‹none papr›' },
    }),
    create: ['‹paper›', '‹other›', '‹otherFile›'].map((id) =>
      ask('other', 'POST', all, { status: 422, code: 'reference_not_found' }, { body: { title: 'T', folder: id } }),
    ),
    batch: ['‹openFolder›', '‹other›'].map((id) =>
      ask(
        'staff',
        'POST',
        '/api/batch',
        { status: 404 },
        { body: { operations: [{ method: 'PATCH', path: `${all}/${id}`, body: { title: 'T' } }] } },
      ),
    ),
    import: [
      imported('{"id":"‹openFolder›","title":"T"}', { code: 'not_found' }),
      imported('{"title":"T","folder":"‹paper›"}', { code: 'reference_not_found' }),
    ],
    files: ['‹paper›', '‹openFolder›', '‹other›'].map((id) => ask('staff', 'GET', `/api/files/${id}/content`, { status: 404 })),
  }),
  attack('A18', 'an id that is a number, a list, an object, blank, of other letters', 'is refused by its form, or is of nothing', {
    ...inWrites(juggled.map((id) => written({ folder: id }, { status: [400, 422] }))),
    get: oddIds.map((id) => ask('other', 'GET', `${all}/${id}`, { status: [400, 404] })),
    list: [...oddIds.map((id) => `filter[folder]=${id}`), 'filter[folder][]=a', 'filter[folder][$ne]=a', 'filter[id][a][b]=c'].map(
      (query) => ask('other', 'GET', `${all}?${query}`, { status: [200, 400] }),
    ),
    aggregate: oddIds.map((id) => ask('other', 'GET', `${all}/aggregate?filter[folder]=${id}`, { status: [200, 400] })),
    live: oddIds.map((id) => ask('other', 'GET', `/api/changes?collections=papers&filter[folder]=${id}`, { status: [200, 400] })),
    export: oddIds.map((id) => ask('staff', 'GET', `${all}/export?filter[folder]=${id}`, { status: [200, 400] })),
    files: oddIds.map((id) => ask('other', 'GET', `/api/files/${id}/content`, { status: [400, 404] })),
  }),
]
