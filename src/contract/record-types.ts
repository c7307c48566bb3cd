// What declarations say to the compiler: the types of records, of what a caller gives and of what lists are asked with,
// all read off the collections. Nothing here exists at run time. The client imports it, so it imports nothing.

/** What one field says. `schema/kinds/kind.ts` makes it from a kind and the options of its declaration. */
export type FieldTypes = {
  /** In a record on the server. */
  readonly value: unknown
  /** In JSON. */
  readonly wire: unknown
  /** What filters compare, by the part of the value: '' is the whole. */
  readonly compared: object
  /** Must be given when a record is made. */
  readonly isNeeded: boolean
  /** Whether every reader of the record is told it. */
  readonly read: 'all' | 'some' | 'none'
  readonly isWritable: boolean
  /** Given by whoever writes; made of others when a record is written, and stored; or when one is read. */
  readonly made: 'given' | 'stored' | 'read'
  /** What is added to it, in JSON: by `$increment`, where it may be written, and in sums. Never where nothing is. */
  readonly increment: unknown
  /** A list may be sorted by it. */
  readonly isSortable: boolean
  /** `search` looks into it. */
  readonly isSearched: boolean
  /** The collection a reference points at; null for other fields. */
  readonly to: string | null
}

/** What one collection says, its system fields left out. */
export type CollectionTypes = {
  readonly name: string
  readonly fields: Readonly<Record<string, FieldTypes>>
  /** Made when a record is read. */
  readonly computed: Readonly<Record<string, FieldTypes>>
  /** References from elsewhere, by the name they are shown under: the collection they stand in. */
  readonly lists: Readonly<Record<string, string>>
  readonly isAppendOnly: boolean
  /** What the collection's own routes can be asked for: those that it has a rule for. */
  /** `restore`: of a collection whose deleted records can be. */
  readonly actions: 'read' | 'create' | 'update' | 'delete' | 'restore'
}

export type OperationTypes = { readonly name: string; readonly input: unknown; readonly output: unknown }

/** What a whole config says: the type behind `typeof backend`. */
export type BackendTypes = {
  readonly collections: Readonly<Record<string, CollectionTypes>>
  readonly operations: Readonly<Record<string, OperationTypes>>
  readonly hasShop: boolean
  /** What the shop has added to its carts and orders. */
  readonly added?: { readonly carts: Readonly<Record<string, FieldTypes>>; readonly orders: Readonly<Record<string, FieldTypes>> }
}

/** Shows the members of a type instead of how it came about. */
type Flat<T> = { [K in keyof T]: T[K] } & {}
type TypesOf<TDeclared> = TDeclared extends { readonly types?: infer T } ? NonNullable<T> : never
type FieldsOf<T> = T extends { readonly fields: infer F extends Readonly<Record<string, FieldTypes>> } ? F : never
type IsAppendOnly<T> = T extends { readonly isAppendOnly: true } ? true : false

// On the server, by `typeof reviews`.

/** A record as operations, hooks and effects hold it: times are milliseconds, money is `{ amount, currency }`. */
export type RecordOf<TCollection extends { readonly record?: unknown }> = NonNullable<TCollection['record']>
/** What makes a record: required fields, and any of the others. */
export type NewRecordOf<TCollection> = NewValues<FieldsOf<TypesOf<TCollection>>>
/** Some fields of a record, each as it becomes. */
export type ChangesOf<TCollection> = {
  readonly [K in Given<FieldsOf<TypesOf<TCollection>>>]?: FieldsOf<TypesOf<TCollection>>[K]['value']
}

/** Names of the fields that whoever writes may say something of. */
type Given<F extends Readonly<Record<string, FieldTypes>>> = { [K in keyof F]: F[K]['made'] extends 'given' ? K : never }[keyof F]

type NewValues<F extends Readonly<Record<string, FieldTypes>>> = Flat<
  { readonly [K in keyof F as F[K]['isNeeded'] extends true ? K : never]: F[K]['value'] } & {
    readonly [K in Given<F> as F[K]['isNeeded'] extends true ? never : K]?: F[K]['value']
  }
