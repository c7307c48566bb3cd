// Invoices: numbers without a gap, taken by who issues; credit notes for what is sold no longer; and the same file for ever.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, test } from 'node:test'
import { systemEgress } from '../../src/base/egress.ts'
import { createExchangeRates } from '../../src/cli/exchange-rates.ts'
import type { RateQuestion } from '../../src/config/exchange-rates.ts'
import type { InvoicesConfig } from '../../src/config/invoices.ts'
import { invoice as onInvoice, sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import type { InvoiceDocument } from '../../src/documents/invoice-document.ts'
import { type Invoice, invoiceSeries, invoices } from '../../src/domains/invoices/collections.ts'
import { issueInvoices } from '../../src/domains/invoices/issue-invoices.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { workIn } from '../../src/operation/work.ts'
import { createOfflineProvider } from '../../src/payment-providers/offline/adapter.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import {
  type ApiHarnessOptions,
  type As,
  address,
  checkOut,
  createTestClock,
  fillCart,
  openWorld,
  testConfig,
  type World,
  work,
} from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { createMailbox, type Mail } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
afterEach(() => closeWithBooks(world))

async function open(
  config: InvoicesConfig = {},
  more: object = {},
  payments: ApiHarnessOptions['payments'] = [],
  parts: Pick<ApiHarnessOptions, 'exchangeRates'> = {},
): Promise<void> {
  const mailbox = createMailbox()
  sent = mailbox.sent
  const shop = { ...(testConfig.shop as object), invoices: config, ...more }
  world = await openWorld({ ...mailbox, ...parts, payments, config: { ...testConfig, shop } as typeof testConfig })
  await world.engine.start()
}

const cause = { operation: 'test.issue', actor: 'test', requestId: '' }
const read = () => world.engine.parts.storage.reader
const post = (as: As, path: string, body: object = {}, headers: Record<string, string> = {}) =>
  world.call(as, { method: 'POST', url: `/api/${path}`, body, headers })
const get = (as: As, path: string, headers: Record<string, string> = {}) => world.call(as, { method: 'GET', url: `/api/${path}`, headers })
const issuedOf = async (order: string) => (await findAll(read(), invoices, eq('order', order))).toSorted((a, b) => a.position - b.position)
const said = (all: readonly Invoice[]) => all.map(({ number, kind, total }) => [number, kind, total.amount])
const numbers = async () => (await findAll(read(), invoices, { op: 'true' })).map(({ sequence }) => sequence).toSorted((a, b) => a - b)

/** A paid order of two books with shipping: 23.90. */
async function anOrder(as: As = 'guest', quantity = 2, country = 'DE') {
  const cart = await fillCart(world, as, [{ variant: 'variant', quantity }])
  await world.call(as, {
    method: 'PATCH',
    url: `/api/carts/${cart.id}`,
    headers: cart.headers,
    body: { shippingAddress: { ...address, country, postalCode: '8001' } },
  })
  const { body } = await checkOut(world, as, cart, 'card_success')
  await work(world)
  return {
    id: body.order.id as string,
    number: body.order.number as string,
    headers: cart.headers,
    total: body.order.total.amount as number,
  }
}

test('an order that is placed is invoiced by itself, and its customer has the PDF by mail', async () => {
  await open()
  const order = await anOrder()
  const [invoice, ...others] = await issuedOf(order.id)
  assert.deepEqual([others.length, invoice?.kind, invoice?.total.amount], [0, 'invoice', order.total])
  assert.equal(invoice!.number, `INV-${invoice!.year}-00001`)
  const { document } = invoice!
  assert.deepEqual([document.totals.total, document.paid, document.order.number], [order.total, order.total, order.number])
  assert.deepEqual(
    document.taxes.map(({ ratePpm, category, net, tax }) => [ratePpm, category, net + tax]),
    [[70_000, 'S', order.total]],
  )
  const mail = sent.find(({ subject }) => subject.startsWith('Your invoice'))!
  assert.match(mail.subject, /^Your invoice INV-\d{4}-00001 from Test shop$/)
  const [attached] = mail.attachments
  assert.deepEqual([attached?.name, attached?.type], [`${invoice!.number}.pdf`, 'application/pdf'])
  assert.equal(Buffer.from(attached!.bytes.subarray(0, 8)).toString(), '%PDF-1.7')
  // What is sent, what is fetched, and what is fetched again is the same file.
  const once = await get('guest', `orders/${order.id}/invoice.pdf`, order.headers)
  const twice = await get('staff', `orders/${order.id}/invoice.pdf?invoice=${invoice!.id}`)
  assert.deepEqual([once.status, once.headers['content-type'], once.bytes.equals(twice.bytes)], [200, 'application/pdf', true])
  assert.ok(once.bytes.equals(attached!.bytes))
  const again = await get('guest', `orders/${order.id}/invoice.pdf`, { ...order.headers, 'if-none-match': String(once.headers['etag']) })
  assert.equal(again.status, 304)
})

