// A rule in the words that a config writes it in, for whoever develops: what refused a request.
import type { Scalar } from '../contract/filter.ts'
import type { ActorValue, Rule } from './rule.ts'

/** `any(staff, where('owner').eq(actorId))` */
export function ruleWords(rule: Rule): string {
  switch (rule.rule) {
    case 'role':
      return `role(${quoted(rule.role)})`
    case 'provenWithin':
      return `recently(${rule.ms / 60_000} minutes)`
    case 'all':
    case 'any':
      return `${rule.rule}(${rule.of.map(ruleWords).join(', ')})`
    case 'not':
      return `not(${ruleWords(rule.of)})`
    case 'compare':
    case 'null':
    case 'contains':
      return comparisonWords('where', rule)
    case 'was':
    case 'becomes':
      // Of its builder alone `of` is a comparison.
      return comparisonWords(rule.rule, rule.of as Comparison)
    case 'through':
      return `through(${quoted(rule.path)}, ${quoted(rule.collection)}, ${ruleWords(rule.of)})`
    case 'exists':
      return `exists(${quoted(rule.collection)}, ${quoted(rule.by)}, ${ruleWords(rule.of)})`
    case 'changed':
      return `changed(${rule.paths.map(quoted).join(', ')})`
    default:
      return rule.rule
  }
}

type Comparison = Extract<Rule, { rule: 'compare' | 'null' | 'contains' }>

function comparisonWords(from: 'where' | 'was' | 'becomes', rule: Comparison): string {
  const field = `${from}(${quoted(rule.path)})`
  if (rule.rule === 'null') return rule.value ? `${field}.isNull()` : `not(${field}.isNull())`
  return `${field}.${rule.rule === 'contains' ? 'contains' : rule.op}(${valueWords(rule.value)})`
}

const namesOfActor: Partial<Record<ActorValue['actor'], string>> = {
  id: 'actorId',
  cartTokenHash: 'actorCartToken',
  linkedOrder: 'actorLinkedOrder',
}

function valueWords(value: Scalar | ActorValue): string {
  if (typeof value === 'object') return namesOfActor[value.actor] ?? `{ actor: ${quoted(value.actor)} }`
  return typeof value === 'string' ? quoted(value) : String(value)
}

function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`)}'`
}