>

// In JSON, by what `typeof backend` says of a collection.

type TimesWire<T extends CollectionTypes> =
  IsAppendOnly<T> extends true
    ? object
    : 'some' extends T['fields'][keyof T['fields']]['read']
      ? { readonly updatedAt?: string }
      : { readonly updatedAt: string }

type Told<F extends Readonly<Record<string, FieldTypes>>> = {
  readonly [K in keyof F as F[K]['read'] extends 'all' ? K : never]: F[K]['wire']
} & { readonly [K in keyof F as F[K]['read'] extends 'some' ? K : never]?: F[K]['wire'] }

/** A record as the API tells it. What only some may read may be missing. */
export type WireRecord<T extends CollectionTypes> = Flat<
  { readonly id: string; readonly createdAt: string } & TimesWire<T> & Told<T['fields']> & Told<T['computed']>
>

/** Fields as the API tells them. */
export type WireFields<F extends Readonly<Record<string, FieldTypes>>> = Flat<Told<F>>
/** Some of them, as they are to be. */
export type WireSet<F extends Readonly<Record<string, FieldTypes>>> = {
  readonly [K in keyof F as F[K]['isWritable'] extends true ? K : never]?: F[K]['wire']
}

export type NewWireRecord<T extends CollectionTypes> = Flat<
  {
    readonly [K in keyof T['fields'] as T['fields'][K] extends { readonly isWritable: true; readonly isNeeded: true }
      ? K
      : never]: T['fields'][K]['wire']
  } & {
    readonly [K in keyof T['fields'] as T['fields'][K] extends { readonly isWritable: true; readonly isNeeded: false }
      ? K
      : never]?: T['fields'][K]['wire']
  }
>

/** `{ "$increment": n }` adds to a number, `$push` and `$pull` to and from a list, whatever it is by then. */
export type WireChanges<T extends CollectionTypes> = {
  readonly [K in keyof T['fields'] as T['fields'][K]['isWritable'] extends true ? K : never]?:
    | T['fields'][K]['wire']
    | ([T['fields'][K]['increment']] extends [never] ? never : { readonly $increment: T['fields'][K]['increment'] })
    | (T['fields'][K]['compared'] extends { readonly '': readonly [string] } ? ListChange : never)
}
type ListChange = { readonly $push?: string | readonly string[]; readonly $pull?: string | readonly string[] }

type OperatorsOf<V> =
  | 'null'
  | (V extends string | number | boolean ? 'eq' | 'ne' | 'in' | 'nin' : never)
  | (V extends string | number ? 'lt' | 'lte' | 'gt' | 'gte' : never)
  | (V extends string ? 'contains' | 'startsWith' : never)

/** What a value is compared by. `in` and `nin` list values; `null: true` asks for what has none. */
export type Condition<V> = {
  readonly [K in OperatorsOf<V>]?: K extends 'in' | 'nin'
    ? readonly V[]
    : K extends 'contains' | 'startsWith'
      ? string
      : K extends 'null'
        ? boolean
        : V
}

/** A list is asked for one that it has, and compared no other way. */
type Compared<V> = [V] extends [readonly [infer TOne]] ? TOne : [V] extends [{ readonly areas: infer TAreas }] ? TAreas : V | Condition<V>

/** The paths of one field: itself, and the parts of its value. */
type PathsOf<K extends string, C> = { readonly [P in keyof C & string as P extends '' ? K : `${K}.${P}`]?: Compared<C[P]> }

type UnionToIntersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never

type FieldPaths<F extends Readonly<Record<string, FieldTypes>>> = UnionToIntersection<
  { [K in keyof F & string]: F[K]['read'] extends 'none' ? never : PathsOf<K, F[K]['compared']> }[keyof F & string]
>

type OwnPaths<T extends CollectionTypes> = FieldPaths<T['fields']> & {
  readonly id?: Compared<string>
  readonly createdAt?: Compared<string>
  readonly updatedAt?: Compared<string>
}

