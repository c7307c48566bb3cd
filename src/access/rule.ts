// Access rules: typed expressions over the caller and the record. A rule is data. For one caller it
// becomes a filter, which the storage compiles into the query and `matches` evaluates in memory, so
// both decide alike. Deny by default: a collection without a rule for something refuses it. What cannot be
// known (a value the record or the caller does not have) lets nobody through, also under `not`.
import { isDeepStrictEqual } from 'node:util'
import { limits } from '../base/limits.ts'
import {
  always,
  and,
  type Comparison,
  compare,
  type Filter,
  has,
  isNull,
  matches,
  never,
  not as notFilter,
  or,
  type Scalar,
} from '../contract/filter.ts'
import { type Actor, isStaff, mayAsAdmin } from './actor.ts'

/** A value known only when a caller is there. */
export type ActorValue = { readonly actor: 'id' | 'email' | 'cartTokenHash' | 'linkedOrder' }

export type Rule =
  | { readonly rule: 'anyone' | 'nobody' | 'signedIn' | 'staff' }
  | { readonly rule: 'role'; readonly role: string }
  /** The caller has shown who they are within so many milliseconds. */
  | { readonly rule: 'provenWithin'; readonly ms: number }
  | { readonly rule: 'all' | 'any'; readonly of: readonly Rule[] }
  | { readonly rule: 'not'; readonly of: Rule }
  | { readonly rule: 'compare'; readonly path: string; readonly op: Comparison; readonly value: Scalar | ActorValue }
  | { readonly rule: 'null'; readonly path: string; readonly value: boolean }
  /** The list of references at `path` holds the value. */
  | { readonly rule: 'contains'; readonly path: string; readonly value: string | ActorValue }
  /** A record that `path` refers to fits `of`; with a list of references, any of them. */
  | { readonly rule: 'through'; readonly path: string; readonly collection: string; readonly isList?: boolean; readonly of: Rule }
  /** A record of `collection` whose reference `by` names this one fits `of`. */
  | { readonly rule: 'exists'; readonly collection: string; readonly by: string; readonly of: Rule }
  /** Of an update: `of`, which compares a field, for the record as it was, or as it is going to be. */
  | { readonly rule: 'was' | 'becomes'; readonly of: Rule }
  /** Of an update: one of these fields gets another value. */
  | { readonly rule: 'changed'; readonly paths: readonly string[] }

/** An update under way. Without `after` it is not known yet what is going to be written. */
export type RecordUpdate = { readonly before: Values; readonly after?: Values }
type Values = Readonly<Record<string, unknown>>

/**
 * Tells the compiler which fields of the record a rule looks at, what it compares them with for being the same, and that it asks what an
 * update changes. Carries the types only.
 */
export type LooksAt<TPath extends string, TSame = never, TUpdate = never> = {
  readonly looksAt?: TPath
  readonly same?: TSame
  readonly ofUpdate?: TUpdate
}
/** A rule whose type says nothing of that looks at none. */
export type PathsIn<TRule> = TRule extends unknown
  ? 'looksAt' extends keyof TRule
    ? TRule extends { readonly looksAt?: infer TPath extends string }
      ? TPath
      : never
    : never
  : never
/** Pairs of a path and a value. */
export type SameIn<TRule> = TRule extends unknown
  ? 'same' extends keyof TRule
    ? TRule extends { readonly same?: infer TSame }
      ? Exclude<TSame, undefined>
      : never
    : never
  : never
/** Never, where nothing of a change is asked. */
export type UpdateIn<TRule> = TRule extends unknown
  ? 'ofUpdate' extends keyof TRule
    ? TRule extends { readonly ofUpdate?: infer TUpdate }
      ? Exclude<TUpdate, undefined>
      : never
    : never
  : never
/** Of the caller alone: no record is there to look at. */
export type CallerRule = Rule & { readonly looksAt?: 'nothing of a record, since the caller alone is known here' }
type OneOf<TRules extends readonly Rule[]> = Rule & LooksAt<PathsIn<TRules[number]>, SameIn<TRules[number]>, UpdateIn<TRules[number]>>

export const anyone = { rule: 'anyone' } as const satisfies Rule
export const nobody = { rule: 'nobody' } as const satisfies Rule
export const signedIn = { rule: 'signedIn' } as const satisfies Rule
export const staff = { rule: 'staff' } as const satisfies Rule
export function role(name: string): Rule {
  return { rule: 'role', role: name }
}
/**
 * Of an operation: whoever `rule` lets in, if they have shown who they are a short time ago, in minutes. Others are
 * answered `proof_needed` and asked again (`POST /api/auth/prove`).
 */
