// What a kind of field is: one value that says how its values are declared, checked, stored, filtered, told and shown.
// Every other part asks this value, or the columns it names; none of them knows kinds by name. So a new kind is one file,
// with a builder that calls `makeField`. Invariant: to read or write a row asks no kind; codecs, schemas and presenters
// are made of it once for a collection.
import type { ActorValue, CallerRule } from '../../access/rule.ts'
import type { DisplayName, InputName } from '../../contract/field-forms.ts'
import type { Filter, Scalar } from '../../contract/filter.ts'
import type { FieldTypes } from '../../contract/record-types.ts'
import type { Add, Check, Keys } from '../shape.ts'

/** In a schema: what a value must be, told instead of a pattern and of a type. No document shows it. */
export const saying = Symbol('saying')
export type JsonSchema = Record<string, unknown> & { readonly [saying]?: string }

/** How one value lies in a database. Databases know these alone. `words`: those of a searched text, made by the storage. */
export type PlainType = 'text' | 'integer' | 'boolean' | 'dateTime' | 'json' | 'words'
/** What a kind is made of. A decimal is a whole number of units; how many decimals that means is kept with its column. */
export type ColumnType = PlainType | `decimal(${number})`

/** How a column of this type lies in a database. */
export function plainType(type: ColumnType): PlainType {
  return scaleOf(type) === null ? (type as PlainType) : 'integer'
}

/** The decimals of a column that has some; null of any other. */
export function scaleOf(type: ColumnType): number | null {
  return type.startsWith('decimal(') ? Number(type.slice(8, -1)) : null
}

export const filterOperators = [
  'eq',
  'ne',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'nin',
  'contains',
  'startsWith',
  'near',
  'within',
  'null',
] as const
export type FilterOperator = (typeof filterOperators)[number]

/** What a rule may know of a field whose declaration may be wrong elsewhere. */
export type RuleOptions = Pick<Field, 'to' | 'options' | 'min' | 'max'>
/** `problem` follows the name of the field. */
export type Stored<T = Scalar> = { readonly value: T } | { readonly problem: string }

/** How the values of a column are compared, in the filter of a query and in a rule. */
export type Comparing = {
  /** Of rules: `none` of them, those of equality alone, or all. */
  readonly rules: 'none' | 'same' | 'order'
  /** Whether a part of a value may be looked for. */
  readonly isText: boolean
  /** Those that the document names; a query may use more. */
  readonly operators: readonly FilterOperator[]
  /** Those that the console offers, the most useful one first. */
  readonly offered: readonly FilterOperator[]
  /** Of a value in a query string. */
  querySchema(field: Field): JsonSchema
  fromQuery(text: string): Stored
  fromRule(value: unknown, options: RuleOptions): Stored
  /** Of places: what an area is to a query, and how the document tells of it. */
  area?(operator: 'near' | 'within', path: string, text: string): { readonly filter: Filter } | { readonly problem: string }
  areaSchema?(operator: 'near' | 'within'): JsonSchema
  /** Whether a value of the caller can be one of these. A reference is judged by what it refers to. */
  takesActor(value: ActorValue): boolean
}

/** One column of each field of a kind. */
export type KindColumn = {
  /** The part of the value that lies in it: `amount` of money. Without it, the whole value does. */
  readonly part?: string
  readonly type: ColumnType
  /** Of type `json`: a list of texts, which a filter asks for what it has. */
  readonly isList?: boolean
  /** Of type `text`: the longest there is, in characters, where it stands in an index; 255 without it. */
  readonly characters?: (field: Field) => number
  readonly comparing: Comparing
}

/** The code of an issue, and its sentence: `have more than 15 digits`. */
export type Excess = { readonly code: string; readonly what: string }

