// When a session or an API key was last used. A request only notes it; it is written later, many at once, and rarely: a session that
// is used all day is written six times an hour. Invariant: no request waits for it, and none fails by it.

import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import { oneOf } from '../../contract/filter.ts'
import type { CollectionRef } from '../../schema/collection.ts'
import { inTransaction, type TransactionParts } from '../../storage/in-transaction.ts'

type Used = { readonly id: string; readonly usedAt?: number | null; readonly createdAt: number }
export type NoteUse = (collection: CollectionRef<unknown>, row: Used) => void

export function lastUse({ usedAt, createdAt }: Used): number {
  return usedAt ?? createdAt
}

export function createUses(parts: TransactionParts & { readonly log: Log }): NoteUse {
  const { clock, log } = parts
  /** Ids by collection. */
  let noted = new Map<CollectionRef<unknown>, Set<string>>()

  async function write(): Promise<void> {
    const uses = noted
    noted = new Map()
    await inTransaction(parts, { operation: 'accounts.noteUses', actor: 'system', requestId: '' }, async (tx, now) => {
      for (const [collection, ids] of uses) await tx.touchAll(collection, oneOf('id', [...ids]), { set: { usedAt: now } })
    })
  }

  return (collection, row) => {
    if (clock.now() - lastUse(row) < limits.useNotedMs) return
    const ids = noted.get(collection) ?? new Set()
    // Beyond the limit: their next request after this one is written.
    if (ids.has(row.id) || ids.size >= limits.pageSizeMax) return
    if (noted.size === 0)
      clock.after(limits.usesWrittenMs, () => {
        // It is asked again with the next request.
        write().catch((error) => log.write('warn', 'When sessions were last used could not be written.', { error }))
      })
    noted.set(collection, ids.add(row.id))
  }
}
