import { compare, type Filter } from '../contract/filter.ts'

/** That counters stay exact, whatever they are by then. */
export function counterGuards(add: Readonly<Record<string, number>> = {}): Filter[] {
  return Object.entries(add).map(([path, amount]) =>
    amount > 0 ? compare(path, 'lte', Number.MAX_SAFE_INTEGER - amount) : compare(path, 'gte', Number.MIN_SAFE_INTEGER - amount),
  )
}
