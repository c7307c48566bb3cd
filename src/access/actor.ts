// Who asks. Made once per request from its credentials, and passed by value: nothing reads it from a
// global. `system` is the engine itself (effects, schedules, the command line) and may do everything.

export type Actor = {
  readonly kind: 'guest' | 'user' | 'system'
  /** The user's id; null for a guest and for the system. */
  readonly id: string | null
  readonly email: string | null
  readonly roles: readonly string[]
  /** Scopes within which somebody with a role of the config is staff (staff-roles.ts). Left out: their roles say it all. */
  readonly staffIn?: readonly string[]
  /** Whether they are staff, in what is being looked at. */
  readonly isStaffHere?: boolean
  /** They have a role that asks for a second factor, and have shown none. */
  readonly lacksFactor?: boolean
  /** The session the request came with, if any. */
  readonly session: string | null
  /** The API key that the request came with. */
  readonly key?: string
  /** All that the key is for (scopes.ts). Left out: whatever its maker may do. */
  readonly scopes?: readonly string[]
  /** When that session or key ends by itself, ms UTC. */
  readonly sessionEndsAt?: number
  /** How long ago its owner showed who they are, when the request came. */
  readonly provenAgoMs?: number
  /** Who of support acts as this account. `session` is then the id of the impersonation. */
  readonly impersonator?: Impersonator
  /** SHA-256 of the Cart-Token header: proves that a guest holds a cart and its order. */
  readonly cartTokenHash: string | null
  /** The order that the Cart-Token opens, where it came from the link in a mail. */
  readonly linkedOrder: string | null
  /** Address or name used for limits and the audit trail. */
  readonly origin: string
}

/** `session`: of whoever acts. */
export type Impersonator = { readonly id: string; readonly mayWrite: boolean; readonly session: string }

/** What a request says of its caller, before anybody has looked whether it is true. */
export type Credentials = {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly cartToken: string | undefined
  /** The peer's network, for limits and the audit trail. */
  readonly network: string
}

/** Whom credentials were a moment ago. Nothing is told to them before `isStill` has looked whether they are, after the request came. */
export type Recalled = { readonly actor: Actor; readonly isStill: () => Promise<boolean> }

export const systemActor: Actor = {
  kind: 'system',
  id: null,
  email: null,
  roles: [],
  session: null,
  cartTokenHash: null,
  linkedOrder: null,
  origin: 'system',
}

export function guestActor(origin: string, cartTokenHash: string | null = null, linkedOrder: string | null = null): Actor {
  return { kind: 'guest', id: null, email: null, roles: [], session: null, cartTokenHash, linkedOrder, origin }
}

/** People who run the shop. Admins are staff. */
export function isStaff({ kind, roles, isStaffHere = false }: Actor): boolean {
  return kind === 'system' || isStaffHere || roles.includes('staff') || mayAsAdmin(roles)
}

/** Staff for everything, or for some things by a role of the config. */
export function isStaffAnywhere(actor: Actor): boolean {
  return isStaff(actor) || actor.staffIn !== undefined
}

/** Owners may do whatever admins may. */
export function mayAsAdmin(roles: readonly string[]): boolean {
  return roles.includes('admin') || roles.includes('owner')
}

/** Whoever asks, and the API key that they gave a program for it, or who of support acts for them: what one of these asked for is no other's. */
export function callerName(actor: Actor): string {
  const by = actor.key ?? actor.impersonator?.id
  return by === undefined ? actorName(actor) : `${actorName(actor)} ${by}`
}

/** Whether what one of them may see, so may the other. */
export function isSameCaller(one: Actor, other: Actor): boolean {
  const rights = ({ id, key, roles, lacksFactor = false, impersonator }: Actor) =>
    JSON.stringify([id, key, roles, lacksFactor, impersonator?.id])
  return rights(one) === rights(other)
}

/** One name for whoever asks, by whichever session or key. */
export function actorName(actor: Actor): string {
  return actor.id ?? (actor.kind === 'system' ? 'system' : (actor.cartTokenHash ?? 'guest'))
}
