// Texts that only the engine reads again: AES-256-GCM. A sealed text is nonce, encrypted text, tag.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from './random.ts'

const algorithm = 'aes-256-gcm'
/** What AES-GCM takes as it is (NIST SP 800-38D section 5.2.1.1). */
const nonceBytes = 12
const tagBytes = 16

/** Two seals of one content are not alike. `key`: 32 bytes. */
export function seal(content: string | Uint8Array, key: Uint8Array, random: Random): Buffer {
  const nonce = random.bytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce)
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** @throws Error for what was altered, or sealed with another key */
export function openSealed(sealed: Uint8Array, key: Uint8Array): string {
  return openSealedBytes(sealed, key).toString('utf8')
}

/** @throws Error for what was altered, or sealed with another key */
export function openSealedBytes(sealed: Uint8Array, key: Uint8Array): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new Error('This is too short for a sealed text.')
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const text = decipher.update(sealed.subarray(nonceBytes, -tagBytes))
  return Buffer.concat([text, decipher.final()])
}
