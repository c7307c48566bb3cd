/**
 * Owns the tables that the shop written by hand has beyond those of an order (`order-tables.ts`): catalog, carts, the webhooks
 * that were taken, the keys of requests; and the prepared statements over all of them. A payment that is `created` and a mail
 * that is `queued` are their own notes of what is still to be done, so there is no table of tasks.
 */
import type { DatabaseSync } from 'node:sqlite'
import { newId } from './ids.ts'
import { createOrderTables, prepareOrder } from './order-tables.ts'

const TABLES = `
  CREATE TABLE variants (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, product TEXT NOT NULL, sku TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, price INTEGER NOT NULL, active INTEGER NOT NULL) STRICT;
  CREATE TABLE shippingMethods (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, price INTEGER NOT NULL, active INTEGER NOT NULL) STRICT;
  CREATE TABLE carts (
    id TEXT PRIMARY KEY, tokenHash BLOB NOT NULL, status TEXT NOT NULL, lines TEXT NOT NULL, email TEXT,
    shippingAddress TEXT, billingAddress TEXT, shippingMethod TEXT, orderId TEXT,
    createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1) STRICT;
  CREATE TABLE webhookInbox (
    id TEXT PRIMARY KEY, payment TEXT NOT NULL, receivedAt INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX paymentsToStart ON payments (id) WHERE state = 'created';
  CREATE INDEX emailsToSend ON emails (id) WHERE status = 'queued';`

const STOCK = { count: 200, onHand: 10_000_000 }
const UNIT_PRICE = 1_999

/** Makes the tables and puts something on sale. */
export function createShopTables(database: DatabaseSync): void {
  createOrderTables(database, STOCK)
  database.exec(TABLES)
  const product = newId('prod')
  const variant = database.prepare("INSERT INTO variants VALUES (?, ?, ?, ?, 'A thing to sell, One', ?, 1)")
  database.exec('BEGIN')
  for (let number = 1; number <= STOCK.count; number++) variant.run(newId('var'), number, product, `B-${number}`, UNIT_PRICE)
  database.prepare("INSERT INTO shippingMethods VALUES (?, 'Parcel', 490, 1)").run(newId('ship'))
  database.exec('COMMIT')
}

export type Line = { readonly id: string; readonly variant: string; readonly quantity: number }
export type VariantRow = readonly [id: string, number: number, product: string, sku: string, title: string, price: number]
export type ShippingRow = readonly [id: string, title: string, price: number]
type CartRow = readonly [
  ...[id: string, tokenHash: Uint8Array, status: string, lines: string, email: string | null],
  ...[shippingAddress: string | null, billingAddress: string | null, shippingMethod: string | null],
  ...[createdAt: number, updatedAt: number, version: number],
]
export type PaymentRow = readonly [id: string, orderId: string, state: string, amount: number]
export type OrderRow = readonly [id: string, number: number, email: string, address: string, total: number]
export type OrderLineRow = readonly [variant: number, title: string, quantity: number, unitPrice: number]

/** Rows are read as arrays: the objects of node:sqlite cost twice as much (see `items.ts`). */
export function prepareShop(database: DatabaseSync) {
  const one = <Row>(sql: string) => {
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    return (...values: (string | number)[]) => statement.get(...values) as unknown as Row | undefined
  }
  const all = <Row>(sql: string) => {
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    return (...values: (string | number)[]) => statement.all(...values) as unknown as Row[]
  }
  const write = (sql: string) => database.prepare(sql)
  return {
    ...prepareOrder(database),
    cart: one<CartRow>(
      'SELECT id, tokenHash, status, lines, email, shippingAddress, billingAddress, shippingMethod, createdAt, updatedAt, version FROM carts WHERE id = ?',
    ),
    variant: one<VariantRow>('SELECT id, number, product, sku, title, price FROM variants WHERE id = ? AND active = 1'),
    shipping: one<ShippingRow>('SELECT id, title, price FROM shippingMethods WHERE id = ? AND active = 1'),
    payment: one<PaymentRow>('SELECT id, orderId, state, amount FROM payments WHERE id = ?'),
    email: one<readonly [recipient: string, content: string]>('SELECT recipient, content FROM emails WHERE id = ?'),
    order: one<OrderRow>('SELECT id, number, email, address, total FROM orders WHERE id = ?'),
    orderLines: all<OrderLineRow>('SELECT variant, title, quantity, unitPrice FROM orderLines WHERE orderId = ?'),
    key: one<readonly [fingerprint: string, answer: string]>('SELECT fingerprint, answer FROM idempotencyKeys WHERE key = ?'),
    lastNumber: one<readonly [number: number | null]>('SELECT max(number) FROM orders'),
    variantIds: all<readonly [id: string]>('SELECT id FROM variants ORDER BY number'),
    shippingIds: all<readonly [id: string]>('SELECT id FROM shippingMethods'),
    paymentsToStart: all<readonly [id: string, amount: number]>("SELECT id, amount FROM payments WHERE state = 'created'"),
    emailsToSend: all<readonly [id: string]>("SELECT id FROM emails WHERE status = 'queued'"),
    paidOrders: one<readonly [count: number]>("SELECT count(*) FROM orders WHERE paymentStatus = 'paid'"),
    receipts: one<readonly [count: number]>("SELECT count(*) FROM emails WHERE template = 'receipt'"),

    addCart: write(
      "INSERT INTO carts (id, tokenHash, status, lines, email, shippingAddress, billingAddress, shippingMethod, createdAt, updatedAt) VALUES (?, ?, 'open', ?, ?, ?, ?, ?, ?8, ?8)",
    ),
    setLines: write('UPDATE carts SET lines = ?, updatedAt = ?, version = version + 1 WHERE id = ? AND version = ?'),
    setContact: write(
      'UPDATE carts SET email = ?, shippingAddress = ?, billingAddress = ?, shippingMethod = ?, updatedAt = ?, version = version + 1 WHERE id = ? AND version = ?',
    ),
    closeCart: write("UPDATE carts SET status = 'ordered', orderId = ?, updatedAt = ?, version = version + 1 WHERE id = ? AND version = ?"),
    startPayment: write("UPDATE payments SET state = 'processing', providerRef = ? WHERE id = ? AND state = 'created'"),
    takePayment: write(
      "UPDATE payments SET state = 'captured', captured = amount, providerRef = ? WHERE id = ? AND state IN ('created', 'processing')",
    ),
    addToInbox: write('INSERT INTO webhookInbox VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING'),
    sendEmail: write("UPDATE emails SET status = 'sent' WHERE id = ? AND status = 'queued'"),
  }
}

export type ShopStatements = ReturnType<typeof prepareShop>
