// Values come back as they were given, or are refused with their path: on every database alike.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { indexWidthMistake } from '../../src/schema/index-width.ts'
import { type ApiAnswer, notes, openWorld, type World } from '../support/api-harness.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

const json = { 'content-type': 'application/json' }
const create = (body: unknown): Promise<ApiAnswer> => world.call('other', { method: 'POST', url: '/api/notes', body, headers: json })
const issue = ({ status, body }: ApiAnswer) => [status, body.errors?.[0]?.path, body.errors?.[0]?.code]

describe('a body', () => {
  test('with a number that would lose digits is refused, wherever it stands', async () => {
    const raw = (text: string) => create(`{"title":"digits",${text}}`)
    assert.deepEqual(issue(await raw('"meta":{"id":[12345678901234567]}')), [400, '/meta/id/0', 'number'])
    assert.deepEqual(issue(await raw('"rank":9007199254740993')), [400, '/rank', 'number'])
    assert.deepEqual(issue(await raw('"meta":1e400')), [400, '/meta', 'number'])
    const kept = await raw('"meta":{"big":12345678901234567000,"small":[0.1,5e-324,-0,1.50]}')
    assert.equal(kept.status, 201)
    const read = await world.call('other', { method: 'GET', url: `/api/notes/${kept.body.id}` })
    assert.deepEqual(read.body.meta, { big: 12345678901234567000, small: [0.1, 5e-324, 0, 1.5] })
  })

  test('that is not UTF-8 is malformed, not stored with marks in its place', async () => {
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80]]) {
      const answer = await create(Buffer.concat([Buffer.from('{"title":"a'), Buffer.from(bytes), Buffer.from('"}')]))
      assert.deepEqual([answer.status, answer.body.code], [400, 'malformed_json'])
    }
    for (const place of ['search=%ff', 'filter[title]=%c3%28', 'filter[title]=%ed%a0%80', 'filter[title]=%00'])
      assert.equal((await world.call('other', { method: 'GET', url: `/api/notes?${place}` })).status, 400, place)
    for (const id of ['%ff', '%00', '%ed%a0%80', 'note_%00'])
      assert.ok([400, 404].includes((await world.call('other', { method: 'GET', url: `/api/notes/${id}` })).status), id)
  })

  test('that gives a name twice is refused: who reads it first would decide', async () => {
    assert.deepEqual(issue(await create('{"title":"a","meta":{"x":1,"\\u0078":2}}')), [400, '', 'repeated'])
  })
})

describe('a field', () => {
  test('of money keeps its limits', async () => {
    const asStaff = (price: number) =>
      world.call('staff', {
        method: 'PATCH',
        url: `/api/notes/${world.ids['publicNote']}`,
        body: { budget: { amount: price, currency: 'EUR' } },
      })
    assert.deepEqual(issue(await create({ title: 'a', budget: { amount: 100_001, currency: 'EUR' } })), [400, '/budget/amount', 'maximum'])
    assert.deepEqual(issue(await asStaff(100_001)), [400, '/budget/amount', 'maximum'])
    assert.deepEqual(issue(await asStaff(-1)), [400, '/budget/amount', 'minimum'])
    assert.equal((await asStaff(100_000)).status, 200)
  })

  test('of one line takes no line break and no control character', async () => {
    for (const mark of ['\n', '\r', '\t', '\u000b', '\u001b', '\u007f', '\u0085', '\u2028', '\u2029'])
      assert.deepEqual(issue(await create({ title: `a${mark}b` })), [400, '/title', 'pattern'], JSON.stringify(mark))
    assert.equal((await create({ title: 'ünï 😀 \u00a0', body: 'a\nb\tc' })).status, 201)
  })

  test('of an address takes none that a browser would mend', async () => {
    for (const link of [
      'http://a.example/a b',
      ' http://a.example',
      'http://a.example/\n',
      'http://a.example/\tb',
      'http://a.example\\@b.example',
      'http:///a.example',
      'http://',
      'http://?a',
      'http://a.example/<script>',
      'http://a.example/\u0085',
      'http://a.example/\u00a0',
      'javascript:alert(1)',
      'http://a example/',
    ])
      assert.deepEqual(issue(await create({ title: 'a', link })), [400, '/link', 'format'], JSON.stringify(link))
    for (const link of ['http://a.example', 'HTTPS://A.example:8080/b?c=d#e', 'http://ä.example/ü', 'http://[::1]/'])
      assert.equal((await create({ title: 'a', link })).body.link, link)
  })
})

