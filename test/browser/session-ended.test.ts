// A page that stands open while its session is ended by its owner from another browser: it asks at once who is there, and goes on with
// what was typed. On PostgreSQL the two browsers are served by two processes; one story is enough there.
// databases: sqlite, postgres
// long
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, type TestContext } from 'node:test'
import { testDatabase } from '../support/databases.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { address, checkOut, signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, signInToConsole, sizes, type Visitor, wholeFile } from './browser.ts'

const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
let server: ServerProcess
/** Serves the other browser. */
let other: ServerProcess
let admin: HttpClient

before(async () => {
  const { isServer, url } = testDatabase()
  const database = isServer ? { database: await url() } : {}
  server = await startServer(wholeFile, { config, ...database })
  admin = await signInAdmin(server)
  other = isServer ? await startServer(wholeFile, { config, ...database }) : server
})

/** The owner of the account looks where it is signed in, and ends the one session that is not this browser's. Answers when. */
async function endElsewhere(email: string, password: string): Promise<number> {
  const owner = await openVisitor(other.url, { size: 'desktop' })
  const { page } = owner
  await page.goto('/account/sign-in?next=/account/security')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  await page.getByText('this browser').waitFor()
  // Whatever the test itself signed in with has no browser's name.
  const row = page.locator('.sheet-sessions li', { hasText: 'Chrom' }).filter({ hasNotText: 'this browser' })
  const answered = page.waitForResponse((answer) => answer.request().method() === 'DELETE')
  await row.getByRole('button', { name: /^End/ }).first().press('Enter')
  assert.equal((await answered).status(), 204)
  const endedAt = performance.now()
  owner.calm()
  await page.context().close()
  return endedAt
}

const told = (t: TestContext, endedAt: number) =>
  t.diagnostic(`seen ${Math.round(performance.now() - endedAt)} ms after the session was ended`)

const isSqlite = !testDatabase().isServer
for (const size of isSqlite ? sizes : sizes.slice(0, 1))
  browserTest(`the console asks who is there when its session was ended elsewhere, and keeps what was typed (${size})`, async (t) => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/console/data/categories/new')
    await signInToConsole(page)
    await page.locator('.live-dot.live').waitFor({ state: 'attached' })
    await page.getByLabel('Slug').fill(`atlases-${size}`)
    await page.getByLabel('Title').fill('Atlases of the old world')
    visitor.expectRefusal(401, /^\/api\/changes$/)
    const endedAt = await endElsewhere('admin@shop.example', 'correct horse battery')
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
    await dialog.waitFor()
    told(t, endedAt)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await visitor.look('console-session-ended')
    assert.equal(await dialog.getByLabel('E-mail').inputValue(), 'admin@shop.example')
    visitor.expectRefusal(401, /^\/api\/auth\/login$/)
    await dialog.getByLabel('Password').fill('a guess')
    await page.keyboard.press('Enter')
    await dialog.getByText('E-mail or password is wrong.').waitFor()
    await dialog.getByLabel('Password').fill('correct horse battery')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    assert.equal(await page.getByLabel('Title').inputValue(), 'Atlases of the old world')
    // Where they were, by the keyboard alone.
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'title')
    await page.keyboard.press('Enter')
    await page.getByText('Created.').waitFor()
    await page.locator('.live-dot.live').waitFor({ state: 'attached' })
    visitor.calm()
    await page.context().close()
  })

const onSqlite = isSqlite ? browserTest : () => {}

onSqlite('a live list goes on after the sign-in with what came meanwhile, and somebody else begins anew', async () => {
  const { page, expectRefusal, calm } = await openLiveOrders()
  expectRefusal(401, /^\/api\/changes$/)
  await endElsewhere('admin@shop.example', 'correct horse battery')
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await dialog.waitFor()
  const { order } = await placeOrder(server.guest)
  await dialog.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.locator('tbody tr', { hasText: order.number }).waitFor()
  const later = (await placeOrder(server.guest)).order
  await page.locator('tbody tr', { hasText: later.number }).waitFor()

  await endElsewhere('admin@shop.example', 'correct horse battery')
  await dialog.waitFor()
  await signUp(server.guest, 'eve@mail.example')
  await dialog.getByLabel('E-mail').fill('eve@mail.example')
  await dialog.getByLabel('Password').fill('a long enough one')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'This account is not staff' }).waitFor()
  assert.equal(await page.getByText(later.number).count(), 0)
  calm()
  await page.context().close()
})

async function openLiveOrders(): Promise<Visitor> {
  const visitor = await openVisitor(server.url, { size: 'desktop' })
  await visitor.page.goto('/console/orders')
  await signInToConsole(visitor.page)
  await visitor.page.locator('.live-dot.live').waitFor({ state: 'attached' })
  return visitor
}

onSqlite("a customer's order asks who is there when the session was ended elsewhere, and is there again after the sign-in", async (t) => {
  const email = 'ada@mail.example'
  const customer = await signUp(server.guest, email)
  const { order } = await placeOrder(customer)
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  const signIn = async () => {
    const form = page.locator('form', { hasText: 'Forgotten' })
    await form.getByLabel('E-mail').fill(email)
    await form.getByLabel('Password').fill('a long enough one')
    await page.keyboard.press('Enter')
    await page.getByText(`Order ${order.number}`).first().waitFor()
  }
  const live = page.waitForResponse(/\/api\/changes/)
  await page.goto(`/account?next=/orders/${order.id}`)
  await signIn()
  await live
  visitor.expectRefusal(401, /^\/api\/changes$/)
  // The page looks for the invoice of the order a few times: who has no session sees none.
  visitor.expectRefusal(404, /^\/api\/orders\/\w+\/invoices$/)
  const endedAt = await endElsewhere(email, 'a long enough one')
  await page.getByText('Your session has ended. Please sign in again.').waitFor()
  told(t, endedAt)
  await visitor.look('shop-session-ended')
  assert.equal(await page.getByText('St James').count(), 0)
  await page.locator('main').getByRole('link', { name: 'Sign in' }).press('Enter')
  await signIn()
  visitor.calm()
  await page.context().close()
})

async function placeOrder(buyer: HttpClient): Promise<{ order: { id: string; number: string } }> {
  const [book] = expectStatus(await admin.get('/api/variants?filter[product.slug]=emma&limit=1'), 200).body.items
  const [shipping] = expectStatus(await admin.get('/api/shippingMethods?sort=price'), 200).body.items
  const cart = expectStatus(await buyer.post('/api/carts', { email: 'ada@mail.example' }), 201).body
  const holder = cart.token ? buyer.with({ 'cart-token': cart.token }) : buyer
  expectStatus(await holder.post(`/api/carts/${cart.id}/lines`, { variant: book.id }), 201)
  expectStatus(await holder.patch(`/api/carts/${cart.id}`, { shippingAddress: address, shippingMethod: shipping.id }), 200)
  const { order } = await checkOut({ id: cart.id, token: cart.token, holder })
  return { order }
}
