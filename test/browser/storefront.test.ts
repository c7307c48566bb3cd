// The tour of the shop as a customer walks it, from the first look to the order, in both sizes.
// long
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import type { Page } from 'playwright-core'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, sizes, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')

before(async () => {
  server = await startServer(wholeFile, { config })
  admin = await signInAdmin(server)
  const answer = await server.guest.put('/sandbox/settings', { delayedMs: 1_500 })
  assert.equal(answer.status, 200)
})

for (const size of sizes) {
  browserTest(`a new customer finds two books and pays at once (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    await findBooks(visitor, size)
    await register(visitor, size)
    await buy(visitor, 'emma')
    await buy(visitor, 'dracula')
    await fillCart(visitor)
    await checkOut(visitor, 'card_success', {})
    await watchItPaid(visitor.page)
    await visitor.look('order-paid')
    await myOrders(visitor)
    await visitor.page.context().close()
  })

  browserTest(`a guest opens the receipt's link on another device (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const email = `link-${size}@mail.example`
    await buy(visitor, 'emma')
    await checkOut(visitor, 'card_success', { email })
    await watchItPaid(visitor.page)
    await visitor.page.context().close()
    const mails = await admin.all(`/api/emails?filter[to]=${email}&filter[template]=order_receipt`)
    const link = new URL(/http\S+\/orders\/\S+/.exec(mails[0].text)![0])
    const phone = await openVisitor(server.url, { size })
    await phone.page.goto(link.pathname + link.hash)
    await watchItPaid(phone.page)
    assert.equal(new URL(phone.page.url()).hash, '', 'the secret is not left in the address')
    await phone.page.reload()
    await watchItPaid(phone.page)
    phone.calm()
    await phone.page.context().close()
  })

  browserTest(`an e-book needs no address, and is downloaded once it is paid (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/books/mathematical-principles-of-natural-philosophy')
    await page.getByLabel('E-book').check()
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await page.getByText('In your cart.').waitFor()
    await page.goto('/checkout')
    await page.getByLabel('E-mail').fill(`ebook-${size}@mail.example`)
    await page.getByLabel('Country').selectOption('DE')
    assert.equal(await page.getByLabel('Town').count(), 0)
    await page.locator('input[name=method][value=card_success]').check()
    await page.getByLabel('Deliver my downloads at once').check()
    await visitor.look('checkout-digital')
    await page.getByRole('button', { name: /^Pay/ }).click()
    const link = page.getByRole('link', { name: /^Download Mathematical principles/i })
    await link.waitFor()
    await visitor.look('order-digital')
    await page.getByRole('heading', { level: 1, name: 'Your books are ready to download' }).waitFor()
    await page.getByText('Ready to download, done').waitFor()
    await page.getByText('Bought in').waitFor()
    // No parcel is made of it, and nothing of it is sent back.
    assert.equal(await page.getByText(/parcel|Send books back/i).count(), 0)
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    assert.equal(download.suggestedFilename(), 'principles.txt')
    await page.context().close()
  })

  browserTest(`who signs in on the way to checkout keeps the cart, and finds the order in the account (${size})`, async () => {
    const email = `grace-${size}@mail.example`
    expectStatus(await server.guest.post('/api/auth/register', { email, password: 'a long enough one' }), 201)
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    // An order as a guest, before there was an account in this browser.
    await buy(visitor, 'frankenstein')
    await checkOut(visitor, 'card_success', { email })
    await watchItPaid(page)
    await buy(visitor, 'emma')
    await page.goto('/checkout')
    await page.getByRole('link', { name: 'Sign in or register' }).click()
    await signIn(page, email)
    await page.getByText(`Signed in as ${email}`).waitFor()
    await checkOut(visitor, 'card_success', {})
    await watchItPaid(page)
    await page.getByRole('link', { name: 'My account' }).click()
    await page.getByRole('heading', { name: 'My orders' }).waitFor()
    await page.locator('.order-row').nth(1).waitFor()
    await visitor.look('my-orders-taken-along')
    // Signed out, this browser shows nothing of it; signed in on another one, the open cart is there.
    await buy(visitor, 'dracula')
    await page.goto('/account')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Your account' }).waitFor()
    await page.goto('/cart')
    await page.getByRole('heading', { name: 'Your cart is empty' }).waitFor()
    visitor.calm()
    await page.context().close()
    const other = await openVisitor(server.url, { size })
    await other.page.goto('/account')
    await signIn(other.page, email)
    await other.page.getByRole('heading', { name: 'My orders' }).waitFor()
    await other.page.goto('/cart')
    await other.page.getByRole('link', { name: 'Dracula' }).waitFor()
    other.calm()
    await other.page.context().close()
  })

  browserTest(`what is withdrawn stays in the cart as unavailable, and can be taken out (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await buy(visitor, 'emma')
    await buy(visitor, 'dracula')
    const [book] = expectStatus(await server.guest.get('/api/products?filter[slug]=dracula'), 200).body.items
    expectStatus(await admin.patch(`/api/products/${book.id}`, { status: 'archived' }), 200)
    await page.goto('/checkout')
    await page.getByText('No longer available').waitFor()
    assert.equal(await page.getByRole('link', { name: 'Check out' }).count(), 0)
    await visitor.look('cart-gone')
    await page.getByRole('button', { name: /^Remove Dracula/ }).click()
    await page.getByRole('link', { name: 'Check out' }).waitFor()
    await page.getByText('No longer available').waitFor({ state: 'detached' })
    expectStatus(await admin.patch(`/api/products/${book.id}`, { status: 'active' }), 200)
    visitor.calm()
    await page.context().close()
  })

  browserTest(`a guest whose card is declined tries again (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    await buy(visitor, 'frankenstein')
    await checkOut(visitor, 'card_declined', { email: 'guest@mail.example' })
    const { page } = visitor
    await page.getByRole('heading', { name: 'The payment was declined' }).waitFor()
    await visitor.look('order-declined')
    await page.locator('input[name=method][value=card_success]').check()
    await page.getByRole('button', { name: 'Try again' }).click()
    await watchItPaid(page)
    // The guest's secret stays with the order: it is there when the page is opened again.
    await page.reload()
    await watchItPaid(page)
    visitor.calm()
    await page.context().close()
  })

  browserTest(`the bank asks, is refused, and is then allowed (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await buy(visitor, 'emma')
    await checkOut(visitor, 'card_challenge', { email: 'guest@mail.example' })
    await page.getByRole('heading', { name: 'Confirm your payment' }).waitFor()
    await visitor.look('bank')
    await page.getByRole('button', { name: 'Decline' }).click()
    await page.getByRole('heading', { name: 'The payment was declined' }).waitFor()
    await page.locator('input[name=method][value=card_challenge]').check()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await watchItPaid(page)
    visitor.calm()
    await page.context().close()
  })

  browserTest(`what waits at the bank is found from the cart, and can be canceled (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await buy(visitor, 'emma')
    await page.goto('/checkout')
    await page.getByLabel('Country').selectOption('IE')
    await page.getByLabel('County').fill('Kerry')
    assert.equal(await page.getByLabel('Postcode').getAttribute('required'), null)
    await page.getByLabel('Full name').fill('Maeve')
    // On the way to sign in and back: nothing that was typed is lost.
    await page.getByRole('link', { name: 'Sign in or register' }).click()
    await page.goto('/checkout')
    assert.equal(await page.getByLabel('Full name').inputValue(), 'Maeve')
    assert.equal(await page.getByLabel('County').inputValue(), 'Kerry')
    await page.getByLabel('Country').selectOption('US')
    await page.getByLabel('ZIP code').waitFor()
    await visitor.look('checkout-region')
    await page.getByLabel('Country').selectOption('DE')
    await checkOut(visitor, 'card_challenge', { email: 'guest@mail.example' })
    await page.getByRole('heading', { name: 'Confirm your payment' }).waitFor()
    await page.goto('/cart')
    await page.getByText('waits for its payment').waitFor()
    await visitor.look('cart-waiting')
    await page.getByRole('link', { name: 'Go on with it' }).click()
    await page.getByText('Cancel this order').click()
    await visitor.look('order-cancel')
    await page.getByRole('button', { name: 'Yes, cancel it' }).click()
    await page.locator('.order-status[data-status=canceled]').waitFor()
    assert.equal(await page.getByText('Cancel this order').count(), 0)
    visitor.calm()
    await page.context().close()
  })

  browserTest(`what is sold out says so and cannot be bought (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/books/the-narrow-road-to-the-deep-north')
    await page.getByText('Every copy has found a reader.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Add to cart' }).count(), 0)
    await visitor.look('sold-out')
    await page.context().close()
  })

  browserTest(`who has nothing and no way here is told where to go (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size, isDark: true })
    const { page } = visitor
    for (const [path, heading] of [
      ['/no/such/page', 'Nothing here'],
      ['/books/no-such-book', 'Nothing here'],
      ['/cart', 'Your cart is empty'],
      ['/checkout', 'Your cart is empty'],
      ['/orders/ord_of_somebody', 'Is this your order?'],
      ['/account', 'Your account'],
    ] as const) {
      await page.goto(path)
      await page.getByRole('heading', { name: heading }).waitFor()
      if (path.startsWith('/orders/')) await page.getByText('the link in the mail with your receipt').waitFor()
      await visitor.look(`empty${path.replaceAll('/', '-')}`)
    }
    await page.context().close()
  })

  browserTest(`a slow transfer turns the open page paid by itself (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await buy(visitor, 'emma')
    await checkOut(visitor, 'delayed_success', { email: 'guest@mail.example' })
    await page.getByRole('heading', { name: 'Waiting for your payment' }).waitFor()
    assert.match((await page.locator('address span').last().textContent()) ?? '', /^[A-Z][a-z]{2}/, 'the country is the last line')
    await visitor.look('order-waiting')
    await watchItPaid(page)
    visitor.calm()
    await page.context().close()
  })
}

