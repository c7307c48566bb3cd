// Idempotency-Key: the same caller, operation, key and input get the same answer again. The row is
// written in the operation's own transaction, so an answer is remembered exactly when its work is done.
// A row tells whoever reads the database nothing of input or answer: both are under a key made from the
// client's own, which is stored nowhere, and a salt. Where the input holds a password, which can be guessed,
// that key is made from the whole input by the slow function that passwords are stored with.
import { createHmac, hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { type Actor, callerName } from '../access/actor.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Random } from '../base/random.ts'
import { openSealedBytes, seal } from '../base/seal.ts'
import { isEqualSecret } from '../base/secret.ts'
import { eq } from '../contract/filter.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import type { Change } from '../storage/storage.ts'
import type { Transaction } from '../storage/transaction.ts'
import type { AnswerHeaders, PasswordHasher } from './define.ts'

export const idempotencyKeys = collection('idempotencyKeys', {
  prefix: 'idem',
  system: true,
  internal: true,
  feed: false,
  fields: {
    /** The row's salt, and a keyed hash of the input. */
    fingerprint: field.text({ required: true }),
    /** `awaiting`: the work is committed, its answer is still being made. */
    state: field.enum(['done', 'awaiting'], { required: true }),
    status: field.integer({ required: true }),
    /** Output and headers, sealed (`sealAnswer`): a session's cookie is a secret as much as its token. */
    body: field.longText({ required: true, max: 2_000_000 }),
  },
  indexes: [['createdAt']],
})
export type IdempotencyRow = NonNullable<(typeof idempotencyKeys)['record']>

/** What a caller says with a key. `secret` and `input` are never stored. */
export type IdempotencyClaim = { readonly id: string; readonly secret: string; readonly input: string }

/** @throws validation_failed for a key that is too long, or too short to be a guest's only secret */
export function idempotencyClaim(actor: Actor, operation: string, key: string, input: unknown): IdempotencyClaim {
  if (key.length > limits.idempotencyKeyBytesMax || !/^[\x21-\x7e]+$/.test(key))
    throw badKey(
      'format',
      'must be printable ASCII without spaces',
      `Idempotency-Key must be 1 to ${limits.idempotencyKeyBytesMax} printable ASCII characters.`,
    )
  // A guest who shows nothing of their own is known by the key alone: not by their network, which they share and change.
  const hasNothing = actor.kind === 'guest' && actor.cartTokenHash === null
  if (hasNothing && key.length < limits.guestKeyCharactersMin)
    throw badKey(
      'minLength',
      `must be at least ${limits.guestKeyCharactersMin} random characters, such as a UUID`,
      'Without a session or Cart-Token the key alone proves that the answer is yours: send a random one, such as a UUID.',
    )
  const secret = `${hasNothing ? 'guest' : callerName(actor)}\n${operation}\n${key}`
  const id = `idem_${timedKey.exec(key)?.[1] ?? ''}${hash('sha256', secret, 'base64url')}`
  return { id, secret, input: canonicalJson(input) }
}

/** The same however the names of an object were ordered: who makes a request anew, perhaps in another process, may not keep their order. */
function canonicalJson(input: unknown): string {
  return JSON.stringify(ordered(input))
}

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(ordered)
  const sorted = Object.keys(value).sort()
  return Object.fromEntries(sorted.map((name) => [name, ordered(value[name as keyof typeof value])]))
}

/** With its time, ms since 1970, in front of 128 random bits, as our client sends it: rows of one time then lie on one page. */
const timedKey = /^t([0-9a-f]{12})-[0-9a-f]{32}$/

function badKey(code: string, message: string, detail: string): EngineError {
  return new EngineError('validation_failed', { detail, errors: [{ path: 'header:Idempotency-Key', code, message }] })
}

/** A claim with the keys of its row. */
export type OpenClaim = IdempotencyClaim & { readonly root: Uint8Array; readonly fingerprint: string }
type Stretch = PasswordHasher['stretch']

