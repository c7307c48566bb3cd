// The hashes that entries are sealed by. Pure.
import { createHash } from 'node:crypto'
import type { LedgerBlock, ledgerEntries } from './collections.ts'

export type Entry = NonNullable<(typeof ledgerEntries)['record']>

const markCharacters = 8

/** Of all that an entry says. */
function hashOf({ id, transfer, account, order, amount, kind, postedAt, createdAt }: Entry): string {
  const all = [id, transfer, account, order, amount.amount, amount.currency, kind, postedAt, createdAt]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}

export type Seal = Pick<LedgerBlock, 'entries' | 'hash' | 'marks'>

/** `previous`: the hash of the block before; empty for the first. */
export function sealOf(previous: string, entries: readonly Entry[]): Seal {
  const hash = createHash('sha256').update(previous)
  let marks = ''
  for (const entry of entries) {
    const of = hashOf(entry)
    hash.update(of)
    marks += of.slice(0, markCharacters)
  }
  return { entries: entries.length, hash: hash.digest('hex'), marks }
}

/** Which entries are not as they were sealed, and how many that were sealed are not there as they were. */
export function compareSeal(
  { marks }: Pick<Seal, 'marks'>,
  entries: readonly Entry[],
): { readonly strange: readonly Entry[]; readonly lost: number } {
  const left = new Map<string, number>()
  for (let at = 0; at < marks.length; at += markCharacters) {
    const mark = marks.slice(at, at + markCharacters)
    left.set(mark, (left.get(mark) ?? 0) + 1)
  }
  const strange = entries.filter((entry) => {
    const mark = hashOf(entry).slice(0, markCharacters)
    const count = left.get(mark) ?? 0
    if (count > 0) left.set(mark, count - 1)
    return count === 0
  })
  return { strange, lost: [...left.values()].reduce((sum, count) => sum + count, 0) }
}
