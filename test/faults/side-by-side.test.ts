// The rules that span several records, each with two transactions that overlap: what the domain code
// holds while it decides (docs/concepts/concurrency.md). Without it these fail where transactions run
// side by side; on SQLite, where they are serial, they pass in any case.
// waits
// databases: all
// long
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isEngineError } from '../../src/base/engine-error.ts'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { sandboxSecret } from '../../src/cli/open-sandbox.ts'
import { seedDatabase } from '../../src/cli/seed.ts'
import { eq } from '../../src/contract/filter.ts'
import { issueSetUpToken } from '../../src/domains/accounts/set-up.ts'
import { carts } from '../../src/domains/carts/collections.ts'
import { products } from '../../src/domains/catalog/products.ts'
import { variants } from '../../src/domains/catalog/variants.ts'
import { discounts } from '../../src/domains/discounts/collections.ts'
import { type Order, orders } from '../../src/domains/orders/collections.ts'
import { expireOrders } from '../../src/domains/orders/expire-orders.ts'
import { liveStatuses, type Payment, payments, refunds } from '../../src/domains/payments/collections.ts'
import type { ProviderFact } from '../../src/domains/payments/provider.ts'
import { recordView } from '../../src/domains/payments/record-facts.ts'
import { startPayment } from '../../src/domains/payments/start-payment.ts'
import { reservations, stockLevels, stockMovements } from '../../src/domains/stock/collections.ts'
import { schedules } from '../../src/effects/schedule.ts'
import type { Engine } from '../../src/engine/create-engine.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { workIn } from '../../src/operation/work.ts'
import { settings } from '../../src/settings/collections.ts'
import { findUnique } from '../../src/storage/find-all.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import type { Transaction } from '../../src/storage/transaction.ts'
import { testDatabase } from '../support/databases.ts'
import { call, type Engines, openEngines, staffActor } from '../support/engines.ts'
import type { Body } from '../support/http-client.ts'
import { createOverlap, type Ended, type HoldMode, holdModes } from '../support/overlap.ts'

const cause = { operation: 'test', actor: 'test', requestId: '' }
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const hour = 3_600_000

type World = {
  readonly engines: Engines
  /** Its transactions are held; the other's are not. */
  readonly one: Engine
  readonly two: Engine
  overlap(first: (engine: Engine) => Promise<unknown>, second: (engine: Engine) => Promise<unknown>): Promise<[Ended, Ended]>
}

async function openWorld(t: TestContext, mode: HoldMode): Promise<World> {
  const database = testDatabase()
  const url = await database.url()
  const overlap = createOverlap()
  let isFirst = true
  const engines = openEngines(
    t,
    database.isServer
      ? async ({ model }) => {
          const storage = await database.open(model, { url })
          const isHeld = isFirst
          isFirst = false
          return isHeld ? overlap.wrap(storage) : storage
        }
      : undefined,
  )
  const [one, two] = [await engines.add('one'), await engines.add('two')]
  return {
    engines,
    one,
    two,
    overlap: (first, second) =>
      overlap.run(
        mode,
        () => first(one),
        () => second(two),
      ),
  }
}

// proves P-002 P-013
/** Each rule once for each way in which two transactions can overlap. */
function rule(name: string, body: (world: World) => Promise<void>): void {
  for (const mode of holdModes)
    test(`${name} (${mode})`, async (t) => {
      const world = await openWorld(t, mode)
      await body(world)
      await checkInvariants(world.two)
    })
}

rule('a record is not deleted from under a reference to it', async ({ one, overlap }) => {
  const category = await makeCategory(one)
  const [made, deleted] = await overlap(
    (engine) => staff(engine, 'products.create', { slug: 'new', title: 'New', categories: [category] }),
    (engine) => staff(engine, 'categories.delete', { id: category }),
  )
  assert.ok(refused(deleted, 'still_referenced') || refused(made, 'reference_not_found'), outcome(made, deleted))
})

rule('nothing refers to a record that is being deleted', async ({ one, overlap }) => {
  const category = await makeCategory(one)
  const [deleted, made] = await overlap(
    (engine) => staff(engine, 'categories.delete', { id: category }),
    (engine) => staff(engine, 'products.create', { slug: 'new', title: 'New', categories: [category] }),
  )
  assert.ok(refused(deleted, 'still_referenced') || refused(made, 'reference_not_found'), outcome(deleted, made))
})

