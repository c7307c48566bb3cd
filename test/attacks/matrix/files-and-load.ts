// A63 to A73: conditions and ranges, many readers, what is dear, what is fetched, and files.
import assert from 'node:assert/strict'
import { limits } from '../../../src/base/limits.ts'
import type { ApiAnswer, As } from '../../support/api-harness.ts'
import type { Twins } from '../../support/two-worlds/twins.ts'
import { both } from './arena.ts'
import { type Attack, ask, attack, type Expected, importedCsv, inQuery, inWrites, json, written } from './asks.ts'

const all = '/api/papers'
const paper = `${all}/‹paper›`
const content = '/api/files/‹otherFile›/content'
const refused: Expected = { status: 400 }
const junk = ['x', '"', '""', 'W/"x"', '"a","b"', '*, "a"', `"${'x'.repeat(3_000)}"`, '"x\u00e9"', ',,,', 'W/']
const many = (count: number, make: (index: number) => string) => Array.from({ length: count }, (_, index) => make(index))
const inStep = (body: object, more: object = {}) => ({ body: { operations: [{ method: 'PATCH', path: paper, body, ...more }] } })

async function upload(twins: Twins, as: As, name: string, body = 'some words'): Promise<string> {
  await both(
    twins,
    as,
    { method: 'POST', url: '/api/files', headers: { 'content-type': 'text/plain', 'file-name': encodeURIComponent(name) }, body },
    { status: 201 },
  )
  return twins.shown('file').at(-1)!
}
async function make(twins: Twins, body: object): Promise<string> {
  await both(twins, 'other', { method: 'POST', url: all, body }, { status: 201 })
  return twins.shown('papr').at(-1)!
}
const remove = async (twins: Twins, paperId: string) =>
  await both(twins, 'other', { method: 'DELETE', url: `${all}/${paperId}` }, { status: 204 })

/** A file that is the value of one record is no other's: neither taken over nor removed with it. */
const claimedTwice =
  (claim: (twins: Twins, file: string) => Promise<ApiAnswer>) =>
  async (twins: Twins): Promise<void> => {
    const file = await upload(twins, 'other', 'shared.txt')
    const first = await make(twins, { title: 'First', scan: { id: file } })
    const answer = await claim(twins, file)
    assert.ok(answer.status === 422 || answer.body.rejected === 1, answer.text)
    assert.match(answer.text, /reference_not_found/)
    await both(twins, 'other', { method: 'GET', url: `/api/files/${file}/content` }, { status: 200 })
    await remove(twins, first)
    await both(twins, 'other', { method: 'GET', url: `/api/files/${file}/content` }, { status: 404 })
  }

async function sameNames(twins: Twins): Promise<void> {
  const names = ['a.txt', 'a.txt', 'A.TXT', 'ﬁ.txt', 'e\u0301.txt', '\u00e9.txt', '../a.txt']
  const files: string[] = []
  for (const [index, name] of names.entries()) files.push(await upload(twins, 'other', name, `content ${index}`))
  assert.equal(new Set(files).size, names.length)
  for (const [index, file] of files.entries()) {
    const { text } = await both(twins, 'other', { method: 'GET', url: `/api/files/${file}/content` }, { status: 200 })
    assert.equal(text, `content ${index}`)
    await both(twins, 'other', { method: 'DELETE', url: `/api/uploads/${file}`, headers: { 'tus-resumable': '1.0.0' } }, { status: 204 })
    await both(twins, 'other', { method: 'GET', url: `/api/files/${file}/content` }, { status: 404 })
  }
}

