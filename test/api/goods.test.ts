// What is sold and is no thing on a shelf: files that only their buyer gets, and bundles that take their parts' stock.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, address, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
const tax = {
  prices: 'included',
  rates: [
    { country: '*', ratePpm: 0 },
    { country: 'DE', ratePpm: 190_000 },
    { country: 'DE', class: 'reduced', ratePpm: 70_000 },
  ],
} as const
type Options = { capture?: 'placement' | 'shipment' | 'manual'; downloads?: object; stock?: object }
async function open({ capture = 'placement', ...more }: Options = {}): Promise<void> {
  const shop = { ...(testConfig.shop as object), currency: 'EUR', tax, payments: [sandbox({ capture })], ...more }
  world = await openWorld({ config: { ...testConfig, shop } as typeof testConfig })
  await world.engine.start()
}
const close = async () => {
  await work(world, 5_000)
  await closeWithBooks(world)
}
const reopen = async (more: Parameters<typeof open>[0]) => {
  await close()
  await open(more)
}
beforeEach(() => open())
afterEach(close)

const staff = (method: string, url: string, body?: unknown) => world.call('staff', { method, url: `/api/${url}`, body })
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const orderOf = async (id: string) => (await world.engine.parts.storage.reader.get(orders, id))!
const book = 'What nobody else may read.'.repeat(50)

async function variant(sku: string, more: object = {}, onHand = 0): Promise<string> {
  const body = { product: world.ids['product'], sku, title: sku, price: eur(1_000), ...more }
  const made = await staff('POST', 'variants', body)
  assert.equal(made.status, 201, made.text)
  Object.assign(world.ids, { [sku]: made.body.id })
  const [level] = (await staff('GET', `stockLevels?filter[variant]=${made.body.id}`)).body.items
  if (onHand > 0) assert.equal((await staff('PATCH', `stockLevels/${level.id}`, { onHand })).status, 200)
  return made.body.id
}

async function file(text = book): Promise<{ id: string; url: string }> {
  const headers = { 'content-type': 'text/plain', 'file-name': 'book.txt' }
  const sent = await world.call('staff', { method: 'POST', url: '/api/files', body: text, headers })
  assert.equal(sent.status, 201, sent.text)
  return sent.body
}

const ebook = async (more: object = {}) => {
  const one = await file()
  return { file: one, id: await variant('EBOOK', { isDigital: true, downloads: [{ id: one.id }], ...more }) }
}

type Cart = { id: string; headers: Record<string, string> }
/** Of nothing but the e-book: no address, and a country alone. */
async function digitalCart(as: As, body: object = { country: 'DE' }): Promise<Cart> {
  const lines = [{ variant: world.ids['EBOOK'], quantity: 1 }]
  const made = await world.call(as, { method: 'POST', url: '/api/carts', body: { email: `${as}@example.com`, lines, ...body } })
  assert.equal(made.status, 201, made.text)
  return { id: made.body.id, headers: { 'cart-token': made.body.token } }
}

const pay = async (as: As, { id, headers }: Cart, method = 'card_success', more: object = { digitalConsent: true }) => {
  const body = { payment: { provider: 'sandbox', method }, ...more }
  return await world.call(as, { method: 'POST', url: `/api/carts/${id}/checkout`, headers, body })
}

async function bought(as: As = 'owner') {
  const cart = await digitalCart(as)
  const answer = await pay(as, cart)
  assert.equal(answer.status, 201, answer.text)
  await work(world)
  return { id: answer.body.order.id as string, headers: cart.headers }
}

const list = async (as: As, id: string, headers: Record<string, string> = {}) =>
  await world.call(as, { method: 'GET', url: `/api/orders/${id}/downloads`, headers })
const get = async (as: As, url: string, headers: Record<string, string> = {}) => await world.call(as, { method: 'GET', url, headers })

