// `search=`: what it finds, what it puts first, and that nobody learns by it what a list hides. The same on every database.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { actorId, any, anyone, staff, where } from '../../src/access/rule.ts'
import { haveWords, wordsSought } from '../../src/contract/words.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { createChance } from '../support/chance.ts'
import { eventually } from '../support/eventually.ts'

const articles = collection('articles', {
  prefix: 'art',
  fields: {
    title: field.text({ required: true, search: { weight: 3 } }),
    text: field.longText({ search: true }),
    remark: field.text({ read: staff, write: staff, search: { weight: 2 } }),
    section: field.ref('sections', { onDelete: 'cascade' }),
    year: field.integer(),
    isPublic: field.boolean({ default: true }),
    owner: field.ref('users', { write: staff }),
  },
  softDelete: true,
  access: { read: any(staff, where('isPublic').eq(true), where('owner').eq(actorId)), create: staff, update: staff, delete: staff },
})
const sections = collection('sections', {
  prefix: 'sec',
  fields: { name: field.text({ required: true }) },
  access: { read: anyone, create: staff, delete: staff },
})

let world: World
before(async () => {
  world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, articles, sections] as never } })
})
after(() => world.close())

type Page = {
  readonly items: readonly { readonly id: string; readonly title: string }[]
  readonly next: string | null
  readonly count?: number
}

async function write(method: string, url: string, body?: object) {
  const answer = await world.call('staff', { method, url: `/api/${url}`, ...(body && { body }) })
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
const add = async (title: string, more: object = {}): Promise<string> => (await write('POST', 'articles', { title, ...more })).id

async function list(query: Record<string, string | number>, as: As = 'guest'): Promise<Page> {
  const url = `/api/articles?${new URLSearchParams(query as Record<string, string>)}`
  const answer = await world.call(as, { method: 'GET', url })
  assert.equal(answer.status, 200, `${url}: ${answer.text}`)
  return answer.body
}
const titles = async (search: string, more: Record<string, string | number> = {}, as: As = 'guest') =>
  (await list({ search, ...more }, as)).items.map(({ title }) => title)

async function empty(): Promise<void> {
  for (const { id } of (await list({ limit: 200 }, 'staff')).items) await write('DELETE', `articles/${id}`)
}

test('a word is found in either case, without its accents, and as it goes on', async () => {
  await empty()
  await add('Les Misérables', { text: 'Roman von Victor Hugo' })
  await add('Straße nach Süden')
  await add('東京都の地図')
  await add('Ελλάδα 1821')
  await add('Party 🎉 at 10')
  for (const [search, found] of [
    ['miserables', 'Les Misérables'],
    ['MISE\u0301RABLES', 'Les Misérables'],
    ['hugo mis', 'Les Misérables'],
    ['les, misérables!', 'Les Misérables'],
    ['STRASSE', 'Straße nach Süden'],
    ['sud', 'Straße nach Süden'],
    ['京都', '東京都の地図'],
    ['図', '東京都の地図'],
    ['東京都', '東京都の地図'],
    ['ΕΛΛΑΔΑ', 'Ελλάδα 1821'],
    ['ελλαδα 18', 'Ελλάδα 1821'],
    ['🎉', 'Party 🎉 at 10'],
    ['at 10', 'Party 🎉 at 10'],
    ['the', null],
    ['iserables', null],
    ['mis hugo les', null],
    ['京東', null],
  ] as const)
    assert.deepEqual(await titles(search), found === null ? [] : [found], search)
})

test('what fits best comes first, then the newest', async () => {
  await empty()
  await add('A page', { text: 'with a carp in it' })
  await add('Carpet')
  await add('Old car')
  await add('Another page', { text: 'of a car' })
  await add('New car')
  assert.deepEqual(await titles('car'), ['New car', 'Old car', 'Carpet', 'Another page', 'A page'])
  assert.deepEqual(await titles('car', { sort: 'title' }), ['A page', 'Another page', 'Carpet', 'New car', 'Old car'])
  assert.deepEqual(await titles('page car'), ['Another page', 'A page'])
})

test('pages of a search have each record once, in one order, and its count; one that is gone ends no page', async () => {
  await empty()
  for (let number = 0; number < 23; number++)
    await add(`Number ${number}${number % 3 === 0 ? ' blue' : ''}`, { text: number % 2 === 0 ? 'a blue one' : 'bluebell', year: number })
  const all = (await list({ search: 'blu', limit: 100, count: 'true' })) as Page
  assert.equal(all.count, 23)
  const pages = async (limit: number, onPage: (page: Page) => Promise<void> = async () => {}) => {
    const ids: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Page = await list({ search: 'blu', limit, ...(cursor === '' ? {} : { cursor }) })
      ids.push(...page.items.map(({ id }) => id))
      await onPage(page)
      cursor = page.next
    }
    return ids
  }
  const wanted = all.items.map(({ id }) => id)
  for (const limit of [1, 4, 22, 23]) assert.deepEqual(await pages(limit), wanted, `pages of ${limit}`)
  assert.deepEqual((await list({ search: 'blue', 'filter[year][gte]': 20, count: 'true' })).count, 3)
  assert.deepEqual(await titles('blue', { 'filter[year][in]': '3,4,5' }), ['Number 3 blue', 'Number 4', 'Number 5'])
  // The last one seen is deleted before the next page.
  assert.deepEqual(await pages(5, async ({ items }) => void (await write('DELETE', `articles/${items.at(-1)!.id}`))), wanted)
  const [cursor, other] = [(await list({ search: 'blu', limit: 1 })).next!, (await list({ sort: 'title', limit: 1 })).next!]
  for (const [query, bad] of [
    ['search=blu', other],
    ['sort=title', cursor],
    ['search=blu', Buffer.from('["?search",99,"art_1"]').toString('base64url')],
    ['search=blu', Buffer.from('["?search",0,"a\\u0000"]').toString('base64url')],
  ]) {
    const answer = await world.call('guest', { method: 'GET', url: `/api/articles?${query}&cursor=${bad}` })
    assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, 'query:cursor'], answer.text)
  }
})