describe('a PATCH of a JSON field', () => {
  const patch = (id: string, body: unknown) => world.call('other', { method: 'PATCH', url: `/api/notes/${id}`, body })
  const made = async (body: object) => (await create({ title: 'json', ...body })).body.id as string

  test('merges, as its media type says', async () => {
    const id = await made({ meta: { a: 1, b: { c: 1, d: 2 }, e: [1, 2] } })
    const after = async (meta: unknown) => (await patch(id, { meta })).body.meta
    assert.deepEqual(await after({ f: 1 }), { a: 1, b: { c: 1, d: 2 }, e: [1, 2], f: 1 })
    assert.deepEqual(await after({ a: null, b: { c: null, x: { y: null, z: 1 } }, e: [3], gone: null }), {
      b: { d: 2, x: { z: 1 } },
      e: [3],
      f: 1,
    })
    assert.deepEqual(await after({ constructor: { prototype: 1 }, toString: null }), {
      b: { d: 2, x: { z: 1 } },
      e: [3],
      f: 1,
      constructor: { prototype: 1 },
    })
    assert.deepEqual(await after('text'), 'text')
    assert.deepEqual(await after({ a: { b: null } }), { a: {} })
    assert.equal(await after(null), null)
    assert.deepEqual((await world.call('other', { method: 'GET', url: `/api/notes/${id}` })).body.meta, null)
  })

  test('must fit the schema after the merge, and one that is optional can be cleared', async () => {
    const id = await made({ size: { width: 1, height: 2 } })
    assert.deepEqual((await patch(id, { size: { width: 5 } })).body.size, { width: 5, height: 2 })
    assert.deepEqual(issue(await patch(id, { size: { width: null } })), [400, '/size/width', 'required'])
    assert.deepEqual(issue(await patch(id, { size: { width: 'wide' } })), [400, '/size/width', 'type'])
    assert.deepEqual(issue(await patch(id, { size: 7 })), [400, '/size', 'type'])
    assert.deepEqual(issue(await create({ title: 'a', size: { width: 1 } })), [400, '/size/height', 'required'])
    assert.equal((await patch(id, { size: null })).body.size, null)
    assert.deepEqual((await patch(id, { size: { width: 1, height: null, depth: null } })).status, 400)
    assert.equal((await create({ title: 'a', size: null })).body.size, null)
  })

  test('cannot make it grow past what one body may hold', async () => {
    const id = await made({ meta: { a: 'x'.repeat(600_000) } })
    assert.deepEqual(issue(await patch(id, { meta: { b: 'x'.repeat(600_000) } })), [400, '/meta', 'length'])
  })
})

describe('an answer', () => {
  const get = (url: string) => world.call('other', { method: 'GET', url })
  const children = async (parent: string, count: number, body: string) => {
    const owner = world.ids['other']!
    await world.write(async (tx) => {
      const empty = { slug: null, rank: null, due: null, day: null, kind: null, contact: null, link: null, price: null }
      const more = {
        budget: null,
        meta: null,
        size: null,
        tags: [],
        cover: null,
        papers: [],
        score: null,
        scored: null,
        views: 0,
        isPublic: false,
      }
      for (let index = 0; index < count; index++)
        await tx.insert(notes, { id: world.engine.newId('note'), owner, title: `child ${index}`, body, parent, ...empty, ...more } as never)
    })
  }

  test('holds every record of a list, or refuses it and says what to do', async () => {
    const [many, one] = [(await create({ title: 'many' })).body.id as string, (await create({ title: 'one' })).body.id as string]
    await children(many, limits.expandRecordsMax, 'x')
    await children(one, 1, 'x')
    const whole = await get(`/api/notes/${many}?expand=children`)
    assert.equal(whole.body.children.length, limits.expandRecordsMax)
    const page = await get(`/api/notes?filter[id][in]=${many},${one}&expand=children`)
    assert.deepEqual([page.status, page.body.code, page.body.errors[0].path], [422, 'expand_too_large', 'query:expand'])
    assert.match(page.body.detail, /list notes with filter\[parent\]/)
    // As often as it stands there: each child names its parent once more.
    assert.equal((await get(`/api/notes/${many}?expand=children.parent`)).status, 422)
    assert.equal((await get(`/api/notes/${one}?expand=children.parent.children`)).status, 200)
  })

  test('has a bound in bytes: a page ends earlier, what is expanded is refused', async () => {
    const parent = (await create({ title: 'heavy' })).body.id as string
    const body = 'x'.repeat(100_000)
    await children(parent, 60, body)
    const walked: string[] = []
    let cursor = ''
    do {
      const page = await get(`/api/notes?filter[parent]=${parent}&limit=200${cursor}`)
      assert.ok(page.text.length < limits.answerBytesMax + 200_000)
      walked.push(...page.body.items.map(({ id }: { id: string }) => id))
      cursor = page.body.next === null ? '' : `&cursor=${page.body.next}`
    } while (cursor !== '')
    assert.equal(new Set(walked).size, 60)
    assert.equal((await get(`/api/notes/${parent}?expand=children`)).body.code, 'expand_too_large')
  })
})

describe('an index', () => {
  test('takes the longest texts that its fields take, of characters of four bytes', async () => {
    // Such that no compression makes them shorter.
    const letters = Array.from({ length: 640 }, (_, index) => String.fromCodePoint(0x20000 + ((index * 7_919) % 40_000))).join('')
    const made = await create({ title: 'wide', tag: letters })
    assert.equal(made.status, 201)
    assert.equal((await create({ title: 'wide', tag: letters })).body.code, 'already_exists')
    const found = await world.call('other', {
      method: 'GET',
      url: `/api/notes?filter[tag]=${encodeURIComponent(letters.slice(0, 100))}&fields=id`,
    })
    assert.deepEqual(found.body.items, [])
    assert.deepEqual(issue(await create({ title: 'wide', tag: 'x'.repeat(641) })), [400, '/tag', 'maxLength'])
  })

  test('of our own collections is none that the check would refuse', () => {
    for (const { name, source } of world.engine.parts.model.collections.values())
      for (const paths of [
        ...(source.indexes ?? []),
        ...(source.unique ?? []),
        ...Object.keys(source.fields)
          .filter((one) => source.fields[one]!.unique)
          .map((one) => [one]),
      ])
        assert.equal(indexWidthMistake(source.fields, paths), null, `${name} ${paths}`)
  })
})
