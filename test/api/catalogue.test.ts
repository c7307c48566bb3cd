// The catalogue as staff write it and as a shop's pages read it.
// slow: mongodb, mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiAnswer, openWorld, type World } from '../support/api-harness.ts'

let world: World
before(async () => void (world = await openWorld()))
after(async () => await world.close())

const staff = async (method: string, url: string, body?: unknown) => await world.call('staff', { method, url, body })
const patch = async (url: string, body: unknown) => await staff('PATCH', url, body)
const eur = (amount: number) => ({ amount, currency: 'EUR' })

async function made(url: string, body: unknown): Promise<ApiAnswer['body']> {
  const answer = await staff('POST', url, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}
const category = async (slug: string, parent: string | null = null) => await made('/api/categories', { slug, title: slug, parent })
const pathOf = async (id: string) => (await staff('GET', `/api/categories/${id}`)).body.path

test('a variant has a weight and sides, in whole units', async () => {
  const url = `/api/variants/${world.ids['variant']}`
  const said = await patch(url, { weight: 350, length: 210, width: 148, height: 25 })
  assert.equal(said.status, 200, said.text)
  const { body } = await world.call('guest', { method: 'GET', url })
  assert.deepEqual([body.weight, body.length, body.width, body.height], [350, 210, 148, 25])
  for (const wrong of [{ weight: -1 }, { weight: 0.5 }, { weight: 40_000_001 }, { length: '20' }, { width: 100_001 }, { height: -1 }]) {
    const refused = await patch(url, wrong)
    assert.equal(refused.status, 400, JSON.stringify(wrong))
    assert.equal(refused.body.errors[0].path, `/${Object.keys(wrong)[0]}`)
  }
})

test('a category knows the way to it, and takes along what stands below it', async () => {
  const [a, b] = [await category('tree-a'), await category('tree-b')]
  const below = await category('tree-below', a.id)
  const deep = await category('tree-deep', below.id)
  assert.equal(deep.path, `/${a.id}/${below.id}/${deep.id}/`)
  assert.equal((await patch(`/api/categories/${below.id}`, { parent: b.id })).status, 200)
  assert.equal(await pathOf(deep.id), `/${b.id}/${below.id}/${deep.id}/`)
  assert.equal((await patch(`/api/categories/${below.id}`, { parent: null })).body.path, `/${below.id}/`)
  assert.equal(await pathOf(deep.id), `/${below.id}/${deep.id}/`)
  const kept = await staff('DELETE', `/api/categories/${below.id}`)
  assert.equal(kept.body.code, 'still_referenced')
})

test('no category stands below itself, whoever moves two of them at once', async () => {
  const [a, b, c] = [await category('circle-a'), await category('circle-b'), await category('circle-c')]
  assert.equal((await patch(`/api/categories/${a.id}`, { parent: a.id })).body.errors[0].code, 'circle')
  await patch(`/api/categories/${b.id}`, { parent: a.id })
  assert.equal((await patch(`/api/categories/${a.id}`, { parent: b.id })).body.errors[0].code, 'circle')
  await patch(`/api/categories/${b.id}`, { parent: null })
  const rounds: readonly (readonly [{ id: string }, { id: string }])[] = [
    [a, b],
    [b, c],
    [c, a],
  ]
  const moved = await Promise.all(rounds.map(async ([one, to]) => await patch(`/api/categories/${one.id}`, { parent: to.id })))
  // Two of three fit into a tree, and the last one to come would close the circle.
  assert.deepEqual(moved.map(({ status }) => status).toSorted(), [200, 200, 400])
  const paths = await Promise.all([a, b, c].map(async ({ id }) => (await pathOf(id)) as string))
  assert.deepEqual(paths.map((path) => path.split('/').length - 2).toSorted(), [1, 2, 3])
})

test('a tree has an end', async () => {
  let parent: string | null = null
  for (let depth = 1; depth <= 8; depth++) parent = (await category(`depth-${depth}`, parent)).id
  const refused = await staff('POST', '/api/categories', { slug: 'depth-9', title: '9', parent })
  assert.deepEqual([refused.status, refused.body.errors[0].code], [400, 'too_deep'])
})

test('one operation makes the variants that are missing of the options', async () => {
  const options = [
    { name: 'Size', values: ['S', 'M', 'XL'] },
    { name: 'Colour', values: ['red', 'deep blue'] },
  ]
  const product = await made('/api/products', { slug: 'shirt', title: 'Shirt', status: 'active', options })
  await made('/api/variants', {
    product: product.id,
    sku: 'OWN',
    title: 'M, red',
    price: eur(900),
    options: { Colour: 'red', Size: 'M' },
  })
  const url = `/api/products/${product.id}/variants`
  const [first, again] = await Promise.all([staff('POST', url, { price: eur(1000) }), staff('POST', url, { price: eur(1000) })])
  assert.deepEqual([first.status, again.status], [200, 200], first.text + again.text)
  assert.deepEqual([first.body.made.length, again.body.made.length].toSorted(), [0, 5])
  const { items } = (await world.call('guest', { method: 'GET', url: `/api/variants?filter[product]=${product.id}&sort=position` })).body
  assert.equal(items.length, 6)
  assert.ok(items.some((one: { sku: string; available: number }) => one.sku === 'shirt-XL-DEEP-BLUE' && one.available === 0))
  assert.equal((await staff('GET', `/api/products/${product.id}`)).body.price.amount, 900)

  const twice = { product: product.id, sku: 'TWICE', title: 'x', price: eur(1), options: { Size: 'S', Colour: 'red' } }
  const refused = await staff('POST', '/api/variants', twice)
  assert.deepEqual([refused.status, refused.body.code], [409, 'already_exists'])
  for (const [wrong, path] of [
    [{ Size: 'S' }, '/options'],
    [{ Size: 'L', Colour: 'red' }, '/options'],
    [{ Size: 'S', Colour: 'red', Cut: 'slim' }, '/options'],
    [{ Size: 'S', Colour: '' }, '/options/Colour'],
  ] as const) {
    const answer = await staff('POST', '/api/variants', { ...twice, options: wrong })
    assert.deepEqual([answer.status, answer.body.errors[0].path], [400, path], answer.text)
  }
  const narrower = await patch(`/api/products/${product.id}`, { options: [options[0], { name: 'Colour', values: ['red'] }] })
  assert.deepEqual([narrower.status, narrower.body.code], [409, 'still_referenced'])
  const named = await patch(`/api/products/${product.id}`, { options: [options[0], { ...options[1], name: 'Size' }] })
  assert.deepEqual([named.status, named.body.errors[0].path], [400, '/options/1/name'])
  const none = await staff('POST', `/api/products/${world.ids['product']}/variants`, { price: eur(1) })
  assert.deepEqual([none.status, none.body.errors[0].code], [400, 'options'])
  for (const price of [{ amount: 1, currency: 'USD' }, eur(-1)]) assert.equal((await staff('POST', url, { price })).status, 400)
})

test('a variant is made with a value that its product loses at the same time, or the product keeps it', async () => {
  const options = [{ name: 'Size', values: ['S', 'M'] }]
  const product = await made('/api/products', { slug: 'race', title: 'Race', options })
  const [variant, change] = await Promise.all([
    staff('POST', '/api/variants', { product: product.id, sku: 'RACE-M', title: 'M', price: eur(1), options: { Size: 'M' } }),
    patch(`/api/products/${product.id}`, { options: [{ name: 'Size', values: ['S'] }] }),
  ])
  assert.ok((variant.status === 201) !== (change.status === 200), `${variant.text} ${change.text}`)
})

test('a lower price is told with the lowest one of the 30 days before', async () => {
  const product = await made('/api/products', { slug: 'sale', title: 'Sale', status: 'active' })
  const variant = await made('/api/variants', { product: product.id, sku: 'SALE', title: 'One', price: eur(2000) })
  const url = `/api/variants/${variant.id}`
  assert.equal(variant.priorPrice, null)
  await patch(url, { price: eur(1500) })
  await patch(url, { price: eur(2000) })
  // It cost 15 a moment ago: 20 was not its lowest price.
  const sale = (await patch(url, { price: eur(1400), compareAtPrice: eur(2000) })).body
  assert.deepEqual([sale.priorPrice, sale.compareAtPrice], [eur(1500), eur(2000)])
  assert.equal((await staff('GET', `/api/products/${product.id}`)).body.onSale, true)
  assert.equal((await patch(url, { title: 'Other' })).body.priorPrice.amount, 1500)
  // What ended more than 30 days ago counts no more.
  await world.write(async (tx, now) => {
    const former = { name: 'formerPrices' }
    const found = await tx.find<{ id: string; createdAt: number }>(former, {
      where: { op: 'eq', path: 'variant', value: variant.id },
      limit: 10,
    })
    assert.equal(found.length, 3)
    for (const one of found) await tx.delete(former, one)
    await tx.insert(former, { id: 'fpr_old', variant: variant.id, price: eur(1), until: now - 31 * 86_400_000 } as never)
  })
  const again = (await patch(url, { compareAtPrice: eur(1900) })).body
  assert.deepEqual(again.priorPrice, eur(1400))
  const ended = (await patch(url, { compareAtPrice: null })).body
  assert.equal(ended.priorPrice, null)
  assert.equal((await staff('GET', `/api/products/${product.id}`)).body.onSale, false)
  assert.equal((await patch(url, { priorPrice: eur(1) })).status, 403)
  assert.deepEqual((await world.call('guest', { method: 'GET', url: '/api/formerPrices' })).body.items, [])
})

test('the price of a kilogram follows from what is in a package', async () => {
  const url = `/api/variants/${world.ids['variant']}`
  for (const [content, price, unitPrice] of [
    [{ contentAmount: '250', contentUnit: 'g' }, 199, { price: eur(796), per: 'kg' }],
    [{ contentAmount: '0.75', contentUnit: 'l' }, 1000, { price: eur(1333), per: 'l' }],
    [{ contentAmount: '12', contentUnit: 'piece' }, 0, { price: eur(0), per: 'piece' }],
    [{ contentAmount: '0.001', contentUnit: 'mg' }, 10_000_000_000_000, null],
    [{ contentAmount: '0', contentUnit: 'm2' }, 100, null],
    [{ contentAmount: null, contentUnit: null }, 1000, null],
  ] as const) {
    const answer = await patch(url, { ...content, price: eur(price) })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(answer.body.unitPrice, unitPrice)
  }
})

test('a product that is deleted leaves the others', async () => {
  const [one, other] = [
    await made('/api/products', { slug: 'rel-1', title: '1' }),
    await made('/api/products', { slug: 'rel-2', title: '2' }),
  ]
  await patch(`/api/products/${one.id}`, { related: [other.id] })
  assert.equal((await staff('DELETE', `/api/products/${other.id}`)).status, 204)
  assert.deepEqual((await staff('GET', `/api/products/${one.id}`)).body.related, [])
})

test('products are counted by what they can be narrowed down by', async () => {
  const [top, other] = [await category('facet-top'), await category('facet-other')]
  const below = await category('facet-below', top.id)
  const sizes = (values: readonly string[]) => [{ name: 'Size', values }]
  const add = async (slug: string, fields: object, price: number | null) => {
    const { id } = await made('/api/products', { slug, title: `Facetted ${slug}`, status: 'active', ...fields })
    if (price !== null) await made('/api/variants', { product: id, sku: slug, title: slug, price: eur(price) })
  }
  await add('facet-1', { categories: [below.id, other.id], options: sizes(['S', 'M']) }, 150)
  await add('facet-2', { categories: [below.id, top.id], options: sizes(['M']) }, 1000)
  await add('facet-3', { categories: [other.id] }, null)
  await add('facet-draft', { categories: [top.id], status: 'draft' }, 99)
  const ask = async (query: string, as: 'guest' | 'staff' = 'guest') => {
    const answer = await world.call(as, { method: 'GET', url: `/api/products/facets?search=facetted&${query}` })
    assert.equal(answer.status, 200, answer.text)
    const counts: Record<string, Record<string, number>> = {}
    for (const { name, values } of answer.body.facets)
      counts[name] = Object.fromEntries(values.map((one: { title: string; count: number }) => [one.title, one.count]))
    return { ...answer.body, counts }
  }
  const all = await ask('')
  assert.deepEqual([all.count, all.isExact, all.price], [3, true, { min: eur(150), max: eur(1000) }])
  assert.deepEqual(all.counts, {
    price: { 100: 1, 1000: 1 },
    Size: { M: 2, S: 1 },
    // Once, though it is in one of them and in another below.
    categories: { 'facet-below': 2, 'facet-top': 2, 'facet-other': 2 },
  })
  const small = await ask('filter[optionValues]=Size: S')
  assert.deepEqual([small.count, small.counts.Size, small.counts.categories['facet-top']], [1, { M: 2, S: 1 }, 1])
  const under = await ask(`filter[categories.path][startsWith]=${top.path}`)
  assert.deepEqual([under.count, under.counts.Size, under.counts.categories['facet-other']], [2, { M: 2, S: 1 }, 2])
  const both = await ask(`filter[or][0][categories]=${below.id}&filter[or][1][categories]=${other.id}&filter[price][gte]=500`)
  assert.deepEqual([both.count, both.counts.price], [1, { 1000: 1 }])
  assert.equal((await ask('', 'staff')).count, 4)
  const listed = await world.call('guest', { method: 'GET', url: '/api/products?search=facetted&filter[optionValues]=Size: M&count=true' })
  assert.equal(listed.body.count, 2)
  const wrong = await world.call('guest', { method: 'GET', url: '/api/products/facets?filter[facets]=x' })
  assert.deepEqual([wrong.status, wrong.body.errors[0].code], [400, 'unknown_field'])
})

test('a product that says more than is counted of is told as such', async () => {
  const options = Array.from({ length: 4 }, (_, index) => ({
    name: `Option ${index}`,
    values: Array.from({ length: 40 }, (_v, at) => `${at}`),
  }))
  await made('/api/products', { slug: 'wide', title: 'Widest', status: 'active', options })
  const { body } = await world.call('guest', { method: 'GET', url: '/api/products/facets?search=widest' })
  assert.deepEqual([body.count, body.isExact], [1, false])
})