/** References and lists by their names: the collection that each leads to. */
type Leads<T extends CollectionTypes> = {
  readonly [K in keyof T['fields'] as T['fields'][K]['to'] extends string ? K : never]: T['fields'][K]['to'] & string
} & T['lists']

/** Paths through one reference; further ones are plain. */
type PathsThrough<TAll extends Collections, T extends CollectionTypes> = UnionToIntersection<
  {
    [K in keyof Leads<T> & string]: Leads<T>[K] extends keyof TAll
      ? { readonly [P in keyof OwnPaths<TAll[Leads<T>[K]]> & string as `${K}.${P}`]?: OwnPaths<TAll[Leads<T>[K]]>[P] }
      : never
  }[keyof Leads<T> & string]
>

type Collections = Readonly<Record<string, CollectionTypes>>

/** Conditions that one and the same record of a list must fit: `{ members: { user: 'usr_…', role: 'lead' } }`. */
type WithinLists<TAll extends Collections, T extends CollectionTypes> = {
  readonly [K in keyof T['lists']]?: T['lists'][K] extends keyof TAll ? WireFilter<TAll, TAll[T['lists'][K]]> : never
}

/** `{ stars: { gte: 4 }, 'book.title': { contains: 'sea' }, or: [ … ] }`: every condition must hold. */
export type WireFilter<TAll extends Collections, T extends CollectionTypes> = OwnPaths<T> &
  WithinLists<TAll, T> &
  (keyof Leads<T> extends never ? object : PathsThrough<TAll, T>) & {
    readonly or?: readonly WireFilter<TAll, T>[]
    readonly and?: readonly WireFilter<TAll, T>[]
    readonly not?: WireFilter<TAll, T>
  } & { readonly [deep: `${string}.${string}.${string}`]: unknown }

type SortPath<T extends CollectionTypes> =
  | 'id'
  | 'createdAt'
  | 'updatedAt'
  | {
      [K in keyof T['fields'] & string]: T['fields'][K] extends { readonly isSortable: true; readonly read: 'all' | 'some' } ? K : never
    }[keyof T['fields'] & string]
/** A field, with `-` before it for descending. */
export type WireSort<T extends CollectionTypes> = SortPath<T> | `-${SortPath<T>}`

/** References and lists that can be filled in, three steps far at most. */
export type WireExpand<TAll extends Collections, T extends CollectionTypes, TDepth extends readonly unknown[] = [1, 1]> =
  | (keyof Leads<T> & string)
  | (TDepth extends readonly [unknown, ...infer TRest]
      ? {
          [K in keyof Leads<T> & string]: Leads<T>[K] extends keyof TAll ? `${K}.${WireExpand<TAll, TAll[Leads<T>[K]], TRest>}` : never
        }[keyof Leads<T> & string]
      : never)

type Head<E extends string> = E extends `${infer H}.${string}` ? H : E
type Behind<E extends string, H extends string> = E extends `${H}.${infer R}` ? R : never

/** A record with these paths filled in. Where the reader may not see what a reference names, its id stays. */
export type Expanded<TAll extends Collections, T extends CollectionTypes, E extends string> = [E] extends [never]
  ? WireRecord<T>
  : Flat<Omit<WireRecord<T>, Head<E>> & { readonly [K in Head<E> & keyof Leads<T>]: Filled<TAll, T, K, Behind<E, K & string>> }>
type Filled<
  TAll extends Collections,
  T extends CollectionTypes,
  K extends keyof Leads<T>,
  E extends string,
> = Leads<T>[K] extends keyof TAll
  ? K extends keyof T['lists']
    ? readonly Expanded<TAll, TAll[Leads<T>[K]], E>[]
    : K extends keyof T['fields']
      ? InPlaceOf<T['fields'][K]['wire'], Expanded<TAll, TAll[Leads<T>[K]], E>>
      : never
  : never
type InPlaceOf<TId, TRecord> = TId extends readonly string[] ? readonly (string | TRecord)[] : TId extends string ? string | TRecord : TId
