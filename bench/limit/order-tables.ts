/**
 * Owns the tables of the storage-only order and its prepared statements. Every table a real shop would keep is here
 * once, with the unique keys and checks that make it safe, and nothing that a shop could do without.
 */
import type { DatabaseSync } from 'node:sqlite'

const TABLES = `
  CREATE TABLE stockLevels (
    variant INTEGER PRIMARY KEY, onHand INTEGER NOT NULL, held INTEGER NOT NULL DEFAULT 0,
    committed INTEGER NOT NULL DEFAULT 0, CHECK (held >= 0 AND committed >= 0 AND held + committed <= onHand)) STRICT;
  CREATE TABLE idempotencyKeys (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, answer TEXT NOT NULL, expiresAt INTEGER NOT NULL) STRICT;
  CREATE TABLE orders (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, cart TEXT NOT NULL UNIQUE, email TEXT NOT NULL,
    status TEXT NOT NULL, paymentStatus TEXT NOT NULL, address TEXT NOT NULL, total INTEGER NOT NULL,
    currency TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1, placedAt INTEGER) STRICT;
  CREATE TABLE orderLines (
    id TEXT PRIMARY KEY, orderId TEXT NOT NULL, variant INTEGER NOT NULL, title TEXT NOT NULL,
    quantity INTEGER NOT NULL, unitPrice INTEGER NOT NULL, tax INTEGER NOT NULL) STRICT;
  CREATE INDEX orderLinesByOrder ON orderLines (orderId);
  CREATE TABLE reservations (
    orderId TEXT NOT NULL, variant INTEGER NOT NULL, quantity INTEGER NOT NULL, state TEXT NOT NULL,
    expiresAt INTEGER NOT NULL, PRIMARY KEY (orderId, variant)) STRICT, WITHOUT ROWID;
  CREATE INDEX reservationsToExpire ON reservations (expiresAt) WHERE state = 'held';
  CREATE TABLE payments (
    id TEXT PRIMARY KEY, orderId TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL,
    amount INTEGER NOT NULL, captured INTEGER NOT NULL DEFAULT 0, providerRef TEXT, UNIQUE (orderId, attempt)) STRICT;
  CREATE TABLE paymentFacts (
    provider TEXT NOT NULL, reference TEXT NOT NULL, kind TEXT NOT NULL, payment TEXT NOT NULL,
    amount INTEGER NOT NULL, seenAt INTEGER NOT NULL, PRIMARY KEY (provider, reference, kind)) STRICT, WITHOUT ROWID;
  CREATE TABLE ledgerEntries (
    id INTEGER PRIMARY KEY, transfer TEXT NOT NULL, account TEXT NOT NULL, orderId TEXT NOT NULL,
    amount INTEGER NOT NULL, postedAt INTEGER NOT NULL) STRICT;
  CREATE INDEX ledgerEntriesByOrder ON ledgerEntries (orderId);
  CREATE TABLE emails (
    id TEXT PRIMARY KEY, recipient TEXT NOT NULL, template TEXT NOT NULL, status TEXT NOT NULL,
    content TEXT NOT NULL, orderId TEXT NOT NULL) STRICT;
  CREATE TABLE effects (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, payload TEXT NOT NULL, dueAt INTEGER NOT NULL) STRICT;
  CREATE INDEX effectsDue ON effects (dueAt) WHERE state = 'ready';
  CREATE TABLE changes (
    position INTEGER PRIMARY KEY, collection TEXT NOT NULL, record TEXT NOT NULL, document TEXT NOT NULL) STRICT;`

export function createOrderTables(database: DatabaseSync, variants: { count: number; onHand: number }): void {
  database.exec(TABLES)
  database
    .prepare(
      'INSERT INTO stockLevels (variant, onHand) SELECT value, ? FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?) SELECT value FROM n)',
    )
    .run(variants.onHand, variants.count)
}

export function prepareOrder(database: DatabaseSync) {
  const statement = (sql: string) => database.prepare(sql)
  return {
    addKey: statement('INSERT INTO idempotencyKeys VALUES (?, ?, ?, ?)'),
    addOrder: statement(
      "INSERT INTO orders (id, number, cart, email, status, paymentStatus, address, total, currency) VALUES (?, ?, ?, ?, 'pending_payment', 'none', ?, ?, 'EUR')",
    ),
    addLine: statement('INSERT INTO orderLines VALUES (?, ?, ?, ?, ?, ?, ?)'),
    hold: statement('UPDATE stockLevels SET held = held + ?1 WHERE variant = ?2 AND onHand - held - committed >= ?1'),
    addReservation: statement("INSERT INTO reservations VALUES (?, ?, ?, 'held', ?)"),
    addPayment: statement("INSERT INTO payments (id, orderId, attempt, state, amount) VALUES (?, ?, 1, 'created', ?)"),
    addFact: statement("INSERT INTO paymentFacts VALUES ('sandbox', ?, ?, ?, ?, ?)"),
    addEntry: statement('INSERT INTO ledgerEntries (transfer, account, orderId, amount, postedAt) VALUES (?, ?, ?, ?, ?)'),
    addEmail: statement("INSERT INTO emails VALUES (?, ?, ?, 'queued', ?, ?)"),
    addEffect: statement("INSERT INTO effects VALUES (?, ?, 'ready', ?, ?)"),
    addChange: statement("INSERT INTO changes (collection, record, document) VALUES ('orders', ?, ?)"),
    payOrder: statement(
      "UPDATE orders SET status = 'placed', paymentStatus = 'paid', version = version + 1, placedAt = ? WHERE id = ? AND status = 'pending_payment'",
    ),
    capture: statement("UPDATE payments SET state = 'captured', captured = amount WHERE id = ? AND state = 'created'"),
    keepReservations: statement("UPDATE reservations SET state = 'committed' WHERE orderId = ? AND state = 'held'"),
    commitStock: statement('UPDATE stockLevels SET held = held - ?1, committed = committed + ?1 WHERE variant = ?2 AND held >= ?1'),
  }
}
