// The one way into a write: opens a transaction, runs the work, notes its changes, retries conflicts.
// The work is pure apart from its transaction, so running it again is safe.
import { type Clock, sleep } from '../base/clock.ts'
import { EngineError, isEngineError, LostRace } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Random } from '../base/random.ts'
import type { CompiledField, Model } from '../schema/model.ts'
import { formerNames } from './migrations/stored-schema.ts'
import type { RecordChange, StorageAdapter } from './storage.ts'
import { createTransaction, type Transaction, type Worker } from './transaction.ts'

export type TransactionParts = {
  readonly storage: StorageAdapter
  readonly model: Model
  readonly clock: Clock
  readonly random: Random
  /** Who writes. Tools that carry out no effects leave it out. */
  readonly worker?: () => Worker
  /** What the changes of a transaction lead to is written into it, at its end. */
  readonly followChanges?: (tx: Transaction, now: number, changes: readonly RecordChange[]) => Promise<void>
}

const nobody: Worker = { id: '', carriesOut: () => false }

/** Who does it and why: the head of the line in the commit log. `requestId`: as operation/request-line.ts writes it; empty without a request. */
export type Cause = { readonly operation: string; readonly actor: string; readonly requestId: string }

/**
 * Runs `work` in one transaction and resolves once it is durable. `now` is one time for all of it.
 * @throws conflict after several tries, and what `work` throws
 */
export async function inTransaction<T>(
  parts: TransactionParts,
  cause: Cause,
  work: (tx: Transaction, now: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await parts.storage.transaction(async (inner) => {
        const now = parts.clock.now()
        const moment = { now, worker: parts.worker?.() ?? nobody, isRetry: attempt > 1, isFar: parts.storage.capabilities.isShared }
        const transaction = createTransaction(inner, parts.model, moment)
        const result = await work(transaction, now)
        if (parts.followChanges && transaction.changes.length > 0) await parts.followChanges(transaction, now, transaction.changes)
        await transaction.finish(cause)
        return result
      })
    } catch (error) {
      if (!(error instanceof LostRace) || attempt > limits.conflictRetriesMax) throw namedByFields(parts.model, error)
      // Full jitter: waiting writers must not come back in step.
      await sleep(parts.clock, parts.random.fraction() * limits.conflictBackoffMs * 2 ** attempt)
    }
  }
}

/** That a value is taken is told by the names of its fields; an adapter knows columns only. Other errors stay as they are. */
export function namedByFields(model: Model, error: unknown): unknown {
  if (!isEngineError(error, 'already_exists') || !error.params?.['columns']) return error
  const { collection, columns } = error.params as { collection: string; columns: readonly string[] }
  const found = model.find(collection) ?? [...model.collections.values()].find(({ source }) => formerNames(source).includes(collection))
  // What was renamed may still lie under its former name.
  const namesOf = ({ name, field, columns: own }: CompiledField) =>
    own.flatMap((column) => [name, ...formerNames(field)].map((one) => one + column.name.slice(name.length)))
  const all = [...(found?.fields.values() ?? [])]
  const fields = new Set(all.filter((field) => namesOf(field).some((name) => columns.includes(name))).map(({ name }) => name))
  return new EngineError('already_exists', {
    ...(fields.size > 0 ? { detail: `Another record has the same ${[...fields].join(' and ')}.` } : {}),
    errors: [...fields].map((name) => ({ path: `/${name}`, code: 'already_exists', message: 'is taken' })),
    ...(found ? { params: { collection: found.name } } : {}),
    cause: error,
  })
}
