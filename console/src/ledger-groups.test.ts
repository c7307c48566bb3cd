/** Transfers are shown whole, and one that does not sum to zero is never called balanced. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountClass, booksOf, groupTransfers } from './ledger-groups.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const entry = (id: string, transfer: string, account: string, amount: number, postedAt: string) => ({
  id,
  transfer,
  account,
  amount: eur(amount),
  postedAt,
})

test('entries are grouped by transfer, oldest first, debits first', () => {
  const groups = groupTransfers([
    entry('3', 't2', 'I:sales', -500, '2026-01-02T00:00:00Z'),
    entry('1', 't1', 'L:deposit:o', -1000, '2026-01-01T00:00:00Z'),
    entry('2', 't1', 'A:psp:sandbox', 1000, '2026-01-01T00:00:00Z'),
  ])
  assert.deepEqual(
    groups.map((group) => [group.transfer, group.balanced, group.entries.map((e) => e.id)]),
    [
      ['t1', true, ['2', '1']],
      ['t2', false, ['3']],
    ],
  )
})

test('two currencies do not cancel each other out', () => {
  const [group] = groupTransfers([
    entry('1', 't', 'a', 100, '2026-01-01T00:00:00Z'),
    {
      ...entry('2', 't', 'b', -100, '2026-01-01T00:00:00Z'),
      amount: { amount: -100, currency: 'USD' },
    },
  ])
  assert.equal(group?.balanced, false)
})

test('books: shares against the largest, classes in order', () => {
  const [book] = booksOf({
    items: [
      { account: 'I:sales', currency: 'EUR', balance: eur(-2000) },
      { account: 'A:psp:sandbox', currency: 'EUR', balance: eur(1000) },
    ],
    totals: [{ currency: 'EUR', sum: eur(-1000) }],
  })
  assert.deepEqual(
    book?.accounts.map((a) => [a.account, a.share]),
    [
      ['A:psp:sandbox', 0.5],
      ['I:sales', -1],
    ],
  )
  assert.equal(book?.sum, -1000)
})

test('account classes', () => {
  assert.equal(accountClass('L:tax:DE,70000'), 'Liability')
  assert.equal(accountClass('other'), '')
})
