/**
 * Owns the ids of the limit: a prefix and a UUIDv7 in Crockford's base32, as TypeID writes them, at the least cost.
 * Its own so that the limit measures none of the engine's code.
 */
import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_CHARS = 10
const RANDOM_CHARS = 16

const pool = Buffer.alloc(RANDOM_CHARS * 256)
let used = pool.length
let timeMs = 0
let timeText = ''

export function newId(prefix: string): string {
  const nowMs = Date.now()
  if (nowMs !== timeMs) {
    timeMs = nowMs
    timeText = encodeTime(nowMs)
  }
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  // RFC 9562 section 5.7: the version 0111 leads the tail, the variant 10 stands at its bits 16 and 17.
  let tail = ALPHABET[14 | (pool[used]! & 1)]!
  for (let index = 1; index < RANDOM_CHARS; index++) {
    const bits = pool[used + index]!
    tail += ALPHABET[index === 3 ? 8 | (bits & 19) : bits & 31]!
  }
  used += RANDOM_CHARS
  return `${prefix}_${timeText}${tail}`
}

function encodeTime(ms: number): string {
  let text = ''
  for (let index = 0, rest = ms; index < TIME_CHARS; index++, rest = Math.floor(rest / 32)) {
    text = ALPHABET[rest % 32] + text
  }
  return text
}
