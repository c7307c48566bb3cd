// The secret of the feed's ids. It lies in the database, so that an id of one process is good for all of them, after a restart
// and after a move. Made when the first reader comes.

import type { NewId } from '../base/ids.ts'
import { keptSetting } from '../settings/kept-setting.ts'
import type { TransactionParts } from '../storage/in-transaction.ts'
import { placesKeyBytes } from './places.ts'

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
  const make = () => ({ key: Buffer.from(parts.random.bytes(placesKeyBytes)).toString('base64url') })
  const { key } = await keptSetting(parts, { name: 'placesKey', operation: 'changes.makePlacesKey', make })
  return Buffer.from(key as string, 'base64url')
}
