// A collection: a declared shape of data, the user's own and the system's alike. The declaration is a
// value; model.ts checks and compiles all of them at start.
import type { Actor } from '../access/actor.ts'
import type { PathsIn, Rule, SameIn, UpdateIn } from '../access/rule.ts'
import type { NewId } from '../base/ids.ts'
import { declare, placeOfDeclaration } from '../base/place.ts'
import type { Filter } from '../contract/filter.ts'
import type { Field, OnErase } from './kinds/kind.ts'

export type Fields = Readonly<Record<string, Field>>

/** Who may do what. What is left out is refused to everybody but the engine itself. */
export type CollectionAccess = {
  readonly read?: Rule
  readonly create?: Rule
  readonly update?: Rule
  readonly delete?: Rule
  /** Counts and sums over all that one may read; staff when left out. Names no field of the record. */
  readonly aggregate?: Rule
  /** Which deleted records one may see, restore and delete for good, with `softDelete`; staff when left out. */
  readonly restore?: Rule
}

/** Fields of the engine that are read from other records when one is read: no list is filtered or sorted by them. */
export type LoadedFields = {
  readonly fields: Fields
  /**
   * Values for all records of a page at once, in their order: one query, not one per record. `caller`: null where the same is told to
   * several, as of a live change.
   */
  readonly load: (read: ComputeReader, records: readonly AnyRecord[], caller: Caller | null) => Promise<readonly Record<string, unknown>[]>
}

/** To whom records are shown, and when. */
export type Caller = { readonly actor: Actor; readonly now: number }

/** The part of a transaction that `afterChange` may use; storage/transaction.ts is the whole. */
export type WriteAccess = ComputeReader & {
  get<T>(collection: CollectionRef<T>, id: string): Promise<T | null>
  insert<T>(collection: CollectionRef<T>, fields: Omit<T, 'createdAt' | 'updatedAt' | 'version'>): Promise<T>
  update<T extends AnyRecord>(
    collection: CollectionRef<T>,
    before: T,
    change: { readonly set?: Readonly<Record<string, unknown>> },
  ): Promise<T>
  delete<T extends AnyRecord>(collection: CollectionRef<T>, before: T): Promise<void>
  lock<T extends AnyRecord>(collection: CollectionRef<T>, id: string, mode: 'shared' | 'exclusive'): Promise<T | null>
}

export type BeforeChange = {
  readonly tx: WriteAccess
  readonly now: number
  readonly newId: NewId
  /** Null of one that is made. */
  readonly before: AnyRecord | null
  /** As it is going to be. */
  readonly after: AnyRecord
}

export type AfterChange = {
  readonly tx: WriteAccess
  readonly now: number
  readonly newId: NewId
  readonly before: AnyRecord | null
  readonly after: AnyRecord | null
}

/** `limit` cuts: what is decided over all that fits is read with findAll (storage/find-all.ts). */
type ComputeQuery = {
  readonly where?: Filter
  readonly limit: number
  readonly isUnordered?: boolean
  readonly after?: readonly (string | number | boolean | null)[]
}

/** The part of the storage that computed fields may use. */
export type ComputeReader = {
  find<T>(collection: CollectionRef<T>, query: ComputeQuery): Promise<T[]>
}

/** `user`: an account's id. `users`: a list of them. `address`: of mail. `record`: the id of any record that is the person's. */
export type Holds = 'user' | 'users' | 'address' | 'record'

/** Of the engine's own collections. */
export type PersonalOptions = {
  /** Fields that hold such an id or address though their kind does not say so. */
  readonly by?: Readonly<Record<string, { readonly holds: Holds; readonly onErase: OnErase }>>
  /** What stands in place of a personal value, where an empty one would not do. */
  readonly empty?: Readonly<Record<string, (record: AnyRecord) => unknown>>
  /** Anything may stand in it: a record that has the person's id or address anywhere is deleted, or these fields of it are emptied. */
  readonly freeForm?: 'delete' | readonly string[]
  /** Records of theirs that an erasure waits for. `now`: milliseconds UTC. */
  readonly waits?: (now: number) => Filter
  /** Why what stays of it stays: the report of an erasure says it. */
  readonly because?: string
}

