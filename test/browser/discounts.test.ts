// Discounts, from the console to the cart of the bookshop and its order.
// long
import { join } from 'node:path'
import { before } from 'node:test'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'

const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
let server: ServerProcess
before(async () => {
  server = await startServer(wholeFile, { config })
  await signInAdmin(server)
})

browserTest('staff make a code, a customer uses it at a phone, and staff see and pause it', async () => {
  const staff = await openVisitor(server.url, { size: 'desktop' })
  const { page } = staff
  await page.goto('/console/data/discounts')
  await page.getByLabel('E-mail').fill('admin@shop.example')
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await page.getByLabel('Password', { exact: true }).press('Enter')
  await page.getByRole('button', { name: 'Make a discount' }).click()
  await page.getByLabel('Title').fill('Spring')
  await page.getByLabel('Code').fill('spring 10')
  await page.getByLabel('Percent').fill('10')
  await page.getByLabel('Orders that can have it').fill('1')
  await staff.look('console-make-discount')
  await page.getByRole('button', { name: 'Make', exact: true }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()

  const visitor = await openVisitor(server.url, { size: 'phone' })
  const shop = visitor.page
  await shop.goto('/books/emma')
  await shop.getByRole('button', { name: 'Add to cart' }).click()
  await shop.getByRole('link', { name: 'Go to cart' }).click()
  visitor.expectRefusal(422, /^\/api\/carts\//)
  await shop.getByLabel('Code', { exact: true }).fill('no such code')
  await shop.keyboard.press('Enter')
  await shop.getByText('This code cannot be used.').or(shop.getByText('Is no discount that can be used now.')).waitFor()
  await shop.getByLabel('Code', { exact: true }).fill('Spring 10')
  await shop.keyboard.press('Enter')
  await shop.getByRole('button', { name: 'Remove SPRING10' }).waitFor()
  await shop.getByRole('term').filter({ hasText: 'Spring' }).waitFor()
  await visitor.look('cart-with-code')
  await shop.getByRole('button', { name: 'Remove SPRING10' }).click()
  await shop.getByRole('button', { name: 'Remove SPRING10' }).waitFor({ state: 'detached' })
  await shop.getByLabel('Code', { exact: true }).fill('SPRING10')
  await shop.getByRole('button', { name: 'Use code' }).click()
  await shop.getByRole('button', { name: 'Remove SPRING10' }).waitFor()
  await shop.goto('/checkout')
  await shop.getByLabel('E-mail').fill('ada@mail.example')
  await shop.getByLabel('Full name').fill('Ada Lovelace')
  await shop.getByLabel('Street and number').fill('12 St James Square')
  await shop.getByLabel('Postcode').fill('10115')
  await shop.getByLabel('Town').fill('Berlin')
  await shop.getByLabel('Country').selectOption('DE')
  await shop.getByRole('term').filter({ hasText: 'Spring' }).waitFor()
  await shop.getByRole('button', { name: /^Pay/ }).click()
  await shop.locator('[data-payment-status=paid]').waitFor()
  await shop.getByRole('term').filter({ hasText: 'Spring' }).waitFor()
  await shop.context().close()

  await page.goto('/console/data/discounts')
  await page.getByRole('cell', { name: 'SPRING10' }).waitFor()
  await staff.look('console-discounts')
  await page.getByRole('link', { name: 'Spring' }).first().click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('button', { name: 'Go on' }).waitFor()
  await staff.look('console-discount')
  await page.context().close()
})
