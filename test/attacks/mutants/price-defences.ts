// The defences of price lists and currencies, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/price-lists.test.ts'
const chosen = 'src/domains/catalog/list-price.ts'

export const priceDefences: readonly Defence[] = [
  {
    name: 'a price for a group is nobody else’s',
    file: chosen,
    from: '(customerGroup !== null && customerGroups.includes(customerGroup))',
    to: 'customerGroup === null',
    test,
    asked: ['nobody a price of a group that is not theirs'],
  },
  {
    name: 'amounts of two currencies are not compared',
    file: chosen,
    from: 'one.of.currency === currency && one.price.currency === currency && ',
    to: '',
    test: 'src/domains/catalog/list-price.test.ts',
    asked: ['amounts of two currencies are never compared'],
  },
  {
    name: 'a caller is told of the lists that hold for them alone',
    file: 'src/domains/catalog/offered-prices.ts',
    from: 'findListPrices(\n    read,\n    of.map(({ id }) => id),\n    own,\n  )',
    to: 'findListPrices(\n    read,\n    of.map(({ id }) => id),\n    lists,\n  )',
    test,
    asked: ['nobody a price of a group that is not theirs'],
  },
  {
    name: 'a method without a price in the currency of a cart is not sent for nothing',
    file: 'src/domains/carts/resolve-cart.ts',
    from: "if (cost === 'currency') return { shipping: null, shippingMisfit }",
    to: "if (cost === 'currency') return { shipping: { ...method, price: money(0, cart.currency) }, shippingMisfit: null }",
    test,
    asked: ['the currency of a cart can be changed'],
  },
  {
    name: 'a provider is not asked for a currency that it does not take',
    file: 'src/domains/orders/order-view.ts',
    from: 'one.currencies?.includes(currency) ?? true',
    to: 'one.id !== currency',
    test,
    asked: ['a provider that does not take the currency'],
  },
  {
    name: 'a price of a list is in the currency of its list',
    file: 'src/domains/catalog/price-lists.ts',
    from: 'if (list !== null) checkCurrencies(wanted, list)',
    to: 'void checkCurrencies',
    test,
    asked: ['what cannot be is refused when it is written'],
  },
  {
    name: 'without what a tax service says nothing is sold',
    file: 'src/domains/carts/tax-quote.ts',
    from: "if (answer === null) throw new EngineError('tax_unavailable')",
    to: 'if (answer === null) return',
    test: 'test/api/tax-service.test.ts',
    asked: ['says nothing that is whole', 'a draft has its rates', 'what is added to an order'],
  },
  {
    name: 'what a tax service says is of one cart',
    file: 'src/domains/carts/tax-question.ts',
    from: 'quote.key === question.key && ',
    to: '',
    test: 'test/api/tax-service.test.ts',
    asked: ['a cart that changes while'],
  },
  {
    name: 'what a tax service leaves out is not zero',
    file: 'src/cli/tax-service.ts',
    from: 'lines.length !== question.lines.length',
    to: 'lines.length < 0',
    test: 'test/api/tax-service.test.ts',
    asked: ['says nothing that is whole'],
  },
  {
    name: 'a price that was agreed on is not lowered',
    file: 'src/domains/carts/totals.ts',
    from: 'line.isAgreed === true ? line :',
    to: 'line.isAgreed === null ? line :',
    test: 'test/api/draft-orders.test.ts',
    asked: ['an agreed price is what who pays no tax pays'],
  },
]
