// What a config says of its bookkeeping, completed: for exports to an accountant.
import type { BookkeepingConfig } from './backend-config.ts'
import type { BookkeepingSettings } from './project.ts'

/**
 * Of SKR 03, each one that computes no tax by itself: the ledger posts sales without tax, and the tax beside them. By the
 * beginnings of our accounts; `*`: all others.
 */
export const skr03: Readonly<Record<string, string>> = {
  'A:psp': '1360',
  'A:bank': '1200',
  'A:outside': '1000',
  'A:receivable': '1410',
  'A:dispute': '1500',
  'L:deposit': '1710',
  'L:refund_payable': '1700',
  'L:unmatched': '1590',
  'L:gift': '1700',
  'L:credit': '1700',
  'L:tax': '1770',
  'I:sales': '8200',
  'I:shipping': '8200',
  'I:other': '2700',
  'I:expired_credit': '2700',
  'E:fee': '4970',
  'E:adjustment': '4970',
  'E:chargeback': '2400',
  'E:goodwill': '4600',
  '*': '1590',
}

export function bookkeepingOf({ timeZone = 'UTC', datev = {} }: BookkeepingConfig): BookkeepingSettings {
  const { consultant = 1001, client = 1, fiscalYearBegins = '01-01', accountLength = 4, chart = '03', accounts = {} } = datev
  return { timeZone, datev: { consultant, client, fiscalYearBegins, accountLength, chart, accounts: { ...skr03, ...accounts } } }
}
