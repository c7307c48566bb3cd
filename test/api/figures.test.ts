// Figures beside a recount: of what the orders, the refunds and the ledger say, without any help of the entries that figures are sums of.
// slow: mongodb, mysql
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { foldedOf, ledgerBalances, salesEntries } from '../../src/domains/ledger/collections.ts'
import { spanOfTime } from '../../src/records/spans.ts'
import { field } from '../../src/schema/field.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, checkOut, createTestClock, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

const timeZone = 'Europe/Berlin'
const shop = { ...testConfig.shop!, bookkeeping: { timeZone }, variantFields: { costPrice: field.money() } }

let world: World
beforeEach(async () => {
  // Shortly before the end of the day on which the clocks are put back, which has 25 hours.
  const clock = createTestClock(Date.parse('2026-10-25T22:58:00Z'))
  world = await openWorld({ config: { ...testConfig, shop } as never, clock })
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

const call = (as: As, method: string, url: string, body?: object) => world.call(as, { method, url: `/api/${url}`, ...(body && { body }) })
const post = (url: string, body: object = {}) => call('staff', 'POST', url, body)
const days = 'from=2026-10-23&to=2026-10-27'
const figures = async (query: string) => {
  const { status, body, text } = await call('staff', 'GET', `figures/${query}`)
  assert.equal(status, 200, text)
  return body
}
const listed = async (collection: string) => (await call('staff', 'GET', `${collection}?limit=200`)).body.items

async function placed(as: As, lines: { variant: string; quantity: number }[], method?: string): Promise<string> {
  const { status, body } = await checkOut(world, as, await fillCart(world, as, lines), method)
  assert.equal(status, 201)
  await work(world)
  return body.order.id
}

const pastMidnight = () => work(world, 3 * 60_000)
const dayOf = (time: string | number) => spanOfTime(new Date(time).getTime(), 'day', timeZone)

/** Orders of all kinds before midnight, with refunds, cancellations and additions after it. */
async function aNight(): Promise<void> {
  const first = await placed('owner', [{ variant: 'variant', quantity: 3 }])
  await placed('guest', [{ variant: 'hardcover', quantity: 1 }])
  const whole = await placed('owner', [{ variant: 'variant', quantity: 1 }])
  await post(`orders/${first}/refunds`, { amount: { amount: 101, currency: 'EUR' }, reason: 'late' })
  await pastMidnight()
  const order = (await call('staff', 'GET', `orders/${first}`)).body
  await post(`orders/${first}/refunds`, { lines: [{ line: order.lines[0].id, quantity: 1 }] })
  await post(`orders/${first}/cancel`, { lines: [{ line: order.lines[0].id, quantity: 1 }] })
  await post(`orders/${whole}/cancel`)
  const last = await placed('other', [{ variant: 'variant', quantity: 2 }])
  await post(`orders/${last}/edits`, {
    add: [{ variant: world.ids['hardcover'], quantity: 1, unitPrice: { amount: 1555, currency: 'EUR' } }],
  })
  await placed('guest', [{ variant: 'variant', quantity: 1 }], 'card_declined')
}

test('figures are those of a recount, where the clocks change too, by whatever they are asked for', async () => {
  await aNight()
  await asInLedger()
  await byGoods()
  await asFiles()
})

/** What is sold and given back is that of the ledger, by day, country and rate. */
async function asInLedger(): Promise<void> {
  const sums = new Map<string, { net: number; tax: number }>()
  const taxes = new Map<string, number>()
  for (const { account, amount, postedAt } of await listed('ledgerEntries')) {
    const [, name, country, rate] = /^(?:I:(sales|shipping)|L:tax):(\w+):(\d+)$/.exec(account) ?? []
    if (country === undefined) continue
    const sum = sums.get(dayOf(postedAt)) ?? { net: 0, tax: 0 }
    sum[name === undefined ? 'tax' : 'net'] -= amount.amount
    sums.set(dayOf(postedAt), sum)
    if (name === undefined) taxes.set(`${country} ${rate}`, (taxes.get(`${country} ${rate}`) ?? 0) - amount.amount)
  }
  const { items, totals } = await figures(`sales?${days}`)
  type Row = Record<'net' | 'tax' | 'gross' | 'refunds' | 'canceled', { amount: number }> & { key: string; orders: number; units: number }
  assert.deepEqual(new Map(items.map(({ key, net, tax }: Row) => [key, { net: net.amount, tax: tax.amount }])), sums)
  assert.deepEqual([...sums.keys()].toSorted(), ['2026-10-25', '2026-10-26'])
  for (const { gross, refunds, canceled, net, tax } of items as Row[])
    assert.equal(gross.amount - refunds.amount - canceled.amount, net.amount + tax.amount)
  const all = await listed('orders')
  const sold = all.filter((order: { placedAt: string | null }) => order.placedAt !== null)
  const sum = (of: 'gross' | 'refunds' | 'canceled') => (items as Row[]).reduce((left, row) => left + row[of].amount, 0)
  assert.equal(
    sum('gross'),
    sold.reduce((left: number, { total }: { total: { amount: number } }) => left + total.amount, 0),
  )
  const canceled = sold.find(({ status }: { status: string }) => status === 'canceled')
  assert.equal(sum('canceled'), canceled.total.amount)
  assert.deepEqual(
    [totals.length, totals[0].orders, totals[0].units, totals[0].averageOrder.amount],
    [1, sold.length, 8, Math.round(sum('gross') / sold.length)],
  )
  const told = await figures(`taxes?${days}`)
  assert.deepEqual(
    new Map(
      told.items.map((row: { country: string; ratePpm: number; tax: { amount: number } }) => [
        `${row.country} ${row.ratePpm}`,
        row.tax.amount,
      ]),
    ),
    taxes,
  )
}

/** A product has what its lines cost, a category all below it, and each way of counting comes to the same. */
async function byGoods(): Promise<void> {
  const { totals } = await figures(`sales?${days}`)
  for (const by of ['product', 'country', 'channel']) {
    const { items, totals: own } = await figures(`sales?${days}&by=${by}`)
    assert.deepEqual(own, totals)
    for (const name of ['gross', 'net', 'tax', 'refunds', 'canceled', 'discount'])
      assert.equal(
        items.reduce((sum: number, row: Record<string, { amount: number }>) => sum + row[name]!.amount, 0),
        totals[0][name].amount,
      )
  }
  const { items } = await figures(`sales?${days}&by=product`)
  const shipping = items.find(({ key }: { key: string }) => key === 'shipping')
  assert.deepEqual([shipping.gross, shipping.title, shipping.orders], [totals[0].shipping, 'Shipping', null])
  const above = (await post('categories', { slug: 'all', title: 'All' })).body
  const below = (await post('categories', { slug: 'some', title: 'Some', parent: above.id })).body
  const book = items.find(({ key }: { key: string }) => key !== 'shipping')
  assert.equal((await call('staff', 'PATCH', `products/${book.key}`, { categories: [below.id] })).status, 200)
  const named = await figures(`sales?${days}&by=category`)
  const of = (id: string) => named.items.find(({ key }: { key: string }) => key === id)
  assert.deepEqual([of(above.id).gross, of(below.id).gross, of(above.id).title], [book.gross, book.gross, 'All'])
}

/** Each with the decimals of its currency. */
async function asFiles(): Promise<void> {
  const { items } = await figures(`sales?${days}&limit=1`)
  const { headers, text } = await call('staff', 'GET', `figures/sales/export?${days}`)
  assert.deepEqual(
    [headers['content-type'], headers['content-disposition']],
    ['text/csv; charset=utf-8', 'attachment; filename="sales.csv"'],
  )
  const [head, first, ...rest] = text.trimEnd().split('\r\n')
  assert.equal(head, 'key,title,currency,orders,units,gross,discount,shipping,refunds,canceled,net,tax,averageOrder')
  assert.deepEqual(
    [rest.length + 1, first!.split(',').slice(0, 6)],
    [items.length, ['2026-10-25', '', 'EUR', '3', '5', (items[0].gross.amount / 100).toFixed(2)]],
  )
  for (const name of ['taxes', 'customers'] as const)
    assert.match((await call('staff', 'GET', `figures/${name}/export?${days}`)).text, /^[a-zA-Z,]+\r\n\w+/)
}

test('currencies are never summed, and what a number does not hold is told as the nearest one', async () => {
  const entry = { transfer: 'trf_x', order: 'ord_x', kind: 'order.recognized', line: null, product: null, quantity: 1, orders: 1 }
  const rest = { tax: 1, discount: 0, country: 'DE', ratePpm: 190_000, channel: 'shop', postedAt: world.clock.now() }
  const amounts = [
    ['EUR', 10],
    ['USD', 20],
    ['JPY', Number.MAX_SAFE_INTEGER - 1],
    ['JPY', 3],
  ] as const
  const write = (from: number, to: number) =>
    world.write(async (tx) => {
      const rows = amounts
        .slice(from, to)
        .map(([currency, net], index) => ({ id: `sal_${from}${index}`, ...entry, ...rest, currency, net }))
      await tx.insertMany(salesEntries, rows)
    })
  await write(0, 3)
  const { items, totals } = await figures(`sales?${days}&by=country`)
  const told = (rows: { currency: string; gross: { amount: number } }[]) =>
    rows.map(({ currency, gross }) => [currency, gross.amount]).toSorted()
  assert.deepEqual(
    [told(items), told(totals)],
    [
      told(totals),
      [
        ['EUR', 11],
        ['JPY', Number.MAX_SAFE_INTEGER],
        ['USD', 21],
      ],
    ],
  )
  await write(3, 4)
  const most = (await figures(`sales?${days}&by=country`)).totals.find(({ currency }: { currency: string }) => currency === 'JPY')
  assert.deepEqual([most.orders, most.gross.amount, most.averageOrder.amount], [2, 2 ** 53 + 4, 2 ** 52 + 2])
  // They are of no order, which books must not have.
  await world.write(async (tx) => {
    for (const row of await tx.find(salesEntries, { limit: 9 })) await tx.delete(salesEntries, row)
  })
})

test('customers who come back are counted, and the stock is worth what it cost where that is known', async () => {
  await placed('owner', [{ variant: 'variant', quantity: 1 }])
  await placed('guest', [{ variant: 'variant', quantity: 1 }])
  await pastMidnight()
  await placed('owner', [{ variant: 'variant', quantity: 1 }])
  await placed('other', [{ variant: 'variant', quantity: 1 }])
  const all = await figures(`customers?${days}`)
  assert.deepEqual(all.items, [{ orders: 4, customers: 3, returning: 1, unknown: 0 }])
  assert.deepEqual((await figures('customers?from=2026-10-24&to=2026-10-25')).items[0].returning, 0)
  const next = await figures('customers?from=2026-10-26&to=2026-10-26')
  assert.deepEqual(next.items, [{ orders: 2, customers: 2, returning: 1, unknown: 0 }])

  const worth = async () => (await figures('stock')).items
  const levels = await listed('stockLevels')
  const prices = new Map((await listed('variants')).map((one: { id: string; price: { amount: number } }) => [one.id, one.price.amount]))
  const value = (of: Map<unknown, unknown>) =>
    levels.reduce((sum: number, { variant, onHand }: { variant: string; onHand: number }) => sum + onHand * (of.get(variant) as number), 0)
  const units = levels.reduce((sum: number, { onHand }: { onHand: number }) => sum + onHand, 0)
  const [row, ...others] = await worth()
  assert.deepEqual([row.value.amount, row.units, row.unitsAtPrice, others], [value(prices), units, units, []])
  const { variant } = world.ids
  assert.equal((await call('staff', 'PATCH', `variants/${variant}`, { costPrice: { amount: 400, currency: 'EUR' } })).status, 200)
  const [now] = await worth()
  const own = levels.find((level: { variant: string }) => level.variant === variant).onHand
  assert.deepEqual([now.value.amount, now.unitsAtPrice], [value(prices.set(variant, 400)), units - own])
})

test('days that are none are refused, and so are too many; a console is told whose days they are', async () => {
  assert.equal((await call('staff', 'GET', 'schema')).body.timeZone, timeZone)
  const refused = async (query: string) => {
    const { status, body } = await call('staff', 'GET', `figures/sales?${query}`)
    return [status, body.errors?.[0].path]
  }
  assert.deepEqual(await refused('from=2026-02-30&to=2026-03-01'), [400, 'query:from'])
  assert.deepEqual(await refused('from=2026-03-02&to=2026-03-01'), [400, 'query:to'])
  assert.deepEqual(await refused('from=1990-01-01&to=2026-03-01'), [400, 'query:to'])
  assert.deepEqual(await refused(`${days}&by=moon`), [400, 'query:by'])
  assert.deepEqual((await figures('sales?from=2020-01-01&to=2020-12-31')).items, [])
})

const address = { name: 'Olga Früher', line1: 'Alte Gasse 1', city: 'Wien', postalCode: '1010', country: 'AT' }
const oldOrder = (number: string, more: object = {}) => ({
  number,
  placedAt: '2024-02-29T22:30:00Z',
  email: 'Olga@example.com',
  lines: [
    {
      title: 'Old book',
      sku: 'GONE-1',
      quantity: 3,
      unitPrice: { amount: 1_000, currency: 'EUR' },
      discount: { amount: 1, currency: 'EUR' },
      taxRatePpm: 100_000,
    },
    { title: 'A lamp', quantity: 1, unitPrice: { amount: 5_999, currency: 'EUR' }, taxRatePpm: 200_000 },
  ],
  shipping: { title: 'Post', price: { amount: 490, currency: 'EUR' } },
  shippingAddress: address,
  paymentMethod: 'invoice',
  tracking: [{ carrier: 'Post', number: 'AT-99' }],
  ...more,
})
const send = (rows: readonly (object | string)[], query = '') =>
  world.call('staff', {
    method: 'POST',
    url: `/api/orders/import${query}`,
    headers: { 'content-type': 'application/jsonl' },
    body: rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'),
  })

test('old orders come in once, with numbers and days of their own, and touch neither stock nor mail nor provider', async () => {
  const own = await placed('owner', [{ variant: 'variant', quantity: 1 }])
  const { number: ownNumber } = (await call('staff', 'GET', `orders/${own}`)).body
  const untouched = async () => [await listed('stockLevels'), await listed('emails'), await listed('effects'), world.book.all().length]
  const before = await untouched()
  const usd = (amount: number) => ({ amount, currency: 'USD' })
  const inDollars = { currency: 'USD', lines: [{ title: 'Mug', quantity: 2, unitPrice: usd(700) }], shipping: undefined, total: usd(1_400) }
  const rows = [
    oldOrder('A-1', { total: { amount: 9_488, currency: 'EUR' } }),
    oldOrder('A-2', { status: 'canceled' }),
    oldOrder('A-3', inDollars),
    oldOrder('A-4', { total: { amount: 1, currency: 'EUR' } }),
    '{"number": "A-5"',
    oldOrder('A-6', { placedAt: '2099-01-01T00:00:00Z' }),
    oldOrder(ownNumber),
    '',
    oldOrder('A-7', { lines: [{ title: 'Negative', quantity: 1, unitPrice: { amount: -1, currency: 'EUR' } }] }),
    oldOrder('A-8', { shippingAddress: { ...address, country: 'XX' }, colour: 'red' }),
  ]
  // Looked at first: the same report, and nothing is written. A number that stands twice in the file counts once, as when it is imported.
  const twice = [...rows, oldOrder('A-1')]
  const [looked, newest] = [await send(twice, '?dryRun=true'), await world.newest()]
  assert.equal((await send(rows, '?dryRun=perhaps')).status, 400)
  assert.deepEqual([looked.status, await listed('fulfillments'), await world.newest()], [200, [], newest], looked.text)
  const { status, body, text } = await send(twice)
  assert.equal(status, 200, text)
  assert.deepEqual(looked.body, body)
  assert.deepEqual((await send(twice, '?dryRun=true')).body, { ...body, created: 0, unchanged: 4 })
  const none = {
    method: 'POST',
    url: '/api/orders/import',
    headers: { 'content-type': 'application/jsonl', 'content-length': '0' },
  } as const
  assert.match((await world.call('staff', none)).text, /is empty: send an order a line/)
  const told = body.rejections.map(({ line, errors }: { line: number; errors: { path: string; code: string }[] }) => [
    line,
    errors[0]!.path,
    errors[0]!.code,
  ])
  assert.deepEqual([body.rows, body.created, body.unchanged, body.rejected], [10, 3, 1, 6], text)
  assert.deepEqual(told.slice(0, 5), [
    [4, '/total/amount', 'sum'],
    [5, '', 'malformed_json'],
    [6, '/placedAt', 'maximum'],
    [7, '/number', 'already_exists'],
    [9, '/lines/0/unitPrice/amount', 'minimum'],
  ])
  assert.deepEqual(await untouched(), before)
  // Again, and twice at once: nothing doubles.
  const again = await Promise.all([send(rows), send([...rows, oldOrder('A-9')])])
  assert.deepEqual(
    again.map((answer) => [answer.body.created, answer.body.unchanged]),
    [
      [0, 3],
      [1, 3],
    ],
  )
  const [order] = (await call('staff', 'GET', 'orders?filter[number]=A-1')).body.items
  assert.deepEqual(
    [order.status, order.paymentStatus, order.fulfillmentStatus, order.placedAt, order.channel, order.email, order.total.amount],
    ['completed', 'paid', 'fulfilled', '2024-02-29T22:30:00.000Z', 'import', 'olga@example.com', 9_488],
  )
  // The day is that of the shop's time zone, in which it was 23:30.
  const { items } = await figures('sales?from=2024-02-29&to=2024-02-29')
  assert.deepEqual(
    items.map((row: { currency: string; orders: number; gross: { amount: number } }) => [row.currency, row.orders, row.gross.amount]),
    [
      ['EUR', 2, 2 * 9_488],
      ['USD', 1, 1_400],
    ],
  )
  const taxes = (await figures('taxes?from=2024-02-29&to=2024-02-29')).items.map(
    (row: { country: string; ratePpm: number }) => `${row.country} ${row.ratePpm}`,
  )
  assert.deepEqual(taxes, ['AT 200000', 'AT 100000', 'AT 0'])
  const { totals } = (await call('staff', 'GET', 'ledger/balances')).body
  for (const { sum } of totals) assert.equal(sum.amount, 0)
  // What came from elsewhere is settled there.
  const codes = [
    await post(`orders/${order.id}/refunds`),
    await post(`orders/${order.id}/cancel`),
    await post(`orders/${order.id}/returns`, { lines: [{ line: order.lines[0].id, quantity: 1, reason: 'x' }] }),
    await post(`orders/${order.id}/edits`, { add: [{ variant: world.ids['variant'] }] }),
  ].map((answer) => answer.body.code)
  assert.deepEqual(codes, ['refund_too_large', 'order_state_conflict', 'order_state_conflict', 'order_state_conflict'])
  await work(world, 11_000)
  assert.deepEqual((await call('staff', 'GET', 'orders?search=früher')).body.items.length, 4)
})

test('an order that was imported is found again by its number, in whatever capitals either has it', async () => {
  assert.equal((await send([oldOrder('wc-1001'), oldOrder('Wc-7', { email: 'other@example.com' })])).body.created, 2)
  const links = async () => {
    await work(world)
    return (await findAll(world.engine.parts.storage.reader, emails, eq('template', 'order_link'))).length
  }
  const ask = (number: string) => call('guest', 'POST', 'orders/lookup', { number, email: 'olga@example.com' })
  for (const [number, found] of [
    ['wc-1001', 1],
    [' WC-1001 ', 2],
    // Somebody else's.
    ['Wc-7', 2],
    ['none', 2],
  ] as const) {
    assert.equal((await ask(number)).status, 202)
    assert.equal(await links(), found, number)
  }
})

test('what is more than a cart holds is not imported, and of what is not, a sum that no number holds is counted, sealed and verified', async () => {
  const money = (amount: number) => ({ amount, currency: 'IRR' })
  const most = limits.cartAmountMax
  const line = (amount: number, quantity = 1) => ({ title: 'A lamp', quantity, unitPrice: money(amount), taxRatePpm: 1_000_000 })
  const row = (number: string, more: object = {}) => {
    const shipping = { title: 'Post', price: money(most / 2) }
    return oldOrder(number, { currency: 'IRR', taxIncluded: false, lines: [line(most / 2)], shipping, ...more })
  }
  const { body } = await send([
    row('SLIP-1', { lines: [line(most + 1)] }),
    row('SLIP-2', { lines: [line(10), line(10_000, 1_000_000_000)] }),
    row('SLIP-3', { lines: [line(most), line(1)] }),
    row('SLIP-4', { lines: [line(9e15, 1e9)] }),
    row('SLIP-5', { shipping: { title: 'Post', price: money(most + 1) } }),
    row('SLIP-6', { shipping: { title: 'Post', price: money(most / 2 + 1) } }),
  ])
  const told = body.rejections.map(({ errors }: { errors: { path: string; code: string }[] }) => `${errors[0]!.path} ${errors[0]!.code}`)
  assert.deepEqual(
    told,
    [
      '/lines/0/unitPrice/amount',
      '/lines/1/quantity',
      '/lines/1/quantity',
      '/lines/0/unitPrice/amount',
      '/shipping/price/amount',
      '/shipping/price/amount',
    ].map((path) => `${path} maximum`),
  )
  assert.equal(body.rejections[5].errors[0].message, 'takes the order past 100000000000.00 IRR, the most that one may come to')
  // The last of them takes the sums beyond 2^53.
  const many = Array.from({ length: 452 }, (_, index) => row(`MANY-${index}`))
  assert.equal((await send(many)).body.created, 452)
  const sum = 452 * 2 * most
  assert.ok(!Number.isSafeInteger(sum))
  const balances = async () => {
    const { status, body: answer, text } = await call('staff', 'GET', 'ledger/balances')
    assert.equal(status, 200, text)
    const held = answer.items.filter(({ currency }: { currency: string }) => currency === 'IRR')
    return [
      answer.totals.find(({ currency }: { currency: string }) => currency === 'IRR').sum.amount,
      ...held.map(({ account, balance }: { account: string; balance: { amount: number } }) => `${account} ${balance.amount}`),
    ]
  }
  const wanted = [
    0,
    `A:psp:imported ${sum}`,
    `I:sales:AT:1000000 ${-sum / 4}`,
    `I:shipping:AT:1000000 ${-sum / 4}`,
    `L:tax:AT:1000000 ${-sum / 2}`,
  ]
  assert.deepEqual(await balances(), wanted)
  // Two seals, the second onto a balance that no number holds.
  await work(world, limits.ledgerSealAfterMs + 15_000)
  assert.equal((await send([row('MORE-1'), row('MORE-2')])).body.created, 2)
  await work(world, limits.ledgerSealAfterMs + 15_000)
  const rows = await findAll(world.engine.parts.storage.reader, ledgerBalances, eq('account', 'A:psp:imported'))
  assert.deepEqual(rows.map(foldedOf), [227n * 4n * BigInt(most)])
  const { totals } = await figures('sales?from=2024-02-29&to=2024-02-29')
  assert.deepEqual([totals[0].orders, totals[0].gross.amount, totals[0].averageOrder.amount], [454, 227 * 4 * most, 2 * most])
  for (const by of ['product', 'category', 'country', 'channel'])
    assert.equal((await figures(`sales?from=2024-02-29&to=2024-02-29&by=${by}`)).totals[0].gross.amount, 227 * 4 * most)
  const [tax] = (await figures('taxes?from=2024-02-29&to=2024-02-29')).items
  assert.deepEqual([tax.netSold.amount, tax.taxSold.amount], [227 * 2 * most, 227 * 2 * most])
  const file = await call('staff', 'GET', 'figures/sales/export?from=2024-02-29&to=2024-02-29')
  assert.match(file.text, new RegExp(`,${(227 * 4 * most) / 100}\\.00,`))
})
