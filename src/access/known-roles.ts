// The roles that mean something: the engine's own, and those that a rule of the project asks for. One that nothing asks
// for opens nothing, so a mistyped one would look given and be of no use.
import type { Rule } from './rule.ts'
import { fixedRoles } from './staff-roles.ts'

/** The engine's first, then those of staff, the others by name. */
export function knownRoles(rules: Iterable<Rule | undefined>, ofStaff: Iterable<string>): string[] {
  const named = [...rules].flatMap((rule) => (rule === undefined ? [] : rolesIn(rule)))
  return [...new Set([...fixedRoles, ...ofStaff, ...named.sort()])]
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