export type Kind = {
  readonly name: string
  /** What people who know other products call it, in lower case: answered by the name of this one. */
  readonly otherNames?: readonly string[]
  /** The first one stands for the field in filters, sorts and indexes. */
  readonly columns: readonly [KindColumn, ...KindColumn[]]
  /** Its values are ids of other records: `to` names their collection. */
  readonly refers?: 'one' | 'many'
  /** Its values are files: what a request names is claimed for the record, and removed with it. */
  readonly holdsFiles?: 'one' | 'many'
  /** Any JSON value: a change is merged into what there is, and a default is never more than itself. */
  readonly isJson?: boolean
  /** Its values may be whole articles: they count in the size of a page, and no list is sorted by them. */
  readonly isLarge?: boolean
  /** False: its values have no order and no sum. */
  readonly isMeasured?: false
  /** It lies in a calendar: an aggregate groups by its months. Times are milliseconds, days texts. */
  readonly spans?: 'times' | 'days'
  /** A change may say by how much instead of what: `{ "$increment": 1 }`. `fromWire`, where that is not given as it is stored. */
  readonly increment?: { readonly schema: JsonSchema; readonly fromWire?: (value: unknown) => number }

  /** What a declaration may say beside what every field may. */
  readonly options: Keys
  readonly needs?: readonly string[]
  /** Says what is wrong with options that are each right by themselves. */
  check?(field: Field, path: string, add: Add): void
  /** Which defaults may be made when a record is: the time, the caller's id. */
  readonly sets?: (set: 'now' | 'actor', field: Field) => boolean
  /** What is wrong with a default, which is given as it is stored, beyond what the schema says; `misfit` where it has none. */
  defaultFault?(value: unknown): string | null

  /** On the wire, where it is not null. */
  schema(field: Field): JsonSchema
  /** On the wire, null included; without it, null is one more type and one more of the values that are listed. */
  nullableSchema?(field: Field): JsonSchema
  /** Of a value that is given: what was stored before a rule was is still read. */
  givenSchema?(schema: JsonSchema): JsonSchema
  /** Of a value that is read: a reference may stand expanded, as a record of the collection it is `to`. */
  readSchema?(schema: JsonSchema, to: string): JsonSchema

  /** A checked value as it is stored, where that is another form. @throws validation_failed with the path */
  fromWire?(value: unknown, path: string, field: Field): unknown
  /** A stored value as it is told; with it, `stored` says what it is before. */
  toWire?(value: unknown): unknown
  readonly stored?: Check
  /** How a seed gives one, where that is not as it is stored. */
  readonly seeded?: { readonly check: Check; toStored(value: unknown): unknown }
  /** Why a stored value is none of this field, or null. */
  misfit(field: Field, value: unknown): string | null
  /** Of a misfit that is a value of the kind, and only too large, too small, too long or too short for the field: what it would be. */
  excess?(field: Field, value: unknown): Excess | null

  /** In the console. */
  readonly input: InputName
  readonly display: DisplayName
}

export type FieldOptions = {
  /** Must be given on creation and can never be null. Without it, a missing value is null. */
  readonly required?: boolean
  /** No two records share a value. Null is no value. */
  readonly unique?: boolean
  /** Given when the creator says nothing. `now`: the time of the transaction; `actor`: the caller's id. */
  readonly default?: string | number | boolean | null | readonly string[] | { readonly set: 'now' | 'actor' }
  /** Text: characters. Numbers: the value itself. Money: minor units. A decimal says the number, and its field holds units. */
  readonly min?: number
  readonly max?: number
  /** Money: the only currency it may be in. */
  readonly currency?: string
  /** Who may see it; others cannot filter, sort or expand by it either. Names no field of the record. */
  readonly read?: CallerRule
  /** What those who may not read it are told in its place. Pure, and tells nothing that the rule keeps from them. */
  readonly veil?: (value: unknown) => unknown
  /** Who may set it. Names no field of the record. */
  readonly write?: CallerRule
  /** `false`: kept out of the change feed, as too large or no business of it; a live reader fetches the record for it. */
  readonly feed?: boolean
  /** `search=words` looks into it. What stands in a field of more weight is found first; 1 when left out. */
  readonly search?: boolean | { readonly weight: number }
  /** It says something of the people that its record names: when one of them is erased, it is emptied (schema/personal.ts). */
  readonly personal?: boolean
  /** What it was called before, the latest name first: its values are kept. May go once `kingpost migrate plan` names it no more. */
  readonly renamedFrom?: string | readonly string[]
  /**
   * The value of a record that was there before the field was, from all its fields, those that the model no
   * longer has included. Pure: it runs again after a crash. Also converts when the kind of a field changes.
   */
  readonly backfill?: (record: Readonly<Record<string, unknown>>) => unknown
}

/** `cascade`: it is deleted, too. `setNull`: the reference is; of a list, that one. */
export type OnDelete = 'restrict' | 'cascade' | 'setNull'
/** `delete`: the record goes with the person. `clear`: it stays, without them. `keep`: it stays, and names an account without a name. */
export type OnErase = 'delete' | 'clear' | 'keep'

/** What a computed field is made of; computed.ts says how. */
export type Computed = {
  /** Fields of the collection, by their names. */
  readonly from: Readonly<Record<string, Field>>
  readonly of: (values: never) => unknown
  readonly stored: boolean
}

