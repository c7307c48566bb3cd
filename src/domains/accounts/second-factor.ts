// What an account asks for beside a password or a mail: a passkey, a code of an authenticator app, or one of the recovery codes
// that came with the first of them. Whatever is to count as a second factor is named by `factorsOf`, and from then on every sign-in ends with it
// (`sign-in.ts`). Invariant: no code works twice, which guarded writes see to, also for many at once.
import { hash } from 'node:crypto'
import { nobody, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import type { SecondFactor } from './collections.ts'
import { dropPasskeys, type Passkey, passkeys, passkeysOf } from './passkeys.ts'
import { dropPending } from './proofs.ts'
import { toBase32, totpSecretBytes, totpStep } from './totp.ts'

export const totpFactors = collection('totpFactors', {
  prefix: 'tot',
  system: true,
  internal: true,
  // Told in the audit trail alone, which thus says who took one away; without what opens anything.
  access: { read: staff },
  fields: {
    user: field.ref('users', { required: true, unique: true, onErase: 'delete' }),
    /** In base32. It must be readable, since codes are made of it. */
    secret: field.text({ required: true, feed: false, read: nobody }),
    /** Null until a code has shown that an app has the secret: it counts from then on. */
    confirmedAt: field.dateTime(),
    /** When its recovery codes were made, so that the audit trail has it. */
    recoveryCodesAt: field.dateTime(),
    /** The newest time step whose code was used. */
    lastStep: field.integer({ required: true, feed: false, read: nobody }),
  },
})
type TotpFactor = NonNullable<(typeof totpFactors)['record']>

export const recoveryCodes = collection('recoveryCodes', {
  prefix: 'rec',
  system: true,
  internal: true,
  feed: false,
  fields: {
    user: field.text({ required: true, max: 100 }),
    codeHash: field.text({ required: true, unique: true }),
  },
  indexes: [['user']],
  personal: { by: { user: { holds: 'user', onErase: 'delete' } } },
})

/** Those that an account has; none when it is opened by one factor alone. */
export async function factorsOf(read: Pick<Reader, 'find'>, user: string): Promise<readonly SecondFactor[]> {
  const held = await heldFactors(read, user)
  if (held.length === 0) return []
  // Beyond the limit: one is enough to know.
  const codes = await read.find(recoveryCodes, { where: eq('user', user), limit: 1 })
  return codes.length === 0 ? held : [...held, 'recovery']
}

/** Without the recovery codes, which stand for what is lost. */
async function heldFactors(read: Pick<Reader, 'find'>, user: string): Promise<readonly SecondFactor[]> {
  // Beyond the limit: one is enough to know.
  const first = await read.find(passkeys, { where: eq('user', user), limit: 1 })
  const totp = await findTotp(read, user)
  return [...(first.length > 0 ? ['passkey' as const] : []), ...(totp === null ? [] : ['totp' as const])]
}

/** The one that counts. */
export async function findTotp(read: Pick<Reader, 'find'>, user: string): Promise<(TotpFactor & { readonly confirmedAt: number }) | null> {
  const totp = await findUnique(read, totpFactors, eq('user', user))
  return totp === null || totp.confirmedAt === null ? null : { ...totp, confirmedAt: totp.confirmedAt }
}

/** Uses up a code of the app, or a recovery code. Answers what it was; null when it is none, or was used. */
export async function redeemFactor({ tx, now }: Pick<Work, 'tx' | 'now'>, user: string, typed: string): Promise<SecondFactor | null> {
  const code = typed.replaceAll(/[\s-]/g, '').toLowerCase()
  if (!/^\d{6}$/.test(code))
    return (await tx.deleteWhere(recoveryCodes, and(eq('user', user), eq('codeHash', hashOfCode(user, code))))) > 0 ? 'recovery' : null
  const totp = await findTotp(tx, user)
  if (totp === null) return null
  const step = totpStep(totp.secret, code, { now, lastStep: totp.lastStep })
  if (step === null) return null
  return (await tx.touch(totpFactors, totp.id, { set: { lastStep: step } }, compare('lastStep', 'lt', step))) ? 'totp' : null
}

export function newTotpSecret({ newSecret }: Pick<Work, 'newSecret'>): string {
  return toBase32(hash('sha256', newSecret('totp'), 'buffer').subarray(0, totpSecretBytes))
}

/** Takes the place of those there were. Answers them, for the one time that they are seen. */
export async function issueRecoveryCodes({ tx, newId, newSecret }: Work, user: string): Promise<readonly string[]> {
  await tx.deleteWhere(recoveryCodes, eq('user', user))
  const codes = Array.from({ length: limits.recoveryCodes }, () => recoveryCodeFrom(newSecret('recovery')))
  for (const code of codes)
    await tx.insert(recoveryCodes, { id: newId('rec'), user, codeHash: hashOfCode(user, code.replaceAll('-', '')) }, 'conflict')
  return codes
}

/** 80 bits: a plain hash of them cannot be guessed back. In fours, to be typed from paper. */
function recoveryCodeFrom(secret: string): string {
  const letters = toBase32(hash('sha256', secret, 'buffer').subarray(0, 10)).toLowerCase()
  return letters.replaceAll(/.{4}(?=.)/g, '$&-')
}

function hashOfCode(user: string, code: string): string {
  return hashSecret(`${user}:${code}`)
}

/** Where the audit trail has that new codes were made: at the app, or at the oldest passkey. Null where there is nothing that they stand for. */
export async function noteNewCodes({ tx, now }: Pick<Work, 'tx' | 'now'>, user: string): Promise<TotpFactor | Passkey | null> {
  const totp = await findTotp(tx, user)
  if (totp !== null) return await tx.update(totpFactors, totp, { set: { recoveryCodesAt: now } })
  const [passkey] = await passkeysOf(tx, user)
  return passkey === undefined ? null : await tx.update(passkeys, passkey, { set: { recoveryCodesAt: now } })
}

type Since = { readonly since: number }

/** Every one that was added at that time or later, by default all. Answers whether one that counted is gone. */
export async function removeFactors(tx: Transaction, user: string, { since }: Since = { since: 0 }): Promise<boolean> {
  const hadTotp = await dropTotp(tx, user, { since })
  const hadPasskey = await dropPasskeys(tx, user, { since })
  await endCodes(tx, user, { since })
  return hadTotp || hadPasskey
}

/** The app alone. Answers whether it counted. */
export async function removeTotpFactor(tx: Transaction, user: string): Promise<boolean> {
  const counted = await dropTotp(tx, user, { since: 0 })
  await endCodes(tx, user)
  return counted
}

/** One passkey. */
export async function removePasskeyFactor(tx: Transaction, passkey: Passkey): Promise<void> {
  await tx.delete(passkeys, passkey)
  await endCodes(tx, passkey.user)
}

async function dropTotp(tx: Transaction, user: string, { since }: Since): Promise<boolean> {
  const totp = await findUnique(tx, totpFactors, eq('user', user))
  if (totp === null || (totp.confirmedAt ?? totp.createdAt) < since) return false
  await tx.delete(totpFactors, totp)
  return totp.confirmedAt !== null
}

/**
 * After one went: where none is left, recovery codes stand for nothing, and no sign-in waits. `since`: codes that were made then
 * or later go as well, for they may lie with somebody else.
 */
async function endCodes(tx: Transaction, user: string, made?: Since): Promise<void> {
  if ((await heldFactors(tx, user)).length > 0) {
    if (made) await tx.deleteWhere(recoveryCodes, and(eq('user', user), compare('createdAt', 'gte', made.since)))
    return
  }
  await tx.deleteWhere(recoveryCodes, eq('user', user))
  await dropPending(tx, user)
}
