// The one real SQLite database of a worker process, put back to the same small shop before every seed.
// Opening a database and compiling its statements costs more than a whole seed, so both are kept.
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Clock } from '../../src/base/clock.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createIdSource } from '../../src/base/ids.ts'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { seedDatabase } from '../../src/cli/seed.ts'
import type { CapturePolicy } from '../../src/config/payment-makers.ts'
import { type Backend, createBackend } from '../../src/engine/backend.ts'
import type { Engine } from '../../src/engine/create-engine.ts'
import { sandboxMethods } from '../../src/sandbox/taking.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type { Commit, StorageAdapter } from '../../src/storage/storage.ts'
import { createFollowingClock } from '../support/following-clock.ts'
import { goodsRecords } from './goods-plan.ts'
import { discountRecords } from './order-plan.ts'
import { forgetHeard, ownCode } from './own-code.ts'
import { createDice } from './world.ts'

export const publicUrl = 'https://shop.example'

export function createShop(): Backend {
  return createBackend(
    {
      name: 'Simulated shop',
      shop: {
        currency: 'EUR',
        tax: { prices: 'included', ratesPpm: { DE: 190_000, '*': 0 } },
        seller: { name: 'Shop', address: { line1: 'Kai 1', postalCode: '20457', city: 'Hamburg', country: 'DE' }, vatId: 'DE136695976' },
        invoices: { mail: false },
        automaticDiscounts: true,
        priceLists: true,
      },
      mail: { from: { name: 'Shop', address: 'orders@shop.example' } },
      ...(ownCode as object),
      seed: ({ newId }) => {
        const products = ['cup', 'bowl', 'jug'].map((slug) => ({ id: newId('prod'), slug, title: slug, status: 'active' }))
        const variants = products.map(({ id, slug }, index) => ({
          product: id,
          sku: slug,
          title: 'plain',
          price: { amount: 1_000 + index * 333, currency: 'EUR' },
          onHand: 100,
        }))
        const [cup, bowl] = variants.map((variant) => ({ ...variant, id: newId('var') }))
        const goods = goodsRecords({ newId, product: products[0]!.id, cup: cup!.id, bowl: bowl!.id })
        return [
          { collection: 'products', records: products },
          { collection: 'variants', records: [cup!, bowl!, ...variants.slice(2), ...goods.variants] },
          { collection: 'priceLists', records: goods.priceLists },
          { collection: 'listPrices', records: goods.listPrices },
          { collection: 'shippingMethods', records: [{ title: 'Post', price: { amount: 490, currency: 'EUR' } }] },
          { collection: 'discounts', records: discountRecords },
        ]
      },
    },
    { publicUrl, isDevelopment: false, paymentProviders: [{ id: 'sandbox', methods: sandboxMethods }] },
  )
}

export type Store = {
  readonly backend: Backend
  readonly adapter: StorageAdapter
  readonly database: DatabaseSync
  readonly variants: readonly string[]
  readonly shippingMethod: string
  /** What is downloaded, and what is made of a cup and two bowls. */
  readonly ebook: string
  readonly bundle: string
  /** Plain SQL, for auditors and for planting faults. */
  sql(text: string): StatementSync
  exec(text: string): void
  /** Which of `watched` have been written to since this was asked last, undone or not. */
  written(): ReadonlySet<string>
  /** Before plain SQL: whoever works on the same data puts away what is not committed. */
  beforeLook(listener: () => void): void
  /** When what a checkout authorizes is taken, from now on. */
  captureWhen(policy: CapturePolicy): void
  /** Whether every cart is looked at for discounts without a code from now on. */
  discountAll(is: boolean): void
  /** Whether every cart is looked at for price lists from now on. */
  listPrices(is: boolean): void
  /** Goes on from here by another clock. */
  retime(clock: Clock): void
  /** Puts the shop back and hands time and commits to the run that begins. */
  reset(clock: Clock, onHand: readonly number[], onCommit: (commit: Commit) => void): void
}

/** What the auditor looks at after each transaction. */
export const watched = ['stockLevels', 'ledgerEntries', 'orders', 'discountTallies', 'downloads'] as const
const isWatched = (table: string) => (watched as readonly string[]).includes(table)

