// The defences of gift cards, store credit and payment links, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/gift-cards.test.ts'
const spending = 'src/domains/orders/spend-credit.ts'
const finding = 'src/domains/credit/find-gift-card.ts'

export const creditDefences: readonly Defence[] = [
  {
    name: 'no more is taken from a gift card than is on it',
    file: 'src/domains/credit/move-credit.ts',
    from: 'Math.min(row.balance.amount, amount.amount)',
    to: 'amount.amount',
    test,
    asked: ['many checkouts at once', 'a card pays first'],
  },
  {
    name: 'a blocked gift card is not spent',
    file: finding,
    from: "if (card.status === 'blocked')",
    to: "if (card.id === 'blocked')",
    test,
    asked: ['one that is blocked, spent'],
  },
  {
    name: 'a gift card is not spent past its time',
    file: finding,
    from: 'card.expiresAt <= now',
    to: 'card.expiresAt < 0',
    test,
    asked: ['one that is blocked, spent'],
  },
  {
    name: 'store credit is spent by its owner alone',
    file: spending,
    from: 'actor.id === null || actor.id !== order.customer',
    to: 'order.customer !== null && actor.id === null',
    test,
    asked: ['staff give credit'],
  },
  {
    name: 'who pays by credit is asked for no more than they saw',
    file: spending,
    from: 'expectedDue.amount !== left',
    to: 'expectedDue.amount < 0',
    test,
    asked: ['a card that does not cover it'],
  },
  {
    name: 'an open order is not asked for what credit has paid',
    file: 'src/domains/orders/pay-order.ts',
    from: 'order.total.amount - (await keptOf(tx, attempts))',
    to: 'order.total.amount',
    test,
    asked: ['declined, an open order'],
  },
  {
    name: 'codes of gift cards are tried no faster than passwords',
    file: 'src/domains/credit/read-gift-card-balance.ts',
    from: "rate: 'account',",
    to: '',
    test,
    asked: ['codes are tried no faster'],
  },
  {
    name: 'a checkout counts for each code that it names',
    file: 'src/domains/orders/check-out.ts',
    from: 'codesIn: giftCardsIn,',
    to: '',
    test,
    asked: ['codes are tried no faster'],
  },
  {
    name: 'a payment link ends at its time',
    file: 'src/domains/orders/payment-links.ts',
    from: 'link.expiresAt <= now',
    to: 'link.expiresAt < 0',
    test: 'test/api/payment-links.test.ts',
    asked: ['its goods are kept as long'],
  },
  {
    name: 'a newer payment link takes the place of the one before',
    file: 'src/domains/orders/make-payment-link.ts',
    from: "if (before === null) await tx.insert(paymentLinks, { id: newId('plk'), order: id, ...fields }, 'conflict')",
    to: "if (before === null || id !== '') await tx.insert(paymentLinks, { id: newId('plk'), order: newId('plk'), ...fields }, 'conflict')",
    test: 'test/api/payment-links.test.ts',
    asked: ['a newer one ends it'],
  },
  {
    name: 'no gift card is worth more than can be counted',
    file: 'src/domains/credit/issue-gift-card.ts',
    from: 'if (value.amount > limits.moneyMovedMax)',
    to: 'if (value.amount > Number.MAX_SAFE_INTEGER)',
    test: 'test/api/gift-cards.test.ts',
    asked: ['more than any ledger counts'],
  },
  {
    name: 'no credit is more than can be counted',
    file: 'src/domains/credit/give-credit.ts',
    from: 'if (amount.amount > limits.moneyMovedMax)',
    to: 'if (amount.amount > Number.MAX_SAFE_INTEGER)',
    test: 'test/api/gift-cards.test.ts',
    asked: ['credit of more than any ledger counts'],
  },
]
