/**
 * Loaded by watch-plans.ts where a run is on PostgreSQL: notes each statement that the engine asks for, who does, and which database
 * it goes to. Plans are asked for at the end of the run (postgres-plans.ts): a question beside a test would hold locks.
 */
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { PooledReads } from '../../src/storage/sql/pooled-reader.ts'
import { TransactionTrips } from '../../src/storage/sql/round-trips.ts'
import type { Noted } from './postgres-plans.ts'
import { whoAsks } from './who-asks.ts'

type Step = { readonly statements: readonly { readonly sql: string }[] }
type Trip = { readonly connection: { readonly parts?: { readonly address?: { readonly connectionString?: string } } } } & Step
type Asking = (step: Step, ...more: unknown[]) => unknown

/** Null for what a test asks, or what may read everything. */
const askers = new Map<string, string | null>()
const noted = new Map<string, Noted>()

/** Where it is asked for: it travels later, with others. */
function noteAt(prototype: object, name: 'ask' | 'defer'): void {
  const inner = (prototype as Record<string, Asking>)[name]!
  ;(prototype as Record<string, Asking>)[name] = function (this: unknown, step, ...more) {
    for (const { sql } of step.statements) if (/^(?:select|update|delete|with)\s/.test(sql) && !askers.get(sql)) askers.set(sql, whoAsks())
    return inner.call(this, step, ...more)
  }
}
noteAt(PooledReads.prototype, 'ask')
noteAt(TransactionTrips.prototype, 'ask')
noteAt(TransactionTrips.prototype, 'defer')

subscribe('kingpost:round-trip', (message) => {
  const { connection, statements } = message as Trip
  const url = connection.parts?.address?.connectionString
  if (url === undefined) return
  for (const { sql } of statements) {
    const asker = askers.get(sql)
    if (asker && !noted.has(sql)) noted.set(sql, { sql, url, asker })
  }
})

process.on('exit', () => {
  const lines = [...noted.values()].map((one) => `${JSON.stringify(one)}\n`)
  if (lines.length > 0) appendFileSync(join(process.env['TEST_STATEMENTS']!, `${process.pid}.jsonl`), lines.join(''))
})
