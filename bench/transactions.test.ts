import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Counted } from './count-statements.ts'
import { groupTransactions, renderCount } from './transactions.ts'

const statement = (connection: string, sql: string, operation?: string): Counted => ({
  connection,
  sql,
  bytes: 10,
  us: 1,
  ...(operation === undefined ? {} : { operation }),
})

const order = [
  statement('0.1', 'begin immediate'),
  statement('0.2', 'select "id" from "orders" t where t."id"=?'),
  statement('0.1', 'insert into "orders" ("id","total") values (?,?)'),
  statement('0.1', 'insert into "_commits" ("at") values (?)', 'orders.checkOut'),
  statement('0.1', 'commit'),
]

test('a transaction is what stands between begin and commit on one connection', () => {
  const transactions = groupTransactions(order)
  assert.deepEqual(
    transactions.map(({ kind, statements }) => [kind, statements.length]),
    [
      ['reader', 1],
      ['writer', 4],
    ],
  )
})

test('sums are per order, and looks for what is due are no part of them', () => {
  const due = statement('0.2', 'select "id" from "effects" t where t."dueAt"<=?')
  const shared = [statement('0.2', 'begin'), due, statement('0.2', 'commit')]
  const text = renderCount(groupTransactions([...order, ...order, due, ...shared]), 2, false)
  assert.match(text, /^5\.0 statements, 4\.0 of them on the writer; 2\.0 only begin/m)
  assert.match(text, /^1\.0 commits, 2\.0 statements that write, 20 bytes/m)
  assert.match(text, /2 orders\.checkOut +\| +1\.0 \| +4 \|/)
  assert.match(text, /insert into "orders" \(…\)/)
  assert.doesNotMatch(text, /dueAt/)
})

test('what a look at the feed reads beside it is no part of an order', () => {
  const waiting = { ...statement('0.3', 'select 1 from `_commits` where `position` is null limit 1'), trip: 1 }
  const read = (trip: number) => ({ ...statement(`0.${trip}`, 'select `at` from `_commits` where `position`>? limit 500'), trip })
  const text = renderCount(groupTransactions([waiting, read(1), read(2)]), 1, false)
  assert.match(text, /^1\.0 statements/m)
  assert.match(text, /^1\.0 round trips/m)
})
