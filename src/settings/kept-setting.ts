import type { NewId } from '../base/ids.ts'
import { eq } from '../contract/filter.ts'
import { findUnique } from '../storage/find-all.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Reader } from '../storage/storage.ts'
import { settings } from './collections.ts'

type Value = Readonly<Record<string, unknown>>
type Kept = { readonly name: string; readonly operation: string; readonly make: () => Value }

/** A value that whoever comes first makes, and that is the same for all processes from then on, after a restart and a move as well. */
export async function keptSetting(parts: TransactionParts & { readonly newId: NewId }, { name, operation, make }: Kept): Promise<Value> {
  const find = async (read: Pick<Reader, 'find'>) => (await findUnique(read, settings, eq('name', name)))?.value
  const found = await find(parts.storage.reader)
  if (found) return found
  return await inTransaction(parts, { operation, actor: 'system', requestId: '' }, async (tx) => {
    const earlier = await find(tx)
    if (earlier) return earlier
    const value = make()
    // Another process may be first: run again, and take its value.
    await tx.insert(settings, { id: parts.newId('set'), name, value }, 'conflict')
    return value
  })
}
