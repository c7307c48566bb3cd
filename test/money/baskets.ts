// Random baskets in every currency, priced by the shop's arithmetic and by an oracle, ordered, and given back in random parts.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { isCurrency } from '../../src/base/currencies.ts'
import { money } from '../../src/base/money.ts'
import type { ShopSettings } from '../../src/config/project.ts'
import { taxOf } from '../../src/config/tax.ts'
import { type Basket, type Priced, priceBasket, withoutTax } from '../../src/domains/carts/totals.ts'
import type { Order, OrderTax } from '../../src/domains/orders/collections.ts'
import { paidFor, shareOfUnits } from '../../src/domains/orders/paid-for.ts'
import { recognition } from '../../src/domains/orders/place-order.ts'
import { partsOf } from '../../src/domains/orders/sale-parts.ts'
import { reckon } from './oracle.ts'

const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
export const allCurrencies = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c))).filter(isCurrency)

type Dice = (below: number) => number

/** xorshift32 and multiply: the same baskets for a seed, on every machine. */
function diceOf(seed: number): Dice {
  let state = (seed * 2_654_435_761) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * below)
  }
}

const rates = [0, 21_000, 26_000, 55_000, 70_000, 81_000, 88_750, 107_500, 123_457, 190_000, 200_000, 255_000, 333_333, 1_000_000]
const classes = ['standard', 'reduced', 'books', 'zero']
const place = { country: 'DE', region: null, at: 0 } as const

type Case = { readonly shop: ShopSettings; readonly basket: Basket; readonly ratePpm: (taxClass: string) => number }

export function basketOf(seed: number): Case {
  const roll = diceOf(seed)
  const currency = allCurrencies[seed % allCurrencies.length]!
  const own = new Map(classes.map((name) => [name, name === 'zero' ? 0 : rates[roll(rates.length)]!]))
  const tax = taxOf(
    {
      prices: roll(2) === 0 ? 'included' : 'added',
      rounding: roll(2) === 0 ? 'line' : 'group',
      rates: [...own].map(([name, ratePpm]) => ({ country: 'DE', class: name, ratePpm })),
    },
    'UTC',
  )
  const largest = 10 ** (1 + roll(9))
  const lines = Array.from({ length: roll(8) === 0 ? roll(40) : roll(6) }, (_, index) => {
    const unitPrice = roll(12) === 0 ? 0 : roll(largest)
    const quantity = 1 + roll(roll(4) === 0 ? 500 : 5)
    const discount = roll(2) === 0 ? 0 : Math.floor((unitPrice * quantity * roll(101)) / 100)
    return {
      id: `l${index}`,
      unitPrice: money(unitPrice, currency),
      quantity,
      discount: money(discount, currency),
      taxClass: classes[roll(classes.length)]!,
    }
  })
  const price = roll(largest)
  const shipping = roll(4) === 0 ? null : { price: money(price, currency), discount: money(roll(3) === 0 ? roll(price + 1) : 0, currency) }
  const basket: Basket = { currency, lines, shipping, place, exemption: roll(10) === 0 ? 'reverse_charge' : null }
  return { shop: { tax } as ShopSettings, basket, ratePpm: (name) => own.get(name)! }
}

/** Prices the basket of a seed both ways, and looks at all that must hold. Answers what it comes to. */
export function checkBasket(seed: number): Priced {
  const { shop, basket: gross, ratePpm } = basketOf(seed)
  const net = withoutTax(shop, { ...gross, lines: gross.lines.map((line) => ({ ...line, discount: money(0, gross.currency) })) })
  // A discount is found after the tax is out: never more than there is.
  const basket =
    gross.exemption === null ? gross : { ...net, shipping: net.shipping && { ...net.shipping, discount: money(0, net.currency) } }
  const priced = priceBasket(shop, basket)
  const isExempt = basket.exemption !== null
  const reckoned = reckon(basket, {
    isIncluded: shop.tax.isIncluded && !isExempt,
    rounding: shop.tax.rounding,
    ratePpm: isExempt ? () => 0 : ratePpm,
  })
  const { totals, taxes, lines, shipping } = priced
  const said = {
    tax: `${totals.tax.amount}`,
    total: `${totals.total.amount}`,
    lineTaxes: lines.map(({ tax }) => `${tax.amount}`),
    groups: taxes.map(({ ratePpm: rate, taxClass, net: base, tax }) => ({
      ratePpm: rate,
      net: `${base.amount}`,
      tax: `${tax.amount}`,
      shipping: `${shipping.parts.find((part) => part.ratePpm === rate && (rate > 0 || part.taxClass === taxClass))?.total.amount ?? 0}`,
    })),
  }
  assert.deepEqual(said, reckoned, `seed ${seed}`)
  checkSums(seed, priced)
  checkRefunds(seed, basket, priced)
  return priced
}

