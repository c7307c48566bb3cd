// Receipts through a real SMTP peer that has a book of its own: what it took is compared with what we
// say we sent.
// databases: all
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { startServer, verify } from '../support/server-process.ts'
import { checkOut, effectsAtRest, makeArticle, makeCart, orderWhen, signInAdmin } from '../support/shop.ts'
import { startSmtpPeer } from '../support/smtp-peer.ts'

// proves P-004
test('each receipt reaches the peer once, or is told as what it became', async (t) => {
  const peer = await startSmtpPeer(t)
  const server = await startServer(t, { env: { KINGPOST_SMTP_URL: peer.url } })
  const admin = await signInAdmin(server)
  const { variant } = await makeArticle(admin, { slug: 'mail', onHand: 100 })

  /** Buys one and waits until the order is placed. */
  async function order(email: string): Promise<Body> {
    const cart = await makeCart(server.guest, [{ variant }])
    expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { email }), 200)
    const { order: placed } = await checkOut(cart)
    return await orderWhen(cart.holder, placed.id, ({ status }) => status === 'placed')
  }
  const receiptWhen = async (order: Body, statuses: readonly string[]): Promise<Body> =>
    await eventually(`the receipt of ${order.email} is ${statuses.join(' or ')}`, async () => {
      const [receipt] = await admin.all(`/api/emails?filter[record]=${order.id}&filter[template]=order_receipt`)
      return statuses.includes(receipt?.status) ? receipt : null
    })
  const sentTo = (address: string) => peer.taken.filter(({ to }) => to === address)

  await t.test('sent: one message, from the shop, under our Message-ID', async () => {
    const placed = await order('Grace+books@mail.example')
    const receipt = await receiptWhen(placed, ['sent'])
    const [message, ...more] = sentTo('grace+books@mail.example')
    assert.deepEqual(more, [])
    const { headers } = message!
    assert.equal(message!.from, 'shop@shop.example')
    assert.equal(headers.get('from'), 'Test shop <shop@shop.example>')
    assert.equal(headers.get('to'), 'grace+books@mail.example')
    assert.equal(headers.get('reply-to'), 'help@shop.example')
    assert.equal(headers.get('subject'), `Your order ${placed.number} at Test shop`)
    assert.equal(headers.get('message-id'), receipt.messageId)
    assert.equal(headers.get('auto-submitted'), 'auto-generated')
    assert.equal(headers.get('mime-version'), '1.0')
    assert.match(headers.get('content-type')!, /^multipart\/alternative/)
    assert.equal(new Date(headers.get('date')!).getTime(), Math.floor(new Date(receipt.createdAt).getTime() / 1_000) * 1_000)
    assert.ok(receipt.sentAt)
  })

  await t.test('put off with 451, then taken: one message, two attempts', async () => {
    const placed = await order('defer@mail.example')
    const receipt = await receiptWhen(placed, ['sent'])
    assert.equal(peer.attempts.get('defer@mail.example'), 2)
    const taken = sentTo('defer@mail.example')
    assert.equal(taken.length, 1)
    assert.equal(taken[0]!.headers.get('message-id'), receipt.messageId)
    assert.equal(receipt.lastError, null)
  })

  await t.test("refused with 550: failed, with the peer's words, and not tried again", async () => {
    const receipt = await receiptWhen(await order('refuse@mail.example'), ['failed'])
    assert.match(receipt.lastError, /550 5\.1\.1 no such mailbox/)
    assert.equal(peer.attempts.get('refuse@mail.example'), 1)
    const [effect] = (await admin.all(`/api/effects?filter[kind]=email.send&filter[record]=${receipt.record}`)) as Body[]
    assert.equal(effect.state, 'dead')
  })

  await t.test('cut after the final dot: ambiguous, and not sent again, not even by a restarted server', async () => {
    const receipt = await receiptWhen(await order('drop@mail.example'), ['ambiguous'])
    const [effect] = (await admin.all(`/api/effects?filter[kind]=email.send&filter[record]=${receipt.record}`)) as Body[]
    assert.equal(effect.state, 'unknown')
    assert.equal(peer.swallowed.length, 1)
    await effectsAtRest(admin)
    assert.equal((await server.stop()).code, 0)
  })

  // The peer's book against ours, after a restart that takes up whatever is still owed.
  const again = await startServer(t, { dataFolder: server.dataFolder, env: { KINGPOST_SMTP_URL: peer.url } })
  const later = await signInAdmin(again)
  await effectsAtRest(later)
  const sent = await later.all('/api/emails?filter[status]=sent')
  assert.deepEqual(
    sent.map(({ messageId }) => messageId).toSorted(),
    peer.taken.map(({ headers }) => headers.get('message-id')!).toSorted(),
  )
  assert.equal(peer.attempts.get('drop@mail.example'), 1)
  const checked = await verify(server.dataFolder)
  assert.equal(checked.code, 0, checked.stdout + checked.stderr)
})
