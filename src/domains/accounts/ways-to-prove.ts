import { eq } from '../../contract/filter.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { passwords } from './collections.ts'

export type ProofWay = 'password' | 'code'

/** How the owner of an account can show again who they are. A code by mail where there is nothing else. */
export async function waysToProve(read: Pick<Reader, 'find'>, user: string): Promise<readonly ProofWay[]> {
  const password = await findUnique(read, passwords, eq('user', user))
  return password === null ? ['code'] : ['password']
}
