// Bearer secrets: made once, shown once, stored only as their SHA-256. A token has 256 random bits,
// so a plain hash cannot be guessed back; passwords go through argon2id instead (domains/accounts).
// Hashes lie apart in an index, a page for each: one that many a write makes begins with its secret's time, and lies by its neighbours.
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { timeText } from './ids.ts'
import type { Random } from './random.ts'

/** A new secret of 256 bits, with a prefix that secret scanners can recognise. */
export function newSecret(random: Random, prefix: string): string {
  return `${prefix}_${Buffer.from(random.bytes(32)).toString('base64url')}`
}

/** The secret with the time that it is made at, ms since 1970 UTC, in front of its random bits. */
export function timedSecret(secret: string, now: number): string {
  const start = secret.indexOf('_') + 1
  return secret.slice(0, start) + timeText(now) + secret.slice(start)
}

const timed = /^[a-z]+_([0-9a-hjkmnp-tv-z]{10})[\w-]{43}$/

/** What is stored of a secret. */
export function hashSecret(secret: string): string {
  return (timed.exec(secret)?.[1] ?? '') + hash('sha256', secret, 'base64url')
}

/** Stands in a message for its secret until it is sent. Neither HTML nor an address writes it otherwise. */
export const secretMark = '~secret~'

/** Decimal digits, up to eight, made of a secret of 256 bits: of 48 of them, so that none is likelier than another by one in millions. */
export function digitsFrom(secret: string, count: number): string {
  return String(Number.parseInt(hash('sha256', secret, 'hex').slice(0, 12), 16) % 10 ** count).padStart(count, '0')
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
