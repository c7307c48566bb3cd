// The defences of discounts, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/discounts.test.ts'
const uses = 'src/domains/discounts/use-discounts.ts'
const evaluation = 'src/domains/discounts/discounts-of.ts'
const pure = 'src/domains/discounts/discounts-of.test.ts'

export const discountDefences: readonly Defence[] = [
  {
    name: 'a discount is used no more often than it may be',
    file: uses,
    from: "{ id: tallyId(id), discount, of: 'all', max: usesMax,",
    to: "{ id: tallyId(id), discount, of: 'all', max: null,",
    test: 'test/faults/side-by-side.test.ts',
    database: 'postgres',
    asked: ['a discount is used no more often than it may be'],
  },
  {
    name: 'a customer has a discount no more often than they may',
    file: uses,
    from: "of: 'customer', max: perCustomerMax(discount), whyNot: personal }",
    to: "of: 'customer', max: null, whyNot: personal }",
    test,
    asked: ['one customer is an account'],
  },
  {
    name: 'all spellings of a mailbox are one customer',
    file: 'src/domains/discounts/tallies.ts',
    from: 'mailboxOf(email)}',
    to: 'email}',
    test,
    asked: ['one customer is an account'],
  },
  {
    name: 'a discount that was changed meanwhile is looked at again',
    file: uses,
    from: 'held === null || held.version !== discount.version',
    to: 'held === null',
    test: 'test/faults/side-by-side.test.ts',
    database: 'postgres',
    asked: ['no limit of a discount is lowered'],
  },
  {
    name: 'a limit is not lowered below what is used',
    file: 'src/domains/discounts/discounts-in.ts',
    from: 'all !== null && all.uses > usesMax!',
    to: 'all !== null && all.uses < 0',
    test,
    asked: ['what a discount must be'],
  },
  {
    name: 'an order that comes to nothing gives its uses back',
    file: 'src/domains/orders/expire-orders.ts',
    from: 'order.discounts === null ? [] : [order.id]',
    to: "order.id === '' ? [order.id] : []",
    test,
    asked: ['an order that comes to nothing'],
  },
  {
    name: 'an order revives with its uses or not at all',
    file: 'src/domains/orders/settle-order.ts',
    from: '(hasUses && !(await canUseAgain(context.tx, order.id)))',
    to: 'order.id.length === 0',
    test,
    asked: ['money that comes after the time'],
  },
  {
    name: 'a code that was lost since the cart was shown stops the checkout',
    file: 'src/domains/orders/check-out.ts',
    from: 'if (discounting.refused.length > 0) checkCodes(discounting)',
    to: '',
    test,
    asked: ['edited, paused and deleted'],
  },
  {
    name: 'codes that nobody can use have one answer',
    file: evaluation,
    from: "reason.code === 'unavailable' ? null : one.discount.title",
    to: 'one.discount.title',
    test: pure,
    asked: ['what is over, paused'],
  },
  {
    name: 'a code for a group is unknown to all others',
    file: evaluation,
    from: 'return active && isOwn && isPriced',
    to: 'return active && (isOwn || !isOwn) && isPriced',
    test,
    asked: ['a code for a group'],
  },
  {
    name: 'no line is below zero by several discounts',
    file: evaluation,
    from: 'left[index]! -= part',
    to: 'left[index]! -= part * 0',
    test: pure,
    asked: ['of any cart and any discounts'],
  },
  {
    name: 'codes of discounts are tried no faster than passwords',
    file: 'src/domains/carts/create-cart.ts',
    from: '  codesIn: discountCodesIn,\n',
    to: '',
    test,
    asked: ['codes are tried no faster'],
  },
  {
    name: 'a batch counts the codes of its steps',
    file: 'src/operation/batch.ts',
    from: '    codesIn: (input) => codesIn(routes, input),\n',
    to: '',
    test,
    asked: ['codes are tried no faster'],
  },
  {
    name: 'more accounts of one network try no more codes',
    file: 'src/http/server.ts',
    from: 'if (codes > 0 && actor.id !== null) await limit(',
    to: 'if (codes < 0) await limit(',
    test,
    asked: ['codes are tried no faster'],
  },
]