test('what is digital needs a country and consent, is delivered when it is paid, and is taxed by its own class', async () => {
  await reopen({ downloads: { taxClass: 'reduced' } })
  await ebook()
  const cart = await digitalCart('guest', {})
  const bare = await pay('guest', cart, 'card_success', {})
  assert.deepEqual([bare.status, bare.body.errors.map(({ path }: { path: string }) => path)], [422, ['/country', '/digitalConsent']])
  const changed = await world.call('guest', {
    method: 'PATCH',
    url: `/api/carts/${cart.id}`,
    headers: cart.headers,
    body: { country: 'DE' },
  })
  assert.deepEqual([changed.body.needsShipping, changed.body.totals.tax, changed.body.totals.shipping], [false, eur(65), eur(0)])
  const answer = await pay('guest', cart)
  assert.equal(answer.status, 201, answer.text)
  await work(world)
  const order = await orderOf(answer.body.order.id)
  assert.deepEqual([order.status, order.paymentStatus, order.fulfillmentStatus], ['completed', 'paid', 'fulfilled'])
  assert.deepEqual([order.addresses.shipping, order.shipping, typeof order.digitalConsentAt], [{ country: 'DE' }, null, 'number'])
  assert.deepEqual(
    order.taxes!.map(({ taxClass, tax: of }) => [taxClass, of.amount]),
    [['reduced', 65]],
  )
  const [mail] = await findAll(world.engine.parts.storage.reader, emails, eq('record', order.id))
  assert.match(mail!.text!, /Your downloads are on the page of your order/)
  assert.match(mail!.text!, /right to withdraw from buying it has ended/)
  assert.doesNotMatch(mail!.text!, /It goes to|\/downloads\//)
  const found = await list('guest', order.id, cart.headers)
  assert.deepEqual(
    found.body.items.map(({ state, file: { name }, used, left }: Record<string, never> & { file: { name: string } }) => [
      state,
      name,
      used,
      left,
    ]),
    [['open', 'book.txt', 0, null]],
  )
  const read = await get('guest', found.body.items[0].url)
  assert.deepEqual([read.status, read.text, read.headers['cache-control']], [200, book, 'private, no-store'])
  assert.match(String(read.headers['content-disposition']), /^attachment; filename="book\.txt"/)
  const [used] = (await staff('GET', `downloads?filter[order]=${order.id}`)).body.items
  assert.equal(used.name, 'book.txt')
  const back = { lines: [{ line: order.lines[0]!.id, quantity: 1, reason: 'Read it' }] }
  const returned = await world.call('guest', { method: 'POST', url: `/api/orders/${order.id}/returns`, headers: cart.headers, body: back })
  assert.deepEqual([returned.status, returned.body.errors[0].code], [409, 'digital'])
})

test('nobody else reads a file: not by its own address, by links of others, by ranges or by guessing', async () => {
  await reopen({ downloads: { linkHours: 1 } })
  const { file: one, id: variantId } = await ebook()
  const mine = await bought('owner')
  const { body } = await list('owner', mine.id)
  const { url } = body.items[0]
  // By the file, the variant, the list of files and the order.
  for (const as of ['guest', 'other', 'owner'] as const) {
    assert.equal((await get(as, one.url)).status, 404, as)
    assert.equal((await get(as, one.url, { range: 'bytes=0-9' })).status, 404, as)
    assert.equal((await world.call(as, { method: 'POST', url: `/api/files/${one.id}/link`, body: {} })).status, 404, as)
    const shown = await get(as, `/api/variants/${variantId}`)
    assert.deepEqual([shown.status, 'downloads' in shown.body, shown.text.includes(one.id)], [200, false, false])
    assert.equal((await get(as, `/api/products/${world.ids['product']}?expand=variants`)).text.includes(one.id), false)
    if (as === 'owner') continue
    assert.equal((await list(as, mine.id)).status, 404)
    assert.equal((await list(as, mine.id, { 'cart-token': 'cart_wrong' })).status, 404)
  }
  // The link is good for who has it, and for nothing else.
  assert.equal((await get('guest', url)).status, 200)
  const part = await get('guest', url, { range: 'bytes=5-10' })
  assert.deepEqual([part.status, part.text], [206, book.slice(5, 11)])
  assert.equal((await get('guest', url, { range: `bytes=${book.length}-` })).status, 416)
  const second = await file('Another one.')
  await staff('PATCH', `variants/${variantId}`, { downloads: [{ id: one.id }, { id: second.id }] })
  const others = await bought('other')
  for (const wrong of [
    url.replace(one.id, second.id),
    url.replace(mine.id, others.id),
    url.replace(/expires=\d/, 'expires=9'),
    url.replace(/signature=./, 'signature=_'),
    url.replace(/signature=.*/, 'signature=x'),
    url.replace(/\/api\/orders\/.*\?/, `${one.url}?`),
  ])
    for (const headers of [{}, { range: 'bytes=0-1' }] as Record<string, string>[]) {
      const answer = await get('owner', wrong, headers)
      assert.deepEqual([answer.status, answer.body.code, answer.text.includes(book.slice(0, 10))], [403, 'file_link_invalid', false], wrong)
    }
  assert.equal((await get('guest', url.replace(/&signature.*/, ''))).status, 400)
  // A signed link of files is none of downloads either.
  const signed = (await world.call('staff', { method: 'POST', url: `/api/files/${one.id}/link`, body: {} })).body.url as string
  assert.equal((await get('guest', `/api/orders/${mine.id}/downloads/${one.id}?${signed.split('?')[1]}`)).status, 403)
  await world.clock.advance(3_600_000)
  assert.equal((await get('owner', url)).body.code, 'file_link_invalid')
  assert.equal((await get('owner', (await list('owner', mine.id)).body.items[0].url)).status, 200)
})

test('a link ends with a refund, a dispute and a hold, and opens again with the end of these', async () => {
  await ebook()
  const { id } = await bought()
  const { url } = (await list('owner', id)).body.items[0]
  const stands = async () => [(await list('owner', id)).body.items[0].state, (await get('guest', url)).status]
  const [payment] = (await staff('GET', `payments?filter[order]=${id}`)).body.items
  world.book.dispute(
    ((await world.engine.parts.storage.reader.get({ name: 'payments' } as never, payment.id)) as { providerRef: string }).providerRef,
  )
  const dispute = world.book.all()[0]!.disputes.at(-1)!.id
  await work(world, 5_000)
  assert.deepEqual(await stands(), ['held', 409])
  world.book.moveDispute(dispute, 'win')
  await work(world, 5_000)
  assert.deepEqual(await stands(), ['open', 200])
  const line = (await orderOf(id)).lines[0]!.id
  assert.equal((await staff('POST', `orders/${id}/refunds`, { lines: [{ line, quantity: 1 }] })).status, 201)
  assert.deepEqual(await stands(), ['ended', 409])
  await work(world, 5_000)
  assert.equal((await get('guest', url)).body.params.state, 'ended')
})

test('as often as the shop allows, and not once more by two at once; ranges of one link are one', async () => {
  await reopen({ downloads: { times: 2, linkHours: 1, consent: false } })
  await ebook()
  const cart = await digitalCart('owner')
  const { body } = await pay('owner', cart, 'card_success', {})
  await work(world)
  const links: string[] = []
  for (let count = 0; count < 4; count++) {
    links.push((await list('owner', body.order.id)).body.items[0].url)
    await world.clock.advance(1)
  }
  for (const range of ['bytes=0-9', 'bytes=10-19', 'bytes=20-']) assert.equal((await get('guest', links[0]!, { range })).status, 206)
  const answers = await Promise.all(links.slice(1).map(async (url) => await get('guest', url)))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409, 409])
  const [item] = (await list('owner', body.order.id)).body.items
  assert.deepEqual([item.state, item.url, item.used, item.left], ['used_up', null, 2, 0])
  assert.equal((await get('guest', links[0]!)).status, 200)
})