export type Field<TTypes extends FieldTypes = FieldTypes> = FieldOptions & {
  readonly kind: Kind
  readonly required: boolean
  /** `enum`: the values there are. */
  readonly options?: readonly string[]
  /** `ref`, `refs`: the collection pointed at. */
  readonly to?: string
  /** `ref`, `refs`: what the deletion of what it names does to this record. `restrict`, which keeps it from happening, when left out. */
  readonly onDelete?: OnDelete
  /** `ref`, `refs` to `users`, `email`: what the erasure of that person does to this record. personal.ts says what it does when left out. */
  readonly onErase?: OnErase
  /** `decimal`: how many digits there are in all, and how many of them are decimals. */
  readonly digits?: number
  readonly scale?: number
  /** `json`: the JSON Schema a value must fit; anything when left out. */
  readonly schema?: object
  /** Made of other fields by a function; given by nobody. */
  readonly computed?: Computed
  /** Carries types only; never set. */
  readonly types?: TTypes
}

/** What the values of a kind are to the compiler. A new kind says it where its builder calls `makeField`. */
export type KindTypes = {
  /** In a record on the server. */
  readonly value: unknown
  /** In JSON, where that is another form. */
  readonly wire?: unknown
  /** In filters, by the part of the value, '' for the whole; `value` alone when left out, and `{}` where nothing is compared. */
  readonly compared?: object
  readonly isLarge?: true
  /** What a change may add to it, in JSON. */
  readonly increment?: unknown
}

/** More for `With`: a default is a value of the kind. */
export type DefaultOf<T> = { readonly default?: T | null | { readonly set: 'now' | 'actor' } }
/** The options of a builder. */
export type With<TExtra = unknown> = Omit<FieldOptions, 'required'> & { readonly required?: boolean } & TExtra
/** The type of a value whose field has these options: null where one may be missing. */
export type Given<TOptions, TValue> = TOptions extends { required: true }
  ? TValue
  : TOptions extends { default: infer D }
    ? D extends null
      ? TValue | null
      : TValue
    : TValue | null

type WireOf<TKind extends KindTypes> = TKind extends { readonly wire: infer W } ? W : TKind['value']
type ComparedOf<TKind extends KindTypes> = TKind extends { readonly compared: infer C extends object } ? C : { readonly '': TKind['value'] }

/** What a field of a kind says to the compiler when it is declared with these options. */
export type Declared<TKind extends KindTypes, TOptions> = {
  readonly value: Given<TOptions, TKind['value']>
  readonly wire: Given<TOptions, WireOf<TKind>>
  readonly compared: ComparedOf<TKind>
  readonly isNeeded: TOptions extends { required: true } ? (TOptions extends { default: unknown } ? false : true) : false
  readonly read: TOptions extends { read: { rule: infer R } } ? (R extends 'anyone' ? 'all' : R extends 'nobody' ? 'none' : 'some') : 'all'
  readonly made: 'given'
  readonly isWritable: TOptions extends { write: { rule: 'nobody' } } ? false : true
  readonly increment: TKind extends { readonly increment: infer I } ? I : never
  readonly isSortable: TKind extends { readonly isLarge: true } ? false : true
  readonly isSearched: TOptions extends { search: infer S } ? (S extends false ? false : true) : false
  readonly to: TOptions extends { to: infer T extends string } ? T : null
}

export function makeField<TKind extends KindTypes, TOptions>(
  kind: Kind,
  options: FieldOptions & Partial<Omit<Field, 'types' | 'kind'>> = {},
): Field<Declared<TKind, TOptions>> {
  const { required = options.default !== undefined && options.default !== null, ...rest } = options
  return { kind, required, ...rest }
}

const defined = new WeakSet<object>()

/** A kind is a value that all declarations of it share: nothing changes it. */
export function defineKind(kind: Kind): Kind {
  defined.add(kind)
  for (const part of [kind.options, kind.columns, ...kind.columns]) Object.freeze(part)
  return Object.freeze(kind)
}

/** Whether a value is a list of texts, ids included. */
export function isList({ columns: [column] }: Kind): boolean {
  return column.isList === true
}

/** Whether a declaration that nobody has checked names a kind. */
export function isKind(value: unknown): value is Kind {
  return typeof value === 'object' && value !== null && defined.has(value)
}

/** The longest text that a column of a field takes, in characters. */
export function charactersIn({ characters }: KindColumn, field: Field): number {
  return characters?.(field) ?? 255
}

/** The JSON Schema of a range, under the names that its type has for one. */
export function rangeOf({ min, max }: Field, least: string, most: string): JsonSchema {
  return { ...(min === undefined ? {} : { [least]: min }), ...(max === undefined ? {} : { [most]: max }) }
}
