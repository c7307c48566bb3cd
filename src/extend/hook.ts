// Hooks: code of a project before and after the write of a record, and on events. `before` runs inside the transaction: it
// looks, changes what is written, writes more, owes effects, or refuses. `after` is an effect: owed in the transaction and
// carried out after it, at least once, under one key. This file owns how they are declared; extension.ts has them run.
import type { Actor } from '../access/actor.ts'
import { declare, placeOfDeclaration } from '../base/place.ts'
import type { ProjectErrorKind } from '../base/project-error.ts'
import type { RecordOf } from '../contract/record-types.ts'
import type { RecordAction } from '../records/record-hooks.ts'
import type { EventName, ProjectEvents } from './events.ts'
import type { Piece } from './own-code.ts'
import type { OwnName } from './own-name.ts'
import type { DutyWork, OutsideWork, OwnWork } from './own-work.ts'
import type { AnyCollection } from './records.ts'

/** A collection, or the name of an event. */
export type HookSubject = AnyCollection | EventName

type Before<R, A extends RecordAction> = [A] extends ['create'] ? null : 'create' extends A ? R | null : R
type System = 'id' | 'createdAt' | 'updatedAt' | 'version'

/** One write of a record, as hooks are told of it. */
type Write<R, A extends RecordAction> = {
  readonly action: A
  /** As it is to be written; of one that is deleted, as it was. */
  readonly record: R
  /** As it was; null for one that is made. */
  readonly before: Before<R, A>
}

type BeforeWrite<R, A extends RecordAction> = Write<R, A> & {
  /** Who asked. `system` for what the engine or other code of the project does. */
  readonly actor: Actor
  /** Has these fields written instead. Nothing of a record that is deleted. */
  readonly set: (values: { readonly [K in Exclude<keyof R, System>]?: R[K] }) => void
}

export type BeforeContext<TOn, A extends RecordAction> = OwnWork &
  (TOn extends EventName ? ProjectEvents[TOn] : TOn extends AnyCollection ? BeforeWrite<RecordOf<TOn>, A> : never)
export type AfterContext<TOn, A extends RecordAction> = OutsideWork &
  (TOn extends EventName ? ProjectEvents[TOn] : TOn extends AnyCollection ? Write<RecordOf<TOn>, A> : never)
export type SettleContext<TOn, A extends RecordAction, TResult> = DutyWork & {
  readonly key: string
  readonly result: TResult
} & (TOn extends EventName ? ProjectEvents[TOn] : TOn extends AnyCollection ? Write<RecordOf<TOn>, A> : never)

type Spec<TOn, A> = {
  /** `comments.checkWords`: a noun and a verb. It names the hook in the log and the console, so it stays. */
  readonly name: OwnName
  readonly on: TOn
  /** Of a collection: which writes. All of them when left out. */
  readonly action?: A | readonly A[]
}

export type Hook = Piece & {
  readonly kind: 'before' | 'after'
  readonly name: string
  readonly on: HookSubject
  readonly actions: readonly RecordAction[]
  readonly errors: readonly ProjectErrorKind[]
  readonly run: (context: never) => unknown
  readonly settle: ((context: never) => unknown) | null
}

/** Before a record is written, or on an event, in its transaction. */
export function before<const TOn extends HookSubject, const A extends RecordAction = RecordAction>(
  spec: Spec<TOn, A> & {
    /** Those of `defineErrors` that it refuses with: the API document names them at the writes of its collection. */
    readonly errors?: readonly ProjectErrorKind[]
    readonly run: (context: BeforeContext<TOn, A>) => void | Promise<void>
  },
): Hook {
  return hook('before', spec, placeOfDeclaration())
}

/**
 * After the commit. `run` may call the network and is repeated until it has passed; `settle` writes what came of it, in the
 * transaction that ends it: once.
 */
export function after<const TOn extends HookSubject, const A extends RecordAction = RecordAction, TResult = void>(
  spec: Spec<TOn, A> & {
    readonly run: (context: AfterContext<TOn, A>) => TResult | Promise<TResult>
    readonly settle?: (context: SettleContext<TOn, A, Awaited<TResult>>) => void | Promise<void>
  },
): Hook {
  return hook('after', spec, placeOfDeclaration())
}

type AnySpec = Spec<HookSubject, RecordAction> & Pick<Hook, 'run'> & { readonly errors?: Hook['errors']; readonly settle?: Hook['run'] }

function hook(kind: Hook['kind'], spec: AnySpec, place: string): Hook {
  const { name, on, action, errors = [], run, settle = null } = spec
  const actions = action === undefined ? everyAction : [action].flat()
  return declare({ kind, name, on, actions, errors, run, settle, what: `The ${kind} hook ${name}`, place }, spec, place)
}

const everyAction: readonly RecordAction[] = ['create', 'update', 'delete']

export function isOnEvent(subject: HookSubject): subject is EventName {
  return typeof subject === 'string'
}
