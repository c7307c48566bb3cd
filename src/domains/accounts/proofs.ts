// Proofs that go by mail: whoever has the token or the code reads the mail of an address; and what a sign-in has shown that
// waits for a second factor, which goes to whoever signs in. Each is for one purpose and one use, is over at its time, and
// those by mail are replaced by a newer one for the same. Stored hashed. Invariant: a use is a guarded delete, so of two at
// once one finds nothing.
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { digitsFrom, hashSecret, isEqualSecret } from '../../base/secret.ts'
import { and, compare, eq, type Filter, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import type { FirstFactor, User } from './collections.ts'
import { dropFlows } from './provider-flows.ts'

/** How long each is good, in milliseconds. */
const lifeMs = {
  verify: limits.verifyLinkMs,
  reset: limits.resetLinkMs,
  magic: limits.magicLinkMs,
  code: limits.signInCodeMs,
  changeEmail: limits.changeEmailLinkMs,
  undoEmail: limits.undoEmailLinkMs,
  secondFactor: limits.pendingSignInMs,
  keepAccount: limits.erasureWaitMs,
} as const
export type ProofPurpose = keyof typeof lifeMs
export type MailedPurpose = Exclude<ProofPurpose, 'secondFactor' | 'keepAccount'>

export const proofs = collection('proofs', {
  prefix: 'prf',
  system: true,
  internal: true,
  feed: false,
  fields: {
    /**
     * One for each purpose and account, or address that an account had: a newer one takes its place. A sign-in that waits has one
     * of its own, so that another does not end it.
     */
    slot: field.text({ required: true, unique: true }),
    purpose: field.text({ required: true }),
    user: field.text({ required: true, max: 100 }),
    /** The address that it proves. */
    email: field.email({ required: true }),
    secretHash: field.text({ required: true, unique: true }),
    /** Of what can be guessed: a code of it, or beside it. */
    triesLeft: field.integer(),
    /** Of a sign-in that waits: how it began. */
    way: field.text(),
    expiresAt: field.dateTime({ required: true }),
  },
  indexes: [['user'], ['expiresAt']],
  personal: { by: { user: { holds: 'user', onErase: 'delete' }, email: { holds: 'address', onErase: 'delete' } } },
})
export type Proof = NonNullable<(typeof proofs)['record']>

type NewProof = {
  readonly purpose: ProofPurpose
  readonly user: Pick<User, 'id'>
  readonly email: string
  /** Of a sign-in that waits. */
  readonly way?: FirstFactor
}

/** Until when one that is made now is good. */
export function proofExpiry(purpose: ProofPurpose, now: number): number {
  return now + lifeMs[purpose]
}

/** Makes one and answers its secret, for the mail or whoever signs in alone: a token of 256 bits, or for `code` six digits. */
export async function issueProof({ tx, now, newId, newSecret }: Work, { purpose, user, email, way }: NewProof): Promise<string> {
  const slot = slotOf(purpose, purpose === 'undoEmail' ? email : purpose === 'secondFactor' ? newId('prf') : user.id)
  const before = await findUnique(tx, proofs, eq('slot', slot))
  const id = before?.id ?? newId('prf')
  const isCode = purpose === 'code'
  const secret = isCode ? digitsFrom(newSecret(purpose), 6) : newSecret(purpose.toLowerCase())
  const fields = {
    // Of an address that was given back by now, the row may be of whoever had it before.
    user: user.id,
    email,
    secretHash: isCode ? hashOfCode(id, secret) : hashSecret(secret),
    triesLeft: isCode || purpose === 'secondFactor' ? limits.codeTriesMax : null,
    way: way ?? null,
    expiresAt: proofExpiry(purpose, now),
  }
  if (before === null) await tx.insert(proofs, { id, slot, purpose, ...fields }, 'conflict')
  else await tx.update(proofs, before, { set: fields })
  return secret
}

/** Uses it up. @throws link_invalid */
export async function redeemToken({ tx, now }: Pick<Work, 'tx' | 'now'>, purpose: ProofPurpose, token: string): Promise<Proof> {
  const proof = await findUnique(tx, proofs, eq('secretHash', hashSecret(token)))
  if (proof === null || proof.purpose !== purpose || !(await isUsedUp(tx, now, proof))) throw new EngineError('link_invalid')
  return proof
}

/**
 * Takes one of the tries of this account's code, in a transaction of its own that stays: many guesses at once take one
 * each. Answers whether it was the code; `redeemCode` then uses it up.
 */
export async function tryCode({ tx, now }: Pick<Work, 'tx' | 'now'>, user: string | null, code: string): Promise<Proof | null> {
  const proof = await findUnique(tx, proofs, eq('slot', slotOf('code', user ?? 'nobody')))
  if (proof === null || proof.expiresAt <= now || (proof.triesLeft ?? 0) <= 0) {
    // As much work as where there is one: the time of the answer does not tell.
    await tx.touch(proofs, 'prf_nobody', { set: { triesLeft: 0 } })
    hashOfCode('prf_nobody', code)
    return null
  }
  await tx.update(proofs, proof, { set: { triesLeft: proof.triesLeft! - 1 } })
  return isEqualSecret(hashOfCode(proof.id, code), proof.secretHash) ? proof : null
}

/** @throws code_invalid */
export async function redeemCode({ tx, now }: Pick<Work, 'tx' | 'now'>, proof: Proof | null): Promise<Proof> {
  if (proof === null || !(await isUsedUp(tx, now, proof))) throw new EngineError('code_invalid')
  return proof
}

async function isUsedUp(tx: Transaction, now: number, { id, secretHash, expiresAt }: Proof): Promise<boolean> {
  if (expiresAt <= now) return false
  return (await tx.deleteWhere(proofs, and(eq('id', id), eq('secretHash', secretHash)))) > 0
}

/** A sign-in that waits, and may be tried. @throws pending_invalid */
export async function findPending(read: Pick<Reader, 'find'>, now: number, token: string): Promise<Proof> {
  const proof = await findUnique(read, proofs, eq('secretHash', hashSecret(token)))
  if (proof === null || proof.purpose !== 'secondFactor' || proof.expiresAt <= now) throw new EngineError('pending_invalid')
  return proof
}

/** In a transaction of its own that stays, before the code is looked at. @throws pending_invalid */
export async function takeTryOfPending({ tx, now }: Pick<Work, 'tx' | 'now'>, token: string): Promise<void> {
  const proof = await findPending(tx, now, token)
  if ((proof.triesLeft ?? 0) <= 0) throw new EngineError('pending_invalid')
  await tx.update(proofs, proof, { set: { triesLeft: proof.triesLeft! - 1 } })
}

/** Uses it up. Answers whose it is, and how they began. @throws pending_invalid */
export async function redeemPending({ tx, now }: Pick<Work, 'tx' | 'now'>, token: string): Promise<{ user: string; way: FirstFactor }> {
  const proof = await findPending(tx, now, token)
  if (!(await isUsedUp(tx, now, proof))) throw new EngineError('pending_invalid')
  return { user: proof.user, way: proof.way as FirstFactor }
}

/** Sign-ins that wait: what they began with counts no more. */
export async function dropPending(tx: Transaction, user: string): Promise<void> {
  await tx.deleteWhere(proofs, and(eq('user', user), eq('purpose', 'secondFactor')))
}

/**
 * What whoever could get into the account has begun, and could end with no session: a sign-in that waits, and a move to another
 * address, whose link lies in a mailbox of their own.
 */
export async function dropBegun(tx: Transaction, user: string): Promise<void> {
  await dropPending(tx, user)
  await tx.deleteWhere(proofs, and(eq('user', user), eq('purpose', 'changeEmail')))
  await dropFlows(tx, user)
}

/** What lets in and lies in a mail. Whoever has just set a password by the old one needs none of it, and somebody else may read there. */
export async function dropMailed(tx: Transaction, user: string): Promise<void> {
  await tx.deleteWhere(proofs, and(eq('user', user), oneOf('purpose', ['reset', 'magic', 'code'])))
}

/** Every way into the account that lies in a mail, or waits, such as after a forgotten password. The way back to an address stays. */
export async function dropProofs(tx: Transaction, user: string): Promise<void> {
  await tx.deleteWhere(proofs, and(eq('user', user), isNot('undoEmail')))
}

/** Whoever has taken an address back is not sent to a later one again: that may be another's. */
export async function dropLaterUndos(tx: Transaction, { user, expiresAt }: Proof): Promise<void> {
  await tx.deleteWhere(proofs, and(eq('user', user), eq('purpose', 'undoEmail'), compare('expiresAt', 'gte', expiresAt)))
}

/** The account that had this address a short time ago, and may yet take it back; null when there is none. */
export async function formerOwner({ tx, now }: Pick<Work, 'tx' | 'now'>, email: string): Promise<string | null> {
  const undo = await wayBackTo(tx, email)
  return undo === null || undo.expiresAt <= now ? null : undo.user
}

/** The way back to this address, in time or not; an address has one. */
export async function wayBackTo(read: Pick<Reader, 'find'>, email: string): Promise<Proof | null> {
  return await findUnique(read, proofs, eq('slot', slotOf('undoEmail', email)))
}

function isNot(purpose: ProofPurpose): Filter {
  return compare('purpose', 'ne', purpose)
}

function slotOf(purpose: ProofPurpose, of: string): string {
  return `${purpose}:${of}`
}

/** With the id in front: two equal codes have two hashes. */
function hashOfCode(id: string, code: string): string {
  return hashSecret(`${id}:${code}`)
}
