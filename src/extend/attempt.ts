// One attempt of code of a project outside of a transaction: an after hook, an own effect. It may call the network, and has
// so long for it.
import type { Clock } from '../base/clock.ts'
import { isA, stackOf, textOf } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import { placeOfCall } from '../base/place.ts'
import { ProjectError } from '../base/project-error.ts'
import type { Outcome } from '../effects/effect.ts'
import { type InTime, inTime } from './in-time.ts'
import { type During, heard, named, OwnMistake, type Piece } from './own-code.ts'

/** A refusal of the project is an end; every other error is a reason to try again. */
export async function attempt<T>(clock: Clock, piece: Piece, code: (given: InTime) => T | Promise<T>): Promise<Outcome<T>> {
  let isOver = false
  let refusals = 0
  const ended = (why: string) => new OwnMistake(why)
  try {
    const result = await inTime({ clock, piece, ms: limits.effectCallMs, late: ended, tooMuch: ended }, ({ signal, during }) => {
      const held: During = async (asked) => {
        // One that catches each refusal and asks again would let nothing else run.
        if (isOver && ++refusals > limits.ownRefusalsMax) return await new Promise<never>(() => {})
        if (isOver) throw new OwnMistake(`${named(piece)} has ended: what it began comes too late.`)
        return await during(asked)
      }
      return code({ signal, during: heard(held, () => isOver) })
    })
    return { end: 'done', result }
  } catch (error) {
    return { end: isA(error, ProjectError) ? 'dead' : 'retry', error: `${named(piece)}: ${textOf(error)}${thrownAt(error)}` }
  } finally {
    isOver = true
  }
}

/** Where in the project's files; of a refusal, and of what is said from here, nobody needs to know. */
function thrownAt(error: unknown): string {
  if (isA(error, ProjectError) || isA(error, OwnMistake)) return ''
  const place = placeOfCall(stackOf(error))
  return place === null ? '' : ` (at ${place})`
}
