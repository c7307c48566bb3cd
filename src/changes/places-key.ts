// The secret of the feed's ids. It lies in the database, so that an id of one process is good for all of them, after a restart
// and after a move. Made when the first reader comes.

import type { NewId } from '../base/ids.ts'
import { eq } from '../contract/filter.ts'
import { settings } from '../settings/collections.ts'
import { findUnique } from '../storage/find-all.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Reader } from '../storage/storage.ts'
import { placesKeyBytes } from './places.ts'

const settingName = 'placesKey'

export function createPlacesKey(parts: TransactionParts & { readonly newId: NewId }): () => Promise<Uint8Array> {
  let known: Promise<Uint8Array> | null = null
  return () => {
    known ??= findOrMake(parts).catch((error: unknown) => {
      known = null
      throw error
    })
    return known
  }
}

async function findOrMake(parts: TransactionParts & { readonly newId: NewId }): Promise<Uint8Array> {
  const found = await find(parts.storage.reader)
  if (found) return found
  const cause = { operation: 'changes.makePlacesKey', actor: 'system', requestId: '' }
  return await inTransaction(parts, cause, async (tx) => {
    // Another process may be first: run again, and take its secret.
    const earlier = await find(tx)
    if (earlier) return earlier
    const key = parts.random.bytes(placesKeyBytes)
    const value = { key: Buffer.from(key).toString('base64url') }
    await tx.insert(settings, { id: parts.newId('set'), name: settingName, value }, 'conflict')
    return key
  })
}

async function find(read: Pick<Reader, 'find'>): Promise<Uint8Array | null> {
  const setting = await findUnique(read, settings, eq('name', settingName))
  return setting ? Buffer.from(setting.value['key'] as string, 'base64url') : null
}
