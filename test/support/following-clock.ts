// A clock for what lives longer than the tests that use it: it goes by another one, which changes.
import { type Clock, systemClock } from '../../src/base/clock.ts'

export function createFollowingClock(): { readonly clock: Clock; follow(other: Clock): void } {
  let other: Clock = systemClock
  const clock: Clock = {
    now: () => other.now(),
    monotonic: () => other.monotonic(),
    after: (delayMs, task) => other.after(delayMs, task),
    soon: (task) => other.soon(task),
  }
  return {
    clock,
    follow(next) {
      other = next
    },
  }
}
