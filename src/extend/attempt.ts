// One attempt of code of a project outside of a transaction: an after hook, an own effect. It may call the network, and has
// so long for it; what it began and left is told to stop, and comes too late for everything.
import type { Clock } from '../base/clock.ts'
import { isA, stackOf, textOf } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import { placeOfCall } from '../base/place.ts'
import { ProjectError } from '../base/project-error.ts'
import type { Outcome } from '../effects/effect.ts'
import { begins, type During, heard, named, OwnMistake, type Piece } from './own-code.ts'
import { asEngine, asPiece } from './whose-code.ts'

export type Attempt = { readonly signal: AbortSignal; readonly during: During }

/** A refusal of the project is an end; every other error is a reason to try again. */
export async function attempt<T>(clock: Clock, piece: Piece, code: (attempt: Attempt) => T | Promise<T>): Promise<Outcome<T>> {
  const controller = new AbortController()
  let isOver = false
  const during = heard(
    async (asked) => {
      if (isOver) throw new OwnMistake(`${named(piece)} has ended: what it began comes too late.`)
      return await asEngine(asked)
    },
    () => isOver,
  )
  let cancel = () => {}
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(limits.effectCallMs, () => {
      reject(new OwnMistake(`took longer than ${limits.effectCallMs / 1_000} s`))
      controller.abort()
    })
  })
  const ended = begins(piece)
  try {
    return {
      end: 'done',
      result: await Promise.race([(async () => await asPiece(piece, () => code({ signal: controller.signal, during })))(), late]),
    }
  } catch (error) {
    return { end: isA(error, ProjectError) ? 'dead' : 'retry', error: `${named(piece)}: ${textOf(error)}${thrownAt(error)}` }
  } finally {
    isOver = true
    ended()
    cancel()
  }
}

/** Where in the project's files; of a refusal, and of what is said from here, nobody needs to know. */
function thrownAt(error: unknown): string {
  if (isA(error, ProjectError) || isA(error, OwnMistake)) return ''
  const place = placeOfCall(stackOf(error))
  return place === null ? '' : ` (at ${place})`
}
