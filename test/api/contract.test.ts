// The HTTP contract of records: validators, preconditions, pages, selections, expansions, patches, limits.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { notes, openWorld, type World } from '../support/api-harness.ts'
import { testDatabase } from '../support/databases.ts'
import { checkProblem } from '../support/scenario.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const get = (url: string, headers: Record<string, string> = {}) => world.call('owner', { method: 'GET', url, headers })
const patch = (url: string, body: object, headers: Record<string, string> = {}) =>
  world.call('owner', { method: 'PATCH', url, body, headers })
const note = () => `/api/notes/${world.ids['note']}`

describe('validators', () => {
  test('an ETag is strong, moves with the record, and answers 304 to who has it', async () => {
    const { headers } = await get(note())
    const etag = String(headers['etag'])
    assert.match(etag, /^"[^"]+"$/)
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const same = await get(note(), { 'if-none-match': tag })
      assert.equal(same.status, 304, tag)
      assert.equal(same.text, '')
      assert.equal(same.headers['etag'], etag)
    }
    const changed = await patch(note(), { title: 'New' })
    assert.notEqual(changed.headers['etag'], etag)
    assert.equal((await get(note(), { 'if-none-match': etag })).status, 200)
  })

  test('a cart answers 304 as well, until its prices move', async () => {
    const { body } = await world.call('owner', { method: 'POST', url: '/api/carts', body: {} })
    const url = `/api/carts/${body.id}`
    await world.call('owner', { method: 'POST', url: `${url}/lines`, body: { variant: world.ids['variant'] } })
    const etag = String((await get(url)).headers['etag'])
    assert.equal((await get(url, { 'if-none-match': etag })).status, 304)
    await world.call('staff', {
      method: 'PATCH',
      url: `/api/variants/${world.ids['variant']}`,
      body: { price: { amount: 7, currency: 'EUR' } },
    })
    assert.equal((await get(url, { 'if-none-match': etag })).status, 200)
  })

  test('If-Match of an older version is 412 and changes nothing', async () => {
    const etag = String((await get(note())).headers['etag'])
    assert.equal((await patch(note(), { title: 'A' }, { 'if-match': etag })).status, 200)
    for (const tag of [etag, '"x"', 'x', `W/${etag}`]) {
      const stale = await patch(note(), { title: 'B' }, { 'if-match': tag })
      assert.equal(stale.status, 412, tag)
      assert.equal(stale.body.code, 'precondition_failed')
      checkProblem(stale)
      assert.equal((await world.call('owner', { method: 'DELETE', url: note(), headers: { 'if-match': tag } })).status, 412)
    }
    assert.equal((await get(note())).body.title, 'A')
    assert.equal((await patch(note(), { title: 'C' }, { 'if-match': '*' })).status, 200)
  })

  test('20 changes at once with one If-Match are one change', async () => {
    const etag = String((await get(note())).headers['etag'])
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => patch(note(), { views: index + 1 }, { 'if-match': etag })))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 412).length, 19)
  })
})

