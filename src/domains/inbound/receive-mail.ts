// The one way in for mail, whichever door it comes by: what arrived is stored as it is, with the effect that reads it. Whoever brought it
// is answered after the commit, so what was accepted is never lost; brought again, it is stored once. Nothing is looked into here.
import { createHash } from 'node:crypto'
import { assert } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { effectKind, enqueue } from '../../effects/effect.ts'
import { type Work, type WorkParts, workIn } from '../../operation/work.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import { inTransaction, type TransactionParts } from '../../storage/in-transaction.ts'
import type { Reader } from '../../storage/storage.ts'
import { type InboundMail, inboundMails, inboundPieces, type MailDoor } from './collections.ts'

/** Who brought a message, and to whom. */
export type Envelope = {
  readonly door: MailDoor
  /** Null: `<>`. */
  readonly from: string | null
  readonly recipients: readonly string[]
  readonly remoteAddress: string | null
  readonly helo: string | null
  readonly isEncrypted: boolean
  /** Of what lies at its door and can be fetched again: where. It is stored once, whatever bytes it has then. */
  readonly place?: string
  /** Of what is not taken: why. The bytes are then as much of it as there is, and nobody reads them. */
  readonly refusal?: string
}

/** `isRepeat`: it had been stored before. */
export type Received = { readonly id: string; readonly isRepeat: boolean }

/** Resolves once it is durable. @throws what the storage throws: then nothing is promised, and it may be brought again */
export type ReceiveMail = (raw: Uint8Array, envelope: Envelope) => Promise<Received>

/** Reads what arrived. */
export const emailParse = effectKind('email.parse', Type.Object({ mail: Type.String() }))

export function createMailReceiving(parts: TransactionParts & WorkParts): ReceiveMail {
  const cause = { operation: 'mail.receive', actor: 'system', requestId: '' }
  return async (raw, envelope) => {
    assert(raw.length <= limits.inboundMailBytesMax, 'a door lets in no more than that')
    const key = keyOf(raw, envelope)
    const pieces = piecesOf(raw)
    return await inTransaction(parts, cause, (tx, now) => store(workIn(parts, tx, now), { envelope, key, pieces, size: raw.length }))
  }
}

type Arrived = { readonly envelope: Envelope; readonly key: string; readonly pieces: readonly string[]; readonly size: number }

async function store(work: Work, { envelope, key, pieces, size }: Arrived): Promise<Received> {
  const { tx, newId } = work
  const { from, helo, recipients, place = null, refusal = null, ...rest } = envelope
  const known = place === null ? null : await findUnique(tx, inboundMails, eq('place', place))
  if (known !== null) return { id: known.id, isRepeat: true }
  const row = {
    id: newId('inm'),
    state: refusal === null ? 'received' : 'quarantined',
    ...rest,
    from: from === null ? null : from.slice(0, 400),
    recipients: [...recipients],
    helo: helo === null ? null : helo.slice(0, 400),
    size,
    key,
    place,
    pieces: pieces.length,
    email: null,
    reason: refusal,
  } as const
  const mail = await tx.insertOnce(inboundMails, row, 'rare')
  if (mail === null) {
    // By its bytes, or by its place, which another process stored at the same time.
    const there = (await findUnique(tx, inboundMails, eq('key', key))) ?? (await findUnique(tx, inboundMails, eq('place', place!)))
    return { id: there!.id, isRepeat: true }
  }
  await tx.insertMany(
    inboundPieces,
    pieces.map((bytes, index) => ({ id: newId('inp'), mail: mail.id, place: index, bytes })),
  )
  if (refusal !== null) return { id: mail.id, isRepeat: false }
  await enqueue(work, emailParse, { key: `email.parse:${mail.id}`, payload: { mail: mail.id }, record: mail.id, isNew: true })
  return { id: mail.id, isRepeat: false }
}

/** The bytes as they came, or null where they are not all there. */
export async function rawOf(read: Pick<Reader, 'find'>, mail: Pick<InboundMail, 'id' | 'pieces' | 'size'>): Promise<Buffer | null> {
  const rows = await findAll(read, inboundPieces, eq('mail', mail.id))
  const inOrder = rows.toSorted((a, b) => a.place - b.place)
  const raw = Buffer.concat(inOrder.map(({ bytes }) => Buffer.from(bytes, 'base64')))
  return inOrder.length === mail.pieces && raw.length === mail.size ? raw : null
}

/**
 * A mail server that did not hear our answer sends the same bytes again, to the same recipients. What lies in a mailbox may be moved, or be given
 * another number there: its bytes alone say which it is.
 */
function keyOf(raw: Uint8Array, { door, recipients, refusal }: Envelope): string {
  const to = door === 'imap' ? [refusal ?? ''] : recipients.map((one) => one.toLowerCase()).toSorted()
  return createHash('sha256')
    .update(JSON.stringify([door, to]))
    .update('\n')
    .update(raw)
    .digest('hex')
}

function piecesOf(raw: Uint8Array): string[] {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const count = Math.max(1, Math.ceil(bytes.length / limits.inboundPieceBytes))
  return Array.from({ length: count }, (_, place) =>
    bytes.subarray(place * limits.inboundPieceBytes, (place + 1) * limits.inboundPieceBytes).toString('base64'),
  )
}