test('the index is what the records are, after every kind of write', async () => {
  await empty()
  const section = (await write('POST', 'sections', { name: 'One' })).id
  const id = await add('First words', { section, text: 'unchanged' })
  await write('PATCH', `articles/${id}`, { year: 1 })
  assert.deepEqual(await titles('first'), ['First words'])
  await write('PATCH', `articles/${id}`, { title: 'Other words' })
  assert.deepEqual([await titles('first'), await titles('other unch')], [[], ['Other words']])
  await write('PATCH', `articles/${id}`, { text: null })
  assert.deepEqual([await titles('unchanged'), await titles('other')], [[], ['Other words']])
  await write('POST', 'batch', {
    operations: [
      { method: 'POST', path: '/api/articles', body: { title: 'Batched' } },
      { method: 'PATCH', path: `/api/articles/${id}`, body: { text: 'batched, too' } },
    ],
  })
  assert.deepEqual(await titles('batched'), ['Batched', 'Other words'])
  const refused = await world.call('staff', {
    method: 'POST',
    url: '/api/batch',
    body: {
      operations: [
        { method: 'POST', path: '/api/articles', body: { title: 'Undone' } },
        { method: 'DELETE', path: '/api/articles/art_00000000000000000000000000' },
      ],
    },
  })
  assert.equal(refused.status, 404)
  assert.deepEqual(await titles('undone'), [])
  const imported = await world.call('staff', {
    method: 'POST',
    url: '/api/articles/import',
    headers: { 'content-type': 'text/csv' },
    body: 'title,text\nImported,by a file\n',
  })
  assert.equal(imported.status, 200, imported.text)
  assert.deepEqual(await titles('imported file'), ['Imported'])
  await write('PATCH', `articles/${id}`, { isPublic: false })
  assert.deepEqual(await titles('other'), [])
  await write('PATCH', `articles/${id}`, { isPublic: true })
  assert.deepEqual(await titles('other'), ['Other words'])
  await write('DELETE', `sections/${section}`)
  assert.deepEqual([await titles('other'), await titles('batched')], [[], ['Batched']])
  const back = await add('Comes back')
  await write('DELETE', `articles/${back}`)
  assert.deepEqual(await titles('comes'), [])
  await add('Comes later')
  await write('POST', `articles/${back}/restore`)
  assert.deepEqual(await titles('comes'), ['Comes later', 'Comes back'])
})

