// The defences of figures, of the search of orders and of imported orders, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/figures.test.ts'

export const figureDefences: readonly Defence[] = [
  {
    name: 'what went back before goes back no second time in the figures',
    file: 'src/domains/orders/sale-parts.ts',
    from: '-sum(false) - before.net, tax: -sum(true) - before.tax',
    to: '-sum(false), tax: -sum(true)',
    test,
    asked: ['figures are those of a recount'],
  },
  {
    name: 'what is canceled is sold no more in the figures',
    file: 'src/domains/orders/correct-sale.ts',
    from: '  const sales = await reversedSales(context.tx, order)\n',
    to: '  const sales = [] as Awaited<ReturnType<typeof reversedSales>>\n',
    test,
    asked: ['figures are those of a recount'],
  },
  {
    name: 'what staff have written on an order finds it for staff alone',
    file: 'src/records/search-texts.ts',
    from: " || sought === '' || !isStaff(scope.actor)",
    to: " || sought === ''",
    test: 'test/api/order-history.test.ts',
    asked: ['staff find an order by whatever is written on it'],
  },
  {
    name: 'money that was taken elsewhere is not given back here',
    file: 'src/domains/payments/refund-claims.ts',
    from: '  if (payment.provider === importedProvider) return 0\n',
    to: '',
    test,
    asked: ['old orders come in once'],
  },
  {
    name: 'an order that was imported is not imported again',
    file: 'src/domains/imports/import-orders.ts',
    from: 'before.importedAt === null ?',
    to: 'before.importedAt !== null ?',
    test,
    asked: ['old orders come in once'],
  },
  {
    name: 'an imported order is found by its number in small letters',
    file: 'src/domains/orders/look-up-order.ts',
    from: ', number.toLowerCase()',
    to: '',
    test,
    asked: ['an order that was imported is found again'],
  },
  {
    name: 'an imported order comes to no more than a cart does',
    file: 'src/domains/imports/imported-order.ts',
    from: 'sum > limits.cartAmountMax',
    to: 'sum < 0',
    test,
    asked: ['what is more than a cart holds is not imported'],
  },
  {
    name: 'an order that is added to comes to no more than a cart does',
    file: 'src/domains/orders/edit-placed.ts',
    from: 'return sum > limits.cartAmountMax',
    to: 'return sum < 0',
    test: 'test/api/order-edits.test.ts',
    asked: ['no more is added than a cart holds'],
  },
  {
    name: 'a balance that no number holds is kept exactly',
    file: 'src/domains/ledger/collections.ts',
    from: 'BigInt(carried ?? 0) * balanceCarry',
    to: '0n',
    test,
    asked: ['what is more than a cart holds is not imported'],
  },
]
