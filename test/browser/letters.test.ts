// A receipt is answered over SMTP by a mail client, seen at the order while the page is open, and answered from there: the client gets that in the
// same thread. The receiver, the server and the peer are real.
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { startServer } from '../support/server-process.ts'
import { checkOut, makeArticle, makeCart, signInAdmin } from '../support/shop.ts'
import { startSmtpPeer } from '../support/smtp-peer.ts'
import { browserTest, openVisitor, signInToConsole, sizes } from './browser.ts'

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
    client.close()
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
    await page.context().close()
  })
