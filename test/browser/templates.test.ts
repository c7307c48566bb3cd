// What `kingpost init` brings, as its users' customers meet it.
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { browserTest, openVisitor, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess

before(async () => {
  server = await startServer(wholeFile, { config: join(import.meta.dirname, '../../templates/shop/kingpost.config.ts') })
})

/** To the total, with everything in it, and to the payment. */
async function order({ page }: Visitor, title: string, method: string): Promise<void> {
  await page.goto('/')
  await page.getByRole('listitem').filter({ hasText: title }).getByRole('button', { name: 'Buy' }).click()
  for (const [label, value] of [
    ['E-mail', 'grace@example.com'],
    ['Name', 'Grace Hopper'],
    ['Street', 'Main Street 1'],
    ['Postal code', '1010'],
    ['City', 'Vienna'],
  ] as const)
    await page.getByLabel(label).fill(value)
  await page.getByLabel('Country').selectOption('AT')
  await page.getByRole('button', { name: 'Show the total' }).click()
  await page.getByLabel('Payment').selectOption(method)
}

browserTest(
  'the shop: a total before Pay, a declined card tried again, a bank that is refused and then allowed, an order given up',
  async () => {
    const visitor = await openVisitor(server.url, { size: 'phone' })
    const { page } = visitor
    const pay = page.getByRole('button', { name: /^Pay €/ })

    // The one copy there is: 14.90, and 3.90 for the parcel.
    await order(visitor, 'Middlemarch', 'card_declined')
    assert.equal(await pay.textContent(), 'Pay €18.80')
    assert.match((await page.getByRole('table').textContent()) ?? '', /Parcel€3\.90Total€18\.80Tax in it€1\.7\d/)
    await visitor.look('template-shop-total')
    await page.getByLabel('Country').selectOption('DE')
    assert.equal(await pay.isVisible(), false, 'another country may have another total')
    await page.getByLabel('Country').selectOption('AT')
    await page.getByRole('button', { name: 'Show the total' }).click()
    await pay.click()
    await page.getByText('was declined, and nothing was charged').waitFor()
    await visitor.look('template-shop-declined')

    // Also after a reload; now the bank asks, and the customer refuses there.
    await page.reload()
    await page.getByText('was declined, and nothing was charged').waitFor()
    await page.getByLabel('Payment').selectOption('card_challenge')
    await pay.click()
    await page.getByRole('button', { name: 'Decline' }).click()
    await page.getByText('was declined, and nothing was charged').waitFor()
    await page.getByLabel('Payment').selectOption('card_challenge')
    await pay.click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText(/^Thank you: order \S+ is paid\. The receipt goes to grace@example\.com\.$/).waitFor()
    await page.getByRole('listitem').filter({ hasText: 'Middlemarch' }).getByRole('button', { name: 'Sold out' }).waitFor()
    await visitor.look('template-shop-paid')

    // Given up: the copy is for sale again at once.
    await order(visitor, 'Walden', 'card_declined')
    await pay.click()
    await page.getByText('was declined').waitFor()
    await page.getByRole('button', { name: 'Cancel this order' }).click()
    await page.getByText('has ended, and nothing was charged').waitFor()
    const { items } = (await server.guest.get('/api/variants?filter[sku]=WALDEN')).body
    assert.equal(items[0].available, 7)

    // What another shop's data left in this browser is let go.
    await page.evaluate(() => localStorage.setItem('shop.order', JSON.stringify({ id: 'ord_01', token: 'cart_01' })))
    visitor.expectRefusal(401, /^\/api\/(?:orders|payments|changes)$/)
    await page.reload()
    await page.getByRole('button', { name: 'Buy' }).first().waitFor()
    visitor.calm()

    await order(visitor, 'Walden', 'card_success')
    await pay.click()
    await page.getByText(/^Thank you/).waitFor()
    visitor.calm()
    await page.context().close()
  },
)

browserTest('the shop with other ways to pay in its config: its page offers them, on a page of Stripe and by transfer', async () => {
  const other = await startServer(wholeFile, { config: join(import.meta.dirname, '../support/shop-template.config.ts') })
  const visitor = await openVisitor(other.url.replace('127.0.0.1', 'localhost'), { size: 'phone' })
  const { page } = visitor
  const pay = page.getByRole('button', { name: /^Pay €/ })
  await order(visitor, 'Walden', 'stripe')
  await pay.click()
  await page.getByRole('button', { name: 'Back to the shop' }).click()
  await page.getByText(/^Order \S+ waits for you on the payment page\./).waitFor()
  await visitor.look('template-shop-open')
  await page.getByRole('link', { name: 'Go on to the payment page' }).click()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText(/^Thank you: order \S+ is paid\./).waitFor()

  await order(visitor, 'Frankenstein', 'bank-transfer')
  await pay.click()
  await page.getByText(/^Please transfer €12\.80 to The Bookshop, IBAN AT61 1904 3002 3457 3201, with the reference \S+\./).waitFor()
  await visitor.look('template-shop-transfer')
  visitor.calm()
  await page.context().close()
})
