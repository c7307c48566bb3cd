// Clearing up in the reverse order of setting up: a server ends before its folder goes, a disk is
// unmounted before that. `t.after` alone runs in the order of its calls.
import type { TestContext } from 'node:test'

export type Cleanable = Pick<TestContext, 'after'>

const steps = new WeakMap<Cleanable, (() => unknown)[]>()

/** Runs `step` when the test has ended, however it ended, before the steps that were given earlier. */
export function cleanUp(t: Cleanable, step: () => unknown): void {
  const known = steps.get(t)
  if (known) return void known.push(step)
  const mine = [step]
  steps.set(t, mine)
  t.after(async () => {
    for (const last of mine.reverse()) await last()
  })
}
