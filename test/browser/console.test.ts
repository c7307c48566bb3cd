// The console as the person who runs the shop uses it: from the one-time link to a canceled order.
// long
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import type { Page } from 'playwright-core'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { checkOut, makeCart, proveAddress, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, sizes, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
const admin = { email: 'grace@shop.example', password: 'correct horse battery' }

before(async () => {
  server = await startServer(wholeFile, { config })
})

for (const size of sizes)
  browserTest(`an admin comes in, looks around and acts (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    if (size === 'desktop') await makeFirstAdmin(visitor)
    else await findLinkUsed(visitor)
    await signOutAndIn(visitor, size)
    await seeOrderArrive(visitor)
    await browseBooks(visitor, size)
    await visitor.page.context().close()
  })

for (const size of sizes)
  browserTest(`a paid order is seen whole, and canceled (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    const order = await placePaidOrder()
    await page.goto('/console')
    await signIn(page)
    await page.goto(`/console/orders/${order.id}`)
    await lookAtOrder(visitor, order)
    await readReceipt(visitor)
    await page.goto(`/console/orders/${order.id}`)
    await giveOneBack(visitor)
    await cancelIt(visitor)
    await lookAtTheRest(visitor)
    await lookAtTemplates(visitor)
    await page.context().close()
  })

browserTest('a customer is told that the console is not for them', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await signUp(server.guest, 'ada@mail.example')
  await page.goto('/console')
  await page.getByLabel('E-mail').fill('ada@mail.example')
  await page.getByLabel('Password').fill('a long enough one')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'This account is not staff' }).waitFor()
  await visitor.look('console-not-staff')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  visitor.calm()
  await page.context().close()
})

browserTest('a file of rows is imported, and what did not fit is told with its lines', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await page.goto('/console')
  await signIn(page)
  await page.goto('/console/data/categories')
  await page.getByRole('link', { name: 'Import, export' }).click()
  const send = async (text: string) => {
    await page.getByLabel(/^CSV/).setInputFiles({ name: 'shelves.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    await page.getByRole('button', { name: 'Import' }).click()
  }
  const rows = 'slug,title,position\nmaps,Maps,20\n,Nameless,21\ncooking,Cooking,many\n'
  await send(rows)
  await page.getByText('3 rows read: 1 created, 0 changed, 0 as they were, 2 left out.').waitFor()
  await page.getByText('Position "many" is no number.').waitFor()
  await visitor.look('console-import')
  await send(rows.replace('many', '22'))
  await page.getByText('3 rows read: 1 created, 0 changed, 1 as they were, 1 left out.').waitFor()
  visitor.expectRefusal(400, /import$/)
  await send('slug,titel\na,A\n')
  await page.getByText(/has no field titel/).waitFor()
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /^CSV, for/ }).click()])
  assert.equal(saved.suggestedFilename(), 'categories.csv')
  await page.goto('/console/data/orders/transfer')
  await page.getByRole('heading', { name: 'Export orders' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Import' }).count(), 0)
  visitor.calm()
  await page.context().close()
})

