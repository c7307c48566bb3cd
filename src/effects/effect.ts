// Effects: what is owed to the outside world, written in the transaction that owes it and carried out
// after it. Delivery is at least once, always under the same key; what cannot be known is `unknown`.
// This file owns their shape and their writing; runner.ts carries them out.

import { staff } from '../access/rule.ts'
import { timeOfId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { Project } from '../config/project.ts'
import type { DomainEvent } from '../contract/events.ts'
import type { Static, TObject } from '../contract/type.ts'
import type { Work } from '../operation/work.ts'
import { type AnyRecord, type CollectionRef, collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import type { Reader } from '../storage/storage.ts'
import type { Transaction } from '../storage/transaction.ts'

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
    /** Attempts of which a failure is known. One that was cut off on our side says nothing of the other. */
    failures: field.integer({ feed: false }),
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
  personal: { freeForm: 'delete' },
  access: { read: staff },
})
export type Effect = NonNullable<(typeof effects)['record']>

/** A kind of effect: its name, and what is stored for it. */
export type EffectKind<TPayload = unknown> = {
  readonly name: string
  /** As it was stored; null when that does not fit, such as what another version stored. */
  payloadOf(effect: Pick<Effect, 'payload'>): TPayload | null
}
export type PayloadOf<TKind extends EffectKind> = NonNullable<ReturnType<TKind['payloadOf']>>

/** Declares a kind; its payload holds texts and numbers. */
export function effectKind<TSchema extends TObject>(name: string, schema: TSchema): EffectKind<Static<TSchema>> {
  return { name, payloadOf: ({ payload }) => (fits(schema, payload) ? payload : null) }
}

function fits<TSchema extends TObject>(schema: TSchema, payload: unknown): payload is Static<TSchema> {
  if (typeof payload !== 'object' || payload === null) return false
  const required: readonly string[] = schema.required ?? []
  return Object.entries(schema.properties).every(([name, of]) => {
    const value: unknown = Object.hasOwn(payload, name) ? Reflect.get(payload, name) : undefined
    if (value === undefined) return !required.includes(name)
    return typeof value === ('type' in of && of.type === 'integer' ? 'number' : 'string')
  })
}

export type NewEffect<TPayload> = {
  readonly key: string
  readonly payload: TPayload
  readonly record?: string
  /** Not before; now when left out. */
  readonly dueAt?: number
  /** The key is made of an id that this transaction made, so nobody can owe it already. */
  readonly isNew?: boolean
  /** The caller waits for it: this process runs it even when it carries out nothing else. */
  readonly isAwaited?: boolean
  /** The record it is about: an attempt that begins at once need not read it again. */
  readonly subject?: AnyRecord
  /** The other side would not know a repeat by its key, so after a restore it is held when it is about a record from before. */
  readonly isUnrecognised?: boolean
}

/**
 * Owes an effect. Null when one with this key is owed already: it is owed once. One that is due at once
 * is born leased to the process that writes it, which spares a claim of its own.
 */
export async function enqueue<TPayload extends Record<string, unknown>>(
  { tx, now, newId }: Pick<Work, 'tx' | 'now' | 'newId'>,
  kind: EffectKind<TPayload>,
  effect: NewEffect<TPayload>,
): Promise<Effect | null> {
  const { key, payload, record = null, dueAt = now, isNew = false, isAwaited = false } = effect
  const isHeld = effect.isUnrecognised === true && isOfRestoredPast(tx, record)
  const isLeased = !isHeld && (isAwaited || (dueAt <= now && tx.worker.carriesOut(kind.name)))
  const fields = {
    id: newId('eff'),
    kind: kind.name,
    key,
    state: isHeld ? 'held' : isLeased ? 'running' : 'ready',
    attempts: isLeased ? 1 : 0,
    failures: null,
    dueAt: isLeased ? now + limits.effectLeaseMs : dueAt,
    owner: isLeased ? tx.worker.id : null,
    lastError: null,
    record,
    payload,
  } as const
  const owed = isNew ? await tx.insert(effects, fields) : await tx.insertOnce(effects, fields)
  if (owed !== null && isLeased && effect.subject !== undefined) atHand.set(payload, effect.subject)
  return owed
}

/** By the payload as its own process wrote it, which the feed hands on; whoever claims the effect later has another, and reads. */
const atHand = new WeakMap<object, AnyRecord>()

