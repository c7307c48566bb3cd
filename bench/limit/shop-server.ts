/**
 * Owns the same purchase written by hand: the shopper's requests, the call to the payment provider, its signed webhook
 * with the look at the payment, and the mail. Fastify, prepared statements, group commit, nobody answered before the commit.
 * An order takes five commits: the cart, placing, what the provider answered, settling, and that the mail is sent; eight where the
 * cart is filled in four requests.
 * No access rules but the cart's token, no change feed that anybody reads, no audit, no retries with a schedule.
 *
 * Usage: SANDBOX_SECRET=<words> node bench/limit/shop-server.ts --port P --data-dir D --sandbox-url U
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import fastify, { type FastifyRequest } from 'fastify'

import { createGroupCommit, openDatabase } from './database.ts'
import { Refusal } from './refusal.ts'
import { type Contact, createCarts, type NewCart, type NewLine } from './shop-carts.ts'
import { createDesk } from './shop-desk.ts'
import { createOrders } from './shop-orders.ts'
import { schemas } from './shop-schemas.ts'
import { createShopTables, prepareShop } from './shop-tables.ts'

/** Where the sandbox of the benchmarks sends its webhooks. */
const WEBHOOK_PATH = '/api/payments/webhooks/sandbox'
const DAY_MS = 86_400_000

type ById = { Params: { id: string }; Headers: { 'cart-token': string } }

const { values } = parseArgs({
  options: { port: { type: 'string' }, 'data-dir': { type: 'string' }, 'sandbox-url': { type: 'string' } },
})
const { port, 'data-dir': dataDir, 'sandbox-url': sandboxUrl } = values
const secret = process.env.SANDBOX_SECRET
if (!port || !dataDir || !sandboxUrl || !secret) throw new Error('--port, --data-dir, --sandbox-url and SANDBOX_SECRET are needed')

mkdirSync(dataDir, { recursive: true })
const database = openDatabase(join(dataDir, 'shop.db'))
createShopTables(database)
const run = prepareShop(database)
const carts = createCarts(run)
const orders = createOrders(run)
const desk = createDesk(sandboxUrl, secret)
const commit = createGroupCommit(database)
const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })

app.setErrorHandler((error, _request, reply) => {
  if (error instanceof Refusal) return reply.code(error.status).send({ code: error.message })
  return reply.send(error)
})

app.get('/readyz', () => ({ ready: true }))

app.post<{ Body: NewCart }>('/api/carts', { schema: schemas.createCart }, (request, reply) => {
  reply.code(201)
  return change(request, () => carts.createCart(request.body))
})

app.post<ById & { Body: NewLine }>('/api/carts/:id/lines', { schema: schemas.addLine }, (request, reply) => {
  reply.code(201)
  return change(request, () => carts.addLine(request.params.id, request.headers['cart-token'], request.body))
})

app.patch<ById & { Body: Contact }>('/api/carts/:id', { schema: schemas.setContact }, (request) =>
  change(request, () => carts.setContact(request.params.id, request.headers['cart-token'], request.body)),
)

app.post<ById & { Body: { payment: { method: string } } }>(
  '/api/carts/:id/checkout',
  { schema: schemas.checkOut },
  async (request, reply) => {
    reply.code(201)
    const { method } = request.body.payment
    const { order, payment } = await change(request, () => orders.place(request.params.id, request.headers['cart-token']))
    const status = await startPayment(payment, method)
    return { order, payment: { id: payment.id, provider: 'sandbox', method, status, action: null, lastError: null } }
  },
)

/** Whoever asks for the second time under a key gets the first answer; the key is written in the transaction it belongs to. */
async function change<Answer>({ method, url, body, headers }: FastifyRequest, work: () => Answer): Promise<Answer> {
  const key = headers['idempotency-key'] as string | undefined
  if (key === undefined) return await commit.write(work)
  const fingerprint = createHash('sha256')
    .update(`${method} ${url} ${JSON.stringify(body)}`)
    .digest('base64url')
  return await commit.write(() => {
    const known = run.key(key)
    if (known !== undefined && known[0] !== fingerprint) throw new Refusal(422, 'idempotency_key_reused')
    if (known !== undefined) return JSON.parse(known[1]) as Answer
    const answer = work()
    run.addKey.run(key, fingerprint, JSON.stringify(answer), Date.now() + DAY_MS)
    return answer
  })
}

/** The provider takes one payment per reference, so this may be done again. Without an answer the payment stays `created`. */
async function startPayment(payment: { id: string; amount: number }, method: string): Promise<string> {
  const answer = await desk.start(payment, method).catch(() => null)
  if (answer === null) return 'created'
  await commit.write(() => run.startPayment.run(answer.id, payment.id))
  return answer.state
}

app.register(async (hooks) => {
  // The signature is of the bytes.
  hooks.removeContentTypeParser('application/json')
  hooks.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  hooks.post<{ Body: Buffer }>(WEBHOOK_PATH, async (request) => {
    const event = desk.verify(request.body, request.headers['sandbox-signature'] as string | undefined)
    if (event === null) throw new Refusal(400, 'signature_wrong')
    const payment = run.payment(event.reference)
    if (payment === undefined) throw new Refusal(404, 'payment_not_found')
    const seen = await desk.get(event.payment)
    const isOurs = seen?.reference === payment[0] && seen.amountMinor === payment[3] && seen.currency === 'EUR'
    if (!isOurs) throw new Refusal(409, 'payment_differs')
    if (seen.state !== 'succeeded') return { received: true }
    const email = await commit.write(() => orders.settle({ id: event.id, operation: seen.id }, payment))
    if (email !== null) void send(email)
    return { received: true }
  })
})

/** To nobody, as Kingpost does without a mail server: it is read, handed on, and marked as sent. */
async function send(id: string): Promise<void> {
  const email = run.email(id)
  if (email === undefined) return
  await new Promise((resolve) => setImmediate(resolve, email))
  await commit.write(() => run.sendEmail.run(id))
}

// What the harness asks, and no shopper.
app.get('/bench/shop', () => ({
  variants: run.variantIds().map(([id]) => id),
  shippingMethod: run.shippingIds()[0]![0],
}))
app.get('/bench/check', () => {
  const number = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]
  return {
    paid: run.paidOrders()![0],
    receipts: run.receipts()![0],
    ledgerSum: number('SELECT sum(amount) FROM ledgerEntries'),
    held: number('SELECT sum(held) FROM stockLevels'),
  }
})
app.get('/api/orders/aggregate', () => ({ items: [{ count: run.paidOrders()![0] }] }))
app.get('/api/emails/aggregate', () => ({ items: [{ count: run.receipts()![0] }] }))

// What was left undone by an end in between.
for (const [id, amount] of run.paymentsToStart()) void startPayment({ id, amount }, 'card_success')
for (const [id] of run.emailsToSend()) void send(id)

await app.listen({ host: '127.0.0.1', port: Number(port) })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await app.close()
    desk.close()
    database.close()
  })
}
