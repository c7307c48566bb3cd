// The bookshop paid elsewhere: on the pages of the sandbox's Stripe, PayPal and Mollie, and without a provider. One shop offers them all.
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
/** As customers have it: the pages of providers are then on the shop's own site, as they are for whoever tries it out. */
let url: string
const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
const faces = ['stripe', 'paypal', 'mollie']

before(async () => {
  server = await startServer(wholeFile, { config, env: { PAYMENTS: [...faces, 'bank-transfer', 'cash-on-delivery'].join() } })
  url = server.url.replace('127.0.0.1', 'localhost')
  admin = await signInAdmin(server)
  for (const face of faces) expectStatus(await server.guest.put(`/sandbox/${face}/settings`, { delayedMs: 700 }), 200)
})

/** To the order, or to the page where it is paid. `way`: by the value of its choice. */
async function checkOut({ page }: Visitor, way: string): Promise<void> {
  await page.goto('/books/emma')
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('link', { name: 'Go to cart' }).waitFor()
  await page.goto('/checkout')
  await page.getByLabel('E-mail').fill('ada@mail.example')
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByLabel('Street and number').fill('12 St James Square')
  await page.getByLabel('Postcode').fill('10115')
  await page.getByLabel('Town').fill('Berlin')
  await page.getByLabel('Country').selectOption('DE')
  await page.locator(`input[name=method][value="${way}"]`).check()
  await page.getByRole('button', { name: /^Pay/ }).click()
}

/** A story in a browser of its own. */
function story(name: string, size: Size, tell: (visitor: Visitor) => Promise<void>): void {
  browserTest(`${name} (${size})`, async () => {
    const visitor = await openVisitor(url, { size })
    await tell(visitor)
    visitor.calm()
    await visitor.page.context().close()
  })
}

const press = ({ page }: Visitor, name: string | RegExp) => page.getByRole('button', { name }).click()
const heading = ({ page }: Visitor, name: string) => page.getByRole('heading', { name }).waitFor()

async function watchItPaid(visitor: Visitor): Promise<void> {
  await visitor.page.locator('[data-payment-status=paid]').waitFor()
  await heading(visitor, 'Thank you, your order is paid')
}

async function payLater(visitor: Visitor): Promise<void> {
  await heading(visitor, 'Confirm your payment')
  await visitor.page.getByText('Other ways to pay').click()
  await press(visitor, 'A transfer that arrives later')
  await watchItPaid(visitor)
}

story('declined at Stripe, asked by the bank there, and paid', 'phone', async (visitor) => {
  const { page } = visitor
  await checkOut(visitor, 'stripe')
  await press(visitor, 'Decline')
  await page.getByRole('alert').waitFor()
  await heading(visitor, 'Confirm your payment')
  await visitor.look('stripe-declined')
  await page.getByText('Other ways to pay').click()
  await press(visitor, 'A card whose bank asks first')
  await page.getByText('Your bank asks whether this is you.').waitFor()
  await visitor.look('stripe-challenge')
  await press(visitor, 'Decline')
  await page.getByRole('alert').waitFor()
  await page.getByText('Other ways to pay').click()
  await press(visitor, 'A card whose bank asks first')
  await press(visitor, 'Approve')
  await watchItPaid(visitor)
})

story('turned back from Stripe, the page is open still, and a debit arrives later', 'desktop', async (visitor) => {
  await checkOut(visitor, 'stripe')
  await press(visitor, 'Back to the shop')
  await visitor.page.getByRole('link', { name: 'Go on to pay' }).click()
  await payLater(visitor)
})

for (const [face, other] of [
  ['paypal', 'paypal'],
  ['mollie', 'mollie banktransfer'],
] as const) {
  story(`approved at ${face}`, 'phone', async (visitor) => {
    await checkOut(visitor, face)
    await heading(visitor, 'Confirm your payment')
    await visitor.look(`${face}-page`)
    await press(visitor, 'Approve')
    await watchItPaid(visitor)
  })

  story(`refused at ${face}, turned back from it, and paid in a way that takes a while`, 'desktop', async (visitor) => {
    await checkOut(visitor, face)
    await press(visitor, 'Decline')
    await heading(visitor, 'The payment was declined')
    await visitor.page.locator(`input[name=method][value="${face}"]`).check()
    await press(visitor, 'Try again')
    await press(visitor, 'Back to the shop')
    await heading(visitor, 'You have not paid yet')
    await visitor.page.locator(`input[name=method][value="${other}"]`).check()
    await press(visitor, 'Try again')
    await payLater(visitor)
  })
}

story('paid by bank transfer: the page and a mail say where to', 'phone', async (visitor) => {
  const { page } = visitor
  await checkOut(visitor, 'bank-transfer')
  await heading(visitor, 'Please transfer the money')
  await page.getByText('AT61 1904 3002 3457 3201').waitFor()
  await visitor.look('bank-transfer')
  const id = new URL(page.url()).pathname.split('/').at(-1)!
  const { number } = expectStatus(await admin.get(`/api/orders/${id}`), 200).body
  assert.match((await page.getByRole('definition').allTextContents()).join(' '), new RegExp(` ${number} `))
  const mails = await admin.all(`/api/emails?filter[record]=${id}&filter[template]=transfer_instructions`)
  assert.equal(mails.length, 1)
  const [payment] = await admin.all(`/api/payments?filter[order]=${id}`)
  expectStatus(await admin.post(`/api/payments/${payment.id}/receipt`, { reference: `statement 1, ${number}` }), 200)
  await watchItPaid(visitor)
  assert.equal(await page.getByText('AT61 1904').count(), 0)
})

story('paid to whoever brings the parcel: placed, and not paid yet', 'phone', async (visitor) => {
  await checkOut(visitor, 'cash-on-delivery')
  await heading(visitor, 'Thank you, your order is placed')
  assert.equal(await visitor.page.locator('.track .is-done').count(), 1)
  await visitor.look('cash-on-delivery')
})
