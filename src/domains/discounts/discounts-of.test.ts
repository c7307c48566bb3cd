// What discounts take: worked examples, and what holds of any cart and any discounts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChance } from '../../../test/support/chance.ts'
import { allocateMoney, money } from '../../base/money.ts'
import type { Discount } from './collections.ts'
import { normalCode } from './discount-code.ts'
import { ppmOf } from './discount-value.ts'
import { type Candidate, type DiscountContext, discountsOf } from './discounts-of.ts'
import type { PricedGoods } from './taken-by.ts'

const eur = (amount: number) => money(amount, 'EUR')
let made = 0
function discount(fields: Partial<Discount>): Candidate {
  made += 1
  const id = `dsc_${String(made).padStart(6, '0')}`
  const code = fields.code === undefined ? `CODE${made}` : fields.code
  const none = {
    products: [],
    categories: [],
    getProducts: [],
    getCategories: [],
    customerGroups: [],
    minimumSum: null,
    minimumQuantity: null,
  }
  const open = { startsAt: null, endsAt: null, usesMax: null, usesPerCustomerMax: null, firstOrder: false, combines: false, active: true }
  const times = { createdAt: 0, updatedAt: 0, version: 1 }
  const given = { id, title: `No. ${made}`, kind: 'percent', value: 10, per: 'order', ...none, ...open, ...times, ...fields, code } as const
  return { discount: given as Discount, uses: 0, usesOfCustomer: 0, hasOrdered: false }
}
const line = (unitPrice: number, quantity = 1, product = 'a', categories: readonly string[] = []): PricedGoods => ({
  product,
  categories,
  unitPrice: eur(unitPrice),
  quantity,
})

type Given = Partial<DiscountContext> & { readonly shipping?: number | null }
function takenOf(lines: readonly PricedGoods[], candidates: readonly Candidate[], { shipping = 390, ...more }: Given = {}) {
  const codes = candidates.flatMap(({ discount: { code } }) => code ?? [])
  const context = { currency: 'EUR', now: 1_000, candidates, codes, customerGroup: null, isGuest: true, ...more }
  const found = discountsOf(lines, shipping === null ? null : eur(shipping), context)
  return {
    lines: found.lines.map(({ amount }) => amount),
    shipping: found.shipping.amount,
    titles: found.applied.map(({ discount: { title } }) => title),
    whyNot: found.refused.map(({ reason }) => reason.code),
    messages: found.refused.map(({ reason }) => reason.message),
    told: found.refused.map(({ title }) => title),
  }
}

test('a percentage of the order is rounded once, its cents to the largest remainders, ties to the earlier line', () => {
  assert.deepEqual(takenOf([line(333), line(333), line(333)], [discount({ value: 10 })]).lines, [34, 33, 33])
  assert.deepEqual(takenOf([line(1), line(1), line(1)], [discount({ value: 50 })]).lines, [1, 1, 0])
  // By the line and by the unit it is rounded there.
  assert.deepEqual(takenOf([line(333, 2), line(333)], [discount({ value: 10, per: 'line' })]).lines, [67, 33])
  assert.deepEqual(takenOf([line(335, 2), line(335)], [discount({ value: 10, per: 'unit' })]).lines, [68, 34])
  assert.deepEqual(takenOf([line(1000)], [discount({ value: 12.5 })]).lines, [125])
})

test('a fixed amount is taken once, by the line or by the unit, and never more than there is', () => {
  const of = (per: Discount['per'], amount: number) =>
    takenOf([line(1000, 2), line(500)], [discount({ kind: 'fixed', value: eur(amount), per })])
  assert.deepEqual(of('order', 500).lines, [400, 100])
  assert.deepEqual(of('line', 600).lines, [600, 500])
  assert.deepEqual(of('unit', 600).lines, [1200, 500])
  assert.deepEqual(of('order', 99_999).lines, [2000, 500])
})

test('the shipping is taken off once it is chosen, up to a bound', () => {
  const free = discount({ kind: 'free_shipping', value: null })
  assert.deepEqual([takenOf([line(100)], [free]).shipping, takenOf([line(100)], [free], { shipping: 0 }).whyNot], [390, ['nothing_left']])
  assert.equal(takenOf([line(100)], [discount({ kind: 'free_shipping', value: eur(300) })]).shipping, 300)
  assert.deepEqual(takenOf([line(100)], [free], { shipping: null }).whyNot, ['no_shipping'])
})

