// Time-based one-time passwords as authenticator apps make them (RFC 6238 over RFC 4226): HMAC-SHA-1, six digits, 30 seconds.
// The apps that people have know no other values reliably. No database here: whoever calls keeps the last step that was used.
import { createHmac } from 'node:crypto'
import { isEqualSecret } from '../../base/secret.ts'

const stepMs = 30_000
/** Clocks of telephones are off by some seconds, and people type slowly: one step earlier and one later are taken (RFC 6238 section 5.2). */
const driftSteps = 1
/** RFC 4226 section 4, R6: as long as the hash. */
export const totpSecretBytes = 20
/** RFC 4648 section 6. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code of a step (RFC 4226 section 5.3). */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = mac.at(-1)! & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}

/** The step whose code this is, among those that may be used now and come after `lastStep`; null when there is none. */
export function totpStep(
  secret: string,
  code: string,
  { now, lastStep }: { readonly now: number; readonly lastStep: number },
): number | null {
  const current = Math.floor(now / stepMs)
  for (let step = Math.max(current - driftSteps, lastStep + 1); step <= current + driftSteps; step++)
    if (isEqualSecret(totpCode(secret, step), code)) return step
  return null
}

/** What an app reads from a picture: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export function totpUri(secret: string, { issuer, account }: { readonly issuer: string; readonly account: string }): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=6&period=30`
}

/** As people type it into an app: without padding, which 20 bytes do not need. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let count = 0
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    for (count += 8; count >= 5; count -= 5) text += alphabet[(bits >>> (count - 5)) & 31]
    bits &= (1 << count) - 1
  }
  return count === 0 ? text : text + alphabet[(bits << (5 - count)) & 31]
}

function fromBase32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (const letter of text) {
    bits = (bits << 5) | alphabet.indexOf(letter)
    count += 5
    if (count < 8) continue
    count -= 8
    bytes.push(bits >>> count)
    bits &= (1 << count) - 1
  }
  return Buffer.from(bytes)
}
