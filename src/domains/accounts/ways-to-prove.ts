import { eq } from '../../contract/filter.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { passwords, type SecondFactor } from './collections.ts'
import { factorsOf } from './second-factor.ts'

export type ProofWay = 'password' | 'code' | SecondFactor

/**
 * How the owner of an account can show again who they are. Where it has a second factor by that alone: the session was
 * opened by the first, which whoever stole it may know as well. A code by mail where there is nothing else.
 */
export async function waysToProve(read: Pick<Reader, 'find'>, user: string): Promise<readonly ProofWay[]> {
  const factors = await factorsOf(read, user)
  if (factors.length > 0) return factors
  const password = await findUnique(read, passwords, eq('user', user))
  return password === null ? ['code'] : ['password']
}
