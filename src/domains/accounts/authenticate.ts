// From a request's credentials to its actor: a session by cookie or token, or an API key. A revoked one ends with the commit that
// revokes it, and its live streams with it, on every process.
import { type Actor, type Credentials, guestActor } from '../../access/actor.ts'
import { staffInOf } from '../../access/staff-roles.ts'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { eq } from '../../contract/filter.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { CommitLine, RecordChange, StorageAdapter } from '../../storage/storage.ts'
import { createActing } from './acting.ts'
import { type ApiKey, apiKeys } from './api-keys.ts'
import { type Session, sessions, type User, users } from './collections.ts'
import { cookieIn } from './cookies.ts'
import { impersonations } from './impersonations.ts'
import { isKey, isKeyForm } from './key-form.ts'
import { factorsOf } from './second-factor.ts'
import { endOfSession, sessionCookie } from './session.ts'
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
/** By what, and who. */
type SignedIn = {
  readonly by: { readonly session: Session } | { readonly key: ApiKey }
  readonly user: User
  /** A role of theirs asks for a second factor, and they have none. */
  readonly lacksFactor: boolean
}

/**
 * Finds out who asks. A token that is wrong, expired or of a disabled account makes a guest, not an
 * error: the rule decides. On a database that this process has to itself, sessions and keys are remembered, and
 * forgotten in the commit that ends or changes them, so a revoked one still ends at once. Only the command line
 * (`kingpost admin create`) may write at the same time, so nothing is remembered for longer than a second.
 */
export function createAuthenticator({
  project,
  storage,
  clock,
  findLinkedOrder,
  noteUse,
}: AuthenticatorParts): (credentials: Credentials) => Promise<Actor> {
  const remembered = new Map<string, SignedIn & { readonly until: number }>()
  let generation = 0
  storage.onCommit((line) => {
    if (!line.changes.some(({ collection, action }) => action !== 'created' && Object.hasOwn(rights, collection))) return
    generation++
    remembered.clear()
  })

  async function find(token: string): Promise<SignedIn | null> {
    if (isKey(token) && !isKeyForm(token)) return null
    const tokenHash = hashSecret(token)
    const known = remembered.get(tokenHash)
    if (known && clock.now() < known.until) return known
    const before = generation
    const by = await (isKey(token) ? keyBy : sessionBy)(storage, tokenHash)
    const user = by && (await storage.reader.get(users, 'key' in by ? by.key.user : by.session.user))
    if (!by || !user) return null
    const found = { by, user, lacksFactor: await lacksFactor(user) }
    // A change that came while we read may already be undone by what we found.
    if (!storage.capabilities.isShared && generation === before) {
      if (remembered.size >= limits.rememberedSessionsMax) remembered.clear()
      remembered.set(tokenHash, { ...found, until: clock.now() + limits.sessionRememberedMs })
    }
    return found
  }

  async function lacksFactor({ id, roles }: User): Promise<boolean> {
    return roles.some((name) => project.secondFactorFor.includes(name)) && (await factorsOf(storage.reader, id)).length === 0
  }

  const findActing = createActing({ project, storage, clock, lacksFactor })

  return async ({ authorization, cookie, cartToken, network }) => {
    // What is no token of ours proves nothing: two guests whose program sends `undefined` are not one.
    const [, form] = cartTokenForm.exec(cartToken ?? '') ?? []
    const cartTokenHash = form === undefined ? null : hashSecret(cartToken!)
    const linkedOrder = form === 'order' ? await findLinkedOrder(cartTokenHash!) : null
    const token = authorization === undefined ? cookieIn(cookie, sessionCookie) : tokenOfBearer(authorization)
    // A cookie is sent by whatever page asks: it carries no key.
    const found = token === null || (authorization === undefined && isKey(token)) ? null : await find(token)
    const now = clock.now()
    const facts = { cartTokenHash, linkedOrder, origin: network }
    const own = found && 'session' in found.by ? { ...found, session: found.by.session } : null
    const acting = await (authorization === undefined ? findActing.byCookie(cookie, own) : findActing.byToken(token))
    if (acting !== null) return { ...acting, ...facts }
    if (found === null || found.user.disabled || endOf(found) <= now) return guestActor(network, cartTokenHash, linkedOrder)
    const { by, user } = found
    const { id, email } = user
    const caller = { kind: 'user', id, email, ...rightsOf(found, project), ...facts } as const
    if ('key' in by) {
      noteUse(apiKeys, by.key)
      return { ...caller, session: null, sessionEndsAt: endOf(found), key: by.key.id, scopes: by.key.scopes }
    }
    const { session } = by
    noteUse(sessions, session)
    const provenAgoMs = session.provenAt === null ? Number.POSITIVE_INFINITY : Math.max(0, now - session.provenAt)
    return { ...caller, session: session.id, sessionEndsAt: session.expiresAt, provenAgoMs }
  }
}

async function sessionBy({ reader }: StorageAdapter, tokenHash: string) {
  const session = await findUnique(reader, sessions, eq('tokenHash', tokenHash))
  return session && { session }
}

async function keyBy({ reader }: StorageAdapter, hash: string) {
  const key = await findUnique(reader, apiKeys, eq('hash', hash))
  return key && { key }
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

const rights: Readonly<Record<string, readonly string[]>> = {
  [sessions.name]: ['user', 'tokenHash', 'expiresAt'],
  [apiKeys.name]: ['user', 'hash', 'scopes', 'expiresAt'],
  [users.name]: ['roles', 'disabled', 'email'],
  [impersonations.name]: ['endedAt'],
}

function isRevocation({ collection, action, before = {} }: RecordChange): boolean {
  const fields = rights[collection]
  return fields !== undefined && (action === 'deleted' || (action === 'updated' && fields.some((name) => name in before)))
}

function tokenOfBearer(authorization: string): string | null {
  return /^Bearer (\S{1,200})$/i.exec(authorization)?.[1] ?? null
}