function checkSums(seed: number, { totals, taxes, lines, shipping, taxIncluded }: Priced): void {
  const sum = (of: readonly { readonly amount: number }[]) => of.reduce((all, { amount }) => all + amount, 0)
  const { subtotal, discount, tax, total } = totals
  const added = taxIncluded ? 0 : tax.amount
  assert.equal(
    sum(lines.map((line) => line.subtotal)) + shipping.price.amount - discount.amount + added,
    total.amount,
    `seed ${seed}: total`,
  )
  assert.equal(
    sum(lines.map((line) => line.total)) + sum(shipping.parts.map((part) => part.total)) + added,
    total.amount,
    `seed ${seed}: parts`,
  )
  assert.equal(sum(lines.map((line) => line.discount)) + shipping.discount.amount, discount.amount, `seed ${seed}: discounts`)
  assert.equal(sum(lines.map((line) => line.tax)) + sum(shipping.parts.map((part) => part.tax)), tax.amount, `seed ${seed}: taxes of parts`)
  assert.equal(sum(taxes.map((group) => group.tax)), tax.amount, `seed ${seed}: taxes of groups`)
  assert.equal(sum(taxes.map((group) => group.net)) + tax.amount, total.amount, `seed ${seed}: net and tax`)
  assert.ok(
    subtotal.amount >= 0 && total.amount >= 0 && lines.every((line) => line.tax.amount >= 0 && line.total.amount >= 0),
    `seed ${seed}`,
  )
}

/** As checkout keeps it. */
function orderOf(basket: Basket, { lines, shipping, taxes, taxIncluded, totals }: Priced): Order {
  return {
    id: 'ord_1',
    lines: lines.map(({ id, total, tax, ratePpm, taxClass }, index) => ({
      id,
      quantity: basket.lines[index]!.quantity,
      total,
      tax,
      taxRatePpm: ratePpm,
      taxClass,
    })),
    shipping: { price: shipping.price, parts: shipping.parts },
    taxes: taxes as readonly OrderTax[],
    taxIncluded,
    totals,
    total: totals.total,
    addresses: { shipping: { country: 'DE' } },
  } as unknown as Order
}

/** All units of all lines, in an order by chance, and what is left in two amounts: each account ends at nothing, to the cent. */
function checkRefunds(seed: number, basket: Basket, priced: Priced): void {
  const roll = diceOf(seed + 1)
  const order = orderOf(basket, priced)
  const { currency, amount: total } = order.total
  const paid = paidFor(order)
  const back = new Map<string, { units: number; amount: number }>()
  let given = 0
  const check = () => {
    const parts = partsOf(order, given, back)
    assert.equal(
      [...parts.values()].reduce((all, one) => all + one, 0),
      given,
      `seed ${seed}: the parts of ${given}`,
    )
    for (const leg of recognition(order).slice(1)) {
      const part = parts.get(leg.account) ?? 0
      assert.ok(part >= 0 && part <= -leg.amount.amount, `seed ${seed}: ${leg.account} gives back ${part} of ${-leg.amount.amount}`)
    }
    return parts
  }
  const open = order.lines.map(({ id, quantity }) => ({ id, left: quantity, quantity }))
  while (open.length > 0) {
    const index = roll(open.length)
    const line = open[index]!
    const units = roll(4) === 0 ? line.left : 1 + roll(line.left)
    const before = line.quantity - line.left
    const amount = shareOfUnits(paid.lines.get(line.id)!, { before, units, of: line.quantity })
    assert.ok(amount >= 0, `seed ${seed}: a refund of units is no charge`)
    given += amount
    back.set(line.id, { units: before + units, amount: (back.get(line.id)?.amount ?? 0) + amount })
    line.left -= units
    if (line.left === 0) open.splice(index, 1)
    if (roll(3) === 0 || open.length === 0) check()
  }
  assert.equal(given + paid.shipping.amount, total, `seed ${seed}: all lines and the shipping are all that was paid`)
  for (const part of [Math.floor(paid.shipping.amount / 3), paid.shipping.amount - Math.floor(paid.shipping.amount / 3)]) {
    given += part
    check()
  }
  const ended = check()
  for (const leg of recognition(order).slice(1))
    assert.equal(ended.get(leg.account) ?? 0, 0 - leg.amount.amount, `seed ${seed}: ${leg.account}`)
  assert.equal(currency, basket.currency)
}

/** Of the integers of many baskets: the same on every machine and database. */
export function digestOf(rows: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 16)
}
