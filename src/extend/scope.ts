// What code of the project has done in one transaction so far: its bounds. They keep one mistake, such as a hook that
// writes what it watches, from holding the database.
import { limits } from '../base/limits.ts'
import type { Transaction } from '../storage/transaction.ts'
import { OwnLimit } from './own-code.ts'

type Scope = {
  /** Records written by code of the project. */
  written: number
  /** After hooks that led to this transaction, each by what the one before it wrote. */
  chain: number
}

const scopes = new WeakMap<Transaction, Scope>()

export function scopeOf(tx: Transaction): Scope {
  const found = scopes.get(tx)
  if (found) return found
  const scope: Scope = { written: 0, chain: 0 }
  scopes.set(tx, scope)
  return scope
}

/** @throws OwnLimit past limits.ownWritesMax */
export function countWrite(tx: Transaction, count = 1): void {
  const scope = scopeOf(tx)
  scope.written += count
  if (scope.written > limits.ownWritesMax)
    throw new OwnLimit(
      `More than ${limits.ownWritesMax} records are written in one transaction, and everybody else waits for it. Write them in several, by an effect or a schedule.`,
    )
}

/** The chain with one more in it. @throws OwnLimit where hooks cause each other without an end */
export function chained(causedBy: readonly string[], name: string): readonly string[] {
  if (causedBy.length < limits.hookDepthMax) return [...causedBy, name]
  const way = [...causedBy, name].join(' -> ')
  throw new OwnLimit(`Hooks cause each other without an end: ${way}. One of them writes what another one watches.`)
}
