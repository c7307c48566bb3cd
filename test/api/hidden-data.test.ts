// proves P-006: nobody sees what the rules hide, by any path. Two worlds that differ only in hidden data
// answer byte for byte alike to whatever a guest or another user asks.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { carts } from '../../src/domains/carts/collections.ts'
import { products } from '../../src/domains/catalog/collections.ts'
import { type As, fillCart, notes, openWorld, type World } from '../support/api-harness.ts'

let left: World
let right: World

/** What the askers may not see: private notes, hidden fields of public ones, drafts, tokens of carts. */
async function fill(world: World, secret: string, number: number): Promise<void> {
  const cart = await fillCart(world, 'owner')
  await world.write(async (tx) => {
    const change = async (ref: { name: string }, id: string, set: Record<string, unknown>) => {
      const record = (await tx.get(ref as never, id)) as never
      await tx.update(ref as never, record, { set })
    }
    await change(notes, world.ids['note']!, {
      title: secret,
      body: secret,
      slug: secret,
      views: number,
      rank: number,
      score: number,
      scored: secret,
      contact: `${secret}@example.com`,
    })
    await change(notes, world.ids['publicNote']!, { score: number, scored: secret, parent: world.ids['note'] })
    await change(products, world.ids['draft']!, {
      title: secret,
      description: secret,
      slug: `slug-${secret}`,
      price: { amount: number, currency: 'EUR' },
    })
    await change({ name: 'variants' }, world.ids['draftVariant']!, {
      title: secret,
      sku: secret,
      price: { amount: number, currency: 'EUR' },
    })
    await change(carts, cart.id, { note: secret, tokenHash: secret })
    await change({ name: 'users' }, world.ids['owner']!, { name: secret, email: `${secret}@example.com`, disabled: number > 50 })
  })
}

before(async () => {
  left = await openWorld({ seed: 5 })
  right = await openWorld({ seed: 5 })
  await fill(left, 'alpha', 1)
  await fill(right, 'omega', 99)
})
after(async () => {
  await left.close()
  await right.close()
})

const words = fc.constantFrom('alpha', 'omega', 'a', 'o', '', '1', '50', '99', 'Private', 'true')
const fields = {
  notes: [
    'id',
    'title',
    'body',
    'slug',
    'views',
    'rank',
    'score',
    'scored',
    'contact',
    'owner',
    'owner.name',
    'owner.email',
    'owner.disabled',
    'parent',
    'parent.title',
    'parent.score',
    'parent.owner.name',
    'children.title',
    'children.score',
    'tags.slug',
    'isPublic',
  ],
  reviews: ['id', 'stars', 'author', 'author.name', 'author.email', 'author.roles', 'book.title', 'book.slug', 'book.variants.sku'],
  products: [
    'id',
    'slug',
    'title',
    'description',
    'status',
    'price',
    'price.amount',
    'variants.sku',
    'variants.price',
    'categories',
    'categories.slug',
  ],
  variants: ['id', 'sku', 'title', 'price', 'product', 'product.title', 'product.status', 'product.slug'],
  users: ['id', 'email', 'name', 'disabled', 'roles'],
  carts: ['id', 'note', 'tokenHash', 'status', 'customer.name'],
  orders: ['id', 'email', 'tokenHash', 'customer.email'],
  payments: ['id', 'order.tokenHash', 'order.email', 'checkAt'],
  emails: ['id', 'to', 'subject'],
} as const
const operators = ['', '[eq]', '[ne]', '[lt]', '[gte]', '[in]', '[nin]', '[contains]', '[startsWith]', '[null]']

