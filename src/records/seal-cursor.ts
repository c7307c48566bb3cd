// Cursors that may name what their reader must not see. Invariant: one is good for the list it was given out by, and two of the same place
// are not alike: else they would tell whether anything happened in between.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Random } from '../base/random.ts'
import { foreignCursor } from './cursor.ts'

export type SealPorts = {
  /** A secret that all processes of a database share. */
  readonly placesKey: () => Promise<Uint8Array>
  readonly random: Random
}

const algorithm = 'aes-256-gcm'
const [nonceBytes, tagBytes] = [12, 16]

export function createCursorSeal({ placesKey, random }: SealPorts, list: string) {
  const keyOf = async () =>
    createHmac('sha256', await placesKey())
      .update(`cursor of ${list}`)
      .digest()
  return {
    async seal(cursor: string): Promise<string> {
      const nonce = random.bytes(nonceBytes)
      const cipher = createCipheriv(algorithm, await keyOf(), nonce)
      const text = Buffer.concat([cipher.update(cursor), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')
    },
    /** @throws validation_failed for one of another list, or one that was altered */
    async open(sealed: string): Promise<string> {
      const bytes = Buffer.from(sealed, 'base64url')
      const key = await keyOf()
      if (bytes.length <= nonceBytes + tagBytes) throw foreignCursor()
      try {
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
        return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString()
      } catch {
        throw foreignCursor()
      }
    },
  }
}
