// Sessions: from a request's credentials to its actor, and the making of a new session. Tokens are
// stored as their SHA-256; a request costs two indexed look-ups and is never answered from a cache, so
// a revoked session ends at once everywhere.
import { type Actor, guestActor } from '../../access/actor.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { eq } from '../../contract/filter.ts'
import type { CommandContext } from '../../operation/define.ts'
import type { Project } from '../../schema/project.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Session, sessions, type User, users } from './collections.ts'

export const sessionCookie = 'kp_session'
const tokenPrefix = 'kps'

type Credentials = {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly cartToken: string | undefined
  readonly network: string
}

/** Who asks. A token that is wrong, expired or of a disabled account makes a guest, not an error: the rule decides. */
export async function authenticate(read: Reader, credentials: Credentials, now: number): Promise<Actor> {
  const { authorization, cookie, cartToken, network } = credentials
  const cartTokenHash = cartToken === undefined ? null : hashSecret(cartToken)
  const guest = guestActor(network, cartTokenHash)
  const token = authorization === undefined ? tokenOfCookie(cookie) : tokenOfBearer(authorization)
  if (token === null) return guest
  const found = await findSession(read, token, now)
  if (found === null) return guest
  const { session, user } = found
  return { kind: 'user', id: user.id, email: user.email, roles: user.roles, session: session.id, cartTokenHash, origin: network }
}

async function findSession(read: Reader, token: string, now: number): Promise<{ session: Session; user: User } | null> {
  const [session] = await read.find(sessions, { where: eq('tokenHash', hashSecret(token)), limit: 1 })
  if (!session || session.expiresAt <= now) return null
  const user = await read.get(users, session.user)
  return user === null || user.disabled ? null : { session, user }
}

function tokenOfBearer(authorization: string): string | null {
  return /^Bearer (\S{1,200})$/i.exec(authorization)?.[1] ?? null
}

function tokenOfCookie(cookie: string | undefined): string | null {
  if (cookie === undefined) return null
  for (const pair of cookie.split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === sessionCookie && value) return value
  }
  return null
}

/** Opens a session and answers its token, for the one time it is seen, with the cookie that carries it. */
export async function openSession(
  context: Pick<CommandContext<unknown>, 'tx' | 'now' | 'newId' | 'newSecret' | 'actor' | 'request' | 'project'>,
  user: User,
): Promise<{ token: string; headers: Record<string, string> }> {
  const { tx, now, newId, newSecret, actor, request, project } = context
  const token = newSecret(tokenPrefix)
  await tx.insert(sessions, {
    id: newId('ses'),
    user: user.id,
    tokenHash: hashSecret(token),
    expiresAt: now + limits.sessionMs,
    origin: actor.origin,
    userAgent: request.headers['user-agent']?.slice(0, 500) ?? null,
  })
  return { token, headers: { 'set-cookie': cookieOf(project, token, limits.sessionMs / 1000) } }
}

/** The cookie that ends a browser's session. */
export function endedCookie(project: Project): string {
  return cookieOf(project, '', 0)
}

function cookieOf(project: Project, value: string, maxAgeSeconds: number): string {
  const secure = project.publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${sessionCookie}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`
}