for (const size of sizes)
  browserTest(`what was changed is told with who, before and after, from the record's page and in the audit (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size, isDark: size === 'phone' })
    const { page } = visitor
    await page.goto('/console')
    await signIn(page)
    await page.goto('/console/data/categories/new')
    await page.getByLabel('Slug').fill(`atlases-${size}`)
    await page.getByLabel('Title').fill('Maps of the old world')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Title').fill('Maps of the new world')
    await page.getByLabel('Position').fill('7')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByRole('heading', { level: 1, name: 'History' }).waitFor()
    const changes = page.locator('.changes > li')
    await changes.nth(1).waitFor()
    assert.equal(await changes.count(), 2)
    const told = (tag: string) => changes.first().locator(tag).allTextContents()
    assert.deepEqual(
      [await told('del'), await told('ins')],
      [
        ['old', '0'],
        ['new', '7'],
      ],
    )
    await changes.first().getByText('Updated').waitFor()
    await changes.first().getByRole('link', { name: admin.email }).waitFor()
    await changes.first().getByText('categories.update').waitFor()
    await changes
      .first()
      .getByText(/from 127.0.0.1, (?:Headless)?Chrom/)
      .waitFor()
    await changes
      .nth(1)
      .getByText(/\d fields/)
      .click()
    await changes.nth(1).locator('dd', { hasText: 'Maps of the old world' }).waitFor()
    await visitor.look('console-history')

    await page.getByRole('link', { name: 'The record' }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('heading', { level: 1, name: 'Categories' }).waitFor()
    await page.goto('/console/audit')
    await page.getByLabel('Account').fill(admin.email)
    await page
      .getByRole('button', { name: new RegExp(admin.email) })
      .first()
      .click()
    await page.waitForURL(/actor=usr_/)
    await page.getByLabel('Collection').selectOption('Categories')
    await page.waitForURL(/collection=categories/)
    await changes.first().getByText('Deleted').waitFor()
    await changes.first().getByText('Maps of the new world').first().waitFor()
    await visitor.look('console-audit')
    // Nobody has written any here.
    await page.getByLabel('Collection').selectOption('Reviews')
    // A page looks at a bounded stretch of the log, which may end before its beginning.
    await page.getByText(/No such change|Nothing among the latest changes/).waitFor()
    // Of all that the first start wrote the list has a page, and a way on and back.
    await page.goto('/console/audit')
    const earlier = page.waitForResponse(/\/api\/audit\?.*cursor=/)
    await page.getByRole('button', { name: 'Earlier ones' }).click()
    assert.ok((await (await earlier).json()).items.length > 0)
    await page.getByRole('button', { name: 'Later ones' }).click()
    await page.getByRole('button', { name: 'Later ones' }).waitFor({ state: 'detached' })
    await changes.first().waitFor()
    visitor.calm()
    await page.context().close()
  })

browserTest('an admin makes somebody staff', async () => {
  const visitor = await openVisitor(server.url, { size: 'desktop' })
  const { page } = visitor
  const kim = await signUp(server.guest, 'kim@mail.example')
  const { id } = expectStatus(await kim.get('/api/auth/me'), 200).body
  expectStatus(await kim.get('/api/schema'), 403)
  await page.goto('/console')
  await signIn(page)
  const { token } = expectStatus(await server.guest.post('/api/auth/login', admin), 200).body
  await proveAddress(server.guest.with({ authorization: `Bearer ${token}` }), kim, 'kim@mail.example')
  await page.goto(`/console/data/users/${id}`)
  await page.getByRole('button', { name: 'Change rights' }).click()
  await page.getByRole('checkbox', { name: /^staff/ }).check()
  await visitor.look('console-rights')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Change rights' }).waitFor()
  expectStatus(await kim.get('/api/schema'), 200)
  await page.goto('/console/data/users')
  await page.locator('tbody tr', { hasText: 'kim@mail.example' }).getByText('staff', { exact: true }).waitFor()
  await visitor.look('console-users')
  await page.context().close()
})

for (const size of sizes)
  browserTest(`a product and its variant are written, mistakes told in words and no longer than they stand (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/console')
    await signIn(page)
    await page.goto('/console/data/products/new')
    await page.getByLabel('Slug').waitFor()
    assert.equal(await page.getByLabel('Price', { exact: true }).count(), 0, 'nobody can set it')
    visitor.expectRefusal(400, /^\/api\/products$/)
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('Not saved: 5 fields need another look.').waitFor()
    await visitor.look('console-new-refused')
    const texts = { Slug: `newcomer-${size}`, Title: 'Newcomer', Author: 'N. N.', Year: 'soon', Language: 'english' }
    for (const [label, text] of Object.entries(texts)) await page.getByLabel(label).fill(text)
    assert.equal(await page.locator('.field-error').count(), 0)
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('This is not a whole number.').waitFor()
    await page.getByLabel('Year').fill('2026')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('Must have at most 2 characters.').waitFor()
    assert.equal(await page.locator('.field-error').count(), 1)
    assert.doesNotMatch((await page.locator('form').textContent()) ?? '', /\/language|Request/)
    await page.getByLabel('Language').fill('en')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { level: 1, name: 'Newcomer' }).waitFor()
    await page.goto('/console/data/variants/new')
    await page.getByLabel('Price', { exact: true }).waitFor()
    await page.getByText('EUR', { exact: true }).first().waitFor()
    await page.context().close()
  })

