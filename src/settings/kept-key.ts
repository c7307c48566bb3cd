// A key of the installation's own. It lies in the database, so that what one process has signed is good for all of them, after a
// restart and after a move. Made when it is first needed.
import type { NewId } from '../base/ids.ts'
import type { TransactionParts } from '../storage/in-transaction.ts'
import { keptSetting } from './kept-setting.ts'

type Key = { readonly name: string; readonly operation: string; readonly bytes: number }

export function createKeptKey(
  parts: TransactionParts & { readonly newId: NewId },
  { name, operation, bytes }: Key,
): () => Promise<Uint8Array> {
  const make = () => ({ key: Buffer.from(parts.random.bytes(bytes)).toString('base64url') })
  let known: Promise<Uint8Array> | null = null
  return () => {
    known ??= keptSetting(parts, { name, operation, make }).then(
      ({ key }) => Buffer.from(key as string, 'base64url'),
      (error: unknown) => {
        known = null
        throw error
      },
    )
    return known
  }
}
