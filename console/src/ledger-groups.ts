/** Ledger entries as an accountant reads them: by transfer, debit and credit apart, sum beside. Pure. */
import type { Balances, LedgerEntry, Money } from './shapes.ts'

export interface TransferGroup {
  transfer: string
  postedAt: string
  entries: LedgerEntry[]
  /** One per currency; each must be zero. */
  sums: Money[]
  balanced: boolean
}

/** Groups in the order of posting; within one, debits before credits. */
export function groupTransfers(entries: readonly LedgerEntry[]): TransferGroup[] {
  const byTransfer = Map.groupBy(entries, (entry) => entry.transfer)
  return [...byTransfer]
    .map(([transfer, own]) => {
      const sums = sumByCurrency(own.map((entry) => entry.amount))
      return {
        transfer,
        postedAt: own.map((entry) => entry.postedAt).sort()[0] ?? '',
        entries: own.toSorted((a, b) => b.amount.amount - a.amount.amount),
        sums,
        balanced: sums.every((sum) => sum.amount === 0),
      }
    })
    .sort((a, b) => a.postedAt.localeCompare(b.postedAt))
}

export function sumByCurrency(amounts: readonly Money[]): Money[] {
  const sums = new Map<string, number>()
  for (const { amount, currency } of amounts) sums.set(currency, (sums.get(currency) ?? 0) + amount)
  return [...sums].map(([currency, amount]) => ({ amount, currency }))
}

export interface CurrencyBook {
  currency: string
  accounts: { account: string; balance: number; share: number }[]
  sum: number
}

/** One book per currency; `share` is the balance against the largest one, -1 to 1, for the bars. */
export function booksOf(balances: Balances): CurrencyBook[] {
  const byCurrency = Map.groupBy(balances.items, (item) => item.currency)
  return [...byCurrency].map(([currency, items]) => {
    const largest = Math.max(1, ...items.map((item) => Math.abs(item.balance.amount)))
    const total = balances.totals.find((entry) => entry.currency === currency)
    return {
      currency,
      sum: total?.sum.amount ?? items.reduce((sum, item) => sum + item.balance.amount, 0),
      accounts: items
        .map(({ account, balance }) => ({
          account,
          balance: balance.amount,
          share: balance.amount / largest,
        }))
        .sort((a, b) => rankOf(a.account) - rankOf(b.account) || a.account.localeCompare(b.account)),
    }
  })
}

const classes: Record<string, string> = {
  A: 'Asset',
  L: 'Liability',
  I: 'Income',
  E: 'Expense',
  M: 'Memo',
}

function rankOf(account: string): number {
  const rank = Object.keys(classes).indexOf(account.split(':')[0] ?? '')
  return rank < 0 ? 9 : rank
}

/** `A:psp:sandbox` is an asset; an account without a known letter has no class. */
export function accountClass(account: string): string {
  return classes[account.split(':')[0] ?? ''] ?? ''
}
