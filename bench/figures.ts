/**
 * Figures over many orders: `node bench/figures.ts [--orders 100000] [--only sqlite,postgres] [--rounds 5]`. Orders of a year with two
 * lines and shipping, a tenth of them partly given back later. Each figure is asked of its operation for all of the year, and is
 * compared with a count of what was made; told is the median of the time until its answer is there. Beside it the other way: to read the
 * orders themselves.
 */
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { guestActor } from '../src/access/actor.ts'
import { openStorage } from '../src/cli/open-storage.ts'
import { type Order, type OrderLine, orders } from '../src/domains/orders/collections.ts'
import { createBackend } from '../src/engine/backend.ts'
import { idlePorts, operationsOf } from '../src/engine/operations.ts'
import { defineBackend } from '../src/index.ts'
import type { Query } from '../src/operation/define.ts'
import { pagesById } from '../src/storage/find-all.ts'
import { shapeOf } from '../src/storage/record-shape.ts'
import type { WholeStorage } from '../src/storage/storage.ts'
import { createDatabaseOf } from '../test/support/databases.ts'
import { chosenDatabases } from './databases-option.ts'
import { integerOption } from './options.ts'
import { median } from './stats.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: 'sqlite,postgres' },
  },
})
const count = integerOption('orders', values.orders, { min: 1_000, max: 10_000_000 })
const rounds = integerOption('rounds', values.rounds, { min: 1, max: 99 })

const timeZone = 'Europe/Berlin'
const backend = createBackend(defineBackend({ name: 'Figures', shop: { currency: 'EUR', bookkeeping: { timeZone } } }) as never, {
  publicUrl: 'http://shop.test',
  isDevelopment: false,
  paymentProviders: [],
})
const { model, project } = backend
const operations = operationsOf({ ...backend, hooksOf: backend.extension.hooksOf }, idlePorts)

const first = Date.parse('2025-12-31T23:00:00Z')
const yearMs = 365 * 86_400_000
const goods = 5_000
const countries = ['DE', 'DE', 'DE', 'AT', 'FR', 'NL'] as const
const idOf = (prefix: string, number: number) => `${prefix}_${String(number).padStart(26, '0')}`
const euro = (amount: number) => ({ amount, currency: 'EUR' })
const taxOf = (gross: number) => Math.round((gross * 19) / 119)

function at(number: number, salt: number): number {
  let mixed = Math.imul(number * 16 + salt + 1, 2_654_435_761)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 2_246_822_519)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 3_266_489_917)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

function orderOf(number: number) {
  const placedAt = first + Math.floor((number / count) * (yearMs - 1))
  const country = countries[Math.floor(at(number, 1) * countries.length)]!
  const lines = [2, 3].map((salt): OrderLine => {
    const thing = Math.floor(goods * at(number, salt) ** 2)
    const quantity = 1 + Math.floor(2 * at(number, salt + 4))
    const total = quantity * (500 + (thing % 90) * 50)
    const own = { product: idOf('prod', thing), variant: idOf('var', thing), sku: `S-${thing}`, title: `Thing ${thing}` }
    return {
      id: idOf('line', number * 2 + salt),
      ...own,
      quantity,
      unitPrice: euro(total / quantity),
      total: euro(total),
      tax: euro(taxOf(total)),
      taxRatePpm: 190_000,
    }
  })
  const shipping = {
    id: idOf('ship', 1),
    title: 'Parcel',
    price: euro(490),
    parts: [{ ratePpm: 190_000, taxClass: 'standard', total: euro(490), tax: euro(taxOf(490)) }],
  }
  const goodsTotal = lines.reduce((sum, { total }) => sum + total.amount, 0)
  const tax = lines.reduce((sum, line) => sum + line.tax!.amount, taxOf(490))
  const total = goodsTotal + 490
  const address = { name: 'Ada Example', line1: `Street ${number}`, city: 'Town', postalCode: '12345', country }
  const record = {
    ...{ id: idOf('ord', number), version: 3, createdAt: placedAt, updatedAt: placedAt, number: `N${number}`, cart: idOf('cart', number) },
    ...{ tokenHash: 'x'.repeat(43), customer: null, email: `c${Math.floor(at(number, 9) * count * 0.6)}@mail.example` },
    ...{ status: 'placed', paymentStatus: 'paid', fulfillmentStatus: 'unfulfilled', holds: [], lines, placedAt },
    ...{ addresses: { shipping: address, billing: address }, shipping, discounts: null, taxIncluded: true },
    taxes: [{ ratePpm: 190_000, taxClass: 'standard', country, region: null, net: euro(total - tax), tax: euro(tax) }],
    totals: { subtotal: euro(goodsTotal), discount: euro(0), shipping: euro(490), tax: euro(tax), total: euro(total) },
    total: euro(total),
  }
  return shapeOf(model.get(orders)).complete(record) as unknown as Order
}

