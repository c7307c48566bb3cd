// What staff are answered of a line that they have moved, and which of them can be moved.
import { EngineError } from '../../base/engine-error.ts'
import type { Money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type StoredLine, settlementLines } from './settlement-collections.ts'

const text = Type.Unsafe<string | null>({ type: ['string', 'null'] })

export const settlementOutput = Type.Object({
  id: Type.String(),
  provider: Type.String(),
  ref: Type.String(),
  providerRef: text,
  amount: Type.Unsafe<Money>(moneySchema),
  state: Type.String(),
  note: text,
  lastError: text,
})

export function settlementView({ id, provider, ref, providerRef, amount, state, note, lastError }: StoredLine) {
  return { id, provider, ref, providerRef, amount, state, note, lastError }
}

/** @throws not_found, settlement_state_conflict */
export async function getUnmatchedLine(tx: Transaction, id: string): Promise<StoredLine> {
  const line = await tx.lock(settlementLines, id, 'exclusive')
  if (line === null) throw new EngineError('not_found')
  if (line.state !== 'unmatched')
    throw new EngineError('settlement_state_conflict', { detail: `The line is ${line.state}.`, params: { state: line.state } })
  return line
}
