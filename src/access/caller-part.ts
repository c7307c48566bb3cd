import { any, nobody, type Rule } from './rule.ts'

/** What of a rule lets a caller through whatever the record is: who fits it may see them all. */
export function callerPart(rule: Rule): Rule {
  switch (rule.rule) {
    case 'anyone':
    case 'nobody':
    case 'signedIn':
    case 'staff':
    case 'role':
      return rule
    case 'any':
      return any(...rule.of.map(callerPart))
    case 'all':
      return { rule: 'all', of: rule.of.map(callerPart) }
    // Those who fit a part are not those who fit its contrary.
    case 'not':
      return asksOfRecord(rule.of) ? nobody : rule
    default:
      return nobody
  }
}

function asksOfRecord(rule: Rule): boolean {
  if (rule.rule === 'any' || rule.rule === 'all') return rule.of.some(asksOfRecord)
  if (rule.rule === 'not') return asksOfRecord(rule.of)
  return !['anyone', 'nobody', 'signedIn', 'staff', 'role'].includes(rule.rule)
}