/** As many as may wait for a record, and no more; of another sender there is room. */
async function manyFiles(twins: Twins): Promise<void> {
  const files: string[] = []
  for (let count = 0; count <= limits.filesUnclaimedMax; count++) {
    const { status, body } = await both(twins, 'staff', {
      method: 'POST',
      url: '/api/files',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    })
    if (status !== 201) {
      assert.equal(body.code, 'too_many_files')
      break
    }
    files.push(twins.shown('file').at(-1)!)
  }
  assert.ok(files.length <= limits.filesUnclaimedMax)
  await both(
    twins,
    'staff',
    { method: 'POST', url: '/api/uploads', headers: { 'tus-resumable': '1.0.0', 'upload-length': '1' } },
    { status: 409, code: 'too_many_files' },
  )
  for (const file of files)
    await both(twins, 'staff', { method: 'DELETE', url: `/api/uploads/${file}`, headers: { 'tus-resumable': '1.0.0' } }, { status: 204 })
}

/** Of what was signed for one file, for a while, by its own key. */
async function links(twins: Twins): Promise<void> {
  const signed: Record<'left' | 'right', string> = { left: '', right: '' }
  for (const side of ['left', 'right'] as const) {
    const { body } = await twins.worlds[side].call(
      'other',
      twins.render(side, { method: 'POST', url: '/api/files/‹otherFile›/link', body: { expiresIn: 60 } }),
    )
    signed[side] = body.url
  }
  twins.name('link', signed)
  await both(twins, 'guest', { method: 'GET', url: '‹link›' }, { status: 200 })
  for (const side of ['left', 'right'] as const) {
    const world = twins.worlds[side]
    const url = signed[side]
    const { url: hidden } = twins.render(side, { method: 'GET', url: '/api/files/‹hiddenFile›/content' })
    const query = url.slice(url.indexOf('?'))
    for (const altered of [
      hidden + query,
      url.replace(/expires=\d+/, (text) => `expires=${Number(text.slice(8)) + 1}`),
      url.replace(/signature=./, 'signature=!'),
      url.replace(/&signature=.*/, '&signature='),
      `${url}a`,
    ]) {
      const answer = await world.call('guest', { method: 'GET', url: altered })
      assert.ok(answer.status === 403 || answer.status === 400, `${altered}: ${answer.text}`)
    }
  }
}

const locals = [
  'http://127.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://0x7f.1/',
  'http://169.254.169.254/latest/meta-data',
  'http://2130706433/',
  'https://a.example@127.0.0.1/',
]
const noAddresses = [
  'javascript:alert(1)',
  'file:///etc/passwd',
  'gopher://a.example/',
  'data:text/html,x',
  'ftp://a.example/',
  '//a.example/',
  '/relative',
  'http://',
  'http://a b/',
  'http:\\\\a.example',
  ' http://a.example/',
]
/** An address is kept and shown; nothing of the engine asks there. */
const asAddresses = inWrites(noAddresses.map((link) => written({ link }, { status: 400, path: '/link' })))
const secured = ({ headers, text }: ApiAnswer) => {
  assert.equal(headers['x-content-type-options'], 'nosniff', text)
  assert.doesNotMatch(String(headers['content-type']), /html/)
}
const isPrivate = ({ headers, text }: ApiAnswer) => assert.match(String(headers['cache-control']), /private|no-store/, text)
const sealed = (answer: ApiAnswer) => {
  secured(answer)
  isPrivate(answer)
}

