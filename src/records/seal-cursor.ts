// Cursors that may name what their reader must not see. Invariant: one is good for the list it was given out by, and two of the same place
// are not alike: else they would tell whether anything happened in between.
import { createHmac } from 'node:crypto'
import type { Random } from '../base/random.ts'
import { openSealed, seal } from '../base/seal.ts'
import { foreignCursor } from './cursor.ts'

export type SealPorts = {
  /** A secret that all processes of a database share. */
  readonly placesKey: () => Promise<Uint8Array>
  readonly random: Random
}

export function createCursorSeal({ placesKey, random }: SealPorts, list: string) {
  const keyOf = async () =>
    createHmac('sha256', await placesKey())
      .update(`cursor of ${list}`)
      .digest()
  return {
    async seal(cursor: string): Promise<string> {
      return seal(cursor, await keyOf(), random).toString('base64url')
    },
    /** @throws validation_failed for one of another list, or one that was altered */
    async open(sealed: string): Promise<string> {
      const key = await keyOf()
      try {
        return openSealed(Buffer.from(sealed, 'base64url'), key)
      } catch {
        throw foreignCursor()
      }
    },
  }
}
