// Access rules against the fields they name, once, at start. A rule that could never match, or whose values
// mean something else than they say, is refused with its path; what passes has the paths of columns and values
// in their stored form. Invariant: no rule reaches a query that was not compiled here.

import type { ActorValue, Rule } from '../access/rule.ts'
import { nobody } from '../access/rule.ts'
import { limits } from '../base/limits.ts'
import { nearest } from '../base/nearest.ts'
import type { Comparison } from '../contract/filter.ts'
import type { Collection } from './collection.ts'
import { shown } from './kinds/comparing.ts'
import { dateTimeKind } from './kinds/date-time.ts'
import { integerKind } from './kinds/integer.ts'
import { type Comparing, isKind, isList, type Kind, type RuleOptions, type Stored } from './kinds/kind.ts'
import { refKind } from './kinds/ref.ts'

/** What a rule may know of a field. An id is a reference to its own collection. */
type RuleField = RuleOptions & {
  readonly kind: Kind
  readonly required?: boolean
  readonly isComputed?: boolean
  /** The feed does not have it: whoever is told of changes cannot be judged by it. */
  readonly isUnfed?: boolean
}
export type RuleFields = ReadonlyMap<string, RuleField>

export type RulePlace = {
  readonly collections: ReadonlyMap<string, RuleFields>
  /** Whose records the rule is about. */
  readonly collection: string
  /** It decides what is told of changes, too, from what the feed has of them. */
  readonly isOfFeed?: boolean
  /** It decides about updates, where there is a record as it was and as it is going to be. */
  readonly isOfUpdate?: boolean
  /** As the config's author reads it: `collections.posts.access.read`. */
  readonly path: string
  /** Told of every mistake. */
  readonly add: (path: string, message: string) => void
}
type Place = RulePlace & { readonly top: string; readonly depth: number; readonly isCallerOnly?: boolean }

/** The fields of a declaration that may itself be wrong elsewhere: what has the wrong form is left out. */
export function ruleFieldsOf({ name, fields, loaded, appendOnly, feed }: Collection): RuleFields {
  const known = new Map<string, RuleField>([
    ['id', { kind: refKind, to: name }],
    ['createdAt', { kind: dateTimeKind }],
    ...(appendOnly ? [] : ([['version', { kind: integerKind }] as const, ['updatedAt', { kind: dateTimeKind }] as const] as const)),
    ...declared(fields, false),
    ...declared(isObject(loaded) ? loaded.fields : {}, true),
  ])
  return feed === false ? new Map([...known].map(([path, field]) => [path, { ...field, isUnfed: true }])) : known
}

/** What a rule of this action is asked about. */
export function rulePlace(source: Collection, action: string): Pick<RulePlace, 'collection' | 'isOfFeed' | 'isOfUpdate'> {
  return { collection: source.name, isOfFeed: action === 'read' && source.feed !== false, isOfUpdate: action === 'update' }
}

function declared(fields: unknown, isLoaded: boolean): [string, RuleField][] {
  return Object.entries(isObject(fields) ? fields : {}).flatMap(([name, field]): [string, RuleField][] => {
    if (!isObject(field) || !isKind(field['kind'])) return []
    const { kind, to, options, min, max, required } = field
    const isList = Array.isArray(options) && options.every((option) => typeof option === 'string')
    const known = {
      ...(typeof to === 'string' ? { to } : {}),
      ...(isList ? { options } : {}),
      ...(typeof min === 'number' ? { min } : {}),
      ...(typeof max === 'number' ? { max } : {}),
      required: required === true,
    }
    const { computed } = field
    const isComputed = isLoaded || (isObject(computed) && computed['stored'] !== true)
    const from = isObject(computed) && isObject(computed['from']) ? Object.values(computed['from']) : []
    const isUnfed = [field, ...from].some((one) => isObject(one) && one['feed'] === false)
    return [[name, { kind: kind as Kind, ...known, isComputed, isUnfed }]]
  })
}

