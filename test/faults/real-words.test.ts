// proves P-041
// A shop that speaks to each provider in its own words, over real sockets, against a sandbox with a book of its own: paid, given back by us
// and in the dashboard, disputed, paid out. At the end the provider's account and ours are the same to the cent, and it is explained whole.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { makeCart, signInAdmin } from '../support/shop.ts'

const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')

/** The buyer presses the button of the page that stands for the provider's own. */
async function approve(url: string): Promise<void> {
  const page = await (await fetch(url)).text()
  const [, name, value] = /<button[^>]*name="([^"]+)"[^>]*value="([^"]*(?:approve|success|paid)[^"]*)"/.exec(page)!
  const action = /<form[^>]*action="([^"]*)"/.exec(page)?.[1] ?? ''
  const to = new URL(action.replaceAll('&amp;', '&'), url)
  const answer = await fetch(to, { method: 'POST', redirect: 'manual', body: new URLSearchParams([[name!, value!]]) })
  assert.ok(answer.status < 400, `${to} answered ${answer.status}`)
}

async function orderPaid(guest: HttpClient, staff: HttpClient, provider: string) {
  const [book] = expectStatus(await guest.get('/api/variants?filter[product.slug]=emma&limit=1'), 200).body.items
  const [shipping] = expectStatus(await guest.get('/api/shippingMethods?sort=price'), 200).body.items
  const cart = await makeCart(guest, [{ variant: book.id, quantity: 2 }])
  expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { shippingMethod: shipping.id }), 200)
  const { order, payment } = expectStatus(await cart.holder.post(`/api/carts/${cart.id}/checkout`, { payment: { provider } }), 201).body
  await approve(payment.action.url)
  return await eventually(`${provider} has the money of ${order.number}`, async () => {
    const now = (await staff.get(`/api/orders/${order.id}`)).body
    return now.paymentStatus === 'paid' ? (now as { id: string; lines: { id: string }[] }) : undefined
  })
}

for (const provider of ['stripe', 'paypal', 'mollie'])
  test(`${provider}: its account and ours are the same, and explained whole`, async (t) => {
    const dataFolder = temporaryFolder(t)
    const server = await startServer(t, { config, dataFolder, env: { PAYMENTS: provider } })
    const { guest } = server
    const staff = await signInAdmin(server)
    const bookOf = async () => expectStatus(await guest.get(`/sandbox/${provider}/book`), 200).body
    const inDashboard = (path: string, body: object) => guest.post(`/sandbox/${provider}/dashboard/${path}`, body)

    const first = await orderPaid(guest, staff, provider)
    const second = await orderPaid(guest, staff, provider)
    const [line] = first.lines
    const refund = expectStatus(await staff.post(`/api/orders/${first.id}/refunds`, { lines: [{ line: line!.id, quantity: 1 }] }), 201).body
    assert.notEqual(refund.status, 'failed')

    const [payment] = await staff.all(`/api/payments?filter[order]=${second.id}`)
    const theirs = (await bookOf()).payments.find(({ reference }: { reference: string }) => reference === payment!.id)
    expectStatus(await inDashboard(`${theirs.id}/refund`, { amountMinor: 300 }), 200)
    expectStatus(await inDashboard(`${theirs.id}/dispute`, { amountMinor: 500, reason: 'fraudulent' }), 200)
    await eventually('the refund and the dispute are heard of', async () => {
      const { paymentStatus, holds } = (await staff.get(`/api/orders/${second.id}`)).body
      return paymentStatus === 'partially_refunded' && holds.includes('disputed') ? true : undefined
    })
    await eventually('nothing is on its way', async () =>
      (await staff.all('/api/refunds')).every(({ status }) => status === 'succeeded') ? true : undefined,
    )
    expectStatus(await inDashboard('payout', {}), 200)
    const last = await orderPaid(guest, staff, provider)
    assert.notEqual(last.id, second.id)

    const told = expectStatus(await staff.post('/api/payments/reconcile', { provider }), 200).body.items[0]
    assert.deepEqual([told.differences, told.explainedPpm, told.isComplete], [[], 1_000_000, true])
    const { items, totals } = expectStatus(await staff.get('/api/ledger/balances'), 200).body
    const ours = items.find(({ account }: { account: string }) => account === `A:psp:${provider}`)
    assert.equal(ours.balance.amount, (await bookOf()).balances.EUR)
    assert.ok(ours.balance.amount > 0)
    assert.deepEqual(totals, [{ currency: 'EUR', sum: { amount: 0, currency: 'EUR' } }])
    await server.stop()
    const { code, stdout } = await verify(dataFolder, config)
    assert.equal(code, 0, stdout)
  })