test('an address stands on the invoice and in the receipt as its country writes it', async () => {
  await open()
  const order = await anOrder('guest', 1, 'GB')
  const [{ document } = assert.fail('no invoice')] = await issuedOf(order.id)
  assert.deepEqual(document.buyer.address.lines, [address.line1, address.city, '8001'])
  const receipt = sent.find(({ subject }) => subject.includes(order.number))!
  assert.match(receipt.text, new RegExp(`\\n${address.line1}\\n${address.city}\\n8001\\nUnited Kingdom\\n`))
})

test('who orders in German has receipt, invoice and credit note in German, whoever asks for them later', async () => {
  await open()
  const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
  const german = { ...cart.headers, 'accept-language': 'de-AT,de;q=0.9' }
  const { body } = await checkOut(world, 'guest', { ...cart, headers: german }, 'card_success')
  await work(world)
  const [{ document } = assert.fail('no invoice')] = await issuedOf(body.order.id)
  assert.deepEqual([document.language, document.buyer.address.countryName], ['de', 'Deutschland'])
  const receipt = sent.find(({ subject }) => subject === `Ihre Bestellung ${body.order.number} bei Test shop`)!
  assert.match(receipt.text, /\nZwischensumme {2}10,00 EUR\nVersand {8}3,90 EUR\nGesamt {9}13,90 EUR\nDarin 0,91 EUR Umsatzsteuer\n/)
  assert.match(receipt.text, /\nSie geht an:\n(?:.+\n)+Deutschland\n/)
  await post('staff', `orders/${body.order.id}/refunds`, { amount: { amount: 500, currency: 'EUR' } })
  await work(world)
  const [, credit] = await issuedOf(body.order.id)
  assert.deepEqual([credit!.document.language, credit!.document.lines[0]!.name], ['de', `Erstattung zur Bestellung ${body.order.number}`])
  const mail = sent.find(({ subject }) => subject.startsWith('Ihre Rechnungskorrektur'))!
  assert.match(mail.text, /hängt an: 5,00 EUR weniger/)
})

test('what was bought on an invoice is still to be paid', async () => {
  const offline = createOfflineProvider({ id: 'invoice', clock: createTestClock(), transfer: null })
  await open({ terms: 'Payable within 14 days.' }, { payments: [sandbox(), onInvoice()] }, [offline])
  const cart = await fillCart(world, 'guest')
  const { body } = await post('guest', `carts/${cart.id}/checkout`, { payment: { provider: 'invoice' } }, cart.headers)
  await work(world)
  const [{ document }] = (await issuedOf(body.order.id)) as [Invoice]
  assert.deepEqual([document.paid, document.totals.total > 0, document.terms], [0, true, 'Payable within 14 days.'])
})

