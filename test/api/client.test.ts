// The typed client against a real server: collections, own operations by their names, lost answers, and lists that stay true
// over a line that is cut. Lines that must be red say so themselves, and the types of the project are checked with the gate.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Client, createClient, type Order, type QueryIn, type RecordIn } from '../../client/src/index.ts'
import type { backend as bookshop } from '../../examples/bookshop/kingpost.config.ts'
import { anyone, collection, defineBackend, field } from '../../src/index.ts'
import { type As, address, openWorld, type World } from '../support/api-harness.ts'
import { type Chance, createChance } from '../support/chance.ts'
import { club } from '../support/club.ts'
import { eventually } from '../support/eventually.ts'
import { createProxy } from '../support/proxy.ts'
import { checkTold, cutSomewhere, type Told } from '../support/told-lists.ts'

type Club = typeof club
type Comment = RecordIn<Club, 'comments'>

let world: World
let proxy: Awaited<ReturnType<typeof createProxy>>
let url = ''
before(async () => {
  world = await openWorld({ config: club })
  url = `http://127.0.0.1:${await world.server.listen(0, '127.0.0.1')}`
  proxy = await createProxy(url)
})
after(async () => {
  await proxy.close()
  await world.close()
})

function clientOf(as: As, at = url): Client<Club> {
  const token = world.tokens[as]
  return createClient<Club>({ url: at, ...(token === null ? {} : { token }) })
}

async function makeEvent(title = 'Reading') {
  return await clientOf('staff').events.create({ title, startsAt: '2026-12-01T18:00:00Z', fee: { amount: 500, currency: 'EUR' } })
}

