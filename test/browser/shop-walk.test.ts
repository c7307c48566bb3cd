// One walk through the bookshop, by a customer at a phone and by staff at a desk: an edition of a book on sale, a code, a gift card and credit,
// where it can be sent to, the invoice as a file, two parcels, one book that comes back, and what staff see of it all.
// long
// ci
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, type Visitor, wholeFile } from './browser.ts'

const customer = 'ada@mail.example'
let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile, { config: join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts') })
  admin = await signInAdmin(server)
  await signUp(server.guest, customer)
})

browserTest('a book on sale is found, paid with a code, a card and credit, sent in two parcels, and one comes back', async () => {
  const staff = await openVisitor(server.url, { size: 'desktop' })
  await makeCode(staff)
  const card = await issueCard(staff)
  await giveCredit(staff)

  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await page.goto('/account?next=/books/dubliners')
  await signIn(page.locator('form', { hasText: 'Forgotten' }), customer, 'a long enough one')
  await chooseEditions(visitor)
  await useCode(visitor)
  await checkOut(visitor, card)
  await keepInvoice(visitor)
  const { pathname } = new URL(page.url())

  await sendRest(staff, `/console${pathname}`, { carrier: 'DHL', number: '00340434161094000001', leaves: 'Emma' })
  await page.getByRole('heading', { name: 'Your parcel', exact: true }).waitFor()
  assert.match((await page.getByRole('link', { name: '00340434161094000001' }).getAttribute('href')) ?? '', /dhl\.com/)
  await page
    .locator('.parcels')
    .getByText(/: 2 × Dubliners/)
    .waitFor()
  await visitor.look('order-half-sent')
  await sendRest(staff, null, { carrier: 'DPD', number: '01245000000001', leaves: null })
  await page.getByRole('heading', { name: 'Your parcels' }).waitFor()

  await page.getByText('Send books back').click()
  await page.getByLabel(/Dubliners/).selectOption('1')
  await page.getByLabel('Why?').fill('Too sad')
  await page.getByRole('button', { name: 'Ask to send them back' }).click()
  await page.getByText(/Return of 1 × Dubliners.*: requested/).waitFor()
  await judge(staff)
  await page.getByText(/Return of 1 × Dubliners.*: completed.*€.*given back/).waitFor()
  // What is sold no longer has a document of its own.
  await page.getByRole('button', { name: /^Credit note/ }).waitFor()
  await visitor.look('order-returned')
  // What the shop adds stands there without loading it again.
  const [, , id] = pathname.split('/')
  const emma = (await admin.get(`/api/orders/${id}`)).body.lines.find(({ title }: { title: string }) => title.includes('Emma'))
  await page.locator('.lines > li').nth(2).waitFor({ state: 'detached' })
  assert.equal((await admin.post(`/api/orders/${id}/edits`, { add: [{ variant: emma.variant, quantity: 1 }] })).status, 200)
  await page.locator('.lines > li').nth(2).waitFor()
  visitor.calm()
  await page.context().close()

  await endCodeAndCard(staff, card)
  staff.calm()
  await staff.page.context().close()
})