test('whoever may not see an order sees none of its invoices', async () => {
  await open({ mail: false })
  const order = await anOrder('owner')
  const [invoice] = await issuedOf(order.id)
  for (const path of [
    `orders/${order.id}/invoices`,
    `orders/${order.id}/invoice.pdf`,
    `orders/${order.id}/invoice.pdf?invoice=${invoice!.id}`,
  ]) {
    assert.equal((await get('owner', path)).status, 200, path)
    assert.equal((await get('other', path)).status, 404, path)
    assert.equal((await get('guest', path)).status, 404, path)
    assert.equal((await get('guest', path, { 'cart-token': 'cart_guess' })).status, 404, path)
  }
  // Nor that of another order by way of one's own.
  const own = await anOrder('other')
  assert.equal((await get('other', `orders/${own.id}/invoice.pdf?invoice=${invoice!.id}`)).status, 404)
  for (const as of ['owner', 'guest'] as const) assert.deepEqual((await get(as, 'invoices')).body.items, [])
  const { body } = await get('staff', 'invoices')
  assert.deepEqual([body.items.length, 'document' in body.items[0]], [2, false])
})

test('what is given back and canceled is a credit note each: invoice less credit notes is what was kept', async () => {
  await open({ creditNoteSeries: 'CN' })
  const order = await anOrder()
  for (const amount of [333, 334]) {
    assert.equal((await post('staff', `orders/${order.id}/refunds`, { amount: { amount, currency: 'EUR' } })).status, 201)
    await work(world)
  }
  assert.equal((await post('staff', `orders/${order.id}/cancel`)).status, 200)
  await work(world)
  const all = await issuedOf(order.id)
  const year = all[0]!.year
  assert.deepEqual(said(all), [
    [`INV-${year}-00001`, 'invoice', order.total],
    [`CN-${year}-00001`, 'credit_note', 333],
    [`CN-${year}-00002`, 'credit_note', 334],
    [`CN-${year}-00003`, 'credit_note', order.total - 667],
  ])
  for (const { document, kind } of all.slice(1)) assert.deepEqual([document.corrects?.number, kind], [all[0]!.number, 'credit_note'])
  const left = (of: 'net' | 'tax') => all.reduce((sum, { kind, document }) => sum + (kind === 'invoice' ? 1 : -1) * document.totals[of], 0)
  assert.deepEqual([left('net'), left('tax')], [0, 0])
  assert.equal(sent.filter(({ subject }) => subject.startsWith('Your credit note')).length, 3)
})

test('what was canceled before the first invoice does not stand on it, whole lines and parts of them', async () => {
  await open({ mail: false, issue: 'shipped' })
  const cart = await fillCart(world, 'guest', [
    { variant: 'variant', quantity: 3 },
    { variant: 'hardcover', quantity: 1 },
  ])
  const { body: made } = await checkOut(world, 'guest', cart)
  await work(world)
  const [paperback, hardcover] = (await get('staff', `orders/${made.order.id}`)).body.lines
  const cancel = (line: string) => post('staff', `orders/${made.order.id}/cancel`, { lines: [{ line, quantity: 1 }] })
  for (const line of [paperback.id, hardcover.id]) assert.equal((await cancel(line)).status, 200)
  await work(world)
  assert.equal((await post('staff', `orders/${made.order.id}/fulfillments`)).status, 201)
  await work(world)
  const all = await issuedOf(made.order.id)
  assert.deepEqual(
    all.map(({ kind, total }) => [kind, total.amount]),
    [['invoice', 2390]],
  )
  const { lines, paid } = all[0]!.document
  assert.deepEqual(
    [lines.map(({ quantity, unitPrice, discount, total }) => [quantity, unitPrice, discount, total]), paid],
    [[[2, 1000, 0, 2000]], 2390],
  )
})

test('what is added to an order that was invoiced is an invoice of its own', async () => {
  await open({ mail: false })
  const order = await anOrder()
  const edited = await post('staff', `orders/${order.id}/edits`, { add: [{ variant: world.ids['hardcover'], quantity: 1 }] })
  assert.equal(edited.status, 200, JSON.stringify(edited.body))
  await work(world)
  const all = await issuedOf(order.id)
  assert.deepEqual(
    all.map(({ kind, total, document }) => [kind, total.amount, document.corrects?.number ?? null, document.paid]),
    [
      ['invoice', order.total, null, order.total],
      ['invoice', 2500, all[0]!.number, 0],
    ],
  )
})

