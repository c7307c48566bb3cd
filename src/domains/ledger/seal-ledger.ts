// Sealing, in the background: entries are hashed in blocks, and folded into balances, in one transaction. Orders that post at once
// never wait for each other, as they would for the last hash of a chain that each writes to. Invariant: a block holds all entries of its
// range of ids, so nothing is sealed before every transaction that could still write there has ended.
import { leastIdAt } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { compare, oneOf } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Entry, sealOf } from './chain.ts'
import {
  folded,
  foldedOf,
  isPassing,
  type LedgerBalance,
  type LedgerBlock,
  ledgerBalances,
  ledgerBlocks,
  ledgerEntries,
} from './collections.ts'

export async function lastBlock(read: Pick<Reader, 'find'>): Promise<LedgerBlock | null> {
  // Each is: so that it is found by the index of their numbers. Beyond the limit: only the last is asked for.
  const isNumbered = compare('number', 'gte', 1)
  const [last] = await read.find(ledgerBlocks, { where: isNumbered, sort: [{ path: 'number', descending: true }], limit: 1 })
  return last ?? null
}

/** One tick at a time, whichever process makes it: its row is written in the same transaction. */
export const sealLedger: Schedule = {
  name: 'ledger.seal',
  everyMs: 10_000,
  async run(work) {
    const { tx, now, newId } = work
    let last = await lastBlock(tx)
    const where = compare('id', 'lt', leastIdAt('led', now - limits.ledgerSealAfterMs))
    const sealed: Entry[] = []
    for (let block = 0; block < limits.ledgerBlocksPerTick; block++) {
      // Beyond the limit: the next block.
      const after = last === null ? {} : { after: [last.through] }
      const entries: Entry[] = await tx.find(ledgerEntries, { where, limit: limits.ledgerEntriesPerBlock, ...after })
      if (entries.length === 0) break
      const seal = sealOf(last?.hash ?? '', entries)
      last = await tx.insert(ledgerBlocks, { id: newId('lbk'), number: (last?.number ?? 0) + 1, through: entries.at(-1)!.id, ...seal })
      sealed.push(...entries)
      if (entries.length < limits.ledgerEntriesPerBlock) break
    }
    await fold(work, sealed)
  },
}

async function fold({ tx, newId }: Work, sealed: readonly Entry[]): Promise<void> {
  const sums = new Map<string, { account: string; currency: string; amount: bigint; entries: number }>()
  for (const {
    account,
    amount: { amount, currency },
  } of sealed) {
    const key = `${account} ${currency}`
    const sum = sums.get(key) ?? { account, currency, amount: 0n, entries: 0 }
    sums.set(key, { ...sum, amount: sum.amount + BigInt(amount), entries: sum.entries + 1 })
  }
  const names = [...new Set([...sums.values()].map(({ account }) => account))]
  const rows = new Map<string, LedgerBalance>()
  for (let start = 0; start < names.length; start += limits.readPageSize)
    for (const row of await findAll(tx, ledgerBalances, oneOf('account', names.slice(start, start + limits.readPageSize))))
      rows.set(`${row.account} ${row.balance.currency}`, row)
  const news = []
  for (const [key, { account, currency, amount, entries }] of sums) {
    const row = rows.get(key)
    const balance = (row === undefined ? 0n : foldedOf(row)) + amount
    const isOver = balance === 0n && isPassing(account)
    if (row === undefined && !isOver) news.push({ id: newId('lbl'), account, ...folded(balance, currency), entries })
    else if (row !== undefined && isOver) await tx.delete(ledgerBalances, row)
    else if (row !== undefined) await tx.update(ledgerBalances, row, { set: folded(balance, currency), add: { entries } })
  }
  await tx.insertMany(ledgerBalances, news)
}
