// Balances now or at an earlier time: what is folded already, and the entries since. Both are read for one last block, so that an
// entry that is sealed meanwhile counts once.
import { assert } from '../../base/assert.ts'
import { leastIdAt } from '../../base/ids.ts'
import { and, compare, type Filter } from '../../contract/filter.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { bigSumsBy } from '../../storage/sums-by.ts'
import { foldedOf, isPassing, type LedgerBalance, type LedgerBlock, ledgerBalances, ledgerEntries } from './collections.ts'
import { lastBlock } from './seal-ledger.ts'

export type Balance = { readonly account: string; readonly currency: string; readonly amount: bigint; readonly entries: number }

/** All that are not at zero, and those that are no order's or refund's. `at`: what had been posted by then. */
export async function readBalances(read: Reader, at: number | null): Promise<Balance[]> {
  const { block, rows } = await sealed(read)
  const sums = new Map<string, Balance>()
  const add = (account: string, currency: string, { amount, entries }: Pick<Balance, 'amount' | 'entries'>) => {
    const key = `${account} ${currency}`
    const before = sums.get(key)
    sums.set(key, { account, currency, amount: (before?.amount ?? 0n) + amount, entries: (before?.entries ?? 0) + entries })
  }
  for (const row of rows) add(row.account, row.balance.currency, { amount: foldedOf(row), entries: row.entries })
  const count = async (where: Filter | undefined, sign: 1 | -1) => {
    const found = await bigSumsBy(read, ledgerEntries, {
      ...(where && { where }),
      by: ['account', 'amount.currency'],
      sum: 'amount.amount',
    })
    for (const { key, sum, count: entries } of found)
      add(key[0] as string, key[1] as string, { amount: BigInt(sign) * sum, entries: sign * entries })
  }
  const isTail = block === null ? undefined : compare('id', 'gt', block.through)
  await count(at === null ? isTail : and(isTail, compare('postedAt', 'lte', at)), 1)
  // Sealed, and later than that: their ids are later too.
  if (at !== null && block !== null)
    await count(and(compare('id', 'gte', leastIdAt('led', at)), compare('id', 'lte', block.through), compare('postedAt', 'gt', at)), -1)
  return [...sums.values()].filter(({ account, amount, entries }) => amount !== 0n || (entries > 0 && !isPassing(account)))
}

type Sealed = { readonly block: LedgerBlock | null; readonly rows: readonly LedgerBalance[] }

/** The balances of one block: read again where another was sealed meanwhile. */
export async function sealed(read: Reader): Promise<Sealed> {
  let block = await lastBlock(read)
  for (let tries = 0; tries < 20; tries++) {
    const rows = await findAll(read, ledgerBalances)
    const now = await lastBlock(read)
    if (now?.number === block?.number) return { block, rows }
    block = now
  }
  assert(false, 'a block is sealed once in ten seconds')
}