export function recently(rule: CallerRule, { minutes = limits.freshProofMs / 60_000 }: { readonly minutes?: number } = {}): CallerRule {
  return { rule: 'all', of: [rule, { rule: 'provenWithin', ms: minutes * 60_000 }] }
}
export function all<TRules extends readonly Rule[]>(...of: TRules): OneOf<TRules> {
  return { rule: 'all', of }
}
export function any<TRules extends readonly Rule[]>(...of: TRules): OneOf<TRules> {
  return { rule: 'any', of }
}
/** Of a rule, and of a filter: own operations ask with both. */
export function not(of: Filter): Filter
export function not<TRule extends Rule>(of: TRule): OneOf<[TRule]>
export function not(of: Rule): Rule
export function not(of: Rule | Filter): Rule | Filter {
  return isFilter(of) ? notFilter(of) : { rule: 'not', of }
}

/** What is neither becomes part of a rule, which the config check refuses with its place. */
function isFilter(given: Rule | Filter): given is Filter {
  return typeof given === 'object' && given !== null && !('rule' in given) && 'op' in given
}

/**
 * A rule about the record that the reference `path` names: `through('product', 'products', where('status').eq('active'))`.
 * With a list of references one that fits is enough.
 */
export function through<const TPath extends string>(path: TPath, collection: string, of: Rule): Rule & LooksAt<TPath> {
  return { rule: 'through', path, collection, of }
}

/**
 * A rule about records that refer to this one, such as memberships: `exists('memberships', 'project',
 * where('user').eq(actorId))`. One that fits is enough.
 */
export function exists(collection: string, by: string, of: Rule): Rule {
  return { rule: 'exists', collection, by, of }
}

/** The caller's own id, to compare a field with. */
export const actorId: ActorValue = { actor: 'id' }
export const actorCartToken: ActorValue = { actor: 'cartTokenHash' }
/** The order that the link in a mail opened. */
export const actorLinkedOrder: ActorValue = { actor: 'linkedOrder' }

/** A time may be given as a Date or as RFC 3339 text. */
type Comparand = Scalar | Date

type FieldRules<TPath extends string, TUpdate = never> = {
  eq<const TValue extends Comparand | ActorValue>(value: TValue): Rule & LooksAt<TPath, readonly [TPath, TValue], TUpdate>
  ne<const TValue extends Comparand | ActorValue>(value: TValue): Rule & LooksAt<TPath, readonly [TPath, TValue], TUpdate>
  lt(value: Comparand): Rule & LooksAt<TPath, never, TUpdate>
  lte(value: Comparand): Rule & LooksAt<TPath, never, TUpdate>
  gt(value: Comparand): Rule & LooksAt<TPath, never, TUpdate>
  gte(value: Comparand): Rule & LooksAt<TPath, never, TUpdate>
  isNull(): Rule & LooksAt<TPath, never, TUpdate>
  /** For a list of references. */
  contains(value: string | ActorValue): Rule & LooksAt<TPath, never, TUpdate>
}

/**
 * Compares a field of the record: `where('status').eq('active')`. What cannot be compared so is refused at start.
 * In a rule of updates it must hold before the change and after it.
 */
export function where<const TPath extends string>(path: TPath): FieldRules<TPath> {
  return fieldRules(path, (rule) => rule)
}

/** In a rule of updates: the field as it was, `was('status').eq('draft')`. */
export function was<const TPath extends string>(path: TPath): FieldRules<TPath, true> {
  return fieldRules(path, (of) => ({ rule: 'was', of }))
}

/** In a rule of updates: the field as it is going to be, changed or not. */
export function becomes<const TPath extends string>(path: TPath): FieldRules<TPath, true> {
  return fieldRules(path, (of) => ({ rule: 'becomes', of }))
}

/** In a rule of updates: one of the fields gets another value. `not(changed('owner'))` keeps it as it is. */
export function changed<const TPaths extends readonly string[]>(...paths: TPaths): Rule & LooksAt<TPaths[number], never, true> {
  return { rule: 'changed', paths }
}

function fieldRules<TPath extends string>(path: TPath, made: (rule: Rule) => Rule): FieldRules<TPath, never> & FieldRules<TPath, true> {
  const to = (op: Comparison) => (value: Comparand | ActorValue) =>
    made({ rule: 'compare', path, op, value: value instanceof Date ? value.getTime() : value })
  return {
    eq: to('eq'),
    ne: to('ne'),
    lt: to('lt'),
    lte: to('lte'),
    gt: to('gt'),
    gte: to('gte'),
    isNull: () => made({ rule: 'null', path, value: true }),
    contains: (value) => made({ rule: 'contains', path, value }),
  }
}