export type CollectionOptions<TFields extends Fields = Fields> = {
  readonly fields: TFields
  /** Starts every id, 2 to 8 lower-case letters. Made from the name when left out. */
  readonly prefix?: string
  /** What people read in the console. */
  readonly title?: string
  /** What it was called before, the latest name first: its records are kept. */
  readonly renamedFrom?: string | readonly string[]
  /** Column paths, `-` for descending, the id always last: `['category', '-createdAt']`. */
  readonly indexes?: readonly (readonly string[])[]
  /** Sets of fields that are unique together. */
  readonly unique?: readonly (readonly string[])[]
  readonly access?: CollectionAccess
  readonly loaded?: LoadedFields
  /** References from elsewhere shown as a list: `variants: { from: 'variants', by: 'product' }`. */
  readonly lists?: Readonly<Record<string, { readonly from: string; readonly by: string }>>
  /**
   * A deleted record can be restored, with what its deletion took along, for 30 days or as many as it says. It is gone
   * from everywhere else all the same.
   */
  readonly softDelete?: boolean | { readonly keepDays: number }
  /**
   * How `search=` looks: by whole words with an index, the best first, or (`parts`) for any part of a text, which reads every
   * record. `words` when left out; `parts` is for collections that are small, or written far more often than searched.
   */
  readonly search?: 'words' | 'parts'
  /** Of the engine's own: staff search through texts that this collection keeps of each record, whose id it has in `by`. */
  readonly searchIn?: { readonly collection: string; readonly by: string }
  /** Of the engine's own: names of the fields that a project has added, which operations of its own set. */
  readonly own?: readonly string[]
  /** Changed only through its own operations. */
  readonly system?: boolean
  /** Rows are never changed or removed: no version, no updatedAt. */
  readonly appendOnly?: boolean
  /** `false`: its changes are not in the feed (bookkeeping nobody watches). */
  readonly feed?: boolean
  /** Not reachable through the API at all. */
  readonly internal?: boolean
  /** Of the engine's own: what of it is a person's, beyond what its fields say (personal.ts). */
  readonly personal?: PersonalOptions
  /**
   * What a record must fit that its fields alone do not say, and values that follow from others: answered, they are stored with it.
   * In the transaction of the generic write, before it; a deletion is none.
   */
  readonly beforeChange?: (context: BeforeChange) => Promise<Readonly<Record<string, unknown>>>
  /** Keeps what depends on a record in step, in the transaction of the generic write that changed it. */
  readonly afterChange?: (context: AfterChange) => Promise<void>
  /** Conditions every row must fit: a second wall behind the guards. */
  readonly checks?: readonly { readonly path: string; readonly op: 'gte'; readonly value: number }[]
}

/** Names a collection and carries the type of its records. */
export type CollectionRef<TRecord = AnyRecord> = { readonly name: string; readonly record?: TRecord }

export type AnyRecord = { readonly id: string; readonly createdAt: number } & Readonly<Record<string, unknown>>

/**
 * A record of this collection, as its declaration types it. Where records of all collections go one way (storage, the feed,
 * archives) they have no type of their own, and this is how one gets it back.
 */
export function recordOf<T>(_collection: CollectionRef<T>, record: AnyRecord): T {
  return record as T
}

export type Collection<TRecord = AnyRecord> = CollectionOptions & CollectionRef<TRecord>

type FieldRecord<TFields extends Fields> = {
  readonly [K in keyof TFields as TypesOf<TFields[K]>['made'] extends 'read' ? never : K]: TypesOf<TFields[K]>['value']
}
type TypesOf<TField> = TField extends Field<infer T> ? T : never
type TypesOfAll<TFields> = { readonly [K in keyof TFields]: TypesOf<TFields[K]> }

type StoredRecord<TFields extends Fields, TAppendOnly> = Shown<
  { readonly id: string; readonly createdAt: number } & (TAppendOnly extends true
    ? object
    : { readonly version: number; readonly updatedAt: number }) &
    FieldRecord<TFields>
