// The bookshop's own page of the account, and what leads from it to the default pages: where somebody signs in with a second step, sees
// to their data, and is seen by support.
// long
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, wholeFile } from './browser.ts'

const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
let server: ServerProcess
before(async () => {
  server = await startServer(wholeFile, { config })
  await signInAdmin(server)
})

/** An open cart of the account, as another browser of it left one. */
async function fillCart(customer: HttpClient): Promise<void> {
  const [book] = expectStatus(await server.guest.get('/api/products?filter[slug]=emma'), 200).body.items
  const [edition] = expectStatus(await server.guest.get(`/api/variants?filter[product]=${book.id}`), 200).body.items
  const cart = expectStatus(await customer.post('/api/carts', {}), 201).body
  expectStatus(await customer.post(`/api/carts/${cart.id}/lines`, { variant: edition.id }), 201)
}

/** An authenticator app; answers what lets in without it. */
async function addApp(customer: HttpClient): Promise<string> {
  const { secret } = expectStatus(await customer.post('/api/auth/totp/enrol', {}), 200).body
  const code = totpCode(secret, Math.floor(Date.now() / 30_000))
  return expectStatus(await customer.post('/api/auth/totp/confirm', { code }), 200).body.recoveryCodes[0]
}

browserTest('the password is typed once, a second step follows, and the cart and the data of the account are there', async () => {
  const email = 'ada@mail.example'
  const customer = await signUp(server.guest, email)
  await fillCart(customer)
  const recovery = await addApp(customer)
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await page.goto('/account?next=/cart')
  const form = page.locator('form', { hasText: 'Forgotten' })
  await form.getByLabel('E-mail').fill(email)
  await form.getByLabel('Password').fill('a long enough one')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Second step' }).waitFor()
  assert.equal(new URL(page.url()).hash, '', 'what lets on to the second step is not left in the address')
  await page.getByLabel('Code').fill(recovery)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Emma' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/cart')

  await page.goto('/account')
  await page.getByRole('link', { name: 'download your data' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Your sign-in and your data' }).waitFor()
  await page.getByRole('button', { name: 'Gather my data' }).waitFor()
  await page.getByText('Change the e-mail', { exact: true }).waitFor()
  await visitor.look('account-security-of-a-shop')
  await page.context().close()
})

for (const size of ['phone', 'desktop'] satisfies Size[])
  browserTest(`support sees on the shop's own pages that it acts as a customer (${size})`, async () => {
    const email = `customer-${size}@mail.example`
    const customer = await signUp(server.guest, email)
    await fillCart(customer)
    const { id } = expectStatus(await customer.get('/api/auth/me'), 200).body
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto(`/console/data/users/${id}`)
    await page.getByLabel('E-mail').fill('admin@shop.example')
    await page.getByLabel('Password').fill('correct horse battery')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Act as' }).press('Enter')
    await page.getByRole('button', { name: 'Act as them' }).press('Enter')
    await page.getByText(`and see the shop as ${email}. You can look, and change nothing.`).waitFor()
    // The bar may be there before the page below it.
    await page.getByRole('heading', { name: 'My orders' }).waitFor()
    await visitor.look('shop-acting')
    const bar = page.getByRole('complementary', { name: 'Support acts as this customer' })
    for (const path of ['/', '/books/emma', '/nowhere', '/cart']) {
      await page.goto(path)
      await bar.waitFor()
    }
    await page.getByRole('link', { name: 'Emma' }).waitFor()
    await page.goto('/account/security')
    await page.getByText(`act as ${email}`).waitFor()
    await visitor.look('account-security-acting')
    await page.goto('/account')
    // Either leaves whoever acted signed in as themselves.
    if (size === 'phone') {
      await page.getByRole('button', { name: 'Be yourself again' }).press('Enter')
      await page.locator('.shell h1').waitFor()
    } else {
      await page.getByRole('button', { name: 'Sign out' }).press('Enter')
      await page.getByText('admin@shop.example', { exact: true }).waitFor()
    }
    // The customer's cart is not left behind in this browser.
    await page.goto('/cart')
    await page.getByRole('heading', { name: 'Your cart is empty' }).waitFor()
    assert.equal(await bar.count(), 0)
    visitor.calm()
    await page.context().close()
  })