const query = fc.constantFrom(...(Object.keys(fields) as (keyof typeof fields)[])).chain((name) => {
  const field = fc.constantFrom(...fields[name])
  const condition = fc.tuple(fc.constantFrom('', '[not]', '[or][0]', '[or][1]', '[and][0]'), field, fc.constantFrom(...operators), words)
  const part = fc.oneof(
    { weight: 5, arbitrary: condition.map(([nest, path, operator, value]) => `filter${nest}[${path}]${operator}=${value}`) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('', '-'), field).map(([sign, path]) => `sort=${sign}${path}`) },
    fc.constantFrom('count=true', 'limit=1', 'limit=2'),
    words.map((word) => `search=${word}`),
    field.map((path) => `fields=${path}`),
    fc
      .constantFrom(
        'parent',
        'parent.owner',
        'owner',
        'children',
        'children.children',
        'author',
        'book',
        'book.variants',
        'variants',
        'variants.product',
        'product',
        'categories',
        'customer',
        'order',
      )
      .map((path) => `expand=${path}`),
  )
  return fc
    .array(part, { minLength: 1, maxLength: 4 })
    .map((parts) => ({ name, query: [...new Map(parts.map((one) => [one.split('=')[0], one])).values()].join('&') }))
})

async function alike(as: As, url: string): Promise<string> {
  const [one, two] = await Promise.all([left.call(as, { method: 'GET', url }), right.call(as, { method: 'GET', url })])
  const plain = ({ status, headers, text }: typeof one) => {
    const { date: _date, 'content-length': _length, ...rest } = headers
    return JSON.stringify({ status, rest, text: text.replace(/"requestId":"[^"]*"/, '') })
  }
  assert.ok(one.status < 500, `${url}: ${one.text}`)
  assert.equal(plain(one), plain(two), `${as} ${url}`)
  return one.body?.next ?? ''
}

test('lists of two worlds are alike under every filter, sort, search, expansion and selection', async () => {
  let answered = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom<As>('guest', 'other'), query, async (as, { name, query: text }) => {
      const url = `/api/${name}?${text}`
      const next = await alike(as, url)
      if ((await left.call(as, { method: 'GET', url })).status === 200) answered++
      if (next !== '') await alike(as, `${url}&cursor=${next}`)
    }),
    { numRuns: 1_500 },
  )
  assert.ok(answered > 200, `the generator makes queries that are answered: ${answered}`)
})

test('single records of two worlds are alike, hidden or not', async () => {
  for (const as of ['guest', 'other'] as const)
    for (const [name, ids] of Object.entries({
      notes: ['note', 'publicNote'],
      products: ['draft', 'product'],
      variants: ['draftVariant', 'variant'],
      users: ['owner'],
      reviews: ['review'],
    }))
      for (const id of ids)
        for (const text of [
          '',
          '?expand=parent,owner',
          '?expand=author,book.variants',
          '?expand=variants.product',
          '?expand=product',
          '?expand=children',
          '?fields=id,title',
          '?fields=score',
          '?fields=disabled',
        ])
          await alike(as, `/api/${name}/${left.ids[id]}${text}`)
})

test('and the ones who may see do see the difference', async () => {
  for (const url of ['/api/notes', '/api/products', '/api/users']) {
    const [one, two] = [await left.call('staff', { method: 'GET', url }), await right.call('staff', { method: 'GET', url })]
    assert.notEqual(one.text, two.text)
  }
})

test('a write tells nothing of what it collides with to somebody who may not make it', async () => {
  for (const world of [left, right])
    for (const slug of ['slug-alpha', 'slug-omega', 'slug-free']) {
      const answer = await world.call('other', { method: 'POST', url: '/api/products', body: { slug, title: 'x' } })
      assert.equal(answer.body.code, 'forbidden')
    }
})

test('a review of a draft is refused as one of nothing', async () => {
  const ask = (book: string) => left.call('other', { method: 'POST', url: '/api/reviews', body: { book, stars: 1 } })
  const [draft, nothing] = [await ask(left.ids['draft']!), await ask('prod_01k5xrz2g5f1q8m4w3v7b6n9ta')]
  const plain = (text: string) => text.replace(/"requestId":"[^"]*"/, '')
  assert.equal(draft.status, 422)
  assert.equal(plain(draft.text), plain(nothing.text))
})
