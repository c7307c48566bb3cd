// JSON Schema with a static type: what an operation takes and answers, written once. A schema made here is a plain object of
// JSON Schema's own keywords, so it can be validated, serialised and documented by whoever reads JSON Schema. Its type is
// told to the compiler alone. Any other JSON Schema goes through `Type.Unsafe`.

declare const typed: unique symbol
/** On a schema while a program runs, and never in its text: spreading and JSON leave it out. */
const optional: unique symbol = Symbol('optional')

/** Any JSON Schema. */
export type TSchema = object
/** Interfaces have a name in declarations, where these symbols have none. */
export interface Typed<T> {
  readonly [typed]: T
}
export interface LeftOut {
  readonly [optional]: true
}
/** A JSON Schema of values of `T`. */
export type TUnsafe<T> = TSchema & Typed<T>
export type TOptional<T> = TUnsafe<T> & LeftOut
export type TProperties = Readonly<Record<string, TSchema>>
export type TObject<TFields extends TProperties = TProperties> = TUnsafe<ObjectOf<TFields>> & {
  readonly type: 'object'
  readonly properties: TFields
  /** Left out when every property is optional. */
  readonly required?: readonly string[]
}

/** The type of the values that a schema describes. */
export type Static<T extends TSchema> = T extends { readonly [typed]: infer TValue } ? TValue : unknown

type OptionalOf<TFields> = { [TName in keyof TFields]: TFields[TName] extends TOptional<unknown> ? TName : never }[keyof TFields]
type Plain<T> = { [TName in keyof T]: T[TName] } & {}
type ObjectOf<TFields extends TProperties> = Plain<
  { -readonly [TName in Exclude<keyof TFields, OptionalOf<TFields>>]: Static<TFields[TName]> } & {
    -readonly [TName in OptionalOf<TFields>]?: Static<TFields[TName]>
  }
>

/** More keywords of JSON Schema, such as `description` or `maxLength`. */
type Keywords = Readonly<Record<string, unknown>>

export const Type = {
  String: (keywords: Keywords = {}) => Unsafe<string>({ type: 'string', ...keywords }),
  Integer: (keywords: Keywords = {}) => Unsafe<number>({ type: 'integer', ...keywords }),
  Number: (keywords: Keywords = {}) => Unsafe<number>({ type: 'number', ...keywords }),
  Boolean: (keywords: Keywords = {}) => Unsafe<boolean>({ type: 'boolean', ...keywords }),
  Null: (keywords: Keywords = {}) => Unsafe<null>({ type: 'null', ...keywords }),
  /** This value and no other. */
  Literal: <const T extends string | number | boolean>(value: T, keywords: Keywords = {}) => Unsafe<T>({ const: value, ...keywords }),
  Array: <TItem extends TSchema>(items: TItem, keywords: Keywords = {}) => Unsafe<Static<TItem>[]>({ type: 'array', items, ...keywords }),
  /** One of several. */
  Union: <const TParts extends readonly TSchema[]>(parts: TParts, keywords: Keywords = {}) =>
    Unsafe<Static<TParts[number]>>({ anyOf: parts, ...keywords }),
  /** Every property is required that is not made `Type.Optional`. Others are allowed unless `additionalProperties` is false. */
  Object<TFields extends TProperties>(properties: TFields, keywords: Keywords = {}): TObject<TFields> {
    const required = Object.keys(properties).filter((name) => !(optional in properties[name]!))
    return Unsafe({ type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...keywords }) as TObject<TFields>
  },
  /** Of a property that may be left out. */
  Optional: <T extends TSchema>(schema: T) =>
    Object.defineProperty({ ...schema }, optional, { value: true, enumerable: false }) as T & TOptional<Static<T>>,
  /** A JSON Schema written out, of which the compiler believes what it is told. */
  Unsafe,
} as const

function Unsafe<T>(schema: TSchema): TUnsafe<T> {
  return schema as TUnsafe<T>
}
