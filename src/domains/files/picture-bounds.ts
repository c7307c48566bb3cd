// What keeps the making of pictures within its bounds: of a server's memory, and of the time that one picture may cost.
import type { Clock } from '../../base/clock.ts'
import { type EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { createSemaphore, type Semaphore } from '../../base/semaphore.ts'

/** A decoded picture takes many times its bytes: few are worked on at once, and the queue has an end. @throws overloaded */
export function createPictureTurns(atOnce: number): Semaphore {
  return createSemaphore({ atOnce, waitingMax: limits.picturesWaitingMax, full: 'Too many pictures wait to be made smaller.' })
}

/** What was refused a moment ago is refused again without another try, which may take all the time there is. */
export function createRefusals(clock: Clock) {
  const known = new Map<string, { readonly error: EngineError; readonly until: number }>()
  return async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const earlier = known.get(id)
    if (earlier !== undefined && clock.now() < earlier.until) throw earlier.error
    try {
      return await work()
    } catch (error) {
      if (isEngineError(error, 'picture_not_resizable')) {
        if (known.size >= limits.pictureRefusalsMax) known.delete(known.keys().next().value!)
        known.set(id, { error, until: clock.now() + limits.pictureRefusedMs })
      }
      throw error
    }
  }
}
