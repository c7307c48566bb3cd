// Fields that a pure function makes of other fields of the same record. One that is stored is a column like any other, made anew by
// each write; one that is not is made when a record is read. Invariant: the function is given the fields that it names and nothing
// else, so whoever may read those may read what it makes, and a value says nothing of others.
import { createHash } from 'node:crypto'
import { all, nobody } from '../access/rule.ts'
import { invalid } from '../base/engine-error.ts'
import { isStorableText } from '../base/text.ts'
import type { FieldTypes } from '../contract/record-types.ts'
import type { Computed, Field } from './kinds/kind.ts'

type TypesOf<TField> = TField extends Field<infer T> ? T : never
type ValuesOf<TFrom extends Computed['from']> = { readonly [K in keyof TFrom]: TypesOf<TFrom[K]>['value'] }
type ReadsOf<TFrom extends Computed['from']> = { [K in keyof TFrom]: TypesOf<TFrom[K]>['read'] }[keyof TFrom]
/** Its own rule has the say; else who may read all that it is made of. */
type ReadOf<TOwn, TFrom extends Computed['from']> = TOwn extends 'all'
  ? 'none' extends ReadsOf<TFrom>
    ? 'none'
    : 'some' extends ReadsOf<TFrom>
      ? 'some'
      : 'all'
  : TOwn

type Made<TTypes extends FieldTypes, TFrom extends Computed['from'], TStored> = Omit<
  TTypes,
  'value' | 'wire' | 'isNeeded' | 'isWritable' | 'increment' | 'read' | 'isSortable' | 'compared' | 'made'
> & {
  readonly value: TStored extends true ? TTypes['value'] : TTypes['value'] | null
  readonly wire: TStored extends true ? TTypes['wire'] : TTypes['wire'] | null
  readonly compared: TStored extends true ? TTypes['compared'] : object
  readonly isSortable: TStored extends true ? TTypes['isSortable'] : false
  readonly isNeeded: false
  readonly isWritable: false
  readonly increment: TStored extends true ? TTypes['increment'] : never
  readonly read: ReadOf<TTypes['read'], TFrom>
  readonly made: TStored extends true ? 'stored' : 'read'
}

/**
 * A field that is made of others of the record, which are given as they are declared:
 * `field.computed(field.text(), { from: { first, last }, of: ({ first, last }) => `${first} ${last}` })`. `of` gets values as a record
 * has them, and depends on nothing else. `stored`: made when a record is written, so that lists can be filtered and sorted by it;
 * without it, made when one is read, and null where `of` fails.
 */
export function computed<TTypes extends FieldTypes, const TFrom extends Computed['from'], const TStored extends boolean = false>(
  field: Field<TTypes>,
  how: { readonly from: TFrom; readonly of: (values: ValuesOf<TFrom>) => TTypes['value']; readonly stored?: TStored },
): Field<Made<TTypes, TFrom, TStored>> {
  const { default: given, ...rest } = field as Field
  // Of a list it is the builder's own: nobody has said it.
  const kept = given === undefined || (Array.isArray(given) && given.length === 0) ? {} : { default: given }
  const made: Field = { ...rest, ...kept, computed: { ...how, stored: how.stored ?? false } }
  return made as Field<never>
}

type Values = Readonly<Record<string, unknown>>
/** Of a record, or of what is going to be one. */
export type Compute = (record: Values) => unknown

export type CompiledComputed = {
  /** With the read rule that follows from its fields, and a backfill for records that are there before it is stored. */
  readonly field: Field
  readonly isStored: boolean
  /**
   * @throws validation_failed for one that is too large or too small, by what whoever writes has given; Error for any other value that
   * the field does not take, and whatever the function throws
   */
  readonly compute: Compute
  /** Another one when the text of the function is another one. */
  readonly mark: string
}

export function compileComputed(path: string, field: Field): CompiledComputed | null {
  if (field.computed === undefined) return null
  const { from, of, stored } = field.computed
  const names = Object.keys(from)
  const compute: Compute = (record) => {
    const values = Object.fromEntries(names.map((name) => [name, record[name] ?? null]))
    const value = (of as (values: Values) => unknown)(values) ?? null
    const why = value === null ? (field.required ? 'is nothing, and the field is required' : null) : field.kind.misfit(field, value)
    const excess = why === null ? unstorable(value) : (field.kind.excess?.(field, value) ?? null)
    if (excess !== null)
      throw invalid(`/${path.slice(path.indexOf('.') + 1)}`, excess.code, `would ${excess.what}, by what it is computed from`)
    if (why !== null) throw new Error(`${path} is computed as ${shortly(value)}: it ${why}`)
    return value
  }
  const rules = Object.values(from).flatMap(({ read }) => read ?? [])
  const read = field.read ?? (rules.some(({ rule }) => rule === 'nobody') ? nobody : rules.length > 0 ? all(...rules) : undefined)
  const isUnfed = field.feed === false || Object.values(from).some(({ feed }) => feed === false)
  return {
    field: {
      ...field,
      ...(read && { read }),
      ...(isUnfed && { feed: false }),
      ...(stored ? { backfill: compute } : { required: false }),
    },
    isStored: stored,
    compute: stored ? compute : orNull(compute),
    mark: createHash('sha256')
      .update(`${names.join()} ${String(of)}`)
      .digest('hex')
      .slice(0, 12),
  }
}

/** Half of what was given as a whole, such as the first half of an emoji: no database gives it back as it was. */
function unstorable(value: unknown): { readonly code: string; readonly what: string } | null {
  if (![value].flat().some((one) => typeof one === 'string' && !isStorableText(one))) return null
  return { code: 'characters', what: 'hold a null character or half of a surrogate pair' }
}

/** An answer of many records does not fail for one. */
function orNull(compute: Compute): Compute {
  return (record) => {
    try {
      return compute(record)
    } catch {
      return null
    }
  }
}

function shortly(value: unknown): string {
  const text = typeof value === 'object' ? 'an object' : String(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