test('with a book in the same order: the parcel is the book alone, and its money is asked for when nothing is sent', async () => {
  await reopen({ capture: 'shipment' })
  await ebook()
  const cart = await fillCart(world, 'owner', [
    { variant: 'EBOOK', quantity: 1 },
    { variant: 'variant', quantity: 1 },
  ])
  const made = await pay('owner', cart)
  assert.equal(made.status, 201, made.text)
  await work(world, 5_000)
  const { id } = made.body.order
  const part = await orderOf(id)
  assert.deepEqual([part.status, part.fulfillmentStatus, part.paymentStatus], ['placed', 'partially_fulfilled', 'partially_paid'])
  assert.equal((await list('owner', id)).body.items[0].state, 'open')
  assert.equal((await staff('POST', `orders/${id}/fulfillments`, { lines: [{ line: part.lines[0]!.id, quantity: 1 }] })).status, 409)
  const moved = await staff('POST', `orders/${id}/edits`, { shippingAddress: { ...address, line1: 'Elsewhere 2' } })
  assert.equal(moved.status, 200, moved.text)
  const sent = await staff('POST', `orders/${id}/fulfillments`, {})
  assert.deepEqual([sent.status, sent.body.lines], [201, [{ line: part.lines[1]!.id, quantity: 1 }]])
  await work(world, 5_000)
  const done = await orderOf(id)
  assert.deepEqual([done.status, done.fulfillmentStatus, done.paymentStatus], ['completed', 'fulfilled', 'paid'])
  assert.equal((await staff('DELETE', `variants/${world.ids['EBOOK']}`)).body.code, 'still_referenced')
  // What it cost is given back: its file is ended, and the order stands.
  const { url } = (await list('owner', id)).body.items[0]
  assert.equal((await staff('POST', `orders/${id}/refunds`, { lines: [{ line: part.lines[0]!.id, quantity: 1 }] })).status, 201)
  await work(world, 5_000)
  assert.equal((await orderOf(id)).paymentStatus, 'partially_refunded')
  assert.deepEqual([(await list('owner', id)).body.items[0].state, (await get('owner', url)).body.params.state], ['ended', 'ended'])
})

