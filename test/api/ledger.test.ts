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

const exported = (query: string) => world.call('staff', { method: 'GET', url: `/api/ledger/export?${query}` })

test('what was posted is exported by transfers, for people and for DATEV', async () => {
  const order = await buy()
  const { number } = (await world.call('owner', { method: 'GET', url: `/api/orders/${order}` })).body
  const csv = await exported('from=2026-11-24&to=2026-11-24')
  assert.deepEqual([csv.status, csv.headers['content-type']], [200, 'text/csv; charset=utf-8'])
  const [head, ...rows] = csv.text.trimEnd().split('\r\n')
  assert.equal(head, 'postedAt,transfer,kind,order,number,account,debit,credit,currency')
  const cells = rows.map((row) => row.split(','))
  const entries = await findAll(read(), ledgerEntries)
  assert.equal(cells.length, entries.length)
  const sum = (column: number) => cells.reduce((total, row) => total + Math.round(Number(row[column]) * 100), 0)
  assert.ok(sum(6) > 0)
  assert.equal(sum(6), sum(7))
  assert.deepEqual(cells[0]!.slice(2), ['payment.cap_ok', order, number, 'A:psp:sandbox', '13.90', '', 'EUR'])

  const datev = await exported('format=datev&from=2026-11-24&to=2026-11-24')
  assert.equal(datev.headers['content-disposition'], 'attachment; filename="EXTF_Buchungsstapel_2026-11-24_2026-11-24.csv"')
  const lines = datev.bytes.toString('latin1').trimEnd().split('\r\n')
  assert.match(lines[0]!, /^"EXTF";700;21;"Buchungsstapel";13;20261124\d{9};;"KP";"";"";1001;1;20260101;4;20261124;20261124;/)
  // As bytes: one for each letter.
  assert.ok(lines[1]!.includes('BU-Schl\u00fcssel'))
  const balance = new Map<string, number>()
  for (const line of lines.slice(2)) {
    const fields = line.split(';')
    assert.deepEqual([fields[9], fields[10]], ['2411', `"${number}"`])
    const amount = Math.round(Number(fields[0]!.replace(',', '.')) * 100)
    balance.set(fields[6]!, (balance.get(fields[6]!) ?? 0) + amount)
    balance.set(fields[7]!, (balance.get(fields[7]!) ?? 0) - amount)
  }
  // 13.90 with 7 % in it: 1299 of sales and shipping, 91 of tax.
  assert.deepEqual(Object.fromEntries(balance), { 1360: 1390, 1710: 0, 1770: -91, 8200: -1299 })
})

test('a period is of whole days, and of one fiscal year', async () => {
  await buy()
  const empty = await exported('from=2026-11-25&to=2026-11-30')
  assert.equal(empty.text.trimEnd().split('\r\n').length, 1)
  for (const [query, path] of [
    ['from=2026-11-31&to=2026-12-01', 'query:from'],
    ['from=2026-11-24&to=2026-11-23', 'query:to'],
    ['format=datev&from=2025-12-31&to=2026-01-01', 'query:to'],
    ['format=datev&from=2026-11-24&to=2026-11-24&currency=KWD', 'query:currency'],
  ] as const) {
    const { status, body } = await exported(query)
    assert.deepEqual([status, body.errors?.[0]?.path], [400, path], query)
  }
})
