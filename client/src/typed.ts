/**
 * Owns the client's types as they follow from `typeof backend`: its collections by name, what each takes and answers, and the
 * project's own operations. Types alone: nothing of the server is loaded.
 */
import type {
  BackendTypes,
  CollectionTypes,
  Expanded,
  NewWireRecord,
  WireChanges,
  WireExpand,
  WireFields,
  WireFilter,
  WireRecord,
  WireSet,
  WireSort,
} from '../../src/contract/record-types.ts'
import type { BaseClient, FilesClient, ReadOptions, ShopClient, UntypedClient, WriteOptions } from './calls.ts'
import type { News } from './kept-list.ts'
import type { Live, LiveQueryOptions } from './live-query.ts'
import type { Span } from './query-string.ts'
import type { Cart, CartPatch, CheckoutAnswer, DeletedRecord, Groups, Money, NewCart, Order, Page } from './shapes.ts'

/** `typeof backend`, or what stands for it while nothing is known of one. */
export type AnyBackend = { readonly types?: BackendTypes }
/** Asks with names and types given by hand, as `client.collection<Book>('products')`. */
export type Untyped = { readonly isUntyped: true }

type Types<TBackend> = TBackend extends { readonly types?: infer T extends BackendTypes | undefined } ? NonNullable<T> : never
type All<TBackend> = Types<TBackend>['collections']
/** The collections that the project's config declares, and those of the features that are on. */
export type CollectionName<TBackend> = keyof All<TBackend> & string
/** A record of a collection as it is told in JSON: `RecordIn<typeof backend, 'reviews'>`. */
export type RecordIn<TBackend, TName extends CollectionName<TBackend>> = WireRecord<All<TBackend>[TName]>

type Choice<TAll extends BackendTypes['collections'], T extends CollectionTypes, E, F> = {
  /** References and lists to fill in. What the reader may not see stays an id. */
  readonly expand?: readonly (E & WireExpand<TAll, T>)[]
  /** Only these; the id is always among them. */
  readonly fields?: readonly (F & keyof WireRecord<T>)[]
}
type Query<TAll extends BackendTypes['collections'], T extends CollectionTypes, E, F> = Choice<TAll, T, E, F> &
  Omit<LiveQuery<TAll, T>, 'sort'> & {
    readonly sort?: WireSort<T> | readonly WireSort<T>[] | PlaceName<T>
    readonly cursor?: string
    /** Asks for the number of all matches; the answer then carries `count`. */
    readonly count?: boolean
  } & Searched<T>
/** A place, beside its `near`: the nearest first. */
type PlaceName<T extends CollectionTypes> = {
  [K in keyof T['fields'] & string]: T['fields'][K]['compared'] extends { readonly '': { readonly areas: unknown } } ? K : never
}[keyof T['fields'] & string]
/** Only where a field is searched. */
type Searched<T extends CollectionTypes> = true extends T['fields'][keyof T['fields']]['isSearched'] ? { readonly search?: string } : object
/** What a list is asked with, where it is put together: `QueryIn<typeof backend, 'reviews'>`. Not what is expanded or chosen: the answer's type follows that. */
export type QueryIn<TBackend, TName extends CollectionName<TBackend>> = Omit<
  Query<All<TBackend>, All<TBackend>[TName], never, never>,
  keyof Choice<All<TBackend>, All<TBackend>[TName], never, never>
>
type LiveQuery<TAll extends BackendTypes['collections'], T extends CollectionTypes> = {
  readonly filter?: WireFilter<TAll, T>
  readonly sort?: WireSort<T> | readonly WireSort<T>[]
  readonly limit?: number
}
type Answer<TAll extends BackendTypes['collections'], T extends CollectionTypes, E extends string, F> = keyof WireRecord<T> extends F
  ? Expanded<TAll, T, E>
  : Pick<Expanded<TAll, T, E>, ('id' | F | HeadOf<E>) & keyof Expanded<TAll, T, E>>
type HeadOf<E extends string> = E extends `${infer H}.${string}` ? H : E