/** As a reader sees them, less what the first invoice says. */
const corrections = async (order: string) =>
  (await issuedOf(order)).slice(1).map(({ kind, document }) => ({
    kind,
    lines: document.lines.map(({ name, quantity, unitPrice, discount, total }) => [name, quantity, unitPrice, discount, total]),
    paid: document.paid,
    setOff: document.setOff,
    settlement: document.settlement,
  }))
const exchange = async (order: string, line: string, name: string) => {
  const lines = [{ line, quantity: 1, reason: 'wrong_item' }]
  const { body } = await post('staff', `orders/${order}/exchanges`, { lines, add: [{ variant: world.ids[name] }] })
  await work(world)
  return body.return.id as string
}
const settle = async (back: string, how: object = {}) => {
  await post('staff', `returns/${back}/receive`)
  assert.equal((await post('staff', `returns/${back}/complete`, how)).status, 200)
  await work(world)
}

test('an exchange is billed once it is settled: what was added and what came back, each by its name, and what is set off', async () => {
  await open({ creditNoteSeries: 'CN' })
  const order = await anOrder('guest', 3)
  await post('staff', `orders/${order.id}/fulfillments`)
  const [paperback] = (await get('staff', `orders/${order.id}`)).body.lines
  const dearer = await exchange(order.id, paperback.id, 'hardcover')
  // Nobody is asked for anything while it is open.
  assert.deepEqual(await corrections(order.id), [])
  await settle(dearer)
  const [note, invoice] = await corrections(order.id)
  const [emma, other] = [paperback.title, 'Emma, Hardcover']
  assert.deepEqual(note, {
    kind: 'credit_note',
    lines: [[emma, 1, 1000, 0, 1000]],
    paid: 1000,
    setOff: 1000,
    settlement: 'It is not paid out: so much less is to be paid for the order.',
  })
  assert.deepEqual(invoice, { kind: 'invoice', lines: [[other, 1, 2500, 0, 2500]], paid: 1000, setOff: 1000, settlement: undefined })
  const mail = sent.find(({ subject }) => subject.includes('has arrived'))!
  assert.match(mail.text, /It pays for what you get instead, as far as it goes\.\n\n15\.00 EUR are still to be paid/)
  assert.doesNotMatch(mail.text, /No money/)
  // For something cheaper: the rest goes back, less what is deducted.
  const { body } = await post('staff', `orders/${order.id}/payment-link`)
  await post('guest', 'paymentLinks/pay', { token: body.url.split('#token=')[1], provider: 'sandbox', method: 'card_success' })
  await work(world)
  await post('staff', `orders/${order.id}/fulfillments`)
  const hardcover = (await get('staff', `orders/${order.id}`)).body.lines[1]
  await settle(await exchange(order.id, hardcover.id, 'variant'), { deduction: { amount: 300, currency: 'EUR' } })
  const [, , second, third] = await corrections(order.id)
  assert.deepEqual([second!.lines, second!.setOff], [[[other, 1, 2500, 300, 2200]], 1000])
  assert.match(second!.settlement!, /^Of this amount, 10\.00 EUR lower what is to be paid for the order\. The rest is given back/)
  assert.deepEqual(third, { kind: 'invoice', lines: [[emma, 1, 1000, 0, 1000]], paid: 1000, setOff: 1000, settlement: undefined })
})

test('what is canceled before it was taken is not said to be given back; what was added and canceled goes by its name', async () => {
  await open({ mail: false })
  const order = await anOrder()
  await post('staff', `orders/${order.id}/edits`, { add: [{ variant: world.ids['hardcover'], quantity: 2 }] })
  await work(world)
  const added = (await get('staff', `orders/${order.id}`)).body.lines[1]
  await post('staff', `orders/${order.id}/cancel`, { lines: [{ line: added.id, quantity: 2 }] })
  await work(world)
  const [invoice, note] = await corrections(order.id)
  assert.deepEqual([invoice!.lines, invoice!.paid], [[['Emma, Hardcover', 2, 2500, 0, 5000]], 0])
  assert.deepEqual([note!.lines, note!.setOff], [[['Emma, Hardcover', 2, 2500, 0, 5000]], 5000])
  // It names the invoice that billed them, and not the first.
  const [, own, taken] = await issuedOf(order.id)
  assert.deepEqual([taken!.document.corrects?.number, taken!.corrects], [own!.number, own!.id])
  // By amount: of no units.
  await post('staff', `orders/${order.id}/refunds`, { amount: { amount: 500, currency: 'EUR' } })
  await work(world)
  const [, , refund] = await corrections(order.id)
  assert.deepEqual([refund!.lines, refund!.setOff], [[[`Refund for order ${order.number}`, 1, 500, 0, 500]], undefined])
  assert.match(refund!.settlement!, /^It is given back the way it was paid/)
})

