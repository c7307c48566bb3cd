// The arithmetic of what is paid, against an oracle on random baskets in every currency, and the cases that other shops got wrong.
// `node test/money/main.ts` is the long form.
// databases: sqlite
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minorDigits } from '../../src/base/currencies.ts'
import { allocateMoney, type Money, money } from '../../src/base/money.ts'
import { sandbox } from '../../src/config/payment-makers.ts'
import type { ShopSettings } from '../../src/config/project.ts'
import { taxOf } from '../../src/config/tax.ts'
import { eq } from '../../src/contract/filter.ts'
import { priceBasket } from '../../src/domains/carts/totals.ts'
import { shippingMethods } from '../../src/domains/catalog/collections.ts'
import { listPrices, priceLists } from '../../src/domains/catalog/price-lists.ts'
import { payments } from '../../src/domains/payments/collections.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { address, openWorld, testConfig, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { allCurrencies, checkBasket } from './baskets.ts'

const count = 1_000
const first = 1_000_001

test(`${count} baskets in all currencies come to what the oracle says, and to nothing once all is given back`, () => {
  assert.ok(count > allCurrencies.length)
  for (let seed = first; seed < first + count; seed++) checkBasket(seed)
})

type Line = { readonly price: number; readonly quantity?: number; readonly off?: number }
type Policy = { readonly prices: 'included' | 'added'; readonly ratePpm: number; readonly rounding?: 'line' | 'group' }

function price(lines: readonly Line[], { ratePpm, ...policy }: Policy, shipping = 0) {
  const shop = { tax: taxOf({ ...policy, rates: [{ country: 'DE', ratePpm }] }, 'UTC') } as ShopSettings
  const eur = (amount: number) => money(amount, 'EUR')
  return priceBasket(shop, {
    currency: 'EUR',
    lines: lines.map(({ price: of, quantity = 1, off = 0 }, index) => ({
      id: `l${index}`,
      unitPrice: eur(of),
      quantity,
      discount: eur(off),
      taxClass: 'standard',
    })),
    shipping: { price: eur(shipping), discount: eur(0) },
    place: { country: 'DE', region: null, at: 0 },
    exemption: null,
  })
}
const amounts = ({ tax, total }: { readonly tax: Money; readonly total: Money }) => [tax.amount, total.amount]

test('24.99 and 10.75 % are 27.68 and no 27.676425 (medusa #14818), so nothing is pending once that is captured (#13972)', () => {
  const { totals, lines, taxes } = price([{ price: 2_499 }], { prices: 'added', ratePpm: 107_500 })
  assert.deepEqual(amounts(totals), [269, 2_768])
  assert.deepEqual([lines[0]!.tax.amount, taxes[0]!.net.amount], [269, 2_499])
  // Shipping of 6.44 is taxed with its goods: 31.43 and 3.378725.
  assert.deepEqual(amounts(price([{ price: 2_499 }], { prices: 'added', ratePpm: 107_500 }, 644).totals), [338, 3_481])
})

test('ten times 38.23 with 20 % in it are 382.30, of which 63.72 are tax; 6.2 % off are 358.60 (vendure #2662)', () => {
  const policy = { prices: 'included', ratePpm: 200_000 } as const
  const whole = price([{ price: 3_823, quantity: 10 }], policy)
  assert.deepEqual([...amounts(whole.totals), whole.taxes[0]!.net.amount], [6_372, 38_230, 31_858])
  assert.deepEqual(amounts(price([{ price: 3_823, quantity: 10, off: 2_370 }], policy).totals), [5_977, 35_860])
})

test('164.02 and 2.6 % are 168.28 (vendure #2662): 4.26452 rounds to 4.26, however many lines it lies on', () => {
  const policy = { prices: 'added', ratePpm: 26_000 } as const
  assert.deepEqual(amounts(price([{ price: 16_402 }], policy).totals), [426, 16_828])
  const parts = [{ price: 2_690, quantity: 3 }, { price: 4_166 }, { price: 4_166 }]
  assert.deepEqual(amounts(price(parts, policy).totals), [426, 16_828])
})

test('10 % off many units is taken off the line and no unit (vendure #3003): 1234.36 are 1110.92', () => {
  const { totals, lines } = price([{ price: 30_859, quantity: 4, off: 12_344 }], { prices: 'included', ratePpm: 190_000 })
  assert.deepEqual([totals.total.amount, lines[0]!.total.amount, totals.discount.amount], [111_092, 111_092, 12_344])
})

test('a discount of an order lies on its lines to the cent (saleor #17024)', () => {
  const shares = allocateMoney(money(1_000, 'EUR'), [1_000, 1_000, 1_000])
  assert.deepEqual(
    shares.map(({ amount }) => amount),
    [334, 333, 333],
  )
  const lines = shares.map(({ amount: off }) => ({ price: 1_000, off }))
  const { totals, lines: priced } = price(lines, { prices: 'added', ratePpm: 230_000 })
  assert.deepEqual([...amounts(totals), totals.discount.amount], [460, 2_460, 1_000])
  assert.equal(
    priced.reduce((sum, { total, tax }) => sum + total.amount + tax.amount, 0),
    2_460,
  )
})