test('who buys so many gets the cheapest of them', () => {
  const two = discount({ kind: 'buy_x_get_y', value: { buy: 2, get: 1 } })
  assert.deepEqual(takenOf([line(500, 2), line(300)], [two]).lines, [0, 300])
  assert.deepEqual(takenOf([line(500, 2)], [two]).whyNot, ['nothing_left'])
  assert.deepEqual(takenOf([line(500, 6)], [two]).lines, [1000])
  assert.deepEqual(takenOf([line(500, 6)], [discount({ kind: 'buy_x_get_y', value: { buy: 2, get: 1, percent: 50 } })]).lines, [500])
  assert.deepEqual(takenOf([line(500, 6)], [discount({ kind: 'buy_x_get_y', value: { buy: 2, get: 1, timesMax: 1 } })]).lines, [500])
  // Something else for it, and something that is bought for itself as well.
  const gift = discount({ kind: 'buy_x_get_y', value: { buy: 1, get: 1 }, products: ['a'], getProducts: ['b'] })
  assert.deepEqual(takenOf([line(500, 1, 'a'), line(900, 2, 'b')], [gift]).lines, [0, 900])
  const either = discount({ kind: 'buy_x_get_y', value: { buy: 1, get: 1 }, products: ['a', 'b'], getProducts: ['b'] })
  assert.deepEqual(takenOf([line(500, 1, 'a'), line(900, 2, 'b')], [either]).lines, [0, 900])
})

test('it is for what it names, and counts no other goods towards its conditions', () => {
  const lines = [line(1000, 1, 'a', ['poems']), line(3000, 1, 'b')]
  assert.deepEqual(takenOf(lines, [discount({ categories: ['poems'] })]).lines, [100, 0])
  assert.deepEqual(takenOf(lines, [discount({ products: ['b'], categories: ['poems'] })]).lines, [100, 300])
  assert.deepEqual(takenOf(lines, [discount({ products: ['c'] })]).whyNot, ['nothing_matches'])
  const few = takenOf(lines, [discount({ products: ['a'], minimumSum: eur(1500) })])
  assert.deepEqual(few.messages, ['This code asks for 15.00 EUR of what it is for: 5.00 EUR more.'])
  assert.deepEqual(takenOf(lines, [discount({ products: ['a'], minimumQuantity: 2 })]).whyNot, ['minimum_quantity'])
})

test('amounts in another currency than the cart are compared with nothing, and the reason says which', () => {
  const dollars = [{ kind: 'fixed', value: money(100, 'USD') }, { minimumSum: money(1, 'USD') }] as const
  for (const fields of dollars) {
    const found = takenOf([line(500)], [discount(fields)])
    assert.deepEqual([found.lines, found.whyNot], [[0], ['other_currency']])
    assert.match(found.messages[0]!, /USD.*EUR/)
    // Nobody typed one without a code in, so nobody is told of it.
    assert.deepEqual(takenOf([line(500)], [discount({ ...fields, code: null })]).lines, [0])
  }
})

test('what is over, paused, not begun or for others has one answer with what never was', () => {
  const cases: Partial<Discount>[] = [{ active: false }, { startsAt: 1_001 }, { endsAt: 1_000 }, { customerGroups: ['wholesale'] }]
  for (const fields of cases) assert.deepEqual(takenOf([line(500)], [discount(fields)]).whyNot, ['unavailable'])
  const unknown = discountsOf([line(500)], null, {
    currency: 'EUR',
    now: 0,
    candidates: [],
    codes: ['NONE'],
    customerGroup: null,
    isGuest: true,
  })
  const paused = takenOf([line(500)], [discount({ active: false })])
  assert.deepEqual([unknown.refused[0]!.reason.message, unknown.refused[0]!.title], [paused.messages[0], paused.told[0]])
  assert.deepEqual(takenOf([line(500)], [discount({ startsAt: 1_000, endsAt: 1_001 })]).lines, [50])
  assert.deepEqual(takenOf([line(500)], [discount({ customerGroups: ['wholesale'] })], { customerGroup: 'wholesale' }).lines, [50])
})

test('limits and a first order say so', () => {
  const used = (fields: Partial<Discount>, more: Partial<Candidate>) => takenOf([line(500)], [{ ...discount(fields), ...more }]).whyNot
  assert.deepEqual(used({ usesMax: 2 }, { uses: 2 }), ['used_up'])
  assert.deepEqual(used({ usesMax: 2 }, { uses: 1 }), [])
  assert.deepEqual(used({ usesPerCustomerMax: 1 }, { usesOfCustomer: 1 }), ['used_by_customer'])
  assert.deepEqual(used({ firstOrder: true }, { hasOrdered: true }), ['not_first_order'])
  // Without a code there is nothing to take out again: it waits for somebody who is known.
  const automatic = discount({ code: null, usesPerCustomerMax: 1 })
  assert.deepEqual([takenOf([line(500)], [automatic]).lines, takenOf([line(500)], [automatic], { isGuest: false }).lines], [[0], [50]])
})

