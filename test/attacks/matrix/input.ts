// A32 to A40: texts that some program behind the engine might take for something else, and what tells who has an account.
import assert from 'node:assert/strict'
import type { ApiAnswer, As } from '../../support/api-harness.ts'
import type { Twins } from '../../support/two-worlds/twins.ts'
import { both } from './arena.ts'
import { type Ask, type Attack, ask, attack, type Expected, inQueries, inQuery, inWrites, type Written } from './asks.ts'

const all = '/api/papers'
const paper = `${all}/‹paper›`
const noText = 'Takes no text of a caller.'
const given = (name: string, value: unknown, expect: Expected): Written => ({
  members: `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  expect,
})

/** Each is a text to us. To others it ends a statement, is a pattern, an operator, a template, a formula, a command, a path or a page. */
const statements = [
  "'; drop table papers; --",
  '" or ""="',
  "' or 1=1 --",
  '\\',
  "\\'",
  '$1',
  '?',
  ':a',
  '@@version',
  '%00',
  '/* */',
  '`papers`',
  "N'x'",
  "x' union select 1 --",
  '$$',
  "E'\\x27'",
]
const patterns = ['%', '_', '%%', 'O%n', 'O_en', '.', '.*', '^Open$', '[a-z]+', '(a+)+$', '*', '\\%', 'O?en']
const searched = [
  '"',
  "'",
  '*',
  'Op*',
  'title:Open',
  '-Open',
  '+Open',
  'Open OR Foreign',
  'NEAR(Open Foreign)',
  '(',
  ')',
  '^Open',
  'Open AND NOT Foreign',
  '"Open" "Foreign"',
  '&',
  '|',
  '!',
  ':*',
  '<->',
  '~',
  '%',
  '\\',
  '{',
  '}',
  '@',
]
const formulas = ['=1+1', '+1', '-1+1', '@SUM(A1)', '\t=1', "'=1", '=HYPERLINK("http://a.example")', '-5', "'-5", '""', ' =1', '﻿=1']
const templates = [
  '{{secretText}}',
  '{{{owner}}}',
  '$' + '{process.env}',
  '<%= 1 %>',
  '#{1}',
  '{{#each this}}{{/each}}',
  '%n%n',
  '$(id)',
  '`id`',
  '; id',
  '| id',
  '(|(uid=*))',
  '<!ENTITY x SYSTEM "file:///etc/passwd">',
]
const markups = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg/onload=alert(1)>',
  'javascript:alert(1)',
  '[a](javascript:alert(1))',
  '&lt;b&gt;',
  '\u202eexe.txt',
]
const paths = ['../../etc/passwd', '..\\..\\win.ini', '/etc/passwd', 'file:///etc/passwd', 'C:\\a', '%2e%2e%2f', '....//']
const encoded = (text: string) => encodeURIComponent(text)
const isOneLine = (text: string) => !/[\p{Cc}]/u.test(text)

/** Stored as it is, found by what it is and by nothing else, exported and read back as it was, and gone again. */
const kept =
  (texts: readonly string[]) =>
  async (twins: Twins): Promise<void> => {
    for (const text of texts.filter(isOneLine)) {
      const { body } = await both(
        twins,
        'other',
        { method: 'POST', url: all, body: { title: text, meta: { [text]: text }, words: [text], body: text } },
        { status: 201 },
      )
      assert.deepEqual([body.title, body.meta, body.words, body.body], [text, { [text]: text }, [text], text])
      const id = twins.shown('papr').at(-1)!
      const { body: read } = await both(twins, 'guest', { method: 'GET', url: `${all}/${id}` }, { status: 200 })
      assert.deepEqual([read.title, read.meta], [text, { [text]: text }])
      const found = await both(
        twins,
        'other',
        { method: 'GET', url: `${all}?filter[title]=${encoded(text)}&filter[owner]=‹other›` },
        { status: 200 },
      )
      assert.deepEqual(
        found.body.items.map(({ title }: { title: string }) => title),
        [text],
      )
      await both(
        twins,
        'other',
        { method: 'PATCH', url: `${all}/${id}`, body: { title: `${text}!`.slice(0, 200), words: { $push: 'b', $pull: text } } },
        { status: 200 },
      )
      await both(twins, 'other', { method: 'DELETE', url: `${all}/${id}` }, { status: 204 })
    }
  }
/** The same as two steps of a batch, and by names of earlier steps, which are none. */
const keptInBatch =
  (texts: readonly string[]) =>
  async (twins: Twins): Promise<void> => {
    for (const text of texts.filter(isOneLine)) {
      const operations = [
        { method: 'POST', path: all, body: { title: text, meta: { [text]: text } } },
        { method: 'PATCH', path: `${all}/{/0/id}`, body: { body: { $result: '/0/title' } } },
        { method: 'DELETE', path: `${all}/{/0/id}` },
      ]
      const { body } = await both(twins, 'other', { method: 'POST', url: '/api/batch', body: { operations } }, { status: 200 })
      assert.deepEqual([body.results[0].body.title, body.results[1].body.body], [text, text])
    }
  }
/** In a file of rows and back: what is exported is imported as it was. */
const keptInRows =
  (texts: readonly string[]) =>
  async (twins: Twins): Promise<void> => {
    const rows = texts.filter(isOneLine).map((text) => JSON.stringify({ title: text, body: text, kind: 'report' }))
    const report = await both(
      twins,
      'staff',
      { method: 'POST', url: `${all}/import`, headers: { 'content-type': 'application/jsonl' }, body: rows.join('\n') },
      { status: 200 },
    )
    assert.deepEqual([report.body.created, report.body.rejected], [rows.length, 0], report.text)
    const { text: exported } = await both(twins, 'staff', { method: 'GET', url: `${all}/export?filter[kind]=report` }, { status: 200 })
    const cells = exported
      .split('\r\n')
      .slice(1)
      .flatMap((line) => line.split(','))
    assert.deepEqual(
      cells.filter((cell) => /^"?[=+@\t]/.test(cell) || /^"?-(?!\d+("|$))/.test(cell)),
      [],
    )
    for (const side of ['left', 'right'] as const) {
      const world = twins.worlds[side]
      const { url } = twins.render(side, { method: 'GET', url: `${all}/export?filter[kind]=report` })
      const file = await world.call('staff', { method: 'GET', url })
      const again = await world.call('staff', {
        method: 'POST',
        url: `${all}/import`,
        headers: { 'content-type': 'text/csv' },
        body: file.text,
      })
      assert.deepEqual([again.body.unchanged, again.body.changed, again.body.rejected], [rows.length, 0, 0], again.text)
      const { body } = await world.call(
        'staff',
        twins.render(side, { method: 'GET', url: `${all}?filter[kind]=report&limit=200&fields=id` }),
      )
      const operations = body.items.map(({ id }: { id: string }) => ({ method: 'DELETE', path: `${all}/${id}` }))
      const gone = await world.call('staff', { method: 'POST', url: '/api/batch', body: { operations } })
      assert.equal(gone.status, 200, gone.text)
    }
  }
const texts = (list: readonly string[]): Pick<Attack['on'], 'create' | 'batch' | 'import'> => ({
  create: kept(list),
  batch: keptInBatch(list),
  import: keptInRows(list),
})

/** A text in every place that takes a name. */
const asNames = (list: readonly string[]) =>
  list.flatMap((text) => [
    `filter[${encoded(text)}]=1`,
    `filter[title][${encoded(text)}]=1`,
    `filter[meta.${encoded(text)}]=1`,
    `filter[or][${encoded(text)}][title]=1`,
  ])
const nothing: Expected = {
  status: 200,
  check: ({ body, text }) => assert.ok(body === undefined || (body.items.length === 0 && body.count !== 1), text),
}
const refused: Expected = { status: 400 }
/** Looked for as it is: what nobody has written is not found. */
const literal = (list: readonly string[]) =>
  list.flatMap((text) => ['[contains]', '[startsWith]', ''].map((operator) => `filter[title]${operator}=${encoded(text)}`))
const noGroups: Expected = { status: 200, check: ({ body, text }) => assert.equal(body.items[0]?.count ?? 0, 0, text) }
const noRows: Expected = { status: 200, check: ({ text }) => assert.equal(text.split('\r\n').filter(Boolean).length, 1, text) }
const literally = (list: readonly string[], more = '') => {
  const queries = literal(list).map((query) => query + more)
  return {
    list: inQuery('list', queries, nothing),
    aggregate: inQuery('aggregate', queries, noGroups),
    export: inQuery('export', queries, noRows),
    live: inQuery('live', queries, { status: 200 }),
  }
}
const withNames = (on: ReturnType<typeof literally>, list: readonly string[]) => {
  const names = inQueries(['list', 'aggregate', 'export', 'live'], asNames(list), refused)
  const words = list.map(encoded)
  const ordered = words.flatMap((word) => [`sort=${word}`, `fields=${word}`, `expand=${word}`])
  const grouped = words.flatMap((word) => [`group=${word}`, `sum=${word}`, `group=day:${word}`, `timeZone=${word}`, `sort=${word}`])
  return {
    list: [...on.list, ...names.list, ...inQuery('list', ordered, refused)],
    aggregate: [...on.aggregate, ...names.aggregate, ...inQuery('aggregate', grouped, refused)],
    export: [
      ...on.export,
      ...names.export,
      ...inQuery(
        'export',
        words.map((word) => `format=${word}`),
        refused,
      ),
    ],
    live: [
      ...on.live,
      ...names.live,
      ...inQuery(
        'live',
        words.map((word) => `lastEventId=${word}`),
        refused,
      ),
    ],
    get: inQuery(
      'get',
      words.flatMap((word) => [`fields=${word}`, `expand=${word}`]),
      refused,
    ),
  }
}
const asIds = (list: readonly string[]) => ({
  get: list.map((text) => ask('other', 'GET', `${all}/${encoded(text)}`, { status: [400, 404] })),
  update: list.map((text) => ask('other', 'PATCH', `${all}/${encoded(text)}`, { status: [400, 404] }, { body: { pages: 1 } })),
  files: list.flatMap((text) => [
    ask('other', 'GET', `/api/files/${encoded(text)}/content`, { status: [400, 404] }),
    ask('other', 'POST', `/api/files/${encoded(text)}/link`, { status: [400, 404, 405] }, { body: {} }),
  ]),
})

const operators = [
  { $ne: null },
  { $gt: '' },
  { $regex: '.*' },
  { $where: '1' },
  { $in: ['a'] },
  { $exists: true },
  { $expr: {} },
  [{ $ne: 1 }],
]
const asOperators = inWrites(
  ['title', 'slug', 'folder', 'isOpen', 'day', 'kind', 'mail', 'spot', 'scan', 'owner'].flatMap((name) =>
    operators.map((value) => given(name, value, { status: [400, 403, 422] })),
  ),
)
const lineBreaks = ['a\r\nBcc: x@example.com', 'a\nb', 'a\rb', 'a\u2028b', 'a\u0000b', 'a\u001b[2Jb']
const inLines = inWrites(
  lineBreaks
    .filter((text) => text !== 'a\u2028b')
    .flatMap((text) => [
      given('title', text, { status: 400, path: '/title' }),
      given('mail', `${text}@example.com`, { status: 400, path: '/mail' }),
      given('link', `http://a.example/${text}`, { status: 400, path: '/link' }),
    ]),
)