rule('a product has the lowest price of its variants', async ({ one, overlap }) => {
  const product = await makeProduct(one)
  const cheap = (await staff(one, 'variants.create', { product, sku: 'A', title: 'a', price: eur(500) })).id
  const other = (await staff(one, 'variants.create', { product, sku: 'B', title: 'b', price: eur(700) })).id
  await overlap(
    (engine) => staff(engine, 'variants.update', { id: cheap, price: eur(1_000) }),
    (engine) => staff(engine, 'variants.update', { id: other, price: eur(1_200) }),
  )
  assert.deepEqual((await one.parts.storage.reader.get(products, product))?.price, eur(1_000))
})

rule('a cart is one order, and what is ordered is what the cart holds', async ({ one, overlap }) => {
  const { cart, line } = await makeCart(one)
  const [bought, changed] = await overlap(
    (engine) => checkOut(engine, cart),
    (engine) => staff(engine, 'carts.changeLine', { id: cart, line, quantity: 3 }),
  )
  assert.equal(bought.error, undefined, outcome(bought, changed))
  const order = await orderOf(one, (bought.value as Body).order.id)
  const kept = (await one.parts.storage.reader.get(carts, cart))!
  assert.deepEqual(
    order.lines.map(({ quantity }) => quantity),
    kept.lines.map(({ quantity }) => quantity),
  )
})

// What is counted first is made by one of the two, and what was counted before is locked by it.
for (const isUsed of [false, true])
  rule(`a discount is used no more often than it may be${isUsed ? ', and was used before' : ''}`, async ({ one, overlap }) => {
    const code = await makeDiscount(one, { usesMax: isUsed ? 2 : 1 })
    if (isUsed) await checkOut(one, (await makeCart(one, { email: 'b@mail.example', discountCodes: [code] })).cart)
    const [first, second] = [
      await makeCart(one, { email: 'a@mail.example', discountCodes: [code] }),
      await makeCart(one, { discountCodes: [code] }),
    ]
    const ended = await overlap(
      (engine) => checkOut(engine, first.cart),
      (engine) => checkOut(engine, second.cart),
    )
    assert.equal(ended.filter((one) => refused(one, 'discount_unusable')).length, 1, outcome(...ended))
  })

rule('one customer has a discount no more often than they may', async ({ one, overlap }) => {
  const code = await makeDiscount(one, { usesPerCustomerMax: 1 })
  const emails = ['ann@mail.example', 'ann+again@mail.example']
  const [first, second] = await Promise.all(emails.map((email) => makeCart(one, { email, discountCodes: [code] })))
  const ended = await overlap(
    (engine) => checkOut(engine, first!.cart),
    (engine) => checkOut(engine, second!.cart),
  )
  assert.equal(ended.filter((one) => refused(one, 'discount_unusable')).length, 1, outcome(...ended))
})

for (const isFirst of [true, false])
  rule(`no limit of a discount is lowered below what is used of it, ${isFirst ? 'before' : 'after'} its use`, async ({ one, overlap }) => {
    const code = await makeDiscount(one, { usesMax: 2 })
    const found = (await findUnique(one.parts.storage.reader, discounts, eq('code', code)))!
    await checkOut(one, (await makeCart(one, { email: 'a@mail.example', discountCodes: [code] })).cart)
    const { cart } = await makeCart(one, { discountCodes: [code] })
    const use = (engine: Engine) => checkOut(engine, cart)
    const lower = (engine: Engine) => staff(engine, 'discounts.update', { id: found.id, usesMax: 1 })
    const ended = await (isFirst ? overlap(lower, use) : overlap(use, lower))
    const [lowered, used] = isFirst ? ended : ended.toReversed()
    assert.ok(refused(used!, 'discount_unusable') !== refused(lowered!, 'validation_failed'), outcome(...ended))
  })

rule('two checkouts of one cart answer one order', async ({ one, overlap }) => {
  const { cart } = await makeCart(one)
  const ended = await overlap(
    (engine) => checkOut(engine, cart),
    (engine) => checkOut(engine, cart),
  )
  const [first, second] = ended.map(({ value }) => (value as Body)?.order.id)
  assert.ok(first !== undefined && first === second, outcome(...ended))
})

