// The bookshop paid by the sandbox's PayPal, which takes the money at the shop's word: a customer who goes there and comes back.
import { join } from 'node:path'
import { before } from 'node:test'
import { expectStatus } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'
import { checkOut, watchItPaid } from './pay-elsewhere.ts'

let server: ServerProcess
const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')

before(async () => {
  server = await startServer(wholeFile, { config, env: { PAYMENTS: 'paypal' } })
  expectStatus(await server.guest.put('/sandbox/paypal/settings', { delayedMs: 700 }), 200)
})

browserTest('approved at PayPal on a phone, and taken by the shop', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  await checkOut(visitor, '')
  await visitor.look('paypal-page')
  await visitor.page.getByRole('button', { name: 'Approve' }).click()
  await watchItPaid(visitor)
  await visitor.page.context().close()
})

browserTest('a card that is refused at PayPal, a customer who turns back, and a payment that PayPal looks at for a while', async () => {
  const visitor = await openVisitor(server.url, { size: 'desktop' })
  const { page } = visitor
  await checkOut(visitor, '')
  await page.getByRole('button', { name: 'Decline' }).click()
  await page.getByRole('heading', { name: 'The payment was declined' }).waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('button', { name: 'Back to the shop' }).click()
  await page.getByRole('heading', { name: 'The payment was declined' }).waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Other ways to pay').click()
  await page.getByRole('button', { name: 'A transfer that arrives later' }).click()
  await watchItPaid(visitor)
  visitor.calm()
  await page.context().close()
})