export async function openStore(backend: Backend): Promise<Store> {
  const database = new DatabaseSync(':memory:')
  const { clock, follow } = createFollowingClock()
  let onCommit: (commit: Commit) => void = () => {}
  const adapter = openSqlite({ path: ':memory:', memory: database, model: backend.model, clock })
  adapter.onFeed((commit) => onCommit(commit))
  const seedClock: Clock = { ...systemClock, now: () => Date.UTC(2029, 11, 31) }
  const dice = createDice(1)
  const parts = { storage: adapter, model: backend.model, clock: seedClock, random: dice }
  const engine = { parts, newId: createIdSource(seedClock, dice) } as unknown as Engine
  await seedDatabase(engine, backend, { blobs: createMemoryBlobs(), folder: join(import.meta.dirname, '../../examples/bookshop') })
  database.exec('delete from "_commits"')

  const statements = new Map<string, StatementSync>()
  let look: () => void = () => {}
  const sql = (text: string) => {
    look()
    let statement = statements.get(text)
    if (!statement) statements.set(text, (statement = database.prepare(text)))
    return statement
  }
  const tables = [...backend.model.collections.keys(), '_commits']
  database.exec("attach ':memory:' as saved")
  const filled = tables.filter((table) => sql(`select count(*) as n from main."${table}"`).get()!['n'] !== 0)
  for (const table of filled) database.exec(`create table saved."${table}" as select * from main."${table}"`)
  let written = new Set<string>()
  database.function('written', (table) => {
    written.add(table as string)
    return null
  })
  /** What is filled and hardly ever changed is put back where it was: with its words and its index that takes as long as all the rest. */
  const resting = filled.filter((table) => !isWatched(table))
  let changed = new Set<string>()
  database.function('changed', (table) => {
    changed.add(table as string)
    return null
  })
  const tell = (tables: readonly string[], by: string) => {
    for (const table of tables)
      for (const action of ['insert', 'update', 'delete'])
        database.exec(`create temp trigger "${table}_${action}" after ${action} on main."${table}" begin select ${by}('${table}'); end`)
  }
  tell(watched, 'written')
  tell(resting, 'changed')
  const bySku = (sku: string) => sql('select "id" from "variants" where "sku"=?').get(sku)!['id'] as string
  const variants = sql(`select "id" from "variants" where "sku" in ('cup','bowl','jug') order by "id"`)
    .all()
    .map((row) => row['id'] as string)

  return {
    backend,
    adapter,
    database,
    variants,
    ebook: bySku('ebook'),
    bundle: bySku('set'),
    shippingMethod: sql('select "id" from "shippingMethods"').get()!['id'] as string,
    sql,
    exec: (text) => database.exec(text),
    written() {
      const since = written
      if (since.size > 0) written = new Set()
      return since
    },
    beforeLook(listener) {
      look = listener
    },
    captureWhen(policy) {
      const providers = backend.project.paymentProviders as unknown as { capture: CapturePolicy }[]
      for (const provider of providers) provider.capture = policy
    },
    discountAll(is) {
      const shop = backend.project.shop as { hasAutomaticDiscounts: boolean }
      shop.hasAutomaticDiscounts = is
    },
    listPrices(is) {
      const shop = backend.project.shop as { hasPriceLists: boolean }
      shop.hasPriceLists = is
    },
    retime: follow,
    reset(given, onHand, listener) {
      follow(given)
      onCommit = listener
      forgetHeard()
      look()
      database.exec('begin')
      const same = resting.filter((table) => !changed.has(table))
      for (const table of tables) if (!same.includes(table)) sql(`delete from main."${table}"`).run()
      for (const table of filled) if (!same.includes(table)) sql(`insert into main."${table}" select * from saved."${table}"`).run()
      changed = new Set()
      sql(`delete from sqlite_sequence where "name"='_commits'`).run()
      for (const [index, units] of onHand.entries()) {
        const variant = variants[index]!
        sql('update "stockLevels" set "onHand"=?1, "available"=?1 where "variant"=?2').run(units, variant)
        sql('update "stockMovements" set "quantity"=?1 where "stockLevel"=(select "id" from "stockLevels" where "variant"=?2)').run(
          units,
          variant,
        )
      }
      database.exec('commit')
    },
  }
}