async function findBooks(visitor: Visitor, size: Size): Promise<void> {
  const { page } = visitor
  const cards = page.locator('.shelf .card')
  await page.goto('/')
  await cards.first().waitFor()
  await page.waitForFunction(() => (document.querySelector<HTMLImageElement>('.card img')?.naturalWidth ?? 0) > 0)
  await visitor.look('catalogue')
  await page.getByRole('button', { name: 'Show more books' }).click()
  await page.waitForFunction(() => document.querySelectorAll('.shelf .card').length > 30)
  await page.getByLabel('Search title, author or subject').fill('austen')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /austen/ }).waitFor()
  assert.ok(await cards.filter({ hasText: 'Emma' }).isVisible())
  await visitor.look('search')

  await page.goto('/')
  await page.getByRole('link', { name: 'Poetry' }).click()
  await page.getByRole('heading', { name: 'Poetry' }).waitFor()
  if (size === 'phone') await page.getByText('Filter and sort').click()
  await page.getByLabel('Written in').selectOption('fr')
  await page.waitForURL(/language=fr/)
  await page.getByLabel('Sort by').selectOption('-price')
  await page.waitForURL(/category=poetry.*language=fr.*sort=-price/)
  await cards.filter({ hasText: 'Rimbaud' }).first().waitFor()
  await page.getByRole('button', { name: 'Show more books' }).waitFor({ state: 'hidden' })
  await visitor.look('filtered')
  await page.getByLabel('To €').fill('0')
  await page.getByLabel('To €').press('Enter')
  await page.getByRole('heading', { name: 'No book fits' }).waitFor()
  await visitor.look('nothing-found')
}