>
/** The compiler shows its members instead of how it came about. */
type Shown<T> = { [K in keyof T]: T[K] } & {}

/** What a declaration with these options says to the compiler. */
type Types<TName extends string, TFields extends Fields, TOptions> = {
  readonly name: TName
  readonly fields: TypesOfAll<TFields>
  readonly computed: TOptions extends { loaded: { fields: infer F } } ? TypesOfAll<F> : None
  readonly lists: TOptions extends { lists: infer L extends Readonly<Record<string, { readonly from: string }>> }
    ? { readonly [K in keyof L]: L[K]['from'] }
    : None
  readonly isAppendOnly: IsAppendOnly<TOptions>
  readonly actions:
    | (TOptions extends { access: infer A } ? keyof A & ('read' | 'create' | 'update' | 'delete') : never)
    | (TOptions extends { softDelete: true | { keepDays: number } } ? 'restore' : never)
}
type None = Readonly<Record<never, never>>
type IsAppendOnly<TOptions> = TOptions extends { appendOnly: true } ? true : false

/** Rules that look at what the collection does not have are red, with a sentence. */
type KnownPaths<TOptions, TFields> = TOptions extends { readonly access: infer A }
  ? {
      readonly access: { readonly [K in keyof A]: CheckedRule<K, A[K], TOptions, TFields> }
    }
  : unknown
type CheckedRule<K, TRule, TOptions, TFields> = K extends 'restore'
  ? TOptions extends { readonly softDelete: true | object }
    ? KnownRule<K, TRule, TFields>
    : 'nothing is restored without softDelete'
  : KnownRule<K, TRule, TFields>
type KnownRule<K, TRule, TFields> = [Missing<PathsIn<TRule>, TFields>] extends [never]
  ? [NeverSame<SameIn<TRule>, TFields>] extends [never]
    ? [K, UpdateIn<TRule>] extends ['update', unknown] | [unknown, never]
      ? TRule
      : 'was, becomes and changed are for the rule of update'
    : NeverSame<SameIn<TRule>, TFields>
  : NoSuch<Missing<PathsIn<TRule>, TFields>, TRule>
/** A word that an enum does not have. */
type NeverSame<TSame, TFields> = TSame extends readonly [infer P extends keyof TFields & string, infer V extends string]
  ? [NonNullable<TypesOf<TFields[P]>['value']>] extends [infer W extends string]
    ? V extends W
      ? never
      : string extends V
        ? never
        : `${P} is never ${V}`
    : never
  : never
type NoSuch<M, T> = [M] extends [never] ? T : M extends string ? `there is no field ${M}` : T
type Missing<TPath, TFields> = string extends TPath
  ? never
  : TPath extends `${infer H}.${string}`
    ? Missing<H, TFields>
    : TPath extends keyof TFields | 'id' | 'createdAt' | 'updatedAt' | 'version'
      ? never
      : TPath
type KnownIndexes<TOptions, TFields> = KnownIn<'indexes', TOptions, TFields> & KnownIn<'unique', TOptions, TFields>
type KnownIn<K extends 'indexes' | 'unique', TOptions, TFields> = TOptions extends {
  readonly [_ in K]: infer I extends readonly (readonly string[])[]
}
  ? { readonly [_ in K]: NoSuch<Missing<Unsigned<I[number][number]>, TFields>, I> }
  : unknown
type Unsigned<TPath> = TPath extends `-${infer P}` ? P : TPath

/** Declares a collection. Mistakes in it stop the start, with the path of each. */
export function collection<
  const TName extends string,
  const TFields extends Fields,
  const TOptions extends Omit<CollectionOptions, 'fields'>,
>(
  name: TName,
  options: TOptions & { readonly fields: TFields } & KnownPaths<TOptions, TFields> & KnownIndexes<TOptions, TFields>,
): Collection<StoredRecord<TFields, IsAppendOnly<TOptions>>> & {
  readonly name: TName
  readonly fields: TFields
  readonly types?: Types<TName, TFields, TOptions>
} {
  return declare({ name, ...options }, options, placeOfDeclaration())
}
