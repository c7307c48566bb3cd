// What staff of a shop do in the console beside orders as they come: old orders, exchanges, price lists, deliveries that are expected.
// long
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import type { Page } from 'playwright-core'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { checkOut, effectsAtRest, makeCart, orderWhen, signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, signInToConsole, sizes, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile, { config: join(import.meta.dirname, '../support/priced-shop.config.ts') })
  admin = await signInAdmin(server)
})

/** Signed in, at a page. A phone is as narrow as they come, and dark. */
async function openConsole(size: Size, path: string): Promise<Visitor> {
  const visitor = await openVisitor(server.url, { size, isDark: size === 'phone' })
  const { page } = visitor
  if (size === 'phone') await page.setViewportSize({ width: 320, height: 700 })
  await page.goto(path)
  await signInToConsole(page)
  return visitor
}

const bySku = async (sku: string) => expectStatus(await admin.get(`/api/variants?filter[sku]=${sku}`), 200).body.items[0].id as string
const card = (page: Page, title: string) => page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) })

/** Two paperbacks, paid and sent. */
async function sentOrder(): Promise<string> {
  const cart = await makeCart(server.guest, [{ variant: await bySku('EMMA-P'), quantity: 2 }])
  const [{ id: shippingMethod }] = expectStatus(await server.guest.get('/api/shippingMethods'), 200).body.items
  expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { shippingMethod }), 200)
  const { order } = await checkOut(cart)
  await orderWhen(cart.holder, order.id, ({ paymentStatus }) => paymentStatus === 'paid')
  expectStatus(await admin.post(`/api/orders/${order.id}/fulfillments`, {}), 201)
  await effectsAtRest(admin)
  return order.id
}

/** Types what it is called, and takes what is found by the keyboard alone. */
async function choose(page: Page, label: RegExp, text: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(label).fill(text)
  await dialog
    .getByRole('button', { name: new RegExp(text) })
    .first()
    .press('Enter')
}