test('whatever is looked for gets an answer or a refusal with its place', async () => {
  await empty()
  await add('Plain')
  const words = (count: number) => Array.from({ length: count }, (_, at) => `w${at}`).join(' ')
  const fine = [
    '"',
    "'",
    '-plain',
    '+plain',
    'pla*',
    'plain OR 1',
    'NEAR(plain x)',
    'title:plain',
    '(((',
    'plain AND',
    'a & b | !c',
    'plain:*',
    '\\',
    '%',
  ]
  const odd = [
    '{x} : y',
    '^plain',
    '@distance',
    '👩‍👩‍👧 ❤️',
    '\u200b\u00ad\u202e',
    'ｐｌａｉｎ',
    'é'.repeat(150),
    '東'.repeat(32),
    '$where',
    words(8),
  ]
  const refused = [words(9), words(200), 'x'.repeat(5_000), String.fromCodePoint(...Array.from({ length: 40 }, (_, at) => 0x4e00 + at))]
  for (const [search, status] of [...[...fine, ...odd].map((one) => [one, 200] as const), ...refused.map((one) => [one, 400] as const)]) {
    const answer = await world.call('guest', { method: 'GET', url: `/api/articles?count=true&search=${encodeURIComponent(search)}` })
    assert.equal(answer.status, status, `${search.slice(0, 50)}: ${answer.text}`)
    if (status === 400) assert.equal(answer.body.errors[0].path, 'query:search', answer.text)
  }
  assert.deepEqual(
    [await titles('***'), await titles('  '), await titles('"plain"'), await titles('-plain')],
    [[], ['Plain'], ['Plain'], ['Plain']],
  )
  const nothing = await world.call('guest', { method: 'GET', url: '/api/articles?search=pl%00ain' })
  assert.ok([200, 400].includes(nothing.status), nothing.text)
  // Of a text with more words than are kept, those it begins with are found.
  await add('Long', { text: Array.from({ length: 12_000 }, (_, at) => `w${at}`).join(' ') })
  // InnoDB may miss a word for a moment, while it writes its index down after so many new ones.
  await eventually('the last of the kept words is found', async () => ((await titles('w9999')).length === 1 ? true : null))
  assert.deepEqual(await titles('w11999'), [])
})

test('a live stream takes no search, and a collection of parts finds any part', async () => {
  const stream = await world.call('guest', { method: 'GET', url: '/api/changes?collections=articles&search=x' })
  assert.equal(stream.status, 400, stream.text)
  const users = async (search: string) =>
    (await world.call('staff', { method: 'GET', url: `/api/users?search=${encodeURIComponent(search)}` })).body
  assert.deepEqual(
    (await users('wner@EXAM')).items.map(({ name }: { name: string }) => name),
    ['owner'],
  )
  assert.deepEqual((await users('owner+1@example.com')).items, [])
})

test('what a caller may not see changes no answer: neither records nor fields', async () => {
  await empty()
  const { owner } = world.ids
  for (let number = 0; number < 8; number++) await add(`Visible ${number}`, { text: number % 2 ? 'green green tea' : 'tea' })
  const questions = ['tea', 'green tea', 'visible', 'vis te', 'secret', 'tea secret', 'gr']
  const ask = async (as: As) => {
    const answers = []
    for (const search of questions) {
      answers.push(await list({ search, limit: 3, count: 'true' }, as))
      answers.push(await list({ search, limit: 3, cursor: answers.at(-1)!.next ?? '' }, as).catch(() => null))
    }
    return answers
  }
  const before = await ask('guest')
  const first = (await list({ search: 'visible' })).items[0]!
  for (let number = 0; number < 30; number++) await add(`Green tea ${number}`, { text: 'secret visible', isPublic: false, owner })
  assert.deepEqual(await ask('guest'), before)
  assert.deepEqual(await ask('other'), before)
  await write('PATCH', `articles/${first.id}`, { remark: 'secret tea green' })
  const after = await ask('guest')
  assert.deepEqual(after, before)
  assert.equal((await list({ search: 'secret', count: 'true' }, 'owner')).count, 30)
  assert.deepEqual(await titles('secret', { 'filter[isPublic]': 'true' }, 'staff'), [first.title])
})

test('all databases find what the rule of words says, in its order', async (t) => {
  await empty()
  const chance = createChance((line) => t.diagnostic(line))
  const some = [
    'car',
    'cart',
    'Cärte',
    'tea',
    'TEA',
    'to',
    'the',
    '東京',
    '京都',
    '東',
    'naïve',
    'a',
    'ab-c',
    '10',
    '100',
    'über',
    'Ёлка',
    'ёл',
    'شاي',
    '🎉',
  ]
  const phrase = (most: number) => Array.from({ length: chance.between(1, most + 1) }, () => chance.pick(some)).join(' ')
  const made: { title: string; text: string }[] = []
  for (let number = 0; number < 40; number++) {
    made.unshift({ title: phrase(3), text: phrase(8) })
    await add(made[0]!.title, made[0])
  }
  for (let number = 0; number < 60; number++) {
    const search = phrase(3)
    const sought = wordsSought(search)!
    const whole = sought.map(({ text }) => ({ text, isStart: false }))
    const tiers = [
      made.filter(({ title }) => haveWords([title], whole)),
      made.filter(({ title }) => haveWords([title], sought)),
      made.filter(({ title, text }) => haveWords([title, text], whole)),
      made.filter(({ title, text }) => haveWords([title, text], sought)),
    ]
    const wanted = [...new Set(tiers.flat())].map(({ title }) => title)
    assert.deepEqual(await titles(search, { limit: 200 }), wanted, search)
  }
})