type Reading<TAll extends BackendTypes['collections'], T extends CollectionTypes> = {
  list<const E extends WireExpand<TAll, T> = never, const F extends keyof WireRecord<T> = keyof WireRecord<T>>(
    query?: Query<TAll, T, E, F>,
    options?: ReadOptions,
  ): Promise<Page<Answer<TAll, T, E, F>>>
  /** Page after page, each asked for when it is wanted. */
  pages<const E extends WireExpand<TAll, T> = never, const F extends keyof WireRecord<T> = keyof WireRecord<T>>(
    query?: Query<TAll, T, E, F>,
    options?: ReadOptions,
  ): AsyncGenerator<Page<Answer<TAll, T, E, F>>, void>
  get<const E extends WireExpand<TAll, T> = never, const F extends keyof WireRecord<T> = keyof WireRecord<T>>(
    id: string,
    query?: Choice<TAll, T, E, F>,
    options?: ReadOptions,
  ): Promise<Answer<TAll, T, E, F>>
  /** Counts, sums and more of all that fit, by groups. Staff's, unless the collection's rule `aggregate` opens it. */
  aggregate<const G extends GroupName<T> = never, const M extends Measures<T> = object>(
    query?: M &
      Searched<T> & {
        readonly filter?: WireFilter<TAll, T>
        readonly group?: readonly G[]
        /** `count`, `group.status`, `sum.total`, with `-` for descending. */
        readonly sort?: string | readonly string[]
        readonly limit?: number
        readonly timeZone?: string
      },
    options?: ReadOptions,
  ): Promise<Groups<GroupOf<T, G, M>>>
  /** The list as it is at every moment: called with the records first, and again after each change of what they show. */
  live(
    query: LiveQuery<TAll, T>,
    onChange: (records: readonly WireRecord<T>[], news: News<WireRecord<T>>) => void,
    options?: LiveQueryOptions,
  ): Live
}

type FieldName<T extends CollectionTypes> = keyof WireRecord<T> & string
/** A field, a time or day by its span, or a part of money. */
/** Not what is made when a record is read. */
type Kept<T extends CollectionTypes> = {
  [K in FieldName<T>]: K extends keyof T['computed']
    ? never
    : K extends keyof T['fields']
      ? T['fields'][K]['made'] extends 'read'
        ? never
        : K
      : K
}[FieldName<T>]
type GroupName<T extends CollectionTypes> = Kept<T> | `${Kept<T>}:${Span}` | `${Kept<T>}.${'amount' | 'currency'}`
/** Numbers, money, and what can be added to: a decimal is a text in JSON. */
type Summable<T extends CollectionTypes> = {
  [K in Kept<T> & FieldName<T> & keyof T['fields']]: [NonNullable<WireRecord<T>[K]>] extends [number | Money]
    ? K
    : [T['fields'][K]['increment']] extends [never]
      ? never
      : K
}[Kept<T> & FieldName<T> & keyof T['fields']]
type Measures<T extends CollectionTypes> = {
  readonly sum?: readonly Summable<T>[]
  readonly avg?: readonly Summable<T>[]
  readonly min?: readonly Kept<T>[]
  readonly max?: readonly Kept<T>[]
}
type GroupOf<T extends CollectionTypes, G extends string, M> = {
  readonly group: { readonly [K in G]: string | number | boolean | null }
  readonly count: number
} & {
  readonly [K in keyof M & keyof Measures<T>]: M[K] extends readonly (infer F)[]
    ? { readonly [N in F & FieldName<T>]: WireRecord<T>[N] | null }
    : never
}

type Writing<T extends CollectionTypes> = {
  create(record: NewWireRecord<T>, options?: WriteOptions): Promise<WireRecord<T>>
  /** JSON Merge Patch; `{ views: { $increment: 1 } }` adds. With `ifMatch` refused once somebody was first. */
  update(id: string, changes: WireChanges<T>, options?: WriteOptions): Promise<WireRecord<T>>
  delete(id: string, options?: WriteOptions): Promise<void>
}

