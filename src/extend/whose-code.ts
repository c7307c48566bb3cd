// Whose code runs: which piece of a project's, or the engine. It is known as well of what a piece has begun and nobody waits for: a
// timer, a listener, a promise. Invariant: the engine works for itself also where a piece has asked it to. A connection that
// it opens then lasts, and a bug in it would otherwise be the project's for ever.
import { AsyncLocalStorage } from 'node:async_hooks'

/** What it is called, and where it is declared. */
export type Owner = { readonly what: string; readonly place: string }

const owners = new AsyncLocalStorage<Owner | null>()

/** Runs code of the project. */
export function asPiece<T>(piece: Owner, code: () => T): T {
  return owners.run(piece, code)
}

/** Runs what code of the project has asked for. */
export function asEngine<T>(asked: () => T): T {
  return owners.run(null, asked)
}

/** Null where it is the engine's, or nobody's that is known. */
export function whoseCode(): Owner | null {
  return owners.getStore() ?? null
}
