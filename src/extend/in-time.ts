// Code of a project outside of a transaction: what it waits for is its own affair, for so long, and what it asks the database for, so
// often. Past that whoever waits for it is told, what it began is told to stop, and what it asks for is answered no more: a loop ends there.
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { createSemaphore } from '../base/semaphore.ts'
import { begins, type During, type Piece } from './own-code.ts'
import { takingTurns } from './taking-turns.ts'
import { asEngine, asPiece } from './whose-code.ts'

export type InTime = { readonly signal: AbortSignal; readonly during: During }

type Bounds<T> = {
  readonly clock: Clock
  readonly piece: Piece
  readonly ms: number
  readonly late: (took: string) => Error
  /** Of what it asks for all at once, others would have to wait. */
  readonly tooMuch: (asked: string) => Error
  /** What it made asks for more as long as it is read. */
  readonly goesOn?: (made: T) => boolean
}

/** @throws what `late` makes of the time that it took, and whatever the code throws */
export async function inTime<T>(
  { clock, piece, ms, late, tooMuch, goesOn = () => false }: Bounds<T>,
  code: (given: InTime) => T | Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const { signal } = controller
  const { promise: isLate, reject } = Promise.withResolvers<never>()
  const begun = clock.monotonic()
  let isGoingOn = false
  let asks = 0
  const end = (why: () => Error) => {
    if (signal.aborted) return
    reject(why())
    controller.abort()
  }
  const expire = () => end(() => late(`took longer than ${ms / 1_000} s`))
  const turns = takingTurns()
  const places = createSemaphore({ atOnce: limits.ownAsksTogether, isOver: () => signal.aborted })
  const during: During = async (asked) => {
    // Before its turn: what is asked all at once is refused before most of it has reached the database.
    if (++asks > limits.ownAsksMax && !isGoingOn) end(() => tooMuch(`asked the database for more than ${limits.ownAsksMax} things`))
    const turn = turns()
    if (turn) await turn
    if (clock.monotonic() - begun > ms && !isGoingOn) expire()
    return await (signal.aborted ? new Promise<never>(() => {}) : places(() => asEngine(asked)))
  }
  const cancel = clock.after(ms, expire)
  const ended = begins(piece)
  try {
    const made = await Promise.race([(async () => await asPiece(piece, () => code({ signal, during })))(), isLate])
    isGoingOn = goesOn(made)
    return made
  } finally {
    ended()
    cancel()
  }
}
