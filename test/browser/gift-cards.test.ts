// Gift cards and store credit, from the console to the checkout of the bookshop.
// long
// ci
import { join } from 'node:path'
import { before } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'

const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
let server: ServerProcess
before(async () => {
  server = await startServer(wholeFile, { config })
  await signInAdmin(server)
})

async function signIn(form: Page | Locator, email: string, password: string): Promise<void> {
  await form.getByLabel('E-mail').fill(email)
  await form.getByLabel('Password', { exact: true }).fill(password)
  await form.getByLabel('Password', { exact: true }).press('Enter')
}

async function order(page: Page): Promise<void> {
  await page.goto('/books/emma')
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('link', { name: 'Go to cart' }).waitFor()
  await page.goto('/checkout')
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByLabel('Street and number').fill('12 St James Square')
  await page.getByLabel('Postcode').fill('10115')
  await page.getByLabel('Town').fill('Berlin')
  await page.getByLabel('Country').selectOption('DE')
}

browserTest('staff issue a card and give credit, and a customer pays with both at a phone', async () => {
  const customer = 'ada@mail.example'
  await signUp(server.guest, customer)
  const staff = await openVisitor(server.url, { size: 'desktop' })
  const { page } = staff
  await page.goto('/console/data/giftCards')
  await signIn(page, 'admin@shop.example', 'correct horse battery')
  await page.getByRole('button', { name: 'Issue a gift card' }).click()
  await page.getByRole('button', { name: 'Issue', exact: true }).click()
  await page.getByText('Give an amount such as 50.00.').waitFor()
  await page.getByLabel('Value').fill('10')
  await staff.look('console-issue-gift-card')
  await page.getByRole('button', { name: 'Issue', exact: true }).click()
  const code = await page.getByLabel('Secret').inputValue()
  await staff.look('console-gift-card-code')
  await page.getByRole('button', { name: 'I have kept it' }).click()
  await page.goto('/console/data/users')
  await page.getByRole('link', { name: customer }).first().click()
  await page.getByRole('button', { name: 'Give credit' }).click()
  await page.getByLabel('Amount').fill('2.50')
  await page.getByLabel('Reason').fill('Your parcel came late.')
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText('The credit is given.').waitFor()

  const visitor = await openVisitor(server.url, { size: 'phone' })
  await visitor.page.goto('/account?next=/books/emma')
  await signIn(visitor.page.locator('form', { hasText: 'Forgotten' }), customer, 'a long enough one')
  await visitor.page.getByRole('button', { name: 'Add to cart' }).waitFor()
  await order(visitor.page)
  visitor.expectRefusal(422, /^\/api\/giftCards\/balance$/)
  await visitor.page.getByLabel('Code of a gift card').fill('0000')
  await visitor.page.keyboard.press('Tab')
  await visitor.page.getByText('There is no gift card with this code.').waitFor()
  await visitor.page.getByLabel('Code of a gift card').fill(code)
  await visitor.page.keyboard.press('Tab')
  await visitor.page.getByText('€10.00 on this card.').waitFor()
  await visitor.page.getByText('Use my credit of €2.50').click()
  await visitor.page.getByText('Left to pay').waitFor()
  await visitor.look('checkout-with-gift-card')
  await visitor.page.getByRole('button', { name: /^Pay/ }).click()
  await visitor.page.locator('[data-payment-status=paid]').waitFor()
  await visitor.page.context().close()

  await page.goto('/console/data/giftCards')
  await page
    .getByRole('link', { name: code.slice(-4) })
    .first()
    .click()
  await page.getByRole('button', { name: 'Block' }).click()
  await page.getByRole('button', { name: 'Unblock' }).waitFor()
  await staff.look('console-gift-card')
  await page.context().close()
})
