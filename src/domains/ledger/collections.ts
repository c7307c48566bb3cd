// The ledger: double entry, append-only, one sum of zero per transfer and currency. A correction is a
// reversing entry. Accounts are names: A: assets, L: liabilities, I: income, E: expense.
import { staff } from '../../access/rule.ts'
import { money } from '../../base/money.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

export const ledgerEntries = collection('ledgerEntries', {
  prefix: 'led',
  title: 'Ledger entries',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    /** Entries of one transfer sum to zero. */
    transfer: field.text({ required: true }),
    account: field.text({ required: true }),
    order: field.text(),
    /** Debit positive, credit negative. */
    amount: field.money({ required: true }),
    kind: field.text({ required: true }),
    postedAt: field.dateTime({ required: true }),
  },
  indexes: [['order'], ['account', 'createdAt']],
  access: { read: staff },
})

/**
 * What the sales of orders are made of: goods by line and shipping by rate, each as part of a transfer that posts the same amounts to
 * income and tax. So figures are sums of these, and what is told of a day is what the ledger says of it. Written by post-transfer.ts alone.
 */
export const salesEntries = collection('salesEntries', {
  prefix: 'sal',
  title: 'Sales entries',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    transfer: field.text({ required: true }),
    order: field.text({ required: true }),
    /** Of the transfer: `order.recognized` is sold, `order.refunded` and `order.reversed` take of it. */
    kind: field.text({ required: true }),
    /** Null: shipping. */
    line: field.text(),
    product: field.text(),
    /** Units that were sold. None of what is given back: money goes back for other reasons too. */
    quantity: field.integer({ required: true }),
    /** 1 in the first part of an order, so that the sum counts orders. */
    orders: field.integer({ required: true }),
    currency: field.text({ required: true, max: 3 }),
    /** In minor units, below zero for what is given back. */
    net: field.integer({ required: true }),
    tax: field.integer({ required: true }),
    /** What discounts took off, with tax where prices include it. */
    discount: field.integer({ required: true }),
    /** Where the goods went. */
    country: field.text({ required: true, max: 2 }),
    ratePpm: field.integer({ required: true }),
    channel: field.text({ required: true, max: 40 }),
    postedAt: field.dateTime({ required: true }),
  },
  indexes: [['postedAt'], ['order']],
  access: { read: staff },
})
export type SalesEntry = NonNullable<(typeof salesEntries)['record']>

/**
 * Entries that lie far enough back, sealed in the order of their ids. Each block continues the hash of the one before, so an entry
 * that is altered, removed or put in later no longer fits. Written by seal-ledger.ts alone.
 */
export const ledgerBlocks = collection('ledgerBlocks', {
  prefix: 'lbk',
  title: 'Ledger blocks',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    /** 1, 2, … */
    number: field.integer({ required: true, unique: true }),
    /** The last entry: with the last of the block before it, this bounds the ids. */
    through: field.text({ required: true }),
    entries: field.integer({ required: true }),
    /** SHA-256 over that of the block before and those of its entries. */
    hash: field.text({ required: true }),
    /** The first eight characters of the hash of each entry: they say which one is at fault. */
    marks: field.longText({ required: true }),
  },
  access: { read: staff },
})
export type LedgerBlock = NonNullable<(typeof ledgerBlocks)['record']>

/** Of sealed entries. Accounts of one order, refund, gift card or customer are here while they are not at zero. */
export const ledgerBalances = collection('ledgerBalances', {
  prefix: 'lbl',
  title: 'Ledger balances',
  system: true,
  feed: false,
  fields: {
    account: field.text({ required: true }),
    balance: field.money({ required: true }),
    /** How often `balanceCarry` is held beside that: 0 up to what a number holds exactly. */
    carried: field.integer({ default: 0 }),
    entries: field.integer({ required: true }),
  },
  unique: [['account', 'balance.currency']],
  access: { read: staff },
})
export type LedgerBalance = NonNullable<(typeof ledgerBalances)['record']>

const balanceCarry = 2n ** 52n

export function foldedOf({ balance, carried }: Pick<LedgerBalance, 'balance' | 'carried'>): bigint {
  return BigInt(balance.amount) + BigInt(carried ?? 0) * balanceCarry
}

export function folded(amount: bigint, currency: string): Pick<LedgerBalance, 'balance' | 'carried'> {
  const isHeld = amount <= Number.MAX_SAFE_INTEGER && amount >= Number.MIN_SAFE_INTEGER
  return isHeld
    ? { balance: money(Number(amount), currency), carried: 0 }
    : { balance: money(Number(amount % balanceCarry), currency), carried: Number(amount / balanceCarry) }
}

/** One of an order, a refund or a gift card, which comes to zero and mostly stays there. */
export function isPassing(account: string): boolean {
  return /^(L:deposit|A:receivable|L:refund_payable|L:gift|L:credit):/.test(account)
}

export type TaxedAt = { readonly country: string; readonly ratePpm: number }

/** `L:tax:DE:190000`. */
function taxedAccount(name: string, of: TaxedAt | undefined): string {
  return of === undefined ? name : `${name}:${of.country}:${of.ratePpm}`
}

/** The accounts this product posts to. */
export const accounts = {
  /** Money the provider holds for us. */
  provider: (provider: string) => `A:psp:${provider}`,
  /** A customer's money for an order that is not placed yet. */
  deposit: (order: string) => `L:deposit:${order}`,
  /** What a customer owes: a payment that its bank took back, or money that was given back twice. */
  receivable: (order: string) => `A:receivable:${order}`,
  /** What staff gave back without the provider, from the till or the bank account. */
  outside: 'A:outside',
  /** What is owed to the customer until the provider has given it back. */
  refundPayable: (operation: string) => `L:refund_payable:${operation}`,
  /** Money that belongs to no order, on its way back. */
  unmatched: (provider: string) => `L:unmatched:${provider}`,
  /** Money that banks took back for disputes which are not decided. */
  disputed: (provider: string) => `A:dispute:${provider}`,
  /** What was lost by disputes. */
  chargebacks: 'E:chargeback',
  /** What a provider keeps for its work. */
  fees: (provider: string) => `E:fee:${provider}`,
  /** What a provider added to its account or took from it, for reasons of its own. */
  adjustments: (provider: string) => `E:adjustment:${provider}`,
  /** Between currencies: what a provider changed, and what it gave for it. */
  exchange: (provider: string) => `A:exchange:${provider}`,
  /** Money that came in for no sale, and is kept. */
  otherIncome: 'I:other',
  /** What a gift card is still good for. */
  giftCard: (card: string) => `L:gift:${card}`,
  /** What is left of a customer's store credit. */
  storeCredit: (credit: string) => `L:credit:${credit}`,
  /** Credit that was given away. */
  goodwill: 'E:goodwill',
  /** Credit that nobody spent in time. */
  expiredCredit: 'I:expired_credit',
  bank: 'A:bank',
  /** Each by country and rate; without them of orders from before they kept their rates. */
  tax: (of?: TaxedAt) => taxedAccount('L:tax', of),
  sales: (of?: TaxedAt) => taxedAccount('I:sales', of),
  shipping: (of?: TaxedAt) => taxedAccount('I:shipping', of),
} as const
