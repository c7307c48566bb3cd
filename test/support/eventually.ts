// Waiting for what comes about in its own time: asked again and again until a deadline, so that a slow
// machine is slow and not red.
import { setTimeout as sleep } from 'node:timers/promises'

const pauseMs = 20

/** The first answer of `ask` that is not null or undefined. @throws Error after `withinMs`, with what was last seen */
export async function eventually<T>(what: string, ask: () => Promise<T | null | undefined>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs
  let last: unknown
  do {
    try {
      const answer = await ask()
      if (answer !== null && answer !== undefined) return answer
    } catch (error) {
      last = error
    }
    await sleep(pauseMs)
  } while (performance.now() < deadline)
  throw new Error(`Not within ${withinMs} ms: ${what}`, { cause: last })
}
