// Whoever asks SQLite again and again is answered each time before anything else runs: no timer, no other request. So every
// so many answers the event loop turns once.
import { systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

/** Called before each question. What it answers is waited for. */
export function takingTurns(): () => Promise<void> | null {
  let asked = 0
  return () => (++asked % limits.ownAsksInTurn === 0 ? new Promise((resolve) => systemClock.soon(resolve)) : null)
}
