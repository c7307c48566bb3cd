// The bookshop paid by the sandbox's Stripe: on its page a card is declined and another pays, a bank debit arrives later, somebody turns
// back and goes on, and the bank asks.
import { join } from 'node:path'
import { before } from 'node:test'
import { expectStatus } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'
import { checkOut, watchItPaid } from './pay-elsewhere.ts'

let server: ServerProcess
const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')

before(async () => {
  server = await startServer(wholeFile, { config, env: { PAYMENTS: 'stripe' } })
  expectStatus(await server.guest.put('/sandbox/stripe/settings', { delayedMs: 700 }), 200)
})

browserTest('declined at Stripe, and paid there at once, on a phone', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await checkOut(visitor, '')
  await page.getByRole('button', { name: 'Decline' }).click()
  await page.getByRole('alert').waitFor()
  await visitor.look('stripe-declined')
  await page.getByRole('button', { name: 'Approve' }).click()
  await watchItPaid(visitor)
  visitor.calm()
  await page.context().close()
})

browserTest('turned back from Stripe, the page is open still, and a debit arrives later', async () => {
  const visitor = await openVisitor(server.url, { size: 'desktop' })
  const { page } = visitor
  await checkOut(visitor, '')
  await page.getByRole('button', { name: 'Back to the shop' }).click()
  await page.getByRole('link', { name: 'Go to my bank' }).click()
  await page.getByText('Other ways to pay').click()
  await page.getByRole('button', { name: 'A transfer that arrives later' }).click()
  await page.getByRole('heading', { name: 'Waiting for your payment' }).waitFor()
  await watchItPaid(visitor)
  visitor.calm()
  await page.context().close()
})
