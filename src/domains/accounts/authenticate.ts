// From a request's credentials to its actor: a session by cookie or token, or an API key. A revoked one ends with the commit that
// revokes it, and its live streams with it, on every process.
import { type Actor, type Credentials, guestActor, type Recalled } from '../../access/actor.ts'
import { staffInOf } from '../../access/staff-roles.ts'
import type { Clock } from '../../base/clock.ts'
import { hashSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import type { CommitLine, StorageAdapter } from '../../storage/storage.ts'
import { createActing } from './acting.ts'
import { apiKeys } from './api-keys.ts'
import { sessions } from './collections.ts'
import { cookieIn } from './cookies.ts'
import { impersonationCookie } from './impersonations.ts'
import { isKey } from './key-form.ts'
import { endOfSession, sessionCookie } from './session.ts'
import { createSignedIn, isRevocation, type SignedIn } from './signed-in.ts'
import type { NoteUse } from './uses.ts'

/** Those made before they had a time have 43 characters. */
const cartTokenForm = /^(cart|order)_(?:[0-9a-hjkmnp-tv-z]{10})?[\w-]{43}$/

/** The order that a link from a mail opens, by the hash of its token. */
export type FindLinkedOrder = (tokenHash: string) => Promise<string | null>

type AuthenticatorParts = {
  readonly project: Pick<Project, 'staffRoles' | 'secondFactorFor'>
  readonly storage: StorageAdapter
  readonly clock: Clock
  readonly findLinkedOrder: FindLinkedOrder
  readonly noteUse: NoteUse
}
type Facts = Pick<Actor, 'cartTokenHash' | 'linkedOrder' | 'origin'>

/** Finds out who asks. A token that is wrong, expired or of a disabled account makes a guest, not an error: the rule decides. */
export function createAuthenticator({ project, storage, clock, findLinkedOrder, noteUse }: AuthenticatorParts): {
  authenticate(credentials: Credentials): Promise<Actor>
  recall(credentials: Credentials): Recalled | null
} {
  const { find, recalled, isCurrent, lacksFactor } = createSignedIn({ project, storage, clock })
  const findActing = createActing({ project, storage, clock, lacksFactor })

  /** Null where what they came by has ended. */
  function actorOf(found: SignedIn, facts: Facts): Actor | null {
    const now = clock.now()
    if (found.user.disabled || endOf(found) <= now) return null
    const { by, user } = found
    const caller = { kind: 'user', id: user.id, email: user.email, ...rightsOf(found, project), ...facts } as const
    if ('key' in by) return { ...caller, session: null, sessionEndsAt: endOf(found), key: by.key.id, scopes: by.key.scopes }
    const { session } = by
    const provenAgoMs = session.provenAt === null ? Number.POSITIVE_INFINITY : Math.max(0, now - session.provenAt)
    return { ...caller, session: session.id, sessionEndsAt: session.expiresAt, provenAgoMs }
  }

  function note({ by }: SignedIn): void {
    if ('key' in by) noteUse(apiKeys, by.key)
    else noteUse(sessions, by.session)
  }

  return {
    async authenticate({ authorization, cookie, cartToken, network }) {
      // What is no token of ours proves nothing: two guests whose program sends `undefined` are not one.
      const [, form] = cartTokenForm.exec(cartToken ?? '') ?? []
      const cartTokenHash = form === undefined ? null : hashSecret(cartToken!)
      const linkedOrder = form === 'order' ? await findLinkedOrder(cartTokenHash!) : null
      const token = tokenIn({ authorization, cookie })
      const found = token === null ? null : await find(token)
      const facts = { cartTokenHash, linkedOrder, origin: network }
      const own = found && 'session' in found.by ? { ...found, session: found.by.session } : null
      const acting = await (authorization === undefined ? findActing.byCookie(cookie, own) : findActing.byToken(token))
      if (acting !== null) return { ...acting, ...facts }
      const actor = found === null ? null : actorOf(found, facts)
      if (actor === null) return guestActor(network, cartTokenHash, linkedOrder)
      note(found!)
      return actor
    },

    recall({ authorization, cookie, cartToken, network }) {
      if (cartToken !== undefined || cookieIn(cookie, impersonationCookie) !== null) return null
      const known = recalled(tokenIn({ authorization, cookie }))
      const actor = known && actorOf(known, { cartTokenHash: null, linkedOrder: null, origin: network })
      if (known === null || actor === null) return null
      const isStill = async () => {
        const isSo = await isCurrent(known)
        if (isSo) note(known)
        return isSo
      }
      return { actor, isStill }
    },
  }
}

/** A cookie is sent by whatever page asks: it carries no key. */
function tokenIn({ authorization, cookie }: Pick<Credentials, 'authorization' | 'cookie'>): string | null {
  if (authorization !== undefined) return tokenOfBearer(authorization)
  const token = cookieIn(cookie, sessionCookie)
  return token !== null && isKey(token) ? null : token
}

/** What their roles say. An owner is an admin, also to code that looks for that alone. */
function rightsOf({ user, lacksFactor }: SignedIn, { staffRoles }: Pick<Project, 'staffRoles'>) {
  const staffIn = staffInOf(user.roles, staffRoles)
  const isAdmin = user.roles.includes('admin') || !user.roles.includes('owner')
  const roles = isAdmin ? user.roles : [...user.roles, 'admin']
  return { roles, ...(staffIn === undefined ? {} : { staffIn }), ...(lacksFactor ? { lacksFactor } : {}) }
}

function endOf({ by }: SignedIn): number {
  return 'key' in by ? (by.key.expiresAt ?? Number.POSITIVE_INFINITY) : endOfSession(by.session)
}

/**
 * Tells the id of each session and key that has ended and of each account that may do something else than before: those of this
 * process with their commit, those of others when the feed tells it, before any change that came after.
 */
export function watchRevocations(storage: StorageAdapter, tell: (id: string) => void): void {
  const look = ({ changes }: Pick<CommitLine, 'changes'>) => {
    for (const change of changes) if (isRevocation(change)) tell(change.id)
  }
  storage.onCommit(look)
  if (storage.capabilities.isShared) storage.onFeed(look)
}

function tokenOfBearer(authorization: string): string | null {
  return /^Bearer (\S{1,200})$/i.exec(authorization)?.[1] ?? null
}
