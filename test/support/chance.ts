// Chance that can be had again. The seed is drawn anew for each run and printed; `TEST_SEED=123` repeats it. Where real
// processes race, the draws repeat and the race may not.

export type Chance = {
  readonly seed: number
  /** From 0 up to, and not, 1. */
  fraction(): number
  /** A whole number from 0 up to, and not, `end`. */
  below(end: number): number
  between(least: number, mostExclusive: number): number
  pick<T>(of: readonly T[]): T
  /** A stream of its own, so that who draws first does not change what others draw. */
  fork(name: string): Chance
}

/** `say` tells of the seed: `t.diagnostic` in a test. */
export function createChance(say: (line: string) => void): Chance {
  const given = process.env['TEST_SEED']
  const seed = given === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(given)
  say(`seed ${seed} (TEST_SEED=${seed} repeats it)`)
  return chanceOf(seed)
}

function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  // mulberry32
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (end: number) => Math.floor(fraction() * end)
  return {
    seed,
    fraction,
    below,
    between: (least, mostExclusive) => least + below(mostExclusive - least),
    pick: (of) => of[below(of.length)]!,
    fork: (name) => chanceOf([...name].reduce((sum, letter) => Math.imul(sum ^ letter.codePointAt(0)!, 16_777_619), seed ^ 0x811c9dc5)),
  }
}