test('a parcel that leaves only what is digital says of no other parcel', async () => {
  await reopen({ capture: 'manual' })
  await ebook()
  const cart = await fillCart(world, 'owner', [
    { variant: 'EBOOK', quantity: 1 },
    { variant: 'variant', quantity: 2 },
  ])
  const { id } = (await pay('owner', cart)).body.order
  await work(world, 5_000)
  const [, { id: line }] = (await orderOf(id)).lines as unknown as [unknown, { id: string }]
  for (const _ of [1, 2]) assert.equal((await staff('POST', `orders/${id}/fulfillments`, { lines: [{ line, quantity: 1 }] })).status, 201)
  assert.equal((await orderOf(id)).fulfillmentStatus, 'partially_fulfilled')
  const mails = (await findAll(world.engine.parts.storage.reader, emails, eq('record', id))).filter(
    ({ template }) => template === 'order_shipped',
  )
  assert.deepEqual(mails.map(({ text }) => /follows in another parcel/.test(text ?? '')).toSorted(), [false, true])
})

test('paid later, it is delivered then, and its customer is told', async () => {
  await ebook()
  const made = await pay('owner', await digitalCart('owner'), 'delayed_success')
  const { id } = made.body.order
  assert.deepEqual(
    (await list('owner', id)).body.items.map(({ state, url }: { state: string; url: null }) => [state, url]),
    [['unpaid', null]],
  )
  await staff('POST', `orders/${id}/hold`, { hold: 'fraud' })
  await work(world, 120_000)
  const held = await orderOf(id)
  assert.deepEqual([held.status, held.fulfillmentStatus], ['placed', 'unfulfilled'])
  assert.equal((await list('owner', id)).body.items[0].state, 'held')
  assert.equal((await staff('POST', `orders/${id}/release`, { hold: 'fraud' })).status, 200)
  const free = await orderOf(id)
  assert.deepEqual([free.status, free.fulfillmentStatus], ['completed', 'fulfilled'])
  const mails = await findAll(world.engine.parts.storage.reader, emails, eq('record', id))
  assert.deepEqual(mails.map(({ template }) => template).toSorted(), ['order_downloads', 'order_receipt'])
})

const levelOf = async (id: string) => {
  const { onHand, held, committed, available } = (await staff('GET', `stockLevels?filter[variant]=${id}`)).body.items[0]
  return [onHand, held, committed, available]
}