/** The rule as it is asked, or `nobody` after a mistake. */
export function compileRule(rule: unknown, place: RulePlace): Rule {
  return compile(rule, { ...place, top: place.collection, depth: 0 })
}

/** Checks a rule that is asked where there is no record: of a field, of an operation. */
export function checkCallerRule(rule: unknown, path: string, add: RulePlace['add']): void {
  compile(rule, { collections: new Map(), collection: '', path, add, top: '', depth: 0, isCallerOnly: true })
}

const comparisons = ['compare', 'null', 'contains']
const aboutUpdates = ['was', 'becomes', 'changed']
const aboutRecords = [...comparisons, 'through', 'exists', ...aboutUpdates]
/** What a rule of each kind is made of, beside `rule`. */
const partsOf: Readonly<Record<Rule['rule'], readonly string[]>> = {
  anyone: [],
  nobody: [],
  signedIn: [],
  staff: [],
  role: ['role'],
  provenWithin: ['ms'],
  all: ['of'],
  any: ['of'],
  not: ['of'],
  compare: ['path', 'op', 'value'],
  null: ['path', 'value'],
  contains: ['path', 'value'],
  through: ['path', 'collection', 'isList', 'of'],
  exists: ['collection', 'by', 'of'],
  was: ['of'],
  becomes: ['of'],
  changed: ['paths'],
}

function compile(given: unknown, place: Place): Rule {
  const refuse = (message: string) => refused(place, message)
  if (place.depth > limits.ruleDepthMax) return refuse(`nests deeper than ${limits.ruleDepthMax}`)
  if (!isObject(given) || typeof given['rule'] !== 'string' || !Object.hasOwn(partsOf, given['rule']))
    return refuse("must be a rule: anyone, signedIn, staff, where('owner').eq(actorId) …")
  const rule = given as Rule
  const parts = ['rule', ...partsOf[rule.rule]]
  const odd = Object.keys(given).find((key) => !parts.includes(key))
  if (odd !== undefined) return refuse(`"${odd}" is no part of a rule "${rule.rule}"${nearest(odd, parts)}`)
  if (place.isCallerOnly && aboutRecords.includes(rule.rule)) return refuse('may look at the caller only: there is no record to look at')
  if (!place.isOfUpdate && aboutUpdates.includes(rule.rule))
    return refuse(`${rule.rule}() is for rules of updates: here no record is changed from one state to another`)
  if (!place.isCallerOnly && rule.rule === 'provenWithin')
    return refuse('recently() is for operations, not for what may be read or written')
  const inner = { ...place, depth: place.depth + 1 }
  switch (rule.rule) {
    case 'provenWithin':
      return rule.ms > 0 ? rule : refuse('recently() needs minutes above 0')
    case 'role':
      if (typeof rule.role !== 'string' || rule.role.trim() === '') return refuse("needs the name of a role: role('planner')")
      return rule.role === rule.role.trim() ? rule : refuse(`"${rule.role}" has blanks at its ends: no role has`)
    case 'all':
    case 'any':
      // Of nothing, `all` lets everybody through.
      if (!Array.isArray(rule.of) || rule.of.length === 0) return refuse(`${rule.rule}() needs at least one rule`)
      return { rule: rule.rule, of: rule.of.map((part) => compile(part, inner)) }
    case 'not':
      return { rule: 'not', of: compile(rule.of, inner) }
    case 'null': {
      const found = fieldAt(place, rule.path)
      if (typeof found === 'string') return refuse(found)
      if (typeof (rule.value as unknown) !== 'boolean') return refuse(`"${rule.path}" is null or not: its value must be true or false`)
      if (found.field.required) return refuse(`"${rule.path}" is required and never null`)
      return { rule: 'null', path: found.path, value: rule.value }
    }
    case 'compare':
      return compileCompare(rule, place)
    case 'contains':
      return compileContains(rule, place)
    case 'through':
      return compileThrough(rule, inner)
    case 'exists':
      return compileExists(rule, inner)
    case 'was':
    case 'becomes':
      if (!isObject(rule.of) || !comparisons.includes(rule.of.rule))
        return refuse(`${rule.rule}() compares one field: was('status').eq('draft')`)
      return { rule: rule.rule, of: compile(rule.of, inner) }
    case 'changed':
      return compileChanged(rule, place)
    default:
      return rule
  }
}

