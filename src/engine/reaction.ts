// What a reaction is given, and may answer: further events.

import type { Project } from '../config/project.ts'
import type { DomainEvent } from '../contract/events.ts'
import type { Work } from '../storage/transaction.ts'

export type ReactionContext = Work & {
  readonly newSecret: (prefix: string) => string
  readonly project: Project
}
export type Reaction = (context: ReactionContext, event: DomainEvent) => Promise<readonly DomainEvent[] | void>
