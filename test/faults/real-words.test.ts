// proves P-041
// A shop that speaks to each provider in its own words, over real sockets, against a sandbox with a book of its own: paid, given back by us
// and in the dashboard, disputed, paid out. At the end the provider's account and ours are the same to the cent, and it is explained whole.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { freePort, type ServerProcess, startCommand, startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { makeArticle, makeCart, orderWhen, signInAdmin } from '../support/shop.ts'

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

const twoAccounts = join(import.meta.dirname, '../support/two-accounts.config.ts')
const accounts = ['stripe', 'stripe-eu', 'paypal', 'paypal-eu', 'mollie', 'mollie-nl']

/** One order paid at each account. Each book has its own, and all is explained. `sandboxUrl`: where their books are. */
async function payAtEach(server: ServerProcess, sandboxUrl: string): Promise<void> {
  const staff = await signInAdmin(server)
  const { variant } = await makeArticle(staff, { slug: 'pen', onHand: 99 })
  for (const provider of accounts) {
    const cart = await makeCart(server.guest, [{ variant }])
    const { order, payment } = expectStatus(await cart.holder.post(`/api/carts/${cart.id}/checkout`, { payment: { provider } }), 201).body
    assert.ok(payment.action.url.startsWith(`${sandboxUrl}/sandbox/${provider}/`), payment.action.url)
    await approve(payment.action.url)
    // By a webhook that is signed for this account: a look would come after ten seconds.
    await orderWhen(cart.holder, order.id, ({ paymentStatus }) => paymentStatus === 'paid', 8_000)
    const { payments } = (await (await fetch(`${sandboxUrl}/sandbox/${provider}/book`)).json()) as { payments: { reference: string }[] }
    assert.deepEqual(
      payments.map(({ reference }) => reference),
      [payment.id],
    )
    expectStatus(await staff.post(`/api/orders/${order.id}/refunds`, { amount: { amount: 100, currency: 'EUR' } }), 201)
  }
  const told = expectStatus(await staff.post('/api/payments/reconcile', {}), 200).body.items
  assert.deepEqual(
    told.map((one: { provider: string; explainedPpm: number }) => [one.provider, one.explainedPpm]),
    accounts.map((provider) => [provider, 1_000_000]),
  )
}

test('two accounts of each provider stand side by side, each with a book of its own', async (t) => {
  const server = await startServer(t, { config: twoAccounts })
  await payAtEach(server, server.links['api']!.replace('/api/docs', '').replace(/\/$/, ''))
})

test('so they do in a sandbox by itself, which has them again after a restart', async (t) => {
  const env = { KINGPOST_SANDBOX_SECRET: 'words of our own' }
  const folder = temporaryFolder(t)
  const [port, own] = [await freePort(), await freePort()]
  const webhooks = `http://127.0.0.1:${port}/api/payments/webhooks/sandbox`
  const words = ['sandbox', '--json', '--port', String(own), '--data-dir', folder, '--webhook-url', webhooks]
  const sandbox = await startCommand(t, words, env)
  const url = sandbox.links['sandbox']!
  const server = await startServer(t, { config: twoAccounts, env, args: ['--port', String(port), '--sandbox-url', url] })
  await payAtEach(server, url)
  await sandbox.stop()
  const again = await startCommand(t, words, env)
  for (const name of accounts) {
    const book = (await (await fetch(`${again.links['sandbox']}/sandbox/${name}/book`)).json()) as { payments: unknown[] }
    assert.equal(book.payments.length, 1)
  }
  const unknown = await fetch(`${again.links['sandbox']}/sandbox/strype/book`)
  assert.equal(unknown.status, 404)
})

test('a payment that was made at the provider is money of nobody, at each of them', async (t) => {
  const providers = ['sandbox', 'stripe', 'paypal', 'mollie']
  const server = await startServer(t, { config, env: { PAYMENTS: providers.join() } })
  const staff = await signInAdmin(server)
  for (const provider of providers) {
    const at = provider === 'sandbox' ? '/sandbox' : `/sandbox/${provider}`
    expectStatus(await server.guest.post(`${at}/dashboard/payment`, { amountMinor: 2_500 }), 200)
    await eventually(`${provider} has the money`, async () => {
      const { lines } = (await server.guest.get(`${at}/lines`)).body
      return lines.length > 0 ? true : undefined
    })
  }
  const told = expectStatus(await staff.post('/api/payments/reconcile', {}), 200).body.items
  for (const { provider, isComplete, differences } of told)
    assert.deepEqual([provider, isComplete, differences.map(({ kind }: { kind: string }) => kind)], [provider, true, ['line_without_fact']])
  const lines = await staff.all('/api/settlementLines?filter[state]=unmatched')
  assert.deepEqual(lines.map(({ provider }) => provider).toSorted(), providers.toSorted())
  // Stripe's is taken for an order; the others' goes back.
  const [book] = expectStatus(await server.guest.get('/api/variants?filter[product.slug]=emma&limit=1'), 200).body.items
  const [shipping] = expectStatus(await server.guest.get('/api/shippingMethods?sort=price'), 200).body.items
  const cart = await makeCart(server.guest, [{ variant: book.id }])
  expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { shippingMethod: shipping.id }), 200)
  const { order } = expectStatus(await cart.holder.post(`/api/carts/${cart.id}/checkout`, { payment: { provider: 'stripe' } }), 201).body
  for (const { id, provider, providerRef } of lines)
    if (provider === 'stripe') expectStatus(await staff.post(`/api/orders/${order.id}/adopt-payment`, { provider, providerRef }), 201)
    else assert.equal(expectStatus(await staff.post(`/api/settlementLines/${id}/return`), 200).body.state, 'returning')
  await orderWhen(cart.holder, order.id, ({ status }) => status === 'placed', 8_000)
  await eventually('the rest has gone back', async () => {
    expectStatus(await staff.post('/api/payments/reconcile', {}), 200)
    return (
      (await staff.all('/api/settlementLines?filter[kind]=payment')).every(({ state }) => ['settled', 'matched'].includes(state)) ||
      undefined
    )
  })
})