function compileCompare({ path, op, value }: Extract<Rule, { rule: 'compare' }>, place: Place): Rule {
  const found = fieldAt(place, path)
  if (typeof found === 'string') return refused(place, found)
  const { field, comparing, path: column } = found
  if (isList(field.kind)) return refused(place, `"${path}" is a list: use where('${path}').contains(…)`)
  if (comparing.rules === 'none') return refused(place, `"${path}" is JSON, which no rule can compare`)
  if (!Object.hasOwn(operators, op))
    return refused(place, `has no comparison "${String(op)}"${nearest(String(op), Object.keys(operators))}`)
  if (operators[op] === 'order' && comparing.rules === 'same') return refused(place, `"${path}" has no order: use eq or ne`)
  const stored = isActorValue(value) ? actorValueFor(found, path, value, op) : storedValue(found, path, value)
  if ('problem' in stored) return refused(place, stored.problem)
  if (operators[op] === 'same' && isBeyond(field, stored.value))
    return refused(place, `"${path}" is never ${shown(value)}: that is beyond its bounds`)
  return { rule: 'compare', path: column, op, value: stored.value }
}

function compileContains({ path, value }: Extract<Rule, { rule: 'contains' }>, place: Place): Rule {
  const found = fieldAt(place, path)
  if (typeof found === 'string') return refused(place, found)
  if (!isList(found.field.kind)) return refused(place, `contains is for lists, and "${path}" is none: use eq`)
  const stored = isActorValue(value) ? actorValueFor(found, path, value, 'eq') : storedValue(found, path, value)
  if ('problem' in stored) return refused(place, stored.problem)
  return { rule: 'contains', path, value: stored.value as string | ActorValue }
}

function compileThrough({ path, collection, of }: Extract<Rule, { rule: 'through' }>, place: Place): Rule {
  const found = fieldAt(place, path)
  if (typeof found === 'string') return refused(place, found)
  const { kind, to } = found.field
  if (to === undefined) return refused(place, `looks through "${path}", which is no reference`)
  if (!place.collections.has(collection)) return refused(place, noCollection(place, 'looks through', collection))
  if (to !== collection) return refused(place, `looks through "${path}" at ${collection}, and it refers to ${to}`)
  return {
    rule: 'through',
    path,
    collection,
    ...(isList(kind) ? { isList: true } : {}),
    of: compile(of, { ...place, collection, isOfUpdate: false }),
  }
}

function compileExists({ collection, by, of }: Extract<Rule, { rule: 'exists' }>, place: Place): Rule {
  if (!place.collections.has(collection)) return refused(place, noCollection(place, 'looks for', collection))
  const found = fieldAt({ ...place, collection }, by)
  if (typeof found === 'string') return refused(place, found)
  const { kind, to } = found.field
  if (kind.refers === 'many') return refused(place, `${collection}.${by} is a list of references: exists needs a single one`)
  if (to === undefined) return refused(place, `${collection}.${by} is no reference`)
  if (to !== place.collection) return refused(place, `${collection}.${by} refers to ${to}, not to ${place.collection}`)
  return { rule: 'exists', collection, by, of: compile(of, { ...place, collection, isOfUpdate: false }) }
}

