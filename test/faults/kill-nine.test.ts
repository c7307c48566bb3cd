// kill -9 at a random moment under load, again and again on the same data. What was acknowledged must be
// there, what was cut must be whole or absent, and everything owed must still be done, once. For the processes
// of a shared database, which wait for each other's leases, see many-processes.
// long
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createChance } from '../support/chance.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus, type HttpAnswer, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { effectsAtRest, type HeldCart, ledgerSums, makeArticle, makeCart, sandboxOf, signInAdmin } from '../support/shop.ts'

const chance = createChance(console.log)

const rounds = Number(process.env['KINGPOST_KILL_ROUNDS'] ?? 5)
const clients = 32
const onHand = 1_000_000

/** What the server has said yes to, and what it was asked when it died. */
type Book = {
  /** The last acknowledged number of each note. */
  readonly notes: Map<string, number>
  /** The last acknowledged quantity of each cart's one line. */
  readonly carts: Map<string, { readonly quantity: number; readonly token: string }>
  readonly checkouts: { readonly cart: HeldCart; readonly key: string; readonly text: string; readonly order: string }[]
  readonly cutCheckouts: { readonly cart: HeldCart; readonly key: string }[]
}

// proves P-001 P-002 P-003 P-004
test(`${rounds} rounds of kill -9 under the writes of ${clients} clients`, { timeout: 60_000 + rounds * 15_000 }, async (t) => {
  const dataFolder = temporaryFolder(t)
  let server = await startServer(t, { dataFolder })
  let admin = await signInAdmin(server)
  const token = await sessionToken(server)
  const { variant, stockLevel } = await makeArticle(admin, { slug: 'kill-nine', onHand })
  const book: Book = { notes: new Map(), carts: new Map(), checkouts: [], cutCheckouts: [] }

  for (let round = 1; round <= rounds; round++) {
    const before = book.checkouts.length
    const writing = Promise.all(Array.from({ length: clients }, (_, index) => writer(index)(server.guest, variant, book)))
    await eventually('the first orders of this round', async () => (book.checkouts.length > before ? true : null))
    const delayMs = chance.below(600)
    await sleep(delayMs)
    server.kill('SIGKILL')
    await server.ended
    await writing

    server = await startServer(t, { dataFolder })
    admin = server.guest.with({ authorization: `Bearer ${token}` })
    const said = `round ${round}, killed after ${delayMs} ms`
    await checkAcknowledged(server, admin, book, said)
    await atRest(admin)
    await checkWhole(server, admin, stockLevel, said)
    const checked = await verify(dataFolder)
    assert.equal(checked.code, 0, `${said}: ${checked.stdout}${checked.stderr}`)
  }

  // A checkout that the kill cut: asked again with its key it has one answer and one order.
  for (const { cart, key } of book.cutCheckouts) {
    const answer = await eventually('the cut checkout answers', async () => {
      const again = await buy(cart, key, server.guest)
      return again.body?.code === 'idempotency_in_flight' ? null : again
    })
    expectStatus(answer, 201)
    assert.equal((await buy(cart, key, server.guest)).text, answer.text)
  }
  const effects = await atRest(admin)
  assert.deepEqual(
    effects.filter(({ state }) => state !== 'done'),
    [],
  )
  await checkWhole(server, admin, stockLevel, 'after the last round')
  t.diagnostic(
    `${book.notes.size} notes, ${book.carts.size} carts, ${book.checkouts.length} orders acknowledged; ${book.cutCheckouts.length} checkouts cut; ${effects.length} effects`,
  )

  assert.equal((await server.stop()).code, 0)
  const database = new DatabaseSync(join(dataFolder, 'kingpost.db'))
  assert.deepEqual(
    database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => Object.values(row)),
    [['ok']],
  )
  database.close()
})

/** The provider has told of every payment, and all that follows from it is done. */
async function atRest(admin: HttpClient): Promise<Body[]> {
  await eventually(
    'no payment is under way',
    async () => {
      const { items } = expectStatus(await admin.get('/api/orders?filter[status]=pending_payment&limit=1'), 200).body
      return items.length === 0 ? true : null
    },
    30_000,
  )
  return await effectsAtRest(admin)
}

/** Tokens outlive the process, so every round is made by the same admin. */
async function sessionToken(server: ServerProcess): Promise<string> {
  const signedIn = await server.guest.post('/api/auth/login', { email: 'admin@shop.example', password: 'correct horse battery' })
  return expectStatus(signedIn, 200).body.token
}

type Writer = (guest: HttpClient, variant: string, book: Book) => Promise<void>

function writer(index: number): Writer {
  const steps = [writeNotes, changeCarts, buyThings, buyThings]
  return untilKilled(steps[index % steps.length]!)
}

/** Goes on until the connection breaks: that is the end of the process, and the only failure there may be. */
function untilKilled(step: Writer): Writer {
  return async (...given) => {
    for (;;) {
      try {
        await step(...given)
      } catch (error) {
        if (error instanceof TypeError) return
        throw error
      }
    }
  }
}

async function writeNotes(guest: HttpClient, _variant: string, { notes }: Book): Promise<void> {
  const number = chance.below(1_000_000)
  const { id } = expectStatus(await guest.post('/api/notes', { text: `Number ${number}`, number }), 201).body
  notes.set(id, number)
}