test('what combines goes together, anything else alone, and the customer has what takes most', () => {
  const ten = discount({ title: 'ten', combines: true })
  const euro = discount({ title: 'euro', kind: 'fixed', value: eur(100), combines: true })
  const half = discount({ title: 'half', value: 50 })
  assert.deepEqual(takenOf([line(1000)], [euro, ten]), {
    lines: [200],
    shipping: 0,
    titles: ['ten', 'euro'],
    whyNot: [],
    messages: [],
    told: [],
  })
  const most = takenOf([line(1000)], [ten, half, euro])
  assert.deepEqual([most.lines, most.titles, most.whyNot], [[500], ['half'], ['not_combined', 'not_combined']])
  assert.equal(most.messages[0], 'This code does not go together with “half”, which takes more.')
  const little = takenOf([line(1000)], [discount({ value: 1 }), euro])
  assert.deepEqual([little.lines, little.whyNot], [[100], ['not_combined']])
  // All of it is gone before the second is asked.
  assert.deepEqual(takenOf([line(1000)], [discount({ value: 100, combines: true }), euro]).whyNot, ['nothing_left'])
})

test('codes are one however they are typed, and percentages exact', () => {
  assert.deepEqual(['summer 10', ' Summer10\t', 'ＳＵＭＭＥＲ10', 'straße'].map(normalCode), [
    'SUMMER10',
    'SUMMER10',
    'SUMMER10',
    'STRASSE',
  ])
  assert.deepEqual([10, 12.5, 0.0001, 33.3333, 100].map(ppmOf), [100_000, 125_000, 1, 333_333, 1_000_000])
  assert.deepEqual([0, -1, 100.1, 0.00001, 33.33333].map(ppmOf), [null, null, null, null, null])
})

test('of any cart and any discounts no line and no shipping falls below zero, and all parts sum', (t) => {
  const chance = createChance((words) => t.diagnostic(words))
  const { below, pick } = chance
  for (let cart = 1; cart <= 3_000; cart++) {
    const prices = pick([10, 1_000, 10_000_000_000])
    const lines = Array.from({ length: 1 + below(6) }, () =>
      line(below(prices), 1 + below(9), pick(['a', 'b', 'c']), pick([[], ['x'], ['x', 'y']])),
    )
    const candidates = Array.from({ length: below(6) }, (): Candidate => {
      const [kind, value] = pick([
        ['percent', (1 + below(1_000_000)) / 10_000],
        ['fixed', eur(1 + below(prices * 3))],
        ['free_shipping', pick([null, eur(1 + below(500))])],
        ['buy_x_get_y', { buy: 1 + below(3), get: 1 + below(3), percent: pick([100, 50, 33.3333]) }],
      ] as const)
      const per = kind === 'percent' || kind === 'fixed' ? pick(['order', 'line', 'unit'] as const) : 'order'
      const products = pick([[], ['a'], ['a', 'b']])
      const more = { products, categories: pick([[], [], ['y']]), combines: below(3) > 0, code: pick([null, undefined]) }
      const gets = kind === 'buy_x_get_y' ? { getProducts: pick([[], ['b', 'c']]) } : {}
      const { code, ...rest } = more
      return discount({ kind, value: value as never, per, ...rest, ...gets, ...(code === null ? { code } : {}) })
    })
    const shipping = pick([null, 0, 390])
    const found = takenOf(lines, candidates, { shipping })
    const told = `cart ${cart}`
    for (const [index, taken] of found.lines.entries()) {
      const { unitPrice, quantity } = lines[index]!
      assert.ok(taken >= 0 && taken <= unitPrice.amount * quantity, told)
    }
    assert.ok(found.shipping >= 0 && found.shipping <= (shipping ?? 0), told)
    assert.deepEqual(
      takenOf(lines, candidates.toReversed(), { shipping }),
      { ...found, whyNot: found.whyNot.toReversed(), messages: found.messages.toReversed(), told: found.told.toReversed() },
      told,
    )
    const codes = candidates.filter(({ discount: { code } }) => code !== null)
    const taking = codes.filter(({ discount: { title } }) => found.titles.includes(title)).length
    assert.equal(taking + found.whyNot.length, codes.length, `${told}: each code takes something or says why not`)
    // An order's percentage and amount are one rounding, divided by largest remainder: checked against the sum.
    const alone = discount({ value: 17 })
    const sum = lines.reduce((all, { unitPrice, quantity }) => all + unitPrice.amount * quantity, 0)
    const whole = Number((BigInt(sum) * 17n + 50n) / 100n)
    const parts = allocateMoney(
      eur(whole),
      lines.map(({ unitPrice, quantity }) => unitPrice.amount * quantity),
    )
    assert.deepEqual(takenOf(lines, [alone], { shipping }).lines, sum === 0 ? lines.map(() => 0) : parts.map(({ amount }) => amount), told)
  }
})
