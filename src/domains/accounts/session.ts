// Sessions: from a request's credentials to its actor, and the making of a new session. Tokens are
// stored as their SHA-256, and a revoked session ends with the commit that revokes it.
import { type Actor, type Credentials, guestActor } from '../../access/actor.ts'
import { addressBlock } from '../../base/address-block.ts'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { and, eq, type Filter } from '../../contract/filter.ts'
import type { AnswerHeaders, CommandContext } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { CommitLine, RecordChange, StorageAdapter } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Session, type SignInWay, sessions, type User, users } from './collections.ts'
import { cookieIn, cookieOf } from './cookies.ts'
import { rememberDevice } from './devices.ts'
import { lastUse, type NoteUse } from './uses.ts'

export const sessionCookie = 'kp_session'
const tokenPrefix = 'kps'
/** Those made before they had a time have 43 characters. */
const cartTokenForm = /^(cart|order)_(?:[0-9a-hjkmnp-tv-z]{10})?[\w-]{43}$/

/** The order that a link from a mail opens, by the hash of its token. */
export type FindLinkedOrder = (tokenHash: string) => Promise<string | null>

type AuthenticatorParts = {
  readonly storage: StorageAdapter
  readonly clock: Clock
  readonly findLinkedOrder: FindLinkedOrder
  readonly noteUse: NoteUse
}
type SignedIn = { readonly session: Session; readonly user: User }

/**
 * Finds out who asks. A token that is wrong, expired or of a disabled account makes a guest, not an
 * error: the rule decides. On a database that this process has to itself, sessions are remembered, and
 * forgotten in the commit that ends or changes them, so a revoked one still ends at once. Only the command line
 * (`kingpost admin create`) may write at the same time, so nothing is remembered for longer than a second.
 */
export function createAuthenticator({
  storage,
  clock,
  findLinkedOrder,
  noteUse,
}: AuthenticatorParts): (credentials: Credentials) => Promise<Actor> {
  const remembered = new Map<string, SignedIn & { readonly until: number }>()
  let generation = 0
  storage.onCommit((line) => {
    if (!line.changes.some(({ collection, action }) => action !== 'created' && (collection === 'sessions' || collection === 'users')))
      return
    generation++
    remembered.clear()
  })

  async function find(token: string): Promise<SignedIn | null> {
    const tokenHash = hashSecret(token)
    const known = remembered.get(tokenHash)
    if (known && clock.now() < known.until) return known
    const before = generation
    const session = await findUnique(storage.reader, sessions, eq('tokenHash', tokenHash))
    const user = session && (await storage.reader.get(users, session.user))
    if (!session || !user) return null
    // A change that came while we read may already be undone by what we found.
    if (!storage.capabilities.isShared && generation === before) {
      if (remembered.size >= limits.rememberedSessionsMax) remembered.clear()
      remembered.set(tokenHash, { session, user, until: clock.now() + limits.sessionRememberedMs })
    }
    return { session, user }
  }

  return async ({ authorization, cookie, cartToken, network }) => {
    // What is no token of ours proves nothing: two guests whose program sends `undefined` are not one.
    const [, form] = cartTokenForm.exec(cartToken ?? '') ?? []
    const cartTokenHash = form === undefined ? null : hashSecret(cartToken!)
    const linkedOrder = form === 'order' ? await findLinkedOrder(cartTokenHash!) : null
    const token = authorization === undefined ? cookieIn(cookie, sessionCookie) : tokenOfBearer(authorization)
    const found = token === null ? null : await find(token)
    if (found === null || endOfSession(found.session) <= clock.now() || found.user.disabled)
      return guestActor(network, cartTokenHash, linkedOrder)
    const { session, user } = found
    noteUse(sessions, session)
    const { id, email, roles } = user
    const provenAgoMs = session.provenAt === null ? Number.POSITIVE_INFINITY : Math.max(0, clock.now() - session.provenAt)
    const proofs = { session: session.id, sessionEndsAt: session.expiresAt, provenAgoMs, cartTokenHash, linkedOrder }
    return { kind: 'user', id, email, roles, ...proofs, origin: network }
  }
}

/**
 * Tells the id of each session that has ended and of each account that may do something else than before: those of this
 * process with their commit, those of others when the feed tells it, before any change that came after.
 */
export function watchRevocations(storage: StorageAdapter, tell: (id: string) => void): void {
  const look = ({ changes }: Pick<CommitLine, 'changes'>) => {
    for (const change of changes) if (isRevocation(change)) tell(change.id)
  }
  storage.onCommit(look)
  if (storage.capabilities.isShared) storage.onFeed(look)
}

const rights: Readonly<Record<string, readonly string[]>> = {
  [sessions.name]: ['user', 'tokenHash', 'expiresAt'],
  [users.name]: ['roles', 'disabled', 'email'],
}

function isRevocation({ collection, action, before = {} }: RecordChange): boolean {
  const fields = rights[collection]
  return fields !== undefined && (action === 'deleted' || (action === 'updated' && fields.some((name) => name in before)))
}

/** At its time, or when nobody has used it for too long. */
export function endOfSession(session: Session): number {
  return Math.min(session.expiresAt, lastUse(session) + limits.sessionIdleMs)
}

/** Ends the sessions that fit. Answers how many. */
export async function endSessions(tx: Transaction, where: Filter): Promise<number> {
  for (let count = 0; ; ) {
    // Beyond the limit: the next turn of this loop.
    const ended = await tx.find(sessions, { where, limit: limits.pageSizeMax, isUnordered: true })
    for (const session of ended) await tx.delete(sessions, session)
    count += ended.length
    if (ended.length < limits.pageSizeMax) return count
  }
}

/** Ends every session of the caller's account but the one that asks. */
export async function endOtherSessions(tx: Transaction, { id, session }: Actor): Promise<void> {
  await endSessions(tx, and(eq('user', id!), { op: 'ne', path: 'id', value: session ?? '' }))
}

function tokenOfBearer(authorization: string): string | null {
  return /^Bearer (\S{1,200})$/i.exec(authorization)?.[1] ?? null
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