browserTest('staff make a draft for a business by keyboard at a phone, price it, offer it, copy it and withdraw the copy', async () => {
  const staff = await openVisitor(server.url, { size: 'phone' })
  const { page } = staff
  await page.goto('/console/orders')
  await signIn(page, 'admin@shop.example', 'correct horse battery')
  await page.getByRole('button', { name: 'Make an order' }).press('Enter')
  const variant = page.getByLabel('Add a variant')
  await variant.fill('emma')
  await page.locator('.choices button').nth(1).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  const line = page.getByRole('group', { name: /^Emma/ })
  await line.getByLabel('Quantity').fill('20')
  await line.getByLabel('Price of one').fill('nine')
  await page.getByLabel('E-mail').fill('buyer@firm.example')
  for (const [label, text] of [
    ['Full name', 'Example Ltd'],
    ['Street and number', 'Kai 1'],
    ['Postcode', '20457'],
    ['Town', 'Hamburg'],
    ['Country two', 'de'],
  ] as const)
    await page.getByLabel(label).fill(text)
  await page.getByLabel('Shipping').selectOption({ index: 1 })
  await page.getByLabel('VAT number').fill('DE 123456788')
  await page.keyboard.press('Enter')
  await page.getByText('Give an amount such as 19.90.').waitFor()
  await line.getByLabel('Price of one').fill('9.00')
  await staff.look('console-make-draft')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Make the draft' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: /^Order / }).waitFor()
  await page.getByText('€180.00').first().waitFor()
  await staff.look('console-draft')

  await page.getByRole('button', { name: 'Change the draft' }).press('Enter')
  await line.getByLabel('Quantity').fill('10')
  await page.getByLabel('Note').fill('As agreed on the telephone.')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('As agreed on the telephone.').waitFor()
  await page.getByText('€90.00').first().waitFor()

  await page.getByRole('button', { name: 'Copy as a draft' }).press('Enter')
  await page.getByRole('button', { name: 'Make the draft' }).press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('€90.00').first().waitFor()
  await page.getByRole('button', { name: 'Withdraw the draft' }).press('Enter')
  await page.getByRole('button', { name: 'Withdraw', exact: true }).press('Enter')
  await page.getByText('Canceled', { exact: true }).first().waitFor()
  await page.goBack()
  await page.getByRole('button', { name: 'Payment link' }).press('Enter')
  await page.getByRole('button', { name: 'Make the link' }).press('Enter')
  assert.match(await page.getByLabel('Secret').inputValue(), /\/account\/pay#token=/)
  staff.calm()
  await page.context().close()
})

async function signIn(form: Page | Locator, email: string, password: string): Promise<void> {
  await form.getByLabel('E-mail').fill(email)
  await form.getByLabel('Password', { exact: true }).fill(password)
  await form.getByLabel('Password', { exact: true }).press('Enter')
}

async function makeCode(staff: Visitor): Promise<void> {
  const { page } = staff
  await page.goto('/console/data/discounts')
  await signIn(page, 'admin@shop.example', 'correct horse battery')
  await page.getByRole('button', { name: 'Make a discount' }).click()
  await page.getByLabel('Title').fill('Spring')
  await page.getByLabel('Code').fill('spring 10')
  await page.getByLabel('Percent').fill('10')
  await page.getByLabel('Orders that can have it').fill('1')
  await staff.look('console-make-discount')
  await page.getByRole('button', { name: 'Make', exact: true }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
}

/** Answers its code, which is shown once. */
async function issueCard(staff: Visitor): Promise<string> {
  const { page } = staff
  await page.goto('/console/data/giftCards')
  await page.getByRole('button', { name: 'Issue a gift card' }).click()
  await page.getByRole('button', { name: 'Issue', exact: true }).click()
  await page.getByText('Give an amount such as 50.00.').waitFor()
  await page.getByLabel('Value').fill('10')
  await staff.look('console-issue-gift-card')
  await page.getByRole('button', { name: 'Issue', exact: true }).click()
  const code = await page.getByLabel('Secret').inputValue()
  await staff.look('console-gift-card-code')
  await page.getByRole('button', { name: 'I have kept it' }).click()
  return code
}

async function giveCredit({ page }: Visitor): Promise<void> {
  await page.goto('/console/data/users')
  await page.getByRole('link', { name: customer }).first().click()
  await page.getByRole('button', { name: 'Give credit' }).click()
  await page.getByLabel('Amount').fill('2.50')
  await page.getByLabel('Reason').fill('Your parcel came late.')
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText('The credit is given.').waitFor()
}

/** Two of one edition of a book on sale, and one other book. */
async function chooseEditions(visitor: Visitor): Promise<void> {
  const { page } = visitor
  const editions = page.getByRole('group', { name: 'Edition' }).getByRole('radio')
  await editions.nth(1).waitFor()
  // A lower price stands beside the one that it usually has.
  await page.locator('.buy s').first().waitFor()
  await editions.nth(1).check()
  await visitor.look('book-on-sale')
  const add = page.getByRole('button', { name: 'Add to cart' })
  await add.click()
  await page.getByText('In your cart.').waitFor()
  await add.click()
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
  await page.goto('/books/emma')
  await add.click()
  await page.getByRole('link', { name: 'Go to cart' }).click()
}

async function useCode(visitor: Visitor): Promise<void> {
  const { page } = visitor
  const code = page.getByLabel('Code', { exact: true })
  const remove = page.getByRole('button', { name: 'Remove SPRING10' })
  visitor.expectRefusal(422, /^\/api\/carts\//)
  await code.fill('no such code')
  await page.keyboard.press('Enter')
  await page.getByText('This code cannot be used.').or(page.getByText('Is no discount that can be used now.')).waitFor()
  await code.fill('Spring 10')
  await page.keyboard.press('Enter')
  await remove.waitFor()
  await page.getByRole('term').filter({ hasText: 'Spring' }).waitFor()
  await visitor.look('cart-with-code')
  await remove.click()
  await remove.waitFor({ state: 'detached' })
  await code.fill('SPRING10')
  await page.getByRole('button', { name: 'Use code' }).click()
  await remove.waitFor()
}

async function checkOut(visitor: Visitor, card: string): Promise<void> {
  const { page } = visitor
  await page.goto('/checkout')
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByLabel('Street and number').fill('12 St James Square')
  await page.getByLabel('Postcode').fill('10115')
  await page.getByLabel('Town').fill('Berlin')
  // What does not go to the country is not offered.
  const express = page.getByText('Express, next working day')
  await page.getByLabel('Country').selectOption('GB')
  await express.waitFor({ state: 'detached' })
  await page.getByLabel('Country').selectOption('DE')
  await express.click()
  await page.getByRole('term').filter({ hasText: 'Spring' }).waitFor()
  await buyAsBusiness(visitor)
  const gift = page.getByLabel('Code of a gift card')
  visitor.expectRefusal(422, /^\/api\/giftCards\/balance$/)
  await gift.fill('0000')
  await page.keyboard.press('Tab')
  await page.getByText('There is no gift card with this code.').waitFor()
  await gift.fill(card)
  await page.keyboard.press('Tab')
  await page.getByText('€10.00 on this card.').waitFor()
  await page.getByText('Use my credit of €2.50').click()
  await page.getByText('Left to pay').waitFor()
  await visitor.look('checkout-with-gift-card')
  await page.getByRole('button', { name: /^Pay/ }).click()
  await page.locator('[data-payment-status=paid]').waitFor()
  await page.getByRole('term').filter({ hasText: 'Spring' }).waitFor()
}

/** By keyboard: a number that is wrong, one that takes the tax off, and none after all. */
async function buyAsBusiness(visitor: Visitor): Promise<void> {
  const { page } = visitor
  const taxed = page.getByRole('term').filter({ hasText: 'Tax in it' })
  const number = page.getByLabel('VAT number')
  visitor.expectRefusal(400, /^\/api\/carts\//)
  await page.getByText('For businesses').press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.type('DE 123')
  await page.keyboard.press('Tab')
  await page.locator('[name="/vatId"][aria-invalid=true]').waitFor()
  await number.fill('DE 123456788')
  await page.keyboard.press('Tab')
  await page.getByText('The price is without tax: you account for it under DE123456788').waitFor()
  await taxed.waitFor({ state: 'detached' })
  await visitor.look('checkout-business')
  await number.fill('')
  await page.keyboard.press('Tab')
  await taxed.waitFor()
}

async function keepInvoice({ page }: Visitor): Promise<void> {
  const kept = page.waitForEvent('download')
  await page.getByRole('button', { name: /^Invoice INV-/ }).click()
  const file = await kept
  assert.match(file.suggestedFilename(), /^INV-\d{4}-00001\.pdf$/)
  const bytes = readFileSync(await file.path())
  assert.equal(bytes.subarray(0, 5).toString(), '%PDF-')
  assert.ok(bytes.includes('factur-x.xml'), 'the invoice is inside as data, too')
}

type Parcel = { readonly carrier: string; readonly number: string; readonly leaves: string | null }

/** All that is left, but for one line. */
async function sendRest({ page }: Visitor, path: string | null, { carrier, number, leaves }: Parcel): Promise<void> {
  if (path !== null) await page.goto(path)
  await page.getByRole('button', { name: 'Send units' }).click()
  const dialog = page.getByRole('dialog')
  if (leaves !== null) await dialog.getByLabel(new RegExp(leaves)).selectOption('0')
  await dialog.getByLabel('Carrier').fill(carrier)
  await dialog.getByLabel('Tracking number').fill(number)
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText(number).first().waitFor()
}

/** Approved, taken back and settled. */
async function judge(staff: Visitor): Promise<void> {
  const { page } = staff
  const press = (name: string) => page.getByRole('button', { name, exact: true }).last().click()
  for (const [opens, does] of [
    ['Approve', 'Approve'],
    ['It is back', 'They are back'],
    ['Settle the money', 'Settle'],
  ] as const) {
    await press(opens)
    await page.getByRole('dialog').waitFor()
    await press(does)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await page.getByText('Completed', { exact: true }).first().waitFor()
  await staff.look('console-order-returned')
}

async function endCodeAndCard(staff: Visitor, card: string): Promise<void> {
  const { page } = staff
  await page.goto('/console/data/discounts')
  await page.getByRole('cell', { name: 'SPRING10' }).waitFor()
  await staff.look('console-discounts')
  await page.getByRole('link', { name: 'Spring' }).first().click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('button', { name: 'Go on' }).waitFor()
  await staff.look('console-discount')
  await page.goto('/console/data/giftCards')
  const own = page.getByRole('link', { name: card.slice(-4) })
  await own.first().click()
  await page.getByRole('button', { name: 'Block' }).click()
  await page.getByRole('button', { name: 'Unblock' }).waitFor()
  await staff.look('console-gift-card')
}