test('an order that is canceled whole has its invoice taken back line by line', async () => {
  await open({ mail: false })
  const order = await anOrder()
  await post('staff', `orders/${order.id}/cancel`)
  await work(world)
  const [invoice, note] = await issuedOf(order.id)
  const { lines, shipping, taxes, totals } = invoice!.document
  assert.deepEqual(
    [note!.document.lines, note!.document.shipping, note!.document.taxes, note!.document.totals],
    [lines, shipping, taxes, totals],
  )
})

test('staff issue what was not issued by itself, once, and nothing of what was not sold', async () => {
  await open({ issue: 'asked', mail: false })
  const order = await anOrder()
  assert.deepEqual(await issuedOf(order.id), [])
  assert.equal((await get('guest', `orders/${order.id}/invoice.pdf`, order.headers)).status, 404)
  await post('staff', `orders/${order.id}/refunds`, { amount: { amount: 100, currency: 'EUR' } })
  await work(world)
  assert.deepEqual(await issuedOf(order.id), [], 'nothing is corrected that was never said')
  const first = await post('staff', `orders/${order.id}/invoices`)
  const second = await post('staff', `orders/${order.id}/invoices`)
  assert.deepEqual([first.status, second.status, first.body.items.length], [201, 201, 2])
  assert.deepEqual(
    said(await issuedOf(order.id)).map(([, kind, total]) => [kind, total]),
    [
      ['invoice', order.total],
      ['credit_note', 100],
    ],
  )
  assert.equal((await post('staff', `invoices/${first.body.items[0].id}/send`)).status, 204)
  await work(world)
  assert.equal(sent.filter(({ attachments }) => attachments.length === 1).length, 1)
  const cart = await fillCart(world, 'guest')
  const open_ = await checkOut(world, 'guest', cart, 'card_declined')
  const refused = await post('staff', `orders/${open_.body.order.id}/invoices`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'order_state_conflict'])
  assert.deepEqual(await numbers(), [1, 2])
})

test('what is owed a correction and was never invoiced is left alone', async () => {
  await open({ issue: 'asked', mail: false })
  const { id } = await anOrder()
  const { parts } = world.engine
  const issued = await inTransaction(parts, cause, async (tx, now) => await issueInvoices(workIn(parts, tx, now), id, { isBegun: true }))
  assert.deepEqual([issued.invoices, await issuedOf(id)], [[], []])
})

// proves P-047
test('many issue at once, each order twice: each is invoiced once, and the numbers are 1 to n', async () => {
  await open({ issue: 'asked', mail: false })
  const made: string[] = []
  for (let index = 0; index < 6; index++) made.push((await anOrder('guest', 1)).id)
  const answers = await Promise.all([...made, ...made].map((id) => post('staff', `orders/${id}/invoices`)))
  for (const { status } of answers) assert.equal(status, 201)
  assert.deepEqual(await numbers(), [1, 2, 3, 4, 5, 6])
  assert.equal((await findAll(read(), invoiceSeries, { op: 'true' })).length, 1)
})

test('a transaction that fails after the number was taken gives it back', async () => {
  await open({ issue: 'asked', mail: false })
  const { id } = await anOrder()
  const { parts } = world.engine
  await assert.rejects(
    inTransaction(parts, cause, async (tx, now) => {
      const given = workIn(parts, tx, now)
      assert.equal((await issueInvoices(given, id)).invoices.length, 1)
      throw new Error('the process would end here')
    }),
    /the process would end here/,
  )
  assert.deepEqual(await numbers(), [])
  assert.equal((await post('staff', `orders/${id}/invoices`)).status, 201)
  assert.deepEqual(await numbers(), [1])
})

