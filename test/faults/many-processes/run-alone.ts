// A long test as a command of its own: what it set up is cleared away in the end, and each line that it says begins with the time.
import type { Cleanable } from '../../support/clean-up.ts'

export async function runAlone(run: (t: Cleanable, say: (line: string) => void) => Promise<void>): Promise<void> {
  const steps: (() => unknown)[] = []
  const t = { after: (step: () => unknown) => void steps.push(step) } as Cleanable
  const startedAt = performance.now()
  const say = (line: string) => console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${line}`)
  try {
    await run(t, say)
    console.log('All books agree.')
  } finally {
    for (const step of steps) await step()
  }
}