rule('an order has one attempt at a time that may take money', async ({ one, overlap }) => {
  const order = await openOrder(one)
  const pay = (engine: Engine) => staff(engine, 'orders.pay', { id: order, provider: 'sandbox', method: 'delayed_success' })
  const ended = await overlap(pay, pay)
  const attempts = await attemptsOf(one, order)
  assert.equal(attempts.filter(({ status }) => liveStatuses.includes(status)).length, 1, outcome(...ended))
  assert.ok(
    ended.some((end) => refused(end, 'payment_in_progress')),
    outcome(...ended),
  )
})

rule('an order that is paid for does not expire', async ({ one, two, overlap }) => {
  const order = await openOrder(one)
  await write(one, async (tx) => void (await tx.touch(orders, order, { set: { expiresAt: 1 } })))
  const [paid, expired] = await overlap(
    (engine) => staff(engine, 'orders.pay', { id: order, provider: 'sandbox', method: 'delayed_success' }),
    (engine) => expire(engine),
  )
  // The first wins. MongoDB's protocol lets a server undo its transaction: run again, after the other, it is refused.
  const { status } = await orderOf(two, order)
  const hasLost = paid.error !== undefined && testDatabase().name === 'mongodb'
  assert.equal(status, hasLost ? 'expired' : 'pending_payment', outcome(paid, expired))
})

rule('an order that expires is not paid for any more', async ({ one, two, overlap }) => {
  const order = await openOrder(one)
  await write(one, async (tx) => void (await tx.touch(orders, order, { set: { expiresAt: 1 } })))
  const ended = await overlap(
    (engine) => expire(engine),
    (engine) => staff(engine, 'orders.pay', { id: order, provider: 'sandbox', method: 'delayed_success' }),
  )
  const { status } = await orderOf(two, order)
  const live = (await attemptsOf(two, order)).filter((attempt) => liveStatuses.includes(attempt.status))
  assert.equal(live.length, status === 'expired' ? 0 : 1, outcome(...ended))
})

rule('money that comes in while its order closes goes back', async ({ one, two, overlap }) => {
  const { order, attempts } = await orderWithAttempts(one, 1)
  await overlap(
    (engine) => staff(engine, 'orders.cancel', { id: order.id }),
    (engine) => tell(engine, attempts[0]!, [captured(attempts[0]!)]),
  )
  const { status } = await orderOf(two, order.id)
  const owed = await two.parts.storage.reader.find(refunds, { where: eq('order', order.id), limit: 10 })
  assert.deepEqual([status, owed.map(({ amount }) => amount.amount)], ['canceled', [order.total.amount]])
})

rule('an order whose money comes in while it closes, the other way round', async ({ one, two, overlap }) => {
  const { order, attempts } = await orderWithAttempts(one, 1)
  await overlap(
    (engine) => tell(engine, attempts[0]!, [captured(attempts[0]!)]),
    (engine) => staff(engine, 'orders.cancel', { id: order.id }),
  )
  const owed = await two.parts.storage.reader.find(refunds, { where: eq('order', order.id), limit: 10 })
  assert.deepEqual([(await orderOf(two, order.id)).status, owed.map(({ amount }) => amount.amount)], ['canceled', [order.total.amount]])
})

rule('two attempts captured at once: one pays, the other goes back', async ({ one, two, overlap }) => {
  const { order, attempts } = await orderWithAttempts(one, 2)
  const [a, b] = attempts as [Payment, Payment]
  await overlap(
    (engine) => tell(engine, a, [captured(a)]),
    (engine) => tell(engine, b, [captured(b)]),
  )
  const owed = await two.parts.storage.reader.find(refunds, { where: eq('order', order.id), limit: 10 })
  assert.deepEqual([(await orderOf(two, order.id)).status, owed.map(({ amount }) => amount.amount)], ['placed', [order.total.amount]])
})

rule('what two refunds at once leave of an order is what its status says', async ({ one, two, overlap }) => {
  const { order, attempts } = await orderWithAttempts(one, 3)
  for (const attempt of attempts) await tell(one, attempt, [captured(attempt)])
  assert.equal((await orderOf(two, order.id)).paymentStatus, 'overcharged')
  const surplus = await one.parts.storage.reader.find(refunds, { where: eq('order', order.id), limit: 10 })
  assert.equal(surplus.length, 2)
  // Each refund alone leaves more than the order costs: only who sees both sees that it is paid, no more.
  const returned = (engine: Engine, index: number) => {
    const { id, payment, amount } = surplus[index]!
    const attempt = attempts.find((one) => one.id === payment)!
    return tell(engine, attempt, [
      captured(attempt),
      { ...captured(attempt), kind: 'ref_ok', operationRef: `prov_${id}`, amount, reference: id },
    ])
  }
  await overlap(
    (engine) => returned(engine, 0),
    (engine) => returned(engine, 1),
  )
  assert.equal((await orderOf(two, order.id)).paymentStatus, 'paid')
})