function compileChanged({ paths }: Extract<Rule, { rule: 'changed' }>, place: Place): Rule {
  if (!Array.isArray(paths) || paths.length === 0) return refused(place, "needs the name of a field: changed('owner')")
  const mistakes = paths.map((path) => fieldAt(place, path)).filter((found) => typeof found === 'string')
  return mistakes.length > 0 ? refused(place, mistakes[0]!) : { rule: 'changed', paths }
}

/** Of a field or a part of one. */
type Found = { readonly field: RuleField; readonly comparing: Comparing; readonly path: string }

/** The field and the path of its column, or what is wrong with the name. */
function fieldAt(place: Place, name: unknown): Found | string {
  const fields = place.collections.get(place.collection) ?? new Map<string, RuleField>()
  const whose = place.collection === place.top ? '' : `${place.collection} `
  if (typeof name !== 'string') return `${whose}has no field of that name: it must be a text`
  const field = fields.get(name)
  if (field?.isComputed) return `${whose}"${name}" is computed when a record is read: no rule can ask for it`
  if (place.isOfFeed && (field ?? fields.get(name.split('.', 1)[0]!))?.isUnfed)
    return `${whose}"${name}" is kept out of the change feed, which is judged by this rule, too: leave out feed: false there, or here`
  if (field) {
    const [{ part: first, comparing }] = field.kind.columns
    return { field, comparing, path: first === undefined ? name : `${name}.${first}` }
  }
  const [head, part] = name.split('.', 2) as [string, string | undefined]
  const outer = fields.get(head)
  const column = part === undefined ? undefined : outer?.kind.columns.find((one) => one.part === part)
  // The bounds are those of the whole value, not of each part.
  if (column) return { field: { kind: outer!.kind }, comparing: column.comparing, path: name }
  if (outer?.to !== undefined) return `${whose}"${name}" follows a reference: use through('${head}', '${outer.to}', where('${part}')…)`
  return `${whose}has no field "${name}"${nearest(name, fields.keys())}`
}

function isBeyond({ min = -Infinity, max = Infinity }: RuleField, value: unknown): boolean {
  return typeof value === 'number' && (value < min || value > max)
}

const operators: Readonly<Record<Comparison, 'same' | 'order'>> = {
  eq: 'same',
  ne: 'same',
  lt: 'order',
  lte: 'order',
  gt: 'order',
  gte: 'order',
}
function actorValueFor({ field, comparing }: Found, path: string, value: ActorValue, op: Comparison): Stored<ActorValue> {
  const { kind, to } = field
  if (operators[op] === 'order') return { problem: `"${path}" cannot be ordered by a value of the caller: use eq or ne` }
  if (value.actor === 'id' && to !== undefined && to !== 'users')
    return { problem: `"${path}" holds ids of ${to}, and the caller's is one of users: it could never match` }
  if (value.actor === 'linkedOrder' && to === 'orders') return { value }
  if (to !== undefined ? value.actor === 'id' : comparing.takesActor(value)) return { value }
  return { problem: `"${path}" is of kind ${kind.name}, and the caller's ${value.actor} could never match it` }
}

/** The value as a record holds it. */
function storedValue({ field, comparing }: Found, path: string, value: unknown): Stored {
  if (value === null || value === undefined) return { problem: `"${path}" is compared with ${value}: use where('${path}').isNull()` }
  if (field.to !== undefined && value === '')
    return { problem: `"${path}" is compared with "", which is no id: use where('${path}').isNull()` }
  const stored = comparing.fromRule(value, field)
  return 'problem' in stored ? { problem: `"${path}" ${stored.problem}` } : stored
}

function noCollection({ collections }: Place, verb: string, name: unknown): string {
  return `${verb} "${String(name)}", and there is no such collection${nearest(String(name), collections.keys())}`
}

function refused({ add, path }: Place, message: string): Rule {
  add(path, message)
  return nobody
}

function isActorValue(value: unknown): value is ActorValue {
  return isObject(value) && ['id', 'email', 'cartTokenHash', 'linkedOrder'].includes(String(value['actor']))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
