// The randomness port. Ids, tokens and jitter come from here and from nowhere else, so that a
// simulated run is a function of its seed.
import { randomFillSync } from 'node:crypto'

export interface Random {
  /** Fresh bytes, fit for secrets. The caller owns the array. */
  bytes(count: number): Uint8Array
  /** Uniform in [0, 1). For jitter and load spreading, not for secrets. */
  fraction(): number
}

// One system call fills many ids: a call per id costs 0.5 us, a slice of a pool 0.05 us.
const poolBytes = 8192
const pool = new Uint8Array(poolBytes)
let poolUsed = poolBytes

export const systemRandom: Random = {
  bytes(count) {
    if (count > poolBytes / 2) return randomFillSync(new Uint8Array(count))
    if (poolUsed + count > poolBytes) {
      randomFillSync(pool)
      poolUsed = 0
    }
    const bytes = pool.slice(poolUsed, poolUsed + count)
    pool.fill(0, poolUsed, poolUsed + count)
    poolUsed += count
    return bytes
  },
  fraction: () => Math.random(),
}