rule('what is set to be on hand is on hand', async ({ one, two, overlap }) => {
  const { level } = await makeVariant(one)
  const set = (engine: Engine) => staff(engine, 'stock.adjustLevel', { id: level, onHand: 50 })
  await overlap(set, set)
  assert.equal((await two.parts.storage.reader.get(stockLevels, level))?.onHand, 50)
})

rule('a variant is not deleted from under an order', async ({ one, overlap }) => {
  const { cart, variant, level } = await makeCart(one)
  const [bought, deleted] = await overlap(
    (engine) => checkOut(engine, cart),
    (engine) => staff(engine, 'variants.delete', { id: variant }),
  )
  const held = await one.parts.storage.reader.find(reservations, { where: eq('stockLevel', level), limit: 10 })
  assert.ok(
    bought.error === undefined ? refused(deleted, 'still_referenced') && held.length === 1 : held.length === 0,
    outcome(bought, deleted),
  )
})

rule('nothing is ordered of a variant that is being deleted', async ({ one, overlap }) => {
  const { cart, variant, level } = await makeCart(one)
  const [deleted, bought] = await overlap(
    (engine) => staff(engine, 'variants.delete', { id: variant }),
    (engine) => checkOut(engine, cart),
  )
  const held = await one.parts.storage.reader.find(reservations, { where: eq('stockLevel', level), limit: 10 })
  assert.ok(
    bought.error === undefined ? refused(deleted, 'still_referenced') && held.length === 1 : held.length === 0,
    outcome(deleted, bought),
  )
})

rule('units that move while their variant is deleted leave nothing behind', async ({ one, overlap }) => {
  const { variant, level } = await makeVariant(one)
  await overlap(
    (engine) => staff(engine, 'variants.delete', { id: variant }),
    (engine) => staff(engine, 'stock.adjustLevel', { id: level, onHand: 70 }),
  )
  const { reader } = one.parts.storage
  if ((await reader.get(variants, variant)) === null)
    assert.deepEqual([await reader.get(stockLevels, level), await reader.count(stockMovements, eq('stockLevel', level))], [null, 0])
})

test('processes that start at the same moment write what is written once, once', async (t) => {
  const { engines, one, two } = await openWorld(t, 'sent')
  const three = await engines.add('three')
  const all = [one, two, three]
  await Promise.all(all.map((engine) => engine.start()))
  const { storage, model } = one.parts
  const names = (await storage.reader.find(schedules, { limit: 100 })).map(({ name }) => name)
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted())

  const seeded = {
    ...engines.backend,
    config: { ...engines.backend.config, seed: () => [{ collection: 'notes', records: [{ text: 'sown', owner: null }] }] },
  }
  await Promise.all(all.map((engine) => seedDatabase(engine, seeded, { blobs: createMemoryBlobs(), folder: '.' })))
  assert.equal((await staff(one, 'notes.list', {})).items.length, 1)

  const secrets = await Promise.all(all.map(({ parts }) => sandboxSecret(parts.storage, model)))
  assert.equal(new Set(secrets).size, 1)
  const tokens = await Promise.all(all.map(({ parts }) => write(one, (tx, now) => issueSetUpToken(workIn(parts, tx, now)))))
  assert.equal(new Set(tokens).size, 3)
  assert.equal(await storage.reader.count(settings, eq('name', 'setup')), 1)
})

async function staff(engine: Engine, name: string, input: unknown): Promise<Body> {
  return (await call(engine, name, { input, actor: staffActor })).output
}

function refused({ error }: Ended, code: Parameters<typeof isEngineError>[1]): boolean {
  return isEngineError(error, code)
}

function outcome(...ended: readonly Ended[]): string {
  return ended.map(({ value, error }) => (error === undefined ? `done: ${JSON.stringify(value)}` : `refused: ${String(error)}`)).join('\n')
}

async function write<T>({ parts }: Engine, work: (tx: Transaction, now: number) => Promise<T>): Promise<T> {
  return await inTransaction(parts, cause, work)
}

async function expire(engine: Engine): Promise<void> {
  await write(engine, async (tx, now) => void (await expireOrders.run(workIn(engine.parts, tx, now))))
}

