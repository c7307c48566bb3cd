// What code of a project is given. Inside a transaction: `OwnWork`, which writes. Outside of one, in effects and after
// hooks: `OutsideWork`, which reads and may call the network.
import type { NewId } from '../base/ids.ts'
import type { Work } from '../operation/work.ts'
import type { HooksOf } from '../records/record-hooks.ts'
import type { Model } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'
import type { During } from './own-code.ts'
import { type Records, type RecordsToRead, recordsIn, recordsToRead } from './records.ts'

export type OwnWork = {
  /** Milliseconds since 1970 UTC; one time for all of the transaction. */
  readonly now: number
  readonly newId: NewId
  readonly records: Records
}

export type OutsideWork = {
  /** Milliseconds since 1970 UTC, when this attempt began. */
  readonly now: number
  /** Stable for ever, whatever is repeated: give it to the other side as its idempotency key. */
  readonly key: string
  /** 1, 2, … */
  readonly attempt: number
  /** Ends what still waits when the time is over: `fetch(url, { signal })`. */
  readonly signal: AbortSignal
  readonly records: RecordsToRead
}

export type OwnParts = { readonly model: Model; readonly hooksOf: HooksOf }

export function ownWork({ model, hooksOf }: OwnParts, work: Work, { during, causedBy }: Inside): OwnWork {
  const { now, newId } = work
  return { now, newId, records: recordsIn({ work, model, hooksOf, during, causedBy }) }
}
export type Inside = { readonly during: During; readonly causedBy: readonly string[] }

export function outsideWork(read: Reader, model: Model, during: During): Pick<OutsideWork, 'records'> {
  return { records: recordsToRead(read, model, during) }
}