describe('writes', () => {
  test('a creation says where it is, and what is there is what was answered', async () => {
    const made = await world.call('owner', {
      method: 'POST',
      url: '/api/notes',
      body: { title: 'T', contact: 'Ann@Example.com', due: '2026-01-02T03:04:05+02:00', price: { amount: 1, currency: 'EUR' } },
    })
    assert.equal(made.status, 201)
    assert.equal(made.headers['location'], `/api/notes/${made.body.id}`)
    const found = await get(String(made.headers['location']))
    assert.equal(found.text, made.text)
    assert.equal(found.headers['etag'], made.headers['etag'])
    assert.deepEqual(
      [found.body.contact, found.body.due, found.body.price],
      ['ann@example.com', '2026-01-02T01:04:05.000Z', { amount: 1, currency: 'EUR' }],
    )
    assert.match(found.body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  test('a merge patch changes what it names; null empties', async () => {
    await patch(note(), { body: 'text', rank: 3 })
    const { body } = await world.call('owner', {
      method: 'PATCH',
      url: note(),
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ body: null }),
    })
    assert.deepEqual([body.body, body.rank], [null, 3])
    assert.equal((await patch(note(), { title: null })).body.errors[0].path, '/title')
  })

  test('$increment adds, stays inside the limits, and loses none of many', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => patch(note(), { views: { $increment: 2 } })))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.equal((await get(note())).body.views, 40)
    for (const body of [
      { views: { $increment: -41 } },
      { views: { $increment: 2_000_000 } },
      { rank: { $increment: 1 } },
      { views: { $increment: 1.5 } },
      { views: { $increment: '1' } },
      { title: { $increment: 1 } },
    ])
      assert.equal((await patch(note(), body)).status, 400, JSON.stringify(body))
    assert.equal((await patch(note(), { meta: 5 })).status, 200)
    assert.deepEqual((await patch(note(), { meta: { $increment: 1 } })).body.meta, { $increment: 1 })
  })

  test('a taken unique value is 409 at its path', async () => {
    assert.equal((await patch(note(), { slug: 'mine' })).status, 200)
    const taken = await patch(`/api/notes/${world.ids['publicNote']}`, { slug: 'mine' })
    assert.equal(taken.status, 409)
    assert.equal(taken.body.errors[0].path, '/slug')
  })

  test('what others refer to stays, by one reference or a list', async () => {
    const category = `/api/categories/${world.ids['fiction']}`
    const answer = await world.call('staff', { method: 'DELETE', url: category })
    assert.deepEqual([answer.status, answer.body.code], [409, 'still_referenced'])
    await patch(`/api/notes/${world.ids['publicNote']}`, { parent: world.ids['note'] })
    assert.equal((await world.call('owner', { method: 'DELETE', url: note() })).status, 409)
    await patch(`/api/notes/${world.ids['publicNote']}`, { parent: null })
    assert.equal((await world.call('owner', { method: 'DELETE', url: note() })).status, 204)
  })

  test('the price of a product is the lowest that is left', async () => {
    const price = async () => (await world.call('staff', { method: 'GET', url: `/api/products/${world.ids['product']}` })).body.price.amount
    const { body } = await world.call('staff', {
      method: 'POST',
      url: '/api/variants',
      body: { product: world.ids['product'], sku: 'x', title: 'x', price: { amount: 2, currency: 'EUR' } },
    })
    assert.equal(await price(), 0)
    await world.call('staff', { method: 'DELETE', url: `/api/variants/${world.ids['free']}` })
    assert.equal(await price(), 2)
    await world.call('staff', { method: 'DELETE', url: `/api/variants/${body.id}` })
    assert.equal(await price(), 1000)
  })
})