test('a bundle takes its parts: nobody oversells the last copy, alone or in a bundle', async () => {
  const a = await variant('PART-A', { weight: 300 }, 5)
  const b = await variant('PART-B', {}, 20)
  const set = await variant('SET', {
    parts: [
      { variant: a, quantity: 1 },
      { variant: b, quantity: 2 },
    ],
    price: eur(2_500),
  })
  assert.equal((await get('guest', `/api/variants/${set}`)).body.available, 5)
  const carts = await Promise.all(
    Array.from(
      { length: 12 },
      async (_, index) => await fillCart(world, 'owner', [{ variant: index % 2 === 0 ? 'SET' : 'PART-A', quantity: 1 }]),
    ),
  )
  const answers = await Promise.all(carts.map(async (cart) => await checkOut(world, 'owner', cart)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 5, answers.map(({ text }) => text.slice(0, 150)).join('\n'))
  assert.ok(answers.every(({ status, body }) => status === 201 || body.code === 'out_of_stock'))
  await work(world, 5_000)
  const sets = answers.filter(({ body }) => body.order?.lines[0].sku === 'SET').length
  assert.deepEqual(await levelOf(a), [5, 0, 5, 0])
  assert.deepEqual(await levelOf(b), [20, 0, 2 * sets, 20 - 2 * sets])
  const refused = answers.find(({ status }) => status === 409)!
  assert.equal(refused.body.errors[0].message, 'only 0 left')
})

test('a bundle has no units of its own: none come, are counted or lie elsewhere, and what it had before can go', async () => {
  const part = await variant('PART-A', {}, 5)
  const set = await variant('SET', { price: eur(2_500) }, 3)
  const [level] = (await staff('GET', `stockLevels?filter[variant]=${set}`)).body.items
  const at = `stockLevels/${level.id}`
  assert.equal((await staff('PATCH', at, { incoming: 7 })).status, 200)
  assert.equal((await staff('PATCH', `variants/${set}`, { parts: [{ variant: part, quantity: 1 }] })).status, 200)
  const refused = [
    await staff('PATCH', at, { incoming: 8 }),
    await staff('PATCH', at, { onHand: 4 }),
    await staff('PATCH', at, { onHand: { $increment: 1 } }),
    await staff('POST', `${at}/receive`, { quantity: 7 }),
    await staff('POST', `${at}/receive`, {}),
    await staff('POST', 'stockCounts', { location: 'main', lines: [{ variant: set, counted: 4 }] }),
    await staff('POST', 'stockLevels', { variant: set, location: 'main' }),
  ]
  const told = refused.map(({ status, body }) => `${status} ${body.errors?.[0].path} ${body.errors?.[0].code}`)
  const paths = ['/incoming', '/onHand', '/onHand', '/quantity', '/quantity', '/lines/0/counted', '/variant']
  assert.deepEqual(
    told,
    paths.map((path) => `400 ${path} bundle`),
  )
  assert.match(refused[0]!.body.errors[0].message, /made of parts\. Count the units of its parts instead$/)
  const gone = await staff('PATCH', at, { onHand: 0, incoming: null })
  assert.deepEqual([gone.status, gone.body.onHand, gone.body.incoming], [200, 0, null])
})

test('a bundle is sent, canceled and sent back by its parts, at one price', async () => {
  const a = await variant('PART-A', {}, 10)
  const b = await variant('PART-B', {}, 10)
  await variant('SET', {
    parts: [
      { variant: a, quantity: 1 },
      { variant: b, quantity: 3 },
    ],
    price: eur(2_500),
  })
  const many = await checkOut(world, 'owner', await fillCart(world, 'owner', [{ variant: 'SET', quantity: 4 }]))
  assert.deepEqual([many.status, many.body.errors[0].message, many.body.params.lines[0].requested], [409, 'only 3 left', 4], many.text)
  const cart = await fillCart(world, 'owner', [
    { variant: 'SET', quantity: 3 },
    { variant: 'PART-A', quantity: 1 },
  ])
  const { body } = await checkOut(world, 'owner', cart)
  await work(world)
  const { id } = body.order
  const { lines } = await orderOf(id)
  assert.deepEqual(
    lines[0]!.parts!.map(({ sku, quantity }) => [sku, quantity]),
    [
      ['PART-A', 1],
      ['PART-B', 3],
    ],
  )
  assert.deepEqual(
    [await levelOf(a), await levelOf(b)],
    [
      [10, 0, 4, 6],
      [10, 0, 9, 1],
    ],
  )
  assert.equal((await staff('POST', `orders/${id}/fulfillments`, { lines: [{ line: lines[0]!.id, quantity: 2 }] })).status, 201)
  assert.deepEqual(
    [await levelOf(a), await levelOf(b)],
    [
      [8, 0, 2, 6],
      [4, 0, 3, 1],
    ],
  )
  const canceled = await staff('POST', `orders/${id}/cancel`, { lines: [{ line: lines[0]!.id, quantity: 1 }] })
  assert.equal(canceled.status, 200, canceled.text)
  assert.deepEqual(
    [await levelOf(a), await levelOf(b)],
    [
      [8, 0, 1, 7],
      [4, 0, 0, 4],
    ],
  )
  const back = await staff('POST', `orders/${id}/returns`, { lines: [{ line: lines[0]!.id, quantity: 2, reason: 'Too many' }] })
  await staff('POST', `returns/${back.body.id}/approve`, {})
  const received = await staff('POST', `returns/${back.body.id}/receive`, {
    lines: [{ line: lines[0]!.id, quantity: 1 }],
  })
  assert.equal(received.status, 200, received.text)
  assert.deepEqual(
    [await levelOf(a), await levelOf(b)],
    [
      [9, 0, 1, 8],
      [7, 0, 0, 7],
    ],
  )
  const lost = await staff('POST', `returns/${back.body.id}/receive`, { lines: [{ line: lines[0]!.id, quantity: 1, restock: false }] })
  assert.equal(lost.status, 200, lost.text)
  assert.deepEqual(
    [await levelOf(a), await levelOf(b)],
    [
      [9, 0, 1, 8],
      [7, 0, 0, 7],
    ],
  )
  assert.equal((await staff('POST', `returns/${back.body.id}/complete`, {})).body.refunded.amount, 5_000)
})

test('a bundle of several classes of tax, of itself, of bundles or of nothing is refused; one whose parts go is not for sale', async () => {
  const a = await variant('PART-A', { taxClass: 'reduced' }, 5)
  const b = await variant('PART-B', {}, 5)
  const one = (parts: object[], more: object = {}) =>
    staff('POST', 'variants', { product: world.ids['product'], sku: 'SET', title: 'Set', price: eur(100), parts, ...more })
  const wrong: [object[], string, object?][] = [
    [
      [
        { variant: a, quantity: 1 },
        { variant: b, quantity: 1 },
      ],
      'tax_class',
    ],
    [[{ variant: b, quantity: 1 }], 'tax_class', { taxClass: 'reduced' }],
    [[{ variant: 'var_none', quantity: 1 }], 'reference_not_found'],
    [
      [
        { variant: a, quantity: 1 },
        { variant: a, quantity: 1 },
      ],
      'uniqueItems',
    ],
    [[{ variant: a, quantity: 0 }], 'minimum'],
    [[{ variant: a, quantity: 1.5 }], 'type'],
    [[{ variant: a, quantity: 1 }], 'bundle', { isDigital: true }],
  ]
  for (const [parts, code, more] of wrong) {
    const answer = await one(parts, more)
    assert.deepEqual([answer.status, answer.body.errors?.[0]?.code], [400, code], answer.text)
  }
  const set = (await one([{ variant: a, quantity: 2 }])).body.id
  Object.assign(world.ids, { SET: set })
  const twice = await staff('PATCH', `variants/${b}`, { parts: [{ variant: set, quantity: 1 }] })
  assert.equal(twice.body.errors[0].code, 'bundle')
  assert.equal((await staff('PATCH', `variants/${set}`, { parts: [{ variant: set, quantity: 1 }] })).status, 400)
  const cart = await fillCart(world, 'owner', [{ variant: 'SET', quantity: 1 }])
  assert.equal((await get('owner', `/api/carts/${cart.id}`)).body.taxes[0].taxClass, 'reduced')
  await staff('PATCH', `variants/${a}`, { parts: [{ variant: b, quantity: 1 }], taxClass: null })
  assert.equal((await get('owner', `/api/carts/${cart.id}`)).body.lines[0].available, false)
  assert.equal((await get('owner', `/api/variants/${set}`)).body.available, 0)
  assert.equal((await checkOut(world, 'owner', cart)).body.code, 'not_for_sale')
})

test('units are taken where they are near to the customer, and elsewhere when none are left there', async () => {
  const near = { vienna: ['AT', 'HU'], main: ['DE'] }
  await reopen({ stock: { locations: ['main', 'vienna'], allocate: 'nearest', near } })
  const id = await variant('NEAR', {}, 3)
  const second = await staff('POST', 'stockLevels', { variant: id, location: 'vienna' })
  await staff('PATCH', `stockLevels/${second.body.id}`, { onHand: 1 })
  const buyTo = async (country: string) => {
    const cart = await fillCart(world, 'owner', [{ variant: 'NEAR', quantity: 1 }])
    const body = { shippingAddress: { ...address, postalCode: '1010', country } }
    await world.call('owner', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })
    const answer = await checkOut(world, 'owner', cart)
    assert.equal(answer.status, 201, answer.text)
    const [{ stockLevel }] = (await staff('GET', `reservations?filter[order]=${answer.body.order.id}`)).body.items
    return stockLevel === second.body.id ? 'vienna' : 'main'
  }
  assert.deepEqual([await buyTo('AT'), await buyTo('AT'), await buyTo('DE'), await buyTo('FR')], ['vienna', 'main', 'main', 'main'])
})

