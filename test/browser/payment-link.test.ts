// The page that a payment link leads to, as anybody sees it who was given the address.
// long
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { checkOut, makeArticle, makeCart, orderWhen, signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile)
  admin = await signInAdmin(server)
})

browserTest('whoever has the link sees the amount alone, pays with the keyboard at a phone, and comes back to a thank-you', async () => {
  const { variant } = await makeArticle(admin, { slug: 'teapot', onHand: 3 })
  const cart = await makeCart(server.guest, [{ variant }])
  const { order } = await checkOut(cart, 'card_declined')
  const { url } = expectStatus(await admin.post(`/api/orders/${order.id}/payment-link`, {}), 201).body
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  const { pathname, hash } = new URL(url)
  await page.goto(pathname + hash)
  await page.getByRole('heading', { level: 1, name: 'Pay €19.99' }).waitFor()
  assert.equal(new URL(page.url()).hash, '', 'the secret is not left in the address')
  await page.getByRole('button', { name: 'Sandbox: card challenge' }).waitFor()
  await visitor.look('payment-link')
  await page.getByRole('button', { name: 'Sandbox: card declined' }).press('Enter')
  await page.getByText('Nothing was charged').waitFor()
  await page.getByRole('button', { name: 'Sandbox: card challenge' }).press('Enter')
  await page.getByRole('button', { name: 'Approve' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Paid. Thank you!' }).waitFor()
  await visitor.look('payment-link-paid')
  await orderWhen(cart.holder, order.id, ({ status }) => status === 'placed')
  await page.goto('/account/pay#token=paylink_guess')
  await page.getByText('This link is too old').waitFor()
  await page.context().close()
})
