// The ledger: double entry, append-only, one sum of zero per transfer and currency. A correction is a
// reversing entry. Accounts are names: A: assets, L: liabilities, I: income, E: expense.
import { staff } from '../../access/rule.ts'
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
  /** Money that came in for no sale, and is kept. */
  otherIncome: 'I:other',
  bank: 'A:bank',
  tax: 'L:tax',
  sales: 'I:sales',
  shipping: 'I:shipping',
} as const
