// Where an API key, or a role of the config, meets an operation. Every way in passes here: a call, a step of a batch, a live stream. Invariant: a new operation is closed
// to every key that does not name it.
import type { Actor, Impersonator } from '../access/actor.ts'
import { allows } from '../access/rule.ts'
import { isInScope, scopeMissing } from '../access/scopes.ts'
import { staffFor } from '../access/staff-roles.ts'
import { EngineError } from '../base/engine-error.ts'
import type { Operation } from './define.ts'

/**
 * The caller as the operation sees them: in one that a key names it may do what its maker may; elsewhere each collection asks for its scope.
 * @throws scope_missing; forbidden for what no key may do
 */
export function withinScope(actor: Actor, operation: Operation): Actor {
  if (actor.lacksFactor && !isForEnrolling(operation)) throw new EngineError('second_factor_required')
  if (actor.impersonator) checkActing(actor.impersonator, operation)
  return withinRoles(withinKey(actor, operation), operation)
}

/** Whoever acts as somebody looks, and does no more unless they said so; who that is stays theirs in any case. @throws forbidden, impersonation_reads_only */
function checkActing({ mayWrite }: Impersonator, operation: Operation): void {
  const { name, kind, tag } = operation
  if (['accounts.me', 'accounts.logOut', 'accounts.endImpersonation'].includes(name)) return
  if (tag === 'Accounts') throw new EngineError('forbidden', { detail: 'Nobody does this in the name of somebody else.' })
  if (kind === 'command' && !mayWrite) throw new EngineError('impersonation_reads_only')
}

function withinKey(actor: Actor, operation: Operation): Actor {
  if (actor.key === undefined) return actor
  if (isClosedToKeys(operation)) throw new EngineError('forbidden', { detail: 'No API key may do this: sign in.' })
  const needed = scopeOf(operation)
  if (needed === null) return actor
  if (!isInScope(actor, needed)) throw scopeMissing(needed)
  if (operation.scope !== undefined) return actor
  const { scopes: _, ...whole } = actor
  return whole
}

/** What a role of the config names makes its holder staff, or an admin where staff is not enough. */
function withinRoles(actor: Actor, operation: Operation): Actor {
  const { staffIn, ...whole } = actor
  if (staffIn === undefined) return actor
  if (operation.isForEachRole) return { ...actor, isStaffHere: true }
  const needed = scopeOf(operation)
  if (needed === null) return actor
  // A customer like any other: what they may see as staff must not let them do something with it.
  if (!isInScope({ scopes: staffIn }, needed)) return { ...whole, isStaffHere: false }
  if (operation.scope !== undefined) return staffFor(actor, needed)
  const asStaff = { ...whole, roles: [...actor.roles, 'staff'], isStaffHere: true }
  return allows(operation.access, { ...asStaff, provenAgoMs: 0 }) ? asStaff : { ...asStaff, roles: [...asStaff.roles, 'admin'] }
}

/** Null where what is touched asks, and not the operation. */
export function scopeOf({ name, scope }: Operation): string | null {
  return scope === undefined ? name : scope
}

/** Who somebody is, what they may do and how they show it is changed by people, and not by programs that hold a key of theirs. */
export function isClosedToKeys({ name, tag }: Operation): boolean {
  return tag === 'Accounts' && name !== 'accounts.me'
}

/** What somebody can do whose role asks for a second factor before they have one: sign out, show who they are, and add one. */
function isForEnrolling({ name }: Operation): boolean {
  return enrolling.has(name)
}
const enrolling: ReadonlySet<string> = new Set(
  [
    'me',
    'logOut',
    'prove',
    'requestCode',
    'startPasskeyProof',
    'listFactors',
    'enrolTotp',
    'confirmTotp',
    'startPasskeyRegistration',
    'finishPasskeyRegistration',
  ].map((name) => `accounts.${name}`),
)

/** All that a role can be given: whatever a key can, and what says of itself that it is for roles. */
export function roleScopesOf(operations: readonly Operation[]): string[] {
  const more = operations.filter(({ isForRoles }) => isForRoles).map(({ name }) => name)
  return [...new Set([...scopesOf(operations), ...more])].sort()
}

/** All that a key can be given, in the order of the alphabet. */
export function scopesOf(operations: readonly Operation[]): string[] {
  const needed = operations.filter((operation) => !isClosedToKeys(operation)).flatMap((operation) => scopeOf(operation) ?? [])
  return [...new Set(['*:read', '*:write', ...needed])].sort()
}