test('records are counted and summed by groups, and several are written at once', async () => {
  const client = clientOf('staff')
  const event = await makeEvent('Counting')
  const results = await client.batch([
    { method: 'POST', path: '/api/comments', body: { event: event.id, words: 'One', rank: 2 } },
    { method: 'POST', path: '/api/comments', body: { event: { $result: '/0/event' }, words: 'Two', rank: 5 } },
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    [201, 201],
  )
  const { items, groups } = await client.comments.aggregate({
    filter: { event: event.id },
    group: ['hidden', 'createdAt:year'],
    sum: ['rank', 'score'],
    max: ['rank'],
  })
  const [only] = items
  const score: string | null = only!.sum.score
  assert.equal(score, '0.0')
  const sum: number | null = only!.sum.rank
  const hidden: string | number | boolean | null = only!.group.hidden
  assert.deepEqual([sum, hidden, only!.count, groups], [7, false, 2, 1])
  assert.equal(typeof only!.group['createdAt:year'], 'string')
  const fees = await client.events.aggregate({ sum: ['fee'], filter: { title: 'Counting' } })
  assert.deepEqual(fees.items[0]!.sum.fee, { amount: 500, currency: 'EUR' })
  // @ts-expect-error: a text has no sum
  await assert.rejects(client.comments.aggregate({ sum: ['words'] }), { code: 'validation_failed' })
  // @ts-expect-error: misspelt
  await assert.rejects(client.comments.aggregate({ group: ['hiden'] }), { code: 'validation_failed' })
})

test('records are made, read, listed, expanded, changed and deleted by the names and types of the config', async () => {
  const client = clientOf('owner')
  const event = await makeEvent()
  const state: 'planned' | 'held' | 'called_off' = event.state
  assert.deepEqual([state, event.fee?.amount], ['planned', 500])
  const comment = await client.comments.create({ event: event.id, words: 'I come.' })
  const again = await client.comments.get(comment.id)
  const changed = await client.comments.update(comment.id, { words: 'We come.', rank: 2 }, { ifMatch: client.etagOf(again)! })
  assert.equal((await client.comments.update(comment.id, { rank: { $increment: 3 } })).rank, 5)
  assert.equal((await client.comments.update(comment.id, { score: '4.5' })).score, '4.5')
  const scored: string | null = (await client.comments.update(comment.id, { score: { $increment: '0.5' } })).score
  assert.deepEqual([scored, (await client.comments.list({ filter: { score: { gte: '4.9' } }, sort: '-score' })).items.length], ['5.0', 1])
  // @ts-expect-error: a decimal is a text
  await assert.rejects(client.comments.update(comment.id, { score: 4.5 }), { code: 'validation_failed' })
  // @ts-expect-error: and so is what is added to it
  await assert.rejects(client.comments.update(comment.id, { score: { $increment: 1 } }), { code: 'validation_failed' })
  await assert.rejects(client.comments.update(comment.id, { words: 'x' }, { ifMatch: client.etagOf(changed)! }), {
    code: 'precondition_failed',
  })
  const page = await client.comments.list({
    filter: { event: event.id, 'event.title': { startsWith: 'Read' }, or: [{ rank: { gte: 5 } }, { hidden: true }] },
    sort: ['-createdAt', 'words'],
    expand: ['event.comments'],
    fields: ['words'],
    count: true,
  })
  const [first] = page.items
  assert.ok(first && typeof first.event === 'object')
  const words: readonly string[] = first.event.comments.map((one) => one.words)
  assert.deepEqual([page.count, first.words, first.event.title, words], [1, 'We come.', 'Reading', ['We come.']])
  assert.ok(!('rank' in first))
  await client.comments.delete(comment.id)
  await assert.rejects(client.comments.get(comment.id), { code: 'not_found', status: 404 })
  const keeper = clientOf('staff')
  const { items: kept } = await keeper.comments.deleted({ limit: 5 })
  assert.deepEqual([kept[0]!.record.words, kept[0]!.deletedBy], ['We come.', world.ids['owner']])
  const back: string = (await keeper.comments.restore(comment.id)).words
  assert.equal(back, 'We come.')
  await keeper.comments.delete(comment.id)
  await keeper.comments.purge(comment.id)
  await assert.rejects(keeper.comments.restore(comment.id), { code: 'not_found' })
  // @ts-expect-error: events go for good
  assert.ok(keeper.events.restore)
  // Who is not signed in does not.
  await assert.rejects(clientOf('guest').comments.create({ event: event.id, words: 'x' }), { code: 'unauthenticated' })
})

test('pages come one after the other, each once', async () => {
  const client = clientOf('staff')
  for (const title of ['A', 'B', 'C', 'D', 'E']) await client.events.create({ title, startsAt: '2027-01-01T10:00:00Z' })
  const seen: string[] = []
  const pages: number[] = []
  for await (const { items } of client.events.pages({ filter: { startsAt: { gte: '2027-01-01' } }, sort: 'title', limit: 2 })) {
    seen.push(...items.map(({ title }) => title))
    pages.push(items.length)
  }
  assert.deepEqual([seen.join(''), pages], ['ABCDE', [2, 2, 1]])
})

test('own operations are called by their names, under the checks of their routes', async () => {
  const event = await makeEvent()
  const client = clientOf('owner')
  assert.deepEqual(await client.events.bookSeats({ id: event.id, count: 2 }, { idempotencyKey: 'two-seats-for-us' }), { seats: 2 })
  assert.deepEqual(await client.events.bookSeats({ id: event.id, count: 2 }, { idempotencyKey: 'two-seats-for-us' }), { seats: 2 })
  assert.deepEqual(await client.call('POST', `/api/events/${event.id}/seats`, { body: { count: 1 } }), { seats: 3 })
  const { count } = await client.club.countEvents({ state: 'planned' })
  assert.ok(count > 0 && (await client.club.countEvents()).count >= count)
  await assert.rejects(client.events.bookSeats({ id: event.id, count: 0 }), (error: { code: string; errors: { path: string }[] }) => {
    assert.deepEqual([error.code, error.errors[0]?.path], ['validation_failed', '/count'])
    return true
  })
  await assert.rejects(clientOf('guest').events.bookSeats({ id: event.id, count: 1 }), { code: 'unauthenticated' })
  await assert.rejects(client.call('POST', '/api/operations/events.nothing'), { code: 'not_found' })
  await assert.rejects(client.call('GET', '/api/operations/events.bookSeats'), { code: 'method_not_allowed' })
  // Operations of Kingpost's own have their routes alone.
  await assert.rejects(client.call('POST', '/api/operations/comments.list'), { code: 'not_found' })
})

test('fields that the shop adds to products are made, found, sorted by and set by a hook', async () => {
  const client = clientOf('staff')
  const { id } = await client.products.create({ slug: 'emma-in-cloth', title: 'Emma', author: 'Jane Austen', year: 1815, binding: 'cloth' })
  const changed = await client.products.update(id, { year: { $increment: 1 } })
  assert.deepEqual([changed.author, changed.year, changed.binding, changed.century], ['Jane Austen', 1816, 'cloth', 19])
  const { items } = await client.products.list({ filter: { century: { gte: 19 }, binding: 'cloth' }, sort: '-year', fields: ['author'] })
  assert.deepEqual(
    items.map(({ author }) => author),
    ['Jane Austen'],
  )
})

test('a guest fills a cart, orders and finds the order, with the token that the client keeps', async () => {
  const client = clientOf('guest')
  const [method] = (await client.shippingMethods.list()).items
  const { id } = await client.carts.create()
  await client.carts.addLine(id, { variant: world.ids['variant']!, quantity: 1 })
  await client.carts.update(id, { email: 'ann@example.com', shippingAddress: address, shippingMethod: method!.id })
  const { order } = await client.carts.checkOut(id, { payment: { provider: 'sandbox', method: 'card_success' } })
  const found: Order = await client.orders.get(order.id)
  const [listed] = (await client.orders.list({ filter: { cart: id } })).items
  assert.deepEqual([found.number, listed?.id], [order.number, order.id])
})

test('a change whose answer is lost is sent again, and done once', async () => {
  const event = await makeEvent()
  const client = clientOf('owner', proxy.url(url))
  proxy.loseAnswerTo('heard once')
  await client.comments.create({ event: event.id, words: 'heard once' })
  const { count } = await client.comments.list({ filter: { event: event.id }, count: true, limit: 1 })
  assert.equal(count, 1)
})

/** Does something to the comments of an event. */
async function disturb(client: Client<Club>, event: string, ids: string[], chance: Chance): Promise<void> {
  const one = ids.length > 0 ? chance.pick(ids) : null
  const kind = chance.below(5)
  if (kind < 2 || one === null) {
    const rank = chance.below(3) === 0 ? null : chance.below(50)
    ids.push((await client.comments.create({ event, words: `words ${chance.below(1_000)}`, rank })).id)
  } else if (kind === 2) await client.comments.update(one, { rank: chance.below(50), hidden: false })
  else if (kind === 3) await client.comments.update(one, { hidden: true })
  else await client.comments.delete(ids.splice(ids.indexOf(one), 1)[0]!)
}

for (const limit of [undefined, 5])
  test(`a live list is told every difference once while its line is cut (limit ${limit ?? 'none'})`, async (t) => {
    const chance = createChance((line) => t.diagnostic(line))
    const event = await makeEvent()
    const writer = clientOf('staff')
    const reader = clientOf('guest', proxy.url(url))
    const query = { filter: { event: event.id, hidden: false }, sort: '-rank', ...(limit ? { limit } : {}) } as const
    const ids: string[] = []
    for (let i = 0; i < 8; i++) await disturb(writer, event.id, ids, chance)

    const told: Told<Comment>[] = []
    const live = reader.comments.live(query, (records, news) => void told.push({ records, ...news }))
    await eventually('the first list', async () => told[0])
    for (let cut = 0; cut < 3; cut++) {
      await eventually('the line', async () => (proxy.connections() > 0 ? true : null))
      for (let i = chance.below(6); i >= 0; i--) await disturb(writer, event.id, ids, chance)
      cutSomewhere(proxy, chance)
      for (let i = chance.below(12); i >= 0; i--) await disturb(writer, event.id, ids, chance)
    }
    await eventually('the list as it is', async () => {
      const { items } = await writer.comments.list({ ...query, limit: limit ?? 200 })
      return JSON.stringify(items) === JSON.stringify(told.at(-1)!.records) ? true : null
    })
    live.close()
    checkTold(told)
  })

test('a live list shows what the one may see for whom the client speaks now', async () => {
  const client = clientOf('guest')
  const title = 'told to its owner'
  const { id } = await clientOf('owner').notes.create({ title })
  let shown: string | undefined
  let calls = 0
  const live = client.notes.live({ filter: { title } }, (records) => {
    shown = records.map((note) => note.id).join()
    calls++
  })
  await eventually('the empty list', async () => (shown === '' ? true : null))
  client.setToken(world.tokens.owner!)
  await eventually('the note of the owner', async () => (shown === id ? true : null))
  client.setToken(undefined)
  await eventually('nothing for a guest', async () => (shown === '' ? true : null))
  assert.equal(calls, 3)
  live.close()
})

test('a field that the feed leaves out is there all the same', async () => {
  const event = await makeEvent()
  const writer = clientOf('staff')
  let shown: readonly Comment[] = []
  let calls = 0
  const live = clientOf('guest').comments.live({ filter: { event: event.id } }, (records) => {
    shown = records
    calls++
  })
  await eventually('the empty list', async () => (calls > 0 ? true : null))
  const { id } = await writer.comments.create({ event: event.id, words: 'long', story: 'once upon a time' })
  await eventually('the story', async () => (shown[0]?.story === 'once upon a time' ? true : null))
  await writer.comments.update(id, { words: 'longer', story: 'and they lived happily' })
  await eventually('its end', async () => (shown[0]?.story === 'and they lived happily' ? true : null))
  live.close()
})

/** Never called: what the compiler must say of it. */
export async function misspelt(): Promise<void> {
  const client = createClient<Club>()
  const shop = createClient<typeof bookshop>()
  await shop.reviews.create({ book: 'prod_1', stars: 5 })
  const year: number = (await shop.products.list({ filter: { year: { lt: 1850 } }, expand: ['variants'] })).items[0]!.variants[0]!.available
  await shop.products.create({ slug: 'x', title: 'X', author: 'Ann', year: 1850, language: 'en' })
  // @ts-expect-error: the language is missing, which the shop requires
  await shop.products.create({ slug: 'x', title: 'X', author: 'Ann', year: 1850 })
  // @ts-expect-error: a year is a number
  await shop.products.update('prod_1', { year: '1850' })
  // @ts-expect-error: no such field of the shop
  await shop.products.list({ filter: { yaer: 1850 } })
  // @ts-expect-error: no such field behind two references
  await shop.variants.list({ filter: { 'product.yaer': 1850 }, sort: 'sku' })
  // @ts-expect-error: no such field to sort by
  await shop.products.list({ sort: '-yaer' })
  // @ts-expect-error: no such binding
  await client.products.list({ filter: { binding: 'leather' } })
  // @ts-expect-error: a hook sets it
  await client.products.update('prod_1', { century: 19 })
  const [variant] = (await shop.variants.list({ expand: ['product'], filter: { 'product.year': { lt: 1850 } } })).items
  const author: string | undefined = typeof variant?.product === 'object' ? variant.product.author : undefined
  // @ts-expect-error: misspelt, in what was expanded
  assert.ok(author || (typeof variant?.product === 'object' && variant.product.autor))
  const query: QueryIn<typeof bookshop, 'products'> = { filter: { year: { lt: 1850 } }, sort: '-year', limit: 5, count: true }
  const copies: number[] = (await shop.products.list({ ...query, expand: ['variants'] })).items.flatMap(({ variants }) =>
    variants.map(({ available }) => available),
  )
  // @ts-expect-error: no such field of the shop
  const wrong: QueryIn<typeof bookshop, 'products'> = { filter: { yaer: 1850 } }
  // What is listed is an order as `orders.get` answers it.
  const listed: Order | undefined = (await shop.orders.list({ filter: { status: 'placed' } })).items[0]
  assert.ok([copies, wrong, listed])
  shop.products.live({ filter: { language: 'fr' } }, ([book]) => void (book?.year satisfies number | undefined))
  // @ts-expect-error: the shop of the other project has no language
  client.products.live({ filter: { language: 'fr' } }, () => {})
  // @ts-expect-error: no such collection
  await client.coments.list()
  // @ts-expect-error: no such field
  await client.comments.list({ filter: { word: 'x' } })
  // @ts-expect-error: no such field behind the reference
  await client.comments.list({ filter: { 'event.name': 'x' } })
  // @ts-expect-error: a number is compared with a number
  await client.comments.list({ filter: { rank: { gte: '5' } } })
  // @ts-expect-error: no such field
  await client.comments.list({ sort: '-rnak' })
  // @ts-expect-error: no reference
  await client.comments.list({ expand: ['words'] })
  // @ts-expect-error: no such field
  await client.comments.list({ fields: ['word'] })
  // @ts-expect-error: the words are missing
  await client.comments.create({ event: 'event_1' })
  // @ts-expect-error: a text is no number
  await client.comments.update('com_1', { rank: 'first' })
  // @ts-expect-error: nobody may delete events
  await client.events.delete('event_1')
  // @ts-expect-error: system collections are changed by their operations
  await client.payments.create({})
  // @ts-expect-error: the count is missing
  await client.events.bookSeats({ id: 'event_1' })
  // @ts-expect-error: no such operation
  await client.events.bookSeat({ id: 'event_1', count: 1 })
  // @ts-expect-error: lists that stay true have no search
  client.comments.live({ search: 'x' }, () => {})
  // @ts-expect-error: it was not asked for
  assert.ok((await client.comments.list({ fields: ['words'] })).items[0]!.rank || year)
}

/** Never called, as the one before. */
export async function asked(): Promise<void> {
  const client = createClient<Club>()
  await client.events.list({ search: 'x' })
  // @ts-expect-error: nothing of it is searched
  await client.comments.list({ search: 'x' })
  // @ts-expect-error: nothing of it is searched
  await client.comments.aggregate({ search: 'x', group: ['hidden'] })
  const born = field.date({ required: true })
  const age = field.computed(field.integer(), { from: { born }, of: (one) => one.born.length })
  const people = defineBackend({
    name: 'People',
    collections: [collection('people', { fields: { born, age, home: field.geo() }, access: { read: anyone } })],
  })
  const { people: aged } = createClient<typeof people>()
  await aged.aggregate({ min: ['born'], max: ['createdAt'], group: ['born:year'] })
  await aged.list({ filter: { home: { near: [52.52, 13.405, 5_000] } }, sort: 'home' })
  // @ts-expect-error: lists that stay true have no order by distance
  aged.live({ filter: { home: { near: [52.52, 13.405, 5_000] } }, sort: 'home' }, () => {})
  // @ts-expect-error: it is made when a record is read
  await aged.aggregate({ min: ['age'] })
  // @ts-expect-error: it is made when a record is read
  await aged.aggregate({ max: ['born', 'age'] })
  // @ts-expect-error: it is made when a record is read
  await aged.aggregate({ group: ['age'] })
}