test('what is expected is sold before it comes, and no more; what comes is received by a movement', async () => {
  const id = await variant('SOON')
  const [level] = (await staff('GET', `stockLevels?filter[variant]=${id}`)).body.items
  const expectedAt = '2027-01-10T00:00:00.000Z'
  const set = await staff('PATCH', `stockLevels/${level.id}`, { incoming: 3, expectedAt, sellsIncoming: true })
  assert.deepEqual([set.status, set.body.available], [200, 3])
  const shown = (await get('guest', `/api/variants/${id}`)).body
  assert.deepEqual([shown.available, shown.expectedAt], [3, expectedAt])
  const carts = await Promise.all(Array.from({ length: 5 }, async () => await fillCart(world, 'owner', [{ variant: 'SOON', quantity: 1 }])))
  const answers = await Promise.all(carts.map(async (cart) => await checkOut(world, 'owner', cart)))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 201, 201, 409, 409])
  await work(world, 5_000)
  assert.equal((await staff('PATCH', `stockLevels/${level.id}`, { incoming: 2 })).status, 400)
  assert.equal((await staff('PATCH', `stockLevels/${level.id}`, { sellsIncoming: false })).status, 400)
  const order = answers.find(({ status }) => status === 201)!.body.order.id
  assert.equal((await staff('POST', `orders/${order}/fulfillments`, {})).body.code, 'out_of_stock')
  const part = await staff('POST', `stockLevels/${level.id}/receive`, { quantity: 1, reason: 'Delivery 1' })
  assert.deepEqual(
    [part.status, part.body.onHand, part.body.incoming, part.body.available, part.body.expectedAt],
    [200, 1, 2, 0, expectedAt],
  )
  assert.equal((await staff('POST', `orders/${order}/fulfillments`, {})).status, 201)
  const rest = await staff('POST', `stockLevels/${level.id}/receive`, {})
  assert.deepEqual([rest.body.onHand, rest.body.incoming, rest.body.available, rest.body.expectedAt], [2, null, 0, null])
  assert.equal((await staff('POST', `stockLevels/${level.id}/receive`, {})).body.errors[0].code, 'required')
  const more = await staff('POST', `stockLevels/${level.id}/receive`, { quantity: 4 })
  assert.deepEqual([more.body.onHand, more.body.available], [6, 4])
  const moved = (await staff('GET', `stockMovements?filter[stockLevel]=${level.id}`)).body.items as { kind: string; quantity: number }[]
  assert.deepEqual(
    moved.map(({ kind, quantity }) => [kind, quantity]).toSorted(),
    [
      ['received', 1],
      ['received', 2],
      ['received', 4],
      ['shipped', -1],
    ].toSorted(),
  )
})