test('a series of each seller, and of each year where the seller is', async () => {
  await open({ number: '{series}/{year}/{number}', mail: false }, { bookkeeping: { timeZone: 'Pacific/Auckland' } })
  const first = await anOrder()
  const { document, year } = (await issuedOf(first.id))[0]!
  const there = new Intl.DateTimeFormat('en-CA', { timeZone: 'Pacific/Auckland', dateStyle: 'short' }).format(document.issuedAt)
  assert.deepEqual([document.issuedOn, year], [there, Number(there.slice(0, 4))])
  assert.equal(document.number, `INV/${year}/1`)
})

test('small business, export and shops that add tax: what is said of tax is what was due', async () => {
  await open({ exemption: 'Kein Ausweis von Umsatzsteuer gemäß § 19 UStG.', mail: false }, { tax: undefined })
  const small = (await issuedOf((await anOrder()).id))[0]!.document
  assert.deepEqual(
    small.taxes.map(({ category, reason, tax }) => [category, reason, tax]),
    [['E', 'Kein Ausweis von Umsatzsteuer gemäß § 19 UStG.', 0]],
  )
  await closeWithBooks(world)
  await open({ mail: false }, { tax: { prices: 'added', ratesPpm: { DE: 190_000 } } })
  const added = (await issuedOf((await anOrder()).id))[0]!.document
  assertSums(added)
  assert.deepEqual([added.pricesIncludeTax, added.totals.net, added.totals.tax], [false, 2390, 454])
  const abroad = (await issuedOf((await anOrder('guest', 1, 'CH')).id))[0]!.document
  assertSums(abroad)
  assert.deepEqual(
    abroad.taxes.map(({ category, tax }) => [category, tax]),
    [['G', 0]],
  )
})

test('a business of another country of the EU is told that it accounts for the tax', async () => {
  await open({ mail: false }, { tax: { prices: 'included', ratesPpm: { DE: 70_000, FR: 55_000 }, reverseCharge: 'format' } })
  const cart = await fillCart(world, 'guest')
  const there = { ...address, country: 'FR', postalCode: '75002' }
  const body = { shippingAddress: there, vatId: 'FR40303265045' }
  assert.equal((await world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })).status, 200)
  const made = await checkOut(world, 'guest', cart, 'card_success')
  assert.equal(made.status, 201, JSON.stringify(made.body))
  await work(world)
  const { document } = (await issuedOf(made.body.order.id))[0]!
  assertSums(document)
  assert.deepEqual(
    document.taxes.map(({ category, tax, reason }) => [category, tax, reason]),
    [['K', 0, 'Intra-Community supply, exempt from tax. The buyer accounts for the tax.']],
  )
  assert.deepEqual([document.buyer.vatId, document.suppliedOn], ['FR40303265045', document.issuedOn])
})

test('an order that costs nothing has an invoice of nothing', async () => {
  await open({ mail: false })
  const lines = [{ variant: world.ids['free'], quantity: 1 }]
  const { body: free } = await post('staff', 'shippingMethods', { title: 'Pick up', price: { amount: 0, currency: 'EUR' }, active: true })
  const cart = await post('owner', 'carts', { email: 'owner@example.com', lines, shippingAddress: address, shippingMethod: free.id })
  const { status, body } = await post(
    'owner',
    `carts/${cart.body.id}/checkout`,
    { payment: { provider: 'sandbox' } },
    { 'cart-token': cart.body.token },
  )
  assert.equal(status, 201, JSON.stringify(body))
  await work(world)
  assert.deepEqual(
    said(await issuedOf(body.order.id)).map(([, kind, total]) => [kind, total]),
    [['invoice', 0]],
  )
  assert.equal((await get('owner', `orders/${body.order.id}/invoice.pdf`)).status, 200)
})

test('a shop without invoices owes none, and issues none', async () => {
  await open(undefined, { invoices: undefined })
  const order = await anOrder()
  assert.deepEqual(await issuedOf(order.id), [])
  const owed = await findAll(read(), effects, { op: 'true' })
  assert.ok(!owed.some(({ kind }) => kind.startsWith('invoices.')))
  assert.equal((await post('staff', `orders/${order.id}/invoices`)).status, 409)
  assert.ok((await read().get(orders, order.id)) !== null)
})

