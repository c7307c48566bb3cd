// Field kinds: what a value of each is in a record, and what its declaration may say. A record holds
// JavaScript values: a date-time is integer milliseconds UTC, money is { amount, currency }; the wire
// form (RFC 3339 text and so on) is made at the edge by wire.ts.

import type { Rule } from '../access/rule.ts'
import { limits } from '../base/limits.ts'
import type { Money } from '../base/money.ts'

export type FieldKind =
  | 'text'
  | 'longText'
  | 'integer'
  | 'money'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'email'
  | 'url'
  | 'enum'
  | 'json'
  | 'ref'
  | 'refs'

export type FieldOptions = {
  /** Must be given on creation and can never be null. Without it, a missing value is null. */
  readonly required?: boolean
  /** No two records share a value. Null is no value. */
  readonly unique?: boolean
  /** Given when the creator says nothing. `now`: the time of the transaction; `actor`: the caller's id. */
  readonly default?: string | number | boolean | null | readonly string[] | { readonly set: 'now' | 'actor' }
  /** Text: characters. Numbers: the value itself. Money: minor units. */
  readonly min?: number
  readonly max?: number
  /** Money: the only currency it may be in. */
  readonly currency?: string
  /** Who may see it; others cannot filter, sort or expand by it either. Names no field of the record. */
  readonly read?: Rule
  /** Who may set it. Names no field of the record. */
  readonly write?: Rule
  /** `false`: kept out of the change feed, as too large or no business of it; a live reader fetches the record for it. */
  readonly feed?: boolean
  /** `search=words` looks into it. */
  readonly search?: boolean
  /** What it was called before, the latest name first: its values are kept. May go once `kingpost migrate plan` names it no more. */
  readonly renamedFrom?: string | readonly string[]
  /**
   * The value of a record that was there before the field was, from all its fields, those that the model no
   * longer has included. Pure: it runs again after a crash. Also converts when the kind of a field changes.
   */
  readonly backfill?: (record: Readonly<Record<string, unknown>>) => unknown
}

export type Field<TValue = unknown> = FieldOptions & {
  readonly kind: FieldKind
  readonly required: boolean
  /** `enum`: the values there are. */
  readonly options?: readonly string[]
  /** `ref`, `refs`: the collection pointed at. */
  readonly to?: string
  /** `json`: the JSON Schema a value must fit; anything when left out. */
  readonly schema?: object
  /** Carries the type only; never set. */
  readonly value?: TValue
}

type Options = Omit<FieldOptions, 'required'>
type Given<TOptions, TValue> = TOptions extends { required: true }
  ? TValue
  : TOptions extends { default: infer D }
    ? D extends null
      ? TValue | null
      : TValue
    : TValue | null

function make<TValue>(kind: FieldKind, options: FieldOptions & Partial<Omit<Field, 'value'>> = {}): Field<TValue> {
  const { required = options.default !== undefined && options.default !== null, ...rest } = options
  return { kind, required, ...rest }
}

type With<TExtra = unknown> = Options & { readonly required?: boolean } & TExtra

/** Any JSON value; `schema` narrows it. Its type is given by hand, so two overloads say when it may be null. */
function json<TValue = unknown>(options: With<{ readonly schema?: object }> & { readonly required: true }): Field<TValue>
function json<TValue = unknown>(options?: With<{ readonly schema?: object }>): Field<TValue | null>
function json(options?: With<{ readonly schema?: object }>): Field {
  return make('json', options)
}

/** The field builders of `collection()`. */
export const field = {
  /** One line of text, at most 255 characters unless `max` says otherwise. */
  text: <const O extends With>(options?: O) => make<Given<O, string>>('text', { max: limits.textCharactersMax, ...options }),
  /** Text of any length, at most 100,000 characters unless `max` says otherwise. */
  longText: <const O extends With>(options?: O) => make<Given<O, string>>('longText', { max: limits.longTextCharactersMax, ...options }),
  /** A whole number that JSON can carry exactly. */
  integer: <const O extends With>(options?: O) => make<Given<O, number>>('integer', options),
  money: <const O extends With>(options?: O) => make<Given<O, Money>>('money', options),
  boolean: <const O extends With>(options?: O) => make<Given<O, boolean>>('boolean', options),
  /** A calendar day, `2026-11-24`, in no time zone. */
  date: <const O extends With>(options?: O) => make<Given<O, string>>('date', options),
  /** A moment: milliseconds since 1970 UTC in a record, RFC 3339 on the wire. */
  dateTime: <const O extends With>(options?: O) => make<Given<O, number>>('dateTime', options),
  /** An address, kept in lower case: two spellings of one mailbox are one value. */
  email: <const O extends With>(options?: O) => make<Given<O, string>>('email', { max: limits.emailCharactersMax, ...options }),
  url: <const O extends With>(options?: O) => make<Given<O, string>>('url', { max: limits.urlCharactersMax, ...options }),
  enum: <const V extends readonly string[], const O extends With>(values: V, options?: O) =>
    make<Given<O, V[number]>>('enum', { ...options, options: values }),
  json,
  /** The id of one record of another collection. */
  ref: <const O extends With>(to: string, options?: O) => make<Given<O, string>>('ref', { ...options, to }),
  /** Ids of records of another collection, in order, without repeats. */
  refs: <const O extends With>(to: string, options?: O) => make<readonly string[]>('refs', { default: [], ...options, to }),
}
