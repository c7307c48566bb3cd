// Passkeys: keys that a person's devices hold for this site alone (WebAuthn). Each has asked its owner for a finger, a face or a
// number before it signs, so one is enough to sign in by, and counts as a second factor beside a password or a mail. What a
// browser sends is checked in `webauthn.ts`. Invariant: a challenge is answered once, for what and whom it was given to, which a
// guarded delete sees to in any process.
import { nobody, staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'

export const passkeys = collection('passkeys', {
  prefix: 'psk',
  system: true,
  internal: true,
  // Told in the audit trail alone, which thus says who added one or took one away.
  access: { read: staff },
  fields: {
    user: field.ref('users', { required: true, onErase: 'delete' }),
    name: field.text({ required: true, max: limits.passkeyNameCharactersMax }),
    /** The browser that it was added in. */
    device: field.text({ max: limits.agentNameCharactersMax }),
    /** Of its id, which may be longer than an index takes. */
    idHash: field.text({ required: true, unique: true, feed: false, read: nobody }),
    /** By which its authenticator knows it, in base64url. */
    credential: field.text({ required: true, max: limits.passkeyIdCharactersMax, feed: false, read: nobody }),
    /** COSE (RFC 9052), in base64url. */
    publicKey: field.text({ required: true, max: limits.passkeyKeyCharactersMax, feed: false, read: nobody }),
    /** How its authenticator is reached: `usb`, `internal` … A hint for browsers. */
    transports: field.json<readonly string[]>({ required: true, schema: { type: 'array', items: { type: 'string' } }, feed: false }),
    /** Uses that its authenticator has counted; 0 for ever where it counts none, as those that are synced do. */
    signCount: field.integer({ required: true, feed: false, read: nobody }),
    /** It is kept in an account of its maker, and so outlives its device. */
    isSynced: field.boolean({ required: true, feed: false }),
    usedAt: field.dateTime({ feed: false }),
    /** When somebody last used it who was behind the count: a copy of it may exist. */
    copySeenAt: field.dateTime(),
    /** When recovery codes were made for it, so that the audit trail has it. */
    recoveryCodesAt: field.dateTime(),
  },
  indexes: [['user', 'createdAt']],
})
export type Passkey = NonNullable<(typeof passkeys)['record']>

export const passkeyChallenges = collection('passkeyChallenges', {
  prefix: 'pch',
  system: true,
  internal: true,
  feed: false,
  fields: {
    challengeHash: field.text({ required: true, unique: true }),
    /** What it is for, and whom. */
    purpose: field.text({ required: true, max: 200 }),
    expiresAt: field.dateTime({ required: true }),
  },
  indexes: [['expiresAt']],
})

/**
 * What a challenge was given for. To sign in by a passkey alone: to anybody. To add one or to prove again: to a session. To end a
 * sign-in that waits: to whoever holds its token.
 */
export type PasskeyPurpose =
  | { readonly for: 'signIn' }
  | { readonly for: 'secondFactor'; readonly pending: string }
  | { readonly for: 'register' | 'prove'; readonly session: string }

/** 32 random bytes in base64url. */
export async function issueChallenge({ tx, now, newId, newSecret }: Work, purpose: PasskeyPurpose): Promise<string> {
  const challenge = newSecret('passkey').slice('passkey_'.length)
  const fields = { challengeHash: hashSecret(challenge), purpose: textOf(purpose), expiresAt: now + limits.passkeyChallengeMs }
  await tx.insert(passkeyChallenges, { id: newId('pch'), ...fields }, 'conflict')
  return challenge
}

export async function isChallengeOpen(
  read: Pick<Reader, 'find'>,
  now: number,
  challenge: string,
  purpose: PasskeyPurpose,
): Promise<boolean> {
  const found = await findUnique(read, passkeyChallenges, eq('challengeHash', hashSecret(challenge)))
  return found !== null && found.purpose === textOf(purpose) && found.expiresAt > now
}

/** False when it was answered already. */
export async function redeemChallenge({ tx, now }: Pick<Work, 'tx' | 'now'>, challenge: string, purpose: PasskeyPurpose): Promise<boolean> {
  const isIt = and(eq('challengeHash', hashSecret(challenge)), eq('purpose', textOf(purpose)), compare('expiresAt', 'gt', now))
  return (await tx.deleteWhere(passkeyChallenges, isIt)) > 0
}

function textOf(purpose: PasskeyPurpose): string {
  switch (purpose.for) {
    case 'signIn':
      return purpose.for
    case 'secondFactor':
      return `${purpose.for}:${hashSecret(purpose.pending)}`
    default:
      return `${purpose.for}:${purpose.session}`
  }
}

/** Those of an account, the oldest first. */
export async function passkeysOf(read: Pick<Reader, 'find'>, user: string): Promise<readonly Passkey[]> {
  // Beyond the limit: an account has fewer.
  return await read.find(passkeys, { where: eq('user', user), sort: [{ path: 'createdAt', descending: false }], limit: limits.passkeysMax })
}

export async function findPasskey(read: Pick<Reader, 'find'>, credential: string): Promise<Passkey | null> {
  return await findUnique(read, passkeys, eq('idHash', hashSecret(credential)))
}

/** Under a lock of the account. @throws too_many_passkeys */
export async function checkPlace(tx: Transaction, user: string): Promise<void> {
  if ((await tx.count(passkeys, eq('user', user))) >= limits.passkeysMax) throw new EngineError('too_many_passkeys')
}

/**
 * Whether a count of its authenticator says that another one has the same key: what was counted here is not less. Those that
 * count nothing say nothing, and one that its maker syncs is on several devices, each of which may count by itself. WebAuthn Level 3, section 6.1.1.
 */
export function isBehind(signCount: number, { signCount: known, isSynced }: Pick<Passkey, 'signCount' | 'isSynced'>): boolean {
  return !isSynced && (signCount > 0 || known > 0) && signCount <= known
}

/** Answers whether there was one. */
export async function dropPasskeys(tx: Transaction, user: string, { since }: { readonly since: number }): Promise<boolean> {
  const gone = (await passkeysOf(tx, user)).filter(({ createdAt }) => createdAt >= since)
  for (const passkey of gone) await tx.delete(passkeys, passkey)
  return gone.length > 0
}
