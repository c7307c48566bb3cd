// Where an API key meets an operation. Every way in passes here: a call, a step of a batch, a live stream. Invariant: a new operation is closed
// to every key that does not name it.
import type { Actor } from '../access/actor.ts'
import { isInScope, scopeMissing } from '../access/scopes.ts'
import { EngineError } from '../base/engine-error.ts'
import type { Operation } from './define.ts'

/**
 * The caller as the operation sees them: in one that a key names it may do what its maker may; elsewhere each collection asks for its scope.
 * @throws scope_missing; forbidden for what no key may do
 */
export function withinScope(actor: Actor, operation: Operation): Actor {
  if (actor.key === undefined) return actor
  if (isClosedToKeys(operation)) throw new EngineError('forbidden', { detail: 'No API key may do this: sign in.' })
  const needed = scopeOf(operation)
  if (needed === null) return actor
  if (!isInScope(actor, needed)) throw scopeMissing(needed)
  if (operation.scope !== undefined) return actor
  const { scopes: _, ...whole } = actor
  return whole
}

/** Null where what is touched asks, and not the operation. */
export function scopeOf({ name, scope }: Operation): string | null {
  return scope === undefined ? name : scope
}

/** Who somebody is, what they may do and how they show it is changed by people, and not by programs that hold a key of theirs. */
export function isClosedToKeys({ name, tag }: Operation): boolean {
  return tag === 'Accounts' && name !== 'accounts.me'
}

/** All that a key can be given, in the order of the alphabet. */
export function scopesOf(operations: readonly Operation[]): string[] {
  const needed = operations.filter((operation) => !isClosedToKeys(operation)).flatMap((operation) => scopeOf(operation) ?? [])
  return [...new Set(['*:read', '*:write', ...needed])].sort()
}
