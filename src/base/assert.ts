// Assertions: what must hold if the code is right. A failing one is a bug of ours, never bad input,
// so it is answered as `internal` and logged whole.

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws when `condition` is false; narrows the type of what follows. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** For the branch of a switch that the types rule out. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable value: ${JSON.stringify(value)}`)
}
