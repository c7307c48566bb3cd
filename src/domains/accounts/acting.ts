// Who acts as whom in a request. Looked at with each one and remembered nowhere: it ends with the session of whoever acts, with their role, with
// either account, and at its time.
import type { Actor } from '../../access/actor.ts'
import type { Clock } from '../../base/clock.ts'
import { hashSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { eq } from '../../contract/filter.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { StorageAdapter } from '../../storage/storage.ts'
import { type Session, sessions, type User, users } from './collections.ts'
import { cookieIn } from './cookies.ts'
import {
  type Impersonation,
  impersonationCookie,
  impersonations,
  isImpersonationToken,
  mayActAs,
  mayImpersonate,
} from './impersonations.ts'
import { endOfSession } from './session.ts'

type Own = { readonly session: Session; readonly user: User; readonly lacksFactor: boolean }
type ActingParts = {
  readonly project: Pick<Project, 'staffRoles'>
  readonly storage: StorageAdapter
  readonly clock: Clock
  readonly lacksFactor: (user: User) => Promise<boolean>
}
type Acting = Pick<Actor, 'kind' | 'id' | 'email' | 'roles' | 'session' | 'sessionEndsAt' | 'impersonator'>

export function createActing({ project, storage, clock, lacksFactor }: ActingParts) {
  async function findOwn(id: string): Promise<Own | null> {
    const session = await storage.reader.get(sessions, id)
    const user = session && (await storage.reader.get(users, session.user))
    return session && user && { session, user, lacksFactor: await lacksFactor(user) }
  }

  function isOpen({ by, session, expiresAt, endedAt }: Impersonation, own: Own): boolean {
    const now = clock.now()
    const isTheirs = own.session.id === session && own.user.id === by && endOfSession(own.session) > now
    return isTheirs && endedAt === null && expiresAt > now && !own.lacksFactor && mayImpersonate(own.user, project)
  }

  /** `given`: the session that came with the token; without it the one that it was made in is looked up. */
  async function find(token: string, given: Own | null): Promise<Acting | null> {
    const impersonation = await findUnique(storage.reader, impersonations, eq('tokenHash', hashSecret(token)))
    const own = impersonation && (given ?? (await findOwn(impersonation.session)))
    if (!impersonation || !own || !isOpen(impersonation, own)) return null
    const user = await storage.reader.get(users, impersonation.user)
    if (user === null || !mayActAs(own.user, user, project)) return null
    const { id, by, mayWrite, session, expiresAt } = impersonation
    const impersonator = { id: by, mayWrite, session }
    const sessionEndsAt = Math.min(expiresAt, own.session.expiresAt)
    return { kind: 'user', id: user.id, email: user.email, roles: user.roles, session: id, sessionEndsAt, impersonator }
  }

  return {
    /** A cookie is worth nothing beside the session of somebody else, or none. */
    async byCookie(cookie: string | undefined, own: Own | null): Promise<Acting | null> {
      const token = own === null ? null : cookieIn(cookie, impersonationCookie)
      return token !== null && isImpersonationToken(token) ? await find(token, own) : null
    },
    async byToken(token: string | null): Promise<Acting | null> {
      return token !== null && isImpersonationToken(token) ? await find(token, null) : null
    },
  }
}
