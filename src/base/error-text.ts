// What was thrown, as a text that may be kept and shown. Invariant: it never throws itself, whatever it is given: code of a
// project throws anything, and so does what it calls.
import { withoutSecrets } from './hidden.ts'
import { limits } from './limits.ts'

/** Without secrets, in characters that every database holds, and no longer than `charactersMax`. */
export function textOf(thrown: unknown, charactersMax: number = limits.refusalCharactersMax): string {
  const text = withoutSecrets(wordsOf(thrown)).replaceAll('\0', '\ufffd').toWellFormed()
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** For the log: with the stack, where it has one. */
export function stackOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error && typeof thrown.stack === 'string') return thrown.stack
  } catch {}
  return wordsOf(thrown)
}

/** `instanceof`, for what may refuse to be looked at. */
export function isA<T>(thrown: unknown, kind: abstract new (...given: never[]) => T): thrown is T {
  try {
    return thrown instanceof kind
  } catch {
    return false
  }
}

function wordsOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown)
    const { message, cause } = thrown
    // Node says in the cause alone why.
    return message === 'fetch failed' && cause instanceof Error ? `${message}: ${cause.message}` : String(message)
  } catch {
    return 'Something was thrown that cannot be made a text.'
  }
}
