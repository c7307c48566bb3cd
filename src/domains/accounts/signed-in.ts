// Who a token belongs to, and what a process remembers of that. On a database that it has to itself, sessions and keys are remembered, and
// forgotten in the commit that ends or changes them, so a revoked one still ends at once. Only the command line (`kingpost admin create`) may
// write at the same time, so nothing is remembered for longer than a second. Where others write, what is remembered is believed by nobody: it says
// what to look for, which is one statement. Invariant: nobody is let in by a session, a key or an account that is not as it was when the request came.
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { and, eq, type Filter } from '../../contract/filter.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { RecordChange, StorageAdapter } from '../../storage/storage.ts'
import { type ApiKey, apiKeys } from './api-keys.ts'
import { type Session, sessions, type User, users } from './collections.ts'
import { impersonations } from './impersonations.ts'
import { isKey, isKeyForm } from './key-form.ts'
import { factorsOf } from './second-factor.ts'

/** By what, and who. */
export type SignedIn = {
  readonly tokenHash: string
  readonly by: { readonly session: Session } | { readonly key: ApiKey }
  readonly user: User
  /** A role of theirs asks for a second factor, and they have none. */
  readonly lacksFactor: boolean
}

type SignedInParts = { readonly project: Pick<Project, 'secondFactorFor'>; readonly storage: StorageAdapter; readonly clock: Clock }

export function createSignedIn({ project, storage, clock }: SignedInParts) {
  const { isShared } = storage.capabilities
  const remembered = new Map<string, SignedIn & { readonly until: number }>()
  let generation = 0
  storage.onCommit((line) => {
    if (isShared || !line.changes.some(({ collection, action }) => action !== 'created' && Object.hasOwn(rights, collection))) return
    generation++
    remembered.clear()
  })

  async function find(token: string): Promise<SignedIn | null> {
    if (isKey(token) && !isKeyForm(token)) return null
    const tokenHash = hashSecret(token)
    const known = remembered.get(tokenHash)
    if (known && (isShared ? await isCurrent(known) : clock.now() < known.until)) return known
    const before = generation
    const by = await (isKey(token) ? keyBy : sessionBy)(storage, tokenHash)
    const user = by && (await storage.reader.get(users, 'key' in by ? by.key.user : by.session.user))
    if (!by || !user) return null
    const found = { tokenHash, by, user, lacksFactor: await lacksFactor(user) }
    // A change that came while we read may already be undone by what we found. Factors are looked up with each request.
    if (!asksForFactor(user) && (isShared || generation === before)) {
      if (remembered.size >= limits.rememberedSessionsMax) remembered.clear()
      remembered.set(tokenHash, { ...found, until: clock.now() + limits.sessionRememberedMs })
    }
    return found
  }

  /** Whether nothing has changed of its session or key, and of its account: one statement, and no row. */
  async function isCurrent({ tokenHash, by, user }: SignedIn): Promise<boolean> {
    const ofUser: Filter = { op: 'via', collection: users.name, local: 'user', remote: 'id', of: eq('version', user.version) }
    const [collection, path, { version }] = 'key' in by ? [apiKeys, 'hash', by.key] : [sessions, 'tokenHash', by.session]
    const found = await storage.reader.count(collection, and(eq(path, tokenHash), eq('version', version), ofUser))
    if (found === 0) remembered.delete(tokenHash)
    return found > 0
  }

  const asksForFactor = ({ roles }: User) => roles.some((name) => project.secondFactorFor.includes(name))

  async function lacksFactor(user: User): Promise<boolean> {
    return asksForFactor(user) && (await factorsOf(storage.reader, user.id)).length === 0
  }

  return {
    find,
    isCurrent,
    lacksFactor,
    /** Where others write: whose it was when it was last looked at, which is to be looked at again. */
    recalled: (token: string | null) => (isShared && token !== null ? (remembered.get(hashSecret(token)) ?? null) : null),
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

const rights: Readonly<Record<string, readonly string[]>> = {
  [sessions.name]: ['user', 'tokenHash', 'expiresAt'],
  [apiKeys.name]: ['user', 'hash', 'scopes', 'expiresAt'],
  [users.name]: ['roles', 'disabled', 'email'],
  [impersonations.name]: ['endedAt'],
}

export function isRevocation({ collection, action, before = {} }: RecordChange): boolean {
  const fields = rights[collection]
  return fields !== undefined && (action === 'deleted' || (action === 'updated' && fields.some((name) => name in before)))
}
