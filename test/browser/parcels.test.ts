// After an order was sent: its customer sees the parcel in the bookshop and asks to send a book back; staff settle that in the console.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile, { config: join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts') })
  admin = await signInAdmin(server)
})

browserTest('a parcel is shown with its number, and a book is asked to be sent back', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
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
  await page.getByRole('button', { name: /^Pay/ }).click()
  await page.locator('[data-payment-status=paid]').waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1)!
  const tracking = [{ carrier: 'DHL', number: '00340434161094000001' }]
  expectStatus(await admin.post(`/api/orders/${id}/fulfillments`, { tracking }), 201)
  await page.reload()
  await page.getByRole('heading', { name: 'Your parcel' }).waitFor()
  assert.match((await page.getByRole('link', { name: '00340434161094000001' }).getAttribute('href')) ?? '', /dhl\.com/)
  await page.getByText('Send books back').click()
  await page.getByLabel(/Emma/).selectOption('1')
  await page.getByLabel('Why?').fill('Too sad')
  await page.getByRole('button', { name: 'Ask to send them back' }).click()
  await page.getByText(/Return of 1 × Emma.*: requested/).waitFor()
  const [asked] = expectStatus(await admin.get(`/api/returns?filter[order]=${id}`), 200).body.items
  assert.deepEqual([asked.status, asked.lines[0].reason], ['requested', 'Too sad'])
  visitor.calm()
  await page.context().close()

  // Staff approve it, take it back and settle its money in the console.
  const staff = await openVisitor(server.url, { size: 'desktop' })
  await staff.page.goto(`/console/orders/${id}`)
  await staff.page.getByLabel('E-mail').fill('admin@shop.example')
  await staff.page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await staff.page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await staff.page.getByRole('heading', { name: 'Returns' }).waitFor()
  const press = (name: string) => staff.page.getByRole('button', { name, exact: true }).last().click()
  for (const [opens, does] of [
    ['Approve', 'Approve'],
    ['It is back', 'They are back'],
    ['Settle the money', 'Settle'],
  ] as const) {
    await press(opens)
    await staff.page.getByRole('dialog').waitFor()
    await press(does)
    await staff.page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await staff.page.getByText('Completed', { exact: true }).first().waitFor()
  staff.calm()
  await staff.page.context().close()
})
