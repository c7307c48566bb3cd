// Effects: what is owed to the outside world, written in the transaction that owes it and carried out
// after it. Delivery is at least once, always under the same key; what cannot be known is `unknown`.
// This file owns their shape and their writing; runner.ts carries them out.
import { staff } from '../access/rule.ts'
import { timeOfId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { Project } from '../config/project.ts'
import type { DomainEvent } from '../contract/events.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import type { Reader } from '../storage/storage.ts'
import type { Transaction, Work } from '../storage/transaction.ts'

/** `held`: of a restored past. It may have been carried out after the backup, so it waits for somebody to look. */
export const effectStates = ['ready', 'running', 'done', 'dead', 'canceled', 'unknown', 'held'] as const

export const effects = collection('effects', {
  prefix: 'eff',
  system: true,
  fields: {
    kind: field.text({ required: true }),
    /** Stable for ever: the other side recognises a repeat by it. */
    key: field.text({ required: true, unique: true }),
    state: field.enum(effectStates, { required: true }),
    attempts: field.integer({ required: true }),
    /** When it may be taken: for one that is running, the end of its lease. */
    dueAt: field.dateTime({ required: true }),
    /** The process whose attempt is under way. */
    owner: field.text(),
    lastError: field.longText(),
    /** The order, message or user it belongs to. */
    record: field.text(),
    payload: field.json<Record<string, unknown>>({ required: true, read: staff, schema: { type: 'object' } }),
  },
  indexes: [['state', 'dueAt'], ['record']],
  access: { read: staff },
})
export type Effect = NonNullable<(typeof effects)['record']>

export type NewEffect = {
  readonly id: string
  readonly kind: string
  readonly key: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly record?: string
  /** Not before; now when left out. */
  readonly dueAt?: number
  /** The key is made of an id that this transaction made, so nobody can owe it already. */
  readonly isNew?: boolean
  /** The caller waits for it: this process runs it even when it carries out nothing else. */
  readonly isAwaited?: boolean
  /** The other side would not know a repeat by its key, so after a restore it is held when it is about a record from before. */
  readonly isUnrecognised?: boolean
}

/**
 * Owes an effect. Null when one with this key is owed already: it is owed once. One that is due at once
 * is born leased to the process that writes it, which spares a claim of its own.
 */
export async function enqueue(tx: Transaction, now: number, effect: NewEffect): Promise<Effect | null> {
  const { id, kind, key, payload, record = null, dueAt = now, isNew = false, isAwaited = false } = effect
  const isHeld = effect.isUnrecognised === true && isOfRestoredPast(tx, record)
  const isLeased = !isHeld && (isAwaited || (dueAt <= now && tx.worker.carriesOut(kind)))
  const fields = {
    id,
    kind,
    key,
    state: isHeld ? 'held' : isLeased ? 'running' : 'ready',
    attempts: isLeased ? 1 : 0,
    dueAt: isLeased ? now + limits.effectLeaseMs : dueAt,
    owner: isLeased ? tx.worker.id : null,
    lastError: null,
    record,
    payload,
  } as const
  return isNew ? await tx.insert(effects, fields) : await tx.insertOnce(effects, fields)
}

function isOfRestoredPast({ worker }: Transaction, record: string | null): boolean {
  const madeAt = record === null ? null : timeOfId(record)
  return worker.restoredAt !== null && worker.restoredAt !== undefined && madeAt !== null && madeAt < worker.restoredAt
}

/** How the attempt ended, as far as anybody can know. */
export type Outcome =
  | { readonly end: 'done'; readonly result?: unknown }
  /** Nothing happened outside; try again after a pause. */
  | { readonly end: 'retry'; readonly error: string; readonly afterMs?: number }
  /** It will never work. `isUncertain`: after attempts of which nobody knows whether they did. */
  | { readonly end: 'dead'; readonly error: string; readonly isUncertain?: true }
  /** It may have happened. What to do is the handler's matter: `settle` is told. */
  | { readonly end: 'unknown'; readonly error: string }

export type SettleContext = Work & {
  readonly effect: Effect
  readonly outcome: Outcome
  readonly newSecret: (prefix: string) => string
  readonly project: Project
}

export type PerformContext = {
  readonly effect: Effect
  readonly read: Reader
  readonly now: number
  readonly project: Project
}

/**
 * Carries out one kind of effect. `perform` talks to the outside and writes nothing; `settle` writes
 * what came of it, in the transaction that ends the attempt, fenced: a late worker's is refused.
 */
export type EffectHandler = {
  readonly kind: string
  /** The role of the processes that carry it out; `worker` when left out. */
  readonly role?: 'mail'
  readonly attemptsMax?: number
  readonly perform: (context: PerformContext) => Promise<Outcome>
  readonly settle?: (context: SettleContext) => Promise<readonly DomainEvent[] | void>
  /** Staff have it tried again, in their transaction: what it stands for is open again. */
  readonly tryAgain?: (context: StaffContext) => Promise<readonly DomainEvent[] | void>
  /** Staff give it up, in their transaction: what it stands for must come to an end without it. */
  readonly giveUp?: (context: StaffContext) => Promise<readonly DomainEvent[] | void>
}

/** `effect` is as it was before staff moved it. */
export type StaffContext = Pick<SettleContext, 'tx' | 'effect' | 'now' | 'newId'>

/** Nobody has carried it out, not even once. Of one that is held since a restore that is not known: the backup was earlier. */
export function isUnsent({ attempts, state }: Effect): boolean {
  return attempts === 0 && state !== 'held'
}
