// The code of a gift card: 20 characters, 100 random bits, of which the last four (20 bits) are shown. It is read out and typed by people:
// Crockford's base 32 has no I, L, O and U, and takes those that look like another for it.
import { createHash, hash } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const characters = 20

/** Of a secret of 256 bits. `7KQ2P-…`, four groups of five. */
export function giftCardCode(secret: string): string {
  const bytes = createHash('sha256').update(secret).digest()
  // 256 is a multiple of 32: each character is as likely as any other.
  const text = Array.from(bytes.subarray(0, characters), (byte) => alphabet[byte % alphabet.length]).join('')
  return text.replace(/(.{5})(?=.)/g, '$1-')
}

/** As it was made, however it was typed. */
function plain(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}

/** What is stored of it, and what it is looked up by: how long that takes tells nothing of a code that is nearly right. */
export function giftCardHash(code: string): string {
  return hash('sha256', `gift card ${plain(code)}`, 'base64url')
}

export function lastFourOf(code: string): string {
  return plain(code).slice(-4)
}