test('an address is taken as its country writes it: without a town, a postal code, or both', async () => {
  const { id, headers } = await fillCart(world, 'owner')
  const at = async (given: object) => {
    const body = { shippingAddress: { name: 'Ann', line1: '1 Raffles Place', ...given } }
    const { status, body: told } = await world.call('owner', { method: 'PATCH', url: `/api/carts/${id}`, headers, body })
    return status === 200 ? status : told.errors.map(({ path }: { path: string }) => path).join()
  }
  assert.deepEqual(
    [
      await at({ country: 'SG', postalCode: '048616' }),
      await at({ country: 'SG' }),
      await at({ country: 'HK', region: 'Kowloon' }),
      await at({ country: 'AQ' }),
      await at({ country: 'IE', city: 'Dublin' }),
      await at({ country: 'DE', postalCode: '10115' }),
      await at({ country: 'DE', city: 'Berlin' }),
      await at({ country: 'FR', city: ' ', postalCode: '75001' }),
      await at({}),
    ],
    [
      200,
      '/shippingAddress/postalCode',
      200,
      200,
      200,
      '/shippingAddress/city',
      '/shippingAddress/postalCode',
      '/shippingAddress/city',
      '/shippingAddress/country',
    ],
  )
})

test('what is digital is sold once there is a file of it, alone and in a bundle', async () => {
  const bare = await variant('BARE', { isDigital: true })
  const bundle = await variant('BARESET', { parts: [{ variant: bare, quantity: 1 }] })
  const stands = async () => [
    (await get('guest', `/api/variants/${bare}`)).body.available,
    (await get('guest', `/api/variants/${bundle}`)).body.available,
  ]
  assert.deepEqual(await stands(), [0, 0])
  const cart = (as: As, one: string) =>
    world.call(as, { method: 'POST', url: '/api/carts', body: { email: 'a@example.com', country: 'DE', lines: [{ variant: one }] } })
  for (const one of [bare, bundle]) {
    const refused = await cart('guest', one)
    assert.deepEqual([refused.status, refused.body.code, refused.body.errors[0].code], [422, 'not_for_sale', 'file'], refused.text)
    const draft = await staff('POST', 'orders', { email: 'a@example.com', country: 'DE', lines: [{ variant: one }] })
    assert.deepEqual([draft.status, draft.body.errors[0].code], [422, 'file'])
  }
  await staff('PATCH', `variants/${bare}`, { downloads: [{ id: (await file()).id }] })
  assert.ok((await stands()).every((units) => units > 0))
  assert.equal((await cart('guest', bundle)).status, 201)
  // Taken out again while it lies in a cart: nobody pays for nothing.
  const held = await cart('guest', bare)
  await staff('PATCH', `variants/${bare}`, { downloads: [] })
  const late = await pay('guest', { id: held.body.id, headers: { 'cart-token': held.body.token } })
  assert.deepEqual([late.status, late.body.errors[0].code], [422, 'file'])
})

