// Watches over code of a project that never returns, while requests are answered: nothing that was acknowledged is lost when the
// process ends, what was under way is undone, and whoever keeps the process running starts it again.
import { limits } from '../base/limits.ts'
import { named, onOwnCode, type Piece } from '../extend/own-code.ts'
import { startStuckWatch } from './stuck-watch.ts'

/** `end`: what follows from it. */
export function watchOwnCode(end: string, stuckMs: number = limits.ownCodeStuckMs): { close(): void } {
  const told = (what: string) => ({ text: `${what} has not returned for ${stuckMs / 1_000} s, and nothing else could run`, end })
  const left = told('Code of the project that nobody waits for, such as a timer,')
  const watch = startStuckWatch<Piece>(stuckMs, (piece) => told(named(piece)), left)
  if (watch === null) return { close() {} }
  onOwnCode(watch.runs)
  return {
    close() {
      onOwnCode(() => {})
      watch.close()
    },
  }
}
