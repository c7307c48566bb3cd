// The ledger behind the orders: its balances at any time, and its seals, which say when somebody has changed what was written.
// slow: mongodb, mysql
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { leastIdAt, timeOfId } from '../../src/base/ids.ts'
import { limits } from '../../src/base/limits.ts'
import { money } from '../../src/base/money.ts'
import { compare, eq } from '../../src/contract/filter.ts'
import type { Entry } from '../../src/domains/ledger/chain.ts'
import { isPassing, ledgerBalances, ledgerBlocks, ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { sealLedger } from '../../src/domains/ledger/seal-ledger.ts'
import { ledgerChainInvariants } from '../../src/observe/invariants/ledger-chain.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { workIn } from '../../src/operation/work.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { sumsBy } from '../../src/storage/sums-by.ts'
import { checkOut, fillCart, openWorld, type World, work } from '../support/api-harness.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
  await world.engine.start()
})
afterEach(() => world.close())

const read = () => world.engine.parts.storage.reader

async function violations(): Promise<string[]> {
  const { storage, model } = world.engine.parts
  const given = { read: storage.reader, model, commitsAfter: storage.commitsAfter, now: world.clock.now(), groups: [ledgerChainInvariants] }
  return (await verifyDatabase(given)).map(({ invariant, rows }) => `${invariant} ${rows.join(' ')}`)
}

async function buy(): Promise<string> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'))
  await work(world)
  return body.order.id as string
}

const seal = () => world.write((tx, now) => sealLedger.run(workIn(world.engine.parts, tx, now)))
/** All there is so far becomes old enough. */
const age = () => work(world, limits.ledgerSealAfterMs + 15_000)

/** What the entries come to, without any help. */
async function counted(at?: number): Promise<Record<string, number>> {
  const where = at === undefined ? undefined : compare('postedAt', 'lte', at)
  const groups = await sumsBy(read(), ledgerEntries, { ...(where && { where }), by: ['account'], sum: 'amount.amount' })
  const kept = groups.filter(({ key, sum }) => sum !== 0 || !isPassing(key[0] as string))
  return Object.fromEntries(kept.map(({ key, sum }) => [key[0], sum]))
}

async function answered(at?: number): Promise<Record<string, number>> {
  const query = at === undefined ? '' : `?at=${new Date(at).toISOString()}`
  const { status, body } = await world.call('staff', { method: 'GET', url: `/api/ledger/balances${query}` })
  assert.equal(status, 200)
  for (const { sum } of body.totals) assert.equal(sum.amount, 0)
  return Object.fromEntries(
    body.items.map(({ account, balance }: { account: string; balance: { amount: number } }) => [account, balance.amount]),
  )
}

test('balances are what the entries come to, sealed or not, now and at any earlier time', async () => {
  const times: number[] = [world.clock.now()]
  await buy()
  times.push(world.clock.now())
  assert.deepEqual(await answered(), await counted())
  await age()
  const canceled = await buy()
  times.push(world.clock.now())
  assert.equal((await findAll(read(), ledgerBlocks)).length, 1)
  await world.call('owner', { method: 'POST', url: `/api/orders/${canceled}/cancel` })
  await work(world, 10_000)
  await buy()
  times.push(world.clock.now())
  for (const at of [undefined, ...times]) assert.deepEqual(await answered(at), await counted(at))
  await age()
  for (const at of [undefined, ...times]) assert.deepEqual(await answered(at), await counted(at))
  assert.deepEqual(await violations(), [])
  // Deposits of finished orders are kept nowhere.
  const rows = await findAll(read(), ledgerBalances)
  assert.deepEqual(
    rows.filter(({ account }) => isPassing(account)),
    [],
  )
  assert.equal(
    (await findAll(read(), ledgerEntries)).length,
    (await findAll(read(), ledgerBlocks)).reduce((sum, { entries }) => sum + entries, 0),
  )
})

test('what is new is sealed later, when nobody can write between it any more', async () => {
  await buy()
  await seal()
  assert.deepEqual(await findAll(read(), ledgerBlocks), [])
})

test('two that seal at once make one block', async () => {
  await buy()
  await age()
  await buy()
  // As of later: the schedule has not been there.
  const later = (one: Entry) => (timeOfId(one.id) ?? 0) + limits.ledgerSealAfterMs + 1
  const now = Math.max(...(await findAll(read(), ledgerEntries)).map(later))
  const sealThen = () => world.write((tx) => sealLedger.run(workIn(world.engine.parts, tx, now)))
  await Promise.allSettled([sealThen(), sealThen()])
  assert.equal((await findAll(read(), ledgerBlocks)).length, 2)
  assert.deepEqual(await violations(), [])
})

test('verify finds an entry that was altered, removed, or put in later', async () => {
  await buy()
  await age()
  const entries = (await findAll(read(), ledgerEntries)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const [block] = await findAll(read(), ledgerBlocks)
  const one = entries[1]!
  const remove = (id: string) => world.write((tx) => tx.deleteWhere(ledgerEntries, eq('id', id)))
  const put = (entry: Entry) => world.write(async (tx) => void (await tx.insert(ledgerEntries, entry)))
  const told = (name: string) => violations().then((all) => all.filter((line) => line.startsWith(name)))

  const id = `${leastIdAt('led', timeOfId(one.id)!).slice(0, -1)}z`
  await put({ ...one, id, kind: 'gift' })
  assert.deepEqual(await told('ledger.entries'), [`ledger.entries_as_sealed ledgerEntries/${id} ledgerBlocks/${block!.id}`])
  assert.equal((await told('ledger.balances_folded')).length, 1)
  await remove(id)
  assert.deepEqual(await violations(), [])
  await remove(one.id)
  assert.deepEqual(await told('ledger.entries'), [`ledger.entries_kept ledgerBlocks/${block!.id}`])
  await put({ ...one, amount: money(one.amount.amount + 1, one.amount.currency) })
  assert.deepEqual(await told('ledger.entries'), [
    `ledger.entries_as_sealed ledgerEntries/${one.id} ledgerBlocks/${block!.id}`,
    `ledger.entries_kept ledgerBlocks/${block!.id}`,
  ])
})
