// Choices from a seed (mulberry32): one seed, one run.

export type Chance = {
  /** From 0 to below 1. */
  fraction(): number
  /** From 0 to below `count`. */
  below(count: number): number
  pick<T>(from: readonly T[]): T
  is(probability: number): boolean
  shuffled<T>(all: readonly T[]): T[]
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(fraction() * count)
  return {
    fraction,
    below,
    pick: (from) => from[below(from.length)]!,
    is: (probability) => fraction() < probability,
    shuffled(all) {
      const left = [...all]
      return all.map(() => left.splice(below(left.length), 1)[0]!)
    },
  }
}