let nextEntry = 0
function entriesOf({ id, lines, shipping, addresses, placedAt }: Order, number: number) {
  const shared = { order: id, currency: 'EUR', country: addresses.shipping.country, channel: 'shop', ratePpm: 190_000 }
  const entry = (of: Record<string, unknown>, postedAt: number) => {
    const own = { id: idOf('sal', nextEntry++), version: 1, createdAt: postedAt, updatedAt: postedAt, discount: 0, postedAt }
    return shapeOf(model.get({ name: 'salesEntries' })).complete({ ...own, ...shared, ...of })
  }
  const sold = { transfer: idOf('trf', number), kind: 'order.recognized' }
  const parts = lines.map(({ id: line, product, quantity, total, tax }, index) =>
    entry({ ...sold, line, product, quantity, orders: index === 0 ? 1 : 0, net: total.amount - tax!.amount, tax: tax!.amount }, placedAt!),
  )
  const [part] = shipping!.parts!
  parts.push(entry({ ...sold, quantity: 0, orders: 0, net: part!.total.amount - part!.tax.amount, tax: part!.tax.amount }, placedAt!))
  if (number % 10 !== 0) return parts
  const [line] = lines
  const back = { transfer: idOf('trf', count + number), kind: 'order.refunded', line: line!.id, product: line!.product }
  const amounts = { quantity: 0, orders: 0, net: line!.tax!.amount - line!.total.amount, tax: -line!.tax!.amount }
  return [...parts, entry({ ...back, ...amounts }, Math.min(placedAt! + 5 * 86_400_000, first + yearMs - 1))]
}

type Counted = { orders: number; gross: number; refunds: number; buyers: Set<string> }

async function fill(storage: WholeStorage): Promise<Counted> {
  nextEntry = 0
  const counted: Counted = { orders: 0, gross: 0, refunds: 0, buyers: new Set() }
  for (let start = 0; start < count; start += 1_000) {
    const made = Array.from({ length: Math.min(1_000, count - start) }, (_, index) => orderOf(start + index))
    for (const [index, { total, lines, email }] of made.entries()) {
      counted.orders += 1
      counted.gross += total.amount
      counted.buyers.add(email)
      if ((start + index) % 10 === 0) counted.refunds += lines[0]!.total.amount
    }
    await storage.load({ records: { collection: model.get(orders), records: made as never } })
    const records = made.flatMap((order, index) => entriesOf(order, start + index))
    await storage.load({ records: { collection: model.get({ name: 'salesEntries' }), records } })
  }
  return counted
}

const year = { from: '2026-01-01', to: '2026-12-31' }
const month = { from: '2026-06-01', to: '2026-06-30' }
const questions: readonly (readonly [title: string, name: string, input: Record<string, unknown>])[] = [
  ...(['day', 'product', 'category', 'country', 'channel'] as const).map(
    (by) => [`sales by ${by}, a year`, 'figures.sales', { ...year, by }] as const,
  ),
  ['sales by day, a month', 'figures.sales', { ...month, by: 'day' }],
  ['taxes, a year', 'figures.taxes', year],
  ['customers, a year', 'figures.customers', year],
  ['customers, a month', 'figures.customers', month],
]

async function measure(storage: WholeStorage, counted: Counted): Promise<string[][]> {
  const ask = async (name: string, input: unknown) => {
    const operation = operations.find((one) => one.name === name) as Query
    const context = { read: storage.reader, input, actor: guestActor(''), model, project, now: Date.now(), request: {} }
    const startedAt = performance.now()
    const { output } = await operation.run(context as never)
    return { ms: performance.now() - startedAt, output: output as never as Record<string, never> }
  }
  const told: string[][] = []
  for (const [title, name, input] of questions) {
    const { output } = await ask(name, input)
    if (name === 'figures.sales' && input['to'] === year.to) {
      const [sum] = output['totals'] as unknown as { orders: number; gross: { amount: number }; refunds: { amount: number } }[]
      assert.deepEqual([sum!.orders, sum!.gross.amount, sum!.refunds.amount], [counted.orders, counted.gross, counted.refunds])
    }
    if (title === 'customers, a year')
      assert.equal((output['items'] as unknown as { customers: number }[])[0]!.customers, counted.buyers.size)
    const taken: number[] = []
    for (let round = 0; round < rounds; round++) taken.push((await ask(name, input)).ms)
    told.push([title, median(taken).toFixed(0)])
  }
  const startedAt = performance.now()
  let gross = 0
  for await (const page of pagesById<Order>(storage.reader, orders)) for (const { total } of page) gross += total.amount
  assert.equal(gross, counted.gross)
  told.push(['reading the orders themselves, a year', (performance.now() - startedAt).toFixed(0)])
  return told
}

console.log(`Node ${process.version}, ${count} orders, load average before ${loadavg()[0]!.toFixed(1)}, medians of ${rounds}`)
for (const name of chosenDatabases(values.only)) {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-figures-'))
  const server = name === 'sqlite' ? null : createDatabaseOf(name)
  const databaseUrl = server === null ? null : await server.url()
  const storage = await openStorage({ dataFolder: folder, databaseUrl, allowWeakDurability: true, isDevelopment: true } as never, model)
  try {
    const startedAt = performance.now()
    const counted = await fill(storage)
    console.log(`\n${name}, filled in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s\n`)
    console.log(renderTable(['figure', 'ms'], await measure(storage, counted)))
  } finally {
    await storage.close()
    await rm(folder, { recursive: true })
  }
}
console.log(`\nload average after ${loadavg()[0]!.toFixed(1)}`)