/**
 * The rule as seen by one caller: what remains are conditions on the record. What a rule of updates asks of the change is
 * decided by `update`; as long as that is not known it counts as given, so that only what can never be is refused.
 */
export function ruleFilter(rule: Rule, actor: Actor, update?: RecordUpdate): Filter {
  return filterOf(rule, actor, { truth: true, orUnknown: false, update })
}

/** A rule is true, false or unknown. What is looked for: one of the first two, or also the third. */
type Wanted = { readonly truth: boolean; readonly orUnknown: boolean; readonly update: RecordUpdate | undefined }

function filterOf(rule: Rule, actor: Actor, wanted: Wanted): Filter {
  const { truth, orUnknown, update } = wanted
  const decided = (isTrue: boolean) => (isTrue === truth ? always : never)
  switch (rule.rule) {
    case 'anyone':
      return decided(true)
    case 'nobody':
      // The engine's own work (effects, imports) is never stopped by a rule meant for callers.
      return decided(actor.kind === 'system')
    case 'signedIn':
      return decided(actor.kind !== 'guest')
    case 'staff':
      return decided(isStaff(actor))
    case 'role':
      return decided(actor.kind === 'system' || actor.roles.includes(rule.role) || includesRole(rule.role, actor))
    case 'provenWithin':
      return decided(actor.kind === 'system' || (actor.provenAgoMs ?? Number.POSITIVE_INFINITY) <= rule.ms)
    case 'all':
    case 'any': {
      const parts = rule.of.map((part) => filterOf(part, actor, wanted))
      return (rule.rule === 'all') === truth ? and(...parts) : or(...parts)
    }
    case 'not':
      return filterOf(rule.of, actor, { ...wanted, truth: !truth })
    case 'null':
      return isNull(rule.path, rule.value === truth)
    case 'compare': {
      const value = valueFor(rule.value, actor)
      if (value === null) return orUnknown ? always : never
      const found = compare(rule.path, truth ? rule.op : opposite[rule.op], value)
      return orUnknown ? or(found, isNull(rule.path)) : found
    }
    case 'contains': {
      const value = valueFor(rule.value, actor)
      if (value === null) return orUnknown ? always : never
      return when(has(rule.path, String(value)), truth)
    }
    case 'through':
    case 'exists': {
      // That no record fits is sure only when none might.
      const of = filterOf(rule.of, actor, { ...wanted, truth: true, orUnknown: truth === orUnknown })
      return when(of.op === 'false' ? never : viaOf(rule, of), truth)
    }
    case 'was':
    case 'becomes': {
      const record = rule.rule === 'was' ? update?.before : update?.after
      if (record === undefined) return always
      return matches(filterOf(rule.of, actor, wanted), record) === true ? always : never
    }
    case 'changed':
      return update?.after === undefined ? always : decided(rule.paths.some((path) => isChanged(path, update.before, update.after!)))
  }
}

/** Owners are admins and admins are staff, by whichever rule it is asked. */
function includesRole(name: string, actor: Actor): boolean {
  return (name === 'staff' && isStaff(actor)) || (name === 'admin' && mayAsAdmin(actor.roles))
}

function isChanged(path: string, before: Values, after: Values): boolean {
  const [name, part] = path.split('.', 2) as [string, string | undefined]
  const valueIn = (record: Values) => (part === undefined ? record[name] : (record[name] as Values | null | undefined)?.[part]) ?? null
  return !isDeepStrictEqual(valueIn(before), valueIn(after))
}

function viaOf(rule: Extract<Rule, { rule: 'through' | 'exists' }>, of: Filter): Filter {
  const { collection } = rule
  if (rule.rule === 'exists') return { op: 'via', collection, local: 'id', remote: rule.by, of }
  return { op: 'via', collection, local: rule.path, remote: 'id', ...(rule.isList ? { isList: true } : {}), of }
}

const opposite = { eq: 'ne', ne: 'eq', lt: 'gte', lte: 'gt', gt: 'lte', gte: 'lt' } as const

function when(filter: Filter, truth: boolean): Filter {
  return truth ? filter : notFilter(filter)
}

function valueFor(value: Scalar | ActorValue, actor: Actor): Scalar | null {
  return typeof value === 'object' ? actor[value.actor] : value
}

/** Whether a rule that names no field lets this caller through. */
export function allows(rule: Rule, actor: Actor): boolean {
  return ruleFilter(rule, actor).op === 'true'
}
