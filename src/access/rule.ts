// Access rules: typed expressions over the caller and the record. A rule is data. For one caller it
// becomes a filter, which the storage compiles into the query and `matches` evaluates in memory, so
// both decide alike. Deny by default: a collection without a rule for something refuses it.
import { always, and, type Comparison, type Filter, isNull, never, not as notFilter, or, type Scalar } from '../contract/filter.ts'
import { type Actor, isStaff } from './actor.ts'

/** A value known only when a caller is there. */
export type ActorValue = { readonly actor: 'id' | 'email' | 'cartTokenHash' }

export type Rule =
  | { readonly rule: 'anyone' | 'nobody' | 'signedIn' | 'staff' }
  | { readonly rule: 'role'; readonly role: string }
  | { readonly rule: 'all' | 'any'; readonly of: readonly Rule[] }
  | { readonly rule: 'not'; readonly of: Rule }
  | { readonly rule: 'compare'; readonly path: string; readonly op: Comparison; readonly value: Scalar | ActorValue }
  /** The record that `path` refers to fits `of`. */
  | { readonly rule: 'through'; readonly path: string; readonly collection: string; readonly of: Rule }
  | { readonly rule: 'null'; readonly path: string; readonly value: boolean }

export const anyone: Rule = { rule: 'anyone' }
export const nobody: Rule = { rule: 'nobody' }
export const signedIn: Rule = { rule: 'signedIn' }
export const staff: Rule = { rule: 'staff' }
export function role(name: string): Rule {
  return { rule: 'role', role: name }
}
export function all(...of: readonly Rule[]): Rule {
  return { rule: 'all', of }
}
export function any(...of: readonly Rule[]): Rule {
  return { rule: 'any', of }
}
export function not(of: Rule): Rule {
  return { rule: 'not', of }
}

/** A rule about the record that the reference `path` names: `through('product', 'products', where('status').eq('active'))`. */
export function through(path: string, collection: string, of: Rule): Rule {
  return { rule: 'through', path, collection, of }
}

/** The caller's own id, to compare a field with. */
export const actorId: ActorValue = { actor: 'id' }
export const actorCartToken: ActorValue = { actor: 'cartTokenHash' }

type FieldRules = {
  eq(value: Scalar | ActorValue): Rule
  ne(value: Scalar): Rule
  lt(value: Scalar): Rule
  lte(value: Scalar): Rule
  gt(value: Scalar): Rule
  gte(value: Scalar): Rule
  isNull(): Rule
}

/** Compares a field of the record: `where('status').eq('active')`. The config check refuses unknown fields. */
export function where<TName extends string>(path: TName): FieldRules {
  const to =
    (op: Comparison) =>
    (value: Scalar | ActorValue): Rule => ({ rule: 'compare', path, op, value })
  return {
    eq: to('eq'),
    ne: to('ne'),
    lt: to('lt'),
    lte: to('lte'),
    gt: to('gt'),
    gte: to('gte'),
    isNull: () => ({ rule: 'null', path, value: true }),
  }
}

/** The rule as seen by one caller: what remains are conditions on the record. */
export function ruleFilter(rule: Rule, actor: Actor): Filter {
  switch (rule.rule) {
    case 'anyone':
      return always
    case 'nobody':
      // The engine's own work (effects, imports) is never stopped by a rule meant for callers.
      return actor.kind === 'system' ? always : never
    case 'signedIn':
      return actor.kind === 'guest' ? never : always
    case 'staff':
      return isStaff(actor) ? always : never
    case 'role':
      return actor.kind === 'system' || actor.roles.includes(rule.role) ? always : never
    case 'all':
      return and(...rule.of.map((part) => ruleFilter(part, actor)))
    case 'any':
      return or(...rule.of.map((part) => ruleFilter(part, actor)))
    case 'not':
      return notFilter(ruleFilter(rule.of, actor))
    case 'null':
      return isNull(rule.path, rule.value)
    case 'through': {
      const of = ruleFilter(rule.of, actor)
      return of.op === 'false' ? never : { op: 'via', collection: rule.collection, local: rule.path, remote: 'id', of }
    }
    case 'compare': {
      if (typeof rule.value !== 'object') return { op: rule.op, path: rule.path, value: rule.value }
      const value = actor[rule.value.actor]
      return value === null ? never : { op: rule.op, path: rule.path, value }
    }
  }
}

/** Whether a rule that names no field lets this caller through. */
export function allows(rule: Rule, actor: Actor): boolean {
  return ruleFilter(rule, actor).op === 'true'
}

/** The fields a rule reads, for the config check and for what a change must carry. */
export function rulePaths(rule: Rule): string[] {
  if (rule.rule === 'all' || rule.rule === 'any') return rule.of.flatMap(rulePaths)
  if (rule.rule === 'not') return rulePaths(rule.of)
  return rule.rule === 'compare' || rule.rule === 'null' || rule.rule === 'through' ? [rule.path] : []
}
