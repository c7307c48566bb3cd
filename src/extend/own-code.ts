// Code of the project that runs inside a transaction: hooks and the `run` of own operations. Invariant: it holds the
// transaction no longer than the transaction itself works. On SQLite every writer waits for it, on a server its locks are
// held: so whoever waits for anything else (the network, a timer, a file) is refused, and named with file and line. So is
// whoever asks the transaction for too much, or for too long.
import { systemClock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { isA, textOf } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import { declarationOf } from '../base/place.ts'
import { ProjectError } from '../base/project-error.ts'
import { takingTurns } from './taking-turns.ts'
import { asEngine, asPiece, type Owner } from './whose-code.ts'

/** One piece of it: what it is called, and where it is declared. */
export type Piece = Owner & {
  /** Where it does what its transaction must not wait for; in an after hook or an effect when left out. */
  readonly outside?: string
}

export function named({ what, place }: Owner): string {
  return place === '' ? what : `${what} (${place})`
}

/** Pieces that have begun and not ended, the newest last. */
const running: Piece[] = []
let tell: (newest: Piece | null) => void = () => {}

/** Whoever watches over a process that no longer turns hears what runs in it. */
export function onOwnCode(listener: (newest: Piece | null) => void): void {
  tell = listener
}

/** Begins a piece. The answer ends it. */
export function begins(piece: Piece): () => void {
  running.push(piece)
  tell(piece)
  return () => {
    running.splice(running.lastIndexOf(piece), 1)
    tell(running.at(-1) ?? null)
  }
}

/** Counts what the transaction is asked for: while any of it is under way, the code may wait. */
export type During = <T>(asked: () => Promise<T>) => Promise<T>

/** How much of one transaction is left for all code of the project that runs in it. */
export type Bound = {
  /** A piece begins. The answer ends it. */
  begins(): () => void
  /** Called whenever the transaction is asked for something. @throws OwnTooMuch, from the first time that it is too much on */
  asks(): void
  /** Its time begins with the first answer: until then it may have waited for a connection that others held. */
  answered(): void
}

/**
 * Runs it. A refusal of the project, and whatever the storage says, are passed on as they are; everything else is a mistake
 * in the code and becomes an error that names it.
 * @throws ProjectError, EngineError, Error
 */
export function runOwnCode<T>(piece: Piece, bound: Bound, code: (during: During) => T | Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let underWay = 0
    let refusals = 0
    let isOver = false
    let isLooking = false
    const turns = takingTurns()
    const endings = [begins(piece), bound.begins()]
    const end = (settle: () => void) => {
      if (!isOver) for (const ended of endings) ended()
      isOver = true
      settle()
    }
    // After the event loop has turned, everything that follows from an answer of the transaction has run.
    const look = () => {
      if (isOver || isLooking) return
      isLooking = true
      systemClock.soon(() => {
        isLooking = false
        if (!isOver && underWay === 0) end(() => reject(waitsOutside(piece)))
      })
    }
    const counted: During = async (asked) => {
      if (isOver) {
        if (++refusals > limits.ownRefusalsMax) return await new Promise<never>(() => {})
        throw new Error(`${named(piece)} has ended: what it began without waiting for it comes too late.`)
      }
      underWay++
      try {
        bound.asks()
        const turn = turns()
        if (turn) await turn
        const answer = await asEngine(asked)
        bound.answered()
        return answer
      } catch (error) {
        // A part of what it asked for is written: caught by its code, that would be committed.
        if (isLimit(error)) end(() => reject(isAnswer(error) ? error : brokenBy(piece, error)))
        throw error
      } finally {
        if (--underWay === 0) look()
      }
    }
    const during = heard(counted, () => isOver)
    look()
    const ran = (async () => await asPiece(piece, () => code(during)))()
    ran.then(
      (value) => end(() => resolve(value)),
      (error) => {
        const answer = isAnswer(error) ? error : isOfNetwork(error) ? waitsOutside(piece, error) : brokenBy(piece, error)
        end(() => reject(answer))
      },
    )
  })
}

/** What fails after its piece has ended is no unhandled rejection: nobody is left to handle it. Whoever waits for it is told all the same. */
export function heard(during: During, isOver: () => boolean): During {
  return <T>(asked: () => Promise<T>) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    during(asked).then(resolve, (error) => {
      if (isOver()) promise.catch(() => {})
      reject(error)
    })
    return promise
  }
}

/** What is passed on as it is. */
export function isAnswer(error: unknown): boolean {
  return isA(error, ProjectError) || isA(error, EngineError) || isA(error, OwnCodeError)
}

/** What code of a project asked for and cannot have. The piece that asked is named by the error that it becomes. */
export class OwnMistake extends Error {
  override readonly name = 'OwnMistake'
}

/** It asked for more than one transaction may do. The transaction fails, whatever the code catches. */
export class OwnLimit extends OwnMistake {}

/** It asked for too much, or for too long: whoever called is told so. */
export class OwnTooMuch extends OwnLimit {}

/** Also where hooks stand between the code and the limit that they hit. */
function isLimit(error: unknown): boolean {
  return isA(error, OwnLimit) || (isA(error, OwnCodeError) && isLimit(error.cause))
}

/** What the config does not list it does not have, wherever it is declared. `list` is the option it belongs into. */
export function notListed(what: string, declared: object, list: string): OwnMistake {
  const { place = '' } = declarationOf(declared) ?? {}
  return new OwnMistake(`${named({ what, place })} is not in the config: add it to \`${list}: [ … ]\` of defineBackend`)
}

/** A piece of code of the project has failed. The caller is told `internal` and no more; the log has message and cause. */
export class OwnCodeError extends Error {
  override readonly name = 'OwnCodeError'
}

/** What the caller of a piece is thrown for a mistake in it. */
export function brokenBy(piece: Piece, error: unknown): OwnCodeError {
  const broken = new OwnCodeError(`${named(piece)} failed: ${textOf(error)}`, { cause: error })
  if (isA(error, OwnTooMuch))
    excesses.set(broken, `${piece.what} asks for more in one transaction, or for longer, than it may. Nothing was stored.`)
  return broken
}

const excesses = new WeakMap<OwnCodeError, string>()

/** A caller from outside is told which code asked for too much. All else is passed on as it is. @throws EngineError, whatever was thrown */
export function throwAsTold(error: unknown): never {
  for (let one = error; isA(one, OwnCodeError); one = one.cause) {
    const detail = excesses.get(one)
    if (detail !== undefined) throw new EngineError('took_too_long', { detail, cause: error, inDevelopment: () => textOf(error) })
  }
  throw error
}

/** A call to the network may fail before anybody has seen that it is waited for. */
function isOfNetwork(error: unknown): boolean {
  const codes = /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE|EPROTO|UND_ERR_|ERR_TLS_|ERR_SSL_)/
  try {
    for (let one = error; isA(one, Error); one = one.cause)
      if ((one.name === 'TypeError' && one.message === 'fetch failed') || codes.test(String((one as { code?: unknown }).code))) return true
  } catch {}
  return false
}

function waitsOutside(piece: Piece, error?: unknown): OwnCodeError {
  const why = error === undefined ? '' : ` It failed: ${textOf(error)}`
  return new OwnCodeError(
    `${named(piece)} waits for something that is not its transaction, such as the network or a timer, and everybody else would wait with it. ` +
      `Do that in ${piece.outside ?? 'an after hook or an effect'}.${why}`,
    error === undefined ? undefined : { cause: error },
  )
}
