// Which price a customer has: worked examples, what holds of any lists in any order, and how often the database is asked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChance } from '../../../test/support/chance.ts'
import { limits } from '../../base/limits.ts'
import { money } from '../../base/money.ts'
import { findListPrices, isCurrent, type Listed, lowestPrice } from './list-price.ts'
import type { PriceList } from './price-lists.ts'

const eur = (amount: number) => money(amount, 'EUR')
const listOf = (id: string, fields: Partial<PriceList> = {}) =>
  ({ id, title: id, active: true, currency: 'EUR', customerGroups: [], startsAt: null, endsAt: null, ...fields }) as unknown as PriceList
const listed = (id: string, amount: number, fromQuantity = 1, fields: Partial<PriceList> = {}) => {
  const of = listOf(id, fields)
  return { of, list: id, variant: 'v', price: money(amount, of.currency), fromQuantity } as unknown as Listed
}
const told = (own: number, quantity: number, all: readonly Listed[], currency = 'EUR') => {
  const found = lowestPrice(eur(own), all, { quantity, currency })
  return found && [found.price.amount, found.list?.id ?? null, found.fromQuantity]
}

test('the lowest price for so many is had, and on a tie the own one, then that of the earlier list from fewer', () => {
  const all = [listed('b', 900, 10), listed('a', 900, 10), listed('a', 900, 5), listed('c', 1_000), listed('d', 999, 11)]
  assert.deepEqual(told(1_000, 1, all), [1_000, null, 1])
  assert.deepEqual(told(1_000, 9, all), [900, 'a', 5])
  assert.deepEqual(told(1_000, 11, all), [900, 'a', 5])
  assert.deepEqual(told(800, 11, all), [800, null, 1])
  assert.deepEqual(told(1_000, 1, [listed('a', 0)]), [0, 'a', 1])
})

test('amounts of two currencies are never compared', () => {
  const all = [listed('yen', 1, 1, { currency: 'JPY' }), listed('euro', 900)]
  assert.deepEqual(told(1_000, 1, all), [900, 'euro', 1])
  assert.deepEqual(told(1_000, 1, all, 'JPY'), [1, 'yen', 1])
  assert.equal(told(1_000, 1, all, 'CHF'), null)
})

test('a list holds from its first moment until before its last, for its groups, while it is on', () => {
  const terms = { currency: 'EUR', customerGroup: 'wholesale', now: 100 }
  const cases: [Partial<PriceList>, boolean][] = [
    [{}, true],
    [{ startsAt: 100 }, true],
    [{ startsAt: 101 }, false],
    [{ endsAt: 101 }, true],
    [{ endsAt: 100 }, false],
    [{ active: false }, false],
    [{ customerGroups: ['wholesale', 'press'] }, true],
    [{ customerGroups: ['press'] }, false],
    [{ currency: 'CHF' }, false],
  ]
  for (const [fields, expected] of cases) assert.equal(isCurrent(listOf('a', fields), terms), expected, JSON.stringify(fields))
  assert.equal(isCurrent(listOf('a', { customerGroups: ['wholesale'] }), { ...terms, customerGroup: null }), false)
})

test('whatever order rows come in, the price is the same, and more never costs more by the piece', (t) => {
  const chance = createChance((line) => t.diagnostic(line))
  for (let run = 0; run < 2_000; run++) {
    const all = Array.from({ length: chance.below(12) }, () => listed(`l${chance.below(4)}`, chance.below(50), 1 + chance.below(20)))
    const own = chance.below(60)
    let before = Number.POSITIVE_INFINITY
    for (const quantity of [1, 5, 10, 20]) {
      const found = told(own, quantity, all)!
      assert.deepEqual(told(own, quantity, all.toReversed()), found, `run ${run}`)
      const least = Math.min(own, ...all.filter(({ fromQuantity }) => fromQuantity <= quantity).map(({ price }) => price.amount))
      assert.equal(found[0], least)
      assert.ok((found[0] as number) <= before)
      before = found[0] as number
    }
  }
})

test('all lines of a cart are one statement, and none where no list holds', async () => {
  let asked = 0
  const read = {
    async find() {
      asked += 1
      return [] as never[]
    },
  }
  const ids = Array.from({ length: limits.cartLinesMax }, (_, index) => `var_${index}`)
  await findListPrices(read, ids, [])
  assert.equal(asked, 0)
  await findListPrices(read, ids, [listOf('a'), listOf('b')])
  assert.equal(asked, 1)
})
