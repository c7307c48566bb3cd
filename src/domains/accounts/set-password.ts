import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { passwords } from './collections.ts'

export async function setPassword({ tx, newId }: Pick<Work, 'tx' | 'newId'>, user: string, hash: string): Promise<void> {
  const stored = await findUnique(tx, passwords, eq('user', user))
  if (stored === null) await tx.insert(passwords, { id: newId('pwd'), user, hash }, 'conflict')
  else await tx.update(passwords, stored, { set: { hash } })
}
