// Who asks. Made once per request from its credentials, and passed by value: nothing reads it from a
// global. `system` is the engine itself (effects, schedules, the command line) and may do everything.

export type Actor = {
  readonly kind: 'guest' | 'user' | 'system'
  /** The user's id; null for a guest and for the system. */
  readonly id: string | null
  readonly email: string | null
  readonly roles: readonly string[]
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
  /** SHA-256 of the Cart-Token header: proves that a guest holds a cart and its order. */
  readonly cartTokenHash: string | null
  /** The order that the Cart-Token opens, where it came from the link in a mail. */
  readonly linkedOrder: string | null
  /** Address or name used for limits and the audit trail. */
  readonly origin: string
}

/** What a request says of its caller, before anybody has looked whether it is true. */
export type Credentials = {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly cartToken: string | undefined
  /** The peer's network, for limits and the audit trail. */
  readonly network: string
}

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
export function isStaff(actor: Actor): boolean {
  return actor.kind === 'system' || actor.roles.includes('staff') || actor.roles.includes('admin')
}

/** Whoever asks, and the API key that they gave a program for it: what one of these asked for is no other's. */
export function callerName(actor: Actor): string {
  return actor.key === undefined ? actorName(actor) : `${actorName(actor)} ${actor.key}`
}

/** One name for whoever asks, by whichever session or key. */
export function actorName(actor: Actor): string {
  return actor.id ?? (actor.kind === 'system' ? 'system' : (actor.cartTokenHash ?? 'guest'))
}
