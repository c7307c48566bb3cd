/**
 * Owns the limit of a whole order: storage only, no HTTP, no prices to compute, no rules. What a shop has to keep for one order is
 * written in two durable commits, because the provider is called between them: placing (13 statements) and settling
 * (12 statements). Many orders may share a commit, each in a savepoint, as requests do in the server.
 *
 * Usage: node bench/limit/order.ts [--seconds N] [--groups 1,64] [--data-dir D] [--json]
 */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readUsage } from '../proc.ts'
import { openDatabase, prepareTransaction } from './database.ts'
import { newId } from './ids.ts'
import { createOrderTables, prepareOrder } from './order-tables.ts'

const VARIANTS = { count: 1_000, onHand: 10_000_000 }
const UNIT_PRICE = 1_999
const TAX = 319
const TOTAL = 3 * UNIT_PRICE
const HOLD_MS = 900_000
const DAY_MS = 86_400_000

const ADDRESS = JSON.stringify({
  name: 'Ada Example',
  line1: '1 Long Street',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
})
/** As much as an order's answer, change and mail weigh in practice. */
const DOCUMENT = JSON.stringify({ lines: 'x'.repeat(600), address: ADDRESS })
const MAIL = JSON.stringify({ subject: 'Your order', text: 'y'.repeat(800) })

type Order = { id: string; payment: string; lines: { variant: number; quantity: number }[] }
type Result = {
  group: number
  rate: number
  cpuUs: number | undefined
  deviceBytes: number | undefined
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    groups: { type: 'string', default: '1,64' },
    'data-dir': { type: 'string', default: 'data/bench-order' },
    json: { type: 'boolean', default: false },
  },
})
const dataDir = resolve(values['data-dir'])
const results = values.groups.split(',').map((group) => measure(Number(group), Number(values.seconds)))
if (values.json) console.log(JSON.stringify(results))
else for (const { group, rate } of results) console.log(`groups of ${group}: ${Math.round(rate)} orders/s`)

function measure(group: number, seconds: number): Result {
  rmSync(dataDir, { recursive: true, force: true })
  mkdirSync(dataDir, { recursive: true })
  const database = openDatabase(join(dataDir, 'order.db'))
  createOrderTables(database, VARIANTS)
  const shop = createShop(database)
  const before = readUsage(process.pid)
  const startMs = performance.now()
  let count = 0
  for (; performance.now() - startMs < seconds * 1_000; count += group) {
    const orders = shop.together(Array.from({ length: group }), () => shop.place())
    shop.together(orders, (order) => shop.settle(order))
  }
  const rate = (count * 1_000) / (performance.now() - startMs)
  const after = readUsage(process.pid)
  shop.check(count)
  database.close()
  rmSync(dataDir, { recursive: true, force: true })
  const measured = before !== undefined && after !== undefined
  return {
    group,
    rate,
    cpuUs: measured ? (after.cpuUs - before.cpuUs) / count : undefined,
    deviceBytes: measured ? (after.deviceBytes - before.deviceBytes) / count : undefined,
  }
}

function createShop(database: ReturnType<typeof openDatabase>) {
  const transaction = prepareTransaction(database)
  const run = prepareOrder(database)
  let number = 0

  return {
    /** Runs `one` for each of the group, each in a savepoint, all in one durable commit. */
    together<In, Out>(group: readonly In[], one: (item: In) => Out): Out[] {
      transaction.begin.run()
      const out = group.map((item) => {
        transaction.savepoint.run()
        const result = one(item)
        transaction.release.run()
        return result
      })
      transaction.commit.run()
      return out
    },

    place(): Order {
      const now = Date.now()
      const id = newId('ord')
      const payment = newId('pay')
      number++
      const first = 1 + ((number * 7) % VARIANTS.count)
      const second = 1 + ((first + 131) % VARIANTS.count)
      const lines = [
        { variant: first, quantity: 1 },
        { variant: second, quantity: 2 },
      ]
      run.addKey.run(newId('key'), 'f'.repeat(43), DOCUMENT, now + DAY_MS)
      run.addOrder.run(id, number, newId('crt'), 'ada@example.com', ADDRESS, TOTAL)
      for (const { variant, quantity } of lines) {
        assert.equal(run.hold.run(quantity, variant).changes, 1)
        run.addLine.run(newId('oli'), id, variant, 'A thing to sell', quantity, UNIT_PRICE, TAX)
        run.addReservation.run(id, variant, quantity, now + HOLD_MS)
      }
      run.addPayment.run(payment, id, TOTAL)
      run.addEffect.run(`create:${payment}`, 'payment.create', DOCUMENT, now)
      run.addEmail.run(newId('eml'), 'ada@example.com', 'order_confirmation', MAIL, id)
      run.addEffect.run(`confirmation:${id}`, 'email.send', id, now)
      run.addChange.run(id, DOCUMENT)
      return { id, payment, lines }
    },

    settle({ id, payment, lines }: Order): void {
      const now = Date.now()
      const transfer = newId('trf')
      run.addFact.run(`sandbox_${payment}`, 'captured', payment, TOTAL, now)
      assert.equal(run.capture.run(payment).changes, 1)
      assert.equal(run.payOrder.run(now, id).changes, 1)
      for (const { variant, quantity } of lines) assert.equal(run.commitStock.run(quantity, variant).changes, 1)
      assert.equal(run.keepReservations.run(id).changes, lines.length)
      run.addEntry.run(transfer, 'clearing:sandbox', id, TOTAL, now)
      run.addEntry.run(transfer, 'revenue', id, TAX * 3 - TOTAL, now)
      run.addEntry.run(transfer, 'tax', id, -TAX * 3, now)
      run.addEmail.run(newId('eml'), 'ada@example.com', 'receipt', MAIL, id)
      run.addEffect.run(`receipt:${id}`, 'email.send', id, now)
      run.addChange.run(id, DOCUMENT)
    },

    /** A fast run that lost something would be no limit. */
    check(count: number): void {
      const number = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]
      assert.equal(number("SELECT count(*) FROM orders WHERE paymentStatus = 'paid'"), count)
      assert.equal(number("SELECT count(*) FROM emails WHERE template = 'receipt'"), count)
      assert.equal(number('SELECT sum(amount) FROM ledgerEntries'), 0)
      assert.equal(number('SELECT sum(held) FROM stockLevels'), 0)
      assert.equal(number('SELECT sum(committed) FROM stockLevels'), 3 * count)
    },
  }
}