function assertSums({ lines, shipping, taxes, totals }: InvoiceDocument): void {
  for (const { ratePpm, net } of taxes) {
    const parts = [...lines, ...shipping].filter((one) => one.ratePpm === ratePpm)
    assert.equal(
      parts.reduce((sum, one) => sum + one.net, 0),
      net,
    )
  }
  assert.equal(totals.net + totals.tax, totals.total)
}

test('an invoice in another currency says its tax in the seller’s, at a rate that is kept; without one it waits', async () => {
  const questions: RateQuestion[] = []
  let said: unknown = { rate: '1.0756', source: 'ECB', day: '2020-01-03' }
  const service = createServer((request, response) => {
    let text = ''
    request.on('data', (part) => (text += String(part)))
    request.on('end', () => {
      questions.push(JSON.parse(text) as RateQuestion)
      response.end(JSON.stringify(said))
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`
  try {
    const log = { write: () => {} }
    const exchangeRates = createExchangeRates({ egress: systemEgress, log, url, secret: null })
    await open({ exchangeRates: { url } }, { currencies: ['CHF'] }, [], { exchangeRates })
    const list = await post('staff', 'priceLists', { title: 'Swiss', currency: 'CHF' })
    await post('staff', 'listPrices', { list: list.body.id, variant: world.ids['variant'], price: { amount: 2_000, currency: 'CHF' } })
    await world.call('staff', {
      method: 'PATCH',
      url: `/api/shippingMethods/${world.ids['shipping']}`,
      body: { otherPrices: [{ price: { amount: 0, currency: 'CHF' } }] },
    })
    const buy = async (currency: string) => {
      const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
      await world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body: { currency } })
      const { body, text } = await checkOut(world, 'guest', cart)
      assert.equal(body.order?.total.currency, currency, text)
      await work(world)
      return body.order.id as string
    }
    const order = await buy('CHF')
    const [first] = await issuedOf(order)
    assert.ok(first!.tax.currency === 'CHF' && first!.tax.amount > 0)
    const taxIn = { currency: 'EUR', rate: '1.0756', source: 'ECB', day: '2020-01-03' }
    assert.deepEqual(first!.document.taxIn, { ...taxIn, tax: Math.round(first!.tax.amount * 1.0756) })
    assert.deepEqual(questions, [{ from: 'CHF', to: 'EUR', day: first!.document.issuedOn }])

    // What corrects it takes its rate, whatever it is by then.
    said = { rate: '9', source: 'ECB', day: '2020-01-04' }
    await post('staff', `orders/${order}/refunds`, { amount: { amount: 1_000, currency: 'CHF' } })
    await work(world)
    const [, credit] = await issuedOf(order)
    assert.deepEqual(credit!.document.taxIn, { ...taxIn, tax: Math.round(credit!.tax.amount * 1.0756) })
    await buy('EUR')
    assert.equal(questions.length, 1)

    // Nothing that is no rate is one, and no number is taken meanwhile.
    for (const wrong of [
      null,
      {},
      { rate: 1.1, source: 'ECB', day: '2020-01-03' },
      { rate: '0.0', source: 'ECB', day: '2020-01-03' },
      { rate: '1.1', source: 'ECB', day: '2999-01-01' },
    ]) {
      said = wrong
      const waiting = await buy('CHF')
      assert.deepEqual(await issuedOf(waiting), [], JSON.stringify(wrong))
      const asked = await post('staff', `orders/${waiting}/invoices`)
      assert.deepEqual([asked.status, asked.body.code], [503, 'tax_unavailable'])
    }
    const count = (await numbers()).length
    said = { rate: '1.2', source: 'ECB', day: '2020-01-03' }
    await work(world, 3_600_000)
    const all = await numbers()
    assert.deepEqual([all.length, all.at(-1)], [count + 5, count + 5])
  } finally {
    service.closeAllConnections()
    service.close()
  }
})
