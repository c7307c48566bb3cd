// Ids of events: places in the feed that only this installation can read. A bare position would count, for everybody who
// listens, what others have written and they may not see. Invariant: an id is good for the view it was given to and for
// no other; whatever else comes is no place at all, which a reader is told as `reset`.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'

/** `index` of the last thing told of the commit at `position`; `whole` when all of it was. */
export type Place = { readonly position: number; readonly index: number }

export const whole = 0xffff_ffff

export function isAfter(a: Place, b: Place): boolean {
  return a.position > b.position || (a.position === b.position && a.index > b.index)
}

export type Places = {
  /** The id of an event: the same whenever it is told again. */
  ofEvent(place: Place): string
  /** An id that comes without an event. No two are alike: else two of them would tell whether anything happened in between. */
  ofSilence(place: Place): string
  /** Null for what was given to another view, in another epoch or elsewhere. */
  read(id: string): Place | null
}

/** Bytes of the secret: a key for the places and one for their seal. */
export const placesKeyBytes = 32

// nonce | AES-128 of (position, index, seal). One block is one permutation: all of it is good, or none.
const nonceBytes = 6
const blockBytes = 16
const sealBytes = 6
const form = /^[\w-]{30}$/

export function isPlaceForm(id: string): boolean {
  return form.test(id)
}

/** `view` is whatever decides what its reader is told: an id holds its digest. */
export function createPlaces(key: Uint8Array, view: string, random: Random): Places {
  assert(key.length === placesKeyBytes, 'the key of places is 32 bytes')
  const [secret, sealKey] = [key.subarray(0, blockBytes), key.subarray(blockBytes)]
  const encryption = createCipheriv('aes-128-ecb', secret, null).setAutoPadding(false)
  const digest = createHmac('sha256', sealKey).update(view).digest()
  const sealOf = (nonce: Uint8Array) => createHmac('sha256', digest).update(nonce).digest().subarray(0, sealBytes)
  const noNonce = Buffer.alloc(nonceBytes)
  const usualSeal = sealOf(noNonce)

  function write({ position, index }: Place, nonce: Uint8Array, seal: Uint8Array): string {
    const block = Buffer.alloc(blockBytes)
    block.writeUIntBE(position, 0, 6)
    block.writeUInt32BE(index, 6)
    block.set(seal, 10)
    return Buffer.concat([nonce, blockOf(encryption, block)]).toString('base64url')
  }

  return {
    ofEvent: (place) => write(place, noNonce, usualSeal),
    ofSilence(place) {
      const nonce = random.bytes(nonceBytes)
      return write(place, nonce, sealOf(nonce))
    },
    read(id) {
      if (!isPlaceForm(id)) return null
      const bytes = Buffer.from(id, 'base64url')
      const decryption = createDecipheriv('aes-128-ecb', secret, null).setAutoPadding(false)
      const block = blockOf(decryption, bytes.subarray(nonceBytes))
      if (!block.subarray(10).equals(sealOf(bytes.subarray(0, nonceBytes)))) return null
      return { position: block.readUIntBE(0, 6), index: block.readUInt32BE(6) }
    },
  }
}

/** Without padding each block of this mode stands for itself, so one cipher serves all of a stream's ids. */
function blockOf(cipher: { update(block: Uint8Array): Buffer }, block: Uint8Array): Buffer {
  const result = cipher.update(block)
  assert(result.length === blockBytes, 'a block in, a block out')
  return result
}
