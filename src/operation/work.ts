// What everything that writes is given: one transaction, its time, and what of the project it may need.
import type { NewId } from '../base/ids.ts'
import type { Project } from '../config/project.ts'
import type { Transaction } from '../storage/transaction.ts'

export type Work = {
  readonly tx: Transaction
  /** Milliseconds since 1970 UTC; one time for all of the transaction. */
  readonly now: number
  readonly newId: NewId
  /** A bearer secret of 256 bits with this prefix. Store only its hash. */
  readonly newSecret: (prefix: string) => string
  readonly project: Project
}

export type WorkParts = Omit<Work, 'tx' | 'now'>

export function workIn({ newId, newSecret, project }: WorkParts, tx: Transaction, now: number): Work {
  return { tx, now, newId, newSecret, project }
}