/** The subject as it was written with the effect, once; null when it must be read. */
export function takeSubject<T extends AnyRecord>(_collection: CollectionRef<T>, effect: Effect, id: string): T | null {
  const subject = atHand.get(effect.payload)
  atHand.delete(effect.payload)
  return subject?.id === id ? (subject as T) : null
}

function isOfRestoredPast({ worker }: Transaction, record: string | null): boolean {
  const { restoredAt } = worker
  if (restoredAt === null || restoredAt === undefined || record === null) return false
  const madeAt = timeOfId(record)
  return madeAt !== null && madeAt < restoredAt
}

/** How the attempt ended, as far as anybody can know. */
export type Outcome<TResult = unknown> =
  /** `result`: what the other side answered, and records that `perform` has read, for `settle`. */
  | { readonly end: 'done'; readonly result: TResult }
  /**
   * Nothing happened outside; try again after a pause. `isUncertain`: it may have happened, and is made again all the same. `knownUntil`: it may have
   * happened, and the other side knows a repeat by its key until then.
   */
  | {
      readonly end: 'retry'
      readonly error: string
      readonly afterMs?: number
      readonly isNoAttempt?: true
      readonly isUncertain?: true
      readonly knownUntil?: number
    }
  /**
   * It will never work. `isUncertain`: after attempts of which nobody knows whether they did. `isOurs`: why is the matter of whoever runs
   * the project, and of nobody else. `isLastUncertain`: the last of them is among those.
   */
  | {
      readonly end: 'dead'
      readonly error: string
      readonly isUncertain?: true
      readonly isLastUncertain?: true
      readonly isOurs?: true
    }
  /** It may have happened. What to do is the handler's matter: `settle` is told. */
  | { readonly end: 'unknown'; readonly error: string }

export type PerformContext<TPayload> = {
  readonly effect: Effect
  readonly payload: TPayload
  /** The record that it is about, as of now or of when it was owed. */
  readonly subject: <T extends AnyRecord>(collection: CollectionRef<T>, id: string) => Promise<T | null>
  readonly read: Reader
  readonly now: number
  readonly project: Project
}

/** Of what staff do, `effect` is as it was before they moved it. */
export type EffectWork<TPayload = unknown> = Work & { readonly effect: Effect; readonly payload: TPayload }
export type SettleContext<TPayload = unknown, TResult = unknown> = EffectWork<TPayload> & {
  readonly outcome: Outcome<TResult>
  /** The record that the effect is about, as this end of it alone has left it: who waits for the effect need not read it. */
  readonly tell: (subject: AnyRecord) => void
}
type Followed = Promise<readonly DomainEvent[] | void>

/**
 * Carries out one kind of effect. `perform` talks to the outside and writes nothing; `settle` writes
 * what came of it, in the transaction that ends the attempt, fenced: a late worker's is refused.
 */
export type EffectHandler<TPayload = unknown, TResult = unknown> = {
  readonly kind: EffectKind<TPayload>
  /** The role of the processes that carry it out; `worker` when left out. */
  readonly role?: 'mail'
  readonly attemptsMax?: number
  /** So many of the kind in one process, and no more, where each takes much memory or a thread. Those that wait hold nothing. */
  readonly atOnce?: number
  /** Of code of a project, which may end the process or hang: what it is and where it is declared, for people. */
  readonly ownCode?: string
  perform(context: PerformContext<TPayload>): Promise<Outcome<TResult>>
  settle?(context: SettleContext<TPayload, TResult>): Followed
  /** Staff have it tried again, in their transaction: what it stands for is open again. */
  tryAgain?(context: EffectWork<TPayload>): Followed
  /** Staff give it up, in their transaction: what it stands for must come to an end without it. */
  giveUp?(context: EffectWork<TPayload>): Followed
}

/** A handler whose steps know what its kind stores and what `perform` answers; the runner, which hands both on, need not. */
export function effectHandler<TPayload, TResult>(
  kind: EffectKind<TPayload>,
  steps: Omit<EffectHandler<TPayload, TResult>, 'kind'>,
): EffectHandler {
  return { kind, ...steps }
}

/** Nobody has carried it out, not even once. Of one that is held since a restore that is not known: the backup was earlier. */
export function isUnsent({ attempts, state }: Effect): boolean {
  return attempts === 0 && state !== 'held'
}
