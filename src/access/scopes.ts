// What an API key is for: `reviews:read`, `reviews:write`, `*:read`, `orders.cancel`. A scope only takes away: whatever a key asks for, the
// rules decide as for its maker. Invariant: what a key may not read is hidden from it as what a rule hides, in every query that
// could tell of it (records/present.ts).
import { EngineError } from '../base/engine-error.ts'
import type { Actor } from './actor.ts'

/** Who may write records may read them: the answer to a change is the record. */
export function isInScope({ scopes }: Pick<Actor, 'scopes'>, needed: string): boolean {
  if (scopes === undefined || scopes.includes(needed)) return true
  const [collection, right] = needed.split(':', 2)
  if (right === 'write') return scopes.includes('*:write')
  return right === 'read' && ['*:read', '*:write', `${collection}:write`].some((scope) => scopes.includes(scope))
}

export function scopeMissing(needed: string): EngineError {
  return new EngineError('scope_missing', { detail: `This key lacks the scope ${needed}.`, params: { scope: needed } })
}
