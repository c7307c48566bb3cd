// A receipt is answered over SMTP by a mail client, seen at the order while the page is open, and answered from there: the client gets that in the
// same thread. Then what is about nothing yet, in the inbox. The receiver, the server and the peer are real.
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import type { Page } from 'playwright-core'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { startServer } from '../support/server-process.ts'
import { checkOut, makeArticle, makeCart, signInAdmin } from '../support/shop.ts'
import { startSmtpPeer } from '../support/smtp-peer.ts'
import { browserTest, openVisitor, signInToConsole, sizes, type Visitor } from './browser.ts'

for (const size of sizes)
  browserTest(`the answer lands on the order (${size})`, async (t) => {
    const peer = await startSmtpPeer(t)
    const env = { KINGPOST_SMTP_URL: peer.url, KINGPOST_SMTP_PORT: '0' }
    const server = await startServer(t, { config: join(import.meta.dirname, '../support/mail-in.config.ts'), env })
    const admin = await signInAdmin(server)
    const { variant } = await makeArticle(admin, { slug: 'mail', onHand: 10 })
    const cart = await makeCart(server.guest, [{ variant }])
    expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { email: 'ann@mail.example' }), 200)
    const { order } = await checkOut(cart)
    const receipt = await eventually('the receipt has come', async () =>
      peer.taken.find(({ headers }) => /^Your order/.test(headers.get('subject')!)),
    )

    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/console')
    await signInToConsole(page)
    await page.goto(`/console/orders/${order.id}`)
    const card = page.locator('.card', { has: page.getByRole('heading', { name: 'Mail', exact: true }) })
    await card.getByText(`Your order ${order.number}`).waitFor()

    const place = new URL(server.links['mail']!)
    const client = nodemailer.createTransport({ host: place.hostname, port: Number(place.port), ignoreTLS: true })
    await client.sendMail({
      from: 'Ann Lee <ann@mail.example>',
      to: receipt.headers.get('reply-to')!,
      subject: 'Something else',
      text: 'Could you wrap it, please?\n\nOn Monday, Rafter Books wrote:\n> Thank you for your order.',
    })
    // Nobody has loaded the page anew.
    await card.getByText('Could you wrap it, please?').waitFor()
    await card.getByText('Sender not verified').waitFor()
    assert.equal(await card.getByText('> Thank you for your order.').count(), 0)
    await card.getByRole('button', { name: 'Show what is quoted' }).click()
    await card.getByText('> Thank you for your order.').waitFor()
    await visitor.look('console-letters')

    await card.getByLabel('Answer by e-mail').fill('With pleasure.')
    await card.getByRole('button', { name: 'Send' }).click()
    await card.locator('.letter.ours', { hasText: 'With pleasure.' }).getByText('Sent').waitFor()
    const answer = await eventually('the answer has come', async () => peer.taken.find(({ body }) => body.includes('With pleasure.')))
    assert.equal(answer.to, 'ann@mail.example')
    assert.ok(answer.headers.get('references')!.startsWith(receipt.headers.get('message-id')!))
    assert.match(answer.headers.get('in-reply-to')!, /@mail\.example>$/)
    assert.match(answer.headers.get('reply-to')!, /^reply\+\w{47}@in\.shop\.test$/)

    const text = 'Dear {{name}},\nit is on its way. {{record.number}}'
    expectStatus(await admin.post('/api/savedReplies', { title: 'On its way', text }), 201)
    await page.goto('/console/inbox')
    await page.getByText('Nothing matches').waitFor()
    const from = 'Bea <bea@mail.example>'
    await client.sendMail({ from, to: 'help@in.shop.test', subject: 'Where is it?', text: 'I have waited for a week.' })
    await workOnLetter(visitor, order)
    const words = await eventually('the saved reply has come', async () => peer.taken.find(({ body }) => body.includes('Dear Bea')))
    assert.deepEqual([words.to, words.body.includes(order.number)], ['bea@mail.example', true])
    assert.ok(peer.taken.every(({ body }) => !body.includes('called, too')))
    const deep = Array.from({ length: 300 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join('')
    await client.sendMail({ envelope: { from: 'eve@mail.example', to: 'help@in.shop.test' }, raw: deep })
    client.close()
    await throwAway(visitor)
    await page.context().close()
  })

/** By keyboard where there is one: found, noted, put to its order, taken over, answered by what is ready, closed. */
async function workOnLetter(visitor: Visitor, order: { readonly id: string; readonly number: string }): Promise<void> {
  const { page } = visitor
  await page.getByRole('link', { name: /Unread\s+Bea/ }).waitFor()
  await visitor.look('console-inbox')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Where is it?' }).waitFor()
  await page.getByText('I have waited for a week.').waitFor()
  await page.getByRole('button', { name: 'Note for staff' }).click()
  await page.getByLabel('Note', { exact: false }).last().fill('She has called, too.')
  await page.getByRole('button', { name: 'Write it down' }).click()
  await page.locator('.staff-note', { hasText: 'She has called, too.' }).waitFor()
  await page.getByRole('button', { name: 'Answer by e-mail' }).click()
  await page.getByLabel('Saved reply').selectOption('On its way')
  await page.getByText('Not known here: record.number.').waitFor()
  await page.getByLabel('Answer to Bea').fill('')
  await page.getByRole('button', { name: 'Put to a record' }).click()
  await page.getByLabel('Order or the id of any record').fill(order.number)
  await page.locator('.choices button').first().click()
  await page.getByRole('button', { name: 'Put there' }).click()
  await page.locator('.fields').getByRole('link').first().waitFor()
  await page.getByLabel('Assigned to').selectOption({ label: await optionOfMe(page) })
  await page.getByText('Handed over.').waitFor()
  await visitor.look('console-thread')
  await page.getByLabel('Saved reply').selectOption('On its way')
  await eventually('it is filled in', async () => (await page.getByLabel('Answer to Bea').inputValue()).includes(order.number))
  await page.getByRole('button', { name: 'Send and close' }).click()
  await page.locator('.letter.ours', { hasText: `on its way. ${order.number}` }).waitFor()
  await page.locator('.page-title').getByText('Closed').waitFor()
  for (const [view, found] of [
    ['Mine', 1],
    ['Open', 0],
    ['Closed', 1],
  ] as const) {
    await page.goto('/console/inbox')
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view, exact: true }).click()
    await page
      .getByText(found === 0 ? 'Nothing matches' : 'Bea')
      .first()
      .waitFor()
  }
}

async function optionOfMe(page: Page): Promise<string> {
  return (await page.getByLabel('Assigned to').locator('option', { hasText: '(you)' }).textContent())!
}

async function throwAway(visitor: Visitor): Promise<void> {
  const { page } = visitor
  await page.getByRole('link', { name: 'Look at it' }).click()
  await page.getByText('eve@mail.example').waitFor()
  await page.getByText(/nesting/i).waitFor()
  await visitor.look('console-quarantine')
  await page.getByRole('button', { name: 'Throw away' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Throw away' }).click()
  await page.getByText('Everything could be read').waitFor()
}