test('each sum of an order is whole cents, so that nothing is left over to be paid (medusa #11331, #12805)', () => {
  // 12.99 and 8.25 % are 14.061675, twice that and shipping of 5.00 are 33.53585: here each is rounded once, and what is shown adds up.
  for (const rounding of ['line', 'group'] as const) {
    const { totals, lines, taxes } = price([{ price: 1_299 }, { price: 1_299 }], { prices: 'added', ratePpm: 82_500, rounding }, 500)
    const all = [totals.subtotal, totals.tax, totals.total, ...lines.map(({ tax }) => tax), ...taxes.map(({ tax }) => tax)]
    assert.ok(all.every(({ amount }) => Number.isSafeInteger(amount)))
    assert.equal(totals.total.amount, totals.subtotal.amount + totals.shipping.amount + totals.tax.amount)
  }
})

test('three times 0.99 and 23 % are 0.68 of tax together and 0.69 by line (saleor #12348): the policy says which', () => {
  const lines = [{ price: 99 }, { price: 99 }, { price: 99 }]
  assert.deepEqual(amounts(price(lines, { prices: 'added', ratePpm: 230_000 }).totals), [68, 365])
  assert.deepEqual(amounts(price(lines, { prices: 'added', ratePpm: 230_000, rounding: 'line' }).totals), [69, 366])
})

test('five times 99.00 with 22 % in it hold 89.26 of tax (alf.io #576)', () => {
  assert.deepEqual(amounts(price([{ price: 9_900, quantity: 5 }], { prices: 'included', ratePpm: 220_000 }).totals), [8_926, 49_500])
})

test('6.00 and 1.20 with 10 % in them hold 0.65 together and 0.66 by line (openfoodnetwork #847): the policy says which', () => {
  const lines = [{ price: 600 }, { price: 120 }]
  assert.deepEqual(amounts(price(lines, { prices: 'included', ratePpm: 100_000 }).totals), [65, 720])
  assert.deepEqual(amounts(price(lines, { prices: 'included', ratePpm: 100_000, rounding: 'line' }).totals), [66, 720])
})

const perShop = 20
/** Those of no digits, of three and of four, and those of which Intl says other digits than ISO; `EVERY_CURRENCY=1` takes all. */
const odd = allCurrencies.filter((code) => minorDigits(code) !== 2)
const chosen = process.env['EVERY_CURRENCY']
  ? allCurrencies
  : ['EUR', ...odd, 'HUF', 'IDR', 'COP', 'PKR', 'USD', 'CHF', 'INR', 'ZAR', 'ARS']
const shops = Array.from({ length: Math.ceil(chosen.length / perShop) }, (_, index) => chosen.slice(index * perShop, (index + 1) * perShop))

for (const currencies of shops)
  test(`what is captured is the total, in ${currencies.join(', ')}`, async () => {
    const tax = { prices: 'added', ratesPpm: { '*': 107_500 } } as const
    const [currency] = currencies
    const world = await openWorld({
      config: { ...testConfig, shop: { currency, currencies: currencies.slice(1), tax, payments: [sandbox()] } as never },
    })
    try {
      await world.engine.start()
      await world.write(async (tx) => {
        await tx.adjust(stockLevels, world.ids['variantLevel']!, { add: { onHand: 1_000, available: 1_000 } })
        if (currency === 'EUR') {
          const method = (await tx.get(shippingMethods, world.ids['shipping']!))!
          await tx.update(shippingMethods, method, {
            set: { otherPrices: currencies.slice(1).map((code) => ({ price: money(390, code) })) },
          })
        }
        for (const [index, code] of currencies.entries()) {
          const list = world.engine.newId('plst')
          await tx.insert(priceLists, { id: list, title: code, currency: code, active: true, customerGroups: [] } as never)
          const amount = money(33_333 + index * 7, code)
          await tx.insert(listPrices, {
            id: world.engine.newId('lprc'),
            list,
            variant: world.ids['variant'],
            price: amount,
            fromQuantity: 1,
          } as never)
        }
      })
      for (const code of currencies) {
        const lines = [{ variant: world.ids['variant'], quantity: 3 }]
        // The shop's way to send costs euros: one that sells in none has none.
        const shipping = currency === 'EUR' ? { shippingMethod: world.ids['shipping'] } : {}
        const made = await world.call('guest', {
          method: 'POST',
          url: '/api/carts',
          body: { email: 'a@example.com', shippingAddress: address, currency: code, lines, ...shipping },
        })
        assert.equal(made.status, 201, made.text)
        const headers = { 'cart-token': made.body.token }
        const asked = {
          method: 'POST',
          url: `/api/carts/${made.body.id}/checkout`,
          headers,
          body: { payment: { provider: 'sandbox', method: 'card_success' } },
        } as const
        const { status, body, text } = await world.call('guest', asked)
        assert.equal(status, 201, text)
        const { subtotal, shipping: sent, tax: taxed, total } = body.order.totals
        assert.deepEqual([total.currency, total.amount], [code, subtotal.amount + sent.amount + taxed.amount])
        await work(world, 50)
        const [payment] = await findAll(world.engine.parts.storage.reader, payments, eq('order', body.order.id))
        assert.deepEqual(payment?.captured, total)
        assert.equal(
          world.book.get(payment!.providerRef!)!.captures.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
          total.amount,
        )
      }
    } finally {
      await closeWithBooks(world)
    }
  })
