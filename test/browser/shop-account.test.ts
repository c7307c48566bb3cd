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

browserTest('the account speaks German to who reads German, with all that its pages refuse, and the shop stays as it is', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone', language: 'de-AT' })
  const { page } = visitor
  await page.goto('/')
  assert.equal(
    await page
      .locator('#account-link')
      .textContent()
      .then((text) => text?.trim()),
    'Konto',
  )
  await page.goto('/account')
  await page.getByRole('heading', { level: 1, name: 'Ihr Konto' }).waitFor()
  await visitor.look('shop-account-guest-german')
  const signIn = page.locator('form', { hasText: 'Passwort vergessen?' })
  const register = page.locator('form', { hasText: 'Neu hier?' })
  await signIn.getByRole('button', { name: 'Anmelden' }).press('Enter')
  await signIn.getByText('Bitte füllen Sie das aus.').first().waitFor()
  visitor.expectRefusal(401, /^\/api\/auth\/login$/)
  await signIn.getByLabel('E-Mail').fill('grete@mail.example')
  await signIn.getByLabel('Passwort').fill('keine Ahnung')
  await page.keyboard.press('Enter')
  await signIn.getByText('E-Mail oder Passwort ist falsch.').waitFor()
  visitor.expectRefusal(400, /^\/api\/auth\/register$/)
  await register.getByLabel('E-Mail').fill('grete@mail.example')
  await register.getByLabel('Passwort').fill('password1')
  await page.keyboard.press('Enter')
  await register.getByText('Zu einfach').waitFor()
  await register.getByLabel('Passwort').fill('ein ganzer Satz davon')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Meine Bestellungen' }).waitFor()
  assert.equal(await page.locator('.account').getAttribute('lang'), 'de')
  await page.getByText('Passwort ändern').press('Enter')
  visitor.expectRefusal(400, /^\/api\/auth\/password$/)
  await page.getByLabel('Bisheriges Passwort').fill('keine Ahnung')
  await page.getByLabel('Neues Passwort').fill('noch ein ganzer Satz')
  await page.keyboard.press('Enter')
  await page.getByText('Das ist nicht das Passwort.').waitFor()
  await visitor.look('shop-account-german')
  await page.getByRole('button', { name: 'Abmelden' }).press('Enter')
  await page.getByRole('link', { name: 'Passwort vergessen?' }).press('Enter')
  await page.getByText('Wir senden Ihnen einen Link').waitFor()
  visitor.calm()
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

for (const size of ['phone', 'desktop'] satisfies Size[])
  browserTest(`addresses are kept, changed and removed in the account, and one is taken at checkout (${size})`, async () => {
    const email = `addresses-${size}@mail.example`
    const customer = await signUp(server.guest, email)
    await fillCart(customer)
    const visitor = await openVisitor(server.url, { size, ...(size === 'phone' && { language: 'de' }) })
    const { page } = visitor
    if (size === 'phone') await page.setViewportSize({ width: 320, height: 700 })
    const said = (german: string, english: string) => (size === 'phone' ? german : english)
    await page.goto('/account')
    const signIn = page.locator('.account form').first()
    await signIn.getByLabel(/^E-/).fill(email)
    await signIn.getByLabel(/Pass/).fill('a long enough one')
    await page.keyboard.press('Enter')
    const saved = page.locator('.saved-addresses')
    const keep = async (street: string, town: string) => {
      await saved.getByText(said('Adresse hinzufügen', 'Add an address')).press('Enter')
      const form = saved.locator('details form')
      await form.getByLabel(said('Vor- und Nachname', 'Full name')).fill('Ada Byron')
      await form.getByLabel(said('Straße', 'Street')).fill(street)
      await form.getByLabel(said('Wohnung', 'Flat')).fill('3rd floor')
      await form.getByLabel(said('Postleitzahl', 'Postcode')).fill('10435')
      await form.getByLabel(said('Ort', 'Town')).fill(town)
      await form.getByLabel(said('Land', 'Country')).selectOption('DE')
      await form.getByRole('button', { name: said('Adresse speichern', 'Save the address') }).press('Enter')
      await saved.locator('li', { hasText: street }).waitFor()
    }
    await saved.getByText(said('Adresse hinzufügen', 'Add an address')).press('Enter')
    await saved.getByRole('button', { name: said('Adresse speichern', 'Save the address') }).press('Enter')
    await saved.getByText(said('Bitte füllen Sie das aus.', 'Please fill this in.')).first().waitFor()
    await visitor.look('shop-address-missing')
    await saved.getByText(said('Adresse hinzufügen', 'Add an address')).press('Enter')
    await keep('Kastanienallee 1', 'Berlin')
    await keep('Main Street 2', 'Potsdam')
    const [home, work] = [saved.locator('li', { hasText: 'Ada Byron' }), saved.locator('li', { hasText: 'Main Street 2' })]
    // The first one is the usual one.
    await home.filter({ hasText: 'Kastanienallee' }).getByText(said('Die übliche', 'The usual one')).waitFor()
    await work.getByRole('button', { name: said('Ändern', 'Change') }).press('Enter')
    await saved.locator('li form').getByLabel(said('Wie Sie sie nennen', 'What you call it')).fill('Work')
    await saved.locator('li form').getByLabel(said('Wohnung', 'Flat')).fill('')
    await visitor.look('shop-address-changed')
    await saved
      .locator('li form')
      .getByRole('button', { name: said('Adresse speichern', 'Save the address') })
      .press('Enter')
    await work.getByText('Work:').waitFor()
    assert.doesNotMatch((await work.textContent()) ?? '', /3rd floor/)
    await work.getByRole('button', { name: said('Zur üblichen machen', 'Make it the usual one') }).press('Enter')
    await work.getByText(said('Die übliche', 'The usual one')).waitFor()
    await visitor.look('shop-addresses')

    await page.goto('/checkout')
    const street = page.getByLabel('Street and number')
    await street.waitFor()
    assert.equal(await street.inputValue(), 'Main Street 2')
    await page.getByLabel('One of your addresses').selectOption({ index: 2 })
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('[name="/shippingAddress/line1"]')?.value === 'Kastanienallee 1',
    )
    await visitor.look('shop-checkout-address')
    await page.getByRole('button', { name: /^Pay/ }).press('Enter')
    await page.getByText('Kastanienallee 1').waitFor()

    await page.goto('/account')
    await saved
      .locator('li', { hasText: 'Kastanienallee' })
      .getByRole('button', { name: said('Entfernen', 'Remove') })
      .press('Enter')
    await saved.locator('li', { hasText: 'Kastanienallee' }).waitFor({ state: 'detached' })
    assert.equal(await saved.locator('li').count(), 1)
    visitor.calm()
    await page.context().close()
  })
