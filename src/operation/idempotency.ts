// Idempotency-Key: the same caller, operation, key and input get the same answer again. The row is
// written in the operation's own transaction, so an answer is remembered exactly when its work is done.
// Answers can hold bearer secrets, so a row is sealed with a key made from the client's own key, which
// is stored nowhere: whoever reads the database cannot read the answers.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { type Actor, actorName } from '../access/actor.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import type { Transaction } from '../storage/transaction.ts'

export const idempotencyKeys = collection('idempotencyKeys', {
  prefix: 'idem',
  system: true,
  internal: true,
  feed: false,
  fields: {
    fingerprint: field.text({ required: true }),
    /** `awaiting`: the work is committed, its answer is still being made. */
    state: field.enum(['done', 'awaiting'], { required: true }),
    status: field.integer({ required: true }),
    /** Output and headers, sealed: a session's cookie is a secret as much as its token. */
    body: field.longText({ required: true, max: 2_000_000 }),
  },
  indexes: [['createdAt']],
})
export type IdempotencyRow = NonNullable<(typeof idempotencyKeys)['record']>

export type IdempotencyClaim = { readonly id: string; readonly fingerprint: string; readonly secret: string }

/** The row's id and fingerprint. @throws validation_failed for a key that is too long */
export function idempotencyClaim(actor: Actor, operation: string, key: string, input: unknown): IdempotencyClaim {
  if (key.length > limits.idempotencyKeyBytesMax || !/^[\x21-\x7e]+$/.test(key))
    throw new EngineError('validation_failed', {
      detail: `Idempotency-Key must be 1 to ${limits.idempotencyKeyBytesMax} printable ASCII characters.`,
      errors: [{ path: 'header:Idempotency-Key', code: 'format', message: 'must be printable ASCII without spaces' }],
    })
  // Guests who show nothing of their own are told apart by where they come from.
  const caller = actor.kind === 'guest' && actor.cartTokenHash === null ? `guest@${actor.origin}` : actorName(actor)
  return {
    id: `idem_${digest(`${caller}\n${operation}\n${key}`)}`,
    fingerprint: digest(JSON.stringify(input)),
    secret: `${caller}\n${operation}\n${key}`,
  }
}

/** @throws idempotency_key_reused, idempotency_in_flight */
export function checkReplay(row: IdempotencyRow, claim: IdempotencyClaim, now: number): void {
  if (row.fingerprint !== claim.fingerprint) throw new EngineError('idempotency_key_reused')
  if (row.state === 'awaiting' && row.createdAt + limits.awaitedEffectMs > now)
    throw new EngineError('idempotency_in_flight', { headers: { 'retry-after': '1' } })
}

export async function rememberAnswer(
  tx: Transaction,
  claim: IdempotencyClaim,
  answer: { status: number; output: unknown; headers: Readonly<Record<string, string>>; isAwaiting: boolean },
): Promise<void> {
  const state = answer.isAwaiting ? 'awaiting' : 'done'
  const body = sealAnswer(claim, state, { output: answer.output ?? null, headers: answer.headers })
  // When the same key ran beside us and was first: run again, find its row and repeat its answer.
  await tx.insert(idempotencyKeys, { id: claim.id, fingerprint: claim.fingerprint, state, status: answer.status, body }, 'conflict')
}

export type SealedAnswer = { readonly output: unknown; readonly headers: Readonly<Record<string, string>> }

/** AES-256-GCM. The key is used for this one text alone, which is what lets the nonce be fixed. */
export function sealAnswer(claim: IdempotencyClaim, state: IdempotencyRow['state'], answer: SealedAnswer): string {
  const cipher = createCipheriv('aes-256-gcm', sealKey(claim, state), zeroNonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64')
}

export function openAnswer(claim: IdempotencyClaim, row: Pick<IdempotencyRow, 'body' | 'state'>): SealedAnswer {
  const sealed = Buffer.from(row.body, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', sealKey(claim, row.state), zeroNonce)
  decipher.setAuthTag(sealed.subarray(-16))
  return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString('utf8'))
}

const zeroNonce = Buffer.alloc(12)

function sealKey(claim: IdempotencyClaim, state: string): Buffer {
  return createHash('sha256').update(`answer\n${state}\n${claim.secret}`).digest()
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