async function register(visitor: Visitor, size: Size): Promise<void> {
  const { page } = visitor
  await page.goto('/account')
  await visitor.look('sign-in')
  const form = page.locator('form', { hasText: 'New here?' })
  await form.getByLabel('Name').fill('Ada Lovelace')
  await form.getByLabel('E-mail').fill(`ada-${size}@mail.example`)
  await form.getByLabel('Password').fill('a long enough one')
  await form.getByRole('button', { name: 'Register' }).click()
  await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor()
}

async function signIn(page: Page, email: string): Promise<void> {
  const form = page.locator('form', { hasText: 'Password' }).filter({ hasNotText: 'New here?' })
  await form.getByLabel('E-mail').fill(email)
  await form.getByLabel('Password').fill('a long enough one')
  await form.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function buy({ page }: Visitor, slug: string): Promise<void> {
  await page.goto(`/books/${slug}`)
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByText('In your cart.').waitFor()
}

async function fillCart(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await visitor.look('book')
  await page.getByRole('link', { name: 'Go to cart' }).click()
  await page.getByRole('heading', { name: 'Your cart' }).waitFor()
  await visitor.look('cart')
}

async function checkOut(visitor: Visitor, method: string, given: { email?: string }): Promise<void> {
  const { page } = visitor
  await page.goto('/checkout')
  await page.getByRole('heading', { name: 'Checkout' }).waitFor()
  if (given.email) await page.getByLabel('E-mail').fill(given.email)
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByLabel('Street and number').fill('12 St James Square')
  await page.getByLabel('Postcode').fill('SW1Y 4JH')
  await page.getByLabel('Town').fill('London')
  // What does not go to the country is not offered.
  const express = page.getByText('Express, next working day')
  await page.getByLabel('Country').selectOption('DE')
  await express.click()
  await page.getByText('€9.90').nth(1).waitFor()
  await page.getByLabel('Country').selectOption('GB')
  await express.waitFor({ state: 'detached' })
  await page.locator(`input[name=method][value=${method}]`).check()
  await visitor.look(`checkout-${method}`)
  await page.getByRole('button', { name: /^Pay/ }).click()
}

async function watchItPaid(page: Page): Promise<void> {
  await page.locator('[data-payment-status=paid]').waitFor()
  await page.getByRole('heading', { name: 'Thank you, your order is paid' }).waitFor()
  await page.getByText('12 St James Square').waitFor()
}

async function myOrders(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.getByRole('link', { name: /Ada Lovelace/ }).click()
  await page.getByRole('heading', { name: 'My orders' }).waitFor()
  await page.getByText('2 books').waitFor()
  await visitor.look('my-orders')
}