/** For a row to be written. `stretch` is given where the input holds a secret that people choose. */
export function newClaim(claim: IdempotencyClaim, random: Random, stretch: Stretch | null): Promise<OpenClaim> {
  return withKeys(claim, Buffer.from(random.bytes(saltBytes)).toString('base64url'), stretch)
}

/** For a row that is there. @throws idempotency_key_reused */
export async function claimOf(claim: IdempotencyClaim, row: IdempotencyRow, stretch: Stretch | null): Promise<OpenClaim> {
  const open = await withKeys(claim, row.fingerprint.split('.', 1)[0]!, stretch)
  if (!isEqualSecret(open.fingerprint, row.fingerprint)) throw new EngineError('idempotency_key_reused')
  return open
}

async function withKeys(claim: IdempotencyClaim, salt: string, stretch: Stretch | null): Promise<OpenClaim> {
  const { secret, input } = claim
  const root = stretch === null ? mac(salt, secret) : await stretch(`${secret}\n${input}`, Buffer.from(salt))
  return { ...claim, root, fingerprint: `${salt}.${mac(root, `input\n${input}`).toString('base64url')}` }
}

/** @throws idempotency_in_flight */
export function checkIsAnswered(row: IdempotencyRow, now: number): void {
  if (row.state === 'awaiting' && row.createdAt + limits.awaitedEffectMs > now)
    throw new EngineError('idempotency_in_flight', { headers: { 'retry-after': '1' } })
}

export async function rememberAnswer(
  tx: Transaction,
  { claim, random }: { readonly claim: OpenClaim; readonly random: Random },
  answer: { status: number; output: unknown; headers: AnswerHeaders; isUnfinished: boolean },
): Promise<void> {
  const state = answer.isUnfinished ? 'awaiting' : 'done'
  const body = sealAnswer(claim, random, { state, output: answer.output ?? null, headers: answer.headers })
  // Where an earlier call with this key has its row, already_exists: then that one's answer is repeated.
  await tx.insert(idempotencyKeys, { id: claim.id, fingerprint: claim.fingerprint, state, status: answer.status, body })
}

/** Of a row whose answer was still being made; of several who made it, the first counts. */
export const isAwaiting = eq('state', 'awaiting')

export function doneWith(claim: OpenClaim, random: Random, answer: SealedAnswer): Change {
  return { set: { state: 'done', body: sealAnswer(claim, random, { state: 'done', ...answer }) } }
}

export type SealedAnswer = { readonly output: unknown; readonly headers: AnswerHeaders }

const saltBytes = 16

/** In front of what was compressed: no base64 begins so. */
const packedMark = 'z.'
/** Of less there is little to save. */
const packedFromCharacters = 512
/** An answer has a few kB: with a window of 2 kB it becomes as small as with 32, in 16 kB of memory in place of 256. */
const packing = { level: 1, windowBits: 11, memLevel: 4 }

/**
 * Compressed where that is worth it: a row of 2 kB takes half a page of SQLite's file, and on PostgreSQL a table of its own.
 * How long it then is tells something of what is in it to nobody who does not have the answer anyway.
 */
export function sealAnswer(
  claim: OpenClaim,
  random: Random,
  { state, ...answer }: SealedAnswer & { readonly state: IdempotencyRow['state'] },
): string {
  const text = JSON.stringify(answer)
  const isPacked = text.length >= packedFromCharacters
  const sealed = seal(isPacked ? deflateRawSync(text, packing) : text, sealKey(claim, state), random).toString('base64')
  return isPacked ? packedMark + sealed : sealed
}

export function openAnswer(claim: OpenClaim, { body, state }: Pick<IdempotencyRow, 'body' | 'state'>): SealedAnswer {
  const isPacked = body.startsWith(packedMark)
  const opened = openSealedBytes(Buffer.from(isPacked ? body.slice(packedMark.length) : body, 'base64'), sealKey(claim, state))
  return JSON.parse((isPacked ? inflateRawSync(opened) : opened).toString('utf8'))
}

/** The state is part of it: an answer is not taken for one in another state. */
export function sealKey({ root }: OpenClaim, state: IdempotencyRow['state']): Buffer {
  return mac(root, `answer\n${state}`)
}

function mac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