type Restoring<T extends CollectionTypes> = {
  /** What can be restored, the latest deletion first. Staff's, unless the rule `restore` says otherwise, as are the two below. */
  deleted(query?: { readonly limit?: number; readonly cursor?: string }, options?: ReadOptions): Promise<Page<DeletedRecord<WireRecord<T>>>>
  /** With what its deletion took along. */
  restore(id: string, options?: WriteOptions): Promise<WireRecord<T>>
  /** Removes it for good, before its time is over. */
  purge(id: string, options?: WriteOptions): Promise<void>
}

/** What a collection has a rule for; the rest is refused to everybody. */
type Collection<TAll extends BackendTypes['collections'], T extends CollectionTypes> = ('read' extends T['actions']
  ? Reading<TAll, T>
  : object) &
  ('restore' extends T['actions'] ? Restoring<T> : object) &
  Pick<Writing<T>, Exclude<T['actions'], 'read' | 'restore'>>

type Operations<TBackend, TNoun extends string> = {
  readonly [K in keyof Types<TBackend>['operations'] as K extends `${TNoun}.${infer TVerb}` ? TVerb : never]: Named<
    Types<TBackend>['operations'][K]
  >
}
type Named<T extends { readonly input: unknown; readonly output: unknown }> = [keyof T['input']] extends [never]
  ? (input?: Record<string, never>, options?: WriteOptions) => Promise<T['output']>
  : object extends T['input']
    ? (input?: T['input'], options?: WriteOptions) => Promise<T['output']>
    : (input: T['input'], options?: WriteOptions) => Promise<T['output']>

type Noun<TBackend> = keyof Types<TBackend>['operations'] extends infer K ? (K extends `${infer N}.${string}` ? N : never) : never
type Part<TBackend, TName extends string> = (TName extends CollectionName<TBackend>
  ? Collection<All<TBackend>, All<TBackend>[TName]>
  : object) &
  Operations<TBackend, TName>
type Shop<TBackend> = Types<TBackend>['hasShop'] extends true ? ShopOf<NonNullable<Types<TBackend>['added']>> : object
type ShopOf<TAdded extends NonNullable<BackendTypes['added']>> = Omit<ShopClient, 'carts' | 'orders'> & {
  readonly carts: CartsOf<WireFields<TAdded['carts']>, WireSet<TAdded['carts']>, WireFields<TAdded['orders']>>
  readonly orders: Telling<ShopClient['orders'], object, WireFields<TAdded['orders']>>
}
/** With what the shop has added to carts, as it is told and as it is set, and to orders. */
type CartsOf<TCart, TSet, TOrder> = Omit<Telling<ShopClient['carts'], TCart, TOrder>, 'create' | 'update'> & {
  readonly create: (body?: NewCart & TSet) => Promise<Cart & TCart>
  readonly update: (id: string, body: CartPatch & TSet) => Promise<Cart & TCart>
}
type Telling<TCalls, TCart, TOrder> = {
  readonly [K in keyof TCalls]: TCalls[K] extends (...given: infer A) => Promise<infer R>
    ? (...given: A) => Promise<R extends Cart ? R & TCart : R extends Order ? R & TOrder : R extends CheckoutAnswer ? Paid<R, TOrder> : R>
    : TCalls[K]
}
type Paid<TAnswer extends CheckoutAnswer, TOrder> = Omit<TAnswer, 'order'> & { order: TAnswer['order'] & TOrder }
type Typed<TBackend> = BaseClient &
  FilesClient & {
    /** For a collection whose name the client uses itself, such as `auth`. */
    collection<TName extends CollectionName<TBackend>>(name: TName): Collection<All<TBackend>, All<TBackend>[TName]>
  } & {
    readonly [K in Exclude<CollectionName<TBackend> | Noun<TBackend>, keyof BaseClient | 'collection'>]: K extends keyof Shop<TBackend>
      ? Omit<Part<TBackend, K>, keyof Shop<TBackend>[K]> & Shop<TBackend>[K]
      : Part<TBackend, K>
  }

export type ClientOf<TBackend> = TBackend extends Untyped ? UntypedClient : Typed<TBackend>
