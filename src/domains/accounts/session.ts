// Sessions: the making of a new one, and its end. Tokens are stored as their SHA-256.
import type { Actor } from '../../access/actor.ts'
import { addressBlock } from '../../base/address-block.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { and, eq, type Filter } from '../../contract/filter.ts'
import type { AnswerHeaders, CommandContext } from '../../operation/define.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Session, type SignInWay, sessions, type User } from './collections.ts'
import { cookieOf } from './cookies.ts'
import { rememberDevice } from './devices.ts'
import { lastUse } from './uses.ts'

export const sessionCookie = 'kp_session'
const tokenPrefix = 'kps'

/** At its time, or when nobody has used it for too long. */
export function endOfSession(session: Session): number {
  return Math.min(session.expiresAt, lastUse(session) + limits.sessionIdleMs)
}

/** Ends the sessions that fit. Answers how many. */
export async function endSessions(tx: Transaction, where: Filter, atMost = Number.POSITIVE_INFINITY): Promise<number> {
  for (let count = 0; ; ) {
    // Beyond the limit: the next turn of this loop.
    const ended = await tx.find(sessions, { where, limit: Math.min(atMost - count, limits.pageSizeMax), isUnordered: true })
    for (const session of ended) await tx.delete(sessions, session)
    count += ended.length
    if (ended.length < limits.pageSizeMax || count >= atMost) return count
  }
}

/** Ends every session of the caller's account but the one that asks. */
export async function endOtherSessions(tx: Transaction, { id, session }: Actor): Promise<void> {
  await endSessions(tx, and(eq('user', id!), { op: 'ne', path: 'id', value: session ?? '' }))
}

/** Opens a session and answers its token, for the one time it is seen, with the cookie that carries it. */
export async function openSession(
  context: CommandContext<unknown, unknown>,
  user: User,
  ways: readonly SignInWay[],
): Promise<{ token: string; headers: AnswerHeaders }> {
  const { tx, now, newId, newSecret, actor, request, project } = context
  const token = newSecret(tokenPrefix)
  await tx.insert(sessions, {
    id: newId('ses'),
    user: user.id,
    tokenHash: hashSecret(token),
    expiresAt: now + limits.sessionMs,
    origin: addressBlock(actor.origin),
    userAgent: request.headers['user-agent']?.slice(0, 500) ?? null,
    ways,
    provenAt: now,
    usedAt: now,
  })
  const cookie = cookieOf(project, { name: sessionCookie, value: token, maxAgeSeconds: limits.sessionMs / 1_000 })
  const deviceCookie = await rememberDevice(context, user.id)
  return { token, headers: { 'set-cookie': deviceCookie === null ? cookie : [cookie, deviceCookie] } }
}

/** The cookie that ends a browser's session. */
export function endedCookie(project: Project): string {
  return cookieOf(project, { name: sessionCookie, value: '', maxAgeSeconds: 0 })
}