export const filesAndLoad: readonly Attack[] = [
  attack('A63', 'ranges and conditions that are broken', 'are passed over or refused, and never a failure of ours', {
    files: [
      ...['bytes=5-1', 'bytes=a-b', 'lines=0-1', 'bytes=0-0,2-3', 'bytes=-', 'bytes='].map((range) =>
        ask('other', 'GET', content, { status: 200 }, { headers: { range } }),
      ),
      ask('other', 'GET', content, { status: 416 }, { headers: { range: 'bytes=99-' } }),
      ...junk.flatMap((tag) => [
        ask('other', 'GET', content, { status: 200 }, { headers: { 'if-none-match': tag.replace('*, ', '') } }),
        ask('other', 'GET', content, { status: 200 }, { headers: { range: 'bytes=0-1', 'if-range': tag } }),
      ]),
    ],
    get: junk.map((tag) =>
      ask(
        'other',
        'GET',
        paper,
        { status: 200 },
        { headers: { 'if-none-match': tag.replace('*, ', ''), 'if-modified-since': 'yesterday', range: 'bytes=0-1' } },
      ),
    ),
    update: junk.flatMap((tag) => [
      ask('other', 'PATCH', paper, { status: 412 }, { headers: { 'if-match': tag.replace('*, ', '') }, body: { pages: 9 } }),
      ask('other', 'DELETE', paper, { status: 412 }, { headers: { 'if-match': tag.replace('*, ', '') } }),
    ]),
    batch: [
      ...junk.map((ifMatch) =>
        ask('other', 'POST', '/api/batch', { status: 412 }, inStep({ pages: 9 }, { ifMatch: ifMatch.replace('*, ', '') })),
      ),
      ask('other', 'POST', '/api/batch', refused, inStep({ pages: 9 }, { ifMatch: { $ne: 1 } })),
    ],
    list: junk.map((tag) => ask('other', 'GET', all, { status: 200 }, { headers: { 'if-none-match': tag, range: 'bytes=0-1' } })),
    aggregate: [ask('other', 'GET', `${all}/aggregate`, { status: 200 }, { headers: { range: 'bytes=0-1' } })],
    export: [ask('staff', 'GET', `${all}/export`, { status: 200 }, { headers: { range: 'bytes=0-1', 'if-range': '"x"' } })],
    live: ['x', '-1', '1.5.5', '9'.repeat(30), 'é', '', '0-'].map((id) =>
      ask('other', 'GET', '/api/changes?collections=papers', { status: [200, 400] }, { headers: { 'last-event-id': id } }),
    ),
    create: [ask('guest', 'POST', all, { status: 401 }, { headers: { 'if-match': '"x"' }, body: { title: 'T' } })],
    import: [
      ask(
        'staff',
        'POST',
        `${all}/import`,
        { status: 400 },
        { headers: { 'idempotency-key': 'a', 'content-type': 'text/csv' }, body: 'title\nT\n' },
      ),
    ],
  }),
  attack('A64', 'streams of everything, and readers without number', 'are asked for by name, and have limits of their own', {
    live: [
      ask('other', 'GET', `/api/changes?collections=${many(500, (index) => `c${index}`).join()}`, refused),
      ask('other', 'GET', '/api/changes?collections=', refused),
      ask('other', 'GET', '/api/changes', refused),
      ask('other', 'GET', `/api/changes?collections=${many(200, () => 'papers').join()}`, { status: 200 }),
      ask('other', 'GET', '/api/changes?collections=papers,folders&filter[isOpen]=true', refused),
    ],
    rest: 'Answers once. Ten thousand readers and slow ones: live-scale.test.ts, live.test.ts.',
  }),
  attack('A65', 'questions that cost much and are asked by anybody', 'are bounded in words, conditions, references, groups and sides', {
    list: inQuery(
      'list',
      [
        `search=${many(20, () => 'a').join('+')}`,
        `search=${'a'.repeat(5_000)}`,
        `filter[id][in]=${many(300, (index) => `a${index}`).join()}`,
        many(60, (index) => `filter[or][${index}][title]=a`).join('&'),
        `sort=${many(20, (index) => `f${index}`).join()}`,
        `expand=${many(20, () => 'kin').join()}`,
        'expand=kin.kin.kin.kin',
        'filter[kin.kin.kin.kin.title]=a',
        'limit=100000',
      ],
      refused,
    ),
    get: inQuery('get', ['expand=kin.kin.kin.kin', `expand=${many(20, () => 'kin').join()}`], refused),
    aggregate: inQuery(
      'aggregate',
      [
        `group=${many(20, (index) => `f${index}`).join()}`,
        `sum=${many(60, (index) => `f${index}`).join()}`,
        'limit=100000',
        'filter[kin.kin.kin.kin.title]=a',
      ],
      refused,
    ),
    live: inQuery('live', ['filter[kin.kin.kin.kin.title]=a', many(60, (index) => `filter[or][${index}][title]=a`).join('&')], refused),
    export: [ask('guest', 'GET', `${all}/export`, { status: 401 }), ...inQuery('export', ['filter[kin.kin.kin.kin.title]=a'], refused)],
    batch: [
      ask('guest', 'POST', '/api/batch', refused, {
        body: { operations: many(limits.batchOperationsMax + 1, () => 'x').map(() => ({ method: 'DELETE', path: paper })) },
      }),
    ],
    files: ['w=100000', 'w=9999999999', 'h=0'].map((query) => ask('other', 'GET', `${content}?${query}`, refused)),
    create: [
      ask('other', 'POST', all, refused, { headers: json, body: `{"title":"T","meta":${'['.repeat(200)}${']'.repeat(200)}}` }),
      ask('other', 'POST', all, refused, { body: { title: 'T', words: many(5_000, (index) => `w${index}`) } }),
    ],
    update: [ask('other', 'PATCH', paper, refused, { body: { words: { $push: many(5_000, (index) => `w${index}`) } } })],
    import: [importedCsv(`${many(2_000, (index) => `c${index}`).join()}\n`, refused)],
  }),
  attack('A66', 'a look at every record that a stranger causes', 'is seen by the watch on plans, whichever test asks', {
    rest: 'Every statement that a test causes on SQLite is looked at: watch-plans.ts. The slowest requests: bounds.test.ts.',
  }),
  attack('A67', 'room that one sender fills', 'ends where it is theirs: others have room', {
    files: manyFiles,
    batch: [
      ask(
        'other',
        'POST',
        '/api/batch',
        { status: 400, code: 'too_large' },
        {
          body: {
            operations: [
              { method: 'POST', path: all, body: { title: 'T', meta: 'x'.repeat(400_000) } },
              ...many(4, () => 'x').map(() => ({
                method: 'PATCH',
                path: '/api/papers/{/0/id}',
                body: { meta: { a: { $result: '/0/meta' } } },
              })),
            ],
          },
        },
      ),
    ],
    create: [ask('other', 'POST', all, { status: 413 }, { headers: json, body: `{"title":"${'x'.repeat(1_100_000)}"}` })],
    update: [ask('other', 'PATCH', paper, { status: 413 }, { headers: json, body: `{"title":"${'x'.repeat(1_100_000)}"}` })],
    import: [
      ask(
        'staff',
        'POST',
        `${all}/import`,
        { status: [200, 400], check: ({ body }) => assert.ok((body.created ?? 0) === 0) },
        { headers: { 'content-type': 'text/csv' }, body: `title\n"${'x'.repeat(1_100_000)}"\n` },
      ),
    ],
    rest: 'Fills nothing. How many requests one may send: http.test.ts.',
  }),
  attack('A68', 'work that fails for ever, mails in a circle, webhooks in a circle', 'is of effects', {
    rest: 'Starts no work of that kind: effects are in runner.test.ts, webhooks in webhooks.test.ts.',
  }),
  attack('A69', 'addresses of the inside, and such as are none', 'are kept or refused as texts, and asked by nothing', {
    ...asAddresses,
    create: [
      ...asAddresses.create,
      ...locals.map((link) => ask('other', 'POST', all, { status: [201, 400], stores: true }, { body: { title: 'Address', link } })),
    ],
    import: [
      ...asAddresses.import,
      ...locals.flatMap((url) =>
        ['url', 'file', 'from'].map((name) =>
          ask('staff', 'POST', `${all}/import?${name}=${encodeURIComponent(url)}`, refused, {
            headers: { 'content-type': 'text/csv' },
            body: 'title\nT\n',
          }),
        ),
      ),
    ],
    files: locals.flatMap((url) => [
      ask('other', 'POST', `/api/files?url=${encodeURIComponent(url)}`, refused, { body: 'x' }),
      ask('other', 'GET', `${content}?url=${encodeURIComponent(url)}`, refused),
    ]),
    rest: 'Takes no address to ask. Webhooks do: webhooks.test.ts and egress.test.ts.',
  }),
  attack('A70', 'what is fetched for a caller, by its text, size or time', 'is nothing', {
    rest: 'Nothing is fetched for a caller here: see A69.',
  }),
  attack('A71', 'pages and pictures that run, of types that lie, by each way to upload', 'are shown as what they are, or kept', {
    import: ['<html><script>alert(1)</script>', '\x89PNG\r\n\x1a\n', 'GIF89a'].map((text) =>
      ask('staff', 'POST', `${all}/import`, { status: 400 }, { headers: { 'content-type': 'text/csv' }, body: text }),
    ),
    files: 'Generated in uploads.test.ts: 396 combinations of door, type and content.',
    rest: 'Takes no bytes.',
  }),
  attack('A72', 'an answer that a browser takes for a page, or that others keep', 'says what it is, and whose', {
    get: [
      ask('other', 'GET', paper, { status: 200, check: sealed }),
      ask('other', 'GET', `${all}/‹hidden›`, { status: 404, check: sealed }),
    ],
    list: [
      ask('other', 'GET', all, { status: 200, check: sealed }),
      ask('other', 'GET', `${all}?sort=%3Cscript%3E`, { status: 400, check: sealed }),
    ],
    create: [ask('other', 'POST', all, { status: 400, check: sealed }, { body: { '<script>': 1 } })],
    update: [ask('other', 'PATCH', paper, { status: 400, check: sealed }, { body: { '<script>': 1 } })],
    batch: [
      ask('other', 'POST', '/api/batch', { status: 404, check: sealed }, { body: { operations: [{ method: 'POST', path: '/<script>' }] } }),
    ],
    aggregate: [ask('other', 'GET', `${all}/aggregate`, { status: 200, check: sealed })],
    live: [ask('other', 'GET', '/api/changes?collections=papers', { status: 200, check: sealed })],
    export: [
      ask('staff', 'GET', `${all}/export`, {
        status: 200,
        check: (answer) => {
          sealed(answer)
          assert.match(String(answer.headers['content-disposition']), /^attachment/)
        },
      }),
    ],
    import: [importedCsv('<script>\n', { status: 400, check: sealed })],
    files: [
      ask('other', 'GET', content, {
        status: 200,
        check: (answer) => {
          sealed(answer)
          assert.match(String(answer.headers['content-security-policy']), /default-src 'none'.*sandbox/)
        },
      }),
      ask('other', 'GET', `${content}?download=true`, {
        status: 200,
        check: ({ headers }) => assert.match(String(headers['content-disposition']), /^attachment;/),
      }),
      ask('other', 'GET', '/api/files/‹otherFile›', { status: 200, check: sealed }),
    ],
  }),
  attack('A73', 'a file by the name of another, and one that two records name', 'is another file, and is of one record', {
    create: claimedTwice(
      async (twins, file) => await both(twins, 'other', { method: 'POST', url: all, body: { title: 'Second', scan: { id: file } } }),
    ),
    update: claimedTwice(
      async (twins, file) => await both(twins, 'other', { method: 'PATCH', url: paper, body: { scans: [{ id: file }] } }),
    ),
    batch: claimedTwice(
      async (twins, file) =>
        await both(twins, 'other', {
          method: 'POST',
          url: '/api/batch',
          body: { operations: [{ method: 'POST', path: all, body: { title: 'Second', scans: [{ id: file }] } }] },
        }),
    ),
    import: claimedTwice(
      async (twins, file) =>
        await both(twins, 'staff', {
          method: 'POST',
          url: `${all}/import`,
          headers: { 'content-type': 'application/jsonl' },
          body: JSON.stringify({ title: 'Second', scan: { id: file } }),
        }),
    ),
    files: async (twins) => {
      await sameNames(twins)
      await links(twins)
    },
    rest: 'Claims no file.',
  }),
]