const noHeader = ({ headers }: ApiAnswer) => {
  for (const name of ['x-injected', 'set-cookie']) assert.ok(!(name in headers), name)
}
const injected = ['%0d%0aX-Injected: 1', '%0aX-Injected:1', '%0d%0a%0d%0a<script>', '%E5%98%8A%E5%98%8DX-Injected:1']
/** Bytes that a browser might run are kept, whatever they are called. */
async function keptPages(twins: Twins): Promise<void> {
  for (const [index, text] of markups.entries()) {
    const name = encoded(['a.html', 'a.svg', 'a.png', 'a"; x=".txt', 'a.xhtml', 'a.htm', 'ä.txt'][index]!)
    await both(
      twins,
      'other',
      { method: 'POST', url: '/api/files', headers: { 'content-type': 'text/html', 'file-name': name }, body: text },
      { status: 201 },
    )
    const file = twins.shown('file').at(-1)!
    const { headers } = await both(twins, 'other', { method: 'GET', url: `/api/files/${file}/content` }, { status: 200 })
    assert.match(String(headers['content-disposition']), /^attachment;|text\/plain/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    await both(twins, 'other', { method: 'DELETE', url: `/api/uploads/${file}`, headers: { 'tus-resumable': '1.0.0' } })
  }
}
/** What is before the last slash of either kind is a folder of the sender's. */
async function sentPaths(twins: Twins): Promise<void> {
  for (const one of asIds(paths).files) await both(twins, one.as, one.request, one.expect)
  for (const path of paths) {
    const headers = { 'content-type': 'text/plain', 'file-name': encoded(path) }
    const { body } = await both(twins, 'other', { method: 'POST', url: '/api/files', headers, body: 'x' }, { status: 201 })
    assert.doesNotMatch(body.name, /[/\\:]|^\./)
    const file = twins.shown('file').at(-1)!
    await both(twins, 'other', { method: 'DELETE', url: `/api/uploads/${file}`, headers: { 'tus-resumable': '1.0.0' } })
  }
}
const bySniff = ({ headers, text }: ApiAnswer) => assert.equal(headers['x-content-type-options'], 'nosniff', text)
const media = [
  'application/xml',
  'text/xml',
  'text/html',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/json+xml',
  'application/yaml',
]
const xml = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
const inMedia = (as: As, method: string, url: string): Ask[] =>
  media.map((type) => ask(as, method, url, { status: 415 }, { headers: { 'content-type': type }, body: xml }))
const hasNone = (filter: string): Ask =>
  ask('other', 'GET', `/api/users?filter${filter}&count=true`, {
    status: [200, 400],
    check: ({ body }) => assert.ok((body.count ?? 0) === 0),
  })

export const input: readonly Attack[] = [
  attack('A32', 'statements of SQL, as values and as names', 'are texts: kept, found and answered as they are; as names they are unknown', {
    ...texts(statements),
    ...withNames(literally(statements), statements),
    update: asIds(statements).update,
    files: asIds(statements).files,
  }),
  attack('A33', 'operators of MongoDB where a value is meant', 'are refused by the form of the value', {
    ...asOperators,
    ...inQueries(
      ['list', 'aggregate', 'live', 'export'],
      ['$ne', '$gt', '$regex', '$where', '$in'].flatMap((one) => [
        `filter[title][${one}]=a`,
        `filter[${one}]=a`,
        `filter[folder][${one}]=a`,
        `filter[id][${one}][0]=a`,
        `filter[meta.${one}]=a`,
      ]),
      refused,
    ),
    get: ['%5B$ne%5D=1', '[$ne]=1'].map((text) => ask('other', 'GET', `${all}/‹paper›?fields${text}`, refused)),
    files: [
      ask('other', 'POST', '/api/files/‹otherFile›/link', refused, { body: { expiresIn: { $gt: 1 } } }),
      ask('other', 'POST', '/api/files/‹otherFile›/link', refused, { body: { id: { $ne: null } } }),
    ],
  }),
  attack('A34', 'wildcards, regular expressions and the syntax of searches', 'are letters: they stand for themselves', {
    ...literally(patterns),
    list: [
      ...inQuery('list', literal(patterns), nothing),
      ...inQuery(
        'list',
        searched.map((text) => `search=${encoded(text)}`),
        {
          status: 200,
          check: ({ body, text }) =>
            assert.ok(
              body.items.every(({ title, body: long }: { title: string; body: string | null }) =>
                /Open|Foreign|Op/.test(`${title} ${long}`),
              ),
              text,
            ),
        },
      ),
    ],
    aggregate: [
      ...inQuery('aggregate', literal(patterns), noGroups),
      ...inQuery(
        'aggregate',
        searched.map((text) => `search=${encoded(text)}`),
        { status: 200 },
      ),
    ],
    create: kept(patterns),
    batch: keptInBatch(patterns),
    import: keptInRows(patterns),
    get: noText,
    update: asIds(patterns).update,
    files: asIds(patterns).files,
  }),
  attack(
    'A35',
    'line breaks and control characters for mails, and expressions of templates',
    'are refused in a line of text, and are letters elsewhere',
    {
      ...inLines,
      create: async (twins) => {
        for (const one of inLines.create) await both(twins, one.as, one.request, one.expect)
        await kept(templates)(twins)
      },
      ...(() => {
        const on = literally(templates)
        return { list: on.list, aggregate: on.aggregate, export: on.export, live: on.live }
      })(),
      get: asIds(templates).get,
      files: asIds(templates).files,
    },
  ),
  attack('A36', 'headers of answers, lines of logs and formulas of spreadsheets', 'are neither begun nor made', {
    ...texts(formulas),
    get: injected.map((text) => ask('other', 'GET', `${all}/${text}`, { status: [400, 404], check: noHeader })),
    update: injected.map((text) =>
      ask('other', 'PATCH', `${all}/${text}`, { status: [400, 404], check: noHeader }, { body: { pages: 1 } }),
    ),
    ...inQueries(
      ['list', 'aggregate', 'live', 'export'],
      injected.flatMap((text) => [`sort=${text}`, `filter[${text}]=1`, `format=${text}`, `lastEventId=${text}`]),
      { status: 400, check: noHeader },
    ),
    export: [
      ...injected.map((text) => ask('staff', 'GET', `${all}/export?format=${text}`, { status: 400, check: noHeader })),
      ask('staff', 'GET', `${all}/export`, {
        status: 200,
        check: ({ headers }) => assert.equal(headers['content-disposition'], 'attachment; filename="papers.csv"'),
      }),
    ],
    files: injected.map((text) =>
      ask(
        'other',
        'POST',
        '/api/files',
        { status: [201, 400], check: noHeader, stores: true },
        {
          headers: {
            'file-name': `a${text.replaceAll(' ', '%20').replaceAll('<', '%3C').replaceAll('>', '%3E')}.txt`,
            'content-type': 'text/plain',
          },
          body: 'x',
        },
      ),
    ),
  }),
  attack('A37', 'ways out of a folder, in ids, names of files and names of collections', 'are ids of nothing, and names without a path', {
    ...asIds(paths),
    ...texts(paths),
    files: sentPaths,
    batch: [
      ...paths,
      '/api/../metrics',
      '/api/papers/../users',
      '//evil.example/api/papers',
      'http://evil.example/api/papers',
      '/api/papers\\..\\users',
    ].map((path) =>
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: [400, 404], path: '/operations/0/path' },
        { body: { operations: [{ method: 'POST', path, body: { title: 'T' } }] } },
      ),
    ),
    ...inQueries(
      ['list', 'aggregate', 'export'],
      paths.map((text) => `filter[title][startsWith]=${encoded(text)}`),
      { status: 200 },
    ),
    live: paths.map((text) => ask('other', 'GET', `/api/changes?collections=${encoded(text)}`, refused)),
  }),
  attack('A38', 'pages, scripts and pictures that run, as texts and as files', 'are answered as JSON that nobody sniffs, or kept', {
    ...texts(markups),
    get: [ask('other', 'GET', paper, { status: 200, check: bySniff })],
    update: [
      ask(
        'other',
        'PATCH',
        paper,
        { status: 200, check: bySniff, stores: true },
        { body: { pages: 3, body: '<script>alert(1)</script>' } },
      ),
      ask('other', 'PATCH', paper, { status: 200, stores: true }, { body: { body: null } }),
    ],
    ...inQueries(
      ['list', 'aggregate', 'live', 'export'],
      markups.map((text) => `filter[title]=${encoded(text)}`),
      { status: 200, check: bySniff },
    ),
    files: keptPages,
  }),
  attack('A39', 'XML and other languages where JSON is meant', 'are refused by their type, and read by nothing', {
    create: inMedia('other', 'POST', all),
    update: inMedia('other', 'PATCH', paper),
    batch: inMedia('other', 'POST', '/api/batch'),
    import: ['application/xml', 'text/xml'].map((type) =>
      ask(
        'staff',
        'POST',
        `${all}/import`,
        { status: [200, 400, 415], check: ({ body }) => assert.ok((body.created ?? 0) === 0) },
        { headers: { 'content-type': type }, body: xml },
      ),
    ),
    files: async (twins) => {
      await both(
        twins,
        'other',
        { method: 'POST', url: '/api/files', headers: { 'content-type': 'image/svg+xml', 'file-name': 'a.svg' }, body: xml },
        { status: 201 },
      )
      const file = twins.shown('file').at(-1)!
      const { headers, text } = await both(twins, 'other', { method: 'GET', url: `/api/files/${file}/content?w=32` })
      assert.ok(headers['content-disposition'] === undefined || String(headers['content-disposition']).startsWith('attachment;'), text)
      assert.doesNotMatch(text, /root:/)
      await both(twins, 'other', { method: 'DELETE', url: `/api/uploads/${file}`, headers: { 'tus-resumable': '1.0.0' } })
    },
    rest: 'Takes no body.',
  }),
  attack('A40', 'who has an account, asked by records', 'is told to nobody: an account that one may not see is one that there is not', {
    list: [
      ...['[email]=owner@example.com', '[id]=‹owner›', '[email][startsWith]=own', '[name]=owner'].map(hasNone),
      ...inQuery('list', ['filter[owner.email]=owner@example.com', 'filter[owner.name]=owner', 'filter[owner][email][contains]=own'], {
        status: [200, 400],
      }),
    ].map((one) => ({ ...one, as: 'other' as const })),
    get: [
      ask('other', 'GET', '/api/users/‹owner›', { status: 404, like: { '‹owner›': '‹none usr›' } }),
      ask('guest', 'GET', '/api/users/‹owner›', { status: 404, like: { '‹owner›': '‹none usr›' } }),
    ],
    create: [
      ask('guest', 'POST', all, { status: [401, 403], like: { '‹owner›': '‹none usr›' } }, { body: { title: 'T', owner: '‹owner›' } }),
      ask('other', 'POST', all, { status: 403, like: { '‹owner›': '‹none usr›' } }, { body: { title: 'T', owner: '‹owner›' } }),
    ],
    update: [ask('other', 'PATCH', paper, { status: 403, like: { '‹owner›': '‹none usr›' } }, { body: { owner: '‹owner›' } })],
    batch: [
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: 403, like: { '‹owner›': '‹none usr›' } },
        { body: { operations: [{ method: 'POST', path: all, body: { title: 'T', owner: '‹owner›' } }] } },
      ),
    ],
    live: [
      ask('other', 'GET', '/api/changes?collections=users&filter[email]=owner@example.com', {
        status: 200,
        like: { 'owner@example': 'nobody@example' },
      }),
    ],
    aggregate: [
      ask('other', 'GET', `${all}/aggregate?filter[owner.email]=owner@example.com`, {
        status: [200, 400],
        like: { 'owner@example': 'nobody@example' },
      }),
    ],
    export: 'Staff see accounts.',
    import: 'Staff see accounts.',
    files: [ask('other', 'GET', '/api/files?filter[uploadedBy]=‹owner›', { status: 200, like: { '‹owner›': '‹none usr›' } })],
  }),
]
