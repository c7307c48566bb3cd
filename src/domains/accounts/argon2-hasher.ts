// Argon2id (RFC 9106) on Node's own implementation, in its thread pool, with few at a time: logins must
// neither stall the event loop nor take every core. Parameters: OWASP's 19 MiB, 2 passes, 1 lane.
import { argon2, timingSafeEqual } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import { createSemaphore } from '../../base/semaphore.ts'
import type { PasswordHasher } from '../../operation/define.ts'
import { foreignCheck } from './foreign-hashes.ts'

export type Argon2Cost = { readonly memoryKib: number; readonly passes: number }
export const argon2Cost: Argon2Cost = { memoryKib: 19_456, passes: 2 }

/** At most `parallelMax` hashes run at once; others wait their turn, and those who would wait too long are refused. @throws overloaded */
export function createArgon2Hasher(random: Random, cost: Argon2Cost = argon2Cost, parallelMax = 2): PasswordHasher {
  const inTurn = createSemaphore({ atOnce: parallelMax, waitingMax: limits.hashesWaitingMax })

  // Somebody who has no account costs the same work as somebody who has one.
  const nobodysSalt = Buffer.from(random.bytes(16))

  return {
    hash: (password) =>
      inTurn(async () => {
        const salt = Buffer.from(random.bytes(16))
        return encode(cost, salt, await derive(password, salt, cost))
      }),
    verify: (password, stored) =>
      inTurn(async () => {
        const foreign = stored === null ? null : foreignCheck(stored)
        if (foreign !== null) return await foreign(password)
        const parsed = stored === null ? null : decode(stored)
        const derived = await derive(password, parsed?.salt ?? nobodysSalt, parsed?.cost ?? cost)
        return parsed !== null && derived.length === parsed.hash.length && timingSafeEqual(derived, parsed.hash)
      }),
    isCurrent(hash) {
      const known = decode(hash)?.cost
      return known !== undefined && known.memoryKib >= cost.memoryKib && known.passes >= cost.passes
    },
    stretch: (text, salt) => inTurn(() => derive(text, Buffer.from(salt), cost)),
  }
}

function derive(password: string, salt: Buffer, cost: Argon2Cost): Promise<Buffer> {
  // NFC: the same password typed on two systems is the same bytes.
  const message = Buffer.from(password.normalize('NFC'))
  const parameters = { message, nonce: salt, parallelism: 1, tagLength: 32, memory: cost.memoryKib, passes: cost.passes }
  return new Promise((resolve, reject) => argon2('argon2id', parameters, (error, derived) => (error ? reject(error) : resolve(derived))))
}

/** The PHC string form, so that costs can be raised and other systems can read it. */
function encode(cost: Argon2Cost, salt: Buffer, hash: Buffer): string {
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=1$${base64(salt)}$${base64(hash)}`
}

function decode(stored: string): { cost: Argon2Cost; salt: Buffer; hash: Buffer } | null {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored)
  if (!match) return null
  return {
    cost: { memoryKib: Number(match[1]), passes: Number(match[2]) },
    salt: Buffer.from(match[3]!, 'base64'),
    hash: Buffer.from(match[4]!, 'base64'),
  }
}