for (const size of sizes)
  browserTest(`a book is exchanged for a dearer one, with the difference seen before (${size})`, async () => {
    const id = await sentOrder()
    const visitor = await openConsole(size, `/console/orders/${id}`)
    const { page } = visitor
    await page.getByRole('button', { name: 'Exchange units' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Choose what comes back and what goes out.').waitFor()
    await dialog.getByLabel('Emma, Paperback').selectOption('1')
    await dialog.getByLabel('Reason').fill('Wanted the bound one')
    await choose(page, /^Add a variant/, 'EMMA-H')
    await dialog.getByText('What comes back was paid with €10.00; what goes out costs €25.00.').waitFor()
    await dialog.getByText('€15.00 is owed once it is back.').waitFor()
    visitor.expectRefusal(409, /exchanges\/quote$/)
    await dialog.getByLabel('Price of one').fill('5,00')
    await dialog.getByText('€5.00 goes back once it is back.').waitFor()
    await dialog.getByLabel('Price of one').fill('1,005')
    await dialog.getByText('At most 2 decimals, as in 19.90.').waitFor()
    await dialog.getByText('Give each price as an amount.').waitFor()
    await dialog.getByLabel('Price of one').fill('ten')
    await dialog.getByRole('button', { name: 'Exchange', exact: true }).press('Enter')
    await dialog.getByText('Give an amount such as 19.90.').waitFor()
    await dialog.getByLabel('Price of one').fill('')
    await dialog.getByText('€15.00 is owed once it is back.').waitFor()
    await visitor.look('console-exchange')
    await dialog.getByRole('button', { name: 'Exchange', exact: true }).press('Enter')
    const returns = card(page, 'Returns')
    await returns.getByText('What goes out for it waits until it is back.').waitFor()
    await visitor.look('console-exchange-waits')
    await returns.getByRole('button', { name: 'It is back' }).press('Enter')
    await dialog.getByRole('button', { name: 'They are back' }).press('Enter')
    await returns.getByText('It is back. Settle the money').waitFor()
    await returns.getByRole('button', { name: 'Settle the money' }).press('Enter')
    await dialog.getByRole('button', { name: 'Settle', exact: true }).press('Enter')
    await returns.getByText('It is settled, and the difference is owed').waitFor()
    await visitor.look('console-exchange-settled')
    await page.context().close()
  })

const oldOrder = (number: string, more: object = {}) =>
  JSON.stringify({
    number,
    placedAt: '2024-03-05T09:30:00Z',
    email: 'ada@example.com',
    lines: [{ title: 'Emma', sku: 'EMMA-P', quantity: 2, unitPrice: { amount: 990, currency: 'EUR' } }],
    shippingAddress: { name: 'Ada Byron', line1: 'Kastanienallee 1', city: 'Berlin', postalCode: '10435', country: 'DE' },
    ...more,
  })

for (const size of sizes)
  browserTest(`old orders are looked at before they are imported, and not twice (${size})`, async () => {
    const visitor = await openConsole(size, '/console/orders')
    const { page } = visitor
    await page.getByRole('link', { name: 'Import, export' }).press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Import and export orders' }).waitFor()
    const rows = [oldOrder(`OLD-${size}-1`), oldOrder(`OLD-${size}-2`, { total: { amount: 1, currency: 'EUR' } }), '{']
    const choose = async (text: string) =>
      await page.getByLabel('JSON lines').setInputFiles({ name: 'old.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(text) })
    const look = () => page.getByRole('button', { name: 'Look at it first' }).press('Enter')
    await choose(rows.join('\n'))
    await look()
    await page.getByText('3 rows read: 1 order would be imported, 0 are here already, 2 would be left out. Nothing was written.').waitFor()
    await page.getByRole('row', { name: /Line 2.*come to 19.80 EUR/ }).waitFor()
    await visitor.look('console-orders-import')
    assert.equal(expectStatus(await admin.get(`/api/orders?filter[number]=OLD-${size}-1`), 200).body.items.length, 0)
    await page.getByRole('button', { name: 'Import 1 order' }).press('Enter')
    await page.getByText('3 rows read: 1 order imported, 0 were here already, 2 left out.').waitFor()
    await visitor.look('console-orders-imported')
    await look()
    await page.getByText('0 orders would be imported, 1 are here already').waitFor()
    assert.equal(await page.getByRole('button', { name: /^Import \d/ }).count(), 0)
    visitor.expectRefusal(400, /import$/)
    await choose('')
    await look()
    await page.getByText('is empty', { exact: false }).waitFor()
    await page.getByRole('link', { name: 'JSON lines' }).waitFor()
    visitor.calm()
    await page.context().close()
  })

for (const size of sizes)
  browserTest(`a price list is made, with prices one by one and pasted (${size})`, async () => {
    const visitor = await openConsole(size, '/console/priceLists')
    const { page } = visitor
    await page.getByRole('link', { name: 'New list' }).press('Enter')
    await page.getByLabel('Title').fill(`Wholesale ${size}`)
    await page.getByLabel('Currency').selectOption('EUR')
    visitor.expectRefusal(400, /^\/api\/priceLists$/)
    await page.getByLabel(/^Customer groups/).fill('wholesail')
    await page.getByRole('button', { name: 'Create' }).press('Enter')
    await page.locator('.field-error').first().waitFor()
    await visitor.look('console-price-list-new')
    await page.getByLabel(/^Customer groups/).fill('wholesale')
    await page.getByRole('button', { name: 'Create' }).press('Enter')
    await page.getByRole('heading', { level: 1, name: `Wholesale ${size}` }).waitFor()
    await page.getByText('It has no price yet').waitFor()

    await page.getByRole('button', { name: 'Add a price' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Save' }).press('Enter')
    await dialog.getByText('Choose a variant.').waitFor()
    await choose(page, /^Variant/, 'EMMA-P')
    await dialog.getByLabel(/^Price of one/).fill('9')
    await visitor.look('console-price')
    await dialog.getByRole('button', { name: 'Save' }).press('Enter')
    const prices = page.getByRole('table', { name: 'Prices' })
    await prices.getByText('€9.00').waitFor()

    await page.getByRole('button', { name: 'Paste many' }).press('Enter')
    const paste = async (text: string) => {
      await dialog.getByLabel('Prices', { exact: true }).fill(text)
      await dialog.getByRole('button', { name: 'Save them' }).press('Enter')
    }
    await paste('SKU\tPrice\tFrom\nEMMA-P\t8,50\nEMMA-H\tcheap\n')
    await dialog.getByText('Line 3: “cheap” is not an amount').waitFor()
    await paste('EMMA-P;8.50\nEMMA-X;1')
    await dialog.getByText('Line 2: There is no variant EMMA-X.').waitFor()
    const whole = 'EMMA-P;8.50\nEMMA-P;7.99;10\nEMMA-H;20'
    await paste(whole)
    await dialog.getByText('2 made, 1 changed, 0 as they were, 0 left out.').waitFor()
    await paste(`${whole}\n`)
    await dialog.getByText('0 made, 0 changed, 3 as they were, 0 left out.').waitFor()
    await visitor.look('console-price-paste')
    await page.keyboard.press('Escape')
    await prices.getByText('€7.99').waitFor()
    assert.equal(await prices.locator('tbody tr').count(), 3)
    await page.getByRole('button', { name: /^Remove the price of Emma, Hardcover/ }).press('Enter')
    await dialog.getByRole('button', { name: 'Remove' }).press('Enter')
    await prices.getByText('€20.00').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /^Change the price of Emma, Paperback \(EMMA-P\), from 10/ }).press('Enter')
    await dialog.getByLabel(/^Instead of/).fill('10')
    await dialog.getByRole('button', { name: 'Save' }).press('Enter')
    await prices.getByText('€10.00').waitFor()

    await page.getByRole('button', { name: 'Edit' }).press('Enter')
    await page.getByLabel(/^Ends at/).fill('2026-01-01T00:00:00')
    await page.getByRole('button', { name: 'Save' }).press('Enter')
    await page.locator('.page-title .chip', { hasText: 'Over' }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).press('Enter')
    await dialog.getByRole('button', { name: 'Pause' }).press('Enter')
    await page.locator('.page-title .chip', { hasText: 'Paused' }).waitFor()
    await visitor.look('console-price-list')
    await page.goto('/console/priceLists')
    await page.getByRole('link', { name: `Wholesale ${size}` }).waitFor()
    await visitor.look('console-price-lists')
    visitor.calm()
    await page.context().close()
  })

for (const size of sizes)
  browserTest(`a delivery is expected, sold from, and taken in (${size})`, async () => {
    const variant = await bySku('EMMA-H')
    expectStatus(await admin.post('/api/stockLevels', { variant, location: 'vienna' }), size === 'desktop' ? 201 : 409)
    const visitor = await openConsole(size, '/console/incoming')
    const { page } = visitor
    await page.getByText('Nothing is expected').waitFor()
    await page.getByRole('button', { name: 'Expect a delivery' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await choose(page, /^Variant/, 'EMMA-H')
    await dialog.getByLabel('Place').selectOption('main')
    await dialog.getByRole('button', { name: 'Go on' }).press('Enter')
    await dialog.getByLabel(/^Units/).fill('some')
    await dialog.getByRole('button', { name: 'Save' }).press('Enter')
    await dialog.getByText('Give a whole number of units').waitFor()
    await dialog.getByLabel(/^Units/).fill('50')
    await dialog.getByLabel(/^Day/).fill('2026-01-10')
    await dialog.getByLabel(/They may be sold/).check()
    await visitor.look('console-expect')
    await dialog.getByRole('button', { name: 'Save' }).press('Enter')
    const delivery = page.getByRole('article', { name: /EMMA-H/ })
    await delivery.getByText('50 expected').waitFor()
    await delivery.getByText('Late').waitFor()
    await delivery.getByText('Sold before they come. None of them is sold yet.').waitFor()
    const [level] = expectStatus(await admin.get(`/api/stockLevels?filter[variant]=${variant}&filter[location]=main`), 200).body.items
    const cart = await makeCart(server.guest, [{ variant, quantity: level.onHand - level.committed - level.held + 3 }])
    const [{ id: shippingMethod }] = expectStatus(await server.guest.get('/api/shippingMethods'), 200).body.items
    expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { shippingMethod }), 200)
    await checkOut(cart)
    await page.reload()
    await delivery.getByText('3 of them are sold already.').waitFor()
    await visitor.look('console-incoming')
    await delivery.getByRole('button', { name: 'Take in' }).press('Enter')
    await dialog.getByLabel(/^Units/).fill('20')
    await dialog.getByLabel(/^Reason/).fill('Delivery 4711')
    await visitor.look('console-receive')
    await dialog.getByRole('button', { name: 'Take in' }).press('Enter')
    await delivery.getByText('30 expected').waitFor()
    await delivery.getByRole('button', { name: 'Change' }).press('Enter')
    await dialog.getByLabel(/^Units/).fill('0')
    await dialog.getByRole('button', { name: 'Save' }).press('Enter')
    await page.getByText('Nothing is expected').waitFor()
    visitor.calm()
    await page.context().close()
  })