describe('lists', () => {
  const made: string[] = []
  beforeEach(async () => {
    made.length = 0
    for (const [title, rank] of [
      ['b', 1],
      ['a', null],
      ['c', 1],
      ['a', 2],
      ['d', null],
    ] as const)
      made.push((await world.call('other', { method: 'POST', url: '/api/notes', body: { title, rank } })).body.id)
  })
  const list = async (query: string) =>
    (await world.call('other', { method: 'GET', url: `/api/notes?filter[owner]=${world.ids['other']}&${query}` })).body
  const titles = async (query: string) => (await list(query)).items.map(({ title }: { title: string }) => title).join('')

  test('walk forward in every order without a gap or a repeat', async () => {
    for (const sort of ['', 'title', '-title', 'rank,title', '-rank,title', 'id', '-id', '-createdAt']) {
      const whole = (await list(`sort=${sort}`)).items.map(({ id }: { id: string }) => id)
      assert.equal(whole.length, 5)
      const walked: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: { items: { id: string }[]; next: string | null } = await list(
          `sort=${sort}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
        )
        walked.push(...page.items.map(({ id }) => id))
        cursor = page.next
      }
      assert.deepEqual(walked, whole, sort)
    }
    assert.equal(await titles('sort=title,rank'), 'aabcd')
    assert.deepEqual(
      (await list('sort=-id,title')).items.map(({ id }: { id: string }) => id),
      made.toSorted().toReversed(),
    )
  })

  test('are sorted by a few fields, each named once, and by none that holds a whole text', async () => {
    const refused = async (sort: string) => {
      const answer = await world.call('other', { method: 'GET', url: `/api/notes?sort=${sort}` })
      return [answer.status, answer.body.errors?.[0].path, answer.body.errors?.[0].code]
    }
    const all = 'title,-rank,due,-day,kind,-views,isPublic,-slug'
    const first = await list(`sort=${all}&limit=2`)
    assert.equal((await list(`sort=${all}&limit=10&cursor=${first.next}`)).items.length, 3)
    assert.deepEqual(await refused(`${all},contact`), [400, 'query:sort', 'keys'])
    assert.deepEqual(await refused('rank,-title,rank'), [400, 'query:sort', 'repeated'])
    assert.deepEqual(await refused('price,-price.amount'), [400, 'query:sort', 'repeated'])
    assert.deepEqual(await refused('body'), [400, 'query:sort', 'not_sortable'])
  })

  test('say of a computed field that no list is filtered or sorted by it', async () => {
    for (const [query, path, code] of [
      ['filter[available]=1', 'query:filter[available]', 'not_filterable'],
      ['filter[or][0][available][gt]=1', 'query:filter[or][0][available]', 'not_filterable'],
      ['sort=-available', 'query:sort', 'not_sortable'],
    ] as const) {
      const { status, body } = await world.call('guest', { method: 'GET', url: `/api/variants?${query}` })
      const [error] = body.errors
      assert.deepEqual([status, error.path, error.code], [400, path, code], query)
      assert.match(error.message, /^available is computed when a record is read: /)
    }
  })

  test('whose next page could not be asked for in an address say so', async () => {
    const link = `http://example.com/${'\u4e2d'.repeat(1_900)}`
    for (const title of ['e', 'f']) {
      const body = { title, link: `${link}${title}` }
      assert.equal((await world.call('other', { method: 'POST', url: '/api/notes', body })).status, 201)
    }
    const ask = (limit: number) =>
      world.call('other', { method: 'GET', url: `/api/notes?filter[owner]=${world.ids['other']}&sort=-link&limit=${limit}` })
    assert.equal((await ask(10)).body.next, null)
    const refused = await ask(1)
    assert.deepEqual([refused.status, refused.body.errors[0].path, refused.body.errors[0].code], [400, 'query:sort', 'cursor'])
  })

  test('count only when asked, select, and keep the id', async () => {
    assert.ok(!('count' in (await list('limit=1'))))
    assert.equal((await list('limit=1&count=true')).count, 5)
    const [item] = (await list('fields=title&limit=1')).items
    assert.deepEqual(Object.keys(item).sort(), ['id', 'title'])
  })

  test('count no further than anybody reads, and say so', {
    skip: testDatabase().isServer && 'the port counts alike on every database',
  }, async () => {
    const owner = world.ids['owner']!
    let made = 0
    const many = async (count: number) =>
      await world.write(async (tx) => {
        const one = { owner, title: 'Many', views: 0, isPublic: false, tags: [], papers: [] }
        const all = Array.from({ length: count }, () => ({ ...one, id: `note_${String(++made).padStart(26, '0')}` }))
        await tx.insertMany(notes, all as never)
      })
    const counted = async () => (await world.call('owner', { method: 'GET', url: '/api/notes?filter[title]=Many&limit=1&count=true' })).body
    await many(limits.countMax)
    const { items: _, next: __, ...exact } = await counted()
    assert.deepEqual(exact, { count: limits.countMax })
    await many(1)
    // The database is not asked for more than that either.
    const asked: unknown[] = []
    const { reader } = world.engine.parts.storage
    const { count } = reader
    reader.count = async (...given) => {
      asked.push(given[2])
      return await count(...given)
    }
    const { items: ___, next: ____, ...more } = await counted()
    reader.count = count
    assert.deepEqual([more, asked], [{ count: limits.countMax, countIsAtLeast: true }, [limits.countMax + 1]])
  })

  test('filter by or, and, not, lists, references and words', async () => {
    assert.equal(await titles('filter[or][0][title]=a&filter[or][1][rank]=1&sort=title'), 'aabc')
    assert.equal(await titles('filter[not][title]=a&sort=title'), 'bcd')
    assert.equal(await titles('filter[and][0][title][gte]=b&filter[and][1][rank][null]=true'), 'd')
    assert.equal(await titles('filter[title][in]=c,d&sort=-title'), 'dc')
    assert.equal(await titles('filter[rank][nin]=1'), 'a')
    assert.equal(await titles('search=D'), 'd')
    assert.equal((await get('/api/products?filter[categories.slug]=fiction')).body.items.length, 1)
    assert.equal((await get('/api/products?filter[categories.slug]=science')).body.items.length, 0)
    assert.equal((await get(`/api/products?filter[categories]=${world.ids['fiction']}`)).body.items.length, 1)
    assert.equal((await get('/api/reviews?filter[book.variants.sku]=EMMA-H')).body.items.length, 1)
    assert.equal((await get('/api/variants?filter[product.title][startsWith]=em&filter[price][lte]=1000')).body.items.length, 2)
  })

  test('conditions in brackets on what is referred to are on one and the same record', async () => {
    const count = async (list: string, query: string) => {
      const { status, body } = await get(`/api/${list}?${query}&count=true`)
      return status === 200 ? body.count : body.errors[0].code
    }
    // Each of the two fits some variant of it, and both together none.
    const [soft, hard] = (await get(`/api/variants?filter[product.title][startsWith]=em&sort=price`)).body.items
    assert.ok(soft.price.amount < hard.price.amount)
    const both = (sku: string, price: number) => `filter[variants][sku]=${sku}&filter[variants][price]=${price}`
    const apart = (sku: string, price: number) => `filter[variants.sku]=${sku}&filter[variants.price]=${price}`
    assert.equal(await count('products', both(soft.sku, soft.price.amount)), 1)
    assert.equal(await count('products', both(soft.sku, hard.price.amount)), 0)
    assert.equal(await count('products', apart(soft.sku, hard.price.amount)), 1)
    const all = await count('products', 'filter[id][ne]=x')
    assert.equal(await count('products', `filter[not][variants][sku]=${soft.sku}`), all - 1)
    assert.equal(await count('products', `filter[variants][or][0][sku]=${soft.sku}&filter[variants][or][1][sku]=${hard.sku}`), 1)
    assert.equal(await count('reviews', `filter[book][variants][sku]=${soft.sku}&filter[book][title][startsWith]=em`), 1)
    assert.equal(await count('reviews', `filter[book.variants][sku]=${soft.sku}`), 1)
    assert.equal(await count('products', 'filter[categories][slug]=fiction'), 1)
    // On the reference itself as before.
    assert.equal(await count('products', `filter[categories]=${world.ids['fiction']}`), 1)
    assert.equal(await count('reviews', 'filter[book][null]=true'), 0)
    for (const [list, query, code] of [
      ['products', 'filter[variants]=x', 'unknown_field'],
      ['products', 'filter[variants][nothing]=x', 'unknown_field'],
      ['reviews', 'filter[book][titel]=x', 'unknown_field'],
      ['reviews', 'filter[book][eq]=x&filter[book][title]=x', 'operator'],
      ['reviews', 'filter[book][variants][product][title]=x', 0],
      ['reviews', 'filter[book][variants][product][variants][sku]=x', 'depth'],
      ['reviews', Array.from({ length: 9 }, (_, index) => `filter[or][${index}][book][title]=x`).join('&'), 'references'],
    ] as const)
      assert.equal(await count(list, query), code, query)
  })

  test('search and filter by letters of any alphabet, in either case', async () => {
    await world.call('other', {
      method: 'POST',
      url: '/api/notes',
      body: { title: 'Les Mis\u00e9rables', body: '\u0416\u0418\u0417\u041d\u042c' },
    })
    assert.equal(await titles(`search=${encodeURIComponent('MIS\u00c9RABLES')}`), 'Les Mis\u00e9rables')
    assert.equal(await titles(`search=${encodeURIComponent('\u0436\u0438\u0437\u043d\u044c LES')}`), 'Les Mis\u00e9rables')
    assert.equal(await titles(`filter[title][contains]=${encodeURIComponent('S\u00c9R')}`), 'Les Mis\u00e9rables')
    assert.equal(await titles('search=miserables'), 'Les Mis\u00e9rables')
    assert.equal(await titles('filter[title][contains]=miserables'), '')
  })

  test('follow a few references in one filter, whatever it is made of', async () => {
    const ask = async (paths: readonly string[]) => {
      const query = paths.map((path, index) => `filter[or][${index}][not][${path}]=x`).join('&')
      const answer = await world.call('other', { method: 'GET', url: `/api/reviews?${query}` })
      return answer.status === 200 ? 200 : answer.body.errors[0].code
    }
    const far = 'book.variants.product.title'
    assert.equal(await ask([far, far, 'book.title', 'book.slug']), 200)
    assert.equal(await ask([far, far, far]), 'references')
    assert.equal(await ask(Array(9).fill('book.title')), 'references')
    const many = Array.from({ length: 51 }, (_, index) => `filter[or][${index}][categories]=x`).join('&')
    assert.equal((await get(`/api/products?${many}`)).body.errors[0].code, 'conditions')
  })

  test('a filter by a value that an enum does not have is a mistake, not an empty list', async () => {
    for (const query of [
      'filter[kind]=taks',
      'filter[kind][ne]=x',
      'filter[kind][in]=task,x',
      'filter[kind][nin][0]=x',
      'filter[or][0][kind]=x',
    ]) {
      const { status, body } = await get(`/api/notes?${query}`)
      assert.deepEqual([status, body.errors?.[0].code], [400, 'enum'], query)
    }
    for (const query of ['filter[kind]=task', 'filter[kind][in]=task,idea', 'filter[kind][null]=true', 'filter[kind][contains]=x'])
      assert.equal((await get(`/api/notes?${query}`)).status, 200, query)
  })

  test('expand references, lists and what the caller may not see stays an id', async () => {
    const [product] = (await get('/api/products?expand=categories,variants.product')).body.items
    assert.equal(product.categories[0].slug, 'fiction')
    assert.deepEqual(product.variants.map(({ sku }: { sku: string }) => sku).sort(), ['EMMA-H', 'EMMA-P', 'EMMA-S'])
    assert.equal(product.variants[0].product.slug, 'emma')
    const [review] = (await world.call('other', { method: 'GET', url: '/api/reviews?expand=author,book' })).body.items
    assert.equal(review.author, world.ids['owner'])
    assert.equal(review.book.slug, 'emma')
  })
})

test('limits are told in headers, and past them comes 429 with Retry-After', async () => {
  const limited = await openWorld({ isRateLimited: true })
  try {
    const logIn = (name = 'owner') =>
      limited.request({ method: 'POST', url: '/api/auth/login', body: { email: `${name}@example.com`, password: 'x' } })
    for (let index = 0; index < 20; index++) {
      // One account has few tries of its own.
      const answer = await logIn(`somebody${index % 5}`)
      assert.equal(answer.status, 401)
      assert.equal(answer.headers['ratelimit-policy'], '"account";q=20;w=60')
      assert.match(String(answer.headers['ratelimit']), new RegExp(`^"account";r=${19 - index};t=\\d+$`))
    }
    const refused = await logIn()
    assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited'])
    checkProblem(refused)
    assert.ok(Number(refused.headers['retry-after']) >= 1)
    // Neither another body, a spoofed address nor another token makes another caller.
    for (const headers of [{ 'x-forwarded-for': '9.9.9.9' }, { forwarded: 'for=9.9.9.9' }, { authorization: 'Bearer kps_owner' }] as Record<
      string,
      string
    >[])
      assert.equal(
        (await limited.request({ method: 'POST', url: '/api/auth/login', headers, body: { email: 'z@example.com', password: 'y' } }))
          .status,
        429,
      )
    assert.equal((await limited.call('owner', { method: 'GET', url: '/api/auth/me' })).status, 200)
    await limited.clock.advance(60_000)
    assert.equal((await logIn()).status, 401)
  } finally {
    await limited.close()
  }
})

test('what comes to no operation counts as well: addresses that there are not, other methods, and bodies that cannot be read; uploads do', async () => {
  const limited = await openWorld({ isRateLimited: true })
  try {
    const left = async (request: Parameters<typeof limited.request>[0], status: number) => {
      const { headers, status: was, text } = await limited.request(request)
      assert.equal(was, status, text)
      return /^"(\w+)";r=(\d+);/.exec(String(headers['ratelimit']))!.slice(1)
    }
    const headers = { authorization: 'Bearer kps_owner', 'content-type': 'text/plain' }
    const broken = { method: 'POST', url: '/api/auth/login', headers: { 'content-type': 'application/json' }, body: '{"email":' }
    assert.deepEqual(await left({ method: 'GET', url: '/api/nowhere' }, 404), ['read', '1199'])
    assert.deepEqual(await left({ method: 'GET', url: '/wp-login.php' }, 404), ['read', '1198'])
    assert.deepEqual(await left({ method: 'PUT', url: '/api/notes' }, 405), ['write', '299'])
    assert.deepEqual(await left({ ...broken, url: '/api/nowhere' }, 404), ['write', '298'])
    assert.deepEqual(await left(broken, 400), ['write', '297'])
    assert.deepEqual(await left({ method: 'POST', url: '/api/files', headers, body: 'one' }, 201), ['write', '299'])
    assert.deepEqual(await left({ method: 'POST', url: '/api/files', headers, body: 'two' }, 201), ['write', '298'])
    for (let count = 297; count > 0; count--) await limited.request(broken)
    for (const request of [broken, { method: 'PUT', url: '/api/notes' }]) {
      const refused = await limited.request(request)
      assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited'])
      checkProblem(refused)
    }
    // Nobody else is kept out by it.
    assert.equal((await limited.request({ method: 'GET', url: '/api/notes' })).status, 200)
  } finally {
    await limited.close()
  }
})
