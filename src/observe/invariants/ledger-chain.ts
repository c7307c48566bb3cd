// What must hold of sealed entries: they are as they were when they were sealed, none was put between them, and the balances that
// are kept are what they come to. One pass over all of them.
import { limits } from '../../base/limits.ts'
import { compare } from '../../contract/filter.ts'
import { compareSeal, type Entry, sealOf } from '../../domains/ledger/chain.ts'
import { foldedOf, isPassing, type LedgerBlock, ledgerBlocks, ledgerEntries } from '../../domains/ledger/collections.ts'
import { sealed } from '../../domains/ledger/read-balances.ts'
import type { InvariantGroup, VerifyContext } from '../invariant.ts'

export const ledgerChainInvariants: InvariantGroup = {
  needs: ['ledgerEntries', 'ledgerBlocks', 'ledgerBalances'],
  invariants: {
    'ledger.entries_as_sealed': 'No entry among sealed ones was altered, or put there later.',
    'ledger.entries_kept': 'All entries that were sealed are there.',
    'ledger.blocks_chained': 'Each block of the ledger continues the one before.',
    'ledger.balances_folded': 'The balances that are kept are the sums of the sealed entries.',
  },
  async check(context) {
    const { block: last, rows } = await sealed(context.read)
    const sums = new Map<string, Sum>()
    if (last !== null) await checkBlocks(context, last, (entries) => addUp(sums, entries))
    for (const { id, account, balance, carried, entries } of rows) {
      const key = `${account} ${balance.currency}`
      const sum = sums.get(key) ?? { amount: 0n, entries: 0 }
      sums.delete(key)
      const kept = foldedOf({ balance, carried })
      if (sum.amount !== kept || (!isPassing(account) && sum.entries !== entries))
        context.report(
          'ledger.balances_folded',
          [`ledgerBalances/${id}`],
          `${key} is ${kept} of ${entries}; its entries come to ${sum.amount} of ${sum.entries}`,
        )
    }
    for (const [key, { amount }] of sums)
      context.report('ledger.balances_folded', [], `${key} is kept nowhere; its entries come to ${amount}`)
  },
}

type Sum = { readonly amount: bigint; readonly entries: number }

function addUp(sums: Map<string, Sum>, entries: readonly Entry[]): void {
  for (const { account, amount } of entries) {
    const key = `${account} ${amount.currency}`
    const before = sums.get(key)
    const sum = { amount: (before?.amount ?? 0n) + BigInt(amount.amount), entries: (before?.entries ?? 0) + 1 }
    // Those of orders that are done would be in memory for ever.
    if (sum.amount === 0n && isPassing(account)) sums.delete(key)
    else sums.set(key, sum)
  }
}

async function checkBlocks(context: VerifyContext, last: LedgerBlock, onEntries: (entries: readonly Entry[]) => void): Promise<void> {
  const { read, report, progress } = context
  let before = null as LedgerBlock | null
  while (before === null || before.number < last.number) {
    const [block]: LedgerBlock[] = await read.find(ledgerBlocks, {
      where: compare('number', 'gt', before?.number ?? 0),
      sort: [{ path: 'number', descending: false }],
      // Beyond the limit: the next turn.
      limit: 1,
    })
    if (block === undefined) break
    const entries = await entriesIn(context, before, block)
    progress(entries.length)
    onEntries(entries)
    const rows = [`ledgerBlocks/${block.id}`]
    const { strange, lost } = compareSeal(block, entries)
    for (const { id } of strange)
      report('ledger.entries_as_sealed', [`ledgerEntries/${id}`, ...rows], `block ${block.number} was sealed without it as it is`)
    if (lost > 0)
      report('ledger.entries_kept', rows, `${lost} of the ${block.entries} entries of block ${block.number} are not there as they were`)
    if (strange.length === 0 && lost === 0 && block.entries !== entries.length)
      report('ledger.entries_kept', rows, `block ${block.number} says ${block.entries} entries, and has ${entries.length}`)
    const isNext = block.number === (before?.number ?? 0) + 1
    // What is at fault in the entries is told above.
    const isWhole = strange.length > 0 || lost > 0 || sealOf(before?.hash ?? '', entries).hash === block.hash
    if (!isNext || !isWhole) report('ledger.blocks_chained', rows, `block ${block.number} does not continue block ${before?.number ?? 0}`)
    before = block
  }
}

/** More than were sealed only where some were put in. */
async function entriesIn({ read }: VerifyContext, before: LedgerBlock | null, block: LedgerBlock): Promise<Entry[]> {
  const entries: Entry[] = []
  let after = before?.through ?? null
  while (true) {
    // Beyond the limit: the next page.
    const page: Entry[] = await read.find(ledgerEntries, {
      where: compare('id', 'lte', block.through),
      limit: limits.ledgerEntriesPerBlock,
      ...(after === null ? {} : { after: [after] }),
    })
    entries.push(...page)
    if (page.length < limits.ledgerEntriesPerBlock) return entries
    after = page.at(-1)!.id
  }
}
