// `kp_`, 43 characters that say 256 random bits, and six that check all before them. So a scanner of source text finds a key that was
// published by `\bkp_[0-9A-Za-z]{49}\b` and is sure of it without asking us, and a text that was cut or mistyped is no look-up.
import { crc32 } from 'node:zlib'

const prefix = 'kp_'
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const form = /^kp_[0-9A-Za-z]{49}$/
const checksumLength = 6

/** Of a new secret (`prefix_` and 256 bits in base64url). */
export function keyOf(secret: string): string {
  const bytes = Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64url')
  const text = prefix + base62(BigInt(`0x${bytes.toString('hex')}`), 43)
  return text + checksum(text)
}

/** By its first characters; it may have been cut. */
export function isKey(text: string): boolean {
  return text.startsWith(prefix)
}

export function isKeyForm(text: string): boolean {
  return form.test(text) && checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
}

/** Shown in lists, so that its maker knows which it is. */
export function hintOf(key: string): string {
  return `${prefix}…${key.slice(-4)}`
}

/** CRC-32 as zlib and PNG have it. */
function checksum(text: string): string {
  return base62(BigInt(crc32(text)), checksumLength)
}

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; rest > 0n; rest /= 62n) text = digits[Number(rest % 62n)]! + text
  return text.padStart(length, '0')
}