async function changeCarts(guest: HttpClient, variant: string, { carts }: Book): Promise<void> {
  const cart = await makeCart(guest, [{ variant }])
  const [line] = expectStatus(await cart.holder.get(`/api/carts/${cart.id}`), 200).body.lines
  carts.set(cart.id, { quantity: 1, token: cart.token })
  for (let quantity = 2; quantity <= 4; quantity++) {
    expectStatus(await cart.holder.patch(`/api/carts/${cart.id}/lines/${line.id}`, { quantity }), 200)
    carts.set(cart.id, { quantity, token: cart.token })
  }
}

async function buyThings(guest: HttpClient, variant: string, { checkouts, cutCheckouts }: Book): Promise<void> {
  const cart = await makeCart(guest, [{ variant, quantity: 1 + chance.below(3) }])
  const key = randomUUID()
  const cut = { cart, key }
  cutCheckouts.push(cut)
  const { text, body } = expectStatus(await buy(cart, key, guest), 201)
  cutCheckouts.splice(cutCheckouts.indexOf(cut), 1)
  checkouts.push({ cart, key, text, order: body.order.id })
}

function buy({ id, token }: HeldCart, key: string, guest: HttpClient): Promise<HttpAnswer> {
  const headers = { 'cart-token': token, 'idempotency-key': key }
  return guest.post(`/api/carts/${id}/checkout`, { payment: { provider: 'sandbox', method: 'card_success' } }, headers)
}

/** P-001: what was answered is there, as it was answered. */
async function checkAcknowledged(server: ServerProcess, admin: HttpClient, book: Book, said: string): Promise<void> {
  const notes = new Map((await admin.all('/api/notes')).map(({ id, number, text }) => [id, { number, text }]))
  for (const [id, number] of book.notes) assert.deepEqual(notes.get(id), { number, text: `Number ${number}` }, `${said}: note ${id}`)
  const carts = new Map((await admin.all('/api/carts')).map((cart) => [cart.id, cart]))
  for (const [id, { quantity }] of book.carts) {
    const line = carts.get(id)?.lines[0]
    // The change that was under way when the process died may have been made, and no other.
    assert.ok(line?.quantity === quantity || line?.quantity === quantity + 1, `${said}: cart ${id} has ${line?.quantity}, not ${quantity}`)
  }
  const orders = new Map((await admin.all('/api/orders')).map((order) => [order.id, order]))
  for (const { order, cart } of book.checkouts) assert.equal(orders.get(order)?.cart, cart.id, `${said}: order ${order}`)
  // Some of the newest answers are asked for again with their keys: the same bytes.
  for (const { cart, key, text } of book.checkouts.slice(-10)) {
    const again = await buy(cart, key, server.guest)
    assert.equal(again.headers.get('idempotent-replayed'), 'true', said)
    assert.equal(again.text, text, said)
  }
}

/** P-002, P-004: every order is whole, stock and money add up, and each payment was made once. */
async function checkWhole(server: ServerProcess, admin: HttpClient, stockLevel: string, said: string): Promise<void> {
  const [orders, payments, reservations, carts, effects, receipts, book] = await Promise.all([
    admin.all('/api/orders'),
    admin.all('/api/payments'),
    admin.all('/api/reservations'),
    admin.all('/api/carts?filter[status]=converted'),
    admin.all('/api/effects?filter[kind]=payment.start'),
    admin.all('/api/emails?filter[template]=order_receipt'),
    sandboxOf(server).payments(),
  ])
  const cartOf = new Map(carts.map((cart) => [cart.order, cart.id]))
  const of = (records: Body[], name: string) => Map.groupBy(records, (record) => record[name])
  const [paymentsOf, reservationsOf, receiptsOf, startsOf, chargesOf] = [
    of(payments, 'order'),
    of(reservations, 'order'),
    of(receipts, 'record'),
    of(effects, 'record'),
    of(book, 'reference'),
  ]
  assert.equal(carts.length, orders.length, said)
  for (const { id, cart, lines, status, paymentStatus, total } of orders) {
    assert.equal(cartOf.get(id), cart, `${said}: the cart of ${id}`)
    assert.equal(lines.length, 1, `${said}: the lines of ${id}`)
    assert.deepEqual(
      reservationsOf.get(id)?.map(({ variant, quantity, state }) => ({ variant, quantity, state })),
      [{ variant: lines[0].variant, quantity: lines[0].quantity, state: 'committed' }],
      `${said}: the stock of ${id}`,
    )
    assert.deepEqual([status, paymentStatus], ['placed', 'paid'], `${said}: the state of ${id}`)
    assert.deepEqual(
      paymentsOf.get(id)?.map(({ captured }) => captured),
      [total],
      `${said}: the payment of ${id}`,
    )
    assert.deepEqual(
      startsOf.get(id)?.map(({ state }) => state),
      ['done'],
      `${said}: the effect of ${id}`,
    )
    assert.equal(receiptsOf.get(id)?.length, 1, `${said}: the receipt of ${id}`)
    const [payment] = paymentsOf.get(id)!
    assert.deepEqual(
      chargesOf.get(payment.id)?.map(({ state, amountMinor }) => [state, amountMinor]),
      [['succeeded', total.amount]],
      `${said}: what the provider took for ${id}`,
    )
  }
  assert.equal(book.length, payments.length, said)
  const sold = orders.reduce((sum, { lines }) => sum + lines[0].quantity, 0)
  const level = expectStatus(await admin.get(`/api/stockLevels/${stockLevel}`), 200).body
  assert.deepEqual([level.onHand, level.held, level.committed, level.available], [onHand, 0, sold, onHand - sold], said)
  assert.deepEqual(await ledgerSums(admin), { EUR: 0 }, said)
}
