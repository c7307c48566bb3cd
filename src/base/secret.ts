// Bearer secrets: made once, shown once, stored only as their SHA-256. A token has 256 random bits,
// so a plain hash cannot be guessed back; passwords go through argon2id instead (domains/accounts).
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Random } from './random.ts'

/** A new secret of 256 bits, with a prefix that secret scanners can recognise. */
export function newSecret(random: Random, prefix: string): string {
  return `${prefix}_${Buffer.from(random.bytes(32)).toString('base64url')}`
}

/** What is stored of a secret. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** HMAC-SHA256, hexadecimal. */
export function signHmac(key: string, content: string | Uint8Array): string {
  return createHmac('sha256', key).update(content).digest('hex')
}

/** Compares in constant time; lengths may differ. */
export function isEqualSecret(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
