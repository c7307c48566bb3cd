// Typed, sortable ids: a prefix that says what it is, then a UUIDv7 (RFC 9562 section 5.7) in
// Crockford base32, as TypeID 0.3 writes it: `ord_01k5…` (26 characters). Ids made by one source
// ascend even within a millisecond (rand_a is a counter there), so "by id" is "by creation".
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A fresh id with the given prefix, such as `ord`. */
export type NewId = (prefix: string) => string

/** Makes ids from the given ports. Keep one per process. */
export function createIdSource(clock: Clock, random: Random): NewId {
  let lastMs = 0
  let sequence = 0
  let time = ''
  return (prefix) => {
    const now = clock.now()
    if (now > lastMs) {
      lastMs = now
      sequence = 0
      time = timeText(lastMs)
    } else if (++sequence > 0xfff) {
      // 4,096 ids in one millisecond: borrow from the next one rather than lose the order.
      lastMs += 1
      sequence = 0
      time = timeText(lastMs)
    }
    const tail = random.bytes(8)
    const text =
      encodeFiveBytes(0x70 | (sequence >>> 8), sequence & 255, 0x80 | (tail[0]! & 63), tail[1]!, tail[2]!) +
      encodeFiveBytes(tail[3]!, tail[4]!, tail[5]!, tail[6]!, tail[7]!)
    return `${prefix}_${time}${text}`
  }
}

/** When an id was made, ms since 1970 UTC; null for what is no id of ours. */
export function timeOfId(id: string): number | null {
  const text = /^[a-z]{1,63}_([0-9a-hjkmnp-tv-z]{26})$/.exec(id)?.[1]
  if (text === undefined) return null
  let time = 0
  for (const letter of text.slice(0, 10)) time = time * 32 + alphabet.indexOf(letter)
  return time
}

/** Not above any id that was made at this time or later. */
export function leastIdAt(prefix: string, timeMs: number): string {
  return `${prefix}_${timeText(timeMs)}${alphabet[0]!.repeat(16)}`
}

/** 48 bits in 10 characters; the two bits to spare are zero and lead. */
export function timeText(timeMs: number): string {
  let text = ''
  let rest = timeMs
  for (let index = 0; index < 10; index++) {
    text = alphabet[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function encodeFiveBytes(a: number, b: number, c: number, d: number, e: number): string {
  return (
    alphabet[a >>> 3]! +
    alphabet[((a & 7) << 2) | (b >>> 6)]! +
    alphabet[(b >>> 1) & 31]! +
    alphabet[((b & 1) << 4) | (c >>> 4)]! +
    alphabet[((c & 15) << 1) | (d >>> 7)]! +
    alphabet[(d >>> 2) & 31]! +
    alphabet[((d & 3) << 3) | (e >>> 5)]! +
    alphabet[e & 31]!
  )
}

/** Eight characters of an id's random part: short enough to read out, not to be guessed or counted by. */
export function shortNumberOf(id: string): string {
  const tail = id.slice(-8).toUpperCase()
  return `${tail.slice(0, 4)}-${tail.slice(4)}`
}