/** The provider's word, taken into the books with all that follows, as a follow-up call would. */
async function tell(engine: Engine, { id }: Payment, facts: readonly ProviderFact[]): Promise<void> {
  await write(engine, async (tx, now) => {
    const payment = (await tx.get(payments, id))!
    const view = { providerRef: `prov_${id}`, facts, phase: 'closed', action: null, declineReason: null } as const
    const work = workIn(engine.parts, tx, now)
    await engine.parts.react(work, (await recordView(work, payment, view, 'poll')).events)
  })
}

function captured({ id, amount }: Payment): ProviderFact {
  return { kind: 'cap_ok', operationRef: `prov_${id}`, amount, providerTime: 1 }
}

async function makeCategory(engine: Engine): Promise<string> {
  return (await staff(engine, 'categories.create', { slug: 'cups', title: 'Cups' })).id
}

async function makeProduct(engine: Engine): Promise<string> {
  return (await staff(engine, 'products.create', { slug: `cup-${engine.newId('x')}`, title: 'Cup', status: 'active' })).id
}

async function makeVariant(engine: Engine): Promise<{ variant: string; level: string }> {
  const product = await makeProduct(engine)
  const sku = engine.newId('sku')
  const { id: variant } = await staff(engine, 'variants.create', { product, sku, title: 'plain', price: eur(1_000) })
  const [level] = await engine.parts.storage.reader.find(stockLevels, { where: eq('variant', variant), limit: 1 })
  await staff(engine, 'stock.adjustLevel', { id: level!.id, onHand: 10 })
  return { variant, level: level!.id }
}

/** Answers its code. */
async function makeDiscount(engine: Engine, fields: object): Promise<string> {
  return (await staff(engine, 'discounts.create', { title: 'Less', code: 'LESS', kind: 'percent', value: 10, ...fields }))['code']
}

async function makeCart(engine: Engine, more: object = {}) {
  const { variant, level } = await makeVariant(engine)
  const { id: cart } = await staff(engine, 'carts.create', { email: 'guest@mail.example', ...more })
  const { lines } = await staff(engine, 'carts.addLine', { id: cart, variant })
  const shippingAddress = { name: 'Ada', line1: '1 Street', city: 'London', postalCode: 'SW1', country: 'GB' }
  await staff(engine, 'carts.update', { id: cart, shippingAddress })
  return { cart, variant, level, line: lines[0].id as string }
}

async function checkOut(engine: Engine, cart: string, method = 'card_declined'): Promise<Body> {
  return await staff(engine, 'orders.checkOut', { id: cart, payment: { provider: 'sandbox', method } })
}

/** An order whose first attempt has failed. */
async function openOrder(engine: Engine): Promise<string> {
  const { cart } = await makeCart(engine)
  return (await checkOut(engine, cart)).order.id
}

/** An open order with attempts that the provider has, and has not told of. */
async function orderWithAttempts(engine: Engine, count: number): Promise<{ order: Order; attempts: Payment[] }> {
  const id = await openOrder(engine)
  const order = await orderOf(engine, id)
  const attempts: Payment[] = []
  for (let sequence = 2; sequence < 2 + count; sequence++)
    attempts.push(
      await write(engine, async (tx, now) => {
        const given = { order: id, sequence, amount: order.total, provider: 'sandbox', method: null, returnUrl: 'http://shop.example' }
        // Nobody carries its effect out within the test.
        return (await startPayment(workIn(engine.parts, tx, now + hour), given)).payment
      }),
    )
  return { order, attempts }
}

async function orderOf(engine: Engine, id: string): Promise<Order> {
  return (await engine.parts.storage.reader.get(orders, id))!
}

async function attemptsOf(engine: Engine, order: string): Promise<Payment[]> {
  return await engine.parts.storage.reader.find(payments, { where: eq('order', order), limit: 100 })
}

/** All that can be said while effects are still owed: nothing is at rest here. */
async function checkInvariants({ parts }: Engine): Promise<void> {
  const { storage, model, clock } = parts
  const found = await verifyDatabase({ read: storage.reader, commitsAfter: storage.commitsAfter, model, now: clock.now() })
  assert.deepEqual(
    // The staff of these tests has no account.
    found.filter(({ invariant, found: what }) => !(invariant === 'records.references_resolve' && what.includes('usr_staff'))),
    [],
  )
}
