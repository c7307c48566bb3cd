import { EngineError } from './engine-error.ts'

/** Runs work when it is its turn. @throws what the work throws, and overloaded where the queue has an end */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T>

export type SemaphoreOptions = {
  readonly atOnce: number
  /** How many may wait, and what one more is told. */
  readonly waitingMax?: number
  readonly full?: string
  /** What waits is not begun any more, and never settles, once this answers true. */
  readonly isOver?: () => boolean
}

/** Lets so much work run at once; the rest waits in the order in which it came. */
export function createSemaphore({
  atOnce,
  waitingMax = Number.POSITIVE_INFINITY,
  full,
  isOver = () => false,
}: SemaphoreOptions): Semaphore {
  let running = 0
  let waiting: (() => void)[] = []
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= waitingMax) throw new EngineError('overloaded', full === undefined ? {} : { detail: full })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      if (isOver()) waiting = []
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
