// What a reaction is given, and may answer: further events.
import type { NewId } from '../base/ids.ts'
import type { DomainEvent } from '../contract/events.ts'
import type { Project } from '../schema/project.ts'
import type { Transaction } from '../storage/transaction.ts'

export type ReactionContext = {
  readonly tx: Transaction
  readonly now: number
  readonly newId: NewId
  readonly newSecret: (prefix: string) => string
  readonly project: Project
}
export type Reaction = (context: ReactionContext, event: DomainEvent) => Promise<readonly DomainEvent[] | void>