test('a bundle is not sold while a part of it is archived or gone, and says which', async () => {
  const product = async (title: string) => (await staff('POST', 'products', { slug: title.toLowerCase(), title, status: 'active' })).body.id
  const [own, other] = [await product('Lamp'), await product('Bulb')]
  const lamp = await variant('LAMP', { product: own, title: 'Green' }, 5)
  const bulb = await variant('BULB', { product: other, title: 'Warm' }, 5)
  const parts = [lamp, bulb].map((id) => ({ variant: id, quantity: 1 }))
  const set = await variant('LAMPSET', { parts })
  const cart = await fillCart(world, 'owner', [{ variant: 'LAMPSET', quantity: 1 }])
  const line = async () => {
    const [{ available, reason }] = (await get('owner', `/api/carts/${cart.id}`)).body.lines
    return [available, reason?.code ?? null, (await get('owner', `/api/variants/${set}`)).body.available]
  }
  assert.deepEqual(await line(), [true, null, 5])
  await staff('PATCH', `products/${other}`, { status: 'archived' })
  assert.deepEqual(await line(), [false, 'part', 0])
  const refused = await checkOut(world, 'owner', cart)
  assert.deepEqual([refused.status, refused.body.code], [422, 'not_for_sale'])
  assert.match(refused.body.errors[0].message, /is not for sale: its part “Bulb, Warm” is not$/)
  const draft = await staff('POST', 'orders', { email: 'a@example.com', shippingAddress: address, lines: [{ variant: set }] })
  assert.match(draft.body.errors[0].message, /“Bulb, Warm”/)
  await staff('PATCH', `products/${other}`, { status: 'active' })
  assert.deepEqual(await line(), [true, null, 5])
  await staff('DELETE', `variants/${bulb}`)
  assert.deepEqual(await line(), [false, 'part', 0])
})

test('where downloads are counted, a link that was used is good for an hour more, and the next one counts', async () => {
  await reopen({ downloads: { times: 2, linkHours: 24, consent: false } })
  await ebook()
  const { body } = await pay('owner', await digitalCart('owner'), 'card_success', {})
  await work(world)
  const link = async () => {
    await world.clock.advance(1)
    return (await list('owner', body.order.id)).body.items[0]
  }
  const { url } = await link()
  for (const range of [{}, { range: 'bytes=10-19' }]) assert.ok((await get('guest', url, range)).status < 300)
  // Nothing that ticks is of interest from here on.
  world.clock.clear()
  await world.clock.advance(limits.downloadAgainMs - 60_000)
  assert.equal((await get('guest', url)).status, 200)
  await world.clock.advance(60_001)
  for (const range of [{}, { range: 'bytes=10-19' }] as Record<string, string>[]) {
    const late = await get('guest', url, range)
    assert.deepEqual([late.status, late.body.code], [403, 'file_link_invalid'])
  }
  const next = await link()
  assert.deepEqual([next.state, next.used, next.left, (await get('guest', next.url)).status], ['open', 1, 1, 200])
  assert.deepEqual([(await link()).state, (await get('guest', next.url)).status], ['used_up', 200])
})
