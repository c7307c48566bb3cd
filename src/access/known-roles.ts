// The roles that mean something: the engine's own, and those that a rule of the project asks for. One that nothing asks
// for opens nothing, so a mistyped one would look given and be of no use.
import type { Rule } from './rule.ts'

const engineRoles = ['admin', 'staff']

/** The engine's first, the others by name. */
export function knownRoles(rules: Iterable<Rule | undefined>): string[] {
  const named = [...rules].flatMap((rule) => (rule === undefined ? [] : rolesIn(rule)))
  return [...engineRoles, ...[...new Set(named)].filter((name) => !engineRoles.includes(name)).sort()]
}

function rolesIn(rule: Rule): string[] {
  switch (rule.rule) {
    case 'role':
      return [rule.role]
    case 'all':
    case 'any':
      return rule.of.flatMap(rolesIn)
    case 'not':
    case 'through':
    case 'exists':
      return rolesIn(rule.of)
    default:
      return []
  }
}