for (const size of sizes)
  browserTest(`the stock of a book is found from its page and changed (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    const [book] = expectStatus(await server.guest.get('/api/variants?filter[product.slug]=emma&limit=1'), 200).body.items
    const change = async (way: string, units: number, reason: string) => {
      await page.getByRole('button', { name: 'Change stock' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Change').selectOption(way)
      await dialog.getByLabel('Units').fill(String(units))
      await dialog.getByLabel('Reason').fill(reason)
      await visitor.look('console-change-stock')
      await dialog.getByRole('button', { name: 'Change', exact: true }).click()
    }
    await page.goto('/console')
    await signIn(page)
    await page.goto(`/console/data/products/${book.product}`)
    const variants = page.locator('.card', { has: page.getByRole('heading', { name: 'Variants', exact: true }) })
    await variants.getByText(book.title).first().waitFor()
    await visitor.look('console-product')
    await variants.locator('tbody a').first().click()
    await page.getByRole('heading', { level: 1, name: `Emma, ${book.title} (${book.sku})` }).waitFor()
    await change('add', 7, 'delivery of May')
    await page.getByText(`${book.available + 7} to sell`).waitFor()
    await visitor.look('console-variant')
    await page.getByRole('link', { name: 'main', exact: true }).click()
    await page.getByText('delivery of May').first().waitFor()
    await change('take', 7, 'back to the printer')
    await page.getByText('back to the printer').first().waitFor()
    await visitor.look('console-stock-level')
    await page.goto('/console/data/stockLevels')
    await page
      .getByRole('link', { name: /, (Paperback|Hardcover) \(/ })
      .first()
      .waitFor()
    await visitor.look('console-stock-levels')
    await page.goto('/console/data/stockMovements')
    await page
      .getByRole('link', { name: `Emma, ${book.title} (${book.sku})` })
      .first()
      .waitFor()
    await visitor.look('console-stock-movements')
    await page.context().close()
  })

browserTest('the order, the receipt and the balances at night', async () => {
  const visitor = await openVisitor(server.url, { size: 'desktop', isDark: true })
  const { page } = visitor
  const order = await placePaidOrder()
  await page.goto('/console')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await visitor.look('sign-in-console')
  await signIn(page)
  await page.getByText('Latest orders').waitFor()
  await visitor.look('console-home')
  await page.goto(`/console/orders/${order.id}`)
  await page.getByText('Sums to').first().waitFor()
  await visitor.look('console-order')
  await page.goto('/console/ledger')
  await page.getByText('Sums to').waitFor()
  await visitor.look('console-ledger')
  await page.context().close()
})

for (const size of sizes)
  browserTest(`figures are asked for by presets, days and what was sold (${size})`, async () => {
    await placePaidOrder()
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/console')
    await signIn(page)
    await page.getByText('Latest orders').waitFor()
    if (size === 'desktop') {
      await page.keyboard.press('g')
      await page.keyboard.press('f')
    } else await page.goto('/console/figures')
    await page.getByRole('img', { name: /^Sales by day: €/ }).waitFor()
    await visitor.look('console-figures')
    await page.getByRole('button', { name: 'This year' }).press('Enter')
    await page.getByRole('button', { name: 'Country' }).press('Enter')
    await page.getByRole('table', { name: 'By what was sold' }).getByText('GB', { exact: true }).waitFor()
    assert.match(page.url(), /from=\d{4}-01-01&to=[\d-]+&by=country$/)
    const rows = page.waitForEvent('download')
    await page.getByRole('link', { name: 'CSV: country' }).click()
    assert.equal((await rows).suggestedFilename(), 'sales.csv')
    await page.getByLabel('From').fill('2020-01-01')
    await page.getByLabel('to', { exact: true }).fill('2020-01-31')
    await page.getByText('Nothing was sold in these days').waitFor()
    await visitor.look('console-figures-none')
    visitor.calm()
    await page.context().close()
  })

browserTest('money of nobody, found in the account, is assigned, given back and kept, on a phone', async () => {
  const { guest } = server
  for (const amountMinor of [2_500, 1_500, 900]) expectStatus(await guest.post('/sandbox/dashboard/payment', { amountMinor }), 200)
  await eventually('the sandbox has taken them', async () => {
    const { lines } = (await guest.get('/sandbox/lines')).body
    return lines.filter(({ amountMinor }: { amountMinor: number }) => [2_500, 1_500, 900].includes(amountMinor)).length >= 3 || undefined
  })
  const order = await placePaidOrder()
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await page.goto('/console')
  await signIn(page)
  await page.goto('/console/settlement')
  await page.getByRole('button', { name: 'Reconcile now' }).click()
  const card = (title: string) => page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) })
  const row = (amount: string) => card('Money of nobody').getByRole('row').filter({ hasText: amount })
  await row('€15.00').waitFor()
  await visitor.look('console-settlement')

  await row('€15.00').getByRole('button', { name: 'Settle' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Why').fill('A gift.')
  await visitor.look('console-settle-line')
  await dialog.getByRole('button', { name: 'Settle' }).click()
  await row('€15.00').waitFor({ state: 'detached' })

  await row('€9.00').getByRole('button', { name: 'Give back' }).click()
  await dialog.getByRole('button', { name: 'Give back' }).click()
  await row('€9.00').getByText('On its way back').waitFor()

  // By the keyboard alone.
  await row('€25.00').getByRole('button', { name: 'Assign' }).press('Enter')
  await dialog.getByLabel('Order').fill(order.number)
  await dialog.getByRole('button', { name: new RegExp(order.number) }).waitFor()
  await dialog.getByLabel('Order').press('Enter')
  await visitor.look('console-assign-line')
  await dialog.getByRole('button', { name: 'Assign' }).press('Enter')
  await row('€25.00').waitFor({ state: 'detached' })

  expectStatus(await guest.post('/sandbox/dashboard/payout', {}), 200)
  await page.getByRole('button', { name: 'Reconcile now' }).click()
  await row('€9.00').waitFor({ state: 'detached' })
  await card('Payouts').locator('tbody tr').first().waitFor()
  await page.setViewportSize({ width: 1280, height: 900 })
  await visitor.look('console-settlement-wide')
  await page.context().close()
})

async function makeFirstAdmin(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.goto(new URL(server.links['firstAdmin']!).href.replace('//localhost', '//127.0.0.1'))
  await page.getByRole('heading', { name: 'Create the first admin' }).waitFor()
  await visitor.look('console-setup')
  await page.getByLabel('E-mail').fill(admin.email)
  await page.getByLabel('Password').fill(admin.password)
  await page.getByRole('button', { name: 'Create admin and sign in' }).click()
  await page.getByText('Latest orders').waitFor()
  assert.doesNotMatch(page.url(), /setup/)
  await visitor.look('console-first-day')
}

async function findLinkUsed(visitor: Visitor): Promise<void> {
  const { page } = visitor
  visitor.expectRefusal(403, /^\/api\/auth\/setup$/)
  await page.goto(new URL(server.links['firstAdmin']!).href.replace('//localhost', '//127.0.0.1'))
  await page.getByLabel('E-mail').fill('mallory@mail.example')
  await page.getByLabel('Password').fill(admin.password)
  await page.getByRole('button', { name: 'Create admin and sign in' }).click()
  await page.getByRole('alert').waitFor()
  await visitor.look('console-setup-used')
  await page.goto('about:blank')
  await page.goto('/console')
  await signIn(page)
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(admin.email)
  await page.getByLabel('Password').fill(admin.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Latest orders').waitFor()
}

async function signOutAndIn(visitor: Visitor, size: Size): Promise<void> {
  const { page } = visitor
  if (size === 'phone') await page.getByRole('button', { name: 'Menu' }).click()
  await visitor.look('console-menu')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.reload()
  visitor.expectRefusal(401, /^\/api\/auth\/login$/)
  await page.getByLabel('E-mail').fill(admin.email)
  await page.getByLabel('Password').fill('not the right one')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('E-mail or password is wrong.').waitFor()
  await visitor.look('console-sign-in')
  await signIn(page)
  await page.reload()
  await page.getByText('Latest orders').waitFor()
}

async function seeOrderArrive(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.goto('/console/orders')
  await page.getByRole('heading', { name: 'Orders' }).waitFor()
  await page.locator('.live-dot.live').waitFor({ state: 'attached' })
  const { number } = await placePaidOrder()
  const row = page.locator('tbody tr', { hasText: number })
  await row.getByText('Paid', { exact: true }).waitFor()
  await visitor.look('console-orders')
}

async function browseBooks(visitor: Visitor, size: Size): Promise<void> {
  const { page } = visitor
  await page.goto('/console/data')
  await page.getByRole('heading', { name: 'Data', exact: true }).waitFor()
  await visitor.look('console-data')
  await page.goto('/console/data/products')
  await page.locator('tbody tr').first().waitFor()
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByLabel('Field').selectOption('year')
  await page.getByLabel('Operator').selectOption('lt')
  await page.getByLabel('Value').fill('1700')
  await visitor.look('console-filter')
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.waitForURL(/year/)
  if (size === 'desktop') await page.getByRole('button', { name: 'Title' }).click()
  else await page.goto(`${page.url()}&sort=title`)
  await page.waitForURL(/sort=title/)
  await page.locator('tbody tr', { hasText: 'A Midsummer' }).first().waitFor()
  await visitor.look('console-products')
  await page.locator('tbody tr', { hasText: 'A Midsummer' }).first().locator('a').first().click()
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'Midsummer' }).waitFor()
  await visitor.look('console-record')
  await page.goto('/console/data/categories/new')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('form').waitFor()
  await visitor.look('console-new')
}

type Placed = { id: string; number: string }

/** A guest's, through the public API. */
async function placePaidOrder(): Promise<Placed> {
  const { guest } = server
  const [book] = expectStatus(await guest.get('/api/variants?filter[product.slug]=emma&limit=1'), 200).body.items
  const [shipping] = expectStatus(await guest.get('/api/shippingMethods?sort=price'), 200).body.items
  const cart = await makeCart(guest, [{ variant: book.id, quantity: 2 }])
  expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { shippingMethod: shipping.id }), 200)
  return (await checkOut(cart)).order
}

/** One unit of two, with a reason; an amount that is too much is told beside its field. */
async function giveOneBack(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.getByRole('button', { name: 'Give money back' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Or an amount').fill('100000')
  await dialog.getByRole('button', { name: 'Give back' }).click()
  await dialog.getByText('At most', { exact: false }).nth(1).waitFor()
  await dialog.getByLabel('Emma, Paperback').selectOption('1')
  await dialog.getByLabel('Reason').fill('The cover was torn.')
  await visitor.look('console-refund')
  await dialog.getByRole('button', { name: 'Give back' }).click()
  const card = page.locator('.card', { has: page.getByRole('heading', { name: 'Payments', exact: true }) })
  await card.locator('.refund', { hasText: 'The cover was torn.' }).getByText('Succeeded').waitFor()
  await page.locator('.page-title .chip', { hasText: 'Partially refunded' }).waitFor()
}

async function lookAtOrder(visitor: Visitor, { number }: Placed): Promise<void> {
  const { page } = visitor
  await page.getByRole('heading', { name: `Order ${number}` }).waitFor()
  // What is paid is booked, told to the customer, and nothing is owed to the outside any more.
  await page.locator('.page-title .chip', { hasText: 'Paid' }).waitFor()
  const card = (title: string) => page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) })
  await card('Payments').locator('.facts tr', { hasText: 'Captured' }).first().waitFor()
  await card('Ledger').getByText('Sums to').first().waitFor()
  assert.equal(await card('Ledger').getByText('Off by').count(), 0)
  await card('Stock').getByText('Emma, Paperback').waitFor()
  await card('Mail').getByText(`Your order ${number}`).waitFor()
  await card('Effects').getByText('Done').first().waitFor()
  await page.locator('.timeline li').nth(3).waitFor()
  await visitor.look('console-order')
  await page.getByText('United Kingdom', { exact: true }).first().waitFor()
  const own = card('Additional fields')
  await own.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Cost center').fill('School 12')
  await visitor.look('console-order-own-fields')
  await page.getByRole('button', { name: 'Save' }).click()
  await own.getByText('School 12').waitFor()
  await page.getByRole('link', { name: 'All fields' }).click()
  await page.locator('.structure').getByText('€', { exact: false }).first().waitFor()
  assert.equal(await page.locator('pre').count(), 0)
  await visitor.look('console-order-fields')
  await page.goBack()
  await page.getByRole('heading', { name: `Order ${number}` }).waitFor()
}

async function readReceipt(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page
    .locator('.card', { has: page.getByRole('heading', { name: 'Mail', exact: true }) })
    .getByRole('link')
    .first()
    .click()
  const frame = page.frameLocator('iframe')
  await frame.getByRole('paragraph').getByText('your payment has arrived').waitFor()
  assert.match((await page.locator('iframe').getAttribute('sandbox')) ?? '', /^allow-popups/)
  await visitor.look('console-receipt')
  await page.getByRole('tab', { name: 'Text' }).click()
  await page.locator('.mail-text', { hasText: '2 x Emma' }).waitFor()
  await visitor.look('console-receipt-text')
}

async function cancelIt(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.getByRole('button', { name: 'Cancel order' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  await visitor.look('console-cancel')
  await dialog.getByRole('button', { name: 'Cancel order' }).click()
  await page.locator('.page-title .chip', { hasText: 'Canceled' }).waitFor()
  await page.locator('.page-title .chip', { hasText: 'Refunded' }).waitFor()
  await page.locator('.refund', { hasText: 'Order canceled' }).getByText('Succeeded').waitFor()
  assert.equal(await page.getByText('Off by').count(), 0)
  await visitor.look('console-order-canceled')
}

async function lookAtTheRest(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.goto('/console/mail')
  await page.locator('tbody tr').first().waitFor()
  await visitor.look('console-mail')
  await page.goto('/console/effects')
  await page.locator('tbody tr').first().waitFor()
  await visitor.look('console-effects')
  await page.goto('/console/nowhere')
  await page.getByText('There is no page here').waitFor()
  await visitor.look('console-nowhere')
  await page.goto('/console/ledger')
  await page.getByText('Sums to').waitFor()
  await visitor.look('console-ledger')
  await page.goto('/console')
  await page.getByText('Latest orders').waitFor()
  await visitor.look('console-home')
}

async function lookAtTemplates(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.goto('/console/mail')
  await page.getByRole('link', { name: 'Templates' }).click()
  await page.getByRole('link', { name: 'order_receipt' }).press('Enter')
  const frame = page.frameLocator('iframe')
  await frame.getByRole('heading', { name: 'Thank you!' }).waitFor()
  const ground = () => frame.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor)
  const byDay = await ground()
  await page.getByRole('button', { name: 'By night' }).click()
  await eventually('it is night', async () => (await ground()) !== byDay || undefined)
  await page.getByRole('button', { name: 'On a telephone' }).click()
  await visitor.look('console-template')
  await page.getByLabel('Language').selectOption('de')
  await frame.getByRole('heading', { name: 'Danke!' }).waitFor()
  await page.getByRole('tab', { name: 'Text' }).click()
  await page.locator('.mail-text', { hasText: 'Zwischensumme' }).waitFor()
  await page.getByRole('tab', { name: 'Data' }).click()
  await page.locator('.mail-text', { hasText: '"taxIncluded"' }).waitFor()
  await visitor.look('console-template-data')
}
